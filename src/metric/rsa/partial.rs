//! Partial and semipartial correlations of two RDMs.

use std::borrow::Cow;

use crate::error::{Error, RdmError, Result, at_least};
use crate::linalg::short_dot;
use crate::metric::rsa::Comparator;
use crate::metric::rsa::prepared::{Prepared, sum};
use crate::rdm::Rdm;

impl Comparator {
    /// Computes the partial correlation of two RDMs with control RDMs held constant, in [−1, 1]:
    /// the correlation of the residuals of regressions of each on the controls and an intercept.
    ///
    /// Under [`Comparator::Spearman`] all RDMs are replaced by their ranks first. With one control
    /// *c* it is (r₁₂ − r₁c r₂c) / √((1 − r₁c²)(1 − r₂c²)); without controls it is the plain
    /// correlation. Pairs that are missing in any of the RDMs are ignored.
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
    /// - Returns `ArgumentError::InvalidParameter` for comparators other than Pearson and
    ///   Spearman.
    /// - Returns `StimuliError::Missing` or `StimuliError::Unexpected` if the stimuli differ.
    /// - Returns `ArgumentError::TooFew` if the RDMs have fewer pairs in common than the number
    ///   of controls plus three.
    /// - Returns [`RdmError::Constant`] if an RDM is constant, and [`RdmError::Collinear`] if the
    ///   controls (for a control, the controls before it) explain all of it except
    ///   [`Rdm::TOLERANCE`] of its standard deviation.
    ///
    /// Errors of a single RDM are wrapped in `Context::Rdm` that names the RDM.
    pub fn partial(self, first: &Rdm, second: &Rdm, controls: &[&Rdm]) -> Result<f64> {
        let undefined = "the partial correlation";
        let [first, second, controls @ ..] = &self.unit_columns(first, second, controls)?[..]
        else {
            unreachable!("there are at least two columns")
        };
        let held = orthonormal(controls, undefined)?;
        let first = beyond(&held, first, undefined).map_err(|error| error.in_rdm(FIRST))?;
        let second = beyond(&held, second, undefined).map_err(|error| error.in_rdm(SECOND))?;
        Ok(short_dot(&first, &second).clamp(-1.0, 1.0))
    }

    /// Computes the semipartial (part) correlation of two RDMs, in [−1, 1]: like
    /// [`Comparator::partial`], but the controls are removed from the **first** RDM only. Its
    /// square is the share of the variance of the second RDM that the first explains in addition to
    /// the controls.
    ///
    /// # Errors
    /// Returns the same errors as [`Comparator::partial`], except that the controls may explain all
    /// of the second RDM; the result is then 0.
    pub fn semipartial(self, first: &Rdm, second: &Rdm, controls: &[&Rdm]) -> Result<f64> {
        let undefined = "the semipartial correlation";
        let [first, second, controls @ ..] = &self.unit_columns(first, second, controls)?[..]
        else {
            unreachable!("there are at least two columns")
        };
        let held = orthonormal(controls, undefined)?;
        let first = beyond(&held, first, undefined).map_err(|error| error.in_rdm(FIRST))?;
        Ok(short_dot(&first, second).clamp(-1.0, 1.0))
    }

    /// Returns the first RDM, the second and the controls over their common pairs, with mean 0 and
    /// length 1.
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
        at_least("pairs that all RDMs have", needed, common.len())?;
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

/// Returns the name of an RDM in errors.
fn name(position: usize) -> Cow<'static, str> {
    match position {
        0 => FIRST.into(),
        1 => SECOND.into(),
        _ => format!("control {}", position - 2).into(),
    }
}

/// Computes orthonormal vectors that span the controls.
fn orthonormal(controls: &[Vec<f64>], undefined: &'static str) -> Result<Vec<Vec<f64>>> {
    let mut held: Vec<Vec<f64>> = Vec::with_capacity(controls.len());
    for (position, control) in controls.iter().enumerate() {
        let direction = beyond(&held, control, undefined);
        held.push(direction.map_err(|error| error.in_rdm(name(2 + position)))?);
    }
    Ok(held)
}

/// Removes the components along the `held` vectors from a vector of length 1, and normalizes the
/// rest.
fn beyond(held: &[Vec<f64>], unit: &[f64], undefined: &'static str) -> Result<Vec<f64>> {
    let mut rest = unit.to_vec();
    // The second pass removes rounding errors of the first (Giraud & Langou 2002: twice is enough).
    for _ in 0..2 {
        for direction in held {
            let along = short_dot(direction, &rest);
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
