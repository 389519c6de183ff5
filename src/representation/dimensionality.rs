//! The effective dimensionality of a representation.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};

use crate::error::{FeatureError, Result};
use crate::linalg::{Real, blocks, with_values};
use crate::representation::Representation;

impl Representation {
    /// Returns the effective dimensionality: the participation ratio (Σ v)² / Σ v² of the variances
    /// v along the principal axes.
    ///
    /// It is 1 if all stimuli lie on a line, and equals the number of axes if the variance along
    /// all axes is equal. Scaling and rotation do not change it. It is computed in `f64`, from the
    /// smaller of the two Gram matrices (stimuli × stimuli or features × features).
    ///
    /// ```
    /// use human_alignment::{Representation, Stimuli};
    /// use ndarray::array;
    ///
    /// let square = array![[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
    /// let square = Representation::new(Stimuli::numbered(4), square)?;
    /// assert_eq!(square.effective_dimensionality()?, 2.0);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`FeatureError::Constant`] if no feature varies.
    pub fn effective_dimensionality(&self) -> Result<f64> {
        with_values!(self.values(), features => {
            participation_ratio(features, self.n_stimuli(), self.n_features())
        })
    }
}

/// Computes (Σ v)² / Σ v² of the variances v of features in row-major order.
fn participation_ratio<T: Real>(features: &[T], n: usize, n_features: usize) -> Result<f64> {
    /// Number of stimuli or features multiplied at a time.
    const DEPTH: usize = 512;

    let constant = Err(FeatureError::Constant {
        undefined: "the effective dimensionality",
    }
    .into());
    let mut rows = features.chunks_exact(n_features);
    // Compare the rows, because the rounding of a mean would leave tiny deviations.
    if rows.all(|row| row == &features[..n_features]) {
        return constant;
    }
    let mut means = vec![0.0; n_features];
    for row in features.chunks_exact(n_features) {
        for (mean, &x) in means.iter_mut().zip(row) {
            *mean += x.into() / n as f64;
        }
    }
    let centred =
        |row: usize, feature: usize| features[row * n_features + feature].into() - means[feature];
    let size = n.min(n_features);
    let mut products = Mat::<f64>::zeros(size, size);
    let depth = n.max(n_features);
    for block in blocks(depth, DEPTH) {
        let part = match n <= n_features {
            true => Mat::from_fn(n, block.len(), |row, k| centred(row, block.start + k)),
            false => Mat::from_fn(n_features, block.len(), |j, k| centred(block.start + k, j)),
        };
        add_lower_product(&mut products, part.as_ref());
    }
    let (mut trace, mut squares) = (0.0, 0.0);
    for column in 0..size {
        let diagonal = products[(column, column)];
        trace += diagonal;
        squares += diagonal * diagonal;
        for row in column + 1..size {
            squares += 2.0 * products[(row, column)].powi(2);
        }
    }
    if squares == 0.0 {
        return constant;
    }
    Ok(trace * trace / squares)
}

/// Computes products += left · leftᵀ, only the lower triangle.
fn add_lower_product(products: &mut Mat<f64>, left: MatRef<'_, f64>) {
    triangular::matmul(
        products.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Add,
        left,
        BlockStructure::Rectangular,
        left.transpose(),
        BlockStructure::Rectangular,
        1.0,
        // Sequential, because the block sizes would otherwise depend on the number of threads.
        Par::Seq,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;
    use ndarray::Array2;

    fn of(features: Array2<f32>) -> Result<f64> {
        let stimuli = Stimuli::numbered(features.nrows() as u32);
        Representation::new(stimuli, features)?.effective_dimensionality()
    }

    #[test]
    fn agrees_with_the_eigenvalues_on_either_side() {
        for (n, p) in [(40, 7), (7, 40), (700, 3), (3, 700)] {
            let features = Array2::from_shape_fn((n, p), |(i, j)| {
                (1.3 * i as f64 + 2.7 * (j * j) as f64).sin() as f32
            });
            let mut wide = Mat::<f64>::from_fn(n, p, |i, j| f64::from(features[[i, j]]));
            for j in 0..p {
                let mean = (0..n).map(|i| wide[(i, j)]).sum::<f64>() / n as f64;
                (0..n).for_each(|i| wide[(i, j)] -= mean);
            }
            let singular = wide.singular_values().unwrap();
            let variances: Vec<f64> = singular.iter().map(|s| s * s).collect();
            let sum: f64 = variances.iter().sum();
            let squares: f64 = variances.iter().map(|v| v * v).sum();
            assert_relative_eq!(
                of(features).unwrap(),
                sum * sum / squares,
                max_relative = 1e-10
            );
        }
    }

    #[test]
    fn a_line_has_one_dimension_and_a_point_none() {
        let line = Array2::from_shape_fn((9, 5), |(i, j)| i as f32 * (1.0 + j as f32) + 3.0);
        assert_relative_eq!(of(line).unwrap(), 1.0, max_relative = 1e-12);
        assert_refused!(
            of(Array2::ones((4, 3))),
            Feature(FeatureError::Constant { .. })
        );
    }
}
