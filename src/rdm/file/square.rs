//! Square matrices of one participant.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Similarities;
use crate::error::{RdmError, Result};
use crate::rdm::Rdm;

/// A triangle of a square matrix, without the diagonal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Triangle {
    Upper,
    Lower,
}

impl Triangle {
    pub(super) fn name(self) -> &'static str {
        match self {
            Triangle::Upper => "upper",
            Triangle::Lower => "lower",
        }
    }

    pub(super) fn copy_to_other(self, square: &mut ArrayViewMut2<'_, f64>) {
        for row in 0..square.nrows() {
            for column in row + 1..square.nrows() {
                match self {
                    Triangle::Upper => square[[column, row]] = square[[row, column]],
                    Triangle::Lower => square[[row, column]] = square[[column, row]],
                }
            }
        }
    }
}

/// Returns the filled triangle if the other one is all 0 or all missing.
pub(super) fn only_triangle(square: ArrayView2<'_, f64>) -> Option<Triangle> {
    let n = square.nrows();
    if square.ncols() != n {
        return None;
    }
    let pairs = || (0..n).flat_map(|row| (row + 1..n).map(move |column| (row, column)));
    let is_empty = |value: f64| value == 0.0 || value.is_nan();
    let is_blank = |value: f64| value == 0.0;
    let upper = |(row, column): (usize, usize)| square[[row, column]];
    let lower = |(row, column): (usize, usize)| square[[column, row]];
    let all = |of: &dyn Fn((usize, usize)) -> f64| {
        pairs().map(of).all(is_blank) || pairs().map(of).all(f64::is_nan)
    };
    if all(&lower) && !pairs().map(upper).all(is_empty) {
        return Some(Triangle::Upper);
    }
    (all(&upper) && !pairs().map(lower).all(is_empty)).then_some(Triangle::Lower)
}

/// Replaces both elements of a pair by their mean, or by the other element if one is missing.
pub(super) fn average_triangles(square: &mut ArrayViewMut2<'_, f64>) {
    let n = square.nrows().min(square.ncols());
    for row in 0..n {
        for column in row + 1..n {
            let (upper, lower) = (square[[row, column]], square[[column, row]]);
            let mean = match (upper.is_nan(), lower.is_nan()) {
                (true, _) => lower,
                (_, true) => upper,
                _ => 0.5 * upper + 0.5 * lower,
            };
            square[[row, column]] = mean;
            square[[column, row]] = mean;
        }
    }
}

/// Converts similarities into dissimilarities.
pub(super) fn convert(square: &mut ArrayViewMut2<'_, f64>, conversion: Similarities) {
    let diagonal = square.diag().to_vec();
    let pairs = square.indexed_iter();
    let between = pairs.filter(|((row, column), _)| row != column);
    let most = largest(between.map(|(_, value)| value));
    let of_itself = conversion.of_itself.unwrap_or_else(|| {
        let first = diagonal.first().copied().unwrap_or(0.0);
        // An empty diagonal has no information.
        let is_told = first >= most && diagonal.iter().all(|&value| value == first);
        if is_told { first } else { most }
    });
    square.mapv_inplace(|value| of_itself - value);
    square.diag_mut().fill(0.0);
}

/// Returns an error if a matrix looks like similarities: its diagonal is constant and no element is
/// larger, or it is larger in the mean.
pub(super) fn refuse_similarities(square: ArrayView2<'_, f64>) -> Result<()> {
    let (Some(&own), true) = (square.diag().first(), square.is_square()) else {
        return Ok(());
    };
    let tolerance = Rdm::TOLERANCE * own.abs();
    let is_constant = square
        .diag()
        .iter()
        .all(|value| (value - own).abs() <= tolerance);
    let most = largest(square.iter());
    let looks_like = |evidence: String| Err(RdmError::LooksLikeSimilarities { evidence }.into());
    if is_constant && most <= own + tolerance && square.iter().any(|&value| value != 0.0) {
        return looks_like(format!("the diagonal is {own}, and no element is larger"));
    }
    let [on, off] = [true, false].map(|is_own| {
        let elements = square.indexed_iter();
        let elements = elements
            .filter(|((row, column), value)| (row == column) == is_own && value.is_finite());
        elements.map(|(_, &value)| value).collect::<Vec<f64>>()
    });
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    // A diagonal of 0 is that of dissimilarities, whatever the others.
    let size = largest(
        off.iter()
            .map(|value| value.abs())
            .collect::<Vec<f64>>()
            .iter(),
    );
    let is_zero = on.iter().all(|value| value.abs() <= Rdm::TOLERANCE * size);
    if !is_zero && mean(&on) > mean(&off) {
        return looks_like(format!(
            "the mean of the diagonal is {:.3}, and that of all other elements {:.3}",
            mean(&on),
            mean(&off)
        ));
    }
    Ok(())
}

pub(super) fn largest<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    let largest = values.copied().filter(|value| !value.is_nan());
    largest.fold(f64::NEG_INFINITY, f64::max)
}

/// Sets a diagonal of judgments of stimuli with themselves to 0, and returns its largest element, if it is
/// small: none is negative, and none is larger than the smallest elements beside the diagonal, or a quarter
/// of their mean.
pub(super) fn clear_small_diagonal(square: &mut ArrayViewMut2<'_, f64>) -> Option<f64> {
    /// Part of the elements beside the diagonal that may be smaller than the largest one on it.
    const SMALLEST: f64 = 0.05;
    /// Largest size of the diagonal, relative to the mean of the other elements.
    const LARGEST: f64 = 0.25;

    let elements = square.indexed_iter();
    let off = elements.filter(|((row, column), value)| row != column && value.is_finite());
    let mut off: Vec<f64> = off.map(|(_, &value)| value).collect();
    off.sort_unstable_by(f64::total_cmp);
    let bound = *off.get((SMALLEST * off.len() as f64) as usize)?;
    let own = largest(square.diag().iter());
    let size = largest(off.iter());
    let mean = off.iter().sum::<f64>() / off.len() as f64;
    let is_small = own > Rdm::TOLERANCE * size && own <= bound && own <= LARGEST * mean;
    if !is_small || square.diag().iter().any(|&value| value < 0.0) {
        return None;
    }
    square.diag_mut().fill(0.0);
    Some(own)
}
