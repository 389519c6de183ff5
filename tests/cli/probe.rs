//! The example `probe` as people run it.

use std::path::Path;

use human_alignment::dataset::SimulatedObserver;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::probe::PenaltyKind;
use human_alignment::{FileSource, LinearTransform, OddOneOut, Probe, Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::{example, json_of, refused};

/// Features in an .npy file, and the trials of an observer who sees them in a .txt file.
fn write_simulated(folder: &Path) -> (String, String, OddOneOut) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let features = Array2::from_shape_simple_fn((24, 5), || rng.random_range(-2.0..2.0f32));
    let features = Representation::new(Stimuli::numbered(24), features).unwrap();
    let people = SimulatedObserver::new(features.clone()).unwrap();
    let trials = people.odd_one_out(3000, 3).unwrap().into_judgments();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (of_features, of_trials) = (path("features.npy"), path("trials.txt"));
    features.write_npy(&of_features).unwrap();
    let lines = trials
        .as_slice()
        .iter()
        .map(|[a, b, c]| format!("{a} {b} {c}\n"));
    std::fs::write(&of_trials, lines.collect::<String>()).unwrap();
    (of_features, of_trials, trials)
}

#[test]
fn prints_saves_and_proves() {
    for &penalty in PenaltyKind::ALL {
        check_report(penalty);
    }
}

fn check_report(penalty: PenaltyKind) {
    let folder = tempfile::tempdir().unwrap();
    let (features, triplets, trials) = write_simulated(folder.path());
    let saved = folder.path().join("transform.npz");
    let arguments = [
        "--features",
        &features,
        "--triplets",
        &triplets,
        "--lambda",
        "0.01",
        "--penalty",
        penalty.name(),
    ];
    let mut all = arguments.to_vec();
    all.extend(["--json", "--folds", "3", "--save", saved.to_str().unwrap()]);
    let report = json_of("probe", &all);
    let number = |key: &str| report[key].as_f64().unwrap();
    assert_eq!(report["certified"], true);
    assert!(number("duality_gap") <= 1e-7);
    assert!((number("objective") - number("lower_bound") - number("duality_gap")).abs() < 1e-12);
    assert_eq!(report["penalty"], penalty.name());
    match penalty {
        PenaltyKind::Trace => {
            let objective = number("loss") + 0.01 * number("trace");
            assert!((objective - number("objective")).abs() < 1e-12);
            assert_eq!(number("identity_scale"), 0.0);
        }
        _ => {
            assert!(number("objective") > number("loss"));
            assert!(number("identity_scale") > 0.0);
        }
    }
    assert!(number("seconds") > 0.0 && number("gradients") > 0.0);
    let folds = report["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 3);
    let tested: u64 = folds
        .iter()
        .map(|fold| fold["n_test_trials"].as_u64().unwrap())
        .sum();
    assert_eq!(tested + report["untested"].as_u64().unwrap(), 3000);
    assert_eq!(report["pooled"]["n_trials"].as_u64(), Some(tested));

    // What was saved has the objective that was printed.
    let transform = LinearTransform::read(&saved).unwrap();
    let features = FileSource::open(&features).unwrap().read().unwrap();
    let choices = ChoiceFrequencies::from_trials(&trials);
    let bound = Probe::new(0.01)
        .unwrap()
        .with_penalty_kind(penalty)
        .bound(&transform, &features, &choices)
        .unwrap();
    assert!((bound.objective - number("objective")).abs() < 1e-12);
    assert_eq!(
        transform.training().unwrap().objective(),
        Some(number("objective"))
    );

    let table = example("probe", &all[..8]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("no transform is below"), "{table}");
}

#[test]
fn the_penalty_is_chosen_on_held_out_trials() {
    let folder = tempfile::tempdir().unwrap();
    let (features, triplets, _) = write_simulated(folder.path());
    let arguments = ["--features", &features, "--triplets", &triplets, "--json"];
    let mut all = arguments.to_vec();
    all.extend(["--lambda", "0.001,10,0.01", "--penalty", "trace"]);
    let report = json_of("probe", &all);
    let candidates = report["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 3);
    let best = candidates.iter().min_by(|a, b| {
        let cost = |candidate: &serde_json::Value| candidate["cross_entropy"].as_f64().unwrap();
        cost(a).total_cmp(&cost(b))
    });
    assert_eq!(report["lambda"], best.unwrap()["penalty"]);
    assert_ne!(report["lambda"], 10.0);
    assert!(report["folds"].is_null());
}

#[test]
fn what_is_not_proved_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let (features, triplets, _) = write_simulated(folder.path());
    let hurried = [
        "--features",
        &features,
        "--triplets",
        &triplets,
        "--lambda",
        "0.001",
    ];
    let mut hurried = hurried.to_vec();
    hurried.extend(["--max-gradients", "3", "--json"]);
    let output = example("probe", &hurried);
    assert_eq!(output.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["certified"], &report["outcome"]),
        (&false.into(), &"out-of-gradients".into())
    );
    assert!(report["duality_gap"].as_f64().unwrap() > 1e-7);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1);
    assert!(
        message.starts_with("error: the fit is not proved to be within the tolerance"),
        "{message}"
    );
}

