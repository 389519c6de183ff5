//! Values in a pickle.

/// The index of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub u32);

/// A value. Its parts are other values of the same pickle.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Integer(i64),
    Text(Box<str>),
    /// A class or function, as `module.name`.
    Global(Box<str>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// The result of a call of a function or class with a tuple of arguments.
    Call {
        callable: Id,
        arguments: Id,
    },
    /// An object with its state.
    Built {
        object: Id,
        state: Id,
    },
    /// An object that is stored outside the pickle under this name.
    Persistent(Id),
    /// Any value not needed for tensors: a float, a bool, a set or None.
    Other,
}
