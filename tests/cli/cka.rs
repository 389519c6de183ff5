//! The `cka` example as scripts use it: output, exit codes, messages.

use std::process::Output;

use approx::assert_relative_eq;
use serde_json::Value;
use zip::CompressionMethod;

use crate::common;
use crate::common::arrays::{floats, npy, npz};
use crate::common::files::{put, write};

fn cka(arguments: &[&str]) -> Output {
    common::example("cka", arguments)
}

fn json_of(arguments: &[&str]) -> Value {
    common::json_of("cka", arguments)
}

fn refused(arguments: &[&str]) -> String {
    common::refused("cka", arguments)
}

const ANIMALS: &str = "id,x,y\ncat,1,2\ndog,1,3\ncow,4,1\nhen,0,0\nant,7,5\n";

#[test]
fn rows_are_matched_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(&folder, "a.csv", ANIMALS);
    let b = "id,z\nant,9\ncow,4\nhen,1\ndog,2.5\ncat,2\n";
    let b = write(&folder, "b.csv", b);
    let same_order = "id,z\ncat,2\ndog,2.5\ncow,4\nhen,1\nant,9\n";
    let same_order = write(&folder, "c.csv", same_order);
    let found = json_of(&["--a", &a, "--b", &b, "--json"]);
    assert_eq!(found, json_of(&["--a", &a, "--b", &same_order, "--json"]));
    assert_eq!(found["kernel"], "linear");
    assert_eq!(found["estimator"], "unbiased");
    assert_eq!(found["stimuli"], 5);

    let line = cka(&["--a", &a, "--b", &b]);
    let line = String::from_utf8(line.stdout).unwrap();
    let value = found["value"].as_f64().unwrap();
    assert!(line.starts_with(&format!("{value:.6} ")), "{line}");

    let rbf = ["--a", &a, "--b", &b, "--json", "--kernel", "rbf"];
    let found = json_of(&rbf);
    assert_eq!(found["kernel"]["rbf"], 0.5);
    assert_eq!(
        found,
        json_of(&[&rbf[..], &["--bandwidth", "0.5"]].concat())
    );
    assert_ne!(found, json_of(&[&rbf[..], &["--bandwidth", "1"]].concat()));
}

#[test]
fn bad_input_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(&folder, "a.csv", ANIMALS);
    let given = |extra: &[&str]| refused(&[&["--a", &a, "--b", &a], extra].concat());
    assert!(given(&["--kernel", "poly"]).contains("poly"));
    assert!(given(&["--estimator", "half"]).contains("half"));
    assert!(given(&["--bandwidth", "1"]).contains("applies to --kernel rbf only"));
    for bandwidth in ["0", "-1", "NaN", "inf"] {
        let message = given(&["--kernel", "rbf", "--bandwidth", bandwidth]);
        assert!(message.contains("bandwidth must be positive"), "{message}");
    }
    assert!(refused(&["--a", &a]).contains("--b"));

    let with = |b: &str| refused(&["--a", &a, "--b", b]);
    assert!(with("nowhere.npy").contains("nowhere.npy"));
    let other = |content: &str| with(&write(&folder, "b.csv", content));
    let message = other("id,x\ncat,1\ndog,3\ncow,4\nhen,0\nyak,7\n");
    assert!(message.contains("\"ant\""), "{message}");
    let message = other("id,x\ncat,1\ndog,NaN\ncow,4\nhen,0\nant,7\n");
    assert!(
        message.contains("line 3, field 2 (\"x\"): the value is missing"),
        "{message}"
    );
    let message = other("id,x\ncat,1\ndog,1\ncow,1\nhen,1\nant,1\n");
    assert!(
        message.contains("all rows of representation 1"),
        "{message}"
    );

    let few = write(&folder, "few.csv", "id,x\ncat,1\ndog,3\ncow,4\n");
    assert!(refused(&["--a", &few, "--b", &few]).contains("too few stimuli for unbiased CKA: 3"));
    let output = cka(&["--a", &few, "--b", &few, "--estimator", "biased"]);
    assert!(output.status.success());
}

