//! Odd-one-out alignment: does the representation find the same stimulus odd as people do?

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
pub use outcomes::{Counts, GroupAccuracy, Outcomes};
pub use probability::Probabilities;
pub use score::Score;
pub use tally::Tally;

use crate::error::{Error, Result, with_inverse};
use crate::inference::{Confidence, ObjectBootstrap};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::metric::AlignmentMetric;
use crate::representation::Representation;
use crate::similarity::{Precision, Similarity};
use crate::stimuli::Stimuli;

use kernel::Kernel;
pub(crate) use kernel::Question;

/// Zero-shot odd-one-out accuracy: of three stimuli, the representation puts the two together that
/// it finds most similar; how often are these the two that people put together?
///
/// Nothing is fitted. The metric reads [`OddOneOut`](crate::OddOneOut) trials (chance 1/3) and
/// [`Anchored`](crate::Anchored) trials (chance 1/2), in which the pair of the two candidates is not
/// a choice.
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
    /// The metric with this similarity and the defaults otherwise.
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

    /// The similarity.
    pub fn similarity(&self) -> Similarity {
        self.similarity
    }

    /// Sets the temperature of the softmax. It changes probabilities, never choices.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if it or its inverse is not positive and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        self.temperature = with_inverse("temperature", temperature)?;
        Ok(self)
    }

    /// Sets what ties earn.
    #[must_use]
    pub fn with_ties(mut self, ties: TiePolicy) -> Self {
        self.ties = ties;
        self
    }

    /// Sets what probabilities are made of.
    #[must_use]
    pub fn with_probabilities(mut self, probabilities: Probabilities) -> Self {
        self.probabilities = probabilities;
        self
    }

    /// Sets the smallest probability that the cross-entropy takes a choice for: with 1e-300, a trial
    /// costs at most 690.8 nats; with 0, as much as the softmax says.
    ///
    /// Logits in the hundreds (dot products of large features at temperature 1) give the pair that
    /// people chose probabilities that no double holds, and a few such trials would be all that the
    /// mean tells. Choices and entropies do not depend on it.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not in [0, 1).
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

    /// Sets how often intervals are to cover the truth.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Adds the bootstrap over objects to scores.
    #[must_use]
    pub fn with_bootstrap(mut self, bootstrap: ObjectBootstrap) -> Self {
        self.bootstrap = Some(bootstrap);
        self
    }

    /// How many trials are correct and how many tie: the fastest answer, without probabilities or
    /// uncertainty.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
    pub fn count<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Counts> {
        let kernel = Kernel::for_trials(self.without_probabilities(), representation, trials)?;
        Ok(kernel.count(trials))
    }

    /// What every trial earned: one byte a trial.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`]; with a bootstrap also [`Error::TooFew`] if the trials show fewer than
    /// four objects.
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

    /// The pair that the representation chooses in each trial: 0 for that of the first two stimuli,
    /// which people chose, 1 for the first and the third, 2 for the second and the third; `None`
    /// where several share the largest similarity.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
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

    /// The probabilities of the pairs in each trial: trials × 3 (× 2 for anchored trials), in the
    /// order of [`ZeroShotOddOneOut::choices`].
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
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

    /// The entropy of the probabilities of each trial, in nats.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
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

    /// −ln of the probability of the pair that people chose in each trial, in nats, at most −ln of the
    /// [probability floor](Self::with_probability_floor); the cross-entropy of a score is their mean.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
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

    /// Calls `with` for each question: with what its probabilities are made of, and its element of `out`.
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

    /// What ties earn.
    pub(crate) fn ties(&self) -> TiePolicy {
        self.ties
    }

    /// How often intervals are to cover the truth.
    pub(crate) fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// The smallest probability that a choice is taken for.
    pub(crate) fn probability_floor(&self) -> f64 {
        self.probability_floor
    }

    /// Tallies trials that come in chunks, such as those of a file larger than memory, or a shard of
    /// the trials of an array job. Nothing is held of a chunk once it is tallied.
    ///
    /// The similarities are those of all of `stimuli`, each of which must have a row, whatever
    /// stimuli the chunks show: so shards look up the very same numbers, and add up exactly.
    ///
    /// # Errors
    /// The first error of the chunks; otherwise as for [`AlignmentMetric::score`], and
    /// [`Error::Incompatible`] where a chunk is over other stimuli.
    pub fn tally<T: Task>(
        &self,
        representation: &Representation,
        stimuli: &Stimuli,
        chunks: impl IntoIterator<Item = Result<Trials<T>>>,
    ) -> Result<Tally> {
        let every: Vec<u32> = (0..stimuli.len() as u32).collect();
        // All similarities at once, however few the trials of this shard are.
        let kernel = Kernel::new(*self, representation, stimuli, &every, u64::MAX)?;
        let mut tally = Tally::new::<T>(*self, stimuli);
        for chunk in chunks {
            let trials = chunk?;
            // Before the look-up: its indices count these stimuli and no others.
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

/// The settings as they are read, before their ranges are checked.
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
    type Score = Score;

    /// Scores a representation on trials.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] where a stimulus of a trial has no row; [`Error::ZeroVector`] and
    /// [`Error::ConstantRow`] where its similarity is undefined; [`Error::OutOfMemory`].
    fn score(&self, representation: &Representation, trials: &Trials<T>) -> Result<Score> {
        Ok(self.outcomes(representation, trials)?.score())
    }
}
