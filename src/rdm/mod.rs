//! Representational dissimilarity matrices (RDMs): the dissimilarity of every pair of stimuli,
//! according to a participant or to a representation.
//!
//! An [`Rdm`] stores each pair once, as the strict upper triangle row by row (the order of
//! `numpy.triu_indices(n, 1)` and `scipy.spatial.distance.squareform`). An [`RdmSet`] holds one RDM
//! for each participant (and session).
//!
//! To create an RDM, use [`Dissimilarity`] for a representation, [`Rdm::crossnobis`] for repeated
//! measurements, [`InverseMds`] for partial arrangements of stimuli on a screen, and [`RdmFile`]
//! for a file. [`ClassicalMds`] embeds the stimuli of an RDM in a few dimensions.

mod arrangement;
mod classical_mds;
mod crossnobis;
mod dissimilarity;
pub(crate) mod error;
mod file;
mod inverse_mds;
mod order;
mod participant;
mod rounding;
mod scaling;
mod set;

use ndarray::{Array2, ArrayView2};

pub use arrangement::Arrangement;
pub use classical_mds::ClassicalMds;
pub use dissimilarity::Dissimilarity;
pub use file::{RdmFile, Similarities};
pub use inverse_mds::{Evidence, InverseMds};
pub(crate) use order::{Ordered, centred_ranks, sort_order};
pub use participant::Participant;
pub(crate) use rounding::Rounding;
pub use scaling::Scaling;
pub(crate) use scaling::scale;
pub(crate) use set::MeanRounding;
pub use set::RdmSet;

use crate::error::{Error, PairProblem, RdmError, Result, at_least, same_length, wrong_shape};
use crate::linalg::{n_pairs, out_of_memory, pair_at, pair_index, row_range};
use crate::stimuli::Stimuli;

/// A representational dissimilarity matrix (RDM): the dissimilarities of all pairs of stimuli.
///
/// The matrix is symmetric with a diagonal of 0. Each dissimilarity is finite or missing (not
/// judged). Negative values are allowed, because cross-validated distances and standard scores can
/// be negative; functions that are undefined for negative values return an error.
///
/// A computed RDM ([`Dissimilarity::rdm`], [`RdmSet::mean`], [`Rdm::scaled`]) stores a bound on the
/// rounding errors of its values, so that values that are equal within rounding tie in ranks.
/// Values given by the caller or read from a file are treated as exact, so that a copy of computed
/// values loses these ties.
///
/// ```
/// use human_alignment::{Rdm, Stimuli};
/// use ndarray::array;
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let square = array![[0.0, 0.3, 0.9], [0.3, 0.0, 0.8], [0.9, 0.8, 0.0]];
/// let rdm = Rdm::from_square(animals.clone(), &square)?;
/// assert_eq!(rdm.values(), [0.3, 0.9, 0.8]);
/// assert_eq!(rdm.between(2, 0), Some(0.9));
///
/// // A pair that was not judged is missing.
/// let rdm = Rdm::with_missing(animals, vec![0.3, f64::NAN, 0.8])?;
/// assert_eq!(rdm.between(2, 0), None);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rdm {
    stimuli: Stimuli,
    /// The strict upper triangle, row by row; NaN for a missing pair.
    values: Vec<f64>,
    n_missing: usize,
    /// Bound on the rounding errors of the values.
    rounding: Rounding,
}

impl Rdm {
    /// Tolerance for the asymmetry of a square matrix and for its diagonal, relative to the largest
    /// element; it allows for rounding to `f32`.
    pub const TOLERANCE: f64 = 1e-6;

    /// Creates an RDM without missing pairs from its strict upper triangle, row by row.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of values is not n(n−1)/2,
    /// `ArgumentError::TooFew` for fewer than two stimuli, and [`RdmError::InvalidPair`] naming the
    /// first pair whose value is NaN or infinite.
    pub fn new(stimuli: Stimuli, values: Vec<f64>) -> Result<Self> {
        let rdm = Self::with_missing(stimuli, values)?;
        rdm.require_complete()?;
        Ok(rdm)
    }

    /// Creates an RDM from its strict upper triangle, row by row, where NaN marks a missing pair.
    ///
    /// # Errors
    /// The same as for [`Rdm::new`], except that NaN is allowed.
    pub fn with_missing(stimuli: Stimuli, values: Vec<f64>) -> Result<Self> {
        at_least("stimuli", 2, stimuli.len())?;
        let expected = n_pairs(stimuli.len());
        same_length("pairs of stimuli", expected, values.len())?;
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

    /// Creates an RDM without missing pairs from a square matrix, a view or a reference to an array,
    /// of which the upper triangle is kept.
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if the matrix is not n×n. Returns [`RdmError::InvalidPair`]
    /// naming the first pair that is not finite or whose two elements differ by more than
    /// [`Rdm::TOLERANCE`] times the largest element, or the first stimulus whose diagonal element
    /// differs that much from 0.
    pub fn from_square<'a>(
        stimuli: Stimuli,
        square: impl Into<ArrayView2<'a, f64>>,
    ) -> Result<Self> {
        let rdm = Self::from_square_with_missing(stimuli, square)?;
        rdm.require_complete()?;
        Ok(rdm)
    }

