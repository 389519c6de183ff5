//! Transfer: alignment before and after a transform that was learned from another data set.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::inference::Comparison;
use crate::judgment::{Task, Trials};
use crate::metric::AlignmentMetric;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::metric::rsa::RepresentationalSimilarity;
use crate::rdm::{Rdm, RdmSet};
use crate::representation::Representation;
use crate::transform::LinearTransform;

/// A metric that can compare two representations on the same judgments, with the uncertainty of the
/// difference.
pub trait PairedMetric<J: ?Sized>: AlignmentMetric<J> {
    /// Computes the scores of two representations, each with its own metric, and the difference of
    /// the first minus the second. The difference is `None` if the first metric was not set to
    /// compute uncertainty.
    ///
    /// # Errors
    /// Returns an error if [`AlignmentMetric::score`] does.
    fn score_both(
        both: [(&Self, &Representation); 2],
        judgments: &J,
    ) -> Result<([Self::Score; 2], Option<Comparison>)>;
}

/// The difference of the accuracies has the standard error of the differences per
/// trial.
impl<T: Task> PairedMetric<Trials<T>> for ZeroShotOddOneOut {
    fn score_both(
        both: [(&Self, &Representation); 2],
        trials: &Trials<T>,
    ) -> Result<([Self::Score; 2], Option<Comparison>)> {
        let [first, second] = both.map(|(metric, features)| metric.outcomes(features, trials));
        let (first, second) = (first?, second?);
        let scores = [first.score(), second.score()];
        let credits = [first.credits(), second.credits()];
        let comparisons = Comparison::all_pairs(trials, &credits, scores[0].confidence)?;
        Ok((scores, comparisons.into_iter().next()))
    }
}

/// The difference has the uncertainty of the analytic variance or the bootstrap of the first
/// metric, if it has one, computed for both RDMs together. Only the dissimilarity of the second
/// metric is used; the comparison with the participants is that of the first.
impl PairedMetric<RdmSet> for RepresentationalSimilarity {
    fn score_both(
        both: [(&Self, &Representation); 2],
        people: &RdmSet,
    ) -> Result<([Self::Score; 2], Option<Comparison>)> {
        let [first, second] = both.map(|(metric, features)| -> Result<Rdm> {
            let judged = features.select(people.stimuli())?;
            metric.dissimilarity().rdm(&judged)
        });
        let mut evaluation = both[0].0.evaluate(&[&first?, &second?], people)?;
        let second = evaluation.scores.remove(1);
        let first = evaluation.scores.remove(0);
        Ok(([first, second], evaluation.comparisons.into_iter().next()))
    }
}

/// The scores of a representation before and after a transform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransferResult<S> {
    /// The score of the untransformed representation.
    pub before: S,
    /// The score of the transformed representation.
    pub after: S,
    /// The score after (index 0) minus the score before (index 1), with its interval; `None` if the
    /// metric was not set to compute uncertainty.
    pub difference: Option<Comparison>,
}

/// Scores a representation before and after a transform, on judgments from which the transform was
/// not learned: odd-one-out or anchored trials, or RDMs of participants.
///
/// The transform is taken as given, because it is independent of the judgments: intervals are for
/// the same transform with other objects and trials (or stimuli and participants). They do not
/// include the variation between transforms learned from different data.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::transform::{LinearTransform, Standardization};
/// use human_alignment::{Representation, SimilarityDataset, Stimuli, ZeroShotOddOneOut, transfer};
/// use ndarray::{Array2, array};
///
/// let features = Array2::from_shape_fn((10, 2), |(i, j)| ((i * (3 + 4 * j)) % 10) as f32 - 4.5);
/// let representation = Representation::new(Stimuli::numbered(10), features)?;
/// // The simulated observer uses only the first feature, and so does the transform.
/// let first = LinearTransform::new(Standardization::none(), array![[1.0], [0.0]])?;
/// let people = SimulatedObserver::new(first.apply(&representation)?)?.odd_one_out(500, 1)?;
///
/// let metric = ZeroShotOddOneOut::new(human_alignment::Similarity::Dot);
/// let transferred = transfer(&first, &representation, people.judgments(), &metric)?;
/// assert!(transferred.after.accuracy > transferred.before.accuracy);
/// assert!(transferred.difference.unwrap().difference.value > 0.0);
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns an error if [`LinearTransform::apply`] or the metric does.
pub fn transfer<J: ?Sized, M: PairedMetric<J>>(
    transform: &LinearTransform,
    representation: &Representation,
    judgments: &J,
    metric: &M,
) -> Result<TransferResult<M::Score>> {
    transfer_across(transform, representation, judgments, [metric; 2])
}

/// Scores like [`transfer`], with different metrics before and after the transform: for example,
/// cosine before and the dot product after, which the [probe](crate::Probe) optimizes.
///
/// # Errors
/// Returns an error if [`transfer`] does.
pub fn transfer_across<J: ?Sized, M: PairedMetric<J>>(
    transform: &LinearTransform,
    representation: &Representation,
    judgments: &J,
    [before, after]: [&M; 2],
) -> Result<TransferResult<M::Score>> {
    let transformed = transform.apply(representation)?;
    let both = [(after, &transformed), (before, representation)];
    let ([after, before], difference) = M::score_both(both, judgments)?;
    Ok(TransferResult {
        before,
        after,
        difference,
    })
}
