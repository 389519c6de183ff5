//! Models that weigh several RDMs.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, RdmError, Result};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::nnls::non_negative_least_squares;
use crate::metric::rsa::prepared::{dot, gram, sum};
use crate::rdm::{Rdm, RdmSet, Rounding, Scaling, UNIT_ROUNDOFF};

/// A model that predicts dissimilarities as a non-negatively weighted sum of feature RDMs, such as
/// those of the layers of a network or of the dimensions of an embedding (Khaligh-Razavi &
/// Kriegeskorte 2014; Jozwik, Kriegeskorte & Mur 2016).
///
/// Each feature RDM is scaled to a root mean square of 1, so that weights are comparable. Weights are
/// fitted by non-negative least squares to the mean RDM of people, each of them brought to the scale
/// of [`Comparator::pooling`] first.
///
/// An intercept, of any sign, is fitted where the comparator doesn't see it: under correlations, not
/// under cosines. (For a constant under a cosine, give an RDM of ones among the features.) Under
/// whitened comparators the least squares are whitened too. So the weights are those that give the
/// highest mean over the people they are fitted to under Pearson correlation and cosine; under rank
/// comparators, which no least squares maximise, they fit the mean rank.
///
/// ```
/// use human_alignment::metric::rsa::{Comparator, WeightedModel};
/// use human_alignment::{Rdm, Stimuli};
///
/// let animals = Stimuli::new(["cat", "dog", "hen", "duck"])?;
/// let shape = Rdm::new(animals.clone(), vec![0.0, 1.0, 1.0, 1.0, 1.0, 0.0])?;
/// let colour = Rdm::new(animals.clone(), vec![1.0, 0.0, 1.0, 1.0, 0.0, 1.0])?;
/// // Shape counts three times as much as colour.
/// let people = Rdm::new(animals, vec![1.0, 3.0, 4.0, 4.0, 3.0, 1.0])?;
///
/// let model = WeightedModel::new(Comparator::Cosine);
/// let fitted = model.fit(&[&shape, &colour], &people.clone().into())?;
/// let [shape_weight, colour_weight] = fitted.weights[..] else { unreachable!() };
/// assert!((shape_weight - 3.0 * colour_weight).abs() < 1e-9);
/// let predicted = fitted.predict(&[&shape, &colour])?;
/// assert!(Comparator::Cosine.compare(&predicted, &people)? > 1.0 - 1e-9);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WeightedModel {
    comparator: Comparator,
}

/// What a [`WeightedModel`] fitted: how much each feature RDM counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureWeights {
    /// The weight of each feature RDM of root mean square 1, at least 0. Where features are linear
    /// combinations of others (the same one twice), other weights would do as well.
    pub weights: Vec<f64>,
    /// What is added to the weighted sum; 0 under cosines.
    pub intercept: f64,
    /// The root mean square of each feature RDM, by which it is divided.
    pub root_mean_squares: Vec<f64>,
}

impl WeightedModel {
    /// The model that is fitted for a comparator.
    pub fn new(comparator: Comparator) -> Self {
        Self { comparator }
    }

    /// The comparator.
    pub fn comparator(self) -> Comparator {
        self.comparator
    }

    /// Fits the weights of feature RDMs, which may be over more stimuli than people judged.
    ///
    /// Pairs that are missing in any feature or that nobody judged count for nothing. Weights may
    /// all be 0, where no feature helps; what they predict doesn't vary then.
    ///
    /// # Errors
    /// [`Error::TooFew`] without features, and for fewer than three stimuli or two pairs;
    /// [`Error::MissingStimuli`] where a feature lacks stimuli that people judged;
    /// [`Error::ConstantRdm`] where a feature, or the mean of people, is 0 or under a correlation
    /// doesn't vary; [`Error::InvalidPair`] for missing pairs under a whitened comparator. All of a
    /// feature stand within [`Error::InRdm`].
    pub fn fit(self, features: &[&Rdm], people: &RdmSet) -> Result<FeatureWeights> {
        let stimuli = people.stimuli();
        let too_few = |what, needed, found| {
            Error::from(ArgumentError::TooFew {
                what,
                needed,
                found,
            })
        };
        if features.is_empty() {
            return Err(too_few("features", 1, 0));
        }
        if stimuli.len() < 3 {
            return Err(too_few("stimuli for a fit", 3, stimuli.len()));
        }
        let target = people.mean(self.comparator.pooling())?;
        let (features, root_mean_squares): (Vec<Rdm>, Vec<f64>) = features
            .iter()
            .enumerate()
            .map(|(position, rdm)| {
                let ready = rdm.select(stimuli).and_then(|rdm| {
                    let length = root_mean_square(&rdm)?;
                    Ok((rdm, length))
                });
                ready.map_err(|error| error.in_rdm(feature(position)))
            })
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        if self.comparator.needs_all_pairs() {
            target.require_complete()?;
            for (position, rdm) in features.iter().enumerate() {
                let complete = rdm.require_complete();
                complete.map_err(|error| error.in_rdm(feature(position)))?;
            }
        }
        let is_there = |&pair: &usize| {
            let mut all = features.iter().chain([&target]);
            all.all(|rdm| !rdm.values()[pair].is_nan())
        };
        let pairs: Vec<usize> = (0..target.n_pairs()).filter(is_there).collect();
        if pairs.len() < 2 {
            return Err(too_few("pairs that all RDMs have", 2, pairs.len()));
        }
        let column = |rdm: &Rdm, divisor: f64| {
            let values: Vec<f64> = pairs.iter().map(|&pair| rdm.values()[pair]).collect();
            self.column(stimuli.len(), values, divisor, rdm.rounding())
        };
        let target = column(&target, 1.0).map_err(|error| error.in_rdm("the mean of people"))?;
        let columns: Vec<Result<Column>> = features
            .par_iter()
            .zip(&root_mean_squares)
            .enumerate()
            .map(|(position, (rdm, &divisor))| {
                column(rdm, divisor).map_err(|error| error.in_rdm(feature(position)))
            })
            .collect();
        let columns: Vec<Column> = columns.into_iter().collect::<Result<_>>()?;
        let weights = fit_columns(&columns, &target);
        let explained = columns
            .iter()
            .zip(&weights)
            .map(|(column, weight)| weight * column.mean);
        Ok(FeatureWeights {
            intercept: target.mean - explained.sum::<f64>(),
            weights,
            root_mean_squares,
        })
    }

