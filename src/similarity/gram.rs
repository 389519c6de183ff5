//! The similarities of all pairs at once, from half a matrix product.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::error::Result;
use crate::io::out_of_memory;
use crate::similarity::rows::Rows;
use crate::similarity::{BLOCK, Block, PAIRS, Similarity};

/// `f32` or `f64`.
pub(crate) trait Real: faer::traits::ComplexField + Copy + Send + Sync + Into<f64> {
    const ZERO: Self;
    const ONE: Self;

    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;

    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;

    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }
}

/// The similarities of all pairs of slots.
pub(super) struct Gram<T> {
    /// The lower triangle with its diagonal, row by row: half the memory, and twice as much of it
    /// in the cache.
    packed: Vec<T>,
    slot_of_stimulus: Vec<u32>,
}

/// Rows of the result that a task computes at a time.
const BAND: usize = 96;

/// Columns of the result that all tasks compute at a time.
const PANEL: usize = 192;

/// Features that are multiplied at a time; bounds what a task holds.
const DEPTH: usize = 1024;

impl<T: Real> Gram<T> {
    /// All similarities, and the unit they are in.
    pub fn new(rows: Rows<'_>) -> Result<(Self, f64)> {
        let scaled = Scaled::new(&rows);
        let (n, n_features) = (rows.len(), rows.n_features());
        let mut packed = zeroed::<T>(start_of_row(n), "the similarities of all pairs")?;
        let terms = Terms::new::<T>(&scaled);

        let mut panel = vec![T::ZERO; PANEL.min(n) * n_features];
        let mut bands = split_into_bands(&mut packed, n);
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
                    let features = vec![T::ZERO; BAND * DEPTH.min(n_features)];
                    (features, vec![T::ZERO; BAND * PANEL])
                },
                |(features, tile), band| {
                    // On the diagonal, a band needs the columns up to its last row only.
                    let columns = columns.start..columns.end.min(band.rows.end);
                    let panel = panel.subrows(0, columns.len());
                    let tile = &mut tile[..band.rows.len() * columns.len()];
                    multiply(&scaled, band.rows.clone(), panel, features, tile);
                    band.finish(&terms, &columns, tile);
                },
            );
        }

        let unit = scaled.unit();
        let gram = Self {
            packed,
            slot_of_stimulus: rows.into_slot_of_stimulus(),
        };
        Ok((gram, unit))
    }

    pub fn gather(&self, trials: &[[u32; 3]], n_pairs: usize, block: &mut Block) {
        // All places are computed before anything is loaded from them, so that many loads are
        // under way at once. There are fewer places than 2³².
        let mut places = [[0u32; BLOCK]; 3];
        for (position, &[a, b, c]) in trials.iter().enumerate() {
            let slot = |index: u32| self.slot_of_stimulus[index as usize];
            let slots = [slot(a), slot(b), slot(c)];
            for (&(a, b), places) in PAIRS.iter().zip(&mut places) {
                let (low, high) = (slots[a].min(slots[b]), slots[a].max(slots[b]));
                places[position] = (u64::from(high) * (u64::from(high) + 1) / 2) as u32 + low;
            }
        }
        for (places, similarities) in places.iter().zip(&mut block.0).take(n_pairs) {
            for (&place, similarity) in places[..trials.len()].iter().zip(similarities) {
                *similarity = self.packed[place as usize].into();
            }
        }
    }
}

