//! How alike two RDMs are beyond what others explain.

use std::borrow::Cow;

use crate::error::{ArgumentError, Error, RdmError, Result};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::prepared::{Prepared, dot, sum};
use crate::rdm::Rdm;

impl Comparator {
    /// The partial correlation of two RDMs with others held constant: the correlation of what the
    /// regressions of each on the controls (and an intercept) leave. From −1 to 1.
    ///
    /// Under [`Comparator::Spearman`] all are replaced by their ranks first. With one control *c* it
    /// is (r₁₂ − r₁c r₂c) / √((1 − r₁c²)(1 − r₂c²)); without controls it is the plain correlation.
    /// Pairs that are missing in any of the RDMs count for nothing.
    ///
    /// ```
    /// use human_alignment::metric::rsa::Comparator;
    /// use human_alignment::{Rdm, Stimuli};
    ///
    /// let animals = Stimuli::new(["cat", "dog", "hen", "duck"])?;
    /// let model = Rdm::new(animals.clone(), vec![0.1, 0.9, 0.8, 0.6, 0.9, 0.2])?;
    /// let people = Rdm::new(animals.clone(), vec![0.3, 0.8, 0.9, 0.8, 0.7, 0.1])?;
    /// let colour = Rdm::new(animals, vec![0.7, 0.1, 0.4, 0.2, 0.9, 0.3])?;
    /// let beyond_colour = Comparator::Pearson.partial(&model, &people, &[&colour])?;
    /// assert!((0.8..0.9).contains(&beyond_colour));
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for comparators other than Pearson and Spearman;
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the stimuli differ;
    /// [`Error::TooFew`] where the pairs that all have are not three more than the controls; within
    /// [`Error::InRdm`] that names the RDM, [`Error::ConstantRdm`] where it doesn't vary and
    /// [`Error::CollinearRdm`] where the controls (for a control, those before it) explain all of
    /// it but [`Rdm::TOLERANCE`] of its standard deviation.
    pub fn partial(self, first: &Rdm, second: &Rdm, controls: &[&Rdm]) -> Result<f64> {
        let undefined = "the partial correlation";
        let [first, second, controls @ ..] = &self.unit_columns(first, second, controls)?[..]
        else {
            unreachable!("the first two are there")
        };
        let held = orthonormal(controls, undefined)?;
        let first = beyond(&held, first, undefined).map_err(|error| error.in_rdm(FIRST))?;
        let second = beyond(&held, second, undefined).map_err(|error| error.in_rdm(SECOND))?;
        Ok(dot(&first, &second).clamp(-1.0, 1.0))
    }

    /// The semipartial (part) correlation of two RDMs: as [`Comparator::partial`], but the controls
    /// are removed from the **first** alone. Its square is the share of the variance of the second
    /// that the first explains and the controls don't.
    ///
    /// # Errors
    /// As for [`Comparator::partial`]; the controls may explain all of the second, which gives 0.
    pub fn semipartial(self, first: &Rdm, second: &Rdm, controls: &[&Rdm]) -> Result<f64> {
        let undefined = "the semipartial correlation";
        let [first, second, controls @ ..] = &self.unit_columns(first, second, controls)?[..]
        else {
            unreachable!("the first two are there")
        };
        let held = orthonormal(controls, undefined)?;
        let first = beyond(&held, first, undefined).map_err(|error| error.in_rdm(FIRST))?;
        Ok(dot(&first, second).clamp(-1.0, 1.0))
    }

    /// The first, the second and the controls, over the pairs that all have: of mean 0 and length 1.
    fn unit_columns(self, first: &Rdm, second: &Rdm, controls: &[&Rdm]) -> Result<Vec<Vec<f64>>> {
        if !matches!(self, Comparator::Pearson | Comparator::Spearman) {
            let (name, expected) = (
                "the comparator of a partial correlation",
                "pearson or spearman",
            );
            return Err(Error::parameter(name, expected, self));
        }
        let stimuli = first.stimuli();
        let rdms = [first, second].into_iter().chain(controls.iter().copied());
        let join = |(position, rdm): (usize, &'_ Rdm)| {
            let joined = rdm.stimuli().same_set_as(stimuli);
            let joined = joined.and_then(|()| rdm.select(stimuli));
            joined.map_err(|error| error.in_rdm(name(position)))
        };
        let joined: Vec<Cow<'_, Rdm>> = rdms
            .enumerate()
            .map(|(position, rdm)| match rdm.stimuli() == stimuli {
                true => Ok(Cow::Borrowed(rdm)),
                false => join((position, rdm)).map(Cow::Owned),
            })
            .collect::<Result<_>>()?;
        let is_common = |&pair: &usize| joined.iter().all(|rdm| !rdm.values()[pair].is_nan());
        let common: Vec<usize> = (0..first.n_pairs()).filter(is_common).collect();
        let needed = controls.len() + 3;
        if common.len() < needed {
            return Err(ArgumentError::TooFew {
                what: "pairs that all RDMs have",
                needed,
                found: common.len(),
            }
            .into());
        }
        let column = |(position, rdm): (usize, &Cow<'_, Rdm>)| {
            let values = common.iter().map(|&pair| rdm.values()[pair]).collect();
            let prepared = Prepared::of_some_pairs(self, values, rdm.rounding());
            let prepared = prepared.map_err(|error| error.in_rdm(name(position)))?;
            Ok(prepared
                .into_unit()
                .unwrap_or_else(|_| unreachable!("Pearson and Spearman are dot products")))
        };
        joined.iter().enumerate().map(column).collect()
    }
}

const FIRST: &str = "the first of two";
const SECOND: &str = "the second of two";

/// What an error calls an RDM.
fn name(position: usize) -> Cow<'static, str> {
    match position {
        0 => FIRST.into(),
        1 => SECOND.into(),
        _ => format!("control {}", position - 2).into(),
    }
}

/// Vectors of length 1 at right angles that span the controls.
fn orthonormal(controls: &[Vec<f64>], undefined: &'static str) -> Result<Vec<Vec<f64>>> {
    let mut held: Vec<Vec<f64>> = Vec::with_capacity(controls.len());
    for (position, control) in controls.iter().enumerate() {
        let direction = beyond(&held, control, undefined);
        held.push(direction.map_err(|error| error.in_rdm(name(2 + position)))?);
    }
    Ok(held)
}

/// The direction of what is left of a vector of length 1 without what lies along those held.
fn beyond(held: &[Vec<f64>], unit: &[f64], undefined: &'static str) -> Result<Vec<f64>> {
    let mut rest = unit.to_vec();
    // The second time removes what rounding left (Giraud & Langou 2002: twice is enough).
    for _ in 0..2 {
        for direction in held {
            let along = dot(direction, &rest);
            for (value, component) in rest.iter_mut().zip(direction) {
                *value -= along * component;
            }
        }
    }
    let length = sum(&rest, |value| value * value).sqrt();
    if length <= Rdm::TOLERANCE {
        return Err(RdmError::Collinear { undefined }.into());
    }
    rest.iter_mut().for_each(|value| *value /= length);
    Ok(rest)
}
