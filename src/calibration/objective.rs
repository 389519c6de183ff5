//! The cross-entropy of choices as a function of the inverse temperature.

use rayon::prelude::*;

use crate::error::{ComputationError, Result};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;
use crate::softmax::exp_of_nonpositive;

/// The mean over answers of −ln p of the chosen pair, with logits β × gap.
pub(super) struct Objective {
    questions: Vec<Question>,
    n_pairs: usize,
    /// Number of answers, or the sum of the weights of the questions.
    weight: f64,
    /// The unit of the gaps.
    unit: f64,
}

/// The gaps and choices of one question.
struct Question {
    /// Similarities minus the largest of the question, divided by the largest gap of all questions:
    /// in [−1, 0].
    gaps: [f64; 3],
    /// Frequency of each pair.
    chosen: [f64; 3],
}

/// The objective at an inverse temperature, with its first two derivatives.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    pub loss: f64,
    pub slope: f64,
    pub curvature: f64,
}

impl std::ops::AddAssign for Moments {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.slope += other.slope;
        self.curvature += other.curvature;
    }
}

impl Question {
    /// Computes the terms of the question: surprisal, and mean and variance of the gaps under the
    /// softmax.
    fn at(&self, beta: f64, n_pairs: usize) -> Moments {
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        let (mut weight, mut of_chosen) = (0.0, 0.0);
        for (&gap, &chosen) in self.gaps.iter().zip(&self.chosen).take(n_pairs) {
            let exponential = exp_of_nonpositive(beta * gap);
            sum += exponential;
            first += exponential * gap;
            second += exponential * gap * gap;
            weight += chosen;
            of_chosen += chosen * gap;
        }
        let mean = first / sum;
        Moments {
            loss: weight * sum.ln() - beta * of_chosen,
            slope: weight * mean - of_chosen,
            curvature: weight * (second / sum - mean * mean).max(0.0),
        }
    }
}

