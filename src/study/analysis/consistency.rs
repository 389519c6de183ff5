//! The consistency of alignment between two measurements.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::{dot, is_constant, standardized};
use crate::error::{ArgumentError, ComputationError, Result};
use crate::inference::{Confidence, Interval};
use crate::study::table::{LayerChoice, Metric, StudyRow, StudyTable};

/// The correlation, over networks, of the alignment by two measurements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AlignmentConsistency {
    /// The two data sets.
    pub datasets: [String; 2],
    /// The metric on each data set.
    pub metrics: [Metric; 2],
    /// Number of networks with both measurements.
    pub n_networks: usize,
    /// Pearson's r, in [−1, 1].
    pub pearson: f64,
    /// Confidence interval of r by Fisher's z, tanh(artanh r ± z / √(n − 3)), for networks of a
    /// bivariate normal population; `None` for fewer than 4 networks.
    pub interval: Option<Interval>,
    /// r², the proportion of the variance of one that the other explains linearly.
    pub r_squared: f64,
}

impl StudyTable {
    /// Computes the correlation of two measurements over the networks that have both, with one
    /// layer each.
    ///
    /// # Errors
    /// Returns [`ArgumentError::TooFew`] for fewer than 3 networks, and
    /// [`ComputationError::EqualAlignment`] if all networks are equally aligned by one of the
    /// measurements.
    pub fn consistency(
        &self,
        [one, other]: [(&str, &Metric); 2],
        layer: LayerChoice,
        confidence: Confidence,
    ) -> Result<AlignmentConsistency> {
        let left = self.networks(one.0, one.1, layer);
        let right = self.networks(other.0, other.1, layer);
        let of_same = |row: &&StudyRow| {
            let mut right = right.iter();
            let same = right.find(|other| other.model == row.model)?;
            Some((row.value()?, same.value()?))
        };
        let pairs: Vec<(f64, f64)> = left.iter().filter_map(of_same).collect();
        if pairs.len() < 3 {
            return Err(ArgumentError::TooFew {
                what: "networks with both measurements",
                needed: 3,
                found: pairs.len(),
            }
            .into());
        }
        let pearson = pearson(&pairs).ok_or(ComputationError::EqualAlignment)?;
        Ok(AlignmentConsistency {
            datasets: [one.0.to_owned(), other.0.to_owned()],
            metrics: [one.1.clone(), other.1.clone()],
            n_networks: pairs.len(),
            pearson,
            interval: fisher_interval(pearson, pairs.len(), confidence),
            r_squared: pearson * pearson,
        })
    }
}

/// Returns Pearson's r; `None` if one side is constant.
fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let all: Vec<usize> = (0..pairs.len()).collect();
    let (left, right): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let [left, right] = [left, right].map(|side| standardized(&side, &all));
    let is_defined = !is_constant(&left) && !is_constant(&right);
    is_defined.then(|| dot(&left, &right).clamp(-1.0, 1.0))
}

fn fisher_interval(pearson: f64, n: usize, confidence: Confidence) -> Option<Interval> {
    let degrees = n.checked_sub(3).filter(|&left| left > 0)? as f64;
    let z = Normal::standard().inverse_cdf(0.5 + confidence.level() / 2.0);
    let (centre, half) = (pearson.atanh(), z / degrees.sqrt());
    Some(Interval {
        lower: (centre - half).tanh(),
        upper: (centre + half).tanh(),
    })
}
