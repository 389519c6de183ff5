//! Input and reference computations of the benchmarks: the minimal work of any such program (the
//! floor), and a plain loop.

#![allow(dead_code)] // No target uses all of them.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};
use human_alignment::{OddOneOut, Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Number of objects of the THINGS data set.
pub const N_STIMULI: usize = 1854;

/// Number of trials of the THINGS data set.
pub const N_TRIALS: usize = 4_700_000;

/// Creates random features, `N_STIMULI × n_features`.
pub fn features(n_features: usize) -> Representation {
    random_features(N_STIMULI, n_features)
}

/// Creates random features, `n_stimuli × n_features`.
pub fn random_features(n_stimuli: usize, n_features: usize) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(n_features as u64);
    let features =
        Array2::from_shape_simple_fn((n_stimuli, n_features), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(n_stimuli as u32), features).unwrap()
}

/// Creates `N_TRIALS` random odd-one-out trials.
pub fn trials() -> OddOneOut {
    random_trials(N_STIMULI, N_TRIALS, 1)
}

/// Creates random odd-one-out trials.
pub fn random_trials(n_stimuli: usize, n_trials: usize, seed: u64) -> OddOneOut {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n_stimuli as u32)) };
    let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
    let trials = std::iter::repeat_with(draw)
        .filter(different)
        .take(n_trials);
    OddOneOut::new(Stimuli::numbered(n_stimuli as u32), trials.collect()).unwrap()
}

/// Number of trials of a participant of the THINGS data set, in which 12,340 people answered.
const N_TRIALS_OF_PARTICIPANT: usize = 381;

/// Returns the same trials with participants, one after the other.
pub fn with_participants(trials: &OddOneOut) -> OddOneOut {
    let participant = |trial: usize| (trial / N_TRIALS_OF_PARTICIPANT).to_string();
    let participants = (0..trials.len()).map(participant);
    trials.clone().with_participants(participants).unwrap()
}

/// Computes the first part of the floor: the product of a matrix with its transpose, in `f32`, in
/// parallel.
pub fn gemm(features: &[f32], n_features: usize, gram: &mut [f32]) {
    let features = MatRef::from_row_major_slice(features, N_STIMULI, n_features);
    let gram = MatMut::from_row_major_slice_mut(gram, N_STIMULI, N_STIMULI);
    let threads = Par::rayon(rayon::current_num_threads());
    matmul(
        gram,
        Accum::Replace,
        features,
        features.transpose(),
        1.0,
        threads,
    );
}

/// Computes the lower triangle of the product of a matrix with its transpose, in `f64`, in
/// parallel: the floor of a correlation RDM.
pub fn half_product(features: &[f64], n_features: usize, gram: &mut [f64]) {
    let features = MatRef::from_row_major_slice(features, N_STIMULI, n_features);
    triangular::matmul(
        MatMut::from_row_major_slice_mut(gram, N_STIMULI, N_STIMULI),
        BlockStructure::TriangularLower,
        Accum::Replace,
        features,
        BlockStructure::Rectangular,
        features.transpose(),
        BlockStructure::Rectangular,
        1.0,
        Par::rayon(rayon::current_num_threads()),
    );
}

/// Computes the second part of the floor: one pass over the trials with three loads per trial, in
/// parallel.
pub fn pass(gram: &[f32], trials: &[[u32; 3]]) -> usize {
    let correct = |&[i, j, k]: &[u32; 3]| {
        let (i, j, k) = (i as usize, j as usize, k as usize);
        let chosen = gram[i * N_STIMULI + j];
        chosen > gram[i * N_STIMULI + k] && chosen > gram[j * N_STIMULI + k]
    };
    let count = |trials: &[[u32; 3]]| trials.iter().filter(|trial| correct(trial)).count();
    trials.par_chunks(1 << 14).map(count).sum()
}

/// Counts correct trials in a plain loop, with three cosines per trial.
pub fn plain_loop(features: &Array2<f32>, trials: &[[u32; 3]]) -> usize {
    let cosine = |a: u32, b: u32| {
        let (a, b) = (features.row(a as usize), features.row(b as usize));
        a.dot(&b) / (a.dot(&a).sqrt() * b.dot(&b).sqrt())
    };
    let correct = |&&[i, j, k]: &&[u32; 3]| {
        let chosen = cosine(i, j);
        chosen > cosine(i, k) && chosen > cosine(j, k)
    };
    trials.iter().filter(correct).count()
}
