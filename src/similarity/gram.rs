//! The similarities of all pairs at once, from half a matrix product.

use std::collections::HashMap;
use std::hash::Hasher;
use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use rustc_hash::FxHasher;

use crate::error::{Error, Result};
use crate::similarity::rows::{NOT_SHOWN, Rows};
use crate::similarity::{Block, PAIRS, Similarity};

/// `f32` or `f64`.
pub(super) trait Real: faer::traits::ComplexField + Copy + Send + Sync + Into<f64> {
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

/// The similarities of all pairs of distinct rows.
///
/// Identical rows share one row of the matrix. That makes them tie exactly, whatever order of
/// summation the matrix product chooses for each of its entries: a representation that has
/// collapsed to one point has a single similarity, and can't be right by rounding.
pub(super) struct Gram<T> {
    /// The lower triangle with its diagonal, row by row: half the memory, and twice as much of it
    /// in the cache.
    packed: Vec<T>,
    /// Row of the triangle, by stimulus of the trials.
    row_of_stimulus: Vec<u32>,
}

/// Rows of the result that are computed together.
const BAND: usize = 64;

/// Columns of the result that are computed together.
const PANEL: usize = 288;

impl<T: Real> Gram<T> {
    /// All similarities, and the unit they are in.
    pub fn new(rows: &Rows<'_>) -> Result<(Self, f64)> {
        let distinct = Distinct::of(rows);
        let scaled = Scaled::new(rows, distinct.slots);
        let n = scaled.len();
        let mut packed = allocate::<T>(start_of_row(n))?;
        let terms = Terms::new::<T>(&scaled);

        let n_features = rows.n_features();
        let mut panel = vec![T::ZERO; PANEL.min(n) * n_features];
        let mut bands = split_into_bands(&mut packed, n);
        for columns in blocks(n, PANEL) {
            panel
                .par_chunks_mut(n_features)
                .zip(columns.clone())
                .for_each(|(out, column)| scaled.fill(column, out));
            let panel = MatRef::from_row_major_slice(
                &panel[..columns.len() * n_features],
                columns.len(),
                n_features,
            );
            let first_band = columns.start / BAND;
            bands[first_band..].par_iter_mut().for_each_init(
                || {
                    (
                        vec![T::ZERO; BAND * n_features],
                        vec![T::ZERO; BAND * PANEL],
                    )
                },
                |(features, tile), band| {
                    let features = &mut features[..band.rows.len() * n_features];
                    let tile = &mut tile[..band.rows.len() * columns.len()];
                    for (row, out) in band.rows.clone().zip(features.chunks_exact_mut(n_features)) {
                        scaled.fill(row, out);
                    }
                    matmul(
                        MatMut::from_row_major_slice_mut(tile, band.rows.len(), columns.len()),
                        Accum::Replace,
                        MatRef::from_row_major_slice(features, band.rows.len(), n_features),
                        panel.transpose(),
                        T::ONE,
                        Par::Seq,
                    );
                    let mut start = 0;
                    for (row, products) in band.rows.clone().zip(tile.chunks_exact(columns.len())) {
                        // The first rows of a band may end before the panel begins.
                        if row >= columns.start {
                            let below_diagonal = columns.start..columns.end.min(row + 1);
                            let out = &mut band.packed[start..start + row + 1];
                            terms.finish(row, below_diagonal, products, out);
                        }
                        start += row + 1;
                    }
                },
            );
        }

        let row_of_slot = distinct.of_slot;
        let row_of_stimulus = rows.slot_of_stimulus.iter().map(|&slot| match slot {
            NOT_SHOWN => NOT_SHOWN,
            slot => row_of_slot[slot as usize],
        });
        let gram = Self {
            row_of_stimulus: row_of_stimulus.collect(),
            packed,
        };
        Ok((gram, scaled.unit()))
    }

    pub fn gather(&self, trials: &[[u32; 3]], n_pairs: usize, block: &mut Block) {
        for (position, trial) in trials.iter().enumerate() {
            let rows = trial.map(|index| self.row_of_stimulus[index as usize] as usize);
            for (&(a, b), similarities) in PAIRS[..n_pairs].iter().zip(&mut block.0) {
                let (low, high) = (rows[a].min(rows[b]), rows[a].max(rows[b]));
                similarities[position] = self.packed[start_of_row(high) + low].into();
            }
        }
    }
}

/// Where a row of a packed lower triangle starts; also the size of one with that many rows.
#[inline(always)]
fn start_of_row(row: usize) -> usize {
    row * (row + 1) / 2
}

/// Zeroed memory, or an error where it can't be had.
fn allocate<T: Real>(len: usize) -> Result<Vec<T>> {
    // Asking first turns an abort into an error; taking it zeroed leaves the first touch of each
    // page to the threads that fill it.
    if Vec::<T>::new().try_reserve_exact(len).is_err() {
        return Err(Error::OutOfMemory {
            what: "the similarities of all pairs",
            bytes: (len as u64).saturating_mul(size_of::<T>() as u64),
        });
    }
    Ok(vec![T::ZERO; len])
}

/// Ranges of `size` that cover `0..n`.
fn blocks(n: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n)
        .step_by(size)
        .map(move |start| start..n.min(start + size))
}

/// Some rows of the packed triangle.
struct Band<'a, T> {
    rows: Range<usize>,
    packed: &'a mut [T],
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

