//! Ridge regression against its definitions: refits, optimality, and what must not matter.

use approx::assert_relative_eq;
use human_alignment::error::{ArgumentError, ComputationError, ErrorKind, StimuliError};
use human_alignment::inference::Folds;
use human_alignment::ridge::{FeatureScaling, RidgeFit, Selection, Sharing};
use human_alignment::{Error, Representation, Ridge, Stimuli};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use proptest::prelude::*;

use crate::common::refusals::{assert_kind, assert_refused};

fn representation(features: Array2<f32>) -> Representation {
    Representation::new(Stimuli::numbered(features.nrows() as u32), features).unwrap()
}

fn double(features: &Representation) -> Array2<f64> {
    features.features().to_f64()
}

/// Predictions by the coefficients and intercept of a fit to features that are not scaled.
fn predict(fit: &RidgeFit, features: &Array2<f64>) -> Array2<f64> {
    features.dot(&fit.coefficients()) + fit.intercept()
}

/// Rows but one.
fn without(matrix: &Array2<f64>, row: usize) -> Array2<f64> {
    let rows: Vec<usize> = (0..matrix.nrows()).filter(|&other| other != row).collect();
    matrix.select(Axis(0), &rows)
}

/// Features and two targets of 4 to 12 stimuli; more, as many, or fewer features.
fn problems() -> impl Strategy<Value = (Array2<f32>, Array2<f64>)> {
    (4usize..12, 1usize..14).prop_flat_map(|(n, p)| {
        let features = prop::collection::vec(-20i32..20, n * p);
        let targets = prop::collection::vec(-3.0..3.0f64, n * 2);
        (features, targets).prop_map(move |(features, targets)| {
            let features = features.into_iter().map(|x| x as f32 / 4.0).collect();
            (
                Array2::from_shape_vec((n, p), features).unwrap(),
                Array2::from_shape_vec((n, 2), targets).unwrap(),
            )
        })
    })
}

