//! CKA against its definition and against reference numbers, what it must not depend on, and what
//! it refuses.

use approx::assert_relative_eq;
use human_alignment::error::{
    ArgumentError, ComputationError, ErrorKind, FeatureError, StimuliError,
};
use human_alignment::metric::cka::{Cka, Estimator, Kernel, MinibatchCka, Procrustes};
use human_alignment::{AlignmentMetric, Error, FileSource, Precision, Representation, Stimuli};
use ndarray::{Array1, Array2, Axis, Slice, array, concatenate};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::assert_refused;

const KERNELS: [Kernel; 3] = [Kernel::Linear, Kernel::Rbf(0.3), Kernel::Rbf(1.0)];

fn random(n: usize, p: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, p), || rng.random_range(-1.0..1.0f32))
}

/// Features that are random mixtures of the columns of others, and noise.
fn related(features: &Array2<f32>, p: usize, seed: u64) -> Array2<f32> {
    let noise = random(features.nrows(), p, !seed);
    features.dot(&random(features.ncols(), p, seed)) + 0.5 * noise
}

fn represent(features: Array2<f32>) -> Representation {
    let ids = (0..features.nrows()).map(|index| format!("object {index}"));
    Representation::new(Stimuli::new(ids).unwrap(), features).unwrap()
}

/// Every kernel with every estimator, in double precision.
fn metrics() -> impl Iterator<Item = Cka> {
    KERNELS.into_iter().flat_map(|kernel| {
        let of_kernel = move |&estimator| Cka::new(kernel).unwrap().with_estimator(estimator);
        Estimator::ALL.iter().map(of_kernel)
    })
}

/// The kernel matrix as it is defined.
fn kernel_matrix(kernel: Kernel, features: &Array2<f32>) -> Array2<f64> {
    let x = features.mapv(f64::from);
    let n = x.nrows();
    let Kernel::Rbf(fraction) = kernel else {
        return x.dot(&x.t());
    };
    let squared = Array2::from_shape_fn((n, n), |(i, j)| {
        let difference = &x.row(i) - &x.row(j);
        difference.dot(&difference)
    });
    let mut of_pairs: Vec<f64> = (0..n)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|pair| squared[pair])
        .collect();
    of_pairs.sort_by(f64::total_cmp);
    let middle = of_pairs.len() / 2;
    let median = if of_pairs.len() % 2 == 1 {
        of_pairs[middle]
    } else {
        (of_pairs[middle - 1] + of_pairs[middle]) / 2.0
    };
    squared.mapv(|squared| (-squared / (2.0 * fraction * fraction * median)).exp())
}

/// The inner product of the centred matrices.
fn biased_hsic(k: &Array2<f64>, l: &Array2<f64>) -> f64 {
    let n = k.nrows();
    let centring = Array2::eye(n) - 1.0 / n as f64;
    let centred = |k: &Array2<f64>| centring.dot(k).dot(&centring);
    (centred(k) * centred(l)).sum() / ((n - 1) * (n - 1)) as f64
}

/// The mean over all quadruples of different stimuli of k_ij (l_ij + l_qr − 2 l_iq), which is what
/// Song et al. (2012) make their formula from.
fn unbiased_hsic(k: &Array2<f64>, l: &Array2<f64>) -> f64 {
    let n = k.nrows();
    let mut sum = 0.0;
    let mut count = 0.0;
    for i in 0..n {
        for j in (0..n).filter(|&j| j != i) {
            for q in (0..n).filter(|&q| q != i && q != j) {
                for r in (0..n).filter(|&r| r != i && r != j && r != q) {
                    sum += k[[i, j]] * (l[[i, j]] + l[[q, r]] - 2.0 * l[[i, q]]);
                    count += 1.0;
                }
            }
        }
    }
    sum / count
}

fn hsic_by_definition(metric: Cka, x: &Array2<f32>, y: &Array2<f32>) -> f64 {
    let (k, l) = (
        kernel_matrix(metric.kernel(), x),
        kernel_matrix(metric.kernel(), y),
    );
    match metric.estimator() {
        Estimator::Biased => biased_hsic(&k, &l),
        Estimator::Unbiased => unbiased_hsic(&k, &l),
    }
}

