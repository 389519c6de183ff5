//! Inverse multidimensional scaling: one RDM from many partial arrangements.

use serde::{Deserialize, Serialize};

use crate::error::{ComputationError, Context, Error, RdmError, Result, at_least};
use crate::linalg::{n_pairs, pair_index, reserve};
use crate::names::named;
use crate::rdm::{Arrangement, Rdm, Scaling};
use crate::stimuli::Stimuli;

/// The weight of the distance of a pair on the screen in the estimate of its dissimilarity.
///
/// Placement errors are about the same at all distances, so that larger distances are relatively
/// more precise. The default weight is therefore the squared distance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Evidence {
    /// The squared distance, in the unit of the positions.
    #[default]
    SquaredDistance,
    /// The square of the distance divided by the largest distance of its trial.
    SquaredRelativeDistance,
    /// 1 for every pair: an unweighted mean of the scaled trials.
    Equal,
}

named! {
    Evidence, "evidence":
    SquaredDistance = "squared-distance",
    SquaredRelativeDistance = "squared-relative-distance",
    Equal = "equal",
}

/// Inverse multidimensional scaling: estimates an RDM from several arrangements, each of some of
/// the stimuli (Kriegeskorte & Mur, "Inverse MDS: inferring dissimilarity structure from multiple
/// item arrangements", Frontiers in Psychology, 2012).
///
/// The scale of distances on the screen differs between trials, because participants use the whole
/// screen for any set of stimuli. With distances d_t of trial t and weights w_t ([`Evidence`]), the
/// estimate D starts as the unweighted mean of the distances, and two steps are repeated until
/// convergence:
///
/// - each trial is scaled so that its root mean square equals that of the estimate over the trial's
///   pairs, s_t = √(Σ D² / Σ d_t²);
/// - each pair becomes the weighted mean over its trials, D = Σ_t w_t s_t d_t / Σ_t w_t, and D is
///   scaled to a root mean square of 1.
///
/// Pairs that were never shown together are missing.
///
/// Distances below a floor of 0.2 are weighted like distances of 0.2, because a pair that was once
/// placed apart by mistake would otherwise stay apart. The Meadows platform, whose arena has a
/// radius of about 1, does the same: from its raw trials this estimate reproduces the RDM that
/// Meadows exports (for 109 trials of one participant, within 0.06 % of the mean dissimilarity).
/// Without the floor the correlation with the exported RDM is 0.987, and with relative distances
/// 0.985.
///
/// ```
/// use human_alignment::rdm::{Arrangement, InverseMds};
/// use human_alignment::Stimuli;
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let all = Arrangement::new(animals.clone(), vec![[0.0, 0.0], [0.3, 0.0], [0.0, 0.9]])?;
/// // Larger distances on the screen, because only two stimuli were shown.
/// let pair = Arrangement::new(Stimuli::new(["dog", "cat"])?, vec![[0.0, 0.0], [0.0, 1.0]])?;
/// let rdm = InverseMds::default().estimate(&animals, &[all, pair])?;
/// assert!(rdm.between(0, 1) < rdm.between(0, 2));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InverseMds {
    evidence: Evidence,
    floor: f64,
}

/// The weights [`Evidence::SquaredDistance`] with a floor of 0.2.
impl Default for InverseMds {
    fn default() -> Self {
        Self {
            evidence: Evidence::default(),
            floor: 0.2,
        }
    }
}

/// Convergence tolerance: largest sum of squared changes relative to the sum of squares.
const TOLERANCE: f64 = 1e-24;

/// Smallest positive weight; smaller weights would underflow in products.
const LEAST_WEIGHT: f64 = 1e-200;

/// Upper limit of iterations; tens are typical.
const MAX_ITERATIONS: usize = 10_000;

impl InverseMds {
    /// Sets the weights of distances. Default: [`Evidence::SquaredDistance`].
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// Sets the distance below which weights do not decrease, in the unit of [`Evidence`]. Default:
    /// 0.2.
    ///
    /// With a floor of 0, a distance of 0 has no weight.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the floor is negative or not finite.
    pub fn with_evidence_floor(mut self, floor: f64) -> Result<Self> {
        if !(floor.is_finite() && floor >= 0.0) {
            let expected = "0 or larger, and finite";
            return Err(Error::parameter("evidence_floor", expected, floor));
        }
        self.floor = floor;
        Ok(self)
    }

