//! Checks of the names under which numbers are: of columns, arrays and participants.

use std::path::Path;

use super::meaning::Direction;
use crate::error::{FileError, Quoted, RdmError, Result};
use crate::io::text::words;

/// Checks that the name of a column does not contradict how its numbers are read, and notes a column
/// whose name does not tell.
///
/// # Errors
/// Returns the errors of [`check_names`].
pub(super) fn check_direction(
    path: &Path,
    name: &str,
    column: usize,
    are_similarities: bool,
) -> Result<()> {
    check_names(&[name.to_owned()], are_similarities)?;
    if Direction::of(name) == Direction::Unknown && !are_similarities {
        note_direction(path, name, column);
    }
    Ok(())
}

/// Checks that the names under which numbers are, of columns, arrays or participants, do not contradict how
/// the numbers are read, nor each other.
///
/// # Errors
/// Returns [`RdmError::LooksLikeSimilarities`] for similarities that are not converted, and
/// [`FileError::Ambiguous`] for dissimilarities that are, for a name that speaks of both, and if only some
/// of several names tell a direction.
pub(super) fn check_names(names: &[String], are_similarities: bool) -> Result<()> {
    // Such as the initials `R.`, the name `Wasim` or the label `R_0`.
    let may_be_person = |name: &String| {
        let (numbers, others): (Vec<String>, Vec<String>) = words(name)
            .into_iter()
            .partition(|word| word.chars().all(char::is_numeric));
        let is_name = |word: &String| word.len() <= 3 || word.ends_with("sim");
        name.starts_with(char::is_alphabetic)
            && matches!(&others[..], [word] if names.len() > 1 && is_name(word) && word != "sim"
                || word.len() == 1 && !numbers.is_empty())
    };
    let direction = |name: &String| match may_be_person(name) {
        true => Direction::Unknown,
        false => Direction::of(name),
    };
    let mut told = names.iter().map(direction);
    let Some(at) = told.position(|direction| direction != Direction::Unknown) else {
        return Ok(());
    };
    let (name, direction) = (&names[at], direction(&names[at]));
    let ambiguous = |what: String, remedy| Err(FileError::Ambiguous { what, remedy }.into());
    let other = match at {
        0 => told
            .position(|other| other != direction)
            .map(|other| other + 1),
        _ => Some(0),
    };
    if let Some(other) = other {
        return ambiguous(
            format!(
                "whether {} and {} hold judgments of the same direction",
                Quoted(name),
                Quoted(&names[other])
            ),
            "keep judgments of one kind, and name those of all participants alike",
        );
    }
    match (direction, are_similarities) {
        (Direction::Similarity, false) => Err(RdmError::LooksLikeSimilarities {
            evidence: format!("the numbers are named {}", Quoted(name)),
        }
        .into()),
        (Direction::Dissimilarity, true) => ambiguous(
            format!(
                "whether {} holds similarities, as was set, or dissimilarities",
                Quoted(name)
            ),
            "read it without `RdmFile::with_similarities` (`--similarities`), or name it \
             \"similarity\" if it holds similarities",
        ),
        (Direction::Both, false) => ambiguous(
            format!(
                "whether {} holds similarities or dissimilarities",
                Quoted(name)
            ),
            "name it \"dissimilarity\" if larger means less similar; if larger means more similar, \
             convert it (`RdmFile::with_similarities`, `--similarities`)",
        ),
        _ => Ok(()),
    }
}

/// Notes that a column is read as dissimilarities, although its name does not tell.
fn note_direction(path: &Path, name: &str, column: usize) {
    let column = match name {
        "" => (column + 1).to_string(),
        name => format!("{name:?}"),
    };
    log::warn!(
        "{}: column {column} is read as dissimilarities; if larger means more similar, convert it \
         (`RdmFile::with_similarities`, `--similarities`)",
        path.display(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_participants_have_one_direction() {
        let check = |names: &[&str], are_similarities| {
            let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
            check_names(&names, are_similarities)
        };
        for (names, is_refused) in [
            (&["similarity"][..], true),
            (&["P1_similarity", "P2_similarity"], true),
            (&["sim_P1", "sim_P2"], true),
            (&["sim_1", "sim_2"], true),
            (&["cos_1"], true),
            (&["rating_P1", "similarity_P2"], true),
            (&["dissimilarity_rating", "similarity_rating"], true),
            (&["dissimilarity_P1", "dissimilarity_P2"], false),
            (&["P1", "P2"], false),
            (&["r", "tau", "Wasim"], false),
            (&["R_0", "R_1"], false),
            (&["R_0"], false),
            (&["rdm_correlation"], false),
        ] {
            assert_eq!(check(names, false).is_err(), is_refused, "{names:?}");
        }
        assert!(check(&["P1_similarity", "P2_similarity"], true).is_ok());
        assert!(check(&["similarity", "rating"], true).is_err());
        assert!(check(&["distance"], true).is_err());
    }
}
