//! The example `embed` as people run it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use human_alignment::dataset::SimulatedObserver;
use human_alignment::embedding::random_triples;
use human_alignment::{FileSource, Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::pictures::folders;
use crate::common::{example, json_of, refused};

/// Writes the trials of an observer with three sparse dimensions, and returns the path.
fn write_trials(folder: &Path, n_objects: u32, n_trials: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut weight = || {
        let (is_present, size): (f64, f64) = (rng.random(), rng.random());
        if is_present < 0.4 {
            0.5 + 1.5 * size
        } else {
            0.02 * size
        }
    };
    let weights = Array2::from_shape_simple_fn((n_objects as usize, 3), &mut weight);
    let truth = Representation::new(Stimuli::numbered(n_objects), weights).unwrap();
    let people = SimulatedObserver::new(truth).unwrap();
    let trials = people.odd_one_out(n_trials, 3).unwrap().into_judgments();
    let lines = (trials.as_slice().iter()).map(|[a, b, c]| format!("{a} {b} {c}\n"));
    let path = folder.join("trials.txt").to_str().unwrap().to_owned();
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    path
}

#[test]
fn learns_and_writes_an_embedding() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = write_trials(folder.path(), 30, 6000);
    let names: Vec<String> = (0..30).map(|i| format!("picture{i:03}\n")).collect();
    let stimuli = folder.path().join("names.txt");
    std::fs::write(&stimuli, names.concat()).unwrap();
    let out = folder.path().join("E.npy");
    let [stimuli, out] = [&stimuli, &out].map(|path| path.to_str().unwrap());
    let arguments = [
        "--triplets",
        &triplets,
        "--stimuli",
        stimuli,
        "--dimensions",
        "8",
        "--out",
        out,
    ];
    let mut all = arguments.to_vec();
    all.extend(["--lambda", "0.02,0.05,3", "--json"]);
    let report = json_of("embed", &all);
    assert_eq!(report["dimensions"], 3);
    assert!(report["accuracy"].as_f64().unwrap() > 0.4);
    assert!(report["cross_entropy"].as_f64().unwrap() < 3f64.ln());
    assert_eq!(report["path"].as_array().unwrap().len(), 3);
    assert_eq!(report["converged"], true);
    let embedding = FileSource::open(out).unwrap().read().unwrap();
    assert_eq!(embedding.features().dim(), (30, 3));
    assert_eq!(embedding.stimuli().ids()[7], "picture007");
    assert!(!folder.path().join("E.npy.unfinished").exists());

    let mut table = arguments.to_vec();
    let figures = folder.path().join("figures");
    table.extend(["--lambda", "0.05", "--figures", figures.to_str().unwrap()]);
    let pictures = folders(30);
    table.extend(["--images", pictures.images.to_str().unwrap()]);
    let output = example("embed", &table);
    assert!(output.status.success());
    for dimension in 1..=3 {
        let page = figures.join(format!("dimension_{dimension}.svg"));
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains("picture") && page.contains("<image"));
    }
    // Without ids, images are matched with rows by their order.
    let by_position = folder.path().join("by_position");
    let unnamed = [
        &[
            "--triplets",
            &triplets,
            "--dimensions",
            "8",
            "--lambda",
            "0.05",
            "--out",
            out,
        ],
        &table[table.len() - 2..],
        &["--figures", by_position.to_str().unwrap()],
    ];
    let unnamed = example("embed", &unnamed.concat());
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("matched by position"));
    let page = |folder: &Path| {
        let page = std::fs::read_to_string(folder.join("dimension_1.svg")).unwrap();
        let image = |line: &str| line.split("base64,").nth(1).map(str::to_owned);
        page.split("<image").filter_map(image).collect::<Vec<_>>()
    };
    assert_eq!(page(&by_position).len(), page(&figures).len());
    // Pages of another embedding would remain.
    assert!(refused("embed", &table).contains("the folder is not empty"));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("3 dimensions of 30 objects")
    );
}

