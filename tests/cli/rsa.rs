//! The `rsa` and `arrangement_study` examples as scripts use them: output, exit codes, messages.

use approx::assert_relative_eq;
use serde_json::Value;
use tempfile::TempDir;

use crate::common;
use crate::common::files::write;

fn json_of(arguments: &[&str]) -> Value {
    common::json_of("rsa", arguments)
}

fn refused(arguments: &[&str]) -> String {
    common::refused("rsa", arguments)
}

/// Four animals: features, a model, and what people said.
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
            "id,a,b\ncat,1,0.2\ndog,0.9,0.1\nhen,0.1,1\nduck,0,0.8\n",
        );
        files.write(
            "model.csv",
            "id,duck,hen,dog,cat\nduck,0,1,5,6\nhen,1,0,4,7\ndog,5,4,0,2\ncat,6,7,2,0\n",
        );
        files.write(
            "human.csv",
            "id,cat,dog,hen,duck\ncat,0,1,9,8\ndog,1,0,7,9\nhen,9,7,0,2\nduck,8,9,2,0\n",
        );
        files
    }

    fn write(&self, name: &str, content: &str) -> String {
        write(&self.folder, name, content)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes an array of this shape.
    fn npy(&self, name: &str, shape: &[u64], values: &[f64]) -> String {
        use npyz::WriterBuilder;
        let file = std::fs::File::create(self.folder.path().join(name)).unwrap();
        let options = npyz::WriteOptions::new().default_dtype().shape(shape);
        let mut writer = options.writer(file).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        self.path(name)
    }
}

#[test]
fn matches_stimuli_by_id() {
    let files = Files::new();
    let (model, human) = (files.path("model.csv"), files.path("human.csv"));
    let found = json_of(&["--model-rdm", &model, "--human", &human, "--json"]);
    // scipy.stats.spearmanr([2, 7, 6, 4, 5, 1], [1, 9, 8, 7, 9, 2])
    assert_relative_eq!(
        found["value"].as_f64().unwrap(),
        0.8406680016960503,
        epsilon = 1e-12
    );
    assert_eq!(found["per_person"].as_array().unwrap().len(), 1);
    assert!(found["ceiling"].is_null() && found["interval"].is_null());

    let features = files.path("features.csv");
    let arguments = [
        "--features",
        &features,
        "--human",
        &human,
        "--dissimilarity",
        "euclidean",
    ];
    let output = common::example("rsa", &arguments);
    assert!(output.status.success());
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("no noise ceiling")
    );
}

#[test]
fn several_people_have_a_ceiling_and_an_interval() {
    let files = Files::new();
    let people = [
        [1.0, 9.0, 8.0, 7.0, 9.0, 2.0, 3.0, 4.0, 6.0, 5.0],
        [2.0, 8.0, 9.0, 8.0, 7.0, 1.0, 2.0, 5.0, 4.0, 7.0],
        [1.0, 7.0, 8.0, 9.0, 8.0, 3.0, 2.0, 6.0, 5.0, 6.0],
    ];
    let human = files.npy("human.npy", &[3, 10], people.as_flattened());
    let model = files.npy("model.npy", &[10], &people[0]);
    let arguments = ["--model-rdm", &model, "--human", &human, "--json"];
    let mut arguments = arguments.to_vec();
    let found = json_of(&arguments);
    let own = found["per_person"][0].as_f64().unwrap();
    assert_relative_eq!(own, 1.0, epsilon = 1e-12);
    let (lower, upper) = (&found["ceiling"]["lower"], &found["ceiling"]["upper"]);
    assert!(lower.as_f64().unwrap() <= upper.as_f64().unwrap());
    arguments.extend(["--bootstrap", "50", "--seed", "3"]);
    for compare in [
        "spearman",
        "kendall-tau-a",
        "whitened-pearson",
        "whitened-cosine",
    ] {
        arguments.extend(["--compare", compare]);
        let found = json_of(&arguments);
        assert_eq!(found, json_of(&arguments));
        let interval = found["interval"].as_array().unwrap();
        assert!(interval[0].as_f64().unwrap() <= found["value"].as_f64().unwrap());
        arguments.truncate(arguments.len() - 2);
    }
    // A stack of models is compared.
    let arguments = [
        "--model-rdm",
        &human,
        "--human",
        &human,
        "--bootstrap",
        "50",
        "--json",
    ];
    let found = json_of(&arguments);
    assert_eq!(found["models"].as_array().unwrap().len(), 3);
    assert_eq!(found["comparisons"].as_array().unwrap().len(), 3);
}

