//! The `ridge` example as scripts use it: output, exit codes, messages.

use approx::assert_relative_eq;
use human_alignment::{FileSource, LinearTransform};
use ndarray::Array2;
use serde_json::Value;
use tempfile::TempDir;

use crate::common;
use crate::common::arrays;
use crate::common::files::{put, write};

fn json_of(arguments: &[&str]) -> Value {
    common::json_of("ridge", arguments)
}

fn refused(arguments: &[&str]) -> String {
    common::refused("ridge", arguments)
}

fn npy(folder: &TempDir, name: &str, values: Array2<f64>) -> String {
    use npyz::WriterBuilder;
    let path = folder.path().join(name);
    let shape = [values.nrows() as u64, values.ncols() as u64];
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(std::fs::File::create(&path).unwrap())
        .begin_nd()
        .unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
    path.display().to_string()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

/// A header and rows of an id and numbers.
fn csv(header: &str, rows: impl IntoIterator<Item = (String, Vec<f64>)>) -> String {
    let mut text = format!("{header}\n");
    for (id, values) in rows {
        text.push_str(&id);
        values
            .iter()
            .for_each(|value| text.push_str(&format!(",{value}")));
        text.push('\n');
    }
    text
}

const N: usize = 24;

fn features(row: usize) -> Vec<f64> {
    vec![(row * 7 % 11) as f64, 10.0 * (row * row % 13) as f64]
}

fn targets(row: usize) -> Vec<f64> {
    let x = features(row);
    let noise = (row * row * 5 % 17) as f64 / 50.0;
    vec![x[0] - 0.05 * x[1] + noise, 3.0 + 0.2 * x[1] - noise]
}

fn files(folder: &TempDir) -> (String, String) {
    let id = |row: usize| format!("s{row}");
    let x = csv("id,a,b", (0..N).map(|row| (id(row), features(row))));
    let y = csv("id,u,v", (0..N).map(|row| (id(row), targets(row))));
    (write(folder, "x.csv", &x), write(folder, "y.csv", &y))
}

#[test]
fn the_first_rows_train_and_the_rest_are_scored() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = files(&folder);
    let usual = [
        "--features",
        &x,
        "--targets",
        &y,
        "--alphas",
        "0.01,1,100",
        "--json",
    ];
    let found = json_of(&[&usual[..], &["--train-rows", "18"]].concat());
    assert_eq!(
        (&found["n_train"], &found["n_test"]),
        (&18.into(), &6.into())
    );
    let r2 = numbers(&found["r2"]);
    assert_eq!(r2.len(), 2);
    assert!(r2.iter().all(|&r2| r2 > 0.9 && r2 < 1.0), "{found}");
    let mean = found["mean_r2"].as_f64().unwrap();
    assert_relative_eq!(mean, (r2[0] + r2[1]) / 2.0);
    assert!(
        numbers(&found["alphas"])
            .iter()
            .all(|alpha| [0.01, 1.0, 100.0].contains(alpha))
    );
    assert_eq!(found["selection"], "leave-one-out");

    // Without rows to score there is no R² of them.
    let all = json_of(&usual);
    assert_eq!((&all["n_train"], &all["n_test"]), (&24.into(), &0.into()));
    assert!(all["r2"].is_null() && all["mean_r2"].is_null());
    assert_eq!(numbers(&all["expected_r2"]).len(), 2);
    assert!(all.get("cross_validation").is_none());

    // What lies in the file of targets beyond the first rows changes nothing in the fit.
    let id = |row: usize| format!("s{row}");
    let changed = (0..N).map(|row| {
        let other = |x: f64| if row < 18 { x } else { x + row as f64 };
        (id(row), targets(row).into_iter().map(other).collect())
    });
    let changed = write(&folder, "changed.csv", &csv("id,u,v", changed));
    let arguments = [
        "--features",
        &x,
        "--targets",
        &changed,
        "--alphas",
        "0.01,1,100",
        "--json",
    ];
    let changed = json_of(&[&arguments[..], &["--train-rows", "18"]].concat());
    assert_eq!(changed["expected_r2"], found["expected_r2"]);
    assert_ne!(changed["r2"], found["r2"]);
}

