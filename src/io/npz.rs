//! A reader for the `.npz` format: zip archives of `.npy` files.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::choice::{Candidate, Fit, Holds, choose};
use super::npy::NpyReader;
use super::npy_header::Fields;
use super::npy_text::texts_of_npy;
use super::text::words;
use super::{BUFFER_BYTES, Origin, open};
use crate::error::{Error, ErrorKind, FileError, Quoted, Result};

/// Largest size in bytes of an array of texts that is examined.
const MAX_TEXTS: u64 = 1 << 26;

/// An array in an archive.
pub(crate) type MemberReader<'a> = NpyReader<ZipFile<'a, BufReader<File>>>;

/// An opened archive.
pub(crate) struct NpzArchive {
    archive: ZipArchive<BufReader<File>>,
    origin: Origin,
}

impl NpzArchive {
    /// Opens an archive and reads its directory.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read, or [`FileError::Malformed`] if it is
    /// not a zip archive or has duplicate names.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let origin = Origin::new(path, "npz");
        let file = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
        let archive = ZipArchive::new(file).map_err(|error| refused(&origin, error))?;
        // Duplicate names are ambiguous.
        if archive.has_duplicate_names() {
            return Err(origin.malformed("two members have the same name"));
        }
        Ok(Self { archive, origin })
    }

    /// Returns the names of all members, arrays (with `.npy`) and others, in their order.
    pub(crate) fn members(&self) -> Result<Vec<String>> {
        let names = self.archive.file_names();
        names
            .map(|name| name.map(Cow::into_owned))
            .collect::<Result<_, _>>()
            .map_err(|error| refused(&self.origin, error))
    }

    /// Returns the name of the array of a member; `None` if it is no array.
    pub(crate) fn name(&self, member: usize) -> Result<Option<String>> {
        let members = self.members()?;
        let name = members
            .get(member)
            .and_then(|name| name.strip_suffix(".npy"));
        Ok(name.map(str::to_owned))
    }

    /// Checks that no array `mask` marks elements of an array of the same shape, as in the masked arrays
    /// of numpy, in which they are missing.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one does.
    pub(crate) fn refuse_masked(&mut self, read: usize, shape: &[u64]) -> Result<()> {
        for (member, name) in self.members()?.into_iter().enumerate() {
            let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
            let is_mask = words(&name).last().is_some_and(|word| word == "mask");
            if member == read || !is_mask {
                continue;
            }
            // A mask that cannot be read, or is of another array, is none of this one.
            let Ok(mut reader) = self.array(member) else {
                continue;
            };
            if reader.shape() != shape {
                continue;
            }
            let marks: Vec<f32> = reader.read_row_major()?;
            let n_marked = marks.iter().filter(|&&mark| mark != 0.0).count();
            if n_marked > 0 {
                return Err(FileError::Ambiguous {
                    what: format!(
                        "whether {n_marked} elements, which its array {} marks, are missing",
                        Quoted(&name)
                    ),
                    remedy: "save the rows or columns without missing values, or the array without the mask if \
                             no value is missing (np.save)",
                }
                .into());
            }
        }
        Ok(())
    }

    /// Finds an array by name.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchArray`], with the available names, if there is no such array.
    pub(crate) fn find(&self, name: &str) -> Result<usize> {
        let name = name.strip_suffix(".npy").unwrap_or(name);
        let members = self.members()?;
        let arrays = || members.iter().map(|member| member.strip_suffix(".npy"));
        arrays()
            .position(|array| array == Some(name))
            .ok_or_else(|| {
                FileError::NoSuchArray {
                    name: name.into(),
                    available: arrays().flatten().map(str::to_owned).collect(),
                }
                .into()
            })
    }

    /// Finds an array by name or, without a name, the only one that `fit` allows.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchArray`], with the available names, if there is no such array, and
    /// the errors of [`choose`].
    pub(crate) fn choose(
        &mut self,
        name: Option<&str>,
        fit: &dyn Fn(&str, &[u64]) -> Fit,
    ) -> Result<usize> {
        if let Some(name) = name {
            return self.find(name);
        }
        let arrays = self.candidates()?;
        let chosen = choose(&self.origin.path, &arrays, fit)?;
        self.find(&arrays[chosen].name)
    }

    /// Describes the arrays, without reading numbers.
    pub(crate) fn candidates(&mut self) -> Result<Vec<Candidate>> {
        let mut found = Vec::new();
        for (member, name) in self.members()?.into_iter().enumerate() {
            let Some(name) = name.strip_suffix(".npy") else {
                continue;
            };
            let described = match self.array(member) {
                Ok(reader) => Ok(reader.shape().to_vec()),
                Err(error) => match error.kind() {
                    ErrorKind::File(FileError::UnsupportedElement { found, .. }) => {
                        Err(found.clone())
                    }
                    _ => return Err(error),
                },
            };
            let (shape, holds) = match described {
                Ok(shape) => (Some(shape), Holds::Numbers),
                Err(descr) => self.other(member, &descr)?,
            };
            found.push(Candidate {
                name: name.to_owned(),
                shape,
                holds,
            });
        }
        Ok(found)
    }

    /// Describes an array that does not hold plain numbers.
    fn other(&mut self, member: usize, descr: &str) -> Result<(Option<Vec<u64>>, Holds)> {
        let origin = self.origin.clone();
        let header = Fields::read(&mut self.member(member)?, &origin);
        let shape = header.ok().map(|header| header.shape);
        let kind = descr.trim_start_matches(['<', '>', '|', '=']);
        if kind.starts_with(['U', 'S']) {
            let bytes = self.read_bytes(member, MAX_TEXTS);
            let texts = bytes.and_then(|bytes| texts_of_npy(&bytes, &origin.path));
            let is_number = |text: &String| text.trim().parse::<f64>().is_ok();
            let are_numbers = |texts: Vec<String>| texts.iter().all(is_number);
            let are_numbers = texts.ok().flatten().is_some_and(are_numbers);
            return Ok((shape, Holds::Texts { are_numbers }));
        }
        let (what, are_numbers) = match kind {
            "O" => ("Python objects".to_owned(), false),
            _ if kind.starts_with('c') => ("complex numbers".to_owned(), true),
            _ => {
                let are_numbers = !kind.starts_with(['M', 'm']);
                (format!("elements of type {descr}"), are_numbers)
            }
        };
        Ok((shape, Holds::Unread { what, are_numbers }))
    }

    /// Opens the array of the member with this index and reads its header.
    ///
    /// Declared sizes are not trusted, so memory grows with the data; contradictory sizes are an
    /// error. [`NpyReader::expect_end`] verifies the checksum.
    pub(crate) fn array(&mut self, member: usize) -> Result<MemberReader<'_>> {
        let origin = self.origin.clone();
        let member = self.member(member)?;
        let size = member.size();
        let reader = NpyReader::new(member, None, origin.clone())?;
        let header = reader.header();
        let expected = header
            .n_elements()
            .and_then(|n| n.checked_mul(header.element.size() as u64))
            .unwrap_or(u64::MAX);
        let found = size.saturating_sub(header.data_offset);
        if expected > found {
            return Err(FileError::Truncated { expected, found }.into());
        }
        if expected < found {
            return Err(origin.malformed("bytes follow the array"));
        }
        Ok(reader)
    }

    /// Reads a member of at most `limit` bytes that is not an array.
    pub(crate) fn read_bytes(&mut self, member: usize, limit: u64) -> Result<Vec<u8>> {
        let origin = self.origin.clone();
        let mut bytes = Vec::new();
        // Reads to the end of the member, where the checksum is verified, unless it is too long.
        self.member(member)?
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| origin.unreadable(error))?;
        if bytes.len() as u64 > limit {
            return Err(origin.malformed(format!("it is longer than {limit} bytes")));
        }
        Ok(bytes)
    }

    fn member(&mut self, member: usize) -> Result<ZipFile<'_, BufReader<File>>> {
        let Self { archive, origin } = self;
        let member = archive.by_index(member);
        member.map_err(|error| refused(origin, error))
    }
}

fn refused(origin: &Origin, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => origin.unreadable(error),
        error => origin.malformed(error),
    }
}
