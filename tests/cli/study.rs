//! The `study` example as a program: what it refuses.

use human_alignment::{FileSource, Representation, Stimuli};

use crate::common;

#[test]
fn bad_folders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], named: &str| {
        let said = common::refused("study", arguments);
        assert!(said.contains(named), "{said}");
    };
    let nowhere = folder.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    refused(&["--data", nowhere, "--json"], "nowhere");
    refused(&["--data", nowhere, "--untrained"], "--untrained");
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "").unwrap();
    refused(&["--out", taken.to_str().unwrap()], "taken");
    refused(&["--seed", "no"], "--seed");
}

/// Features of which a row is missing end the study before anything is measured.
#[cfg(unix)]
#[test]
fn features_that_do_not_fit_are_named() {
    use std::os::unix::fs::symlink;

    let Some(shared) = common::shared() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (shared.join("data"), folder.path());
    let link = |name: &str| {
        for entry in std::fs::read_dir(data.join(name)).unwrap() {
            let path = entry.unwrap().path();
            symlink(&path, copy.join(name).join(path.file_name().unwrap())).unwrap();
        }
    };
    link("");
    std::fs::remove_file(copy.join("things_features")).unwrap();
    std::fs::create_dir(copy.join("things_features")).unwrap();
    link("things_features");
    let damaged = copy.join("things_features/word2vec.npy");
    let features = FileSource::open(&damaged).unwrap().read().unwrap();
    std::fs::remove_file(&damaged).unwrap();
    let n = features.n_stimuli() - 1;
    let mut fewer = features.features().to_f32();
    fewer.remove_index(ndarray::Axis(0), n);
    let fewer = Representation::new(Stimuli::unnamed(n as u32), fewer).unwrap();
    fewer.write_npy(&damaged).unwrap();

    let said = common::refused("study", &["--data", copy.to_str().unwrap(), "--json"]);
    assert!(said.contains("word2vec.npy"), "{said}");
}
