//! Orders of names and pairs.

use std::collections::HashMap;

use crate::linalg::{n_pairs, pair_index};

/// Returns the indices that reorder the pairs of an upper triangle. `position` is the position of
/// each stimulus in the old order.
pub(super) fn pairs_in_order(position: &[usize]) -> Vec<usize> {
    let n = position.len();
    let mut order = Vec::with_capacity(n_pairs(n));
    for (rank, &first) in position.iter().enumerate() {
        for &second in &position[rank + 1..] {
            order.push(pair_index(n, first.min(second), first.max(second)));
        }
    }
    order
}

/// Names in the order of their first occurrence.
#[derive(Default)]
pub(super) struct Register {
    pub(super) names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Register {
    /// Returns the position of a name, which is added if it is new.
    pub(super) fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}
