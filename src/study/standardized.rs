//! Numbers of mean 0 and length 1, whose products are correlations.

/// A column at some rows, with mean 0 and length 1; all 0 where it is constant there.
pub(super) fn standardized(column: &[f64], rows: &[usize]) -> Vec<f64> {
    let mean = rows.iter().map(|&row| column[row]).sum::<f64>() / rows.len() as f64;
    let scale = rows
        .iter()
        .map(|&row| column[row].abs())
        .fold(0.0, f64::max);
    let mut centred: Vec<f64> = rows.iter().map(|&row| column[row] - mean).collect();
    let length = dot(&centred, &centred).sqrt();
    // What is left of a constant column is rounding.
    let is_constant = length <= 1e-12 * scale * (rows.len() as f64).sqrt();
    centred
        .iter_mut()
        .for_each(|value| *value = if is_constant { 0.0 } else { *value / length });
    centred
}

/// Of two standardised columns, Pearson's correlation.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

/// Whether numbers that were standardised had all been the same.
pub(super) fn is_constant(standardized: &[f64]) -> bool {
    standardized.iter().all(|&value| value == 0.0)
}
