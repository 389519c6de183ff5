//! Two files of features of the same stimuli.

use std::path::Path;

use human_alignment::stimuli::Pairing;
use human_alignment::{Representation, Result};

use crate::features::FeatureReading;
use crate::pairing::pair;

/// Reads the features in two files, row by row of the same stimuli, and tells how they are matched: by id,
/// or by position where one has no ids and both have as many rows. What only one of them has is an error.
pub fn read_matched(
    reading: &FeatureReading,
    paths: [&Path; 2],
    ids: [Option<&Path>; 2],
) -> Result<(Representation, Representation, Pairing)> {
    let [a, b] = paths;
    let (a, b) = (reading.features(a, ids[0])?, reading.features(b, ids[1])?);
    let pairing = pair(a.stimuli(), b.stimuli())?;
    let b = b.select(a.stimuli())?;
    Ok((a, b, pairing))
}
