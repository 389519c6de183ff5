//! From image files to features: interruptions, shards, images that can't be read, weights that don't fit.

use human_alignment::error::{
    ArgumentError, ErrorKind, ExtractError, FileError, ImageError, StimuliError,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ndarray::ArrayD;

use human_alignment::extract::preprocess::{Filter, Normalization, Preprocessing, Resize};
use human_alignment::extract::{
    Architecture, Device, Extraction, Network, NetworkSource, Pooling, Shard, Tap,
    UnreadablePolicy, Weights, join_shards,
};
use human_alignment::{
    Error, FileSource, ImageFiles, Representation, RepresentationSource, Stimuli,
};

use crate::common::pictures::{Folders, folders, names};
use crate::common::refusals::{assert_kind, assert_refused};

/// A small network over small images.
fn extraction(taps: &[&str], seed: u64) -> Extraction {
    let architecture = Architecture::named("squeezenet1_1").unwrap();
    let taps: Vec<Tap> = taps.iter().map(|tap| tap.parse().unwrap()).collect();
    let weights = Weights::random(seed);
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
    let size = Resize::Exact {
        width: 48,
        height: 48,
    };
    let preprocessing =
        Preprocessing::new(size, Filter::Bilinear, [48, 48], Normalization::IMAGENET).unwrap();
    Extraction::new(network, preprocessing)
        .with_batch_size(5)
        .unwrap()
}

fn read(path: &Path) -> Representation {
    FileSource::open(path).unwrap().read().unwrap()
}

#[test]
fn features_in_files_are_those_in_memory() {
    let folders = folders(12);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let extraction = extraction(&["features.5@mean", "penultimate", "logits"], 1);
    let in_memory = extraction.represent(&images).unwrap();
    let outputs = ["a.npy", "b.safetensors", "c.npy"].map(|name| folders.out.join(name));
    let done = extraction.write(&images, &outputs).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (12, 0));
    assert_eq!(done.n_features, [128, 512, 1000]);
    for (path, expected) in outputs.iter().zip(&in_memory) {
        assert_eq!(&read(path), expected);
    }
    assert_eq!(
        names(&folders.out),
        [
            "a.npy",
            "a.npy.json",
            "b.safetensors",
            "c.npy",
            "c.npy.json"
        ]
    );
    let provenance = in_memory[0].provenance();
    assert_eq!(provenance.model(), Some("squeezenet1_1"));
    assert_eq!(provenance.tap(), Some("features.5@mean"));
    assert_eq!(provenance.weights(), Some("random, seed 1"));
    assert_eq!(provenance.preprocessing().unwrap().len(), 64);
    assert_eq!(in_memory[0].stimuli().ids()[3], "picture003");

    // A source gives the same rows, in whatever order.
    let source = self::extraction(&["features.5@mean"], 1);
    let source = NetworkSource::new(source, images).unwrap();
    assert_eq!(source.name(), "squeezenet1_1 features.5@mean");
    let wanted = Stimuli::new(["picture007", "picture000"]).unwrap();
    let represented = source.represent(&wanted).unwrap();
    assert_eq!(represented, in_memory[0].select(&wanted).unwrap());
    assert_refused!(
        source.represent(&Stimuli::new(["picture999"]).unwrap()),
        Stimuli(StimuliError::Missing { .. })
    );
}

