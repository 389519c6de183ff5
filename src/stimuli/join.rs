//! Matching of sets of stimuli: by id, or by position for rows without ids.

use std::collections::HashMap;

use serde::Serialize;

use super::unmatched::unmatched;
use super::{Set, Stimuli};
use crate::error::{NAMED_IDS, Result, StimuliError};

/// The way in which two sets of stimuli are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// By their ids.
    Id,
    /// By their positions, because at least one of the sets has no ids.
    Position,
}

impl Stimuli {
    /// Returns how two sets of the same stimuli are matched.
    ///
    /// # Errors
    /// Returns [`StimuliError::Missing`] or [`StimuliError::Unexpected`] if the ids differ, and
    /// [`StimuliError::NotPaired`] if one set has no ids and the numbers of stimuli differ.
    pub fn pairing_with(&self, other: &Stimuli) -> Result<Pairing> {
        self.same_set_as(other)?;
        let by_id = self.is_named() && other.is_named() || self.is_labelled_like(other);
        Ok(match by_id {
            true => Pairing::Id,
            false => Pairing::Position,
        })
    }

    /// Returns the position in `self` of each of the `needed` stimuli, in their order.
    ///
    /// # Errors
    /// Returns [`StimuliError::Missing`] with the stimuli that `self` does not contain, and
    /// [`StimuliError::NotPaired`] if one set has no ids and the numbers of stimuli differ.
    pub fn positions_of(&self, needed: &Stimuli) -> Result<Vec<u32>> {
        if self == needed {
            return Ok((0..self.len() as u32).collect());
        }
        let found = self.find_each(needed);
        match found.iter().copied().collect::<Option<Vec<u32>>>() {
            Some(positions) => Ok(positions),
            None => Err(unmatched(needed, self, &found)),
        }
    }

    /// Returns the position in `self` of some of the `needed` stimuli, given by their positions in
    /// `needed`.
    ///
    /// # Errors
    /// Returns an error if [`Stimuli::positions_of`] does.
    pub(crate) fn positions_of_some(&self, needed: &Stimuli, some: &[u32]) -> Result<Vec<u32>> {
        if self == needed {
            return Ok(some.to_vec());
        }
        let found = self.find_each(needed);
        let positions = some.iter().map(|&position| found[position as usize]);
        positions.collect::<Option<_>>().ok_or_else(|| {
            let needed = needed.at(some.iter().map(|&position| position as usize).collect());
            let found = self.find_each(&needed);
            unmatched(&needed, self, &found)
        })
    }

    /// Returns the position in `self` of each of the `wanted` stimuli, or `None` for stimuli that
    /// `self` does not contain.
    ///
    /// Ids are matched with equal ids. If one set consists of rows without ids, row *i* is matched
    /// with row *i*, or with the id at position *i*, provided that the total numbers of rows are
    /// equal. Ids that are numbers are not matched with rows that have other numbers, or whose
    /// positions are these numbers in another order.
    pub(crate) fn find_each(&self, wanted: &Stimuli) -> Vec<Option<u32>> {
        match (&*self.set, &*wanted.set) {
            (Set::Named { positions, .. }, Set::Named { ids, .. }) => {
                let find = |id: &String| positions.get(id).copied();
                ids.iter().map(find).collect()
            }
            _ if self.n_in_all() != wanted.n_in_all() => vec![None; wanted.len()],
            (Set::Named { positions, .. }, _) if self.is_labelled_like(wanted) => {
                let label = |row: u32| positions.get(&(row + wanted.first_label()).to_string());
                wanted.rows().map(|row| label(row).copied()).collect()
            }
            (_, Set::Named { ids, .. }) if self.is_labelled_like(wanted) => {
                let rows: HashMap<u32, u32> = self.rows().zip(0..).collect();
                let row = |id: &String| id.parse::<u32>().ok()?.checked_sub(self.first_label());
                let find = |id: &String| row(id).and_then(|row| rows.get(&row).copied());
                ids.iter().map(find).collect()
            }
            _ if self.is_numbered_unlike(wanted) => vec![None; wanted.len()],
            _ if self.is_unordered || wanted.is_unordered => vec![None; wanted.len()],
            (Set::Named { .. } | Set::Unnamed { rows: None, .. }, _) => {
                wanted.rows().map(Some).collect()
            }
            (Set::Unnamed { .. }, _) => {
                let positions: HashMap<u32, u32> = self.rows().zip(0..).collect();
                let find = |row: u32| positions.get(&row).copied();
                wanted.rows().map(find).collect()
            }
        }
    }

