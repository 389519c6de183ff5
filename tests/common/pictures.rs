//! Folders of pictures of noise.

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Writes `n` small pictures of noise.
fn pictures(folder: &Path, n: u64) {
    for number in 0..n {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let pixels: Vec<u8> = (0..40 * 30 * 3).map(|_| rng.random()).collect();
        let file = std::fs::File::create(folder.join(format!("picture{number:03}.png"))).unwrap();
        let mut encoder = png::Encoder::new(file, 40, 30);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(&pixels)
            .unwrap();
    }
}

/// Returns the names of the files in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Folders of images and of outputs, removed when dropped.
pub struct Folders {
    _root: tempfile::TempDir,
    pub images: PathBuf,
    pub out: PathBuf,
}

/// Creates a folder of `n_images` pictures, and an empty one for outputs.
pub fn folders(n_images: u64) -> Folders {
    let root = tempfile::tempdir().unwrap();
    let (images, out) = (root.path().join("images"), root.path().join("out"));
    std::fs::create_dir(&images).unwrap();
    std::fs::create_dir(&out).unwrap();
    pictures(&images, n_images);
    Folders {
        _root: root,
        images,
        out,
    }
}
