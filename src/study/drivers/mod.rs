//! What drives alignment: which factors of networks explain how human they are?
//!
//! | what | by |
//! |---|---|
//! | how much each factor explains alone, and whether chance would | R², permutation test |
//! | how much of the whole is its share | the average over all orders of what it adds to R² (Lindeman, Merenda & Gold 1980), which is the Shapley value; bootstrap over networks |
//! | by how much alignment differs, the other factors being the same | coefficients of ordinary least squares, Student's t |
//! | what the panel can't tell | [`RsaCaution`] |

mod caution;
mod design;
mod factor;
mod shares;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use caution::RsaCaution;
pub use factor::Factor;

use super::Factors;
use super::standardized::{is_constant, standardized};
use crate::error::{ArgumentError, ComputationError, Error, Result};
use crate::inference::{Confidence, Estimate, Interval, percentile_interval};
use design::{Columns, Explained, LeastSquares};
use factor::Known;
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
/// Intervals and p-values are over networks, with the stimuli and the people as they are. Networks that learned
/// the same resemble one another, and what is noise in people's judgments favours or disfavours them together:
/// where no network is more human than chance, there is nothing to explain, whatever the intervals say.
///
/// R² grows with every column of a regression, whether it means something or not, and in a small panel
/// factors come together: the [cautions](Drivers::cautions) say so.
///
/// ```
/// use human_alignment::study::{DriverAnalysis, Factor, Factors};
///
/// // Two data sets, two architectures, three of each.
/// let network = |data: &str, family: &str| Factors {
///     training_data: Some(data.into()),
///     family: Some(family.into()),
///     ..Factors::default()
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
#[derive(Debug, Clone, PartialEq)]
pub struct DriverAnalysis {
    factors: Vec<Factor>,
    n_permutations: usize,
    n_replicates: usize,
    confidence: Confidence,
    seed: u64,
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

/// What drives alignment in a panel of networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drivers {
    /// Networks.
    pub n_networks: usize,
    /// R² of all factors together, in [0, 1].
    pub r_squared: f64,
    /// The factors, the largest share first.
    pub drivers: Vec<Driver>,
    /// Of the regression on all factors; none where they are not unique.
    pub coefficients: Vec<Coefficient>,
    /// What the panel can't tell.
    pub cautions: Vec<RsaCaution>,
    /// How often intervals cover the truth.
    pub confidence: Confidence,
}

/// How much one factor explains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// The factor.
    pub factor: Factor,
    /// Columns of the regression that it takes: one for a number, one less than levels otherwise.
    pub n_columns: usize,
    /// The levels, where it is no number.
    pub levels: Vec<Level>,
    /// R² of this factor alone, in [0, 1].
    pub r_squared: f64,
    /// How often alignment that is dealt to the networks at random is explained as well.
    pub p_value: f64,
    /// Its share in the R² of all factors; shares add up to that.
    pub share: f64,
    /// The percentile interval of the share, over networks drawn with replacement. R² of a few networks is
    /// too large in every replicate: the interval says how shares vary, not where they would lie without
    /// noise.
    pub share_interval: Interval,
    /// The part of the R² of all factors that is lost without this one.
    pub beyond_the_others: f64,
    /// In how many replicates no other factor has a larger share, in [0, 1].
    pub largest: f64,
}

/// The networks of one level of a factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The level, such as a data set.
    pub name: String,
    /// Networks.
    pub n_networks: usize,
    /// Their mean alignment.
    pub mean: f64,
    /// Of the mean, from Student's t; `None` for a single network.
    pub interval: Option<Interval>,
}

/// By how much alignment differs with a factor, the others being the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// What it is of, such as `depth, for one more layer`.
    pub name: String,
    /// The coefficient, in units of alignment.
    pub estimate: Estimate,
    /// Its confidence interval.
    pub interval: Interval,
    /// Two-sided, from Student's t.
    pub p_value: f64,
}

impl DriverAnalysis {
    /// Sets the factors; repeated ones count once.
    ///
    /// # Errors
    /// [`ArgumentError::InvalidParameter`] without any.
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

    /// Sets how often alignment is dealt at random.
    ///
    /// # Errors
    /// [`ArgumentError::InvalidParameter`] where it is never.
    pub fn with_permutations(mut self, n_permutations: usize) -> Result<Self> {
        self.n_permutations = at_least_one("permutations", n_permutations)?;
        Ok(self)
    }

    /// Sets how often networks are drawn.
    ///
    /// # Errors
    /// [`ArgumentError::InvalidParameter`] for fewer than two: one does not vary.
    pub fn with_replicates(mut self, n_replicates: usize) -> Result<Self> {
        if n_replicates < 2 {
            return Err(Error::parameter("replicates", "at least 2", n_replicates));
        }
        self.n_replicates = n_replicates;
        Ok(self)
    }

