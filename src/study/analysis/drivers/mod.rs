//! The drivers of alignment: the factors of networks that explain how well they are aligned with
//! humans.
//!
//! | result | method |
//! |---|---|
//! | variance explained by each factor alone, and its p-value | R², permutation test |
//! | share of each factor in the variance explained by all | mean increase of R² over all orders of the factors (Lindeman, Merenda & Gold 1980), the Shapley value; bootstrap over networks |
//! | differences in alignment, with the other factors held constant | coefficients of ordinary least squares, Student's t |
//! | limitations of the panel | [`DriverCaution`] |

mod design;
mod factor;
mod resampling;
mod result;
mod shares;

use serde::{Deserialize, Serialize};

pub use factor::Factor;
pub use result::{Driver, DriverCaution, DriverCoefficient, Drivers, FactorLevel};

use super::{is_constant, standardized};
use crate::error::{ArgumentError, ComputationError, Error, Result};
use crate::inference::{Confidence, Estimate, percentile_interval};
use crate::study::input::ModelFactors;
use design::{Columns, Explained, LeastSquares};
use factor::Known;
use resampling::how_often_largest;
use shares::Subsets;

/// A regression of alignment on the factors of networks.
///
/// | setting | default |
/// |---|---|
/// | factors | training data, objective, architecture, parameters, depth |
/// | permutations | 9,999 |
/// | replicates of the bootstrap | 2,000 |
/// | confidence | 0.95 |
/// | seed | 0 |
///
/// Intervals and p-values are over networks, with fixed stimuli and participants. Networks with the
/// same training resemble one another, and noise in the judgments affects them together: if no
/// network is aligned better than chance, intervals and p-values are not valid.
///
/// R² increases with every column of a regression, and in a small panel factors are correlated: see
/// the [cautions](Drivers::cautions).
///
/// ```
/// use human_alignment::study::{DriverAnalysis, Factor, ModelFactors};
///
/// // Two data sets, two architectures, three of each.
/// let network = |data: &str, family: &str| ModelFactors {
///     training_data: Some(data.into()),
///     family: Some(family.into()),
///     ..ModelFactors::default()
/// };
/// let mut networks = Vec::new();
/// for i in 0..3 {
///     let noise = 0.01 * f64::from(i);
///     networks.push((network("photographs", "ResNet"), 0.50 + noise));
///     networks.push((network("photographs", "ViT"), 0.51 - noise));
///     networks.push((network("drawings", "ResNet"), 0.40 - noise));
///     networks.push((network("drawings", "ViT"), 0.42 + noise));
/// }
/// let found = DriverAnalysis::default().run(&networks)?;
/// assert_eq!(found.drivers[0].factor, Factor::TrainingData);
/// assert!(found.drivers[0].share_interval.lower > 0.5);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct DriverAnalysis {
    factors: Vec<Factor>,
    n_permutations: usize,
    n_replicates: usize,
    confidence: Confidence,
    seed: u64,
}

/// The settings as they are read, before they are checked.
#[derive(Deserialize)]
struct Settings {
    factors: Vec<Factor>,
    n_permutations: usize,
    n_replicates: usize,
    confidence: Confidence,
    seed: u64,
}

impl TryFrom<Settings> for DriverAnalysis {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        let analysis = Self::default().with_factors(settings.factors)?;
        let analysis = analysis.with_permutations(settings.n_permutations)?;
        let analysis = analysis.with_replicates(settings.n_replicates)?;
        let analysis = analysis.with_confidence(settings.confidence);
        Ok(analysis.with_seed(settings.seed))
    }
}

impl Default for DriverAnalysis {
    fn default() -> Self {
        Self {
            factors: vec![
                Factor::TrainingData,
                Factor::Objective,
                Factor::Architecture,
                Factor::Parameters,
                Factor::Depth,
            ],
            n_permutations: 9_999,
            n_replicates: 2_000,
            confidence: Confidence::default(),
            seed: 0,
        }
    }
}

