//! What can't be scored is refused with an error that names it.

use human_alignment::error::{ArgumentError, FeatureError, JudgmentError, TrialProblem};
use human_alignment::inference::{Confidence, ObjectBootstrap};
use human_alignment::metric::odd_one_out::Tally;
use human_alignment::{
    AlignmentMetric, Anchored, AnchoredTask, Error, OddOneOut, OddOneOutTask, Representation,
    Similarity, Stimuli, ZeroShotOddOneOut,
};
use ndarray::{Array2, array};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::refusals::{assert_kind, assert_refused};

fn animals() -> Stimuli {
    Stimuli::new(["cat", "dog", "cow", "pig", "hen"]).unwrap()
}

fn features_of(stimuli: Stimuli) -> Representation {
    let features = Array2::from_shape_fn((stimuli.len(), 3), |(row, column)| {
        ((row + 1) * (column + 2) % 7) as f32 + 0.5
    });
    Representation::new(stimuli, features).unwrap()
}

fn trials_of(stimuli: Stimuli) -> OddOneOut {
    OddOneOut::new(stimuli, vec![[0, 1, 2], [1, 2, 3], [3, 2, 0]]).unwrap()
}

/// Every way of asking refuses alike; the error of one of them.
fn refused(metric: ZeroShotOddOneOut, features: &Representation, trials: &OddOneOut) -> Error {
    let error = metric.score(features, trials).unwrap_err();
    let message = error.report().to_string();
    for other in [
        metric.count(features, trials).map(drop),
        metric.outcomes(features, trials).map(drop),
        metric.choices(features, trials).map(drop),
        metric.probabilities(features, trials).map(drop),
        metric.entropies(features, trials).map(drop),
    ] {
        assert_eq!(other.unwrap_err().report().to_string(), message);
    }
    error
}

#[test]
fn a_trial_beyond_the_stimuli_is_numbered() {
    let error = OddOneOut::new(animals(), vec![[0, 1, 2], [4, 1, 5], [9, 9, 9]]).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "trial 1: index 5 is out of range: there are 5 stimuli (if indices count from 1, set this: `with_counting`, `--count-from 1`)"
    );
    assert_kind!(
        error,
        Judgment(JudgmentError::InvalidTrial {
            trial: 1,
            problem: TrialProblem::OutOfRange {
                index: 5,
                n_stimuli: 5
            },
            ..
        })
    );
    let error = Anchored::new(animals(), vec![[u32::MAX, 1, 2]]).unwrap_err();
    assert!(
        error
            .report()
            .to_string()
            .contains("trial 0: index 4294967295")
    );
}

#[test]
fn a_trial_with_a_stimulus_twice_is_numbered() {
    for (trial, index) in [
        ([3, 3, 1], 3),
        ([1, 4, 1], 1),
        ([0, 2, 2], 2),
        ([2, 2, 2], 2),
    ] {
        let trials = vec![[0, 1, 2], [2, 3, 4], trial];
        let message = format!(
            "trial 2: stimulus {index} occurs twice; trials with repeated stimuli can be dropped (`TripletSource::without_repeats`, `--drop-repeated`)"
        );
        let error = OddOneOut::new(animals(), trials.clone()).unwrap_err();
        assert_eq!(error.report().to_string(), message);
        let error = Anchored::new(animals(), trials).unwrap_err();
        assert_eq!(error.report().to_string(), message);
    }
}

#[test]
fn no_trials_are_no_answer() {
    assert_refused!(
        OddOneOut::new(animals(), vec![]),
        Judgment(JudgmentError::NoTrials)
    );
    assert_refused!(
        trials_of(animals()).select(&[]),
        Judgment(JudgmentError::NoTrials)
    );
    let metric = ZeroShotOddOneOut::default();
    let none = std::iter::empty::<human_alignment::Result<OddOneOut>>();
    let tally = metric
        .tally(&features_of(animals()), &animals(), none)
        .unwrap();
    assert_refused!(tally.score(), Judgment(JudgmentError::NoTrials));
    // No stimuli are no trouble either.
    let nothing = Stimuli::numbered(0);
    let empty = Representation::new(nothing.clone(), Array2::<f32>::zeros((0, 3))).unwrap();
    let none: [human_alignment::Result<OddOneOut>; 0] = [];
    let tally = ZeroShotOddOneOut::default()
        .tally(&empty, &nothing, none)
        .unwrap();
    assert_refused!(tally.score(), Judgment(JudgmentError::NoTrials));
}

