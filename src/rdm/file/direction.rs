//! What the columns beside judgments say: their direction, and which of them are of another kind.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::listed;
use crate::error::{Error, FileError, Quoted, RdmError, Result};
use crate::io::text::{Table, excludes, has_one_of, marked, marks_practice};

/// Checks that the values of stimuli with themselves are smaller than others, unless they are
/// similarities.
///
/// # Errors
/// Returns [`RdmError::LooksLikeSimilarities`] if they are larger, and [`FileError::Ambiguous`] if they
/// are both the smallest and the largest, or smaller although the values are said to be similarities.
pub(super) fn check_with_itself(
    name: &str,
    own: &[f64],
    others: &[f64],
    are_similarities: bool,
) -> Result<()> {
    let range = |values: &[f64]| {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        [
            least,
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ]
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ([least, largest], [least_own, largest_own]) = (range(others), range(own));
    if own.is_empty() || least >= largest {
        return Ok(());
    }
    let is_mixed = least_own <= least && largest_own >= largest;
    if is_mixed || are_similarities && mean(own) < mean(others) {
        return Err(FileError::Ambiguous {
            what: format!(
                "whether the values of column {} are similarities: those of stimuli with themselves are \
                 from {least_own} to {largest_own}, those of two stimuli from {least} to {largest}",
                Quoted(name)
            ),
            remedy: "convert all rows to dissimilarities, or remove those of stimuli with themselves if they \
                     are no judgments",
        }
        .into());
    }
    if are_similarities || mean(own) <= mean(others) {
        return Ok(());
    }
    Err(RdmError::LooksLikeSimilarities {
        evidence: format!(
            "the mean of column {} is {:.3} for stimuli with themselves, and {:.3} for two stimuli",
            Quoted(name),
            mean(own),
            mean(others)
        ),
    }
    .into())
}

/// Checks that no column that is not read tells judgments of another direction or scale apart.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one has several values and is named like a direction
/// (`reversed`), or has the values `similarity` and `dissimilarity`, or if it is named like a question
/// and has values such as `most_alike` and `most_different`.
pub(super) fn refuse_directions(table: &Table, columns: &[usize]) -> Result<()> {
    const DIRECTIONS: [&str; 12] = [
        "reversed",
        "reverse",
        "inverted",
        "inverse",
        "flipped",
        "direction",
        "polarity",
        "scale",
        "scoring",
        "coding",
        "coded",
        "keyed",
    ];
    const DIFFERENCES: [&str; 4] = ["dissimilarity", "difference", "distance", "dissimilar"];
    // Elsewhere, they may be a property of the pair.
    const QUESTIONS: [&str; 7] = [
        "question",
        "condition",
        "wording",
        "instruction",
        "prompt",
        "task",
        "query",
    ];
    const ALIKE: [&str; 3] = ["similar", "alike", "same"];
    const UNLIKE: [&str; 4] = ["different", "dissimilar", "unlike", "odd"];

    let mut values_of = vec![BTreeSet::new(); columns.len()];
    let mut rows = table.rows();
    while !columns.is_empty()
        && let Some(row) = rows.next()?
    {
        for (&column, values) in columns.iter().zip(&mut values_of) {
            if !values.contains(row.text(column)) {
                values.insert(row.text(column).to_owned());
            }
        }
    }
    for (&column, values) in columns.iter().zip(values_of) {
        let name = table.name(column);
        let some_are = |known: &[&str]| values.iter().any(|value| has_one_of(value, known));
        let is_named = has_one_of(name, &DIRECTIONS);
        let are_both = || some_are(&["similarity"]) && some_are(&DIFFERENCES);
        let is_question = has_one_of(name, &QUESTIONS);
        let asks_both = || is_question && some_are(&ALIKE) && some_are(&UNLIKE);
        if values.len() > 1 && (is_named || are_both() || asks_both()) {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether all judgments have the same direction and scale: column {} has the values {}",
                    Quoted(name),
                    listed(values.iter().take(3))
                ),
                remedy: "convert the judgments of the other direction (for example 8 − rating on a scale of 1 \
                         to 7) or keep one kind of row, and remove the column",
            }
            .into());
        }
    }
    Ok(())
}

/// Checks that no column that is not read marks judgments of two stimuli as excluded, or some as practice or
/// as tests of attention, but not all of the same participant.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one does.
pub(super) fn refuse_marked(
    table: &Table,
    columns: &[usize],
    stimuli: [usize; 2],
    participant: Option<usize>,
) -> Result<()> {
    let marks = |&column: &usize| Marks {
        column,
        n_excluded: 0,
        of_people: BTreeMap::new(),
    };
    let mut all: Vec<Marks> = columns.iter().map(marks).collect();
    let mut rows = table.rows();
    while !all.is_empty()
        && let Some(row) = rows.next()?
    {
        // Judgments of a stimulus with itself are not pairs.
        if row.text(stimuli[0]) == row.text(stimuli[1]) {
            continue;
        }
        let who = participant.map_or("", |column| row.text(column));
        for marks in &mut all {
            let (name, field) = (table.name(marks.column), row.text(marks.column));
            marks.n_excluded += usize::from(excludes(name, field));
            let is_other = !marks_practice(name, field);
            marks.of_people.entry(who.to_owned()).or_default()[usize::from(is_other)] += 1;
        }
    }
    for marks in all {
        let name = table.name(marks.column);
        if marks.n_excluded > 0 {
            return Err(marked(marks.n_excluded, name, "excluded"));
        }
        // Participants may be marked too, such as those of a group with training.
        let mut people = marks.of_people.values();
        if people.any(|[n_marked, n_others]| *n_marked > 0 && *n_others > 0) {
            let n = marks.of_people.values().map(|[n_marked, _]| n_marked).sum();
            return Err(marked(n, name, "practice or as tests of attention"));
        }
    }
    Ok(())
}

/// The judgments that a column marks.
struct Marks {
    column: usize,
    n_excluded: usize,
    /// The numbers of those that are marked as practice or as tests of attention, and of all others, by
    /// participant.
    of_people: BTreeMap<String, [usize; 2]>,
}

/// Returns the error for a column that tells the rows of a pair apart.
pub(super) fn told_apart(name: &str, has_participants: bool) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "why pairs have several rows, which column {} tells apart",
            Quoted(name)
        ),
        remedy: match has_participants {
            true => {
                "keep the rows of one kind of judgment; if participants are numbered from 1 in each group, \
                 make their labels unique (A-1 and B-1); to average the rows of a participant, remove the \
                 column or name it \"repetition\""
            }
            false => {
                "name the column \"participant\" if it holds the participants; to average the rows, \
                 remove it or name it \"repetition\""
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stimuli_are_most_similar_to_themselves() {
        let check = |own: &[f64], are_similarities| {
            check_with_itself("rating", own, &[1.0, 4.0, 7.0], are_similarities)
        };
        for own in [&[7.0][..], &[6.0, 7.0, 5.0], &[1.0, 7.0]] {
            assert!(check(own, false).is_err(), "{own:?}");
        }
        for own in [&[][..], &[1.0], &[1.0, 2.0, 1.0]] {
            assert!(check(own, false).is_ok(), "{own:?}");
        }
        assert!(check(&[7.0], true).is_ok() && check(&[1.0, 2.0], true).is_err());
    }
}