impl DriverAnalysis {
    /// Sets the factors; repeated factors count once.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] if there are no factors.
    pub fn with_factors(mut self, factors: impl IntoIterator<Item = Factor>) -> Result<Self> {
        self.factors.clear();
        for factor in factors {
            if !self.factors.contains(&factor) {
                self.factors.push(factor);
            }
        }
        match self.factors.len() {
            0 => Err(Error::parameter("factors", "at least one", 0)),
            _ => Ok(self),
        }
    }

    /// Sets the number of permutations for p-values.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] for 0.
    pub fn with_permutations(mut self, n_permutations: usize) -> Result<Self> {
        self.n_permutations = at_least_one("permutations", n_permutations)?;
        Ok(self)
    }

    /// Sets the number of replicates of the bootstrap over networks.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] for fewer than two.
    pub fn with_replicates(mut self, n_replicates: usize) -> Result<Self> {
        if n_replicates < 2 {
            return Err(Error::parameter("replicates", "at least 2", n_replicates));
        }
        self.n_replicates = n_replicates;
        Ok(self)
    }

    /// Sets the confidence of intervals.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets the seed of permutations and bootstrap.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Explains the alignment of networks by their factors. Each network should be given once, by
    /// one layer.
    ///
    /// # Errors
    /// Returns [`ArgumentError::TooFew`] for fewer than 4 networks, if no factor differs between
    /// networks, and if fewer than two replicates have networks that are not equally aligned;
    /// [`ArgumentError::InvalidParameter`] for an alignment or a factor that is not finite; and
    /// [`ComputationError::EqualAlignment`] if all networks are equally aligned.
    pub fn run(&self, networks: &[(ModelFactors, f64)]) -> Result<Drivers> {
        let n = networks.len();
        if n < 4 {
            return Err(ArgumentError::TooFew {
                what: "networks",
                needed: 4,
                found: n,
            }
            .into());
        }
        let y: Vec<f64> = networks.iter().map(|&(_, alignment)| alignment).collect();
        if let Some(alignment) = y.iter().find(|alignment| !alignment.is_finite()) {
            return Err(Error::parameter("alignment", "finite", alignment));
        }
        let rows: Vec<usize> = (0..n).collect();
        let unit = standardized(&y, &rows);
        if is_constant(&unit) {
            return Err(ComputationError::EqualAlignment.into());
        }
        let (factors, mut cautions) = self.columns(networks)?;
        if factors.is_empty() {
            return Err(ArgumentError::TooFew {
                what: "factors that differ between networks",
                needed: 1,
                found: 0,
            }
            .into());
        }

        let explained = factors
            .iter()
            .map(|factor| Explained::by(factor.columns.iter(), &rows))
            .collect::<Result<Vec<_>>>()?;
        cautions.extend(aliases(&factors, &rows)?);
        let columns: Vec<&Vec<f64>> = factors.iter().flat_map(|factor| &factor.columns).collect();
        let n_columns = columns.len();
        let fit = LeastSquares::fit(&columns, &y)?;
        if fit.is_none() {
            let rank = Explained::by(columns.iter().copied(), &rows)?.rank();
            cautions.push(match n <= rank + 1 {
                true => DriverCaution::Saturated {
                    n_networks: n,
                    n_columns,
                },
                false => DriverCaution::Collinear,
            });
        }
        if n < 10 * n_columns {
            cautions.push(DriverCaution::FewNetworks {
                n_networks: n,
                n_columns,
            });
        }

        let subsets = Subsets::new(&factors, &rows, &unit)?;
        let p_values = self.p_values(&explained, &unit);
        let replicates = self.replicates(&factors, &y)?;
        let mut drivers: Vec<Driver> = (factors.iter().enumerate())
            .map(|(position, factor)| {
                let mut shares: Vec<f64> =
                    replicates.iter().map(|shares| shares[position]).collect();
                shares.sort_by(f64::total_cmp);
                Driver {
                    factor: factor.factor,
                    n_columns: explained[position].rank(),
                    levels: self.levels(factor, &y),
                    r_squared: subsets.alone(position),
                    p_value: p_values[position],
                    share: subsets.share(position),
                    share_interval: percentile_interval(&shares, self.confidence),
                    beyond_the_others: subsets.beyond_the_others(position),
                    largest: how_often_largest(&replicates, position),
                }
            })
            .collect();
        drivers.sort_by(|left, right| right.share.total_cmp(&left.share));
        let names = factors.iter().flat_map(|factor| &factor.names);
        Ok(Drivers {
            n_networks: n,
            r_squared: subsets.all(),
            drivers,
            coefficients: fit.map_or_else(Vec::new, |fit| self.coefficients(&fit, names)),
            cautions,
            confidence: self.confidence,
        })
    }

