//! The certified probe with the trace penalty: against reference optima, its certificate against the known optimum, what it
//! must not depend on, and what it refuses.

use human_alignment::error::{ArgumentError, FeatureError, StimuliError};
use std::ops::ControlFlow;
use std::path::Path;

use approx::{assert_abs_diff_eq, assert_relative_eq};
use human_alignment::dataset::TripletFile;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::probe::{Convergence, Iteration, PenaltyKind, ProbeFit, Standardize};
use human_alignment::transform::{LinearTransform, Standardization};
use human_alignment::{
    AlignmentMetric, Anchored, AnchoredTask, FileSource, OddOneOut, OddOneOutTask, Probe,
    Representation, Similarity, Stimuli, Task, ZeroShotOddOneOut,
};
use ndarray::{Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::{common, simulated};

use crate::common::refusals::assert_refused;

fn trace(weight: f64) -> Probe {
    Probe::new(weight)
        .unwrap()
        .with_penalty_kind(PenaltyKind::Trace)
}

fn features(path: &Path) -> Representation {
    FileSource::open(path).unwrap().read().unwrap()
}

/// Fits and compares with the proved optimum: the objective within both gaps, the gap as small as it has
/// to be, the trace.
fn check_golden<T: Task>(shared: &Path, name: &str, features: &Representation, trials: &Path) {
    let goldens = std::fs::read_to_string(shared.join("goldens/probe.json")).unwrap();
    let goldens: Value = serde_json::from_str(&goldens).unwrap();
    let trials = TripletFile::<T>::read(trials, features.stimuli().clone()).unwrap();
    let trials = trials.into_judgments();
    let choices = ChoiceFrequencies::from_trials(&trials);
    let mut n_checked = 0;
    for (penalty, gap, precision) in [(0.1, 1e-7, 1e-3), (0.01, 1e-6, 1e-3), (0.001, 1e-5, 5e-3)] {
        let golden = &goldens[format!("{name}/{penalty}")];
        if golden.is_null() {
            continue;
        }
        let number = |key: &str| golden[key].as_f64().unwrap();
        let probe = trace(penalty).with_tolerance(gap).unwrap();
        let fit = probe.fit(features, &choices).unwrap();
        assert!(fit.is_certified() && fit.duality_gap() <= gap, "{fit:?}");
        let gaps = fit.duality_gap() + number("duality_gap");
        assert!(
            (fit.objective() - number("objective")).abs() <= gaps,
            "{name} {penalty}"
        );
        assert!(fit.lower_bound() <= number("objective"));
        assert_relative_eq!(fit.trace(), number("trace"), max_relative = precision);
        assert_relative_eq!(
            fit.spectrum().iter().sum::<f64>(),
            fit.trace(),
            max_relative = 1e-9
        );

        // What is found is what the transform does, in f32.
        let transformed = fit.transform().apply(features).unwrap();
        let score = ZeroShotOddOneOut::new(Similarity::Dot)
            .score(&transformed, &trials)
            .unwrap();
        assert_abs_diff_eq!(score.cross_entropy, fit.loss(), epsilon = 1e-6);
        assert_abs_diff_eq!(score.accuracy, number("train_accuracy"), epsilon = 1e-3);
        n_checked += 1;
    }
    assert!(n_checked >= 2);
}

#[test]
fn finds_the_reference_optima_of_real_people() {
    let Some(shared) = common::shared() else {
        return;
    };
    let zappos = shared.join("data/zappos");
    let shoes = features(&zappos.join("alexnet_fc_features.npy"));
    let trials = zappos.join("odd_one_out_derived.npy");
    check_golden::<OddOneOutTask>(&shared, "zappos/odd_one_out_derived", &shoes, &trials);
    let trials = zappos.join("anchored_triplets.npy");
    check_golden::<AnchoredTask>(&shared, "zappos/anchored", &shoes, &trials);
}

#[test]
fn finds_the_reference_optima_of_a_simulated_observer() {
    let Some(shared) = common::shared() else {
        return;
    };
    let features = features(&shared.join("goldens/things_features_b.npy"));
    let trials = shared.join("goldens/things_triplets_simulated.npy");
    check_golden::<OddOneOutTask>(&shared, "features_b/simulated_200k", &features, &trials);
}

/// Returns features with a spectrum, and the choices of an observer who sees a mixture of three of them.
fn simulated<T: Task>(
    n: usize,
    n_features: usize,
    n_questions: usize,
) -> (Representation, ChoiceFrequencies<T>) {
    let (features, trials, _) = simulated::simulated::<T>(n, n_features, n_questions);
    (features, ChoiceFrequencies::from_trials(&trials))
}

fn random_transform(n_features: usize, rank: usize, scale: f64, seed: u64) -> LinearTransform {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let weights =
        Array2::from_shape_simple_fn((n_features, rank), || scale * rng.random_range(-1.0..1.0));
    LinearTransform::new(Standardization::none(), weights).unwrap()
}

/// The lower bound of any transform whatever is below the optimum, and the optimum is below its
/// objective.
fn check_bounds<T: Task>() {
    let (features, choices) = simulated::<T>(20, 12, 3000);
    let none = Standardize::By(Standardization::none());
    let probe = trace(0.01).with_standardize(none);
    let optimum = probe
        .clone()
        .with_tolerance(1e-10)
        .unwrap()
        .fit(&features, &choices)
        .unwrap();
    assert!(optimum.is_certified());
    for seed in 0..60 {
        let scale = 10f64.powf(seed as f64 / 20.0 - 2.0);
        let transform = random_transform(12, 1 + seed as usize % 12, scale, seed);
        let bound = probe.bound(&transform, &features, &choices).unwrap();
        assert!(
            bound.lower_bound <= optimum.objective() + 1e-12,
            "{bound:?}"
        );
        assert!(bound.objective >= optimum.lower_bound(), "{bound:?}");
        assert!(bound.duality_gap() >= bound.objective - optimum.objective());
        assert!(bound.lower_bound >= 0.0);
    }
    // The optimum's own bound is tight, and a bias of the same problem only helps.
    let bound = probe
        .bound(optimum.transform(), &features, &choices)
        .unwrap();
    assert_relative_eq!(bound.objective, optimum.objective(), max_relative = 1e-12);
    assert!(bound.duality_gap() < 1e-9, "{bound:?}");
    let with_bias = probe.with_bias().fit(&features, &choices).unwrap();
    assert!(with_bias.objective() < optimum.objective());
    assert!(with_bias.transform().bias().is_some());
}

#[test]
fn no_bound_is_above_the_optimum() {
    check_bounds::<OddOneOutTask>();
    check_bounds::<AnchoredTask>();
}

#[test]
fn every_iterate_is_bounded_and_the_search_can_be_stopped() {
    let (features, choices) = simulated::<OddOneOutTask>(24, 16, 4000);
    let probe = trace(0.003);
    let mut seen: Vec<Iteration> = Vec::new();
    let optimum = probe.clone().with_tolerance(1e-9).unwrap();
    let optimum = optimum
        .fit_observed(&features, &choices, |iteration| {
            seen.push(*iteration);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(optimum.is_certified());
    assert_eq!(seen[0].number, 0);
    assert!(seen.len() > 25);
    for pair in seen.windows(2) {
        assert!(pair[1].objective <= pair[0].objective + 1e-13);
    }
    for iteration in &seen {
        assert!(iteration.objective - iteration.duality_gap <= optimum.objective() + 1e-12);
    }

    let stopped = probe
        .fit_observed(&features, &choices, |iteration| match iteration.number {
            10 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
    assert_eq!(
        (stopped.outcome(), stopped.n_iterations()),
        (Convergence::Stopped, 10)
    );
    assert_relative_eq!(stopped.objective(), seen[10].objective, max_relative = 1e-9);
    let bound = probe
        .bound(stopped.transform(), &features, &choices)
        .unwrap();
    assert_relative_eq!(bound.objective, stopped.objective(), max_relative = 1e-9);

    let hurried = probe
        .with_max_gradients(15)
        .unwrap()
        .fit(&features, &choices)
        .unwrap();
    assert_eq!(hurried.outcome(), Convergence::OutOfGradients);
    assert!(!hurried.is_certified());
}

/// The similarities of all stimuli under a fit.
fn similarities(fit: &ProbeFit, features: &Representation) -> Array2<f64> {
    let embedded = fit
        .transform()
        .apply(features)
        .unwrap()
        .into_features()
        .into_f64();
    embedded.dot(&embedded.t())
}

#[test]
fn rotated_features_have_the_same_optimum() {
    let (features, choices) = simulated::<OddOneOutTask>(20, 6, 3000);
    let none = || Standardize::By(Standardization::none());
    let probe = trace(0.01)
        .with_standardize(none())
        .with_tolerance(1e-10)
        .unwrap();
    let fit = probe.fit(&features, &choices).unwrap();
    // Rotations in planes, of which floats of 32 bits keep seven digits.
    let mut rotated = features.features().to_f64();
    for (first, second, angle) in [(0, 1, 0.7f64), (1, 4, -1.3), (2, 5, 2.0), (0, 3, 0.4)] {
        let (x, y) = (
            rotated.column(first).to_owned(),
            rotated.column(second).to_owned(),
        );
        rotated
            .column_mut(first)
            .assign(&(angle.cos() * &x - angle.sin() * &y));
        rotated
            .column_mut(second)
            .assign(&(angle.sin() * &x + angle.cos() * &y));
    }
    let rotated = rotated.mapv(|x| x as f32);
    let rotated = Representation::new(features.stimuli().clone(), rotated).unwrap();
    let other = probe.fit(&rotated, &choices).unwrap();
    assert_relative_eq!(fit.objective(), other.objective(), max_relative = 1e-6);
    assert_eq!(fit.spectrum().len(), other.spectrum().len());
    for (a, b) in fit.spectrum().iter().zip(other.spectrum()) {
        assert_relative_eq!(a, b, max_relative = 1e-4, epsilon = 1e-6);
    }
    let difference = similarities(&fit, &features) - similarities(&other, &rotated);
    assert!(difference.iter().all(|x| x.abs() < 1e-4));

    // The symmetric root is the same transform, turned.
    let root = fit.symmetric_root().unwrap();
    assert_eq!(root.weights().dim(), (6, 6));
    let m = |transform: &LinearTransform| transform.weights().dot(&transform.weights().t());
    let difference = m(&root) - m(fit.transform());
    assert!(difference.iter().all(|x| x.abs() < 1e-10));
    assert!(
        (&root.weights() - &root.weights().t())
            .iter()
            .all(|x| x.abs() < 1e-12)
    );
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let (features, choices) = simulated::<OddOneOutTask>(150, 90, 20_000);
    let fit = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| trace(1e-3).with_bias().fit(&features, &choices).unwrap())
    };
    let (one, three) = (fit(1), fit(3));
    assert!(one.is_certified());
    assert_eq!(one, three);
}

#[test]
fn more_features_than_objects_are_as_good_as_few() {
    let (features, choices) = simulated::<OddOneOutTask>(15, 40, 3000);
    let probe = trace(0.01).with_tolerance(1e-9).unwrap();
    let fit = probe.fit(&features, &choices).unwrap();
    let bound = probe.bound(fit.transform(), &features, &choices).unwrap();
    assert_relative_eq!(bound.objective, fit.objective(), max_relative = 1e-10);
    assert!(bound.duality_gap() <= 2e-9);
    assert!(fit.rank() <= 15);
}

#[test]
fn a_limit_on_the_rank_costs_what_the_gap_says() {
    let (features, choices) = simulated::<OddOneOutTask>(24, 10, 6000);
    let probe = trace(1e-3);
    let best = probe.fit(&features, &choices).unwrap();
    assert!(best.rank() > 2);
    let mut last = f64::INFINITY;
    for rank in [1, 2, best.rank()] {
        let fit = probe
            .clone()
            .with_rank(rank)
            .unwrap()
            .fit(&features, &choices)
            .unwrap();
        assert!(fit.rank() <= rank);
        assert!(fit.objective() <= last);
        assert!(fit.duality_gap() >= fit.objective() - best.objective() - 1e-12);
        assert_eq!(fit.is_certified(), fit.duality_gap() <= 1e-7);
        last = fit.objective();
    }
    assert_relative_eq!(last, best.objective(), max_relative = 1e-5);
    assert_refused!(
        probe.with_rank(0),
        Argument(ArgumentError::InvalidParameter { .. })
    );
}

#[test]
fn a_path_ends_where_each_fit_does() {
    let (features, choices) = simulated::<OddOneOutTask>(20, 8, 3000);
    let probe = trace(1.0).with_tolerance(1e-8).unwrap();
    // The first is so large that nothing is the best.
    let penalties = [10.0, 0.1, 0.01, 0.001];
    let path = probe.path(&penalties, &features, &choices).unwrap();
    assert_eq!((path[0].rank(), path[0].trace()), (0, 0.0));
    assert_relative_eq!(path[0].objective(), 3f64.ln(), max_relative = 1e-14);
    assert!(path[0].is_certified());
    assert_eq!(path[0].transform().weights(), Array2::<f64>::zeros((8, 1)));
    for (fit, penalty) in path.iter().zip(penalties) {
        let alone = probe
            .clone()
            .with_penalty(penalty)
            .unwrap()
            .fit(&features, &choices)
            .unwrap();
        assert!(fit.is_certified());
        assert_eq!(fit.penalty(), penalty);
        assert_abs_diff_eq!(fit.objective(), alone.objective(), epsilon = 2e-8);
    }
    assert!(
        path.windows(2)
            .all(|pair| pair[1].trace() > pair[0].trace())
    );
}

#[test]
fn frequencies_are_repeated_trials() {
    let (features, choices) = simulated::<OddOneOutTask>(12, 5, 4000);
    let probe = trace(0.01).with_tolerance(1e-9).unwrap();
    let counted = probe.fit(&features, &choices).unwrap();
    // The same frequencies, as shares of the questions in an order of stimuli that is no order.
    let turned = choices
        .questions()
        .iter()
        .map(|&[a, b, c]| [c, a, b])
        .collect();
    let total: f64 = choices.by_pair().iter().flatten().sum();
    let shares = choices
        .by_pair()
        .iter()
        .map(|&[ab, ac, bc]| [ac, bc, ab].map(|x| x / total));
    let soft = ChoiceFrequencies::<OddOneOutTask>::new(
        choices.stimuli().clone(),
        turned,
        shares.collect(),
    );
    let soft = probe.fit(&features, &soft.unwrap()).unwrap();
    assert_relative_eq!(soft.objective(), counted.objective(), max_relative = 1e-8);

    // Taught its own probabilities, a model has nothing left to learn but the penalty: the loss cannot
    // go below the mean entropy of its teacher.
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let teacher = features.clone();
    let questions =
        OddOneOut::new(choices.stimuli().clone(), choices.questions().to_vec()).unwrap();
    let probabilities = metric.probabilities(&teacher, &questions).unwrap();
    let entropies = metric.entropies(&teacher, &questions).unwrap();
    let frequencies = probabilities
        .rows()
        .into_iter()
        .map(|row| [row[0], row[1], row[2]])
        .collect();
    let taught = ChoiceFrequencies::<OddOneOutTask>::new(
        choices.stimuli().clone(),
        choices.questions().to_vec(),
        frequencies,
    );
    let none = Standardize::By(Standardization::none());
    let probe = trace(1e-6)
        .with_standardize(none)
        .with_tolerance(1e-6)
        .unwrap();
    let student = probe.fit(&teacher, &taught.unwrap()).unwrap();
    let entropy = entropies.iter().sum::<f64>() / entropies.len() as f64;
    assert!(student.loss() >= entropy - 1e-12);
    assert_abs_diff_eq!(student.loss(), entropy, epsilon = 1e-5);
}

#[test]
fn temperature_scales_the_penalty() {
    // With S / τ as logits and M = τ N, the penalty of N is λ τ.
    let (features, choices) = simulated::<AnchoredTask>(14, 5, 2000);
    let probe = trace(0.02).with_tolerance(1e-9).unwrap();
    let fit = probe.fit(&features, &choices).unwrap();
    let half = probe
        .with_temperature(0.5)
        .unwrap()
        .with_penalty(0.04)
        .unwrap();
    let half = half.fit(&features, &choices).unwrap();
    assert_relative_eq!(half.objective(), fit.objective(), max_relative = 1e-8);
    assert_relative_eq!(half.trace(), 0.5 * fit.trace(), max_relative = 1e-4);
    assert_relative_eq!(
        half.spectrum().iter().sum::<f64>(),
        half.trace(),
        max_relative = 1e-9
    );
    let probe = trace(0.04).with_temperature(0.5).unwrap();
    let bound = probe.bound(half.transform(), &features, &choices).unwrap();
    assert_relative_eq!(bound.objective, half.objective(), max_relative = 1e-9);
    assert!(bound.duality_gap() <= 2e-9, "{bound:?}");
    // The transform has this loss at this temperature, by the metric too.
    let transformed = half.transform().apply(&features).unwrap();
    let trials = Anchored::new(choices.stimuli().clone(), choices.questions().to_vec()).unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot)
        .with_temperature(0.5)
        .unwrap();
    let probabilities = metric.probabilities(&transformed, &trials).unwrap();
    let (mut loss, mut total) = (0.0, 0.0);
    for (frequencies, p) in choices.by_pair().iter().zip(probabilities.rows()) {
        loss -= frequencies[0] * p[0].ln() + frequencies[1] * p[1].ln();
        total += frequencies[0] + frequencies[1];
    }
    assert_relative_eq!(loss / total, half.loss(), max_relative = 1e-6);
}

#[test]
fn refuses_what_has_no_answer() {
    for penalty in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_refused!(
            Probe::new(penalty),
            Argument(ArgumentError::InvalidParameter {
                name: "penalty",
                ..
            })
        );
    }
    let probe = trace(0.1);
    assert!(probe.clone().with_temperature(0.0).is_err());
    // However extreme, a temperature is answered.
    let (features, choices) = simulated::<OddOneOutTask>(12, 3, 300);
    for temperature in [1e-200, 1e-30, 1e30, 1e200] {
        let probe = probe.clone().with_temperature(temperature).unwrap();
        let probe = probe.with_max_gradients(100).unwrap();
        let fit = probe.fit(&features, &choices).unwrap();
        assert!(fit.objective() <= 3f64.ln() + 1e-12, "{fit:?}");
    }
    let vanishing = trace(1e-200).with_temperature(1e-200).unwrap();
    assert_refused!(
        vanishing.fit(&features, &choices),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    assert!(probe.clone().with_tolerance(0.0).is_err());
    assert!(probe.clone().with_max_gradients(0).is_err());

    let stimuli = Stimuli::numbered(3);
    let trials = OddOneOut::new(stimuli.clone(), vec![[0, 1, 2]]).unwrap();
    let choices = ChoiceFrequencies::from_trials(&trials);
    let one = Representation::new(Stimuli::numbered(1), array![[1.0, 2.0]]).unwrap();
    assert_refused!(
        probe.fit(&one, &choices),
        Stimuli(StimuliError::Missing { .. })
    );
    let constant = Representation::new(stimuli.clone(), Array2::<f32>::ones((3, 2))).unwrap();
    assert_refused!(
        probe.fit(&constant, &choices),
        Feature(FeatureError::Constant { .. })
    );
    // So large that their squares are beyond what a double holds.
    let huge = Array2::from_shape_fn((3, 2), |(i, j)| 1e38 * (i as f32 - j as f32));
    let huge = Representation::new(stimuli.clone(), huge).unwrap();
    let tiny = Standardization::scalar(0.0, 1e-300).unwrap();
    let refused = probe
        .clone()
        .with_standardize(Standardize::By(tiny))
        .fit(&huge, &choices);
    assert!(refused.is_err(), "{refused:?}");
    let moments = Standardization::per_feature(array![0.0], array![1.0]).unwrap();
    let other = probe
        .clone()
        .with_standardize(Standardize::By(moments))
        .fit(&huge, &choices);
    assert_refused!(other, Argument(ArgumentError::LengthMismatch { .. }));
    let zero = Representation::new(stimuli, Array2::<f32>::zeros((3, 2))).unwrap();
    let none = probe.with_standardize(Standardize::By(Standardization::none()));
    assert_refused!(
        none.fit(&zero, &choices),
        Feature(FeatureError::Constant { .. })
    );
}
