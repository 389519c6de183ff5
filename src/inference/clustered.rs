//! The variance of a mean over trials that share objects.
//!
//! Trials with an object in common are correlated, because the object is hard or easy in all of
//! them. The variance of the mean of *T* values with residuals *eₜ* is estimated by the sum of
//! eₜeᵤ over all pairs of trials that share at least one object. Counting each such pair once is
//! inclusion–exclusion over objects, pairs and triples of objects (a triadic form of the
//! cluster-robust variance of Cameron, Gelbach & Miller 2011 and Aronow, Samii & Assenova 2015):
//!
//! V = [ Σᵢ Rᵢ² − Σᵢⱼ Rᵢⱼ² + Σᵢⱼₖ Rᵢⱼₖ² ] / T²,
//!
//! with *Rᵢ*, *Rᵢⱼ*, *Rᵢⱼₖ* the sums of residuals over the trials that contain that object, pair or
//! triple.
//!
//! Residuals are taken from the estimated mean, which shrinks V by the share *f* of pairs of trials
//! (ordered, each with itself included) that have an object in common; *f* is the same expression
//! with every residual replaced by 1. So V / (1 − f) is used, which for trials that share nothing is
//! the familiar T / (T − 1).

use std::ops::{AddAssign, SubAssign};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inference::{Credit, Estimate};
use crate::judgment::{OddOneOutTask, Task, Trials};

/// Credits summed over the trials of a cluster, in sixths of a trial, and their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, i64)", into = "(i64, i64)")]
pub(crate) struct Cell {
    pub sum: i64,
    pub count: i64,
}

impl Cell {
    pub fn of(credit: Credit) -> Self {
        Self {
            sum: credit.sixths().into(),
            count: 1,
        }
    }

    /// The mean credit of the trials.
    pub fn mean(self) -> f64 {
        self.sum as f64 / f64::from(Credit::FULL.sixths()) / self.count as f64
    }

    fn residual(self, mean: f64) -> f64 {
        self.sum as f64 / f64::from(Credit::FULL.sixths()) - mean * self.count as f64
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }
}

impl SubAssign for Cell {
    fn sub_assign(&mut self, other: Self) {
        self.sum -= other.sum;
        self.count -= other.count;
    }
}

impl From<(i64, i64)> for Cell {
    fn from((sum, count): (i64, i64)) -> Self {
        Self { sum, count }
    }
}

impl From<Cell> for (i64, i64) {
    fn from(Cell { sum, count }: Cell) -> Self {
        (sum, count)
    }
}

/// Σ R² and Σ count² over the clusters of one level.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Level {
    pub squared_residuals: f64,
    pub squared_counts: f64,
}

impl Level {
    pub fn over(cells: impl IntoIterator<Item = Cell>, mean: f64) -> Self {
        let mut level = Self::default();
        for cell in cells {
            level += Self {
                squared_residuals: cell.residual(mean).powi(2),
                squared_counts: (cell.count as f64).powi(2),
            };
        }
        level
    }
}

impl AddAssign for Level {
    fn add_assign(&mut self, other: Self) {
        self.squared_residuals += other.squared_residuals;
        self.squared_counts += other.squared_counts;
    }
}

impl std::iter::Sum for Level {
    fn sum<I: Iterator<Item = Self>>(levels: I) -> Self {
        levels.fold(Self::default(), |mut sum, level| {
            sum += level;
            sum
        })
    }
}

/// The three levels of clusters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Levels {
    objects: Level,
    pairs: Level,
    triples: Level,
    /// Objects that any trial contains.
    n_objects: usize,
}

impl Levels {
    pub fn new(objects: &[Cell], pairs: Level, triples: Level, mean: f64) -> Self {
        Self {
            objects: Level::over(objects.iter().copied(), mean),
            pairs,
            triples,
            n_objects: objects.iter().filter(|cell| cell.count > 0).count(),
        }
    }

