//! RDMs in files.

use std::io::Write;
use std::path::{Path, PathBuf};

use ndarray::{ArrayView2, ArrayView3, Axis};

use crate::error::{Error, Result};
use crate::io::atomic::write_atomically;
use crate::io::npy::NpyReader;
use crate::io::npy_header::encode_header;
use crate::io::table::Table;
use crate::io::{extension, reserve};
use crate::rdm::{Rdm, RdmSet, n_stimuli_of};
use crate::stimuli::Stimuli;

/// RDMs that stand in a file, of one person or of several.
///
/// The ending of the name tells the format, and the shape of an array what it holds:
///
/// | file | RDMs |
/// |---|---|
/// | `.npy`, n×n | one, a square matrix |
/// | `.npy`, n(n−1)/2 | one, its strict upper triangle row by row |
/// | `.npy`, people×n×n | one a person, square |
/// | `.npy`, people×n(n−1)/2 | one a person, upper triangles; where both lengths are the same, say so by [`RdmFile::with_condensed_rows`] |
/// | `.csv`, `.tsv` | one, a square table with the ids of the stimuli in its header and its first column |
///
/// Floats of 16, 32 and 64 bits, integers and booleans are read. Square matrices have to be symmetric
/// with 0 on the diagonal, to within [`Rdm::TOLERANCE`].
///
/// ```
/// use human_alignment::rdm::{RdmFile, Scaling};
/// use human_alignment::{Rdm, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.csv");
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let rdm = Rdm::new(animals, vec![0.1, 0.8, 0.9])?;
/// rdm.write_csv(&path)?;
/// assert_eq!(RdmFile::open(&path)?.read()?.mean(Scaling::None)?, rdm);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RdmFile {
    path: PathBuf,
    format: Format,
    ids: Option<Stimuli>,
    has_condensed_rows: bool,
    may_miss_pairs: bool,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Npy,
    Table,
}

impl RdmFile {
    /// The RDMs in this file. Its content is read later, by [`RdmFile::read`].
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] for an ending that isn't read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let format = match extension(path).as_str() {
            "npy" => Format::Npy,
            "csv" | "tsv" => Format::Table,
            _ => {
                return Err(Error::UnknownFormat {
                    path: path.into(),
                    expected: ".npy, .csv or .tsv",
                });
            }
        };
        Ok(Self {
            path: path.into(),
            format,
            ids: None,
            has_condensed_rows: false,
            may_miss_pairs: false,
        })
    }

    /// Sets the ids of the stimuli, in the order of the matrices. Default: the ids of a table, and
    /// positions from `"0"` in an array.
    #[must_use]
    pub fn with_ids(mut self, ids: Stimuli) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Takes an array of two axes for one upper triangle a row, also where it has as many rows as
    /// columns.
    #[must_use]
    pub fn with_condensed_rows(mut self) -> Self {
        self.has_condensed_rows = true;
        self
    }

    /// Takes NaN (or an empty field of a table) for a pair that was not judged. Otherwise it is an
    /// error.
    #[must_use]
    pub fn with_missing_pairs(mut self) -> Self {
        self.may_miss_pairs = true;
        self
    }

    /// Reads the RDMs, of people numbered from `"0"`.
    ///
    /// # Errors
    /// [`Error::Read`]; within [`Error::InFile`]: [`Error::Malformed`], [`Error::UnsupportedElement`],
    /// [`Error::Truncated`], [`Error::OutOfMemory`]; [`Error::Shape`] and [`Error::NotAllPairs`] for
    /// lengths that no RDM has; [`Error::LengthMismatch`] where ids were given for another number of
    /// stimuli; in tables [`Error::RaggedRow`], [`Error::NotANumber`] and what keeps ids of rows and
    /// columns from being those of the same stimuli; and, within [`Error::InRdm`] where there are
    /// several, [`Error::InvalidPair`] as for [`Rdm::from_square`].
    pub fn read(&self) -> Result<RdmSet> {
        let read = match self.format {
            Format::Npy => self.read_npy(),
            Format::Table => self.read_table(),
        };
        read.map_err(|error| error.in_file(&self.path))
    }

    fn read_npy(&self) -> Result<RdmSet> {
        let mut reader = NpyReader::open(&self.path)?;
        let shape = reader.shape().to_vec();
        let no_rdm = || Error::Shape {
            what: "the array",
            expected: "n×n, n(n−1)/2, people×n×n or people×n(n−1)/2".into(),
            found: shape.clone(),
        };
        let sizes = shape.iter().map(|&length| usize::try_from(length).ok());
        let sizes: Vec<usize> = sizes.collect::<Option<_>>().ok_or_else(no_rdm)?;
        // Refused before anything is read.
        let condensed = |found| n_stimuli_of(found).ok_or(Error::NotAllPairs { found });
        let (n_people, n, is_square) = match sizes[..] {
            [n_pairs] => (1, condensed(n_pairs)?, false),
            [rows, columns] if rows == columns && !self.has_condensed_rows => (1, rows, true),
            [people, n_pairs] => (people, condensed(n_pairs)?, false),
            [people, rows, columns] if rows == columns => (people, rows, true),
            _ => return Err(no_rdm()),
        };
        let stimuli = self.stimuli(n)?;
        let values: Vec<f64> = reader.read_row_major()?;
        let mut rdms = Vec::new();
        if is_square {
            let squares = ArrayView3::from_shape((n_people, n, n), &values);
            for square in squares.map_err(|_| no_rdm())?.axis_iter(Axis(0)) {
                rdms.push(self.square(&stimuli, square));
            }
        } else {
            let rows = ArrayView2::from_shape((n_people, crate::rdm::n_pairs(n)), &values);
            for row in rows.map_err(|_| no_rdm())?.axis_iter(Axis(0)) {
                rdms.push(match self.may_miss_pairs {
                    true => Rdm::with_missing(stimuli.clone(), row.to_vec()),
                    false => Rdm::new(stimuli.clone(), row.to_vec()),
                });
            }
        }
        let named = rdms.into_iter().enumerate().map(|(position, rdm)| {
            rdm.map_err(|error| match n_people {
                1 => error,
                _ => error.in_rdm(position),
            })
        });
        RdmSet::numbered(named.collect::<Result<_>>()?)
    }

    fn read_table(&self) -> Result<RdmSet> {
        let mut table = Table::open(&self.path)?;
        let columns = Stimuli::new(table.header()[1..].iter().map(String::as_str))?;
        let n = columns.len();
        let (mut ids, mut values): (Vec<String>, Vec<f64>) = Default::default();
        while let Some(row) = table.next_row()? {
            reserve(&mut values, n, "the table")?;
            for field in 1..=n {
                values.push(match row.text(field).as_str() {
                    "" => f64::NAN,
                    _ => row.number(field)?,
                });
            }
            ids.push(row.text(0));
        }
        let rows = Stimuli::new(ids)?;
        rows.same_set_as(&columns)?;
        let order = columns.positions_of(&rows)?;
        let square = ArrayView2::from_shape((n, n), &values).map_err(|error| Error::Malformed {
            format: "table",
            source: error.into(),
        })?;
        let order: Vec<usize> = order.into_iter().map(|column| column as usize).collect();
        let square = square.select(Axis(1), &order);
        let stimuli = match &self.ids {
            Some(_) => self.stimuli(n)?,
            None => rows,
        };
        Ok(self.square(&stimuli, square.view())?.into())
    }

    fn stimuli(&self, n: usize) -> Result<Stimuli> {
        match &self.ids {
            Some(ids) if ids.len() == n => Ok(ids.clone()),
            Some(ids) => Err(Error::LengthMismatch {
                what: "ids of stimuli",
                expected: n,
                found: ids.len(),
            }),
            // More stimuli than 2³² have more pairs than any memory holds.
            None => Ok(Stimuli::numbered(n as u32)),
        }
    }

    fn square(&self, stimuli: &Stimuli, square: ArrayView2<'_, f64>) -> Result<Rdm> {
        match self.may_miss_pairs {
            true => Rdm::from_square_with_missing(stimuli.clone(), square),
            false => Rdm::from_square(stimuli.clone(), square),
        }
    }
}

