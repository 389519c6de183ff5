//! How sets of stimuli are matched: by id, or rows without ids by position.

use std::collections::HashMap;

use serde::Serialize;

use super::unmatched::unmatched;
use super::{Set, Stimuli};
use crate::error::{NAMED_IDS, Result, StimuliError};

/// How two sets of stimuli are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// By their ids.
    Id,
    /// By their positions, because at least one of the two has no ids.
    Position,
}

impl Stimuli {
    /// Returns how these stimuli are matched with others, where both hold the same ones.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the ids differ;
    /// [`Error::NotPaired`] where one of the two has no ids and there are not as many of both.
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
    /// [`Error::MissingStimuli`] names those that are not here; [`Error::NotPaired`] where one of the
    /// two has no ids and there are not as many of both.
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

    /// Returns the position in `self` of each of some of the `needed` stimuli, given as positions there.
    ///
    /// # Errors
    /// As for [`Stimuli::positions_of`].
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

    /// Returns the position in `self` of each of the `wanted` stimuli, `None` for those that are not
    /// here.
    ///
    /// Ids are matched with equal ids. Where one of the two is of rows without ids, row *i* is matched
    /// with row *i*, or with the id at position *i*, provided that there are as many rows in all.
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

    /// Checks that `self` and `other` hold the same stimuli, in whatever order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] for ids of `other` that are not here, [`Error::ExtraStimuli`] for
    /// ids here that `other` lacks; [`Error::NotPaired`] where one of the two has no ids and there are
    /// not as many of both.
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

    /// Whether one of the two has ids, and the other just these for the labels of its rows.
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

    /// The number of the first row, where rows are numbered.
    fn first_label(&self) -> u32 {
        match &*self.set {
            Set::Unnamed { first, .. } => first.unwrap_or(0),
            Set::Named { .. } => 0,
        }
    }

    /// How many rows there are in all, of which these may be some.
    fn n_in_all(&self) -> usize {
        match &*self.set {
            Set::Named { ids, .. } => ids.len(),
            Set::Unnamed { n_rows, .. } => *n_rows as usize,
        }
    }
}