impl Objective {
    pub fn new<T: Task>(
        metric: &ZeroShotOddOneOut,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Self> {
        let mut gaps = vec![([0.0; 3], 0.0); choices.questions().len()];
        metric.for_each_question(representation, choices, &mut gaps, |question, out| {
            let similarities = question.similarities;
            let largest = similarities.into_iter().fold(f64::NEG_INFINITY, f64::max);
            let mut gaps = similarities.map(|similarity| (similarity - largest).max(-f64::MAX));
            // Similarities that are equal within rounding have no gap.
            let ties = question.largest();
            let tied = (0..3).filter(|pair| ties & 1 << pair != 0);
            tied.for_each(|pair| gaps[pair] = 0.0);
            *out = (gaps, question.factor);
        })?;
        let unit = gaps.first().map_or(1.0, |&(_, unit)| unit);
        let n_pairs = T::N_PAIRS;
        let widest = gaps
            .iter()
            .flat_map(|(gaps, _)| &gaps[..n_pairs])
            .fold(0.0, |widest: f64, gap| widest.max(-gap));
        if widest == 0.0 {
            return Err(ComputationError::EqualSimilarities.into());
        }
        let questions: Vec<Question> = gaps
            .into_iter()
            .zip(choices.by_pair())
            .map(|((gaps, _), &chosen)| Question {
                gaps: gaps.map(|gap| gap / widest),
                chosen,
            })
            .collect();
        let weight = choices.by_pair().as_flattened().iter().sum();
        Ok(Self {
            questions,
            n_pairs,
            weight,
            unit: widest * unit,
        })
    }

    /// Computes the value and the derivatives, per answer. The order of sums does not depend on the
    /// number of threads.
    pub fn at(&self, beta: f64) -> Moments {
        const CHUNK: usize = 1024;

        let chunks: Vec<Moments> = self
            .questions
            .par_chunks(CHUNK)
            .map(|questions| {
                let mut sum = Moments::default();
                for question in questions {
                    sum += question.at(beta, self.n_pairs);
                }
                sum
            })
            .collect();
        let mut sum = Moments::default();
        chunks.into_iter().for_each(|chunk| sum += chunk);
        Moments {
            loss: sum.loss / self.weight,
            slope: sum.slope / self.weight,
            curvature: sum.curvature / self.weight,
        }
    }

    /// Computes the mean over answers of the largest probability of a question.
    pub fn mean_largest_probability(&self, beta: f64) -> f64 {
        self.mean_of(|gaps| {
            let exponentials = gaps.iter().map(|gap| exp_of_nonpositive(beta * gap));
            1.0 / exponentials.sum::<f64>()
        })
    }

    /// Returns the limit of [`Objective::mean_largest_probability`] for temperature 0, which is below
    /// 1 if there are ties.
    pub fn largest_probability_at_zero(&self) -> f64 {
        self.mean_of(|gaps| 1.0 / gaps.iter().filter(|&&gap| gap == 0.0).count() as f64)
    }

    /// Computes the mean over answers of a function of the gaps of a question.
    fn mean_of(&self, value: impl Fn(&[f64]) -> f64) -> f64 {
        let values = self.questions.iter().map(|question| {
            question.chosen.iter().sum::<f64>() * value(&question.gaps[..self.n_pairs])
        });
        values.sum::<f64>() / self.weight
    }

    /// Returns the number of pairs of a question.
    pub fn n_pairs(&self) -> usize {
        self.n_pairs
    }

    /// Converts a temperature into the inverse temperature in units of the gaps, and vice versa.
    pub fn reciprocal(&self, temperature_or_beta: f64) -> f64 {
        self.unit / temperature_or_beta
    }

    /// Returns the limit for temperature 0 if it is finite, that is, if every choice has the
    /// largest similarity of its question (or ties with it).
    pub fn limit_at_zero(&self) -> Option<f64> {
        let mut sum = 0.0;
        for question in &self.questions {
            let pairs = question
                .gaps
                .iter()
                .zip(&question.chosen)
                .take(self.n_pairs);
            if pairs
                .clone()
                .any(|(&gap, &chosen)| gap < 0.0 && chosen > 0.0)
            {
                return None;
            }
            let n_largest = pairs.filter(|&(&gap, _)| gap == 0.0).count();
            sum += question.chosen.iter().sum::<f64>() * (n_largest as f64).ln();
        }
        Some(sum / self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn derivatives_are_those_of_the_loss() {
        let objective = Objective {
            questions: vec![
                Question {
                    gaps: [-0.3, 0.0, -1.0],
                    chosen: [2.0, 1.0, 0.5],
                },
                Question {
                    gaps: [0.0, -0.4, -0.1],
                    chosen: [0.0, 1.0, 0.0],
                },
            ],
            n_pairs: 3,
            weight: 4.5,
            unit: 1.0,
        };
        let h = 1e-4;
        for beta in [0.0, 0.7, 5.0] {
            let [below, at, above] = [beta - h, beta, beta + h].map(|beta| {
                // Computed by definition, because the objective takes no negative β.
                let loss = |question: &Question| {
                    let sum: f64 = question.gaps.iter().map(|gap| (beta * gap).exp()).sum();
                    let pairs = question.gaps.iter().zip(&question.chosen);
                    pairs
                        .map(|(gap, n)| n * (sum.ln() - beta * gap))
                        .sum::<f64>()
                };
                objective.questions.iter().map(loss).sum::<f64>() / objective.weight
            });
            let found = objective.at(beta);
            assert_relative_eq!(found.loss, at, max_relative = 1e-13);
            assert_relative_eq!(found.slope, (above - below) / (2.0 * h), epsilon = 1e-8);
            let curvature = (above - 2.0 * at + below) / (h * h);
            assert_relative_eq!(found.curvature, curvature, epsilon = 1e-6);
        }
        assert_eq!(objective.limit_at_zero(), None);
    }
}
