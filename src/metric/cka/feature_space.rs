//! HSIC of the linear kernel from products of features: ‖XᵀY‖² is the sum of the products of the
//! entries of XXᵀ and YYᵀ, and neither of these matrices is computed.

use faer::MatRef;
use rayon::prelude::*;

use crate::linalg::{Real, blocks};
use crate::metric::cka::centred::{Centred, dot, sum_of_squares};
use crate::metric::cka::margins::Margins;
use crate::metric::cka::product::{Product, ROWS};

/// Blocks of columns of the two representations of a pair.
struct Tile<'a, T> {
    /// Index of the pair, 0-based.
    pair: usize,
    left: MatRef<'a, T>,
    right: MatRef<'a, T>,
    /// 2 if the tile also counts for its mirror image, otherwise 1.
    factor: f64,
}

/// Computes the sums of [`gram::off_diagonal_sums`](super::gram::off_diagonal_sums) for linear
/// kernels.
pub(super) fn off_diagonal_sums<T: Real>(
    centred: &[Centred<T>],
    pairs: &[(usize, usize)],
) -> (Vec<f64>, Vec<Margins>) {
    let mut tiles = Vec::new();
    for (pair, &(a, b)) in pairs.iter().enumerate() {
        for left_panel in centred[a].panels() {
            for columns in blocks(left_panel.columns.len(), ROWS) {
                let left = left_panel.matrix().subcols(columns.start, columns.len());
                let mut add = |right, factor| {
                    tiles.push(Tile {
                        pair,
                        left,
                        right,
                        factor,
                    });
                };
                if a != b {
                    centred[b]
                        .panels()
                        .for_each(|panel| add(panel.matrix(), 1.0));
                    continue;
                }
                // The product is symmetric: tiles left of the diagonal count twice.
                let start = left_panel.columns.start;
                let before = centred[b]
                    .panels()
                    .take_while(|panel| panel.columns.start < start);
                before.for_each(|panel| add(panel.matrix(), 2.0));
                if columns.start > 0 {
                    add(left_panel.matrix().subcols(0, columns.start), 2.0);
                }
                add(left, 1.0);
            }
        }
    }
    let squares: Vec<f64> = tiles
        .par_iter()
        .map_init(Product::new, |product, tile| {
            let factors = [(tile.left.transpose(), tile.right)];
            tile.factor * sum_of_squares(product.of(factors.into_iter()))
        })
        .collect();

    let mut sums = vec![0.0; pairs.len()];
    for (tile, squares) in tiles.iter().zip(squares) {
        sums[tile.pair] += squares;
    }
    for (sum, &(a, b)) in sums.iter_mut().zip(pairs) {
        *sum -= dot(&centred[a].squared_norms, &centred[b].squared_norms);
    }
    let margins = centred.iter();
    let margins = margins.map(|centred| Margins::of_centred_features(&centred.squared_norms));
    (sums, margins.collect())
}
