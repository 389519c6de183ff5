//! Tensors in a pickle.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::pickle::Pickle;
use super::value::{Id, Value};
use crate::error::{BoxedError, FileError, Result};
use crate::io::element::{ByteOrder, Element, Kind};

/// Longest name of a parameter or a storage, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 1024;

/// Largest number of axes of a tensor.
const MAX_AXES: usize = 32;

/// Largest number of wrappers around the function that creates a tensor.
const MAX_WRAPPERS: usize = 4;

/// The description of a tensor, which is a view into a storage.
#[derive(Debug)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    /// Strides in elements.
    strides: Vec<usize>,
    /// Index of the first element in the storage.
    pub offset: usize,
    /// Name of the storage.
    pub storage: String,
    /// Class of the storage, such as `torch.FloatStorage`.
    class: String,
}

impl Tensor {
    /// Checks whether a value is a tensor.
    pub fn is(pickle: &Pickle, id: Id) -> bool {
        arguments(pickle, id).is_some()
    }

    /// Reads the description of a tensor.
    pub fn read(pickle: &Pickle, id: Id) -> std::result::Result<Self, BoxedError> {
        // storage, offset, shape, strides, whether it requires gradients, hooks
        let [storage, offset, shape, strides, ..] = *arguments(pickle, id).unwrap_or_default()
        else {
            return Err("it has too few arguments".into());
        };
        let &Value::Persistent(storage) = pickle.value(storage) else {
            return Err("it has no storage".into());
        };
        // "storage", class, name, device, number of elements
        let [_, class, name, ..] = *pickle.tuple(storage) else {
            return Err("its storage has too few arguments".into());
        };
        let class = pickle.global(class).ok_or("its storage has no class")?;
        let name = pickle.text(name).ok_or("its storage has no name")?;
        if class.len() > MAX_NAME_BYTES || name.len() > MAX_NAME_BYTES {
            return Err("its storage has a name that is too long".into());
        }
        let sizes = |id| {
            let sizes = pickle.tuple(id).iter().map(|&size| pickle.size(size));
            let tuple = matches!(pickle.value(id), Value::Tuple(axes) if axes.len() <= MAX_AXES);
            tuple
                .then(|| sizes.collect::<Option<Vec<usize>>>())
                .flatten()
        };
        let shape = sizes(shape).ok_or("its shape is invalid")?;
        let strides = sizes(strides).ok_or("its strides are invalid")?;
        if shape.len() != strides.len() {
            return Err(
                format!("it has {} axes, but {} strides", shape.len(), strides.len()).into(),
            );
        }
        Ok(Self {
            shape,
            strides,
            offset: pickle.size(offset).ok_or("its offset is not a number")?,
            storage: name.into(),
            class: class.into(),
        })
    }

    /// Returns the type of the elements.
    ///
    /// # Errors
    /// Returns [`FileError::UnsupportedElement`] for a type that cannot be read.
    pub fn element(&self, order: ByteOrder) -> Result<Element> {
        let kind = match self.class.as_str() {
            "torch.FloatStorage" => Kind::F32,
            "torch.DoubleStorage" => Kind::F64,
            "torch.HalfStorage" => Kind::F16,
            "torch.BFloat16Storage" => Kind::BF16,
            "torch.ByteStorage" => Kind::U8,
            "torch.CharStorage" => Kind::I8,
            "torch.ShortStorage" => Kind::I16,
            "torch.IntStorage" => Kind::I32,
            "torch.LongStorage" => Kind::I64,
            "torch.BoolStorage" => Kind::Bool,
            other => {
                return Err(FileError::UnsupportedElement {
                    expected: "floats of 16, 32 or 64 bits, integers of 8 to 64 bits, or bool",
                    found: other.into(),
                }
                .into());
            }
        };
        Ok(Element { kind, order })
    }

    /// Returns the number of elements, or `None` if they are not contiguous.
    pub fn n_values(&self) -> Option<u64> {
        let n = self
            .shape
            .iter()
            .try_fold(1u64, |n, &length| n.checked_mul(length as u64))?;
        if n == 0 {
            return Some(0);
        }
        let axes = self.shape.iter().zip(&self.strides);
        let last = axes.map(|(&length, &stride)| (length as u64 - 1).checked_mul(stride as u64));
        let last = last.reduce(|sum, next| sum?.checked_add(next?));
        (last.unwrap_or(Some(0))?.checked_add(1)? == n).then_some(n)
    }

    /// Converts the stored values to row-major order.
    pub fn row_major(&self, values: Vec<f32>) -> std::result::Result<Vec<f32>, BoxedError> {
        if values.is_empty() {
            return Ok(values);
        }
        let shape = IxDyn(&self.shape).strides(IxDyn(&self.strides));
        let array = ArrayD::from_shape_vec(shape, values)?;
        Ok(match array.is_standard_layout() {
            true => array.into_raw_vec_and_offset().0,
            false => array.iter().copied().collect(),
        })
    }
}

/// Returns the arguments of the call that creates a tensor, or `None` if the value is not a tensor.
fn arguments(pickle: &Pickle, mut id: Id) -> Option<&[Id]> {
    for _ in 0..=MAX_WRAPPERS {
        let &Value::Call {
            callable,
            arguments,
        } = pickle.value(id)
        else {
            return None;
        };
        let (mut name, mut arguments) = (pickle.global(callable)?, pickle.tuple(arguments));
        // function, type, arguments, state
        if name == "torch._tensor._rebuild_from_type_v2" {
            let [function, _, inner, ..] = *arguments else {
                return None;
            };
            (name, arguments) = (pickle.global(function)?, pickle.tuple(inner));
        }
        match name {
            "torch._utils._rebuild_tensor_v2" => return Some(arguments),
            "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state" => {
                id = *arguments.first()?;
            }
            _ => return None,
        }
    }
    None
}
