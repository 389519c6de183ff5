//! The names and shapes of stored tensors.

use std::collections::BTreeMap;

/// A tensor in a file or in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::extract) struct StoredTensor {
    pub shape: Vec<usize>,
    pub is_float: bool,
    /// Number of the dictionary in which the tensor is stored.
    pub dictionary: usize,
    /// The place of the values, which a tensor shares with its copies under other names, if it is
    /// known.
    pub place: Option<String>,
}

/// Stored tensors by name. The names of nested dictionaries are joined with dots.
pub(in crate::extract) type Listing = BTreeMap<String, StoredTensor>;
