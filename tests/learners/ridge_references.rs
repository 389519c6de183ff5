//! Ridge regression against its definitions and against scikit-learn.

use std::path::Path;

use approx::assert_relative_eq;
use human_alignment::dataset::TripletFile;
use human_alignment::inference::Folds;
use human_alignment::ridge::FeatureScaling;
use human_alignment::{AlignmentMetric, FileSource, OddOneOutTask, Representation, Ridge, Stimuli};
use human_alignment::{Similarity, SimilarityDataset, ZeroShotOddOneOut};
use ndarray::Array2;
use serde_json::Value;

use crate::common;

fn read(shared: &Path, name: &str) -> Representation {
    FileSource::open(shared.join(name)).unwrap().read().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

fn goldens(shared: &Path) -> Value {
    let text = std::fs::read_to_string(shared.join("goldens/ridge.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn features_of<'g>(goldens: &'g Value, name: &str) -> (&'g Value, Ridge, String) {
    let goldens = &goldens[format!("features_{name}")];
    let ridge = Ridge::new(numbers(&goldens["alphas"])).unwrap();
    let ridge = ridge.with_feature_scaling(FeatureScaling::AllRows);
    (
        goldens,
        ridge,
        format!("goldens/things_features_{name}.npy"),
    )
}

/// RidgeCV(alphas, alpha_per_target=True).fit(Z, Y).alpha_ and Ridge(alpha=10).fit(Z, Y), with
/// Z = (X - X.mean(0)) / X.std(0)
#[test]
fn fits_are_those_of_scikit_learn() {
    let Some(shared) = common::shared() else {
        return;
    };
    let goldens = goldens(&shared);
    let vice = read(&shared, "data/things/vice_embedding.npy");
    for name in ["a", "b"] {
        let (goldens, ridge, file) = features_of(&goldens, name);
        let features = read(&shared, &file);
        let fit = ridge.fit(&features, &vice).unwrap();
        let expected = numbers(&goldens["loo_alpha_per_dimension"]);
        assert_eq!(fit.penalties(), expected);
        assert!(!fit.at_grid_end().contains(&true));

        let fixed = Ridge::new([10.0])
            .unwrap()
            .with_feature_scaling(FeatureScaling::TrainingRows);
        let fit = fixed.fit(&features, &vice).unwrap();
        // scikit-learn has targets × features.
        let expected = numbers(&goldens["fixed_alpha_10_coef_first_row"]);
        assert_eq!(expected.len(), features.n_features());
        for (&found, expected) in fit.coefficients().column(0).iter().zip(expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-9);
        }
        let expected = numbers(&goldens["fixed_alpha_10_intercept"]);
        assert_eq!(expected.len(), vice.n_features());
        for (&found, expected) in fit.intercept().iter().zip(expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-9);
        }
    }
}

/// RidgeCV(alphas, alpha_per_target=True).fit(Z[train], Y[train]) and r2_score, by KFold(5)
#[test]
fn cross_validation_is_that_of_scikit_learn() {
    let Some(shared) = common::shared() else {
        return;
    };
    let goldens = goldens(&shared);
    let vice = read(&shared, "data/things/vice_embedding.npy");
    let folds = Folds::contiguous(vice.n_stimuli(), 5).unwrap();
    for name in ["a", "b"] {
        let (goldens, ridge, file) = features_of(&goldens, name);
        let features = read(&shared, &file);
        let validation = ridge.cross_validate(&features, &vice, &folds).unwrap();
        let expected = goldens["r2_per_fold_dimension"].as_array().unwrap();
        assert_eq!(expected.len(), 5);
        for (found, expected) in validation.r2().rows().into_iter().zip(expected) {
            assert_eq!(found.len(), 42);
            for (found, expected) in found.iter().zip(numbers(expected)) {
                let found = found.unwrap();
                assert_relative_eq!(found, expected, max_relative = 1e-9);
            }
        }
        let expected = goldens["mean_r2"].as_f64().unwrap();
        assert_relative_eq!(validation.mean_r2().unwrap(), expected, max_relative = 1e-9);
    }
}

/// r2_score(Y, cross_val_predict(Ridge(alpha=1.0), X, Y, cv=KFold(4)), multioutput='raw_values'),
/// scikit-learn 1.9.1, with folds of three stimuli.
#[test]
fn pooled_r2_is_that_of_scikit_learn() {
    let small = |columns: [usize; 2], value: fn(usize, usize) -> usize| {
        let values = Array2::from_shape_fn((12, 2), |(i, j)| value(i, columns[j]) as f64);
        Representation::new(Stimuli::numbered(12), values).unwrap()
    };
    let features = small([2, 3], |i, j| (i * i * j + 3 * i) % 7);
    let targets = small([3, 4], |i, t| (i * t + i * i) % 5);
    let ridge = Ridge::new([1.0]).unwrap();
    let folds = Folds::contiguous(12, 4).unwrap();
    let found = ridge.cross_validate(&features, &targets, &folds).unwrap();
    let expected = [-0.4234599558064762, -0.03185408525736144];
    for (&found, expected) in found.pooled_r2().iter().zip(expected) {
        assert_relative_eq!(found, expected, max_relative = 1e-12);
    }
    // The mean R² of the folds is lower, as each is relative to the mean of three values.
    assert_relative_eq!(found.r2()[[3, 0]].unwrap(), -2.32894898, epsilon = 1e-8);
    assert!(found.mean_r2().unwrap() < found.mean_pooled_r2());
}

/// Ridge(alpha=10).fit(X[:100], Y[:100, 0]): more features than stimuli.
#[test]
fn wide_fits_are_those_of_scikit_learn() {
    let Some(shared) = common::shared() else {
        return;
    };
    let goldens = goldens(&shared);
    let goldens = &goldens["wide_100x256_dim0"];
    let first: Vec<usize> = (0..100).collect();
    let features = read(&shared, "goldens/things_features_a.npy");
    let stimuli = features.stimuli().select(&first).unwrap();
    let features = features.select(&stimuli).unwrap();
    let vice = read(&shared, "data/things/vice_embedding.npy");
    let vice = vice.select(&stimuli).unwrap();
    let ridge = Ridge::new([goldens["alpha"].as_f64().unwrap()]).unwrap();
    let fit = ridge.fit(&features, &vice).unwrap();
    let expected = numbers(&goldens["coef"]);
    assert_eq!(expected.len(), 256);
    for (&found, expected) in fit.coefficients().column(0).iter().zip(expected) {
        assert_relative_eq!(found, expected, max_relative = 1e-9);
    }
    let expected = goldens["intercept"].as_f64().unwrap();
    assert_relative_eq!(fit.intercept()[0], expected, max_relative = 1e-9);
}

/// From a representation to human concept dimensions, each stimulus predicted by a fit that has not
/// seen it: the predicted embedding makes choices that are closer to those of an observer who uses
/// the dimensions than the representation does by itself.
#[test]
fn a_predicted_embedding_is_more_human() {
    let Some(shared) = common::shared() else {
        return;
    };
    let vice = read(&shared, "data/things/vice_embedding.npy");
    let features = read(&shared, "goldens/things_features_b.npy");
    let trials = shared.join("goldens/things_triplets_simulated.npy");
    let trials = TripletFile::<OddOneOutTask>::read(trials, vice.stimuli().clone()).unwrap();
    let ridge = Ridge::new([1.0, 10.0, 100.0, 1000.0]).unwrap();
    let ridge = ridge.with_feature_scaling(FeatureScaling::TrainingRows);
    let folds = Folds::random(vice.n_stimuli(), 5, 1).unwrap();
    let validation = ridge.cross_validate(&features, &vice, &folds).unwrap();
    assert_eq!(validation.pooled_r2().len(), 42);
    assert!(validation.pooled_r2().iter().all(|&r2| r2 > 0.3));

    let accuracy = |representation: &Representation, similarity| {
        let metric = ZeroShotOddOneOut::new(similarity);
        metric
            .score(representation, trials.judgments())
            .unwrap()
            .accuracy
    };
    let predicted = accuracy(validation.predictions(), Similarity::Dot);
    let best = accuracy(&vice, Similarity::Dot);
    for &similarity in Similarity::ALL {
        let zero_shot = accuracy(&features, similarity);
        assert!(
            zero_shot + 0.01 < predicted,
            "{similarity}: {zero_shot} {predicted}"
        );
    }
    assert!(predicted < best, "{predicted} {best}");
}
