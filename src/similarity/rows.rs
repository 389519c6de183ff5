//! The rows of a representation that trials ask for, matched by id.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::stimuli::{Stimuli, missing};

/// Marks a stimulus that no trial shows.
pub(super) const NOT_SHOWN: u32 = u32::MAX;

/// The rows of the stimuli that trials show, before any similarity is computed.
///
/// A *slot* counts the shown stimuli from 0.
pub(super) struct Rows<'a> {
    representation: &'a Representation,
    pub similarity: Similarity,
    /// Row of the representation, by slot.
    row_of_slot: Vec<u32>,
    /// Slot, by position in the stimuli of the trials; [`NOT_SHOWN`] where there is none.
    pub slot_of_stimulus: Vec<u32>,
    /// Mean of the features, by slot; only under Pearson.
    means: Vec<f64>,
}

impl<'a> Rows<'a> {
    /// Finds the row of each shown stimulus.
    pub fn join(
        representation: &'a Representation,
        stimuli: &Stimuli,
        shown: &[u32],
        similarity: Similarity,
    ) -> Result<Self> {
        let here = representation.stimuli();
        let row_of_slot: Vec<u32> = if here == stimuli {
            shown.to_vec()
        } else {
            let id_of = |&position: &u32| &stimuli.ids()[position as usize];
            let row_of = |id: &String| here.position(id).map(|row| row as u32);
            let found: Vec<u32> = shown.iter().map(id_of).filter_map(row_of).collect();
            if found.len() < shown.len() {
                let absent = shown.iter().map(id_of).filter(|id| row_of(id).is_none());
                return Err(missing(absent, shown.len() - found.len(), shown.len()));
            }
            found
        };
        let mut slot_of_stimulus = vec![NOT_SHOWN; stimuli.len()];
        for (slot, &position) in (0..).zip(shown) {
            slot_of_stimulus[position as usize] = slot;
        }
        let mut rows = Self {
            representation,
            similarity,
            row_of_slot,
            slot_of_stimulus,
            means: Vec::new(),
        };
        if similarity == Similarity::Pearson {
            rows.means = rows.map_slots(|slot| {
                let row = rows.row(slot);
                let sum: f64 = row.iter().map(|&value| f64::from(value)).sum();
                sum / row.len() as f64
            });
        }
        rows.refuse_undefined()?;
        Ok(rows)
    }

    /// Refuses the first row for which the similarity is undefined.
    fn refuse_undefined(&self) -> Result<()> {
        let is_undefined = |row: &[f32]| match self.similarity {
            Similarity::Cosine => row.iter().all(|&value| value == 0.0),
            Similarity::Pearson => row.iter().all(|&value| value == row[0]),
            _ => false,
        };
        let undefined = (0..self.len())
            .into_par_iter()
            .find_first(|&slot| is_undefined(self.row(slot)));
        let Some(slot) = undefined else { return Ok(()) };
        let stimulus = self.representation.stimuli().ids()[self.row_of_slot[slot] as usize].clone();
        Err(match self.similarity {
            Similarity::Pearson => Error::ConstantRow { stimulus },
            _ => Error::ZeroVector { stimulus },
        })
    }

    /// Number of shown stimuli.
    pub fn len(&self) -> usize {
        self.row_of_slot.len()
    }

    pub fn n_features(&self) -> usize {
        self.representation.n_features()
    }

    /// The features of a slot as they are.
    pub fn row(&self, slot: usize) -> &'a [f32] {
        let start = self.row_of_slot[slot] as usize * self.n_features();
        &self.representation.as_slice()[start..start + self.n_features()]
    }

    /// The mean of the features of a slot. Under Pearson only.
    pub fn mean(&self, slot: usize) -> f64 {
        self.means[slot]
    }

    /// One number a slot, in parallel.
    pub fn map_slots<R: Send>(&self, of_slot: impl Fn(usize) -> R + Send + Sync) -> Vec<R> {
        (0..self.len()).into_par_iter().map(of_slot).collect()
    }
}
