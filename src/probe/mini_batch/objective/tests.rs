//! Tests of the objective.

use super::*;
use crate::error::assert_refused;
use crate::representation::Representation;
use crate::stimuli::Stimuli;
use approx::{assert_abs_diff_eq, assert_relative_eq};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const N_FEATURES: usize = 3;
const TRIALS: [[u32; 3]; 5] = [[0, 5, 2], [7, 2, 5], [5, 0, 7], [2, 1, 0], [0, 5, 2]];
const IMAGES: [u32; 4] = [4, 0, 3, 1];

fn random(n: u32, seed: u64) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let features =
        Array2::from_shape_simple_fn((n as usize, N_FEATURES), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(n), features).unwrap()
}

fn parameters(has_bias: bool) -> Parameters {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let n = N_FEATURES * N_FEATURES + if has_bias { N_FEATURES } else { 0 };
    Parameters {
        values: (0..n).map(|_| rng.random_range(-1.0..1.0)).collect(),
        n_features: N_FEATURES,
    }
}

/// Checks the gradient of the complete objective against central differences.
fn check(n_pairs: usize, has_bias: bool, with_images: bool) {
    let (objects, images) = (random(8, 1), random(6, 2));
    let standardization = Standardization::scalar(0.1, 0.6).unwrap();
    let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
    let mut objective = Objective::new(
        Rows::new(&objects, &standardization),
        TrialLoss {
            n_pairs,
            factor: 1.0 / 0.8,
        },
        Penalty::ScaledIdentity { weight: 0.2 },
        with_images.then_some((&local, &standardization)),
    )
    .unwrap();
    let parameters = parameters(has_bias);
    // The objective and its gradient.
    let mut at = |position: usize, step: f64| {
        let mut moved = parameters.clone();
        moved.values[position] += step;
        let mut gradient = vec![f64::NAN; moved.values.len()];
        let losses = objective.evaluate(&moved, &TRIALS, &IMAGES, &mut gradient);
        let losses = losses.unwrap();
        assert_eq!(losses.local.is_some(), with_images);
        (
            objective.combined(losses) + objective.penalty(&moved),
            gradient,
        )
    };
    let (_, gradient) = at(0, 0.0);
    let step = 1e-6;
    for (position, found) in gradient.into_iter().enumerate() {
        let difference = (at(position, step).0 - at(position, -step).0) / (2.0 * step);
        assert_abs_diff_eq!(found, difference, epsilon = 1e-8);
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for n_pairs in [2, 3] {
        for has_bias in [false, true] {
            check(n_pairs, has_bias, false);
            check(n_pairs, has_bias, true);
        }
    }
}

#[test]
fn validation_is_the_mean_over_all_trials_and_batches() {
    let (objects, images, others) = (random(8, 1), random(6, 2), random(5, 3));
    let none = Standardization::none();
    let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
    let local = local.with_validation(others.clone()).unwrap();
    let trial_loss = TrialLoss {
        n_pairs: 3,
        factor: 1.0,
    };
    let penalty = Penalty::SquaredFrobenius { weight: 1.0 };
    let new = |local| {
        let rows = Rows::new(&objects, &none);
        Objective::new(rows, trial_loss, penalty, Some((local, &none))).unwrap()
    };
    let mut objective = new(&local);
    let parameters = parameters(true);
    let batches = [[0u32, 1, 4], [2, 3, 0]];
    let slices = batches.iter().map(|batch| &batch[..]);
    let found = objective.validate(&parameters, &TRIALS, slices).unwrap();

    // Compute the same with training batches, using the other images as context.
    let context = LocalSimilarity::new(others, 0.3, 0.5).unwrap();
    let mut objective = new(&context);
    let mut unused = vec![0.0; parameters.values.len()];
    let mut of = |trials: &[[u32; 3]], batch: &[u32]| {
        let losses = objective.evaluate(&parameters, trials, batch, &mut unused);
        losses.unwrap()
    };
    let expected = batches.map(|batch| of(&TRIALS, &batch).local.unwrap());
    let local = 0.5 * (expected[0] + expected[1]);
    assert_relative_eq!(found.local.unwrap(), local, max_relative = 1e-14);
    let of_trials: f64 = TRIALS
        .iter()
        .map(|&trial| of(&[trial], &batches[0]).of_trials)
        .sum();
    assert_relative_eq!(found.of_trials, of_trials / 5.0, max_relative = 1e-14);
    let combined = 0.7 * found.of_trials + 0.3 * local;
    assert_relative_eq!(objective.combined(found), combined, max_relative = 1e-14);
}

#[test]
fn images_that_have_no_direction_are_named() {
    let objects = random(8, 1);
    let mut features = random(5, 2).into_features().into_f32();
    features.row_mut(3).fill(0.5);
    let images = Representation::new(Stimuli::numbered(5), features).unwrap();
    // The features of image 3 are nonzero, but become zero by standardization.
    let standardization = Standardization::scalar(0.5, 2.0).unwrap();
    let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
    let refused = Objective::new(
        Rows::new(&objects, &standardization),
        TrialLoss {
            n_pairs: 3,
            factor: 1.0,
        },
        Penalty::SquaredFrobenius { weight: 1.0 },
        Some((&local, &standardization)),
    );
    assert_refused!(refused, Feature(FeatureError::ZeroVector { stimulus }) if stimulus == "3");
}
