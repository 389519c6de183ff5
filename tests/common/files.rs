//! Small files in temporary folders.

use std::path::PathBuf;

use tempfile::TempDir;

/// Writes a file in a temporary folder, with the folders in its name, and returns its path.
pub fn put(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Writes a file in a temporary folder and returns its path as an argument of an example.
pub fn write(folder: &TempDir, name: &str, content: &str) -> String {
    put(folder, name, content).display().to_string()
}
