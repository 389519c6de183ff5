//! The cross-validated probe and transfer: what is held out, what is counted, what leaks.

use approx::assert_relative_eq;
use human_alignment::dataset::{SimulatedObserver, TripletFile};
use human_alignment::error::ArgumentError;
use human_alignment::inference::{Comparison, Confidence, Folds, clustered_mean};
use human_alignment::metric::rsa::{Comparator, RsaBootstrap};
use human_alignment::probe::{HoldOut, Moments, ProbeCrossValidation};
use human_alignment::rdm::{Participant, RdmSet};
use human_alignment::{
    Dissimilarity, FileSource, OddOneOut, OddOneOutTask, Probe, Representation,
    RepresentationalSimilarity, Similarity, Stimuli, ZeroShotOddOneOut, transfer,
};
use ndarray::{Array2, Axis, Slice};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::assert_refused;

/// Features of which people see the first two, and the rest is noise as large.
fn simulated(n: usize, n_trials: usize) -> (Representation, OddOneOut) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let features = Array2::from_shape_simple_fn((n, 8), || rng.random_range(-1.0..1.0f32));
    let seen = first_two(&features).mapv(|x| 3.0 * x);
    let stimuli = Stimuli::new((0..n).map(|index| format!("object {index}"))).unwrap();
    let observer = SimulatedObserver::new(Representation::new(stimuli.clone(), seen).unwrap());
    let trials = observer
        .unwrap()
        .odd_one_out(n_trials, 2)
        .unwrap()
        .into_judgments();
    (Representation::new(stimuli, features).unwrap(), trials)
}

fn first_two(features: &Array2<f32>) -> Array2<f32> {
    features.slice_axis(Axis(1), Slice::from(..2)).to_owned()
}

fn dot() -> ZeroShotOddOneOut {
    ZeroShotOddOneOut::new(Similarity::Dot)
}

#[test]
fn a_probe_generalises_to_objects_it_has_not_seen() {
    let (features, trials) = simulated(60, 20_000);
    let validation = ProbeCrossValidation::new(Probe::new(0.01).unwrap())
        .with_penalties(&[0.001, 1.0, 0.01])
        .unwrap()
        .with_zero_shot(dot());
    let found = validation.run(&features, &trials).unwrap();
    assert_eq!(found.folds.len(), 3);
    let mut n_tested = 0;
    for fold in &found.folds {
        let n = fold.n_training_trials + fold.n_test_trials + fold.n_straddling;
        assert_eq!(n, trials.len());
        assert_eq!(fold.n_training_objects + fold.n_test_objects, 60);
        assert_eq!(fold.n_test_trials as u64, fold.probed.n_trials);
        // From large to small, and the best of them.
        let penalties: Vec<f64> = fold.candidates.iter().map(|c| c.penalty).collect();
        assert_eq!(penalties, [1.0, 0.01, 0.001]);
        let costs = fold.candidates.iter().map(|c| c.cross_entropy);
        let best = costs.clone().fold(f64::INFINITY, f64::min);
        assert!(
            fold.candidates
                .iter()
                .any(|c| (c.penalty, c.cross_entropy) == (fold.penalty, best))
        );
        assert!(fold.outcome == human_alignment::probe::Convergence::Certified);
        n_tested += fold.n_test_trials;
    }
    assert_eq!(found.n_untested, trials.len() - n_tested);
    let pooled = &found.pooled;
    assert_eq!(pooled.n_trials, n_tested);
    let mean = |of: fn(&human_alignment::probe::ProbeFoldResult) -> f64| {
        let sums = found
            .folds
            .iter()
            .map(|fold| of(fold) * fold.n_test_trials as f64);
        sums.sum::<f64>() / n_tested as f64
    };
    assert!((pooled.probed.accuracy.value - mean(|fold| fold.probed.accuracy)).abs() < 1e-12);
    assert!(
        (pooled.zero_shot.cross_entropy - mean(|fold| fold.zero_shot.cross_entropy)).abs() < 1e-12
    );
    let gain = pooled.probed.accuracy.value - pooled.zero_shot.accuracy.value;
    assert!((pooled.difference.difference.value - gain).abs() < 1e-12);
    assert!(pooled.difference.interval.lower > 0.05, "{pooled:?}");
    assert_eq!(found, validation.run(&features, &trials).unwrap());
    assert_ne!(
        found,
        validation.with_seed(9).run(&features, &trials).unwrap()
    );
}

