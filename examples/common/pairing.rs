//! Matching of the stimuli of two files.

use human_alignment::stimuli::Pairing;
use human_alignment::{Result, Stimuli};

use crate::common::notes;

/// Returns how two sets of stimuli are matched, and adds a note if they are matched by position.
pub fn pair(first: &Stimuli, second: &Stimuli) -> Result<Pairing> {
    let pairing = first.pairing_with(second)?;
    if pairing == Pairing::Position {
        notes::add(format!(
            "the rows are matched by position: {}; {}",
            first.describe(),
            second.describe()
        ));
    }
    Ok(pairing)
}
