//! Trials that have something in common.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::concept::ConceptEmbedding;
use crate::error::{ArgumentError, Error, JudgmentError, Result};
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::names::named;
use crate::similarity::Similarity;

/// Groups of trials: by dimension, by category, by whatever. A trial may be in several, or in none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialGroups {
    names: Vec<String>,
    /// The trials of each group, ascending.
    trials: Vec<Vec<usize>>,
    n_trials: usize,
}

/// Which objects of a trial put it into a category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// The pair that people chose: both have to be of the category.
    #[default]
    BothOfPair,
    /// The pair that people chose: one of it is enough.
    OneOfPair,
    /// Any of the three.
    AnyShown,
}

impl Membership {
    /// All of them.
    pub const ALL: [Membership; 3] = [
        Membership::BothOfPair,
        Membership::OneOfPair,
        Membership::AnyShown,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Membership::BothOfPair => "both-of-pair",
            Membership::OneOfPair => "one-of-pair",
            Membership::AnyShown => "any-shown",
        }
    }
}

named!(
    Membership,
    "membership",
    "both-of-pair, one-of-pair or any-shown"
);

impl TrialGroups {
    /// Groups with their names and the positions of their trials, of `n_trials` in all.
    ///
    /// # Errors
    /// [`Error::NoTrials`] where `n_trials` is 0; [`Error::InvalidParameter`] for a position that is not
    /// below it.
    pub fn new(
        n_trials: usize,
        groups: impl IntoIterator<Item = (String, Vec<usize>)>,
    ) -> Result<Self> {
        if n_trials == 0 {
            return Err(JudgmentError::NoTrials.into());
        }
        let (names, mut trials): (Vec<String>, Vec<Vec<usize>>) = groups.into_iter().unzip();
        for positions in &mut trials {
            positions.sort_unstable();
            positions.dedup();
            if let Some(&last) = positions.last()
                && last >= n_trials
            {
                let expected = "below the number of trials";
                return Err(Error::parameter("the position of a trial", expected, last));
            }
        }
        Ok(Self {
            names,
            trials,
            n_trials,
        })
    }

    /// One group for each dimension of a human embedding: the trials whose choice turns on it, as
    /// [`ConceptEmbedding::dimensions`] has it. With `k` above 1 a trial is in up to `k` of them.
    ///
    /// # Errors
    /// As for [`ConceptEmbedding::dimensions`].
    pub fn by_dimension<T: Task>(
        embedding: &ConceptEmbedding,
        trials: &Trials<T>,
        k: usize,
    ) -> Result<Self> {
        let mut of_dimensions = vec![Vec::new(); embedding.n_dimensions()];
        let of_trials = embedding.dimensions(trials, k)?;
        for (trial, dimensions) in of_trials.into_iter().enumerate() {
            for dimension in dimensions {
                of_dimensions[dimension as usize].push(trial);
            }
        }
        Ok(Self {
            names: embedding.names().to_vec(),
            trials: of_dimensions,
            n_trials: trials.len(),
        })
    }

    /// One group for each category, from the label of each stimulus in the order of the stimuli of the
    /// trials; an empty label is none, and `"food, vegetable"` is a category of its own beside `"food"`.
    /// Categories come in the order of their first stimuli.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for more or fewer labels than stimuli.
    pub fn by_category<T: Task>(
        trials: &Trials<T>,
        labels: &[impl AsRef<str>],
        membership: Membership,
    ) -> Result<Self> {
        if labels.len() != trials.stimuli().len() {
            return Err(ArgumentError::LengthMismatch {
                what: "labels of stimuli",
                expected: trials.stimuli().len(),
                found: labels.len(),
            }
            .into());
        }
        let mut names: Vec<String> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let categories: Vec<Option<usize>> = labels
            .iter()
            .map(|label| match label.as_ref() {
                "" => None,
                label => Some(*known.entry(label).or_insert_with(|| {
                    names.push(label.to_owned());
                    names.len() - 1
                })),
            })
            .collect();
        let mut of_categories = vec![Vec::new(); names.len()];
        for (trial, objects) in trials.as_slice().iter().enumerate() {
            let [first, second, odd] = objects.map(|index| categories[index as usize]);
            let of_trial = match membership {
                Membership::BothOfPair if first == second => [first, None, None],
                Membership::BothOfPair => [None; 3],
                Membership::OneOfPair => [first, second, None],
                Membership::AnyShown => [first, second, odd],
            };
            for category in of_trial.into_iter().flatten() {
                let own: &mut Vec<usize> = &mut of_categories[category];
                // Two objects of a category put a trial into it once.
                if own.last() != Some(&trial) {
                    own.push(trial);
                }
            }
        }
        Ok(Self {
            names,
            trials: of_categories,
            n_trials: trials.len(),
        })
    }

