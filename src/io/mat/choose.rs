//! Selection of the variable of a MATLAB file when no name is given.

use ndarray::ArrayD;

use super::{MatArray, MatFile};
use crate::error::{FileError, Result};
use crate::io::arrays::is_list;

impl MatFile {
    /// Reads the numeric variable with this name or, without a name, the only one with more than
    /// one element, or else the only one that is not a list.
    ///
    /// # Errors
    /// As for [`MatFile::read`]; also returns [`FileError::NoSuchArray`] if there is not exactly
    /// one such variable.
    pub(crate) fn read_numbers(&mut self, name: Option<&str>) -> Result<ArrayD<f64>> {
        if let Some(name) = name {
            return self.read(name)?.into_numbers();
        }
        let names = self.names();
        let several = |array: &MatArray| match array {
            MatArray::Numbers(numbers) => numbers.len() > 1,
            // The error says what the only variable is.
            _ => names.len() == 1,
        };
        let is_matrix = |array: &MatArray| match array {
            MatArray::Numbers(numbers) => !is_list(numbers.shape()),
            _ => false,
        };
        self.read_only(several, is_matrix)?.into_numbers()
    }

    /// Reads the strings of the only text variable.
    ///
    /// # Errors
    /// As for [`MatFile::read_numbers`].
    pub(crate) fn read_only_texts(&mut self) -> Result<Vec<String>> {
        let is_text = |array: &MatArray| matches!(array, MatArray::Text(_) | MatArray::Cells(_));
        self.read_only(is_text, |_| false)?.into_texts()
    }

    /// Reads the only variable that is meant, or else the only one of them that is preferred.
    fn read_only(
        &mut self,
        is_meant: impl Fn(&MatArray) -> bool,
        is_preferred: impl Fn(&MatArray) -> bool,
    ) -> Result<MatArray> {
        let (mut found, mut n_meant, mut n_preferred) = (None, 0, 0);
        let names = self.names();
        for name in &names {
            let array = self.read(name)?;
            if !is_meant(&array) {
                continue;
            }
            n_meant += 1;
            let is_first_preferred = is_preferred(&array) && {
                n_preferred += 1;
                n_preferred == 1
            };
            if n_preferred > 1 {
                break;
            }
            if found.is_none() || is_first_preferred {
                found = Some(array);
            }
        }
        found
            .filter(|_| n_meant == 1 || n_preferred == 1)
            .ok_or_else(|| {
                FileError::NoSuchArray {
                    name: String::new(),
                    available: names,
                }
                .into()
            })
    }
}
