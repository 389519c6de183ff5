//! The pass over trials: looks up similarities in blocks and computes choices, credits and losses.

use pulp::Arch;
use rayon::prelude::*;

use crate::error::Result;
use crate::inference::Credit;
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::choice::{Choose, is_undecided};
use crate::metric::odd_one_out::probability::{Losses, SumLosses};
use crate::metric::odd_one_out::{Counts, Outcomes, Probabilities, TiePolicy, ZeroShotOddOneOut};
use crate::representation::Representation;
use crate::similarity::{BLOCK, Block, Judge, PairSimilarities, Similarity};
use crate::softmax::Softmax;
use crate::stimuli::Stimuli;

/// A metric with the similarities of the stimuli of its trials.
pub(super) struct Kernel<'a> {
    metric: ZeroShotOddOneOut,
    similarities: PairSimilarities<'a>,
    /// Dot products for [`Probabilities::PublishedDotProduct`].
    dot_products: Option<PairSimilarities<'a>>,
    /// Vector instructions of this machine.
    arch: Arch,
}

impl<'a> Kernel<'a> {
    /// Creates a kernel for the given trials.
    pub fn for_trials<T: Task>(
        metric: ZeroShotOddOneOut,
        representation: &'a Representation,
        trials: &Trials<T>,
    ) -> Result<Self> {
        let n_trials = trials.len() as u64;
        Self::new(
            metric,
            representation,
            trials.stimuli(),
            trials.shown(),
            n_trials,
        )
    }

    /// Creates a kernel for about `n_trials` trials over the stimuli `shown`, given as positions in
    /// `stimuli`.
    pub fn new(
        metric: ZeroShotOddOneOut,
        representation: &'a Representation,
        stimuli: &Stimuli,
        shown: &[u32],
        n_trials: u64,
    ) -> Result<Self> {
        let precision = metric.precision;
        let prepare = |similarity| {
            PairSimilarities::new(
                representation,
                stimuli,
                shown,
                similarity,
                precision,
                n_trials,
            )
        };
        Ok(Self {
            metric,
            arch: Arch::new(),
            similarities: prepare(metric.similarity)?,
            dot_products: match metric.probabilities {
                Probabilities::Softmax => None,
                Probabilities::PublishedDotProduct => Some(prepare(Similarity::Dot)?),
            },
        })
    }

    /// Counts correct trials and ties.
    pub fn count<T: Task>(&self, trials: &Trials<T>) -> Counts {
        let counts = trials.as_slice().par_chunks(BLOCK).map(|trials| {
            let mut credits = [Credit::NONE; BLOCK];
            self.run::<T>(trials, &mut credits[..trials.len()], &mut Block::new())
        });
        counts.reduce(Counts::default, Counts::sum)
    }

    /// Calls `with` for each trial with a bit mask of the pairs that have the largest similarity,
    /// and its element of `out`.
    pub fn for_each_largest<T: Task, O: Send>(
        &self,
        trials: &Trials<T>,
        out: &mut [O],
        with: impl Fn(u8, &mut O) + Sync,
    ) {
        let trials = trials.as_slice();
        let source = &self.similarities;
        look_up(source, trials, T::N_PAIRS, out, 1, |trials, block, out| {
            for ((position, &trial), out) in trials.iter().enumerate().zip(out) {
                let similarities = block.0.each_ref().map(|pair| pair[position]);
                with(source.judge().largest(trial, similarities, T::N_PAIRS), out);
            }
        });
    }

    /// Calls `with` for each trial with its softmax and its `width` elements of `out`.
    pub fn for_each_softmax<T: Task>(
        &self,
        trials: &Trials<T>,
        out: &mut [f64],
        width: usize,
        with: impl Fn(Softmax, &mut [f64]) + Sync,
    ) {
        self.for_each::<T, _>(trials.as_slice(), out, width, |question, out| {
            with(Softmax::new(question.similarities, question.factor), out);
        });
    }

