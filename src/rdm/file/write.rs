//! Writing of RDMs.

use std::io::Write;
use std::path::Path;

use crate::error::{FileError, Result};
use crate::io::atomic::write_atomically;
use crate::io::extension;
use crate::io::npy_header::encode_header;
use crate::rdm::{Rdm, RdmSet};

impl Rdm {
    /// Writes the square matrix as a table, with the ids of the stimuli as header and first column.
    ///
    /// The extension `.csv` or `.tsv` sets the separator. The field of a missing pair is empty.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] for any other file extension, and [`FileError::Write`]
    /// if the file cannot be written.
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
                    // The shortest digits that are read back as the same number.
                    Some(value) => value.to_string(),
                    None => String::new(),
                });
                writer.write_record(row)?;
            }
            writer.flush()
        })
    }

    /// Writes the square matrix as `.npy` (`<f8`, readable by numpy), with NaN for missing pairs.
    /// Ids are not written.
    ///
    /// # Errors
    /// Returns [`FileError::Write`] if the file cannot be written.
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let n = self.n_stimuli();
        write_atomically(path.as_ref(), |writer| {
            writer.write_all(&encode_header("<f8", &[n, n]))?;
            write_square(self, writer)
        })
    }
}

impl RdmSet {
    /// Writes the square matrices as one `.npy` array, participants×n×n (`<f8`, readable by numpy),
    /// with NaN for missing pairs. Ids of stimuli and participants are not written.
    ///
    /// # Errors
    /// Returns [`FileError::Write`] if the file cannot be written.
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
