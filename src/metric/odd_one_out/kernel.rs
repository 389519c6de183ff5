//! The pass over trials: looks up similarities, block by block, and turns them into what is asked.

use pulp::Arch;
use rayon::prelude::*;

use crate::error::Result;
use crate::inference::Credit;
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::choice::Choose;
use crate::metric::odd_one_out::probability::{Losses, SumLosses};
use crate::metric::odd_one_out::{Counts, Outcomes, Probabilities, ZeroShotOddOneOut};
use crate::representation::Representation;
use crate::similarity::{BLOCK, Block, PairSimilarities, Similarity};
use crate::softmax::Softmax;
use crate::stimuli::Stimuli;

/// A metric with the similarities it looks up.
pub(super) struct Kernel<'a> {
    metric: ZeroShotOddOneOut,
    similarities: PairSimilarities<'a>,
    /// What the published probabilities are made of.
    dot_products: Option<PairSimilarities<'a>>,
    /// The vector instructions of this machine.
    arch: Arch,
}

impl<'a> Kernel<'a> {
    /// For these trials.
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

    /// For about `n_trials` trials that show these stimuli, given as positions in `stimuli`.
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

    /// How many trials are correct and how many tie.
    pub fn count<T: Task>(&self, trials: &Trials<T>) -> Counts {
        let counts = trials.as_slice().par_chunks(BLOCK).map(|trials| {
            let mut credits = [Credit::NONE; BLOCK];
            self.run::<T>(trials, &mut credits[..trials.len()]).0
        });
        counts.reduce(Counts::default, Counts::sum)
    }

    /// Calls `with` with each block of similarities and its part of `out`, one element a trial.
    pub fn for_each_block<T: Task, O: Send>(
        &self,
        trials: &Trials<T>,
        out: &mut [O],
        with: impl Fn(&Block, &mut [O]) + Sync,
    ) {
        let trials = trials.as_slice();
        look_up(&self.similarities, trials, T::N_PAIRS, out, 1, with);
    }

    /// Calls `with` with the softmax of each trial and its `width` elements of `out`.
    pub fn for_each_softmax<T: Task>(
        &self,
        trials: &Trials<T>,
        out: &mut [f64],
        width: usize,
        with: impl Fn(Softmax, &mut [f64]) + Sync,
    ) {
        self.for_each::<T, _>(
            trials.as_slice(),
            out,
            width,
            |similarities, factor, out| {
                with(Softmax::new(similarities, factor), out);
            },
        );
    }

    /// Calls `with` with the similarities of the pairs of each question (−∞ for a pair that is none), the
    /// factor that makes them logits, and its `width` elements of `out`.
    pub fn for_each<T: Task, O: Send>(
        &self,
        questions: &[[u32; 3]],
        out: &mut [O],
        width: usize,
        with: impl Fn([f64; 3], f64, &mut [O]) + Sync,
    ) {
        let (source, factor) = self.logits();
        look_up(source, questions, T::N_PAIRS, out, width, |block, out| {
            for (trial, out) in out.chunks_exact_mut(width).enumerate() {
                let mut similarities = block.0.each_ref().map(|pair| pair[trial]);
                similarities[T::N_PAIRS..].fill(f64::NEG_INFINITY);
                with(similarities, factor, out);
            }
        });
    }

    /// What logits are made of, and the factor that makes them.
    fn logits(&self) -> (&PairSimilarities<'_>, f64) {
        let temperature = self.metric.temperature;
        let (source, factor) = match &self.dot_products {
            None => (&self.similarities, self.similarities.unit() / temperature),
            Some(dot_products) => (dot_products, dot_products.unit() * temperature),
        };
        // Not infinite, so that no difference still is none.
        (source, factor.min(f64::MAX))
    }

    /// Writes what the trials of one block earn.
    fn run<T: Task>(&self, trials: &[[u32; 3]], credits: &mut [Credit]) -> (Counts, Block) {
        let mut block = Block::new();
        self.similarities.gather(trials, T::N_PAIRS, &mut block);
        let counts = self.arch.dispatch(Choose {
            block: &block,
            n_pairs: T::N_PAIRS,
            policy: self.metric.ties,
            credits,
        });
        (counts, block)
    }

    /// What every trial earns, and what all cost.
    pub fn outcomes<'t, T: Task>(&self, trials: &'t Trials<T>) -> Outcomes<'t, T> {
        let (source, factor) = self.logits();
        let mut credits = vec![Credit::NONE; trials.len()];
        let (counts, losses) = trials
            .as_slice()
            .par_chunks(BLOCK)
            .zip(credits.par_chunks_mut(BLOCK))
            .map(|(trials, credits)| {
                let (counts, mut block) = self.run::<T>(trials, credits);
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
            // Both sums are exact, so that their order doesn't matter.
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

/// Looks up blocks of trials in parallel; `with` is called with each and its part of `out`, `width`
/// elements a trial.
fn look_up<O: Send>(
    source: &PairSimilarities<'_>,
    trials: &[[u32; 3]],
    n_pairs: usize,
    out: &mut [O],
    width: usize,
    with: impl Fn(&Block, &mut [O]) + Sync,
) {
    trials
        .par_chunks(BLOCK)
        .zip(out.par_chunks_mut(width * BLOCK))
        .for_each(|(trials, out)| {
            let mut block = Block::new();
            source.gather(trials, n_pairs, &mut block);
            with(&block, out);
        });
}