fn by_definition(metric: Cka, x: &Array2<f32>, y: &Array2<f32>) -> f64 {
    let hsic = |x, y| hsic_by_definition(metric, x, y);
    hsic(x, y) / (hsic(x, x) * hsic(y, y)).sqrt()
}

fn compare(metric: Cka, x: &Array2<f32>, y: &Array2<f32>) -> f64 {
    metric
        .compare(&represent(x.clone()), &represent(y.clone()))
        .unwrap()
}

/// The same features with columns of zeros beside them, so many that kernel matrices are cheaper.
fn widened(features: &Array2<f32>) -> Array2<f32> {
    let zeros = Array2::zeros((features.nrows(), features.nrows()));
    concatenate(Axis(1), &[features.view(), zeros.view()]).unwrap()
}

#[test]
fn small_matrices_are_as_defined() {
    for (n, p, q) in [(4, 1, 2), (5, 3, 1), (7, 2, 3), (8, 20, 3), (9, 2, 2)] {
        let x = random(n, p, 1) + 3.0;
        let y = related(&x, q, 2) - 7.0;
        for metric in metrics() {
            let expected = by_definition(metric, &x, &y);
            assert_relative_eq!(compare(metric, &x, &y), expected, epsilon = 1e-11);
            let single = metric.with_precision(Precision::Single);
            assert_relative_eq!(compare(single, &x, &y), expected, epsilon = 1e-5);
        }
    }
    // Two and three stimuli have a biased estimate.
    let (x, y) = (
        array![[1.0], [2.0], [4.0]],
        array![[0.0, 1.0], [2.0, 1.0], [1.0, 0.5]],
    );
    for metric in metrics().filter(|metric| metric.estimator() == Estimator::Biased) {
        assert_relative_eq!(
            compare(metric, &x, &y),
            by_definition(metric, &x, &y),
            epsilon = 1e-12
        );
        let two = |x: &Array2<f32>| x.slice_axis(Axis(0), Slice::from(..2)).to_owned();
        assert_relative_eq!(compare(metric, &two(&x), &two(&y)), 1.0, epsilon = 1e-12);
    }
}

#[test]
fn the_biased_linear_form_is_the_cosine_of_centred_kernel_matrices() {
    // Sizes on both sides of a tile, and of those at which the cheaper form changes.
    for (n, p, q) in [
        (95, 3, 97),
        (97, 96, 1),
        (193, 40, 30),
        (300, 193, 250),
        (400, 200, 100),
    ] {
        let x = random(n, p, 3);
        let y = related(&x, q, 4);
        let metric = Cka::default().with_estimator(Estimator::Biased);
        let expected = by_definition(metric, &x, &y);
        assert_relative_eq!(compare(metric, &x, &y), expected, epsilon = 1e-12);
        let rbf = Cka::new(Kernel::Rbf(0.7))
            .unwrap()
            .with_estimator(Estimator::Biased);
        let expected = by_definition(rbf, &x, &y);
        assert_relative_eq!(compare(rbf, &x, &y), expected, epsilon = 1e-10);
    }
}

#[test]
fn features_and_kernel_matrices_give_the_same() {
    for (n, p, q) in [
        (97, 5, 7),
        (100, 1, 1),
        (200, 96, 97),
        (400, 200, 193),
        (600, 300, 97),
    ] {
        let x = random(n, p, 5) + 10.0;
        let y = related(&x, q, 6);
        for &estimator in Estimator::ALL {
            let metric = Cka::default().with_estimator(estimator);
            let of_features = compare(metric, &x, &y);
            let of_matrices = compare(metric, &widened(&x), &y);
            assert_relative_eq!(of_features, of_matrices, epsilon = 1e-10);
            let single = metric.with_precision(Precision::Single);
            assert_relative_eq!(compare(single, &x, &y), of_features, epsilon = 1e-6);
            assert_relative_eq!(
                compare(single, &widened(&x), &y),
                of_features,
                epsilon = 1e-6
            );
        }
    }
}