    /// The mean with its standard error.
    pub fn estimate(&self, mean: f64, n_trials: u64) -> Estimate {
        let Levels {
            objects,
            pairs,
            triples,
            n_objects,
        } = self;
        let squared_trials = (n_trials as f64).powi(2);
        let shared = (objects.squared_counts - pairs.squared_counts + triples.squared_counts)
            / squared_trials;
        let variance =
            objects.squared_residuals - pairs.squared_residuals + triples.squared_residuals;
        // With few or unlucky trials the difference can fall below what independent questions
        // would give; objects never make a mean surer than that.
        let variance = variance.max(triples.squared_residuals);
        let unshared = 1.0 - shared;
        // Fewer than six objects leave no two trials without one in common.
        let standard_error =
            (unshared > 1e-9).then(|| (variance / squared_trials / unshared).sqrt());
        let n_units = (*n_objects).min(usize::try_from(n_trials).unwrap_or(usize::MAX));
        Estimate {
            value: mean,
            standard_error,
            degrees_of_freedom: n_units.saturating_sub(1) as f64,
        }
    }
}

/// The mean credit over trials with its object-level standard error: the accuracy of choices that
/// come from anywhere, such as another person's.
///
/// # Errors
/// [`Error::LengthMismatch`] where there is not one credit for each trial.
pub fn clustered_mean<T: Task>(trials: &Trials<T>, credits: &[Credit]) -> Result<Estimate> {
    check_length(trials, credits)?;
    Ok(mean_over_trials(
        trials.as_slice(),
        credits,
        trials.stimuli().len(),
    ))
}

/// Refuses credits that are not one for each trial.
pub(crate) fn check_length<T: Task>(trials: &Trials<T>, credits: &[Credit]) -> Result<()> {
    if credits.len() != trials.len() {
        return Err(Error::LengthMismatch {
            what: "credits of trials",
            expected: trials.len(),
            found: credits.len(),
        });
    }
    Ok(())
}

/// The mean credit over trials with its standard error. There are as many credits as trials, at
/// least one, and all indices are below `n_stimuli`.
pub(crate) fn mean_over_trials(
    trials: &[[u32; 3]],
    credits: &[Credit],
    n_stimuli: usize,
) -> Estimate {
    let objects = object_cells(trials, credits, n_stimuli);
    let mean = mean_of(credits);
    Levels::new(
        &objects,
        pair_level(trials, credits, n_stimuli, mean),
        keyed_level(trials, credits, mean, |trial| [triple_key(trial)]),
        mean,
    )
    .estimate(mean, trials.len() as u64)
}

fn mean_of(credits: &[Credit]) -> f64 {
    let sum: i64 = credits
        .iter()
        .map(|credit| i64::from(credit.sixths()))
        .sum();
    sum as f64 / f64::from(Credit::FULL.sixths()) / credits.len() as f64
}

/// Trials that a task looks at.
const CHUNK: usize = 1 << 16;

/// One cell an object.
pub(crate) fn object_cells(trials: &[[u32; 3]], credits: &[Credit], n_stimuli: usize) -> Vec<Cell> {
    trials
        .par_chunks(CHUNK)
        .zip(credits.par_chunks(CHUNK))
        .fold(
            || vec![Cell::default(); n_stimuli],
            |mut cells, (trials, credits)| {
                for (trial, &credit) in trials.iter().zip(credits) {
                    for &index in trial {
                        cells[index as usize] += Cell::of(credit);
                    }
                }
                cells
            },
        )
        .reduce_with(|mut left, right| {
            left.iter_mut()
                .zip(right)
                .for_each(|(left, right)| *left += right);
            left
        })
        .unwrap_or_default()
}

/// Where the pairs of a larger object start in a table of all pairs `low < high`.
fn start_of(high: usize) -> usize {
    high * high.saturating_sub(1) / 2
}

