//! What a panel of networks cannot tell.

use super::clusters::Clusters;
use super::design::{Columns, Explained};
use super::{Driver, DriverCaution, Exchanged};
use crate::error::Result;
use crate::study::analysis::standardized;
use crate::study::input::ModelFactors;

/// Returns cautions about factors that are determined by another factor.
pub(super) fn aliases(factors: &[Columns], rows: &[usize]) -> Result<Vec<DriverCaution>> {
    let mut found = Vec::new();
    for by in factors {
        let explained = Explained::by(by.columns.iter(), rows)?;
        for factor in factors.iter().filter(|factor| factor.factor != by.factor) {
            let mut columns = factor.columns.iter();
            let follows =
                |column: &Vec<f64>| explained.of(&standardized(column, rows)) > 1.0 - 1e-9;
            if columns.all(follows) {
                found.push(DriverCaution::Aliased {
                    factor: factor.factor,
                    by: by.factor,
                });
            }
        }
    }
    Ok(found)
}

/// Returns cautions about the clusters of networks and the tests that they allow.
pub(super) fn about_clusters(
    networks: &[(ModelFactors, f64)],
    clusters: &Clusters,
    drivers: &[Driver],
) -> Vec<DriverCaution> {
    let mut found = Vec::new();
    if networks
        .iter()
        .all(|(factors, _)| factors.cluster.is_none())
    {
        found.push(DriverCaution::Unclustered);
    } else if clusters.len() < 10 {
        let n_clusters = clusters.len();
        found.push(DriverCaution::FewClusters { n_clusters });
    }
    let mut sizes = clusters.members.iter().map(Vec::len);
    let first = sizes.next();
    let of_clusters = |driver: &Driver| driver.exchanged == Exchanged::Clusters;
    if sizes.any(|size| Some(size) != first) && drivers.iter().any(of_clusters) {
        found.push(DriverCaution::UnequalClusters);
    }
    for driver in drivers
        .iter()
        .filter(|driver| driver.smallest_p_value > 0.05)
    {
        let factor = driver.factor;
        found.push(DriverCaution::FewPermutations { factor });
    }
    found
}
