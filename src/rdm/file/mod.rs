//! RDMs in files.

mod array;
mod axes;
mod beside;
mod columns;
mod companions;
mod content;
mod coverage;
mod direction;
mod fields;
mod file_names;
mod ignored;
mod joined;
mod layout;
mod levels;
mod long;
mod lookalikes;
mod meaning;
mod merged;
mod names;
mod order;
mod orders;
mod pair_rows;
mod pairs;
mod scale;
mod square;
mod summaries;
mod table;
mod unnamed;
mod write;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Result, StimuliError, same_length};
use crate::formats::TextEncoding;
use crate::io::arrays::describe;
use crate::io::format::Format;
use crate::io::text::is_participant;
use crate::rdm::{Participant, RdmSet};
use crate::stimuli::{IdForm, Stimuli};
use companions::of_others;
use content::is_symmetric;
use layout::{Knowledge, Layout};
use lookalikes::{refuse_codes, refuse_diagonals, refuse_listed_pairs, refuse_stacked};
use summaries::{note_copies, refuse_mean, refuse_summaries};

/// A file with the RDMs of one participant or several.
///
/// The file extension determines the format (`.npy`, `.npz`, `.safetensors` and `.mat`: an array;
/// `.csv`, `.tsv`, `.tab`, `.txt` and `.dat`: a table), and the shape the meaning of the axes:
///
/// | array or table | RDMs |
/// |---|---|
/// | n×n | one square matrix; in a table with or without labels of rows and columns |
/// | n(n−1)/2, or n(n−1)/2×1, or 1×n(n−1)/2 | one strict upper triangle, row by row |
/// | participants×n×n | one square matrix per participant |
/// | participants×n(n−1)/2 | one upper triangle per participant; a table may have names of participants (a repeated name marks sessions of one participant) and of pairs (`cat_dog`, which determine their order) |
/// | n×n×participants, n(n−1)/2×participants | the same transposed, if no other layout is possible |
/// | a table with one row per pair | with or without a header; two columns of stimuli (`item1`, `item2`; `i`, `j`; …) or one of labels (`cat_dog`), one with the number, and optionally one with the participant |
///
/// If several layouts are possible, set the [number of stimuli](RdmFile::with_n_stimuli) or the
/// [ids](RdmFile::with_ids). Otherwise 3×66 is read as three participants and 66 pairs, and 66×3,
/// which could also be 66 participants and three pairs, is an error. As many participants as pairs are
/// an error too, unless the header of a table names the participants or the pairs. A square matrix must be
/// symmetric with a diagonal of 0, within `Rdm::TOLERANCE`; one of its triangles may be all 0.
/// ```
/// use human_alignment::rdm::{RdmFile, Scaling};
/// use human_alignment::{Rdm, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.csv");
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let rdm = Rdm::new(animals, vec![0.1, 0.8, 0.9])?;
/// rdm.write_csv(&path)?;
/// assert_eq!(RdmFile::new(&path)?.read()?.mean(Scaling::None)?, rdm);
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
    is_unchecked: bool,
    id_forms: Vec<IdForm>,
}

/// Conversion of similarities to dissimilarities: `c − similarity`, where *c* is the similarity of
/// a stimulus with itself.
///
/// The value of *c* does not change Pearson and rank correlations of the RDM, but it changes
/// cosines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Similarities {
    /// Similarity of a stimulus with itself. Default: the value on the diagonal, if it is constant
    /// and at least as large as all other elements; otherwise the largest similarity of a pair.
    pub of_itself: Option<f64>,
}