/// The error of leaving out each stimulus in turn.
fn refitted_errors(features: &Array2<f32>, targets: &Array2<f64>, penalty: f64) -> Array1<f64> {
    let n = features.nrows();
    let (ridge, x) = (Ridge::new([penalty]).unwrap(), features.mapv(f64::from));
    let mut sums = Array1::zeros(targets.ncols());
    for row in 0..n {
        let others = representation(without(&x, row).mapv(|x| x as f32));
        let fit = ridge.fit_array(&others, without(targets, row).view());
        let predicted = predict(&fit.unwrap(), &x.select(Axis(0), &[row]));
        let residual = &targets.row(row) - &predicted.row(0);
        sums += &(&residual * &residual);
    }
    sums / n as f64
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leave_one_out_is_refitting((features, targets) in problems()) {
        let penalties = [0.05, 1.0, 30.0];
        let ridge = Ridge::new(penalties).unwrap();
        let fit = ridge.fit_array(&representation(features.clone()), targets.view()).unwrap();
        for (errors, penalty) in fit.errors().rows().into_iter().zip(penalties) {
            let expected = refitted_errors(&features, &targets, penalty);
            for (&found, expected) in errors.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-9 * (1.0 + expected), "{found} {expected}");
            }
        }
    }

    #[test]
    fn generalized_cross_validation_is_its_definition((features, targets) in problems()) {
        let (n, x) = (features.nrows(), features.mapv(f64::from));
        let penalties = [0.05, 1.0, 30.0];
        let features = representation(features);
        let ridge = Ridge::new(penalties)
            .unwrap()
            .with_selection(Selection::GeneralizedCrossValidation);
        let fit = ridge.fit_array(&features, targets.view()).unwrap();
        for (errors, penalty) in fit.errors().rows().into_iter().zip(penalties) {
            let one = Ridge::new([penalty]).unwrap();
            // Predictions of unit vectors are the columns of the matrix that makes predictions.
            let hat = predict(&one.fit_array(&features, Array2::eye(n).view()).unwrap(), &x);
            let residuals = &targets - &hat.dot(&targets);
            let scale = 1.0 - hat.diag().sum() / n as f64;
            for (&found, residuals) in errors.iter().zip(residuals.columns()) {
                let expected = residuals.dot(&residuals) / n as f64 / scale.powi(2);
                prop_assert!((found - expected).abs() < 1e-9 * (1.0 + expected), "{found} {expected}");
            }
        }
    }

    /// Xᵀ(Y − XB − 1bᵀ) = αB and 1ᵀ(Y − XB − 1bᵀ) = 0, for penalties that take either
    /// decomposition.
    #[test]
    fn fits_are_optimal((features, targets) in problems()) {
        let x = features.mapv(f64::from);
        let features = representation(features);
        let penalties = [1e-6, 0.01, 1.0, 1e4];
        for grid in [&penalties[..], &penalties[1..]] {
            let path = Ridge::new(grid.iter().copied()).unwrap();
            let targets32 = representation(targets.mapv(|y| y as f32));
            let targets = double(&targets32);
            let path = path.path(&features, &targets32).unwrap();
            prop_assert_eq!(path.penalties(), grid);
            for (position, penalty) in grid.iter().enumerate() {
                let coefficients = path.coefficients().index_axis(Axis(0), position).to_owned();
                let predicted = x.dot(&coefficients) + path.intercepts().row(position);
                let residuals = &targets - &predicted;
                let gradient = x.t().dot(&residuals) - &coefficients * *penalty;
                prop_assert!(gradient.iter().all(|x| x.abs() < 1e-8), "{gradient}");
                prop_assert!(residuals.sum_axis(Axis(0)).iter().all(|x| x.abs() < 1e-10));

                let fit = Ridge::new([*penalty]).unwrap().fit(&features, &targets32);
                // With a smallest penalty that needs singular values, or with one that doesn't; and
                // no leaving out where a fit passes through.
                if let Ok(fit) = fit {
                    let largest = coefficients.iter().fold(1.0, |max: f64, x| max.max(x.abs()));
                    let difference = &fit.coefficients() - &coefficients;
                    prop_assert!(difference.iter().all(|x| x.abs() < 1e-7 * largest), "{difference}");
                } else {
                    prop_assert!(*penalty < 0.01);
                }
            }
        }
    }

    /// Columns of zeros change nothing, but with enough of them rows are decomposed, not features.
    #[test]
    fn by_rows_is_by_features((features, targets) in problems()) {
        let (n, p) = features.dim();
        let zeros = Array2::zeros((n, n + 3));
        let wide = concatenate(Axis(1), &[features.view(), zeros.view()]).unwrap();
        for &selection in Selection::ALL {
            let ridge = Ridge::new([0.3, 3.0]).unwrap().with_selection(selection);
            let narrow = ridge.fit_array(&representation(features.clone()), targets.view()).unwrap();
            let wide = ridge.fit_array(&representation(wide.clone()), targets.view()).unwrap();
            let cells = narrow.errors().into_iter().zip(wide.errors());
            for (narrow, wide) in cells.chain(narrow.coefficients().iter().zip(wide.coefficients())) {
                prop_assert!((narrow - wide).abs() < 1e-9 * (1.0 + narrow.abs()), "{narrow} {wide}");
            }
            let coefficients = wide.coefficients();
            let of_zeros = coefficients.iter().skip(2 * p);
            prop_assert!(of_zeros.clone().count() == 2 * (n + 3));
            prop_assert!(of_zeros.into_iter().all(|x| x.abs() < 1e-12));
        }
    }

    /// Order and sign of columns, order of rows, a shift of features or targets, and a rotation (here
    /// times √2, so that it is exact, with twice the penalty) don't matter.
    #[test]
    fn what_must_not_matter((features, targets) in problems(), shift in -50i32..50) {
        let (n, p) = features.dim();
        let ridge = Ridge::new([0.5, 5.0]).unwrap();
        let usual = ridge.fit_array(&representation(features.clone()), targets.view()).unwrap();
        let same = |fit: RidgeFit| -> Result<(), TestCaseError> {
            for (a, b) in usual.errors().into_iter().zip(fit.errors()) {
                prop_assert!((a - b).abs() < 1e-9 * (1.0 + a), "{a} {b}");
            }
            Ok(())
        };
        let columns: Vec<usize> = (0..p).rev().collect();
        let mirrored = -features.select(Axis(1), &columns);
        let fit = ridge.fit_array(&representation(mirrored), targets.view()).unwrap();
        for (a, b) in usual.coefficients().into_iter().zip(fit.coefficients().select(Axis(0), &columns)) {
            prop_assert!((a + b).abs() < 1e-9);
        }
        same(fit)?;
        let rows: Vec<usize> = (0..n).rev().collect();
        let (x, y) = (features.select(Axis(0), &rows), targets.select(Axis(0), &rows));
        same(ridge.fit_array(&representation(x), y.view()).unwrap())?;
        let (x, y) = (&features + shift as f32, &targets - f64::from(shift));
        same(ridge.fit_array(&representation(x), y.view()).unwrap())?;

        let mut rotated = &features * 1.0;
        if p > 1 {
            let (a, b) = (features.column(0), features.column(1));
            rotated.column_mut(0).assign(&((&a + &b) / 2.0));
            rotated.column_mut(1).assign(&((&a - &b) / 2.0));
            for column in 2..p {
                // An orthogonal matrix with elements ±1/√2 in the first two columns only would scale
                // the others; leave them out of the comparison instead.
                rotated.column_mut(column).fill(0.0);
            }
            let mut first = features.clone();
            (2..p).for_each(|column| first.column_mut(column).fill(0.0));
            let plain = ridge.fit_array(&representation(first), targets.view()).unwrap();
            let half = Ridge::new([0.25, 2.5]).unwrap();
            let rotated = half.fit_array(&representation(rotated), targets.view()).unwrap();
            for (a, b) in plain.errors().into_iter().zip(rotated.errors()) {
                prop_assert!((a - b).abs() < 1e-9 * (1.0 + a), "{a} {b}");
            }
        }
    }
}

