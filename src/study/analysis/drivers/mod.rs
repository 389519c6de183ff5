//! The drivers of alignment: the factors of networks that explain how well they are aligned with
//! humans.
//!
//! | result | method |
//! |---|---|
//! | p-value of each factor, given the others | permutations of the residuals under the other factors (Freedman & Lane 1983), of whole clusters or within clusters (Winkler et al. 2014) |
//! | share of each factor in the variance explained by all | mean increase of R² over all orders of the factors (Lindeman, Merenda & Gold 1980), the Shapley value; with and without the expected contribution of noise; bootstrap over clusters |
//! | differences in alignment, with the other factors held constant | coefficients of ordinary least squares, cluster-robust errors (CR2), Student's t |
//! | limitations of the panel | [`DriverCaution`] |

mod cautions;
mod clusters;
mod coefficients;
mod covariance;
mod design;
mod factor;
mod permutation;
mod resampling;
mod result;
mod robust;
mod shares;

use serde::{Deserialize, Serialize};

pub use covariance::AlignmentCovariance;
pub use factor::Factor;
pub use permutation::Exchanged;
pub use result::{Driver, DriverCaution, DriverCoefficient, Drivers, FactorLevel};

use super::{is_constant, standardized};
use crate::error::{ComputationError, Error, Result, at_least, same_length};
use crate::inference::Confidence;
use crate::study::input::ModelFactors;
use cautions::{about_clusters, aliases};
use clusters::Clusters;
use design::{Columns, Explained, LeastSquares};
use factor::Known;
use resampling::{how_often_largest, share_interval};
use shares::Subsets;

