//! How alike two RDMs are.

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, Result};
use crate::metric::rsa::prepared::Prepared;
use crate::names::named;
use crate::rdm::{Rdm, Scaling};

/// How alike two RDMs are: what is computed from their values *a*, *b* over *m* pairs of *n* stimuli.
///
/// | name | value | range | undefined where |
/// |---|---|---|---|
/// | `Pearson` | correlation | \[−1, 1\] | one doesn't vary |
/// | `Spearman` | correlation of ranks, values that tie sharing the mean of theirs | \[−1, 1\] | one doesn't vary |
/// | `KendallTauA` | (concordant − discordant) / (m(m−1)/2) | \[−1, 1\] | |
/// | `KendallTauB` | the same over √((pairs that differ in a)(pairs that differ in b)) | \[−1, 1\] | one doesn't vary |
/// | `Cosine` | Σ aₖbₖ / (‖a‖‖b‖) | \[−1, 1\] | one is all 0 |
/// | `RhoA` | 12 Σ (rank aₖ − r̄)(rank bₖ − r̄) / (m³ − m): the Spearman correlation to be expected if ties were broken at random | \[−1, 1\] | |
/// | `WhitenedCosine` | aᵀV⁻¹b / √(aᵀV⁻¹a · bᵀV⁻¹b) | \[−1, 1\] | one is all 0 |
/// | `WhitenedPearson` | the same of a − ā, b − b̄ | \[−1, 1\] | one doesn't vary |
///
/// V is the covariance of the dissimilarities of stimuli that are measured with independent noise of
/// equal variance (Diedrichsen, Berlot, Mur, Schütt, Shahbazi & Kriegeskorte 2021): dissimilarities
/// that share a stimulus are correlated, and whitening counts them for less. V, which is m×m, is never
/// made: V⁻¹ is proportional to the map from an RDM to the centred Gram matrix that squared distances
/// come from, and back, in O(m).
///
/// Values of an RDM tie where they are equal within rounding: sorted, a value ties with the next where their
/// difference is at most the sum of the bounds on their rounding errors. [`Dissimilarity`](crate::Dissimilarity)
/// says what these are for RDMs of representations; for the mean of RDMs of N people the bound is (N + 2) u
/// times the largest value, with u = 2⁻⁵³, beside what each RDM brings along. Values of files have none, and tie
/// where they are the same number. An RDM doesn't vary where its smallest value ties with its largest, or differs
/// from it by no more than 16 units in the last place (of single precision where the values are), wherever they come
/// from; it is all 0 where no value exceeds its bound.
///
/// A model that predicts ties (categories) is at an advantage under Spearman and Kendall's τ-b; ρ-a
/// and τ-a compare it fairly with models that don't (Nili et al. 2014; Schütt et al. 2023).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparator {
    /// Pearson correlation.
    Pearson,
    /// Spearman rank correlation.
    #[default]
    Spearman,
    /// Kendall's τ-a.
    KendallTauA,
    /// Kendall's τ-b.
    KendallTauB,
    /// The cosine of the angle between the two.
    Cosine,
    /// Spearman's correlation as expected under random breaking of ties.
    RhoA,
    /// Pearson correlation after whitening.
    WhitenedPearson,
    /// Cosine after whitening.
    WhitenedCosine,
}

impl Comparator {
    /// All of them.
    pub const ALL: [Comparator; 8] = [
        Comparator::Pearson,
        Comparator::Spearman,
        Comparator::KendallTauA,
        Comparator::KendallTauB,
        Comparator::Cosine,
        Comparator::RhoA,
        Comparator::WhitenedPearson,
        Comparator::WhitenedCosine,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Comparator::Pearson => "pearson",
            Comparator::Spearman => "spearman",
            Comparator::KendallTauA => "kendall-tau-a",
            Comparator::KendallTauB => "kendall-tau-b",
            Comparator::Cosine => "cosine",
            Comparator::RhoA => "rho-a",
            Comparator::WhitenedPearson => "whitened-pearson",
            Comparator::WhitenedCosine => "whitened-cosine",
        }
    }

    /// Compares two RDMs over the same stimuli, in whatever order.
    ///
    /// Pairs that are missing in either count for nothing.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the stimuli differ;
    /// [`Error::ConstantRdm`] where the value is undefined, within [`Error::InRdm`] that says whether
    /// of the first or the second; [`Error::TooFew`] for fewer than two pairs that both have;
    /// [`Error::InvalidPair`] for missing pairs under a whitened comparator, which needs all.
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

    /// The values of the pairs that two RDMs over the same stimuli both have.
    pub(super) fn common_pairs(self, first: &Rdm, second: &Rdm) -> Result<[Vec<f64>; 2]> {
        if self.needs_all_pairs() {
            first.require_complete()?;
            second.require_complete()?;
        }
        self.common_values(first.values(), second.values())
    }

    /// Of values of the same pairs, those that are missing in neither.
    pub(super) fn common_values(self, first: &[f64], second: &[f64]) -> Result<[Vec<f64>; 2]> {
        let pairs = first.iter().zip(second);
        let common = pairs.filter(|(first, second)| !first.is_nan() && !second.is_nan());
        let (first, second): (Vec<f64>, Vec<f64>) = common.unzip();
        match first.len() {
            0 | 1 => Err(ArgumentError::TooFew {
                what: "pairs that both RDMs have",
                needed: 2,
                found: first.len(),
            }
            .into()),
            _ => Ok([first, second]),
        }
    }

    /// Whether it is undefined where pairs are missing.
    pub(super) fn needs_all_pairs(self) -> bool {
        matches!(
            self,
            Comparator::WhitenedPearson | Comparator::WhitenedCosine
        )
    }

    /// How RDMs are scaled before they are averaged to the one that is nearest to all of them by this
    /// comparator: exactly so for Pearson, Spearman, ρ-a and cosine, about so for the others.
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

named!(
    Comparator,
    "comparator",
    "pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a, whitened-pearson or \
     whitened-cosine"
);
