//! Choices that an embedding is fitted to.

use crate::error::Result;
use crate::fingerprint::Fingerprint;
use crate::judgment::{ChoiceFrequencies, Task};
use crate::linalg::zeroed;
use crate::probe::Questions;
use crate::stimuli::Stimuli;

/// Choices that [`Spose`](super::Spose) and [`Vice`](super::Vice) can be fitted to:
/// [`ChoiceFrequencies`], which are in memory, or [`StreamedTrials`](super::StreamedTrials), which
/// are read again in every pass.
pub trait TrainingChoices: sealed::Sealed {
    /// Returns the stimuli that the choices refer to.
    fn stimuli(&self) -> &Stimuli;

    /// Returns the stimuli that at least one choice shows, as ascending indices.
    fn shown(&self) -> &[u32];
}

pub(super) mod sealed {
    use super::{PairLoss, Result};

    pub trait Sealed {
        /// Returns the sum of all frequencies: the number of trials.
        fn weight(&self) -> f64;

        /// Returns the loss of the choices, whose objects are the shown stimuli.
        fn pair_loss(&self) -> Result<Box<dyn PairLoss + '_>>;

        /// Returns a hash of the choices and their task.
        fn fingerprint(&self) -> String;
    }
}

/// The mean −ln p of choices as a function of the similarities of all pairs of objects, where p =
/// softmax(similarity).
pub trait PairLoss {
    /// Returns true if [`PairLoss::evaluate`] also reads similarities above the diagonal.
    fn reads_both_triangles(&self) -> bool;

    /// Computes the loss in nats and its derivatives. Both matrices are objects × objects, and the
    /// derivative of each pair is divided between its two positions.
    fn evaluate(&mut self, similarities: &[f64], derivatives: &mut [f64]) -> Result<f64>;
}

impl<T: Task> TrainingChoices for ChoiceFrequencies<T> {
    fn stimuli(&self) -> &Stimuli {
        self.stimuli()
    }

    fn shown(&self) -> &[u32] {
        self.shown()
    }
}

impl<T: Task> sealed::Sealed for ChoiceFrequencies<T> {
    fn weight(&self) -> f64 {
        self.by_pair().as_flattened().iter().sum()
    }

    fn pair_loss(&self) -> Result<Box<dyn PairLoss + '_>> {
        let questions = Questions::new(self);
        let third = zeroed(questions.len(), "the derivatives of questions")?;
        Ok(Box::new(InMemory { questions, third }))
    }

    fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new(T::NAME);
        for (question, frequencies) in self.questions().iter().zip(self.by_pair()) {
            fingerprint.indices(question);
            fingerprint.numbers(frequencies);
        }
        fingerprint.finish()
    }
}

/// The loss of questions in memory.
struct InMemory {
    questions: Questions,
    third: Vec<f64>,
}

impl PairLoss for InMemory {
    fn reads_both_triangles(&self) -> bool {
        self.questions.reads_both_triangles()
    }

    fn evaluate(&mut self, similarities: &[f64], derivatives: &mut [f64]) -> Result<f64> {
        Ok((self.questions).pass(similarities, derivatives, &mut self.third))
    }
}
