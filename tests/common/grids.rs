//! Whole numbers, of which similarities and dissimilarities are exact, and the same numbers in other units.

use human_alignment::Features;
use ndarray::{Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Returns rows of small whole numbers, none of them constant or 0.
pub fn grid(n: usize, p: usize, largest: i64, seed: u64) -> Array2<i64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let least = if largest == 1 { 0 } else { -1 };
    let mut grid = Array2::from_shape_simple_fn((n, p), || rng.random_range(least..=largest));
    for mut row in grid.rows_mut() {
        if row.iter().all(|&value| value == row[0]) {
            row[0] = 1 - row[1];
        }
    }
    grid
}

/// Returns the same numbers in other units, their columns in other orders, in both precisions. Single precision holds
/// powers of two exactly, and multiples of two numbers.
pub fn variants(grid: &Array2<i64>, seed: u64) -> Vec<(String, Features)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut columns: Vec<usize> = (0..grid.ncols()).collect();
    let mut variants = Vec::new();
    for scale in [1.0, 3.0, 0.1, 1e-3, 1e5, 1.0 / 7.0] {
        for last in (1..columns.len()).rev() {
            columns.swap(last, rng.random_range(0..=last));
        }
        let permuted = grid.select(Axis(1), &columns);
        let scaled = permuted.mapv(|value| value as f64 * scale);
        variants.push((format!("f64 × {scale}"), scaled.into()));
        let power = f64::exp2(scale.log2().round()) as f32;
        let scaled = permuted.mapv(|value| value as f32 * power);
        variants.push((format!("f32 × {power}"), scaled.into()));
    }
    variants
}
