//! Groups of trials.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::concept::ConceptEmbedding;
use crate::error::{Error, JudgmentError, Result, same_length};
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::names::named;
use crate::similarity::Similarity;

/// Named groups of trials, such as those of a dimension or a category. A trial may be in several
/// groups or in none.
///
/// ```
/// use human_alignment::concept::TrialGroups;
///
/// let [red, round] = ["red", "round"].map(str::to_owned);
/// let groups = TrialGroups::new(4, [(red, vec![0, 1]), (round, vec![1])])?;
/// assert_eq!(groups.trials(0), Some(&[0, 1][..]));
/// assert_eq!(groups.n_ungrouped(), 2);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialGroups {
    names: Vec<String>,
    /// The trials of each group, in ascending order.
    trials: Vec<Vec<usize>>,
    n_trials: usize,
}

/// The rule by which the objects of a trial put the trial into a category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Membership {
    /// Both objects of the chosen pair are of the category.
    #[default]
    BothOfPair,
    /// At least one object of the chosen pair is of the category.
    OneOfPair,
    /// At least one of the three objects is of the category.
    AnyShown,
}

named! {
    Membership, "membership":
    BothOfPair = "both-of-pair",
    OneOfPair = "one-of-pair",
    AnyShown = "any-shown",
}

impl TrialGroups {
    /// Creates groups from their names and the 0-based positions of their trials, out of
    /// `n_trials`.
    ///
    /// # Errors
    /// Returns [`JudgmentError::NoTrials`] if `n_trials` is 0, and
    /// `ArgumentError::InvalidParameter` if a position is not less than `n_trials`.
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
                let expected = "less than the number of trials";
                return Err(Error::parameter("the position of a trial", expected, last));
            }
        }
        Ok(Self {
            names,
            trials,
            n_trials,
        })
    }

    /// Creates one group per dimension of a human embedding, with the trials whose choice it
    /// determines ([`ConceptEmbedding::dimensions`]). A trial is in up to `k` groups.
    ///
    /// # Errors
    /// The same as for [`ConceptEmbedding::dimensions`].
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

    /// Creates one group per category, from the label of each stimulus in the order of the stimuli.
    ///
    /// An empty label means no category; `"food, vegetable"` and `"food"` are different categories.
    /// The groups are in the order of their first stimuli.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of labels and stimuli differ.
    pub fn by_category<T: Task>(
        trials: &Trials<T>,
        labels: &[impl AsRef<str>],
        membership: Membership,
    ) -> Result<Self> {
        same_length("labels of stimuli", trials.stimuli().len(), labels.len())?;
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
                // A trial is added once, even if two of its objects are of the category.
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

    /// Creates one group per label, from the label of each trial, such as
    /// [`TripletFile::trial_types`](crate::dataset::TripletFile::trial_types) or the level of
    /// similarity that the trial tests. An empty label means no group. The groups are in the order
    /// of their first trials.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if there is not one label per trial.
    pub fn by_label<T: Task>(trials: &Trials<T>, labels: &[impl AsRef<str>]) -> Result<Self> {
        same_length("labels of trials", trials.len(), labels.len())?;
        let mut names: Vec<String> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut of_labels: Vec<Vec<usize>> = Vec::new();
        let labels = labels.iter().map(AsRef::as_ref).enumerate();
        for (trial, label) in labels.filter(|(_, label)| !label.is_empty()) {
            let group = *known.entry(label).or_insert_with(|| {
                names.push(label.to_owned());
                of_labels.push(Vec::new());
                names.len() - 1
            });
            of_labels[group].push(trial);
        }
        Ok(Self {
            names,
            trials: of_labels,
            n_trials: trials.len(),
        })
    }

    /// Creates two groups: the trials that the human embedding predicts (`"human-predictable"`) and
    /// the other ones (`"other"`).
    ///
    /// A trial is predicted if the chosen pair has the largest dot product, without a tie. The
    /// published evaluation uses only the first group. The accuracy of the human embedding itself
    /// is 1 in the first group and 0 in the second by definition.
    ///
    /// # Errors
    /// The same as for [`ZeroShotOddOneOut::choices`].
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

    /// Returns the names of the groups.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the 0-based positions of the trials of a group, ascending, or `None` if `group` is
    /// out of range.
    pub fn trials(&self, group: usize) -> Option<&[usize]> {
        self.trials.get(group).map(Vec::as_slice)
    }

    /// Returns the number of groups.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns true if there are no groups.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the number of trials, including those in no group.
    pub fn n_trials(&self) -> usize {
        self.n_trials
    }

    /// Returns the number of trials that are in no group.
    pub fn n_ungrouped(&self) -> usize {
        let grouped: HashSet<usize> = self.trials.iter().flatten().copied().collect();
        self.n_trials - grouped.len()
    }

    /// Returns an iterator over the names and trials of the groups.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Vec<usize>)> {
        self.names.iter().zip(&self.trials)
    }
}
