//! Checks of the names under which numbers are: of columns, arrays and participants.

use super::RdmFile;
use super::content::Contents;
use super::file_names::{names_dissimilarities, names_file_of_similarities, names_lower_triangle};
use super::layout::{Cells, Layout};
use super::meaning::Direction;
use crate::error::{FileError, Quoted, RdmError, Result};
use crate::io::format::Format;
use crate::io::text::{has_one_of, words};

/// Words in the names of columns of stimuli that are words.
const WORDS: [&str; 9] = [
    "word", "term", "noun", "verb", "lemma", "wort", "mot", "palabra", "parola",
];

impl RdmFile {
    /// Checks that the names of the numbers and of the file do not contradict how the numbers are read, and
    /// notes if none of them tells.
    ///
    /// # Errors
    /// Returns the errors of [`check_names`], and [`FileError::Ambiguous`] if only the file is named like
    /// similarities.
    pub(super) fn check_direction(&self, contents: &Contents) -> Result<()> {
        contents.check_names(self.similarities.is_some())?;
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let mut names = contents.all_names();
        if self.similarities.is_some()
            || names.any(|name| Direction::of(name) != Direction::Unknown)
        {
            return Ok(());
        }
        if contents.all_names().any(|name| names_dissimilarities(name)) {
            return Ok(());
        }
        if names_file_of_similarities(&stem) {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether a file named {} holds similarities",
                    Quoted(&stem)
                ),
                remedy: "if larger means more similar, convert those of people (`RdmFile::with_similarities`, \
                         `--similarities`), and those of a model in its file; otherwise rename the file, with \
                         \"rdm\" in its name",
            }
            .into());
        }
        let which = match &contents.value {
            Some(column) => format!("{column} is"),
            None if names_dissimilarities(&stem) => return Ok(()),
            None => "the numbers are".into(),
        };
        log::warn!(
            "{}: {which} read as dissimilarities; if larger means more similar, convert those of people \
             (`RdmFile::with_similarities`, `--similarities`), and those of a model in its file",
            self.path.display(),
        );
        Ok(())
    }

    /// Checks that neither the numbers nor the file are named like lower triangles, whose order row by row, as
    /// that of numpy, is another than that of an upper triangle. Names of the pairs tell their order, and MATLAB
    /// writes a lower triangle column by column, which is the same order.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if they are.
    pub(super) fn refuse_lower_triangle(&self, contents: &Contents, layout: Layout) -> Result<()> {
        let is_known = contents.is_condensed || contents.stimuli.is_some();
        if self.format == Format::Mat
            || layout.cells == Cells::Square
            || layout.n_stimuli < 4
            || is_known
        {
            return Ok(());
        }
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let stem = stem.into_owned();
        let mut names = contents.all_names().chain([&stem]);
        match names.find(|name| names_lower_triangle(name)) {
            Some(name) => Err(FileError::Ambiguous {
                what: format!(
                    "the order of the pairs in {}, which is named like a lower triangle: that of an upper \
                     triangle, row by row, is expected",
                    Quoted(name)
                ),
                remedy: "save the matrices (n × n), or their upper triangles (rdm[np.triu_indices(n, 1)], \
                         scipy's squareform); rename lower triangles column by column, as those of R and \
                         MATLAB, which have the same order",
            }
            .into()),
            None => Ok(()),
        }
    }
}

/// Checks that the name of a column of judgments of two words tells their direction.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it does not, as most tables of pairs of words hold similarities.
pub(super) fn require_direction(stimuli: [&str; 2], name: &str) -> Result<()> {
    let are_words = stimuli.iter().all(|name| has_one_of(name, &WORDS));
    let is_told = Direction::of(name) != Direction::Unknown || names_dissimilarities(name);
    if !are_words || is_told {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether column {} holds similarities of words, as most tables of pairs of words do, or \
             dissimilarities",
            Quoted(name)
        ),
        remedy: "if larger means more similar, convert them (`RdmFile::with_similarities`, \
                 `--similarities`); otherwise name the column \"dissimilarity\"",
    }
    .into())
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