/// The pair level, from a table of all pairs where there are trials enough to fill it, otherwise
/// from the pairs that occur.
fn pair_level(trials: &[[u32; 3]], credits: &[Credit], n_stimuli: usize, mean: f64) -> Level {
    let n_pairs = start_of(n_stimuli);
    if n_pairs > 12 * trials.len() || trials.len() > SmallCell::MAX_TRIALS {
        return keyed_level(trials, credits, mean, pair_keys);
    }
    // Each task owns some rows of the table and looks for their pairs in all trials. Cells are
    // whole numbers, so it does not matter how many tasks there are.
    let n_bands = rayon::current_num_threads();
    let mut cells = vec![SmallCell::default(); n_pairs];
    let mut rest = cells.as_mut_slice();
    let mut bands = Vec::with_capacity(n_bands);
    let mut first = 0;
    for band in 1..=n_bands {
        let end = (n_stimuli as f64 * (band as f64 / n_bands as f64).sqrt()).round() as usize;
        let (own, after) = std::mem::take(&mut rest).split_at_mut(start_of(end) - start_of(first));
        rest = after;
        bands.push((start_of(first), own));
        first = end;
    }
    bands.into_par_iter().for_each(|(offset, cells)| {
        for (&[a, b, c], &credit) in trials.iter().zip(credits) {
            for (a, b) in [(a, b), (a, c), (b, c)] {
                let (low, high) = (a.min(b) as usize, a.max(b) as usize);
                // Before the band, the difference wraps to beyond it.
                let place = (start_of(high) + low).wrapping_sub(offset);
                if let Some(cell) = cells.get_mut(place) {
                    cell.sum += i32::from(credit.sixths());
                    cell.count += 1;
                }
            }
        }
    });
    let chunks: Vec<Level> = cells
        .par_chunks(CHUNK)
        .map(|cells| Level::over(cells.iter().map(|&cell| cell.into()), mean))
        .collect();
    chunks.into_iter().sum()
}

/// A [`Cell`] in half the memory, for a table of all pairs.
#[derive(Clone, Copy, Default)]
struct SmallCell {
    sum: i32,
    count: i32,
}

impl SmallCell {
    /// Trials that it can hold, whatever their credits.
    const MAX_TRIALS: usize = (i32::MAX / Credit::FULL.sixths() as i32) as usize;
}

impl From<SmallCell> for Cell {
    fn from(cell: SmallCell) -> Cell {
        Cell {
            sum: cell.sum.into(),
            count: cell.count.into(),
        }
    }
}

/// A level of which few of the possible clusters occur; `keys` names the clusters of a trial.
///
/// Keys are sorted in parts of bounded size, all trials of a cluster in the same part, so that
/// little memory is needed beside the trials.
fn keyed_level<const N: usize>(
    trials: &[[u32; 3]],
    credits: &[Credit],
    mean: f64,
    keys: impl Fn([u32; 3]) -> [u64; N] + Sync,
) -> Level {
    const PART: usize = 1 << 19;

    let n_parts = (N * trials.len()).div_ceil(PART) as u64;
    let parts: Vec<Level> = (0..n_parts)
        .into_par_iter()
        .map(|part| {
            let mut keyed = Vec::with_capacity((N * trials.len()).min(PART + PART / 8));
            for (&trial, &credit) in trials.iter().zip(credits) {
                let own = keys(trial)
                    .into_iter()
                    .filter(|&key| part_of(key, n_parts) == part);
                keyed.extend(own.map(|key| (key, credit)));
            }
            let cells = sum_by_key(keyed);
            Level::over(cells.into_iter().map(|(_, cell)| cell), mean)
        })
        .collect();
    parts.into_iter().sum()
}

/// One of `n_parts` parts for each key, about equally many keys in each.
fn part_of(key: u64, n_parts: u64) -> u64 {
    // Multiplication by 2⁶⁴ divided by the golden ratio spreads neighbouring keys.
    ((key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) * n_parts) >> 32
}

