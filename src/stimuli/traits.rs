//! Iteration, comparison and formatting of stimuli.

use std::sync::Arc;

use super::{Set, Stimuli};

/// Iterates over the ids, in order.
impl<'a> IntoIterator for &'a Stimuli {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.ids().iter()
    }
}

impl AsRef<[String]> for Stimuli {
    fn as_ref(&self) -> &[String] {
        self.ids()
    }
}

/// Stimuli with ids are equal if their ids are equal and in the same order. Rows without ids are
/// equal if their total numbers of rows and their selected rows are equal. Stimuli with ids never
/// equal rows without ids.
impl PartialEq for Stimuli {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.set, &other.set) {
            return true;
        }
        match (&*self.set, &*other.set) {
            (Set::Named { ids, .. }, Set::Named { ids: others, .. }) => ids == others,
            (
                Set::Unnamed { n_rows, rows, .. },
                Set::Unnamed {
                    n_rows: n_others,
                    rows: others,
                    ..
                },
            ) => n_rows == n_others && rows == others,
            _ => false,
        }
    }
}

impl Eq for Stimuli {}

impl std::fmt::Debug for Stimuli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.is_named() {
            true => f.debug_list().entries(self.ids()).finish(),
            false => f.write_str(&self.describe()),
        }
    }
}
