//! Odd-one-out alignment: the accuracy with which a representation predicts human choices in
//! odd-one-out and anchored trials.
//!
//! [`ZeroShotOddOneOut`] is the metric; [`OddOneOutScore`] is its result, [`Outcomes`] the result
//! of each trial, and [`Tally`] the sums over trials that are processed in chunks or shards.

mod choice;
mod exact_sum;
mod kernel;
mod outcomes;
mod probability;
mod score;
mod tally;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use choice::TiePolicy;
pub(crate) use choice::is_undecided;
pub use outcomes::{Counts, GroupAccuracy, Outcomes};
pub use probability::Probabilities;
pub use score::OddOneOutScore;
pub use tally::Tally;

use crate::error::{Error, Result, with_inverse};
use crate::inference::{Confidence, ObjectBootstrap};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::linalg::Precision;
use crate::metric::AlignmentMetric;
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::stimuli::Stimuli;

use kernel::Kernel;
pub(crate) use kernel::Question;

/// Zero-shot odd-one-out accuracy: the share of trials in which the pair of stimuli that is most
/// similar in the representation is the pair that the participant chose.
///
/// Nothing is fitted. The metric supports [`OddOneOut`](crate::OddOneOut) trials (chance 1/3) and
/// [`Anchored`](crate::Anchored) trials (chance 1/2), in which the pair of the two candidates is
/// not an option.
///
/// | setting | default |
/// |---|---|
/// | similarity | cosine |
/// | temperature | 1 |
/// | ties | [`TiePolicy::Wrong`] |
/// | probabilities | [`Probabilities::Softmax`] |
/// | probability floor | 1e-300 |
/// | precision | [`Precision::Double`] |
/// | confidence | 0.95 |
/// | bootstrap | none |
///
/// ```
/// use human_alignment::{AlignmentMetric, OddOneOut, Representation, Similarity, Stimuli};
/// use human_alignment::ZeroShotOddOneOut;
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog", "car", "bus"])?;
/// let features = array![[1.0, 0.2], [0.9, 0.1], [0.1, 1.0], [0.0, 0.8]];
/// let representation = Representation::new(stimuli.clone(), features)?;
/// let trials = OddOneOut::new(stimuli, vec![[0, 1, 2], [2, 3, 1], [1, 2, 0]])?;
///
/// let metric = ZeroShotOddOneOut::new(Similarity::Cosine).with_temperature(0.1)?;
/// let score = metric.score(&representation, &trials)?;
/// assert_eq!((score.n_correct, score.n_trials), (2, 3));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct ZeroShotOddOneOut {
    similarity: Similarity,
    temperature: f64,
    ties: TiePolicy,
    probabilities: Probabilities,
    probability_floor: f64,
    precision: Precision,
    confidence: Confidence,
    bootstrap: Option<ObjectBootstrap>,
}

impl Default for ZeroShotOddOneOut {
    fn default() -> Self {
        Self::new(Similarity::Cosine)
    }
}

impl ZeroShotOddOneOut {
    /// Creates a metric with the given similarity and default settings.
    pub fn new(similarity: Similarity) -> Self {
        Self {
            similarity,
            temperature: 1.0,
            ties: TiePolicy::default(),
            probabilities: Probabilities::default(),
            probability_floor: 1e-300,
            precision: Precision::default(),
            confidence: Confidence::default(),
            bootstrap: None,
        }
    }

    /// Sets the similarity.
    #[must_use]
    pub fn with_similarity(mut self, similarity: Similarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// Returns the similarity.
    pub fn similarity(&self) -> Similarity {
        self.similarity
    }

    /// Sets the temperature of the softmax, which affects probabilities but not choices (except with
    /// [`TiePolicy::PublishedProbe`]).
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it or its inverse is not positive and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        self.temperature = with_inverse("temperature", temperature)?;
        Ok(self)
    }

    /// Sets the credit of ties.
    #[must_use]
    pub fn with_ties(mut self, ties: TiePolicy) -> Self {
        self.ties = ties;
        self
    }

    /// Sets the logits from which probabilities are computed.
    #[must_use]
    pub fn with_probabilities(mut self, probabilities: Probabilities) -> Self {
        self.probabilities = probabilities;
        self
    }

