//! What must not matter: the order of stimuli, rows, trials and shards, the number of threads, and
//! the changes of features that a similarity can't see.

use approx::assert_relative_eq;
use human_alignment::inference::ObjectBootstrap;
use human_alignment::judgment::Task;
use human_alignment::metric::odd_one_out::{OddOneOutScore, Tally, TiePolicy};
use human_alignment::{
    AlignmentMetric, Anchored, OddOneOut, OddOneOutTask, Precision, Representation, Similarity,
    Stimuli, Trials, ZeroShotOddOneOut,
};
use ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn random_features(n: usize, p: usize, seed: u64) -> Array2<f32> {
    let mut rng = generator(seed);
    Array2::from_shape_simple_fn((n, p), || rng.random_range(-2.0..2.0f32))
}

/// Small whole numbers, which tie often, and whose products and sums are exact. The first is never
/// 0, so that there is a cosine.
fn whole_features(n: usize, p: usize, seed: u64) -> Array2<f32> {
    let mut rng = generator(seed);
    let mut features =
        Array2::from_shape_simple_fn((n, p), || f32::from(rng.random_range(-1..3i8)));
    features.column_mut(0).fill(1.0);
    features
}

fn random_trials(n: usize, count: usize, seed: u64) -> Vec<[u32; 3]> {
    let mut rng = generator(!seed);
    let mut trials = Vec::with_capacity(count);
    while trials.len() < count {
        let [a, b, c]: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n as u32));
        if a != b && a != c && b != c {
            trials.push([a, b, c]);
        }
    }
    trials
}

fn named(n: usize) -> Stimuli {
    Stimuli::new((0..n).map(|index| format!("object {index}"))).unwrap()
}

fn represent(stimuli: &Stimuli, features: Array2<f32>) -> Representation {
    Representation::new(stimuli.clone(), features).unwrap()
}

/// 0 … n − 1 in a random order.
fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut generator(seed));
    order
}

/// The similarity of two rows as its definition has it.
fn by_definition(similarity: Similarity, x: &Array1<f64>, y: &Array1<f64>) -> f64 {
    let cosine = |x: &Array1<f64>, y: &Array1<f64>| x.dot(y) / (x.dot(x) * y.dot(y)).sqrt();
    let centred = |x: &Array1<f64>| x - x.mean().unwrap();
    let difference = x - y;
    match similarity {
        Similarity::Dot => x.dot(y),
        Similarity::Cosine => cosine(x, y),
        Similarity::Pearson => cosine(&centred(x), &centred(y)),
        Similarity::NegativeEuclidean => -difference.dot(&difference).sqrt(),
        Similarity::NegativeSquaredEuclidean => -difference.dot(&difference),
    }
}

/// The trials of which no rounding of features to `f32` can change the choice: those whose
/// similarities are more than 0.1 % apart, against the largest similarity in size that there is.
fn decided<T: Task>(
    similarity: Similarity,
    features: &Array2<f32>,
    trials: &[[u32; 3]],
) -> Option<Trials<T>> {
    let rows: Vec<Array1<f64>> = features
        .rows()
        .into_iter()
        .map(|row| row.mapv(f64::from))
        .collect();
    let of_pair = |a: u32, b: u32| by_definition(similarity, &rows[a as usize], &rows[b as usize]);
    let largest = rows
        .iter()
        .flat_map(|x| {
            rows.iter()
                .map(move |y| by_definition(similarity, x, y).abs())
        })
        .fold(0.0, f64::max);
    let apart = |x: f64, y: f64| (x - y).abs() > 1e-3 * largest;
    let decided: Vec<[u32; 3]> = trials
        .iter()
        .copied()
        .filter(|&[a, b, c]| {
            let [x, y, z] = [of_pair(a, b), of_pair(a, c), of_pair(b, c)];
            apart(x, y) && apart(x, z) && apart(y, z)
        })
        .collect();
    Trials::new(named(features.nrows()), decided).ok()
}

/// What a random rotation makes of features: a product of Householder reflections, in double
/// precision.
fn rotated(features: &Array2<f32>, seed: u64) -> Array2<f32> {
    let p = features.ncols();
    let mut rng = generator(seed);
    let mut rotated = features.mapv(f64::from);
    for _ in 0..2 * p.div_ceil(2) {
        let normal = Array1::from_shape_simple_fn(p, || rng.random_range(-1.0..1.0f64));
        let squared = normal.dot(&normal);
        for mut row in rotated.rows_mut() {
            let share = 2.0 * row.dot(&normal) / squared;
            row.scaled_add(-share, &normal);
        }
    }
    rotated.mapv(|value| value as f32)
}

