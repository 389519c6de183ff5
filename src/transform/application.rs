//! Application of a transform to a representation, and composition of transforms.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array1, Array2};
use rayon::prelude::*;

use super::LinearTransform;
use super::fingerprint::recorded;
use crate::error::{Result, same_length};
use crate::linalg::Precision;
use crate::representation::{Features, Representation};

impl LinearTransform {
    /// Applies the transform to a representation. The result has the same stimuli, with the
    /// dimensions as features. Computations are in `f64`; if the features are `f32`, the result is
    /// rounded to `f32`.
    ///
    /// The provenance of the result is that of the representation, with the note `"transform"` set
    /// to [`LinearTransform::fingerprint`], appended to those of earlier transforms (`"first →
    /// second"`).
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of features differs, and
    /// `FeatureError::NotFinite` or `FeatureError::OutOfRange` if a result is outside the range of
    /// `f32`.
    pub fn apply(&self, representation: &Representation) -> Result<Representation> {
        let n_features = self.n_features();
        same_length(
            "features to transform",
            n_features,
            representation.n_features(),
        )?;
        let features = representation.values();
        let standardize = |first: usize, out: &mut [f64]| {
            let start = first * n_features;
            let features = features.slice(start..start + out.len());
            self.standardization.write(features, n_features, out);
        };
        let bias = self.bias.as_ref();
        let add_bias = |dimension, product: f64| product + bias.map_or(0.0, |bias| bias[dimension]);
        let n = representation.n_stimuli();
        let out: Features = match representation.precision() {
            Precision::Single => {
                let round = |dimension, product| add_bias(dimension, product) as f32;
                self.weigh(n, standardize, round).into()
            }
            Precision::Double => self.weigh(n, standardize, add_bias).into(),
        };
        let transformed = Representation::new(representation.stimuli().clone(), out)?;
        let provenance = recorded(representation.provenance(), &self.fingerprint());
        Ok(transformed.with_provenance(provenance))
    }

    /// Composes two transforms into one, which applies this one and then the next.
    ///
    /// With standardisation x ↦ (x − m₂) / s₂, weights W₂ and bias b₂ of the next, the result has
    /// the standardisation of this one and W = W₁ diag(1/s₂) W₂, b = ((b₁ − m₂) / s₂) W₂ + b₂. It
    /// is computed in `f64`; for features of `f32`, results differ from applying both transforms by
    /// the rounding of the intermediate features. The precision of the result is double, and it has
    /// no training record.
    ///
    /// ```
    /// use human_alignment::transform::{LinearTransform, Standardization};
    /// use ndarray::array;
    ///
    /// let first = LinearTransform::new(Standardization::none(), array![[2.0]])?;
    /// let next = LinearTransform::new(Standardization::scalar(1.0, 4.0)?, array![[3.0]])?;
    /// let both = first.then(&next)?;
    /// assert_eq!(both.weights(), array![[1.5]]);
    /// assert_eq!(both.bias().unwrap(), array![-0.75]);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of features of the next transform
    /// differs from the number of dimensions of this one, and `ArgumentError::InvalidParameter`
    /// if a product is outside the range of `f64`.
    pub fn then(&self, next: &LinearTransform) -> Result<LinearTransform> {
        let n_between = self.n_dimensions();
        same_length(
            "features that the next transform takes",
            n_between,
            next.n_features(),
        )?;
        let moments: Vec<(f64, f64)> = (0..n_between)
            .filter_map(|feature| next.standardization.of_feature(feature))
            .collect();
        // The rows of W₁, followed by the bias.
        let scale = |first: usize, out: &mut [f64]| {
            for (row, out) in (first..).zip(out.chunks_exact_mut(n_between)) {
                for (column, (out, (mean, std))) in out.iter_mut().zip(&moments).enumerate() {
                    *out = match self.weights.get((row, column)) {
                        Some(weight) => weight / std,
                        None => (self.bias.as_ref().map_or(0.0, |bias| bias[column]) - mean) / std,
                    };
                }
            }
        };
        let n_features = self.n_features();
        let mut weights = next.weigh(n_features + 1, scale, |_, product| product);
        let mut bias: Array1<f64> = weights.row(n_features).to_owned();
        weights.remove_index(ndarray::Axis(0), n_features);
        if let Some(last) = &next.bias {
            bias += last;
        }
        let both = LinearTransform::new(self.standardization.clone(), weights)?;
        let is_unbiased = self.bias.is_none() && next.bias.is_none();
        match is_unbiased && next.standardization.moments().is_none() {
            true => Ok(both),
            false => both.with_bias(bias),
        }
    }

    /// Multiplies rows by the weights. `fill` writes the rows starting at a given one, one number
    /// per feature; `finish` converts the product at a dimension to an element of the result.
    fn weigh<T: Copy + Default + Send>(
        &self,
        n_rows: usize,
        fill: impl Fn(usize, &mut [f64]) + Sync,
        finish: impl Fn(usize, f64) -> T + Sync,
    ) -> Array2<T> {
        /// Number of rows multiplied at a time.
        const BLOCK: usize = 128;

        let (n_features, n_dimensions) = self.weights.dim();
        let weights = self.weights_in_order();
        let weights = MatRef::from_row_major_slice(weights, n_features, n_dimensions);
        let mut out = vec![T::default(); n_rows * n_dimensions];
        let blocks = out.par_chunks_mut(BLOCK * n_dimensions).enumerate();
        blocks.for_each(|(block, out)| {
            let n_rows = out.len() / n_dimensions;
            let mut rows = vec![0.0; n_rows * n_features];
            fill(block * BLOCK, &mut rows);
            let mut products = vec![0.0; out.len()];
            matmul(
                MatMut::from_row_major_slice_mut(&mut products, n_rows, n_dimensions),
                Accum::Replace,
                MatRef::from_row_major_slice(&rows, n_rows, n_features),
                weights,
                1.0,
                Par::Seq,
            );
            for (place, (out, product)) in out.iter_mut().zip(products).enumerate() {
                *out = finish(place % n_dimensions, product);
            }
        });
        Array2::from_shape_vec((n_rows, n_dimensions), out).expect("one row each")
    }
}
