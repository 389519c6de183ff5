//! One RDM from many partial arrangements: inverse multidimensional scaling.

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, ComputationError, Context, Error, RdmError, Result};
use crate::io::reserve;
use crate::names::named;
use crate::rdm::{Arrangement, Rdm, Scaling, n_pairs, pair_index};
use crate::stimuli::Stimuli;

/// How much the distance of a pair on the screen counts as evidence of its dissimilarity.
///
/// People place things with about the same error everywhere, so that a distance says the more, the
/// larger it is: its evidence is its square.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The square of the distance, in the unit of the positions.
    #[default]
    SquaredDistance,
    /// The square of the distance as a share of the largest in its trial.
    SquaredRelativeDistance,
    /// 1: a plain mean of the scaled trials.
    Equal,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Evidence; 3] = [
        Evidence::SquaredDistance,
        Evidence::SquaredRelativeDistance,
        Evidence::Equal,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::SquaredDistance => "squared-distance",
            Evidence::SquaredRelativeDistance => "squared-relative-distance",
            Evidence::Equal => "equal",
        }
    }
}

named!(
    Evidence,
    "evidence",
    "squared-distance, squared-relative-distance or equal"
);

/// Inverse multidimensional scaling: the dissimilarities behind many arrangements, each of some of
/// the stimuli (Kriegeskorte & Mur, "Inverse MDS: inferring dissimilarity structure from multiple
/// item arrangements", Frontiers in Psychology, 2012).
///
/// How large distances on the screen are differs from trial to trial, since people spread what they
/// see over all of it. So with distances d_t of trial t, and weights w_t of their [`Evidence`], the
/// estimate D is brought to agree with itself by turns:
///
/// - each trial is scaled to the root mean square that the estimate has over the trial's pairs,
///   s_t = √(Σ D² / Σ d_t²);
/// - each pair is the weighted mean of its trials, D = Σ_t w_t s_t d_t / Σ_t w_t, and the whole is
///   scaled to a root mean square of 1,
///
/// from the plain mean of the distances, until nothing changes. Pairs that were never shown together
/// are missing.
///
/// Small distances would count next to nothing, so that a pair once placed apart by mistake would
/// stay apart. Evidence has a floor therefore: no distance counts less than one of 0.2. This is what
/// the Meadows platform does, whose arena has a radius of about 1: from its raw trials this estimate
/// is the one that it exports (for one person's 109 trials to 0.06 % of the mean dissimilarity).
/// Without the floor the correlation with it is 0.987, and 0.985 with relative distances.
///
/// ```
/// use human_alignment::rdm::{Arrangement, InverseMds};
/// use human_alignment::Stimuli;
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let all = Arrangement::new(animals.clone(), vec![[0.0, 0.0], [0.3, 0.0], [0.0, 0.9]])?;
/// // Larger on the screen, for there were only two.
/// let pair = Arrangement::new(Stimuli::new(["dog", "cat"])?, vec![[0.0, 0.0], [0.0, 1.0]])?;
/// let rdm = InverseMds::default().estimate(&animals, &[all, pair])?;
/// assert!(rdm.between(0, 1) < rdm.between(0, 2));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseMds {
    evidence: Evidence,
    floor: f64,
}

/// [`Evidence::SquaredDistance`] with a floor of 0.2.
impl Default for InverseMds {
    fn default() -> Self {
        Self {
            evidence: Evidence::default(),
            floor: 0.2,
        }
    }
}

/// The estimate has converged when the sum of its squared changes is this share of that of its
/// squares.
const TOLERANCE: f64 = 1e-24;

/// Smaller weights would be lost in products.
const LEAST_WEIGHT: f64 = 1e-200;

/// In practice it takes some tens.
const MAX_ITERATIONS: usize = 10_000;

impl InverseMds {
    /// Sets what counts as evidence. Default: [`Evidence::SquaredDistance`].
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// Sets the distance below which evidence gets no smaller, in the unit of [`Evidence`].
    /// Default: 0.2. With 0, a distance of 0 is no evidence at all.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a floor that is negative or not finite.
    pub fn with_evidence_floor(mut self, floor: f64) -> Result<Self> {
        if !(floor.is_finite() && floor >= 0.0) {
            let expected = "0 or larger, and finite";
            return Err(Error::parameter("evidence_floor", expected, floor));
        }
        self.floor = floor;
        Ok(self)
    }

    /// The dissimilarities of `stimuli`, with a root mean square of 1.
    ///
    /// # Errors
    /// [`Error::TooFew`] without trials; [`Error::InTrial`] around [`Error::MissingStimuli`] for a
    /// trial with stimuli that are not among `stimuli`; [`Error::Disconnected`] where trials share no
    /// pair with the others, directly or through each other, so that nothing tells their scale;
    /// [`Error::NotConverged`]; [`Error::OutOfMemory`].
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
        if judged.is_empty() {
            return Err(ArgumentError::TooFew {
                what: "trials",
                needed: 1,
                found: 0,
            }
            .into());
        }
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

    /// The pairs of a trial, whose largest distance is given, as is that of all trials.
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
            // As shares of something large, so that no square leaves the range.
            let weight = match self.evidence {
                Evidence::SquaredDistance => distance.max(self.floor) / unit.max(self.floor),
                Evidence::SquaredRelativeDistance => (distance / largest).max(self.floor),
                Evidence::Equal => 1.0,
            };
            pairs.push(JudgedPair {
                pair: pair_index(stimuli.len(), a.min(b), a.max(b)),
                distance: distance / largest,
                // However little it is, a pair that only this trial shows has its distance.
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

/// The distances of all pairs of a trial, row by row.
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

/// What a trial says about its pairs.
struct Judged {
    pairs: Vec<JudgedPair>,
    /// Its largest distance on the screen.
    largest: f64,
    /// Of its distances.
    sum_of_squares: f64,
}

struct JudgedPair {
    /// Where the pair stands among all pairs of stimuli.
    pair: usize,
    /// As a share of the largest in the trial.
    distance: f64,
    weight: f64,
}

impl Judged {
    /// What brings the trial to the root mean square of the estimate over its pairs.
    fn fit(&self, estimate: &[f64]) -> f64 {
        let estimates = self.pairs.iter().map(|judged| estimate[judged.pair]);
        (sum_of_squares(estimates) / self.sum_of_squares).sqrt()
    }
}

/// Weighted means over trials, one a pair.
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

    /// The means over trials of which each is multiplied by a factor, and counts as evidence or
    /// plainly; with a root mean square of 1, NaN for pairs of no trial.
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
            // Without a floor a distance of 0 has no weight.
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
    // For each pair the first trial that has it, and for each trial one that it is connected with.
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

#[cfg(test)]
mod tests;
