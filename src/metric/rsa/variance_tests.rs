use approx::assert_relative_eq;

use super::influence::{Influences, Influencing};
use super::tests::{people, random_rdm, with_missing};
use super::*;
use crate::error::{ArgumentError, assert_refused};
use crate::inference::Resample;
use crate::metric::rsa::prepared::Prepared;
use crate::rdm::{Participant, Rounding};
use crate::stimuli::Stimuli;

fn influences(comparator: Comparator, first: &Rdm, second: &Rdm) -> Influences {
    let [first, second] =
        [first, second].map(|rdm| Influencing::new(comparator, rdm, true).unwrap());
    first.compare(&second).unwrap()
}

fn not_whitened() -> impl Iterator<Item = Comparator> {
    let all = Comparator::ALL.iter().copied();
    all.filter(|comparator| !comparator.needs_all_pairs())
}

/// Checks that an influence is the derivative of the similarity by the weight of a pair, where a
/// weight is a number of copies.
#[test]
fn influences_are_derivatives() {
    const N_COPIES: usize = 400;
    let (first, second) = (random_rdm(7, 1), random_rdm(7, 2));
    for comparator in not_whitened() {
        let found = influences(comparator, &first, &second);
        let expected = comparator.compare(&first, &second).unwrap();
        assert_relative_eq!(found.value, expected, epsilon = 1e-12);
        assert!(found.pairs.iter().sum::<f64>().abs() < 1e-12);
        // Copies of a pair tie, which changes the divisor of τ-a.
        if comparator == Comparator::KendallTauA {
            continue;
        }
        let with_copies = |of: Option<usize>| {
            let [first, second] = [&first, &second].map(|rdm| {
                let values = rdm.values().iter().enumerate();
                let copies = values.flat_map(|(pair, &value)| {
                    let n = N_COPIES + usize::from(Some(pair) == of);
                    std::iter::repeat_n(value, n)
                });
                let copies = copies.collect();
                Prepared::of_some_pairs(comparator, copies, Rounding::NONE).unwrap()
            });
            first.compare(&second)
        };
        let (all, largest) = (
            with_copies(None),
            found.pairs.iter().fold(0.0, |max: f64, e| max.max(e.abs())),
        );
        for (pair, &influence) in found.pairs.iter().enumerate() {
            let derivative = N_COPIES as f64 * (with_copies(Some(pair)) - all);
            assert!(
                (derivative - influence).abs() < 0.01 * largest,
                "{comparator}: {derivative} {influence}"
            );
        }
    }
}

/// Checks the influences on τ-a with the definition: twice the mean concordance of the pair.
#[test]
fn influences_on_tau_are_concordances() {
    let (first, second) = (random_rdm(7, 1), random_rdm(7, 2));
    let found = influences(Comparator::KendallTauA, &first, &second);
    let (a, b) = (first.values(), second.values());
    let m = a.len();
    let sign = |values: &[f64], k: usize, l: usize| match values[k].total_cmp(&values[l]) {
        std::cmp::Ordering::Less => -1.0,
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Greater => 1.0,
    };
    for k in 0..m {
        let concordance = (0..m).map(|l| sign(a, k, l) * sign(b, k, l)).sum::<f64>();
        let mean = concordance / (m as f64 - 1.0);
        let expected = 2.0 * (mean - found.value) / m as f64;
        assert_relative_eq!(found.pairs[k], expected, epsilon = 1e-14);
    }
}

#[test]
fn effects_of_stimuli_are_those_of_leaving_them_out() {
    let n = 8;
    let (first, second) = (random_rdm(n, 1), random_rdm(n, 2));
    for comparator in [Comparator::Pearson, Comparator::Cosine] {
        let found = influences(comparator, &first, &second);
        let without = (0..n as u32).map(|left_out| {
            let rest: Vec<usize> = (0..n).filter(|&at| at != left_out as usize).collect();
            let rest = first.stimuli().select(&rest).unwrap();
            let [first, second] = [&first, &second].map(|rdm| rdm.select(&rest).unwrap());
            found.value - comparator.compare(&first, &second).unwrap()
        });
        let changes: Vec<f64> = without.collect();
        let mean = changes.iter().sum::<f64>() / n as f64;
        for (effect, change) in found.stimuli.iter().zip(changes) {
            let expected = (change - mean) * (n as f64 - 2.0) / n as f64;
            assert_relative_eq!(*effect, expected, epsilon = 1e-12);
        }
    }
}

