//! Tensors in a pickle.

use super::pickle::{Pickle, Result};
use super::value::{Id, Value};
use crate::error::{BoxedError, FileError};
use crate::io::element::{ByteOrder, Element, Kind};

/// Longest name of a parameter or a storage, in bytes.
pub(in crate::extract::weights) const MAX_NAME_BYTES: usize = 1024;

/// Largest number of axes of a tensor.
const MAX_AXES: usize = 32;

/// Largest number of wrappers around the function that creates a tensor.
const MAX_WRAPPERS: usize = 4;

/// Largest number of elements of a tensor that repeats stored values.
const MAX_REPEATED: u64 = 1 << 26;

/// A block of elements of one type, of which tensors are views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage<'p> {
    pub name: &'p str,
    /// Class of the storage, such as `torch.FloatStorage`.
    class: &'p str,
    pub n_elements: Option<u64>,
}

/// Returns the description of a storage from the arguments of a persistent object.
pub(super) fn storage<'p>(pickle: &'p Pickle, arguments: Id) -> Option<Storage<'p>> {
    // "storage", class, name, device, number of elements
    let [_, class, name, _, n_elements, ref view @ ..] = *pickle.tuple(arguments) else {
        return None;
    };
    // Storages that are views of others were given up before version 1.6.
    if view.iter().any(|&view| !pickle.tuple(view).is_empty()) {
        return None;
    }
    let (class, name) = (pickle.global(class)?, pickle.text(name)?);
    let is_short = class.len() <= MAX_NAME_BYTES && name.len() <= MAX_NAME_BYTES;
    is_short.then(|| Storage {
        name,
        class,
        n_elements: pickle.size(n_elements).map(|n| n as u64),
    })
}

impl Storage<'_> {
    /// Returns the type of the elements.
    ///
    /// # Errors
    /// Returns [`FileError::UnsupportedElement`] for a type that cannot be read.
    pub fn kind(&self) -> crate::error::Result<Kind> {
        Ok(match self.class {
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
        })
    }

    /// Returns the number of bytes of an element.
    pub fn element_size(&self) -> crate::error::Result<usize> {
        let order = ByteOrder::Little;
        Ok(match self.class {
            "torch.QInt8Storage" | "torch.QUInt8Storage" => 1,
            "torch.QInt32Storage" => 4,
            "torch.ComplexFloatStorage" => 8,
            "torch.ComplexDoubleStorage" => 16,
            _ => Element {
                kind: self.kind()?,
                order,
            }
            .size(),
        })
    }

    pub fn is_float(&self) -> bool {
        matches!(
            self.kind(),
            Ok(Kind::F16 | Kind::BF16 | Kind::F32 | Kind::F64)
        )
    }
}

/// The description of a tensor, which is a view into a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor<'p> {
    pub storage: Storage<'p>,
    pub shape: Vec<usize>,
    /// Strides in elements.
    strides: Vec<usize>,
    /// Index of the first element in the storage.
    pub offset: usize,
}

impl<'p> Tensor<'p> {
    /// Checks whether a value is a tensor.
    pub fn is(pickle: &Pickle, id: Id) -> bool {
        arguments(pickle, id).is_some()
    }

    /// Reads the description of a tensor.
    pub fn read(pickle: &'p Pickle, id: Id) -> Result<Self> {
        // storage, offset, shape, strides, whether it requires gradients, hooks, metadata
        let [storage, offset, shape, strides, ref rest @ ..] =
            *arguments(pickle, id).unwrap_or_default()
        else {
            return Err("it has too few arguments".into());
        };
        if let Some(&metadata) = rest.get(2) {
            check_metadata(pickle, metadata)?;
        }
        let &Value::Persistent(arguments) = pickle.value(storage) else {
            return Err("it has no storage".into());
        };
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
            storage: self::storage(pickle, arguments)
                .ok_or("its storage has too few arguments, or invalid ones")?,
            shape,
            strides,
            offset: pickle.size(offset).ok_or("its offset is not a number")?,
        })
    }

    /// Returns the number of elements, and the number of stored elements from the first to the last
    /// of them.
    pub fn lengths(&self) -> std::result::Result<(u64, u64), BoxedError> {
        const TOO_LARGE: &str = "it has too many values";

        let lengths = self.shape.iter().map(|&length| length as u64);
        let n = lengths.clone().try_fold(1u64, u64::checked_mul);
        let n = n.ok_or(TOO_LARGE)?;
        if n == 0 {
            return Ok((0, 0));
        }
        let mut span = 1u64;
        for (length, &stride) in lengths.zip(&self.strides) {
            let reach = (length - 1).checked_mul(stride as u64);
            span = reach
                .and_then(|reach| span.checked_add(reach))
                .ok_or(TOO_LARGE)?;
        }
        if n > span.max(MAX_REPEATED) {
            return Err(TOO_LARGE.into());
        }
        Ok((n, span))
    }

    /// Returns the values in row-major order, given the stored ones from the first to the last.
    pub fn row_major(&self, stored: Vec<f32>, n: usize) -> crate::error::Result<Vec<f32>> {
        if self.is_row_major() {
            return Ok(stored);
        }
        let mut values = Vec::new();
        crate::linalg::reserve(&mut values, n, "a tensor")?;
        let mut index = vec![0; self.shape.len()];
        let mut at = 0;
        for _ in 0..n {
            values.push(stored[at]);
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                at = at.wrapping_add(self.strides[axis]);
                if index[axis] < self.shape[axis] {
                    break;
                }
                at = at.wrapping_sub(index[axis].wrapping_mul(self.strides[axis]));
                index[axis] = 0;
            }
        }
        Ok(values)
    }

    /// Checks whether the values are stored one after the other in row-major order.
    fn is_row_major(&self) -> bool {
        let mut expected = 1;
        let mut axes = self.shape.iter().zip(&self.strides).rev();
        axes.all(|(&length, &stride)| {
            let fits = length <= 1 || stride == expected;
            expected *= length.max(1);
            fits
        })
    }
}

