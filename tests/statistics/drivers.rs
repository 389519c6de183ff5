//! What drives alignment: shares, permutation tests and coefficients against numpy, scipy, statsmodels and
//! closed forms; clusters of related networks; and panels that can't tell.

#[path = "../../examples/coverage/drivers.rs"]
mod drivers_coverage;

use approx::assert_relative_eq;
use human_alignment::error::{ArgumentError, ComputationError};
use human_alignment::inference::{Comparison, Confidence, Credit, Ranks};
use human_alignment::study::{
    AlignmentCovariance, DriverAnalysis, DriverCaution, Drivers, Exchanged, Factor, ModelFactors,
};
use human_alignment::{OddOneOut, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::assert_refused;
use drivers_coverage::{CONFOUNDED, EFFECT, Experiment, Findings, HUMAN_ERROR, NO_EFFECT};

fn network(data: &str, family: &str, n_parameters: u64, n_layers: u32) -> ModelFactors {
    ModelFactors {
        training_data: Some(data.into()),
        family: Some(family.into()),
        n_parameters: Some(n_parameters),
        n_layers: Some(n_layers),
        ..ModelFactors::default()
    }
}

/// Eight networks, two of each data set and architecture.
fn panel() -> Vec<(ModelFactors, f64)> {
    vec![
        (network("photographs", "conv", 1_000_000, 8), 0.46),
        (network("photographs", "conv", 10_000_000, 16), 0.44),
        (network("photographs", "attention", 2_000_000, 12), 0.45),
        (network("photographs", "attention", 30_000_000, 24), 0.48),
        (network("drawings", "conv", 1_000_000, 8), 0.30),
        (network("drawings", "conv", 10_000_000, 18), 0.27),
        (network("drawings", "attention", 3_000_000, 12), 0.33),
        (network("drawings", "attention", 30_000_000, 24), 0.29),
    ]
}

fn analysis() -> DriverAnalysis {
    let factors = [
        Factor::TrainingData,
        Factor::Architecture,
        Factor::Parameters,
        Factor::Depth,
    ];
    DriverAnalysis::default().with_factors(factors).unwrap()
}

fn driver(drivers: &Drivers, factor: Factor) -> &human_alignment::study::Driver {
    let mut found = drivers.drivers.iter();
    found.find(|driver| driver.factor == factor).unwrap()
}

#[test]
fn numbers_are_those_of_numpy() {
    // numpy.linalg.lstsq on every subset of columns, the shares averaged over itertools.permutations;
    // coefficients, standard errors and p-values from (XᵀX)⁻¹ and scipy.stats.t.
    let found = analysis().run(&panel()).unwrap();
    assert_eq!(found.n_networks, 8);
    let expected = EXPECTED;
    assert_relative_eq!(found.r_squared, expected.r_squared, epsilon = 1e-10);
    for (factor, alone, share, beyond) in expected.drivers {
        let driver = driver(&found, factor);
        assert_relative_eq!(driver.r_squared, alone, epsilon = 1e-10);
        assert_relative_eq!(driver.share, share, epsilon = 1e-10);
        assert_relative_eq!(driver.beyond_the_others, beyond, epsilon = 1e-10);
    }
    assert_eq!(found.coefficients.len(), 4);
    for (coefficient, (value, error, p_value)) in found.coefficients.iter().zip(expected.fit) {
        assert_relative_eq!(coefficient.estimate.value, value, epsilon = 1e-9);
        let standard_error = coefficient.estimate.standard_error.unwrap();
        assert_relative_eq!(standard_error, error, epsilon = 1e-9);
        assert_relative_eq!(coefficient.p_value, p_value, epsilon = 1e-7);
    }
    assert_eq!(
        found.coefficients[0].name,
        "training-data: photographs, not drawings"
    );
    let shares: f64 = found.drivers.iter().map(|driver| driver.share).sum();
    assert_relative_eq!(shares, found.r_squared, epsilon = 1e-12);
}

struct Expected {
    r_squared: f64,
    drivers: [(Factor, f64, f64, f64); 4],
    fit: [(f64, f64, f64); 4],
}

const EXPECTED: Expected = Expected {
    r_squared: 0.971989233045726,
    drivers: [
        (
            Factor::TrainingData,
            0.949026876737720,
            0.943765152944640,
            0.936869958628839,
        ),
        (
            Factor::Architecture,
            0.014828544949027,
            0.020641874699242,
            0.020872455018942,
        ),
        (
            Factor::Parameters,
            0.004037797409876,
            0.003500547779001,
            0.001012099856832,
        ),
        (
            Factor::Depth,
            0.003560462586130,
            0.004081657622844,
            0.002016235561883,
        ),
    ],
    fit: [
        (0.159206304381782, 0.015893607271059, 0.002117830906056),
        (-0.030325478772737, 0.020282560123244, 0.231751156553941),
        (0.031177875421047, 0.094697106335740, 0.763622204878601),
        (-0.004332466905223, 0.009323232001993, 0.673798215253134),
    ],
};

#[test]
fn training_data_come_first_and_have_levels() {
    let found = analysis().run(&panel()).unwrap();
    let first = &found.drivers[0];
    assert_eq!(first.factor, Factor::TrainingData);
    // In 2 of 2⁸ replicates all networks have seen the same.
    assert!(first.largest > 0.97, "{}", first.largest);
    assert!(first.share_interval.lower > driver(&found, Factor::Depth).share_interval.upper);
    // Of 70 ways to choose the four most human networks, 2 explain as much.
    assert!(
        (first.p_value - 2.0 / 70.0).abs() < 0.006,
        "{}",
        first.p_value
    );
    assert!(first.share_interval.contains(first.adjusted_share));
    assert!(driver(&found, Factor::Depth).share_interval.contains(0.0));
    let of_architecture = driver(&found, Factor::Architecture).p_value;
    assert!(of_architecture > 0.2, "{of_architecture}");
    assert_eq!(first.levels[1].name, "photographs");
    assert_relative_eq!(first.levels[1].mean, 0.4575, epsilon = 1e-12);
    assert_eq!(first.levels[1].n_networks, 4);
    // 0.4575 ± scipy.stats.t.ppf(0.975, 3) * numpy.std([...], ddof=1) / 2
    let interval = first.levels[1].interval.unwrap();
    assert_relative_eq!(interval.upper - 0.4575, 0.027175, epsilon = 1e-5);
    let few = DriverCaution::FewNetworks {
        n_networks: 8,
        n_columns: 4,
    };
    assert_eq!(found.cautions, [few, DriverCaution::Unclustered]);
}

#[test]
fn nothing_is_found_where_there_is_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut rejected = 0;
    for _ in 0..200 {
        let panel: Vec<(ModelFactors, f64)> = panel()
            .into_iter()
            .map(|(factors, _)| (factors, rng.random()))
            .collect();
        let analysis = analysis().with_permutations(199).unwrap();
        let analysis = analysis.with_replicates(2).unwrap();
        let found = analysis.run(&panel).unwrap();
        rejected += usize::from(driver(&found, Factor::Parameters).p_value <= 0.05);
    }
    // Binomial of 200 and 0.05: at most 20 with probability 0.999.
    assert!(rejected <= 20, "{rejected}");
}

