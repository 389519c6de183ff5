//! Measures of the similarity between the features of two stimuli.
//!
//! A trial needs the similarities of two or three pairs of stimuli, and the same pairs occur in
//! many trials. Therefore the similarities of all pairs are computed once, as half of a matrix
//! product (a Gram matrix), and a trial takes three look-ups. If there are few trials, each pair is
//! computed directly.

mod direct;
mod gram;
mod judge;
mod pairs;
mod products;
mod rounding;
mod rows;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::names::named;
use crate::representation::Representation;
use crate::stimuli::Stimuli;

pub use crate::linalg::Precision;
use direct::Direct;
use gram::Gram;
pub(crate) use judge::{Judge, Screen, second_of};
pub(crate) use pairs::{AllPairs, PairRounding, for_all_pairs};
use rows::Rows;

/// A measure of the similarity of two rows of features; larger means more similar.
///
/// | name | of rows *x*, *y* | undefined for |
/// |---|---|---|
/// | `Dot` | Σ xₖyₖ | |
/// | `Cosine` | Σ xₖyₖ / (‖x‖‖y‖) | zero vectors |
/// | `Pearson` | cosine of x − mean(x), y − mean(y) | rows whose features are all equal |
/// | `NegativeEuclidean` | −‖x − y‖ | |
/// | `NegativeSquaredEuclidean` | −‖x − y‖² | |
///
/// If the similarity is undefined for a stimulus that a trial shows, an error names the stimulus.
///
/// Similarities tie if they are equal within rounding, so that ties depend neither on the order of
/// the features nor on their scale. Two pairs of stimuli tie if their similarities differ by no
/// more than the sum of the bounds on their rounding errors. The bounds are worst cases of the sums
/// by which the similarities are computed. With u = 2⁻⁵³, and c for the number of additions of a
/// sum over p features and of the few operations around it, at most p + p/8 + 30:
///
/// | name | bound of a pair |
/// |---|---|
/// | `Dot` | (c + 2r) u ‖x‖ ‖y‖ |
/// | `Cosine` | (c + 2r) u |
/// | `Pearson` | (c + r κ(x) + r κ(y)) u, κ(x) = 1 + √p·\|mean(x)\| / ‖x − mean(x)‖ |
/// | `NegativeEuclidean`, `NegativeSquaredEuclidean` | for the squared distance: c u ‖x − y‖² + 2 r u (‖x‖ + ‖y‖) ‖x − y‖, or at most 16 times as much |
///
/// *r* is 0 for `f32` features, which are treated as exact, and 1 for `f64` features, which may be
/// rounded decimals or multiples of integers: their own rounding errors are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// The dot product.
    Dot,
    /// Cosine of the angle between the rows.
    Cosine,
    /// Pearson correlation of the rows over features.
    Pearson,
    /// Minus the Euclidean distance.
    NegativeEuclidean,
    /// Minus the squared Euclidean distance.
    NegativeSquaredEuclidean,
}

named! {
    Similarity, "similarity":
    Dot = "dot",
    Cosine = "cosine",
    Pearson = "pearson",
    NegativeEuclidean = "negative-euclidean",
    NegativeSquaredEuclidean = "negative-squared-euclidean",
}

/// The method by which the similarities of pairs are computed, chosen by cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// All pairs of the distinct rows in one matrix product.
    Gram,
    /// Each pair of each trial directly.
    Direct,
}

impl Route {
    /// Number of pairs that a matrix product computes in the time of one directly computed pair:
    /// measured as 5 to 8 for 64 to 4,096 features.
    const GRAM_SPEEDUP: u64 = 6;

    /// Size limit of a Gram matrix, whatever the number of trials.
    const GRAM_BYTES: u64 = 8 << 30;

    fn cheapest(n_rows: usize, n_trials: u64, precision: Precision) -> Self {
        let n = n_rows as u64;
        let n_gram_pairs = n.saturating_mul(n + 1) / 2;
        let bytes = match precision {
            Precision::Single => 4,
            Precision::Double => 8,
        };
        if n_gram_pairs > n_trials.saturating_mul(3 * Self::GRAM_SPEEDUP)
            || n_gram_pairs.saturating_mul(bytes) > Self::GRAM_BYTES
        {
            Route::Direct
        } else {
            Route::Gram
        }
    }
}

/// Number of trials that are looked up together: few enough that their similarities stay in the
/// first-level cache.
pub(crate) const BLOCK: usize = 1024;

/// Similarities of the pairs (0,1), (0,2), (1,2) of up to [`BLOCK`] trials.
pub(crate) struct Block(pub [[f64; BLOCK]; 3]);

impl Block {
    pub(crate) fn new() -> Self {
        Self([[0.0; BLOCK]; 3])
    }
}

/// Pairs of the stimuli of a trial, in the order of [`Block`].
pub(crate) const PAIRS: [(usize, usize); 3] = [(0, 1), (0, 2), (1, 2)];

/// Similarities of pairs of stimuli, prepared for look-up by trials.
pub(crate) struct PairSimilarities<'a> {
    pairs: Pairs,
    unit: f64,
    judge: Judge<'a>,
}

enum Pairs {
    Single(Gram<f32>),
    Double(Gram<f64>),
    Direct,
}

impl<'a> PairSimilarities<'a> {
    /// Prepares the similarities of the `shown` stimuli, given as positions in `stimuli`, for about
    /// `n_trials` trials.
    pub(crate) fn new(
        representation: &'a Representation,
        stimuli: &Stimuli,
        shown: &[u32],
        similarity: Similarity,
        precision: Precision,
        n_trials: u64,
    ) -> Result<Self> {
        let rows = Rows::join(representation, stimuli, shown, similarity)?;
        let route = Route::cheapest(rows.len(), n_trials, precision);
        let (pairs, bounds) = match (route, precision) {
            (Route::Direct, _) => (Pairs::Direct, None),
            (Route::Gram, Precision::Single) => {
                let (gram, bounds) = Gram::new(&rows)?;
                (Pairs::Single(gram), Some(bounds))
            }
            (Route::Gram, Precision::Double) => {
                let (gram, bounds) = Gram::new(&rows)?;
                (Pairs::Double(gram), Some(bounds))
            }
        };
        let is_single = matches!(pairs, Pairs::Single(_));
        let direct = Direct::new(rows);
        let unit = direct.unit();
        let judge = Judge::new(direct, bounds, is_single);
        Ok(Self { pairs, unit, judge })
    }

    /// Returns the judge that determines the pairs of a trial with the largest similarity.
    pub(crate) fn judge(&self) -> &Judge<'a> {
        &self.judge
    }

    /// Returns the factor that converts a looked-up number to the similarity: a power of two by
    /// which features were scaled to keep products in range, or 1.
    pub(crate) fn unit(&self) -> f64 {
        self.unit
    }

    /// Looks up the first `n_pairs` pairs of up to [`BLOCK`] trials, in multiples of
    /// [`PairSimilarities::unit`].
    pub(crate) fn gather(&self, trials: &[[u32; 3]], n_pairs: usize, block: &mut Block) {
        let direct = self.judge.direct();
        match &self.pairs {
            Pairs::Single(gram) => gram.gather(direct.rows(), trials, n_pairs, block),
            Pairs::Double(gram) => gram.gather(direct.rows(), trials, n_pairs, block),
            Pairs::Direct => direct.gather(trials, n_pairs, block),
        }
    }
}

#[cfg(test)]
mod tests;