/// Checks that the stored values are those of the tensor, which is not so if its negative bit or its
/// conjugate bit is set.
fn check_metadata(pickle: &Pickle, metadata: Id) -> Result<()> {
    /// Largest number of items, of which PyTorch writes few.
    const MAX_ITEMS: usize = 64;

    if pickle.items(metadata).len() > MAX_ITEMS {
        return Err("its metadata are invalid".into());
    }
    for (bit, resolve) in [("neg", "resolve_neg"), ("conj", "resolve_conj")] {
        let set = pickle.item(pickle.items(metadata), bit);
        if set.is_some_and(|set| *pickle.value(set) != Value::False) {
            return Err(format!(
                "its stored values have the pending operation {bit}: call {resolve}() of the tensor \
                 before saving"
            )
            .into());
        }
    }
    Ok(())
}

/// Returns the shape of a tensor whose values cannot be read: a quantized, sparse, distributed or empty
/// one, or one of a type such as float8.
pub(super) fn shape_without_values(pickle: &Pickle, id: Id) -> Option<Vec<usize>> {
    let (function, arguments) = creation(pickle, id)?;
    let shape = match function {
        // storage, offset, shape, …
        "torch._utils._rebuild_tensor_v3" | "torch._utils._rebuild_qtensor" => *arguments.get(2)?,
        // class, type, shape, …: such as a tensor of a distributed training
        "torch._utils._rebuild_wrapper_subclass" => *arguments.get(2)?,
        // type, shape, …
        "torch._utils._rebuild_meta_tensor_no_storage" => *arguments.get(1)?,
        // layout, (indices, values, shape, …)
        "torch._utils._rebuild_sparse_tensor" => *pickle.tuple(*arguments.get(1)?).get(2)?,
        _ => return None,
    };
    // A tuple, or an object of the class torch.Size that is created from a tuple.
    let shape = match pickle.value(shape) {
        Value::Object(object) => *pickle.tuple(object.arguments).first()?,
        _ => shape,
    };
    let lengths = pickle.tuple(shape).iter().take(MAX_AXES);
    lengths.map(|&length| pickle.size(length)).collect()
}

/// Returns the arguments of the call that creates a tensor with values, or `None` if the value is not
/// such a tensor.
fn arguments(pickle: &Pickle, id: Id) -> Option<&[Id]> {
    let (function, arguments) = creation(pickle, id)?;
    let is_tensor = matches!(
        function,
        "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2"
    );
    is_tensor.then_some(arguments)
}

/// Returns the function that creates an object, without those that wrap it, and its arguments.
fn creation(pickle: &Pickle, mut id: Id) -> Option<(&str, &[Id])> {
    for _ in 0..=MAX_WRAPPERS {
        let Value::Object(object) = pickle.value(id) else {
            return None;
        };
        let mut name = pickle.global(object.callable)?;
        let mut arguments = pickle.tuple(object.arguments);
        // function, type, arguments, state
        if name == "torch._tensor._rebuild_from_type_v2" {
            let [function, _, inner, ..] = *arguments else {
                return None;
            };
            (name, arguments) = (pickle.global(function)?, pickle.tuple(inner));
        }
        match name {
            "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state" => {
                id = *arguments.first()?;
            }
            _ => return Some((name, arguments)),
        }
    }
    None
}
