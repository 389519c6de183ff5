//! HSIC of the linear kernel from products of features: ‖XᵀY‖² is the sum of the products of the
//! entries of XXᵀ and YYᵀ, and needs neither of them.

use std::ops::Range;

use rayon::prelude::*;

use crate::metric::cka::centred::{Centred, dot, sum_of_squares};
use crate::metric::cka::hsic::Margins;
use crate::metric::cka::product::{Product, TILE};
use crate::similarity::{Real, blocks};

/// Some columns of each of the two representations of a pair.
struct Tile {
    pair: usize,
    left: Range<usize>,
    right: Range<usize>,
    /// 2 where it stands for its mirror image too.
    factor: f64,
}

/// What [`gram::off_diagonal_sums`](super::gram::off_diagonal_sums) computes, for linear kernels.
pub(super) fn off_diagonal_sums<T: Real>(
    centred: &[Centred<T>],
    pairs: &[(usize, usize)],
) -> (Vec<f64>, Vec<Margins>) {
    let mut tiles = Vec::new();
    for (pair, &(a, b)) in pairs.iter().enumerate() {
        for left in blocks(centred[a].n_features(), TILE) {
            for right in blocks(centred[b].n_features(), TILE) {
                let factor = match a == b {
                    true if right.start > left.start => continue,
                    true if right.start < left.start => 2.0,
                    _ => 1.0,
                };
                tiles.push(Tile {
                    pair,
                    left: left.clone(),
                    right,
                    factor,
                });
            }
        }
    }
    let squares: Vec<f64> = tiles
        .par_iter()
        .map_init(Product::new, |product, tile| {
            let (a, b) = pairs[tile.pair];
            let columns = |of: usize, range: &Range<usize>| {
                centred[of].matrix().subcols(range.start, range.len())
            };
            let left = columns(a, &tile.left).transpose();
            let entries = product.of(left, columns(b, &tile.right));
            tile.factor * sum_of_squares(entries)
        })
        .collect();

    let mut sums = vec![0.0; pairs.len()];
    for (tile, squares) in tiles.iter().zip(squares) {
        sums[tile.pair] += squares;
    }
    for (sum, &(a, b)) in sums.iter_mut().zip(pairs) {
        *sum -= dot(&centred[a].squared_norms, &centred[b].squared_norms);
    }
    let margins = centred
        .iter()
        .map(|centred| Margins::of_centred_features(&centred.squared_norms));
    (sums, margins.collect())
}