#[test]
fn an_interrupted_extraction_goes_on_and_ends_with_the_same_bits() {
    let folders = folders(23);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let extraction = extraction(&["penultimate", "features.5@mean"], 1);
    let whole = ["whole1.npy", "whole2.safetensors"].map(|name| folders.out.join(name));
    extraction.write(&images, &whole).unwrap();

    let parts = ["part1.npy", "part2.safetensors"].map(|name| folders.out.join(name));
    let mut n_done = 0;
    let stopped = extraction.write_observed(&images, &parts, |progress| {
        n_done = progress.n_done;
        match n_done >= 10 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    assert_refused!(
        stopped,
        Extract(ExtractError::Interrupted {
            n_done: 10,
            n_needed: 23,
            ..
        })
    );
    assert!(!parts[0].exists() && !parts[1].exists());
    // Whatever was being written when the machine stopped is cut off.
    let rows = folders.out.join("part1.npy.partial");
    let mut torn = std::fs::read(&rows).unwrap();
    assert_eq!(torn.len(), 10 * 512 * 4);
    torn.extend([7; 999]);
    std::fs::write(&rows, torn).unwrap();

    let done = extraction.write(&images, &parts).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (23, 10));
    for (part, whole) in parts.iter().zip(&whole) {
        assert_eq!(std::fs::read(part).unwrap(), std::fs::read(whole).unwrap());
    }
    let descriptions = ["part1.npy.json", "whole1.npy.json"];
    let [part, whole] = descriptions.map(|name| std::fs::read(folders.out.join(name)).unwrap());
    assert_eq!(part, whole);
    assert!(
        names(&folders.out)
            .iter()
            .all(|name| !name.contains("partial"))
    );
}

/// The files of a folder by name.
type Files = BTreeMap<String, Vec<u8>>;

fn files_of(folder: &Path) -> Files {
    let content = |name: String| (name.clone(), std::fs::read(folder.join(name)).unwrap());
    names(folder).into_iter().map(content).collect()
}

/// Each write is atomic or appends to rows, so that these are all states of the disk between writes.
#[test]
fn every_state_on_disk_is_resumed_to_the_same_bits() {
    let folders = folders(17);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let extraction = extraction(&["penultimate", "features.5@mean"], 1);
    let outputs = ["a.npy", "b.safetensors"].map(|name| folders.out.join(name));
    let mut batches = vec![Files::new()];
    extraction
        .write_observed(&images, &outputs, |_| {
            batches.push(files_of(&folders.out));
            ControlFlow::Continue(())
        })
        .unwrap();
    let finished = files_of(&folders.out);
    assert_eq!(
        finished.keys().collect::<Vec<_>>(),
        ["a.npy", "a.npy.json", "b.safetensors"]
    );

    let rows = ["a.npy.partial", "b.safetensors.partial"];
    let mut states = batches.clone();
    for pair in batches.windows(2) {
        let mut state = pair[0].clone();
        for name in rows {
            // Half of the new rows, and all of them, before the record tells of them.
            let whole = &pair[1][name];
            let n_before = state.get(name).map_or(0, Vec::len);
            let half = whole[..n_before.midpoint(whole.len()) - 1].to_vec();
            for rows in [half, whole.clone()] {
                state.insert(name.into(), rows);
                states.push(state.clone());
            }
        }
    }
    let mut state = batches.pop().unwrap();
    for name in ["a.npy.json", "a.npy", "b.safetensors"] {
        state.insert(name.into(), finished[name].clone());
        states.push(state.clone());
    }
    for name in [
        "a.npy.partial.json",
        "a.npy.partial",
        "b.safetensors.partial",
    ] {
        assert!(state.remove(name).is_some());
        states.push(state.clone());
    }
    assert_eq!(states.len(), 5 + 4 * 4 + 6);
    let mut n_resumed = Vec::new();
    for state in states {
        for name in names(&folders.out) {
            std::fs::remove_file(folders.out.join(name)).unwrap();
        }
        for (name, content) in &state {
            std::fs::write(folders.out.join(name), content).unwrap();
        }
        let done = extraction.write(&images, &outputs).unwrap();
        n_resumed.push(done.n_resumed);
        assert!(files_of(&folders.out) == finished, "{:?}", state.keys());
    }
    assert_eq!(n_resumed[..5], [0, 5, 10, 15, 17]);
    assert_eq!(n_resumed[21..], [17, 17, 17, 0, 0, 0]);
}

/// Begins an extraction of 11 images and stops it after 5.
fn interrupted(folders: &Folders, extraction: &Extraction) -> PathBuf {
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let out = folders.out.join("f.npy");
    let stopped = extraction.write_observed(&images, &[&out], |_| ControlFlow::Break(()));
    assert_refused!(
        stopped,
        Extract(ExtractError::Interrupted { n_done: 5, .. })
    );
    out
}

fn assert_other(result: human_alignment::Result<impl std::fmt::Debug>, expected: &str) {
    let error = result.unwrap_err();
    assert_kind!(
        error,
        Extract(ExtractError::OtherExtraction { difference, .. }) if difference.contains(expected),
        "{expected}"
    );
    assert!(error.report().to_string().contains("remove the .partial"));
}

#[test]
fn other_settings_and_images_do_not_continue_an_extraction() {
    let folders = folders(11);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let original = extraction(&["penultimate"], 1);
    let out = interrupted(&folders, &original);
    let refused = |extraction: &Extraction, images: &ImageFiles, expected: &str| {
        assert_other(extraction.write(images, &[&out]), expected);
    };
    refused(&extraction(&["penultimate"], 2), &images, "weights");
    refused(&extraction(&["logits"], 1), &images, "tap");
    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    refused(&lenient, &images, "--skip-unreadable");
    let shard = extraction(&["penultimate"], 1).with_shard(Shard::new(1, 2).unwrap());
    refused(&shard, &images, "shard");
    let fewer = images.select(&images.stimuli().select(&[0, 1, 2, 3, 4, 5]).unwrap());
    refused(&original, &fewer.unwrap(), "of other images");
    // As one of several outputs.
    let two = extraction(&["logits", "penultimate"], 1);
    let outputs = [&folders.out.join("other.npy"), &out];
    assert_other(two.write(&images, &outputs), "other outputs");

    // Another image under an old name: what was processed is compared, and what was not is read.
    let picture = |n: u32| folders.images.join(format!("picture{n:03}.png"));
    let third = std::fs::read(picture(3)).unwrap();
    std::fs::copy(picture(8), picture(3)).unwrap();
    refused(&original, &images, "other contents");
    std::fs::remove_file(picture(3)).unwrap();
    refused(&original, &images, "other contents");
    std::fs::write(picture(3), third).unwrap();
    std::fs::copy(picture(0), picture(7)).unwrap();
    let done = original.write(&images, &[&out]).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (11, 5));
    assert_eq!(read(&out), original.represent(&images).unwrap()[0]);
}

