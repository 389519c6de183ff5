//! Clusters of related networks.

use crate::study::input::ModelFactors;

/// The clusters of networks: rows of a regression whose noise is related.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clusters {
    /// The cluster of each row.
    pub of: Vec<usize>,
    /// The rows of each cluster, in order.
    pub members: Vec<Vec<usize>>,
}

impl Clusters {
    /// Returns the clusters of networks; a network without a named cluster is one of its own.
    pub fn new<'f>(networks: impl Iterator<Item = &'f ModelFactors>) -> Self {
        let mut names: Vec<Option<&str>> = Vec::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (network, factors) in networks.enumerate() {
            let name = factors.cluster.as_deref();
            match names
                .iter()
                .position(|&known| known.is_some() && known == name)
            {
                Some(cluster) => members[cluster].push(network),
                None => {
                    names.push(name);
                    members.push(vec![network]);
                }
            }
        }
        Self::of_members(members)
    }

    fn of_members(members: Vec<Vec<usize>>) -> Self {
        let n = members.iter().map(Vec::len).sum();
        let mut of = vec![0; n];
        for (cluster, rows) in members.iter().enumerate() {
            for &row in rows {
                of[row] = cluster;
            }
        }
        Self { of, members }
    }

    /// Returns the number of clusters.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns true if every cluster is a single network.
    pub fn are_single(&self) -> bool {
        self.len() == self.of.len()
    }

    /// Returns the networks of a sample of clusters, and the clusters of their rows. A cluster that
    /// is drawn twice is two clusters.
    pub fn sample(&self, drawn: &[usize]) -> (Vec<usize>, Self) {
        let mut rows = Vec::new();
        let mut members = Vec::new();
        for &cluster in drawn {
            let first = rows.len();
            rows.extend(&self.members[cluster]);
            members.push((first..rows.len()).collect());
        }
        (rows, Self::of_members(members))
    }

    /// Returns the mean of a column in each cluster.
    pub fn means(&self, column: &[f64]) -> Vec<f64> {
        let mean = |rows: &Vec<usize>| {
            rows.iter().map(|&row| column[row]).sum::<f64>() / rows.len() as f64
        };
        self.members.iter().map(mean).collect()
    }

    /// Returns the deviations of a column from the means of clusters; 0 for what is rounding.
    pub fn deviations(&self, column: &[f64]) -> Vec<f64> {
        let means = self.means(column);
        let scale = column.iter().copied().map(f64::abs).fold(0.0, f64::max);
        let rows = column.iter().zip(&self.of);
        let deviation = |(value, &cluster): (&f64, &usize)| {
            let deviation = value - means[cluster];
            match deviation.abs() > 1e-12 * scale {
                true => deviation,
                false => 0.0,
            }
        };
        rows.map(deviation).collect()
    }
}