/// Made-up features with very different scales and a common offset, and targets that follow them: the
/// first closely, later ones less and less.
fn made_up(n: usize, p: usize, n_targets: usize) -> (Representation, Representation) {
    let wave = |row: usize, column: usize| {
        let wave = (row * 37 + column * 101 + row * row * (column + 3)) % 97;
        wave as f32 / 48.0 - 1.0
    };
    let features = Array2::from_shape_fn((n, p), |(row, column)| {
        let scale = [1.0, 0.01, 30.0][column % 3];
        scale * (5.0 + wave(row, column))
    });
    let targets = Array2::from_shape_fn((n, n_targets), |(row, target)| {
        let signal: f32 = (0..p.min(4))
            .map(|column| wave(row, column) / (1 + column) as f32)
            .sum();
        signal + (target * target) as f32 * wave(row + 13, 5 + target)
    });
    (representation(features), representation(targets))
}

const GRID: [f64; 4] = [0.01, 1.0, 100.0, 1e4];

/// Each fold on its own, by way of `fit` and `r2`.
#[test]
fn cross_validation_is_fitting_the_other_folds() {
    for (n, p, n_folds) in [(61, 7, 5), (40, 60, 4), (50, 6, 25), (331, 140, 3)] {
        let (features, targets) = made_up(n, p, 3);
        for folds in [
            Folds::contiguous(n, n_folds).unwrap(),
            Folds::random(n, n_folds, 3).unwrap(),
        ] {
            for scaling in [FeatureScaling::None, FeatureScaling::TrainingRows] {
                let ridge = Ridge::new(GRID).unwrap().with_feature_scaling(scaling);
                let validation = ridge.cross_validate(&features, &targets, &folds).unwrap();
                for fold in 0..n_folds {
                    let part = |rows: Vec<usize>| {
                        let stimuli = features.stimuli().select(&rows).unwrap();
                        let select = |all: &Representation| all.select(&stimuli).unwrap();
                        (select(&features), select(&targets))
                    };
                    let (x, y) = part(folds.training(fold));
                    let fit = ridge.fit(&x, &y).unwrap();
                    let found = validation.penalties().row(fold).to_vec();
                    assert_eq!(found, fit.penalties());
                    let found = validation.at_grid_end().row(fold).to_vec();
                    assert_eq!(found, fit.at_grid_end());
                    let (x, y) = part(folds.held_out(fold));
                    let expected = fit.r2(&x, &y).unwrap();
                    for (&found, expected) in validation.r2().row(fold).iter().zip(expected) {
                        let found = found.unwrap();
                        assert_relative_eq!(found, expected, epsilon = 1e-9, max_relative = 1e-9);
                    }
                    let predicted = fit.predict(&x).unwrap();
                    for id in x.stimuli().ids() {
                        let found = validation.predictions().row(id).unwrap();
                        for (found, expected) in found.iter().zip(predicted.row(id).unwrap().iter())
                        {
                            assert_relative_eq!(
                                found,
                                expected,
                                epsilon = 1e-5,
                                max_relative = 1e-5
                            );
                        }
                    }
                }
                let per_target = validation.r2_per_target();
                let mean = per_target.iter().flatten().sum::<f64>() / 3.0;
                assert_relative_eq!(validation.mean_r2().unwrap(), mean, max_relative = 1e-12);
                assert_eq!(validation.n_undefined(), 0);
            }
        }
    }
}