#[test]
fn reference_optima_of_real_people() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = |name: &str| {
        shared
            .join("data/zappos")
            .join(name)
            .to_str()
            .unwrap()
            .to_owned()
    };
    let features = path("alexnet_fc_features.npy");
    let goldens = std::fs::read_to_string(shared.join("goldens/probe.json")).unwrap();
    let goldens: serde_json::Value = serde_json::from_str(&goldens).unwrap();
    for (flag, file, name) in [
        (
            "--triplets",
            "odd_one_out_derived.npy",
            "zappos/odd_one_out_derived/0.1",
        ),
        ("--anchored", "anchored_triplets.npy", "zappos/anchored/0.1"),
    ] {
        let trials = path(file);
        let arguments = [
            "--features",
            &features,
            flag,
            &trials,
            "--lambda",
            "0.1",
            "--penalty",
            "trace",
            "--json",
        ];
        let report = json_of("probe", &arguments);
        let difference = |key: &str| {
            (report[key].as_f64().unwrap() - goldens[name][key].as_f64().unwrap()).abs()
        };
        assert!(report["duality_gap"].as_f64().unwrap() <= 1e-7);
        assert!(difference("objective") <= 2e-7);
        assert!(difference("trace") <= 1e-3 * report["trace"].as_f64().unwrap());
    }
}

#[test]
fn bad_input_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (features, triplets, _) = write_simulated(folder.path());
    let refuse = |more: &[&str]| {
        let mut all = vec!["--features", &features, "--triplets", &triplets];
        all.extend(more);
        refused("probe", &all)
    };
    assert!(refuse(&["--lambda", "0"]).contains("penalty must be positive"));
    assert!(refuse(&["--lambda", "nan"]).contains("penalty"));
    assert!(refuse(&["--lambda", "0.1", "--rank", "0"]).contains("rank must be at least 1"));
    assert!(refuse(&["--lambda", "0.1", "--folds", "1"]).contains("folds"));
    assert!(refuse(&["--lambda", "0.1", "--folds", "25"]).contains("folds"));
    assert!(refuse(&["--lambda", "0.1", "--temperature", "-1"]).contains("temperature"));
    assert!(refuse(&["--lambda", "0.1", "--tolerance", "0"]).contains("tolerance"));
    assert!(refuse(&["--lambda", "0.1", "--save", "transform.txt"]).contains("transform.txt"));
    assert!(refuse(&[]).contains("--lambda"));
    let beyond = folder.path().join("beyond.txt");
    std::fs::write(&beyond, "0 1 2\n0 1 24\n").unwrap();
    let beyond = beyond.to_str().unwrap();
    let arguments = [
        "--features",
        &features,
        "--triplets",
        beyond,
        "--lambda",
        "0.1",
    ];
    let message = refused("probe", &arguments);
    assert!(
        message.contains("beyond.txt") && message.contains("trial 1"),
        "{message}"
    );
    // Three folds of eight objects: one question leaves folds without trials.
    let few = folder.path().join("few.txt");
    std::fs::write(&few, "0 1 2\n").unwrap();
    let few = few.to_str().unwrap();
    let arguments = [
        "--features",
        &features,
        "--triplets",
        few,
        "--lambda",
        "0.1",
        "--folds",
        "3",
    ];
    assert!(refused("probe", &arguments).contains("fold"));
}
