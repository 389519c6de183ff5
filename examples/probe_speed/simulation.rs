//! Simulated features, and trials of an observer that can be predicted from them.

use human_alignment::dataset::SimulatedObserver;
use human_alignment::{OddOneOut, Representation, Result, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Simulates features and trials. The k-th singular value of the features is about k^(−`decay`).
/// The observer uses a random linear map of the latent variables of the features, scaled so that
/// choices are neither random nor deterministic.
pub fn simulated(
    n_objects: u32,
    n_features: usize,
    n_trials: usize,
    decay: f64,
) -> Result<(Representation, OddOneOut)> {
    const N_DIMENSIONS: usize = 30;
    const CONTRAST: f64 = 0.5;

    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut normal = |n: usize, p: usize| {
        Array2::<f64>::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
    };
    let n = n_objects as usize;
    let mut latent = normal(n, n_features);
    for (axis, mut column) in latent.columns_mut().into_iter().enumerate() {
        column *= (1.0 + axis as f64).powf(-decay);
    }
    let features = latent.dot(&normal(n_features, n_features));
    let mut seen = latent.dot(&normal(n_features, N_DIMENSIONS));
    seen *= CONTRAST / seen.std(0.0);
    let stimuli = Stimuli::numbered(n_objects);
    let seen = Representation::new(stimuli.clone(), seen.mapv(|x| x as f32))?;
    let trials = SimulatedObserver::new(seen)?.odd_one_out(n_trials, 1)?;
    let features = Representation::new(stimuli, features.mapv(|x| x as f32))?;
    Ok((features, trials.into_judgments()))
}
