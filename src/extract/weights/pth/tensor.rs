//! What a pickle says about a tensor.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::MAX_NAME_BYTES;
use super::pickle::{Id, Pickle, Value};
use crate::error::{BoxedError, FileError, Result};
use crate::io::element::{ByteOrder, Element, Kind};

/// The most axes of a tensor.
const MAX_AXES: usize = 32;

/// How many functions may be around the one that makes a tensor.
const MAX_WRAPPERS: usize = 4;

/// A tensor: a part of a storage.
#[derive(Debug)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    /// In elements.
    strides: Vec<usize>,
    /// Its first element.
    pub offset: usize,
    /// What its values are stored as.
    pub storage: String,
    /// The class of the storage, such as `torch.FloatStorage`.
    class: String,
}

impl Tensor {
    /// Whether a value is a tensor.
    pub fn is(pickle: &Pickle, id: Id) -> bool {
        arguments(pickle, id).is_some()
    }

    /// What is said of a tensor.
    pub fn read(pickle: &Pickle, id: Id) -> std::result::Result<Self, BoxedError> {
        // storage, offset, shape, strides, whether it requires gradients, hooks
        let [storage, offset, shape, strides, ..] = *arguments(pickle, id).unwrap_or_default()
        else {
            return Err("it has too few arguments".into());
        };
        let &Value::Persistent(storage) = pickle.value(storage) else {
            return Err("its values are stored nowhere".into());
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
        let shape = sizes(shape).ok_or("it has no possible shape")?;
        let strides = sizes(strides).ok_or("it has no possible strides")?;
        if shape.len() != strides.len() {
            return Err(
                format!("it has {} axes, but {} strides", shape.len(), strides.len()).into(),
            );
        }
        Ok(Self {
            shape,
            strides,
            offset: pickle.size(offset).ok_or("its offset is no number")?,
            storage: name.into(),
            class: class.into(),
        })
    }

    /// What its values are.
    ///
    /// # Errors
    /// [`Error::UnsupportedElement`].
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

    /// How many values it has; `None` where they do not lie together without a gap.
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

    /// Its values, row-major, from those that are stored.
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

/// The arguments of the function that makes a tensor; `None` for a value that is none.
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
