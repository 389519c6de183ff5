//! The two ways of asking about three stimuli.

/// A way of asking about three stimuli: [`OddOneOutTask`] or [`AnchoredTask`].
///
/// A trial is `[u32; 3]`, written so that people chose the pair of its first two stimuli. The task
/// says against which pairs: the first [`Task::N_PAIRS`] of (0,1), (0,2), (1,2).
pub trait Task: sealed::Sealed + Send + Sync + 'static {
    /// The pairs that one could choose from; chance is one in this many.
    const N_PAIRS: usize;

    /// The name in messages and files.
    const NAME: &'static str;

    /// The question that a trial answers, and the answer.
    fn question(trial: [u32; 3]) -> (Question, Answer);

    /// The pair of the question that an answer to it chooses: 0, 1 or 2 for (0,1), (0,2), (1,2).
    fn chosen_pair(answer: Answer) -> usize;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::OddOneOutTask {}
    impl Sealed for super::AnchoredTask {}
}

/// Which of three stimuli is the odd one? People chose one pair of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddOneOutTask {}

impl Task for OddOneOutTask {
    const N_PAIRS: usize = 3;
    const NAME: &'static str = "odd-one-out";

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

/// Which of two stimuli is more like the head? People chose one pair of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchoredTask {}

impl Task for AnchoredTask {
    const N_PAIRS: usize = 2;
    const NAME: &'static str = "anchored";

    fn question([head, close, far]: [u32; 3]) -> (Question, Answer) {
        let question = Question([head, close.min(far), close.max(far)]);
        (question, Answer(1 + u8::from(close > far)))
    }

    fn chosen_pair(Answer(close): Answer) -> usize {
        usize::from(close == 2)
    }
}

/// The stimuli of a trial in a standard order that forgets the answer: trials with the same
/// question are repetitions of each other.
///
/// An odd-one-out question is its three stimuli in ascending order; an anchored question is the
/// head, then the two candidates in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question(pub [u32; 3]);

/// The position in the [`Question`] of the stimulus that was named: the odd one, or the one that is
/// closer to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer(pub u8);

/// The stimuli of a question, written as the trial in which this of its pairs was chosen: 0, 1 or 2 for
/// (0,1), (0,2), (1,2).
pub(crate) fn choosing([a, b, c]: [u32; 3], pair: usize) -> [u32; 3] {
    match pair {
        0 => [a, b, c],
        1 => [a, c, b],
        _ => [b, c, a],
    }
}

#[cfg(test)]
mod tests {
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