/// Checks the variance with sums over all pairs of observations (pair of stimuli, participant).
#[test]
fn the_variance_is_a_sum_over_pairs_of_observations() {
    const N: usize = 7;
    let people = people(N, 4);
    let models = [random_rdm(N, 1), random_rdm(N, 2)];
    let pairs: Vec<[usize; 2]> = (0..N)
        .flat_map(|first| (first + 1..N).map(move |second| [first, second]))
        .collect();
    let m = pairs.len();
    let n_shared = |k: usize, l: usize| {
        let shared = pairs[k]
            .iter()
            .filter(|stimulus| pairs[l].contains(stimulus));
        shared.count() as f64
    };
    // The share of the pairs of pairs that have a stimulus in common.
    let all = || (0..m).flat_map(|k| (0..m).map(move |l| (k, l)));
    let share = all().filter(|&(k, l)| n_shared(k, l) > 0.0).count() as f64 / (m * m) as f64;
    let p = people.len() as f64;
    for comparator in [
        Comparator::Spearman,
        Comparator::KendallTauB,
        Comparator::RhoA,
    ] {
        let found = |model: &Rdm| -> Vec<Influences> {
            let of_people = people.rdms().iter();
            of_people
                .map(|rdm| influences(comparator, model, rdm))
                .collect()
        };
        let [first, second] = models.each_ref().map(found);
        let difference: Vec<Influences> = first
            .iter()
            .zip(&second)
            .map(|(first, second)| first.minus(1.0, second, 1.0))
            .collect();
        let expected = |found: &[Influences]| {
            let mean = |k: usize| found.iter().map(|found| found.pairs[k]).sum::<f64>() / p;
            let means: Vec<f64> = (0..m).map(mean).collect();
            let value = found.iter().map(|found| found.value).sum::<f64>() / p;
            let (mut stimuli, mut people, mut both) = (0.0, 0.0, 0.0);
            for (person, own) in found.iter().enumerate() {
                for (other, others) in found.iter().enumerate() {
                    for (k, l) in all() {
                        stimuli += n_shared(k, l) * means[k] * means[l] / (p * p);
                        if person == other {
                            let deviation = (own.value - value) / m as f64;
                            people += (own.pairs[k] + deviation) * (others.pairs[l] + deviation);
                            if n_shared(k, l) > 0.0 {
                                both += (own.pairs[k] - means[k]) * (others.pairs[l] - means[l]);
                            }
                        }
                    }
                }
            }
            let stimuli = stimuli / (1.0 - share);
            let people = people / (p * (p - 1.0));
            let both = both / (p * (p - 1.0) * (1.0 - share));
            (stimuli + people - both).max(stimuli).max(people)
        };
        let models: Vec<&Rdm> = models.iter().collect();
        let estimates = RsaVariance::default()
            .run(comparator, &models, &people)
            .unwrap();
        let comparison = &estimates.compare(Confidence::default())[0];
        for (found, expected) in [
            (estimates.per_person(0), expected(&first)),
            (estimates.per_person(1), expected(&second)),
            (comparison.difference, expected(&difference)),
        ] {
            let found = found.standard_error.unwrap().powi(2);
            assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
    }
}

#[test]
fn people_alone_give_the_standard_error_of_a_mean() {
    let people = people(10, 12);
    let model = random_rdm(10, 1);
    let variance = RsaVariance::new(Resample::People);
    for &comparator in Comparator::ALL {
        let metric = RepresentationalSimilarity::new(Dissimilarity::default(), comparator);
        let score = metric
            .with_variance(variance)
            .score_rdm(&model, &people)
            .unwrap();
        let mean = score.mean_per_person;
        let squares: f64 = score.per_person.iter().map(|r| (r - mean).powi(2)).sum();
        let found = score.standard_error_per_person.unwrap();
        assert_relative_eq!(found, (squares / 11.0 / 12.0).sqrt(), max_relative = 1e-12);
        assert_eq!(score.interval_method, Some(RsaIntervalMethod::Analytic));
        assert!(score.against_ceiling.unwrap().value < 0.5 && score.interval.is_some());
    }
}

#[test]
fn what_is_estimated_is_what_scores_say() {
    let model = random_rdm(9, 1);
    let mut with_gap = people(9, 4).rdms().to_vec();
    with_gap[2] = with_missing(&with_gap[2]);
    for people in [people(9, 4), RdmSet::numbered(with_gap).unwrap()] {
        for comparator in not_whitened() {
            let metric = RepresentationalSimilarity::new(Dissimilarity::default(), comparator);
            let score = metric.score_rdm(&model, &people).unwrap();
            let found = RsaVariance::default()
                .run(comparator, &[&model], &people)
                .unwrap();
            let ceiling = score.ceiling.unwrap().lower;
            assert_relative_eq!(
                found.per_person(0).value,
                score.mean_per_person,
                epsilon = 1e-12
            );
            assert_relative_eq!(
                found.against_mean_person(0).value,
                score.value,
                epsilon = 1e-12
            );
            assert_relative_eq!(found.ceiling().unwrap().value, ceiling, epsilon = 1e-12);
            let difference = found.against_ceiling(0).unwrap();
            assert_relative_eq!(
                difference.value,
                score.mean_per_person - ceiling,
                epsilon = 1e-12
            );
            assert!(difference.standard_error.unwrap() > 0.0);
            assert!(found.per_person(0).degrees_of_freedom >= 1.0);
        }
    }
}

/// Checks that the ratio of a model and the ceiling includes their covariance: both rise and fall
/// with the same stimuli.
#[test]
fn ratios_with_the_ceiling_include_the_covariance() {
    let model = random_rdm(9, 1);
    let noisy = (0..5).map(|person| {
        let own = random_rdm(9, 50 + person);
        let values = model.values().iter().zip(own.values());
        let values = values.map(|(shared, own)| 2.0 * shared + own).collect();
        Rdm::new(model.stimuli().clone(), values).unwrap()
    });
    let people = RdmSet::numbered(noisy.collect()).unwrap();
    let found = RsaVariance::default()
        .run(Comparator::Pearson, &[&model], &people)
        .unwrap();
    let (ratio, ceiling) = (found.relative(0).unwrap(), found.ceiling().unwrap());
    assert_relative_eq!(ratio.value, found.per_person(0).value / ceiling.value);
    let relative_error = |estimate: Estimate| estimate.standard_error.unwrap() / estimate.value;
    assert!(relative_error(ratio) < relative_error(ceiling));
}

#[test]
fn sessions_are_of_one_person() {
    let model = random_rdm(9, 1);
    let rdms = (0..8).map(|session| random_rdm(9, 60 + session)).collect();
    let labels = ["Ann", "Bob", "Cem", "Dan", "Ann", "Bob", "Cem", "Dan"];
    let sessions = RdmSet::new(Participant::from_labels(labels), rdms).unwrap();
    assert_eq!((sessions.len(), sessions.n_participants()), (8, 4));
    let people = sessions.by_participant(Scaling::None).unwrap();
    let metric = RepresentationalSimilarity::default();
    for metric in [
        metric.with_variance(RsaVariance::default()),
        metric.with_bootstrap(RsaBootstrap::new(50, 1).unwrap().with_ceiling()),
    ] {
        let of_sessions = metric.score_rdm(&model, &sessions).unwrap();
        let of_people = metric.score_rdm(&model, &people).unwrap();
        assert_eq!((of_sessions.n_rdms, of_people.n_rdms), (8, 4));
        let of_sessions = RsaScore {
            n_rdms: 4,
            ..of_sessions
        };
        assert_eq!(of_sessions, of_people);
        assert_eq!(of_people.n_people, 4);
    }
    let comparator = Comparator::Spearman;
    let of_sessions = RsaNoiseCeiling::new(&sessions, comparator).unwrap();
    assert_eq!(
        of_sessions,
        RsaNoiseCeiling::new(&people, comparator).unwrap()
    );
}

#[test]
fn results_do_not_depend_on_threads() {
    let people = people(9, 11);
    let (first, second) = (random_rdm(9, 1), random_rdm(9, 2));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let models = [&first, &second];
            let found = RsaVariance::default().run(Comparator::Spearman, &models, &people);
            let found = found.unwrap();
            (
                found.against_mean_person(1),
                found.compare(Confidence::default()),
            )
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn what_cannot_be_generalized_from_is_refused() {
    let (model, people) = (random_rdm(8, 1), people(8, 3));
    let one = RdmSet::from(random_rdm(8, 2));
    let run = |over, comparator, people: &RdmSet| {
        RsaVariance::new(over).run(comparator, &[&model], people)
    };
    assert_refused!(
        run(Resample::Both, Comparator::Pearson, &one),
        Argument(ArgumentError::TooFew { .. })
    );
    let found = run(Resample::Stimuli, Comparator::Pearson, &one).unwrap();
    assert!(found.ceiling().is_none() && found.relative(0).is_none());
    assert!(found.per_person(0).standard_error.unwrap() > 0.0);
    assert_eq!(found.caution().unwrap().n_stimuli, Some(8));
    assert_refused!(
        run(Resample::Stimuli, Comparator::WhitenedCosine, &people),
        Argument(ArgumentError::InvalidParameter { .. })
    );
    let constant = Rdm::new(Stimuli::numbered(8), vec![1.0; 28]).unwrap();
    let constant = RsaVariance::default().run(Comparator::Pearson, &[&constant], &people);
    assert_refused!(constant, Rdm(crate::error::RdmError::Constant { .. }));
}