#[test]
fn matrices_are_made_of_pairs() {
    let x = random(120, 10, 7);
    let all: Vec<Representation> = [3, 10, 40, 200]
        .iter()
        .map(|&p| represent(related(&x, p, p as u64)))
        .collect();
    for metric in metrics() {
        let matrix = metric.matrix(&all).unwrap();
        let between = metric.between(&all[..1], &all[1..]).unwrap();
        assert_eq!(between.dim(), (1, 3));
        for (a, first) in all.iter().enumerate() {
            assert_eq!(matrix[[a, a]], 1.0);
            for (b, second) in all.iter().enumerate() {
                let pair = metric.compare(first, second).unwrap();
                assert_relative_eq!(matrix[[a, b]], pair, epsilon = 1e-11);
                assert_eq!(matrix[[a, b]], matrix[[b, a]]);
                if a == 0 && b > 0 {
                    assert_relative_eq!(between[[0, b - 1]], pair, epsilon = 1e-11);
                }
            }
        }
    }
    let none: [Representation; 0] = [];
    assert_eq!(Cka::default().matrix(&none).unwrap().dim(), (0, 0));
    assert_eq!(Cka::default().between(&none, &all).unwrap().dim(), (0, 4));
    assert_eq!(Cka::default().matrix(&[&all[0]]).unwrap(), array![[1.0]]);
}

#[test]
fn independent_features_are_unlike_each_other_on_average_without_bias_only() {
    let n_pairs = 300u64;
    for kernel in [Kernel::Linear, Kernel::Rbf(1.0)] {
        let mean = |estimator| {
            let metric = Cka::new(kernel).unwrap().with_estimator(estimator);
            let value = |seed| {
                compare(
                    metric,
                    &random(20, 30, 2 * seed),
                    &random(20, 25, 2 * seed + 1),
                )
            };
            (0..n_pairs).map(value).sum::<f64>() / n_pairs as f64
        };
        // A single value has a standard deviation of 0.075, their mean one of 0.0043.
        assert!(mean(Estimator::Unbiased).abs() < 0.015);
        assert!(mean(Estimator::Biased) > 0.5);
    }
    let negative = (0..20).filter(|&seed| {
        compare(
            Cka::default(),
            &random(20, 30, seed),
            &random(20, 25, !seed),
        ) < 0.0
    });
    assert!(negative.count() > 3);
}

#[test]
fn a_wide_bandwidth_is_as_good_as_the_linear_kernel() {
    let x = random(60, 6, 8);
    let y = related(&x, 4, 9);
    for &estimator in Estimator::ALL {
        let value = |kernel| {
            let metric = Cka::new(kernel).unwrap().with_estimator(estimator);
            compare(metric, &x, &y)
        };
        for fraction in [1e4, 1e6, 1e9] {
            // No digits are lost, though all entries of the kernel matrix are near 1.
            assert_relative_eq!(
                value(Kernel::Rbf(fraction)),
                value(Kernel::Linear),
                epsilon = 1e-7
            );
        }
    }
}

#[test]
fn distances_within_clusters_that_are_far_apart_are_kept() {
    let mut x = random(24, 5, 10).mapv(|value| (value * 64.0).round() / 64.0);
    x.slice_axis_mut(Axis(0), Slice::from(18..))
        .mapv_inplace(|value| value + 16384.0);
    let y = random(24, 3, 11);
    for metric in metrics() {
        if metric.kernel() == Kernel::Linear {
            continue;
        }
        for &precision in Precision::ALL {
            let found = compare(metric.with_precision(precision), &x, &y);
            let epsilon = if precision == Precision::Double {
                1e-9
            } else {
                5e-3
            };
            assert_relative_eq!(found, by_definition(metric, &x, &y), epsilon = epsilon);
        }
    }
}

