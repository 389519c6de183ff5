//! Arrays beside the one that is read, with one element per participant or pair, or about the whole file.

use super::RdmFile;
use super::axes::{is_of_other_axis, names_other_axis, names_participants, other_axis};
use super::beside::texts_of;
use super::content::Contents;
use super::direction::{Beside, Judgments};
use super::layout::{Cells, Layout};
use super::meaning::Direction;
use super::orders::{is_measure, orders_pairs};
use super::scale::QUESTIONS;
use super::summaries::refuse_summaries;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::array_names::{is_of_indices, is_remark};
use crate::io::arrays::{Content, NamedArray};
use crate::io::text::{has_one_of, is_participant};
use crate::linalg::n_pairs;
use crate::stimuli::counted;

impl RdmFile {
    /// Checks the arrays that are not read as the columns of a table are checked that are not read.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one tells directions of judgments apart, marks some of them, asks
    /// for similarities, names a model beside participants, is an order of the pairs, or tells that the RDMs are
    /// those of something else than people.
    pub(super) fn check_companions(
        &self,
        contents: &Contents,
        arrays: &[NamedArray],
        layout: Layout,
    ) -> Result<()> {
        let Some(read) = &contents.array_name else {
            return Ok(());
        };
        let (n_people, m) = (layout.n_participants, n_pairs(layout.n_stimuli));
        let is_known = self.similarities.is_some()
            || !matches!(Direction::of(read), Direction::Unknown | Direction::Both);
        let has_people = arrays
            .iter()
            .any(|array| names_participants(array, n_people));
        if n_people > 1 && !has_people && is_of_other_axis(read) {
            return Err(other_axis(read));
        }
        for array in arrays {
            if !has_people && names_other_axis(array, n_people, layout.n_stimuli) {
                return Err(other_axis(&array.name));
            }
            let Some(texts) = texts_of(array) else {
                continue;
            };
            let (name, n) = (&array.name, texts.len());
            let names_people = is_participant(name) || has_one_of(name, &["name", "label", "id"]);
            if names_people && n == n_people && n != layout.n_stimuli {
                refuse_summaries(&texts)?;
            }
            let is_order = |texts: &[String]| {
                counted(texts).is_some_and(|(_, position)| !position.is_sorted())
            };
            let is_of_pairs = layout.cells == Cells::Condensed && n == m && m != layout.n_stimuli;
            let is_list_of_pairs = is_of_pairs
                && n != n_people
                && matches!(array.content, Content::Numbers { .. })
                && !is_measure(name)
                && orders_pairs(&texts, layout.n_stimuli, name);
            if n == m && m > 1 && is_of_indices(name) && is_order(&texts) || is_list_of_pairs {
                return Err(another_order(name));
            }
            let beside = Beside {
                is_array: true,
                name,
                texts,
            };
            if n > 1 && (n == n_people || n == m) {
                let judgments = Judgments::of_elements(n, n == m && n != n_people);
                beside.refuse_directions(&judgments)?;
                beside.refuse_marked(&judgments)?;
            }
            // The task of an RDM may be named after similarities.
            let is_about_all = n == 1 || n == n_people || n == m;
            if is_about_all && !is_known && !is_remark(name) && !has_one_of(name, &QUESTIONS) {
                beside.refuse_question(&format!("array {}", Quoted(read)))?;
            }
        }
        Ok(())
    }
}

/// Returns the names of the arrays that belong to other matrices than the one that is read: those beside an
/// array with the same name but for its ending, which is that of the matrix, such as `stimuli_P2` beside
/// `stimuli_P1` and the matrix `rdm_P1`.
pub(super) fn of_others<'a>(arrays: &'a [NamedArray], read: Option<&str>) -> Vec<&'a str> {
    let Some((_, own)) = read.and_then(|read| read.split_once('_')) else {
        return Vec::new();
    };
    let names = || arrays.iter().map(|array| array.name.as_str());
    let is_of_other = |name: &&str| {
        let beside = name.split_once('_').filter(|(_, ending)| *ending != own);
        beside.is_some_and(|(stem, _)| names().any(|other| other == format!("{stem}_{own}")))
    };
    names().filter(is_of_other).collect()
}

impl Judgments {
    /// Creates the judgments of `n` pairs, or of `n` participants.
    fn of_elements(n: usize, are_pairs: bool) -> Self {
        let numbered = || (0..n).map(|at| at.to_string());
        let alike = || std::iter::repeat_n(String::new(), n);
        let (pairs, people): (Vec<String>, Vec<String>) = match are_pairs {
            true => (numbered().collect(), alike().collect()),
            false => (alike().collect(), numbered().collect()),
        };
        Self {
            pairs: pairs.into_iter().map(Some).collect(),
            people,
            values: Vec::new(),
        }
    }
}

fn another_order(name: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether the pairs are in the order of an upper triangle: its array {} numbers them in \
             another order",
            Quoted(name)
        ),
        remedy: "reorder the dissimilarities, and remove the array",
    })
}
