//! A representation that maps everything to one point finds no stimulus odd, and scores nothing.

use human_alignment::error::FeatureError;
use human_alignment::judgment::Task;
use human_alignment::metric::odd_one_out::{Counts, TiePolicy};
use human_alignment::{
    AlignmentMetric, AnchoredTask, OddOneOut, OddOneOutTask, Precision, Representation, Similarity,
    Stimuli, Trials, ZeroShotOddOneOut,
};
use ndarray::{Array1, Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::assert_refused;

const SIZES: [usize; 11] = [3, 4, 5, 17, 63, 64, 65, 255, 257, 1000, 2000];
const FEATURES: [usize; 8] = [1, 2, 3, 7, 31, 127, 769, 1001];
const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Double];

/// Few trials, so that pairs are computed by themselves (but for 3 to 5 stimuli, of which even one
/// trial is worth the matrix of all pairs), and enough for that matrix.
fn trial_counts(n: usize) -> [usize; 2] {
    let few = if n < 255 { 7 } else { 50 };
    [few, 100 + n * n / 30]
}

fn random_row(p: usize, seed: u64) -> Array1<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array1::from_shape_simple_fn(p, || rng.random_range(-2.0..2.0f32))
}

fn random_trials<T: Task>(stimuli: Stimuli, count: usize, seed: u64) -> Trials<T> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n = stimuli.len() as u32;
    let mut trials = Vec::with_capacity(count);
    while trials.len() < count {
        let [a, b, c]: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n));
        if a != b && a != c && b != c {
            trials.push([a, b, c]);
        }
    }
    Trials::new(stimuli, trials).unwrap()
}

fn collapsed_to(row: &Array1<f32>, n: usize) -> Representation {
    let features = Array2::from_shape_fn((n, row.len()), |(_, column)| row[column]);
    Representation::new(Stimuli::numbered(n as u32), features).unwrap()
}

/// Every trial ties, and earns what the policy gives to all that tie.
fn earns_nothing<T: Task>(
    similarity: Similarity,
    collapsed: &Representation,
    trials: &Trials<T>,
    case: &str,
) {
    let n_trials = trials.len() as u64;
    for precision in PRECISIONS {
        let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
        for &policy in TiePolicy::ALL {
            let counts = metric.with_ties(policy).count(collapsed, trials).unwrap();
            let n_sixths = match policy {
                TiePolicy::Fractional => 6 / T::N_PAIRS as u64 * n_trials,
                _ => 0,
            };
            let expected = Counts {
                n_trials,
                n_correct: 0,
                n_ties: n_trials,
                n_sixths,
            };
            assert_eq!(
                counts, expected,
                "{similarity} {precision:?} {policy} {case}"
            );
        }
    }
}

#[test]
fn one_row_for_all_stimuli_ties_in_every_trial() {
    for n in SIZES {
        let trials = trial_counts(n)
            .map(|count| random_trials::<OddOneOutTask>(Stimuli::numbered(n as u32), count, 1));
        for p in FEATURES {
            let collapsed = collapsed_to(&random_row(p, (n * p) as u64), n);
            for trials in &trials {
                let case = format!("n = {n}, p = {p}, {} trials", trials.len());
                for &similarity in Similarity::ALL {
                    // One feature is always equal to itself.
                    if p > 1 || similarity != Similarity::Pearson {
                        earns_nothing(similarity, &collapsed, trials, &case);
                    }
                }
            }
        }
    }
}

#[test]
fn anchored_trials_tie_too() {
    for n in [3, 5, 65, 257] {
        for count in trial_counts(n) {
            let trials = random_trials::<AnchoredTask>(Stimuli::numbered(n as u32), count, 2);
            for p in [2, 31, 769] {
                let collapsed = collapsed_to(&random_row(p, n as u64), n);
                for &similarity in Similarity::ALL {
                    earns_nothing(similarity, &collapsed, &trials, &format!("{n} × {p}"));
                }
            }
        }
    }
}

#[test]
fn zeros_tie_where_their_similarity_is_defined_and_are_refused_elsewhere() {
    for n in SIZES {
        for p in [1, 3, 31, 769] {
            let zeros = collapsed_to(&Array1::zeros(p), n);
            for count in trial_counts(n) {
                let trials: OddOneOut = random_trials(Stimuli::numbered(n as u32), count, 3);
                let first = trials.shown()[0].to_string();
                for &similarity in Similarity::ALL {
                    let metric = ZeroShotOddOneOut::new(similarity);
                    match similarity {
                        Similarity::Cosine => {
                            assert_refused!(
                                metric.count(&zeros, &trials),
                                Feature(FeatureError::ZeroVector { stimulus, .. })
                                    if *stimulus == first
                            )
                        }
                        Similarity::Pearson => {
                            assert_refused!(
                                metric.count(&zeros, &trials),
                                Feature(FeatureError::ConstantRow { stimulus, .. })
                                    if *stimulus == first
                            )
                        }
                        _ => earns_nothing(similarity, &zeros, &trials, &format!("{n} × {p}")),
                    }
                }
            }
        }
    }
}

