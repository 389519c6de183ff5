//! Dissimilarities in arrays, and names of the stimuli beside them.

use ndarray::{ArrayD, IxDyn};

use super::RdmFile;
use super::content::Contents;
use crate::error::{ErrorKind, FileError, Result, wrong_shape};
use crate::io::format::Format;
use crate::io::mat::{MatArray, MatFile};
use crate::io::npy::NpyReader;
use crate::io::npy_text::texts_of_npy;
use crate::io::npz::NpzArchive;
use crate::io::safetensors::SafetensorsFile;
use crate::io::text::words;
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

/// Largest size of an array with the names of the stimuli in bytes.
const MAX_TEXT: u64 = 1 << 26;

impl RdmFile {
    /// Reads the array.
    pub(super) fn read_array(&self) -> Result<Contents> {
        Ok(Contents::unlabelled(self.read_numbers()?))
    }

    fn read_numbers(&self) -> Result<ArrayD<f64>> {
        let name = self.array.as_deref();
        match self.format {
            Format::Npy => self.read_from(&mut NpyReader::open(&self.path)?),
            Format::Npz => {
                let mut archive = NpzArchive::open(&self.path)?;
                let member = archive.choose(name, has_several)?;
                let mut reader = archive.array(member)?;
                let array = self.read_from(&mut reader)?;
                reader.expect_end()?;
                Ok(array)
            }
            Format::Safetensors => {
                let mut file = SafetensorsFile::open(&self.path)?;
                let name = file.choose(name, has_several)?;
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
        // choose a layout.
        if let Err(error) = self.layout(&sizes, None, false, &|_| true)
            && !matches!(error.kind(), ErrorKind::File(FileError::Ambiguous { .. }))
        {
            return Err(error);
        }
        let values: Vec<f64> = reader.read_row_major()?;
        ArrayD::from_shape_vec(IxDyn(&sizes), values)
            .map_err(|error| FileError::malformed("array", error))
    }

    /// Reads the names of `n` stimuli beside the array of an `.npz` or `.mat` file, if it has them.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if several arrays hold different names, and an error if
    /// [`Stimuli::new`] does.
    pub(super) fn names_beside(&self, n: usize) -> Result<Option<Stimuli>> {
        let texts = match self.format {
            Format::Mat => self.texts_of_mat()?,
            Format::Npz => self.texts_of_npz()?,
            _ => return Ok(None),
        };
        let mut found = texts.into_iter().filter(|(_, texts)| texts.len() == n);
        let Some((first, names)) = found.next().filter(|_| n > 1) else {
            return Ok(None);
        };
        if let Some((other, _)) = found.find(|(_, others)| *others != names) {
            return Err(FileError::Ambiguous {
                what: format!("whether {first:?} or {other:?} holds the ids of the stimuli"),
                remedy: "keep only one of them",
            }
            .into());
        }
        Stimuli::new(names).map(Some)
    }

    fn texts_of_mat(&self) -> Result<Vec<(String, Vec<String>)>> {
        let mut file = MatFile::open(&self.path)?;
        let mut found = Vec::new();
        for name in file.names() {
            // A variable that cannot be read is not needed.
            if is_of_names(&name)
                && let Ok(array @ (MatArray::Text(_) | MatArray::Cells(_))) = file.read(&name)
                && let Ok(texts) = array.into_texts()
            {
                let texts = texts.iter().map(|text| text.trim().to_owned());
                found.push((name, texts.collect()));
            }
        }
        Ok(found)
    }

    fn texts_of_npz(&self) -> Result<Vec<(String, Vec<String>)>> {
        let mut archive = NpzArchive::open(&self.path)?;
        let mut found = Vec::new();
        for (index, name) in archive.members()?.into_iter().enumerate() {
            if let Some(name) = name.strip_suffix(".npy")
                && is_of_names(name)
                && let Ok(bytes) = archive.read_bytes(index, MAX_TEXT)
                && let Ok(Some(texts)) = texts_of_npy(&bytes, &self.path)
            {
                found.push((name.to_owned(), texts));
            }
        }
        Ok(found)
    }
}

/// Checks whether an array is named like one with the names of the stimuli.
fn is_of_names(array: &str) -> bool {
    words(array).iter().any(|word| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        NAMES.contains(&word.as_str()) || NAMES.contains(&singular)
    })
}

/// Checks whether an array has several elements, without computing their number, which could be too
/// large.
fn has_several<N: From<u8> + PartialOrd>(shape: &[N]) -> bool {
    let [zero, one] = [0, 1].map(N::from);
    shape.iter().all(|length| *length > zero) && shape.iter().any(|length| *length > one)
}
