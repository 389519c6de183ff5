use approx::assert_relative_eq;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::inference::Resample;
use crate::linalg::n_pairs;
use crate::metric::rsa::geometry::{Geometry, PairWeights, Weighting};
use crate::metric::rsa::prepared::Prepared;
use crate::stimuli::Stimuli;

/// Creates an RDM of random dissimilarities, some of which tie.
pub(super) fn random_rdm(n: usize, seed: u64) -> Rdm {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n_pairs(n)).map(|_| f64::from(rng.random_range(0..40u32)) / 10.0);
    Rdm::new(Stimuli::numbered(n as u32), values.collect()).unwrap()
}

pub(super) fn people(n: usize, n_people: u64) -> RdmSet {
    RdmSet::numbered(
        (100..100 + n_people)
            .map(|seed| random_rdm(n, seed))
            .collect(),
    )
    .unwrap()
}

/// Returns the RDM with one pair missing that no other RDM misses.
pub(super) fn with_missing(rdm: &Rdm) -> Rdm {
    let mut values = rdm.values().to_vec();
    values[3] = f64::NAN;
    Rdm::with_missing(rdm.stimuli().clone(), values).unwrap()
}

/// Checks that a weighted comparison equals the comparison of RDMs with repeated pairs.
#[test]
fn weights_repeat_pairs() {
    let (first, second) = (random_rdm(12, 1), random_rdm(12, 2));
    let counts = [2, 0, 1, 3, 1, 0, 1, 1, 2, 0, 1, 0];
    let weights = PairWeights::new(&counts);
    let copies = |rdm: &Rdm| {
        let drawn = counts.iter().enumerate();
        let drawn =
            drawn.flat_map(|(stimulus, &count)| std::iter::repeat_n(stimulus, count as usize));
        let drawn: Vec<usize> = drawn.collect();
        let mut values = Vec::new();
        for (position, &a) in drawn.iter().enumerate() {
            let different = drawn[position + 1..].iter().filter(|&&b| a != b);
            values.extend(different.map(|&b| rdm.between(a, b).unwrap()));
        }
        values
    };
    for &comparator in Comparator::ALL {
        if comparator.needs_all_pairs() {
            continue;
        }
        let expected = [&first, &second].map(|rdm| {
            let prepared = Prepared::of_some_pairs(comparator, copies(rdm), rdm.rounding());
            prepared.unwrap()
        });
        let expected = expected[0].compare(&expected[1]);
        for is_complete in [true, false] {
            let weighting = Weighting {
                comparator,
                weights: &weights,
                is_complete,
            };
            let [a, b] = [&first, &second].map(|rdm| {
                let geometry = Geometry::new(comparator, rdm.values().to_vec(), rdm.rounding());
                weighting.apply(&geometry).unwrap()
            });
            let found = weighting.compare(&a, &b).unwrap();
            assert_relative_eq!(found, expected, epsilon = 1e-12);
        }
    }
}

#[test]
fn what_is_observed_is_what_comparators_and_ceilings_say() {
    let people = people(9, 4);
    let (first, second) = (random_rdm(9, 1), with_missing(&random_rdm(9, 2)));
    for &comparator in Comparator::ALL {
        let models: &[&Rdm] = match comparator.needs_all_pairs() {
            true => &[&first],
            false => &[&first, &second],
        };
        for models in [&models[..1], models] {
            let bootstrap = RsaBootstrap::new(20, 1).unwrap().over(Resample::People);
            let replicates = bootstrap
                .with_ceiling()
                .run(comparator, models, &people)
                .unwrap();
            for (position, model) in models.iter().enumerate() {
                let metric = RepresentationalSimilarity::new(Dissimilarity::default(), comparator);
                let score = metric.score_rdm(model, &people).unwrap();
                let found = replicates.against_mean_person(position).value;
                assert_relative_eq!(found, score.value, epsilon = 1e-12);
                let found = replicates.per_person(position).value;
                assert_relative_eq!(found, score.mean_per_person, epsilon = 1e-12);
                let ceiling = score.ceiling.unwrap().lower;
                let found = replicates.ceiling().unwrap().value;
                assert_relative_eq!(found, ceiling, epsilon = 1e-12);
                let found = replicates.against_ceiling(position).unwrap().value;
                assert_relative_eq!(found, score.mean_per_person - ceiling, epsilon = 1e-12);
            }
        }
    }
}

#[test]
fn replicates_depend_on_the_seed_alone() {
    let people = people(8, 5);
    let (first, second) = (random_rdm(8, 1), random_rdm(8, 2));
    let run = |seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let bootstrap = RsaBootstrap::new(60, seed).unwrap();
            let models = [&first, &second];
            let replicates = bootstrap
                .run(Comparator::Spearman, &models, &people)
                .unwrap();
            let comparisons = replicates.compare(Confidence::default());
            (replicates.per_person(1), comparisons)
        })
    };
    assert_eq!(run(1, 1), run(1, 4));
    assert_ne!(run(1, 1).0.standard_error, run(2, 1).0.standard_error);
}

/// Checks that drawing only participants gives the theoretical standard error of a mean.
#[test]
fn drawing_people_gives_the_standard_error_of_a_mean() {
    let people = people(10, 12);
    let model = random_rdm(10, 1);
    let metric = RepresentationalSimilarity::new(Dissimilarity::default(), Comparator::Pearson);
    let values = metric.score_rdm(&model, &people).unwrap().per_person;
    let mean = values.iter().sum::<f64>() / 12.0;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let bootstrap = RsaBootstrap::new(20_000, 1).unwrap().over(Resample::People);
    let replicates = bootstrap
        .run(Comparator::Pearson, &[&model], &people)
        .unwrap();
    let found = replicates.per_person(0);
    let expected = (squares / 11.0 / 12.0).sqrt();
    assert_relative_eq!(found.standard_error.unwrap(), expected, max_relative = 0.02);
    assert_eq!(found.degrees_of_freedom, 11.0);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let bootstrap = RsaBootstrap::new(10, 1).unwrap();
    let model = random_rdm(8, 1);
    let one = RdmSet::from(random_rdm(8, 2));
    let message = |result: Result<RsaReplicates>| result.unwrap_err().report().to_string();
    assert_eq!(
        message(bootstrap.run(Comparator::Pearson, &[&model], &one)),
        "too few people for a bootstrap over people: 1 (needed: at least 2)"
    );
    let over_stimuli = bootstrap.over(Resample::Stimuli);
    assert!(
        over_stimuli
            .run(Comparator::Pearson, &[&model], &one)
            .is_ok()
    );
    let whitened = over_stimuli.run(Comparator::WhitenedPearson, &[&model], &one);
    assert!(message(whitened).contains("over people only"));
    let few = people(3, 3);
    let small = random_rdm(3, 1);
    assert!(bootstrap.run(Comparator::Pearson, &[&small], &few).is_err());
    assert!(
        bootstrap
            .run(Comparator::Pearson, &[&small], &people(8, 3))
            .is_err()
    );
    let constant = Rdm::new(Stimuli::numbered(8), vec![1.0; 28]).unwrap();
    assert!(
        bootstrap
            .run(Comparator::Pearson, &[&constant], &people(8, 3))
            .is_err()
    );
    assert!(RsaBootstrap::new(1, 0).is_err());

    let caution = bootstrap
        .run(Comparator::Pearson, &[&model], &people(8, 4))
        .unwrap()
        .caution();
    let caution = caution.unwrap().to_string();
    assert!(caution.contains("8 stimuli and 4 people"), "{caution}");
}