/// The products of some rows with the rows of a panel, into a tile; `features` is room for [`BAND`]
/// × [`DEPTH`] elements. The tile is column-major, so that it is the few rows and not the many of
/// the panel that the product repacks.
fn multiply<T: Real>(
    scaled: &Scaled<'_>,
    rows: Range<usize>,
    panel: MatRef<'_, T>,
    features: &mut [T],
    tile: &mut [T],
) {
    let (n_rows, n_columns) = (rows.len(), panel.nrows());
    for columns in blocks(panel.ncols(), DEPTH) {
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

/// Where a row of a packed lower triangle starts; also the size of one with that many rows.
#[inline(always)]
fn start_of_row(row: usize) -> usize {
    row * (row + 1) / 2
}

/// Zeroed memory, or an error where it can't be had.
pub(crate) fn zeroed<T: Real>(len: usize, what: &'static str) -> Result<Vec<T>> {
    // Asking first turns an abort into an error; taking it zeroed leaves the first touch of each
    // page to the threads that fill it.
    if Vec::<T>::new().try_reserve_exact(len).is_err() {
        return Err(out_of_memory::<T>(what, len as u64));
    }
    Ok(vec![T::ZERO; len])
}

/// Ranges of `size` that cover `0..n`.
pub(crate) fn blocks(n: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n)
        .step_by(size)
        .map(move |start| start..n.min(start + size))
}

/// Some rows of the packed triangle.
struct Band<'a, T> {
    rows: Range<usize>,
    packed: &'a mut [T],
}

impl<T: Real> Band<'_, T> {
    /// Writes the similarities of its rows with some columns, from a tile of their products.
    fn finish(&mut self, terms: &Terms, columns: &Range<usize>, tile: &[T]) {
        let mut start = 0;
        for (position, row) in self.rows.clone().enumerate() {
            // The first rows of a band may end before the columns begin.
            if row >= columns.start {
                let below_diagonal = columns.start..columns.end.min(row + 1);
                let products = tile[position..].iter().step_by(self.rows.len());
                let out = &mut self.packed[start..start + row + 1];
                terms.finish(row, below_diagonal, products.copied(), out);
            }
            start += row + 1;
        }
    }
}

fn split_into_bands<T>(mut packed: &mut [T], n: usize) -> Vec<Band<'_, T>> {
    let mut bands = Vec::with_capacity(n.div_ceil(BAND));
    for rows in blocks(n, BAND) {
        let len = start_of_row(rows.end) - start_of_row(rows.start);
        let (band, rest) = std::mem::take(&mut packed).split_at_mut(len);
        packed = rest;
        bands.push(Band { rows, packed: band });
    }
    bands
}

/// The rows as the matrix product takes them: shifted where the similarity allows it, and scaled by
/// a power of two so that no product leaves the range of `f32`.
///
/// Scaling by a power of two changes no digit, so that features that are small integers (labels,
/// attributes) keep exact products and exact ties.
struct Scaled<'a> {
    rows: &'a Rows<'a>,
    /// The power of two of each row.
    scales: Vec<f64>,
}

impl<'a> Scaled<'a> {
    fn new(rows: &'a Rows<'a>) -> Self {
        let scales = match rows.similarity {
            // The scale of a row cancels.
            Similarity::Cosine | Similarity::Pearson => rows
                .largest()
                .iter()
                .copied()
                .map(inverse_power_of_two)
                .collect(),
            // One scale for all, in the unit of the result.
            _ => {
                let largest = rows.largest().iter().copied().fold(0.0, f64::max);
                vec![inverse_power_of_two(largest); rows.len()]
            }
        };
        Self { rows, scales }
    }

    fn unit(&self) -> f64 {
        // There are no rows where a tally is over no stimuli.
        let scale = self.scales.first().copied().unwrap_or(1.0);
        match self.rows.similarity {
            Similarity::Dot | Similarity::NegativeSquaredEuclidean => 1.0 / scale / scale,
            Similarity::NegativeEuclidean => 1.0 / scale,
            Similarity::Cosine | Similarity::Pearson => 1.0,
        }
    }

