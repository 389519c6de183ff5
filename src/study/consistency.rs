//! Is what is human on one data set human on another?

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::row::{Metric, Row};
use super::table::{Layer, Table};
use crate::error::{Error, Result};
use crate::inference::{Confidence, Interval};

/// How alignment by one measurement goes with alignment by another, over networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consistency {
    /// The two data sets.
    pub datasets: [String; 2],
    /// What was measured on each.
    pub metrics: [Metric; 2],
    /// Networks that both were measured of.
    pub n_networks: usize,
    /// Pearson's r, in [−1, 1].
    pub pearson: f64,
    /// Its confidence interval by Fisher's z, for networks of a bivariate normal population; `None` for
    /// fewer than 4 networks.
    pub interval: Option<Interval>,
    /// r²: the share of the variance of the one that a line through the other explains.
    pub r_squared: f64,
}

impl Table {
    /// How two measurements go together over the networks that both were made of, one layer of each.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than 3 networks; [`Error::EqualAlignment`] where all are equally aligned by
    /// one of the measurements.
    pub fn consistency(
        &self,
        [one, other]: [(&str, &Metric); 2],
        layer: Layer,
        confidence: Confidence,
    ) -> Result<Consistency> {
        let left = self.networks(one.0, one.1, layer);
        let right = self.networks(other.0, other.1, layer);
        let of_same = |row: &&Row| {
            let mut right = right.iter();
            let same = right.find(|other| other.model == row.model)?;
            Some((row.value()?, same.value()?))
        };
        let pairs: Vec<(f64, f64)> = left.iter().filter_map(of_same).collect();
        if pairs.len() < 3 {
            return Err(Error::TooFew {
                what: "networks that both measurements were made of",
                needed: 3,
                found: pairs.len(),
            });
        }
        let pearson = pearson(&pairs).ok_or(Error::EqualAlignment)?;
        Ok(Consistency {
            datasets: [one.0.to_owned(), other.0.to_owned()],
            metrics: [one.1.clone(), other.1.clone()],
            n_networks: pairs.len(),
            pearson,
            interval: fisher_interval(pearson, pairs.len(), confidence),
            r_squared: pearson * pearson,
        })
    }
}

/// `None` where one side is constant.
fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean_of = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).sum::<f64>() / n;
    let (left, right) = (mean_of(|pair| pair.0), mean_of(|pair| pair.1));
    let sum_of = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
        pairs.iter().map(|&(a, b)| term(a - left, b - right)).sum()
    };
    let lengths = (sum_of(&|a, _| a * a) * sum_of(&|_, b| b * b)).sqrt();
    let is_constant = pairs.windows(2).all(|two| two[0].0 == two[1].0)
        || pairs.windows(2).all(|two| two[0].1 == two[1].1);
    (!is_constant && lengths > 0.0).then(|| (sum_of(&|a, b| a * b) / lengths).clamp(-1.0, 1.0))
}

/// tanh(artanh r ± z / √(n − 3)).
fn fisher_interval(pearson: f64, n: usize, confidence: Confidence) -> Option<Interval> {
    let degrees = n.checked_sub(3).filter(|&left| left > 0)? as f64;
    let z = Normal::standard().inverse_cdf(0.5 + confidence.level() / 2.0);
    let (centre, half) = (pearson.atanh(), z / degrees.sqrt());
    Some(Interval {
        lower: (centre - half).tanh(),
        upper: (centre + half).tanh(),
    })
}
