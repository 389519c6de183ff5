//! The `odd_one_out` example as scripts use it: output, exit codes, messages.

use std::path::PathBuf;
use std::process::Output;

use human_alignment::metric::odd_one_out::OddOneOutScore;
use serde_json::Value;
use tempfile::TempDir;

use crate::common;
use crate::common::files::write;

fn odd_one_out(arguments: &[&str]) -> Output {
    common::example("odd_one_out", arguments)
}

fn json_of(arguments: &[&str]) -> Value {
    common::json_of("odd_one_out", arguments)
}

fn refused(arguments: &[&str]) -> String {
    common::refused("odd_one_out", arguments)
}

/// Four stimuli and three trials, the last of which the features get wrong.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        files.write(
            "features.csv",
            "id,a,b\ncat,1,0.2\ndog,0.9,0.1\ncar,0.1,1\nbus,0,0.8\n",
        );
        files.write("trials.txt", "0 1 2\n2 3 1\n1 2 0\n");
        files
    }

    fn write(&self, name: &str, content: &str) -> String {
        write(&self.folder, name, content)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

#[test]
fn scores_files() {
    let files = Files::new();
    let (features, trials) = (files.path("features.csv"), files.path("trials.txt"));
    let found = json_of(&["--features", &features, "--triplets", &trials, "--json"]);
    assert_eq!(found["trials"], 3);
    assert_eq!(found["correct"], 2);
    assert_eq!(found["ties"], 0);
    assert_eq!(found["accuracy"], 2.0 / 3.0);
    for field in [
        "standard_error",
        "interval",
        "cross_entropy",
        "mean_entropy",
    ] {
        assert!(found.get(field).is_some(), "{field}");
    }
    serde_json::from_value::<OddOneOutScore>(found).unwrap();

    let table = odd_one_out(&["--features", &features, "--triplets", &trials]);
    assert!(table.status.success());
    assert!(String::from_utf8(table.stdout).unwrap().contains("66.67"));
}

#[test]
fn a_stream_scores_as_the_whole() {
    let files = Files::new();
    let (features, trials) = (files.path("features.csv"), files.path("trials.txt"));
    let usual = ["--features", &features, "--triplets", &trials, "--json"];
    let streamed = json_of(&[&usual[..], &["--stream"]].concat());
    assert_eq!(streamed, json_of(&usual));
    let message = refused(&[&usual[..], &["--stream", "--bootstrap", "9"]].concat());
    assert!(message.contains("--stream"), "{message}");

    let people = files.write("people.txt", "Ann\nBob\nAnn\n");
    let usual = [&usual[..], &["--participants", &people]].concat();
    let mut whole = json_of(&usual);
    // Accuracies of single participants need the trials.
    whole.as_object_mut().unwrap().remove("people");
    assert_eq!(whole["clusters"], "objects-and-participants");
    assert_eq!(json_of(&[&usual[..], &["--stream"]].concat()), whole);
    files.write("people.txt", "Ann\nBob\n");
    let message = refused(&[&usual[..], &["--stream"]].concat());
    assert!(
        message.contains("participants of trials: 2 (expected 3)"),
        "{message}"
    );
}

#[test]
fn several_files_are_compared() {
    let files = Files::new();
    let features = files.path("features.csv");
    let others = "id,a,b\nbus,3,1\ncar,1,3\ndog,2,1\ncat,1,0\n";
    let others = files.write("others.csv", others);
    let found = json_of(&[
        "--features",
        &features,
        "--features",
        &others,
        "--triplets",
        &files.path("trials.txt"),
        "--json",
        "--bootstrap",
        "50",
        "--seed",
        "3",
        "--ceiling",
        "--margin",
        "0.1",
    ]);
    assert_eq!(found["representations"].as_array().unwrap().len(), 2);
    // Three trials of four objects are too few for any conclusion.
    assert_eq!(found["equivalences"][0]["verdict"], "inconclusive");
    assert_eq!(found["ranks"]["models"][0]["best"], 1);
    assert_eq!(found["ranks"]["models"][0]["worst"], 2);
    assert_eq!(found["comparisons"].as_array().unwrap().len(), 1);
    assert_eq!(found["representations"][0]["bootstrap"]["seed"], 3);
}

/// Indices count the rows of the first file also where some of them are in no other.
#[test]
fn trials_of_stimuli_that_one_file_lacks_are_dropped() {
    let files = Files::new();
    let features = files.path("features.csv");
    let others = files.write("others.csv", "id,a,b\nbus,3,1\ncar,1,3\ndog,2,1\n");
    let trials = files.write("all.txt", "0 1 2\n2 3 1\n1 2 3\n");
    let left = files.write("left.txt", "2 3 1\n1 2 3\n");
    let compared = [
        "--features",
        &features,
        "--features",
        &others,
        "--triplets",
        &trials,
    ];
    let message = refused(&compared);
    assert!(message.contains("\"cat\""), "{message}");
    let found = json_of(&[&compared[..], &["--drop-missing", "--json"]].concat());
    assert_eq!(found["dropped_missing"], 1);
    let alone = json_of(&[
        "--features",
        &features,
        "--triplets",
        &left,
        "--count-from",
        "0",
        "--json",
    ]);
    for field in ["trials", "correct", "ties", "cross_entropy"] {
        assert_eq!(found["representations"][0][field], alone[field], "{field}");
    }
}

/// Numbers of trials may be the ids of such a list, or its lines.
#[test]
fn a_list_of_shuffled_numbers_is_refused_unless_the_meaning_is_given() {
    let files = Files::new();
    let features = files.write(
        "numbered.csv",
        "id,a,b\n3,1,0.2\n1,0.9,0.1\n4,0.1,1\n2,0,0.8\n",
    );
    let trials = files.write("numbered.txt", "1 3 2\n2 4 1\n1 3 4\n");
    let list = files.write("list.txt", "3\n1\n4\n2\n");
    let by_id = ["--features", &features, "--triplets", &trials, "--json"];
    assert_eq!(json_of(&by_id)["correct"], 3);
    let listed = [&by_id[..], &["--stimuli", &list]].concat();
    let message = refused(&listed);
    assert!(message.contains("--count-from"), "{message}");
    // The lines of the list are 3, 1, 4, 2: the trials show (3, 4 | 1), (1, 2 | 3), (3, 4 | 2).
    let lines = [&listed[..], &["--count-from", "1"]].concat();
    assert_eq!(json_of(&lines)["correct"], 0);
}

#[test]
fn without_arguments_everything_is_simulated() {
    let output = odd_one_out(&[]);
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    for word in ["simulated", "accuracy", "ceiling", "ties"] {
        assert!(table.contains(word), "{word}");
    }
    let found = json_of(&["--json", "--seed", "5"]);
    assert!(found["simulated"].is_string());
    assert_eq!(found, json_of(&["--json", "--seed", "5"]));
    let accuracy = |row: usize| found["representations"][row]["accuracy"].as_f64().unwrap();
    assert!(accuracy(0) > accuracy(1) && accuracy(1) > accuracy(2));
    assert!((accuracy(2) - 1.0 / 3.0).abs() < 0.03);
}

#[test]
fn bad_input_is_one_clear_line() {
    let files = Files::new();
    let (features, trials) = (files.path("features.csv"), files.path("trials.txt"));
    let given = |extra: &[&str]| {
        let usual = ["--features", &features, "--triplets", &trials];
        refused(&[&usual[..], extra].concat())
    };
    assert!(given(&["--temperature", "0"]).contains("temperature must be positive"));
    assert!(given(&["--temperature", "-1"]).contains("-1"));
    assert!(given(&["--temperature", "NaN"]).contains("NaN"));
    assert!(given(&["--similarity", "euclid"]).contains("euclid"));
    assert!(given(&["--ties", "random"]).contains("random"));
    assert!(
        given(&["--bootstrap", "0"]).contains("number of replicates must be from 2 to 1000000")
    );
    assert!(given(&["--colour"]).contains("--colour"));
    assert!(refused(&["--triplets", &trials]).contains("--features"));
    assert!(refused(&["--features", &features]).contains("--triplets"));

    let with =
        |features: &str, trials: &str| refused(&["--features", features, "--triplets", trials]);
    assert!(with("nowhere.npy", &trials).contains("nowhere.npy"));
    assert!(with(&features, &files.path("nowhere.txt")).contains("nowhere.txt"));
    assert!(with(&files.write("features.xls", ""), &trials).contains("features.xls"));
    let trials_of = |content: &str| with(&features, &files.write("bad.txt", content));
    assert!(trials_of("0 1 2\n0 1 4\n").contains("trial 1: index 4 is out of range"));
    assert!(trials_of("0 1 2\n0 1 -2\n").contains("trial 1"));
    assert!(trials_of("0 1 2\n0 1 1\n").contains("trial 1: stimulus 1 occurs twice"));
    assert!(trials_of("0 1\n").contains("which of its 2 columns hold"));
    assert!(trials_of("").contains("no trials"));
    let features_of = |content: &str| with(&files.write("bad.csv", content), &trials);
    assert!(features_of("id,a,b\nx,1\n").contains("line 2 has 2 fields"));
    let message = features_of("id,a,b\ncat,1,2\ndog,1,NaN\ncar,1,2\nbus,1,1\n");
    assert!(
        message.contains("line 3, field 3 (\"b\"): the value is missing"),
        "{message}"
    );
    let message = features_of("id,a,b\ncat,1,2\ndog,0,0\ncar,1,2\nbus,1,1\n");
    assert!(message.contains("\"dog\" is a zero vector"), "{message}");
    let message = features_of("id,a,b\ncat,1,2\ncat,0,0\ncar,1,2\nbus,1,1\n");
    assert!(message.contains("duplicate stimulus \"cat\""), "{message}");
}

#[test]
fn help_is_no_error() {
    let output = odd_one_out(&["--help"]);
    assert!(output.status.success());
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("--features")
    );
}

