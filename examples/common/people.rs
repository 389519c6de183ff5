//! Dissimilarities that people judged, beside features.

use human_alignment::rdm::RdmFile;
use human_alignment::{RdmSet, Result, Stimuli};

/// What is in a file; over `stimuli`, position by position, where it names none of its own.
pub fn read_people(file: RdmFile, stimuli: &Stimuli) -> Result<RdmSet> {
    let people = file.read()?;
    let n = people.stimuli().len();
    let is_numbered = *people.stimuli() == Stimuli::numbered(n as u32);
    match is_numbered && n == stimuli.len() && people.stimuli().same_set_as(stimuli).is_err() {
        true => file.with_ids(stimuli.clone()).read(),
        false => Ok(people),
    }
}
