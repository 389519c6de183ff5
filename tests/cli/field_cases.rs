//! Files as researchers really have them, through the example programs: the right number, or a refusal that
//! names the remedy.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::common;

/// What a case has to end in.
enum Expected {
    /// This number in this field of the answer.
    Number(&'static str, f64),
    /// The numbers in `expected.json`, whose names are those of fields.
    Numbers,
    /// A refusal whose message contains this.
    Refusal(&'static str),
    /// An answer, and a note on standard error that contains this.
    Note(&'static str),
}
use Expected::{Note, Number, Numbers, Refusal};

/// The cases whose outcome is not just a number of `expected.json`.
const CASES: [(&str, Expected); 24] = [
    // The rows are the people, but the columns may be those of another file.
    ("people_equal_pairs", Refusal("--condensed-rows")),
    ("both_transposed", Refusal("--n-stimuli")),
    ("cblearn_response", Number("trials", 50.0)),
    ("feat_hdf5", Refusal("h5py.File")),
    (
        "feat_headerless_csv_rsa",
        Refusal("has shape [55] (expected for 12 stimuli"),
    ),
    ("ids_latin1_both", Refusal("--encoding windows-1252")),
    (
        "ids_numbered_subset",
        Refusal("12 rows without ids cannot be matched with human.csv: 8 rows without ids"),
    ),
    ("ids_paths_vs_names", Refusal("--match-ids folder")),
    ("ids_unique_id_csv", Number("stimuli", 1854.0)),
    ("nan_people_noflag", Refusal("--missing")),
    ("order_natural_vs_sorted", Note("matched by position")),
    ("probe_headerless", Note("count the rows")),
    ("rdm_long_alignet", Note("--similarities")),
    (
        "rdm_pairs_by_people",
        Number("mean_per_person", 0.6041053473889294),
    ),
    ("rdm_people_rows_csv", Number("people", 3.0)),
    ("rdm_similarity", Refusal("--similarities")),
    ("rdm_two_files", Number("people", 2.0)),
    ("ridge_headerless_both", Number("n_train", 12.0)),
    ("triplets_1based_last_unused", Refusal("--count-from 1")),
    ("two_stimuli", Refusal("too few stimuli: 2")),
    ("x_nested", Number("stimuli", 2.0)),
    ("x_numeric_order", Note("matched by position")),
    ("x_otherformats", Number("stimuli", 4.0)),
    ("collinear_ties", Number("value", 0.1243688435040141)),
];

/// The fields of `expected.json` that are fields of an answer, under the names they have there.
const FIELDS: [(&str, &str); 11] = [
    ("value", "value"),
    ("spearman", "value"),
    ("unbiased", "value"),
    ("correct", "correct"),
    ("ties", "ties"),
    ("n", "trials"),
    ("n_stimuli", "stimuli"),
    ("n_features", "features"),
    ("accuracy", "accuracy"),
    ("stimuli", "stimuli"),
    ("mean_per_person", "mean_per_person"),
];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            // Not as a copy of the permissions: the original can't be written.
            false => std::fs::write(target, std::fs::read(&path).unwrap()).unwrap(),
        }
    }
}

fn run(command: &str, folder: &Path) -> Output {
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("BIN", common::examples())
        .output()
        .unwrap()
}

/// The folders of the cases that are commands.
fn cases(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let is_command = |folder: &PathBuf| {
        std::fs::read_to_string(folder.join("cmd")).is_ok_and(|command| command.contains("$BIN"))
    };
    let mut folders: Vec<PathBuf> = folders.filter(is_command).collect();
    folders.sort();
    folders
}

#[test]
fn every_case_is_right_or_refused_with_a_remedy() {
    let Some(shared) = common::shared() else {
        return;
    };
    let root = shared.join("field_cases");
    let cases = cases(&root);
    assert!(cases.len() > 40);
    for folder in cases {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let copied = tempfile::tempdir().unwrap();
        copy(&folder, copied.path());
        let command = std::fs::read_to_string(folder.join("cmd")).unwrap();
        let output = run(&command, copied.path());
        let message = String::from_utf8(output.stderr).unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        let succeeded = output.status.success();
        assert!(!message.contains("panicked"), "{name}: {message}");
        let answers: Vec<Value> = answer
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let number = |field: &str| answers.last().and_then(|answer| answer[field].as_f64());
        let expected = CASES.iter().find(|(case, _)| *case == name);
        match expected.map_or(&Numbers, |(_, expected)| expected) {
            Refusal(remedy) => {
                assert_eq!(output.status.code(), Some(1), "{name}: {answer}");
                assert!(message.contains(remedy), "{name}: {message}");
            }
            Note(note) => {
                assert!(succeeded, "{name}: {message}");
                assert!(message.contains(note), "{name}: {message}");
            }
            Number(field, value) => {
                let found = number(field).unwrap_or_else(|| panic!("{name}: {answer}{message}"));
                assert!((found - value).abs() < 1e-9, "{name}: {field} is {found}");
            }
            Numbers => {
                assert!(succeeded, "{name}: {message}");
                let text = std::fs::read(folder.join("expected.json")).unwrap();
                let expected: Value = serde_json::from_slice(&text).unwrap();
                let mut n_compared = 0;
                for (wanted, field) in FIELDS {
                    let Some(value) = expected["expected"][wanted].as_f64() else {
                        continue;
                    };
                    let found = number(field);
                    let found = found.unwrap_or_else(|| panic!("{name}: no {field} in {answer}"));
                    assert!(
                        (found - value).abs() < 1e-9,
                        "{name}: {field} is {found}, not {value}"
                    );
                    n_compared += 1;
                }
                assert!(n_compared > 0, "{name}: nothing to compare in {expected}");
            }
        }
    }
}

