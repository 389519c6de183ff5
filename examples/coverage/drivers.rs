//! Drivers of alignment in simulated panels of related networks.

use std::fmt::Arguments;

use human_alignment::Result;
use human_alignment::study::{AlignmentCovariance, DriverAnalysis, Factor, ModelFactors};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Prints how often tests reject, and the coverage of intervals of coefficients and shares.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Drivers: {replications} simulated panels of each experiment, with training data (two levels) and the \
         number of parameters as factors\n"
    ))?;
    line(format_args!(
        "{:<62} {:>8} {:>12} {:>8} {:>8}",
        "clusters x networks, what is tested", "p<.05", "coefficient", "share", "has 0"
    ))?;
    for (name, experiment) in EXPERIMENTS {
        let found = experiment.replicate(replications, seed)?;
        let size = format!("{} x {}", experiment.n_clusters, experiment.n_variants);
        // A share of R² does not tell a factor from those that go with it.
        let of_share = |rate: f64| match experiment.confounding == 0.0 {
            true => format!("{:.1} %", 100.0 * rate),
            false => String::new(),
        };
        line(format_args!(
            "{:<62} {:>6.1} % {:>10.1} % {:>8} {:>8}",
            format!("{size}, {name}"),
            100.0 * found.rejections,
            100.0 * found.coefficient_coverage,
            of_share(found.share_coverage),
            of_share(found.shares_with_0)
        ))?;
    }
    Ok(())
}

/// A panel of networks in clusters. Alignment is the sum of an effect of the training data, noise
/// of the cluster and noise of the network with standard deviation 1.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    pub n_clusters: usize,
    pub n_variants: usize,
    /// Standard deviation of the noise of clusters.
    pub cluster_noise: f64,
    /// Whether training data differ within clusters, rather than between them.
    pub is_within: bool,
    /// Effect of the training data.
    pub effect: f64,
    /// By how much the second training data have larger networks, in standard deviations.
    pub confounding: f64,
    /// Whether the networks of a cluster have the same number of parameters.
    pub has_cluster_sizes: bool,
    /// The factor that is tested; the number of parameters has no effect.
    pub tested: Factor,
    /// Whether the analysis knows the clusters.
    pub is_clustered: bool,
    /// Standard deviation of the error by people and objects, which networks with the same training
    /// data have in common.
    pub human_error: f64,
    /// Whether the analysis knows the covariance of these errors.
    pub is_over_people: bool,
}

/// Six clusters of four networks, without effects.
pub const NO_EFFECT: Experiment = Experiment {
    n_clusters: 6,
    n_variants: 4,
    cluster_noise: 1.5,
    is_within: false,
    effect: 0.0,
    confounding: 0.0,
    has_cluster_sizes: false,
    tested: Factor::TrainingData,
    is_clustered: true,
    human_error: 0.0,
    is_over_people: false,
};

/// Networks without clusters whose training data have an effect and go with their size.
pub const CONFOUNDED: Experiment = Experiment {
    n_clusters: 24,
    n_variants: 1,
    cluster_noise: 0.0,
    effect: 2.0,
    confounding: 2.0,
    tested: Factor::Parameters,
    ..NO_EFFECT
};

/// An effect of training data that differ within clusters.
pub const EFFECT: Experiment = Experiment {
    is_within: true,
    effect: 1.5,
    ..NO_EFFECT
};

/// Networks whose errors by people and objects are those of their training data.
pub const HUMAN_ERROR: Experiment = Experiment {
    human_error: 0.7,
    is_over_people: true,
    ..EFFECT
};

const EXPERIMENTS: [(&str, Experiment); 12] = [
    ("no effect, data by cluster", NO_EFFECT),
    (
        "no effect, data by cluster, clusters unknown",
        Experiment {
            is_clustered: false,
            ..NO_EFFECT
        },
    ),
    (
        "no effect, data within clusters",
        Experiment {
            effect: 0.0,
            ..EFFECT
        },
    ),
    (
        "no effect, data by cluster",
        Experiment {
            n_clusters: 12,
            n_variants: 2,
            ..NO_EFFECT
        },
    ),
    ("size without effect, confounded with data", CONFOUNDED),
    (
        "size without effect, confounded with data by cluster",
        Experiment {
            n_clusters: 12,
            n_variants: 2,
            cluster_noise: 1.5,
            has_cluster_sizes: true,
            ..CONFOUNDED
        },
    ),
    (
        "size without effect, confounded within clusters",
        Experiment {
            n_clusters: 6,
            n_variants: 4,
            cluster_noise: 1.5,
            is_within: true,
            ..CONFOUNDED
        },
    ),
    ("effect of data within clusters", EFFECT),
    (
        "effect of data by cluster",
        Experiment {
            n_clusters: 12,
            n_variants: 2,
            effect: 3.0,
            ..NO_EFFECT
        },
    ),
    (
        "effect of data by cluster",
        Experiment {
            n_clusters: 30,
            n_variants: 2,
            effect: 1.5,
            ..NO_EFFECT
        },
    ),
    ("effect of data, error by people and objects", HUMAN_ERROR),
    (
        "the same, covariance of these errors unknown",
        Experiment {
            is_over_people: false,
            ..HUMAN_ERROR
        },
    ),
];

