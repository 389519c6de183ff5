//! Products of all rows with each other, in tiles, and their conversion to similarities.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use pulp::Arch;
use rayon::prelude::*;

use crate::linalg::{Real, blocks, inverse_power_of_two, with_values};
use crate::similarity::Similarity;
use crate::similarity::rows::{Rows, reduce};

/// Number of rows of the result that a task computes at a time.
pub(super) const BAND: usize = 96;

/// Number of columns of the result that all tasks compute at a time.
pub(super) const PANEL: usize = 192;

/// Returns the largest number of additions that a term of a product passes through.
pub(super) fn n_additions<T: Real>(n_features: usize) -> usize {
    n_features.min(T::DEPTH) + n_features.div_ceil(T::DEPTH)
}

/// A band of rows of a result, with its part of the result.
pub(super) trait HasRows {
    fn rows(&self) -> Range<usize>;
}

/// Calls `finish` for each tile of the products of all rows with each other, except tiles above the
/// diagonal, with the band of the rows of the tile, its columns, and the products.
///
/// The tiles, and therefore the products, do not depend on the number of threads.
pub(super) fn for_each_tile<T: Real, B: HasRows + Send>(
    scaled: &Scaled<'_>,
    bands: &mut [B],
    finish: impl Fn(&mut B, &Range<usize>, &[T]) + Sync,
) {
    let (n, n_features) = (scaled.rows.len(), scaled.rows.n_features());
    let mut panel = vec![T::ZERO; PANEL.min(n) * n_features];
    for columns in blocks(n, PANEL) {
        panel
            .par_chunks_mut(n_features)
            .zip(columns.clone())
            .for_each(|(out, column)| scaled.fill(column, 0..n_features, out));
        let panel = MatRef::from_row_major_slice(
            &panel[..columns.len() * n_features],
            columns.len(),
            n_features,
        );
        let first_band = columns.start / BAND;
        bands[first_band..].par_iter_mut().for_each_init(
            || {
                let features = vec![T::ZERO; BAND * T::DEPTH.min(n_features)];
                (features, vec![T::ZERO; BAND * PANEL])
            },
            |(features, tile), band| {
                // On the diagonal, a band needs only the columns up to its last row.
                let rows = band.rows();
                let columns = columns.start..columns.end.min(rows.end);
                let panel = panel.subrows(0, columns.len());
                let tile = &mut tile[..rows.len() * columns.len()];
                multiply(scaled, rows, panel, features, tile);
                finish(band, &columns, tile);
            },
        );
    }
}

/// Writes the products of some rows with the rows of a panel to a tile; `features` is a buffer of
/// [`BAND`] × [`Real::DEPTH`] elements. The tile is column-major, so that the product packs the few
/// rows and not the many rows of the panel.
fn multiply<T: Real>(
    scaled: &Scaled<'_>,
    rows: Range<usize>,
    panel: MatRef<'_, T>,
    features: &mut [T],
    tile: &mut [T],
) {
    let (n_rows, n_columns) = (rows.len(), panel.nrows());
    for columns in blocks(panel.ncols(), T::DEPTH) {
        let features = &mut features[..n_rows * columns.len()];
        for (row, out) in rows.clone().zip(features.chunks_exact_mut(columns.len())) {
            scaled.fill(row, columns.clone(), out);
        }
        let accumulate = if columns.start == 0 {
            Accum::Replace
        } else {
            Accum::Add
        };
        matmul(
            MatMut::from_column_major_slice_mut(tile, n_rows, n_columns),
            accumulate,
            MatRef::from_row_major_slice(features, n_rows, columns.len()),
            panel.subcols(columns.start, columns.len()).transpose(),
            T::ONE,
            Par::Seq,
        );
    }
}

/// Rows prepared for the matrix product: shifted if the similarity allows it, and scaled by a power
/// of two so that no product leaves the range of `f32`. Both are done in `f64`, before any
/// rounding.
///
/// Scaling by a power of two is exact, so features that are small integers (labels, attributes)
/// keep exact products and exact ties.
pub(super) struct Scaled<'a> {
    rows: &'a Rows<'a>,
    /// Power of two of each row.
    scales: Vec<f64>,
}

impl<'a> Scaled<'a> {
    pub fn new(rows: &'a Rows<'a>) -> Self {
        let scales = scales_of(rows);
        Self { rows, scales }
    }

    pub fn unit(&self) -> f64 {
        unit_of(self.rows.similarity, &self.scales)
    }