    /// Checks that `self` and `other` contain the same stimuli, in any order.
    ///
    /// # Errors
    /// Returns [`StimuliError::Missing`] if ids of `other` are not in `self`,
    /// [`StimuliError::Unexpected`] if ids of `self` are not in `other`, and
    /// [`StimuliError::NotPaired`] if one set has no ids and the numbers of stimuli differ.
    pub fn same_set_as(&self, other: &Stimuli) -> Result<()> {
        self.positions_of(other)?;
        if self.len() == other.len() {
            return Ok(());
        }
        let found = other.find_each(self);
        let extra = self.ids().iter().zip(&found);
        let extra = extra.filter_map(|(id, found)| found.is_none().then_some(id));
        Err(StimuliError::Unexpected {
            ids: extra.take(NAMED_IDS).cloned().collect(),
            n_extra: self.len() - other.len(),
        }
        .into())
    }

    /// Returns the stimuli that `self` and `other` have in common, in the order of `self`.
    pub fn intersection(&self, other: &Stimuli) -> Stimuli {
        let found = other.find_each(self).into_iter().enumerate();
        let common = found.filter_map(|(position, found)| found.map(|_| position));
        self.at(common.collect())
    }

    /// Checks whether one set has ids which are exactly the labels of the rows of the other.
    fn is_labelled_like(&self, other: &Stimuli) -> bool {
        let (named, labelled) = match (&*self.set, &*other.set) {
            (Set::Named { positions, .. }, Set::Unnamed { .. }) => (positions, other),
            (Set::Unnamed { .. }, Set::Named { positions, .. }) => (positions, self),
            _ => return false,
        };
        let Set::Unnamed {
            n_rows,
            first: Some(first),
            ..
        } = &*labelled.set
        else {
            return false;
        };
        let has = |label: u32| named.contains_key(&label.to_string());
        named.len() == *n_rows as usize && (*first..first + n_rows).all(has)
    }

    /// Checks whether one set has ids with numbers and the other has rows with other numbers, so that
    /// an equal position may be chance. The numbers of rows without labels are their positions.
    pub(super) fn is_numbered_unlike(&self, other: &Stimuli) -> bool {
        let (named, ids, rows) = match (&*self.set, &*other.set) {
            (Set::Named { ids, .. }, rows @ Set::Unnamed { .. }) => (self, ids, rows),
            (rows @ Set::Unnamed { .. }, Set::Named { ids, .. }) => (other, ids, rows),
            _ => return false,
        };
        if !matches!(rows, Set::Unnamed { first: Some(_), .. }) {
            return named.count_in_another_order();
        }
        let is_number = |id: &String| id.bytes().all(|byte| byte.is_ascii_digit());
        named.column_of_numbers().is_some()
            || ids.iter().all(is_number) && !self.is_labelled_like(other)
    }

    /// Returns the label of the first row, or 0 if the rows have no labels.
    fn first_label(&self) -> u32 {
        match &*self.set {
            Set::Unnamed { first, .. } => first.unwrap_or(0),
            Set::Named { .. } => 0,
        }
    }

    /// Returns the total number of rows from which these stimuli were selected.
    fn n_in_all(&self) -> usize {
        match &*self.set {
            Set::Named { ids, .. } => ids.len(),
            Set::Unnamed { n_rows, .. } => *n_rows as usize,
        }
    }
}
