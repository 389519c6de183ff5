//! The columns of a table of trials, found by their names.

use crate::error::{Error, FileError, Result};
use crate::io::text::{Table, is_index_name, plain};
use crate::judgment::Task;

/// The indices of the columns of a table of trials, 0-based.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The three stimuli; if there is no column with the answer, in the order of a trial.
    pub(super) stimuli: [usize; 3],
    /// The answer: which of the stimuli was chosen. `None` if their order is the answer.
    pub(super) answer: Option<usize>,
    pub(super) participant: Option<usize>,
    pub(super) response_time: Option<usize>,
    pub(super) trial_type: Option<usize>,
}

/// Prefixes of the names of the column that holds the answer.
const ANSWERS: [&str; 9] = [
    "choice",
    "odd",
    "ooo",
    "response",
    "answer",
    "selected",
    "chosen",
    "judgment",
    "judgement",
];

const PARTICIPANTS: [&str; 8] = [
    "participant",
    "subject",
    "subj",
    "worker",
    "prolific",
    "puid",
    "rater",
    "person",
];

/// Names of the three columns of an anchored trial whose order is the answer.
const HEADS: [&str; 9] = [
    "head",
    "anchor",
    "reference",
    "ref",
    "center",
    "centre",
    "target",
    "probe",
    "query",
];
const CLOSE: [&str; 7] = [
    "winner", "close", "closer", "near", "positive", "pos", "similar",
];
const FAR: [&str; 7] = [
    "loser",
    "far",
    "farther",
    "further",
    "negative",
    "neg",
    "different",
];

/// Names of the two candidates of an anchored trial.
const CANDIDATES: [(&str, &str); 5] = [
    ("left", "right"),
    ("option1", "option2"),
    ("candidate1", "candidate2"),
    ("a", "b"),
    ("stimulus1", "stimulus2"),
];

/// Names of three columns that belong together.
const TRIPLES: [[&str; 3]; 4] = [
    ["i", "j", "k"],
    ["a", "b", "c"],
    ["first", "second", "third"],
    ["left", "center", "right"],
];

impl Columns {
    /// Finds the columns of a table for a task.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if the names do not determine the content of the columns,
    /// or indicate another task.
    pub(super) fn of<T: Task>(table: &mut Table) -> Result<Self> {
        if table.header().is_none() {
            // If the columns contain ids, the table reader cannot tell names of columns from ids.
            let first = table.first()?;
            let names: Vec<String> = first.iter().map(|name| plain(name)).collect();
            if anchored(&names).is_some() || triple(&names).is_some() {
                table.with_header()?;
            }
        }
        let Some(names) = table.header() else {
            return in_order(table.n_columns());
        };
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let is_anchored = T::N_PAIRS == 2;
        let (stimuli, is_ordered) = match (is_anchored, anchored(&names), triple(&names)) {
            (true, Some(found), _) => found,
            (false, _, Some(stimuli)) => (stimuli, true),
            (false, Some(_), None) => {
                return Err(FileError::Ambiguous {
                    what: "odd-one-out trials; its columns are named like anchored trials".into(),
                    remedy: "read it as anchored trials (--anchored)",
                }
                .into());
            }
            _ if names.len() == 3 && !is_odd_first(&names) => {
                let order = match is_anchored {
                    true => "head, close and far",
                    false => "three stimuli, the odd one last",
                };
                log::warn!("the columns {names:?} are read as {order}, in this order");
                return in_order(3);
            }
            _ => return Err(unknown(is_anchored)),
        };
        let others = || (0..names.len()).filter(|column| !stimuli.contains(column));
        let begins = |column: &usize, with: &[&str]| {
            with.iter()
                .any(|beginning| names[*column].starts_with(beginning))
        };
        let is_time = |column: &usize| {
            let name = &names[*column];
            name == "rt" || name.contains("time") || name.contains("latency")
        };
        // Column names such as winner and loser already contain the answer.
        let names_answer = is_anchored && is_ordered;
        let answer = others()
            .find(|column| begins(column, &ANSWERS) && !is_time(column))
            .filter(|_| !names_answer);
        let says_nothing = |column: usize| {
            begins(&column, &PARTICIPANTS) || is_time(&column) || is_index_name(table.name(column))
        };
        // The order is the answer only if no other column can hold it.
        let is_told = names_answer || is_ordered && others().all(says_nothing);
        if answer.is_none() && !is_told {
            let rest: Vec<&str> = others().map(|column| names[column].as_str()).collect();
            return Err(FileError::Ambiguous {
                what: format!("which column holds the answer (other columns: {rest:?})"),
                remedy: "name it \"choice\" in the header, or keep only the three stimuli, with the odd one last",
            }.into());
        }
        Ok(Self {
            stimuli,
            answer,
            participant: others().find(|column| begins(column, &PARTICIPANTS)),
            response_time: others().find(is_time),
            trial_type: others().find(|column| names[*column].contains("type")),
        })
    }
}

