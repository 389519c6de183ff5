//! Features in a file of several arrays.

use ndarray::Array2;

use super::{Contents, FileSource, npy};
use crate::error::{Result, wrong_shape};
use crate::io::choice::fit_of_features;
use crate::io::mat::MatFile;
use crate::io::npz::NpzArchive;
use crate::representation::Features;

impl FileSource {
    /// Reads an array of an `.npz` file.
    pub(super) fn read_npz(&self) -> Result<Contents> {
        let mut archive = NpzArchive::open(&self.path)?;
        let member = archive.choose(self.array.as_deref(), &fit_of_features)?;
        let mut reader = archive.array(member)?;
        let shape = reader.shape().to_vec();
        let features = npy::read_matrix(&mut reader)?;
        reader.expect_end()?;
        archive.refuse_masked(member, &shape)?;
        Ok(Contents {
            array: archive.name(member)?,
            ..features.into()
        })
    }

    /// Reads a variable of a MATLAB file.
    pub(super) fn read_mat(&self) -> Result<Contents> {
        let (name, numbers) =
            MatFile::open(&self.path)?.read_fitting(self.array.as_deref(), &fit_of_features)?;
        let found = numbers.shape().iter().map(|&length| length as u64);
        let found: Vec<u64> = found.collect();
        let matrix: Result<Array2<f64>, _> = numbers.into_dimensionality();
        let refused = |_| {
            wrong_shape(
                "the feature array",
                "a 2-D matrix, stimuli × features",
                &found,
            )
        };
        Ok(Contents {
            array: Some(name),
            ..Features::from(matrix.map_err(refused)?).into()
        })
    }
}