/// Without a bootstrap, intervals are analytic, and sessions are not people.
#[test]
fn intervals_do_not_need_a_bootstrap() {
    let files = Files::new();
    let values = |person: usize, session: usize| -> Vec<f64> {
        let value = |pair: usize| ((pair * 7 + person * pair % 5 + session) % 11) as f64;
        (0..21).map(value).collect()
    };
    let model = files.npy("model.npy", &[21], &values(0, 0));
    let (first, second): (Vec<_>, Vec<_>) = (1..6)
        .map(|person| (values(person, 1), values(person, 2)))
        .unzip();
    let human = files.npy("human.npy", &[5, 21], &first.concat());
    let both = [first.concat(), second.concat()].concat();
    let sessions = files.npy("sessions.npy", &[10, 21], &both);
    let labels = files.write("people.txt", "a\nb\nc\nd\ne\na\nb\nc\nd\ne\n");

    let found = json_of(&["--model-rdm", &model, "--human", &human, "--json"]);
    assert_eq!(found["interval_method"], "analytic");
    assert_eq!(found["over"], "both");
    let interval = found["interval"].as_array().unwrap();
    let value = found["value"].as_f64().unwrap();
    assert!(interval[0].as_f64().unwrap() < value && value <= interval[1].as_f64().unwrap());

    let arguments = ["--model-rdm", &model, "--human", &sessions, "--json"];
    let as_people = json_of(&arguments);
    let arguments = [&arguments[..], &["--human-participants", &labels]].concat();
    let as_sessions = json_of(&arguments);
    assert_eq!(
        (&as_people["people"], &as_people["rdms"]),
        (&10.into(), &10.into())
    );
    assert_eq!(
        (&as_sessions["people"], &as_sessions["rdms"]),
        (&5.into(), &10.into())
    );
    assert_eq!(as_sessions["per_person"].as_array().unwrap().len(), 5);
    let bootstrapped = [&arguments[..], &["--bootstrap", "20"]].concat();
    assert_eq!(json_of(&bootstrapped)["interval_method"], "bootstrap");

    // The participants of a table are named; the same names in two files are the same people.
    let table = |session: usize| {
        let row = |person: usize| {
            let row = values(person, session)
                .into_iter()
                .map(|value| format!(",{value}"));
            format!("person {person}{}\n", row.collect::<String>())
        };
        let rows: String = (1..6).map(row).collect();
        files.write(&format!("session{session}.csv"), &rows)
    };
    let (first, second) = (table(1), table(2));
    let arguments = [
        "--model-rdm",
        &model,
        "--human",
        &first,
        "--human",
        &second,
        "--json",
    ];
    let found = json_of(&arguments);
    assert_eq!(found["value"], as_sessions["value"]);
    assert_eq!((&found["people"], &found["rdms"]), (&5.into(), &10.into()));
}