/// A feature that varies (almost) in the held-out fold alone: its products over the other folds are
/// what is left of a difference that cancels.
#[test]
fn a_feature_of_one_fold_costs_no_digits() {
    let (n, n_folds) = (60, 4);
    let (features, targets) = made_up(n, 5, 2);
    let mut features = features.into_features().into_f32();
    for row in 0..n {
        let inside = (45..60).contains(&row);
        features[[row, 2]] = if inside { 3000.0 + row as f32 } else { 1.0 };
        features[[row, 4]] = if inside { 1e4 } else { (row % 5) as f32 * 1e-3 };
    }
    let features = representation(features);
    let folds = Folds::contiguous(n, n_folds).unwrap();
    for &scaling in FeatureScaling::ALL {
        let ridge = Ridge::new(GRID).unwrap().with_feature_scaling(scaling);
        let validation = ridge.cross_validate(&features, &targets, &folds).unwrap();
        if scaling == FeatureScaling::AllRows {
            continue;
        }
        for fold in 0..n_folds {
            let part = |rows: Vec<usize>| {
                let stimuli = features.stimuli().select(&rows).unwrap();
                let select = |all: &Representation| all.select(&stimuli).unwrap();
                (select(&features), select(&targets))
            };
            let (x, y) = part(folds.training(fold));
            let fit = ridge.fit(&x, &y).unwrap();
            let (x, y) = part(folds.held_out(fold));
            let expected = fit.r2(&x, &y).unwrap();
            for (&found, expected) in validation.r2().row(fold).iter().zip(expected) {
                assert_relative_eq!(found.unwrap(), expected, max_relative = 1e-9);
            }
        }
    }
}