    /// Calls `with` for each question with its similarities and its `width` elements of `out`.
    pub fn for_each<T: Task, O: Send>(
        &self,
        questions: &[[u32; 3]],
        out: &mut [O],
        width: usize,
        with: impl Fn(Question<'_>, &mut [O]) + Sync,
    ) {
        let (source, factor) = self.logits();
        let judge = source.judge();
        look_up(
            source,
            questions,
            T::N_PAIRS,
            out,
            width,
            |shown, block, out| {
                for (position, out) in out.chunks_exact_mut(width).enumerate() {
                    let mut similarities = block.0.each_ref().map(|pair| pair[position]);
                    similarities[T::N_PAIRS..].fill(f64::NEG_INFINITY);
                    let question = Question {
                        similarities,
                        factor,
                        shown: shown[position],
                        n_pairs: T::N_PAIRS,
                        judge,
                    };
                    with(question, out);
                }
            },
        );
    }

    /// Returns the similarities from which logits are computed, and the factor that converts them.
    fn logits(&self) -> (&PairSimilarities<'_>, f64) {
        let temperature = self.metric.temperature;
        let (source, factor) = match &self.dot_products {
            None => (&self.similarities, self.similarities.unit() / temperature),
            Some(dot_products) => (dot_products, dot_products.unit() * temperature),
        };
        // Finite, so that equal similarities have equal logits.
        (source, factor.min(f64::MAX))
    }

    /// Writes the credits and the similarities of the trials of one block.
    fn run<T: Task>(
        &self,
        trials: &[[u32; 3]],
        credits: &mut [Credit],
        block: &mut Block,
    ) -> Counts {
        self.similarities.gather(trials, T::N_PAIRS, block);
        let judge = self.similarities.judge();
        let mut counts = self.arch.dispatch(Choose {
            block,
            n_pairs: T::N_PAIRS,
            screen: judge.screen(),
            largest: |trial: usize, similarities| {
                judge.largest(trials[trial], similarities, T::N_PAIRS)
            },
            policy: self.metric.ties,
            credits,
        });
        if self.metric.ties == TiePolicy::PublishedProbe {
            self.discredit_undecided::<T>(block, credits);
            counts = Counts::of(credits, counts.n_ties);
        }
        counts
    }

    /// Removes the credits of trials that [`TiePolicy::PublishedProbe`] does not count as correct.
    fn discredit_undecided<T: Task>(&self, block: &Block, credits: &mut [Credit]) {
        let factor = self.similarities.unit() / self.metric.temperature;
        for (trial, credit) in credits.iter_mut().enumerate() {
            let mut similarities = block.0.each_ref().map(|pair| pair[trial]);
            similarities[T::N_PAIRS..].fill(f64::NEG_INFINITY);
            let softmax = Softmax::new(similarities, factor.min(f64::MAX));
            if is_undecided(&softmax.probabilities()[..T::N_PAIRS]) {
                *credit = Credit::NONE;
            }
        }
    }

    /// Computes the credit of every trial, and the sums of the losses.
    pub fn outcomes<'t, T: Task>(&self, trials: &'t Trials<T>) -> Outcomes<'t, T> {
        let (source, factor) = self.logits();
        let mut credits = vec![Credit::NONE; trials.len()];
        let (counts, losses) = trials
            .as_slice()
            .par_chunks(BLOCK)
            .zip(credits.par_chunks_mut(BLOCK))
            .map(|(trials, credits)| {
                let mut block = Block::new();
                let counts = self.run::<T>(trials, credits, &mut block);
                if self.dot_products.is_some() {
                    source.gather(trials, T::N_PAIRS, &mut block);
                }
                let losses = self.arch.dispatch(SumLosses {
                    block: &block,
                    n_pairs: T::N_PAIRS,
                    factor,
                    most: -self.metric.probability_floor.ln(),
                    n_trials: trials.len(),
                });
                (counts, losses)
            })
            // Both sums are exact, so the order of the reduction does not matter.
            .reduce(
                || (Counts::default(), Losses::default()),
                |(counts, mut losses), (other_counts, other_losses)| {
                    losses += other_losses;
                    (counts.sum(other_counts), losses)
                },
            );
        Outcomes::new(self.metric, trials, credits, counts, losses)
    }
}

/// The similarities of the pairs of a question.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Similarities of the pairs, or other inputs of the logits; −∞ for the third pair of an
    /// anchored question.
    pub similarities: [f64; 3],
    /// Factor that converts similarities to logits.
    pub factor: f64,
    shown: [u32; 3],
    n_pairs: usize,
    judge: &'a Judge<'a>,
}

impl Question<'_> {
    /// Returns a bit mask of the pairs that have the largest similarity.
    pub fn largest(&self) -> u8 {
        self.judge
            .largest(self.shown, self.similarities, self.n_pairs)
    }
}

/// Looks up blocks of trials in parallel and calls `with` with the trials of each block, their
/// similarities and their part of `out`, `width` elements per trial.
fn look_up<O: Send>(
    source: &PairSimilarities<'_>,
    trials: &[[u32; 3]],
    n_pairs: usize,
    out: &mut [O],
    width: usize,
    with: impl Fn(&[[u32; 3]], &Block, &mut [O]) + Sync,
) {
    trials
        .par_chunks(BLOCK)
        .zip(out.par_chunks_mut(width * BLOCK))
        .for_each(|(trials, out)| {
            let mut block = Block::new();
            source.gather(trials, n_pairs, &mut block);
            with(trials, &block, out);
        });
}