#[test]
fn rows_are_matched_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = files(&folder);
    let backwards = (0..N).rev().map(|row| (format!("s{row}"), targets(row)));
    let backwards = write(&folder, "backwards.csv", &csv("id,u,v", backwards));
    let with = |targets: &str| {
        json_of(&[
            "--features",
            &x,
            "--targets",
            targets,
            "--alphas",
            "1,10",
            "--train-rows",
            "15",
            "--json",
        ])
    };
    assert_eq!(with(&y), with(&backwards));
}

#[test]
fn settings_change_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = files(&folder);
    let with = |extra: &[&str]| {
        let usual = [
            "--features",
            &x,
            "--targets",
            &y,
            "--alphas",
            "0.3,3,30,300",
            "--json",
        ];
        json_of(&[&usual[..], extra].concat())
    };
    let usual = with(&["--train-rows", "18"]);
    assert_ne!(
        usual["r2"],
        with(&["--train-rows", "18", "--standardize"])["r2"]
    );
    assert_eq!(
        with(&["--gcv"])["selection"],
        "generalized-cross-validation"
    );
    assert_ne!(with(&["--gcv"])["expected_r2"], with(&[])["expected_r2"]);
    let joint = numbers(&with(&["--joint", "--standardize"])["alphas"]);
    assert_eq!(joint[0], joint[1]);

    let folds = with(&["--folds", "4"]);
    let validation = &folds["cross_validation"];
    assert_eq!(validation["r2"].as_array().unwrap().len(), 4);
    assert_eq!(validation["alphas"].as_array().unwrap().len(), 4);
    let mean = numbers(&validation["r2_per_target"]).iter().sum::<f64>() / 2.0;
    assert_relative_eq!(
        validation["mean_r2"].as_f64().unwrap(),
        mean,
        max_relative = 1e-12
    );
    // With one row per fold, only the pooled R² is defined.
    let one_by_one = with(&["--folds", "24"]);
    assert!(
        one_by_one["cross_validation"]["r2"][0][0].is_null(),
        "{one_by_one}"
    );

    let at_random = with(&["--folds", "4", "--seed", "1"]);
    assert_ne!(at_random["cross_validation"]["r2"], validation["r2"]);
    assert_eq!(at_random, with(&["--folds", "4", "--seed", "1"]));

    let triplets = write(&folder, "trials.txt", "0 1 2\n3 4 5\n6 7 8\n");
    let scored = with(&["--folds", "4", "--triplets", &triplets]);
    assert_eq!(scored["cross_validation"]["odd_one_out"]["trials"], 3);
}

#[test]
fn a_table_without_json() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = files(&folder);
    let arguments = [
        "--features",
        &x,
        "--targets",
        &y,
        "--alphas",
        "0.01",
        "--train-rows",
        "18",
    ];
    let json = json_of(&[&arguments[..], &["--json"]].concat());
    let output = common::example("ridge", &arguments);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    let mean = json["mean_r2"].as_f64().unwrap();
    assert!(
        text.lines()
            .last()
            .unwrap()
            .ends_with(&format!("{mean:.4}")),
        "{text}"
    );

    let arguments = ["--features", &x, "--targets", &y, "--alphas", "1e5,1e6"];
    let output = common::example("ridge", &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("alpha is at an end"), "{text}");
}

