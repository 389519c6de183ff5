//! The variance of trials due to objects, participants, their interaction, questions and the rest.

use faer::Mat;
use serde::{Deserialize, Serialize};

use crate::error::{ComputationError, Error, Result, same_length};
use crate::inference::{pair_places, triple_place};
use crate::judgment::{Task, Trials};
use crate::linalg::inverse;

/// The components of the variance of a value per trial, such as the difference of the credits of
/// two models.
///
/// The model of a trial *t* of the participant *p* is
///
/// value = mean + Σ over the objects *i* of the trial (aᵢ + cᵢₚ) + q of the question + bₚ + e,
///
/// with independent effects. The covariance of two different trials with *k* objects in common is k
/// V(a) + \[k = 3\] V(q), plus k V(c) + V(b) if they are of the same participant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VarianceComponents {
    /// V(a), the variance between objects.
    pub objects: f64,
    /// V(b), the variance between participants.
    pub participants: f64,
    /// V(c), the variance of the interaction of an object and a participant.
    pub objects_by_participants: f64,
    /// V(q), the variance between questions (triples of objects) that their objects do not explain.
    pub questions: f64,
    /// V(e), the rest: the variance between answers of a participant to the same question.
    pub residual: f64,
}

/// The classes of pairs of trials: number of common objects and whether the participant is the
/// same, and a trial with itself.
const N_CLASSES: usize = 9;

/// Number of parameters: the covariance of unrelated trials, and the components.
const N_PARAMETERS: usize = 6;

/// Sums over the pairs of trials in each class.
#[derive(Debug, Clone, Copy, Default)]
struct PairSums {
    n_pairs: [f64; N_CLASSES],
    products: [f64; N_CLASSES],
}

impl VarianceComponents {
    /// Creates components with the given residual variance. All others are 0 until they are set.
    ///
    /// ```
    /// use human_alignment::inference::VarianceComponents;
    ///
    /// let mut components = VarianceComponents::residual(0.2)?;
    /// components.objects = 0.01;
    /// components.participants = 0.005;
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless the residual variance is finite and at least
    /// 0.
    pub fn residual(residual: f64) -> Result<Self> {
        let components = Self {
            objects: 0.0,
            participants: 0.0,
            objects_by_participants: 0.0,
            questions: 0.0,
            residual,
        };
        components.check()?;
        Ok(components)
    }

    /// Estimates the components from pilot trials by the method of moments.
    ///
    /// The mean product of the residuals of two trials in each class of pairs (0 to 3 common
    /// objects, the same participant or not) is fitted to its expectation by least squares,
    /// weighted by the square root of the number of pairs, where no component is negative. Without
    /// participants, or with a single one, the variances due to participants cannot be estimated
    /// and are 0. The sums over pairs of trials are computed from sums over objects, pairs and
    /// triples of objects, in about T log T operations.
    ///
    /// ```
    /// use human_alignment::inference::VarianceComponents;
    /// use human_alignment::{OddOneOut, Stimuli};
    ///
    /// let trials: Vec<[u32; 3]> = (0..40).map(|t| [t % 13, 13 + t % 7, 20 + t % 5]).collect();
    /// let trials = OddOneOut::new(Stimuli::numbered(25), trials)?;
    /// let values: Vec<f64> = (0..40).map(|t| f64::from(t * 7 % 10) / 10.0).collect();
    /// let components = VarianceComponents::estimate(&trials, &values)?;
    /// assert!(components.residual > 0.0);
    /// assert_eq!(components.participants, 0.0);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of values and trials differ,
    /// `ArgumentError::InvalidParameter` if a value is not finite, and
    /// [`ComputationError::EqualValues`] if all values are equal.
    pub fn estimate<T: Task>(trials: &Trials<T>, values: &[f64]) -> Result<Self> {
        same_length("values of trials", trials.len(), values.len())?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::parameter("the value of a trial", "finite", value));
        }
        if values.iter().all(|value| *value == values[0]) {
            return Err(ComputationError::EqualValues.into());
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let residuals: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let people = trials.participants().map(|people| people.by_trial());
        Ok(Self::fit(&PairSums::new(
            trials.as_slice(),
            people,
            &residuals,
        )))
    }

    pub(super) fn check(&self) -> Result<()> {
        let all = [
            self.objects,
            self.participants,
            self.objects_by_participants,
            self.questions,
            self.residual,
        ];
        match all.iter().find(|part| !(part.is_finite() && **part >= 0.0)) {
            None => Ok(()),
            Some(part) => {
                let expected = "finite and at least 0";
                Err(Error::parameter("variance component", expected, part))
            }
        }
    }

    /// Fits the components by weighted least squares. Components that are negative or cannot be
    /// estimated are removed one by one.
    fn fit(sums: &PairSums) -> Self {
        let has_pairs = |classes: &[usize]| classes.iter().any(|&class| sums.n_pairs[class] > 0.0);
        let is_identified = |part: &usize| match part {
            2 | 4 => has_pairs(&[4, 5, 6, 7]),
            3 => has_pairs(&[3, 7]),
            _ => true,
        };
        let mut kept: Vec<usize> = (0..N_PARAMETERS).filter(is_identified).collect();
        loop {
            let found = solve(sums, &kept);
            let worst = match &found {
                // Interactions before main effects, but never the residual or the constant.
                None => [4, 3, 2, 1].into_iter().find(|part| kept.contains(part)),
                Some(found) => (1..N_PARAMETERS)
                    .filter(|&part| found[part] < 0.0)
                    .min_by(|&a, &b| found[a].total_cmp(&found[b])),
            };
            match (worst, found) {
                (Some(worst), _) => kept.retain(|&part| part != worst),
                (None, found) => {
                    let found = found.unwrap_or_default();
                    return Self {
                        objects: found[1],
                        participants: found[2],
                        questions: found[3],
                        objects_by_participants: found[4],
                        residual: found[5],
                    };
                }
            }
        }
    }
}

