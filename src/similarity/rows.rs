//! Rows of a representation that trials need, matched by id.

use std::collections::HashMap;

use pulp::Arch;
use rayon::prelude::*;

use crate::error::{FeatureError, Result};
use crate::linalg::{Real, UNIT_ROUNDOFF, Values, with_values};
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::stimuli::Stimuli;

/// Slot of a stimulus that no trial shows.
const NOT_SHOWN: u32 = u32::MAX;

/// The distinct rows of the stimuli that trials show.
///
/// Stimuli with identical rows share one *slot*. Therefore they tie exactly, whatever the order in
/// which the terms of a product are summed: a representation that is collapsed to one point has a
/// single slot and cannot be correct because of rounding. Under cosine and Pearson, which do not
/// depend on the length of a row, rows that are exact multiples of each other share a slot
/// (features that were rounded after scaling are different rows).
pub(super) struct Rows<'a> {
    features: Values<'a>,
    n_features: usize,
    pub similarity: Similarity,
    /// Row of the representation, by slot.
    row_of_slot: Vec<u32>,
    /// Slot, by position in the stimuli of the trials; [`NOT_SHOWN`] if the stimulus is not shown.
    slot_of_stimulus: Vec<u32>,
    /// Mean of the features under Pearson, otherwise 0; by slot.
    means: Vec<f64>,
    /// Largest absolute value of a feature, under Pearson of its distance from the mean; by slot.
    largest: Vec<f64>,
}

impl<'a> Rows<'a> {
    /// Finds the row and the slot of each shown stimulus.
    pub fn join(
        representation: &'a Representation,
        stimuli: &Stimuli,
        shown: &[u32],
        similarity: Similarity,
    ) -> Result<Self> {
        let here = representation.stimuli();
        let row_of_shown = here.positions_of_some(stimuli, shown)?;
        let mut rows = Self {
            features: representation.values(),
            n_features: representation.n_features(),
            similarity,
            row_of_slot: Vec::new(),
            slot_of_stimulus: vec![NOT_SHOWN; stimuli.len()],
            means: Vec::new(),
            largest: Vec::new(),
        };
        let stimulus = |row: u32| here.ids()[row as usize].clone();
        with_values!(rows.features, features => {
            rows.divide_into_slots(features, shown, &row_of_shown, stimulus)
        })?;
        Ok(rows)
    }

    /// Finds the slot of each shown stimulus.
    fn divide_into_slots<T: Real>(
        &mut self,
        features: &[T],
        shown: &[u32],
        row_of_shown: &[u32],
        stimulus: impl Fn(u32) -> String + Sync,
    ) -> Result<()> {
        let (n_features, similarity) = (self.n_features, self.similarity);
        let features_of = |row: u32| row_of(features, n_features, row);
        let directions: Vec<Result<Direction>> = row_of_shown
            .par_iter()
            .map(|&row| Direction::new(features_of(row), similarity, || stimulus(row)))
            .collect();
        // In order, so that the error names the first invalid stimulus.
        let mut directions = directions.into_iter().collect::<Result<Vec<_>>>()?;
        let mut n_rows: HashMap<u64, u32> = HashMap::with_capacity(shown.len());
        for direction in &directions {
            *n_rows.entry(direction.hash).or_default() += 1;
        }
        // Rows with the same sample of features are told apart by all features.
        let rows = directions.par_iter_mut().zip(row_of_shown);
        rows.filter(|(direction, _)| n_rows[&direction.hash] > 1)
            .for_each(|(direction, &row)| direction.hash = direction.hash(features_of(row), 1));

        let mut directions_of_slots: Vec<&Direction> = Vec::new();
        let mut slots_of_hash: HashMap<u64, Vec<u32>> = HashMap::with_capacity(shown.len());
        for ((&position, &row), direction) in shown.iter().zip(row_of_shown).zip(&directions) {
            let candidates = slots_of_hash.entry(direction.hash).or_default();
            let same = |&&slot: &&u32| {
                let other = directions_of_slots[slot as usize];
                let other_row = self.row_of_slot[slot as usize];
                direction.equals(other, features_of(row), features_of(other_row))
            };
            let slot = candidates.iter().find(same).copied().unwrap_or_else(|| {
                let slot = self.row_of_slot.len() as u32;
                candidates.push(slot);
                directions_of_slots.push(direction);
                slot
            });
            if slot as usize == self.row_of_slot.len() {
                self.row_of_slot.push(row);
                self.means.push(direction.mean);
                self.largest.push(direction.largest);
            }
            self.slot_of_stimulus[position as usize] = slot;
        }
        Ok(())
    }