    /// Returns the factors that are known for all networks and differ between them, and cautions
    /// about the others.
    fn columns(
        &self,
        networks: &[(ModelFactors, f64)],
    ) -> Result<(Vec<Columns>, Vec<DriverCaution>)> {
        let mut cautions = Vec::new();
        let mut all = Vec::new();
        for &factor in &self.factors {
            let known = networks.iter().map(|(factors, _)| factor.of(factors));
            let known: Vec<Known<'_>> = known.flatten().collect();
            for known in &known {
                if let Known::Number(number) = known
                    && !number.is_finite()
                {
                    return Err(Error::parameter("factor of a network", "finite", number));
                }
            }
            if known.len() < networks.len() {
                cautions.push(DriverCaution::Unknown {
                    factor,
                    n_networks: networks.len() - known.len(),
                });
                continue;
            }
            match Columns::new(factor, &known) {
                Some(columns) => all.push(columns),
                None => cautions.push(DriverCaution::Constant { factor }),
            }
        }
        Ok((all, cautions))
    }

    fn levels(&self, columns: &Columns, y: &[f64]) -> Vec<FactorLevel> {
        let levels = columns.levels.iter();
        let level = |(name, networks): &(String, Vec<usize>)| {
            let n = networks.len() as f64;
            let mean = networks.iter().map(|&network| y[network]).sum::<f64>() / n;
            let squares = networks.iter().map(|&network| (y[network] - mean).powi(2));
            let variance = squares.sum::<f64>() / (n - 1.0);
            let estimate = Estimate {
                value: mean,
                standard_error: Some((variance / n).sqrt()),
                degrees_of_freedom: n - 1.0,
            };
            FactorLevel {
                name: name.clone(),
                n_networks: networks.len(),
                mean,
                interval: (networks.len() > 1).then(|| estimate.interval(self.confidence)),
            }
        };
        levels.map(level).collect()
    }

    fn coefficients<'n>(
        &self,
        fit: &LeastSquares,
        names: impl Iterator<Item = &'n String>,
    ) -> Vec<DriverCoefficient> {
        // The first is the intercept.
        let found = names.zip(&fit.coefficients[1..]);
        found
            .map(|(name, &(value, standard_error))| {
                let estimate = Estimate {
                    value,
                    standard_error: Some(standard_error),
                    degrees_of_freedom: fit.residual_degrees as f64,
                };
                DriverCoefficient {
                    name: name.clone(),
                    estimate,
                    interval: estimate.interval(self.confidence),
                    p_value: estimate.p_value(),
                }
            })
            .collect()
    }
}

/// Returns cautions about factors that are determined by another factor.
fn aliases(factors: &[Columns], rows: &[usize]) -> Result<Vec<DriverCaution>> {
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

fn at_least_one(what: &'static str, n: usize) -> Result<usize> {
    match n {
        0 => Err(Error::parameter(what, "at least one", 0)),
        _ => Ok(n),
    }
}
