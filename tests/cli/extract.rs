//! The `extract` example as scripts use it: interruptions, order, messages.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use human_alignment::extract::Architecture;
use human_alignment::{FileSource, Representation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common;
use crate::common::pictures::{folders, names};
use crate::common::{json_of, program, refused};

fn read(path: &Path) -> Representation {
    FileSource::open(path).unwrap().read().unwrap()
}

/// Returns the arguments for features of small images in small steps.
fn in_small_steps(images: &Path, out: &Path) -> Vec<String> {
    let (images, out) = (images.to_str().unwrap(), out.to_str().unwrap());
    format!(
        "--model squeezenet1_1 --random 3 --tap features.4 --pool mean --batch 1 --json \
         --images {images} --out {out}"
    )
    .split(' ')
    .map(str::to_owned)
    .collect()
}

fn report_of(arguments: &[String]) -> serde_json::Value {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    json_of("extract", &arguments)
}

fn start(arguments: &[String]) -> Child {
    Command::new(program("extract"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until a file exists, while the program runs.
fn wait_for(path: &Path, child: &mut Child) {
    while !path.exists() {
        assert!(child.try_wait().unwrap().is_none(), "the program has ended");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_command_line_survives_kill_9_at_any_moment() {
    const N: u64 = 40;
    let folders = folders(N);
    let (whole, out) = (
        folders.out.join("whole.npy"),
        folders.out.join("killed.npy"),
    );
    let start_time = Instant::now();
    let report = report_of(&in_small_steps(&folders.images, &whole));
    let duration = start_time.elapsed();
    assert_eq!(
        (&report["stimuli"], &report["features"]),
        (&N.into(), &128.into())
    );

    let arguments = in_small_steps(&folders.images, &out);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut child = start(&arguments);
    // Once certainly within the extraction, then at random moments.
    wait_for(&folders.out.join("killed.npy.partial.json"), &mut child);
    for _ in 0..12 {
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        child = start(&arguments);
        std::thread::sleep(duration.mul_f64(rng.random_range(0.0..0.3)));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let was_finished = out.exists();
    let report = report_of(&arguments);
    assert!(was_finished || report["resumed"].as_u64().unwrap() >= 1);
    for ending in ["", ".json"] {
        let bytes = |path: &Path| std::fs::read(format!("{}{ending}", path.display())).unwrap();
        assert_eq!(bytes(&out), bytes(&whole));
    }
    assert_eq!(
        names(&folders.out),
        [
            "killed.npy",
            "killed.npy.json",
            "whole.npy",
            "whole.npy.json"
        ]
    );
}

#[test]
fn the_command_line_refuses_a_second_run_and_what_changed() {
    let folders = folders(60);
    let out = folders.out.join("f.npy");
    let arguments = in_small_steps(&folders.images, &out);
    let with = |more: &[&str]| {
        let arguments = arguments.iter().map(String::as_str);
        refused(
            "extract",
            &arguments.chain(more.iter().copied()).collect::<Vec<_>>(),
        )
    };
    let mut child = start(&arguments);
    wait_for(&folders.out.join("f.npy.partial.json"), &mut child);
    let message = with(&[]);
    let holder = format!("is being written by process {} on ", child.id());
    assert!(message.contains(&holder), "{message}");
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock of a killed run is none; other settings and images are refused.
    assert!(with(&["--skip-unreadable"]).contains("--skip-unreadable"));
    assert!(with(&["--shard", "1/2"]).contains("another shard"));
    let picture = |n: u32| folders.images.join(format!("picture{n:03}.png"));
    let first = std::fs::read(picture(0)).unwrap();
    std::fs::copy(picture(1), picture(0)).unwrap();
    assert!(with(&[]).contains("other contents"));
    std::fs::write(picture(0), first).unwrap();
    assert!(report_of(&arguments)["resumed"].as_u64().unwrap() >= 1);
}

#[test]
fn the_command_line_keeps_its_inputs() {
    let folders = folders(2);
    let settings = folders.out.join("f.npy.json");
    let architecture = Architecture::named("squeezenet1_1").unwrap();
    let text = serde_json::to_string(&architecture.preprocessing().unwrap()).unwrap();
    std::fs::write(&settings, &text).unwrap();
    let [out, part] = ["f.npy", "part.npy"].map(|name| folders.out.join(name));
    let mut arguments = in_small_steps(&folders.images, &out);
    arguments.extend(["--preprocessing".into(), settings.to_str().unwrap().into()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let message = refused("extract", &arguments);
    assert!(message.contains("would replace the input"), "{message}");
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), text);
    assert_eq!(names(&folders.out), ["f.npy.json"]);

    let mut arguments = in_small_steps(&folders.images, &part);
    arguments.extend(["--shard".into(), "1/1".into()]);
    report_of(&arguments);
    let part = part.to_str().unwrap();
    let message = refused("extract", &["--join", part, "--out", part]);
    assert!(message.contains("would replace the input"), "{message}");
}

/// Returns the arguments for features of `images`, without outputs.
fn of_images(images: &Path) -> Vec<String> {
    let images = images.to_str().unwrap();
    format!("--model squeezenet1_1 --random 3 --json --images {images}")
        .split(' ')
        .map(str::to_owned)
        .collect()
}

#[cfg(unix)]
#[test]
fn the_script_for_array_jobs_extracts_parts_and_joins_them() {
    let folders = folders(5);
    let path = |name: &str| folders.out.join(name).to_str().unwrap().to_owned();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/extract_array.sh");
    let run = |first: &str, out: &str, task: Option<&str>| {
        let mut command = Command::new("sh");
        command.args([script, first, &path(out)]);
        if first != "join" {
            command.args(of_images(&folders.images));
        }
        command.env("EXTRACT", program("extract"));
        match task {
            Some(task) => command.env("SLURM_ARRAY_TASK_ID", task),
            None => command.env_remove("SLURM_ARRAY_TASK_ID"),
        };
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let out = ["--out".to_owned(), path("whole.npy")];
    report_of(
        &of_images(&folders.images)
            .into_iter()
            .chain(out)
            .collect::<Vec<_>>(),
    );
    run("3", "loop.npy", None);
    for task in ["3", "1", "2"] {
        run("3", "array.npy", Some(task));
    }
    run("join", "array.npy", None);
    let whole = std::fs::read(path("whole.npy")).unwrap();
    for name in ["loop.npy", "array.npy"] {
        assert!(std::fs::read(path(name)).unwrap() == whole, "{name}");
    }
}

#[test]
fn the_command_line_reads_several_taps_in_one_pass() {
    let folders = folders(3);
    let path = |name: &str| folders.out.join(name).to_str().unwrap().to_owned();
    let run = |more: &str| {
        let more = more.split(' ').map(str::to_owned);
        report_of(
            &of_images(&folders.images)
                .into_iter()
                .chain(more)
                .collect::<Vec<_>>(),
        )
    };
    let single = run(&format!(
        "--tap features.4 --pool mean --out {}",
        path("single.npy")
    ));
    let single_out = &single["outputs"][0];
    assert_eq!(single["features"], 128);
    assert_eq!(
        (
            &single_out["tap"],
            &single_out["features"],
            &single_out["out"]
        ),
        (&"features.4@mean".into(), &128.into(), &single["out"])
    );
    let taps = "--tap features.4@mean --tap penultimate";
    let both = run(&format!(
        "{taps} --out {} --out {}",
        path("a.npy"),
        path("b.npy")
    ));
    assert_eq!(
        (&both["features"], &both["stimuli"]),
        (&128.into(), &3.into())
    );
    assert_eq!(both["out"], path("a.npy"));
    assert_eq!(both["outputs"][1]["features"], 512);
    let named = run(&format!("{taps} --out {}", path("{tap}.safetensors")));
    assert_eq!(
        named["outputs"][0]["out"],
        path("features.4@mean.safetensors")
    );
    let read = |name: &str| read(&folders.out.join(name));
    assert_eq!(read("a.npy"), read("single.npy"));
    assert_eq!(read("a.npy"), read("features.4@mean.safetensors"));
    assert_eq!(read("b.npy"), read("penultimate.safetensors"));

    let mut arguments = of_images(&folders.images);
    let more = format!("{taps} --out {}", path("c.npy"));
    arguments.extend(more.split(' ').map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert!(refused("extract", &arguments).contains("{tap}"));
    let out = path("c.npy");
    let twice = refused("extract", &[&arguments[..], &["--out", &out]].concat());
    assert!(twice.contains("file of its own for each tap"), "{twice}");
}

#[test]
fn the_command_line_reads_a_list_or_one_image() {
    let folders = folders(4);
    let out = folders.out.join("f.npy");
    let run = |images: &Path| {
        let mut arguments = of_images(images);
        arguments.extend(["--out".into(), out.to_str().unwrap().into()]);
        (report_of(&arguments), read(&out))
    };
    let (_, all) = run(&folders.images);
    let one = folders.images.join("picture002.png");
    let (report, features) = run(&one);
    assert_eq!(
        (&report["stimuli"], &report["order"]),
        (&1.into(), &"given".into())
    );
    assert_eq!(features, all.select(features.stimuli()).unwrap());
    let list = folders.images.parent().unwrap().join("list.txt");
    std::fs::write(
        &list,
        "images/picture003.png\r\n\r\nimages/picture001.png\n",
    )
    .unwrap();
    let (report, features) = run(&list);
    assert_eq!(
        (&report["stimuli"], &report["order"]),
        (&2.into(), &"given".into())
    );
    assert_eq!(
        features.stimuli().ids(),
        ["images/picture003", "images/picture001"]
    );
    assert_eq!(features.features().row(1), all.features().row(1));

    let mut arguments = of_images(&list);
    arguments.extend(["--out", out.to_str().unwrap(), "--recursive"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert!(refused("extract", &arguments).contains("list.txt"));
    std::fs::write(&list, "images/picture003.png\nimages/gone.png\n").unwrap();
    let message = refused("extract", &arguments[..arguments.len() - 1]);
    assert!(message.contains("gone.png"), "{message}");
}

#[test]
fn the_command_line_says_in_what_order_and_without_what() {
    let folders = folders(2);
    let image = std::fs::read(folders.images.join(&names(&folders.images)[0])).unwrap();
    let nested = folders.out.join("nested");
    for name in ["a/x10.png", "a/x9.png", "b/y.png", "b/y.heic", "notes.txt"] {
        let path = nested.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &image).unwrap();
    }
    let (images, out) = (nested.to_str().unwrap(), folders.out.join("f.npy"));
    let all = [
        "--model",
        "squeezenet1_1",
        "--random",
        "1",
        "--tap",
        "features.4",
        "--pool",
        "mean",
        "--images",
        images,
        "--out",
        out.to_str().unwrap(),
        "--json",
    ];
    let run = |more: &[&str]| {
        let output = common::example("extract", &[&all[..], more].concat());
        let notes = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{notes}");
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (found, notes, read(&out).stimuli().ids().to_vec())
    };
    let (found, notes, ids) = run(&[]);
    assert_eq!(
        (&found["ignored"], &found["order"]),
        (&2.into(), &"plain".into())
    );
    assert_eq!(ids, ["a/x10", "a/x9", "b/y"]);
    assert!(notes.contains("3 images in plain order"), "{notes}");
    assert!(
        notes.contains("preprocessing of squeezenet1_1.imagenet1k_v1: shorter side 256"),
        "{notes}"
    );
    assert!(
        notes.contains("2 other files are ignored: b/y.heic, notes.txt"),
        "{notes}"
    );
    let (found, _, ids) = run(&["--order", "natural"]);
    assert_eq!(found["order"], "natural");
    assert_eq!(ids, ["a/x9", "a/x10", "b/y"]);
    std::fs::write(nested.join("z.png"), &image).unwrap();
    assert!(refused("extract", &all).contains("--recursive"));
    let (found, ..) = run(&["--recursive"]);
    assert_eq!(found["stimuli"], 4);
}

#[test]
fn the_command_line_refuses_by_name() {
    let folders = folders(2);
    let (images, out) = (
        folders.images.to_str().unwrap(),
        folders.out.to_str().unwrap(),
    );
    let output = format!("{out}/f.npy");
    let all = [
        "--model",
        "squeezenet1_1",
        "--random",
        "1",
        "--images",
        images,
        "--out",
        &output,
    ];
    let with = |more: &[&str]| refused("extract", &[&all[..], more].concat());
    assert!(with(&["--tap", "features.99"]).contains("features.9"));
    assert!(with(&["--device", "gpu"]).contains("device"));
    assert!(with(&["--shard", "5/4"]).contains("shard"));
    assert!(with(&["--preprocessing", "none"]).contains("none"));
    assert!(with(&["--batch", "0"]).contains("batch"));
    if cfg!(not(feature = "cuda")) {
        assert!(with(&["--device", "cuda"]).contains("cuda"));
    }
    assert!(refused("extract", &["--model", "squeezenet"]).contains("squeezenet1_0"));
    let mut other = all;
    other[1] = "squeezenet1_1.mine";
    let unknown = refused("extract", &other);
    assert!(
        unknown.contains("--preprocessing") && unknown.contains("squeezenet1_1.imagenet1k_v1"),
        "{unknown}"
    );
    other = all;
    other[5] = out;
    assert!(refused("extract", &other).contains("no images"));
    other = all;
    let table = format!("{out}/f.csv");
    other[7] = &table;
    assert!(refused("extract", &other).contains(".safetensors"));
    std::fs::write(folders.images.join("text.jpg"), "no picture").unwrap();
    assert!(with(&[]).contains("text.jpg"));
}
