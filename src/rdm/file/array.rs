//! Dissimilarities in arrays.

use ndarray::{ArrayD, IxDyn};

use super::RdmFile;
use super::beside::{PairList, lists};
use super::content::Contents;
use super::layout::Knowledge;
use crate::error::{ErrorKind, FileError, Result, wrong_shape};
use crate::io::arrays::is_list;
use crate::io::choice::Fit;
use crate::io::format::Format;
use crate::io::mat::MatFile;
use crate::io::npy::NpyReader;
use crate::io::npz::NpzArchive;
use crate::io::safetensors::SafetensorsFile;

impl RdmFile {
    /// Reads the array.
    pub(super) fn read_array(&self) -> Result<Contents> {
        let pairs = self.lists_of_pairs()?;
        let (array_name, array) = self.read_numbers(&pairs)?;
        let contents = self.label_pairs(array, array_name.as_deref(), &pairs)?;
        Ok(Contents {
            array_name,
            ..contents
        })
    }

    /// Reads the array of numbers, and its name if it has one.
    fn read_numbers(&self, pairs: &[PairList]) -> Result<(Option<String>, ArrayD<f64>)> {
        let name = self.array.as_deref();
        let fit = |name: &str, shape: &[u64]| match lists(pairs, name) {
            true => Fit::None,
            false => self.fit(shape),
        };
        match self.format {
            Format::Npy => {
                let array = self.read_from(&mut NpyReader::open(&self.path)?)?;
                Ok((None, array))
            }
            Format::Npz => {
                let mut archive = NpzArchive::open(&self.path)?;
                let member = archive.choose(name, &fit)?;
                let mut reader = archive.array(member)?;
                let shape = reader.shape().to_vec();
                let array = self.read_from(&mut reader)?;
                reader.expect_end()?;
                archive.refuse_masked(member, &shape)?;
                Ok((archive.name(member)?, array))
            }
            Format::Safetensors => {
                let mut file = SafetensorsFile::open(&self.path)?;
                let name = file.choose(name, &fit)?;
                let mut reader = file.tensor(&name)?.expect("the name exists");
                let array = self.read_from(&mut reader)?;
                Ok((Some(name), array))
            }
            Format::Mat | Format::Text => {
                let (name, array) = MatFile::open(&self.path)?.read_fitting(name, &fit)?;
                Ok((Some(name), array))
            }
        }
    }

    /// Returns what an array of several elements may be beside others, according to its shape.
    fn fit(&self, shape: &[u64]) -> Fit {
        let sizes = shape.iter().map(|&length| usize::try_from(length).ok());
        let Some(sizes) = sizes.collect::<Option<Vec<usize>>>() else {
            return Fit::None;
        };
        let layout = self.layout(&sizes, Knowledge::of_shape());
        let n_stimuli = match &layout {
            Ok(layout) => Some(layout.n_stimuli as u64),
            Err(error) => match error.kind() {
                ErrorKind::File(FileError::Ambiguous { .. }) => None,
                _ => return Fit::None,
            },
        };
        match n_stimuli {
            Some(n) if is_list(shape) => Fit::Vector(n),
            n => Fit::Matrix(n),
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
        if let Err(error) = self.layout(&sizes, Knowledge::of_shape())
            && !matches!(error.kind(), ErrorKind::File(FileError::Ambiguous { .. }))
        {
            return Err(error);
        }
        let values: Vec<f64> = reader.read_row_major()?;
        ArrayD::from_shape_vec(IxDyn(&sizes), values)
            .map_err(|error| FileError::malformed("array", error))
    }
}