    /// Sets the smallest probability of a choice in the cross-entropy: with 1e-300, a trial
    /// contributes at most 690.8 nats; with 0, contributions are not limited.
    ///
    /// With logits in the hundreds (dot products of large features at temperature 1), the
    /// probability of the chosen pair can be too small for `f64`, and a few such trials would
    /// dominate the mean. Choices and entropies do not depend on the floor.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is not in [0, 1).
    pub fn with_probability_floor(mut self, floor: f64) -> Result<Self> {
        if (0.0..1.0).contains(&floor) {
            self.probability_floor = floor;
            Ok(self)
        } else {
            Err(Error::parameter("probability floor", "in [0, 1)", floor))
        }
    }

    /// Sets the precision of similarities.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Sets the confidence level of intervals.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Adds a bootstrap over objects to scores.
    #[must_use]
    pub fn with_bootstrap(mut self, bootstrap: ObjectBootstrap) -> Self {
        self.bootstrap = Some(bootstrap);
        self
    }

    /// Counts correct trials and ties, without probabilities or uncertainty, which is the fastest
    /// evaluation.
    ///
    /// # Errors
    /// Returns the same errors as [`AlignmentMetric::score`].
    pub fn count<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Counts> {
        let kernel = Kernel::for_trials(self.without_probabilities(), representation, trials)?;
        Ok(kernel.count(trials))
    }

    /// Evaluates every trial and stores its credit, one byte per trial.
    ///
    /// # Errors
    /// Returns the same errors as [`AlignmentMetric::score`]; with a bootstrap also returns
    /// `ArgumentError::TooFew` if the trials show fewer than four objects.
    pub fn outcomes<'t, T: Task>(
        &self,
        representation: &Representation,
        trials: &'t Trials<T>,
    ) -> Result<Outcomes<'t, T>> {
        if let Some(bootstrap) = &self.bootstrap {
            bootstrap.check(trials)?;
        }
        Ok(Kernel::for_trials(*self, representation, trials)?.outcomes(trials))
    }

    /// Returns the pair that the representation chooses in each trial: 0 for the first two stimuli
    /// (the human choice), 1 for the first and the third, 2 for the second and the third; `None` if
    /// several pairs share the largest similarity.
    ///
    /// # Errors
    /// Returns the same errors as [`AlignmentMetric::score`].
    pub fn choices<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Vec<Option<u8>>> {
        let kernel = Kernel::for_trials(self.without_probabilities(), representation, trials)?;
        let mut choices = vec![None; trials.len()];
        kernel.for_each_largest(trials, &mut choices, |largest, choice| {
            *choice = choice::chosen(largest);
        });
        Ok(choices)
    }

    /// Returns the probabilities of the pairs in each trial: trials × 3 (× 2 for anchored trials),
    /// with pairs in the order of [`ZeroShotOddOneOut::choices`].
    ///
    /// # Errors
    /// Returns the same errors as [`AlignmentMetric::score`].
    pub fn probabilities<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Array2<f64>> {
        let kernel = Kernel::for_trials(*self, representation, trials)?;
        let mut probabilities = Array2::zeros((trials.len(), T::N_PAIRS));
        let out = probabilities
            .as_slice_mut()
            .expect("a new array is contiguous");
        kernel.for_each_softmax(trials, out, T::N_PAIRS, |softmax, out| {
            out.copy_from_slice(&softmax.probabilities()[..T::N_PAIRS]);
        });
        Ok(probabilities)
    }

    /// Returns the entropy of the probabilities of each trial, in nats.
    ///
    /// # Errors
    /// Returns the same errors as [`AlignmentMetric::score`].
    pub fn entropies<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Vec<f64>> {
        let kernel = Kernel::for_trials(*self, representation, trials)?;
        let mut entropies = vec![0.0; trials.len()];
        kernel.for_each_softmax(trials, &mut entropies, 1, |softmax, out| {
            out[0] = softmax.entropy();
        });
        Ok(entropies)
    }

    /// Returns −ln of the probability of the chosen pair in each trial, in nats, at most −ln of the
    /// [probability floor](Self::with_probability_floor). Their mean is the cross-entropy of the
    /// score.
    ///
    /// # Errors
    /// Returns the same errors as [`AlignmentMetric::score`].
    pub fn surprisals<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Vec<f64>> {
        let kernel = Kernel::for_trials(*self, representation, trials)?;
        let most = -self.probability_floor.ln();
        let mut surprisals = vec![0.0; trials.len()];
        kernel.for_each_softmax(trials, &mut surprisals, 1, |softmax, out| {
            out[0] = softmax.surprisal(0).min(most);
        });
        Ok(surprisals)
    }

    /// Calls `with` for each question with its similarities and its element of `out`.
    pub(crate) fn for_each_question<T: Task, O: Send>(
        &self,
        representation: &Representation,
        questions: &ChoiceFrequencies<T>,
        out: &mut [O],
        with: impl Fn(Question<'_>, &mut O) + Sync,
    ) -> Result<()> {
        let asked = questions.questions();
        let (stimuli, shown) = (questions.stimuli(), questions.shown());
        let n_questions = asked.len() as u64;
        let kernel = Kernel::new(*self, representation, stimuli, shown, n_questions)?;
        kernel.for_each::<T, _>(asked, out, 1, |question, out| with(question, &mut out[0]));
        Ok(())
    }

    /// Returns the credit of ties.
    pub(crate) fn ties(&self) -> TiePolicy {
        self.ties
    }

    /// Returns the confidence level of intervals.
    pub(crate) fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// Returns the smallest probability of a choice in the cross-entropy.
    pub(crate) fn probability_floor(&self) -> f64 {
        self.probability_floor
    }

    /// Tallies trials that are processed in chunks, such as those of a file larger than memory, or
    /// a shard of the trials in an array job. A chunk is discarded once it is tallied.
    ///
    /// The similarities of all of `stimuli` are computed, whatever stimuli the chunks show, and
    /// each stimulus must have a row. Shards therefore use identical similarities and add up
    /// exactly.
    ///
    /// # Errors
    /// Returns the first error of the chunks, `ArgumentError::Incompatible` if a chunk has other
    /// stimuli, and otherwise the same errors as [`AlignmentMetric::score`].
    pub fn tally<T: Task>(
        &self,
        representation: &Representation,
        stimuli: &Stimuli,
        chunks: impl IntoIterator<Item = Result<Trials<T>>>,
    ) -> Result<Tally> {
        let every: Vec<u32> = (0..stimuli.len() as u32).collect();
        // Computes all similarities, even if this shard has few trials.
        let kernel = Kernel::new(*self, representation, stimuli, &every, u64::MAX)?;
        let mut tally = Tally::new::<T>(*self, representation, stimuli);
        for chunk in chunks {
            let trials = chunk?;
            // Check before the look-up, because the indices of trials refer to `stimuli`.
            tally::check_stimuli(stimuli, trials.stimuli())?;
            tally.add(&kernel.outcomes(&trials))?;
        }
        Ok(tally)
    }

    fn without_probabilities(mut self) -> Self {
        self.probabilities = Probabilities::Softmax;
        self
    }
}

