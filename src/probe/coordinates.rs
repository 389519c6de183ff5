//! Coordinates of objects in the row space of their features.

use std::cell::OnceCell;

use faer::{Mat, MatRef};

use crate::error::{FeatureError, Result};
use crate::linalg::{eigen, lower_gram, matrix, mirror, product, zeroed};

/// The objects in an orthonormal basis of the row space of their features: the principal axes. All
/// that a probe can learn lies in this space.
pub(super) struct Coordinates {
    /// Objects × axes, in column-major order.
    objects: Vec<f64>,
    n_objects: usize,
    /// The sum of squares along each axis, in descending order.
    squares: Vec<f64>,
    /// The axes, features × axes, in column-major order.
    axes: Vec<f64>,
    n_features: usize,
    dot_products: OnceCell<Vec<f64>>,
}

impl Coordinates {
    /// Computes the principal axes of features (objects × features, row-major), except axes whose
    /// sum of squares is within rounding error of zero.
    ///
    /// # Errors
    /// Returns [`FeatureError::Constant`] if all features are zero.
    pub fn new(features: &[f64], n_features: usize) -> Result<Self> {
        let n_objects = features.len() / n_features;
        let features = MatRef::from_row_major_slice(features, n_objects, n_features);
        // The eigenvectors of the smaller of ZᵀZ and ZZᵀ determine those of the other.
        let (left, n) = match n_features <= n_objects {
            true => (features.transpose(), n_features),
            false => (features, n_objects),
        };
        let mut gram = vec![0.0; n * n];
        lower_gram(left, &mut gram);
        let (values, vectors) = eigen(matrix(&gram, n))?;
        let largest = values.last().copied().unwrap_or(0.0);
        let negligible = largest * f64::EPSILON * n_objects.max(n_features) as f64;
        let kept = values.iter().rev().take_while(|&&value| value > negligible);
        let mut squares: Vec<f64> = kept.copied().collect();
        let rank = squares.len();
        if rank == 0 {
            return Err(FeatureError::Constant {
                undefined: "the similarity",
            }
            .into());
        }
        let largest_first = Mat::from_fn(n, rank, |row, axis| vectors[(row, n - 1 - axis)]);

        let (mut objects, mut axes) = (vec![0.0; n_objects * rank], vec![0.0; n_features * rank]);
        if n_features <= n_objects {
            product(features, largest_first.as_ref(), &mut objects);
            for (axis, out) in axes.chunks_exact_mut(n_features).enumerate() {
                out.copy_from_slice(largest_first.col_as_slice(axis));
            }
        } else {
            product(features.transpose(), largest_first.as_ref(), &mut axes);
            for out in axes.chunks_exact_mut(n_features) {
                let length = out.iter().map(|x| x * x).sum::<f64>().sqrt();
                out.iter_mut().for_each(|x| *x /= length);
            }
            product(features, matrix(&axes, n_features), &mut objects);
        }
        for (axis, square) in objects.chunks_exact(n_objects).zip(&mut squares) {
            *square = axis.iter().map(|x| x * x).sum();
        }
        Ok(Self {
            objects,
            n_objects,
            squares,
            axes,
            n_features,
            dot_products: OnceCell::new(),
        })
    }

    /// Returns the sum of squares along each axis, in descending order.
    pub fn squares(&self) -> &[f64] {
        &self.squares
    }

    /// Returns the number of features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the coordinates of the objects, objects × axes.
    pub fn objects(&self) -> MatRef<'_, f64> {
        matrix(&self.objects, self.n_objects)
    }

    /// Returns K, the dot products of all pairs of objects, which are the similarities of M = I. The
    /// first call computes them.
    ///
    /// # Errors
    /// Returns an error if memory is insufficient.
    pub fn dot_products(&self) -> Result<&[f64]> {
        if let Some(known) = self.dot_products.get() {
            return Ok(known);
        }
        let n = self.n_objects;
        let mut products = zeroed(n * n, "the dot products of all pairs")?;
        lower_gram(self.objects(), &mut products);
        mirror(&mut products, n);
        Ok(self.dot_products.get_or_init(|| products))
    }

    /// Maps vectors from the axes (axes × k) to the features (features × k).
    pub fn to_features(&self, vectors: MatRef<'_, f64>) -> Vec<f64> {
        let mut out = vec![0.0; self.n_features * vectors.ncols()];
        product(matrix(&self.axes, self.n_features), vectors, &mut out);
        out
    }

    /// Projects vectors (features × k) onto the axes (axes × k).
    pub fn of_features(&self, vectors: MatRef<'_, f64>) -> Vec<f64> {
        let mut out = vec![0.0; self.squares.len() * vectors.ncols()];
        product(
            matrix(&self.axes, self.n_features).transpose(),
            vectors,
            &mut out,
        );
        out
    }
}