#[test]
fn the_same_fit_twice_from_headerless_features() {
    let Some(shared) = common::shared() else {
        return;
    };
    let folder = shared.join("field_cases/probe_headerless");
    let command = std::fs::read_to_string(folder.join("cmd")).unwrap();
    let output = run(&command, &folder);
    let answer = String::from_utf8(output.stdout).unwrap();
    let objectives: Vec<f64> = answer
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["objective"]
                .as_f64()
                .unwrap()
        })
        .collect();
    assert_eq!(objectives.len(), 2);
    assert_eq!(objectives[0], objectives[1]);
}

/// The remedies that messages name lead to the right numbers.
#[test]
fn remedies_work() {
    let Some(shared) = common::shared() else {
        return;
    };
    for (case, flags, field, value) in [
        (
            "ids_latin1_both",
            "--encoding windows-1252",
            "value",
            0.6554013151028076,
        ),
        (
            "ids_paths_vs_names",
            "--match-ids folder",
            "value",
            0.5994990084542324,
        ),
        (
            "triplets_1based_last_unused",
            "--count-from 1",
            "correct",
            29.0,
        ),
        ("nan_people_noflag", "--missing", "people", 4.0),
        (
            "people_equal_pairs",
            "--condensed-rows",
            "mean_per_person",
            0.9841660802251936,
        ),
        (
            "rdm_similarity",
            "--similarities",
            "value",
            0.6554013151028076,
        ),
        (
            "rdm_similarity_zero_diag",
            "--similarities=1",
            "value",
            0.6554013151028076,
        ),
    ] {
        let folder = shared.join("field_cases").join(case);
        let command = std::fs::read_to_string(folder.join("cmd")).unwrap();
        let output = run(&format!("{} {flags}", command.trim()), &folder);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{case}: {message}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = answer[field].as_f64().unwrap();
        assert!((found - value).abs() < 1e-9, "{case}: {field} is {found}");
    }
    let folder = shared.join("field_cases/both_transposed");
    let command = std::fs::read_to_string(folder.join("cmd")).unwrap();
    let output = run(&format!("{} --n-stimuli 12", command.trim()), &folder);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = [0.8352711964652264, 0.8103329506314583, 0.8158438576349024];
    let models = answer["models"].as_array().unwrap();
    assert_eq!(models.len(), expected.len());
    for (model, expected) in models.iter().zip(expected) {
        let found = model["mean_per_person"].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-9);
    }
}

/// Binary norms of stimuli, as they came in.
#[test]
fn equal_similarities_tie() {
    let Some(shared) = common::shared() else {
        return;
    };
    let folder = shared.join("field_cases/binary_ooo_pearson");
    let path = |name: &str| folder.join(name).display().to_string();
    let count = |features: &str, trials: &str| {
        let (features, trials) = (path(features), path(trials));
        let found = common::json_of(
            "odd_one_out",
            &[
                "--features",
                &features,
                "--triplets",
                &trials,
                "--similarity",
                "pearson",
                "--json",
            ],
        );
        [&found["correct"], &found["ties"]].map(|n| n.as_u64().unwrap())
    };
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let expected = ["correct", "ties"].map(|key| expected["expected"][key].as_u64().unwrap());
    for features in ["f.npy", "f3.npy", "f01.npy", "fperm.npy"] {
        assert_eq!(count(features, "t.npy"), expected, "{features}");
        assert_eq!(
            count(features, "t8.npy"),
            count("f.npy", "t8.npy"),
            "{features}"
        );
        // The same trials, a hundred times.
        assert_eq!(
            count(features, "t100.npy"),
            expected.map(|n| 100 * n),
            "{features}"
        );
    }
}

/// Binary norms and collinear patterns, as they came in.
#[test]
fn equal_dissimilarities_tie() {
    let Some(shared) = common::shared() else {
        return;
    };
    for (folder, key, arguments) in [
        (
            "binary_correlation_spearman",
            "value",
            ["correlation", "spearman"],
        ),
        (
            "binary_correlation_kendall-tau-b",
            "value",
            ["correlation", "kendall-tau-b"],
        ),
        ("binary_cosine_rho-a", "value", ["cosine", "rho-a"]),
        (
            "collinear_ties",
            "spearman_exact_ties",
            ["correlation", "spearman"],
        ),
    ] {
        let folder = shared.join("field_cases").join(folder);
        let expected = std::fs::read(folder.join("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let expected = expected["expected"][key].as_f64().unwrap();
        let mut n_files = 0;
        for features in ["f.npy", "fp0.npy", "fp1.npy", "fp2.npy"] {
            let features = folder.join(features);
            if !features.exists() {
                continue;
            }
            let [features, human] =
                [features, folder.join("h.npy")].map(|path| path.display().to_string());
            let [dissimilarity, comparator] = arguments;
            let found = common::json_of(
                "rsa",
                &[
                    "--features",
                    &features,
                    "--human",
                    &human,
                    "--dissimilarity",
                    dissimilarity,
                    "--compare",
                    comparator,
                    "--json",
                ],
            );
            let value = found["value"].as_f64().unwrap();
            assert!((value - expected).abs() < 1e-12, "{features}: {value}");
            n_files += 1;
        }
        assert!(n_files > 0);
    }
}
