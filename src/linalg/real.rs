//! Numbers in single or double precision.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::names::named;

/// `f32` or `f64`.
pub(crate) trait Real:
    faer::traits::ComplexField + Copy + PartialEq + Send + Sync + Into<f64>
{
    const ZERO: Self;
    const ONE: Self;
    const IS_DOUBLE: bool;
    /// Largest relative rounding error of one operation.
    const UNIT_ROUNDOFF: f64;
    /// Number of features that are multiplied at a time, which bounds the memory of a task and the
    /// rounding error of a product.
    const DEPTH: usize;

    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const IS_DOUBLE: bool = false;
    const UNIT_ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
    // As fast as larger values (measured at 768 and 4,096 features), with smaller rounding errors,
    // so that fewer trials need a full comparison.
    const DEPTH: usize = 128;

    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const IS_DOUBLE: bool = true;
    const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;
    const DEPTH: usize = 1024;

    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }
}

/// The precision in which the similarities of all pairs are computed and stored.
///
/// Features are read in their own precision, and shifted and scaled in `f64` before any rounding to
/// this precision; sums over trials are `f64`. If there are few trials, each pair is computed
/// directly, always in double precision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// `f32`: half the time and memory. Choices are the same as in double precision: if the largest
    /// similarities of a trial are too close for `f32`, they are recomputed in double precision.
    /// Probabilities have the precision of `f32`.
    Single,
    /// `f64`; the default. Agrees with a reference in double precision.
    #[default]
    Double,
}

named! {
    Precision, "precision":
    Single = "single",
    Double = "double",
}

/// A slice of features of either type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Values<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

/// Evaluates an expression with the slice of [`Values`], compiled for each of the two types.
macro_rules! with_values {
    ($values:expr, $slice:ident => $result:expr) => {
        match $values {
            $crate::linalg::Values::Single($slice) => $result,
            $crate::linalg::Values::Double($slice) => $result,
        }
    };
}
pub(crate) use with_values;

impl<'a> Values<'a> {
    /// Returns the elements in a range.
    pub fn slice(self, range: Range<usize>) -> Self {
        match self {
            Values::Single(values) => Values::Single(&values[range]),
            Values::Double(values) => Values::Double(&values[range]),
        }
    }
}
