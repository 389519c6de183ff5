//! Archives of the `.npz` format: zip files of `.npy` files.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::npy::NpyReader;
use super::{BUFFER_BYTES, Origin, open};
use crate::error::{Error, ErrorKind, FileError, Result};

/// An array within an archive.
pub(crate) type MemberReader<'a> = NpyReader<ZipFile<'a, BufReader<File>>>;

/// An archive whose directory is read.
pub(crate) struct NpzArchive {
    archive: ZipArchive<BufReader<File>>,
    origin: Origin,
}

impl NpzArchive {
    /// Opens an archive and reads its directory.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::Malformed`] for what is no archive, or one with a name twice.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let origin = Origin::new(path, "npz");
        let file = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
        let archive = ZipArchive::new(file).map_err(|error| refused(&origin, error))?;
        // Which of the two is meant is anyone's guess.
        if archive.has_duplicate_names() {
            return Err(origin.malformed("two members have the same name"));
        }
        Ok(Self { archive, origin })
    }

    /// The names of all members, arrays (with `.npy`) and others, in their order.
    pub(crate) fn members(&self) -> Result<Vec<String>> {
        let names = self.archive.file_names();
        names
            .map(|name| name.map(Cow::into_owned))
            .collect::<Result<_, _>>()
            .map_err(|error| refused(&self.origin, error))
    }

    /// Finds the array of this name, or where none is given the only one, or the only one of numbers
    /// whose shape `fits`.
    ///
    /// # Errors
    /// [`Error::NoSuchArray`] names those that are there.
    pub(crate) fn choose(
        &mut self,
        name: Option<&str>,
        fits: impl Fn(&[u64]) -> bool,
    ) -> Result<usize> {
        let members = self.members()?.into_iter().enumerate();
        let array =
            |(index, name): (usize, String)| Some((name.strip_suffix(".npy")?.into(), index));
        let arrays: Vec<(String, usize)> = members.filter_map(array).collect();
        let found = match name {
            Some(name) => {
                let name = name.strip_suffix(".npy").unwrap_or(name);
                let found = arrays.iter().find(|(array, _)| array == name);
                found.map(|&(_, index)| index)
            }
            None => self.only(&arrays, fits)?,
        };
        found.ok_or_else(|| {
            FileError::NoSuchArray {
                name: name.unwrap_or_default().into(),
                available: arrays.into_iter().map(|(name, _)| name).collect(),
            }
            .into()
        })
    }

    fn only(
        &mut self,
        arrays: &[(String, usize)],
        fits: impl Fn(&[u64]) -> bool,
    ) -> Result<Option<usize>> {
        if let &[(_, index)] = arrays {
            return Ok(Some(index));
        }
        let mut fitting = Vec::new();
        for &(_, index) in arrays {
            match self.array(index) {
                Ok(reader) if fits(reader.shape()) => fitting.push(index),
                // Texts and scalars stand beside arrays of numbers.
                Ok(_) => {}
                Err(error) => match error.kind() {
                    ErrorKind::File(FileError::UnsupportedElement { .. }) => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(match fitting.as_slice() {
            &[index] => Some(index),
            _ => None,
        })
    }

    /// The array that is the member at this place: its header is read, its data still to come.
    ///
    /// The sizes that the archive and the header declare are no promise, so memory grows with the
    /// data; where they contradict each other, that is an error here already. The checksum is
    /// compared by [`NpyReader::expect_end`].
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

    /// Reads a member that is no array, of at most `limit` bytes.
    pub(crate) fn read_bytes(&mut self, member: usize, limit: u64) -> Result<Vec<u8>> {
        let origin = self.origin.clone();
        let mut bytes = Vec::new();
        // To the end of the member, where its checksum is compared, unless it is too long.
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
