//! The two rules of the published evaluation script, against a few lines that do as it does.

use approx::assert_relative_eq;
use human_alignment::metric::odd_one_out::{Probabilities, TiePolicy};
use human_alignment::{
    AlignmentMetric, OddOneOut, Representation, Similarity, Stimuli, ZeroShotOddOneOut,
};
use ndarray::{Array1, Array2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Definition = fn(&Array1<f64>, &Array1<f64>) -> f64;

/// Features that are small whole numbers, so that ties are many and exact, and trials of them.
fn example(n: u32, n_trials: usize) -> (Array2<f32>, Representation, OddOneOut) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let features =
        Array2::from_shape_simple_fn((n as usize, 4), || f32::from(rng.random_range(0..3u8)));
    // One that is never 0, for the sake of the cosine.
    let features = features + &ndarray::arr1(&[1.0, 0.0, 0.0, 0.0]);
    let mut trials = Vec::new();
    while trials.len() < n_trials {
        let [a, b, c]: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n));
        if a != b && a != c && b != c {
            trials.push([a, b, c]);
        }
    }
    let stimuli = Stimuli::numbered(n);
    let trials = OddOneOut::new(stimuli.clone(), trials).unwrap();
    let representation = Representation::new(stimuli, features.clone()).unwrap();
    (features, representation, trials)
}

fn rows(features: &Array2<f32>, trial: [u32; 3]) -> [Array1<f64>; 3] {
    trial.map(|index| features.row(index as usize).mapv(f64::from))
}

fn pairs(
    rows: &[Array1<f64>; 3],
    similarity: impl Fn(&Array1<f64>, &Array1<f64>) -> f64,
) -> [f64; 3] {
    let [a, b, c] = rows;
    [similarity(a, b), similarity(a, c), similarity(b, c)]
}

fn squared(x: &Array1<f64>, y: &Array1<f64>) -> f64 {
    (x - y).mapv(|difference| difference * difference).sum()
}

#[test]
fn all_equal_is_wrong_and_otherwise_the_first_of_the_largest_is_taken() {
    let (features, representation, trials) = example(40, 20_000);
    let similarities: [(Similarity, Definition); 3] = [
        (Similarity::Dot, |x, y| x.dot(y)),
        (Similarity::NegativeSquaredEuclidean, |x, y| -squared(x, y)),
        (Similarity::NegativeEuclidean, |x, y| -squared(x, y).sqrt()),
    ];
    for (similarity, by_definition) in similarities {
        let (mut n_correct, mut n_all_equal, mut n_first_of_two) = (0, 0, 0);
        for &trial in trials.as_slice() {
            let [first, second, third] = pairs(&rows(&features, trial), by_definition);
            if first == second && second == third {
                n_all_equal += 1;
                continue;
            }
            // numpy.argmax takes the first.
            if first >= second && first >= third {
                n_correct += 1;
                n_first_of_two += u32::from(first == second || first == third);
            }
        }
        assert!(n_all_equal > 100 && n_first_of_two > 100);

        let metric = ZeroShotOddOneOut::new(similarity);
        let published = metric.with_ties(TiePolicy::PublishedAllEqual);
        let counts = published.count(&representation, &trials).unwrap();
        assert_eq!(counts.n_correct, n_correct, "{similarity}");
        assert_eq!(counts.n_sixths, 6 * n_correct);
        let strict = metric.count(&representation, &trials).unwrap();
        assert_eq!(strict.n_correct + u64::from(n_first_of_two), n_correct);
        assert_eq!(strict.n_ties, counts.n_ties);
    }
}

#[test]
fn probabilities_are_of_dot_products_times_the_temperature() {
    let (features, representation, trials) = example(40, 5_000);
    for temperature in [0.25, 1.0, 3.0] {
        let (mut cross_entropy, mut entropy) = (0.0, 0.0);
        let mut expected = Array2::zeros((trials.len(), 3));
        for (&trial, mut out) in trials.as_slice().iter().zip(expected.rows_mut()) {
            let products = pairs(&rows(&features, trial), |x, y| x.dot(y));
            let exponentials = products.map(|product| (product * temperature).exp());
            let sum: f64 = exponentials.iter().sum();
            for (out, exponential) in out.iter_mut().zip(exponentials) {
                *out = exponential / sum;
                entropy -= *out * f64::ln(*out);
            }
            cross_entropy -= out[0].ln();
        }
        let n_trials = trials.len() as f64;
        for similarity in [
            Similarity::Dot,
            Similarity::Cosine,
            Similarity::NegativeEuclidean,
        ] {
            let metric = ZeroShotOddOneOut::new(similarity)
                .with_temperature(temperature)
                .unwrap();
            let published = metric.with_probabilities(Probabilities::PublishedDotProduct);
            let found = published.probabilities(&representation, &trials).unwrap();
            for (found, expected) in found.iter().zip(&expected) {
                assert_relative_eq!(found, expected, epsilon = 1e-14, max_relative = 1e-12);
            }
            let score = published.score(&representation, &trials).unwrap();
            assert_relative_eq!(
                score.cross_entropy,
                cross_entropy / n_trials,
                max_relative = 1e-11
            );
            assert_relative_eq!(score.mean_entropy, entropy / n_trials, max_relative = 1e-11);
            // Choices are still made by the named similarity.
            assert_eq!(
                published.count(&representation, &trials).unwrap(),
                metric.count(&representation, &trials).unwrap()
            );
            // The temperature divides elsewhere, so that the two are the same at 1 for dot products.
            let own = metric.score(&representation, &trials).unwrap();
            let same = temperature == 1.0 && similarity == Similarity::Dot;
            assert_eq!(own.cross_entropy == score.cross_entropy, same);
        }
    }
}