#[test]
fn files_without_ids_are_matched_by_position() {
    let folder = tempfile::tempdir().unwrap();
    let npy = |name: &str, n: usize| {
        use npyz::WriterBuilder;
        let path = folder.path().join(name);
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(&[n as u64, 2])
            .writer(file)
            .begin_nd()
            .unwrap();
        let values = (0..2 * n).map(|value| ((value * value) % 17) as f32);
        writer.extend(values).unwrap();
        writer.finish().unwrap();
        path.display().to_string()
    };
    let (six, seven) = (npy("six.npy", 6), npy("seven.npy", 7));
    let found = json_of(&["--a", &six, "--b", &six, "--json"]);
    assert_relative_eq!(found["value"].as_f64().unwrap(), 1.0);
    let message = refused(&["--a", &six, "--b", &seven]);
    for part in [
        "six.npy: 6 rows without ids",
        "seven.npy: 7 rows without ids",
        "`--ids`",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let message = refused(&["--a", &seven, "--b", &six]);
    assert!(
        message.contains("seven.npy: 7 rows without ids"),
        "{message}"
    );
    let found = json_of(&["--a", &six, "--b", &six, "--json"]);
    assert_eq!(found["paired_by"], "position");
}

/// Around ten million, where `f32` are 1 apart.
#[test]
fn tables_are_read_with_all_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, offset: f64| {
        let row = |row: i32| {
            let [x, y] = [row * row % 7, row * 3 % 5].map(|x| offset + f64::from(x) / 8.0);
            format!("s{row},{x},{y}\n")
        };
        let rows: String = (0..9).map(row).collect();
        write(&folder, name, &format!("id,x,y\n{rows}"))
    };
    let (near, far) = (table("near.csv", 0.0), table("far.csv", 1e7));
    let animals = "id,z\ns0,1\ns1,3\ns2,4\ns3,1\ns4,5\ns5,9\ns6,2\ns7,6\ns8,5\n";
    let other = write(&folder, "other.csv", animals);
    let [expected, found] = [near, far].map(|a| json_of(&["--a", &a, "--b", &other, "--json"]));
    assert_eq!(found["precision"], "double");
    let [expected, found] = [expected, found].map(|report| report["value"].as_f64().unwrap());
    assert_relative_eq!(found, expected, max_relative = 1e-12);
}

#[test]
fn help_is_no_error() {
    let output = cka(&["--help"]);
    assert!(output.status.success());
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("--kernel")
    );
}

/// The numbers of the reference through the command line.
#[test]
fn real_features() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = |name: &str| shared.join(name).display().to_string();
    let goldens = std::fs::read_to_string(path("goldens/cka.json")).unwrap();
    let goldens: Value = serde_json::from_str(&goldens).unwrap();
    let vice = path("data/things/vice_embedding.npy");
    let a = path("goldens/things_features_a.npy");
    let b = path("goldens/things_features_b.npy");
    for (pair, first, second) in [
        ("vice/features_a", &vice, &a),
        ("vice/features_b", &vice, &b),
        ("features_a/features_b", &a, &b),
    ] {
        for (kernel, extra) in [
            ("linear", &[][..]),
            ("rbf_0.5", &["--kernel", "rbf", "--bandwidth", "0.5"]),
            ("rbf_1.0", &["--kernel", "rbf", "--bandwidth", "1.0"]),
        ] {
            for estimator in ["biased", "unbiased"] {
                let usual = [
                    "--a",
                    first,
                    "--b",
                    second,
                    "--estimator",
                    estimator,
                    "--json",
                ];
                let found = json_of(&[&usual, extra].concat());
                let expected = goldens[pair][kernel][estimator].as_f64().unwrap();
                assert_relative_eq!(found["value"].as_f64().unwrap(), expected, epsilon = 1e-9);
            }
        }
    }
}

#[test]
fn both_sides_are_different_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let array = |step: usize| {
        let values: Vec<f32> = (0..12).map(|at| ((at * step) % 7) as f32).collect();
        npy("<f4", false, "(6, 2)", &floats(&values))
    };
    let members = [("x.npy", array(3)), ("y.npy", array(5))];
    let both = npz(CompressionMethod::Stored, &members);
    let both = put(&folder, "both.npz", both).display().to_string();
    let [x, y] = members.map(|(name, bytes)| put(&folder, name, bytes).display().to_string());
    let files = ["--a", &both, "--b", &both, "--json"];
    let message = refused(&[&files[..], &["--array", "x"]].concat());
    assert!(message.contains("--a-array and --b-array"), "{message}");
    let named = [&files[..], &["--a-array", "x", "--b-array", "y"]].concat();
    let expected = json_of(&["--a", &x, "--b", &y, "--json"]);
    assert_eq!(json_of(&named)["value"], expected["value"]);
    let one = ["--a", &both, "--a-array", "x", "--b", &y, "--json"];
    assert_eq!(json_of(&one)["value"], expected["value"]);
    let message = refused(&[&one[..], &["--array", "x"]].concat());
    assert!(message.contains("cannot be used with"), "{message}");
}

#[test]
fn a_column_of_ids_is_in_both_tables() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(
        &folder,
        "a.csv",
        "label_of_it,x,y\n3,1.5,2\n7,1,3.5\n8,4.5,1\n2,0,0.5\n",
    );
    let b = write(&folder, "b.csv", "x,y\n1.5,2\n1,2.5\n2,1.5\n3,0.5\n");
    let named = ["--a", &a, "--b", &b, "--id-column", "label_of_it"];
    let message = refused(&named);
    assert!(message.contains("b.csv has no such column"), "{message}");
    let b = write(
        &folder,
        "b.csv",
        "id,x,y\n3,1.5,2\n8,1,2.5\n7,2,1.5\n2,3,0.5\n",
    );
    assert_eq!(
        json_of(&[&named[..3], &[b.as_str()], &named[4..], &["--json"]].concat())["paired_by"],
        "id"
    );
}
