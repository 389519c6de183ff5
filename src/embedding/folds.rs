//! Folds of questions.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgment::OddOneOutTask;
    use crate::stimuli::Stimuli;

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