#[test]
fn stimuli_without_a_row_are_named() {
    let metric = ZeroShotOddOneOut::default();
    let trials = trials_of(animals());

    let foreign = features_of(Stimuli::numbered(5));
    let error = refused(metric, &foreign, &trials);
    assert_eq!(
        error.report().to_string(),
        "4 of 4 stimuli are missing (no id is common to both: are these ids of the same stimuli?): \
         \"cat\", \"dog\", \"cow\", \"pig\"; the other side has ids such as \"0\""
    );

    let some = features_of(Stimuli::new(["pig", "cat", "hen"]).unwrap());
    let error = refused(metric, &some, &trials);
    assert_eq!(
        error.report().to_string(),
        "2 of 4 stimuli are missing: \"dog\", \"cow\"; the other side has ids such as \"hen\""
    );

    // A tally needs every stimulus, whatever trials will show.
    let without_hen = features_of(Stimuli::new(["cat", "dog", "cow", "pig"]).unwrap());
    let error = metric
        .tally(&without_hen, &animals(), [Ok(trials.clone())])
        .unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "1 of 5 stimuli are missing: \"hen\""
    );
    metric.score(&without_hen, &trials).unwrap();

    // Many are counted, a few are named.
    let many = OddOneOut::new(
        Stimuli::numbered(30),
        (0..10).map(|i| [3 * i, 3 * i + 1, 3 * i + 2]).collect(),
    );
    let message = refused(metric, &foreign, &many.unwrap()).to_string();
    assert!(message.starts_with("25 of 30 stimuli are missing: \"5\", \"6\","));
    assert!(message.ends_with("\"12\", …"), "{message}");
}

#[test]
fn more_stimuli_than_needed_change_nothing() {
    let trials = trials_of(animals());
    let metric = ZeroShotOddOneOut::default();
    let own = features_of(animals());
    let ids = ["emu", "pig", "yak", "hen", "cow", "dog", "cat", "eel"];
    let more = Stimuli::new(ids).unwrap();
    let features = Array2::from_shape_fn((8, 3), |(row, column)| {
        own.row(ids[row])
            .map_or(f32::MAX, |row| row.to_f32()[column])
    });
    let more = Representation::new(more, features).unwrap();
    assert_eq!(
        metric.score(&more, &trials).unwrap(),
        metric.score(&own, &trials).unwrap()
    );
}

#[test]
fn an_id_that_stands_twice_is_named() {
    let error = Stimuli::new(["cat", "dog", "cow", "dog"]).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "duplicate stimulus \"dog\", at 1 and 3: keep one of them, or give each an id of its own"
    );
    let error = Stimuli::new(["cat", "", "cow"]).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "the stimulus at 1 has an empty id; give it an id, or remove it"
    );
}

#[test]
fn rows_without_a_similarity_are_named_where_they_are_shown() {
    // A zero vector, and a row whose features are all equal.
    let features = array![
        [1.0, 2.0, 3.0],
        [0.0, -0.0, 0.0],
        [2.0, 1.0, 3.0],
        [0.1, 0.1, 0.1],
        [3.0, 0.0, 1.0],
    ];
    let features = Representation::new(animals(), features).unwrap();
    let shows = |trial| OddOneOut::new(animals(), vec![[0, 2, 4], trial]).unwrap();
    let cosine = ZeroShotOddOneOut::new(Similarity::Cosine);
    let pearson = ZeroShotOddOneOut::new(Similarity::Pearson);

    let error = refused(cosine, &features, &shows([0, 2, 1]));
    assert_kind!(error, Feature(FeatureError::ZeroVector { stimulus, .. }) if stimulus == "dog");
    assert!(
        error
            .report()
            .to_string()
            .contains("\"dog\" is a zero vector")
    );
    cosine.score(&features, &shows([0, 2, 3])).unwrap();

    for (trial, name) in [([0, 2, 1], "dog"), ([0, 2, 3], "pig")] {
        let error = refused(pearson, &features, &shows(trial));
        assert_kind!(
            error,
            Feature(FeatureError::ConstantRow { stimulus, .. })
                if stimulus == name
        );
        let message = format!("the features of stimulus \"{name}\" are all equal");
        assert!(error.report().to_string().contains(&message));
    }
    pearson.score(&features, &shows([4, 2, 0])).unwrap();
    for similarity in [
        Similarity::Dot,
        Similarity::NegativeEuclidean,
        Similarity::NegativeSquaredEuclidean,
    ] {
        let metric = ZeroShotOddOneOut::new(similarity);
        metric.score(&features, &shows([3, 2, 1])).unwrap();
    }
}

