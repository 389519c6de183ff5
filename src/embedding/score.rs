//! How well an embedding predicts choices.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::judgment::{ChoiceFrequencies, Task};
use crate::linalg::short_dot;
use crate::softmax::Softmax;
use crate::stimuli::Stimuli;

/// How well an embedding predicts choices. Every question counts in proportion to the sum of its
/// frequencies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EmbeddingScore {
    /// Number of questions.
    pub n_questions: usize,
    /// The share of choices that are the pair with the largest similarity, in [0, 1]. In questions
    /// whose largest similarity is that of several pairs, no choice is correct.
    pub accuracy: f64,
    /// Number of questions whose largest similarity is that of several pairs.
    pub n_ties: usize,
    /// The mean −ln p of the choices, in nats.
    pub cross_entropy: f64,
}

/// Returns the row of each stimulus that occurs in choices, and 0 for the others.
///
/// # Errors
/// Returns `StimuliError::Missing` if a stimulus of the choices is not among `stimuli`.
pub(super) fn row_of<T: Task>(
    stimuli: &Stimuli,
    choices: &ChoiceFrequencies<T>,
) -> Result<Vec<u32>> {
    let rows = stimuli.positions_of_some(choices.stimuli(), choices.shown())?;
    let mut row_of = vec![0; choices.stimuli().len()];
    for (&stimulus, row) in choices.shown().iter().zip(rows) {
        row_of[stimulus as usize] = row;
    }
    Ok(row_of)
}

/// Scores rows of weights (stimuli × dimensions, row-major), where `row_of` maps a stimulus index to
/// its row.
pub(super) fn score<T: Task>(
    rows: &[f64],
    n_dimensions: usize,
    row_of: &[u32],
    choices: &ChoiceFrequencies<T>,
) -> EmbeddingScore {
    /// Questions per task. Fixed, because the order of summation depends on it.
    const BLOCK: usize = 1 << 12;

    let row = |stimulus: u32| {
        let row = row_of[stimulus as usize] as usize;
        &rows[row * n_dimensions..(row + 1) * n_dimensions]
    };
    let sums: Vec<[f64; 4]> = (choices.questions().par_chunks(BLOCK))
        .zip(choices.by_pair().par_chunks(BLOCK))
        .map(|(questions, frequencies)| {
            let mut sums = [0.0; 4];
            for (&[a, b, c], frequencies) in questions.iter().zip(frequencies) {
                let third = match T::N_PAIRS {
                    3 => short_dot(row(b), row(c)),
                    _ => f64::NEG_INFINITY,
                };
                let similarities = [short_dot(row(a), row(b)), short_dot(row(a), row(c)), third];
                let softmax = Softmax::new(similarities, 1.0);
                let largest = similarities.into_iter().fold(f64::NEG_INFINITY, f64::max);
                let is_largest = similarities.map(|similarity| similarity == largest);
                let n_largest = is_largest.iter().filter(|&&is| is).count();
                for (pair, &frequency) in frequencies.iter().enumerate() {
                    if frequency > 0.0 {
                        sums[0] += frequency;
                        sums[1] += frequency * softmax.surprisal(pair);
                        if is_largest[pair] && n_largest == 1 {
                            sums[2] += frequency;
                        }
                    }
                }
                sums[3] += f64::from(u8::from(n_largest > 1));
            }
            sums
        })
        .collect();
    let sum = |index: usize| sums.iter().map(|sums| sums[index]).sum::<f64>();
    EmbeddingScore {
        n_questions: choices.questions().len(),
        accuracy: sum(2) / sum(0),
        n_ties: sum(3) as usize,
        cross_entropy: sum(1) / sum(0),
    }
}