    /// Estimates the RDM of `stimuli` from trials. The result has a root mean square of 1.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no trials, [`Context::Arrangement`] with
    /// `StimuliError::Missing` as source for a trial that shows stimuli that are not in `stimuli`,
    /// [`RdmError::Disconnected`] if some trials share no pair with the others, directly or through
    /// other trials, so that their scale is unknown, [`ComputationError::NotConverged`], and
    /// [`ComputationError::OutOfMemory`].
    pub fn estimate(&self, stimuli: &Stimuli, trials: &[Arrangement]) -> Result<Rdm> {
        let largest = trials
            .iter()
            .map(|trial| distances(trial).fold(0.0, f64::max));
        let largest: Vec<f64> = largest.collect();
        let unit = largest.iter().copied().fold(0.0, f64::max);
        let mut judged = Vec::new();
        for (trial, (arrangement, &largest)) in trials.iter().zip(&largest).enumerate() {
            let pairs = self.judged(stimuli, arrangement, largest, unit);
            judged.push(pairs.map_err(|error| error.with_context(Context::Arrangement(trial)))?);
        }
        at_least("trials", 1, judged.len())?;
        let mut mean = PairMeans::new(n_pairs(stimuli.len()))?;
        require_connected(&judged, mean.n_pairs())?;

        let plain = |trial: &Judged| (trial.largest / unit, true);
        let mut estimate = mean.of(&judged, plain);
        for _ in 0..MAX_ITERATIONS {
            let fitted = |trial: &Judged| (trial.fit(&estimate), false);
            let next = mean.of(&judged, fitted);
            let change = sum_of_squares(estimate.iter().zip(&next).map(|(old, new)| new - old));
            estimate = next;
            if change <= TOLERANCE * sum_of_squares(estimate.iter().copied()) {
                return Rdm::with_missing(stimuli.clone(), estimate)?
                    .scaled(Scaling::RootMeanSquare);
            }
        }
        Err(ComputationError::NotConverged {
            what: "inverse multidimensional scaling",
        }
        .into())
    }

    /// Returns the pairs of a trial with their weights. `largest` is the largest distance of the
    /// trial, `unit` that of all trials.
    fn judged(
        &self,
        stimuli: &Stimuli,
        trial: &Arrangement,
        largest: f64,
        unit: f64,
    ) -> Result<Judged> {
        let positions = stimuli.positions_of(trial.stimuli())?;
        let n = positions.len();
        let mut pairs = Vec::new();
        reserve(&mut pairs, n_pairs(n), "the pairs of a trial")?;
        let firsts = (0..n).flat_map(|first| (first + 1..n).map(move |second| (first, second)));
        for ((first, second), distance) in firsts.zip(distances(trial)) {
            let (a, b) = (positions[first] as usize, positions[second] as usize);
            // Dividing by a large distance prevents overflow of the squares.
            let weight = match self.evidence {
                Evidence::SquaredDistance => distance.max(self.floor) / unit.max(self.floor),
                Evidence::SquaredRelativeDistance => (distance / largest).max(self.floor),
                Evidence::Equal => 1.0,
            };
            pairs.push(JudgedPair {
                pair: pair_index(stimuli.len(), a.min(b), a.max(b)),
                distance: distance / largest,
                // A positive weight stays positive, so that a pair that only this trial shows keeps
                // its distance.
                weight: match weight {
                    0.0 => 0.0,
                    _ => (weight * weight).max(LEAST_WEIGHT),
                },
            });
        }
        let sum_of_squares = sum_of_squares(pairs.iter().map(|pair| pair.distance));
        Ok(Judged {
            pairs,
            largest,
            sum_of_squares,
        })
    }
}

/// Returns the distances of all pairs of a trial, row by row.
fn distances(trial: &Arrangement) -> impl Iterator<Item = f64> {
    let positions = trial.positions();
    positions.iter().enumerate().flat_map(move |(first, a)| {
        let later = positions[first + 1..].iter();
        later.map(move |b| (a[0] - b[0]).hypot(a[1] - b[1]))
    })
}

