//! The record of how a transform was learned.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::representation::Provenance;
use crate::stimuli::Stimuli;

/// A record of how a transform was learned: the learner, a hash of the data, and the result.
///
/// It is stored in files together with the transform. Every field is optional; other information
/// can be stored in named notes.
///
/// ```
/// use human_alignment::transform::Training;
///
/// let training = Training::default()
///     .with_learner("ridge")
///     .with_penalty([0.1, 10.0])?
///     .with_note("targets", "VICE dimensions");
/// assert_eq!(training.learner(), Some("ridge"));
/// assert_eq!(training.penalty(), [0.1, 10.0]);
/// assert_eq!(training.note("targets"), Some("VICE dimensions"));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Training {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    learner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<Provenance>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stimuli: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    penalty: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folds: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    objective: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duality_gap: Option<f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<String, String>,
}

impl Training {
    /// Sets the name of the learner, such as `ridge` or `probe`.
    #[must_use]
    pub fn with_learner(mut self, learner: impl Into<String>) -> Self {
        self.learner = Some(learner.into());
        self
    }

    /// Sets the SHA-256 of the training data, in hexadecimal digits.
    #[must_use]
    pub fn with_data(mut self, hash: impl Into<String>) -> Self {
        self.data = Some(hash.into());
        self
    }

    /// Sets the provenance of the features from which the transform was learned.
    /// [`LinearTransform::apply`](super::LinearTransform::apply) refuses features of another model,
    /// layer or with other columns.
    #[must_use]
    pub fn with_features(mut self, provenance: &Provenance) -> Self {
        let is_known = *provenance != Provenance::default();
        self.features = is_known.then(|| provenance.clone());
        self
    }

    /// Sets the stimuli from which the transform was learned. Rows without ids, and ids that are
    /// numbers, are not recorded, because equal numbers in other data need not be the same stimuli.
    #[must_use]
    pub fn with_stimuli(mut self, stimuli: &Stimuli) -> Self {
        self.stimuli = match identifies(stimuli) {
            true => stimuli.ids().to_vec(),
            false => Vec::new(),
        };
        self
    }

    /// Sets the penalty λ: one number, or one per target.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a number is not finite.
    pub fn with_penalty(mut self, penalty: impl IntoIterator<Item = f64>) -> Result<Self> {
        let finite = penalty.into_iter().map(|lambda| finite("penalty", lambda));
        self.penalty = finite.collect::<Result<_>>()?;
        Ok(self)
    }

    /// Sets the number of folds of the cross-validation.
    #[must_use]
    pub fn with_folds(mut self, n_folds: usize) -> Self {
        self.folds = Some(n_folds);
        self
    }

    /// Sets the final value of the objective.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the value is not finite.
    pub fn with_objective(mut self, objective: f64) -> Result<Self> {
        self.objective = Some(finite("objective", objective)?);
        Ok(self)
    }

    /// Sets the duality gap: the difference between the objective and a lower bound of its minimum.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the value is not finite.
    pub fn with_duality_gap(mut self, gap: f64) -> Result<Self> {
        self.duality_gap = Some(finite("duality gap", gap)?);
        Ok(self)
    }

    /// Adds or replaces a named note.
    #[must_use]
    pub fn with_note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.notes.insert(name.into(), value.into());
        self
    }

    /// Returns the name of the learner.
    pub fn learner(&self) -> Option<&str> {
        self.learner.as_deref()
    }

    /// Returns the SHA-256 of the training data, in hexadecimal digits.
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// Returns the provenance of the features from which the transform was learned.
    pub fn features(&self) -> Option<&Provenance> {
        self.features.as_ref()
    }

    /// Returns the ids of the stimuli from which the transform was learned; empty if they are not
    /// recorded.
    pub fn stimuli(&self) -> &[String] {
        &self.stimuli
    }

    /// Returns the number of the given stimuli from which the transform was learned, by their ids. A
    /// score of these stimuli is not an estimate for new ones. `None` if this is unknown, because the
    /// stimuli of the training are not recorded, or because the given ones have no ids or ids that are
    /// numbers.
    pub fn n_learned_from(&self, stimuli: &Stimuli) -> Option<usize> {
        if self.stimuli.is_empty() || !identifies(stimuli) {
            return None;
        }
        let learned: HashSet<&str> = self.stimuli.iter().map(String::as_str).collect();
        let ids = stimuli.ids().iter();
        Some(ids.filter(|id| learned.contains(id.as_str())).count())
    }

    /// Returns the penalty λ: one number, or one per target; empty if it is not recorded.
    pub fn penalty(&self) -> &[f64] {
        &self.penalty
    }

    /// Returns the number of folds of the cross-validation.
    pub fn folds(&self) -> Option<usize> {
        self.folds
    }

    /// Returns the final value of the objective.
    pub fn objective(&self) -> Option<f64> {
        self.objective
    }

    /// Returns the duality gap: the difference between the objective and a lower bound of its minimum.
    pub fn duality_gap(&self) -> Option<f64> {
        self.duality_gap
    }

    /// Returns the note with the given name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }
}

/// Returns true if equal ids in other data are the same stimuli.
fn identifies(stimuli: &Stimuli) -> bool {
    let is_number = |id: &String| id.bytes().all(|byte| byte.is_ascii_digit());
    stimuli.is_named() && !stimuli.ids().iter().all(is_number)
}

/// Checks that a value is finite, since JSON has no other numbers.
fn finite(name: &'static str, value: f64) -> Result<f64> {
    match value.is_finite() {
        true => Ok(value),
        false => Err(Error::parameter(name, "finite", value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_json_bit_for_bit() {
        let training = Training::default()
            .with_learner("probe")
            .with_data("ab".repeat(32))
            .with_penalty([0.1, 1e-300])
            .and_then(|training| training.with_objective(0.1 + 0.2))
            .and_then(|training| training.with_duality_gap(1.0 / 3.0))
            .unwrap()
            .with_folds(5)
            .with_stimuli(&Stimuli::new(["cat", "dog"]).unwrap())
            .with_note("seed", "7");
        let text = serde_json::to_string(&training).unwrap();
        assert_eq!(serde_json::from_str::<Training>(&text).unwrap(), training);
        assert_eq!(serde_json::to_string(&Training::default()).unwrap(), "{}");
    }

    #[test]
    fn stimuli_are_known_by_names_but_not_by_numbers() {
        let named = Stimuli::new(["cat", "dog", "7"]).unwrap();
        let training = Training::default().with_stimuli(&named);
        assert_eq!(training.stimuli(), ["cat", "dog", "7"]);
        let other = Stimuli::new(["dog", "owl", "7"]).unwrap();
        assert_eq!(training.n_learned_from(&other), Some(2));
        for numbers in [
            Stimuli::unnamed(8),
            Stimuli::new(["6", "7"]).unwrap(),
            Stimuli::numbered(8),
        ] {
            assert_eq!(training.n_learned_from(&numbers), None);
            assert_eq!(
                Training::default().with_stimuli(&numbers),
                Training::default()
            );
        }
    }

    #[test]
    fn what_is_not_finite_is_no_record() {
        let training = Training::default;
        assert!(training().with_penalty([1.0, f64::NAN]).is_err());
        assert!(training().with_objective(f64::INFINITY).is_err());
        assert!(training().with_duality_gap(f64::NAN).is_err());
    }
}
