//! Sums of the rows of kernel matrices.

/// Row sums and diagonal of a kernel matrix.
pub(super) struct Margins {
    /// Sum of each row without its diagonal entry.
    pub row_sums: Vec<f64>,
    pub diagonal: Vec<f64>,
}

impl Margins {
    /// Creates the margins of the linear kernel from ‖row‖²: the rows of the kernel matrix of
    /// centred features sum to 0.
    pub fn of_centred_features(squared_norms: &[f64]) -> Self {
        Self {
            row_sums: squared_norms.iter().map(|norm| -norm).collect(),
            diagonal: squared_norms.to_vec(),
        }
    }
}
