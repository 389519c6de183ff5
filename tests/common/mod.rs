//! What several test files use.

use std::io::Write;
use std::path::PathBuf;

/// The folder of real data and reference numbers, where there is one; says so where there is none.
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