/// The numbers of the reference through the command line.
#[test]
fn real_people() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = |name: &str| -> String {
        let path: PathBuf = shared.join(name);
        path.display().to_string()
    };
    let (vice, people) = (
        path("data/things/vice_embedding.npy"),
        path("data/things/2171trials_humans.txt"),
    );
    let found = json_of(&[
        "--features",
        &vice,
        "--triplets",
        &people,
        "--similarity",
        "dot",
        "--json",
    ]);
    assert_eq!(found["correct"], 1433);
    let spose = path("data/things/spose_embedding66d_rescaled.csv");
    let found = json_of(&[
        "--features",
        &spose,
        "--id-column",
        "image_name",
        "--ignore-column",
        "",
        "--triplets",
        &people,
        "--similarity",
        "dot",
        "--json",
    ]);
    assert_eq!(found["correct"], 1424);
    let (shoes, anchored) = (
        path("data/zappos/alexnet_fc_features.npy"),
        path("data/zappos/anchored_triplets.npy"),
    );
    let found = json_of(&["--features", &shoes, "--anchored", &anchored, "--json"]);
    assert_eq!(found["correct"], 203_696);
}

/// An answer that nobody gets is no success.
#[cfg(target_os = "linux")]
/// Twelve stimuli in a circle, neighbours of which are similar, and trials about them that three
/// participants answer as the features predict.
fn circle(files: &Files) -> [String; 3] {
    let stimulus = |at: usize| {
        let angle = std::f64::consts::TAU * at as f64 / 12.0;
        format!("s{at},{},{}", angle.cos(), angle.sin())
    };
    let features: Vec<String> = (0..12).map(stimulus).collect();
    let trial = |at: usize| format!("{} {} {}", at % 12, (at + 1) % 12, (at + 5) % 12);
    let trials: Vec<String> = (0..36).map(trial).collect();
    let participants: Vec<String> = (0..36).map(|at| format!("p{}", at / 12)).collect();
    [
        files.write("circle.csv", &format!("id,x,y\n{}\n", features.join("\n"))),
        files.write("circle.txt", &trials.join("\n")),
        files.write("people.txt", &participants.join("\n")),
    ]
}

