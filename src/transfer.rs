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
    /// The scores of both, and the first less the second; `None` where the metric was not asked for
    /// uncertainty.
    ///
    /// # Errors
    /// As for [`AlignmentMetric::score`].
    fn score_both(
        &self,
        representations: [&Representation; 2],
        judgments: &J,
    ) -> Result<([Self::Score; 2], Option<Comparison>)>;
}

/// The difference of the accuracies has the object-level standard error of the trial-by-trial
/// differences.
impl<T: Task> PairedMetric<Trials<T>> for ZeroShotOddOneOut {
    fn score_both(
        &self,
        [first, second]: [&Representation; 2],
        trials: &Trials<T>,
    ) -> Result<([Self::Score; 2], Option<Comparison>)> {
        let (first, second) = (
            self.outcomes(first, trials)?,
            self.outcomes(second, trials)?,
        );
        let scores = [first.score(), second.score()];
        let credits = [first.credits(), second.credits()];
        let comparisons = compare(trials, &credits, scores[0].confidence)?;
        Ok((scores, comparisons.into_iter().next()))
    }
}

/// The difference is that of the same replicates of the bootstrap, where the metric has one.
impl PairedMetric<RdmSet> for RepresentationalSimilarity {
    fn score_both(
        &self,
        representations: [&Representation; 2],
        people: &RdmSet,
    ) -> Result<([Self::Score; 2], Option<Comparison>)> {
        let rdm = |representation: &Representation| -> Result<Rdm> {
            self.dissimilarity()
                .rdm(&representation.select(people.stimuli())?)
        };
        let [first, second] = representations.map(rdm);
        let mut evaluation = self.evaluate(&[&first?, &second?], people)?;
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
    let transformed = transform.apply(representation)?;
    let both = [&transformed, representation];
    let ([after, before], difference) = metric.score_both(both, judgments)?;
    Ok(Transferred {
        before,
        after,
        difference,
    })
}
