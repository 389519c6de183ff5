//! Zero-shot odd-one-out on real data, against reference numbers.
//!
//! The numbers in `zero_shot.json` were computed with numpy in double precision, from every
//! similarity of every trial, without this crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use approx::assert_relative_eq;
use human_alignment::inference::Credit;
use human_alignment::judgment::Task;
use human_alignment::metric::odd_one_out::{Counts, OddOneOutScore};
use human_alignment::{
    AlignmentMetric, Anchored, AnchoredTask, FileSource, OddOneOut, OddOneOutTask, Precision,
    Representation, Similarity, Stimuli, Trials, ZeroShotOddOneOut,
};
use serde::Deserialize;

use crate::common;

/// One entry of `zero_shot.json`. Anchored entries hold counts only.
#[derive(Deserialize)]
struct Reference {
    n: u64,
    correct: u64,
    ties: u64,
    accuracy: f64,
    cross_entropy_nats: Option<f64>,
    mean_entropy_nats: Option<f64>,
    /// The pairs that the representation chooses in the first trials.
    first_choices: Option<Vec<u8>>,
    /// The probabilities of the three pairs in the first trials.
    first_probabilities: Option<Vec<[f64; 3]>>,
}

/// The real data, each file read when it is asked for.
struct RealData {
    folder: PathBuf,
}

impl RealData {
    fn find() -> Option<Self> {
        common::shared().map(|folder| Self { folder })
    }

