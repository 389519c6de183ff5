//! Selection of the variable of a MATLAB file when no name is given.

use ndarray::ArrayD;

use super::{MatArray, MatFile};
use crate::error::{FileError, Result};
use crate::io::array_names::is_of_data;
use crate::io::choice::{Candidate, Fit, Holds, choose};

impl MatFile {
    /// Reads the numeric variable with this name or, without a name, the only one that `fit` allows.
    ///
    /// # Errors
    /// As for [`MatFile::read`]; also returns the errors of [`choose`].
    pub(crate) fn read_fitting(
        &mut self,
        name: Option<&str>,
        fit: &dyn Fn(&str, &[u64]) -> Fit,
    ) -> Result<ArrayD<f64>> {
        let name = self.choose(name, fit)?;
        self.read(&name)?.into_numbers()
    }

    /// Returns the name of the variable that [`MatFile::read_fitting`] reads.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchArray`] if several variables, or none, can be meant.
    pub(crate) fn choose(
        &mut self,
        name: Option<&str>,
        fit: &dyn Fn(&str, &[u64]) -> Fit,
    ) -> Result<String> {
        let mut names = self.names();
        let at = match (name, names.len()) {
            (Some(name), _) => return Ok(name.to_owned()),
            (None, 1) => 0,
            (None, _) => {
                let arrays = self.candidates()?;
                choose(self.path(), &arrays, fit)?
            }
        };
        Ok(names.swap_remove(at))
    }

    /// Describes the variables, which are read one after another.
    pub(crate) fn candidates(&mut self) -> Result<Vec<Candidate>> {
        let names = self.names();
        let described = |name: String| Ok(candidate(&name, self.read(&name)?));
        names.into_iter().map(described).collect()
    }

    /// Reads the strings of the only text variable.
    ///
    /// # Errors
    /// As for [`MatFile::read`]; also returns [`FileError::NoSuchArray`] if there is not exactly one
    /// such variable.
    pub(crate) fn read_only_texts(&mut self) -> Result<Vec<String>> {
        let names = self.names();
        let mut found = None;
        for name in &names {
            let array = self.read(name)?;
            if matches!(array, MatArray::Text(_) | MatArray::Cells(_))
                && found.replace(array).is_some()
            {
                found = None;
                break;
            }
        }
        let missing = || FileError::NoSuchArray {
            name: String::new(),
            available: names,
        };
        found.ok_or_else(missing)?.into_texts()
    }
}

/// Describes a variable.
fn candidate(name: &str, array: MatArray) -> Candidate {
    let unread = |are_numbers| Holds::Unread {
        what: format!("a {}", array.class()),
        are_numbers,
    };
    let (shape, holds) = match &array {
        MatArray::Numbers(numbers) => {
            let shape = numbers.shape().iter().map(|&length| length as u64);
            (Some(shape.collect()), Holds::Numbers)
        }
        MatArray::Unread(class) => {
            let are_numbers = ["sparse", "complex"].contains(class);
            let what = format!("{class} numbers");
            match are_numbers {
                true => (None, Holds::Unread { what, are_numbers }),
                false => (Some(vec![1, 1]), unread(false)),
            }
        }
        MatArray::Structs(structs) => {
            let is_meant = |(field, value): (&String, &MatArray)| {
                is_of_data(field) && !matches!(value, MatArray::Text(_))
            };
            let has_data = structs.fields().any(is_meant);
            let shape = (!has_data).then(|| vec![1, 1]);
            (shape, unread(has_data))
        }
        MatArray::Text(_) => (Some(vec![1]), Holds::Texts { are_numbers: false }),
        MatArray::Cells(cells) => {
            let n = cells.len() as u64;
            let has = |cell: &MatArray, several: bool| matches!(cell, MatArray::Numbers(x) if x.len() == 1 || several && x.len() > 1);
            let are_numbers = n > 1 && cells.iter().all(|cell| has(cell, true));
            // A matrix may be written as cells of one number each, whose arrangement is not known.
            let are_single = are_numbers && cells.iter().all(|cell| has(cell, false));
            let shape = (!are_single).then(|| vec![n]);
            let is_text = |cell: &MatArray| matches!(cell, MatArray::Text(_));
            match n > 0 && cells.iter().all(is_text) {
                true => (Some(vec![n]), Holds::Texts { are_numbers }),
                false => (shape, unread(are_numbers)),
            }
        }
    };
    Candidate {
        name: name.to_owned(),
        shape,
        holds,
    }
}
