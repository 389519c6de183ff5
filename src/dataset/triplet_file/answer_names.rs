//! The names by which answers refer to keys, places and columns.

use crate::io::text::plain;

/// What the names of keys with digits begin with, in lower case without separators.
const KEYS: [&str; 3] = ["digit", "numpad", "num"];

/// Names of places and ordinal numbers, and the parts of names of columns that they refer to.
const PLACES: [(&str, &str); 10] = [
    ("l", "left"),
    ("m", "middle"),
    ("r", "right"),
    ("arrowleft", "left"),
    ("arrowright", "right"),
    ("leftarrow", "left"),
    ("rightarrow", "right"),
    ("first", "1"),
    ("second", "2"),
    ("third", "3"),
];

/// Returns the number of a key, as programs for experiments name it: `Digit1`, `num_1`.
pub(super) fn number_of_key(name: &str) -> Option<f64> {
    let name = plain(name);
    let number = KEYS.iter().find_map(|key| name.strip_prefix(key))?;
    let is_digit = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_digit.then(|| number.parse().ok()).flatten()
}

/// The names by which an answer can refer to the column of a candidate.
pub(super) struct ColumnNames {
    /// The name of the column.
    whole: Vec<char>,
    /// The numbers of characters at the beginning and at the end that all columns have in common.
    common: [usize; 2],
}

impl ColumnNames {
    pub(super) fn of(columns: &[String]) -> Vec<Self> {
        let names: Vec<Vec<char>> = columns
            .iter()
            .map(|name| plain(name).chars().collect())
            .collect();
        let shortest = names.iter().map(Vec::len).min().unwrap_or(0);
        let n_common = |of: &dyn Fn(&Vec<char>, usize) -> char, most: usize| {
            let is_common =
                |&at: &usize| names.iter().all(|name| of(name, at) == of(&names[0], at));
            (0..most).take_while(is_common).count()
        };
        let before = n_common(&|name, at| name[at], shortest);
        let after = n_common(&|name, at| name[name.len() - 1 - at], shortest - before);
        let common = [before, after];
        let names = names.into_iter();
        names.map(|whole| Self { whole, common }).collect()
    }

    /// Checks whether an answer is the name of the column, or a part of it in which it differs from
    /// the others, such as `left` of `left_image`, unless the part is a number, which may be a
    /// position.
    pub(super) fn is(&self, answer: &str) -> bool {
        let is_whole = answer.chars().eq(self.whole.iter().copied());
        let is_number = answer.bytes().all(|byte| byte.is_ascii_digit());
        if is_whole {
            return !answer.is_empty();
        }
        let place = PLACES.iter().find(|(place, _)| *place == answer);
        !is_number && self.differs_by(answer)
            || place.is_some_and(|(_, part)| self.differs_by(part))
    }

    /// Checks whether the name differs from the others in this part.
    fn differs_by(&self, part: &str) -> bool {
        let meant: Vec<char> = part.chars().collect();
        let [before, after] = self.common;
        let last = self.whole.len() - after;
        if before == last {
            return false;
        }
        // Names may have more letters in common than words, such as the t of left and right.
        let parts = (0..=before).flat_map(|begin| {
            let ends = last..=self.whole.len();
            ends.map(move |end| &self.whole[begin..end])
        });
        parts.into_iter().any(|part| meant == part)
    }
}
