//! A reader for pickles (protocols 0 to 5), as far as PyTorch checkpoints use them.
//!
//! Nothing is imported or called. Values are stored in a list and refer to each other by index, so
//! deep or repeated nesting does not cost more than the bytes that describe it.

use super::machine::Machine;
use super::value::{Id, Value};
use crate::error::BoxedError;

/// The values of a pickle.
pub(super) struct Pickle {
    values: Vec<Value>,
    root: Id,
}

pub(super) type Result<T> = std::result::Result<T, BoxedError>;

impl Pickle {
    /// Reads a pickle at the beginning of `bytes`, and returns it with the bytes after it.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let mut machine = Machine::new(bytes);
        while let Some(operation) = machine.next_operation()? {
            machine.run(operation)?;
        }
        let root = machine.pop()?;
        let (values, rest) = machine.finish();
        Ok((Self { values, root }, rest))
    }

    pub fn root(&self) -> Id {
        self.root
    }

    pub fn value(&self, id: Id) -> &Value {
        &self.values[id.0 as usize]
    }

    /// Returns the parts of a tuple; nothing for other values.
    pub fn tuple(&self, id: Id) -> &[Id] {
        match self.value(id) {
            Value::Tuple(parts) => parts,
            _ => &[],
        }
    }

    /// Returns the items of a dictionary, or of an instance of a subclass of it; nothing for other
    /// values.
    pub fn items(&self, id: Id) -> &[(Id, Id)] {
        match self.value(id) {
            Value::Dict(items) => items,
            Value::Object(object) => &object.items,
            _ => &[],
        }
    }

    /// Returns the attributes of an object, or the items of a dictionary.
    pub fn attributes(&self, id: Id) -> &[(Id, Id)] {
        match self.value(id) {
            Value::Object(object) if object.items.is_empty() => {
                object.state.map_or(&[], |state| match *self.tuple(state) {
                    // Those of a class with `__slots__` follow the others.
                    [others, slots] if self.items(others).is_empty() => self.items(slots),
                    [others, _] => self.items(others),
                    _ => self.items(state),
                })
            }
            _ => self.items(id),
        }
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the `module.name` of a class or function.
    pub fn global(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Global(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the names of all objects that are stored outside the pickle.
    pub fn persistent(&self) -> impl Iterator<Item = Id> {
        self.values.iter().filter_map(|value| match value {
            &Value::Persistent(name) => Some(name),
            _ => None,
        })
    }

    /// Returns the value of the last item with this name.
    pub fn item(&self, items: &[(Id, Id)], name: &str) -> Option<Id> {
        let mut items = items.iter();
        let (_, value) = items.rfind(|(key, _)| self.text(*key) == Some(name))?;
        Some(*value)
    }

    pub fn integer(&self, id: Id) -> Option<i64> {
        match self.value(id) {
            &Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// Returns a non-negative integer.
    pub fn size(&self, id: Id) -> Option<usize> {
        self.integer(id)?.try_into().ok()
    }
}