/// The cells of the keys that occur, in ascending order of keys.
pub(crate) fn sum_by_key(mut keyed: Vec<(u64, Credit)>) -> Vec<(u64, Cell)> {
    keyed.sort_unstable_by_key(|&(key, _)| key);
    keyed
        .chunk_by(|(left, _), (right, _)| left == right)
        .map(|same| {
            let mut cell = Cell::default();
            same.iter()
                .for_each(|&(_, credit)| cell += Cell::of(credit));
            (same[0].0, cell)
        })
        .collect()
}

/// Bits of an index in a key: three indices fit.
const INDEX_BITS: u32 = Trials::<OddOneOutTask>::MAX_STIMULI.trailing_zeros();

fn pair_key(a: u32, b: u32) -> u64 {
    u64::from(a.max(b)) << INDEX_BITS | u64::from(a.min(b))
}

/// The three pairs of a trial.
pub(crate) fn pair_keys([a, b, c]: [u32; 3]) -> [u64; 3] {
    [pair_key(a, b), pair_key(a, c), pair_key(b, c)]
}

/// The objects of a trial, whatever their order.
pub(crate) fn triple_key([a, b, c]: [u32; 3]) -> u64 {
    let (low, high) = (a.min(b), a.max(b));
    let (middle, largest) = (high.min(c), high.max(c));
    let (smallest, middle) = (low.min(middle), low.max(middle));
    u64::from(largest) << (2 * INDEX_BITS) | u64::from(middle) << INDEX_BITS | u64::from(smallest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// The sum over all pairs of trials that share an object, as the definition has it.
    fn by_definition(trials: &[[u32; 3]], credits: &[Credit]) -> (f64, f64) {
        let values: Vec<f64> = credits.iter().map(|credit| credit.value()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (mut covariance, mut n_sharing, mut own) = (0.0, 0.0, 0.0);
        for (t, &x) in trials.iter().zip(&values) {
            for (u, &y) in trials.iter().zip(&values) {
                let n_common = t.iter().filter(|index| u.contains(index)).count();
                if n_common > 0 {
                    covariance += (x - mean) * (y - mean);
                    n_sharing += 1.0;
                }
                if n_common == 3 {
                    own += (x - mean) * (y - mean);
                }
            }
        }
        let squared = (trials.len() as f64).powi(2);
        (covariance.max(own) / squared, n_sharing / squared)
    }

    fn trials_and_credits() -> impl Strategy<Value = (u32, Vec<[u32; 3]>, Vec<Credit>)> {
        (3u32..40, 2usize..120).prop_flat_map(|(n, t)| {
            let trial = proptest::sample::subsequence((0..n).collect::<Vec<_>>(), 3)
                .prop_map(|three| [three[0], three[1], three[2]])
                .prop_shuffle();
            let credit = proptest::sample::select(vec![0, 2, 3, 6]).prop_map(Credit::from_sixths);
            let trials = proptest::collection::vec(trial, t);
            (Just(n), trials, proptest::collection::vec(credit, t))
        })
    }

    proptest! {
        #[test]
        fn the_one_pass_form_is_the_sum_over_pairs_of_trials(
            (n, trials, credits) in trials_and_credits()
        ) {
            let estimate = mean_over_trials(&trials, &credits, n as usize);
            let (variance, shared) = by_definition(&trials, &credits);
            match estimate.standard_error {
                None => prop_assert!(shared > 1.0 - 1e-9),
                Some(error) => {
                    let expected = (variance / (1.0 - shared)).sqrt();
                    assert_relative_eq!(error, expected, epsilon = 1e-7, max_relative = 1e-7);
                }
            }
            // Both ways to the pair level agree.
            let keyed = keyed_level(&trials, &credits, 0.4, pair_keys);
            let times = 100;
            let table = pair_level(
                &trials.repeat(times),
                &credits.repeat(times),
                n as usize,
                0.4,
            );
            let squared = (times * times) as f64;
            assert_relative_eq!(table.squared_counts, squared * keyed.squared_counts);
            assert_relative_eq!(
                table.squared_residuals,
                squared * keyed.squared_residuals,
                max_relative = 1e-9,
                epsilon = 1e-9
            );
        }
    }
}
