//! Two files of features of the same stimuli.

use std::path::Path;

use human_alignment::{Error, FileSource, Representation, Result, Stimuli};

/// The features in two files, row by row of the same stimuli: matched by id where both name stimuli, else
/// by position, which asks for as many rows; `second` is the name of the flag of the second.
pub fn read_matched(
    paths: [&Path; 2],
    second: &'static str,
) -> Result<(Representation, Representation)> {
    let [a, b] = paths.map(|path| FileSource::open(path)?.read());
    let (a, b) = (a?, b?);
    let by_position = is_numbered(&a) || is_numbered(&b);
    if by_position && a.n_stimuli() != b.n_stimuli() {
        // There is no telling which rows are missing.
        return Err(Error::LengthMismatch {
            what: second,
            expected: a.n_stimuli(),
            found: b.n_stimuli(),
        });
    }
    if a.stimuli().same_set_as(b.stimuli()).is_ok() || !by_position {
        return Ok((a, b));
    }
    match is_numbered(&a) {
        true => Ok((renamed(a, b.stimuli())?, b)),
        false => {
            let b = renamed(b, a.stimuli())?;
            Ok((a, b))
        }
    }
}

/// Whether the ids of a file are the positions of its rows, as where it holds none.
fn is_numbered(representation: &Representation) -> bool {
    representation.stimuli() == &Stimuli::numbered(representation.n_stimuli() as u32)
}

fn renamed(representation: Representation, stimuli: &Stimuli) -> Result<Representation> {
    let provenance = representation.provenance().clone();
    let renamed = Representation::new(stimuli.clone(), representation.into_features())?;
    Ok(renamed.with_provenance(provenance))
}
