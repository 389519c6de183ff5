//! An output of an extraction: its path, the rows written so far, and its lock.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::record::Chain;
use crate::error::{Error, ExtractError, FileError, Result};
use crate::io::BUFFER_BYTES;
use crate::io::atomic::{check_writable, remove_left_over};
use crate::representation::Described;

/// An output whose rows are collected in a file beside it.
pub(super) struct Output {
    pub path: PathBuf,
    /// Path of the record beside the output, which the first of several outputs has.
    pub record_path: PathBuf,
    rows_path: PathBuf,
    rows: File,
    _lock: Lock,
}

impl Output {
    /// Opens the outputs: locks them and opens the files of their rows. Temporary files of runs that were
    /// killed are removed.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`], [`FileError::Write`], [`ExtractError::InUse`], and
    /// [`ExtractError::OutputIsInput`] if writing an output would replace one of `inputs`, or
    /// `ArgumentError::InvalidParameter` if two outputs are the same file.
    pub fn open_all<'p>(
        paths: Vec<PathBuf>,
        inputs: impl Iterator<Item = &'p Path>,
    ) -> Result<Vec<Self>> {
        let mut places: Vec<PathBuf> = Vec::new();
        for path in &paths {
            Described::check_name(path)?;
            check_writable(path)?;
            let place = resolve(path)?;
            if places.contains(&place) {
                let expected = "a file of its own for each tap";
                return Err(Error::parameter("outputs", expected, path.display()));
            }
            places.push(place);
        }
        refuse_inputs(&paths, &places, inputs)?;
        let outputs = paths.into_iter().zip(places);
        outputs
            .map(|(path, place)| Self::open(path, &place))
            .collect()
    }

    fn open(path: PathBuf, place: &Path) -> Result<Self> {
        let [rows_path, record_path, lock_path] =
            [".partial", ".partial.json", ".partial.lock"].map(|ending| beside(place, ending));
        let lock = Lock::acquire(&path, lock_path)?;
        for written in [place, &beside(&path, ".json"), &record_path] {
            remove_left_over(written);
        }
        let rows = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&rows_path)
            .map_err(|source| unwritable(&rows_path, source))?;
        Ok(Self {
            path,
            record_path,
            rows_path,
            rows,
            _lock: lock,
        })
    }

    /// Checks whether the first rows are those that were hashed, cuts off what follows them, and
    /// continues there.
    pub fn resume(&mut self, n_rows: usize, n_features: usize, hash: &Chain) -> Result<bool> {
        let row_bytes = match n_rows {
            0 => 0,
            _ => size_of::<f32>().saturating_mul(n_features) as u64,
        };
        let length = row_bytes.saturating_mul(n_rows as u64);
        let found = self.on_rows(|rows| {
            if rows.seek(SeekFrom::End(0))? < length {
                return Ok(None);
            }
            rows.seek(SeekFrom::Start(0))?;
            let mut found = Chain::default();
            let mut row = vec![0; row_bytes as usize];
            let mut reader = BufReader::with_capacity(BUFFER_BYTES, &mut *rows);
            for _ in 0..n_rows {
                reader.read_exact(&mut row)?;
                found.push(&row);
            }
            Ok(Some(found))
        })?;
        if found.as_ref() != Some(hash) {
            return Ok(false);
        }
        self.on_rows(|rows| {
            rows.set_len(length)?;
            rows.seek(SeekFrom::Start(length))
        })?;
        Ok(true)
    }

    /// Appends rows and flushes them to the disk.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.on_rows(|rows| {
            rows.write_all(bytes)?;
            rows.sync_data()
        })
    }

    /// Writes the output from the rows.
    pub fn write(&mut self, described: &Described<'_>) -> Result<()> {
        self.on_rows(|rows| rows.seek(SeekFrom::Start(0)))?;
        let mut rows = BufReader::with_capacity(BUFFER_BYTES, &self.rows);
        described.write(&self.path, &mut |to| {
            io::copy(&mut rows, to)?;
            Ok(())
        })
    }

    /// Removes the file of the rows.
    pub fn remove_rows(&self) -> Result<()> {
        std::fs::remove_file(&self.rows_path).map_err(|source| unwritable(&self.rows_path, source))
    }

    fn on_rows<R>(&mut self, work: impl FnOnce(&mut File) -> io::Result<R>) -> Result<R> {
        work(&mut self.rows).map_err(|source| unwritable(&self.rows_path, source))
    }
}

/// Checks that writing the outputs replaces no input.
fn refuse_inputs<'p>(
    paths: &[PathBuf],
    places: &[PathBuf],
    inputs: impl Iterator<Item = &'p Path>,
) -> Result<()> {
    let mut written = Vec::new();
    for (path, place) in paths.iter().zip(places) {
        let endings = [".json", ".partial", ".partial.json", ".partial.lock"];
        let files = endings.map(|ending| beside(place, ending));
        let files = files
            .into_iter()
            .chain([place.clone(), beside(path, ".json")]);
        // An input exists, so a file that does not exist replaces none.
        written.extend(files.filter_map(|file| Some((path, file.canonicalize().ok()?))));
    }
    if written.is_empty() {
        return Ok(());
    }
    for input in inputs {
        let Ok(place) = input.canonicalize() else {
            continue;
        };
        if let Some((path, _)) = written.iter().find(|(_, file)| *file == place) {
            return Err(ExtractError::OutputIsInput {
                output: path.to_path_buf(),
                input: input.into(),
            }
            .into());
        }
    }
    Ok(())
}

/// Returns the path of an output without symbolic links, so that each way to the file leads to the
/// same lock.
fn resolve(path: &Path) -> Result<PathBuf> {
    let resolved = || match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let folder = folder.canonicalize()?;
            Ok(folder.join(path.file_name().unwrap_or_default()))
        }
        other => other,
    };
    resolved().map_err(|source| unwritable(path, source))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn unwritable(path: &Path, source: io::Error) -> Error {
    let path = path.into();
    FileError::Write { path, source }.into()
}