#[test]
fn features_of_any_size_are_compared() {
    let x = random(40, 7, 12);
    let y = related(&x, 5, 13);
    let sizes = [1e-36f32, 1e-30, 1.0, 1e30, 3e37];
    let procrustes = |x: &Array2<f32>, y: &Array2<f32>| {
        let fit = Procrustes.compare(&represent(x.clone()), &represent(y.clone()));
        fit.unwrap().similarity
    };
    for (left, right) in sizes
        .iter()
        .flat_map(|left| sizes.map(|right| (*left, right)))
    {
        let (sized_x, sized_y) = (&x * left, &y * right);
        for metric in metrics() {
            for &precision in Precision::ALL {
                let metric = metric.with_precision(precision);
                let expected = compare(metric, &x, &y);
                assert_relative_eq!(
                    compare(metric, &sized_x, &sized_y),
                    expected,
                    epsilon = 1e-5
                );
                let found = compare(metric, &widened(&sized_x), &sized_y);
                assert_relative_eq!(found, expected, epsilon = 1e-5);
            }
        }
        let mut batches = MinibatchCka::new(Kernel::Linear).unwrap();
        batches
            .add(&represent(sized_x.clone()), &represent(sized_y.clone()))
            .unwrap();
        let expected = compare(Cka::default(), &x, &y);
        assert_relative_eq!(batches.value().unwrap(), expected, epsilon = 1e-5);
        assert_relative_eq!(
            procrustes(&sized_x, &sized_y),
            procrustes(&x, &y),
            epsilon = 1e-6
        );
    }
}

#[test]
fn one_batch_is_the_whole_and_several_are_averaged() {
    let x = random(24, 5, 14);
    let y = related(&x, 3, 15);
    for kernel in KERNELS {
        let metric = Cka::new(kernel).unwrap();
        let mut one = MinibatchCka::new(kernel).unwrap();
        one.add(&represent(x.clone()), &represent(y.clone()))
            .unwrap();
        assert_relative_eq!(
            one.value().unwrap(),
            compare(metric, &x, &y),
            epsilon = 1e-12
        );

        let mut several = MinibatchCka::new(kernel).unwrap();
        let [mut xx, mut yy, mut xy] = [0.0; 3];
        // Batches of 8, 8, 8, of different size in features: no batch has its own unit.
        for (batch, start) in [0, 8, 16].into_iter().enumerate() {
            let rows = Slice::from(start..start + 8);
            let size = [1.0, 40.0, 0.3][batch];
            let (x, y) = (
                &x.slice_axis(Axis(0), rows) * size,
                y.slice_axis(Axis(0), rows).to_owned(),
            );
            several
                .add(&represent(x.clone()), &represent(y.clone()))
                .unwrap();
            xx += hsic_by_definition(metric, &x, &x);
            yy += hsic_by_definition(metric, &y, &y);
            xy += hsic_by_definition(metric, &x, &y);
        }
        assert_eq!(several.n_batches(), 3);
        assert_relative_eq!(
            several.value().unwrap(),
            xy / (xx * yy).sqrt(),
            epsilon = 1e-11
        );
    }
}

#[test]
fn batches_that_tell_nothing_apart_count_as_nothing() {
    let x = random(12, 3, 16);
    let y = related(&x, 3, 17);
    let mut batches = MinibatchCka::new(Kernel::Linear).unwrap();
    assert_refused!(
        batches.value(),
        Argument(ArgumentError::TooFew {
            what: "batches",
            ..
        })
    );
    // Stimuli that are all equally far apart.
    let apart = represent(Array2::eye(4));
    batches.add(&apart, &represent(random(4, 2, 18))).unwrap();
    assert!(batches.value().is_err());
    batches.add(&represent(x), &represent(y)).unwrap();
    assert!(batches.value().is_ok());
    let few = represent(random(3, 2, 19));
    assert_refused!(
        batches.add(&few, &few),
        Argument(ArgumentError::TooFew {
            needed: 4,
            found: 3,
            ..
        })
    );
    assert_eq!(batches.n_batches(), 2);
}