#[test]
fn all_rows_scale_by_all_rows() {
    let (features, targets) = made_up(40, 4, 2);
    let folds = Folds::contiguous(40, 4).unwrap();
    let x = double(&features);
    let (mean, std) = (x.mean_axis(Axis(0)).unwrap(), x.std_axis(Axis(0), 0.0));
    let scaled = representation(((&x - &mean) / &std).mapv(|x| x as f32));
    let ridge = Ridge::new(GRID).unwrap();
    let by_hand = ridge.cross_validate(&scaled, &targets, &folds).unwrap();
    let over_all = ridge.clone().with_feature_scaling(FeatureScaling::AllRows);
    let found = over_all
        .cross_validate(&features, &targets, &folds)
        .unwrap();
    // But for the rounding of the scaled features.
    for (found, expected) in found.r2().iter().zip(by_hand.r2()) {
        assert_relative_eq!(found.unwrap(), expected.unwrap(), epsilon = 1e-5);
    }
    let of_training = ridge.with_feature_scaling(FeatureScaling::TrainingRows);
    let other = of_training
        .cross_validate(&features, &targets, &folds)
        .unwrap();
    assert!((other.mean_pooled_r2() - found.mean_pooled_r2()).abs() > 1e-6);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let in_pool = |n_threads: usize, p: usize, smallest: f64| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build();
        pool.unwrap().install(|| {
            let (features, targets) = made_up(420, p, 5);
            let ridge = Ridge::new([smallest, 1.0, 100.0]).unwrap();
            let ridge = ridge.with_feature_scaling(FeatureScaling::TrainingRows);
            let folds = Folds::random(420, 3, 1).unwrap();
            let fit = ridge.fit(&features, &targets).unwrap();
            let path = ridge.path(&features, &targets).unwrap();
            let validation = ridge.cross_validate(&features, &targets, &folds).unwrap();
            let predictions = validation.predictions().clone();
            (
                fit,
                path,
                validation.r2().to_owned(),
                predictions.into_features().into_f32(),
            )
        })
    };
    for (p, smallest) in [(250, 0.1), (600, 0.1), (60, 1e-7)] {
        let one = in_pool(1, p, smallest);
        assert_eq!(one, in_pool(2, p, smallest));
        assert_eq!(one, in_pool(5, p, smallest));
    }
}

/// With a penalty so small that it can't be seen, least squares.
#[test]
fn a_vanishing_penalty_is_least_squares() {
    let features = representation(array![[1.0], [2.0], [4.0], [7.0]]);
    let targets = array![[3.0], [5.0], [9.5], [14.0]];
    let fit = Ridge::new([1e-200])
        .unwrap()
        .fit_array(&features, targets.view())
        .unwrap();
    // numpy.polyfit(x, y, 1)
    assert_relative_eq!(
        fit.coefficients()[[0, 0]],
        38.75 / 21.0,
        max_relative = 1e-13
    );
    let intercept = 7.875 - 3.5 * 38.75 / 21.0;
    assert_relative_eq!(fit.intercept()[0], intercept, max_relative = 1e-13);

    // More features than stimuli: the shortest coefficients that pass through all targets, and a
    // leave-one-out error that is exact all the same.
    let (wide, targets) = made_up(6, 15, 1);
    let ridge = Ridge::new([1e-12]).unwrap();
    let fit = ridge.fit(&wide, &targets).unwrap();
    let predicted = predict(&fit, &double(&wide));
    for (found, expected) in predicted.iter().zip(double(&targets).iter()) {
        assert_relative_eq!(found, expected, epsilon = 1e-9);
    }
    let features = wide.into_features().into_f32();
    let expected = refitted_errors(&features, &double(&targets), 1e-12);
    assert_relative_eq!(fit.errors()[[0, 0]], expected[0], max_relative = 1e-6);
}

#[test]
fn penalties_are_chosen_by_their_errors() {
    let (features, targets) = made_up(50, 8, 6);
    let ridge = Ridge::new([1e4, 0.01, 1.0, 100.0]).unwrap();
    assert_eq!(ridge.penalties(), GRID);
    let fit = ridge.fit(&features, &targets).unwrap();
    assert_eq!(fit.errors().dim(), (4, 6));
    let smallest = |errors: &[f64]| {
        let smallest = errors.iter().copied().fold(f64::INFINITY, f64::min);
        errors.iter().position(|&error| error == smallest).unwrap()
    };
    let mut differ = false;
    for (target, penalty) in fit.penalties().into_iter().enumerate() {
        let chosen = smallest(&fit.errors().column(target).to_vec());
        assert_eq!(penalty, GRID[chosen]);
        assert_eq!(fit.at_grid_end()[target], [0, 3].contains(&chosen));
        differ |= penalty != fit.penalties()[0];
    }
    assert!(differ, "the targets should not agree by themselves");

    let joint = ridge.clone().with_sharing(Sharing::Joint);
    let fit = joint.fit(&features, &targets).unwrap();
    let means = fit.errors().mean_axis(Axis(1)).unwrap().to_vec();
    assert_eq!(fit.penalties(), [GRID[smallest(&means)]; 6]);

    let alone = Ridge::new([1.0]).unwrap().fit(&features, &targets).unwrap();
    assert_eq!(alone.at_grid_end(), [false; 6]);
}

