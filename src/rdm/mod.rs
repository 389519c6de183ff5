//! Representational dissimilarity matrices: how unlike every two stimuli are, to a person or to a
//! representation.
//!
//! An [`Rdm`] holds each pair once: the strict upper triangle, row by row, which is what
//! `numpy.triu_indices(n, 1)` and `scipy.spatial.distance.squareform` take it for. [`RdmSet`] holds
//! one for each person (and session). [`Dissimilarity`] makes one of a representation, [`crossnobis`]
//! of repeated measurements, and [`InverseMds`] of what people arranged on a screen, part by part;
//! [`ClassicalMds`] makes a map of one.

mod arrangement;
mod classical_mds;
mod crossnobis;
mod dissimilarity;
pub(crate) mod error;
mod file;
mod inverse_mds;
mod order;
mod rounding;
mod scaling;
mod set;

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

pub use arrangement::Arrangement;
pub use classical_mds::ClassicalMds;
pub use crossnobis::crossnobis;
pub use dissimilarity::Dissimilarity;
pub use file::{RdmFile, Similarities};
pub use inverse_mds::{Evidence, InverseMds};
pub(crate) use order::{Ordered, centred_ranks, sort_order};
pub(crate) use rounding::{DistanceRounding, Rounding, UNIT_ROUNDOFF};
pub use scaling::Scaling;
pub(crate) use scaling::scale;
pub(crate) use set::MeanRounding;
pub use set::{Participant, RdmSet};

use crate::error::{ArgumentError, Error, PairProblem, RdmError, Result};
use crate::io::out_of_memory;
use crate::stimuli::Stimuli;

/// The dissimilarities of all pairs of stimuli: symmetric, and 0 of a stimulus with itself.
///
/// Each is finite, or missing: a pair that was not judged. Negative values are allowed, because
/// cross-validated distances and standard scores have them; what is undefined for them says so.
///
/// An RDM that was computed ([`Dissimilarity::rdm`], [`RdmSet::mean`], [`Rdm::scaled`]) knows how far rounding
/// may have moved its values, so that those which are equal but for rounding tie in ranks. Values that are
/// given are taken as they are.
///
/// ```
/// use human_alignment::{Rdm, Stimuli};
/// use ndarray::array;
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let square = array![[0.0, 0.3, 0.9], [0.3, 0.0, 0.8], [0.9, 0.8, 0.0]];
/// let rdm = Rdm::from_square(animals.clone(), square.view())?;
/// assert_eq!(rdm.values(), [0.3, 0.9, 0.8]);
/// assert_eq!(rdm.between(2, 0), Some(0.9));
///
/// // A pair that was not judged.
/// let rdm = Rdm::with_missing(animals, vec![0.3, f64::NAN, 0.8])?;
/// assert_eq!(rdm.between(2, 0), None);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rdm {
    stimuli: Stimuli,
    /// The strict upper triangle, row by row; NaN where a pair is missing.
    values: Vec<f64>,
    n_missing: usize,
    /// How far rounding may have moved the values.
    rounding: Rounding,
}

impl Rdm {
    /// How far a square matrix may be from symmetric, and its diagonal from 0, as a share of its
    /// largest element: what rounding to `f32` leaves.
    pub const TOLERANCE: f64 = 1e-6;

    /// An RDM without missing pairs, from its strict upper triangle, row by row.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where there are not n(n−1)/2 values, [`Error::TooFew`] for fewer
    /// than two stimuli, [`Error::InvalidPair`] naming the first pair that is NaN or infinite.
    pub fn new(stimuli: Stimuli, values: Vec<f64>) -> Result<Self> {
        let rdm = Self::with_missing(stimuli, values)?;
        rdm.require_complete()?;
        Ok(rdm)
    }

    /// An RDM from its strict upper triangle, row by row, in which NaN marks a pair that is missing.
    ///
    /// # Errors
    /// As for [`Rdm::new`], infinite values among them.
    pub fn with_missing(stimuli: Stimuli, values: Vec<f64>) -> Result<Self> {
        if stimuli.len() < 2 {
            return Err(ArgumentError::TooFew {
                what: "stimuli",
                needed: 2,
                found: stimuli.len(),
            }
            .into());
        }
        let expected = n_pairs(stimuli.len());
        if values.len() != expected {
            return Err(ArgumentError::LengthMismatch {
                what: "pairs of stimuli",
                expected,
                found: values.len(),
            }
            .into());
        }
        if let Some(pair) = values.iter().position(|value| value.is_infinite()) {
            let problem = PairProblem::NotFinite {
                value: values[pair],
            };
            return Err(pair_error(&stimuli, pair, problem));
        }
        let n_missing = values.iter().filter(|value| value.is_nan()).count();
        Ok(Self {
            stimuli,
            values,
            n_missing,
            rounding: Rounding::NONE,
        })
    }

