//! What a number may refer to among stimuli: a position, an id, or something else.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Set, Stimuli};
use crate::error::Result;
use crate::images::ImageOrder;
use crate::io::text::{are_different, counts};

/// What the numbers in a file can refer to.
pub(crate) enum Numbers {
    /// Positions of stimuli.
    Positions,
    /// Ids, of which at least half are numbers but not written as the positions: the position of each
    /// number.
    Ids(HashMap<u32, u32>),
    /// Positions, or other numbers of the stimuli, which this phrase describes.
    Unclear(String),
}

impl Stimuli {
    /// Returns what the numbers in a file can refer to.
    pub(crate) fn numbers(&self) -> Numbers {
        if !self.is_named() {
            return Numbers::Positions;
        }
        // Beside many numbers, a few names may be those of practice stimuli.
        let n_plain = (self.ids().iter().filter(|id| is_plain(id))).count();
        if 2 * n_plain >= self.len() {
            let ids = || (0..).zip(self.ids()).filter(|(_, id)| is_plain(id));
            let numbers: Option<HashMap<u32, u32>> = ids()
                .map(|(position, id)| Some((id.parse().ok()?, position)))
                .collect();
            let is_position = |(position, id): (u32, &String)| *id == position.to_string();
            let are_positions = || n_plain == self.len() && ids().all(is_position);
            if let Some(numbers) = numbers {
                // Leading zeros make ids of equal numbers.
                return match numbers.len() == n_plain && !are_positions() {
                    true => Numbers::Ids(numbers),
                    false => Numbers::Positions,
                };
            }
        }
        if let Some(column) = self.column_of_numbers() {
            return Numbers::Unclear(format!("the numbers in their column {column:?}"));
        }
        match count_in_another_order(self.ids()) {
            true => {
                let first = &self.ids()[0];
                Numbers::Unclear(format!("the numbers in their ids, such as {first:?}"))
            }
            false => Numbers::Positions,
        }
    }

    /// Creates stimuli from ids beside which a column of a table numbers them, differently from their
    /// positions.
    ///
    /// # Errors
    /// Returns an error if [`Stimuli::new`] does.
    pub(crate) fn numbered_by(ids: Vec<String>, column: &str) -> Result<Self> {
        Ok(Self::new(ids)?.with_numbered_by(Some(column.into())))
    }

    /// Keeps the column that numbers the stimuli of which these are a selection.
    pub(super) fn numbered_like(self, all: &Stimuli) -> Self {
        self.with_numbered_by(all.column_of_numbers().cloned())
    }

    fn with_numbered_by(mut self, column: Option<Arc<str>>) -> Self {
        // The set has just been created, and is not shared.
        if let Some(Set::Named { numbered_by, .. }) = Arc::get_mut(&mut self.set) {
            *numbered_by = column;
        }
        self
    }

    /// Returns the column that numbers the stimuli differently from their positions.
    pub(super) fn column_of_numbers(&self) -> Option<&Arc<str>> {
        match &*self.set {
            Set::Named { numbered_by, .. } => numbered_by.as_ref(),
            Set::Unnamed { .. } => None,
        }
    }

    /// Checks whether the ids are the numbers of all rows, from 0 or 1, in another order, or differ
    /// only by these; or were sorted as text, with numbers in another order, as `img1`, `img10` and `img2`.
    pub(crate) fn count_in_another_order(&self) -> bool {
        match &*self.set {
            Set::Named { ids, .. } => count_in_another_order(ids),
            Set::Unnamed { .. } => false,
        }
    }
}

/// Checks whether an id consists of digits.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whole numbers as ids if they are all different, and do not just count from 0 or 1.
pub(crate) fn different_numbers(values: &[f64]) -> Option<Vec<String>> {
    let is_whole = |value: &f64| value.fract() == 0.0 && *value >= 0.0;
    if !values.iter().all(is_whole) {
        return None;
    }
    let ids: Vec<String> = values.iter().map(f64::to_string).collect();
    (counts(&ids).is_none() && are_different(&ids)).then_some(ids)
}

/// Checks whether names are consecutive numbers from 0 or 1, not in order.
pub(super) fn number_in_another_order(names: &[String]) -> bool {
    names.iter().all(|name| is_plain(name)) && count_in_another_order(names)
}

/// Checks whether names are consecutive numbers from 0 or 1, or differ only by such numbers, which
/// are not in order; or whether they are sorted as text, but not by the numbers in them.
fn count_in_another_order(names: &[String]) -> bool {
    let is_sorted =
        |order: ImageOrder| names.is_sorted_by(|left, right| order.compare(left, right).is_lt());
    counted(names).is_some_and(|(_, positions)| !positions.is_sorted())
        || is_sorted(ImageOrder::Plain) && !is_sorted(ImageOrder::Natural)
}

/// Returns the first number and the position in `names` of each number, if the names are
/// consecutive numbers from 0 or 1 between a common prefix and a common suffix.
pub(crate) fn counted(names: &[String]) -> Option<(u32, Vec<usize>)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numbers_refer_to() {
        let numbers = |ids: &[&str]| Stimuli::new(ids.iter().copied()).unwrap().numbers();
        for ids in [
            &["0", "1", "2"][..],
            &["cat", "dog"],
            &["img1", "img2"],
            &["img7", "img3"],
            &["a2", "b1"],
            &["1", "01"],
            &["cat", "dog", "7"],
        ] {
            assert!(matches!(numbers(ids), Numbers::Positions), "{ids:?}");
        }
        for ids in [
            &["1", "2"][..],
            &["2", "0", "1"],
            &["17", "4"],
            &["00", "01"],
            &["7", "cat", "3"],
            &["practice", "1", "2"],
            &["0", "cat", "2"],
        ] {
            assert!(matches!(numbers(ids), Numbers::Ids(_)), "{ids:?}");
        }
        for ids in [
            &[
                "img1", "img10", "img2", "img3", "img4", "img5", "img6", "img7", "img8", "img9",
            ][..],
            &["a/02.png", "a/01.png"],
            // Sorted as text: of some numbers, from another one, in folders, and of several numbers.
            &["img12", "img2", "img20"],
            &["stim100", "stim98", "stim99"],
            &["face/1", "house/10", "house/9"],
            &["s1_i1", "s1_i10", "s1_i2", "s2_i1"],
        ] {
            assert!(matches!(numbers(ids), Numbers::Unclear(_)), "{ids:?}");
        }
        let cats = Stimuli::numbered_by(vec!["cat".into(), "dog".into()], "id").unwrap();
        assert!(matches!(cats.numbers(), Numbers::Unclear(_)));
        let swapped = cats.select(&[1, 0]).unwrap();
        assert!(matches!(swapped.numbers(), Numbers::Unclear(_)));
    }

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
