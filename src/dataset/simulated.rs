//! Trials answered by a simulated observer.

use std::iter::repeat_n;

use ndarray::ArrayView1;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};
use crate::judgment::{AnchoredTask, OddOneOutTask, Task, Trials, choosing};
use crate::linalg::reserve;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::{Representation, RepresentationSource};
use crate::similarity::Similarity;

/// A simulated observer, who perceives the stimuli according to a representation and chooses a pair
/// with probability softmax(similarity / temperature) over the pairs of a trial. Its answers are
/// simulated, not judgments of participants.
///
/// With the dot product at temperature 1 this is the choice model of SPoSE and VICE (Zheng,
/// Pereira, Baker & Hebart, 2019; Muttenthaler et al., 2022). Since the true choice probabilities
/// are known, simulated trials can be used to test methods that analyse trials.
///
/// | setting | default |
/// |---|---|
/// | similarity | dot product |
/// | temperature | 1 |
/// | lapse rate | 0 |
/// | participants | one, without a label |
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::{Representation, SimilarityDataset, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog", "car", "bus"])?;
/// let features = array![[2.0, 0.2], [1.9, 0.1], [0.1, 2.0], [0.0, 1.8]];
/// let observer = SimulatedObserver::new(Representation::new(stimuli, features)?)?
///     .with_temperature(0.5)?
///     .with_participants(3)?;
/// // 100 questions, each answered by three participants.
/// let simulated = observer.odd_one_out(100, 1)?;
/// assert_eq!(simulated.judgments().len(), 300);
/// assert_eq!(simulated.name(), "simulated observer");
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedObserver {
    representation: Representation,
    similarity: Similarity,
    temperature: f64,
    lapse_rate: f64,
    n_participants: Option<u32>,
}

impl SimulatedObserver {
    /// Creates an observer who perceives the stimuli according to `representation`.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if there are fewer than three stimuli.
    pub fn new(representation: Representation) -> Result<Self> {
        if representation.n_stimuli() < 3 {
            let found = representation.n_stimuli();
            return Err(Error::parameter("stimuli", "three at least", found));
        }
        Ok(Self {
            representation,
            similarity: Similarity::Dot,
            temperature: 1.0,
            lapse_rate: 0.0,
            n_participants: None,
        })
    }

    /// Sets the similarity measure of a pair.
    #[must_use]
    pub fn with_similarity(mut self, similarity: Similarity) -> Self {
        self.similarity = similarity;
        self
    }

    /// Sets the temperature, in units of the similarity. As it approaches 0, the most similar pair
    /// is always chosen; as it approaches infinity, all pairs become equally probable.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the temperature is not positive and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        ZeroShotOddOneOut::new(self.similarity).with_temperature(temperature)?;
        self.temperature = temperature;
        Ok(self)
    }

    /// Sets the lapse rate: the probability of a random answer, with all pairs equally probable.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the probability is not in [0, 1].
    pub fn with_lapse_rate(mut self, probability: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(Error::parameter("lapse rate", "in [0, 1]", probability));
        }
        self.lapse_rate = probability;
        Ok(self)
    }

    /// Sets the number of participants who answer every question, independently and with the same
    /// probabilities. They are labelled `"simulated 1"`, `"simulated 2"`, … in the trials.
    ///
    /// The answers of the first participant are the same as without this setting.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `n` is 0.
    pub fn with_participants(mut self, n: u32) -> Result<Self> {
        if n == 0 {
            return Err(Error::parameter("participants", "one at least", n));
        }
        self.n_participants = Some(n);
        Ok(self)
    }

    /// Returns the representation that determines the choices of the observer.
    pub fn representation(&self) -> &Representation {
        &self.representation
    }

    /// Simulates the answers to `n_questions` random odd-one-out questions of three different
    /// stimuli each, all equally probable. Questions may repeat.
    ///
    /// The same seed gives the same trials, with any number of threads.
    ///
    /// # Errors
    /// Returns an error if [`SimulatedObserver::answer`] does.
    pub fn odd_one_out(&self, n_questions: usize, seed: u64) -> Result<Simulated<OddOneOutTask>> {
        self.respond(self.random_questions(n_questions, seed)?, seed)
    }

    /// Simulates the answers to `n_questions` random anchored questions: which of two stimuli is
    /// more similar to the head.
    ///
    /// The same seed gives the same trials, with any number of threads.
    ///
    /// # Errors
    /// Returns an error if [`SimulatedObserver::answer`] does.
    pub fn anchored(&self, n_questions: usize, seed: u64) -> Result<Simulated<AnchoredTask>> {
        self.respond(self.random_questions(n_questions, seed)?, seed)
    }

    /// Simulates the answers to given questions of three stimulus indices each, for anchored trials
    /// with the head first. Questions may repeat, for example to compute a noise ceiling; every
    /// answer is drawn independently.
    ///
    /// The trials are in the order of the questions; with several participants, all trials of the
    /// first participant come before those of the second.
    ///
    /// # Errors
    /// Returns `JudgmentError::NoTrials` if there are no questions, `JudgmentError::InvalidTrial`
    /// with the number of a question that has an index out of range or a duplicate stimulus,
    /// `FeatureError::ZeroVector` or `FeatureError::ConstantRow` if a similarity is undefined,
    /// `ArgumentError::InvalidParameter` if there are more than [`Trials::MAX_STIMULI`] stimuli,
    /// and `ComputationError::OutOfMemory` if the trials do not fit in memory.
    ///
    /// ```
    /// use human_alignment::dataset::SimulatedObserver;
    /// use human_alignment::{OddOneOutTask, Representation, SimilarityDataset, Stimuli};
    /// use ndarray::array;
    ///
    /// let features = array![[2.0, 0.2], [1.9, 0.1], [0.1, 2.0]];
    /// let observer = SimulatedObserver::new(Representation::new(Stimuli::numbered(3), features)?)?;
    /// let repeated = observer.answer::<OddOneOutTask>(&[[0, 1, 2]; 50], 1)?;
    /// assert!(repeated.judgments().as_slice().contains(&[0, 1, 2]));
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    pub fn answer<T: Task>(&self, questions: &[[u32; 3]], seed: u64) -> Result<Simulated<T>> {
        self.respond(questions.to_vec(), seed)
    }

    fn random_questions(&self, n_questions: usize, seed: u64) -> Result<Vec<[u32; 3]>> {
        let n_stimuli = self.representation.n_stimuli() as u32;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut questions = Vec::new();
        reserve(&mut questions, n_questions, "the questions")?;
        questions.extend((0..n_questions).map(|_| random_question(n_stimuli, &mut rng)));
        Ok(questions)
    }

    fn respond<T: Task>(&self, questions: Vec<[u32; 3]>, seed: u64) -> Result<Simulated<T>> {
        let stimuli = self.representation.stimuli();
        let questions = Trials::<T>::new(stimuli.clone(), questions)?;
        let probabilities = ZeroShotOddOneOut::new(self.similarity)
            .with_temperature(self.temperature)?
            .probabilities(&self.representation, &questions)?;
        let n_participants = self.n_participants.unwrap_or(1);
        let n_trials = questions.len().saturating_mul(n_participants as usize);
        let mut trials = Vec::new();
        reserve(&mut trials, n_trials, "the simulated trials")?;
        for participant in 1..=n_participants {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            // The questions were drawn from stream 0.
            rng.set_stream(participant.into());
            let asked = questions.as_slice().iter().zip(probabilities.rows());
            trials.extend(asked.map(|(&question, probabilities)| {
                choosing(question, self.chosen_pair(probabilities, &mut rng))
            }));
        }
        let mut trials = Trials::new(stimuli.clone(), trials)?;
        if self.n_participants.is_some() {
            let name = |participant| format!("simulated {participant}");
            let names = (1..=n_participants).flat_map(|n| repeat_n(name(n), questions.len()));
            trials = trials.with_participants(names)?;
        }
        let name = match self.representation.provenance().model() {
            Some(_) => format!("simulated observer ({})", self.representation.name()),
            None => "simulated observer".into(),
        };
        Ok(Simulated { name, trials })
    }

    /// Draws a pair. Always consumes two random numbers, so that changing the lapse rate does not
    /// change the answers without a lapse.
    fn chosen_pair(&self, probabilities: ArrayView1<'_, f64>, rng: &mut ChaCha8Rng) -> usize {
        let (lapse, choice): (f64, f64) = (rng.random(), rng.random());
        let n_pairs = probabilities.len();
        if lapse < self.lapse_rate {
            return ((choice * n_pairs as f64) as usize).min(n_pairs - 1);
        }
        let mut sum = 0.0;
        let found = probabilities.iter().position(|probability| {
            sum += probability;
            choice < sum
        });
        // Due to rounding, the sum may be below 1: then take the last pair with a positive
        // probability.
        let possible = |&probability: &f64| probability > 0.0;
        found
            .or_else(|| probabilities.iter().rposition(possible))
            .unwrap_or(0)
    }
}

/// Draws three different stimuli, with all ordered triples equally probable.
fn random_question(n_stimuli: u32, rng: &mut ChaCha8Rng) -> [u32; 3] {
    // The second and third numbers count the remaining stimuli.
    let first = rng.random_range(0..n_stimuli);
    let second = rng.random_range(0..n_stimuli - 1);
    let second = second + u32::from(second >= first);
    let third = rng.random_range(0..n_stimuli - 2);
    let third = third + u32::from(third >= first.min(second));
    let third = third + u32::from(third >= first.max(second));
    [first, second, third]
}

/// The trials answered by a [`SimulatedObserver`]. They are simulated, not judgments of
/// participants, as the name of the data set says.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated<T: Task> {
    name: String,
    trials: Trials<T>,
}

impl<T: Task> Simulated<T> {
    /// Converts the data set into its trials.
    pub fn into_judgments(self) -> Trials<T> {
        self.trials
    }
}

data_set!(Simulated<T>, trials: Trials<T>, |set| &set.name);