#[test]
fn the_transform_is_the_fit() {
    let (features, targets) = made_up(30, 4, 2);
    for &scaling in FeatureScaling::ALL {
        let ridge = Ridge::new(GRID).unwrap().with_feature_scaling(scaling);
        let fit = ridge.fit(&features, &targets).unwrap();
        let transform = fit.transform().unwrap();
        assert_eq!(transform.weights(), fit.coefficients());
        assert_eq!(transform.bias().unwrap(), fit.intercept());
        assert_eq!(
            transform.standardization().n_features().is_some(),
            scaling != FeatureScaling::None
        );
        let predicted = fit.predict(&features).unwrap();
        assert_eq!(predicted, transform.apply(&features).unwrap());
        let (predicted, y) = (double(&predicted), double(&targets));
        let r2 = fit.r2(&features, &targets).unwrap();
        for target in 0..2 {
            let (y, predicted) = (y.column(target), predicted.column(target));
            let residuals = &y - &predicted;
            let from_mean = &y - y.mean().unwrap();
            let expected = 1.0 - residuals.dot(&residuals) / from_mean.dot(&from_mean);
            assert_relative_eq!(r2[target], expected, epsilon = 1e-6);

            let smallest = fit
                .errors()
                .column(target)
                .fold(f64::INFINITY, |a, &b| a.min(b));
            let expected = 1.0 - smallest / (from_mean.dot(&from_mean) / 30.0);
            let found = fit.expected_r2().unwrap()[target];
            assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
    }
}

#[test]
fn targets_are_joined_by_id() {
    let (features, targets) = made_up(20, 3, 2);
    let ridge = Ridge::new(GRID).unwrap();
    let expected = ridge.fit(&features, &targets).unwrap();
    let backwards: Vec<usize> = (0..20).rev().collect();
    let stimuli = targets.stimuli().select(&backwards).unwrap();
    let backwards = targets.select(&stimuli).unwrap();
    assert_eq!(ridge.fit(&features, &backwards).unwrap(), expected);
    assert_eq!(
        expected.r2(&features, &backwards).unwrap(),
        expected.r2(&features, &targets).unwrap()
    );
    let folds = Folds::contiguous(20, 4).unwrap();
    let found = ridge.cross_validate(&features, &backwards, &folds).unwrap();
    let expected = ridge.cross_validate(&features, &targets, &folds).unwrap();
    assert_eq!(found.predictions(), expected.predictions());
}

#[test]
fn settings_are_checked_when_read() {
    let ridge = Ridge::new([2.0, 1.0]).unwrap().with_sharing(Sharing::Joint);
    let text = serde_json::to_string(&ridge).unwrap();
    assert_eq!(serde_json::from_str::<Ridge>(&text).unwrap(), ridge);
    assert!(serde_json::from_str::<Ridge>(&text.replace("2.0", "-2.0")).is_err());
    for &selection in Selection::ALL {
        assert_eq!(selection.name().parse::<Selection>().unwrap(), selection);
    }
    for &sharing in Sharing::ALL {
        assert_eq!(sharing.name().parse::<Sharing>().unwrap(), sharing);
    }
    for &scaling in FeatureScaling::ALL {
        assert_eq!(scaling.name().parse::<FeatureScaling>().unwrap(), scaling);
    }
}

#[test]
fn refuses_penalties_that_are_none() {
    for penalty in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310, f64::MAX] {
        let refused = Ridge::new([1.0, penalty]);
        assert!(
            matches!(
                refused.as_ref().map_err(Error::kind),
                Err(ErrorKind::Argument(ArgumentError::InvalidParameter {
                    name: "penalty",
                    ..
                }))
            ),
            "{penalty}"
        );
    }
    let message = Ridge::new([1.0, 2.0, 1.0])
        .unwrap_err()
        .report()
        .to_string();
    assert_eq!(message, "penalties must be different, not 1 twice");
    let refused = Ridge::new([]);
    assert_refused!(
        refused,
        Argument(ArgumentError::TooFew {
            what: "penalties",
            ..
        })
    );
}

