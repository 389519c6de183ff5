//! Pairs of feature files with the same stimuli.

use std::path::Path;

use human_alignment::stimuli::Pairing;
use human_alignment::{Error, Representation, Result};

use crate::features::FeatureReading;
use crate::pairing::pair;

/// Reads two files of features with the rows of the second in the order of the first, and returns
/// how rows were matched: by id, or by position if one file has no ids and the numbers of rows are
/// equal. Stimuli that only one file has are an error. An array or a column that is named need only be
/// in one of the files.
pub fn read_matched(
    reading: &FeatureReading,
    paths: [&Path; 2],
    ids: [Option<&Path>; 2],
) -> Result<(Representation, Representation, Pairing)> {
    let files = [(paths[0], ids[0]), (paths[1], ids[1])];
    let mut features = reading.features_of_all(&files)?.into_iter();
    let (Some(a), Some(b)) = (features.next(), features.next()) else {
        unreachable!("two files were read");
    };
    let pairing = pair(a.stimuli(), b.stimuli());
    let matched = pairing.and_then(|pairing| Ok((b.select(a.stimuli())?, pairing)));
    let (b, pairing) = matched.map_err(|error| {
        let [a, b] = paths.map(Path::display);
        Error::other(format!(
            "{a} and {b} have other stimuli: {}: select the same stimuli in both",
            error.report()
        ))
    })?;
    Ok((a, b, pairing))
}
