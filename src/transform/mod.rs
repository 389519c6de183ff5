//! Linear transforms of representations: what learners make of human judgments.

mod standardization;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

pub use standardization::Standardization;

use crate::error::{Error, Result};
use crate::representation::Representation;

/// A linear transform: standardised features times weights, plus a bias.
///
/// y = ((x − mean) / std) W + b, with W of shape features × dimensions.
///
/// ```
/// use human_alignment::transform::{LinearTransform, Standardization};
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let features = array![[1.0, 2.0], [3.0, 4.0]];
/// let representation = Representation::new(Stimuli::new(["cat", "dog"])?, features)?;
/// let transform = LinearTransform::new(Standardization::none(), array![[1.0], [-1.0]])?
///     .with_bias(array![0.5])?;
/// assert_eq!(transform.apply(&representation)?.features(), array![[-0.5], [-0.5]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearTransform {
    standardization: Standardization,
    weights: Array2<f64>,
    bias: Option<Array1<f64>>,
}

impl LinearTransform {
    /// A transform without a bias; weights are features × dimensions.
    ///
    /// # Errors
    /// [`Error::Shape`] where there are no features or no dimensions, [`Error::LengthMismatch`] where
    /// the standardisation is for another number of features, [`Error::InvalidParameter`] for a
    /// weight that is not finite.
    pub fn new(standardization: Standardization, weights: Array2<f64>) -> Result<Self> {
        if weights.is_empty() {
            return Err(Error::Shape {
                what: "the weights of a transform",
                expected: "features × dimensions, at least one of each".into(),
                found: weights.shape().iter().map(|&n| n as u64).collect(),
            });
        }
        if let Some(found) = standardization.n_features()
            && found != weights.nrows()
        {
            return Err(Error::LengthMismatch {
                what: "features of the standardisation",
                expected: weights.nrows(),
                found,
            });
        }
        check_finite("weights", weights.iter())?;
        Ok(Self {
            standardization,
            weights: weights.as_standard_layout().into_owned(),
            bias: None,
        })
    }

    /// Adds a bias, one number a dimension.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of dimensions, [`Error::InvalidParameter`] for a
    /// number that is not finite.
    pub fn with_bias(mut self, bias: Array1<f64>) -> Result<Self> {
        if bias.len() != self.n_dimensions() {
            return Err(Error::LengthMismatch {
                what: "dimensions of the bias",
                expected: self.n_dimensions(),
                found: bias.len(),
            });
        }
        check_finite("bias", bias.iter())?;
        self.bias = Some(bias);
        Ok(self)
    }

    /// How features are shifted and scaled first.
    pub fn standardization(&self) -> &Standardization {
        &self.standardization
    }

    /// The weights, features × dimensions; always in row-major order.
    pub fn weights(&self) -> ArrayView2<'_, f64> {
        self.weights.view()
    }

    /// The bias, one number a dimension.
    pub fn bias(&self) -> Option<ArrayView1<'_, f64>> {
        self.bias.as_ref().map(|bias| bias.view())
    }

    /// Number of features that it takes.
    pub fn n_features(&self) -> usize {
        self.weights.nrows()
    }

    /// Number of dimensions that it gives.
    pub fn n_dimensions(&self) -> usize {
        self.weights.ncols()
    }

    /// The transformed representation: the same stimuli, with the dimensions as features. Computed in
    /// `f64`, block by block, and rounded once.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of features; [`Error::NotFinite`] where a result
    /// is beyond `f32`.
    pub fn apply(&self, representation: &Representation) -> Result<Representation> {
        /// Rows that are transformed at a time.
        const BLOCK: usize = 128;

        if representation.n_features() != self.n_features() {
            return Err(Error::LengthMismatch {
                what: "features to transform",
                expected: self.n_features(),
                found: representation.n_features(),
            });
        }
        let (n_features, n_dimensions) = self.weights.dim();
        let weights = self.weights.as_slice().expect("kept in row-major order");
        let weights = MatRef::from_row_major_slice(weights, n_features, n_dimensions);
        let mut out = vec![0f32; representation.n_stimuli() * n_dimensions];
        out.par_chunks_mut(BLOCK * n_dimensions)
            .zip(representation.as_slice().par_chunks(BLOCK * n_features))
            .for_each(|(out, features)| {
                let n_rows = features.len() / n_features;
                let mut standardized = vec![0.0; features.len()];
                self.standardization
                    .write(features, n_features, &mut standardized);
                let mut products = vec![0.0; out.len()];
                matmul(
                    MatMut::from_row_major_slice_mut(&mut products, n_rows, n_dimensions),
                    Accum::Replace,
                    MatRef::from_row_major_slice(&standardized, n_rows, n_features),
                    weights,
                    1.0,
                    Par::Seq,
                );
                for (position, (out, product)) in out.iter_mut().zip(products).enumerate() {
                    let bias = |bias: &Array1<f64>| bias[position % n_dimensions];
                    *out = (product + self.bias.as_ref().map_or(0.0, bias)) as f32;
                }
            });
        let shape = (representation.n_stimuli(), n_dimensions);
        let out = Array2::from_shape_vec(shape, out).expect("one row a stimulus");
        let transformed = Representation::new(representation.stimuli().clone(), out)?;
        Ok(transformed.with_provenance(representation.provenance().clone()))
    }
}

fn check_finite<'a>(name: &'static str, values: impl IntoIterator<Item = &'a f64>) -> Result<()> {
    match values.into_iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(Error::parameter(name, "finite", value)),
    }
}