impl Rdm {
    /// Writes the square matrix as a table, with the ids of the stimuli in its header and its first
    /// column; `.tsv` is separated by tabs. The field of a missing pair is empty.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] for an ending other than `.csv` and `.tsv`, [`Error::Write`].
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let delimiter = match extension(path).as_str() {
            "csv" => b',',
            "tsv" => b'\t',
            _ => {
                return Err(Error::UnknownFormat {
                    path: path.into(),
                    expected: ".csv or .tsv",
                });
            }
        };
        write_atomically(path, |writer| {
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .from_writer(writer);
            writer.write_field("id")?;
            writer.write_record(self.stimuli().ids())?;
            for (first, id) in self.stimuli().ids().iter().enumerate() {
                writer.write_field(id)?;
                let row = (0..self.n_stimuli()).map(|second| match self.between(first, second) {
                    // Shortest digits that are read back to the same number.
                    Some(value) => value.to_string(),
                    None => String::new(),
                });
                writer.write_record(row)?;
            }
            writer.flush()
        })
    }

    /// Writes the square matrix as `.npy` (`<f8`, readable by numpy), NaN where a pair is missing.
    /// Ids are not written.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let n = self.n_stimuli();
        write_atomically(path.as_ref(), |writer| {
            writer.write_all(&encode_header("<f8", &[n, n]))?;
            write_square(self, writer)
        })
    }
}

impl RdmSet {
    /// Writes the square matrices as one `.npy` array, people×n×n (`<f8`, readable by numpy), NaN
    /// where a pair is missing. Ids of stimuli and people are not written.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let n = self.stimuli().len();
        write_atomically(path.as_ref(), |writer| {
            writer.write_all(&encode_header("<f8", &[self.len(), n, n]))?;
            self.rdms()
                .iter()
                .try_for_each(|rdm| write_square(rdm, writer))
        })
    }
}

fn write_square(rdm: &Rdm, writer: &mut dyn Write) -> std::io::Result<()> {
    let n = rdm.n_stimuli();
    for first in 0..n {
        for second in 0..n {
            let value = rdm.between(first, second).unwrap_or(f64::NAN);
            writer.write_all(&value.to_le_bytes())?;
        }
    }
    Ok(())
}
