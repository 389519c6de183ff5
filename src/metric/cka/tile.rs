//! Products and distances of the rows of a tile of a kernel matrix.

use std::ops::Range;

use crate::linalg::{Real, blocks};
use crate::metric::cka::centred::Centred;
use crate::metric::cka::product::{COLUMNS, Product, ROWS};

/// Ranges of rows and columns that are on or left of the diagonal.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

impl Tile {
    /// Returns tiles that cover the lower triangle of an `n × n` matrix, in a fixed order. Tiles
    /// that the diagonal crosses are square.
    pub fn of_triangle(n: usize) -> impl Iterator<Item = Tile> {
        blocks(n, ROWS).flat_map(|rows| {
            let left = blocks(rows.start, COLUMNS);
            left.chain([rows.clone()]).map(move |columns| Tile {
                rows: rows.clone(),
                columns,
            })
        })
    }

    pub fn on_diagonal(&self) -> bool {
        self.rows == self.columns
    }
}

impl<T: Real> Centred<T> {
    pub fn products<'p>(&self, tile: &Tile, product: &'p mut Product<T>) -> &'p mut [f64] {
        product.of(self.panels().map(|panel| {
            let rows = |range: &Range<usize>| panel.matrix().subrows(range.start, range.len());
            (rows(&tile.rows), rows(&tile.columns).transpose())
        }))
    }

    /// Computes the squared distances of the rows of a tile, column-major.
    pub fn squared_distances<'p>(&self, tile: &Tile, product: &'p mut Product<T>) -> &'p mut [f64] {
        /// Threshold for squared distances, relative to the sum of the two squared norms. Smaller
        /// ones are computed directly, so that equal rows have a distance of 0, and rows that are
        /// close together but far from the other rows do not lose their distance to rounding.
        const CLOSE: f64 = 1e-4;

        let products = self.products(tile, product);
        let norms = &self.squared_norms;
        let columns = products.chunks_exact_mut(tile.rows.len());
        for (column, entries) in tile.columns.clone().zip(columns) {
            let other = norms[column];
            for (entry, own) in entries.iter_mut().zip(&norms[tile.rows.clone()]) {
                *entry = (own + other) - 2.0 * *entry;
            }
            for (row, entry) in tile.rows.clone().zip(entries) {
                if *entry <= CLOSE * (norms[row] + other) {
                    *entry = self.squared_distance(row, column);
                }
            }
        }
        products
    }
}
