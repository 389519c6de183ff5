//! Does what was learned from one data set help with another?

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::inference::{Comparison, compare};
use crate::judgment::{Task, Trials};
use crate::metric::AlignmentMetric;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::metric::rsa::RepresentationalSimilarity;
use crate::rdm::{Rdm, RdmSet};
use crate::representation::Representation;
use crate::transform::LinearTransform;

/// A metric that tells how much better one representation does than another on the same judgments, with
/// the uncertainty of the difference.
pub trait PairedMetric<J: ?Sized>: AlignmentMetric<J> {
    /// The scores of two representations, each by the metric in front of it, and the first less the
    /// second; `None` where the first metric was not asked for uncertainty.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
    fn score_both(
        both: [(&Self, &Representation); 2],
        judgments: &J,
    ) -> Result<([Self::Score; 2], Option<Comparison>)>;
}

/// The difference of the accuracies has the object-level standard error of the trial-by-trial
/// differences.
impl<T: Task> PairedMetric<Trials<T>> for ZeroShotOddOneOut {
    fn score_both(
        both: [(&Self, &Representation); 2],
        trials: &Trials<T>,
    ) -> Result<([Self::Score; 2], Option<Comparison>)> {
        let [first, second] = both.map(|(metric, features)| metric.outcomes(features, trials));
        let (first, second) = (first?, second?);
        let scores = [first.score(), second.score()];
        let credits = [first.credits(), second.credits()];
        let comparisons = compare(trials, &credits, scores[0].confidence)?;
        Ok((scores, comparisons.into_iter().next()))
    }
}

/// The difference is that of the same replicates of the bootstrap, where the metric has one. Of the
/// second metric only the dissimilarity counts: there is one way to compare with people.
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

/// A representation before and after a transform that was learned elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transferred<S> {
    /// The score of the representation as it is.
    pub before: S,
    /// The score of the transformed representation.
    pub after: S,
    /// The score after (0) less the score before (1), with its interval; `None` where the metric was not
    /// asked for uncertainty.
    pub difference: Option<Comparison>,
}

/// Scores a representation before and after a transform on judgments that the transform was not learned
/// from: odd-one-out or anchored trials, or RDMs of people.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::transform::{LinearTransform, Standardization};
/// use human_alignment::{Representation, SimilarityDataset, Stimuli, ZeroShotOddOneOut, transfer};
/// use ndarray::{Array2, array};
///
/// let features = Array2::from_shape_fn((10, 2), |(i, j)| ((i * (3 + 4 * j)) % 10) as f32 - 4.5);
/// let representation = Representation::new(Stimuli::numbered(10), features)?;
/// // People see the first feature only, and so does the transform.
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
/// As for [`LinearTransform::apply`] and the metric.
pub fn transfer<J: ?Sized, M: PairedMetric<J>>(
    transform: &LinearTransform,
    representation: &Representation,
    judgments: &J,
    metric: &M,
) -> Result<Transferred<M::Score>> {
    transfer_across(transform, representation, judgments, [metric; 2])
}

/// As [`transfer`], with a metric before the transform and another after it: cosine before and the dot
/// product after, say, for which the [probe](crate::Probe) learns.
///
/// # Errors
/// As for [`transfer`].
pub fn transfer_across<J: ?Sized, M: PairedMetric<J>>(
    transform: &LinearTransform,
    representation: &Representation,
    judgments: &J,
    [before, after]: [&M; 2],
) -> Result<Transferred<M::Score>> {
    let transformed = transform.apply(representation)?;
    let both = [(after, &transformed), (before, representation)];
    let ([after, before], difference) = M::score_both(both, judgments)?;
    Ok(Transferred {
        before,
        after,
        difference,
    })
}
