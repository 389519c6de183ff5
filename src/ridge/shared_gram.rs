//! Products of features that are shared by the folds of a cross-validation.

use crate::error::Result;
use crate::inference::Folds;
use crate::linalg::zeroed;
use crate::representation::Representation;
use crate::ridge::gram;
use crate::ridge::rows::{Rows, Scaler};

/// Largest number of folds whose products are stored.
const MOST_FOLDS: usize = 16;

/// Smallest variation of a feature about the mean of training rows, relative to that about the mean
/// of all rows, for which the difference of the two has enough digits.
const SMALLEST_SHARE: f64 = 1e-6;

/// XᵀX of the rows of each fold, centred by the mean of all rows. The product for training rows is
/// the sum over the other folds, so that each row is multiplied once instead of once per training
/// set.
pub(super) struct SharedGram {
    means: Vec<f64>,
    /// Lower triangles, one per fold.
    parts: Vec<Vec<f64>>,
}

impl SharedGram {
    /// Computes the products, or returns `None` if the folds do not need products of features or
    /// there are too many folds.
    pub fn new(features: &Representation, folds: &Folds) -> Result<Option<Self>> {
        let (n, n_features) = (features.n_stimuli(), features.n_features());
        let held_out: Vec<Vec<usize>> = (0..folds.n_folds())
            .map(|fold| folds.held_out(fold))
            .collect();
        let largest = held_out.iter().map(Vec::len).max().unwrap_or(0);
        if n_features >= n - largest || folds.n_folds() > MOST_FOLDS {
            return Ok(None);
        }
        let all: Vec<usize> = (0..n).collect();
        let (means, _) = Rows::new(features, &all).moments()?;
        let scaler = Scaler { means, stds: None };
        let parts = held_out
            .iter()
            .map(|rows| gram::of_features(Rows::new(features, rows), &scaler))
            .collect::<Result<_>>()?;
        Ok(Some(Self {
            means: scaler.means,
            parts,
        }))
    }

    /// Returns XᵀX of the scaled rows of all folds but one, or `None` if the result is too
    /// inaccurate.
    pub fn without(&self, fold: usize, rows: Rows<'_>, scaler: &Scaler) -> Option<Vec<f64>> {
        let n_features = self.means.len();
        let mut gram = zeroed::<f64>(n_features * n_features, "products of features").ok()?;
        let others = self.parts.iter().enumerate();
        for (_, part) in others.filter(|(other, _)| *other != fold) {
            let cells = gram.iter_mut().zip(part);
            cells.for_each(|(sum, product)| *sum += product);
        }
        let shift: Vec<f64> = scaler
            .means
            .iter()
            .zip(&self.means)
            .map(|(mean, of_all)| mean - of_all)
            .collect();
        let n = rows.len() as f64;
        for (column, out) in gram.chunks_exact_mut(n_features).enumerate() {
            let before = out[column];
            let factor = n * shift[column];
            for (product, shift) in out[column..].iter_mut().zip(&shift[column..]) {
                *product -= factor * shift;
            }
            if out[column] < SMALLEST_SHARE * before {
                return None;
            }
        }
        if let Some(stds) = &scaler.stds {
            for (column, out) in gram.chunks_exact_mut(n_features).enumerate() {
                let cells = out[column..].iter_mut().zip(&stds[column..]);
                cells.for_each(|(product, std)| *product /= stds[column] * std);
            }
        }
        Some(gram)
    }
}