/// Returns the coefficients of the parameters (the covariance of unrelated trials, objects,
/// participants, questions, objects by participants, residual) in the expectation of a class.
fn coefficients(class: usize) -> [f64; N_PARAMETERS] {
    if class == 8 {
        return [1.0, 3.0, 1.0, 1.0, 3.0, 1.0];
    }
    let (common, same) = ((class % 4) as f64, f64::from(class >= 4));
    let question = f64::from(class % 4 == 3);
    [1.0, common, same, question, same * common, 0.0]
}

/// Solves the weighted least squares problem of the kept parameters; `None` if it is singular.
fn solve(sums: &PairSums, kept: &[usize]) -> Option<[f64; N_PARAMETERS]> {
    let n = kept.len();
    let mut system = Mat::<f64>::zeros(n, n);
    let mut right = vec![0.0; n];
    for class in (0..N_CLASSES).filter(|&class| sums.n_pairs[class] > 0.0) {
        // The square root keeps the many unrelated pairs from determining everything.
        let weight = sums.n_pairs[class].sqrt();
        let mean = sums.products[class] / sums.n_pairs[class];
        let of_class = coefficients(class);
        for (row, &first) in kept.iter().enumerate() {
            for (column, &second) in kept.iter().enumerate() {
                system[(row, column)] += weight * of_class[first] * of_class[second];
            }
            right[row] += weight * of_class[first] * mean;
        }
    }
    let inverse = inverse(system.clone())?;
    // A parameter that the others determine has an infinite variance, but for rounding.
    if (0..n).any(|row| inverse[(row, row)] * system[(row, row)] > 1e10) {
        return None;
    }
    let mut found = [0.0; N_PARAMETERS];
    for (row, &part) in kept.iter().enumerate() {
        let terms = right.iter().enumerate();
        let terms = terms.map(|(column, value)| inverse[(row, column)] * value);
        found[part] = terms.sum();
    }
    Some(found)
}

impl PairSums {
    fn new(trials: &[[u32; 3]], people: Option<&[u32]>, residuals: &[f64]) -> Self {
        let all = by_common_objects(trials, &|_| 0, residuals);
        let of_people = people.map(|of| by_common_objects(trials, &|trial| of[trial], residuals));
        let mut sums = Self::default();
        for common in 0..4 {
            // Without participants all trials are of different ones, and only a trial itself is of
            // the same one.
            let same = of_people.map_or([0.0; 2], |same| same[common]);
            sums.n_pairs[common] = all[common][0] - same[0];
            sums.products[common] = all[common][1] - same[1];
            sums.n_pairs[4 + common] = same[0];
            sums.products[4 + common] = same[1];
        }
        let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let own = if people.is_some() { 7 } else { 3 };
        sums.n_pairs[own] -= trials.len() as f64;
        sums.products[own] -= squares;
        sums.n_pairs[8] = trials.len() as f64;
        sums.products[8] = squares;
        sums
    }
}