impl RdmFile {
    /// Creates a reader of a file. The content is read by [`RdmFile::read`].
    ///
    /// # Errors
    /// Returns `FileError::UnknownFormat` or `FileError::UnsupportedFormat` for an unsupported
    /// file extension.
    pub fn new(path: impl AsRef<Path>) -> Result<Self> {
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
            is_unchecked: false,
            id_forms: Vec::new(),
        })
    }

    /// Sets the ids of the stimuli, in the order of the matrices. Default: the labels of the file, or
    /// stimuli [without ids](Stimuli::unnamed) if it has none. Labels that are not merely numbers
    /// must be equal to the ids.
    #[must_use]
    pub fn with_ids(mut self, ids: Stimuli) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Sets the number of stimuli, which selects one of several possible layouts.
    #[must_use]
    pub fn with_n_stimuli(mut self, n: usize) -> Self {
        self.n_stimuli = Some(n);
        self
    }

    /// Sets the name of the array in an `.npz`, `.safetensors` or `.mat` file. Default: the only
    /// numeric array.
    #[must_use]
    pub fn with_array(mut self, name: impl Into<String>) -> Self {
        self.array = Some(name.into());
        self
    }

    /// Sets the encoding of a table. Default: UTF-8, or UTF-16 if the file is recognized as such.
    #[must_use]
    pub fn with_encoding(mut self, encoding: TextEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Sets that an array of two axes holds one upper triangle per row, even if there are as many rows
    /// as pairs of stimuli, or as stimuli.
    #[must_use]
    pub fn with_condensed_rows(mut self) -> Self {
        self.has_condensed_rows = true;
        self
    }

    /// Allows missing pairs, which are an error by default.
    ///
    /// A missing pair is NaN in an array; in a table it is an empty field, `NA`, `N/A`, `null`,
    /// `nan` or `.`.
    #[must_use]
    pub fn with_missing_pairs(mut self) -> Self {
        self.may_miss_pairs = true;
        self
    }

    /// Averages the two elements of each pair of a matrix that is not symmetric, which is an error
    /// by default.
    #[must_use]
    pub fn with_averaged_triangles(mut self) -> Self {
        self.averages_triangles = true;
        self
    }

    /// Converts the numbers, which are similarities, into dissimilarities.
    #[must_use]
    pub fn with_similarities(mut self, conversion: Similarities) -> Self {
        self.similarities = Some(conversion);
        self
    }

    /// Reads all numbers as judgments and all RDMs as those of participants, without an error for those
    /// that may be codes of missing judgments or summaries of the others.
    #[must_use]
    pub fn with_unchecked_content(mut self) -> Self {
        self.is_unchecked = true;
        self
    }

    /// Converts the ids in a table with one row per pair to a form, if they are written differently
    /// from other ids. Several forms are applied one after another.
    #[must_use]
    pub fn with_id_form(mut self, form: IdForm) -> Self {
        self.id_forms.push(form);
        self
    }

    /// Reads the RDMs. Participants without names are numbered from `"0"`.
    ///
    /// # Errors
    /// Returns `FileError::Read` if the file cannot be read. Within `Context::File`:
    ///
    /// - `FileError::Malformed`, `FileError::UnsupportedElement`, `FileError::Truncated`,
    ///   `ComputationError::OutOfMemory` or `FileError::NoSuchArray` if the array cannot be read;
    /// - `FileError::RaggedRow`, `FileError::NotANumber` or `FileError::Encoding` if the
    ///   table cannot be read, and the error that describes why labels of rows and columns are not
    ///   of the same stimuli;
    /// - `ArgumentError::Shape` or `RdmError::NotAllPairs` for shapes that no RDMs have, and
    ///   `FileError::Ambiguous` for shapes with several possible layouts;
    /// - `ArgumentError::LengthMismatch` if the number of ids differs from the number of stimuli, and
    ///   `StimuliError::OwnLabels` if the ids differ from the labels of the file;
    /// - `RdmError::LooksLikeSimilarities` if the numbers, or the names above or beside them, are those of
    ///   similarities;
    /// - `RdmError::InvalidPair` as for `Rdm::from_square`, within `Context::Rdm` if the file
    ///   has several RDMs.
    pub fn read(&self) -> Result<RdmSet> {
        self.read_set().map_err(|error| error.in_file(&self.path))
    }

    fn read_set(&self) -> Result<RdmSet> {
        let mut contents = match self.format {
            Format::Text => self.read_text()?,
            _ => self.read_array()?,
        };
        let n_labelled = contents.stimuli.as_ref().map(Stimuli::len);
        let layout = {
            let array = &contents.array;
            let is_symmetric = |layout| is_symmetric(array, layout);
            let known = Knowledge {
                n_stimuli: n_labelled,
                has_condensed_rows: contents.is_condensed,
                people_last: contents.people_last(),
                is_symmetric: &is_symmetric,
            };
            self.layout(array.shape(), known)?
        };
        if contents.stimuli.is_none() {
            refuse_listed_pairs(&contents.array)?;
            refuse_stacked(&contents.array, layout)?;
            if self.n_stimuli().is_none() {
                refuse_diagonals(&contents.array, layout)?;
            }
        }
        contents.settle_axes(layout)?;
        self.check_direction(&contents)?;
        self.refuse_lower_triangle(&contents, layout)?;
        let array_name = contents.array_name.as_deref();
        let arrays = match array_name {
            Some(read) => describe(&self.path, self.format, |name, _| name != read)?,
            None => Vec::new(),
        };
        self.check_companions(&contents, &arrays, layout)?;
        let beside = self.participants_beside(&arrays, layout);
        let n = layout.n_stimuli;
        let of_others = of_others(&arrays, array_name);
        let identifying = arrays.iter().filter(|array| {
            let is_of_people = layout.n_participants == n && is_participant(&array.name);
            !is_of_people && !of_others.contains(&array.name.as_str())
        });
        contents.participants = contents.participants.or(beside);
        let own = match contents.stimuli {
            Some(own) => Some(own),
            None => match Stimuli::beside(identifying, n) {
                // Given ids replace those that cannot be read.
                Err(_) if self.ids.is_some() => None,
                own => own?,
            },
        };
        let stimuli = match (&self.ids, own) {
            (Some(ids), own) => {
                same_length("ids of stimuli", n, ids.len())?;
                if let Some(own) = own.filter(|_| !contents.labels_count) {
                    same_labels(&own, ids)?;
                }
                ids.clone()
            }
            (None, Some(labelled)) => labelled.with_origin(&self.path),
            // More than 2³² stimuli would have more pairs than fit in memory.
            (None, None) => Stimuli::unnamed(n as u32).with_origin(&self.path),
        };
        self.refuse_other_orders(&arrays, layout, &stimuli)?;
        let (array, participants) = (contents.array, contents.participants);
        if !self.is_unchecked {
            refuse_codes(&array)?;
        }
        let n_negative = array.iter().filter(|&&value| value < 0.0).count();
        if n_negative > 0 && self.similarities.is_none() {
            log::warn!(
                "{}: {n_negative} numbers are negative, and are read as dissimilarities; if larger means \
                 more similar, convert them (`RdmFile::with_similarities`, `--similarities`)",
                self.path.display()
            );
        }
        let rdms = self.rdms(array, layout, &stimuli)?;
        if !self.is_unchecked {
            refuse_summaries(participants.as_deref().unwrap_or_default())?;
            refuse_mean(&rdms)?;
        }
        note_copies(&self.path, participants.as_deref(), &rdms);
        match participants {
            Some(names) if names.len() == rdms.len() => {
                let set = RdmSet::new(Participant::from_labels(names), rdms)?;
                if set.n_participants() < set.len() {
                    log::info!(
                        "{}: {} RDMs are sessions of {} participants",
                        self.path.display(),
                        set.len(),
                        set.n_participants()
                    );
                }
                Ok(set)
            }
            _ => RdmSet::numbered(rdms),
        }
    }

    /// Returns the number of stimuli, if it was set or follows from the ids.
    fn n_stimuli(&self) -> Option<usize> {
        self.n_stimuli.or(self.ids.as_ref().map(Stimuli::len))
    }

    /// Determines the layout from what the file and the settings tell.
    fn layout(&self, shape: &[usize], known: Knowledge<'_>) -> Result<Layout> {
        Layout::of(
            shape,
            &Knowledge {
                n_stimuli: known.n_stimuli.or(self.n_stimuli()),
                has_condensed_rows: self.has_condensed_rows || known.has_condensed_rows,
                ..known
            },
        )
    }
}

/// Checks that a list of ids does not contradict the labels of the file.
fn same_labels(own: &Stimuli, ids: &Stimuli) -> Result<()> {
    let mut both = own.ids().iter().zip(ids.ids());
    match both.find(|(label, id)| label != id) {
        Some((label, id)) => Err(StimuliError::OwnLabels {
            label: label.clone(),
            id: id.clone(),
        }
        .into()),
        None => Ok(()),
    }
}