/// The limit of pixels changes which images are skipped, and may be raised where they are an error.
#[test]
fn the_limit_of_pixels_is_a_setting_where_images_are_skipped() {
    let folders = folders(11);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let limited = || {
        let extraction = extraction(&["penultimate"], 1);
        extraction.with_max_pixels(1000).unwrap()
    };
    assert_refused!(
        limited().represent(&images),
        Image(ImageError::Size { limit: 1000, .. })
    );
    let out = interrupted(&folders, &extraction(&["penultimate"], 1));
    let more = extraction(&["penultimate"], 1)
        .with_max_pixels(1 << 30)
        .unwrap();
    assert_eq!(more.write(&images, &[&out]).unwrap().n_resumed, 5);

    let folders = self::folders(11);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    let out = interrupted(&folders, &lenient);
    let other = limited().with_unreadable(UnreadablePolicy::Skip);
    assert_other(other.write(&images, &[&out]), "--max-pixels");
    assert!(extraction(&["penultimate"], 1).with_max_pixels(0).is_err());
}

#[test]
fn an_image_that_was_skipped_and_is_repaired_is_another_image() {
    let folders = folders(11);
    let picture = folders.images.join("picture002.png");
    let whole = std::fs::read(&picture).unwrap();
    std::fs::write(&picture, &whole[..whole.len() / 2]).unwrap();
    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    let out = interrupted(&folders, &lenient);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    std::fs::write(&picture, &whole).unwrap();
    assert_other(lenient.write(&images, &[&out]), "other contents");
    std::fs::write(&picture, &whole[..whole.len() / 2]).unwrap();
    let done = lenient.write(&images, &[&out]).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (10, 5));
}

#[test]
fn damaged_rows_and_records_are_refused() {
    let folders = folders(11);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let original = extraction(&["penultimate"], 1);
    let out = interrupted(&folders, &original);
    let damaged = |ending: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folders.out.join(format!("f.npy.{ending}"));
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        change(&mut changed);
        std::fs::write(&path, &changed).unwrap();
        assert_other(original.write(&images, &[&out]), "damaged");
        // The files are as they were found.
        assert_eq!(std::fs::read(&path).unwrap(), changed);
        std::fs::write(&path, whole).unwrap();
    };
    damaged("partial", &|rows| rows[4000] ^= 1);
    damaged("partial", &|rows| rows.truncate(5 * 512 * 4 - 1));
    damaged("partial", &|rows| rows.clear());
    damaged("partial", &|rows| rows.rotate_left(512 * 4));
    damaged("partial.json", &|record| record.clear());
    damaged("partial.json", &|record| record.truncate(record.len() / 2));
    let digits = std::fs::read(folders.out.join("f.npy.partial.json")).unwrap();
    let digits = (0..digits.len()).filter(|&at| digits[at].is_ascii_digit());
    for at in digits.step_by(37) {
        let path = folders.out.join("f.npy.partial.json");
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[at] = if changed[at] == b'7' { b'3' } else { b'7' };
        std::fs::write(&path, changed).unwrap();
        let refused = original.write(&images, &[&out]).unwrap_err();
        assert_kind!(
            refused,
            Extract(ExtractError::OtherExtraction { .. }),
            "{at}"
        );
        std::fs::write(&path, whole).unwrap();
    }
    let done = original.write(&images, &[&out]).unwrap();
    assert_eq!((done.n_images, done.n_resumed), (11, 5));
    assert_eq!(read(&out), original.represent(&images).unwrap()[0]);
}