#[test]
fn the_fit_is_saved_as_a_transform() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = files(&folder);
    for (name, extra) in [("t.npz", &[][..]), ("t.safetensors", &["--standardize"])] {
        let path = folder.path().join(name).display().to_string();
        let arguments = [
            "--features",
            &x,
            "--targets",
            &y,
            "--alphas",
            "0.01,1",
            "--save",
            &path,
            "--json",
        ];
        let found = json_of(&[&arguments[..], extra].concat());
        let transform = LinearTransform::read(&path).unwrap();
        let training = transform.training().unwrap();
        assert_eq!(training.penalty(), numbers(&found["alphas"]));
        assert_eq!(training.learner(), Some("ridge"));
        let features = FileSource::open(&x).unwrap().read().unwrap();
        let predicted = transform.apply(&features).unwrap();
        for row in 0..N {
            let predicted = predicted.row(&format!("s{row}")).unwrap();
            for (found, expected) in predicted.iter().zip(targets(row)) {
                assert!((found - expected).abs() < 0.5, "{found} {expected}");
            }
        }
    }
    let nowhere = folder.path().join("no").join("t.npz").display().to_string();
    let arguments = [
        "--features",
        &x,
        "--targets",
        &y,
        "--alphas",
        "1",
        "--save",
        &nowhere,
    ];
    assert!(refused(&arguments).contains("cannot write"));
}

#[test]
fn bad_input_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = files(&folder);
    let given = |extra: &[&str]| {
        let usual = ["--features", &x, "--targets", &y];
        refused(&[&usual[..], extra].concat())
    };
    assert!(given(&[]).contains("--alphas"));
    for alphas in ["0", "-1", "-1,1", "NaN", "1,inf"] {
        let message = given(&["--alphas", alphas]);
        assert!(
            message.contains("penalty must be positive and finite"),
            "{message}"
        );
    }
    assert!(given(&["--alphas", "1,x"]).contains("'x'"));
    assert!(given(&["--alphas", "1,,2"]).contains("--alphas"));
    assert!(given(&["--alphas", "1,1"]).contains("different"));
    let with = |extra: &[&str]| given(&[&["--alphas", "1,10"], extra].concat());
    assert!(with(&["--train-rows", "25"]).contains("not 25"));
    assert!(with(&["--train-rows", "2"]).contains("too few stimuli to learn from: 2"));
    assert!(with(&["--train-rows", "0"]).contains("too few"));
    assert!(with(&["--train-rows", "-1"]).contains("-1"));
    // R² of one row is undefined.
    assert!(with(&["--train-rows", "23"]).contains("leaves one row"));
    assert!(with(&["--folds", "1"]).contains("too few folds: 1"));
    assert!(with(&["--folds", "25"]).contains("too few items to divide into folds: 24"));
    assert!(with(&["--folds", "4", "--train-rows", "20"]).contains("cannot be used with"));
    assert!(with(&["--seed", "4"]).contains("--folds"));
    assert!(with(&["--triplets", "t.txt"]).contains("--folds"));
    assert!(with(&["--folds", "4", "--triplets", "nowhere.txt"]).contains("nowhere.txt"));
    assert!(with(&["--save", "t.docx"]).contains("t.docx"));

    let against =
        |targets: &str| refused(&["--features", &x, "--targets", targets, "--alphas", "1"]);
    assert!(against("nowhere.npy").contains("nowhere.npy"));
    let other = |text: String| against(&write(&folder, "other.csv", &text));
    let rows = |n: usize| (0..n).map(|row| (format!("s{row}"), targets(row)));
    assert!(other(csv("id,u,v", rows(23))).contains("\"s23\""));
    assert!(other(csv("id,u,v", rows(25))).contains("\"s24\""));
    let twice = rows(24).chain(rows(1));
    assert!(other(csv("id,u,v", twice)).contains("duplicate stimulus \"s0\""));
    let text = csv("id,u,v", rows(23)) + "s23,1,NaN\n";
    let message = other(text);
    assert!(
        message.contains("line 25, field 3 (\"v\"): the value is missing"),
        "{message}"
    );
}

