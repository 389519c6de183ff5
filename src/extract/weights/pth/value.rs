//! Values in a pickle.

/// The index of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    Object(Box<Object>),
    /// An object that is stored outside the pickle under this name.
    Persistent(Id),
    Float(f64),
    None,
    True,
    False,
    /// Bytes, unless they are many.
    Bytes(Box<[u8]>),
    /// Any value that is not needed, such as a set.
    Other,
}

/// The result of a call of a function or class, which is not executed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object {
    pub callable: Id,
    /// Tuple of the arguments.
    pub arguments: Id,
    /// Items that were set, as of an instance of a subclass of a dictionary.
    pub items: Vec<(Id, Id)>,
    /// State that the object was built with: its attributes.
    pub state: Option<Id>,
}
