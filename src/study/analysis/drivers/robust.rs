//! Cluster-robust variances of the coefficients of least squares.

use faer::Mat;

use super::clusters::Clusters;
use super::covariance::AlignmentCovariance;
use super::design::LeastSquares;
use crate::error::Result;
use crate::inference::Estimate;
use crate::linalg::eigen;
use crate::study::analysis::dot;

/// Directions with weights, whose weighted squared products with the residuals sum to a variance,
/// and the degrees of freedom of the variance.
type Directions = (Vec<(Vec<f64>, f64)>, f64);

impl LeastSquares {
    /// Returns a coefficient with its standard error, which is `None` if the residuals say nothing
    /// about the noise of the coefficient.
    ///
    /// If every network is its own cluster the noise is taken to be equal for all. Otherwise the
    /// variance is CR2 with the degrees of freedom of Bell & McCaffrey (2002).
    pub fn estimate(
        &self,
        column: usize,
        clusters: &Clusters,
        covariance: Option<&AlignmentCovariance>,
    ) -> Result<Estimate> {
        let weights = self.weights(column);
        let directions = match clusters.are_single() {
            true => self.homoscedastic(weights),
            false => self.clustered(weights, clusters)?,
        };
        let value = self.coefficient(column);
        let unknown = Estimate {
            value,
            standard_error: None,
            degrees_of_freedom: 0.0,
        };
        let Some((directions, degrees)) = directions else {
            return Ok(unknown);
        };
        let squares = directions
            .iter()
            .map(|(of, weight)| weight * dot(of, &self.residual).powi(2));
        let by_networks: f64 = squares.sum();
        // The variance by people and objects, less the part that is in the residuals.
        let by_people = covariance.map_or(0.0, |covariance| {
            let seen = directions
                .iter()
                .map(|(of, weight)| weight * covariance.of_sum(of));
            (covariance.of_sum(weights) - seen.sum::<f64>()).max(0.0)
        });
        let variance = by_networks + by_people;
        // Satterthwaite's degrees of freedom of a sum.
        let degrees_of_freedom = match covariance {
            Some(covariance) if by_people > 0.0 => {
                let other = covariance.degrees_of_freedom();
                variance.powi(2) / (by_networks.powi(2) / degrees + by_people.powi(2) / other)
            }
            _ => degrees,
        };
        Ok(Estimate {
            value,
            standard_error: Some(variance.sqrt()),
            degrees_of_freedom,
        })
    }

    /// Returns directions whose weighted squared sums of the residuals are the variance of a
    /// coefficient if all networks have independent noise of the same variance.
    fn homoscedastic(&self, weights: &[f64]) -> Option<Directions> {
        let degrees = self.residual_degrees as f64;
        let weight = dot(weights, weights) / degrees;
        let n = weights.len();
        let row = |row| {
            let mut unit = vec![0.0; n];
            unit[row] = 1.0;
            (self.without_fit(&unit), weight)
        };
        Some(((0..n).map(row).collect(), degrees))
    }

    /// Returns the directions of CR2, one for each cluster, and the degrees of freedom.
    fn clustered(&self, weights: &[f64], clusters: &Clusters) -> Result<Option<Directions>> {
        let mut directions = Vec::with_capacity(clusters.len());
        for rows in &clusters.members {
            // I − H of the cluster, where H is the projection on the columns.
            let left = Mat::from_fn(rows.len(), rows.len(), |i, j| {
                let fitted = self.basis.iter().map(|of| of[rows[i]] * of[rows[j]]);
                f64::from(u8::from(i == j)) - fitted.sum::<f64>()
            });
            let (values, vectors) = eigen(left.as_ref())?;
            let own: Vec<f64> = rows.iter().map(|&row| weights[row]).collect();
            let mut direction = vec![0.0; weights.len()];
            for (k, &value) in values.iter().enumerate() {
                let along: f64 = (0..rows.len()).map(|i| vectors[(i, k)] * own[i]).sum();
                if value <= 1e-9 {
                    if along * along > 1e-9 * dot(weights, weights) {
                        // The cluster is fitted exactly in a direction that the coefficient uses.
                        return Ok(None);
                    }
                    continue;
                }
                for (i, &row) in rows.iter().enumerate() {
                    direction[row] += vectors[(i, k)] * along / value.sqrt();
                }
            }
            directions.push((self.without_fit(&direction), 1.0));
        }
        let trace: f64 = directions.iter().map(|(of, _)| dot(of, of)).sum();
        let pairs = directions.iter().flat_map(|(left, _)| {
            directions
                .iter()
                .map(move |(right, _)| dot(left, right).powi(2))
        });
        let degrees = trace * trace / pairs.sum::<f64>();
        Ok(degrees.is_finite().then_some((directions, degrees)))
    }
}
