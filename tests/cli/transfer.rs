//! The `transfer` example as scripts use it: output and messages.

use approx::assert_relative_eq;
use human_alignment::dataset::TripletFile;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{
    AnchoredTask, FileSource, OddOneOutTask, Probe, Similarity, ZeroShotOddOneOut, transfer_across,
};

use crate::common;
use crate::common::seen::{arrangements, features, seen};
use crate::common::{example, json_of, refused};

/// What was learned from choices of the odd one among shoes, on other questions about the same shoes.
#[test]
fn choices_of_shoes_transfer_to_anchored_choices() {
    let Some(shared) = common::shared() else {
        return;
    };
    let shoes = shared.join("data/zappos");
    let features = FileSource::open(shoes.join("alexnet_fc_features.npy")).unwrap();
    let features = features.read().unwrap();
    let stimuli = features.stimuli().clone();
    let odd = TripletFile::<OddOneOutTask>::read(shoes.join("odd_one_out_derived.npy"), stimuli);
    let probe = Probe::new(1e-4).unwrap().with_tolerance(1e-5).unwrap();
    let choices = ChoiceFrequencies::from_trials(&odd.unwrap().into_judgments());
    let fit = probe.fit(&features, &choices).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("shoes.safetensors");
    fit.transform().write(&saved).unwrap();

    let path = |name: &str| shoes.join(name).to_str().unwrap().to_owned();
    let report = json_of(
        "transfer",
        &[
            "--transform",
            saved.to_str().unwrap(),
            "--features",
            &path("alexnet_fc_features.npy"),
            "--anchored",
            &path("anchored_triplets.npy"),
            "--json",
        ],
    );
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    assert_relative_eq!(
        number(&report["before"]["accuracy"]),
        0.7178,
        epsilon = 1e-4
    );
    // What the library says of the same.
    let stimuli = features.stimuli().clone();
    let anchored = TripletFile::<AnchoredTask>::read(shoes.join("anchored_triplets.npy"), stimuli);
    let cosine = ZeroShotOddOneOut::new(Similarity::Cosine);
    let dot = ZeroShotOddOneOut::new(Similarity::Dot);
    let anchored = anchored.unwrap().into_judgments();
    let moved = transfer_across(fit.transform(), &features, &anchored, [&cosine, &dot]).unwrap();
    assert_eq!(number(&report["after"]["accuracy"]), moved.after.accuracy);
    let difference = &report["difference"]["difference"]["value"];
    assert!(number(difference) > 0.1, "{report}");
}

#[test]
fn the_command_line_demonstrates_and_refuses() {
    let output = example("transfer", &["--json", "--margin", "0.05"]);
    assert!(output.status.success());
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let lower = |name: &str| row[name]["difference"]["interval"][0].as_f64().unwrap();
        let upper = |name: &str| row[name]["difference"]["interval"][1].as_f64().unwrap();
        assert!(lower("learned") > 0.0, "{row}");
        assert!(lower("other_objects") > 0.0, "{row}");
        assert!(lower("arrangements") > 0.0, "{row}");
        // A control: what people care about who were not learned from is not in the transform.
        assert!(upper("other_people") < 0.05, "{row}");
        let no_better = &row["other_people_equivalence"]["p_no_better"];
        assert!(no_better.as_f64().unwrap() < 0.05, "{row}");
    }

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (transform, features_file, human) = (path("t.npz"), path("f.npy"), path("r.npy"));
    seen().write(&transform).unwrap();
    features().write_npy(&features_file).unwrap();
    arrangements().write_npy(&human).unwrap();
    let all = ["--transform", &transform, "--features", &features_file];
    let table = example("transfer", &[&all[..], &["--human", &human]].concat());
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.contains("before") && table.contains("--bootstrap"),
        "{table}"
    );
    // A whitened comparator resamples people only, and the difference is that of the mean person.
    let whitened = ["--human", &human, "--compare", "whitened-pearson"];
    let more = ["--bootstrap", "20", "--json"];
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let report = json_of("transfer", &[&all[..], &whitened, &more].concat());
    assert_eq!(report["difference_of"], "mean_per_person");
    let [before, after] =
        ["before", "after"].map(|score| number(&report[score]["mean_per_person"]));
    let difference = number(&report["difference"]["difference"]["value"]);
    assert!((after - before - difference).abs() < 1e-12, "{report}");
    assert!(refused("transfer", &all).contains("required"));
    let truncated = std::fs::read(&transform).unwrap();
    std::fs::write(&transform, &truncated[..truncated.len() / 2]).unwrap();
    let message = refused("transfer", &[&all[..], &["--human", &human]].concat());
    assert!(message.contains(&transform), "{message}");
}

