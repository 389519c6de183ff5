//! Helpers of several test files.

#![allow(dead_code)] // No binary uses all of them.

pub mod arrays;
pub mod files;
pub mod formula;
pub mod grids;
#[cfg(feature = "extract")]
pub mod pictures;
pub mod refusals;
pub mod seen;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Returns the folder of real data and reference numbers. If `HUMAN_ALIGNMENT_SHARED` is not set, returns
/// `None` and writes to standard error that the test is skipped.
///
/// # Panics
/// If `HUMAN_ALIGNMENT_SHARED` is not set and `HUMAN_ALIGNMENT_REQUIRE_SHARED` is 1.
pub fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("HUMAN_ALIGNMENT_SHARED").map(PathBuf::from);
    if path.is_none() {
        let is_required = std::env::var_os("HUMAN_ALIGNMENT_REQUIRE_SHARED");
        assert!(
            is_required.is_none_or(|value| value != "1"),
            "HUMAN_ALIGNMENT_SHARED is not set, but HUMAN_ALIGNMENT_REQUIRE_SHARED=1 forbids skipping"
        );
        // Not by `eprintln!`, whose output is captured and not shown if a test passes.
        let thread = std::thread::current();
        let _ = writeln!(
            std::io::stderr(),
            "skipped {}: HUMAN_ALIGNMENT_SHARED is not set",
            thread.name().unwrap_or_default()
        );
    }
    path
}

/// Returns the folder of the programs of examples.
pub fn examples() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.parent().and_then(Path::parent).unwrap();
    profile.join("examples")
}

/// Returns the program of an example, which a plain `cargo test` builds (with `--test` it does not).
pub fn program(name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    examples().join(name)
}

/// Runs an example.
pub fn example(name: &str, arguments: &[&str]) -> Output {
    Command::new(program(name))
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs an example with `--json` among its arguments and parses its output.
pub fn json_of(name: &str, arguments: &[&str]) -> Value {
    let output = example(name, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{message}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs an example that refuses its arguments and returns its message: exit code 1, nothing on standard
/// output, one line on standard error.
pub fn refused(name: &str, arguments: &[&str]) -> String {
    let output = example(name, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("error: "), "{message}");
    message
}
