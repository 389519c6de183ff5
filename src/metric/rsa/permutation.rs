//! The permutation test for a relation between the RDMs of a model and of participants.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least};
use crate::linalg::{n_pairs, pair_index, row_range, short_dot, shuffle};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::prepared::Prepared;
use crate::rdm::{Rdm, RdmSet, Scaling};

/// A permutation test over stimuli (Kriegeskorte, Mur & Bandettini 2008). The null hypothesis is
/// that the RDMs of the model and of the participants are unrelated.
///
/// Rows and columns of the model's RDM are permuted together; the RDM of the participants is fixed.
/// The test therefore accounts for dissimilarities that share a stimulus, which a test over pairs
/// does not. The conclusion is about these participants and these stimuli: it does not generalize
/// to others.
///
/// Each permutation has its own stream of a seeded random number generator, so the results depend
/// only on the seed and not on the number of threads.
///
/// ```
/// use human_alignment::metric::rsa::{Comparator, PermutationTest};
/// use human_alignment::{Rdm, Stimuli};
///
/// let n = 9;
/// let squares = |i: u32, j: u32| f64::from(j * j - i * i);
/// let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
/// let model = Rdm::new(Stimuli::numbered(n), pairs.clone().map(|(i, j)| f64::from(j - i)).collect())?;
/// let people = Rdm::new(Stimuli::numbered(n), pairs.map(|(i, j)| squares(i, j)).collect())?;
///
/// let test = PermutationTest::new(999, 1)?;
/// let result = test.run(Comparator::Spearman, &model, &people.into())?;
/// assert!(result.value > 0.7 && result.p_value < 0.01);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct PermutationTest {
    n_permutations: usize,
    seed: u64,
}

/// Deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Settings {
    n_permutations: usize,
    seed: u64,
}

impl TryFrom<Settings> for PermutationTest {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        Self::new(settings.n_permutations, settings.seed)
    }
}

/// The result of a [`PermutationTest`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermutationResult {
    /// Comparison of the model with the unscaled mean of the participants' RDMs.
    pub value: f64,
    /// One-sided p-value: (1 + number of permutations with a value at least as large) / (1 + number
    /// of permutations).
    pub p_value: f64,
    /// Two-sided p-value: twice the smaller of `p_value` and the p-value of the other tail, at most
    /// 1.
    pub two_sided_p_value: f64,
    /// Number of permutations.
    pub n_permutations: usize,
    /// Seed of the random number generator.
    pub seed: u64,
}

impl PermutationTest {
    /// Difference up to which values are equal, which covers the rounding of sums in another order.
    const ROUNDING: f64 = 1e-12;

    /// Creates a test with the given number of permutations and seed of the random number
    /// generator.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the number of permutations is 0 or more than a
    /// million.
    pub fn new(n_permutations: usize, seed: u64) -> Result<Self> {
        if (1..=1_000_000).contains(&n_permutations) {
            Ok(Self {
                n_permutations,
                seed,
            })
        } else {
            let expected = "1 to 1000000 permutations";
            Err(Error::parameter(
                "permutation test",
                expected,
                n_permutations,
            ))
        }
    }