#[test]
fn features_that_are_no_numbers_are_located() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut features = Array2::from_elem((5, 3), 1.0);
        features[[3, 2]] = value;
        let error = Representation::new(animals(), features).unwrap_err();
        let place = "row 3 (\"pig\"), column 2: ";
        assert!(error.report().to_string().starts_with(place), "{error}");
    }
}

#[test]
fn parameters_outside_their_range_are_refused() {
    for temperature in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310] {
        let error = ZeroShotOddOneOut::default()
            .with_temperature(temperature)
            .unwrap_err();
        assert_eq!(
            error.report().to_string(),
            format!(
                "temperature must be positive and finite, with a finite inverse (5.6e-309 to 1.8e308), not {temperature:?}"
            )
        );
    }
    for n_replicates in [0, 1, 1_000_001, usize::MAX] {
        let error = ObjectBootstrap::new(n_replicates, 1).unwrap_err();
        assert_eq!(
            error.report().to_string(),
            format!("number of replicates must be from 2 to 1000000, not {n_replicates}")
        );
    }
    for level in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
        let error = Confidence::new(level).unwrap_err();
        assert!(
            error
                .report()
                .to_string()
                .ends_with(&format!("not {level}"))
        );
    }
}

/// A tally of the trials of [`trials_of`], of two participants.
fn tally() -> Tally {
    let metric = ZeroShotOddOneOut::default();
    let trials = trials_of(animals());
    let trials = trials.with_participants(["Ann", "Bob", "Ann"]).unwrap();
    metric
        .tally(&features_of(animals()), &animals(), [Ok(trials)])
        .unwrap()
}

fn empty_tally<T: human_alignment::Task>(metric: ZeroShotOddOneOut, stimuli: &Stimuli) -> Tally {
    let none: [human_alignment::Result<human_alignment::Trials<T>>; 0] = [];
    metric
        .tally(&features_of(stimuli.clone()), stimuli, none)
        .unwrap()
}

#[test]
fn tallies_of_different_things_do_not_merge() {
    let metric = ZeroShotOddOneOut::default();
    let refused = |other: Tally| {
        let mut own = tally();
        let error = own.merge(other).unwrap_err();
        assert_kind!(error, Argument(ArgumentError::Incompatible { .. }));
        assert_eq!(own, tally());
        error.report().to_string()
    };

    let reordered = Stimuli::new(["dog", "cat", "cow", "pig", "hen"]).unwrap();
    let message = refused(empty_tally::<OddOneOutTask>(metric, &reordered));
    assert!(message.contains("the set of stimuli differs"));
    assert!(message.contains(&reordered.fingerprint()));
    assert!(message.contains(&animals().fingerprint()));

    let message = refused(empty_tally::<AnchoredTask>(metric, &animals()));
    assert_eq!(
        message,
        "cannot merge: the task differs (odd-one-out and anchored)"
    );

    for other in [
        ZeroShotOddOneOut::new(Similarity::Dot),
        metric.with_temperature(0.5).unwrap(),
        metric.with_confidence(Confidence::new(0.9).unwrap()),
    ] {
        let message = refused(empty_tally::<OddOneOutTask>(other, &animals()));
        assert!(message.contains("the metric differs"));
    }

    // Trials of another model.
    let features = Array2::from_shape_fn((5, 3), |(row, column)| (row * column) as f32 + 0.25);
    let other = Representation::new(animals(), features).unwrap();
    let message = refused(
        metric
            .tally(&other, &animals(), [Ok(trials_of(animals()))])
            .unwrap(),
    );
    assert!(message.contains("the set of features differs"), "{message}");

    let features = features_of(animals());
    let unnamed = metric.tally(&features, &animals(), [Ok(trials_of(animals()))]);
    assert_eq!(
        refused(unnamed.unwrap()),
        "cannot merge: whether participants are named differs (named and not named)"
    );
    let named = trials_of(animals()).with_participants(["Ann", "Bob", "Ann"]);
    let chunks = [Ok(trials_of(animals())), named];
    assert_refused!(
        metric.tally(&features, &animals(), chunks),
        Argument(ArgumentError::Incompatible { .. })
    );

    // Chunks over other stimuli are refused as well, and the first error of the chunks is passed on.
    let chunks = [Ok(trials_of(reordered))];
    assert_refused!(
        metric.tally(&features, &animals(), chunks),
        Argument(ArgumentError::Incompatible { .. })
    );
    // So is one over more stimuli, whose indices the similarities of these do not have.
    let more = OddOneOut::new(Stimuli::numbered(9), vec![[6, 7, 8]]);
    assert_refused!(
        metric.tally(&features, &animals(), [more]),
        Argument(ArgumentError::Incompatible { .. })
    );
    let chunks = [
        Ok(trials_of(animals())),
        Err(JudgmentError::NoTrials.into()),
    ];
    assert_refused!(
        metric.tally(&features, &animals(), chunks),
        Judgment(JudgmentError::NoTrials)
    );
}