    /// Two groups, `"human-predictable"` and `"other"`: the trials in which the human embedding itself
    /// chooses as people did, by its dot products (and no other pair is as similar), and those in which it
    /// does not. The published evaluation knows the former only. Of the embedding itself they say nothing:
    /// by definition it is right in all of the former and in none of the latter.
    ///
    /// # Errors
    /// As for [`ZeroShotOddOneOut::choices`].
    pub fn by_predictability<T: Task>(
        embedding: &ConceptEmbedding,
        trials: &Trials<T>,
    ) -> Result<Self> {
        let metric = ZeroShotOddOneOut::new(Similarity::Dot);
        let choices = metric.choices(embedding.representation(), trials)?;
        let (predictable, other) = (0..trials.len()).partition(|&trial| choices[trial] == Some(0));
        Ok(Self {
            names: vec!["human-predictable".into(), "other".into()],
            trials: vec![predictable, other],
            n_trials: trials.len(),
        })
    }

    /// The groups.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The positions of the trials of a group, ascending; `None` where there are fewer groups.
    pub fn trials(&self, group: usize) -> Option<&[usize]> {
        self.trials.get(group).map(Vec::as_slice)
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Trials in all.
    pub fn n_trials(&self) -> usize {
        self.n_trials
    }

    /// Trials that are in no group.
    pub fn n_ungrouped(&self) -> usize {
        let mut grouped = vec![false; self.n_trials];
        for &trial in self.trials.iter().flatten() {
            grouped[trial] = true;
        }
        grouped.into_iter().filter(|grouped| !grouped).count()
    }

    /// The names with the trials of each group.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Vec<usize>)> {
        self.names.iter().zip(&self.trials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::judgment::OddOneOut;
    use crate::stimuli::Stimuli;

    #[test]
    fn categories_are_those_of_the_objects() {
        let labels = ["animal", "animal", "food", "", "food"];
        let trials = vec![[0, 1, 2], [0, 2, 4], [3, 4, 2], [2, 4, 3]];
        let trials = OddOneOut::new(Stimuli::numbered(5), trials).unwrap();
        let of = |membership| {
            let groups = TrialGroups::by_category(&trials, &labels, membership).unwrap();
            assert_eq!(groups.names(), ["animal", "food"]);
            let of_groups = [0, 1].map(|group| groups.trials(group).unwrap().to_vec());
            (of_groups, groups.n_ungrouped())
        };
        assert_eq!(of(Membership::BothOfPair), ([vec![0], vec![3]], 2));
        assert_eq!(of(Membership::OneOfPair), ([vec![0, 1], vec![1, 2, 3]], 0));
        assert_eq!(
            of(Membership::AnyShown),
            ([vec![0, 1], vec![0, 1, 2, 3]], 0)
        );
        assert!(matches!(
            TrialGroups::by_category(&trials, &labels[..4], Membership::AnyShown)
                .as_ref()
                .map_err(Error::kind),
            Err(ErrorKind::Argument(ArgumentError::LengthMismatch {
                expected: 5,
                found: 4,
                ..
            }))
        ));
    }

    #[test]
    fn groups_of_ones_own_are_sets_of_trials() {
        let groups = TrialGroups::new(4, [("some".to_owned(), vec![3, 1, 3])]).unwrap();
        assert_eq!(groups.trials(0), Some(&[1, 3][..]));
        assert_eq!((groups.trials(1), groups.n_ungrouped()), (None, 2));
        assert!(matches!(
            TrialGroups::new(3, [("some".to_owned(), vec![3])])
                .as_ref()
                .map_err(Error::kind),
            Err(ErrorKind::Argument(ArgumentError::InvalidParameter { .. }))
        ));
        assert!(matches!(
            TrialGroups::new(0, []).as_ref().map_err(Error::kind),
            Err(ErrorKind::Judgment(JudgmentError::NoTrials))
        ));
    }
}
