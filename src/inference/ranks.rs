//! Simultaneous confidence sets of ranks.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inference::equivalence::upper_tail;
use crate::inference::{Comparison, Confidence, Estimate, holm};

/// The ranks of several models, each with the set of ranks that are compatible with the judgments.
///
/// Rank 1 is the largest score. The sets contain the true ranks of *all* models with the given
/// confidence (Mogstad, Romano, Shaikh & Wilhelm 2024). They follow from the differences of all
/// pairs of models: for each ordered pair, the hypothesis that the first model is not better than
/// the second one is tested, with the family-wise error rate over all ordered pairs controlled by
/// the method of Holm (1979). With *b* models significantly better than a model and *w*
/// significantly worse, of *n* models, the ranks of the model are b + 1, …, n − w.
///
/// The sets are conservative: Holm's method ignores that differences of models on the same trials
/// are correlated. Sets of models that are equally good overlap.
///
/// ```
/// use human_alignment::inference::{Comparison, Confidence, Credit, Ranks};
/// use human_alignment::{OddOneOut, Stimuli};
///
/// // The first model is always correct, and the others in half of the trials.
/// let trials: Vec<[u32; 3]> = (0..60).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect();
/// let trials = OddOneOut::new(Stimuli::numbered(180), trials)?;
/// let first = [Credit::FULL; 60];
/// let second: Vec<Credit> = (0..60).map(|t| Credit::from(t % 2 == 0)).collect();
/// let third: Vec<Credit> = (0..60).map(|t| Credit::from(t % 2 == 1)).collect();
/// let confidence = Confidence::default();
/// let compared = Comparison::all_pairs(&trials, &[&first, &second, &third], confidence)?;
/// let ranks = Ranks::from_comparisons(3, &compared, confidence)?;
/// let sets: Vec<_> = ranks.models.iter().map(|model| (model.best, model.worst)).collect();
/// assert_eq!(sets, [(1, 1), (2, 3), (2, 3)]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ranks {
    /// The rank of each model, in the order of the input.
    pub models: Vec<Rank>,
    /// The probability with which all sets contain the true ranks.
    pub confidence: Confidence,
}

/// The rank of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rank {
    /// The rank of the estimated score: 1 plus the number of models with a larger score.
    pub rank: usize,
    /// The best compatible rank: 1 plus the number of models that are significantly better.
    pub best: usize,
    /// The worst compatible rank: the number of models minus the number of those that are
    /// significantly worse.
    pub worst: usize,
}

impl Ranks {
    /// Computes the ranks of `n` models from the comparisons of all pairs of models, such as those
    /// of [`Comparison::all_pairs`], in any order.
    ///
    /// # Errors
    /// The same as for [`Ranks::from_differences`].
    pub fn from_comparisons(
        n: usize,
        comparisons: &[Comparison],
        confidence: Confidence,
    ) -> Result<Self> {
        let differences: Vec<(usize, usize, Estimate)> = comparisons
            .iter()
            .map(|compared| (compared.first, compared.second, compared.difference))
            .collect();
        Self::from_differences(n, &differences, confidence)
    }

    /// Computes the ranks of `n` models from the differences of all pairs of models: the two
    /// indices, and the score of the first minus that of the second.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if an index is not less than `n`, a difference is
    /// not a number, or a pair is missing, given twice or a model with itself.
    pub fn from_differences(
        n: usize,
        differences: &[(usize, usize, Estimate)],
        confidence: Confidence,
    ) -> Result<Self> {
        check(n, differences)?;
        // Both directions of a pair are hypotheses, because either model can be the better one.
        let p_values: Vec<f64> = differences
            .iter()
            .flat_map(|(_, _, difference)| {
                let reversed = Estimate {
                    value: -difference.value,
                    ..*difference
                };
                [upper_tail(difference, 0.0), upper_tail(&reversed, 0.0)]
            })
            .collect();
        let level = 1.0 - confidence.level();
        let mut models = vec![
            Rank {
                rank: 1,
                best: 1,
                worst: n
            };
            n
        ];
        let adjusted = holm(&p_values);
        for (&(first, second, difference), adjusted) in differences.iter().zip(adjusted.chunks(2)) {
            let directions = [
                (first, second, difference.value, adjusted[0]),
                (second, first, -difference.value, adjusted[1]),
            ];
            for (better, worse, difference, p_value) in directions {
                models[worse].rank += usize::from(difference > 0.0);
                if p_value <= level {
                    models[worse].best += 1;
                    models[better].worst -= 1;
                }
            }
        }
        Ok(Self { models, confidence })
    }
}