/// A random rotation: a product of Householder reflections.
fn rotation(p: usize, seed: u64) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rotation = Array2::eye(p);
    for _ in 0..2 * p.div_ceil(2) {
        let normal = Array1::from_shape_simple_fn(p, || rng.random_range(-1.0..1.0f64));
        let share = 2.0 / normal.dot(&normal) * rotation.dot(&normal);
        let (share, normal) = (share.insert_axis(Axis(1)), normal.insert_axis(Axis(0)));
        rotation = rotation - share.dot(&normal);
    }
    rotation
}

fn rotated(features: &Array2<f32>, seed: u64) -> Array2<f32> {
    let rotation = rotation(features.ncols(), seed);
    features
        .mapv(f64::from)
        .dot(&rotation)
        .mapv(|value| value as f32)
}

#[test]
fn rotation_takes_no_procrustes_distance() {
    // More features than stimuli, and fewer.
    for (n, p) in [(30, 4), (30, 30), (12, 40), (5, 300), (250, 200)] {
        let x = random(n, p, 20);
        let moved = rotated(&x, 21) * 3.0 + 1.0;
        let fit = Procrustes
            .compare(&represent(x), &represent(moved))
            .unwrap();
        assert!(
            fit.squared_distance < 1e-11,
            "{n} {p}: {}",
            fit.squared_distance
        );
        assert!(fit.distance() < 1e-5);
    }
    // Reading it twice, there is not even rounding of features.
    let x = represent(random(250, 300, 22));
    assert!(Procrustes.compare(&x, &x).unwrap().squared_distance < 1e-13);
}