    /// Tests a model, which may contain more stimuli than the participants judged.
    ///
    /// If pairs are missing, each permuted RDM is compared over the pairs that are present in both
    /// RDMs.
    ///
    /// # Errors
    /// - Returns `ArgumentError::TooFew` if there are fewer than four stimuli, which have too few
    ///   permutations.
    /// - Returns `StimuliError::Missing` if the model lacks stimuli that participants judged.
    /// - Returns `ComputationError::OutOfMemory` if n² numbers cannot be allocated.
    /// - Returns the same errors as [`Comparator::compare`], for any permutation.
    pub fn run(
        &self,
        comparator: Comparator,
        model: &Rdm,
        people: &RdmSet,
    ) -> Result<PermutationResult> {
        let n = people.stimuli().len();
        at_least("stimuli for a permutation test", 4, n)?;
        let model = model.select(people.stimuli())?;
        let people = people.mean(Scaling::None)?;
        let value = comparator.compare(&model, &people)?;
        let permuted = Permuted::new(comparator, &model, &people)?;
        let values: Vec<Result<f64>> = (0..self.n_permutations as u64)
            .into_par_iter()
            .map(|permutation| {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream(permutation);
                permuted.value(&shuffled(n, &mut rng))
            })
            .collect();
        let (mut n_no_less, mut n_no_more) = (0, 0);
        for permuted in values {
            let permuted = permuted?;
            n_no_less += usize::from(permuted >= value - Self::ROUNDING);
            n_no_more += usize::from(permuted <= value + Self::ROUNDING);
        }
        // The observed order is one of the possible permutations.
        let share = |n: usize| (1 + n) as f64 / (1 + self.n_permutations) as f64;
        Ok(PermutationResult {
            value,
            p_value: share(n_no_less),
            two_sided_p_value: (2.0 * share(n_no_less.min(n_no_more))).min(1.0),
            n_permutations: self.n_permutations,
            seed: self.seed,
        })
    }
}

/// Returns the positions below `n` in random order (Fisher & Yates).
pub(super) fn shuffled(n: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut positions: Vec<u32> = (0..n as u32).collect();
    shuffle(&mut positions, rng);
    positions
}

/// A model whose stimuli can be permuted, with the RDM it is compared with.
enum Permuted<'a> {
    /// Prepared vectors: preparing a permuted RDM equals permuting the prepared RDM, so a value is
    /// a dot product with elements that are looked up.
    Vector {
        /// Square matrix, one row per stimulus, so that the elements of a pair's first stimulus are
        /// contiguous.
        model: Vec<f64>,
        people: Vec<f64>,
    },
    /// All pairs, prepared for each permutation.
    AllPairs {
        comparator: Comparator,
        model: &'a Rdm,
        people: Prepared,
    },
    /// Pairs present in both RDMs, prepared for each permutation.
    CommonPairs {
        comparator: Comparator,
        model: &'a Rdm,
        people: &'a Rdm,
    },
}

impl<'a> Permuted<'a> {
    fn new(comparator: Comparator, model: &'a Rdm, people: &'a Rdm) -> Result<Self> {
        if model.n_missing() > 0 || people.n_missing() > 0 {
            return Ok(Permuted::CommonPairs {
                comparator,
                model,
                people,
            });
        }
        let n = model.n_stimuli();
        let people = Prepared::new(comparator, n, people.values().to_vec(), people.rounding())?;
        let people = match people.into_unit() {
            Ok(people) => people,
            Err(people) => {
                return Ok(Permuted::AllPairs {
                    comparator,
                    model,
                    people,
                });
            }
        };
        let rounding = model.rounding();
        let model = Prepared::new(comparator, n, model.values().to_vec(), rounding)?;
        match model.into_unit() {
            Ok(model) => Ok(Permuted::Vector {
                model: square(n, &model)?,
                people,
            }),
            Err(_) => unreachable!("both are prepared for the same comparator"),
        }
    }

    /// Computes the value with the *i*-th stimulus of the model replaced by stimulus
    /// `positions[i]`.
    fn value(&self, positions: &[u32]) -> Result<f64> {
        match self {
            Permuted::Vector { model, people } => Ok(permuted_dot(model, people, positions)),
            Permuted::AllPairs {
                comparator,
                model,
                people,
            } => {
                let values = at(model, positions).collect();
                let n = positions.len();
                let model = Prepared::new(*comparator, n, values, model.rounding())?;
                Ok(model.compare(people))
            }
            Permuted::CommonPairs {
                comparator,
                model,
                people,
            } => {
                let values = at(model, positions).collect();
                let permuted = Rdm::with_missing(people.stimuli().clone(), values)?;
                let model = permuted.with_rounding(model.rounding());
                comparator.compare(&model, people)
            }
        }
    }
}

