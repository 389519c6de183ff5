//! Analyses of the alignment of networks: factors that explain it, and consistency between data
//! sets.

mod consistency;
mod drivers;

pub use consistency::AlignmentConsistency;
pub use drivers::{
    AlignmentCovariance, Driver, DriverAnalysis, DriverCaution, DriverCoefficient, Drivers,
    Exchanged, Factor, FactorLevel,
};

/// Returns a column at some rows, with mean 0 and length 1; all 0 if the column is constant there.
///
/// The dot product of two standardized columns is Pearson's correlation.
fn standardized(column: &[f64], rows: &[usize]) -> Vec<f64> {
    let values = || rows.iter().map(|&row| column[row]);
    let mean = values().sum::<f64>() / rows.len() as f64;
    let scale = values().map(f64::abs).fold(0.0, f64::max);
    let mut centred: Vec<f64> = values().map(|value| value - mean).collect();
    let length = dot(&centred, &centred).sqrt();
    // What is left of a constant column is rounding.
    let is_constant = length <= 1e-12 * scale * (rows.len() as f64).sqrt();
    centred
        .iter_mut()
        .for_each(|value| *value = if is_constant { 0.0 } else { *value / length });
    centred
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    let pairs = left.iter().zip(right);
    pairs.map(|(left, right)| left * right).sum()
}

/// Returns true if a standardized column is constant.
fn is_constant(standardized: &[f64]) -> bool {
    standardized.iter().all(|&value| value == 0.0)
}
