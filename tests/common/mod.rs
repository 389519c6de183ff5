//! What several test files use.

use std::path::PathBuf;

/// The folder of real data and reference numbers, where there is one; says so where there is none.
pub fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("HUMAN_ALIGNMENT_SHARED").map(PathBuf::from);
    if path.is_none() {
        println!("skipped: HUMAN_ALIGNMENT_SHARED is not set");
    }
    path
}