/// Computes the number of ordered pairs of trials of the same group with 0 to 3 common objects, and
/// the sum of their products.
fn by_common_objects(
    trials: &[[u32; 3]],
    group: &dyn Fn(usize) -> u32,
    residuals: &[f64],
) -> [[f64; 2]; 4] {
    let none = squares(trials, residuals, |trial| [(group(trial), 0)]);
    let objects = squares(trials, residuals, |trial| {
        trials[trial].map(|object| (group(trial), u64::from(object)))
    });
    let pairs = squares(trials, residuals, |trial| {
        pair_places(trials[trial]).map(|pair| (group(trial), pair))
    });
    let triples = squares(trials, residuals, |trial| {
        triple_place(trials[trial]).map(|triple| (group(trial), triple))
    });
    // A pair of trials with k common objects is counted k times in the sums over objects, k (k − 1)
    // / 2 times in those over pairs, and once for k = 3 in those over triples.
    let mut sums = [[0.0; 2]; 4];
    for part in 0..2 {
        let three = triples[part];
        let two = pairs[part] - 3.0 * three;
        let one = objects[part] - 2.0 * two - 3.0 * three;
        let zero = none[part] - one - two - three;
        for (common, sum) in [zero, one, two, three].into_iter().enumerate() {
            sums[common][part] = sum;
        }
    }
    sums
}

/// Returns the sums over clusters of the squared number of trials, and of the squared sum of
/// residuals.
fn squares<const N: usize>(
    trials: &[[u32; 3]],
    residuals: &[f64],
    keys: impl Fn(usize) -> [(u32, u64); N],
) -> [f64; 2] {
    let keyed = (0..trials.len())
        .flat_map(|trial| keys(trial).map(|key| (key, residuals[trial])))
        .collect();
    squares_by_key(keyed)
}

/// Computes the same from the residuals with their keys.
fn squares_by_key(mut keyed: Vec<((u32, u64), f64)>) -> [f64; 2] {
    keyed.sort_by_key(|&(key, _)| key);
    let clusters = keyed.chunk_by(|(left, _), (right, _)| left == right);
    clusters.fold([0.0; 2], |[counts, squares], cluster| {
        let sum: f64 = cluster.iter().map(|(_, residual)| residual).sum();
        [
            counts + (cluster.len() as f64).powi(2),
            squares + sum.powi(2),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn sums_are_those_over_pairs_of_trials() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut trials: Vec<[u32; 3]> = Vec::new();
        while trials.len() < 150 {
            let trial: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..9));
            let [a, b, c] = trial;
            if a != b && a != c && b != c {
                trials.push(trial);
            }
        }
        let people: Vec<u32> = trials.iter().map(|_| rng.random_range(0..6)).collect();
        let residuals: Vec<f64> = trials.iter().map(|_| rng.random::<f64>() - 0.5).collect();
        for people in [None, Some(people.as_slice())] {
            let mut expected = PairSums::default();
            for (first, trial) in trials.iter().enumerate() {
                for (second, other) in trials.iter().enumerate() {
                    let common = trial.iter().filter(|one| other.contains(one)).count();
                    let same = people.is_some_and(|of| of[first] == of[second]);
                    let class = match (first == second, same) {
                        (true, _) => 8,
                        (false, true) => 4 + common,
                        (false, false) => common,
                    };
                    expected.n_pairs[class] += 1.0;
                    expected.products[class] += residuals[first] * residuals[second];
                }
            }
            let found = PairSums::new(&trials, people, &residuals);
            assert_eq!(found.n_pairs, expected.n_pairs);
            for (found, expected) in found.products.iter().zip(expected.products) {
                assert_relative_eq!(*found, expected, epsilon = 1e-11);
            }
        }
    }

    /// Expectations of the sums determine the components.
    #[test]
    fn moments_are_solved_exactly() {
        let truth = [-0.001, 0.02, 0.03, 0.04, 0.01, 0.2];
        let mut sums = PairSums {
            n_pairs: [5e5, 1e5, 1e4, 300.0, 4e4, 5e3, 600.0, 50.0, 2e3],
            ..PairSums::default()
        };
        for class in 0..N_CLASSES {
            let terms = coefficients(class).into_iter().zip(truth);
            let mean: f64 = terms.map(|(coefficient, part)| coefficient * part).sum();
            sums.products[class] = sums.n_pairs[class] * mean;
        }
        let found = VarianceComponents::fit(&sums);
        assert_relative_eq!(found.objects, 0.02, max_relative = 1e-9);
        assert_relative_eq!(found.participants, 0.03, max_relative = 1e-9);
        assert_relative_eq!(found.questions, 0.04, max_relative = 1e-9);
        assert_relative_eq!(found.objects_by_participants, 0.01, max_relative = 1e-9);
        assert_relative_eq!(found.residual, 0.2, max_relative = 1e-9);
        // Without pairs of the same participant, their variances are not estimated.
        sums.n_pairs[4..8].fill(0.0);
        sums.products[4..8].fill(0.0);
        let found = VarianceComponents::fit(&sums);
        assert_eq!(found.participants, 0.0);
        assert_eq!(found.objects_by_participants, 0.0);
        assert_relative_eq!(found.objects, 0.02, max_relative = 1e-9);
    }
}
