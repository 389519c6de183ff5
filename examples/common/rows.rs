//! Pairs of feature files with the same stimuli.

use human_alignment::stimuli::Pairing;
use human_alignment::{Error, FileSource, Representation, Result};

use crate::common::is_same_file;
use crate::features::{FeatureFile, FeatureReading};
use crate::pairing::pair;

/// Reads two files of features with the rows of the second in the order of the first, and returns
/// how rows were matched: by id, or by position if one file has no ids and the numbers of rows are
/// equal. Stimuli that only one file has are an error. A column, or the array of --array, need only be
/// in one of the files. `flags` set the arrays of the files.
pub fn read_matched(
    reading: &FeatureReading,
    files: [FeatureFile<'_>; 2],
    flags: &str,
) -> Result<(Representation, Representation, Pairing)> {
    let [(first, ..), (second, ..)] = files;
    if let Some(array) = &reading.array
        && files.iter().all(|(.., own)| own.is_none())
        && is_same_file(first, second)
    {
        return Err(Error::other(format!(
            "--array {array} is the same array of {} on both sides: name both with {flags}",
            first.display()
        )));
    }
    let mut features = reading.features_of_all(&files)?.into_iter();
    let (Some(a), Some(b)) = (features.next(), features.next()) else {
        unreachable!("two files were read");
    };
    let is_named = [&a, &b].map(|features| features.stimuli().is_named());
    let pairing = pair(a.stimuli(), b.stimuli());
    let matched = pairing.and_then(|pairing| Ok((b.select(a.stimuli())?, pairing)));
    let (b, pairing) = matched.map_err(|error| {
        Error::other(format!(
            "{} and {} have other stimuli: {}: select the same stimuli in both",
            first.display(),
            second.display(),
            error.report()
        ))
    })?;
    if pairing == Pairing::Position {
        require_ids_of_both(reading, files, is_named)?;
    }
    Ok((a, b, pairing))
}

/// Refuses --id-column if the ids of one table cannot be matched with those of the other, which has none.
fn require_ids_of_both(
    reading: &FeatureReading,
    files: [FeatureFile<'_>; 2],
    is_named: [bool; 2],
) -> Result<()> {
    let Some(column) = &reading.id_column else {
        return Ok(());
    };
    for ((path, ..), is_named) in files.into_iter().zip(is_named) {
        if !is_named && FileSource::open(path)?.is_table() {
            return Err(Error::other(format!(
                "--id-column {column}: {} has no such column, and no other ids: give its column of ids the same \
                 name",
                path.display()
            )));
        }
    }
    Ok(())
}