/// Sizes, a number of trials and a seed. Few trials are computed pair by pair, many from one matrix.
fn sizes() -> impl Strategy<Value = (usize, usize, usize, u64)> {
    let n_trials = prop_oneof![1usize..8, 200usize..400];
    (5usize..40, 3usize..20, n_trials, any::<u64>())
}

fn metrics() -> impl Strategy<Value = ZeroShotOddOneOut> {
    // The rule of the published probes depends on the scale of similarities.
    let policies = TiePolicy::ALL.iter().copied();
    let policies: Vec<TiePolicy> = policies
        .filter(|&ties| ties != TiePolicy::PublishedProbe)
        .collect();
    let settings = (
        prop::sample::select(Similarity::ALL.to_vec()),
        prop::sample::select(policies),
        prop::sample::select(vec![Precision::Single, Precision::Double]),
        0.01..100.0f64,
    );
    settings.prop_map(|(similarity, ties, precision, temperature)| {
        ZeroShotOddOneOut::new(similarity)
            .with_ties(ties)
            .with_precision(precision)
            .with_temperature(temperature)
            .unwrap()
    })
}

/// Equal counts; the rest up to the order of sums.
fn same(left: &OddOneOutScore, right: &OddOneOutScore) {
    assert_eq!(
        (left.n_trials, left.n_correct, left.n_ties),
        (right.n_trials, right.n_correct, right.n_ties)
    );
    assert_eq!(left.accuracy, right.accuracy);
    match (left.standard_error, right.standard_error) {
        (Some(left), Some(right)) => {
            assert_relative_eq!(left, right, epsilon = 1e-14, max_relative = 1e-12);
        }
        (left, right) => assert_eq!(left, right),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_order_of_stimuli_does_not_matter(
        (n, p, n_trials, seed) in sizes(),
        metric in metrics(),
        whole in any::<bool>(),
    ) {
        // Whole numbers tie exactly, but not once the mean over features is subtracted.
        let pearson = format!("{metric:?}").contains("Pearson");
        let features = if whole && !pearson {
            whole_features(n, p, seed)
        } else {
            random_features(n, p, seed)
        };
        let stimuli = named(n);
        let trials = random_trials(n, n_trials, seed);
        let order = shuffled(n, seed);
        let mut place = vec![0; n];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new as u32;
        }
        let permuted = represent(&stimuli, features.clone())
            .select(&stimuli.select(&order).unwrap())
            .unwrap();
        let moved = trials.iter().map(|trial| trial.map(|index| place[index as usize]));
        let moved = OddOneOut::new(permuted.stimuli().clone(), moved.collect()).unwrap();
        let trials = OddOneOut::new(stimuli.clone(), trials).unwrap();
        let before = metric.score(&represent(&stimuli, features), &trials);
        let after = metric.score(&permuted, &moved);
        match (before, after) {
            (Ok(before), Ok(after)) => {
                same(&before, &after);
                let near = if metric == metric.with_precision(Precision::Double) { 1e-9 } else { 1e-2 };
                assert_relative_eq!(before.cross_entropy, after.cross_entropy, epsilon = near, max_relative = near);
            }
            (before, after) => prop_assert!(before.is_err() && after.is_err()),
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        (n, p, n_trials, seed) in sizes(),
        metric in metrics(),
    ) {
        let stimuli = named(n);
        let trials = OddOneOut::new(stimuli.clone(), random_trials(n, n_trials, seed)).unwrap();
        let all = represent(&stimuli, random_features(n, p, seed));
        let reordered = all.select(&stimuli.select(&shuffled(n, seed)).unwrap()).unwrap();
        let before = metric.outcomes(&all, &trials).unwrap();
        let after = metric.outcomes(&reordered, &trials).unwrap();
        prop_assert_eq!(before.credits(), after.credits());
        prop_assert_eq!(before.score(), after.score());
    }

    #[test]
    fn the_order_within_the_chosen_pair_does_not_matter(
        (n, p, n_trials, seed) in sizes(),
        metric in metrics(),
        whole in any::<bool>(),
    ) {
        let features = if whole { whole_features(n, p, seed) + &Array1::linspace(0.0, 1.0, p) } else { random_features(n, p, seed) };
        let representation = represent(&named(n), features);
        let trials = random_trials(n, n_trials, seed);
        let swapped = trials.iter().map(|&[a, b, odd]| [b, a, odd]).collect();
        let trials = OddOneOut::new(named(n), trials).unwrap();
        let swapped = OddOneOut::new(named(n), swapped).unwrap();
        let before = metric.outcomes(&representation, &trials).unwrap();
        let after = metric.outcomes(&representation, &swapped).unwrap();
        prop_assert_eq!(before.credits(), after.credits());
        let (before, after) = (before.score(), after.score());
        prop_assert_eq!(before.standard_error, after.standard_error);
        same(&before, &after);
        assert_relative_eq!(before.cross_entropy, after.cross_entropy, epsilon = 1e-11, max_relative = 1e-12);
        let before = metric.probabilities(&representation, &trials).unwrap();
        let after = metric.probabilities(&representation, &swapped).unwrap();
        for (before, after) in before.rows().into_iter().zip(after.rows()) {
            for (column, other) in [(0, 0), (1, 2), (2, 1)] {
                assert_relative_eq!(before[column], after[other], epsilon = 1e-15, max_relative = 1e-14);
            }
        }
    }

    /// Scaling by a power of two changes no digit, of either route.
    #[test]
    fn a_power_of_two_changes_nothing(
        (n, p, n_trials, seed) in sizes(),
        metric in metrics(),
        exponent in -20i32..20,
    ) {
        let trials = OddOneOut::new(named(n), random_trials(n, n_trials, seed)).unwrap();
        let features = random_features(n, p, seed);
        let scaled = represent(&named(n), features.mapv(|value| value * 2f32.powi(exponent)));
        let plain = represent(&named(n), features);
        let before = metric.outcomes(&plain, &trials).unwrap();
        let after = metric.outcomes(&scaled, &trials).unwrap();
        prop_assert_eq!(before.credits(), after.credits());
        prop_assert_eq!(before.counts(), after.counts());
    }

    #[test]
    fn a_positive_factor_changes_no_choice(
        (n, p, n_trials, seed) in sizes(),
        factor in 1e-3..1e3f32,
    ) {
        let features = random_features(n, p, seed);
        for &similarity in Similarity::ALL {
            let trials = random_trials(n, n_trials, seed);
            let Some(trials) = decided::<OddOneOutTask>(similarity, &features, &trials) else { continue };
            let metric = ZeroShotOddOneOut::new(similarity);
            let plain = represent(&named(n), features.clone());
            let scaled = represent(&named(n), &features * factor);
            prop_assert_eq!(
                metric.choices(&plain, &trials).unwrap(),
                metric.choices(&scaled, &trials).unwrap()
            );
        }
    }

    #[test]
    fn a_factor_of_its_own_for_each_row_changes_no_angle((n, p, n_trials, seed) in sizes()) {
        let features = random_features(n, p, seed);
        let factors = Array2::from_shape_fn((n, 1), |(row, _)| 0.01 + (row * row) as f32);
        for similarity in [Similarity::Cosine, Similarity::Pearson] {
            let trials = random_trials(n, n_trials, seed);
            let Some(trials) = decided::<OddOneOutTask>(similarity, &features, &trials) else { continue };
            let metric = ZeroShotOddOneOut::new(similarity);
            let plain = represent(&named(n), features.clone());
            let scaled = represent(&named(n), &features * &factors);
            let (before, after) = (metric.score(&plain, &trials).unwrap(), metric.score(&scaled, &trials).unwrap());
            same(&before, &after);
            assert_relative_eq!(before.cross_entropy, after.cross_entropy, max_relative = 1e-5);
        }
    }

    #[test]
    fn a_rotation_changes_no_product_and_no_distance((n, p, n_trials, seed) in sizes()) {
        let features = random_features(n, p, seed);
        for &similarity in Similarity::ALL {
            // The mean over features is not that of rotated features.
            if similarity == Similarity::Pearson {
                continue;
            }
            let trials = random_trials(n, n_trials, seed);
            let Some(trials) = decided::<OddOneOutTask>(similarity, &features, &trials) else { continue };
            let metric = ZeroShotOddOneOut::new(similarity);
            let plain = represent(&named(n), features.clone());
            let turned = represent(&named(n), rotated(&features, seed));
            let (before, after) = (metric.score(&plain, &trials).unwrap(), metric.score(&turned, &trials).unwrap());
            same(&before, &after);
            assert_relative_eq!(before.cross_entropy, after.cross_entropy, epsilon = 1e-4, max_relative = 1e-4);
        }
    }

    /// Features and shifts that are multiples of 1/64 lose no digit, so that ties stay ties.
    #[test]
    fn a_common_shift_changes_no_distance(
        (n, p, n_trials, seed) in sizes(),
        shift in -6400i32..6400,
        single in any::<bool>(),
    ) {
        let features = whole_features(n, p, seed).mapv(|value| value / 64.0);
        let shifts = Array1::from_shape_fn(p, |column| (shift + column as i32) as f32 / 64.0);
        let trials = OddOneOut::new(named(n), random_trials(n, n_trials, seed)).unwrap();
        for similarity in [Similarity::NegativeEuclidean, Similarity::NegativeSquaredEuclidean] {
            let precision = if single { Precision::Single } else { Precision::Double };
            let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
            let plain = represent(&named(n), features.clone());
            let shifted = represent(&named(n), &features + &shifts);
            let (before, after) = (metric.score(&plain, &trials).unwrap(), metric.score(&shifted, &trials).unwrap());
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn a_shift_of_its_own_for_each_row_changes_no_correlation((n, p, n_trials, seed) in sizes()) {
        let features = random_features(n, p, seed);
        let shifts = Array2::from_shape_fn((n, 1), |(row, _)| row as f32 / 3.0 - 1.0);
        let similarity = Similarity::Pearson;
        let trials = random_trials(n, n_trials, seed);
        if let Some(trials) = decided::<OddOneOutTask>(similarity, &features, &trials) {
            let metric = ZeroShotOddOneOut::new(similarity);
            let plain = represent(&named(n), features.clone());
            let shifted = represent(&named(n), &features + &shifts);
            let (before, after) = (metric.score(&plain, &trials).unwrap(), metric.score(&shifted, &trials).unwrap());
            same(&before, &after);
            assert_relative_eq!(before.cross_entropy, after.cross_entropy, max_relative = 1e-5);
        }
    }

    /// Whatever the shards and the order in which they are merged, the tally is that of the whole.
    #[test]
    fn shards_merge_to_the_whole(
        (n, p, _, seed) in sizes(),
        n_trials in 200usize..600,
        n_shards in 1usize..9,
        n_participants in prop::option::of(1u32..30),
        metric in metrics(),
    ) {
        let stimuli = named(n);
        let representation = represent(&stimuli, random_features(n, p, seed));
        let mut trials = OddOneOut::new(stimuli.clone(), random_trials(n, n_trials, seed)).unwrap();
        if let Some(n) = n_participants {
            let mut rng = generator(seed + 1);
            let label = || rng.random_range(0..n).to_string();
            let labels = std::iter::repeat_with(label).take(n_trials);
            trials = trials.with_participants(labels).unwrap();
        }
        let tally_of = |chunks: Vec<OddOneOut>| {
            metric.tally(&representation, &stimuli, chunks.into_iter().map(Ok)).unwrap()
        };
        let whole = tally_of(vec![trials.clone()]);

        // Each trial falls into a shard of its own choice.
        let mut rng = generator(seed);
        let mut members = vec![Vec::new(); n_shards];
        for trial in 0..n_trials {
            members[rng.random_range(0..n_shards)].push(trial);
        }
        let shards: Vec<OddOneOut> = members
            .iter()
            .filter_map(|members| trials.select(members).ok())
            .collect();
        prop_assert_eq!(&tally_of(shards.clone()), &whole);

        let mut tallies: Vec<Tally> = shards.into_iter().map(|shard| tally_of(vec![shard])).collect();
        while tallies.len() > 1 {
            let other = tallies.swap_remove(rng.random_range(0..tallies.len()));
            let place = rng.random_range(0..tallies.len());
            // On the way, a tally is written and read.
            let text = serde_json::to_string(&other).unwrap();
            let other: Tally = serde_json::from_str(&text).unwrap();
            tallies[place].merge(other).unwrap();
        }
        prop_assert_eq!(&tallies[0], &whole);

        // With this many trials every stimulus is shown, or nearly, and the whole is computed from
        // one matrix like the tally.
        let outcomes = metric.outcomes(&representation, &trials).unwrap();
        prop_assert_eq!(whole.counts(), outcomes.counts());
        let (merged, direct) = (whole.score().unwrap(), outcomes.score());
        prop_assert_eq!(merged.accuracy, direct.accuracy);
        prop_assert_eq!((merged.n_correct, merged.n_ties), (direct.n_correct, direct.n_ties));
        if trials.shown().len() == n {
            prop_assert_eq!(merged.cross_entropy, direct.cross_entropy);
            prop_assert_eq!(merged.mean_entropy, direct.mean_entropy);
        }
        prop_assert_eq!(merged.clusters, direct.clusters);
        for (merged, direct) in [
            (merged.standard_error, direct.standard_error),
            (merged.standard_error_objects, direct.standard_error_objects),
            (Some(merged.degrees_of_freedom), Some(direct.degrees_of_freedom)),
        ] {
            match (merged, direct) {
                (Some(merged), Some(direct)) => {
                    assert_relative_eq!(merged, direct, epsilon = 1e-12, max_relative = 1e-9);
                }
                (merged, direct) => prop_assert_eq!(merged, direct),
            }
        }
    }
}

/// The numbers of a score in bits, with those of its bootstrap.
fn bits(score: &OddOneOutScore) -> String {
    // Debug writes the shortest digits that tell a float from every other.
    format!("{score:?}")
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let n = 300;
    let representation = represent(&named(n), random_features(n, 33, 1));
    let few = random_trials(n, 1_500, 2);
    let many = random_trials(n, 200_000, 3);
    for &similarity in Similarity::ALL {
        for precision in [Precision::Single, Precision::Double] {
            let bootstrap = ObjectBootstrap::new(20, 4).unwrap();
            let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
            for trials in [&few, &many] {
                let trials = OddOneOut::new(named(n), trials.clone()).unwrap();
                let run = |threads| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                    pool.build().unwrap().install(|| {
                        let tally = metric.tally(&representation, &named(n), [Ok(trials.clone())]);
                        // The bootstrap is slow, and has no similarity.
                        let metric = if similarity == Similarity::Dot && trials.len() < 2_000 {
                            metric.with_bootstrap(bootstrap)
                        } else {
                            metric
                        };
                        let score = metric.score(&representation, &trials).unwrap();
                        let tally = tally.unwrap();
                        (bits(&score), bits(&tally.score().unwrap()), tally)
                    })
                };
                let one = run(1);
                assert_eq!(one, run(2), "{similarity} {precision:?}");
                assert_eq!(one, run(5), "{similarity} {precision:?}");
            }
        }
    }
}

#[test]
fn exchanging_the_candidates_of_anchored_trials_exchanges_right_and_wrong() {
    let n = 30;
    let representation = represent(&named(n), random_features(n, 9, 5));
    let trials = random_trials(n, 2_000, 6);
    let exchanged = trials.iter().map(|&[head, close, far]| [head, far, close]);
    let exchanged = Anchored::new(named(n), exchanged.collect()).unwrap();
    let trials = Anchored::new(named(n), trials).unwrap();
    for &similarity in Similarity::ALL {
        let metric = ZeroShotOddOneOut::new(similarity);
        let before = metric.score(&representation, &trials).unwrap();
        let after = metric.score(&representation, &exchanged).unwrap();
        assert_eq!((before.n_ties, after.n_ties), (0, 0));
        assert_eq!(before.n_correct + after.n_correct, before.n_trials);
        assert_relative_eq!(
            before.mean_entropy,
            after.mean_entropy,
            max_relative = 1e-12
        );
    }
}

/// Rows of other stimuli may stand anywhere among those that trials show.
#[test]
fn rows_that_no_trial_shows_do_not_matter() {
    let (n, n_more) = (20, 35);
    let features = random_features(n_more, 11, 8);
    let trials = OddOneOut::new(named(n), random_trials(n, 500, 9)).unwrap();
    let own = represent(
        &named(n),
        features.select(Axis(0), &(0..n).collect::<Vec<_>>()),
    );
    let order = shuffled(n_more, 10);
    let more = Representation::new(
        named(n_more).select(&order).unwrap(),
        features.select(Axis(0), &order),
    );
    let more = more.unwrap();
    for &similarity in Similarity::ALL {
        let metric = ZeroShotOddOneOut::new(similarity);
        assert_eq!(
            metric.score(&own, &trials).unwrap(),
            metric.score(&more, &trials).unwrap()
        );
    }
}
