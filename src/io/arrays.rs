//! The arrays of an archive of several, `.npz` or `.mat`, with those that are no numbers.

use std::io::Read;
use std::path::Path;

use ndarray::{ArrayD, IxDyn};

use super::Origin;
use super::choice::Candidate;
use super::element::Kind;
use super::format::Format;
use super::mat::{MatArray, MatFile};
use super::npy::NpyReader;
use super::npy_header::Fields;
use super::npy_text::texts_of_npy;
use super::npz::NpzArchive;
use super::safetensors::SafetensorsFile;
use crate::error::{FileError, Result};

/// Largest size of an array of texts, or of a list of numbers, in bytes.
const MAX_BYTES: u64 = 1 << 26;

/// An array of an archive.
#[derive(Debug)]
pub(crate) struct NamedArray {
    pub(crate) name: String,
    /// Lengths of the axes; empty if they are not known.
    pub(crate) shape: Vec<u64>,
    pub(crate) content: Content,
}

/// The content of an array: numbers of a list, texts, or a description.
#[derive(Debug)]
pub(crate) enum Content {
    Numbers {
        /// The values, if at most one axis is longer than 1.
        values: Option<Vec<f64>>,
        /// Whether they are booleans of an `.npz` file.
        is_bool: bool,
    },
    Texts(Vec<String>),
    /// What the array holds, which cannot be read.
    Unread(String),
}

impl NamedArray {
    /// Returns the number of elements if at most one axis is longer than 1.
    pub(crate) fn list_len(&self) -> Option<u64> {
        list_len(&self.shape)
    }
}

/// Returns the length of the only axis that may be longer than 1; `None` for a single number.
fn list_len(shape: &[u64]) -> Option<u64> {
    let longest = *shape.iter().max()?;
    is_list(shape).then_some(longest)
}

/// Checks whether an array is a list, or a single number: at most one axis is longer than 1.
pub(crate) fn is_list<N: From<u8> + PartialEq>(shape: &[N]) -> bool {
    let one = N::from(1);
    shape.iter().filter(|&length| *length != one).count() <= 1
}

/// Lists the arrays of a file of several, without their content. A file of another format has none.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(crate) fn candidates(path: &Path, format: Format) -> Result<Vec<Candidate>> {
    match format {
        Format::Npz => NpzArchive::open(path)?.candidates(),
        Format::Mat => MatFile::open(path)?.candidates(),
        Format::Safetensors => Ok(SafetensorsFile::open(path)?.candidates()),
        Format::Npy | Format::Text => Ok(Vec::new()),
    }
}

/// Reads the array of numbers with this name from a file of several.
///
/// # Errors
/// Returns an error if the file has no such array, or if it cannot be read.
pub(crate) fn read_named(path: &Path, format: Format, name: &str) -> Result<ArrayD<f64>> {
    match format {
        Format::Npz => {
            let mut archive = NpzArchive::open(path)?;
            let member = archive.find(name)?;
            read_from(archive.array(member)?)
        }
        Format::Safetensors => {
            let mut file = SafetensorsFile::open(path)?;
            let reader = file.tensor(name)?;
            let missing = || FileError::malformed("safetensors", "a tensor is missing");
            read_from(reader.ok_or_else(missing)?)
        }
        _ => MatFile::open(path)?.read(name)?.into_numbers(),
    }
}

/// Reads an array, after which nothing may follow.
pub(crate) fn read_from<R: Read>(mut reader: NpyReader<R>) -> Result<ArrayD<f64>> {
    let shape: Vec<usize> = reader.shape().iter().map(|&n| n as usize).collect();
    let values = reader.read_row_major()?;
    reader.expect_end()?;
    let array = ArrayD::from_shape_vec(IxDyn(&shape), values);
    array.map_err(|error| FileError::malformed("array", error))
}

/// Describes the arrays of a file of several that are wanted, given their names and whether they hold
/// numbers; others are not read. A file of another format has none.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(crate) fn describe(
    path: &Path,
    format: Format,
    is_wanted: impl Fn(&str, bool) -> bool,
) -> Result<Vec<NamedArray>> {
    match format {
        Format::Npz => of_npz(path, is_wanted),
        Format::Mat => of_mat(path, is_wanted),
        Format::Safetensors => of_safetensors(path, is_wanted),
        Format::Npy | Format::Text => Ok(Vec::new()),
    }
}