#[test]
fn panels_that_cannot_tell_say_so() {
    // Architecture follows from the training data, and the other way about; depth is the same.
    let networks: Vec<(ModelFactors, f64)> = (0..5)
        .map(|i| {
            let (data, family) = if i < 3 { ("a", "x") } else { ("b", "y") };
            let mut factors = network(data, family, 1000 << i, 7);
            factors.n_parameters = (i > 0).then_some(1000 << i);
            (factors, 0.1 * f64::from(i))
        })
        .collect();
    let found = analysis().run(&networks).unwrap();
    let aliased = |factor, by| DriverCaution::Aliased { factor, by };
    for caution in [
        DriverCaution::Constant {
            factor: Factor::Depth,
        },
        DriverCaution::Unknown {
            factor: Factor::Parameters,
            n_networks: 1,
        },
        aliased(Factor::TrainingData, Factor::Architecture),
        aliased(Factor::Architecture, Factor::TrainingData),
        DriverCaution::Collinear,
    ] {
        assert!(found.cautions.contains(&caution), "{caution}");
    }
    assert!(found.coefficients.is_empty());
    // Neither can be preferred.
    assert_relative_eq!(
        found.drivers[0].share,
        found.drivers[1].share,
        epsilon = 1e-12
    );
    assert_relative_eq!(found.drivers[0].beyond_the_others, 0.0, epsilon = 1e-12);

    let each_its_own: Vec<(ModelFactors, f64)> = (0..5)
        .map(|i| (network(&i.to_string(), "x", 10, 7), f64::from(i)))
        .collect();
    let found = analysis().run(&each_its_own).unwrap();
    assert_relative_eq!(found.r_squared, 1.0, epsilon = 1e-12);
    let saturated = DriverCaution::Saturated {
        n_networks: 5,
        n_columns: 4,
    };
    assert!(found.cautions.contains(&saturated));
    // Any alignment is explained as well.
    assert_eq!(found.drivers[0].p_value, 1.0);
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let with = |values: &[f64]| -> Vec<(ModelFactors, f64)> {
        let factors = panel().into_iter().map(|(factors, _)| factors);
        factors.zip(values.iter().copied()).collect()
    };
    assert_refused!(
        analysis().run(&with(&[0.1, 0.2, 0.3])),
        Argument(ArgumentError::TooFew { found: 3, .. })
    );
    assert_refused!(
        analysis().run(&with(&[0.1; 8])),
        Computation(ComputationError::EqualAlignment)
    );
    assert_refused!(
        analysis().run(&with(&[0.1, 0.2, f64::NAN, 0.3])),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    let unknown: Vec<_> = (0..6)
        .map(|i| (ModelFactors::default(), f64::from(i)))
        .collect();
    assert_refused!(
        analysis().run(&unknown),
        Argument(ArgumentError::TooFew { found: 0, .. })
    );
    assert!(DriverAnalysis::default().with_factors([]).is_err());
    assert!(DriverAnalysis::default().with_permutations(0).is_err());
    assert!(DriverAnalysis::default().with_replicates(0).is_err());
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let analysis = analysis().with_replicates(200).unwrap();
    let on = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n);
        let pool = pool.build().unwrap();
        pool.install(|| analysis.run(&panel()).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let other = analysis.clone().with_seed(1).run(&panel()).unwrap();
    assert_ne!(one, other);
}

#[test]
fn settings_are_checked_when_they_are_read() {
    let settings = analysis().with_seed(3);
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(
        serde_json::from_str::<DriverAnalysis>(&text).unwrap(),
        settings
    );
    for wrong in [
        text.replace("\"n_replicates\":2000", "\"n_replicates\":1"),
        text.replace("\"n_permutations\":9999", "\"n_permutations\":0"),
    ] {
        assert_ne!(wrong, text);
        assert!(serde_json::from_str::<DriverAnalysis>(&wrong).is_err());
    }
}

/// The panel with a cluster for each architecture and data set.
fn clustered() -> Vec<(ModelFactors, f64)> {
    let mut panel = panel();
    for (factors, _) in &mut panel {
        let data = factors.training_data.as_deref().unwrap();
        factors.cluster = Some(format!("{data} {}", factors.family.as_deref().unwrap()));
    }
    panel
}

#[test]
fn one_factor_alone_is_tested_by_all_permutations() {
    // Of the 70 ways to choose four of eight networks, 2 explain as much.
    let only = DriverAnalysis::default().with_factors([Factor::TrainingData]);
    let only = only.unwrap().with_permutations(50_000).unwrap();
    let found = only.run(&panel()).unwrap();
    let first = &found.drivers[0];
    assert!(first.is_exact);
    assert_relative_eq!(first.p_value, 2.0 / 70.0, epsilon = 1e-12);
    assert_relative_eq!(first.smallest_p_value, 2.0 / 70.0, epsilon = 1e-12);
    assert_eq!(first.exchanged, Exchanged::Clusters);
    // The adjusted R², 1 − (1 − R²) (n − 1) / (n − 2).
    let adjusted = 1.0 - (1.0 - found.r_squared) * 7.0 / 6.0;
    assert_relative_eq!(found.adjusted_r_squared, adjusted, epsilon = 1e-12);
    assert_relative_eq!(first.adjusted_share, adjusted, epsilon = 1e-12);

    // Two of four clusters: 2 of 6 ways.
    let found = only.run(&clustered()).unwrap();
    assert_eq!(found.n_clusters, 4);
    let first = &found.drivers[0];
    assert_relative_eq!(first.p_value, 2.0 / 6.0, epsilon = 1e-12);
    let few = DriverCaution::FewPermutations {
        factor: Factor::TrainingData,
    };
    assert!(found.cautions.contains(&few), "{:?}", found.cautions);
    // The mean of the clusters in each level, ± scipy.stats.t.ppf(0.975, 1) * 0.0075.
    let interval = first.levels[1].interval.unwrap();
    assert_relative_eq!(interval.upper, 0.4575 + 0.0952965, epsilon = 1e-5);
}

#[test]
fn clusters_of_equal_size_with_a_balanced_factor_are_a_t_test() {
    // For a factor that is the same within clusters of one size, CR2 is the t-test of the means of
    // clusters: scipy.stats.ttest_ind([0.45, 0.465], [0.285, 0.31]), with 2 degrees of freedom.
    let only = DriverAnalysis::default().with_factors([Factor::TrainingData]);
    let found = only.unwrap().run(&clustered()).unwrap();
    let estimate = found.coefficients[0].estimate;
    assert_relative_eq!(estimate.value, 0.16, epsilon = 1e-12);
    let error = (0.0075_f64.powi(2) + 0.0125_f64.powi(2)).sqrt();
    assert_relative_eq!(estimate.standard_error.unwrap(), error, epsilon = 1e-12);
    assert_relative_eq!(estimate.degrees_of_freedom, 2.0, epsilon = 1e-9);

    // Parameters differ within clusters, and networks are exchanged there.
    let both = [Factor::TrainingData, Factor::Parameters];
    let found = DriverAnalysis::default().with_factors(both).unwrap();
    let found = found.run(&clustered()).unwrap();
    let size = driver(&found, Factor::Parameters);
    assert_eq!(size.exchanged, Exchanged::NetworksWithinClusters);
    assert!(size.is_exact);
    // There are 2⁴ orders, and exchanging in all clusters changes nothing.
    assert_relative_eq!(size.smallest_p_value, 2.0 / 16.0, epsilon = 1e-12);
}

#[test]
fn errors_by_people_are_added_where_residuals_do_not_show_them() {
    let only = DriverAnalysis::default().with_factors([Factor::TrainingData]);
    let only = only.unwrap();
    let error = |covariance: Array2<f64>| {
        let covariance = AlignmentCovariance::new(covariance, 1e9).unwrap();
        let found = only.run_with_covariance(&panel(), &covariance).unwrap();
        assert!(found.is_over_people);
        found.coefficients[0].estimate.standard_error.unwrap()
    };
    let without = only.run(&panel()).unwrap().coefficients[0].estimate;
    let without = without.standard_error.unwrap();
    // An error that all have in common, and independent errors.
    assert_relative_eq!(
        error(Array2::from_elem((8, 8), 0.01)),
        without,
        epsilon = 1e-12
    );
    assert_relative_eq!(error(0.01 * Array2::eye(8)), without, epsilon = 1e-12);
    // The first four and the last four networks have errors in common: 0.1² + 0.1².
    let by_data = Array2::from_shape_fn((8, 8), |(i, j)| if i / 4 == j / 4 { 0.01 } else { 0.0 });
    let expected = (without * without + 0.02).sqrt();
    assert_relative_eq!(error(by_data), expected, epsilon = 1e-12);

    let wrong = AlignmentCovariance::new(Array2::eye(3), 5.0).unwrap();
    assert_refused!(
        only.run_with_covariance(&panel(), &wrong),
        Argument(ArgumentError::LengthMismatch { found: 3, .. })
    );
    assert!(AlignmentCovariance::new(-Array2::eye(3), 5.0).is_err());
    // A covariance above the variances says nothing about a difference.
    let impossible = ndarray::array![[1.0, 5.0], [5.0, 1.0]];
    let impossible = AlignmentCovariance::new(impossible, 5.0).unwrap();
    let ranks = impossible
        .ranks(&[1.0, 2.0], Confidence::default())
        .unwrap();
    assert!(ranks.models.iter().all(|of| (of.best, of.worst) == (1, 2)));
    assert!(AlignmentCovariance::new(Array2::eye(3), 0.0).is_err());
}

/// The covariance has the variance of each difference, so that the ranks are those of comparisons
/// if differences are clear.
#[test]
fn ranks_by_the_covariance_are_those_of_comparisons() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let trials: Vec<[u32; 3]> = (0..900)
        .map(|_| rng.random_range(0..60))
        .map(|first| [first, (first + 7) % 60, (first + 19) % 60])
        .collect();
    let trials = OddOneOut::new(Stimuli::numbered(60), trials).unwrap();
    let shares = [0.41, 0.90, 0.42, 0.65, 0.40];
    let credits = shares.map(|share| {
        let draws = (0..900).map(|_| Credit::from(rng.random::<f64>() < share));
        draws.collect::<Vec<Credit>>()
    });
    let confidence = Confidence::default();
    let compared: Vec<&[Credit]> = credits.iter().map(Vec::as_slice).collect();
    let compared = Comparison::all_pairs(&trials, &compared, confidence).unwrap();
    let expected = Ranks::from_comparisons(5, &compared, confidence).unwrap();
    assert!(expected.models[1].worst < 5 && expected.models[4].best > 1);

    let values = credits.map(|credits| credits.iter().map(|c| c.value()).collect::<Vec<f64>>());
    let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    let means: Vec<f64> = values
        .iter()
        .map(|v| v.iter().sum::<f64>() / 900.0)
        .collect();
    let covariance = AlignmentCovariance::of_trials(&trials, &values).unwrap();
    assert_eq!(covariance.ranks(&means, confidence).unwrap(), expected);
    assert_refused!(
        covariance.ranks(&means[1..], confidence),
        Argument(ArgumentError::LengthMismatch { found: 4, .. })
    );
}