/// Checks that there is one difference for each pair of models.
fn check(n: usize, differences: &[(usize, usize, Estimate)]) -> Result<()> {
    let mut pairs = std::collections::HashSet::new();
    for &(first, second, difference) in differences {
        let pair = (first.min(second), first.max(second));
        if first == second || pair.1 >= n || !pairs.insert(pair) {
            let expected = format!("different pairs of two of {n} models");
            let found = format_args!("{first} and {second}");
            return Err(Error::parameter("compared models", expected, found));
        }
        if difference.value.is_nan() {
            let expected = "a number";
            return Err(Error::parameter("difference", expected, difference.value));
        }
    }
    let n_pairs = n.saturating_mul(n.saturating_sub(1)) / 2;
    if pairs.len() < n_pairs {
        let expected = format!("all {n_pairs} pairs of {n} models");
        let found = format_args!("{} pairs", pairs.len());
        return Err(Error::parameter("compared models", expected, found));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};

    fn difference(value: f64, standard_error: Option<f64>) -> Estimate {
        Estimate {
            value,
            standard_error,
            degrees_of_freedom: 50.0,
        }
    }

    fn of(scores: &[f64], standard_error: Option<f64>) -> Ranks {
        let mut differences = Vec::new();
        for first in 0..scores.len() {
            for second in (0..first).rev() {
                let value = scores[first] - scores[second];
                differences.push((first, second, difference(value, standard_error)));
            }
        }
        Ranks::from_differences(scores.len(), &differences, Confidence::default()).unwrap()
    }

    fn sets(ranks: &Ranks) -> Vec<[usize; 3]> {
        let models = ranks.models.iter();
        models.map(|one| [one.rank, one.best, one.worst]).collect()
    }

    #[test]
    fn clear_differences_determine_ranks() {
        let found = of(&[0.5, 0.9, 0.1], Some(0.01));
        assert_eq!(sets(&found), [[2, 2, 2], [1, 1, 1], [3, 3, 3]]);
        let found = of(&[0.5, 0.9, 0.1], None);
        assert_eq!(sets(&found), [[2, 1, 3], [1, 1, 3], [3, 1, 3]]);
        // Equal scores share their rank, without any error as well.
        let found = of(&[0.5, 0.5, 0.1], Some(0.0));
        assert_eq!(sets(&found), [[1, 1, 2], [1, 1, 2], [3, 3, 3]]);
    }

    /// With three models there are six hypotheses. The thresholds of Holm's method are 0.05 / 6 and
    /// 0.05 / 5 for the first two; scipy.stats.t.isf([0.05 / 6, 0.05 / 5], 50) = 2.4769, 2.4033.
    #[test]
    fn the_family_is_all_ordered_pairs() {
        let compared = |first: f64, second: f64| {
            let differences = [
                (0, 1, difference(first, Some(1.0))),
                (0, 2, difference(second, Some(1.0))),
                (1, 2, difference(0.0, Some(1.0))),
            ];
            sets(&Ranks::from_differences(3, &differences, Confidence::default()).unwrap())
        };
        assert_eq!(compared(2.48, 2.41), [[1, 1, 1], [2, 2, 3], [2, 2, 3]]);
        assert_eq!(compared(2.48, 2.40), [[1, 1, 2], [2, 2, 3], [2, 1, 3]]);
        assert_eq!(compared(2.47, 2.41), [[1, 1, 3], [2, 1, 3], [2, 1, 3]]);
    }

    #[test]
    fn incomplete_pairs_are_refused() {
        let known = difference(0.1, Some(0.1));
        let refused = |n: usize, differences: &[(usize, usize, Estimate)]| {
            assert_refused!(
                Ranks::from_differences(n, differences, Confidence::default()),
                Argument(ArgumentError::InvalidParameter { .. })
            );
        };
        refused(2, &[]);
        refused(2, &[(0, 0, known)]);
        refused(2, &[(0, 2, known)]);
        refused(2, &[(0, 1, known), (1, 0, known)]);
        refused(2, &[(0, 1, difference(f64::NAN, None))]);
        assert_eq!(sets(&of(&[0.5], None)), [[1, 1, 1]]);
        assert!(of(&[], None).models.is_empty());
    }
}