#[test]
fn trials_can_be_streamed() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = write_trials(folder.path(), 30, 6000);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, in_memory) = (path("E.npy"), path("M.npy"));
    let learn = |triplets: &str, out: &str, more: &[&str]| {
        let arguments = [
            "--triplets",
            triplets,
            "--out",
            out,
            "--dimensions",
            "8",
            "--json",
        ];
        json_of(
            "embed",
            &[&arguments[..], &["--lambda", "0.05"], more].concat(),
        )
    };
    // All trials, so that both fits are to the same.
    let all = ["--test-one-in", "0"];
    let streamed = learn(&triplets, &out, &[&all[..], &["--stream"]].concat());
    let whole = learn(&triplets, &in_memory, &all);
    assert_eq!(streamed["dimensions"], 3);
    assert_eq!(streamed["trials"], 6000);
    assert_eq!(streamed["questions"], serde_json::Value::Null);
    let losses = [&streamed, &whole].map(|report| report["loss"].as_f64().unwrap());
    assert!((losses[0] - losses[1]).abs() < 1e-3, "{losses:?}");
    assert!(!folder.path().join("E.npy.unfinished").exists());

    let tested = learn(&triplets, &out, &["--stream"]);
    let n_tested = tested["test_questions"].as_u64().unwrap();
    assert!((450..750).contains(&n_tested), "{n_tested}");
    assert!(tested["accuracy"].as_f64().unwrap() > 0.4);
    assert!(tested["cross_entropy"].as_f64().unwrap() < 3f64.ln());

    let refuse = |more: &[&str]| {
        let arguments = ["--triplets", &triplets, "--out", &out, "--stream"];
        refused("embed", &[&arguments[..], more].concat())
    };
    let choice = refuse(&[]);
    assert!(choice.contains("--stream needs one --lambda"), "{choice}");
    let content = std::fs::read_to_string(&triplets).unwrap();
    std::fs::write(&triplets, format!("{content}0 1 9999\n")).unwrap();
    let code = refuse(&["--lambda", "0.05"]);
    assert!(code.contains("9999 is a stimulus or marks"), "{code}");
    std::fs::write(&triplets, content.replace("0 ", "77 ").replace(" 0", " 77")).unwrap();
    let counted = refuse(&["--lambda", "0.05"]);
    assert!(counted.contains("index 0 never occurs"), "{counted}");
}

#[test]
fn vice_writes_the_uncertainty_of_every_weight() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = write_trials(folder.path(), 20, 4000);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, deviations) = (path("E.npy"), path("S.npy"));
    let arguments = [
        "--triplets",
        &triplets,
        "--method",
        "vice",
        "--dimensions",
        "5",
        "--out",
        &out,
        "--deviations",
        &deviations,
        "--json",
    ];
    let report = json_of("embed", &arguments);
    assert!(report["lambda"].is_null());
    let [means, deviations] =
        [out, deviations].map(|path| FileSource::open(path).unwrap().read().unwrap());
    assert_eq!(means.features().dim(), deviations.features().dim());
    assert_eq!(report["dimensions"], means.n_features());
    assert!(deviations.features().iter().all(|value| value > 0.0));
}

#[test]
fn answers_at_random_have_no_dimensions() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut lines = String::new();
    for triple in random_triples(15, 400, 1).unwrap() {
        let first = rng.random_range(0..3);
        let [a, b, c] = [0, 1, 2].map(|k| triple[(first + k) % 3]);
        lines += &format!("{a} {b} {c}\n");
    }
    let triplets = folder.path().join("random.txt");
    std::fs::write(&triplets, lines).unwrap();
    let out = folder.path().join("E.npy");
    let [triplets, out] = [&triplets, &out].map(|path| path.to_str().unwrap());
    let arguments = ["--triplets", triplets, "--out", out, "--json"];
    for method in [["--method", "vice"], ["--lambda", "0.2"]] {
        let output = example("embed", &[&arguments[..], &method].concat());
        assert!(output.status.success());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["dimensions"], 0);
        let notes = String::from_utf8(output.stderr).unwrap();
        assert!(
            notes.contains("no dimension explains the choices"),
            "{notes}"
        );
    }
}

#[test]
fn a_killed_run_continues_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = write_trials(folder.path(), 300, 60_000);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (whole, killed) = (path("whole.npy"), path("killed.npy"));
    let settings = [
        "--triplets",
        &triplets,
        "--dimensions",
        "60",
        "--lambda",
        "0.01",
    ];
    let arguments = |out| {
        [
            &settings[..],
            &[
                "--tolerance",
                "1e-7",
                "--max-iterations",
                "600",
                "--out",
                out,
            ],
        ]
        .concat()
    };
    example("embed", &arguments(&whole));
    let state = path("killed.npy.unfinished");
    let mut child = Command::new(common::program("embed"))
        .args(arguments(&killed))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !Path::new(&state).exists() && child.try_wait().unwrap().is_none() {
        assert!(
            start.elapsed() < Duration::from_secs(300),
            "no state is written"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Path::new(&state).exists(), "it ended before it was killed");
    example("embed", &arguments(&killed));
    let [whole, killed] = [whole, killed].map(|path| std::fs::read(path).unwrap());
    assert!(whole == killed);
}

