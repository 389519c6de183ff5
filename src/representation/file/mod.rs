//! Representations in files.

mod accompanying;
mod archives;
mod codes;
mod columns;
mod combined;
mod lookalikes;
mod npy;
mod row_numbers;
mod safetensors;
mod summaries;
mod summary_names;
mod table;

use std::path::{Path, PathBuf};

use super::{Features, Provenance, Representation, RepresentationSource};
use crate::error::{Error, FileError, Result, StimuliError};
use crate::formats::TextEncoding;
use crate::io::array_names::are_of_two_sets;
use crate::io::arrays::describe;
use crate::io::element::{encode_f32, encode_f64};
use crate::io::format::Format;
use crate::io::{BUFFER_BYTES, extension};
use crate::linalg::{Precision, Values};
use crate::stimuli::Stimuli;

/// A representation in a file.
///
/// The file extension determines the format:
///
/// | extension | features | ids |
/// |---|---|---|
/// | `.npy` | a 2-D array | in `NAME.npy.json` beside it, if written by [`Representation::write_npy`] |
/// | `.npz` | a 2-D array of the archive | an array of different texts; or of whole numbers that are not simply 0, 1, 2, …, with a name such as `ids` |
/// | `.safetensors` | a 2-D tensor | in the metadata, if written by [`Representation::write_safetensors`]; or a tensor of numbers as for `.npz` |
/// | `.mat` | a matrix, in a file of level 5 | as for `.npz`: a cell array of texts or a char array |
/// | `.csv`, `.tsv`, `.tab`, `.txt`, `.dat`, `.vec` | the numeric columns of a table | a column with a name such as `id` or `stimulus`, or else the first column with text |
///
/// The separator, header and decimal mark of a table are detected from its content, see
/// [`formats`](crate::formats). A column without a name (or named `index`) that counts the rows
/// from 0 or 1 is neither a feature nor an id. It is an error ([`FileError::Ambiguous`]) if a column
/// may not be a feature, unless it is [ignored](FileSource::with_ignored_column) or the content is
/// [unchecked](FileSource::with_unchecked_content):
///
/// - whole numbers that number the rows, in a table with decimals,
/// - a summary of other columns by its name (`total`, `n_ratings`, `size_sd`) or its values, or
/// - a column with a name of its own (`label`) beside numbered ones (`f0` to `f6`).
///
/// A second array of different whole numbers, one for each row, is also an error, because it may be
/// the order of the rows.
///
/// Floats of 16 and 32 bits, booleans and integers of up to 16 bits are read as features of `f32`;
/// floats of 64 bits, integers of 32 and 64 bits, and the numbers of tables as features of `f64`.
/// Ids given by [`FileSource::with_ids`] replace those in the file. If there are no ids, the rows
/// are [stimuli without ids](Stimuli::unnamed).
///
/// ```
/// use human_alignment::{FileSource, Representation, RepresentationSource, Stimuli};
/// use ndarray::array;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("alexnet.safetensors");
/// let stimuli = Stimuli::new(["cat", "dog"])?;
/// let features = Representation::new(stimuli, array![[1.0, 0.0], [0.5, 1.0]])?;
/// features.write_safetensors(&path)?;
///
/// let source = FileSource::open(&path)?;
/// assert_eq!(source.name(), "alexnet");
/// assert_eq!(source.read()?, features);
/// let dog = source.represent(&Stimuli::new(["dog"])?)?;
/// assert_eq!(dog.features(), array![[0.5, 1.0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileSource {
    path: PathBuf,
    format: Format,
    name: String,
    ids: Option<Stimuli>,
    array: Option<String>,
    id_column: Option<String>,
    ignored_columns: Vec<String>,
    is_unchecked: bool,
    encoding: TextEncoding,
}

/// The content of a file.
struct Contents {
    features: Features,
    /// Name of the array, if it has one.
    array: Option<String>,
    stimuli: Option<Stimuli>,
    provenance: Provenance,
}

impl From<Features> for Contents {
    fn from(features: Features) -> Self {
        Self {
            features,
            array: None,
            stimuli: None,
            provenance: Provenance::default(),
        }
    }
}