    /// Some features of a row, shifted and scaled.
    ///
    /// Under Pearson the mean of the row is subtracted. Distances don't change when all rows are
    /// shifted alike; taking the first row as the origin saves the digits that a common offset
    /// would cost.
    #[inline(always)]
    fn for_each(&self, row: usize, columns: Range<usize>, mut with: impl FnMut(usize, f64)) {
        let features = &self.rows.row(row)[columns.clone()];
        let scale = self.scales[row];
        match self.rows.similarity {
            Similarity::Dot | Similarity::Cosine => {
                for (position, &value) in features.iter().enumerate() {
                    with(position, f64::from(value) * scale);
                }
            }
            Similarity::Pearson => {
                let mean = self.rows.mean(row);
                for (position, &value) in features.iter().enumerate() {
                    with(position, (f64::from(value) - mean) * scale);
                }
            }
            Similarity::NegativeEuclidean | Similarity::NegativeSquaredEuclidean => {
                let origin = &self.rows.row(0)[columns];
                for (position, (&value, &origin)) in features.iter().zip(origin).enumerate() {
                    with(position, (f64::from(value) - f64::from(origin)) * scale);
                }
            }
        }
    }

    /// ‖row‖² of the numbers that the product is made of, rounded as they are.
    fn squared_norm<T: Real>(&self, row: usize) -> f64 {
        let mut lanes = [0.0; 8];
        self.for_each(row, 0..self.rows.n_features(), |position, value| {
            let value: f64 = T::from_f64(value).into();
            lanes[position % 8] += value * value;
        });
        lanes.iter().sum()
    }

    fn fill<T: Real>(&self, row: usize, columns: Range<usize>, out: &mut [T]) {
        self.for_each(row, columns, |position, value| {
            out[position] = T::from_f64(value)
        });
    }
}

/// 2⁻ᵉ where `value` is in [2ᵉ, 2ᵉ⁺¹); 1 for 0.
pub(crate) fn inverse_power_of_two(value: f64) -> f64 {
    if value == 0.0 {
        return 1.0;
    }
    // Features are finite f32, so neither value nor result is subnormal.
    let power = f64::from_bits(value.to_bits() & (0x7ff << 52));
    1.0 / power
}

/// What turns a product of two rows into their similarity.
enum Terms {
    Dot,
    /// 1 / ‖row‖, by row.
    Cosine(Vec<f64>),
    /// ‖row‖², by row; and whether to take the root.
    Distance {
        squared_norms: Vec<f64>,
        root: bool,
    },
}

impl Terms {
    fn new<T: Real>(scaled: &Scaled<'_>) -> Self {
        let similarity = scaled.rows.similarity;
        if similarity == Similarity::Dot {
            return Terms::Dot;
        }
        let rows = (0..scaled.rows.len()).into_par_iter();
        let squared_norms = rows.map(|row| scaled.squared_norm::<T>(row));
        match similarity {
            Similarity::Cosine | Similarity::Pearson => {
                Terms::Cosine(squared_norms.map(|norm| norm.sqrt().recip()).collect())
            }
            _ => Terms::Distance {
                squared_norms: squared_norms.collect(),
                root: similarity == Similarity::NegativeEuclidean,
            },
        }
    }

    /// Writes the similarities of `row` with `columns`, of which `products` holds the products.
    fn finish<T: Real>(
        &self,
        row: usize,
        columns: Range<usize>,
        products: impl Iterator<Item = T>,
        out: &mut [T],
    ) {
        let cells = out[columns.clone()].iter_mut().zip(products);
        match self {
            Terms::Dot => {
                for (out, product) in cells {
                    *out = product;
                }
            }
            Terms::Cosine(inverse_norms) => {
                let own = inverse_norms[row];
                for ((out, product), &other) in cells.zip(&inverse_norms[columns.clone()]) {
                    *out = T::from_f64(product.into() * (own * other));
                }
                if columns.contains(&row) {
                    out[row] = T::ONE;
                }
            }
            Terms::Distance {
                squared_norms,
                root,
            } => {
                let own = squared_norms[row];
                for ((out, product), &other) in cells.zip(&squared_norms[columns.clone()]) {
                    let squared = (own + other - 2.0 * product.into()).max(0.0);
                    *out = T::from_f64(if *root { -squared.sqrt() } else { -squared });
                }
                if columns.contains(&row) {
                    out[row] = T::ZERO;
                }
            }
        }
    }
}