#[test]
fn bad_input_is_one_line() {
    let files = Files::new();
    let (model, human) = (files.path("model.csv"), files.path("human.csv"));
    let with_human = |path: &str| refused(&["--model-rdm", &model, "--human", path]);

    let mut square = [1.0; 16];
    (0..4).for_each(|place| square[5 * place] = 0.0);
    let mut asymmetric = square;
    asymmetric[4] = 1.5;
    let message = with_human(&files.npy("asymmetric.npy", &[4, 4], &asymmetric));
    assert!(message.contains("asymmetric.npy"), "{message}");
    assert!(
        message.contains("(\"0\", \"1\")") && message.contains("tolerance"),
        "{message}"
    );

    let mut diagonal = square;
    diagonal[15] = 0.5;
    let message = with_human(&files.npy("diagonal.npy", &[4, 4], &diagonal));
    assert!(message.contains("diagonal is 0.5"), "{message}");

    let message = with_human(&files.npy("five.npy", &[5], &[1.0; 5]));
    assert!(message.contains("5 dissimilarities"), "{message}");

    let missing = [1.0, f64::NAN, 1.0, 2.0, 3.0, 4.0];
    let message = with_human(&files.npy("missing.npy", &[6], &missing));
    assert!(
        message.contains("(\"0\", \"2\"): the dissimilarity is missing")
            && message.contains("--missing"),
        "{message}"
    );

    let infinite = [1.0, f64::INFINITY, 1.0, 2.0, 3.0, 4.0];
    let message = with_human(&files.npy("infinite.npy", &[6], &infinite));
    assert!(message.contains("not finite"), "{message}");

    let constant = files.npy("constant.npy", &[6], &[1.0; 6]);
    let other = files.npy("other.npy", &[6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let message = refused(&["--model-rdm", &constant, "--human", &other]);
    assert!(message.contains("do not vary"), "{message}");

    let few = files.npy("few.npy", &[3], &[1.0, 2.0, 3.0]);
    let message = refused(&["--model-rdm", &other, "--human", &few]);
    assert!(
        message.contains("few.npy") && message.contains("expected for 4 stimuli"),
        "{message}"
    );
    let message = refused(&["--model-rdm", &few, "--human", &human]);
    assert!(message.contains("few.npy: 3 rows without ids"), "{message}");

    assert!(refused(&["--human", &human]).contains("required"));
    assert!(refused(&["--model-rdm", &model, "--human", "nowhere.npy"]).contains("nowhere.npy"));
    assert!(refused(&["--model-rdm", &model, "--human", "a.xyz"]).contains(".npy, .npz"));
    let unknown = refused(&["--model-rdm", &model, "--human", &human, "--compare", "tau"]);
    assert!(unknown.contains("kendall-tau-a"), "{unknown}");
    let one = [
        "--model-rdm",
        &model,
        "--human",
        &human,
        "--bootstrap",
        "10",
        "--over",
        "people",
    ];
    assert!(refused(&one).contains("too few"));
}

#[test]
fn flags_for_columns_are_those_of_features() {
    let files = Files::new();
    let (features, human) = (files.path("features.csv"), files.path("human.csv"));
    let arguments = ["--features", &features, "--human", &human];
    for flag in ["--ignore-column", "--id-column"] {
        let message = refused(&[&arguments[..], &[flag, "hen"]].concat());
        assert!(message.contains("tables of features only"), "{message}");
    }
    let ignored = [
        &arguments[..],
        &["--ignore-column", "b", "--dissimilarity", "euclidean"],
    ]
    .concat();
    json_of(&[&ignored[..], &["--json"]].concat());
}

#[test]
fn the_study_prints_its_table() {
    let Some(shared) = common::shared() else {
        return;
    };
    let folder = shared.join("data/kriegeskorte92").display().to_string();
    let output = common::example("arrangement_study", &[&folder, "--bootstrap", "20"]);
    let table = String::from_utf8(output.stdout).unwrap();
    for cell in [
        "fc8                        0.419",
        "animacy                    0.588",
        "0.477–0.577",
    ] {
        assert!(table.contains(cell), "{table}");
    }
    let message = common::refused("arrangement_study", &["nowhere"]);
    assert!(message.contains("stimuli.tsv"), "{message}");
}