/// Summary of the replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    /// Share of tests of the factor, given the other, with p ≤ 0.05.
    pub rejections: f64,
    /// Share of 95 % intervals of the coefficient that cover the effect.
    pub coefficient_coverage: f64,
    /// Share of 95 % intervals of the adjusted share that cover the share of the factor in the
    /// variance of all networks of this kind; meaningful if factors are not confounded.
    pub share_coverage: f64,
    /// Share of 95 % intervals of the adjusted share that contain 0.
    pub shares_with_0: f64,
}

impl Experiment {
    /// Runs replications, each with its own random stream.
    pub fn replicate(&self, n_replications: usize, seed: u64) -> Result<Findings> {
        let found = (0..n_replications)
            .into_par_iter()
            .map(|replication| self.run(seed, replication))
            .collect::<Result<Vec<[bool; 4]>>>()?;
        let rate = |which: usize| {
            found.iter().filter(|of| of[which]).count() as f64 / n_replications as f64
        };
        Ok(Findings {
            rejections: rate(0),
            coefficient_coverage: rate(1),
            share_coverage: rate(2),
            shares_with_0: rate(3),
        })
    }

    fn run(&self, seed: u64, replication: usize) -> Result<[bool; 4]> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication as u64);
        let mut normal = || rng.sample::<f64, _>(StandardNormal);
        let by_people = [normal(), normal()].map(|error| self.human_error * error);
        let mut networks = Vec::new();
        let mut of_data = Vec::new();
        for cluster in 0..self.n_clusters {
            let noise = self.cluster_noise * normal();
            let cluster_size = normal();
            for variant in 0..self.n_variants {
                let data = if self.is_within { variant } else { cluster } % 2;
                let size = if self.has_cluster_sizes {
                    cluster_size
                } else {
                    normal()
                };
                let decades = 6.0 + (size + self.confounding * data as f64) / 2.0;
                let factors = ModelFactors {
                    training_data: Some(["photographs", "all"][data].into()),
                    n_parameters: Some(10f64.powf(decades) as u64),
                    cluster: self.is_clustered.then(|| cluster.to_string()),
                    ..ModelFactors::default()
                };
                let alignment = self.effect * data as f64 + noise + normal() + by_people[data];
                networks.push((factors, alignment));
                of_data.push(data);
            }
        }
        let analysis = DriverAnalysis::default()
            .with_factors([Factor::TrainingData, Factor::Parameters])?
            .with_permutations(499)?
            .with_replicates(200)?
            .with_seed(replication as u64);
        let found = match self.is_over_people {
            true => {
                let n = networks.len();
                let variance = self.human_error.powi(2);
                let covariance = Array2::from_shape_fn((n, n), |(i, j)| {
                    if of_data[i] == of_data[j] {
                        variance
                    } else {
                        0.0
                    }
                });
                let covariance = AlignmentCovariance::new(covariance, 1000.0)?;
                analysis.run_with_covariance(&networks, &covariance)?
            }
            false => analysis.run(&networks)?,
        };
        let is_tested = |factor| factor == self.tested;
        let driver = found.drivers.iter().find(|driver| is_tested(driver.factor));
        let is_data = is_tested(Factor::TrainingData);
        // Levels are sorted by name, so that the effect is that of the reference level.
        let (name, effect) = match is_data {
            true => ("training-data", -self.effect),
            false => ("parameters", 0.0),
        };
        let mut coefficients = found.coefficients.iter();
        let coefficient = coefficients.find(|found| found.name.starts_with(name));
        let explained = if is_data {
            self.effect.powi(2) / 4.0
        } else {
            0.0
        };
        let share = explained / (explained + self.cluster_noise.powi(2) + 1.0);
        let of_driver =
            |is: &dyn Fn(&human_alignment::study::Driver) -> bool| driver.is_some_and(is);
        Ok([
            of_driver(&|driver| driver.p_value <= 0.05),
            coefficient.is_some_and(|found| found.interval.contains(effect)),
            of_driver(&|driver| driver.share_interval.contains(share)),
            of_driver(&|driver| driver.share_interval.contains(0.0)),
        ])
    }
}
