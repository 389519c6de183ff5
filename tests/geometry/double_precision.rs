//! Features of `f64` are computed with all their digits: around 10⁷, where `f32` are 1 apart, everything that
//! doesn't depend on an offset is what it is around 0.

use human_alignment::error::FeatureError;
use std::iter::repeat_with;

use approx::{assert_abs_diff_eq, assert_relative_eq};
use human_alignment::concept::ConceptEmbedding;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::inference::Folds;
use human_alignment::judgment::{ChoiceFrequencies, OddOneOutTask};
use human_alignment::metric::cka::{Estimator, Kernel, MinibatchCka, Procrustes};
use human_alignment::probe::mini_batch::MiniBatchProbe;
use human_alignment::rdm::Rdm;
use human_alignment::ridge::FeatureScaling;
use human_alignment::transform::Standardization;
use human_alignment::{
    AlignmentMetric, Cka, Dissimilarity, FileSource, LinearTransform, OddOneOut, Precision, Probe,
    Representation, Ridge, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut,
};
use ndarray::{Array1, Array2, ArrayView1, Axis, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::refusals::{assert_kind, assert_refused};

const OFFSET: f64 = 1e7;

/// Uniform numbers in [−1.7, 1.7), in multiples of 2⁻²⁴: the offset can be added exactly, and `f32` can't
/// hold the sum.
fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let step = 1.0 / f64::from(1 << 24);
    Array2::from_shape_simple_fn((n, p), || {
        (rng.random_range(-1.7..1.7) / step).round() * step
    })
}

fn represent(features: Array2<f64>) -> Representation {
    Representation::new(Stimuli::numbered(features.nrows() as u32), features).unwrap()
}

/// The same features around 0 and around the offset.
fn near_and_far(n: usize, p: usize, seed: u64) -> [Representation; 2] {
    let near = noise(n, p, seed);
    let far = &near + OFFSET;
    assert_eq!(&far - OFFSET, near);
    [near, far].map(represent)
}

fn random_trials(n: u32, n_trials: usize, seed: u64) -> OddOneOut {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
    let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
    let trials = repeat_with(draw).filter(different).take(n_trials);
    OddOneOut::new(Stimuli::numbered(n), trials.collect()).unwrap()
}

fn centred(row: ArrayView1<'_, f64>) -> Array1<f64> {
    &row - row.mean().unwrap()
}