/// Deserialized settings, before their ranges are checked.
#[derive(Deserialize)]
struct Settings {
    similarity: Similarity,
    temperature: f64,
    ties: TiePolicy,
    probabilities: Probabilities,
    probability_floor: f64,
    precision: Precision,
    confidence: Confidence,
    bootstrap: Option<ObjectBootstrap>,
}

impl TryFrom<Settings> for ZeroShotOddOneOut {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        let metric = Self::new(settings.similarity)
            .with_temperature(settings.temperature)?
            .with_probability_floor(settings.probability_floor)?;
        Ok(Self {
            ties: settings.ties,
            probabilities: settings.probabilities,
            precision: settings.precision,
            confidence: settings.confidence,
            bootstrap: settings.bootstrap,
            ..metric
        })
    }
}

impl<T: Task> AlignmentMetric<Trials<T>> for ZeroShotOddOneOut {
    type Score = OddOneOutScore;

    /// Scores a representation on trials.
    ///
    /// # Errors
    /// - Returns `StimuliError::Missing` if a stimulus of a trial has no row.
    /// - Returns `FeatureError::ZeroVector` or `FeatureError::ConstantRow` if the similarity of a
    ///   stimulus is undefined.
    /// - Returns `ComputationError::OutOfMemory` if memory cannot be allocated.
    fn score(&self, representation: &Representation, trials: &Trials<T>) -> Result<OddOneOutScore> {
        Ok(self.outcomes(representation, trials)?.score())
    }
}
