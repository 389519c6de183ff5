//! Choice of the array that is meant among several of a file.

use std::path::Path;

use super::array_names::{is_companion, is_of_data};
use super::arrays::is_list;
use crate::error::{Error, FileError, Quoted, Result};

/// An array of a file, before it is read.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    /// Lengths of the axes, if they are known.
    pub(crate) shape: Option<Vec<u64>>,
    pub(crate) holds: Holds,
}

/// What an array holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    Numbers,
    /// Texts, which may be numbers that were written as texts.
    Texts {
        are_numbers: bool,
    },
    /// Elements that are not read, such as complex numbers.
    Unread {
        what: String,
        /// Whether they are numbers of a kind.
        are_numbers: bool,
    },
}

/// What an array may be according to its name and shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// A matrix, or several, for this number of stimuli, if it is known.
    Matrix(Option<u64>),
    /// A vector for this number of stimuli.
    Vector(u64),
    None,
}

impl Candidate {
    fn has_several(&self) -> bool {
        let several = |shape: &Vec<u64>| !shape.contains(&0) && shape.iter().any(|&n| n > 1);
        self.shape.as_ref().is_some_and(several)
    }

    fn is_numeric(&self) -> bool {
        self.holds == Holds::Numbers
    }

    fn is_matrix(&self) -> bool {
        self.has_several() && self.shape.as_ref().is_some_and(|shape| !is_list(shape))
    }

    /// Returns what the array holds if it cannot be read, although it could be the one that is
    /// meant. `fits` tells whether its shape is that of one.
    fn unread(&self, fits: bool) -> Option<&str> {
        let is_named = || is_of_data(&self.name);
        match &self.holds {
            Holds::Texts { are_numbers: true } if self.is_matrix() || is_named() => {
                Some("numbers as texts")
            }
            Holds::Unread { what, are_numbers } => {
                let is_unknown = self.shape.is_none();
                let is_meant = is_named()
                    || !is_companion(&self.name)
                        && (self.is_matrix() || *are_numbers && (fits || is_unknown));
                is_meant.then_some(what)
            }
            _ => None,
        }
    }
}

/// Returns the position of the only array that can be the one that is meant, and notes it if the
/// file has several arrays of numbers. A vector competes with a matrix for as many stimuli.
///
/// # Errors
/// Returns [`FileError::NoSuchArray`] if several arrays, or none, can be meant, and
/// [`FileError::Ambiguous`] if one of them cannot be read.
pub(crate) fn choose(
    path: &Path,
    arrays: &[Candidate],
    fit: &dyn Fn(&str, &[u64]) -> Fit,
) -> Result<usize> {
    if arrays.len() == 1 {
        return Ok(0);
    }
    let fits = arrays.iter().map(|array| match &array.shape {
        Some(shape) if array.has_several() => fit(&array.name, shape),
        _ => Fit::None,
    });
    let fits: Vec<Fit> = fits.collect();
    let mut matrices = fits.iter().filter(|fit| matches!(fit, Fit::Matrix(_)));
    let has_matrix = matrices.next().is_some();
    let competes = |n: u64| {
        let is_of = |fit: &Fit| matches!(fit, Fit::Matrix(of) if of.is_none_or(|of| of == n));
        !has_matrix || fits.iter().any(is_of)
    };
    let is_meant = |at: usize| match fits[at] {
        Fit::Matrix(_) => true,
        Fit::Vector(n) => competes(n) && !(has_matrix && is_companion(&arrays[at].name)),
        Fit::None => false,
    };
    for (at, array) in arrays.iter().enumerate() {
        if let Some(what) = array.unread(is_meant(at)) {
            return Err(unread(&array.name, what));
        }
    }
    let meant = (0..arrays.len()).filter(|&at| arrays[at].is_numeric() && is_meant(at));
    let chosen = match meant.collect::<Vec<usize>>()[..] {
        [] => of_other_shape(arrays),
        [only] => Ok(only),
        ref several => Err(none(several.iter().map(|&at| &arrays[at]))),
    }?;
    note(path, arrays, chosen);
    Ok(chosen)
}

/// Returns what an array may be beside others: a matrix of features, or a vector of one feature that is
/// not named like what accompanies features. Maps of features may be meant, and not the matrix beside
/// them.
pub(crate) fn fit_of_features(name: &str, shape: &[u64]) -> Fit {
    match is_list(shape) {
        true if is_companion(name) => Fit::None,
        true => shape.iter().max().map_or(Fit::None, |&n| Fit::Vector(n)),
        false => Fit::Matrix(shape.first().copied()),
    }
}

