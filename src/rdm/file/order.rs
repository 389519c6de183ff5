//! Orders of names: of their first occurrence, and of the numbers in them.

use std::collections::HashMap;

use crate::linalg::{n_pairs, pair_index};

/// Returns the first number and the position in `names` of each number, if the names are
/// consecutive numbers from 0 or 1 between a common prefix and a common suffix.
pub(super) fn counted(names: &[String]) -> Option<(u32, Vec<usize>)> {
    let first = names.first()?;
    let is_digit = |c: char| c.is_ascii_digit();
    // Each run of digits in the first name may be the number.
    let starts = first.match_indices(is_digit).map(|(start, _)| start);
    let starts = starts.filter(|&start| !first[..start].ends_with(is_digit));
    starts.into_iter().find_map(|start| {
        let (prefix, rest) = first.split_at(start);
        let suffix = rest.trim_start_matches(is_digit);
        let number = |(name, position): (&String, usize)| {
            let digits = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
            let number = digits
                .chars()
                .all(is_digit)
                .then(|| digits.parse::<u32>().ok())??;
            Some((number, position))
        };
        let numbers: Option<Vec<(u32, usize)>> = names.iter().zip(0..).map(number).collect();
        let mut numbers = numbers?;
        numbers.sort_unstable();
        let lowest = numbers[0].0;
        let is_next = |(&(number, _), expected): (&(u32, usize), u32)| number == expected;
        let counts = lowest <= 1 && numbers.iter().zip(lowest..).all(is_next);
        counts.then(|| {
            (
                lowest,
                numbers.into_iter().map(|(_, position)| position).collect(),
            )
        })
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_count_are_told_from_others() {
        let counted = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
            counted(&names)
        };
        assert_eq!(counted(&["2", "0", "1"]), Some((0, vec![1, 2, 0])));
        assert_eq!(counted(&["i3/10.png", "i3/11.png"]), None);
        assert_eq!(
            counted(&["imgs1/03.jpg", "imgs1/01.jpg", "imgs1/02.jpg"]),
            Some((1, vec![1, 2, 0]))
        );
        assert_eq!(counted(&["cat", "dog"]), None);
        assert_eq!(counted(&["a1", "b2"]), None);
    }
}
