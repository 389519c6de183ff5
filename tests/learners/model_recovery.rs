//! Model recovery where the answer is known.

use human_alignment::error::ArgumentError;
use std::ops::ControlFlow;

use approx::assert_relative_eq;
use human_alignment::calibration::BestTemperature;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::inference::Confidence;
use human_alignment::probe::{PenaltyKind, ProbeCrossValidation};
use human_alignment::recovery::{ChoiceNoise, Criterion, ModelRecovery};
use human_alignment::{OddOneOut, Probe, Representation, Similarity, Stimuli, ZeroShotOddOneOut};
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

/// Simulated choices agree with the candidate as often as those of people, or as often as asked.
#[test]
fn choices_are_as_noisy_as_those_of_people() {
    let parts = [part(0..4), part(4..9)];
    let candidates = [&parts[0], &parts[1]];
    let trials = people(3000);
    let agreement = |noise: ChoiceNoise| {
        let recovery = recovery(1).with_noise(noise).unwrap();
        let fits = recovery.run(&candidates, &trials).unwrap().candidates;
        fits.into_iter().zip(&parts).map(move |(fit, part)| {
            let BestTemperature::Finite(temperature) = fit.temperature else {
                panic!("{:?}", fit.temperature);
            };
            let seen = fit.fit.transform().apply(part).unwrap();
            let metric = ZeroShotOddOneOut::new(Similarity::Dot);
            let metric = metric.with_temperature(temperature).unwrap();
            let probabilities = metric.probabilities(&seen, &people(3000)).unwrap();
            let largest = probabilities.rows().into_iter();
            let largest = largest.map(|row| row.iter().copied().fold(0.0, f64::max));
            let found = largest.sum::<f64>() / 3000.0;
            assert_relative_eq!(found, fit.expected_accuracy, max_relative = 1e-9);
            (found, fit.people.probed.accuracy.value)
        })
    };
    for (found, of_people) in agreement(ChoiceNoise::HeldOutAccuracy) {
        assert_relative_eq!(found, of_people, max_relative = 1e-9);
    }
    for (found, _) in agreement(ChoiceNoise::Accuracy(0.8)) {
        assert_relative_eq!(found, 0.8, max_relative = 1e-9);
    }
    for (noise, expected) in [
        (1.0 / 3.0, BestTemperature::Infinite),
        (1.0, BestTemperature::Zero),
    ] {
        let recovery = recovery(1)
            .with_noise(ChoiceNoise::Accuracy(noise))
            .unwrap();
        let found = recovery.run(&candidates, &trials).unwrap();
        assert_eq!(found.candidates[0].temperature, expected);
        // The choices themselves: at random, or those of the candidate.
        let accuracy = found.replicates[0].held_out[0].accuracy;
        assert!(
            if noise < 0.5 {
                accuracy < 0.45
            } else {
                accuracy > 0.9
            },
            "{accuracy}"
        );
    }
    for noise in [0.0, 1.5, f64::NAN] {
        assert!(
            recovery(1)
                .with_noise(ChoiceNoise::Accuracy(noise))
                .is_err()
        );
    }
    // No noise makes choices less predictable than random ones.
    let below = recovery(1).with_noise(ChoiceNoise::Accuracy(0.2)).unwrap();
    let message = below.run(&candidates, &trials).unwrap_err().to_string();
    assert!(message.contains("1/3"), "{message}");
}

/// A transform of rank 0 makes all pairs equally similar: a credit of 1/3 in every trial.
#[test]
fn ties_have_a_third_of_a_credit() {
    let probe = Probe::new(1e3)
        .unwrap()
        .with_penalty_kind(PenaltyKind::Trace);
    let recovery = ModelRecovery::new(ProbeCrossValidation::new(probe));
    let parts = [part(0..4), part(4..9)];
    let found = recovery
        .with_replicates(1)
        .unwrap()
        .run(&[&parts[0], &parts[1]], &people(1500))
        .unwrap();
    for candidate in &found.candidates {
        assert_eq!(candidate.fit.rank(), 0);
        assert_relative_eq!(candidate.people.probed.accuracy.value, 1.0 / 3.0);
        assert_eq!(candidate.temperature, BestTemperature::Infinite);
    }
    assert_eq!(found.rate(Criterion::Accuracy), 0.5);
}

#[test]
fn more_trials_recover_better() {
    // Two candidates that share most of what they see.
    let parts = [part(0..8), part(1..9)];
    let slow = recovery(6).with_trial_counts(&[3000, 400, 6000]).unwrap();
    let found = slow.run(&[&parts[0], &parts[1]], &people(6000)).unwrap();
    assert_eq!((found.replicates.len(), found.fewer_trials.len()), (12, 24));
    let curve = found.curve(Criterion::Accuracy, Confidence::default());
    let sizes: Vec<usize> = curve.iter().map(|rate| rate.n_trials).collect();
    assert_eq!(sizes, [400, 3000, 6000]);
    assert!(curve[0].rate < curve[2].rate, "{curve:?}");
    for rate in &curve {
        assert_eq!(rate.n_simulations, 12);
        assert!(rate.interval.contains(rate.rate) && rate.interval.lower < rate.interval.upper);
    }
    assert_eq!(curve[2].rate, found.rate(Criterion::Accuracy));
    let rates = found.rates_by_candidate(Criterion::Accuracy, Confidence::default());
    let mean = rates.iter().flatten().map(|rate| rate.rate).sum::<f64>() / 2.0;
    assert_relative_eq!(mean, curve[2].rate);

    let both = [&parts[0], &parts[1]];
    let many = slow.with_trial_counts(&[7000]).unwrap();
    assert_refused!(
        many.run(&both, &people(6000)),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert!(many.with_trial_counts(&[0]).is_err());
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