    /// Creates an RDM from a square matrix where NaN marks a missing pair.
    ///
    /// Both elements of a missing pair must be NaN. Elements of the diagonal may be NaN.
    ///
    /// # Errors
    /// The same as for [`Rdm::from_square`], except that NaN is allowed.
    pub fn from_square_with_missing<'a>(
        stimuli: Stimuli,
        square: impl Into<ArrayView2<'a, f64>>,
    ) -> Result<Self> {
        let square = square.into();
        let n = stimuli.len();
        if square.dim() != (n, n) {
            return Err(wrong_shape(
                "the dissimilarity matrix",
                format!("{n}×{n}, one row and column per stimulus"),
                square.shape(),
            ));
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
        crate::linalg::reserve(&mut values, n_pairs(n), "the dissimilarities")?;
        for row in 0..n {
            let value = square[[row, row]];
            // A NaN on the diagonal is treated as 0.
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

    /// Returns the stimuli, in the order of rows and columns.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the number of stimuli.
    pub fn n_stimuli(&self) -> usize {
        self.stimuli.len()
    }

    /// Returns the number of pairs, n(n−1)/2, including missing pairs.
    pub fn n_pairs(&self) -> usize {
        self.values.len()
    }

    /// Returns the strict upper triangle, row by row: pairs (0,1), (0,2), …, (1,2), …. A missing
    /// pair is NaN.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Converts the RDM into its strict upper triangle, as returned by [`Rdm::values`].
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// Returns the dissimilarity of two stimuli, given by their 0-based positions.
    ///
    /// Returns `None` if the pair is missing or a position is out of range, and 0 if both positions
    /// are the same.
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

    /// Returns the number of missing pairs.
    pub fn n_missing(&self) -> usize {
        self.n_missing
    }

    /// Returns the square matrix, with NaN for a missing pair.
    ///
    /// # Errors
    /// Returns `ComputationError::OutOfMemory` if n² numbers cannot be allocated.
    pub fn to_square(&self) -> Result<Array2<f64>> {
        let n = self.n_stimuli();
        let n_elements = n.saturating_mul(n);
        let mut elements = Vec::new();
        crate::linalg::reserve(&mut elements, n_elements, "the square matrix")?;
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

    /// Replaces the stimuli, in order, and keeps the dissimilarities.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of stimuli differs.
    pub fn with_stimuli(self, stimuli: Stimuli) -> Result<Self> {
        same_length(
            "stimuli of the dissimilarities",
            self.n_stimuli(),
            stimuli.len(),
        )?;
        Ok(Self { stimuli, ..self })
    }

    /// Returns the RDM of the given stimuli, in the given order.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` naming the stimuli that the RDM does not have, and
    /// `ArgumentError::TooFew` for fewer than two stimuli.
    pub fn select(&self, stimuli: &Stimuli) -> Result<Self> {
        if &self.stimuli == stimuli {
            return Ok(self.clone());
        }
        let positions = self.stimuli.positions_of(stimuli)?;
        let values = self.at(&positions);
        Ok(Self::with_missing(stimuli.clone(), values)?.with_rounding(self.rounding))
    }

    /// Returns the upper triangle of the stimuli at the given positions, which must be distinct.
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
    /// Returns [`RdmError::InvalidPair`] naming the first missing pair.
    pub fn require_complete(&self) -> Result<()> {
        match self.values.iter().position(|value| value.is_nan()) {
            None => Ok(()),
            Some(pair) => Err(pair_error(&self.stimuli, pair, PairProblem::Missing)),
        }
    }

    /// Checks that no dissimilarity is negative.
    ///
    /// # Errors
    /// Returns [`RdmError::InvalidPair`] naming the first negative pair.
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

    /// Returns the bound on the rounding errors of the values.
    pub(crate) fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// Sets the bound on the rounding errors of the values.
    pub(crate) fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// Creates an RDM from finite values, one per pair, with a bound on their rounding errors.
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

/// Missing pairs are equal to each other. The bound on rounding errors is not compared.
impl PartialEq for Rdm {
    fn eq(&self, other: &Self) -> bool {
        let same = |(left, right): (&f64, &f64)| left == right || left.is_nan() && right.is_nan();
        self.stimuli == other.stimuli && self.values.iter().zip(&other.values).all(same)
    }
}

/// Creates the error that names a pair.
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
