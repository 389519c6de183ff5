//! Sums over the entries of kernel (Gram) matrices. The matrices are never stored: a tile of each
//! is computed, multiplied with the other tiles, and discarded.

use rayon::prelude::*;

use crate::linalg::Real;
use crate::metric::cka::centred::{Centred, dot};
use crate::metric::cka::margins::Margins;
use crate::metric::cka::product::Product;
use crate::metric::cka::rbf::Rbf;
use crate::metric::cka::tile::Tile;

/// A kernel matrix whose entries are computed on demand.
pub(super) struct Gram<'a, T> {
    pub centred: &'a Centred<T>,
    /// Gaussian kernel, or `None` for the linear kernel.
    pub rbf: Option<Rbf>,
}

impl<T: Real> Gram<'_, T> {
    /// Computes the entries of a tile, column-major; 0 on the diagonal of the matrix.
    fn tile<'p>(&self, tile: &Tile, product: &'p mut Product<T>) -> &'p mut [f64] {
        let entries = match &self.rbf {
            None => self.centred.products(tile, product),
            Some(rbf) => {
                let entries = self.centred.squared_distances(tile, product);
                rbf.apply(entries);
                entries
            }
        };
        if tile.on_diagonal() {
            for entry in entries.iter_mut().step_by(tile.rows.len() + 1) {
                *entry = 0.0;
            }
        }
        entries
    }

    /// Returns the row sums and the diagonal that HSIC needs.
    fn margins(&self, row_sums: Vec<f64>) -> Margins {
        match &self.rbf {
            None => Margins::of_centred_features(&self.centred.squared_norms),
            Some(rbf) => Margins {
                diagonal: vec![rbf.diagonal(); row_sums.len()],
                row_sums,
            },
        }
    }
}

/// Contribution of one tile to the sums.
struct TileSums {
    /// Σ of products of entries, by pair.
    products: Vec<f64>,
    /// By kernel matrix: sums over the columns of the tile and sums over its rows; empty if no
    /// kernel needs them.
    margins: Vec<(Vec<f64>, Vec<f64>)>,
}

/// Computes, for each pair of matrices, the sum of the products of their off-diagonal entries, and
/// the margins of each matrix.
pub(super) fn off_diagonal_sums<T: Real>(
    grams: &[Gram<'_, T>],
    pairs: &[(usize, usize)],
) -> (Vec<f64>, Vec<Margins>) {
    /// Number of tiles whose sums are stored before they are added in order.
    const HELD: usize = 1024;

    let n = grams.first().map_or(0, |gram| gram.centred.n_stimuli());
    let with_margins = grams.iter().any(|gram| gram.rbf.is_some());
    let sums_of = |products: &mut Vec<Product<T>>, tile: &Tile| {
        let tiles: Vec<&[f64]> = grams
            .iter()
            .zip(products)
            .map(|(gram, product)| &*gram.tile(tile, product))
            .collect();
        // The matrix is symmetric: tiles left of the diagonal count twice.
        let factor = if tile.on_diagonal() { 1.0 } else { 2.0 };
        let products = pairs.iter().map(|&(a, b)| factor * dot(tiles[a], tiles[b]));
        let products = products.collect();
        let margins = if with_margins {
            tiles
                .iter()
                .map(|entries| margins_of(tile, entries))
                .collect()
        } else {
            Vec::new()
        };
        TileSums { products, margins }
    };

    let mut products = vec![0.0; pairs.len()];
    let mut row_sums = vec![vec![0.0; if with_margins { n } else { 0 }]; grams.len()];
    let tiles: Vec<Tile> = Tile::of_triangle(n).collect();
    for tiles in tiles.chunks(HELD) {
        let sums: Vec<TileSums> = tiles
            .par_iter()
            .map_init(|| grams.iter().map(|_| Product::new()).collect(), sums_of)
            .collect();
        for (tile, sums) in tiles.iter().zip(sums) {
            add(&mut products, &sums.products);
            for (row_sums, (of_rows, of_columns)) in row_sums.iter_mut().zip(&sums.margins) {
                add(&mut row_sums[tile.rows.clone()], of_rows);
                if !tile.on_diagonal() {
                    add(&mut row_sums[tile.columns.clone()], of_columns);
                }
            }
        }
    }
    let margins = grams.iter().zip(row_sums);
    let margins = margins.map(|(gram, row_sums)| gram.margins(row_sums));
    (products, margins.collect())
}

fn margins_of(tile: &Tile, entries: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut of_rows = vec![0.0; tile.rows.len()];
    let columns = entries.chunks_exact(tile.rows.len());
    let of_columns = columns
        .map(|column| {
            add(&mut of_rows, column);
            column.iter().sum()
        })
        .collect();
    (of_rows, of_columns)
}

fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}