/// The correction for the fits: 1 + 20/40, for what is fitted.
#[test]
fn variances_include_those_of_the_fits() {
    let (features, trials) = simulated(60, 8000);
    let folds = Folds::contiguous(60, 3).unwrap();
    let validation = ProbeCrossValidation::new(Probe::new(0.01).unwrap()).with_zero_shot(dot());
    let found = validation
        .clone()
        .with_object_folds(folds.clone())
        .run(&features, &trials)
        .unwrap();
    assert_eq!(found.pooled.variance_factor, 1.5);
    let (mut tested, mut probed) = (Vec::new(), Vec::new());
    for (number, fold) in found.folds.iter().enumerate() {
        let within = |&stimulus: &u32| folds.assignments()[stimulus as usize] == number;
        let all = trials.as_slice().iter().enumerate();
        let of_fold = all.filter(|(_, trial)| trial.iter().all(within));
        let of_fold: Vec<usize> = of_fold.map(|(position, _)| position).collect();
        let test = trials.select(&of_fold).unwrap();
        let transformed = fold.fit.transform().apply(&features).unwrap();
        probed.extend(
            dot()
                .outcomes(&transformed, &test)
                .unwrap()
                .credits()
                .to_vec(),
        );
        tested.extend(of_fold);
    }
    let tested = trials.select(&tested).unwrap();
    let given_the_fits = clustered_mean(&tested, &probed).unwrap();
    let as_it_is = dot()
        .outcomes(&features, &tested)
        .unwrap()
        .credits()
        .to_vec();
    let zero_shot = clustered_mean(&tested, &as_it_is).unwrap();
    let pooled = &found.pooled;
    assert_eq!(pooled.zero_shot.accuracy, zero_shot);
    let accuracy = pooled.probed.accuracy;
    assert_relative_eq!(accuracy.value, given_the_fits.value, max_relative = 1e-12);
    let error = given_the_fits.standard_error.unwrap();
    let expected = error * 1.5f64.sqrt();
    assert_relative_eq!(
        accuracy.standard_error.unwrap(),
        expected,
        max_relative = 1e-12
    );
    let confidence = Confidence::default();
    let compared = Comparison::all_pairs(&tested, &[&probed, &as_it_is], confidence).unwrap();
    let given_the_fits = compared[0].difference;
    let error = given_the_fits.standard_error.unwrap() * 1.5f64.sqrt();
    let found = pooled.difference.difference;
    assert_relative_eq!(found.standard_error.unwrap(), error, max_relative = 1e-12);
    let bounds = [-1.0, 1.0];
    assert_eq!(pooled.difference.p_value, found.p_value_within(0.0, bounds));
    assert_eq!(
        pooled.difference.interval,
        found.interval_within(confidence, bounds)
    );
    // Folds of trials: as many test trials as half of the training trials.
    let of_trials = validation
        .with_folds(HoldOut::TrialsSharingObjects, 3)
        .unwrap();
    let found = of_trials.run(&features, &trials).unwrap();
    assert_relative_eq!(found.pooled.variance_factor, 1.5, epsilon = 1e-3);
}

#[test]
fn nothing_of_the_held_out_objects_is_known_to_a_fold() {
    let (features, trials) = simulated(30, 6000);
    let folds = Folds::contiguous(30, 3).unwrap();
    let validation = ProbeCrossValidation::new(Probe::new(0.01).unwrap())
        .with_penalties(&[0.1, 0.01])
        .unwrap()
        .with_object_folds(folds)
        .with_zero_shot(dot());
    let fit_of_first = |features: &Representation| {
        validation
            .run(features, &trials)
            .unwrap()
            .folds
            .remove(0)
            .fit
    };
    // Ten times as large, the held-out objects change nothing of what is learned from the others.
    let mut other = features.features().to_f32();
    other
        .slice_axis_mut(Axis(0), Slice::from(..10))
        .mapv_inplace(|x| 10.0 * x);
    let other = Representation::new(features.stimuli().clone(), other).unwrap();
    assert_eq!(fit_of_first(&features), fit_of_first(&other));
    // Unless their moments are taken too, as published.
    let leaky = validation.clone().with_moments(Moments::AllObjects);
    let fit = |features| leaky.run(features, &trials).unwrap().folds.remove(0).fit;
    assert_ne!(fit(&features), fit(&other));
}

#[test]
fn trials_that_share_objects_leak() {
    // Nothing in the features explains what people say of new objects: only the objects seen can be
    // learned by heart, in as many dimensions as there are objects.
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut random = |n, p| Array2::from_shape_simple_fn((n, p), || rng.random_range(-1.0..1.0f32));
    let stimuli = Stimuli::numbered(24);
    let seen = Representation::new(stimuli.clone(), 2.0 * random(24, 3)).unwrap();
    let features = Representation::new(stimuli, random(24, 24)).unwrap();
    let trials = SimulatedObserver::new(seen)
        .unwrap()
        .odd_one_out(8000, 1)
        .unwrap();
    let validation = ProbeCrossValidation::new(Probe::new(1e-6).unwrap()).with_zero_shot(dot());
    let trials = trials.into_judgments();
    let accuracy = |hold_out| {
        let validation = validation.clone().with_folds(hold_out, 3).unwrap();
        let found = validation.run(&features, &trials).unwrap();
        (found.pooled.probed.accuracy.value, found.n_untested)
    };
    let (of_objects, n_untested) = accuracy(HoldOut::Objects);
    assert!(n_untested > 0);
    let (leaking, n_untested) = accuracy(HoldOut::TrialsSharingObjects);
    assert_eq!(n_untested, 0);
    assert!(of_objects < 0.5 && leaking > 0.65, "{of_objects} {leaking}");
}

