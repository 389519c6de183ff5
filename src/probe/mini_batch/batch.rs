//! The objects of a batch, their embedding and their gradient.

use rayon::prelude::*;

use crate::linalg::{matrix, product};
use crate::probe::mini_batch::data::Rows;

/// The parameters of a transform: the weights, features × features in row-major order, followed by
/// the bias if there is one.
#[derive(Clone, PartialEq)]
pub(super) struct Parameters {
    pub values: Vec<f64>,
    pub n_features: usize,
}

impl Parameters {
    pub fn weights(&self) -> &[f64] {
        &self.values[..self.n_features * self.n_features]
    }

    /// Returns the bias; empty if there is none.
    pub fn bias(&self) -> &[f64] {
        &self.values[self.n_features * self.n_features..]
    }
}

/// The objects of the trials of a batch and its context images. They are embedded by one product,
/// and their gradients are combined by one product.
#[derive(Default)]
pub(super) struct Batch {
    /// Standardized features, object by object.
    pub features: Vec<f64>,
    /// Features times weights, plus bias, object by object.
    pub embedded: Vec<f64>,
    /// The gradient of the objective with respect to `embedded`.
    pub gradient: Vec<f64>,
}

impl Batch {
    /// Sets the objects: the `selected` rows, followed by those in `more`.
    pub fn fill(&mut self, rows: Rows<'_>, selected: &[u32], more: Option<(Rows<'_>, &[u32])>) {
        let n_features = rows.n_features();
        let n_more = more.map_or(0, |(_, selected)| selected.len());
        self.features
            .resize((selected.len() + n_more) * n_features, 0.0);
        let (first, second) = self.features.split_at_mut(selected.len() * n_features);
        rows.write(selected, first);
        if let Some((rows, selected)) = more {
            rows.write(selected, second);
        }
    }

    /// Embeds the objects.
    pub fn embed(&mut self, parameters: &Parameters) {
        let n_features = parameters.n_features;
        self.embedded.resize(self.features.len(), 0.0);
        // The row-major weights are the column-major transpose.
        product(
            matrix(parameters.weights(), n_features),
            matrix(&self.features, n_features),
            &mut self.embedded,
        );
        let bias = parameters.bias();
        if !bias.is_empty() {
            self.embedded
                .par_chunks_exact_mut(n_features)
                .for_each(|out| {
                    out.iter_mut().zip(bias).for_each(|(out, b)| *out += b);
                });
        }
    }

    /// Computes the gradient with respect to the parameters from that of the embedded objects.
    pub fn pull_back(&self, n_features: usize, out: &mut [f64]) {
        let (weights, bias) = out.split_at_mut(n_features * n_features);
        product(
            matrix(&self.gradient, n_features),
            matrix(&self.features, n_features).transpose(),
            weights,
        );
        if !bias.is_empty() {
            bias.fill(0.0);
            for gradient in self.gradient.chunks_exact(n_features) {
                bias.iter_mut().zip(gradient).for_each(|(out, g)| *out += g);
            }
        }
    }
}