fn share_is(share: f64, expected: std::ops::RangeInclusive<f64>, found: Findings) {
    assert!(expected.contains(&share), "{found:?}");
}

#[test]
fn false_positives_are_as_rare_as_the_level_says() {
    // 200 panels: a rate of 5 % is between 1 and 10 % with probability 0.998.
    let found = NO_EFFECT.replicate(200, 1).unwrap();
    assert!(found.rejections <= 0.1, "{found:?}");
    share_is(found.coefficient_coverage, 0.91..=0.99, found);
    assert!(found.shares_with_0 >= 0.91, "{found:?}");
    let unknown = Experiment {
        is_clustered: false,
        ..NO_EFFECT
    };
    let found = unknown.replicate(200, 1).unwrap();
    assert!(found.rejections > 0.2, "{found:?}");
    let found = CONFOUNDED.replicate(200, 1).unwrap();
    share_is(found.rejections, 0.01..=0.1, found);
    share_is(found.coefficient_coverage, 0.91..=0.98, found);
}

#[test]
fn effects_are_found_and_covered() {
    let found = EFFECT.replicate(200, 1).unwrap();
    assert!(found.rejections > 0.8, "{found:?}");
    share_is(found.coefficient_coverage, 0.91..=0.99, found);
    assert!(found.share_coverage >= 0.91, "{found:?}");
    let found = HUMAN_ERROR.replicate(200, 1).unwrap();
    share_is(found.coefficient_coverage, 0.91..=0.99, found);
    let unknown = Experiment {
        is_over_people: false,
        ..HUMAN_ERROR
    };
    let found = unknown.replicate(200, 1).unwrap();
    assert!(found.coefficient_coverage < 0.8, "{found:?}");
}