impl FileSource {
    /// Creates a source from the path of a file. The content is read later, by
    /// [`FileSource::read`].
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] or [`FileError::UnsupportedFormat`] if the file
    /// extension is not supported, and [`FileError::Read`] if there is no such file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let format = Format::of(path)?;
        std::fs::metadata(path).map_err(|source| FileError::unreadable(path, source))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            path: path.into(),
            format,
            name: name.into_owned(),
            ids: None,
            array: None,
            id_column: None,
            ignored_columns: Vec::new(),
            is_unchecked: false,
            encoding: TextEncoding::default(),
        })
    }

    /// Sets the name for tables and figures. Default: the name of the file without its extension.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the ids of the rows, in order; ids in the file are ignored.
    ///
    /// In a table, every column that is not named as the column of ids or as ignored is then a
    /// feature.
    #[must_use]
    pub fn with_ids(mut self, ids: Stimuli) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Sets the array of an `.npz` or `.mat` file, or the tensor of a `.safetensors` file. Default:
    /// the only one, or the only one that is not a list.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the file has another format.
    pub fn with_array(mut self, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        if !self.has_named_arrays() {
            let expected = "omitted for features in other files than .npz, .safetensors and .mat (it is \
                            no array of trials)";
            return Err(Error::parameter("array", expected, name).in_file(&self.path));
        }
        self.array = Some(name);
        Ok(self)
    }

    /// Sets the column of a table that holds the ids. Default: a column with a name such as `id`,
    /// or else the first column with text.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the file is not a table.
    pub fn with_id_column(mut self, name: impl Into<String>) -> Result<Self> {
        self.id_column = Some(self.column("id_column", name.into())?);
        Ok(self)
    }

    /// Adds a column of a table that is ignored. A column without a name is named `""`.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the file is not a table.
    pub fn with_ignored_column(mut self, name: impl Into<String>) -> Result<Self> {
        let name = self.column("ignored_column", name.into())?;
        self.ignored_columns.push(name);
        Ok(self)
    }

    /// Reads all rows, and all columns of numbers that are not ids, as features, without an error for
    /// those that may be row numbers or ids, summaries of others or codes of missing values, and for
    /// a matrix that may be an RDM.
    #[must_use]
    pub fn with_unchecked_content(mut self) -> Self {
        self.is_unchecked = true;
        self
    }

    /// Returns true if the file is a text table, which has columns instead of named arrays.
    pub fn is_table(&self) -> bool {
        self.format == Format::Text
    }

    /// Returns true if the arrays of the file have names: `.npz`, `.safetensors` and `.mat`.
    pub fn has_named_arrays(&self) -> bool {
        matches!(self.format, Format::Npz | Format::Safetensors | Format::Mat)
    }

    fn column(&self, parameter: &'static str, name: String) -> Result<String> {
        if self.is_table() {
            return Ok(name);
        }
        let expected = "omitted for files other than text tables";
        Err(Error::parameter(parameter, expected, name))
    }

    /// Sets the encoding of a table. Default: UTF-8, or UTF-16 if the file is recognized as such.
    #[must_use]
    pub fn with_encoding(mut self, encoding: TextEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read. Within `Context::File`, returns
    /// [`FileError::Malformed`], [`FileError::UnsupportedElement`], [`FileError::Truncated`] or
    /// `ComputationError::OutOfMemory` if it cannot be parsed, `ArgumentError::Shape` if the
    /// array is not a matrix with at least one column, [`FileError::NoSuchArray`] if there is no
    /// such array, [`FileError::NoSuchColumn`], [`FileError::RaggedRow`] or
    /// [`FileError::NotANumber`] if a table is invalid, [`FileError::StaleSidecar`] if the file
    /// beside an `.npy` file belongs to other features, [`FileError::Ambiguous`] if numbers may mark
    /// missing values, or a column or an array may have another meaning (see [`FileSource`]), and the
    /// errors of [`Stimuli::new`] and [`Representation::new`], for example for a number that is not
    /// finite.
    pub fn read(&self) -> Result<Representation> {
        let read = || {
            let contents = match self.format {
                Format::Npy => npy::read(&self.path, self.ids.is_none()),
                Format::Npz => self.read_npz(),
                Format::Safetensors => safetensors::read(&self.path, self.array.as_deref()),
                Format::Mat => self.read_mat(),
                Format::Text => self.read_table(),
            }?;
            let array = contents.array.clone();
            let stimuli = match (&self.ids, contents.stimuli) {
                (Some(ids), _) => self.fitting(ids, contents.features.dim().0)?,
                (None, Some(stimuli)) => stimuli.with_origin(&self.path),
                (None, None) => {
                    let n_rows = contents.features.dim().0;
                    let is_other = |name: &str, _| {
                        let is_apart = |own: &str| own == name || are_of_two_sets(own, name);
                        !array.as_deref().is_some_and(is_apart)
                    };
                    let others = describe(&self.path, self.format, is_other)?;
                    let own = Stimuli::beside(&others, n_rows)?;
                    own.map_or_else(|| unnamed(n_rows), Ok)?
                        .with_origin(&self.path)
                }
            };
            let representation = Representation::new(stimuli, contents.features)?;
            if !self.is_unchecked {
                codes::refuse_codes(&representation)?;
                if !self.is_table() {
                    codes::refuse_row_numbers(&representation)?;
                }
                lookalikes::check_symmetric(&self.path, array.as_deref(), &representation)?;
            }
            Ok(representation.with_provenance(contents.provenance))
        };
        read().map_err(|error: Error| error.in_file(&self.path))
    }
}

