//! Ids and names of image files.

use std::path::{Component, Path, PathBuf};

use crate::io::text::are_different;

/// Returns the name of a file without its extension.
pub(super) fn id(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Returns the name of a file.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Returns the path of an image relative to a folder, without extension.
pub(super) fn id_within(path: &Path, folder: &Path) -> String {
    let mut parts = folders_within(path, folder);
    parts.push(id(path));
    parts.join("/")
}

/// Returns an id with the extension of the file of the image.
pub(super) fn with_extension_of(id: &str, path: &Path) -> String {
    match path.extension() {
        Some(extension) => format!("{id}.{}", extension.to_string_lossy()),
        None => id.into(),
    }
}

/// Returns the ids of images with absolute paths: their names or, if these repeat, their paths below the
/// deepest folder that contains all of them.
pub(super) fn ids_of_absolute(paths: &[PathBuf]) -> Vec<String> {
    let ids: Vec<String> = paths.iter().map(|path| id(path)).collect();
    let contains_all = |folder: &&Path| paths.iter().all(|path| path.starts_with(folder));
    let folder = paths[0].ancestors().skip(1).find(contains_all);
    match folder.filter(|_| !are_different(&ids)) {
        Some(folder) => paths.iter().map(|path| id_within(path, folder)).collect(),
        None => ids,
    }
}

/// Returns the name of the first folder on the path from `folder` to an image.
pub(super) fn first_folder(path: &Path, folder: &Path) -> String {
    folders_within(path, folder).swap_remove(0)
}

/// Returns the names of the folders on the path from `folder` to an image; none if the image is not
/// within the folder.
fn folders_within(path: &Path, folder: &Path) -> Vec<String> {
    let within = path.strip_prefix(folder).ok().and_then(Path::parent);
    let folders = within.unwrap_or(Path::new("")).components();
    let names = folders
        .filter(|folder| *folder != Component::CurDir)
        .map(|folder| match folder {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            // The path leads out of the folder.
            _ => None,
        });
    names.collect::<Option<_>>().unwrap_or_default()
}
