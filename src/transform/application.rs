//! Application of a transform to a representation, and composition of transforms.

use faer::MatRef;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

use super::fingerprint::recorded;
use super::weights::Weights;
use super::{LinearTransform, Training};
use crate::error::{Error, Result, same_length};
use crate::linalg::{Precision, product, zeroed};
use crate::representation::{Features, Provenance, Representation};

impl LinearTransform {
    /// Applies the transform to a representation. The result has the same stimuli, with the
    /// dimensions as features. Computations are in `f64`; if the features are `f32`, the result is
    /// rounded to `f32`.
    ///
    /// The provenance of the result is that of the representation, with the note `"transform"` set
    /// to [`LinearTransform::fingerprint`], appended to those of earlier transforms (`"first →
    /// second"`). The first application computes the fingerprint.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of features differs,
    /// `ArgumentError::InvalidParameter` if the features are known to be of another model or layer
    /// than those from which the transform was learned or to have other columns, and
    /// `FeatureError::NotFinite` or `FeatureError::OutOfRange` if a result is outside the range of
    /// `f32`.
    pub fn apply(&self, representation: &Representation) -> Result<Representation> {
        let transformed = self.apply_unrecorded(representation)?;
        let provenance = recorded(representation.provenance(), &self.fingerprint());
        Ok(transformed.with_provenance(provenance))
    }

    /// Applies the transform like [`LinearTransform::apply`], without a provenance, and so without
    /// the time for the fingerprint.
    pub(crate) fn apply_unrecorded(
        &self,
        representation: &Representation,
    ) -> Result<Representation> {
        let n_features = self.n_features();
        same_length(
            "features to transform",
            n_features,
            representation.n_features(),
        )?;
        if let Some(learned) = self.training().and_then(Training::features) {
            check_origin(representation.provenance(), learned)?;
        }
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
        Representation::new(representation.stimuli().clone(), out)
    }

    /// Composes two transforms into one, which applies this one and then the next.
    ///
    /// With standardization x ↦ (x − m₂) / s₂, weights W₂ and bias b₂ of the next, the result has
    /// the standardization of this one and W = W₁ diag(1/s₂) W₂, b = ((b₁ − m₂) / s₂) W₂ + b₂. It
    /// is computed in `f64`; for features of `f32`, results differ from applying both transforms by
    /// the rounding of the intermediate features. The precision of the result is double, and it has
    /// no training record.
    ///
    /// All weights of the result are in memory, also where those of both transforms are given by
    /// [`LinearTransform::near_identity`]. The weights of such a first transform are not computed:
    /// with c, L and R as defined there, W = c E diag(1/s₂) W₂ + L (R diag(1/s₂) W₂).
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
    /// differs from the number of dimensions of this one, `ArgumentError::InvalidParameter` if a
    /// product is outside the range of `f64`, and `ComputationError::OutOfMemory` if the memory for
    /// the weights cannot be allocated.
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
        // The rows of W₁ or, where W₁ = c₁E + L₁R₁, those of R₁; followed by the bias.
        let first_rows = match &self.weights {
            Weights::Dense(weights) => weights,
            Weights::NearIdentity { right, .. } => right,
        };
        let scale = |first: usize, out: &mut [f64]| {
            for (row, out) in (first..).zip(out.chunks_exact_mut(n_between)) {
                for (column, (out, (mean, std))) in out.iter_mut().zip(&moments).enumerate() {
                    *out = match first_rows.get((row, column)) {
                        Some(weight) => weight / std,
                        None => (self.bias.as_ref().map_or(0.0, |bias| bias[column]) - mean) / std,
                    };
                }
            }
        };
        let n_rows = first_rows.nrows();
        let mut products = next.weigh(n_rows + 1, scale, |_, product| product);
        let mut bias: Array1<f64> = products.row(n_rows).to_owned();
        products.remove_index(Axis(0), n_rows);
        if let Some(last) = &next.bias {
            bias += last;
        }
        let weights = match &self.weights {
            Weights::Dense(_) => products,
            Weights::NearIdentity { scale, left, .. } => {
                let mut weights = product_of_rows(left, &products)?;
                // c₁E diag(1/s₂) W₂ has the first rows of W₂, scaled.
                let next_weights = next.weights.all()?;
                let scaled = weights.rows_mut().into_iter().zip(next_weights.rows());
                for ((mut out, row), (_, std)) in scaled.zip(&moments) {
                    out.scaled_add(scale / std, &row);
                }
                weights
            }
        };
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
        let mut out = vec![T::default(); n_rows * n_dimensions];
        let blocks = out.par_chunks_mut(BLOCK * n_dimensions).enumerate();
        blocks.for_each(|(block, out)| {
            let n_rows = out.len() / n_dimensions;
            let mut rows = vec![0.0; n_rows * n_features];
            fill(block * BLOCK, &mut rows);
            let mut products = vec![0.0; out.len()];
            self.weights.multiply(&rows, &mut products);
            for (place, (out, product)) in out.iter_mut().zip(products).enumerate() {
                *out = finish(place % n_dimensions, product);
            }
        });
        Array2::from_shape_vec((n_rows, n_dimensions), out).expect("one row each")
    }
}

/// Checks that features are of the model and the layer and have the columns from which a transform
/// was learned, as far as both are known.
fn check_origin(found: &Provenance, learned: &Provenance) -> Result<()> {
    for (name, found, learned) in [
        ("model of the features", found.model(), learned.model()),
        ("layer of the features", found.tap(), learned.tap()),
    ] {
        if let (Some(found), Some(learned)) = (found, learned)
            && found != learned
        {
            let expected = format!("{learned}, from which the transform was learned");
            return Err(Error::parameter(name, expected, found));
        }
    }
    match (found.columns(), learned.columns()) {
        (Some(found), Some(learned)) if found != learned => Err(Error::parameter(
            "columns of the features",
            "the names of those from which the transform was learned, in the same order",
            "other names or another order",
        )),
        _ => Ok(()),
    }
}

/// Computes left × right, both in row-major order.
fn product_of_rows(left: &Array2<f64>, right: &Array2<f64>) -> Result<Array2<f64>> {
    let ((n_rows, n_terms), n_columns) = (left.dim(), right.ncols());
    let mut out = zeroed(n_rows * n_columns, "the weights of a composed transform")?;
    // By columns, the matrices are the transposed ones.
    let [left, right] = [left, right].map(|matrix| matrix.as_slice().expect("in row-major order"));
    product(
        MatRef::from_column_major_slice(right, n_columns, n_terms),
        MatRef::from_column_major_slice(left, n_terms, n_rows),
        &mut out,
    );
    Ok(Array2::from_shape_vec((n_rows, n_columns), out).expect("one number each"))
}
