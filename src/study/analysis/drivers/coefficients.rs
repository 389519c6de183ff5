//! The means of the levels of factors, and the coefficients of the regression on all factors.

use super::clusters::Clusters;
use super::covariance::AlignmentCovariance;
use super::design::{Columns, LeastSquares};
use super::{DriverAnalysis, DriverCaution, DriverCoefficient, FactorLevel};
use crate::error::Result;
use crate::inference::Estimate;

impl DriverAnalysis {
    /// Returns the mean alignment of the networks with each level of a factor.
    pub(super) fn levels(
        &self,
        columns: &Columns,
        y: &[f64],
        clusters: &Clusters,
    ) -> Vec<FactorLevel> {
        let level = |(name, networks): &(String, Vec<usize>)| {
            let n = networks.len() as f64;
            let mean = networks.iter().map(|&network| y[network]).sum::<f64>() / n;
            // Deviations are summed within clusters, whose networks have noise in common.
            let sums: Vec<f64> = (clusters.members.iter())
                .filter_map(|members| {
                    let of_level = members.iter().filter(|member| networks.contains(member));
                    let deviations: Vec<f64> = of_level.map(|&member| y[member] - mean).collect();
                    (!deviations.is_empty()).then(|| deviations.iter().sum())
                })
                .collect();
            let n_clusters = sums.len() as f64;
            let squares = sums.iter().map(|sum| sum * sum).sum::<f64>();
            let estimate = Estimate {
                value: mean,
                standard_error: Some((squares * n_clusters / (n_clusters - 1.0)).sqrt() / n),
                degrees_of_freedom: n_clusters - 1.0,
            };
            FactorLevel {
                name: name.clone(),
                n_networks: networks.len(),
                mean,
                interval: (sums.len() > 1).then(|| estimate.interval(self.confidence)),
            }
        };
        columns.levels.iter().map(level).collect()
    }

    /// Returns the coefficients whose errors are known, and cautions about the factors of others.
    pub(super) fn coefficients(
        &self,
        fit: &LeastSquares,
        factors: &[Columns],
        clusters: &Clusters,
        covariance: Option<&AlignmentCovariance>,
    ) -> Result<(Vec<DriverCoefficient>, Vec<DriverCaution>)> {
        let (mut found, mut cautions) = (Vec::new(), Vec::new());
        let names = factors.iter().flat_map(|factor| {
            let names = factor.names.iter();
            names.map(|name| (factor.factor, name))
        });
        // The first column is the intercept.
        for (column, (factor, name)) in (1..).zip(names) {
            let estimate = fit.estimate(column, clusters, covariance)?;
            if estimate.standard_error.is_some() {
                found.push(DriverCoefficient {
                    name: name.clone(),
                    estimate,
                    interval: estimate.interval(self.confidence),
                    p_value: estimate.p_value(),
                });
            } else {
                let caution = DriverCaution::OneCluster { factor };
                if !cautions.contains(&caution) {
                    cautions.push(caution);
                }
            }
        }
        Ok((found, cautions))
    }
}