/// Returns the dissimilarities of the stimuli at the given positions.
fn at<'a>(rdm: &'a Rdm, positions: &'a [u32]) -> impl Iterator<Item = f64> + 'a {
    let n = rdm.n_stimuli();
    positions
        .iter()
        .enumerate()
        .flat_map(move |(place, &first)| {
            positions[place + 1..].iter().map(move |&second| {
                let (low, high) = (first.min(second) as usize, first.max(second) as usize);
                rdm.values()[pair_index(n, low, high)]
            })
        })
}

/// Creates the square matrix of a prepared vector: pairs, followed by the diagonal for whitened
/// comparators.
fn square(n: usize, vector: &[f64]) -> Result<Vec<f64>> {
    let (pairs, diagonal) = vector.split_at(n_pairs(n));
    let mut square = Vec::new();
    let n_elements = n.saturating_mul(n);
    crate::linalg::reserve(&mut square, n_elements, "the square of the model's RDM")?;
    square.resize(n_elements, 0.0);
    for row in 0..n {
        for (column, &value) in (row + 1..n).zip(&pairs[row_range(n, row)]) {
            square[row * n + column] = value;
            square[column * n + row] = value;
        }
    }
    for (stimulus, &value) in diagonal.iter().enumerate() {
        square[stimulus * n + stimulus] = value;
    }
    Ok(square)
}

/// Computes the dot product with the permuted square, including the diagonal if there is one.
fn permuted_dot(square: &[f64], vector: &[f64], positions: &[u32]) -> f64 {
    let n = positions.len();
    let (pairs, diagonal) = vector.split_at(n_pairs(n));
    let mut looked_up = Vec::with_capacity(n);
    let mut total = 0.0;
    for (place, &first) in positions.iter().enumerate() {
        let row = &square[first as usize * n..][..n];
        looked_up.clear();
        looked_up.extend(
            positions[place + 1..]
                .iter()
                .map(|&second| row[second as usize]),
        );
        total += short_dot(&looked_up, &pairs[row_range(n, place)]);
    }
    for (&value, &stimulus) in diagonal.iter().zip(positions) {
        total += value * square[stimulus as usize * (n + 1)];
    }
    total.clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::Stimuli;
    use rand::RngExt;

    fn rdm(n: u32, seed: u64) -> Rdm {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let values = (0..n_pairs(n as usize)).map(|_| rng.random_range(1..20u32).into());
        Rdm::new(Stimuli::numbered(n), values.collect()).unwrap()
    }

    /// Checks that a permutation gives the value of the permuted RDM, under every comparator.
    #[test]
    fn a_permutation_is_the_permuted_rdm() {
        let n = 9;
        let (model, people) = (rdm(n, 1), rdm(n, 2));
        let mut with_gaps = people.values().to_vec();
        with_gaps[3] = f64::NAN;
        let with_gaps = Rdm::with_missing(people.stimuli().clone(), with_gaps).unwrap();
        for &comparator in Comparator::ALL {
            for people in [&people, &with_gaps] {
                if people.n_missing() > 0 && comparator.needs_all_pairs() {
                    continue;
                }
                let permuted = Permuted::new(comparator, &model, people).unwrap();
                for seed in 0..5 {
                    let mut rng = ChaCha8Rng::seed_from_u64(seed);
                    let positions = shuffled(n as usize, &mut rng);
                    let of_permuted =
                        Rdm::new(model.stimuli().clone(), at(&model, &positions).collect());
                    let expected = comparator.compare(&of_permuted.unwrap(), people).unwrap();
                    let found = permuted.value(&positions).unwrap();
                    assert!((found - expected).abs() < 1e-14, "{comparator}");
                }
            }
        }
    }

    /// Checks that each of the 24 orders of four stimuli is about equally frequent.
    #[test]
    fn every_order_is_as_likely() {
        let mut counts = std::collections::HashMap::new();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let n = 24_000;
        for _ in 0..n {
            *counts.entry(shuffled(4, &mut rng)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Binomial: 1000 ± 31.
        assert!(counts.values().all(|count| (850..1150).contains(count)));
    }
}