#[test]
fn procrustes_is_the_sum_of_singular_values() {
    for (n, p) in [(9, 1), (30, 4), (8, 30), (200, 97)] {
        let x = random(n, p, 23) - 2.0;
        let y = related(&x, 2, 24);
        let centred = |x: &Array2<f32>| {
            let x = x.mapv(f64::from);
            let x = &x - &x.mean_axis(Axis(0)).unwrap();
            let norm = (&x * &x).sum().sqrt();
            x / norm
        };
        let product = centred(&x).t().dot(&centred(&y));
        // (σ₁ + σ₂)² = σ₁² + σ₂² + 2σ₁σ₂, from the two by two matrix of squares.
        let squares = product.t().dot(&product);
        let determinant = squares[[0, 0]] * squares[[1, 1]] - squares[[0, 1]] * squares[[1, 0]];
        let expected =
            (squares[[0, 0]] + squares[[1, 1]] + 2.0 * determinant.max(0.0).sqrt()).sqrt();
        for (a, b) in [(&x, &y), (&y, &x)] {
            let fit = Procrustes
                .compare(&represent(a.clone()), &represent(b.clone()))
                .unwrap();
            assert_relative_eq!(fit.similarity, expected, epsilon = 1e-7);
            assert_relative_eq!(fit.squared_distance, 2.0 - 2.0 * fit.similarity);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn does_not_change_with_rotation_scale_order_or_translation(
        n in 6usize..120,
        p in 2usize..40,
        q in 2usize..130,
        seed in any::<u64>(),
    ) {
        // Sixteenths, so that translation is exact.
        let x = random(n, p, seed).mapv(|value| (value * 16.0).round() / 16.0);
        let y = related(&x, q, seed ^ 1);
        prop_assume!(x.outer_iter().any(|row| row != x.row(0)));
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        for metric in metrics() {
            let value = |x: &Array2<f32>, y: &Array2<f32>| {
                metric.compare(&represent(x.clone()), &represent(y.clone()))
            };
            let Ok(expected) = value(&x, &y) else {
                // The narrow kernel may see too few neighbours.
                prop_assert!(metric.estimator() == Estimator::Unbiased);
                continue;
            };
            let close = |found: f64, epsilon: f64| (found - expected).abs() <= epsilon;
            prop_assert!(close(value(&rotated(&x, seed), &y).unwrap(), 2e-5));
            prop_assert!(close(value(&(&x * 3.7), &(&y * 0.01)).unwrap(), 2e-5));
            prop_assert!(close(value(&(&x + 1000.0), &y).unwrap(), 1e-10));
            prop_assert_eq!(value(&(&x * 1024.0), &(&y * 0.125)).unwrap(), expected);
            let permuted = |x: &Array2<f32>| x.select(Axis(0), &order);
            prop_assert!(close(value(&permuted(&x), &permuted(&y)).unwrap(), 1e-10));
            prop_assert!(close(value(&y, &x).unwrap(), 1e-10));

            // The second may hold the stimuli in another order.
            let (x, y) = (represent(x.clone()), represent(y.clone()));
            let shuffled = y.select(&y.stimuli().select(&order).unwrap()).unwrap();
            prop_assert_eq!(metric.compare(&x, &shuffled).unwrap(), expected);
        }
        let fit = |x: &Array2<f32>, y: &Array2<f32>| {
            Procrustes.compare(&represent(x.clone()), &represent(y.clone())).unwrap()
        };
        let expected = fit(&x, &y);
        prop_assert!((0.0..=1.0).contains(&expected.similarity));
        for moved in [rotated(&x, seed), &x * 3.7, &x + 1000.0] {
            prop_assert!((fit(&moved, &y).similarity - expected.similarity).abs() < 1e-5);
        }
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let x = random(420, 150, 25);
    let y = related(&x, 210, 26);
    let (wide, x, y) = (represent(widened(&x)), represent(x), represent(y));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let mut values = Vec::new();
            for metric in metrics() {
                for &precision in Precision::ALL {
                    let metric = metric.with_precision(precision);
                    values.push(metric.compare(&x, &y).unwrap());
                    values.push(metric.compare(&wide, &y).unwrap());
                }
            }
            values.push(Procrustes.compare(&x, &y).unwrap().similarity);
            values.push(Procrustes.compare(&wide, &y).unwrap().similarity);
            values.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn people_may_have_been_shown_fewer_stimuli() {
    let all = represent(random(30, 6, 27));
    let shown = all.stimuli().select(&[4, 1, 9, 22, 7, 13]).unwrap();
    let people = Representation::new(shown.clone(), random(6, 2, 28)).unwrap();
    let expected = Cka::default()
        .compare(&all.select(&shown).unwrap(), &people)
        .unwrap();
    assert_eq!(Cka::default().score(&all, &people).unwrap(), expected);
    let fit = Procrustes.score(&all, &people).unwrap();
    assert_eq!(
        fit,
        Procrustes
            .compare(&all.select(&shown).unwrap(), &people)
            .unwrap()
    );
    assert_refused!(
        Cka::default().score(&people, &all),
        Stimuli(StimuliError::Missing { n_missing: 24, .. })
    );
}

#[test]
fn stimuli_must_be_the_same() {
    let all = represent(random(6, 2, 29));
    let some = all
        .select(&all.stimuli().select(&[0, 1, 2, 3, 4]).unwrap())
        .unwrap();
    let others = Representation::new(Stimuli::numbered(6), random(6, 2, 30)).unwrap();
    assert_refused!(
        Cka::default().compare(&all, &some),
        Stimuli(StimuliError::Missing { ids, n_missing: 1, .. })
            if *ids == ["object 5"]
    );
    assert_refused!(
        Cka::default().compare(&some, &all),
        Stimuli(StimuliError::Unexpected { ids, n_extra: 1, .. })
            if *ids == ["object 5"]
    );
    assert_refused!(
        Cka::default().compare(&all, &others),
        Stimuli(StimuliError::Missing {
            n_missing: 6,
            n_needed: 6,
            ..
        })
    );
    assert!(Procrustes.compare(&all, &some).is_err());
    let mut batches = MinibatchCka::new(Kernel::Linear).unwrap();
    assert!(batches.add(&all, &others).is_err());
}

#[test]
fn what_is_undefined_is_refused() {
    let usual = represent(random(8, 3, 31));
    let constant = represent(Array2::from_elem((8, 3), 0.1));
    // Equal but for the rounding of the sum.
    let tenths = |(row, _)| if row % 2 == 0 { 0.1 + 0.2 } else { 0.3 };
    let equal: Array2<f64> = Array2::from_shape_fn((8, 3), tenths);
    let equal = Representation::new(usual.stimuli().clone(), equal).unwrap();
    for metric in metrics() {
        for &precision in Precision::ALL {
            let metric = metric.with_precision(precision);
            assert_refused!(
                metric.compare(&usual, &constant),
                Feature(FeatureError::EqualRows {
                    representation: 1,
                    ..
                })
            );
            assert_refused!(
                metric.compare(&equal, &usual),
                Feature(FeatureError::EqualRows {
                    representation: 0,
                    ..
                })
            );
            assert_refused!(
                metric.matrix(&[&usual, &usual, &constant]),
                Feature(FeatureError::EqualRows {
                    representation: 2,
                    ..
                })
            );
        }
        for n in 0..5 {
            let few = represent(random(n, 3, 32));
            let needed = match metric.estimator() {
                Estimator::Biased => 2,
                Estimator::Unbiased => 4,
            };
            match metric.compare(&few, &few).as_ref().map_err(Error::kind) {
                Err(&ErrorKind::Argument(ArgumentError::TooFew {
                    needed: found,
                    found: n_found,
                    ..
                })) => {
                    assert_eq!((found, n_found), (needed, n));
                    assert!(n < needed);
                }
                _ => assert!(n >= needed),
            }
        }
    }
    assert_refused!(
        Procrustes.compare(&constant, &usual),
        Feature(FeatureError::EqualRows {
            representation: 0,
            ..
        })
    );
    let one = represent(random(1, 3, 33));
    assert_refused!(
        Procrustes.compare(&one, &one),
        Argument(ArgumentError::TooFew {
            needed: 2,
            found: 1,
            ..
        })
    );

    // Stimuli that are all equally far apart: their similarities do not vary.
    let apart = represent(Array2::eye(8));
    for metric in metrics() {
        for &precision in Precision::ALL {
            let found = metric.with_precision(precision).compare(&usual, &apart);
            match metric.estimator() {
                Estimator::Biased => assert!(found.unwrap().is_finite()),
                Estimator::Unbiased => assert_refused!(
                    found,
                    Computation(ComputationError::HsicNotPositive {
                        representation: 1,
                        ..
                    })
                ),
            }
        }
    }

    // A bandwidth so narrow that no stimulus has a neighbour.
    let narrow = Cka::new(Kernel::Rbf(1e-3)).unwrap();
    assert_refused!(
        narrow.compare(&usual, &usual),
        Computation(ComputationError::HsicNotPositive {
            representation: 0,
            ..
        })
    );
}

#[test]
fn a_median_distance_of_zero_is_refused() {
    // Of 10 pairs of 5 rows, 6 are equal where 4 rows are; of 6 pairs of 4 rows, 3 where 3 are.
    let features = |n: usize, n_equal: usize| {
        let mut features = random(n, 17, 34) * 1e3;
        for row in 1..n_equal {
            let first = features.row(0).to_owned();
            features.row_mut(row).assign(&first);
        }
        represent(features)
    };
    for &estimator in Estimator::ALL {
        for &precision in Precision::ALL {
            let metric = Cka::new(Kernel::Rbf(0.5)).unwrap();
            let metric = metric.with_estimator(estimator).with_precision(precision);
            let zero = features(5, 4);
            assert_refused!(
                metric.compare(&features(5, 1), &zero),
                Computation(ComputationError::ZeroMedianDistance {
                    representation: 1,
                    ..
                })
            );
            let half = features(4, 3);
            assert!(!matches!(
                metric.compare(&half, &half).as_ref().map_err(Error::kind),
                Err(ErrorKind::Computation(
                    ComputationError::ZeroMedianDistance { .. }
                ))
            ));
        }
    }
}

#[test]
fn settings_are_checked() {
    for fraction in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200, 1e200] {
        assert_refused!(
            Cka::new(Kernel::Rbf(fraction)),
            Argument(ArgumentError::InvalidParameter {
                name: "bandwidth",
                ..
            })
        );
        assert!(MinibatchCka::new(Kernel::Rbf(fraction)).is_err());
    }
    for metric in metrics() {
        let json = serde_json::to_string(&metric).unwrap();
        assert_eq!(serde_json::from_str::<Cka>(&json).unwrap(), metric);
    }
    let json = r#"{"kernel":{"rbf":0.5},"estimator":"biased","precision":"double"}"#;
    let expected = Cka::new(Kernel::Rbf(0.5))
        .unwrap()
        .with_estimator(Estimator::Biased);
    assert_eq!(serde_json::from_str::<Cka>(json).unwrap(), expected);
    assert!(serde_json::from_str::<Cka>(&json.replace("0.5", "-0.5")).is_err());
    assert!("half-biased".parse::<Estimator>().is_err());
}

/// Real features of 1,854 objects against the numbers that numpy computes.
#[test]
fn real_features() {
    let Some(shared) = common::shared() else {
        return;
    };
    let read = |name: &str| FileSource::open(shared.join(name)).unwrap();
    let spose = read("data/things/spose_embedding66d_rescaled.csv");
    let spose = spose.with_id_column("image_name").unwrap();
    let spose = spose.with_ignored_column("").unwrap().read().unwrap();
    let n = spose.n_stimuli() as u32;
    // The reference has read this text as `f32`: of `f64`, numpy and this differ from it by up to 7e-10.
    let spose = spose.features().to_f32();
    let representations = [
        (
            "vice",
            read("data/things/vice_embedding.npy").read().unwrap(),
        ),
        (
            "spose66",
            Representation::new(Stimuli::numbered(n), spose).unwrap(),
        ),
        (
            "features_a",
            read("goldens/things_features_a.npy").read().unwrap(),
        ),
        (
            "features_b",
            read("goldens/things_features_b.npy").read().unwrap(),
        ),
    ];
    let goldens = std::fs::read_to_string(shared.join("goldens/cka.json")).unwrap();
    let goldens: serde_json::Value = serde_json::from_str(&goldens).unwrap();
    let all: Vec<&Representation> = representations.iter().map(|(_, of)| of).collect();
    let kernels = [
        ("linear", Kernel::Linear),
        ("rbf_0.5", Kernel::Rbf(0.5)),
        ("rbf_1.0", Kernel::Rbf(1.0)),
    ];
    let mut n_found = 0;
    for (kernel_name, kernel) in kernels {
        for (estimator, precision) in Estimator::ALL.iter().flat_map(|&estimator| {
            let with_estimator = move |&precision| (estimator, precision);
            Precision::ALL.iter().map(with_estimator)
        }) {
            let metric = Cka::new(kernel).unwrap();
            let metric = metric.with_estimator(estimator).with_precision(precision);
            let matrix = metric.matrix(&all).unwrap();
            let epsilon = match precision {
                Precision::Double => 1e-10,
                Precision::Single => 1e-7,
            };
            for ((a, b), &found) in matrix.indexed_iter() {
                let pair = format!("{}/{}", representations[a].0, representations[b].0);
                if let Some(expected) = goldens.get(&pair) {
                    let expected = expected[kernel_name][estimator.name()].as_f64().unwrap();
                    assert_relative_eq!(found, expected, epsilon = epsilon);
                    n_found += 1;
                }
            }
        }
    }
    assert_eq!(n_found, 3 * 2 * 2 * goldens.as_object().unwrap().len());

    // Pairs by themselves take the way through features.
    for a in 0..all.len() {
        for b in a..all.len() {
            let pair = format!("{}/{}", representations[a].0, representations[b].0);
            for &estimator in Estimator::ALL {
                let metric = Cka::default().with_estimator(estimator);
                let found = metric.compare(all[a], all[b]).unwrap();
                let expected = goldens[&pair]["linear"][estimator.name()].as_f64().unwrap();
                assert_relative_eq!(found, expected, epsilon = 1e-10);
            }
        }
    }
}