#[test]
fn files_without_ids_are_matched_by_position() {
    let folder = tempfile::tempdir().unwrap();
    let made_up = |name: &str, n: usize| {
        let value = |(row, column): (usize, usize)| ((2 * row + column).pow(2) % 17) as f64;
        npy(&folder, name, Array2::from_shape_fn((n, 2), value))
    };
    let (six, seven) = (made_up("six.npy", 6), made_up("seven.npy", 7));
    let with = |x: &str, y: &str| {
        [
            "--features",
            x,
            "--targets",
            y,
            "--alphas",
            "1e-3,10",
            "--json",
        ]
        .map(str::to_owned)
    };
    let same = made_up("same.npy", 6);
    let arguments = with(&six, &same);
    let found = json_of(&arguments.each_ref().map(String::as_str));
    assert!(numbers(&found["expected_r2"]).iter().all(|&r2| r2 > 0.99));
    let arguments = with(&six, &seven);
    let message = refused(&arguments.each_ref().map(String::as_str));
    for part in [
        "six.npy: 6 rows without ids",
        "seven.npy: 7 rows without ids",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

/// The numbers of the reference through the command line.
#[test]
fn real_features() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = |name: &str| shared.join(name).display().to_string();
    let goldens = std::fs::read_to_string(path("goldens/ridge.json")).unwrap();
    let goldens: Value = serde_json::from_str(&goldens).unwrap();
    let vice = path("data/things/vice_embedding.npy");
    let folder = tempfile::tempdir().unwrap();
    for name in ["features_a", "features_b"] {
        let features = path(&format!("goldens/things_{name}.npy"));
        let goldens = &goldens[name];
        let alphas: Vec<String> = numbers(&goldens["alphas"])
            .iter()
            .map(f64::to_string)
            .collect();
        let alphas = alphas.join(",");
        let arguments = [
            "--features",
            &features,
            "--targets",
            &vice,
            "--alphas",
            &alphas,
            "--standardize",
            "--json",
        ];
        let found = json_of(&arguments);
        assert_eq!(found["alphas"], goldens["loo_alpha_per_dimension"]);

        // The reference standardizes once over all rows; the file has them rounded to f32.
        let mut standardized = FileSource::open(&features)
            .unwrap()
            .read()
            .unwrap()
            .into_features()
            .into_f64();
        for mut column in standardized.columns_mut() {
            let (mean, std) = (column.mean().unwrap(), column.std(0.0));
            column.mapv_inplace(|x| (x - mean) / std);
        }
        let file = npy(&folder, "standardized.npy", standardized);
        let usual = [
            "--features",
            &file,
            "--targets",
            &vice,
            "--alphas",
            &alphas,
            "--json",
        ];
        let found = json_of(&[&usual[..], &["--folds", "5"]].concat());
        let expected = goldens["r2_per_fold_dimension"].as_array().unwrap();
        let folds = found["cross_validation"]["r2"].as_array().unwrap();
        assert_eq!((folds.len(), expected.len()), (5, 5));
        for (found, expected) in folds.iter().zip(expected) {
            let (found, expected) = (numbers(found), numbers(expected));
            assert_eq!((found.len(), expected.len()), (42, 42));
            for (found, expected) in found.into_iter().zip(expected) {
                assert_relative_eq!(found, expected, max_relative = 1e-6);
            }
        }
        let mean = found["cross_validation"]["mean_r2"].as_f64().unwrap();
        let expected = goldens["mean_r2"].as_f64().unwrap();
        assert_relative_eq!(mean, expected, max_relative = 1e-6);

        // The last fold, whose rows stand at the end.
        let found = json_of(&[&usual[..], &["--train-rows", "1484"]].concat());
        let expected = numbers(&goldens["r2_per_fold_dimension"][4]);
        assert_eq!(found["n_test"], 370);
        let found = numbers(&found["r2"]);
        assert_eq!((found.len(), expected.len()), (42, 42));
        for (found, expected) in found.into_iter().zip(expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-6);
        }
    }
}

#[test]
fn targets_that_are_equal_up_to_rounding_have_no_r2() {
    let folder = TempDir::new().unwrap();
    let id = |row: usize| format!("s{row}");
    let x = csv("id,a,b", (0..N).map(|row| (id(row), features(row))));
    let target = |row: usize| match row {
        0..20 => targets(row)[0],
        20..22 => 0.3,
        _ => 0.1 + 0.2,
    };
    let y = csv("id,u", (0..N).map(|row| (id(row), vec![target(row)])));
    let (x, y) = (write(&folder, "x.csv", &x), write(&folder, "y.csv", &y));
    let message = refused(&[
        "--features",
        &x,
        "--targets",
        &y,
        "--alphas",
        "1",
        "--train-rows",
        "20",
    ]);
    assert!(message.contains("does not vary"), "{message}");
}