fn correlation(x: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> f64 {
    let (x, y) = (centred(x), centred(y));
    x.dot(&y) / (x.dot(&x) * y.dot(&y)).sqrt()
}

fn assert_close(found: &Array2<f64>, expected: &Array2<f64>, epsilon: f64) {
    assert_eq!(found.dim(), expected.dim());
    for (found, expected) in found.iter().zip(expected) {
        assert_abs_diff_eq!(found, expected, epsilon = epsilon);
    }
}

fn squared_distance(x: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> f64 {
    (&x - &y).mapv(|x| x * x).sum()
}

#[test]
fn similarities_are_as_defined() {
    const N: u32 = 40;
    let [near, far] = near_and_far(N as usize, 30, 1);
    let features = near.features().to_f64();
    // Few trials are computed one by one, many from a matrix of all pairs.
    for n_trials in [30, 5_000] {
        let trials = random_trials(N, n_trials, 2);
        for similarity in [
            Similarity::Pearson,
            Similarity::NegativeEuclidean,
            Similarity::NegativeSquaredEuclidean,
        ] {
            let of = |a: u32, b: u32| {
                let (x, y) = (features.row(a as usize), features.row(b as usize));
                match similarity {
                    Similarity::Pearson => correlation(x, y),
                    Similarity::NegativeEuclidean => -squared_distance(x, y).sqrt(),
                    _ => -squared_distance(x, y),
                }
            };
            let (mut n_correct, mut cross_entropy) = (0, 0.0);
            for &[a, b, c] in trials.as_slice() {
                let [chosen, left, right] = [of(a, b), of(a, c), of(b, c)];
                n_correct += u64::from(chosen > left.max(right));
                let sum = 1.0 + (left - chosen).exp() + (right - chosen).exp();
                cross_entropy += sum.ln() / n_trials as f64;
            }
            let metric = ZeroShotOddOneOut::new(similarity)
                .with_probability_floor(0.0)
                .unwrap();
            let score = metric.score(&far, &trials).unwrap();
            assert_eq!(score.n_correct, n_correct, "{similarity}");
            assert_relative_eq!(score.cross_entropy, cross_entropy, max_relative = 1e-9);
            let single = metric.with_precision(Precision::Single);
            let single = single.score(&far, &trials).unwrap();
            assert_relative_eq!(single.cross_entropy, cross_entropy, max_relative = 1e-5);
        }
    }
}

#[test]
fn dissimilarities_are_as_defined() {
    let [near, far] = near_and_far(25, 12, 3);
    let features = near.features().to_f64();
    for dissimilarity in [
        Dissimilarity::Correlation,
        Dissimilarity::Euclidean,
        Dissimilarity::SquaredEuclidean,
    ] {
        let rdm = dissimilarity.rdm(&far).unwrap();
        let mut values = rdm.values().iter();
        for i in 0..25 {
            for j in i + 1..25 {
                let (x, y) = (features.row(i), features.row(j));
                let expected = match dissimilarity {
                    Dissimilarity::Correlation => 1.0 - correlation(x, y),
                    Dissimilarity::Euclidean => squared_distance(x, y).sqrt(),
                    _ => squared_distance(x, y),
                };
                assert_relative_eq!(*values.next().unwrap(), expected, max_relative = 1e-9);
            }
        }
    }
    let [gaussian, expected] = [&far, &near].map(|all| Dissimilarity::Gaussian.rdm(all).unwrap());
    for (found, expected) in gaussian.values().iter().zip(expected.values()) {
        assert_relative_eq!(found, expected, max_relative = 1e-9);
    }
    let all = [far.clone(), represent(noise(25, 12, 4) + OFFSET)];
    let small = [near, represent(noise(25, 12, 4))];
    let [found, expected] = [all, small].map(|all| Rdm::crossnobis(&all, None).unwrap());
    for (found, expected) in found.values().iter().zip(expected.values()) {
        assert_abs_diff_eq!(found, expected, epsilon = 1e-8);
    }
}

/// HSIC of two kernel matrices as it is defined, up to a factor that cancels.
fn hsic(estimator: Estimator, k: &Array2<f64>, l: &Array2<f64>) -> f64 {
    let n = k.nrows();
    let size = n as f64;
    if estimator == Estimator::Biased {
        let centring = Array2::eye(n) - 1.0 / size;
        return (k.dot(&centring).dot(l).dot(&centring)).diag().sum();
    }
    let (mut k, mut l) = (k.clone(), l.clone());
    k.diag_mut().fill(0.0);
    l.diag_mut().fill(0.0);
    let (of_k, of_l) = (k.sum_axis(Axis(1)), l.sum_axis(Axis(1)));
    (&k * &l).sum() + of_k.sum() * of_l.sum() / ((size - 1.0) * (size - 2.0))
        - 2.0 / (size - 2.0) * of_k.dot(&of_l)
}

fn kernel_matrix(kernel: Kernel, x: &Array2<f64>) -> Array2<f64> {
    let n = x.nrows();
    let Kernel::Rbf(fraction) = kernel else {
        return x.dot(&x.t());
    };
    let squared = Array2::from_shape_fn((n, n), |(i, j)| squared_distance(x.row(i), x.row(j)));
    let mut pairs: Vec<f64> = (0..n)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|pair| squared[pair])
        .collect();
    pairs.sort_by(f64::total_cmp);
    assert_eq!(pairs.len() % 2, 1);
    let variance = fraction * fraction * pairs[pairs.len() / 2];
    squared.mapv(|squared| (-squared / (2.0 * variance)).exp())
}

#[test]
fn cka_is_as_defined() {
    // 435 pairs, so that the median is one of them. More features than stimuli, and fewer.
    let first = noise(30, 9, 5);
    let second = first
        .dot(&noise(9, 50, 6))
        .mapv(|x| (x * 1024.0).round() / 1024.0);
    let [x, y] = [&first, &second].map(|features| represent(features + OFFSET));
    for kernel in [Kernel::Linear, Kernel::Rbf(0.6)] {
        for &estimator in Estimator::ALL {
            let [k, l] = [&first, &second].map(|features| kernel_matrix(kernel, features));
            let of = |k, l| hsic(estimator, k, l);
            let expected = of(&k, &l) / (of(&k, &k) * of(&l, &l)).sqrt();
            let metric = Cka::new(kernel).unwrap().with_estimator(estimator);
            let found = metric.compare(&x, &y).unwrap();
            assert_relative_eq!(found, expected, max_relative = 1e-9);
            let single = metric.with_precision(Precision::Single);
            let found = single.compare(&x, &y).unwrap();
            assert_relative_eq!(found, expected, max_relative = 1e-5);
        }
        let mut batches = MinibatchCka::new(kernel).unwrap();
        batches.add(&x, &y).unwrap();
        let whole = Cka::new(kernel).unwrap().compare(&x, &y).unwrap();
        assert_relative_eq!(batches.value().unwrap(), whole, max_relative = 1e-12);
    }
    let [found, expected] = [
        Procrustes.compare(&x, &y),
        Procrustes.compare(&represent(first), &represent(second)),
    ];
    let (found, expected) = (found.unwrap().similarity, expected.unwrap().similarity);
    assert_relative_eq!(found, expected, max_relative = 1e-9);
}

/// numpy, in double precision from centred columns.
#[test]
fn cka_of_two_files_around_ten_million() {
    let Some(shared) = common::shared() else {
        return;
    };
    let [a, b] = ["a.npy", "b.npy"].map(|name| {
        let path = shared.join("field_cases/cka_offset1e7").join(name);
        FileSource::open(path).unwrap().read().unwrap()
    });
    let found = Cka::default().compare(&a, &b).unwrap();
    assert_relative_eq!(found, 0.7811783457936493, max_relative = 1e-9);
}

#[test]
fn ridge_is_as_around_zero() {
    // More stimuli than features, and fewer.
    for p in [8, 70] {
        let [near, far] = near_and_far(50, p, 7);
        let targets = noise(50, p, 7).dot(&noise(p, 3, 8)) + noise(50, 3, 9);
        let targets = represent(targets);
        let folds = Folds::contiguous(50, 5).unwrap();
        for scaling in [
            FeatureScaling::None,
            FeatureScaling::TrainingRows,
            FeatureScaling::AllRows,
        ] {
            let ridge = Ridge::new([1.0, 10.0])
                .unwrap()
                .with_feature_scaling(scaling);
            let [found, expected] =
                [&far, &near].map(|all| ridge.cross_validate(all, &targets, &folds).unwrap());
            for (found, expected) in found.r2().iter().zip(expected.r2()) {
                // A mean is rounded to 2e-9, and with it predictions.
                assert_abs_diff_eq!(found.unwrap(), expected.unwrap(), epsilon = 1e-8);
            }
            assert_eq!(found.predictions().precision(), Precision::Double);
            let [found, expected] = [&far, &near].map(|all| ridge.fit(all, &targets).unwrap());
            for (found, expected) in found.errors().iter().zip(expected.errors()) {
                assert_relative_eq!(found, expected, max_relative = 1e-8);
            }
            let predicted = found.predict(&far).unwrap().features().to_f64();
            let expected = expected.predict(&near).unwrap().features().to_f64();
            assert_close(&predicted, &expected, 1e-7);
        }
        // Predictions are of the precision of the features.
        let single = Representation::new(near.stimuli().clone(), near.features().to_f32()).unwrap();
        let validation = Ridge::new([1.0])
            .unwrap()
            .cross_validate(&single, &targets, &folds);
        assert_eq!(
            validation.unwrap().predictions().precision(),
            Precision::Single
        );
    }
}

#[test]
fn targets_keep_their_digits() {
    let [features, _] = near_and_far(50, 8, 10);
    let [near, far] = near_and_far(50, 2, 11);
    let ridge = Ridge::new([1.0]).unwrap();
    let [found, expected] = [far, near].map(|targets| ridge.fit(&features, &targets).unwrap());
    let [found, expected] = [found, expected].map(|fit| fit.coefficients().to_owned());
    assert_close(&found, &expected, 1e-8);
}

#[test]
fn probes_are_as_around_zero() {
    let [near, far] = near_and_far(24, 10, 12);
    let observer = SimulatedObserver::new(represent(noise(24, 10, 12) * 0.7)).unwrap();
    let people = observer.odd_one_out(2_000, 13).unwrap();
    let choices = ChoiceFrequencies::from_trials(people.judgments());
    let probe = Probe::new(0.05).unwrap().with_tolerance(1e-9).unwrap();
    let [found, expected] = [&far, &near].map(|all| probe.fit(all, &choices).unwrap());
    assert_relative_eq!(found.objective(), expected.objective(), epsilon = 2e-9);

    let validation = observer.odd_one_out(500, 14).unwrap();
    let probe = MiniBatchProbe::naive(0.01)
        .and_then(|probe| probe.with_epochs(1, 3))
        .unwrap();
    let [found, expected] = [&far, &near].map(|all| {
        let fit = probe.fit(all, people.judgments(), validation.judgments());
        fit.unwrap().validation_loss()
    });
    assert_relative_eq!(found, expected, max_relative = 1e-6);
}

#[test]
fn transforms_keep_the_precision_of_the_features() {
    let [near, far] = near_and_far(150, 6, 15);
    let weights = noise(6, 3, 16);
    let shift = Standardization::scalar(OFFSET, 0.5).unwrap();
    let transform = LinearTransform::new(shift, weights.clone()).unwrap();
    let found = transform.apply(&far).unwrap();
    let expected = (near.features().to_f64() / 0.5).dot(&weights);
    assert_eq!(found.precision(), Precision::Double);
    assert_close(&found.features().to_f64(), &expected, 1e-13);

    let single = Representation::new(near.stimuli().clone(), near.features().to_f32()).unwrap();
    assert_eq!(
        transform.apply(&single).unwrap().precision(),
        Precision::Single
    );

    let [found, expected] = [&far, &near].map(|all| Standardization::scalar_of(all).unwrap());
    let [found, expected] = [found, expected].map(|moments| moments.of_feature(0).unwrap());
    assert_abs_diff_eq!(found.0 - OFFSET, expected.0, epsilon = 1e-8);
    assert_relative_eq!(found.1, expected.1, max_relative = 1e-12);
    let [found, expected] = [&far, &near].map(|all| Standardization::per_feature_of(all).unwrap());
    for feature in 0..6 {
        let [found, expected] = [&found, &expected].map(|of| of.of_feature(feature).unwrap());
        assert_abs_diff_eq!(found.0 - OFFSET, expected.0, epsilon = 1e-8);
        assert_relative_eq!(found.1, expected.1, max_relative = 1e-12);
    }
}

#[test]
fn dimensionality_is_as_around_zero() {
    for (n, p) in [(30, 8), (8, 30)] {
        let [found, expected] =
            near_and_far(n, p, 17).map(|all| all.effective_dimensionality().unwrap());
        assert_relative_eq!(found, expected, max_relative = 1e-9);
    }
    // 0.1 is no multiple of a power of two, so that the mean of several is not 0.1.
    let constant = represent(Array2::from_elem((7, 3), 0.1)).effective_dimensionality();
    assert_refused!(constant, Feature(FeatureError::Constant { .. }));
}

#[test]
fn observers_and_concepts_see_what_f32_do_not() {
    // In f32 all rows are the same.
    let rows = array![[1.0, 1.0 + 2e-10], [1.0 + 3e-10, 1.0], [1.0 + 1e-10, 1.0]];
    let embedding = ConceptEmbedding::new(represent(rows.clone())).unwrap();
    let trials = OddOneOut::new(Stimuli::numbered(3), vec![[0, 1, 2], [0, 2, 1]]).unwrap();
    assert_eq!(embedding.dimensions(&trials, 1).unwrap(), [[0], [1]]);

    let observer = SimulatedObserver::new(represent(rows))
        .and_then(|observer| {
            observer
                .with_similarity(Similarity::NegativeEuclidean)
                .with_temperature(1e-12)
        })
        .unwrap();
    let answers = observer
        .answer::<OddOneOutTask>(&[[0, 1, 2]; 50], 1)
        .unwrap();
    // Rows 1 and 2 are 2e-10 apart, rows 0 and 2 2.2e-10, rows 0 and 1 3.6e-10.
    for trial in answers.judgments().as_slice() {
        assert_eq!(trial[2], 0);
    }
}

#[test]
fn f32_and_f64_are_told_apart() {
    let double = represent(array![[1.0, 0.5], [0.25, 2.0]]);
    let single = double.features().to_f32();
    let single = Representation::new(double.stimuli().clone(), single).unwrap();
    assert_eq!(double.features(), single.features().to_f64());
    assert_ne!(double, single);
    assert_ne!(double.fingerprint(), single.fingerprint());
    // As it was when all features were f32.
    assert_eq!(
        single.fingerprint(),
        "df2d905a3edd91e69fa0861db43158b3424c169ce0f584bb1b603d4692d30746"
    );
    assert_eq!(double.clone().fingerprint(), double.fingerprint());
}

#[test]
fn sizes_that_squares_cannot_have_are_refused() {
    let stimuli = || Stimuli::new(["cat", "dog"]).unwrap();
    let error = Representation::new(stimuli(), array![[1.0, 2.0], [3.0, -1e39]]).unwrap_err();
    assert_kind!(
        error,
        Feature(FeatureError::OutOfRange { row: 1, stimulus, column: 1, value, .. })
            if stimulus == "dog" && *value == -1e39
    );
    assert!(error.to_string().contains("-1e39"), "{error}");
    let error = Representation::new(stimuli(), array![[1.0, f64::NAN], [3.0, 1e39]]).unwrap_err();
    assert_kind!(
        error,
        Feature(FeatureError::NotFinite {
            row: 0,
            column: 1,
            ..
        })
    );
    let largest = f64::from(f32::MAX);
    Representation::new(stimuli(), array![[largest], [-largest]]).unwrap();
}

/// Sizes whose squares `f64` can't hold.
#[test]
fn tiny_features_are_compared() {
    let plain = noise(12, 5, 18);
    let trials = random_trials(12, 2_000, 19);
    for size in [1e-200, 1e-310] {
        let tiny = represent(&plain * size);
        // What is left of the digits.
        let again = represent(tiny.features().to_f64() / size);
        for &similarity in Similarity::ALL {
            let metric = ZeroShotOddOneOut::new(similarity);
            let [found, expected] = [&tiny, &again].map(|all| metric.count(all, &trials).unwrap());
            assert_eq!(found, expected, "{similarity} {size}");
        }
    }
}
