//! Orders of image files.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, Result};

/// The order of images, and therefore of the rows of their features.
///
/// File names are compared with their extensions, and folder by folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImageOrder {
    /// Natural order, in which runs of digits are compared as numbers: `a2`, `a10`.
    Natural,
    /// Order of the bytes of the file names, as in Python's `sorted`: `a10.png`, `a2.png`.
    Plain,
    /// The order in which the images were given.
    Given,
}

impl ImageOrder {
    /// Returns the default order of a folder: natural if all ids are whole numbers, otherwise
    /// plain.
    pub(super) fn of_ids<'i>(mut ids: impl Iterator<Item = &'i str>) -> Self {
        let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        match ids.all(is_number) {
            true => Self::Natural,
            false => Self::Plain,
        }
    }

    /// Compares two names.
    pub(crate) fn compare(self, left: &str, right: &str) -> Ordering {
        match self {
            Self::Given => Ordering::Equal,
            Self::Plain => left.split('/').cmp(right.split('/')),
            Self::Natural => {
                let (mut left_parts, mut right_parts) = (left.split('/'), right.split('/'));
                loop {
                    let (left_part, right_part) = (left_parts.next(), right_parts.next());
                    let (Some(left_part), Some(right_part)) = (left_part, right_part) else {
                        // Equal numbers can be written in several ways, such as 1 and 01.
                        return left_part.cmp(&right_part).then_with(|| left.cmp(right));
                    };
                    let order = natural(left_part.as_bytes(), right_part.as_bytes());
                    if order.is_ne() {
                        return order;
                    }
                }
            }
        }
    }
}

impl FromStr for ImageOrder {
    type Err = Error;

    /// Parses `natural` or `plain`.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` for any other text.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "natural" => Ok(Self::Natural),
            "plain" => Ok(Self::Plain),
            other => Err(Error::parameter(
                "the order of images",
                "natural or plain",
                other,
            )),
        }
    }
}

impl fmt::Display for ImageOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Natural => "natural",
            Self::Plain => "plain",
            Self::Given => "given",
        })
    }
}

/// Compares runs of digits as numbers, and everything else byte by byte.
fn natural(mut left: &[u8], mut right: &[u8]) -> Ordering {
    let n_digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    loop {
        let (n_left, n_right) = (n_digits(left), n_digits(right));
        if n_left == 0 || n_right == 0 {
            let (Some((left_byte, left_rest)), Some((right_byte, right_rest))) =
                (left.split_first(), right.split_first())
            else {
                return left.len().cmp(&right.len());
            };
            if left_byte != right_byte {
                return left_byte.cmp(right_byte);
            }
            (left, right) = (left_rest, right_rest);
            continue;
        }
        let (left_number, left_rest) = left.split_at(n_left);
        let (right_number, right_rest) = right.split_at(n_right);
        // Numbers can have more digits than any integer type. Without leading zeros, the longer of
        // two numbers is larger.
        let significant = |number: &[u8]| number.iter().take_while(|&&digit| digit == b'0').count();
        let left_number = &left_number[significant(left_number)..];
        let right_number = &right_number[significant(right_number)..];
        let order = left_number
            .len()
            .cmp(&right_number.len())
            .then_with(|| left_number.cmp(right_number));
        if order.is_ne() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'i>(order: ImageOrder, ids: &[&'i str]) -> Vec<&'i str> {
        let mut ids = ids.to_vec();
        ids.sort_by(|left, right| order.compare(left, right));
        ids
    }

    #[test]
    fn numbers_within_ids_count_in_natural_order() {
        let ids = [
            "a10b2", "a2", "a10b10", "a", "b1", "a-1", "a02", "10", "9", "a1",
        ];
        assert_eq!(
            sorted(ImageOrder::Natural, &ids),
            [
                "9", "10", "a", "a-1", "a1", "a02", "a2", "a10b2", "a10b10", "b1"
            ]
        );
        assert_eq!(
            sorted(ImageOrder::Plain, &ids),
            [
                "10", "9", "a", "a-1", "a02", "a1", "a10b10", "a10b2", "a2", "b1"
            ]
        );
        assert_eq!(sorted(ImageOrder::Given, &ids), ids);
        // More digits than any integer type has.
        let (small, large) = (
            format!("x1{}", "0".repeat(40)),
            format!("x2{}", "0".repeat(40)),
        );
        assert_eq!(
            sorted(ImageOrder::Natural, &[&large, "x9", &small]),
            ["x9", &small, &large]
        );
    }

    #[test]
    fn folders_are_compared_before_what_is_in_them() {
        let ids = ["a-1/x", "a/y10", "a/y9", "a10/x", "a9/x"];
        assert_eq!(
            sorted(ImageOrder::Plain, &ids),
            ["a/y10", "a/y9", "a-1/x", "a10/x", "a9/x"]
        );
        assert_eq!(
            sorted(ImageOrder::Natural, &ids),
            ["a/y9", "a/y10", "a-1/x", "a9/x", "a10/x"]
        );
    }

    #[test]
    fn only_whole_numbers_are_in_natural_order_by_themselves() {
        let of = |ids: &[&str]| ImageOrder::of_ids(ids.iter().copied());
        assert_eq!(of(&["1", "02", "10"]), ImageOrder::Natural);
        for ids in [&["1", "x"][..], &["1", "-2"], &["a/1", "a/2"]] {
            assert_eq!(of(ids), ImageOrder::Plain);
        }
    }
}
