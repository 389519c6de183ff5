//! Model recovery where the answer is known.

use human_alignment::error::ArgumentError;
use std::ops::ControlFlow;

use approx::assert_relative_eq;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::probe::ProbeCrossValidation;
use human_alignment::recovery::{Criterion, ModelRecovery};
use human_alignment::{OddOneOut, Probe, Representation, Stimuli};
use ndarray::{Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::assert_refused;

const N: usize = 36;

/// Features of which each candidate sees its own part, and people all.
fn features() -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    Array2::from_shape_simple_fn((N, 9), || rng.random_range(-1.5..1.5f32))
}

/// Some of the features.
fn part(columns: std::ops::Range<usize>) -> Representation {
    let columns: Vec<usize> = columns.collect();
    of(features().select(Axis(1), &columns))
}

fn of(features: Array2<f32>) -> Representation {
    Representation::new(Stimuli::numbered(N as u32), features).unwrap()
}

fn people(n_trials: usize) -> OddOneOut {
    let observer = SimulatedObserver::new(of(features())).unwrap();
    observer.odd_one_out(n_trials, 5).unwrap().into_judgments()
}

fn recovery(n_replicates: usize) -> ModelRecovery {
    let probe = Probe::new(0.003).unwrap().with_tolerance(1e-4).unwrap();
    ModelRecovery::new(ProbeCrossValidation::new(probe))
        .with_replicates(n_replicates)
        .unwrap()
}

#[test]
fn candidates_that_see_different_things_are_told_apart() {
    let parts = [0, 3, 6].map(|first| part(first..first + 3));
    let candidates: Vec<&Representation> = parts.iter().collect();
    let trials = people(6000);
    let found = recovery(2).run(&candidates, &trials).unwrap();
    assert_eq!(found.wins(Criterion::Accuracy), 2.0 * Array2::<f64>::eye(3));
    assert_eq!(found.rate(Criterion::CrossEntropy), 1.0);
    assert_eq!(found.replicates.len(), 6);
    for (position, candidate) in found.candidates.iter().enumerate() {
        // Three random features, of which none is lost in the transform.
        let dimensionality = candidate.effective_dimensionality;
        assert!((2.0..=3.0).contains(&dimensionality), "{dimensionality}");
        let selected = parts[position].effective_dimensionality().unwrap();
        assert_relative_eq!(dimensionality, selected, max_relative = 1e-12);
        assert!(candidate.transformed_effective_dimensionality > 1.0);
        assert!(candidate.people.probed.accuracy.value > 0.36);
    }
    // The same seed, the same choices; another, others.
    let again = recovery(2).run(&candidates, &trials).unwrap();
    assert_eq!(again.replicates, found.replicates);
    let other = recovery(2)
        .with_seed(100)
        .run(&candidates, &trials)
        .unwrap();
    assert_ne!(other.replicates, found.replicates);
}

#[test]
fn a_candidate_and_its_copy_share_every_win() {
    let one = of(features());
    let found = recovery(2)
        .run(&[&one, &one.clone()], &people(2000))
        .unwrap();
    assert_eq!(
        found.wins(Criterion::CrossEntropy),
        Array2::from_elem((2, 2), 1.0)
    );
    assert_eq!(found.rate(Criterion::Accuracy), 0.5);
}

#[test]
fn the_work_can_be_stopped_and_what_is_there_is_kept() {
    let halves = [part(0..4), of(features())];
    let mut seen = Vec::new();
    let found = recovery(5)
        .run_observed(&[&halves[0], &halves[1]], &people(1500), |replicate| {
            seen.push(replicate.generating);
            match seen.len() {
                3 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap();
    assert_eq!(seen, [0, 1, 0]);
    assert_eq!(found.replicates.len(), 3);
    assert_eq!(found.wins(Criterion::Accuracy).sum(), 3.0);
}

#[test]
fn stimuli_that_no_trial_shows_need_no_features() {
    let all = Stimuli::numbered(N as u32 + 4);
    let trials = OddOneOut::new(all, people(1500).as_slice().to_vec()).unwrap();
    let (first, second) = (of(features()), part(4..9));
    let found = recovery(1).run(&[&first, &second], &trials).unwrap();
    assert_eq!(found.replicates.len(), 2);
}

#[test]
fn refuses_what_says_nothing() {
    let one = of(features());
    assert_refused!(
        recovery(1).run(&[&one], &people(1000)),
        Argument(ArgumentError::TooFew {
            needed: 2,
            found: 1,
            ..
        })
    );
    assert_refused!(
        ModelRecovery::new(ProbeCrossValidation::new(Probe::new(0.1).unwrap())).with_replicates(0),
        Argument(ArgumentError::TooFew { .. })
    );
    let constant = of(Array2::ones((N, 2)));
    let refused = recovery(1)
        .run(&[&one, &constant], &people(1000))
        .unwrap_err();
    assert!(
        refused.report().to_string().starts_with("model 1: "),
        "{refused}"
    );
}