/// A table of the same features in another order is not what the transform was learned from.
#[test]
fn features_in_another_order_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let write = |name: &str, columns: [usize; 3]| {
        let names = ["size", "colour", "shape"];
        let mut text = format!("id,{}\n", columns.map(|column| names[column]).join(","));
        for row in 0..12usize {
            let values = columns.map(|column| ((row * (2 * column + 3) * 5) % 11) as f64 + 0.25);
            text += &format!(
                "object{row:02},{}\n",
                values.map(|x| x.to_string()).join(",")
            );
        }
        let path = path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (learned, other) = (write("a.csv", [0, 1, 2]), write("b.csv", [2, 0, 1]));
    let (targets, transform) = (path("y.csv"), path("t.npz"));
    let of_row = |row: usize| format!("object{row:02},{}.5\n", (row * 7) % 5);
    let rows: String = (0..12).map(of_row).collect();
    std::fs::write(&targets, format!("id,animacy\n{rows}")).unwrap();
    let fit = [
        "--features",
        &learned,
        "--targets",
        &targets,
        "--alphas",
        "1",
        "--save",
        &transform,
    ];
    assert!(example("ridge", &fit).status.success());

    let triplets = path("trials.csv");
    let trial = |at: usize| {
        let [a, b, c] = [at % 12, (at + 1 + at / 12) % 12, (at + 6 + at / 12) % 12];
        format!("object{a:02},object{b:02},object{c:02}\n")
    };
    std::fs::write(&triplets, (0..36).map(trial).collect::<String>()).unwrap();
    let shared = [
        "--transform",
        &transform,
        "--triplets",
        &triplets,
        "--features",
    ];
    let found = example("transfer", &[&shared[..], &[&learned]].concat());
    assert!(
        found.status.success(),
        "{}",
        String::from_utf8_lossy(&found.stderr)
    );
    let message = refused("transfer", &[&shared[..], &[&other]].concat());
    assert!(message.contains("columns of the features"), "{message}");

    // These objects are those that the transform was learned from.
    let note = String::from_utf8_lossy(&found.stderr);
    assert!(note.contains("learned from 12 of the 12 stimuli"), "{note}");
    let report = json_of("transfer", &[&shared[..], &[&learned, "--json"]].concat());
    assert_eq!(report["learned_from"], 12);
    assert_eq!(report["difference_of"], "accuracy");
}

/// Without ids, only the same trials and features are known to be what a probe was fitted to.
#[test]
fn trials_that_a_probe_was_fitted_to_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let [features, learned, other, transform] =
        ["f.csv", "learned.txt", "other.txt", "t.npz"].map(path);
    let row = |row: usize| [1, 2, 3].map(|column| ((row * (2 * column + 3) * 5) % 11).to_string());
    let rows: Vec<String> = (0..12).map(|at| row(at).join(".5,")).collect();
    std::fs::write(&features, rows.join("\n")).unwrap();
    let trials = |shift: usize| {
        let of = |at: usize| {
            [
                at % 12,
                (at + 1 + at / 12) % 12,
                (at + shift + at / 12) % 12,
            ]
        };
        let line = |at: usize| of(at).map(|index| index.to_string()).join(" ");
        (0..36).map(line).collect::<Vec<_>>().join("\n")
    };
    std::fs::write(&learned, trials(6)).unwrap();
    std::fs::write(&other, trials(7)).unwrap();
    let of = |trials: &str| format!("--features {features} --triplets {trials}");
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let run = |name: &str, line: String| {
        let words = words(&line);
        let found = example(name, &words.iter().map(String::as_str).collect::<Vec<_>>());
        let note = String::from_utf8_lossy(&found.stderr).into_owned();
        assert!(found.status.success(), "{note}");
        note
    };
    run(
        "probe",
        format!("{} --lambda 0.1 --save {transform}", of(&learned)),
    );
    let transfer = |trials: &str| {
        run(
            "transfer",
            format!("--transform {transform} {}", of(trials)),
        )
    };
    let note = transfer(&learned);
    assert!(note.contains("learned from 12 of the 12 stimuli"), "{note}");
    let note = transfer(&other);
    assert!(note.contains("not known whether"), "{note}");
}
