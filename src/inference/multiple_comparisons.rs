//! Corrections for multiple comparisons.

/// Returns adjusted p-values that control the false discovery rate (Benjamini & Hochberg 1995).
///
/// Rejecting the hypotheses with adjusted p-values of at most *q* keeps the expected share of false
/// rejections at or below *q*. With the p-values in ascending order, the adjusted *i*-th of *m* is
/// minⱼ≥ᵢ (m/j) pⱼ, at most 1. The result is in the order of the input.
///
/// ```
/// use human_alignment::inference::benjamini_hochberg;
///
/// assert_eq!(benjamini_hochberg(&[0.01, 0.04, 0.02]), [0.03, 0.04, 0.03]);
/// ```
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len() as f64;
    let mut descending: Vec<usize> = (0..p_values.len()).collect();
    descending.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (from_largest, &position) in descending.iter().enumerate() {
        smallest = smallest.min(p_values[position] * m / (m - from_largest as f64));
        adjusted[position] = smallest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn agrees_with_scipy() {
        // scipy.stats.false_discovery_control([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.9])
        let adjusted = benjamini_hochberg(&[0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.9]);
        let expected = [0.007, 0.028, 0.0588, 0.0588, 0.0588, 0.07, 0.9];
        for (adjusted, expected) in adjusted.iter().zip(expected) {
            assert_relative_eq!(*adjusted, expected, epsilon = 1e-12);
        }
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
