//! The minimal work of a gradient of the probe.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, Par};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Matrices with the shapes of a fit at a given rank.
pub struct Products {
    features: Mat<f64>,
    weights: Mat<f64>,
    derivatives: Mat<f64>,
    embedding: Mat<f64>,
    similarities: Mat<f64>,
    by_embedding: Mat<f64>,
    by_weights: Mat<f64>,
}

impl Products {
    pub fn new(n_objects: usize, n_features: usize, rank: usize) -> Self {
        // The rank of the features is at most the number of objects.
        let (n, p) = (n_objects, n_features.min(n_objects));
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut random = |n, p| Mat::<f64>::from_fn(n, p, |_, _| rng.random_range(-1.0..1.0));
        Self {
            features: random(n, p),
            weights: random(p, rank),
            derivatives: random(n, n),
            embedding: Mat::zeros(n, rank),
            similarities: Mat::zeros(n, n),
            by_embedding: Mat::zeros(n, rank),
            by_weights: Mat::zeros(p, rank),
        }
    }

    /// Computes the four products of a gradient: the embedding, the similarities (one triangle),
    /// and the derivatives by the embedding and by the weights.
    pub fn multiply(&mut self) {
        let parallel = Par::rayon(rayon::current_num_threads());
        matmul(
            &mut self.embedding,
            Accum::Replace,
            &self.features,
            &self.weights,
            1.0,
            parallel,
        );
        triangular::matmul(
            &mut self.similarities,
            BlockStructure::TriangularLower,
            Accum::Replace,
            &self.embedding,
            BlockStructure::Rectangular,
            self.embedding.transpose(),
            BlockStructure::Rectangular,
            1.0,
            parallel,
        );
        matmul(
            &mut self.by_embedding,
            Accum::Replace,
            &self.derivatives,
            &self.embedding,
            1.0,
            parallel,
        );
        matmul(
            &mut self.by_weights,
            Accum::Replace,
            self.features.transpose(),
            &self.by_embedding,
            1.0,
            parallel,
        );
    }
}

/// A pass over the trials with three loads and three additions per trial. Each thread adds to its
/// own matrix; the sum of these matrices is omitted.
pub struct Pass<'t> {
    n_objects: usize,
    trials: &'t [[u32; 3]],
    similarities: Vec<f64>,
    derivatives: Vec<f64>,
}

impl<'t> Pass<'t> {
    pub fn new(n_objects: usize, trials: &'t [[u32; 3]]) -> Self {
        let size = n_objects * n_objects;
        Self {
            n_objects,
            trials,
            similarities: vec![0.5; size],
            derivatives: vec![0.0; size * rayon::current_num_threads()],
        }
    }

    pub fn run(&mut self) {
        let n = self.n_objects;
        let similarities = &self.similarities;
        let of_thread = self.trials.len().div_ceil(self.derivatives.len() / (n * n));
        let parts = self
            .derivatives
            .par_chunks_mut(n * n)
            .zip(self.trials.par_chunks(of_thread));
        parts.for_each(|(derivatives, trials)| {
            for &[a, b, c] in trials {
                let (a, b, c) = (a as usize, b as usize, c as usize);
                let (ab, ac, bc) = (a * n + b, a * n + c, b * n + c);
                let sum = similarities[ab] + similarities[ac] + similarities[bc];
                derivatives[ab] += sum - similarities[ab];
                derivatives[ac] += sum - similarities[ac];
                derivatives[bc] += sum - similarities[bc];
            }
        });
    }
}