#[test]
fn all_correct_is_not_certain() {
    let files = Files::new();
    let [features, trials, _] = circle(&files);
    let found = json_of(&["--features", &features, "--triplets", &trials, "--json"]);
    assert_eq!(found["accuracy"], 1.0);
    assert_eq!(found["clusters"], "objects");
    assert_eq!(found.get("standard_error_objects"), None);
    let lower = found["interval"][0].as_f64().unwrap();
    assert!((0.6..0.8).contains(&lower), "{found}");
    assert_eq!(found["interval"][1], 1.0);
}

#[test]
fn participants_are_clusters_and_few_of_them_are_a_caution() {
    let files = Files::new();
    let [features, trials, people] = circle(&files);
    let arguments = [
        "--features",
        &features,
        "--triplets",
        &trials,
        "--participants",
        &people,
    ];
    let found = json_of(&[&arguments[..], &["--ceiling", "--json"]].concat());
    assert_eq!(found["participants"], 3);
    assert_eq!(found["clusters"], "objects-and-participants");
    assert!(found["standard_error_objects"].is_number());
    assert!(
        found["cautions"][0]
            .as_str()
            .unwrap()
            .contains("3 participants")
    );
    // Every question was answered by three people who agree.
    assert_eq!(found["ceiling"]["majority"]["value"], 1.0);
    let corrected = found["ceiling"]["corrected"]["value"].as_f64().unwrap();
    assert!(corrected > 0.99, "{found}");
    let relative = found["relative"]["relative"]["value"].as_f64().unwrap();
    assert!((relative - 1.0).abs() < 0.01, "{found}");

    let output = odd_one_out(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("new objects and new participants"), "{text}");
    let output = odd_one_out(&arguments[..4]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("taken to be alike"), "{text}");

    // One participant says nothing about others.
    let one = files.write("one.txt", &"p0\n".repeat(36));
    let arguments = [&arguments[..4], &["--participants", &one, "--json"]].concat();
    let found = json_of(&arguments);
    assert_eq!(found["clusters"], "objects");
    assert!(
        found["cautions"][0]
            .as_str()
            .unwrap()
            .contains("one participant")
    );
}