#[test]
fn refuses_targets_that_are_none() {
    let (features, targets) = made_up(6, 2, 2);
    let ridge = Ridge::new(GRID).unwrap();
    let refused = |targets: &Array2<f64>| ridge.fit_array(&features, targets.view()).unwrap_err();
    let mut values = double(&targets);
    values[[3, 1]] = f64::NAN;
    let message = refused(&values).to_string();
    assert_eq!(
        message,
        "row 3 (\"3\"), column 1: NaN is not finite; replace the value, or remove the stimulus"
    );
    values[[3, 1]] = 1e200;
    assert!(refused(&values).to_string().contains("within ±1e150"));
    values[[3, 1]] = -1e150;
    let fit = ridge.fit_array(&features, values.view()).unwrap();
    assert!(fit.errors().iter().all(|error| error.is_finite()));
    let message = refused(&Array2::zeros((5, 2))).to_string();
    assert_eq!(message, "wrong number of rows of targets: 5 (expected 6)");
    assert_kind!(
        refused(&Array2::zeros((6, 0))),
        Argument(ArgumentError::Shape { .. })
    );

    let some = targets.select(&Stimuli::numbered(5)).unwrap();
    assert_refused!(
        ridge.fit(&features, &some),
        Stimuli(StimuliError::Missing { n_missing: 1, .. })
    );
    let some = features.select(&Stimuli::numbered(5)).unwrap();
    assert_refused!(
        ridge.fit(&some, &targets),
        Stimuli(StimuliError::Unexpected { n_extra: 1, .. })
    );
    assert_refused!(
        ridge.path(&some, &targets),
        Stimuli(StimuliError::Unexpected { .. })
    );
    let folds = Folds::contiguous(5, 2).unwrap();
    let refused = ridge.cross_validate(&some, &targets, &folds);
    assert_refused!(refused, Stimuli(StimuliError::Unexpected { .. }));
}

#[test]
fn refuses_too_few_stimuli() {
    let (features, targets) = made_up(2, 2, 1);
    let ridge = Ridge::new(GRID).unwrap();
    let message = ridge
        .fit(&features, &targets)
        .unwrap_err()
        .report()
        .to_string();
    assert_eq!(
        message,
        "too few stimuli to learn from: 2 (needed: at least 3)"
    );
    let (features, targets) = made_up(3, 2, 1);
    assert!(ridge.fit(&features, &targets).is_ok());
    let folds = Folds::contiguous(3, 3).unwrap();
    let message = ridge
        .cross_validate(&features, &targets, &folds)
        .unwrap_err()
        .report()
        .to_string();
    assert_eq!(
        message,
        "fold 0: too few stimuli to learn from: 2 (needed: at least 3)"
    );
    let folds = Folds::contiguous(4, 2).unwrap();
    let message = ridge
        .cross_validate(&features, &targets, &folds)
        .unwrap_err()
        .report()
        .to_string();
    assert_eq!(
        message,
        "wrong number of stimuli that are divided into folds: 4 (expected 3)"
    );
}

