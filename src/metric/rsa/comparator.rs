//! Measures of the similarity of two RDMs.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least};
use crate::metric::rsa::prepared::Prepared;
use crate::names::named;
use crate::rdm::{Rdm, Scaling};

/// A measure of the similarity of two RDMs, computed from their values *a*, *b* over *m* pairs of
/// *n* stimuli.
///
/// | name | value | range | undefined if |
/// |---|---|---|---|
/// | `Pearson` | correlation | \[−1, 1\] | one is constant |
/// | `Spearman` | correlation of ranks; ties have their mean rank | \[−1, 1\] | one is constant |
/// | `KendallTauA` | (concordant − discordant) / (m(m−1)/2) | \[−1, 1\] | |
/// | `KendallTauB` | (concordant − discordant) / √((pairs that differ in a)(pairs that differ in b)) | \[−1, 1\] | one is constant |
/// | `Cosine` | Σ aₖbₖ / (‖a‖‖b‖) | \[−1, 1\] | one is all 0 |
/// | `RhoA` | 12 Σ (rank aₖ − r̄)(rank bₖ − r̄) / (m³ − m): the expected Spearman correlation if ties are broken at random | \[−1, 1\] | |
/// | `WhitenedCosine` | aᵀV⁻¹b / √(aᵀV⁻¹a · bᵀV⁻¹b) | \[−1, 1\] | one is all 0 |
/// | `WhitenedPearson` | `WhitenedCosine` of a − ā, b − b̄ | \[−1, 1\] | one is constant |
///
/// V is the covariance of the dissimilarities of stimuli that are measured with independent noise
/// of equal variance (Diedrichsen, Berlot, Mur, Schütt, Shahbazi & Kriegeskorte 2021):
/// dissimilarities that share a stimulus are correlated, and whitening gives them less weight. The
/// m × m matrix V is never computed: V⁻¹ is proportional to the map from an RDM to the centred Gram
/// matrix of squared distances, and back, which takes O(m).
///
/// Values of an RDM tie if they are equal within rounding: in sorted order, a value ties with the
/// next one if their difference is at most the sum of the bounds on their rounding errors.
/// [`Dissimilarity`](crate::Dissimilarity) documents these bounds for RDMs of representations. For
/// the mean of RDMs of N participants the bound is (N + 2) u times the largest value, with u =
/// 2⁻⁵³, plus the bounds of the RDMs. Values read from files have a bound of 0 and tie if they are
/// equal. An RDM is constant if its smallest value ties with its largest, or differs from it by no
/// more than 16 units in the last place (of single precision if the values have it), whatever its
/// origin; it is all 0 if no value exceeds its bound.
///
/// A model that predicts ties (categories) has an advantage under Spearman and Kendall's τ-b; ρ-a
/// and τ-a compare it fairly with models without ties (Nili et al. 2014; Schütt et al. 2023).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Comparator {
    /// Pearson correlation.
    Pearson,
    /// Spearman rank correlation; the default.
    #[default]
    Spearman,
    /// Kendall's τ-a.
    KendallTauA,
    /// Kendall's τ-b.
    KendallTauB,
    /// Cosine of the angle between the two RDMs.
    Cosine,
    /// Expected Spearman correlation if ties are broken at random.
    RhoA,
    /// Pearson correlation after whitening.
    WhitenedPearson,
    /// Cosine after whitening.
    WhitenedCosine,
}

impl Comparator {
    /// Compares two RDMs over the same stimuli, in any order. Pairs that are missing in either RDM
    /// are ignored.
    ///
    /// # Errors
    /// - Returns `StimuliError::Missing` or `StimuliError::Unexpected` if the stimuli differ.
    /// - Returns `RdmError::Constant` if the value is undefined, wrapped in `Context::Rdm` that
    ///   says whether the first or the second RDM is the cause.
    /// - Returns `ArgumentError::TooFew` if the RDMs have fewer than two pairs in common.
    /// - Returns `RdmError::InvalidPair` if pairs are missing under a whitened comparator.
    pub fn compare(self, first: &Rdm, second: &Rdm) -> Result<f64> {
        second.stimuli().same_set_as(first.stimuli())?;
        let reordered;
        let second = match first.stimuli() == second.stimuli() {
            true => second,
            false => {
                reordered = second.select(first.stimuli())?;
                &reordered
            }
        };
        let name = |first: Result<Prepared>, second: Result<Prepared>| {
            let first = first.map_err(|error| error.in_rdm("the first of two"))?;
            let second = second.map_err(|error| error.in_rdm("the second of two"))?;
            Ok::<_, Error>(first.compare(&second))
        };
        if first.n_missing() == 0 && second.n_missing() == 0 {
            let n = first.n_stimuli();
            at_least("pairs that both RDMs have", 2, first.values().len())?;
            let (first, second) = rayon::join(
                || Prepared::new(self, n, first.values().to_vec(), first.rounding()),
                || Prepared::new(self, n, second.values().to_vec(), second.rounding()),
            );
            return name(first, second);
        }
        let [first_values, second_values] = self.common_pairs(first, second)?;
        name(
            Prepared::of_some_pairs(self, first_values, first.rounding()),
            Prepared::of_some_pairs(self, second_values, second.rounding()),
        )
    }

    /// Returns the values of the pairs that are present in both RDMs, which have the same stimuli.
    pub(super) fn common_pairs(self, first: &Rdm, second: &Rdm) -> Result<[Vec<f64>; 2]> {
        if self.needs_all_pairs() {
            first.require_complete()?;
            second.require_complete()?;
        }
        self.common_values(first.values(), second.values())
    }

    /// Returns the values of the pairs that are missing in neither list.
    pub(super) fn common_values(self, first: &[f64], second: &[f64]) -> Result<[Vec<f64>; 2]> {
        let pairs = first.iter().zip(second);
        let common = pairs.filter(|(first, second)| !first.is_nan() && !second.is_nan());
        let (first, second): (Vec<f64>, Vec<f64>) = common.unzip();
        at_least("pairs that both RDMs have", 2, first.len())?;
        Ok([first, second])
    }

    /// Checks whether the comparator is undefined if pairs are missing.
    pub(super) fn needs_all_pairs(self) -> bool {
        matches!(
            self,
            Comparator::WhitenedPearson | Comparator::WhitenedCosine
        )
    }

    /// Returns the scaling of RDMs before they are averaged to the RDM with the highest mean
    /// similarity to all of them: exact for Pearson, Spearman, ρ-a and cosine, approximate for the
    /// others.
    pub fn pooling(self) -> Scaling {
        match self {
            Comparator::Pearson | Comparator::WhitenedPearson => Scaling::StandardScore,
            Comparator::Cosine | Comparator::WhitenedCosine => Scaling::RootMeanSquare,
            Comparator::Spearman
            | Comparator::RhoA
            | Comparator::KendallTauA
            | Comparator::KendallTauB => Scaling::Rank,
        }
    }
}

named! {
    Comparator, "comparator":
    Pearson = "pearson",
    Spearman = "spearman",
    KendallTauA = "kendall-tau-a",
    KendallTauB = "kendall-tau-b",
    Cosine = "cosine",
    RhoA = "rho-a",
    WhitenedPearson = "whitened-pearson",
    WhitenedCosine = "whitened-cosine",
}