    /// Returns the number of slots.
    pub fn len(&self) -> usize {
        self.row_of_slot.len()
    }

    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the features of all rows of the representation.
    #[inline(always)]
    pub fn features(&self) -> Values<'a> {
        self.features
    }

    /// Returns the slots of the stimuli of a trial.
    #[inline(always)]
    pub fn slots(&self, [a, b, c]: [u32; 3]) -> [u32; 3] {
        let slot = |index: u32| self.slot_of_stimulus[index as usize];
        [slot(a), slot(b), slot(c)]
    }

    /// Returns the unscaled row of a slot from the `features` of all rows.
    #[inline(always)]
    pub fn row<'f, T>(&self, features: &'f [T], slot: usize) -> &'f [T] {
        row_of(features, self.n_features, self.row_of_slot[slot])
    }

    /// Returns the mean of the features of a slot under Pearson, otherwise 0.
    pub fn mean(&self, slot: usize) -> f64 {
        self.means[slot]
    }

    /// Returns the largest absolute value of a feature of each slot, under Pearson of its distance
    /// from the mean.
    pub fn largest(&self) -> &[f64] {
        &self.largest
    }

    /// Returns the slot of each stimulus and drops the rows.
    pub fn into_slot_of_stimulus(self) -> Vec<u32> {
        self.slot_of_stimulus
    }
}

#[inline(always)]
fn row_of<T>(features: &[T], n_features: usize, row: u32) -> &[T] {
    let start = row as usize * n_features;
    &features[start..start + n_features]
}

/// The part of a row that determines its similarities: the row itself, or under cosine and Pearson
/// its direction, represented by the (centred) row divided by its largest absolute value.
///
/// Division is correctly rounded, so rows that are multiples of each other have identical
/// quotients.
struct Direction {
    /// Hash of a sample of the elements, or of all.
    hash: u64,
    mean: f64,
    largest: f64,
    /// Divisor of the elements.
    length: f64,
}

impl Direction {
    fn new<T: Real>(
        features: &[T],
        similarity: Similarity,
        stimulus: impl Fn() -> String,
    ) -> Result<Self> {
        /// Number of features whose hash tells most rows apart.
        const SAMPLE: usize = 64;

        let mut mean = 0.0;
        if similarity == Similarity::Pearson {
            let sum = reduce(features, |value| value, |sum, value| sum + value);
            mean = sum / features.len() as f64;
        }
        let largest = reduce(features, |value| (value - mean).abs(), f64::max);
        if similarity == Similarity::Pearson {
            // The bound covers equal decimals that differ by rounding, and the rounding of the
            // mean.
            let of_rounding = (features.len() as f64 / 8.0 + 16.0) * UNIT_ROUNDOFF * mean.abs();
            let are_equal = features.iter().all(|&value| value == features[0]);
            if are_equal || largest <= of_rounding {
                return Err(FeatureError::ConstantRow {
                    stimulus: stimulus(),
                }
                .into());
            }
        }
        let length = match similarity {
            Similarity::Cosine | Similarity::Pearson => largest,
            _ => 1.0,
        };
        if length == 0.0 {
            return Err(FeatureError::ZeroVector {
                stimulus: stimulus(),
            }
            .into());
        }
        let mut direction = Self {
            hash: 0,
            mean,
            largest,
            length,
        };
        direction.hash = direction.hash(features, features.len().div_ceil(SAMPLE).max(1));
        Ok(direction)
    }

    /// Returns one element; adding 0 converts −0 to 0, so that equal elements have equal bits.
    #[inline(always)]
    fn element(&self, value: impl Into<f64>) -> f64 {
        (value.into() - self.mean) / self.length + 0.0
    }

    /// Computes a hash of the elements at every `step`-th position (a variant of FxHash); rows with
    /// equal hashes are compared.
    fn hash<T: Real>(&self, features: &[T], step: usize) -> u64 {
        const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
        let add = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);

        let mut lanes = [0u64; LANES];
        for (position, &value) in features.iter().step_by(step).enumerate() {
            let lane = &mut lanes[position % LANES];
            *lane = add(*lane, self.element(value).to_bits());
        }
        lanes.into_iter().fold(0, add)
    }

    /// Checks whether two rows have the same direction; `own` and `others` are their features.
    fn equals<T: Real>(&self, other: &Self, own: &[T], others: &[T]) -> bool {
        let mut pairs = own.iter().zip(others);
        pairs.all(|(&own, &others)| self.element(own) == other.element(others))
    }
}

/// Number of independent sums, so that an addition need not wait for the previous one.
const LANES: usize = 8;

/// Reduces a row in a fixed order, starting from 0.
pub(super) fn reduce<T: Real>(
    features: &[T],
    of: impl Fn(f64) -> f64,
    add: impl Fn(f64, f64) -> f64,
) -> f64 {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut lanes = [0.0; LANES];
            let (chunks, rest) = features.as_chunks::<LANES>();
            for chunk in chunks {
                for (lane, &value) in lanes.iter_mut().zip(chunk) {
                    *lane = add(*lane, of(value.into()));
                }
            }
            for (lane, &value) in lanes.iter_mut().zip(rest) {
                *lane = add(*lane, of(value.into()));
            }
            lanes.into_iter().fold(0.0, add)
        },
    )
}