/// Which slots hold identical rows.
struct Distinct {
    /// The first slot of each distinct row.
    slots: Vec<u32>,
    /// By slot, the position of its row in `slots`.
    of_slot: Vec<u32>,
}

impl Distinct {
    fn of(rows: &Rows<'_>) -> Self {
        let hashes = rows.map_slots(|slot| {
            let mut hasher = FxHasher::default();
            for value in rows.row(slot) {
                // Adding 0 makes −0 the same as 0, as comparing does.
                hasher.write_u32((value + 0.0).to_bits());
            }
            hasher.finish()
        });
        let mut slots: Vec<u32> = Vec::new();
        let mut with_hash: HashMap<u64, Vec<u32>> = HashMap::with_capacity(rows.len());
        let of_slot = hashes.iter().enumerate().map(|(slot, &hash)| {
            let candidates = with_hash.entry(hash).or_default();
            let same =
                |&&position: &&u32| rows.row(slots[position as usize] as usize) == rows.row(slot);
            if let Some(&position) = candidates.iter().find(same) {
                return position;
            }
            slots.push(slot as u32);
            candidates.push(slots.len() as u32 - 1);
            slots.len() as u32 - 1
        });
        let of_slot = of_slot.collect();
        Self { slots, of_slot }
    }
}

/// The distinct rows as the matrix product takes them: shifted where the similarity allows it, and
/// scaled by a power of two so that no product leaves the range of `f32`.
///
/// Scaling by a power of two changes no digit, so that features that are small integers (labels,
/// attributes) keep exact products and exact ties.
struct Scaled<'a> {
    rows: &'a Rows<'a>,
    slots: Vec<u32>,
    /// The power of two of each row.
    scales: Vec<f64>,
}

impl<'a> Scaled<'a> {
    fn new(rows: &'a Rows<'a>, slots: Vec<u32>) -> Self {
        let mut scaled = Self {
            rows,
            slots,
            scales: Vec::new(),
        };
        let largest: Vec<f64> = (0..scaled.len())
            .into_par_iter()
            .map(|row| scaled.largest(row))
            .collect();
        scaled.scales = match rows.similarity {
            // The scale of a row cancels.
            Similarity::Cosine | Similarity::Pearson => {
                largest.into_iter().map(inverse_power_of_two).collect()
            }
            // One scale for all, in the unit of the result.
            _ => {
                let largest = largest.into_iter().fold(0.0, f64::max);
                vec![inverse_power_of_two(largest); scaled.len()]
            }
        };
        scaled
    }

    fn len(&self) -> usize {
        self.slots.len()
    }

    fn unit(&self) -> f64 {
        let scale = self.scales[0];
        match self.rows.similarity {
            Similarity::Dot | Similarity::NegativeSquaredEuclidean => 1.0 / scale / scale,
            Similarity::NegativeEuclidean => 1.0 / scale,
            Similarity::Cosine | Similarity::Pearson => 1.0,
        }
    }

    /// Calls `with` with the features of a row and what is to be subtracted from each.
    ///
    /// Under Pearson that is the mean of the row. Distances don't change when all rows are shifted
    /// alike; taking the first row as the origin saves the digits that a common offset would cost.
    #[inline(always)]
    fn shifted(&self, row: usize, mut with: impl FnMut(usize, f64)) {
        let slot = self.slots[row] as usize;
        let features = self.rows.row(slot);
        match self.rows.similarity {
            Similarity::Dot | Similarity::Cosine => {
                for (column, &value) in features.iter().enumerate() {
                    with(column, value.into());
                }
            }
            Similarity::Pearson => {
                let mean = self.rows.mean(slot);
                for (column, &value) in features.iter().enumerate() {
                    with(column, f64::from(value) - mean);
                }
            }
            Similarity::NegativeEuclidean | Similarity::NegativeSquaredEuclidean => {
                let origin = self.rows.row(self.slots[0] as usize);
                for (column, (&value, &origin)) in features.iter().zip(origin).enumerate() {
                    with(column, f64::from(value) - f64::from(origin));
                }
            }
        }
    }

    fn largest(&self, row: usize) -> f64 {
        let mut largest: f64 = 0.0;
        self.shifted(row, |_, value| largest = largest.max(value.abs()));
        largest
    }

    fn fill<T: Real>(&self, row: usize, out: &mut [T]) {
        let scale = self.scales[row];
        self.shifted(row, |column, value| {
            out[column] = T::from_f64(value * scale)
        });
    }
}

/// 2⁻ᵉ where `value` is in [2ᵉ, 2ᵉ⁺¹); 1 for 0.
fn inverse_power_of_two(value: f64) -> f64 {
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
        let squared_norms = (0..scaled.len()).into_par_iter().map(|row| {
            let mut sum = 0.0;
            let scale = scaled.scales[row];
            scaled.shifted(row, |_, value| {
                // Of the numbers that the product is made of, rounded as they are.
                let value: f64 = T::from_f64(value * scale).into();
                sum += value * value;
            });
            sum
        });
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
    fn finish<T: Real>(&self, row: usize, columns: Range<usize>, products: &[T], out: &mut [T]) {
        let cells = out[columns.clone()].iter_mut().zip(products);
        match self {
            Terms::Dot => {
                for (out, &product) in cells {
                    *out = product;
                }
            }
            Terms::Cosine(inverse_norms) => {
                let own = inverse_norms[row];
                for ((out, &product), &other) in cells.zip(&inverse_norms[columns.clone()]) {
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
                for ((out, &product), &other) in cells.zip(&squared_norms[columns.clone()]) {
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