fn of_npz(path: &Path, is_wanted: impl Fn(&str, bool) -> bool) -> Result<Vec<NamedArray>> {
    let mut archive = NpzArchive::open(path)?;
    let mut found = Vec::new();
    for (member, name) in archive.members()?.into_iter().enumerate() {
        let is_numeric = archive.array(member).is_ok();
        let name = name.strip_suffix(".npy");
        let Some(name) = name.filter(|name| is_wanted(name, is_numeric)) else {
            continue;
        };
        let (shape, content) = numbers_of_npz(&mut archive, member)
            .or_else(|_| others_of_npz(&mut archive, member, path))
            .unwrap_or_else(|_| damaged());
        found.push(NamedArray {
            name: name.to_owned(),
            shape,
            content,
        });
    }
    Ok(found)
}

/// Describes an array of numbers.
fn numbers_of_npz(archive: &mut NpzArchive, member: usize) -> Result<(Vec<u64>, Content)> {
    numbers_of(archive.array(member)?)
}

fn numbers_of<R: Read>(mut reader: NpyReader<R>) -> Result<(Vec<u64>, Content)> {
    let shape = reader.shape().to_vec();
    let is_bool = reader.header().element.kind == Kind::Bool;
    let is_short_list = list_len(&shape).is_some_and(|n| n <= MAX_BYTES / 8);
    if !is_short_list {
        let values = None;
        return Ok((shape, Content::Numbers { values, is_bool }));
    }
    let values = Some(reader.read_row_major()?);
    reader.expect_end()?;
    Ok((shape, Content::Numbers { values, is_bool }))
}

/// Describes an array that does not hold numbers.
fn others_of_npz(
    archive: &mut NpzArchive,
    member: usize,
    path: &Path,
) -> Result<(Vec<u64>, Content)> {
    let bytes = archive.read_bytes(member, MAX_BYTES)?;
    let header = Fields::read(&mut &bytes[..], &Origin::new(path, "npy"))?;
    let content = match texts_of_npy(&bytes, path)? {
        Some(texts) => Content::Texts(texts),
        None if header.descr.contains('O') => Content::Unread("Python objects".into()),
        None => Content::Unread(format!("elements of type {}", header.descr)),
    };
    Ok((header.shape, content))
}

fn of_safetensors(path: &Path, is_wanted: impl Fn(&str, bool) -> bool) -> Result<Vec<NamedArray>> {
    let mut file = SafetensorsFile::open(path)?;
    let mut names: Vec<String> = file.tensors().into_keys().collect();
    names.retain(|name| is_wanted(name, true));
    let described = names.into_iter().map(|name| {
        let reader = file.tensor(&name).ok().flatten();
        let (shape, content) = reader.map_or_else(damaged, |reader| {
            numbers_of(reader).unwrap_or_else(|_| damaged())
        });
        NamedArray {
            name,
            shape,
            content,
        }
    });
    Ok(described.collect())
}

fn damaged() -> (Vec<u64>, Content) {
    (Vec::new(), Content::Unread("damaged data".into()))
}

fn of_mat(path: &Path, is_wanted: impl Fn(&str, bool) -> bool) -> Result<Vec<NamedArray>> {
    let mut file = MatFile::open(path)?;
    let mut names = file.names();
    names.retain(|name| is_wanted(name, file.is_numeric(name)));
    let described = names.into_iter().map(|name| {
        let (shape, content) = file.read(&name).map_or_else(|_| damaged(), of_variable);
        NamedArray {
            name,
            shape,
            content,
        }
    });
    Ok(described.collect())
}

fn of_variable(array: MatArray) -> (Vec<u64>, Content) {
    match array {
        MatArray::Numbers(numbers) => {
            let shape: Vec<u64> = numbers.shape().iter().map(|&n| n as u64).collect();
            let is_list = list_len(&shape).is_some();
            let values = is_list.then(|| numbers.into_iter().collect());
            let is_bool = false;
            (shape, Content::Numbers { values, is_bool })
        }
        array @ (MatArray::Text(_) | MatArray::Cells(_)) => {
            let (class, n_texts) = (array.class(), array.n_texts());
            let content = match array.into_texts() {
                Ok(texts) => {
                    Content::Texts(texts.iter().map(|text| text.trim().to_owned()).collect())
                }
                Err(_) => Content::Unread(format!("a {class} array without texts")),
            };
            (vec![n_texts as u64], content)
        }
        other => (Vec::new(), Content::Unread(format!("a {}", other.class()))),
    }
}