#[test]
fn constant_targets_have_no_r2() {
    let (features, targets) = made_up(12, 3, 3);
    let mut targets = targets.into_features().into_f32();
    targets.column_mut(1).fill(0.1);
    (8..12).for_each(|row| targets[[row, 2]] = 0.7);
    let targets = representation(targets);
    let ridge = Ridge::new(GRID).unwrap();
    let fit = ridge.fit(&features, &targets).unwrap();
    assert!(fit.coefficients().column(1).iter().all(|&x| x == 0.0));
    assert_eq!(fit.intercept()[1], f64::from(0.1f32));
    let message = fit
        .r2(&features, &targets)
        .unwrap_err()
        .report()
        .to_string();
    assert_eq!(message, "target 1 does not vary: its R² is undefined");
    assert_refused!(
        fit.expected_r2(),
        Computation(ComputationError::ConstantTarget { target: 1, .. })
    );

    let targets = targets.into_features().into_f32();
    let targets = representation(targets.select(Axis(1), &[0, 2]));
    let folds = Folds::contiguous(12, 3).unwrap();
    // Constant in the last of three folds: R² is undefined there and defined over all stimuli.
    let found = ridge.cross_validate(&features, &targets, &folds).unwrap();
    assert_eq!((found.r2()[[2, 1]], found.n_undefined()), (None, 1));
    let of_others = (found.r2()[[0, 1]].unwrap() + found.r2()[[1, 1]].unwrap()) / 2.0;
    assert_relative_eq!(found.r2_per_target()[1].unwrap(), of_others);
    assert!(found.pooled_r2().iter().all(|r2| r2.is_finite()));
    // Of folds of one stimulus, none has an R².
    let singles = Folds::contiguous(12, 12).unwrap();
    let found = ridge.cross_validate(&features, &targets, &singles).unwrap();
    assert_eq!((found.mean_r2(), found.n_undefined()), (None, 24));
    assert!(found.pooled_r2().iter().all(|r2| r2.is_finite()));

    let mut targets = targets.into_features().into_f32();
    targets.column_mut(1).fill(0.7);
    let refused = ridge.cross_validate(&features, &representation(targets), &folds);
    assert_refused!(
        refused,
        Computation(ComputationError::ConstantTarget { target: 1, .. })
    );
}

#[test]
fn constant_features_predict_the_mean() {
    let (_, targets) = made_up(9, 1, 2);
    for p in [2, 20] {
        let features = representation(Array2::from_elem((9, p), 0.3));
        for &scaling in FeatureScaling::ALL {
            let ridge = Ridge::new(GRID).unwrap().with_feature_scaling(scaling);
            let fit = ridge.fit(&features, &targets).unwrap();
            assert!(fit.coefficients().iter().all(|x| x.abs() < 1e-12));
            // Left out of the mean, a stimulus is n / (n − 1) times as far from it.
            let y = double(&targets);
            let from_mean = (&y - &y.mean_axis(Axis(0)).unwrap()) * 9.0 / 8.0;
            let expected = from_mean.mapv(|x| x * x).mean_axis(Axis(0)).unwrap();
            for errors in fit.errors().rows() {
                for (&found, &expected) in errors.iter().zip(&expected) {
                    assert_relative_eq!(found, expected, max_relative = 1e-9);
                }
            }
        }
    }
}

/// A feature of one stimulus alone, with a penalty that leaves it free: the fit passes through that
/// stimulus, whatever its target.
#[test]
fn names_the_stimulus_that_a_fit_passes_through() {
    let mut features = Array2::from_shape_fn((8, 2), |(row, _)| (row * row % 7) as f32);
    features.column_mut(1).fill(0.0);
    features[[5, 1]] = 1.0;
    let targets = Array2::from_shape_fn((8, 1), |(row, _)| (row as f64).sin());
    let features = representation(features);
    let ridge = Ridge::new([1e-12, 1.0]).unwrap();
    let error = ridge.fit_array(&features, targets.view()).unwrap_err();
    assert_kind!(
        error,
        Computation(ComputationError::FullLeverage { stimulus, penalty, .. })
            if stimulus == "5" && *penalty == 1e-12
    );
    assert!(
        error.report().to_string().contains("stimulus \"5\""),
        "{error}"
    );
    // Others are still left out in the mean.
    let gcv = ridge.with_selection(Selection::GeneralizedCrossValidation);
    assert!(gcv.fit_array(&features, targets.view()).is_ok());
}

#[test]
fn other_shapes_are_refused_on_prediction() {
    let (features, targets) = made_up(9, 3, 2);
    let fit = Ridge::new(GRID).unwrap().fit(&features, &targets).unwrap();
    let (wider, _) = made_up(9, 4, 1);
    let message = fit.r2(&wider, &targets).unwrap_err().report().to_string();
    assert_eq!(message, "wrong number of features: 4 (expected 3)");
    assert!(fit.predict(&wider).is_err());
    let message = fit.r2(&features, &wider).unwrap_err().report().to_string();
    assert_eq!(message, "wrong number of targets: 4 (expected 2)");
}