/// Returns the position of the only array of numbers, or of the only one of them that is a matrix, so
/// that the error says what is wrong with its shape.
fn of_other_shape(arrays: &[Candidate]) -> Result<usize> {
    let only = |is_meant: &dyn Fn(&Candidate) -> bool| {
        let mut meant = (0..arrays.len()).filter(|&at| is_meant(&arrays[at]));
        meant.next().filter(|_| meant.next().is_none())
    };
    only(&Candidate::is_numeric)
        .or_else(|| only(&|array| array.is_numeric() && array.has_several()))
        .or_else(|| only(&|array| array.is_numeric() && array.is_matrix()))
        .ok_or_else(|| none(arrays.iter()))
}

/// Notes which of several arrays of numbers is read.
fn note(path: &Path, arrays: &[Candidate], chosen: usize) {
    let others = arrays
        .iter()
        .enumerate()
        .filter(|&(at, array)| at != chosen && array.is_numeric() && array.has_several());
    let others: Vec<String> = others.map(|(_, array)| described(array)).collect();
    if !others.is_empty() {
        log::warn!(
            "{}: its array {} is read, and not {}; to read another one, name it (`with_array`, \
             `--array`, `--human-array`)",
            path.display(),
            described(&arrays[chosen]),
            others.join(", ")
        );
    }
}

fn described(array: &Candidate) -> String {
    let lengths = array.shape.iter().flatten().map(u64::to_string);
    let lengths: Vec<String> = lengths.collect();
    format!("{} ({})", Quoted(&array.name), lengths.join("×"))
}

fn none<'a>(available: impl Iterator<Item = &'a Candidate>) -> Error {
    Error::from(FileError::NoSuchArray {
        name: String::new(),
        available: available.map(|array| array.name.clone()).collect(),
    })
}

fn unread(name: &str, what: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "which array is meant: its array {} holds {what}, which cannot be read",
            Quoted(name)
        ),
        remedy: "save it as real numbers (array.astype(float); in MATLAB full(x) of a sparse matrix, \
                 cell2mat(x) of cells, x = s.field of a struct), or name the array that is meant \
                 (`with_array`, `--array`, `--human-array`)",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, assert_refused};

    fn array(name: &str, shape: &[u64], holds: Holds) -> Candidate {
        Candidate {
            name: name.to_owned(),
            shape: Some(shape.to_vec()),
            holds,
        }
    }

    fn numbers(name: &str, shape: &[u64]) -> Candidate {
        array(name, shape, Holds::Numbers)
    }

    fn chosen(arrays: &[Candidate]) -> Result<usize> {
        let fit = |_: &str, shape: &[u64]| match *shape {
            [n] | [n, 1] => Fit::Vector(n),
            _ => Fit::Matrix(shape.first().copied()),
        };
        choose(Path::new("a.npz"), arrays, &fit)
    }

    #[test]
    fn a_vector_competes_with_a_matrix_for_as_many_stimuli() {
        for (other, is_found) in [
            (numbers("y", &[30]), false),
            (numbers("y", &[30, 1]), false),
            (numbers("y", &[20]), true),
            (numbers("labels", &[30]), true),
            (numbers("folds", &[30, 2]), false),
            (numbers("alpha", &[]), true),
        ] {
            let arrays = [numbers("X", &[30, 5]), other];
            let found = chosen(&arrays);
            assert_eq!(found.is_ok(), is_found, "{arrays:?}");
            assert_eq!(found.unwrap_or(0), 0);
        }
        let two = [numbers("a", &[3]), numbers("b", &[4])];
        let error = chosen(&two).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::File(FileError::NoSuchArray { available, .. }) if *available == ["a", "b"]
        ));
    }

    #[test]
    fn arrays_that_are_not_read_may_be_meant() {
        let unread = |are_numbers| Holds::Unread {
            what: "complex numbers".into(),
            are_numbers,
        };
        let texts = |are_numbers| Holds::Texts { are_numbers };
        for (other, is_found) in [
            (array("features", &[30, 5], unread(true)), false),
            (array("z", &[30, 5], unread(false)), false),
            (array("features", &[], unread(false)), false),
            (array("w", &[30], unread(true)), false),
            (array("w", &[4], unread(true)), true),
            (array("names", &[30], unread(false)), true),
            (array("info", &[1, 1], unread(false)), true),
            (array("z", &[30, 5], texts(true)), false),
            (array("triplets", &[90, 3], texts(false)), true),
            (array("names", &[30], texts(true)), true),
        ] {
            let arrays = [numbers("coords", &[30, 2]), other];
            match is_found {
                true => assert_eq!(chosen(&arrays).unwrap(), 0, "{arrays:?}"),
                false => assert_refused!(chosen(&arrays), File(FileError::Ambiguous { .. })),
            }
        }
    }
}