#[test]
fn trials_are_read_with_the_options_of_trials() {
    let folder = TempDir::new().unwrap();
    let (x, y) = files(&folder);
    let trials = write(
        &folder,
        "t.csv",
        "img/s1.png,img/s2.png,img/s3.png\nimg/s1.png,img/s1.png,img/s5.png\n",
    );
    let arguments = [
        "--features",
        &x,
        "--targets",
        &y,
        "--alphas",
        "1",
        "--folds",
        "3",
        "--triplets",
        &trials,
        "--match-ids",
        "file-stem",
    ];
    assert!(refused(&arguments).contains("--drop-repeated"));
    let found = json_of(&[&arguments[..], &["--drop-repeated", "--json"]].concat());
    assert_eq!(found["cross_validation"]["odd_one_out"]["trials"], 1);
}

#[test]
fn columns_need_only_be_in_one_of_the_files() {
    let folder = TempDir::new().unwrap();
    let (x, _) = files(&folder);
    let rows = (0..N).map(|row| format!("s{row},{},kind\n", targets(row)[0]));
    let y = format!("id,u,category\n{}", rows.collect::<String>());
    let y = write(&folder, "y.csv", &y);
    let arguments = ["--features", &x, "--targets", &y, "--alphas", "1"];
    assert!(refused(&arguments).contains("--ignore-column"));
    let ignored = [&arguments[..], &["--json", "--ignore-column", "category"]].concat();
    let found = json_of(&ignored);
    assert_eq!(found["alphas"].as_array().unwrap().len(), 1);
    let both = ["--ignore-column", "category", "--ignore-column", "kind"];
    let message = refused(&[&arguments[..], &both].concat());
    assert!(
        message.contains("neither") && message.contains("\"kind\""),
        "{message}"
    );
}

#[test]
fn files_with_other_stimuli_are_named() {
    let folder = TempDir::new().unwrap();
    let (x, _) = files(&folder);
    let id = |row: usize| format!("s{row}");
    let fewer = csv("id,u", (1..N).map(|row| (id(row), vec![row as f64])));
    let fewer = write(&folder, "fewer.csv", &fewer);
    let message = refused(&["--features", &x, "--targets", &fewer, "--alphas", "1"]);
    let names = message.contains("x.csv") && message.contains("fewer.csv");
    assert!(names && message.contains("s0"), "{message}");
}

#[test]
fn features_and_targets_are_different_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let array = |step: usize| {
        let values: Vec<f32> = (0..24).map(|at| ((at * step) % 11) as f32 + 0.5).collect();
        arrays::npy("<f4", false, "(12, 2)", &arrays::floats(&values))
    };
    let members = [("x.npy", array(3)), ("y.npy", array(7))];
    let both = arrays::npz(zip::CompressionMethod::Stored, &members);
    let both = put(&folder, "both.npz", both).display().to_string();
    let [x, y] = members.map(|(name, bytes)| put(&folder, name, bytes).display().to_string());
    let alphas = ["--alphas", "0.1, 1, 10", "--json"];
    let expected = json_of(&[&["--features", &x, "--targets", &y], &alphas[..]].concat());
    let files = [&["--features", &both, "--targets", &both], &alphas[..]].concat();
    for same in [
        &[][..],
        &["--array", "y"],
        &["--array", "y", "--target-array", "y"],
    ] {
        let message = refused(&[&files[..], same].concat());
        assert!(message.contains("--target-array"), "{message}");
    }
    let named = [&files[..], &["--array", "x", "--target-array", "y"]].concat();
    assert_eq!(json_of(&named)["expected_r2"], expected["expected_r2"]);
}