/// Every number in a JSON value, and every number in a string.
fn numbers<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| numbers(item, found)),
        Value::Object(fields) => fields.values_mut().for_each(|field| numbers(field, found)),
        Value::Number(_) => found.push(value),
        Value::String(text) if text.parse::<i128>().is_ok() => found.push(value),
        _ => {}
    }
}

fn damage() -> impl Strategy<Value = Value> {
    let whole = prop_oneof![
        -3i64..10,
        Just(i64::from(i32::MAX)),
        Just(i64::from(i32::MIN)),
        Just(i64::MAX),
        Just(i64::MIN),
        any::<i64>(),
    ];
    prop_oneof![
        4 => whole.clone().prop_map(|number| json!(number)),
        1 => whole.prop_map(|number| json!(number.to_string())),
        1 => any::<i128>().prop_map(|number| json!(number.to_string())),
        1 => Just(json!(u64::MAX)),
        1 => Just(json!(0.5)),
        1 => Just(json!(1e300)),
        1 => Just(Value::Null),
        1 => Just(json!([])),
        1 => Just(json!("x")),
    ]
}

/// Whatever a damaged tally is read as must score and merge without a panic.
fn survives(damaged: Value) {
    if let Ok(read) = serde_json::from_value::<Tally>(damaged) {
        let _ = read.score();
        let mut own = tally();
        if own.merge(read.clone()).is_ok() {
            let _ = own.score();
        }
        let mut twice = read.clone();
        if twice.merge(read).is_ok() {
            let _ = twice.score();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_tally_is_refused_or_harmless(
        changes in prop::collection::vec((any::<prop::sample::Index>(), damage()), 1..4),
    ) {
        let mut value = serde_json::to_value(tally()).unwrap();
        let mut found = Vec::new();
        numbers(&mut value, &mut found);
        for (place, damage) in changes {
            let place = place.index(found.len());
            *found[place] = damage;
        }
        survives(value);
    }
}

#[test]
fn a_tally_whose_sums_contradict_each_other_is_refused() {
    let sound = serde_json::to_value(tally()).unwrap();
    assert_eq!(
        serde_json::from_value::<Tally>(sound.clone()).unwrap(),
        tally()
    );
    for (pointer, value) in [
        ("/task", json!("two-alternative")),
        ("/counts/n_trials", json!(4)),
        ("/counts/n_trials", json!(u64::MAX)),
        ("/counts/n_correct", json!(4)),
        ("/counts/n_sixths", json!(6)),
        ("/counts/n_ties", json!(4)),
        ("/counts/n_sixths", json!(19)),
        ("/objects", json!([])),
        ("/objects/0/1", json!(-1)),
        ("/objects/0/1", json!(100)),
        ("/objects/0/0", json!(100)),
        ("/pair_sums/Exact/0/1/1", json!(7)),
        ("/triple_sums/Exact/0/1/0", json!(7)),
        ("/participants/participants/Exact/0/1/1", json!(3)),
        ("/participants/objects/Exact/0/1/0", json!(7)),
        ("/participants/pairs/Exact", json!([])),
        ("/participants/triples/Exact/0/1/1", json!(2)),
        ("/losses/cross_entropy", json!("many")),
        ("/losses/cross_entropy", json!("-1")),
        ("/metric/temperature", json!(0.0)),
        ("/metric/temperature", json!(-1.0)),
        ("/metric/confidence", json!(1.0)),
        ("/metric/probability_floor", json!(1.0)),
        ("/metric/bootstrap", json!({"n_replicates": 0, "seed": 1})),
        (
            "/metric/bootstrap",
            json!({"n_replicates": 4_000_000_000_000u64, "seed": 1}),
        ),
    ] {
        let mut damaged = sound.clone();
        *damaged.pointer_mut(pointer).unwrap() = value.clone();
        let error = serde_json::from_value::<Tally>(damaged).unwrap_err();
        assert!(!error.to_string().is_empty(), "{pointer}: {value}");
    }
}