#[test]
fn bad_input_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = write_trials(folder.path(), 10, 100);
    let out = folder.path().join("E.npy");
    let out = out.to_str().unwrap();
    let with = |more: &[&str]| {
        let arguments = ["--triplets", &triplets, "--out", out];
        refused("embed", &[&arguments[..], more].concat())
    };
    assert!(with(&["--lambda", "much"]).contains("--lambda must be numbers or auto"));
    assert!(with(&["--lambda", "-1"]).contains("lambda must be positive"));
    assert!(with(&["--dimensions", "0"]).contains("dimensions must be at least 1"));
    let vice = with(&["--method", "vice", "--lambda", "0.1"]);
    assert!(vice.contains("leave it out"), "{vice}");
    let spose = with(&["--deviations", out]);
    assert!(spose.contains("pass --method vice"), "{spose}");
    let folder_name = folder.path().to_str().unwrap();
    let vice = ["--method", "vice", "--deviations"];
    let again = format!(
        "{folder_name}/../{}/E.npy",
        folder.path().file_name().unwrap().display()
    );
    let same = with(&[&vice[..], &[&again]].concat());
    assert!(same.contains("are both"), "{same}");
    let few = with(&["--test-one-in", "1000"]);
    assert!(few.contains("--test-one-in"), "{few}");
    let named = folder.path().join("named.csv");
    std::fs::write(&named, "cat,dog,car\ndog,cat,bus\n").unwrap();
    let named = refused(
        "embed",
        &["--triplets", named.to_str().unwrap(), "--out", out],
    );
    assert!(named.contains("--stimuli"), "{named}");
    let occupied = folder.path().join("folder.npy");
    std::fs::create_dir(&occupied).unwrap();
    let occupied = occupied.to_str().unwrap();
    let occupied = refused("embed", &["--triplets", &triplets, "--out", occupied]);
    assert!(occupied.contains("it is a folder"), "{occupied}");
    let with_output = |out: &str| refused("embed", &["--triplets", &triplets, "--out", out]);
    assert!(with_output("E.csv").contains("expected .npy or .safetensors"));
    assert!(with_output("no/such/E.npy").contains("its folder does not exist"));
    let trials = folder.path().join("trials.npy");
    std::fs::rename(&triplets, &trials).unwrap();
    let trials = trials.to_str().unwrap();
    let replaced = refused("embed", &["--triplets", trials, "--out", trials]);
    assert!(replaced.contains("would replace the input"), "{replaced}");
    std::fs::rename(trials, &triplets).unwrap();
    let figures = folder.path().join("figures");
    let photos = folder.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    let [figures, photos] = [&figures, &photos].map(|path| path.to_str().unwrap());
    let without_photos = with(&["--figures", figures, "--images", photos]);
    assert!(without_photos.contains("photos"), "{without_photos}");
    let from_one = folder.path().join("from_one.txt");
    std::fs::write(&from_one, "1 2 3\n2 3 1\n").unwrap();
    let arguments = ["--triplets", from_one.to_str().unwrap(), "--out", out];
    assert!(refused("embed", &arguments).contains("--count-from"));
    assert!(!Path::new(out).exists());
}

#[test]
fn a_code_of_missing_answers_is_no_stimulus() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = write_trials(folder.path(), 10, 400);
    let out = folder.path().join("E.npy");
    let trials = std::fs::read_to_string(&triplets).unwrap();
    let arguments = ["--triplets", &triplets, "--out", out.to_str().unwrap()];
    for (lines, code) in [
        ("3 5 9999\n", "9999"),
        ("3 99 5\n", "99"),
        ("998 5 1\n2 3 999\n", "998"),
    ] {
        std::fs::write(&triplets, format!("{trials}{lines}")).unwrap();
        let error = refused("embed", &arguments);
        assert!(
            error.contains(&format!("whether {code}, in 1 of")),
            "{error}"
        );
        assert!(error.contains("--stimuli"), "{error}");
    }
    // Some stimuli of a larger set.
    let sparse = trials
        .split([' ', '\n'])
        .filter_map(|index| index.parse::<u32>().ok());
    let sparse: Vec<String> = sparse
        .map(|index| (index * index * 7).to_string())
        .collect();
    let lines = sparse.chunks(3).map(|trial| trial.join(" ") + "\n");
    std::fs::write(&triplets, lines.collect::<String>()).unwrap();
    let settings = ["--lambda", "0.05", "--json"];
    let report = json_of("embed", &[&arguments[..], &settings].concat());
    assert_eq!(report["objects"], 10);
}
