//! The accuracy that a group of trials would have if a model's probabilities were correct.

use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::concept::TrialGroups;
use crate::error::{ArgumentError, Error, JudgmentError, Result, same_length, wrong_shape};
use crate::inference::{
    ClusteredTrials, Confidence, Estimate, Interval, SelectedTrials, Term, benjamini_hochberg,
    linearized,
};
use crate::judgment::{Task, Trials, choosing};

/// The accuracy of a model by group of trials, compared with the accuracy that is expected if its
/// choice probabilities are correct (calibrated).
///
/// Groups that depend on the answers of participants, such as those of
/// [`TrialGroups::by_dimension`], have different accuracies even for a perfect model: a trial
/// whose choice is explained by a dimension with small weights is in the group of that dimension, and
/// is also difficult to predict. A comparison with all trials
/// ([`GroupAnalysis`](crate::concept::GroupAnalysis)) does not show where a model fails. A comparison
/// with the expected accuracy does.
///
/// | setting | default |
/// |---|---|
/// | minimum number of trials of a group for a test | 30 |
/// | confidence | 0.95 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedAccuracy {
    min_trials: usize,
    confidence: Confidence,
}

/// The observed and the expected accuracy in the trials of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupExpectation {
    /// Name of the group.
    pub name: String,
    /// Number of trials of the group.
    pub n_trials: u64,
    /// The share of trials in which the most probable pair was chosen, in [0, 1]. If k pairs are the
    /// most probable, the choice of one of them counts as 1/k.
    pub accuracy: f64,
    /// The expected accuracy Σ p(c) / Σ p(k): the sum over all questions of the probability of the
    /// most probable pair c, if c would put the trial into the group, divided by that of all pairs
    /// k that would.
    pub expected: f64,
    /// The accuracy minus the expected accuracy. Its expectation is 0 if the probabilities are
    /// correct.
    pub difference: Estimate,
    /// The confidence interval of the difference, within [−1, 1].
    pub interval: Interval,
    /// The two-sided p-value of the difference; `None` if the group has too few trials or the
    /// standard error is unknown.
    pub p_value: Option<f64>,
    /// The p-value adjusted for all tested groups ([`benjamini_hochberg`]).
    pub adjusted_p_value: Option<f64>,
}

impl Default for ExpectedAccuracy {
    fn default() -> Self {
        Self {
            min_trials: 30,
            confidence: Confidence::default(),
        }
    }
}

impl ExpectedAccuracy {
    /// Sets the number of trials that a group needs for a test.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the number is less than 2.
    pub fn with_min_trials(mut self, n: usize) -> Result<Self> {
        if n < 2 {
            return Err(Error::parameter("trials of a group", "at least 2", n));
        }
        self.min_trials = n;
        Ok(self)
    }

    /// Sets the confidence level of intervals.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Computes the observed and the expected accuracy of each group that has trials.
    ///
    /// `probabilities` are trials × 3 (trials × 2 for anchored trials): the probabilities of the
    /// pairs (0,1), (0,2) and (1,2) of each trial. `groups` creates the groups of given trials; it
    /// is called for the trials as they are, and for each other answer to them. Groups must have the
    /// same names in each call. The most probable pair is the prediction; if there are k, each of them
    /// is with a share of 1/k.
    ///
    /// The influence of a trial on the difference is Σ (yₖ − pₖ) (cₖ − e) over the pairs k that
    /// would put it into the group, where y is 1 for the chosen pair and 0 for the others, c is 1
    /// for the most probable pair and 0 for the others, and e is the expected accuracy.
    ///
    /// ```
    /// use human_alignment::concept::{ConceptEmbedding, ExpectedAccuracy, TrialGroups};
    /// use human_alignment::dataset::SimulatedObserver;
    /// use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli};
    /// use human_alignment::ZeroShotOddOneOut;
    /// use ndarray::Array2;
    ///
    /// // Simulated people choose by the probabilities of the model.
    /// let values = |(i, j): (usize, usize)| ((i * (3 * j + 5) + j) % 7) as f32 / 2.0;
    /// let model = Representation::new(Stimuli::numbered(40), Array2::from_shape_fn((40, 3), values))?;
    /// let people = SimulatedObserver::new(model.clone())?.odd_one_out(5000, 3)?;
    /// let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    /// let probabilities = metric.probabilities(&model, people.judgments())?;
    /// let embedding = ConceptEmbedding::new(model)?;
    /// let groups = |trials: &_| TrialGroups::by_dimension(&embedding, trials, 1);
    /// let found = ExpectedAccuracy::default().run(people.judgments(), probabilities.view(), groups)?;
    /// assert!(found.iter().all(|group| group.adjusted_p_value.unwrap() > 0.05));
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if the shape of the probabilities is another one,
    /// `ArgumentError::LengthMismatch` if `groups` returns groups of another number of trials,
    /// [`JudgmentError::InvalidProbabilities`] naming a trial whose probabilities are not in [0, 1]
    /// or do not sum to 1 within 1e-5, and the errors of `groups`.
    pub fn run<T: Task>(
        &self,
        trials: &Trials<T>,
        probabilities: ArrayView2<'_, f64>,
        groups: impl Fn(&Trials<T>) -> Result<TrialGroups>,
    ) -> Result<Vec<GroupExpectation>> {
        if probabilities.dim() != (trials.len(), T::N_PAIRS) {
            return Err(wrong_shape(
                "the array of probabilities",
                format!("{} × {}", trials.len(), T::N_PAIRS),
                probabilities.shape(),
            ));
        }
        for (question, row) in probabilities.rows().into_iter().enumerate() {
            let in_range = row.iter().all(|p| (0.0..=1.0 + 1e-5).contains(p));
            if !in_range || (row.sum() - 1.0).abs() > 1e-5 {
                let found = row.to_vec();
                return Err(JudgmentError::InvalidProbabilities { question, found }.into());
            }
        }
        let answered = (0..T::N_PAIRS)
            .map(|pair| {
                let groups = groups(&answering(trials, pair)?)?;
                same_length("trials that are in groups", trials.len(), groups.n_trials())?;
                Ok(groups)
            })
            .collect::<Result<Vec<_>>>()?;
        let predicted: Vec<[f64; 3]> = probabilities.rows().into_iter().map(predicted).collect();
        let names_of = |groups: &TrialGroups| -> Vec<String> {
            groups.iter().map(|(name, _)| name.clone()).collect()
        };
        let names = names_of(&answered[0]);
        if let Some(other) = answered.iter().map(names_of).find(|other| *other != names) {
            return Err(ArgumentError::Incompatible {
                what: "the names of groups for different answers",
                left: names.join(", "),
                right: other.join(", "),
            }
            .into());
        }
        let mut found = Vec::new();
        for (group, name) in names.into_iter().enumerate() {
            let members: Vec<&[usize]> = answered
                .iter()
                .map(|groups| groups.trials(group).unwrap_or_default())
                .collect();
            found.extend(self.group(trials, probabilities, &predicted, name, &members));
        }
        let p_values: Vec<f64> = found.iter().filter_map(|group| group.p_value).collect();
        let tested = found.iter_mut().filter(|group| group.p_value.is_some());
        for (group, adjusted) in tested.zip(benjamini_hochberg(&p_values)) {
            group.adjusted_p_value = Some(adjusted);
        }
        Ok(found)
    }

