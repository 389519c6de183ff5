//! The `extract` example as scripts use it: interruptions, order, messages.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use human_alignment::extract::Architecture;
use human_alignment::{FileSource, Representation};

use crate::common;
use crate::common::pictures::{folders, names};
use crate::common::{json_of, program, refused};

fn read(path: &Path) -> Representation {
    FileSource::open(path).unwrap().read().unwrap()
}

/// Creates a named pipe, which whoever reads it waits for.
#[cfg(unix)]
fn make_pipe(path: &Path) {
    let status = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(status.success());
}

/// The program is killed where it waits for an image that is a pipe. As folders are listed without pipes, the
/// image is replaced once the program waits for its preprocessing, which it reads after the list.
#[cfg(unix)]
#[test]
fn the_command_line_survives_kill_9() {
    const N: u64 = 24;
    let folders = folders(N);
    let path = |name: &str| folders.out.join(name).to_str().unwrap().to_owned();
    let preprocessing = Architecture::named("squeezenet1_1")
        .unwrap()
        .preprocessing();
    let preprocessing = serde_json::to_string(&preprocessing).unwrap();
    let images = folders.images.to_str().unwrap();
    let arguments = |settings: &str, out: &str| -> Vec<String> {
        format!(
            "--model squeezenet1_1 --random 3 --tap features.4 --pool mean --batch 2 --json \
             --images {images} --preprocessing {settings} --out {out}"
        )
        .split(' ')
        .map(str::to_owned)
        .collect()
    };
    let extract = |settings: &str, out: &str| {
        let arguments = arguments(settings, out);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        json_of("extract", &arguments)
    };
    let (settings, whole) = (path("settings.json"), path("whole.npy"));
    std::fs::write(&settings, &preprocessing).unwrap();
    let report = extract(&settings, &whole);
    assert_eq!(
        (&report["stimuli"], &report["features"]),
        (&N.into(), &128.into())
    );

    let (pipe, out) = (PathBuf::from(path("pipe.json")), path("killed.npy"));
    make_pipe(&pipe);
    let mut child = Command::new(program("extract"))
        .args(arguments(pipe.to_str().unwrap(), &out))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Waits until the program opens the pipe.
    let mut opened = std::fs::File::create(&pipe).unwrap();
    let image = folders.images.join("picture016.png");
    let kept = folders.out.join("picture016.png");
    std::fs::rename(&image, &kept).unwrap();
    make_pipe(&image);
    opened.write_all(preprocessing.as_bytes()).unwrap();
    drop(opened);
    let record = PathBuf::from(format!("{out}.partial.json"));
    while !record.exists() {
        assert!(child.try_wait().unwrap().is_none(), "the program has ended");
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!Path::new(&out).exists());
    std::fs::rename(&kept, &image).unwrap();
    let report = extract(&settings, &out);
    let n_resumed = report["resumed"].as_u64().unwrap();
    assert!((1..=16).contains(&n_resumed), "{report}");
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&whole).unwrap());
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
    other[5] = out;
    assert!(refused("extract", &other).contains("no images"));
    other = all;
    let table = format!("{out}/f.csv");
    other[7] = &table;
    assert!(refused("extract", &other).contains(".safetensors"));
    std::fs::write(folders.images.join("text.jpg"), "no picture").unwrap();
    assert!(with(&[]).contains("text.jpg"));
}