fn sum_of_squares(values: impl Iterator<Item = f64>) -> f64 {
    let there = values.filter(|value| !value.is_nan());
    there.map(|value| value * value).sum()
}

/// The pairs of a trial.
struct Judged {
    pairs: Vec<JudgedPair>,
    /// The largest distance on the screen.
    largest: f64,
    /// Sum of the squared distances.
    sum_of_squares: f64,
}

struct JudgedPair {
    /// Index of the pair in the upper triangle of all stimuli.
    pair: usize,
    /// Distance divided by the largest distance of the trial.
    distance: f64,
    weight: f64,
}

impl Judged {
    /// Returns the factor that scales the trial to the root mean square of the estimate over its
    /// pairs.
    fn fit(&self, estimate: &[f64]) -> f64 {
        let estimates = self.pairs.iter().map(|judged| estimate[judged.pair]);
        (sum_of_squares(estimates) / self.sum_of_squares).sqrt()
    }
}

/// Weighted means over trials, one per pair.
struct PairMeans {
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl PairMeans {
    fn new(n_pairs: usize) -> Result<Self> {
        let zeros = || {
            let mut zeros = Vec::new();
            reserve(&mut zeros, n_pairs, "the dissimilarities")?;
            zeros.resize(n_pairs, 0.0);
            Ok::<_, Error>(zeros)
        };
        Ok(Self {
            sums: zeros()?,
            weights: zeros()?,
        })
    }

    fn n_pairs(&self) -> usize {
        self.sums.len()
    }

    /// Returns the weighted means over trials, scaled to a root mean square of 1; NaN for pairs of
    /// no trial. `scale` returns the factor of a trial and whether its pairs are weighted equally.
    fn of(&mut self, trials: &[Judged], scale: impl Fn(&Judged) -> (f64, bool)) -> Vec<f64> {
        self.sums.fill(0.0);
        self.weights.fill(0.0);
        for trial in trials {
            let (factor, is_plain) = scale(trial);
            for judged in &trial.pairs {
                let weight = if is_plain { 1.0 } else { judged.weight };
                self.sums[judged.pair] += weight * factor * judged.distance;
                self.weights[judged.pair] += weight;
            }
        }
        let mut means: Vec<f64> = vec![f64::NAN; self.n_pairs()];
        for judged in trials.iter().flat_map(|trial| &trial.pairs) {
            let (sum, weight) = (self.sums[judged.pair], self.weights[judged.pair]);
            // A distance of 0 has no weight if the floor is 0.
            means[judged.pair] = if weight == 0.0 { 0.0 } else { sum / weight };
        }
        let n_there = means.iter().filter(|mean| !mean.is_nan()).count();
        let scale = (sum_of_squares(means.iter().copied()) / n_there as f64).sqrt();
        means.iter_mut().for_each(|mean| *mean /= scale);
        means
    }
}

/// Checks that all trials share pairs with each other, directly or through other trials.
fn require_connected(trials: &[Judged], n_pairs: usize) -> Result<()> {
    // The first trial of each pair, and for each trial another trial that it is connected with.
    let mut first_trial: Vec<u32> = Vec::new();
    reserve(&mut first_trial, n_pairs, "the dissimilarities")?;
    first_trial.resize(n_pairs, u32::MAX);
    let mut connected: Vec<usize> = (0..trials.len()).collect();
    fn root(connected: &mut [usize], mut trial: usize) -> usize {
        while connected[trial] != trial {
            connected[trial] = connected[connected[trial]];
            trial = connected[trial];
        }
        trial
    }
    for (trial, judged) in trials.iter().enumerate() {
        for pair in &judged.pairs {
            match first_trial[pair.pair] {
                u32::MAX => first_trial[pair.pair] = trial as u32,
                first => {
                    let (a, b) = (
                        root(&mut connected, first as usize),
                        root(&mut connected, trial),
                    );
                    connected[a.max(b)] = a.min(b);
                }
            }
        }
    }
    match (0..trials.len()).find(|&trial| root(&mut connected, trial) != 0) {
        None => Ok(()),
        Some(trial) => Err(RdmError::Disconnected {
            first: 0,
            second: trial,
        }
        .into()),
    }
}
