//! Similarities of all pairs of stimuli, in the order of an RDM.

use std::ops::Range;

use crate::error::Result;
use crate::linalg::{DistanceRounding, blocks, n_pairs, pair_index, zeroed};
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::similarity::direct::product;
use crate::similarity::products::{BAND, HasRows, PANEL, Scaled, Terms, for_each_tile};
use crate::similarity::rounding::{Bounds, COARSE};
use crate::similarity::rows::Rows;

/// Similarities of all pairs, with a bound on their rounding errors.
pub(crate) struct AllPairs {
    pub values: Vec<f64>,
    pub rounding: PairRounding,
}

/// A bound on the rounding errors of similarities.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PairRounding {
    /// Absolute bound.
    Absolute(f64),
    /// Bounds of distances, or of their squares.
    Distance(DistanceRounding),
}

/// Computes the similarities of all pairs, in double precision: the strict upper triangle, row by
/// row, each slice converted by `of`. Stimuli with equal rows get the value `same`. Distances that
/// are small relative to the norms of their rows are computed directly, so that they lose no
/// precision.
///
/// # Errors
/// Returns an error if the similarity is undefined for a row, or if memory cannot be allocated.
pub(crate) fn for_all_pairs(
    representation: &Representation,
    similarity: Similarity,
    same: f64,
    of: fn(&mut [f64]),
) -> Result<AllPairs> {
    let stimuli = representation.stimuli();
    let n = stimuli.len();
    // From last to first: the lower triangle of the rows in reverse, row by row and read from its
    // end, is the upper triangle of the rows, row by row.
    let reversed: Vec<u32> = (0..n as u32).rev().collect();
    let join = |shown: &[u32]| Rows::join(representation, stimuli, shown, similarity);
    let rows = join(&reversed).or_else(|error| {
        // Of several invalid rows, report the first.
        let in_order: Vec<u32> = (0..n as u32).collect();
        join(&in_order).and(Err(error))
    })?;
    let n_slots = rows.len();
    let mut values = zeroed::<f64>(n_pairs(n_slots), "the similarities of all pairs")?;
    let scaled = Scaled::new(&rows);
    let (terms, unit) = (Terms::new::<f64>(&scaled), scaled.unit());
    let bounds = Bounds::of_products::<f64>(&rows, &scaled, &terms);
    let unit_of_squares = match similarity {
        Similarity::NegativeEuclidean => unit * unit,
        _ => unit,
    };
    let rounding = match bounds.of_distances(unit_of_squares) {
        Some(distances) => PairRounding::Distance(distances),
        None => PairRounding::Absolute(bounds.most() * unit),
    };
    let directly = |row: usize, column: usize| product(&rows, scaled.scales(), row, column);
    let mut bands = split_into_bands(&mut values, n_slots);
    let of = |similarities: &mut [f64]| {
        similarities.iter_mut().for_each(|s| *s *= unit);
        of(similarities);
    };
    for_each_tile(&scaled, &mut bands, |band, columns, tile| {
        band.finish(&terms, columns, tile, directly, of);
    });
    if n_slots == n {
        return Ok(AllPairs { values, rounding });
    }
    // Stimuli with equal rows share a slot.
    let slot_of_stimulus = rows.into_slot_of_stimulus();
    let slot = |stimulus: usize| n_slots - 1 - slot_of_stimulus[stimulus] as usize;
    let mut expanded = zeroed::<f64>(n_pairs(n), "the similarities of all pairs")?;
    let mut cells = expanded.iter_mut();
    for first in 0..n {
        for (second, cell) in (first + 1..n).zip(&mut cells) {
            let (low, high) = (slot(first).min(slot(second)), slot(first).max(slot(second)));
            *cell = match low == high {
                true => same,
                false => values[pair_index(n_slots, low, high)],
            };
        }
    }
    let values = expanded;
    Ok(AllPairs { values, rounding })
}

/// A band of rows of the reversed triangle, without its diagonal.
struct Band<'a> {
    rows: Range<usize>,
    /// Pairs of the last row first, and within each row the last column first.
    values: &'a mut [f64],
}

impl HasRows for Band<'_> {
    fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
}

impl Band<'_> {
    /// Writes the pairs of the rows of the band with some columns, from a tile of products.
    fn finish(
        &mut self,
        terms: &Terms,
        columns: &Range<usize>,
        tile: &[f64],
        directly: impl Fn(usize, usize) -> f64,
        of: impl Fn(&mut [f64]),
    ) {
        let mut buffer = [0.0; PANEL];
        let mut end = self.values.len();
        for row in self.rows.clone() {
            let own = &mut self.values[end - row..end];
            end -= row;
            if row > columns.start {
                let below_diagonal = columns.start..columns.end.min(row);
                let similarities = &mut buffer[..below_diagonal.len()];
                terms.finish(tile, &self.rows, row, below_diagonal.clone(), similarities);
                if let Terms::Distance {
                    squared_norms,
                    root,
                } = terms
                {
                    let of_squared = |q: f64| if *root { -q.sqrt() } else { -q };
                    for (similarity, column) in similarities.iter_mut().zip(below_diagonal.clone())
                    {
                        let least = COARSE * (squared_norms[row] + squared_norms[column]);
                        let squared = match root {
                            true => *similarity * *similarity,
                            false => -*similarity,
                        };
                        if squared < least {
                            *similarity = of_squared(directly(row, column));
                        }
                    }
                }
                of(similarities);
                let cells = &mut own[row - below_diagonal.end..row - below_diagonal.start];
                for (cell, &value) in cells.iter_mut().rev().zip(&*similarities) {
                    *cell = value;
                }
            }
        }
    }
}

fn split_into_bands(mut values: &mut [f64], n: usize) -> Vec<Band<'_>> {
    let mut bands = Vec::with_capacity(n.div_ceil(BAND));
    for rows in blocks(n, BAND) {
        let rest = values.len() - (n_pairs(rows.end) - n_pairs(rows.start));
        let (before, own) = std::mem::take(&mut values).split_at_mut(rest);
        values = before;
        bands.push(Band { rows, values: own });
    }
    bands
}