/// A regression of alignment on the factors of networks.
///
/// | setting | default |
/// |---|---|
/// | factors | training data, objective, architecture, parameters, depth |
/// | permutations | 9,999 |
/// | replicates of the bootstrap over clusters | 2,000 |
/// | confidence | 0.95 |
/// | seed | 0 |
///
/// # Clusters
///
/// Variants of one network, such as its sizes or its checkpoints, resemble one another for reasons
/// that are not among the factors, and count for less than as many independent networks. Networks
/// with the same [`ModelFactors::cluster`] are assumed to share an error of their cluster. If no
/// network has a cluster, each is assumed to be independent of all others, and a
/// [caution](DriverCaution::Unclustered) says so.
///
/// - **p-values.** A factor that is the same within every cluster is tested on the means of
///   clusters, whose residuals under the other factors are exchanged between clusters. This is
///   exact for clusters of the same size and no other factors; means of clusters of unequal sizes
///   are exchanged as if they were equally precise, and a [caution](DriverCaution::UnequalClusters)
///   says so. A factor that differs within clusters is tested on the deviations from the means of
///   clusters, which are exchanged within clusters; differences between clusters are ignored. If
///   the number of possible permutations does not exceed the [setting](Self::with_permutations),
///   all are done, and the p-value is exact for exchangeable residuals; otherwise permutations are
///   drawn at random.
/// - **Coefficients** have the CR2 variance with the degrees of freedom of Bell & McCaffrey (2002),
///   see Pustejovsky & Tipton (2018), or, without clusters, that of ordinary least squares.
/// - **Shares.** The bootstrap draws clusters. Any column of the regression explains some noise, so
///   that shares of R² are positive even if a factor has no effect. The *adjusted* share is the
///   share minus the expected contribution of noise: with variances of cluster means and of
///   deviations from them, estimated from the residuals of all factors, the expected R² of noise is
///   the trace of its covariance in the space of the columns. Without clusters the adjusted shares
///   sum to the adjusted R² of Ezekiel (1930). The interval may contain 0, and is wide for few
///   clusters: in simulations without confounded factors, the 95 % interval of a factor without an
///   effect contains 0 in 98 to 100 % of the sets of networks. A factor without an effect has a
///   positive share if it is correlated with one that has an effect; only its p-value, given the
///   others, and its coefficient reveal this.
///
/// # People and objects
///
/// p-values and shares are over networks, with these people and these objects. All networks are
/// compared with the same people, and networks that resemble one another share the error of this
/// sample. [`DriverAnalysis::run_with_covariance`] estimates coefficients whose errors also include
/// the sampling of people and objects. If no network is aligned better than chance, there is
/// nothing to explain.
///
/// R² increases with every column of a regression, and factors of few networks are correlated: see
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
    /// Returns `ArgumentError::InvalidParameter` if there are no factors.
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
    /// Returns `ArgumentError::InvalidParameter` for 0.
    pub fn with_permutations(mut self, n_permutations: usize) -> Result<Self> {
        self.n_permutations = at_least_one("permutations", n_permutations)?;
        Ok(self)
    }

    /// Sets the number of replicates of the bootstrap over clusters of networks.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` for fewer than two.
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

    /// Explains the alignment of networks by their factors, for fixed people and objects. Each
    /// network should be given once, by one layer.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than 4 networks or 2 clusters, if no factor
    /// differs between networks, and if fewer than two replicates have networks that are not
    /// equally aligned; `ArgumentError::InvalidParameter` for an alignment or a factor that is not
    /// finite; and `ComputationError::EqualAlignment` if all networks are equally aligned.
    pub fn run(&self, networks: &[(ModelFactors, f64)]) -> Result<Drivers> {
        self.explain(networks, None)
    }

    /// Explains the alignment of networks by their factors as [`DriverAnalysis::run`] does, with
    /// coefficients whose errors are over people and objects too.
    ///
    /// For a coefficient Σ wᵢ yᵢ the variance wᵀ S w of the covariance S of the alignments is added
    /// to that over networks, less the part of S that is expected in the residuals, which the
    /// variance over networks contains already. What is added is at least 0.
    ///
    /// # Errors
    /// Returns the errors of [`DriverAnalysis::run`], and `ArgumentError::LengthMismatch` if the
    /// covariance is of another number of networks.
    pub fn run_with_covariance(
        &self,
        networks: &[(ModelFactors, f64)],
        covariance: &AlignmentCovariance,
    ) -> Result<Drivers> {
        same_length(
            "covariance of alignment",
            networks.len(),
            covariance.n_networks(),
        )?;
        self.explain(networks, Some(covariance))
    }

    fn explain(
        &self,
        networks: &[(ModelFactors, f64)],
        covariance: Option<&AlignmentCovariance>,
    ) -> Result<Drivers> {
        let n = networks.len();
        let clusters = Clusters::new(networks.iter().map(|(factors, _)| factors));
        at_least("networks", 4, n)?;
        at_least("clusters of networks", 2, clusters.len())?;
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
        at_least("factors that differ between networks", 1, factors.len())?;
        cautions.extend(aliases(&factors, &rows)?);
        let columns: Vec<&Vec<f64>> = factors.iter().flat_map(|factor| &factor.columns).collect();
        let n_columns = columns.len();
        let fit = LeastSquares::fit(&columns, &y)?;
        let coefficients = match &fit {
            Some(fit) => {
                let (found, unknown) = self.coefficients(fit, &factors, &clusters, covariance)?;
                cautions.extend(unknown);
                found
            }
            None => {
                let rank = Explained::by(columns.iter().copied(), &rows)?.rank();
                cautions.push(match n <= rank + 1 {
                    true => DriverCaution::Saturated {
                        n_networks: n,
                        n_columns,
                    },
                    false => DriverCaution::Collinear,
                });
                Vec::new()
            }
        };
        if n < 10 * n_columns {
            cautions.push(DriverCaution::FewNetworks {
                n_networks: n,
                n_columns,
            });
        }
        let subsets = Subsets::new(&factors, &rows, &unit, &clusters)?;
        let replicates = self.replicates(&factors, &y, &clusters)?;
        let driver = |(position, factor): (usize, &Columns)| -> Result<Driver> {
            let test = self.test(&factors, position, &y, &clusters)?;
            let share = subsets.adjusted_share(position);
            let shares = replicates.iter().map(|found| found.adjusted[position]);
            Ok(Driver {
                factor: factor.factor,
                n_columns: Explained::by(factor.columns.iter(), &rows)?.rank(),
                levels: self.levels(factor, &y, &clusters),
                r_squared: subsets.alone(position),
                p_value: test.p_value,
                smallest_p_value: test.smallest_p_value,
                is_exact: test.is_exact,
                exchanged: test.exchanged,
                share: subsets.share(position),
                adjusted_share: share,
                share_interval: share_interval(share, shares, clusters.len(), self.confidence),
                beyond_the_others: subsets.beyond_the_others(position),
                largest: how_often_largest(&replicates, position),
            })
        };
        let drivers = factors.iter().enumerate().map(driver);
        let mut drivers: Vec<Driver> = drivers.collect::<Result<_>>()?;
        cautions.extend(about_clusters(networks, &clusters, &drivers));
        drivers.sort_by(|left, right| right.share.total_cmp(&left.share));
        Ok(Drivers {
            n_networks: n,
            n_clusters: clusters.len(),
            r_squared: subsets.all(),
            adjusted_r_squared: subsets.all_adjusted(),
            drivers,
            coefficients,
            is_over_people: covariance.is_some(),
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
}

fn at_least_one(what: &'static str, n: usize) -> Result<usize> {
    match n {
        0 => Err(Error::parameter(what, "at least one", 0)),
        _ => Ok(n),
    }
}
