//! How well any model could do, given how far people agree.

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Result};
use crate::metric::rsa::Comparator;
use crate::rdm::{RdmSet, Scaling};

/// How well any model could do against each of several people (Nili et al. 2014), averaged over them.
///
/// The best model can do no better than the RDM that is nearest to all people: the mean of their
/// RDMs, each brought to the scale of [`Comparator::pooling`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// Each person against the mean of the others: too low, because few others are a noisy mean.
    pub lower: f64,
    /// Each person against the mean of all, themselves among them: too high.
    pub upper: f64,
    /// The lower estimate for each person, in their order.
    #[serde(skip)]
    pub lower_per_person: Vec<f64>,
    /// The upper estimate for each person, in their order.
    #[serde(skip)]
    pub upper_per_person: Vec<f64>,
}

impl Ceiling {
    /// The ceiling of people under a comparator.
    ///
    /// People are compared as they are; average their sessions first
    /// ([`RdmSet::by_participant`]), because a person agrees with themselves.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two people; otherwise as for [`RdmSet::mean`] and
    /// [`Comparator::compare`], within [`Error::InRdm`] that names the person.
    pub fn of(people: &RdmSet, comparator: Comparator) -> Result<Self> {
        if people.len() < 2 {
            return Err(ArgumentError::TooFew {
                what: "people for a noise ceiling",
                needed: 2,
                found: people.len(),
            }
            .into());
        }
        let scaled = people.scaled(comparator.pooling())?;
        let pooled = scaled.mean(Scaling::None)?;
        let others = |left_out| scaled.without(left_out).mean(Scaling::None);
        let per_person = people.iter().enumerate().map(|(position, (person, rdm))| {
            let lower = others(position).and_then(|others| comparator.compare(&others, rdm));
            let upper = comparator.compare(&pooled, rdm);
            let named = |value: Result<f64>| value.map_err(|error| error.in_rdm(person));
            Ok((named(lower)?, named(upper)?))
        });
        let per_person: Vec<(f64, f64)> = per_person.collect::<Result<_>>()?;
        let (lower_per_person, upper_per_person): (Vec<f64>, Vec<f64>) =
            per_person.into_iter().unzip();
        Ok(Self {
            lower: mean(&lower_per_person),
            upper: mean(&upper_per_person),
            lower_per_person,
            upper_per_person,
        })
    }
}

/// The mean of values of which there is at least one.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
