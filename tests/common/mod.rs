//! What several test files use.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The folder of real data and reference numbers, where there is one; says so where there is none.
#[allow(dead_code)] // Only where it is called.
pub fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("HUMAN_ALIGNMENT_SHARED").map(PathBuf::from);
    if path.is_none() {
        // Not by `println!`, which is captured and not shown where a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: HUMAN_ALIGNMENT_SHARED is not set"
        );
    }
    path
}

/// The folder of the programs of examples.
#[allow(dead_code)] // Only where it is called.
pub fn examples() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.parent().and_then(Path::parent).unwrap();
    profile.join("examples")
}

/// The program of an example, which a plain `cargo test` builds beside the tests (with `--test` it does not).
#[allow(dead_code)] // Only where it is called.
pub fn program(name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    examples().join(name)
}

/// Runs an example.
#[allow(dead_code)] // Only where it is called.
pub fn example(name: &str, arguments: &[&str]) -> Output {
    Command::new(program(name))
        .args(arguments)
        .output()
        .unwrap()
}

/// What an example prints with `--json`.
#[allow(dead_code)] // Only where it is called.
pub fn json_of(name: &str, arguments: &[&str]) -> Value {
    let output = example(name, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{message}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The message of an example that refuses: exit code 1, nothing on standard output, one line on
/// standard error.
#[allow(dead_code)] // Only where it is called.
pub fn refused(name: &str, arguments: &[&str]) -> String {
    let output = example(name, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("error: "), "{message}");
    message
}
