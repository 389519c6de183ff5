//! How stimuli of two files are matched.

use human_alignment::stimuli::Pairing;
use human_alignment::{Result, Stimuli};

use crate::common::notes;

/// Tells how two sets of stimuli are matched, and notes it where that is by position.
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
