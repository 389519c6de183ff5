//! Trials that are read again in every pass of a fit.

use std::fmt;
use std::marker::PhantomData;

use rayon::prelude::*;

use super::choices::sealed::Sealed;
use super::choices::{PairLoss, TrainingChoices};
use crate::error::{JudgmentError, Result, same_length};
use crate::fingerprint::Fingerprint;
use crate::judgment::{Task, Trials};
use crate::linalg::zeroed;
use crate::probe::add_trials;
use crate::stimuli::Stimuli;

/// Trials that are read in chunks in every pass of a fit, because they are larger than memory.
///
/// A fit needs a few hundred passes. The memory grows with objects² and the size of a chunk, and
/// not with the number of trials. Trials that fit into memory are fitted several times faster as
/// [`ChoiceFrequencies`](crate::judgment::ChoiceFrequencies), which are sorted once.
///
/// ```
/// use human_alignment::dataset::TripletChunks;
/// use human_alignment::embedding::{Spose, StreamedTrials};
/// use human_alignment::{OddOneOutTask, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("trials.txt");
/// # std::fs::write(&path, "0 1 2\n0 1 3\n2 3 1\n2 3 0\n".repeat(50)).unwrap();
/// let stimuli = Stimuli::numbered(4);
/// let trials = StreamedTrials::new(stimuli.clone(), || {
///     TripletChunks::<OddOneOutTask>::open(&path, stimuli.clone(), 1_000_000)
/// })?;
/// let embedding = Spose::new(5)?.with_lambda(0.05)?.fit(&trials)?;
/// assert_eq!(embedding.n_dimensions(), 2);
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub struct StreamedTrials<T, F> {
    stimuli: Stimuli,
    open: F,
    n_trials: usize,
    shown: Vec<u32>,
    fingerprint: String,
    task: PhantomData<T>,
}

impl<T, F, C> StreamedTrials<T, F>
where
    T: Task,
    F: Fn() -> Result<C>,
    C: Iterator<Item = Result<Trials<T>>>,
{
    /// Reads the trials once, to determine which of the stimuli they show. `open` begins a pass: it
    /// returns the chunks of trials, which must be the same each time.
    ///
    /// # Errors
    /// Returns the errors of `open` and of the chunks, `StimuliError::Missing` if a chunk shows a
    /// stimulus that is not among `stimuli`, and [`JudgmentError::NoTrials`] if there are no trials.
    pub fn new(stimuli: Stimuli, open: F) -> Result<Self> {
        let mut is_shown = vec![false; stimuli.len()];
        let mut n_trials = 0;
        let mut fingerprint = Fingerprint::new("streamed trials");
        fingerprint.text(T::NAME);
        for chunk in open()? {
            let chunk = chunk?;
            n_trials += chunk.len();
            fingerprint.indices(chunk.as_slice().as_flattened());
            for stimulus in stimuli.positions_of_some(chunk.stimuli(), chunk.shown())? {
                is_shown[stimulus as usize] = true;
            }
        }
        if n_trials == 0 {
            return Err(JudgmentError::NoTrials.into());
        }
        let shown = (0..)
            .zip(is_shown)
            .filter_map(|(stimulus, is)| is.then_some(stimulus));
        Ok(Self {
            shown: shown.collect(),
            stimuli,
            open,
            n_trials,
            fingerprint: fingerprint.finish(),
            task: PhantomData,
        })
    }

    /// Returns the number of trials.
    pub fn n_trials(&self) -> usize {
        self.n_trials
    }
}

impl<T, F, C> TrainingChoices for StreamedTrials<T, F>
where
    T: Task,
    F: Fn() -> Result<C>,
    C: Iterator<Item = Result<Trials<T>>>,
{
    fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    fn shown(&self) -> &[u32] {
        &self.shown
    }
}