    /// An RDM without missing pairs, from a square matrix. The upper triangle is what is kept.
    ///
    /// # Errors
    /// [`Error::Shape`] where the matrix is not n×n; [`Error::InvalidPair`] naming the first pair
    /// that is not finite, or whose two elements differ, or the first stimulus whose diagonal
    /// element is not 0, by more than [`Rdm::TOLERANCE`] of the largest element.
    pub fn from_square(stimuli: Stimuli, square: ArrayView2<'_, f64>) -> Result<Self> {
        let rdm = Self::from_square_with_missing(stimuli, square)?;
        rdm.require_complete()?;
        Ok(rdm)
    }

    /// An RDM from a square matrix in which NaN marks a pair that is missing; both elements of a
    /// pair have to. The diagonal may be NaN.
    ///
    /// # Errors
    /// As for [`Rdm::from_square`], infinite values among them.
    pub fn from_square_with_missing(stimuli: Stimuli, square: ArrayView2<'_, f64>) -> Result<Self> {
        let n = stimuli.len();
        if square.dim() != (n, n) {
            return Err(ArgumentError::Shape {
                what: "the dissimilarity matrix",
                expected: format!("{n}×{n}, one row and column a stimulus"),
                found: square.shape().iter().map(|&len| len as u64).collect(),
            }
            .into());
        }
        let finite = square.iter().filter(|value| value.is_finite());
        let largest = finite.fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let tolerance = Self::TOLERANCE * largest;
        let invalid = |first: usize, second: usize, problem| {
            Error::from(RdmError::InvalidPair {
                first: stimuli.ids()[first].clone(),
                second: stimuli.ids()[second].clone(),
                problem,
            })
        };
        let mut values = Vec::new();
        crate::io::reserve(&mut values, n_pairs(n), "the dissimilarities")?;
        for row in 0..n {
            let value = square[[row, row]];
            // A NaN on the diagonal says as little as a 0.
            if value.abs() > tolerance {
                let problem = PairProblem::Diagonal { value, tolerance };
                return Err(invalid(row, row, problem));
            }
            for column in row + 1..n {
                let (upper, lower) = (square[[row, column]], square[[column, row]]);
                if upper.is_infinite() || lower.is_infinite() {
                    let value = if upper.is_infinite() { upper } else { lower };
                    return Err(invalid(row, column, PairProblem::NotFinite { value }));
                }
                if upper.is_nan() != lower.is_nan() || (upper - lower).abs() > tolerance {
                    let problem = PairProblem::Asymmetric {
                        upper,
                        lower,
                        tolerance,
                    };
                    return Err(invalid(row, column, problem));
                }
                values.push(upper);
            }
        }
        Self::with_missing(stimuli, values)
    }

    /// The stimuli, in the order that pairs count them.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Number of stimuli.
    pub fn n_stimuli(&self) -> usize {
        self.stimuli.len()
    }

    /// Number of pairs, n(n−1)/2.
    pub fn n_pairs(&self) -> usize {
        self.values.len()
    }

    /// The strict upper triangle, row by row: the pairs (0,1), (0,2), …, (1,2), …. NaN where a pair
    /// is missing.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values, taken out.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// The dissimilarity of two stimuli, given by their positions; `None` where the pair is missing
    /// or a position is beyond the end. That of a stimulus with itself is 0.
    pub fn between(&self, first: usize, second: usize) -> Option<f64> {
        let n = self.n_stimuli();
        if first >= n || second >= n {
            return None;
        }
        if first == second {
            return Some(0.0);
        }
        let value = self.values[pair_index(n, first.min(second), first.max(second))];
        (!value.is_nan()).then_some(value)
    }

    /// Number of pairs that are missing.
    pub fn n_missing(&self) -> usize {
        self.n_missing
    }

    /// The square matrix, NaN where a pair is missing.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] where n² numbers can't be held.
    pub fn to_square(&self) -> Result<Array2<f64>> {
        let n = self.n_stimuli();
        let n_elements = n.saturating_mul(n);
        let mut elements = Vec::new();
        crate::io::reserve(&mut elements, n_elements, "the square matrix")?;
        elements.resize(n_elements, 0.0);
        let mut square = Array2::from_shape_vec((n, n), elements)
            .map_err(|_| out_of_memory::<f64>("the square matrix", n_elements as u64))?;
        for row in 0..n {
            for (column, &value) in (row + 1..n).zip(&self.values[row_range(n, row)]) {
                square[[row, column]] = value;
                square[[column, row]] = value;
            }
        }
        Ok(square)
    }

