//! Fits of embeddings that are interrupted continue with the same result.

use std::ops::ControlFlow;

use human_alignment::embedding::{Embedding, Ending, Spose, SposeCrossValidation};
use human_alignment::error::FileError;

use crate::common::refusals::assert_refused;
use crate::embedding::{choices_of, planted, spose};

/// Returns the features in bits.
fn bits(embedding: &Embedding) -> Vec<u64> {
    embedding
        .representation()
        .features()
        .iter()
        .map(f64::to_bits)
        .collect()
}

/// Returns a function that stops a fit after `n` calls.
fn stop_after(n: usize) -> impl FnMut() -> ControlFlow<()> {
    let mut n_seen = 0;
    move || {
        n_seen += 1;
        match n_seen > n {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

#[test]
fn an_interrupted_fit_continues_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let choices = choices_of(&planted(50, 4), 5_000, 1);
    let spose = spose(0.02);
    let whole = spose.fit(&choices).unwrap();
    assert!(whole.n_iterations() > 25);
    let mut n_stops = 0;
    let resumed = loop {
        let mut stop = stop_after(7);
        let fit = spose.fit_resumable(&choices, &file, |_| stop());
        let fit = fit.unwrap();
        if fit.ending() != Ending::Stopped {
            break fit;
        }
        n_stops += 1;
    };
    assert!(n_stops > 3);
    assert_eq!(bits(&resumed), bits(&whole));
    assert_eq!(resumed, whole);

    // Other settings or data do not continue it.
    let other = spose
        .clone()
        .with_seed(1)
        .fit_resumable(&choices, &file, |_| ControlFlow::Continue(()));
    assert_refused!(other, File(FileError::OtherRun));
    std::fs::write(&file, "not a state").unwrap();
    let broken = spose.fit_resumable(&choices, &file, |_| ControlFlow::Continue(()));
    assert_refused!(broken, File(FileError::Malformed { .. }));
}

#[test]
fn a_damaged_state_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let choices = choices_of(&planted(30, 3), 1_000, 1);
    let spose = spose(0.02);
    let fit = |n: usize| {
        let mut stop = stop_after(n);
        spose.fit_resumable(&choices, &file, |_| stop())
    };
    fit(3).unwrap();
    let whole = std::fs::read(&file).unwrap();
    for n in 0..300 {
        let mut damaged = whole.clone();
        let at = n * (whole.len() - 1) / 299;
        damaged[at] ^= 1 << (n % 8);
        std::fs::write(&file, &damaged).unwrap();
        let error = fit(1).expect_err("a damaged state");
        let report = error.report().to_string();
        assert!(report.contains("remove"), "byte {at}: {report}");
    }
}

#[test]
fn an_interrupted_cross_validation_continues_with_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let choices = choices_of(&planted(40, 3), 3_000, 1);
    let validation = SposeCrossValidation::new(Spose::new(8).unwrap())
        .with_lambdas(&[0.01, 0.05, 0.2])
        .unwrap();
    let whole = validation.run(&choices).unwrap();
    let mut n_stops = 0;
    let resumed = loop {
        let mut stop = stop_after(29);
        let run = validation.run_observed(&choices, Some(&file), |_| stop());
        match run.unwrap() {
            Some(selection) => break selection,
            None => n_stops += 1,
        }
    };
    assert!(n_stops > 3);
    assert_eq!(resumed, whole);
}
