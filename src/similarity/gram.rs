//! Similarities of all pairs at once, from half of a matrix product.

use std::ops::Range;

use crate::error::Result;
use crate::linalg::{Real, blocks, zeroed};
use crate::similarity::products::{BAND, HasRows, Scaled, Terms, for_each_tile};
use crate::similarity::rounding::Bounds;
use crate::similarity::rows::Rows;
use crate::similarity::{BLOCK, Block, PAIRS};

/// Similarities of all pairs of slots.
pub(super) struct Gram<T> {
    /// Lower triangle with its diagonal, row by row, which takes half the memory and cache of the
    /// full matrix.
    packed: Vec<T>,
}

impl<T: Real> Gram<T> {
    /// Computes all similarities of the scaled rows, and the bounds on their rounding errors.
    pub fn new(rows: &Rows<'_>) -> Result<(Self, Bounds)> {
        let scaled = Scaled::new(rows);
        let n = rows.len();
        let mut packed = zeroed::<T>(start_of_row(n), "the similarities of all pairs")?;
        let terms = Terms::new::<T>(&scaled);
        let mut bands = split_into_bands(&mut packed, n);
        for_each_tile(&scaled, &mut bands, |band, columns, tile| {
            band.finish(&terms, columns, tile);
        });

        let bounds = Bounds::of_products::<T>(rows, &scaled, &terms);
        Ok((Self { packed }, bounds))
    }

    pub fn gather(&self, rows: &Rows<'_>, trials: &[[u32; 3]], n_pairs: usize, block: &mut Block) {
        // All positions are computed before the loads, so that many loads are in progress at once.
        // There are fewer than 2³² positions.
        let mut places = [[0u32; BLOCK]; 3];
        for (position, &trial) in trials.iter().enumerate() {
            let slots = rows.slots(trial);
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

/// Returns the position at which a row of a packed lower triangle starts; also the size of a
/// triangle with `row` rows.
#[inline(always)]
fn start_of_row(row: usize) -> usize {
    row * (row + 1) / 2
}

/// A band of rows of the packed triangle.
struct Band<'a, T> {
    rows: Range<usize>,
    packed: &'a mut [T],
}

impl<T: Real> HasRows for Band<'_, T> {
    fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
}

impl<T: Real> Band<'_, T> {
    /// Writes the similarities of the rows of the band with some columns, from a tile of products.
    fn finish(&mut self, terms: &Terms, columns: &Range<usize>, tile: &[T]) {
        let mut start = 0;
        for row in self.rows.clone() {
            // The first rows of a band may end before the columns begin.
            if row >= columns.start {
                let below_diagonal = columns.start..columns.end.min(row + 1);
                let out = &mut self.packed[start..start + row + 1];
                let cells = &mut out[below_diagonal.clone()];
                terms.finish(tile, &self.rows, row, below_diagonal.clone(), cells);
                if let (true, Some(own)) = (below_diagonal.contains(&row), terms.diagonal()) {
                    out[row] = own;
                }
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
