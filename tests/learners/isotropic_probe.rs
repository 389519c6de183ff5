//! The probe with the isotropic penalty: against optima of scipy, its certificate, its limits, and
//! what it must not depend on.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use human_alignment::calibration::TemperatureScaling;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::probe::{PenaltyKind, Standardize};
use human_alignment::transform::{LinearTransform, Standardization};
use human_alignment::{
    AnchoredTask, OddOneOutTask, Probe, Representation, Similarity, Stimuli, Task,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::simulated;

fn isotropic(weight: f64) -> Probe {
    Probe::new(weight)
        .unwrap()
        .with_penalty_kind(PenaltyKind::Isotropic)
}

/// Returns features and choice frequencies that follow formulas, so that another program can compute
/// the same problem.
fn problem<T: Task>(n: usize, n_features: usize) -> (Representation, ChoiceFrequencies<T>) {
    let features = Array2::from_shape_fn((n, n_features), |(i, j)| {
        ((i * (j + 3) * 7 + j * j) % 11) as f64 - 4.0
    });
    let (mut questions, mut frequencies) = (Vec::new(), Vec::new());
    for t in 0..40 * n {
        let a = (t * 5 + 1) % n;
        let b = (a + 1 + (t * 7) % (n - 2)) % n;
        let c = (b + 1 + (t * 3) % (n - 2)) % n;
        if a != b && a != c && b != c {
            let third = ((t * 17) % 3) as f64 / 3.0 + 0.05;
            questions.push([a, b, c].map(|object| object as u32));
            frequencies.push([
                ((t * 13) % 7) as f64 / 7.0 + 0.1 * (t % 3) as f64,
                ((t * 29) % 5) as f64 / 5.0 + 0.02,
                if T::N_PAIRS == 3 { third } else { 0.0 },
            ]);
        }
    }
    let stimuli = Stimuli::numbered(n as u32);
    let representation = Representation::new(stimuli.clone(), features).unwrap();
    let choices = ChoiceFrequencies::new(stimuli, questions, frequencies).unwrap();
    (representation, choices)
}

/// Fits and compares with the minimum and the scale a found by scipy 1.17, L-BFGS-B over a full factor
/// W of M from four starts, `ftol` 1e-16.
fn check<T: Task>(n: usize, n_features: usize, probe: Probe, minimum: f64, scale: f64) {
    let (features, choices) = problem::<T>(n, n_features);
    let probe = probe.with_tolerance(1e-10).unwrap();
    let fit = probe.fit(&features, &choices).unwrap();
    assert!(
        fit.is_certified(),
        "{:?} {:e}",
        fit.outcome(),
        fit.duality_gap()
    );
    assert_abs_diff_eq!(fit.objective(), minimum, epsilon = 2e-10);
    assert_relative_eq!(fit.identity_scale(), scale, max_relative = 1e-4);
    assert!(fit.lower_bound() <= minimum + 1e-12);
    let bound = probe.bound(fit.transform(), &features, &choices).unwrap();
    assert_abs_diff_eq!(bound.objective, minimum, epsilon = 2e-10);
    assert_abs_diff_eq!(bound.loss, fit.loss(), epsilon = 1e-10);
    assert!(bound.duality_gap() < 1e-8);
}

#[test]
fn finds_the_optima_of_scipy() {
    check::<OddOneOutTask>(
        12,
        4,
        isotropic(0.1),
        1.0495997215560158,
        0.44070369877615156,
    );
    check::<OddOneOutTask>(
        12,
        4,
        isotropic(0.001),
        0.8644313145009633,
        2.4963501816729456,
    );
    check::<OddOneOutTask>(
        9,
        15,
        isotropic(0.01),
        1.086946853768051,
        0.3102735113925955,
    );
    check::<AnchoredTask>(
        10,
        6,
        isotropic(0.01),
        0.6907059774996657,
        0.23186861262159555,
    );
    let warm = isotropic(0.01).with_temperature(0.5).unwrap();
    check::<OddOneOutTask>(12, 4, warm, 0.8952014616658834, 1.0426605916238647);
    check::<OddOneOutTask>(
        12,
        4,
        isotropic(0.01).with_bias(),
        0.9789972948866389,
        1.3811771043011292,
    );
}

fn check_bounds<T: Task>() {
    for n_features in [4, 15] {
        let (features, choices) = problem::<T>(12, n_features);
        let none = Standardize::By(Standardization::none());
        let probe = isotropic(0.01).with_standardize(none);
        let precise = probe.clone().with_tolerance(1e-10).unwrap();
        let optimum = precise.fit(&features, &choices).unwrap();
        assert!(optimum.is_certified());
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for trial in 0..60 {
            let scale = 10f64.powf(f64::from(trial) / 20.0 - 3.0);
            let rank = 1 + trial as usize % n_features;
            let uniform = || scale * rng.random_range(-1.0..1.0);
            let weights = Array2::from_shape_simple_fn((n_features, rank), uniform);
            let transform = LinearTransform::new(Standardization::none(), weights).unwrap();
            let bound = probe.bound(&transform, &features, &choices).unwrap();
            assert!(
                bound.lower_bound <= optimum.objective() + 1e-12,
                "{bound:?}"
            );
            assert!(bound.objective >= optimum.lower_bound(), "{bound:?}");
            assert!(bound.lower_bound >= 0.0);
        }
    }
}

#[test]
fn no_bound_is_above_the_optimum() {
    check_bounds::<OddOneOutTask>();
    check_bounds::<AnchoredTask>();
}

#[test]
fn a_large_weight_gives_the_best_temperature() {
    let (features, choices) = problem::<OddOneOutTask>(12, 4);
    let probe = isotropic(1e6).with_tolerance(1e-10).unwrap();
    let fit = probe.fit(&features, &choices).unwrap();
    assert!(fit.is_certified());
    let standardization = fit.transform().standardization().clone();
    let identity = LinearTransform::new(standardization, Array2::eye(4)).unwrap();
    let standardized = identity.apply(&features).unwrap();
    let zero_shot = TemperatureScaling::new(Similarity::Dot)
        .fit(&standardized, &choices)
        .unwrap();
    assert_abs_diff_eq!(fit.loss(), zero_shot.cross_entropy_after, epsilon = 1e-6);
    let temperature = zero_shot.temperature().unwrap();
    let weight = fit.transform().weights()[[0, 0]];
    assert_relative_eq!(weight * weight, 1.0 / temperature, max_relative = 1e-6);
}

#[test]
fn extreme_temperatures_are_answered() {
    let (features, choices) = problem::<OddOneOutTask>(12, 4);
    for temperature in [1e-30, 1e-3, 1e30, 1e100] {
        let probe = isotropic(0.01).with_temperature(temperature).unwrap();
        let probe = probe.with_max_gradients(200).unwrap();
        let fit = probe.fit(&features, &choices).unwrap();
        assert!(fit.objective() <= 3f64.ln() + 1e-12, "{fit:?}");
        assert!(fit.is_certified() || temperature < 1e-3, "{fit:?}");
    }
}

#[test]
fn new_stimuli_keep_the_directions_that_no_trial_contains() {
    // The trials contain 9 objects, whose features span 9 of 15 dimensions.
    let (features, choices) = problem::<OddOneOutTask>(9, 15);
    let fit = isotropic(0.01).fit(&features, &choices).unwrap();
    let weights = fit.transform().weights().to_owned();
    let m = weights.dot(&weights.t());
    // A vector that is orthogonal to all rows is only scaled.
    let (mean, std) = fit.transform().standardization().of_feature(0).unwrap();
    let rows = features.features().to_f64().mapv(|x| (x - mean) / std);
    let mut vector = ndarray::Array1::from_shape_fn(15, |i| (i as f64 * 0.7).sin());
    let mut basis: Vec<ndarray::Array1<f64>> = Vec::new();
    for row in rows.rows() {
        let mut row = row.to_owned();
        // Twice, for orthogonality up to rounding.
        for _ in 0..2 {
            for axis in &basis {
                let share = axis.dot(&row);
                row.scaled_add(-share, axis);
            }
        }
        let length = row.dot(&row).sqrt();
        basis.push(row / length);
    }
    for axis in basis.iter().chain(&basis) {
        let share = axis.dot(&vector);
        vector.scaled_add(-share, axis);
    }
    let mean_square = rows.iter().map(|x| x * x).sum::<f64>() / 9.0;
    let scaled = fit.identity_scale() / mean_square * &vector;
    let transformed = m.dot(&vector);
    for (found, expected) in transformed.iter().zip(&scaled) {
        assert_abs_diff_eq!(found, expected, epsilon = 1e-9);
    }
    assert_relative_eq!(
        fit.spectrum().iter().sum::<f64>(),
        fit.trace(),
        max_relative = 1e-9
    );
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let (features, trials, _) = simulated::simulated::<OddOneOutTask>(150, 90, 20_000);
    let choices = ChoiceFrequencies::from_trials(&trials);
    let fit = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        let probe = isotropic(1e-3).with_bias();
        pool.install(|| probe.fit(&features, &choices).unwrap())
    };
    let (one, three) = (fit(1), fit(3));
    assert!(one.is_certified());
    assert_eq!(one, three);
}

