//! Folds of questions.

use std::num::NonZeroUsize;

use crate::error::Result;
use crate::inference::Folds;
use crate::judgment::{ChoiceFrequencies, Question, Task, choosing};

/// Divides questions into folds at random, with all repetitions of a question in the same fold.
///
/// # Errors
/// Returns `ArgumentError::TooFew` for fewer than two folds, or fewer different questions than folds.
pub fn folds_by_question<T: Task>(
    choices: &ChoiceFrequencies<T>,
    n_folds: usize,
    seed: u64,
) -> Result<Folds> {
    let keys = choices.questions().iter().map(|&question| {
        let (Question(key), _) = T::question(choosing(question, 0));
        key
    });
    let mut order: Vec<([u32; 3], usize)> = keys.zip(0..).collect();
    order.sort_unstable();
    let mut group = vec![0; order.len()];
    let mut n_groups = 0;
    for (place, &(key, position)) in order.iter().enumerate() {
        if place > 0 && order[place - 1].0 != key {
            n_groups += 1;
        }
        group[position] = n_groups;
    }
    let of_groups = Folds::random(n_groups + 1, n_folds, seed)?;
    Folds::new(
        group
            .into_iter()
            .map(|group| of_groups.assignments()[group])
            .collect(),
    )
}

/// Returns the fold of a trial by a hash of its question, for trials that are streamed: nothing has
/// to be known about the other trials.
///
/// All repetitions of a question are in the same fold. The folds are equal in size only on average.
pub fn fold_of_trial<T: Task>(trial: [u32; 3], n_folds: NonZeroUsize, seed: u64) -> usize {
    let (Question(question), _) = T::question(trial);
    let hash = question
        .into_iter()
        .fold(mix(seed), |hash, index| mix(hash ^ u64::from(index)));
    (hash % n_folds.get() as u64) as usize
}

/// Returns the next output of the generator SplitMix64 (Steele, Lea & Flood, 2014) after a state.
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgment::OddOneOutTask;
    use crate::stimuli::Stimuli;

    #[test]
    fn the_fold_of_a_trial_is_that_of_its_question_and_folds_are_about_equal() {
        let mut counts = [0; 5];
        let five = NonZeroUsize::new(5).unwrap();
        for a in 0..30 {
            for b in 0..a {
                for c in 0..b {
                    let fold = fold_of_trial::<OddOneOutTask>([a, b, c], five, 7);
                    assert_eq!(fold, fold_of_trial::<OddOneOutTask>([c, a, b], five, 7));
                    counts[fold] += 1;
                }
            }
        }
        // 4,060 questions: 812 expected, with a standard deviation of 25.
        assert!(
            counts.iter().all(|&n| (700..920).contains(&n)),
            "{counts:?}"
        );
        // The first output after a state of 0, as published.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn repetitions_of_a_triple_are_in_one_fold() {
        let questions: Vec<[u32; 3]> = (0..60)
            .map(|i| {
                let [a, b, c] = [i % 5, 5 + i % 3, 8 + i % 2];
                [[a, b, c], [c, a, b], [b, c, a]][i as usize % 3]
            })
            .collect();
        let frequencies = vec![[1.0, 0.0, 0.0]; 60];
        let choices =
            ChoiceFrequencies::<OddOneOutTask>::new(Stimuli::numbered(10), questions, frequencies)
                .unwrap();
        let folds = folds_by_question(&choices, 3, 1).unwrap();
        let mut n_equal = 0;
        for (i, left) in choices.questions().iter().enumerate() {
            for (j, right) in choices.questions().iter().enumerate().skip(i + 1) {
                let [mut left, mut right] = [*left, *right];
                left.sort_unstable();
                right.sort_unstable();
                if left == right {
                    n_equal += 1;
                    assert_eq!(folds.assignments()[i], folds.assignments()[j]);
                }
            }
        }
        assert!(n_equal > 20);
    }
}
