//! Dissimilarities in arrays, and names of the stimuli beside them.

use ndarray::{ArrayD, IxDyn};

use super::RdmFile;
use super::columns::words;
use super::content::Contents;
use crate::error::{ErrorKind, FileError, Result, wrong_shape};
use crate::io::format::Format;
use crate::io::mat::{MatArray, MatFile};
use crate::io::npy::NpyReader;
use crate::io::npz::NpzArchive;
use crate::io::safetensors::SafetensorsFile;
use crate::stimuli::Stimuli;

/// Words in the names of variables with the names of the stimuli, in the singular.
const NAMES: [&str; 13] = [
    "stimulus",
    "stimuli",
    "stim",
    "label",
    "name",
    "id",
    "item",
    "image",
    "object",
    "concept",
    "condition",
    "category",
    "file",
];

impl RdmFile {
    /// Reads the array.
    pub(super) fn read_array(&self) -> Result<Contents> {
        let array = self.read_numbers()?;
        Ok(Contents {
            array,
            stimuli: None,
            participants: None,
            labels_count: false,
            is_condensed: false,
            axes: [None, None],
        })
    }

    fn read_numbers(&self) -> Result<ArrayD<f64>> {
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
                let mut reader = file.tensor(&name)?.expect("the name exists");
                self.read_from(&mut reader)
            }
            Format::Mat | Format::Text => MatFile::open(&self.path)?.read_numbers(name),
        }
    }

    /// Reads an array whose shape is possible for RDMs.
    fn read_from<R: std::io::Read>(&self, reader: &mut NpyReader<R>) -> Result<ArrayD<f64>> {
        let shape = reader.shape().to_vec();
        let sizes = shape.iter().map(|&length| usize::try_from(length).ok());
        let sizes: Option<Vec<usize>> = sizes.collect();
        let sizes = sizes.ok_or_else(|| {
            let expected = "lengths that fit into memory";
            wrong_shape("the array of dissimilarities", expected, &shape)
        })?;
        // Impossible shapes are refused before the content is read. The content may be needed to
        // choose a layout; a shape without elements has no content.
        if !sizes.contains(&0) || sizes.first() == Some(&0) {
            match self.layout(&sizes, None, false, &|_| true) {
                Ok(_) => {}
                Err(error) => match error.kind() {
                    ErrorKind::File(FileError::Ambiguous { .. }) => {}
                    _ => return Err(error),
                },
            }
        }
        let values: Vec<f64> = reader.read_row_major()?;
        ArrayD::from_shape_vec(IxDyn(&sizes), values)
            .map_err(|error| FileError::malformed("array", error))
    }
    /// Reads the names of `n` stimuli from a MATLAB file, if a variable holds them. Names of files
    /// of another format are not read.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if several variables hold different names, and an error if
    /// [`Stimuli::new`] does.
    pub(super) fn names_beside(&self, n: usize) -> Result<Option<Stimuli>> {
        if self.format != Format::Mat {
            return Ok(None);
        }
        let mut file = MatFile::open(&self.path)?;
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for name in file.names() {
            let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
            let is_of_names = words(&name)
                .iter()
                .any(|word| NAMES.contains(&word.as_str()) || NAMES.contains(&&*singular(word)));
            // An unreadable variable is not needed.
            let Ok(array @ (MatArray::Text(_) | MatArray::Cells(_))) = file.read(&name) else {
                continue;
            };
            let Ok(texts) = array.into_texts() else {
                continue;
            };
            let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
            if is_of_names && texts.len() == n && n > 1 {
                found.push((name, texts));
            }
        }
        if let [(first, texts), others @ ..] = &found[..]
            && let Some((other, _)) = others.iter().find(|(_, other)| other != texts)
        {
            return Err(FileError::Ambiguous {
                what: format!("whether {first:?} or {other:?} holds the ids of the stimuli"),
                remedy: "keep only one of them",
            }
            .into());
        }
        match found.into_iter().next() {
            Some((_, texts)) => Stimuli::new(texts).map(Some),
            None => Ok(None),
        }
    }
}