impl FileSource {
    /// Returns the given ids if their number equals the number of rows.
    fn fitting(&self, ids: &Stimuli, n_rows: usize) -> Result<Stimuli> {
        if ids.len() == n_rows {
            return Ok(ids.clone());
        }
        Err(StimuliError::IdCount {
            ids: ids.describe(),
            n_rows,
        }
        .into())
    }
}

/// Reads the file and selects the rows by id.
impl RepresentationSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let all = self.read()?;
        if all.stimuli() == stimuli {
            return Ok(all);
        }
        all.select(stimuli)
            .map_err(|error| error.in_file(&self.path))
    }
}

fn unnamed(n_rows: usize) -> Result<Stimuli> {
    let n_rows = u32::try_from(n_rows)
        .map_err(|_| Error::parameter("rows", "at most 4294967295", n_rows))?;
    Ok(Stimuli::unnamed(n_rows))
}

/// The header data of a matrix to be written: everything but its rows.
pub(crate) struct Described<'a> {
    /// The ids of the rows, if they have ids.
    pub(crate) ids: Option<&'a [String]>,
    pub(crate) n_rows: usize,
    pub(crate) n_features: usize,
    pub(crate) precision: Precision,
    pub(crate) provenance: &'a Provenance,
}

/// A function that writes all rows as little-endian bytes.
pub(crate) type WriteRows<'a> = dyn FnMut(&mut dyn std::io::Write) -> std::io::Result<()> + 'a;

impl<'a> Described<'a> {
    fn of(representation: &'a Representation) -> Self {
        Self {
            ids: representation
                .stimuli()
                .is_named()
                .then(|| representation.stimuli().ids()),
            n_rows: representation.n_stimuli(),
            n_features: representation.n_features(),
            precision: representation.precision(),
            provenance: representation.provenance(),
        }
    }

    /// Checks that the file extension is supported for writing.
    pub(crate) fn check_name(path: &Path) -> Result<()> {
        match extension(path).as_str() {
            "npy" | "safetensors" => Ok(()),
            _ => Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".npy or .safetensors",
            }
            .into()),
        }
    }

    /// Writes a file in the format given by its extension.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] if the extension is not supported, and
    /// [`FileError::Write`] if the file cannot be written.
    pub(crate) fn write(&self, path: &Path, write_rows: &mut WriteRows<'_>) -> Result<()> {
        Self::check_name(path)?;
        match extension(path).as_str() {
            "npy" => npy::write(path, self, write_rows),
            _ => safetensors::write(path, self, write_rows),
        }
    }
}

impl Representation {
    /// Writes the features with their ids and provenance in the format given by the file extension,
    /// with [`Representation::write_npy`] or [`Representation::write_safetensors`].
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] for another extension, and [`FileError::Write`] if the
    /// file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        Described::of(self).write(path.as_ref(), &mut |to| write_features(self, to))
    }
}

/// Writes features row by row as little-endian bytes.
fn write_features(features: &Representation, to: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    match features.values() {
        Values::Single(values) => {
            for values in values.chunks(BUFFER_BYTES / size_of::<f32>()) {
                encode_f32(values, &mut bytes);
                to.write_all(&bytes)?;
            }
        }
        Values::Double(values) => {
            for values in values.chunks(BUFFER_BYTES / size_of::<f64>()) {
                encode_f64(values, &mut bytes);
                to.write_all(&bytes)?;
            }
        }
    }
    Ok(())
}
