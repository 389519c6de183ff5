//! Rows of features that are centred and scaled when they are read.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::{Real, with_values, zeroed};
use crate::representation::{Provenance, Representation};
use crate::stimuli::Stimuli;

/// Number of columns whose moments one task computes.
const STRIP: usize = 64;

/// Number of rows that one task multiplies.
const TILE: usize = 128;

/// Some rows of a representation.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    features: &'a Representation,
    rows: &'a [usize],
}

impl<'a> Rows<'a> {
    pub fn new(features: &'a Representation, rows: &'a [usize]) -> Self {
        Self { features, rows }
    }

    pub fn provenance(&self) -> &Provenance {
        self.features.provenance()
    }

    /// Returns the stimuli of the rows.
    pub fn stimuli(&self) -> Result<Stimuli> {
        self.features.stimuli().select(self.rows)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn n_features(&self) -> usize {
        self.features.n_features()
    }

    /// Returns the id of the stimulus of a row.
    pub fn id(&self, index: usize) -> &'a str {
        &self.features.stimuli().ids()[self.rows[index]]
    }

    /// Returns the positions of the rows in the representation.
    pub fn positions(&self) -> &'a [usize] {
        self.rows
    }

    /// Returns a row of `features`, which are the features of the representation.
    fn row<'f, T>(&self, features: &'f [T], index: usize) -> &'f [T] {
        let n_features = self.n_features();
        &features[self.rows[index] * n_features..][..n_features]
    }

    /// Computes the product of the scaled rows and weights (features × columns), rows × columns.
    pub fn times(&self, scaler: &Scaler, weights: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        let (n_features, n_columns) = weights.dim();
        let weights = weights.as_standard_layout();
        let weights = weights.as_slice().expect("in standard layout");
        let weights = MatRef::from_row_major_slice(weights, n_features, n_columns);
        let mut products = zeroed(self.len() * n_columns, "predictions")?;
        let tiles = products.par_chunks_mut(TILE * n_columns).enumerate();
        tiles.for_each(|(tile, out)| {
            let n_rows = out.len() / n_columns;
            let range = tile * TILE..tile * TILE + n_rows;
            let mut scaled = vec![0.0; n_rows * n_features];
            scaler.write(*self, range, 0..n_features, &mut scaled);
            matmul(
                MatMut::from_row_major_slice_mut(out, n_rows, n_columns),
                Accum::Replace,
                MatRef::from_row_major_slice(&scaled, n_rows, n_features),
                weights,
                1.0,
                Par::Seq,
            );
        });
        let shape = (self.len(), n_columns);
        Ok(Array2::from_shape_vec(shape, products).expect("one product per row and column"))
    }

    /// Computes the mean and the population standard deviation of each feature, over at least one
    /// row. The standard deviation is set to 1 if the feature does not vary.
    pub fn moments(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        with_values!(self.features.values(), features => self.moments_of(features))
    }

    fn moments_of<T: Real>(&self, features: &[T]) -> Result<(Vec<f64>, Vec<f64>)> {
        let what = "means and standard deviations of features";
        let mut means = zeroed::<f64>(self.n_features(), what)?;
        let mut stds = zeroed::<f64>(self.n_features(), what)?;
        let (n, arch) = (self.len() as f64, Arch::new());
        means
            .par_chunks_mut(STRIP)
            .zip(stds.par_chunks_mut(STRIP))
            .enumerate()
            .for_each(|(strip, (means, stds))| {
                let columns = strip * STRIP..strip * STRIP + means.len();
                // Differences from the first row, so that a large common offset costs no digits.
                let origin = &self.row(features, 0)[columns.clone()];
                let zeros = [0.0; STRIP];
                let mut from_first = [0.0; STRIP];
                let add = |shift: &[f64], sums: &mut [f64], squares: &mut [f64]| {
                    for index in 0..self.len() {
                        arch.dispatch(Accumulate {
                            features: &self.row(features, index)[columns.clone()],
                            origin,
                            shift,
                            sums,
                            squares,
                        });
                    }
                };
                add(&zeros, means, &mut from_first);
                means.iter_mut().for_each(|mean| *mean /= n);
                add(means, &mut [0.0; STRIP], stds);
                let cells = stds
                    .iter_mut()
                    .zip(means)
                    .zip(origin.iter().zip(from_first));
                for ((std, mean), (&origin, from_first)) in cells {
                    // Differences from the first row are exactly 0 if a feature does not vary.
                    // Squares of differences less than 1e-160 also underflow to 0.
                    *std = if from_first == 0.0 || *std == 0.0 {
                        1.0
                    } else {
                        (*std / n).sqrt()
                    };
                    *mean += origin.into();
                }
            });
        Ok((means, stds))
    }
}

/// Computation that adds the shifted features of a row, and their squares, to sums. It is a type
/// because `pulp::Arch::dispatch` takes one.
struct Accumulate<'a, T> {
    features: &'a [T],
    origin: &'a [T],
    shift: &'a [f64],
    sums: &'a mut [f64],
    squares: &'a mut [f64],
}

impl<T: Real> WithSimd for Accumulate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let cells = self.features.iter().zip(self.origin).zip(self.shift);
        let sums = self.sums.iter_mut().zip(self.squares);
        for (((&value, &origin), shift), (sum, square)) in cells.zip(sums) {
            let value = value.into() - origin.into() - shift;
            *sum += value;
            *square += value * value;
        }
    }
}

/// The values that are subtracted from features, and the values by which they are then divided.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scaler {
    pub means: Vec<f64>,
    pub stds: Option<Vec<f64>>,
}

impl Scaler {
    /// Writes the scaled features in `columns` of some rows, row by row.
    pub fn write(
        &self,
        rows: Rows<'_>,
        range: Range<usize>,
        columns: Range<usize>,
        out: &mut [f64],
    ) {
        with_values!(rows.features.values(), features => {
            self.write_of(features, rows, range, columns, out)
        })
    }

    fn write_of<T: Real>(
        &self,
        features: &[T],
        rows: Rows<'_>,
        range: Range<usize>,
        columns: Range<usize>,
        out: &mut [f64],
    ) {
        let means = &self.means[columns.clone()];
        for (index, out) in range.zip(out.chunks_exact_mut(columns.len())) {
            let cells = out
                .iter_mut()
                .zip(&rows.row(features, index)[columns.clone()])
                .zip(means);
            cells.for_each(|((out, &x), mean)| *out = x.into() - mean);
            if let Some(stds) = &self.stds {
                let cells = out.iter_mut().zip(&stds[columns.clone()]);
                cells.for_each(|(out, std)| *out /= std);
            }
        }
    }
}
