//! Weighted sums of feature RDMs.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{RdmError, Result, at_least, same_length};
use crate::linalg::{UNIT_ROUNDOFF, short_dot};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::nnls::non_negative_least_squares;
use crate::metric::rsa::prepared::{gram, sum};
use crate::rdm::{Rdm, RdmSet, Rounding, Scaling};

/// A model that predicts dissimilarities as a non-negatively weighted sum of feature RDMs, such as
/// those of the layers of a network or of the dimensions of an embedding (Khaligh-Razavi &
/// Kriegeskorte 2014; Jozwik, Kriegeskorte & Mur 2016).
///
/// Each feature RDM is scaled to a root mean square of 1, so that weights are comparable. The
/// weights are fitted by non-negative least squares to the mean RDM of the participants, after each
/// of their RDMs is scaled by [`Comparator::pooling`].
///
/// An intercept of either sign is fitted under correlations, which do not depend on it, but not
/// under cosines. (For a constant under a cosine, include an RDM of ones among the features.) Under
/// whitened comparators the least squares are whitened too. Under Pearson correlation and cosine
/// the weights maximize the mean similarity to the training participants; under rank comparators,
/// which no least squares maximize, they fit the mean rank.
///
/// ```
/// use human_alignment::metric::rsa::{Comparator, WeightedModel};
/// use human_alignment::{Rdm, Stimuli};
///
/// let animals = Stimuli::new(["cat", "dog", "hen", "duck"])?;
/// let shape = Rdm::new(animals.clone(), vec![0.0, 1.0, 1.0, 1.0, 1.0, 0.0])?;
/// let colour = Rdm::new(animals.clone(), vec![1.0, 0.0, 1.0, 1.0, 0.0, 1.0])?;
/// // The weight of shape is three times the weight of colour.
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

/// The weights of feature RDMs, fitted by a [`WeightedModel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WeightedModelFit {
    /// Weight of each feature RDM with root mean square 1, at least 0. If features are linear
    /// combinations of others (such as duplicates), other weights fit equally well.
    pub weights: Vec<f64>,
    /// Constant added to the weighted sum; 0 under cosines.
    pub intercept: f64,
    /// Root mean square of each feature RDM, by which it is divided.
    pub root_mean_squares: Vec<f64>,
}

impl WeightedModel {
    /// Creates a model to be fitted for a comparator.
    pub fn new(comparator: Comparator) -> Self {
        Self { comparator }
    }

    /// Returns the comparator.
    pub fn comparator(self) -> Comparator {
        self.comparator
    }

    /// Fits the weights of feature RDMs, which may contain more stimuli than the participants
    /// judged.
    ///
    /// Pairs that are missing in any feature, or that no participant judged, are ignored. All
    /// weights are 0 if no feature helps; the prediction is then constant.
    ///
    /// # Errors
    /// - Returns `ArgumentError::TooFew` if there are no features, fewer than three stimuli or
    ///   fewer than two pairs.
    /// - Returns `StimuliError::Missing` if a feature lacks stimuli that participants judged.
    /// - Returns [`RdmError::Constant`] if a feature, or the mean of the participants, is 0, or is
    ///   constant under a correlation.
    /// - Returns [`RdmError::InvalidPair`] if pairs are missing under a whitened comparator.
    ///
    /// Errors of a feature are wrapped in `Context::Rdm`.
    pub fn fit(self, features: &[&Rdm], people: &RdmSet) -> Result<WeightedModelFit> {
        let stimuli = people.stimuli();
        at_least("features", 1, features.len())?;
        at_least("stimuli for a fit", 3, stimuli.len())?;
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
        at_least("pairs that all RDMs have", 2, pairs.len())?;
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
        Ok(WeightedModelFit {
            intercept: target.mean - explained.sum::<f64>(),
            weights,
            root_mean_squares,
        })
    }

    /// Prepares values with the given bound on their rounding errors for least squares, divided by
    /// `divisor`.
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

impl WeightedModelFit {
    /// Predicts an RDM over the stimuli of the first feature; the other features must have the same
    /// stimuli, in any order. With an intercept, values may be negative. Pairs that are missing in
    /// any feature are missing.
    ///
    /// # Errors
    /// - Returns `ArgumentError::LengthMismatch` if the numbers of features and weights differ.
    /// - Returns `ArgumentError::TooFew` if there are no features.
    /// - Returns `StimuliError::Missing` or `StimuliError::Unexpected` if a feature has other
    ///   stimuli, wrapped in `Context::Rdm`.
    /// - Returns [`RdmError::InvalidPair`] if a sum is not finite.
    pub fn predict(&self, features: &[&Rdm]) -> Result<Rdm> {
        let check = |what, found| same_length(what, self.weights.len(), found);
        check("features", features.len())?;
        check(
            "root mean squares of features",
            self.root_mean_squares.len(),
        )?;
        at_least("features", 1, features.len())?;
        let first = features[0];
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

/// Returns the name of a feature RDM in errors.
fn feature(position: usize) -> String {
    format!("feature {position}")
}

/// A column of a least squares problem.
struct Column {
    /// Values scaled to length 1; centred under a correlation.
    unit: Vec<f64>,
    length: f64,
    /// Mean that was subtracted; 0 without an intercept.
    mean: f64,
}

/// Fits the non-negative weights of columns.
fn fit_columns(columns: &[Column], target: &Column) -> Vec<f64> {
    let p = columns.len();
    let unit = |j: usize| columns[j].unit.as_slice();
    let products: Vec<f64> = (0..p * p)
        .into_par_iter()
        .map(|at| short_dot(unit(at / p), unit(at % p)))
        .collect();
    let correlations: Vec<f64> = (0..p)
        .into_par_iter()
        .map(|j| short_dot(unit(j), &target.unit))
        .collect();
    let weights = non_negative_least_squares(&products, &correlations);
    let scaled = weights.iter().zip(columns);
    scaled
        .map(|(weight, column)| weight * target.length / column.length)
        .collect()
}

/// Returns the root mean square of the pairs that are not missing.
fn root_mean_square(rdm: &Rdm) -> Result<f64> {
    let present: Vec<f64> = rdm
        .values()
        .iter()
        .copied()
        .filter(|d| !d.is_nan())
        .collect();
    // Divide by the largest value first, so that no square overflows or underflows.
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