#[test]
fn folds_without_trials_are_named() {
    let (features, _) = simulated(9, 10);
    let stimuli = features.stimuli().clone();
    let trials = OddOneOut::new(stimuli, vec![[0, 1, 2], [3, 4, 5], [0, 4, 8], [6, 7, 0]]).unwrap();
    let folds = Folds::contiguous(9, 3).unwrap();
    let validation = ProbeCrossValidation::new(Probe::new(0.1).unwrap());
    let refused = validation
        .clone()
        .with_object_folds(folds)
        .run(&features, &trials)
        .unwrap_err();
    assert_eq!(refused.report().to_string(), "fold 2: there are no trials");
    let folds = Folds::contiguous(8, 2).unwrap();
    let refused = validation
        .clone()
        .with_object_folds(folds)
        .run(&features, &trials);
    assert_refused!(
        refused,
        Argument(ArgumentError::LengthMismatch {
            expected: 9,
            found: 8,
            ..
        })
    );
    assert!(validation.clone().with_folds(HoldOut::Objects, 1).is_err());
    let many = validation.clone().with_folds(HoldOut::Objects, 10).unwrap();
    assert_refused!(
        many.run(&features, &trials),
        Argument(ArgumentError::TooFew { .. })
    );
    assert!(validation.clone().with_penalties(&[]).is_err());
    assert!(validation.clone().with_penalties(&[0.1, 0.1]).is_err());
    assert!(validation.with_penalties(&[0.1, 0.0]).is_err());
}

#[test]
fn what_was_learned_carries_over_to_dissimilarities() {
    let (features, trials) = simulated(40, 10_000);
    let choices = human_alignment::judgment::ChoiceFrequencies::from_trials(&trials);
    let fit = Probe::new(0.01).unwrap().fit(&features, &choices).unwrap();

    // People who arrange other objects by the same two features, with noise.
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let other = Array2::from_shape_simple_fn((20, 8), || rng.random_range(-1.0..1.0f32));
    let other = Representation::new(Stimuli::numbered(20), other).unwrap();
    let seen = |noise: f32, rng: &mut ChaCha8Rng| {
        let seen = first_two(&other.features().to_f32())
            .mapv(|x| x + noise * rng.random_range(-1.0..1.0f32));
        let seen = Representation::new(other.stimuli().clone(), seen).unwrap();
        Dissimilarity::Euclidean.rdm(&seen).unwrap()
    };
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let rdms = ids.iter().map(|_| seen(0.3, &mut rng)).collect();
    let people = ids.map(Participant::new).to_vec();
    let people = RdmSet::new(people, rdms).unwrap();
    let metric = RepresentationalSimilarity::new(Dissimilarity::Euclidean, Comparator::Spearman);
    let without = transfer(fit.transform(), &other, &people, &metric).unwrap();
    assert!(without.difference.is_none());
    assert!(
        without.after.value > without.before.value + 0.3,
        "{without:?}"
    );
    let metric = metric.with_bootstrap(RsaBootstrap::new(200, 1).unwrap());
    let with = transfer(fit.transform(), &other, &people, &metric).unwrap();
    assert_eq!(with.after.value, without.after.value);
    assert!(with.difference.unwrap().interval.lower > 0.0);
}

#[test]
fn real_people_and_real_features() {
    let Some(shared) = common::shared() else {
        return;
    };
    let zappos = shared.join("data/zappos");
    let features = FileSource::open(zappos.join("alexnet_fc_features.npy"))
        .unwrap()
        .read()
        .unwrap();
    let trials = zappos.join("odd_one_out_derived.npy");
    let trials = TripletFile::<OddOneOutTask>::read(trials, features.stimuli().clone()).unwrap();
    let trials = trials.into_judgments();
    let validation =
        ProbeCrossValidation::new(Probe::new(1e-4).unwrap().with_tolerance(1e-4).unwrap())
            .with_penalties(&[1e-2, 1e-3, 1e-4, 1e-5])
            .unwrap();
    let found = validation.run(&features, &trials).unwrap();
    let n_test: usize = found.folds.iter().map(|fold| fold.n_test_trials).sum();
    assert_eq!(
        (n_test, n_test + found.n_untested),
        (found.pooled.n_trials, 83_545)
    );
    // Shoes are judged by much the same features: a map learned from some helps with others.
    assert!(
        found.pooled.difference.interval.lower > 0.0,
        "{:?}",
        found.pooled
    );
}
