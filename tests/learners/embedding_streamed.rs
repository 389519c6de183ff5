//! Embeddings of trials that are read again in every pass: they are those of the same trials in memory.

use std::cell::Cell;

use approx::assert_relative_eq;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::embedding::{Spose, StreamedTrials, Vice};
use human_alignment::error::{ArgumentError, JudgmentError, StimuliError};
use human_alignment::judgment::{ChoiceFrequencies, Trials};
use human_alignment::{Anchored, OddOneOut, Representation, Result, Stimuli, Task};

use crate::common::refusals::assert_refused;
use crate::embedding::planted;

/// Checks that two representations have the same features, up to rounding.
fn assert_near(left: &Representation, right: &Representation) {
    let [left, right] = [left, right].map(|one| one.features().to_f64());
    assert_eq!(left.dim(), right.dim());
    for (left, right) in left.iter().zip(&right) {
        assert_relative_eq!(left, right, epsilon = 1e-6);
    }
}

/// Divides trials into chunks of unequal sizes.
fn chunks<T: Task>(trials: &Trials<T>, len: usize) -> Vec<Trials<T>> {
    let positions: Vec<usize> = (0..trials.len()).collect();
    let chunks = positions.chunks(len);
    chunks.map(|chunk| trials.select(chunk).unwrap()).collect()
}

fn check<T: Task>(trials: &Trials<T>) {
    let spose = Spose::new(6).unwrap().with_lambda(0.02).unwrap();
    let spose = spose.with_max_iterations(30).unwrap();
    let in_memory = spose.fit(&ChoiceFrequencies::from_trials(trials)).unwrap();
    let chunks = chunks(trials, 3001);
    let open = || -> Result<_> {
        Ok(chunks
            .iter()
            .map(|chunk| chunk.select(&(0..chunk.len()).collect::<Vec<_>>())))
    };
    let streamed = StreamedTrials::new(trials.stimuli().clone(), open).unwrap();
    assert_eq!(streamed.n_trials(), trials.len());
    let with = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
        pool.unwrap().install(|| spose.fit(&streamed).unwrap())
    };
    let embedding = with(1);
    assert_eq!(embedding, with(3));
    assert_eq!(embedding.n_passes(), in_memory.n_passes());
    assert_eq!(embedding.n_dimensions(), in_memory.n_dimensions());
    assert_relative_eq!(embedding.loss(), in_memory.loss(), max_relative = 1e-9);
    assert_near(embedding.representation(), in_memory.representation());
}

#[test]
fn streamed_trials_give_the_embedding_of_trials_in_memory() {
    let observer = SimulatedObserver::new(planted(60, 3)).unwrap();
    let odd_one_out = observer.odd_one_out(20_000, 1).unwrap().into_judgments();
    check(&odd_one_out);
    let anchored = Anchored::new(
        odd_one_out.stimuli().clone(),
        odd_one_out.as_slice().to_vec(),
    );
    check(&anchored.unwrap());
}

#[test]
fn vice_learns_from_streamed_trials() {
    let observer = SimulatedObserver::new(planted(40, 3)).unwrap();
    let trials = observer.odd_one_out(5000, 1).unwrap().into_judgments();
    let vice = Vice::new(5).unwrap().with_max_steps(20).unwrap();
    let in_memory = vice.fit(&ChoiceFrequencies::from_trials(&trials)).unwrap();
    let chunks = chunks(&trials, 1999);
    let open = || -> Result<_> {
        Ok(chunks
            .iter()
            .map(|chunk| chunk.select(&(0..chunk.len()).collect::<Vec<_>>())))
    };
    let streamed = StreamedTrials::new(trials.stimuli().clone(), open).unwrap();
    let embedding = vice.fit(&streamed).unwrap();
    assert_near(embedding.representation(), in_memory.representation());
}

#[test]
fn stimuli_of_chunks_are_matched_by_id() {
    let stimuli = |ids: &str| Stimuli::new(ids.chars().map(String::from)).unwrap();
    let first = OddOneOut::new(stimuli("abcd"), vec![[0, 1, 2], [0, 1, 3], [2, 3, 0]]).unwrap();
    let other = OddOneOut::new(stimuli("dcba"), vec![[3, 2, 1], [3, 2, 0], [1, 0, 3]]).unwrap();
    let all = stimuli("abcd");
    let spose = Spose::new(3).unwrap().with_max_iterations(5).unwrap();
    let fit = |trials: &OddOneOut| {
        let open = || Ok([trials.select(&[0, 1, 2])].into_iter());
        spose.fit(&StreamedTrials::new(all.clone(), open)?)
    };
    assert_eq!(fit(&first).unwrap(), fit(&other).unwrap());
    let unknown = OddOneOut::new(stimuli("abxy"), vec![[0, 1, 2]]).unwrap();
    let error = StreamedTrials::new(all.clone(), || Ok([unknown.select(&[0])].into_iter()));
    assert_refused!(error.map(drop), Stimuli(StimuliError::Missing { .. }));
}

#[test]
fn trials_that_change_or_are_missing_are_refused() {
    let stimuli = Stimuli::numbered(4);
    let trials = OddOneOut::new(stimuli.clone(), vec![[0, 1, 2], [0, 1, 3], [2, 3, 0]]).unwrap();
    let n_passes = Cell::new(0);
    let open = || {
        n_passes.set(n_passes.get() + 1);
        let n = if n_passes.get() < 3 { 3 } else { 2 };
        Ok([trials.select(&(0..n).collect::<Vec<_>>())].into_iter())
    };
    let streamed = StreamedTrials::new(stimuli.clone(), open).unwrap();
    let error = Spose::new(2).unwrap().fit(&streamed);
    assert_refused!(
        error.map(drop),
        Argument(ArgumentError::LengthMismatch { .. })
    );
    n_passes.set(0);
    let other = OddOneOut::new(stimuli.clone(), vec![[0, 1, 2], [0, 1, 2], [2, 1, 0]]).unwrap();
    let open = || {
        n_passes.set(n_passes.get() + 1);
        let trials = if n_passes.get() < 2 { &other } else { &trials };
        Ok([trials.select(&[0, 1, 2])].into_iter())
    };
    let streamed = StreamedTrials::new(stimuli.clone(), open).unwrap();
    let error = Spose::new(2).unwrap().fit(&streamed);
    assert_refused!(
        error.map(drop),
        Argument(ArgumentError::LengthMismatch { .. })
    );
    let none = StreamedTrials::new(stimuli, || Ok(std::iter::empty::<Result<OddOneOut>>()));
    assert_refused!(none.map(drop), Judgment(JudgmentError::NoTrials));
}
