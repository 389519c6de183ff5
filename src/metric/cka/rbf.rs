//! The Gaussian kernel, with a bandwidth from the median distance.

use rayon::prelude::*;

use crate::error::{ComputationError, Result};
use crate::linalg::{Real, n_pairs, zeroed};
use crate::metric::cka::centred::Centred;
use crate::metric::cka::product::Product;
use crate::metric::cka::tile::Tile;

/// The kernel exp(−d² / 2σ²) of squared distances d², or this kernel minus 1.
///
/// HSIC does not change if a constant is added to a kernel. With a wide bandwidth all entries are
/// close to 1 and their differences would be lost to rounding, so 1 is subtracted; with a narrow
/// bandwidth the entries are close to 0 and 1 is not subtracted.
pub(super) struct Rbf {
    /// −1 / 2σ².
    factor: f64,
    less_one: bool,
}

impl Rbf {
    /// Creates the kernel whose σ² is `fraction`² times the median of the squared distances of
    /// rows; errors refer to the representation by `position`.
    pub fn new<T: Real>(centred: &Centred<T>, fraction: f64, position: usize) -> Result<Self> {
        let median = median_squared_distance(centred)?;
        if median == 0.0 {
            return Err(ComputationError::ZeroMedianDistance {
                representation: position,
            }
            .into());
        }
        Ok(Self {
            factor: -0.5 / (fraction * fraction) / median,
            less_one: fraction > 0.5,
        })
    }

    /// Converts squared distances to entries of the kernel matrix.
    pub fn apply(&self, squared_distances: &mut [f64]) {
        for entry in squared_distances {
            let exponent = self.factor * *entry;
            *entry = if self.less_one {
                exponent.exp_m1()
            } else {
                exponent.exp()
            };
        }
    }

    /// Returns the kernel of a row with itself.
    pub fn diagonal(&self) -> f64 {
        if self.less_one { 0.0 } else { 1.0 }
    }
}

/// Computes the median of the squared distances of all pairs of different rows.
fn median_squared_distance<T: Real>(centred: &Centred<T>) -> Result<f64> {
    let n = centred.n_stimuli();
    let n_pairs = n_pairs(n);
    let mut distances: Vec<f64> = zeroed(n_pairs, "the distances of all pairs")?;

    // The distances are in the order of tiles; the median does not depend on it.
    let mut rest = &mut distances[..];
    let mut parts = Vec::new();
    for tile in Tile::of_triangle(n) {
        let n_rows = tile.rows.len();
        let len = if tile.on_diagonal() {
            n_rows * (n_rows - 1) / 2
        } else {
            n_rows * tile.columns.len()
        };
        let (part, after) = std::mem::take(&mut rest).split_at_mut(len);
        rest = after;
        parts.push((tile, part));
    }
    parts
        .into_par_iter()
        .for_each_init(Product::new, |product, (tile, mut part)| {
            let found = centred.squared_distances(&tile, product);
            if !tile.on_diagonal() {
                part.copy_from_slice(found);
                return;
            }
            for (column, entries) in found.chunks_exact(tile.rows.len()).enumerate() {
                let below = &entries[column + 1..];
                let (out, after) = std::mem::take(&mut part).split_at_mut(below.len());
                out.copy_from_slice(below);
                part = after;
            }
        });

    let (below, &mut upper, _) = distances.select_nth_unstable_by(n_pairs / 2, f64::total_cmp);
    if n_pairs % 2 == 1 {
        return Ok(upper);
    }
    let lower = below.iter().copied().fold(0.0, f64::max);
    Ok((lower + upper) / 2.0)
}