#[test]
fn a_second_writer_of_an_output_is_refused() {
    let folders = folders(12);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let outputs = ["a.npy", "b.npy"].map(|name| folders.out.join(name));
    let first = extraction(&["features.5@mean", "penultimate"], 1);
    let second = extraction(&["penultimate"], 1);
    let this = format!("process {} on ", std::process::id());
    first
        .write_observed(&images, &outputs, |_| {
            for output in &outputs {
                let refused = second.write(&images, &[output]).unwrap_err();
                assert_kind!(
                    refused,
                    Extract(ExtractError::InUse { path, holder, .. })
                        if path == output && holder.starts_with(&this)
                );
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let expected = first.represent(&images).unwrap();
    assert_eq!([read(&outputs[0]), read(&outputs[1])], expected[..]);

    // Many at once: whoever writes the output writes all of it.
    let out = folders.out.join("c.npy");
    let n_written = std::thread::scope(|scope| {
        let writers = [(); 4].map(|()| {
            scope.spawn(|| {
                let writer = extraction(&["penultimate"], 1);
                match writer.write(&images, &[&out]) {
                    Ok(done) => assert_eq!(done.n_images, 12),
                    Err(error) => {
                        assert_kind!(error, Extract(ExtractError::InUse { .. }));
                        return 0;
                    }
                }
                1
            })
        });
        writers
            .map(|writer| writer.join().unwrap())
            .iter()
            .sum::<i32>()
    });
    assert!(n_written >= 1);
    assert_eq!(read(&out), expected[1]);
    assert_eq!(
        names(&folders.out),
        [
            "a.npy",
            "a.npy.json",
            "b.npy",
            "b.npy.json",
            "c.npy",
            "c.npy.json"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_an_output_leads_to_its_lock() {
    let folders = folders(6);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let (out, link) = (folders.out.join("a.npy"), folders.out.join("link.npy"));
    std::fs::write(&out, "").unwrap();
    std::os::unix::fs::symlink("a.npy", &link).unwrap();
    let extraction = extraction(&["penultimate"], 1);
    extraction
        .write_observed(&images, &[&out], |_| {
            let refused = extraction.write(&images, &[&link]);
            assert_refused!(refused, Extract(ExtractError::InUse { .. }));
            ControlFlow::Continue(())
        })
        .unwrap();
    let two = self::extraction(&["penultimate", "logits"], 1);
    let refused = two.write(&images, &[out, link]);
    assert_refused!(refused, Argument(ArgumentError::InvalidParameter { .. }));
}

#[test]
fn inputs_are_not_replaced() {
    let folders = folders(3);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let [weights, settings, out] =
        ["w.safetensors", "f.npy.json", "f.npy"].map(|name| folders.out.join(name));
    for path in [&weights, &settings] {
        std::fs::write(path, "an input").unwrap();
    }
    let extraction = extraction(&["penultimate"], 1).with_inputs([&weights, &settings]);
    for (output, input) in [(&weights, &weights), (&out, &settings)] {
        assert_refused!(
            extraction.write(&images, &[output]),
            Extract(ExtractError::OutputIsInput { output: named, input: read, .. })
                if named == output && read == input
        );
    }
    assert_eq!(names(&folders.out), ["f.npy.json", "w.safetensors"]);
    assert_eq!(std::fs::read_to_string(&weights).unwrap(), "an input");
    // An image, whatever its extension.
    let image = folders.out.join("image.npy");
    std::fs::copy(&images.paths()[0], &image).unwrap();
    let one = ImageFiles::from_paths([&image]).unwrap();
    let refused = extraction.write(&one, &[&image]);
    assert_refused!(refused, Extract(ExtractError::OutputIsInput { .. }));
}

#[test]
fn files_that_killed_runs_left_behind_are_removed() {
    let folders = folders(3);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let left = [
        ".writing-f.npy-aB3dE6",
        ".writing-f.npy.json-aB3dE6",
        ".writing-f.npy.partial.json-aB3dE6",
        "f.npy.partial",
        "f.npy.partial.lock",
    ];
    for name in left {
        std::fs::write(folders.out.join(name), "left behind").unwrap();
    }
    std::fs::write(folders.out.join(".writing-g.npy-aB3dE6"), "of another").unwrap();
    let out = folders.out.join("f.npy");
    let done = extraction(&["penultimate"], 1)
        .write(&images, &[out])
        .unwrap();
    assert_eq!((done.n_images, done.n_resumed), (3, 0));
    assert_eq!(
        names(&folders.out),
        [".writing-g.npy-aB3dE6", "f.npy", "f.npy.json"]
    );
}

#[test]
fn an_extraction_without_a_first_batch_leaves_no_files() {
    let folders = folders(3);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let out = folders.out.join("f.npy");
    // Logits are one row of numbers, and no tokens.
    let unfit = extraction(&["logits@class-token"], 1);
    assert!(unfit.write(&images, &[&out]).is_err());
    assert_eq!(names(&folders.out), [""; 0]);
    std::fs::write(&images.paths()[0], "no picture").unwrap();
    let unreadable = extraction(&["logits"], 1).write(&images, &[&out]);
    assert_refused!(unreadable, File(FileError::Malformed { .. }));
    assert_eq!(names(&folders.out), [""; 0]);
}

#[test]
fn shards_joined_are_the_whole() {
    let folders = folders(13);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let path = |name: &str| folders.out.join(name);
    extraction(&["penultimate"], 1)
        .write(&images, &[path("whole.npy")])
        .unwrap();
    let mut parts = Vec::new();
    for number in 1..=4 {
        let shard = Shard::new(number, 4).unwrap();
        let part = path(&format!("part{number}.safetensors"));
        let extraction = extraction(&["penultimate"], 1).with_shard(shard);
        let done = extraction.write(&images, &[&part]).unwrap();
        assert_eq!(done.n_images, if number == 4 { 4 } else { 3 });
        parts.push(part);
    }
    parts.reverse();
    let joined = join_shards(&parts).unwrap();
    joined.write_npy(path("joined.npy")).unwrap();
    for ending in ["", ".json"] {
        let bytes = |name: &str| std::fs::read(path(&format!("{name}.npy{ending}"))).unwrap();
        assert_eq!(bytes("joined"), bytes("whole"));
    }
    // Counted from 0, the parts are the same.
    let from_0 = extraction(&["penultimate"], 1).with_shard(Shard::new(0, 4).unwrap());
    assert_eq!(from_0.represent(&images).unwrap()[0].n_stimuli(), 4);

    let missing = join_shards(&parts[..3]).unwrap_err();
    assert_kind!(
        missing,
        Extract(ExtractError::MissingShards { n_missing: 1, shards, .. })
            if shards == &["1/4"]
    );
    let refused = |parts: &[&Path], what: &str| {
        let message = join_shards(parts).unwrap_err().report().to_string();
        assert!(message.contains(what), "{message}");
    };
    refused(&[&parts[0], &parts[0]], "there twice");
    refused(&[&parts[0], &path("whole.npy")], "not a shard");
    // What a damaged or made-up note claims is not believed.
    let rows = read(&parts[0]);
    for note in [
        r#"{"shard":"1/0","n_images":13,"stimuli":"","skipped":[]}"#,
        r#"{"shard":"1/4","n_images":3,"stimuli":"","skipped":[0,1,2,3,4,5]}"#,
        r#"{"shard":"1/4","n_images":99,"stimuli":"","skipped":[9,8]}"#,
        r#"{"shard":"1/99999999999999","n_images":99999999999999999,"stimuli":"","skipped":[]}"#,
        "{}",
    ] {
        let noted = rows.provenance().clone().with_note("shard", note);
        let made_up = rows.clone().with_provenance(noted);
        made_up.write(path("made_up.npy")).unwrap();
        let refused = join_shards(&[path("made_up.npy")]).unwrap_err();
        assert!(refused.path().is_some(), "{note}: {refused}");
    }
    let other = extraction(&["penultimate"], 2).with_shard(Shard::new(1, 4).unwrap());
    other.write(&images, &[path("other.npy")]).unwrap();
    refused(&[&parts[0], &path("other.npy")], "another network");
    let fewer = images
        .select(&images.stimuli().select(&[0, 1, 2, 3, 4, 5]).unwrap())
        .unwrap();
    let other = extraction(&["penultimate"], 1).with_shard(Shard::new(1, 4).unwrap());
    other.write(&fewer, &[path("fewer.npy")]).unwrap();
    refused(&[&parts[0], &path("fewer.npy")], "another set");
    assert!(join_shards(&parts[..0]).is_err());
}

#[test]
fn an_image_that_cannot_be_read_is_fatal_or_skipped() {
    let folders = folders(9);
    std::fs::write(folders.images.join("picture004.png"), b"this is no picture").unwrap();
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let out = [folders.out.join("f.npy")];
    let fatal = extraction(&["penultimate"], 1)
        .write(&images, &out)
        .unwrap_err();
    assert!(fatal.to_string().contains("picture004.png"), "{fatal}");

    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    let done = lenient.write(&images, &out).unwrap();
    assert_eq!(done.n_images, 8);
    assert_eq!(done.skipped.len(), 1);
    assert_eq!(done.skipped[0].0, "picture004");
    let features = read(&out[0]);
    assert_eq!(features, lenient.represent(&images).unwrap()[0]);
    assert_eq!(features.stimuli().position("picture004"), None);
    // In parts, too.
    let parts = [1, 2].map(|number| {
        let part = folders.out.join(format!("part{number}.npy"));
        let shard = Shard::new(number, 2).unwrap();
        let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
        lenient.with_shard(shard).write(&images, &[&part]).unwrap();
        part
    });
    assert_eq!(join_shards(&parts).unwrap(), features);
}

#[test]
fn shards_without_images_are_empty_parts() {
    let folders = folders(3);
    let unreadable = folders.images.join("picture001.png");
    std::fs::write(&unreadable, b"this is no picture").unwrap();
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let lenient = || extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    for ending in ["npy", "safetensors"] {
        let parts: Vec<PathBuf> = (1..=5)
            .map(|number| {
                let part = folders.out.join(format!("part{number}.{ending}"));
                let shard = lenient().with_shard(Shard::new(number, 5).unwrap());
                let done = shard.write(&images, &[&part]).unwrap();
                assert_eq!(done.n_features, [512]);
                let in_memory = shard.represent(&images).unwrap();
                assert_eq!(read(&part).features(), in_memory[0].features());
                part
            })
            .collect();
        let n_rows: Vec<usize> = parts.iter().map(|part| read(part).n_stimuli()).collect();
        // Counted from 1, the last shard has the first image, and the first the second.
        assert_eq!(n_rows, [0, 1, 0, 0, 1]);
        assert_eq!(
            join_shards(&parts).unwrap(),
            lenient().represent(&images).unwrap()[0]
        );
        let missing = join_shards(&[&parts[1..2], &parts[4..]].concat());
        assert_refused!(
            missing,
            Extract(ExtractError::MissingShards { n_missing: 3, .. })
        );
    }
    let left: Vec<String> = names(&folders.out);
    assert!(
        left.iter().all(|name| !name.contains("partial")),
        "{left:?}"
    );

    // Nothing at all is an error.
    for path in images.paths() {
        std::fs::write(path, b"this is no picture").unwrap();
    }
    let parts = [1, 2].map(|number| {
        let part = folders.out.join(format!("none{number}.npy"));
        let shard = lenient().with_shard(Shard::new(number, 2).unwrap());
        shard.write(&images, &[&part]).unwrap();
        part
    });
    let error = join_shards(&parts).unwrap_err();
    assert_kind!(error, Image(ImageError::AllSkipped { n_images: 3, .. }));
    assert_eq!(error.to_string(), "all 3 images were skipped");
}

#[test]
fn features_that_are_not_finite_are_refused_with_the_image() {
    let folders = folders(3);
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let architecture = Architecture::named("squeezenet1_1").unwrap();
    let parameters = Network::list_parameters(&architecture).unwrap();
    let huge = parameters.into_iter().map(|(name, shape)| {
        let value = if name.ends_with("weight") { 1e30 } else { 0.0 };
        (name, ArrayD::from_elem(shape, value))
    });
    let weights = Weights::from_tensors(huge);
    let taps = [Tap::new("penultimate")];
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
    let extraction = Extraction::new(network, Preprocessing::preset("cifar-32").unwrap());
    let first = &images.stimuli().ids()[0];
    let out = folders.out.join("a.npy");
    let refused = |result: human_alignment::Result<()>| {
        assert_refused!(
            result,
            Extract(ExtractError::NotFiniteFeature { stimulus, .. }) if stimulus == first
        );
    };
    refused(extraction.represent(&images).map(drop));
    refused(extraction.write(&images, &[&out]).map(drop));
    assert!(!out.exists());
}

#[test]
fn if_no_image_can_be_read_the_first_reason_is_reported() {
    let folders = folders(2);
    for name in names(&folders.images) {
        std::fs::write(folders.images.join(name), b"this is no picture").unwrap();
    }
    let images = ImageFiles::from_folder(&folders.images).unwrap();
    let lenient = extraction(&["penultimate"], 1).with_unreadable(UnreadablePolicy::Skip);
    let written = lenient.write(&images, &[folders.out.join("features.npy")]);
    let represented = lenient.represent(&images);
    for refused in [written.unwrap_err(), represented.unwrap_err()] {
        let message = refused.to_string();
        assert!(
            message.starts_with("all 2 images were skipped; the first: "),
            "{message}"
        );
    }
    assert!(names(&folders.out).is_empty());
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let resnet = Architecture::named("resnet18").unwrap();
    let taps = |names: &[&str]| names.iter().map(|name| Tap::new(*name)).collect::<Vec<_>>();
    let network = |weights: &Weights, names: &[&str]| {
        Network::new(&resnet, weights, &taps(names), Device::Cpu).map(|_| ())
    };
    let random = Weights::random(1);
    let error = network(&random, &["layer4.7"]).unwrap_err();
    let ErrorKind::Argument(ArgumentError::UnknownName { name, nearest, .. }) = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(name, "layer4.7");
    assert!(
        nearest.iter().any(|name| name.starts_with("layer4.")),
        "{nearest:?}"
    );
    assert_refused!(
        network(&random, &[]),
        Argument(ArgumentError::TooFew { .. })
    );
    assert!(Architecture::named("resnet1000").is_err());

    // Parameters that are missing, too many and of another shape, all at once.
    let all = Network::list_parameters(&resnet).unwrap();
    let tensors = all.iter().filter_map(|(name, shape)| {
        let shape: &[usize] = match name.as_str() {
            "bn1.weight" => &[7],
            _ => shape,
        };
        let keep = name != "layer1.0.conv1.weight" && !name.ends_with("tracked");
        keep.then(|| (name.clone(), ndarray::ArrayD::zeros(shape)))
    });
    let mut tensors: Vec<_> = tensors.collect();
    tensors.push(("extra".into(), ndarray::ArrayD::zeros(vec![1])));
    let error = network(&Weights::from_tensors(tensors.clone()), &["fc"]).unwrap_err();
    let ErrorKind::Extract(ExtractError::WeightsMismatch {
        missing,
        unexpected,
        misshapen,
        ..
    }) = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!(*missing, ["layer1.0.conv1.weight"]);
    assert_eq!(*unexpected, ["extra"]);
    assert_eq!(misshapen.len(), 1);
    assert_eq!(misshapen[0], "bn1.weight: [7], not [64]");

    // A prefix is taken off, and what is not wanted passed over.
    let fitting = all.iter().filter(|(name, _)| !name.ends_with("tracked"));
    let prefixed = fitting.map(|(name, shape)| {
        let ones = ndarray::ArrayD::from_elem(shape.clone(), 0.01f32);
        (format!("module.{name}"), ones)
    });
    let prefixed: Vec<_> = prefixed
        .chain([("head.1".into(), ndarray::ArrayD::zeros(vec![1]))])
        .collect();
    let weights = Weights::from_tensors(prefixed);
    assert!(weights.clone().with_prefix("backbone.").is_err());
    let weights = weights.with_prefix("module.").unwrap();
    network(&weights, &["fc"]).unwrap();
    network(&weights.clone().without("fc.").unwrap(), &["avgpool"]).unwrap();
    // A module cannot do without its parameters.
    let absent = weights.without("fc.").unwrap();
    let refused = network(&absent, &["fc"]).unwrap_err();
    assert_kind!(
        refused,
        Extract(ExtractError::WeightsMismatch { missing, .. }) if missing.len() == 2
    );

    let images = ndarray::Array4::<f32>::zeros((1, 3, 64, 64));
    let pooled = [Tap::new("avgpool").with_pooling(Pooling::ClassToken)];
    let network = Network::new(&resnet, &random, &pooled, Device::Cpu).unwrap();
    let refused = network
        .represent(images.view())
        .unwrap_err()
        .report()
        .to_string();
    assert!(refused.contains("tokens"), "{refused}");
    // An image that a window doesn't fit into.
    let alexnet = Architecture::named("alexnet").unwrap();
    let network = Network::new(&alexnet, &random, &taps(&["features.12"]), Device::Cpu).unwrap();
    let tiny = ndarray::Array4::<f32>::zeros((1, 3, 20, 20));
    let refused = network
        .represent(tiny.view())
        .unwrap_err()
        .report()
        .to_string();
    assert!(refused.contains("too small"), "{refused}");
    for shape in [(1, 3, 0, 0), (1, 3, 0, 5), (1, 3, 5, 0), (0, 3, 64, 64)] {
        let none = ndarray::Array4::<f32>::zeros(shape);
        let refused = network.represent(none.view());
        assert_refused!(refused, Argument(ArgumentError::Shape { .. }));
    }
    for size in [[0, 64], [64, usize::MAX]] {
        let refused = Network::list_modules(&alexnet, size);
        assert_refused!(refused, Argument(ArgumentError::InvalidParameter { .. }));
    }
    if cfg!(not(feature = "cuda")) {
        let network = Network::new(&resnet, &random, &taps(&["fc"]), Device::Cuda(0));
        assert!(network.is_err());
    }
    assert!(matches!(
        Network::new(&resnet, &random, &taps(&["fc"]), Device::Cuda(0))
            .as_ref()
            .map_err(Error::kind),
        Err(ErrorKind::Extract(ExtractError::NoDevice { .. })) | Ok(_)
    ));
}

#[test]
fn files_that_are_no_weights_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let message = Weights::read(&path).unwrap_err().report().to_string();
        assert!(message.contains(name), "{message}");
        message
    };
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    assert!(refused("pointer.safetensors", pointer).contains("git lfs pull"));
    let legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    assert!(refused("legacy.pth", legacy).contains("cut short"));
    assert!(refused("plain.pkl", b"\x80\x04N.").contains("torch.save"));
    refused("empty.safetensors", b"");
    refused("short.safetensors", &[255; 8]);
    refused("archive.pth", b"PK\x03\x04 and nothing more");
    assert!(refused("page.bin", b"<html>").contains("web page"));
    assert!(refused("keras.h5", b"\x89HDF\r\n").contains("HDF5"));
    assert!(refused("model.safetensors.index.json", b"{}").contains("weight_map"));
    let configuration = refused("config.json", b"{\"model_type\": \"vit\"}");
    assert!(
        configuration.contains("name the file of weights"),
        "{configuration}"
    );
    let of_folder = |name: &str| {
        let path = folder.path().join("saved");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join(name), b"").unwrap();
        Weights::read(&path).unwrap_err().report().to_string()
    };
    assert!(of_folder("notes.txt").contains("name the file of weights in it"));
    assert!(of_folder("pytorch_model.bin").contains("in it, pytorch_model.bin"));
    assert!(of_folder(".metadata").contains("dcp_to_torch_save"));
    let elsewhere = br#"{"weight_map": {"x": "../y.safetensors"}}"#;
    assert!(refused("other.index.json", elsewhere).contains("not the name of a file"));
    let of_itself = br#"{"weight_map": {"x": "own.index.json"}}"#;
    assert!(refused("own.index.json", of_itself).contains("is an index itself"));
    // A name that is longer than any parameter's.
    let long = format!(
        r#"{{"{}": {{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}}}"#,
        "a.".repeat(1000)
    );
    let length = (long.len() as u64).to_le_bytes();
    let long = [&length[..], long.as_bytes(), &[0; 4]].concat();
    assert!(refused("long.safetensors", &long).contains("a name of 2000 bytes"));
    assert_refused!(
        Weights::read(folder.path().join("none.pth")),
        File(FileError::Read { .. })
    );
}

/// The tokens of patches are without a class token and registers until these are added.
#[test]
fn embeddings_of_patches_have_no_class_token() {
    let random = Weights::random(1);
    let images = ndarray::Array4::from_shape_fn((1, 3, 224, 224), |(_, c, y, x)| {
        ((c + 3 * y + x * x) % 7) as f32
    });
    for name in ["vit_tiny_patch16_224", "vit_small_patch14_reg4_dinov2"] {
        let vit = Architecture::named(name).unwrap();
        let features = |pooling: Pooling| {
            let tap = [Tap::new("patch_embed").with_pooling(pooling)];
            let network = Network::new(&vit, &random, &tap, Device::Cpu).unwrap();
            network.represent(images.view())
        };
        let all = features(Pooling::None).unwrap().remove(0);
        let mean = features(Pooling::TokenMean).unwrap().remove(0);
        let width = mean.ncols();
        let n_tokens = all.ncols() / width;
        for (column, &found) in mean.iter().enumerate() {
            let tokens = (0..n_tokens).map(|token| all[[0, token * width + column]]);
            let expected = tokens.sum::<f32>() / n_tokens as f32;
            assert!(
                (found - expected).abs() < 1e-4,
                "{name}: {found} {expected}"
            );
        }
        for pooling in [Pooling::ClassToken, Pooling::ClassTokenAndMean] {
            let refused = features(pooling).unwrap_err().report().to_string();
            assert!(refused.contains("token-mean"), "{refused}");
        }
    }
}
