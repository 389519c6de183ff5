//! Parameters of a network from stored tensors.

use std::cell::RefCell;

use super::container::{Container, ValueReader};
use super::convention::Form;
use super::listing::{Listing, n_elements};
use super::names::{Composition, Compositions};
use super::request::Selection;
use crate::error::{Error, ExtractError, FileError, Result};
use crate::extract::builder::{Init, Parameters};
use crate::extract::outline::Outline;
use crate::linalg::{reserve, zeroed};

/// The shapes of stored parameters, and the parameters that are missing or of another shape.
pub(super) struct Shapes<'w> {
    listing: &'w Listing,
    compositions: &'w Compositions,
    missing: RefCell<Vec<String>>,
    misshapen: RefCell<Vec<Misshapen>>,
}

/// A stored parameter that has another shape than the network needs.
pub(super) struct Misshapen {
    pub name: String,
    pub found: Vec<usize>,
    pub expected: Vec<usize>,
}

impl<'w> Shapes<'w> {
    pub fn new(listing: &'w Listing, selection: &'w Selection) -> Self {
        Self {
            listing,
            compositions: &selection.compositions,
            missing: RefCell::default(),
            misshapen: RefCell::default(),
        }
    }

    /// Returns the parameters before the taps that are missing, and those of another shape.
    pub fn finish(self, outline: &Outline) -> (Vec<String>, Vec<Misshapen>) {
        let mut missing = self.missing.into_inner();
        missing.retain(|name| outline.is_needed(name));
        let mut misshapen = self.misshapen.into_inner();
        misshapen.retain(|parameter| outline.is_needed(&parameter.name));
        (missing, misshapen)
    }

    fn stored(&self, key: &str) -> Option<(&Composition, Option<Vec<usize>>)> {
        let composition = self.compositions.get(key)?;
        Some((composition, composition.shape(self.listing)))
    }
}

impl Parameters for Shapes<'_> {
    fn stored_shape(&self, key: &str) -> Option<Vec<usize>> {
        self.stored(key)?.1
    }

    /// Records what is wrong with a parameter; the values do not matter.
    fn values(&self, key: &str, shape: &[usize], _: Init) -> Result<Vec<f32>> {
        match self.stored(key) {
            None | Some((_, None)) => self.missing.borrow_mut().push(key.to_owned()),
            Some((composition, Some(found))) => {
                let fits = match composition.is_reshaped() {
                    true => n_elements(&found) == n_elements(shape),
                    false => found == shape,
                };
                if !fits {
                    self.misshapen.borrow_mut().push(Misshapen {
                        name: key.to_owned(),
                        found,
                        expected: shape.to_vec(),
                    });
                }
            }
        }
        zeroed(shape.iter().product(), "the parameters of a network")
    }
}

/// A reader of the values of parameters that were compared with the network before.
pub(in crate::extract) struct Reader<'w> {
    shapes: Shapes<'w>,
    values: RefCell<ValueReader<'w>>,
    outline: &'w Outline,
}

impl<'w> Reader<'w> {
    pub fn new(
        container: &'w Container,
        listing: &'w Listing,
        selection: &'w Selection,
        outline: &'w Outline,
    ) -> Result<Self> {
        Ok(Self {
            shapes: Shapes::new(listing, selection),
            values: RefCell::new(container.reader()?),
            outline,
        })
    }

    fn read(&self, composition: &Composition) -> Result<Vec<f32>> {
        let mut values = self.values.borrow_mut();
        let mut read = |stored: &str| values.read(stored)?.ok_or_else(changed);
        match composition {
            Composition::Single {
                stored,
                form: Form::Transposed,
            } => {
                let shape = self
                    .shapes
                    .listing
                    .get(stored)
                    .map(|tensor| tensor.shape.as_slice());
                let &[n_rows, n_columns] = shape.unwrap_or_default() else {
                    return Err(FileError::malformed(
                        "weights",
                        format!("{stored} is not a matrix"),
                    ));
                };
                let values = read(stored)?;
                if values.len() != n_rows * n_columns {
                    return Err(changed());
                }
                let column = |column: usize| (0..n_rows).map(move |row| row * n_columns + column);
                let places = (0..n_columns).flat_map(column);
                Ok(places.map(|place| values[place]).collect())
            }
            Composition::Single { stored, form } => {
                let mut values = read(stored)?;
                if let Some([first, end]) = form.thirds() {
                    let third = values.len() / 3;
                    values.truncate(end * third);
                    values.drain(..first * third);
                }
                Ok(values)
            }
            Composition::Zeros { .. } => {
                let shape = composition.shape(self.shapes.listing).unwrap_or_default();
                zeroed(n_elements(&shape), "the parameters of a network")
            }
            Composition::Concatenated(parts) => {
                let parts = parts.values().map(|stored| read(stored));
                Ok(parts.collect::<Result<Vec<_>>>()?.concat())
            }
        }
    }
}

fn changed() -> Error {
    FileError::malformed("weights", "the file changed while it was read")
}

impl Parameters for Reader<'_> {
    fn stored_shape(&self, key: &str) -> Option<Vec<usize>> {
        self.shapes.stored_shape(key)
    }

    /// Returns the values of a parameter; those of modules after the taps may be missing, and are
    /// NaN then.
    fn values(&self, key: &str, shape: &[usize], _: Init) -> Result<Vec<f32>> {
        let n = shape.iter().product();
        if !self.outline.is_needed(key) {
            let mut values = Vec::new();
            reserve(&mut values, n, "the parameters of a network")?;
            values.resize(n, f32::NAN);
            return Ok(values);
        }
        let composition = self.shapes.compositions.get(key);
        let values = composition.map(|composition| self.read(composition));
        let values = values.transpose()?.unwrap_or_default();
        if values.len() != n {
            return Err(changed());
        }
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(index) => Err(Error::from(ExtractError::NotFiniteParameter {
                parameter: key.to_owned(),
                index,
                value: values[index],
            })),
        }
    }
}