#[test]
fn a_path_ends_where_each_fit_does() {
    let (features, choices) = problem::<OddOneOutTask>(12, 4);
    let probe = isotropic(1.0).with_tolerance(1e-9).unwrap();
    let penalties = [10.0, 0.1, 0.001];
    let path = probe.path(&penalties, &features, &choices).unwrap();
    for (penalty, fit) in penalties.iter().zip(&path) {
        let alone = probe.clone().with_penalty(*penalty).unwrap();
        let alone = alone.fit(&features, &choices).unwrap();
        assert!(fit.is_certified());
        assert_abs_diff_eq!(fit.objective(), alone.objective(), epsilon = 1e-9);
    }
}

#[test]
fn choices_that_the_features_predict_end_with_a_certificate() {
    // All choices agree with the features, so that the loss has no minimum but a limit of 0.
    let features = ndarray::array![[1.0, 0.0], [0.9, 0.1], [-1.0, 0.2], [-0.8, -0.3]];
    let stimuli = Stimuli::numbered(4);
    let representation = Representation::new(stimuli.clone(), features).unwrap();
    let questions = vec![[0, 1, 2], [0, 1, 3], [2, 3, 0], [2, 3, 1]];
    let certain = vec![[1.0, 0.0, 0.0]; 4];
    let choices = ChoiceFrequencies::<OddOneOutTask>::new(stimuli, questions, certain).unwrap();
    let fit = isotropic(0.01).fit(&representation, &choices).unwrap();
    assert!(fit.is_certified(), "{fit:?}");
    assert!(fit.objective() < 1e-7);
}

#[test]
fn a_limit_on_the_rank_removes_all_other_directions() {
    // 9 objects span 9 of 15 dimensions.
    let (features, choices) = problem::<OddOneOutTask>(9, 15);
    let full = isotropic(0.001).fit(&features, &choices).unwrap();
    for rank in [2, 12] {
        let limited = isotropic(0.001).with_rank(rank).unwrap();
        let fit = limited.fit(&features, &choices).unwrap();
        assert_eq!(fit.rank(), rank.min(9));
        assert_eq!(fit.transform().n_dimensions(), rank.min(9));
        assert_eq!(fit.identity_scale(), 0.0);
        // The minimum of any rank is between the objective and its bound.
        assert!(full.objective() <= fit.objective() + 1e-7);
        assert!(fit.lower_bound() <= full.objective());
        let bound = limited.bound(fit.transform(), &features, &choices).unwrap();
        assert_relative_eq!(bound.loss, fit.loss(), max_relative = 1e-9);
        let root = fit.symmetric_root().unwrap();
        let root = limited.bound(&root, &features, &choices).unwrap();
        assert_relative_eq!(root.objective, bound.objective, max_relative = 1e-9);
    }
    assert_eq!(full.symmetric_root().unwrap(), *full.transform());
}