    fn references(&self) -> BTreeMap<String, Reference> {
        let text = fs::read_to_string(self.folder.join("goldens/zero_shot.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Features of numbered stimuli, by the name that references give them.
    fn representation(&self, name: &str) -> Representation {
        let file = match name {
            "vice" => "data/things/vice_embedding.npy",
            "spose66" => "data/things/spose_embedding66d_rescaled.csv",
            "features_a" => "goldens/things_features_a.npy",
            "features_b" => "goldens/things_features_b.npy",
            "zappos_alexnet" => "data/zappos/alexnet_fc_features.npy",
            _ => panic!("no features are called {name}"),
        };
        let n = if name == "zappos_alexnet" { 85 } else { 1854 };
        let mut source = FileSource::open(self.folder.join(file))
            .unwrap()
            .with_ids(Stimuli::numbered(n));
        if name == "spose66" {
            // The ids of this file are those of images, not of the objects that trials show.
            for column in ["", "image_name"] {
                source = source.with_ignored_column(column).unwrap();
            }
        }
        let representation = source.read().unwrap();
        if name != "spose66" {
            return representation;
        }
        // The references have read this text as `f32`: in `f64` their cross-entropy differs by 2.4e-9.
        let rounded = representation.features().to_f32();
        Representation::new(representation.stimuli().clone(), rounded).unwrap()
    }

    /// Trials over numbered stimuli, by the name that references give them.
    fn trials<T: Task>(&self, name: &str) -> Trials<T> {
        let (file, n) = match name {
            "humans_2171" => ("data/things/2171trials_humans.txt", 1854),
            "simulated_200k" => ("goldens/things_triplets_simulated.npy", 1854),
            "odd_one_out_derived" => ("data/zappos/odd_one_out_derived.npy", 85),
            "anchored" => ("data/zappos/anchored_triplets.npy", 85),
            _ => panic!("no trials are called {name}"),
        };
        let bytes = fs::read(self.folder.join(file)).unwrap();
        let indices: Vec<u32> = match name {
            "humans_2171" => {
                let text = String::from_utf8(bytes).unwrap();
                let numbers = text.split_whitespace();
                numbers.map(|number| number.parse().unwrap()).collect()
            }
            "simulated_200k" => elements::<u16>(&bytes),
            _ => elements::<u8>(&bytes),
        };
        let (trials, rest) = indices.as_chunks::<3>();
        assert!(rest.is_empty());
        Trials::new(Stimuli::numbered(n), trials.to_vec()).unwrap()
    }
}

fn elements<E: npyz::Deserialize + Into<u32>>(npy: &[u8]) -> Vec<u32> {
    let elements: Vec<E> = npyz::NpyFile::new(npy).unwrap().into_vec().unwrap();
    elements.into_iter().map(Into::into).collect()
}

/// Every similarity of features and trials that has a reference; `check` is called with the name of
/// the entry, its similarity, its features and its numbers.
fn for_each_reference<T: Task>(
    data: &RealData,
    trials: &str,
    check: impl Fn(&str, Similarity, &Representation, &Trials<T>, &Reference),
) {
    let judged = data.trials::<T>(trials);
    let mut features: Option<(String, Representation)> = None;
    let mut n_checked = 0;
    for (entry, reference) in data.references() {
        let [of, over, similarity] = entry.split('/').collect::<Vec<_>>()[..] else {
            panic!("{entry} has not three parts");
        };
        if over != trials {
            continue;
        }
        if features.as_ref().is_none_or(|(name, _)| name != of) {
            features = Some((of.to_owned(), data.representation(of)));
        }
        let (_, representation) = features.as_ref().unwrap();
        let similarity = similarity.replace('_', "-").parse().unwrap();
        check(&entry, similarity, representation, &judged, &reference);
        n_checked += 1;
    }
    // Four sets of features of THINGS with five similarities, one of shoes with four.
    let n_expected = if judged.stimuli().len() == 1854 {
        20
    } else {
        4
    };
    assert_eq!(n_checked, n_expected, "{trials}");
}

fn relative(found: f64, expected: f64) -> f64 {
    ((found - expected) / expected).abs()
}

/// What has to equal the reference in double precision.
fn agrees_in_double<T: Task>(trials: &str) {
    let Some(data) = RealData::find() else { return };
    for_each_reference::<T>(
        &data,
        trials,
        |entry, similarity, features, trials, reference| {
            let metric = ZeroShotOddOneOut::new(similarity);
            let score = metric.score(features, trials).unwrap();
            assert_eq!(score.n_trials, reference.n, "{entry}");
            assert_eq!(score.n_correct, reference.correct, "{entry}");
            assert_eq!(score.n_ties, reference.ties, "{entry}");
            assert_relative_eq!(score.accuracy, reference.accuracy, max_relative = 1e-12);
            assert!(score.interval.contains(score.accuracy));
            assert!(score.standard_error.unwrap() > 0.0);
            let counts = metric.count(features, trials).unwrap();
            assert_eq!(
                (counts.n_correct, counts.n_ties),
                (reference.correct, reference.ties)
            );

            check_losses(entry, reference, &score, 1e-10);
            assert_eq!(reference.first_choices.is_some(), T::N_PAIRS == 3);
            if let Some(expected) = &reference.first_choices {
                assert_eq!(expected.len(), 20);
                let found = metric.choices(features, trials).unwrap();
                for (&found, &expected) in found.iter().zip(expected) {
                    assert_eq!(found, Some(expected), "{entry}");
                }
            }
            assert_eq!(reference.first_probabilities.is_some(), T::N_PAIRS == 3);
            if let Some(expected) = &reference.first_probabilities {
                assert_eq!(expected.len(), 3);
                let found = metric.probabilities(features, trials).unwrap();
                for (found, expected) in found.rows().into_iter().zip(expected) {
                    for (found, expected) in found.iter().zip(expected) {
                        assert_relative_eq!(found, expected, epsilon = 1e-6, max_relative = 0.0);
                    }
                }
            }
        },
    );
}

/// Checks cross-entropy against the reference to 1e-5 and entropy to `entropy_tolerance`. Like the
/// crate, the reference takes no probability for less than 1e-300.
fn check_losses(
    entry: &str,
    reference: &Reference,
    score: &OddOneOutScore,
    entropy_tolerance: f64,
) {
    let (Some(cross_entropy), Some(entropy)) =
        (reference.cross_entropy_nats, reference.mean_entropy_nats)
    else {
        return;
    };
    assert_relative_eq!(score.cross_entropy, cross_entropy, max_relative = 1e-5);
    assert_relative_eq!(
        score.mean_entropy,
        entropy,
        max_relative = entropy_tolerance
    );
    println!(
        "{entry}: off by {:.0e} (cross-entropy), {:.0e} (entropy)",
        relative(score.cross_entropy, cross_entropy),
        relative(score.mean_entropy, entropy)
    );
}

#[test]
fn people_on_things() {
    agrees_in_double::<OddOneOutTask>("humans_2171");
}

#[test]
fn a_simulated_observer_on_things() {
    agrees_in_double::<OddOneOutTask>("simulated_200k");
}

#[test]
fn people_on_shoes() {
    agrees_in_double::<OddOneOutTask>("odd_one_out_derived");
}

#[test]
fn people_on_shoes_anchored() {
    agrees_in_double::<AnchoredTask>("anchored");
}

fn agrees_in_single<T: Task>(trials: &str) {
    let Some(data) = RealData::find() else { return };
    for_each_reference::<T>(
        &data,
        trials,
        |entry, similarity, features, trials, reference| {
            let metric = ZeroShotOddOneOut::new(similarity).with_precision(Precision::Single);
            let score = metric.score(features, trials).unwrap();
            let changed = score.n_correct.abs_diff(reference.correct);
            assert!(changed <= 3, "{entry}");
            assert!(score.n_ties.abs_diff(reference.ties) <= 3, "{entry}");
            // Where logits are in the thousands, their rounding to f32 shows in the few trials
            // that are not certain, which make up all of the entropy.
            check_losses(entry, reference, &score, 1e-4);
        },
    );
}

#[test]
fn single_precision_changes_next_to_nothing() {
    for trials in ["humans_2171", "simulated_200k", "odd_one_out_derived"] {
        agrees_in_single::<OddOneOutTask>(trials);
    }
    agrees_in_single::<AnchoredTask>("anchored");
}

/// A thousand trials are computed pair by pair, all of them from one matrix of all pairs.
#[test]
fn few_trials_earn_what_they_earn_among_many() {
    let Some(data) = RealData::find() else { return };
    let all: OddOneOut = data.trials("simulated_200k");
    let first: Vec<usize> = (0..1_000).collect();
    let few = all.select(&first).unwrap();
    for name in ["vice", "features_b"] {
        let features = data.representation(name);
        for &similarity in Similarity::ALL {
            let metric = ZeroShotOddOneOut::new(similarity);
            let among_many = metric.outcomes(&features, &all).unwrap();
            let alone = metric.outcomes(&features, &few).unwrap();
            assert_eq!(
                alone.credits(),
                &among_many.credits()[..1_000],
                "{name} {similarity}"
            );
        }
    }
}

/// Logits in the hundreds, of which no reference with a floor can tell: the definition, trial by
/// trial, in double precision.
#[test]
fn cross_entropy_without_a_floor_is_the_definition() {
    let Some(data) = RealData::find() else { return };
    let trials: OddOneOut = data.trials("humans_2171");
    for name in ["spose66", "features_a"] {
        let features = data.representation(name);
        let row = |index: u32| features.features().row(index as usize).to_f64();
        let mut expected = 0.0;
        for trial in trials.as_slice() {
            let [a, b, odd] = trial.map(row);
            let [chosen, left, right] = [a.dot(&b), a.dot(&odd), b.dot(&odd)];
            let largest = chosen.max(left).max(right);
            let sum: f64 = [chosen, left, right]
                .map(|logit| (logit - largest).exp())
                .iter()
                .sum();
            expected += sum.ln() + largest - chosen;
        }
        expected /= trials.len() as f64;
        let metric = ZeroShotOddOneOut::new(Similarity::Dot)
            .with_probability_floor(0.0)
            .unwrap();
        let score = metric.score(&features, &trials).unwrap();
        assert_relative_eq!(score.cross_entropy, expected, max_relative = 1e-10);
    }
}

fn percent(counts: Counts) -> f64 {
    100.0 * counts.accuracy()
}

/// numpy: 1,433 of 2,171.
#[test]
fn vice_agrees_with_people_in_66_01_percent_of_trials() {
    let Some(data) = RealData::find() else { return };
    let trials: OddOneOut = data.trials("humans_2171");
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let counts = metric.count(&data.representation("vice"), &trials).unwrap();
    assert_relative_eq!(percent(counts), 66.01, epsilon = 0.005, max_relative = 0.0);
}

/// numpy: 1,424 of 2,171.
#[test]
fn spose_agrees_with_people_in_65_59_percent_of_trials() {
    let Some(data) = RealData::find() else { return };
    let trials: OddOneOut = data.trials("humans_2171");
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let counts = metric
        .count(&data.representation("spose66"), &trials)
        .unwrap();
    assert_relative_eq!(percent(counts), 65.59, epsilon = 0.005, max_relative = 0.0);
}

/// numpy: 53,917 of 83,545 derived and 203,696 of 283,770 anchored trials.
#[test]
fn alexnet_agrees_with_people_about_shoes_in_64_54_and_71_78_percent_of_trials() {
    let Some(data) = RealData::find() else { return };
    let alexnet = data.representation("zappos_alexnet");
    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    let derived: OddOneOut = data.trials("odd_one_out_derived");
    let counts = metric.count(&alexnet, &derived).unwrap();
    assert_relative_eq!(percent(counts), 64.54, epsilon = 0.005, max_relative = 0.0);
    let anchored: Anchored = data.trials("anchored");
    let outcomes = metric.outcomes(&alexnet, &anchored).unwrap();
    assert_relative_eq!(
        percent(outcomes.counts()),
        71.78,
        epsilon = 0.005,
        max_relative = 0.0
    );
    let n_correct = outcomes
        .credits()
        .iter()
        .filter(|&&credit| credit == Credit::FULL);
    assert_eq!(n_correct.count(), 203_696);
}