#[test]
fn constant_rows_have_no_correlation() {
    for n in [3, 64, 257] {
        for p in [1, 2, 7, 127, 1001] {
            // Numbers whose mean over the features need not be themselves once rounded.
            let constant = collapsed_to(&Array1::from_elem(p, 0.1), n);
            for count in trial_counts(n) {
                let trials: OddOneOut = random_trials(Stimuli::numbered(n as u32), count, 4);
                let metric = ZeroShotOddOneOut::new(Similarity::Pearson);
                assert_refused!(
                    metric.count(&constant, &trials),
                    Feature(FeatureError::ConstantRow { .. })
                );
                earns_nothing(
                    Similarity::Cosine,
                    &constant,
                    &trials,
                    &format!("{n} × {p}"),
                );
            }
        }
    }
}

#[test]
fn a_collapsed_representation_knows_nothing() {
    for (n, p) in [(3, 2), (65, 31), (257, 769)] {
        let stimuli = Stimuli::numbered(n);
        let collapsed = collapsed_to(&random_row(p, 5), n as usize);
        let trials: OddOneOut = random_trials(stimuli.clone(), 3000, 5);
        let anchored: Trials<AnchoredTask> = random_trials(stimuli, 3000, 6);
        for &similarity in Similarity::ALL {
            for precision in PRECISIONS {
                let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
                let shared = metric.with_ties(TiePolicy::Fractional);
                let score = metric.score(&collapsed, &trials).unwrap();
                assert_eq!((score.accuracy, score.n_ties), (0.0, 3000));
                assert!((score.cross_entropy - 3f64.ln()).abs() < 1e-11);
                assert!((score.mean_entropy - 3f64.ln()).abs() < 1e-11);
                let score = shared.score(&collapsed, &trials).unwrap();
                assert_eq!(score.accuracy, 1.0 / 3.0);
                let score = shared.score(&collapsed, &anchored).unwrap();
                assert_eq!(score.accuracy, 0.5);
                assert!((score.cross_entropy - 2f64.ln()).abs() < 1e-11);
                let choices = metric.choices(&collapsed, &anchored).unwrap();
                assert!(choices.iter().all(Option::is_none));
            }
        }
    }
}

/// What trials earn from a representation of two points, from the kinds of their stimuli alone:
/// `of_kinds` is the similarity of two kinds.
fn by_kind(trials: &OddOneOut, kind: impl Fn(u32) -> usize, of_kinds: [[f64; 2]; 2]) -> (u64, u64) {
    let (mut n_correct, mut n_ties) = (0, 0);
    for trial in trials.as_slice() {
        let [a, b, c] = trial.map(&kind);
        let pairs = [of_kinds[a][b], of_kinds[a][c], of_kinds[b][c]];
        let largest = pairs.into_iter().fold(f64::NEG_INFINITY, f64::max);
        match pairs.iter().filter(|&&pair| pair == largest).count() {
            1 => n_correct += u64::from(pairs[0] == largest),
            _ => n_ties += 1,
        }
    }
    (n_correct, n_ties)
}

#[test]
fn two_points_tie_where_their_kinds_do() {
    for n in SIZES {
        let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
        let kinds: Vec<usize> = (0..n).map(|_| rng.random_range(0..2)).collect();
        // The id tells the kind, so that nothing is left to positions.
        let ids: Vec<String> = (0..n)
            .map(|i| format!("{}-{i}", ["a", "b"][kinds[i]]))
            .collect();
        let kind = |index: u32| usize::from(ids[index as usize].starts_with('b'));
        let stimuli = Stimuli::new(ids.clone()).unwrap();
        for p in [1, 2, 3, 31, 127, 769] {
            let points = [random_row(p, p as u64), random_row(p, !(p as u64))];
            let dot = |a: usize, b: usize| -> f64 {
                let products = points[a].iter().zip(&points[b]);
                products.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
            };
            let features =
                Array2::from_shape_fn((n, p), |(row, column)| points[kinds[row]][column]);
            // Rows stand in another order than the stimuli of the trials.
            let reversed: Vec<usize> = (0..n).rev().collect();
            let features = features.select(Axis(0), &reversed);
            let representation =
                Representation::new(stimuli.select(&reversed).unwrap(), features).unwrap();
            for count in trial_counts(n) {
                let trials: OddOneOut = random_trials(stimuli.clone(), count, p as u64);
                for &similarity in Similarity::ALL {
                    let of_kinds = match similarity {
                        Similarity::Dot => [[dot(0, 0), dot(0, 1)], [dot(1, 0), dot(1, 1)]],
                        // Each point is most similar to itself; with so few features that it may
                        // be as similar to the other, rounding decides.
                        Similarity::Cosine if p < 2 => continue,
                        Similarity::Pearson if p < 3 => continue,
                        _ => [[1.0, 0.0], [0.0, 1.0]],
                    };
                    let expected = by_kind(&trials, kind, of_kinds);
                    for precision in PRECISIONS {
                        let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
                        let counts = metric.count(&representation, &trials).unwrap();
                        assert_eq!(
                            (counts.n_correct, counts.n_ties),
                            expected,
                            "{similarity} {precision:?} n = {n}, p = {p}, {count} trials"
                        );
                    }
                }
            }
        }
    }
}