    /// Computes the expectation of a group, given the trials that each answer would put into it;
    /// `None` if no trial is in the group. The first answer is the one that was given.
    fn group<T: Task>(
        &self,
        trials: &Trials<T>,
        probabilities: ArrayView2<'_, f64>,
        predicted: &[[f64; 3]],
        name: String,
        members: &[&[usize]],
    ) -> Option<GroupExpectation> {
        let n = members[0].len();
        if n == 0 {
            return None;
        }
        let (mut hits, mut total) = (0.0, 0.0);
        for (pair, members) in members.iter().enumerate() {
            for &trial in *members {
                let probability = probabilities[[trial, pair]];
                total += probability;
                hits += probability * predicted[trial][pair];
            }
        }
        let observed = members[0].iter().map(|&trial| predicted[trial][0]);
        let accuracy = observed.sum::<f64>() / n as f64;
        // Without any probability of trials of the group, the expectation is the observation.
        let expected = if total > 0.0 { hits / total } else { accuracy };
        let mut positions: Vec<usize> =
            members.iter().flat_map(|all| all.iter().copied()).collect();
        positions.sort_unstable();
        positions.dedup();
        let difference = accuracy - expected;
        let is_member = |pair: usize, trial: &usize| members[pair].binary_search(trial).is_ok();
        let term = |trial: &usize| {
            let weight = f64::from(u8::from(is_member(0, trial)));
            let pairs = (0..members.len()).filter(|&pair| is_member(pair, trial));
            let influence = pairs.map(|pair| {
                let chosen = f64::from(u8::from(pair == 0));
                let hit = predicted[*trial][pair];
                (chosen - probabilities[[*trial, pair]]) * (hit - expected)
            });
            Term {
                residual: influence.sum::<f64>() - weight * difference,
                weight,
            }
        };
        let terms: Vec<Term> = positions.iter().map(term).collect();
        let selected = SelectedTrials::new(ClusteredTrials::of(trials), positions.iter().copied());
        let difference = linearized(difference, selected.clustered(), &terms);
        let bounds = [-1.0, 1.0];
        let is_tested = n >= self.min_trials && difference.standard_error.is_some();
        Some(GroupExpectation {
            name,
            n_trials: n as u64,
            accuracy,
            expected,
            interval: difference.interval_within(self.confidence, bounds),
            p_value: is_tested.then(|| difference.p_value_within(0.0, bounds)),
            difference,
            adjusted_p_value: None,
        })
    }
}

/// Returns the shares with which pairs are the prediction: 1/k for each of the k most probable
/// ones. They do not depend on the order of the pairs, which says which of them was chosen.
fn predicted(probabilities: ArrayView1<'_, f64>) -> [f64; 3] {
    /// Rounding errors of probabilities.
    const TOLERANCE: f64 = 1e-12;

    let largest = probabilities.iter().copied().fold(0.0, f64::max);
    let mut shares = [0.0; 3];
    for (share, &probability) in shares.iter_mut().zip(&probabilities) {
        *share = f64::from(u8::from(probability >= largest - TOLERANCE));
    }
    let n: f64 = shares.iter().sum();
    shares.map(|share| share / n)
}

/// Returns the trials as if the given pair of each had been chosen.
fn answering<T: Task>(trials: &Trials<T>, pair: usize) -> Result<Trials<T>> {
    let answered = trials.as_slice().iter().map(|&trial| choosing(trial, pair));
    Trials::new(trials.stimuli().clone(), answered.collect())
}
