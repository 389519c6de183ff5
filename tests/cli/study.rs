//! The `study` example as a program: what it refuses.

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