    /// Returns the same dissimilarities of other stimuli, in order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where there are more or fewer stimuli.
    pub fn with_stimuli(self, stimuli: Stimuli) -> Result<Self> {
        if stimuli.len() != self.n_stimuli() {
            return Err(ArgumentError::LengthMismatch {
                what: "stimuli of the dissimilarities",
                expected: self.n_stimuli(),
                found: stimuli.len(),
            }
            .into());
        }
        Ok(Self { stimuli, ..self })
    }

    /// The RDM of some of the stimuli, or of all in another order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] names those that are not here; [`Error::TooFew`] for fewer than two.
    pub fn select(&self, stimuli: &Stimuli) -> Result<Self> {
        if &self.stimuli == stimuli {
            return Ok(self.clone());
        }
        let positions = self.stimuli.positions_of(stimuli)?;
        let values = self.at(&positions);
        Ok(Self::with_missing(stimuli.clone(), values)?.with_rounding(self.rounding))
    }

    /// The dissimilarities of the stimuli at these positions, which differ.
    fn at(&self, positions: &[u32]) -> Vec<f64> {
        let n = self.n_stimuli();
        let mut values = Vec::with_capacity(n_pairs(positions.len()));
        for (rank, &first) in positions.iter().enumerate() {
            for &second in &positions[rank + 1..] {
                let (low, high) = (first.min(second) as usize, first.max(second) as usize);
                values.push(self.values[pair_index(n, low, high)]);
            }
        }
        values
    }

    /// Checks that no pair is missing.
    ///
    /// # Errors
    /// [`Error::InvalidPair`] names the first that is.
    pub fn require_complete(&self) -> Result<()> {
        match self.values.iter().position(|value| value.is_nan()) {
            None => Ok(()),
            Some(pair) => Err(pair_error(&self.stimuli, pair, PairProblem::Missing)),
        }
    }

    /// Checks that no dissimilarity is below 0.
    ///
    /// # Errors
    /// [`Error::InvalidPair`] names the first that is.
    pub fn require_non_negative(&self) -> Result<()> {
        match self.values.iter().position(|&value| value < 0.0) {
            None => Ok(()),
            Some(pair) => {
                let value = self.values[pair];
                let problem = PairProblem::Negative { value };
                Err(pair_error(&self.stimuli, pair, problem))
            }
        }
    }

    /// How far rounding may have moved the values.
    pub(crate) fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// The same values, which rounding may have moved so far.
    pub(crate) fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// An RDM of values that are known to be finite, one a pair, and how far rounding may have moved them.
    pub(crate) fn from_finite(stimuli: Stimuli, values: Vec<f64>, rounding: Rounding) -> Self {
        debug_assert_eq!(values.len(), n_pairs(stimuli.len()));
        debug_assert!(values.iter().all(|value| value.is_finite()));
        Self {
            stimuli,
            values,
            n_missing: 0,
            rounding,
        }
    }
}

/// Missing pairs are equal to missing pairs. What made the values doesn't count.
impl PartialEq for Rdm {
    fn eq(&self, other: &Self) -> bool {
        let same = |(left, right): (&f64, &f64)| left == right || left.is_nan() && right.is_nan();
        self.stimuli == other.stimuli && self.values.iter().zip(&other.values).all(same)
    }
}

/// Number of pairs of `n` stimuli.
pub(crate) fn n_pairs(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// Where the pair of `first` < `second` stands in the strict upper triangle of `n` stimuli.
#[inline(always)]
pub(crate) fn pair_index(n: usize, first: usize, second: usize) -> usize {
    first * (2 * n - first - 1) / 2 + second - first - 1
}

/// Where the pairs of `first` with all later ones stand.
pub(crate) fn row_range(n: usize, first: usize) -> Range<usize> {
    let start = first * (2 * n - first - 1) / 2;
    start..start + n - first - 1
}

/// The stimuli of a pair, from where it stands.
pub(crate) fn pair_at(n: usize, pair: usize) -> (usize, usize) {
    let mut first = 0;
    while row_range(n, first).end <= pair {
        first += 1;
    }
    (first, first + 1 + pair - row_range(n, first).start)
}

/// Number of stimuli that have so many pairs, if there is one.
pub(crate) fn n_stimuli_of(n_pairs: usize) -> Option<usize> {
    let n = (((8.0 * n_pairs as f64 + 1.0).sqrt() + 1.0) / 2.0).round() as usize;
    (n >= 2 && n.checked_mul(n - 1)? / 2 == n_pairs).then_some(n)
}

/// The error that names a pair.
pub(crate) fn pair_error(stimuli: &Stimuli, pair: usize, problem: PairProblem) -> Error {
    let (first, second) = pair_at(stimuli.len(), pair);
    Error::from(RdmError::InvalidPair {
        first: stimuli.ids()[first].clone(),
        second: stimuli.ids()[second].clone(),
        problem,
    })
}

#[cfg(test)]
mod tests;