    /// Values, which rounding may have moved so far, divided and made ready for least squares.
    fn column(
        self,
        n_stimuli: usize,
        mut values: Vec<f64>,
        divisor: f64,
        rounding: Rounding,
    ) -> Result<Column> {
        let is_correlation = self.comparator.pooling() != Scaling::RootMeanSquare;
        let varies = rounding.vary(&values);
        values.iter_mut().for_each(|value| *value /= divisor);
        let mut mean = 0.0;
        if is_correlation {
            if !varies {
                let undefined = "the weight under a correlation";
                return Err(RdmError::Constant { undefined }.into());
            }
            mean = sum(&values, |value| value) / values.len() as f64;
            values.iter_mut().for_each(|value| *value -= mean);
        }
        if self.comparator.needs_all_pairs() {
            values = gram(n_stimuli, values);
        }
        let length = sum(&values, |value| value * value).sqrt();
        if length == 0.0 {
            return Err(RdmError::Constant {
                undefined: "the weight",
            }
            .into());
        }
        values.iter_mut().for_each(|value| *value /= length);
        Ok(Column {
            unit: values,
            length,
            mean,
        })
    }
}

impl FeatureWeights {
    /// The RDM that the weights predict, over the stimuli of the first feature, which all features
    /// have, in whatever order. It may hold negative values where there is an intercept. Pairs that
    /// are missing in any feature are missing.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where there are not as many features as weights; within
    /// [`Error::InRdm`], [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where a feature is
    /// over other stimuli; [`Error::InvalidPair`] where a sum is beyond the range of numbers.
    pub fn predict(&self, features: &[&Rdm]) -> Result<Rdm> {
        let check = |what, found| match found == self.weights.len() {
            true => Ok::<_, Error>(()),
            false => Err(ArgumentError::LengthMismatch {
                what,
                expected: self.weights.len(),
                found,
            }
            .into()),
        };
        check("features", features.len())?;
        check(
            "root mean squares of features",
            self.root_mean_squares.len(),
        )?;
        let Some(first) = features.first() else {
            return Err(ArgumentError::TooFew {
                what: "features",
                needed: 1,
                found: 0,
            }
            .into());
        };
        let stimuli = first.stimuli();
        let mut values = vec![self.intercept; first.n_pairs()];
        let mut sizes = self.intercept.abs();
        let mut error = 0.0;
        for (position, rdm) in features.iter().enumerate() {
            let joined = rdm.stimuli().same_set_as(stimuli);
            let joined = joined.and_then(|()| rdm.select(stimuli));
            let joined = joined.map_err(|error| error.in_rdm(feature(position)))?;
            let (weight, divisor) = (self.weights[position], self.root_mean_squares[position]);
            for (sum, value) in values.iter_mut().zip(joined.values()) {
                *sum += weight * (value / divisor);
            }
            let present = joined.values().iter().filter(|value| !value.is_nan());
            let largest = present.fold(0.0, |largest: f64, value| largest.max(value.abs()));
            sizes += weight.abs() * (largest / divisor);
            error += weight.abs() * (joined.rounding().most(largest) / divisor);
        }
        error += (features.len() as f64 + 3.0) * UNIT_ROUNDOFF * sizes;
        Ok(Rdm::with_missing(stimuli.clone(), values)?.with_rounding(Rounding::Absolute(error)))
    }
}

/// What an error calls a feature RDM.
fn feature(position: usize) -> String {
    format!("feature {position}")
}

/// A column of least squares.
struct Column {
    /// Of length 1; about its mean under a correlation.
    unit: Vec<f64>,
    length: f64,
    /// 0 where there is no intercept.
    mean: f64,
}

/// The non-negative weights of columns.
fn fit_columns(columns: &[Column], target: &Column) -> Vec<f64> {
    let p = columns.len();
    let unit = |j: usize| columns[j].unit.as_slice();
    let products: Vec<f64> = (0..p * p)
        .into_par_iter()
        .map(|at| dot(unit(at / p), unit(at % p)))
        .collect();
    let correlations: Vec<f64> = (0..p)
        .into_par_iter()
        .map(|j| dot(unit(j), &target.unit))
        .collect();
    let weights = non_negative_least_squares(&products, &correlations);
    let scaled = weights.iter().zip(columns);
    scaled
        .map(|(weight, column)| weight * target.length / column.length)
        .collect()
}

/// The root mean square of the pairs that are there.
fn root_mean_square(rdm: &Rdm) -> Result<f64> {
    let present: Vec<f64> = rdm
        .values()
        .iter()
        .copied()
        .filter(|d| !d.is_nan())
        .collect();
    // By the largest first, so that no square leaves the range.
    let largest = present
        .iter()
        .fold(0.0, |largest: f64, d| largest.max(d.abs()));
    if rdm.rounding().is_zero(largest) {
        return Err(RdmError::Constant {
            undefined: "a root mean square of 1",
        }
        .into());
    }
    let squares = sum(&present, |d| (d / largest).powi(2));
    Ok(largest * (squares / present.len() as f64).sqrt())
}
