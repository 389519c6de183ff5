//! RDMs in files.

mod content;
mod layout;
mod long;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, IxDyn};

use crate::error::{ArgumentError, ErrorKind, FileError, Result};
use crate::formats::TextEncoding;
use crate::io::atomic::write_atomically;
use crate::io::extension;
use crate::io::format::Format;
use crate::io::mat::MatFile;
use crate::io::npy::NpyReader;
use crate::io::npy_header::encode_header;
use crate::io::npz::NpzArchive;
use crate::io::safetensors::SafetensorsFile;
use crate::rdm::{Participant, Rdm, RdmSet};
use crate::stimuli::Stimuli;
use content::is_symmetric;
use layout::{Knowledge, Layout};
use table::Contents;

/// RDMs in a file, of one participant or of several.
///
/// The ending of the name tells the format: `.npy`, `.npz`, `.safetensors` and `.mat` hold an array,
/// `.csv`, `.tsv` and `.txt` a table. What it holds is told by its shape:
///
/// | array or table | RDMs |
/// |---|---|
/// | n×n | one, a square matrix; in a table with or without labels of rows and columns |
/// | n(n−1)/2, or that ×1 or 1× | one, its strict upper triangle row by row |
/// | participants×n×n | one a participant, square matrices |
/// | participants×n(n−1)/2 | one a participant, upper triangles; in a table with or without names of participants |
/// | n×n×participants, n(n−1)/2×participants | the same transposed, where nothing else is possible |
/// | a table with a row a pair | two columns of stimuli (`item1`, `item2`; `i`, `j`; …), one with the number, one with the participant if there is one |
///
/// Where a shape could be several of these, the [number of stimuli](RdmFile::with_n_stimuli) decides, or
/// [ids](RdmFile::with_ids). Where it isn't known, 3×66 is three participants and 66 pairs, and 66×3, which would
/// be 66 participants of three stimuli, is an error. A square matrix has to be
/// symmetric with 0 on the diagonal, to within [`Rdm::TOLERANCE`]; one of its triangles may be all 0.
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
    n_stimuli: Option<usize>,
    array: Option<String>,
    encoding: TextEncoding,
    has_condensed_rows: bool,
    may_miss_pairs: bool,
    averages_triangles: bool,
    similarities: Option<Similarities>,
}

/// How similarities become dissimilarities: `c − similarity`, where *c* is the similarity of a stimulus
/// with itself.
///
/// Under correlations (Pearson, rank) any *c* gives the same value; under cosines it matters.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Similarities {
    /// The similarity of a stimulus with itself. Default: that on the diagonal, where it is the same
    /// for all and the largest; otherwise the largest of all pairs.
    pub of_itself: Option<f64>,
}