    /// Returns the power of two by which each row is multiplied.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// Writes some features of a row, shifted and scaled.
    ///
    /// Under Pearson the mean of the row is subtracted. Distances do not change if all rows are
    /// shifted equally; the first row is the origin, which saves the precision that a common offset
    /// would cost.
    fn fill<T: Real>(&self, row: usize, columns: Range<usize>, out: &mut [T]) {
        with_values!(self.rows.features(), all => {
            Arch::new().dispatch(#[inline(always)] || self.fill_from(all, row, columns, out));
        });
    }

    #[inline(always)]
    fn fill_from<F: Real, T: Real>(
        &self,
        all: &[F],
        row: usize,
        columns: Range<usize>,
        out: &mut [T],
    ) {
        let features = &self.rows.row(all, row)[columns.clone()];
        let out = out.iter_mut().zip(features);
        let scale = self.scales[row];
        match self.rows.similarity {
            Similarity::Dot | Similarity::Cosine => {
                for (out, &value) in out {
                    *out = T::from_f64(value.into() * scale);
                }
            }
            Similarity::Pearson => {
                let mean = self.rows.mean(row);
                for (out, &value) in out {
                    *out = T::from_f64((value.into() - mean) * scale);
                }
            }
            Similarity::NegativeEuclidean | Similarity::NegativeSquaredEuclidean => {
                let origin = &self.rows.row(all, 0)[columns];
                for ((out, &value), &origin) in out.zip(origin) {
                    *out = T::from_f64((value.into() - origin.into()) * scale);
                }
            }
        }
    }

    /// Returns ‖row‖² of the numbers used in the product, with the same rounding, for each row.
    pub fn squared_norms<T: Real>(&self) -> Vec<f64> {
        let n_features = self.rows.n_features();
        let rows = (0..self.rows.len()).into_par_iter();
        let squared_norm = |buffer: &mut Vec<T>, row| {
            self.fill(row, 0..n_features, buffer);
            reduce(buffer, |value| value * value, |sum, value| sum + value)
        };
        let norms = rows.map_init(|| vec![T::ZERO; n_features], squared_norm);
        norms.collect()
    }
}

/// Returns the power of two by which each row is multiplied, so that no product leaves the range of
/// `f32`.
pub(super) fn scales_of(rows: &Rows<'_>) -> Vec<f64> {
    match rows.similarity {
        // The scale of a row cancels.
        Similarity::Cosine | Similarity::Pearson => rows
            .largest()
            .iter()
            .copied()
            .map(inverse_power_of_two)
            .collect(),
        // One scale for all rows, which determines the unit of the result.
        _ => {
            let largest = rows.largest().iter().copied().fold(0.0, f64::max);
            vec![inverse_power_of_two(largest); rows.len()]
        }
    }
}

/// Returns the unit of similarities of rows that were multiplied by the powers of two `scales`.
pub(super) fn unit_of(similarity: Similarity, scales: &[f64]) -> f64 {
    // A tally over no stimuli has no rows.
    let scale = scales.first().copied().unwrap_or(1.0);
    match similarity {
        Similarity::Dot | Similarity::NegativeSquaredEuclidean => 1.0 / scale / scale,
        Similarity::NegativeEuclidean => 1.0 / scale,
        Similarity::Cosine | Similarity::Pearson => 1.0,
    }
}

/// The terms that convert a product of two rows to their similarity.
pub(super) enum Terms {
    Dot,
    /// 1 / ‖row‖, by row.
    Cosine(Vec<f64>),
    /// ‖row‖², by row, and whether to take the square root of the distance.
    Distance {
        squared_norms: Vec<f64>,
        root: bool,
    },
}

impl Terms {
    pub fn new<T: Real>(scaled: &Scaled<'_>) -> Self {
        let similarity = scaled.rows.similarity;
        if similarity == Similarity::Dot {
            return Terms::Dot;
        }
        let squared_norms = scaled.squared_norms::<T>();
        match similarity {
            Similarity::Cosine | Similarity::Pearson => {
                let norms = squared_norms.into_iter();
                Terms::Cosine(norms.map(|norm| norm.sqrt().recip()).collect())
            }
            _ => Terms::Distance {
                squared_norms,
                root: similarity == Similarity::NegativeEuclidean,
            },
        }
    }

    /// Returns the similarity of a row with itself, if it is known more exactly than its product.
    pub fn diagonal<T: Real>(&self) -> Option<T> {
        match self {
            Terms::Dot => None,
            Terms::Cosine(_) => Some(T::ONE),
            Terms::Distance { .. } => Some(T::ZERO),
        }
    }

    /// Writes the similarities of a row with some columns, from the column-major tile of the products
    /// of `rows`.
    pub fn finish<T: Real>(
        &self,
        tile: &[T],
        rows: &Range<usize>,
        row: usize,
        columns: Range<usize>,
        out: &mut [T],
    ) {
        let products = tile.chunks_exact(rows.len());
        for (out, column) in out.iter_mut().zip(products) {
            *out = column[row - rows.start];
        }
        Arch::new().dispatch(
            #[inline(always)]
            || self.convert(row, columns, out),
        );
    }

    /// Converts the products of a row with some columns to their similarities.
    #[inline(always)]
    fn convert<T: Real>(&self, row: usize, columns: Range<usize>, products: &mut [T]) {
        match self {
            Terms::Dot => {}
            Terms::Cosine(inverse_norms) => {
                let own = inverse_norms[row];
                for (product, &other) in products.iter_mut().zip(&inverse_norms[columns]) {
                    *product = T::from_f64((*product).into() * (own * other));
                }
            }
            Terms::Distance {
                squared_norms,
                root,
            } => {
                let own = squared_norms[row];
                for (product, &other) in products.iter_mut().zip(&squared_norms[columns]) {
                    let squared = (own + other - 2.0 * (*product).into()).max(0.0);
                    *product = T::from_f64(if *root { -squared.sqrt() } else { -squared });
                }
            }
        }
    }
}