impl<T, F, C> Sealed for StreamedTrials<T, F>
where
    T: Task,
    F: Fn() -> Result<C>,
    C: Iterator<Item = Result<Trials<T>>>,
{
    fn weight(&self) -> f64 {
        self.n_trials as f64
    }

    fn pair_loss(&self) -> Result<Box<dyn PairLoss + '_>> {
        /// Number of derivatives of all parts, at most, if there are several: 256 MB.
        const MOST: usize = 1 << 25;

        // Fixed by the number of objects, because the order of summation depends on it.
        let n = self.shown.len();
        let n_parts = (MOST / (n * n)).clamp(1, 16);
        let mut object_of = vec![u32::MAX; self.stimuli.len()];
        for (object, &stimulus) in (0..).zip(&self.shown) {
            object_of[stimulus as usize] = object;
        }
        Ok(Box::new(StreamedLoss {
            trials: self,
            object_of,
            parts: zeroed(n_parts * n * n, "the derivatives of all pairs")?,
        }))
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }
}

impl<T, F> fmt::Debug for StreamedTrials<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedTrials")
            .field("n_trials", &self.n_trials)
            .field("n_objects", &self.shown.len())
            .finish_non_exhaustive()
    }
}

/// The loss of streamed trials.
struct StreamedLoss<'a, T, F> {
    trials: &'a StreamedTrials<T, F>,
    /// The object of each stimulus that is shown.
    object_of: Vec<u32>,
    /// Each chunk is divided into as many parts as there are matrices of derivatives here.
    parts: Vec<f64>,
}

impl<T, F, C> StreamedLoss<'_, T, F>
where
    T: Task,
    F: Fn() -> Result<C>,
    C: Iterator<Item = Result<Trials<T>>>,
{
    /// Returns the object of each stimulus of a chunk that it shows.
    fn objects_of(&self, chunk: &Trials<T>) -> Result<Vec<u32>> {
        let stimuli = &self.trials.stimuli;
        let shown = stimuli.positions_of_some(chunk.stimuli(), chunk.shown())?;
        let mut object_of = vec![0; chunk.stimuli().len()];
        let mut n_new = 0;
        for (&stimulus, position) in chunk.shown().iter().zip(shown) {
            let object = self.object_of[position as usize];
            n_new += usize::from(object == u32::MAX);
            object_of[stimulus as usize] = object;
        }
        same_length("stimuli that only a later pass shows", 0, n_new)?;
        Ok(object_of)
    }
}

impl<T, F, C> PairLoss for StreamedLoss<'_, T, F>
where
    T: Task,
    F: Fn() -> Result<C>,
    C: Iterator<Item = Result<Trials<T>>>,
{
    fn reads_both_triangles(&self) -> bool {
        true
    }

    fn evaluate(&mut self, similarities: &[f64], derivatives: &mut [f64]) -> Result<f64> {
        let n = self.trials.shown.len();
        let n_parts = self.parts.len() / (n * n);
        self.parts.fill(0.0);
        let (mut loss, mut n_trials) = (0.0, 0);
        for chunk in (self.trials.open)()? {
            let chunk = chunk?;
            let object_of = &self.objects_of(&chunk)?;
            let parts = chunk.as_slice().par_chunks(chunk.len().div_ceil(n_parts));
            let losses: Vec<f64> = parts
                .zip(self.parts.par_chunks_mut(n * n))
                .map(|(trials, derivatives)| {
                    let objects = trials.iter().map(|of| of.map(|at| object_of[at as usize]));
                    let objects: Vec<[u32; 3]> = objects.collect();
                    add_trials::<T>(&objects, similarities, n, derivatives)
                })
                .collect();
            loss += losses.iter().sum::<f64>();
            n_trials += chunk.len();
        }
        same_length("trials of a later pass", self.trials.n_trials, n_trials)?;
        let parts = &self.parts;
        derivatives
            .par_chunks_mut(n)
            .enumerate()
            .for_each(|(column, derivatives)| {
                derivatives.fill(0.0);
                for part in parts.chunks_exact(n * n) {
                    let part = &part[column * n..][..n];
                    derivatives
                        .iter_mut()
                        .zip(part)
                        .for_each(|(sum, x)| *sum += x);
                }
                derivatives
                    .iter_mut()
                    .for_each(|sum| *sum /= n_trials as f64);
            });
        Ok(loss / n_trials as f64)
    }
}