/// Returns three columns in the order of a trial, with the answer in the fourth column if there is
/// one.
pub(super) fn in_order(n_columns: usize) -> Result<Columns> {
    if !(3..=4).contains(&n_columns) {
        return Err(FileError::Ambiguous {
            what: format!("which of its {n_columns} columns hold the three stimuli and the answer"),
            remedy: "name them in a header: image1, image2, image3, choice, or head, winner, loser",
        }
        .into());
    }
    Ok(Columns {
        stimuli: [0, 1, 2],
        answer: (n_columns == 4).then_some(3),
        participant: None,
        response_time: None,
        trial_type: None,
    })
}

fn unknown(is_anchored: bool) -> Error {
    Error::from(FileError::Ambiguous {
        what: "which columns hold the stimuli".into(),
        remedy: match is_anchored {
            true => "name them head, winner, loser, or center, left, right and answer",
            false => "name them image1, image2, image3 and choice",
        },
    })
}

/// Checks whether a column of the odd one comes first or second.
fn is_odd_first(names: &[String]) -> bool {
    names[..2].iter().any(|name| name.starts_with("odd"))
}

/// Finds the head and the two candidates, and whether the names say which candidate is the closer
/// one.
fn anchored(names: &[String]) -> Option<([usize; 3], bool)> {
    let position = |wanted: &str| names.iter().position(|name| name == wanted);
    let any = |wanted: &[&str]| {
        let is_wanted = |column: &String, name: &str| column == name || strip(column) == name;
        let find = |name: &&str| names.iter().position(|column| is_wanted(column, name));
        wanted.iter().find_map(find)
    };
    let head = any(&HEADS)?;
    if let (Some(close), Some(far)) = (any(&CLOSE), any(&FAR)) {
        return Some(([head, close, far], true));
    }
    CANDIDATES
        .iter()
        .find_map(|(first, second)| Some(([head, position(first)?, position(second)?], false)))
}

/// Returns a column name without a suffix such as `id` or `image`.
fn strip(name: &str) -> &str {
    ["id", "image", "stimulus", "path", "index", "idx"]
        .iter()
        .find_map(|part| name.strip_suffix(part).filter(|rest| !rest.is_empty()))
        .unwrap_or(name)
}

/// Finds three columns whose names differ by a number, or that are known to belong together.
fn triple(names: &[String]) -> Option<[usize; 3]> {
    let position = |wanted: &str| names.iter().position(|name| name == wanted);
    for triple in TRIPLES {
        if let [Some(a), Some(b), Some(c)] = triple.map(position) {
            return Some([a, b, c]);
        }
    }
    names.iter().enumerate().find_map(|(first, name)| {
        let with = |from: &str, to: &str| {
            let at = name.rfind(from)?;
            let mut other = name.clone();
            other.replace_range(at..at + from.len(), to);
            position(&other)
        };
        let of = |one, two, three| Some([first, with(one, two)?, with(one, three)?]);
        of("1", "2", "3").or_else(|| of("0", "1", "2"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &str) -> Vec<String> {
        names.split(',').map(plain).collect()
    }

    #[test]
    fn stimuli_are_found_by_name() {
        for (header, expected) in [
            ("image1,image2,image3,choice", [0, 1, 2]),
            ("rt,stim_3,stim_1,stim_2", [2, 3, 1]),
            ("trial,img0,img1,img2", [1, 2, 3]),
            ("image1Path,image2Path,image3Path", [0, 1, 2]),
            ("k,j,i", [2, 1, 0]),
        ] {
            assert_eq!(triple(&names(header)).unwrap(), expected, "{header}");
        }
        for (header, expected) in [
            ("head,winner,loser,RT", [0, 1, 2]),
            ("negative,anchor,positive", [1, 2, 0]),
            ("center,left,right,answer", [0, 1, 2]),
            ("winner_id,loser_id,head_id", [2, 0, 1]),
        ] {
            assert_eq!(anchored(&names(header)).unwrap().0, expected, "{header}");
        }
        assert_eq!(triple(&names("id_lo,id_mid,id_hi,n")), None);
        assert_eq!(anchored(&names("image1,image2,image3")), None);
    }
}
