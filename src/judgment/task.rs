//! The two tasks with three stimuli per trial.

/// A task with three stimuli per trial: [`OddOneOutTask`] or [`AnchoredTask`].
///
/// A trial is `[u32; 3]`, in which the first two stimuli are the chosen pair. The task defines the
/// alternatives: the first [`Task::N_PAIRS`] of the pairs (0,1), (0,2), (1,2).
pub trait Task: sealed::Sealed + Send + Sync + 'static {
    /// Number of pairs to choose from; the chance level is 1 divided by this number.
    const N_PAIRS: usize;

    /// Name in messages and files.
    const NAME: &'static str;
}

mod sealed {
    use super::{Answer, Question};

    pub trait Sealed {
        /// Returns the question of a trial, and its answer.
        fn question(trial: [u32; 3]) -> (Question, Answer);

        /// Returns the pair of the question that an answer chooses: 0, 1 or 2 for (0,1), (0,2),
        /// (1,2).
        fn chosen_pair(answer: Answer) -> usize;
    }
}

/// The odd-one-out task: which of three stimuli is the odd one? The choice is one of three pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddOneOutTask {}

impl Task for OddOneOutTask {
    const N_PAIRS: usize = 3;
    const NAME: &'static str = "odd-one-out";
}

impl sealed::Sealed for OddOneOutTask {
    fn question(trial: [u32; 3]) -> (Question, Answer) {
        let odd = trial[2];
        let [mut a, mut b, mut c] = trial;
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        if b > c {
            std::mem::swap(&mut b, &mut c);
        }
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        let answer = u8::from(odd == b) + 2 * u8::from(odd == c);
        (Question([a, b, c]), Answer(answer))
    }

    fn chosen_pair(Answer(odd): Answer) -> usize {
        2 - usize::from(odd.min(2))
    }
}

/// The anchored task: which of two stimuli is more similar to the head? The choice is one of two
/// pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchoredTask {}

impl Task for AnchoredTask {
    const N_PAIRS: usize = 2;
    const NAME: &'static str = "anchored";
}

impl sealed::Sealed for AnchoredTask {
    fn question([head, close, far]: [u32; 3]) -> (Question, Answer) {
        let question = Question([head, close.min(far), close.max(far)]);
        (question, Answer(1 + u8::from(close > far)))
    }

    fn chosen_pair(Answer(close): Answer) -> usize {
        usize::from(close == 2)
    }
}

/// The stimuli of a trial in a standard order that does not depend on the answer. Trials with the
/// same question are repetitions.
///
/// An odd-one-out question has its three stimuli in ascending order; an anchored question has the
/// head, then the two candidates in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question(pub [u32; 3]);

/// The position (0, 1 or 2) in the [`Question`] of the stimulus that was named: the odd one, or the
/// one that is more similar to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer(pub u8);

/// Returns the trial in which the given pair of a question was chosen: 0, 1 or 2 for (0,1), (0,2),
/// (1,2).
pub(crate) fn choosing([a, b, c]: [u32; 3], pair: usize) -> [u32; 3] {
    match pair {
        0 => [a, b, c],
        1 => [a, c, b],
        _ => [b, c, a],
    }
}

#[cfg(test)]
mod tests {
    use super::sealed::Sealed;
    use super::*;

    #[test]
    fn an_answer_points_at_the_stimulus_that_was_named() {
        for trial in [
            [1, 2, 3],
            [3, 1, 2],
            [2, 3, 1],
            [2, 1, 3],
            [1, 3, 2],
            [3, 2, 1],
        ] {
            let (Question(stimuli), Answer(answer)) = OddOneOutTask::question(trial);
            assert_eq!(stimuli, [1, 2, 3]);
            assert_eq!(stimuli[usize::from(answer)], trial[2]);
        }
        for trial in [[5, 2, 3], [5, 3, 2]] {
            let (Question(stimuli), Answer(answer)) = AnchoredTask::question(trial);
            assert_eq!(stimuli, [5, 2, 3]);
            assert_eq!(stimuli[usize::from(answer)], trial[1]);
        }
    }

    #[test]
    fn a_trial_chooses_the_pair_that_it_was_written_for() {
        for pair in 0..3 {
            let (Question(stimuli), answer) = OddOneOutTask::question(choosing([4, 6, 9], pair));
            assert_eq!(stimuli, [4, 6, 9]);
            assert_eq!(OddOneOutTask::chosen_pair(answer), pair);
        }
        for pair in 0..2 {
            let (Question(stimuli), answer) = AnchoredTask::question(choosing([9, 4, 6], pair));
            assert_eq!(stimuli, [9, 4, 6]);
            assert_eq!(AnchoredTask::chosen_pair(answer), pair);
        }
    }
}
