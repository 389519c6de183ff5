//! Reliability of human entropies, from split halves of the answers.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inference::{Confidence, Estimate, Interval};
use crate::judgment::Task;
use crate::linalg::shuffle;
use crate::uncertainty::correlation::with_influences;
use crate::uncertainty::influence::{Linear, Ranked, Statistic, check_pairs};
use crate::uncertainty::{Disagreement, answer_entropy};

/// Random splits of the answers to each question into halves. Default: 100 splits, seed 0.
///
/// All answers of a participant to a question are in the same half, because repeated answers of one
/// participant do not show how participants differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct SplitHalf {
    n_splits: u32,
    seed: u64,
}

/// The deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Settings {
    n_splits: u32,
    seed: u64,
}

impl TryFrom<Settings> for SplitHalf {
    type Error = Error;

    fn try_from(Settings { n_splits, seed }: Settings) -> Result<Self> {
        Self::new(n_splits, seed)
    }
}

impl Default for SplitHalf {
    fn default() -> Self {
        Self {
            n_splits: 100,
            seed: 0,
        }
    }
}

/// The largest correlations with human entropies that a model can be expected to reach, because
/// these are estimated from a finite number of answers: √reliability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UncertaintyCeiling {
    /// The largest Pearson correlation.
    pub pearson: Estimate,
    /// Its confidence interval, within [0, 1].
    pub pearson_interval: Interval,
    /// The largest Spearman correlation, by the same formula, which is approximate for ranks.
    pub spearman: Estimate,
    /// Its confidence interval, within [0, 1].
    pub spearman_interval: Interval,
    /// Reliability of the entropies of all answers: the mean Pearson correlation r of the entropies
    /// of two halves of the answers, extrapolated by the formula of Spearman and Brown (1910), 2r /
    /// (1 + r).
    pub reliability: f64,
    /// Number of questions with at least two answers in both halves.
    pub n_questions: usize,
}

impl SplitHalf {
    /// Creates random splits.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `n_splits` is 0.
    pub fn new(n_splits: u32, seed: u64) -> Result<Self> {
        if n_splits == 0 {
            return Err(Error::parameter("splits", "at least 1", n_splits));
        }
        Ok(Self { n_splits, seed })
    }

    /// Computes the ceiling; `None` if the halves of the answers cannot be correlated or do not
    /// correlate positively.
    ///
    /// Standard errors are over objects; people are taken as given.
    ///
    /// # Errors
    /// Returns an error if memory cannot be allocated.
    pub fn ceiling<T: Task>(
        &self,
        human: &Disagreement<T>,
        confidence: Confidence,
    ) -> Result<Option<UncertaintyCeiling>> {
        let splits: Vec<Option<Split>> = (0..u64::from(self.n_splits))
            .into_par_iter()
            .map(|split| Split::new(human, self.seed, split))
            .collect();
        let Some(splits) = splits.into_iter().collect::<Option<Vec<Split>>>() else {
            return Ok(None);
        };
        let n_splits = f64::from(self.n_splits);
        let n_questions = human.counts().len();
        let mut values = [0.0; 2];
        let mut influences = [vec![0.0; n_questions], vec![0.0; n_questions]];
        for split in &splits {
            let share = n_questions as f64 / split.questions.len() as f64 / n_splits;
            for kind in 0..2 {
                values[kind] += split.values[kind] / n_splits;
                let own = split.questions.iter().zip(&split.influences[kind]);
                own.for_each(|(&question, influence)| {
                    influences[kind][question] += share * influence
                });
            }
        }
        if values.iter().any(|&value| value <= 0.0) {
            return Ok(None);
        }
        let estimate = |kind: usize| -> Result<Estimate> {
            let r: f64 = values[kind];
            let reliability = 2.0 * r / (1.0 + r);
            let slope = 1.0 / ((1.0 + r).powi(2) * reliability.sqrt());
            let scaled: Vec<f64> = influences[kind].iter().map(|it| slope * it).collect();
            with_influences(human.questions(), reliability.sqrt(), &scaled)
        };
        let (pearson, spearman) = (estimate(0)?, estimate(1)?);
        let interval = |it: Estimate| it.interval(confidence).clamp(0.0, 1.0);
        Ok(Some(UncertaintyCeiling {
            reliability: pearson.value.powi(2),
            pearson_interval: interval(pearson),
            spearman_interval: interval(spearman),
            pearson,
            spearman,
            n_questions: splits
                .iter()
                .map(|it| it.questions.len())
                .max()
                .unwrap_or(0),
        }))
    }
}

/// The correlations of the entropies of two halves.
struct Split {
    questions: Vec<usize>,
    /// Pearson's and Spearman's correlation.
    values: [f64; 2],
    influences: [Vec<f64>; 2],
}

impl Split {
    fn new<T: Task>(human: &Disagreement<T>, seed: u64, stream: u64) -> Option<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        // Without participants, each answer is taken to be of another person.
        let answers = human.answers();
        let participants = answers.participants();
        let n_people = participants.map_or(answers.len(), |all| all.labels().len());
        let person = |answer: usize| match participants {
            Some(all) => all.by_trial()[answer],
            None => answer as u32,
        };
        let mut place: Vec<u32> = (0..n_people as u32).collect();
        shuffle(&mut place, &mut rng);
        let (mut questions, mut halves) = (Vec::new(), [Vec::new(), Vec::new()]);
        for question in 0..human.counts().len() {
            let mut of_question: Vec<usize> = human.answers_to(question).collect();
            of_question.sort_by_key(|&answer| place[person(answer) as usize]);
            let mut cut = of_question.len() / 2;
            while cut < of_question.len()
                && person(of_question[cut - 1]) == person(of_question[cut])
            {
                cut += 1;
            }
            let entropy = |answers: &[usize]| {
                let mut counts = [0; 3];
                answers
                    .iter()
                    .for_each(|&answer| counts[human.chosen(answer)] += 1);
                answer_entropy(counts)
            };
            let (first, second) = of_question.split_at(cut);
            if let (Some(first), Some(second)) = (entropy(first), entropy(second)) {
                questions.push(question);
                halves[0].push(first);
                halves[1].push(second);
            }
        }
        let [first, second] = &halves;
        check_pairs("entropies of halves", first, second).ok()?;
        let (linear, ranked) = (Linear::new(first, second), Ranked::new(first, second));
        let influences = |of: &dyn Statistic| -> Vec<f64> {
            let pairs = first.iter().zip(second);
            pairs.map(|(&x, &y)| of.influence(x, y)).collect()
        };
        Some(Self {
            values: [linear.value(), ranked.value()],
            influences: [influences(&linear), influences(&ranked)],
            questions,
        })
    }
}