impl RdmFile {
    /// Creates the RDMs in this file. Its content is read later, by [`RdmFile::read`].
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] and [`Error::ForeignFormat`] for an ending that isn't read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self {
            path: path.into(),
            format: Format::of(path)?,
            ids: None,
            n_stimuli: None,
            array: None,
            encoding: TextEncoding::default(),
            has_condensed_rows: false,
            may_miss_pairs: false,
            averages_triangles: false,
            similarities: None,
        })
    }

    /// Sets the ids of the stimuli, in the order of the matrices. Default: the labels of a table; an
    /// array has stimuli [without ids](Stimuli::unnamed).
    #[must_use]
    pub fn with_ids(mut self, ids: Stimuli) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Sets the number of stimuli, by which layouts of the same shape are told apart.
    #[must_use]
    pub fn with_n_stimuli(mut self, n: usize) -> Self {
        self.n_stimuli = Some(n);
        self
    }

    /// Chooses the array of an `.npz`, `.safetensors` or `.mat` file. Default: the only one of numbers.
    #[must_use]
    pub fn with_array(mut self, name: impl Into<String>) -> Self {
        self.array = Some(name.into());
        self
    }

    /// Sets the encoding of a table. Default: UTF-8, or UTF-16 where the file shows that.
    #[must_use]
    pub fn with_encoding(mut self, encoding: TextEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Takes an array of two axes for one upper triangle a row, also where it has as many rows as
    /// columns.
    #[must_use]
    pub fn with_condensed_rows(mut self) -> Self {
        self.has_condensed_rows = true;
        self
    }

    /// Allows pairs that were not judged: NaN in an array; in a table an empty field, `NA`, `N/A`,
    /// `null`, `nan` or `.`. Otherwise they are an error.
    #[must_use]
    pub fn with_missing_pairs(mut self) -> Self {
        self.may_miss_pairs = true;
        self
    }

    /// Averages the two elements of a pair in matrices that are not symmetric. Otherwise they are an
    /// error.
    #[must_use]
    pub fn with_averaged_triangles(mut self) -> Self {
        self.averages_triangles = true;
        self
    }

    /// Takes the numbers for similarities, and converts them.
    #[must_use]
    pub fn with_similarities(mut self, conversion: Similarities) -> Self {
        self.similarities = Some(conversion);
        self
    }

    /// Reads the RDMs. Participants are numbered from `"0"` where the file doesn't name them.
    ///
    /// # Errors
    /// [`Error::Read`]; within [`Error::InFile`]: [`Error::Malformed`], [`Error::UnsupportedElement`],
    /// [`Error::Truncated`], [`Error::OutOfMemory`], [`Error::NoSuchArray`]; [`Error::Shape`] and
    /// [`Error::NotAllPairs`] for shapes that no RDMs have, [`Error::Ambiguous`] for those that several
    /// layouts have; [`Error::LengthMismatch`] where ids were given for another number of stimuli;
    /// [`Error::LooksLikeSimilarities`]; in tables [`Error::RaggedRow`], [`Error::NotANumber`],
    /// [`Error::Encoding`] and what keeps labels of rows and columns from being those of the same
    /// stimuli; and, within [`Error::InRdm`] where there are several, [`Error::InvalidPair`] as for
    /// [`Rdm::from_square`].
    pub fn read(&self) -> Result<RdmSet> {
        self.read_set().map_err(|error| error.in_file(&self.path))
    }

    fn read_set(&self) -> Result<RdmSet> {
        let Contents {
            array,
            stimuli,
            participants,
        } = match self.format {
            Format::Text => self.read_text()?,
            _ => Contents {
                array: self.read_array()?,
                stimuli: None,
                participants: None,
            },
        };
        let n_labelled = stimuli.as_ref().map(Stimuli::len);
        let layout = self.layout(array.shape(), n_labelled, &|layout| {
            is_symmetric(&array, layout)
        })?;
        let n = layout.n_stimuli;
        let stimuli = match (&self.ids, stimuli) {
            (Some(ids), _) if ids.len() != n => {
                return Err(ArgumentError::LengthMismatch {
                    what: "ids of stimuli",
                    expected: n,
                    found: ids.len(),
                }
                .into());
            }
            (Some(ids), _) => ids.clone(),
            (None, Some(labelled)) => labelled.with_origin(&self.path),
            // More stimuli than 2³² have more pairs than any memory holds.
            (None, None) => Stimuli::unnamed(n as u32).with_origin(&self.path),
        };
        let rdms = self.rdms(array, layout, &stimuli)?;
        match participants {
            Some(names) if names.len() == rdms.len() => {
                RdmSet::new(names.into_iter().map(Participant::new).collect(), rdms)
            }
            _ => RdmSet::numbered(rdms),
        }
    }

    /// The number of stimuli, where it is known before the file is read.
    fn n_stimuli(&self) -> Option<usize> {
        self.n_stimuli.or(self.ids.as_ref().map(Stimuli::len))
    }

    fn layout(
        &self,
        shape: &[usize],
        n_labelled: Option<usize>,
        is_symmetric: &dyn Fn(Layout) -> bool,
    ) -> Result<Layout> {
        let layout = Layout::of(
            shape,
            &Knowledge {
                n_stimuli: n_labelled.or(self.n_stimuli()),
                has_condensed_rows: self.has_condensed_rows,
                is_symmetric,
            },
        )?;
        if layout.n_participants == 0 {
            return Err(ArgumentError::TooFew {
                what: "participants",
                needed: 1,
                found: 0,
            }
            .into());
        }
        Ok(layout)
    }

    fn read_array(&self) -> Result<ArrayD<f64>> {
        let name = self.array.as_deref();
        match self.format {
            Format::Npy => self.read_from(&mut NpyReader::open(&self.path)?),
            Format::Npz => {
                let mut archive = NpzArchive::open(&self.path)?;
                let member = archive.choose(name, |shape| shape.iter().product::<u64>() > 1)?;
                let mut reader = archive.array(member)?;
                let array = self.read_from(&mut reader)?;
                reader.expect_end()?;
                Ok(array)
            }
            Format::Safetensors => {
                let mut file = SafetensorsFile::open(&self.path)?;
                let name = file.choose(name, |shape| shape.iter().product::<usize>() > 1)?;
                let mut reader = file.tensor(&name)?.expect("a name that is there");
                self.read_from(&mut reader)
            }
            Format::Mat | Format::Text => MatFile::open(&self.path)?.read_numbers(name),
        }
    }

    /// Reads an array whose shape some RDMs have.
    fn read_from<R: std::io::Read>(&self, reader: &mut NpyReader<R>) -> Result<ArrayD<f64>> {
        let shape = reader.shape().to_vec();
        let sizes = shape.iter().map(|&length| usize::try_from(length).ok());
        let sizes: Option<Vec<usize>> = sizes.collect();
        let sizes = sizes.ok_or_else(|| ArgumentError::Shape {
            what: "the array of dissimilarities",
            expected: "lengths that fit into memory".into(),
            found: shape,
        })?;
        // Refused before anything is read, unless the content has to tell; a shape without elements
        // has none.
        if !sizes.contains(&0) || sizes.first() == Some(&0) {
            match self.layout(&sizes, None, &|_| true) {
                Ok(_) => {}
                Err(error) => match error.kind() {
                    ErrorKind::File(FileError::Ambiguous { .. }) => {}
                    _ => return Err(error),
                },
            }
        }
        let values: Vec<f64> = reader.read_row_major()?;
        ArrayD::from_shape_vec(IxDyn(&sizes), values).map_err(|error| {
            FileError::Malformed {
                format: "array",
                source: error.into(),
            }
            .into()
        })
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
                return Err(FileError::UnknownFormat {
                    path: path.into(),
                    expected: ".csv or .tsv",
                }
                .into());
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
