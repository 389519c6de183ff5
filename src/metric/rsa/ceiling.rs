//! The noise ceiling: the best possible similarity of a model to participants.

use serde::{Deserialize, Serialize};

use crate::error::{Result, at_least};
use crate::metric::rsa::Comparator;
use crate::rdm::{RdmSet, Scaling};

/// The noise ceiling: the best possible mean similarity of a model to several participants (Nili et
/// al. 2014).
///
/// It is the similarity of the RDM that is nearest to all participants: the mean of their RDMs,
/// each scaled by [`Comparator::pooling`].
///
/// ```
/// use human_alignment::metric::rsa::{RsaNoiseCeiling, Comparator};
/// use human_alignment::{Rdm, RdmSet, Stimuli};
///
/// let animals = Stimuli::new(["cat", "dog", "hen", "duck"])?;
/// let people = RdmSet::numbered(vec![
///     Rdm::new(animals.clone(), vec![0.1, 0.9, 0.8, 0.7, 0.9, 0.2])?,
///     Rdm::new(animals, vec![0.3, 0.8, 0.9, 0.8, 0.7, 0.1])?,
/// ])?;
/// let ceiling = RsaNoiseCeiling::new(&people, Comparator::Pearson)?;
/// assert!(0.0 < ceiling.lower && ceiling.lower < ceiling.upper);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaNoiseCeiling {
    /// Mean similarity of each participant to the mean of the others: too low, because the mean of
    /// few participants is noisy.
    pub lower: f64,
    /// Mean similarity of each participant to the mean of all, including the participant: too high.
    pub upper: f64,
    /// Lower estimate for each participant, in their order.
    #[serde(skip)]
    pub lower_per_person: Vec<f64>,
    /// Upper estimate for each participant, in their order.
    #[serde(skip)]
    pub upper_per_person: Vec<f64>,
}

impl RsaNoiseCeiling {
    /// Computes the ceiling of participants under a comparator.
    ///
    /// The sessions of a participant are averaged first ([`RdmSet::by_participant`], unscaled),
    /// because sessions of one participant agree more than participants do.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two participants, and otherwise
    /// the same errors as [`RdmSet::mean`] and [`Comparator::compare`], the latter wrapped in
    /// `Context::Rdm` with the participant.
    pub fn new(people: &RdmSet, comparator: Comparator) -> Result<Self> {
        let people = people.persons()?;
        at_least("people for a noise ceiling", 2, people.len())?;
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

/// Returns the mean of at least one value.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