    /// Sets how often intervals are to cover the truth.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Explains the alignment of networks. Each should be there once, with one layer.
    ///
    /// # Errors
    /// [`ArgumentError::TooFew`] for fewer than 4 networks, where no factor differs between them,
    /// and where all but one replicate drew networks that are equally aligned;
    /// [`ArgumentError::InvalidParameter`] for an alignment or a factor that is not finite;
    /// [`ComputationError::EqualAlignment`] where all are equally aligned.
    pub fn run(&self, networks: &[(Factors, f64)]) -> Result<Drivers> {
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
                true => RsaCaution::Saturated {
                    n_networks: n,
                    n_columns,
                },
                false => RsaCaution::Collinear,
            });
        }
        if n < 10 * n_columns {
            cautions.push(RsaCaution::FewNetworks {
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

    /// The factors that all networks have and that differ between them, and why others are left out.
    fn columns(&self, networks: &[(Factors, f64)]) -> Result<(Vec<Columns>, Vec<RsaCaution>)> {
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
                cautions.push(RsaCaution::Unknown {
                    factor,
                    n_networks: networks.len() - known.len(),
                });
                continue;
            }
            match Columns::new(factor, &known) {
                Some(columns) => all.push(columns),
                None => cautions.push(RsaCaution::Constant { factor }),
            }
        }
        Ok((all, cautions))
    }

    fn levels(&self, columns: &Columns, y: &[f64]) -> Vec<Level> {
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
            Level {
                name: name.clone(),
                n_networks: networks.len(),
                mean,
                interval: (networks.len() > 1).then(|| estimate.interval(self.confidence)),
            }
        };
        levels.map(level).collect()
    }

    fn p_values(&self, explained: &[Explained], unit: &[f64]) -> Vec<f64> {
        let found: Vec<f64> = explained
            .iter()
            .map(|explained| explained.of(unit))
            .collect();
        let exceeded = (0..self.n_permutations)
            .into_par_iter()
            .map(|replicate| {
                let mut dealt = unit.to_vec();
                dealt.shuffle(&mut self.generator(Purpose::Permutation, replicate));
                let as_well = |(explained, &found): (&Explained, &f64)| {
                    // The same up to rounding is as well.
                    usize::from(explained.of(&dealt) >= found - 1e-12)
                };
                explained.iter().zip(&found).map(as_well).collect()
            })
            .reduce(
                || vec![0; explained.len()],
                |left: Vec<usize>, right| left.iter().zip(right).map(|(a, b)| a + b).collect(),
            );
        let p_value = |n| (n + 1) as f64 / (self.n_permutations + 1) as f64;
        exceeded.into_iter().map(p_value).collect()
    }

    /// The shares of the factors in each replicate whose networks are not all equally aligned.
    fn replicates(&self, factors: &[Columns], y: &[f64]) -> Result<Vec<Vec<f64>>> {
        let replicates = (0..self.n_replicates).into_par_iter().map(|replicate| {
            let mut rng = self.generator(Purpose::Bootstrap, replicate);
            let rows: Vec<usize> = y.iter().map(|_| rng.random_range(0..y.len())).collect();
            let unit = standardized(y, &rows);
            if is_constant(&unit) {
                return Ok(None);
            }
            let subsets = Subsets::new(factors, &rows, &unit)?;
            Ok(Some(
                (0..factors.len())
                    .map(|factor| subsets.share(factor))
                    .collect(),
            ))
        });
        let replicates: Vec<Option<Vec<f64>>> = replicates.collect::<Result<_>>()?;
        let replicates: Vec<Vec<f64>> = replicates.into_iter().flatten().collect();
        match replicates.len() {
            found @ (0 | 1) => Err(ArgumentError::TooFew {
                what: "replicates in which networks are not equally aligned",
                needed: 2,
                found,
            }
            .into()),
            _ => Ok(replicates),
        }
    }

    fn coefficients<'n>(
        &self,
        fit: &LeastSquares,
        names: impl Iterator<Item = &'n String>,
    ) -> Vec<Coefficient> {
        // The first is the intercept.
        let found = names.zip(&fit.coefficients[1..]);
        found
            .map(|(name, &(value, standard_error))| {
                let estimate = Estimate {
                    value,
                    standard_error: Some(standard_error),
                    degrees_of_freedom: fit.residual_degrees as f64,
                };
                Coefficient {
                    name: name.clone(),
                    estimate,
                    interval: estimate.interval(self.confidence),
                    p_value: estimate.p_value(),
                }
            })
            .collect()
    }

    fn generator(&self, purpose: Purpose, replicate: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((purpose as u64) << 32 | replicate as u64);
        rng
    }
}

#[derive(Debug, Clone, Copy)]
enum Purpose {
    Permutation,
    Bootstrap,
}

/// Which factors follow from which others.
fn aliases(factors: &[Columns], rows: &[usize]) -> Result<Vec<RsaCaution>> {
    let mut found = Vec::new();
    for by in factors {
        let explained = Explained::by(by.columns.iter(), rows)?;
        for factor in factors.iter().filter(|factor| factor.factor != by.factor) {
            let mut columns = factor.columns.iter();
            let follows =
                |column: &Vec<f64>| explained.of(&standardized(column, rows)) > 1.0 - 1e-9;
            if columns.all(follows) {
                found.push(RsaCaution::Aliased {
                    factor: factor.factor,
                    by: by.factor,
                });
            }
        }
    }
    Ok(found)
}

fn how_often_largest(replicates: &[Vec<f64>], position: usize) -> f64 {
    let is_largest = |shares: &&Vec<f64>| {
        let largest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Equal shares differ by rounding.
        shares[position] >= largest - 1e-12
    };
    replicates.iter().filter(is_largest).count() as f64 / replicates.len() as f64
}

fn at_least_one(what: &'static str, n: usize) -> Result<usize> {
    match n {
        0 => Err(Error::parameter(what, "at least one", 0)),
        _ => Ok(n),
    }
}