#[test]
fn trials_without_a_participant_are_refused() {
    let files = Files::new();
    let [features, trials, _] = circle(&files);
    let labels: Vec<&str> = (0..36)
        .map(|at| if at == 7 { "NA" } else { "p1" })
        .collect();
    let people = files.write("people.txt", &labels.join("\n"));
    let message = refused(&[
        "--features",
        &features,
        "--triplets",
        &trials,
        "--participants",
        &people,
    ]);
    assert!(message.contains("participant of trial 7"), "{message}");
}

#[test]
fn numbers_of_trials_are_no_participants() {
    let files = Files::new();
    let [features, trials, _] = circle(&files);
    for first in [0, 1] {
        let numbers: Vec<String> = (first..first + 36).map(|n: usize| n.to_string()).collect();
        let people = files.write("people.txt", &numbers.join("\n"));
        let arguments = ["--features", &features, "--triplets", &trials];
        let arguments = [&arguments[..], &["--participants", &people]].concat();
        for more in [&[][..], &["--stream"]] {
            let message = refused(&[&arguments[..], more].concat());
            assert!(message.contains("numbered like the trials"), "{message}");
        }
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    use std::process::{Command, Stdio};

    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for out in [Stdio::from(full), Stdio::from(closed)] {
        let mut command = Command::new(common::program("odd_one_out"));
        let output = command.arg("--json").stdout(out).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.starts_with("error: cannot write to standard output"),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    // Remarks may get lost, the answer does not.
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = Command::new(common::program("odd_one_out"));
    let output = command.arg("--json").stderr(full).output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.ends_with(b"}\n"));
}

#[test]
fn three_objects_are_too_few_for_a_bootstrap() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (features, trials) = (path("f.csv"), path("t.txt"));
    std::fs::write(&features, "id,x,y\na,1,2\nb,2,1\nc,-1,3\n").unwrap();
    std::fs::write(&trials, "0 1 2\n").unwrap();
    let arguments = ["--features", &features, "--triplets", &trials, "--json"];
    let message = refused(&[&arguments[..], &["--bootstrap", "9"]].concat());
    assert!(
        message.contains("too few objects for a bootstrap over objects: 3"),
        "{message}"
    );
}

#[test]
fn features_whose_columns_may_be_the_stimuli_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let number = |row: usize, column: usize| (row * 7 + column * column * 3) % 11;
    let line = |row: usize| {
        let fields: Vec<String> = (0..6)
            .map(|column| format!("{}.5", number(row, column)))
            .collect();
        fields.join(",") + "\n"
    };
    let rows = |n: usize| (0..n).map(line).collect::<String>();
    let trials = |shift: usize| {
        let trial = |first: usize| {
            let [a, b, c] = [first, first + 2, first + 3].map(|index| index % 6 + shift);
            format!("{a} {c} {b}\n")
        };
        (0..6).map(trial).collect::<String>()
    };
    for (n, shift, is_refused) in [(9, 0, true), (9, 1, true), (9, 2, false), (6, 0, false)] {
        let features = write(&folder, "f.csv", &rows(n));
        let trials = write(&folder, "t.txt", &trials(shift));
        let ids: String = (0..n).map(|row| format!("id{row}x\n")).collect();
        let ids = write(&folder, "ids.txt", &ids);
        let given = ["--features", &features, "--triplets", &trials, "--json"];
        let counted = ["--count-from", "0"];
        let arguments = [&given[..], &counted].concat();
        for more in [&[][..], &["--stream"]] {
            let arguments = [&arguments[..], more].concat();
            match is_refused {
                true => {
                    let message = refused(&arguments);
                    assert!(message.contains("array.T"), "{message}");
                }
                false => assert_eq!(json_of(&arguments)["trials"], 6),
            }
        }
        let named = [&arguments[..], &["--ids", &ids]].concat();
        assert_eq!(json_of(&named)["trials"], 6);
    }
}

#[test]
fn several_rows_of_each_stimulus_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let trials = write(&folder, "t.txt", "2 0 1\n3 5 4\n5 3 0\n1 4 2\n");
    let rows = |n: usize| -> String {
        let line = |row: usize| format!("{},{}\n", (row * 7 % 5) as f64 + 0.5, row % 3);
        (0..n).map(line).collect()
    };
    let features = |n: usize| write(&folder, "f.csv", &rows(n));
    let message = refused(&["--features", &features(12), "--triplets", &trials]);
    assert!(
        message.contains("average the rows of each stimulus"),
        "{message}"
    );
    for n in [6, 13] {
        let found = json_of(&["--features", &features(n), "--triplets", &trials, "--json"]);
        assert_eq!(found["trials"], 4);
    }
}
