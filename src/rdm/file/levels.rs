//! Tables of pandas with indices of two levels: pairs as two lines of headers, and the matrices of
//! participants one below the other.

use std::collections::HashMap;

use ndarray::{ArrayD, IxDyn};

use super::content::Contents;
use super::fields::judgment;
use super::pairs::NamedPairs;
use crate::error::{Error, FileError, Result};
use crate::io::text::{Table, counts, is_missing};
use crate::linalg::{reserve, zeroed};
use crate::stimuli::Stimuli;

/// Reads a table whose first two lines name the two stimuli of each pair, with one row per
/// participant. A line above them may repeat the name of the judgments. Returns `None` if these lines
/// are something else.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if two lines of texts above numbers are not each pair once.
pub(super) fn read_two_headers(table: &Table) -> Result<Option<Contents>> {
    // Lines of headers are as long as the rows.
    if table.lacks_first_name() {
        return Ok(None);
    }
    let lines = first_lines(table)?;
    let n_above = usize::from(lines.first().is_some_and(|line| repeats_a_name(line)));
    let Some([first, second, after @ ..]) = lines.get(n_above..) else {
        return Ok(None);
    };
    let Some((n_labels, named)) = levels(first, second)? else {
        return match after {
            [numbers, ..] if are_texts_above(first, second, numbers) => Err(not_each_pair()),
            _ => Ok(None),
        };
    };
    let columns = n_labels..table.n_columns();
    let n_columns = columns.len();
    let (mut values, mut labels, mut rows) = (Vec::new(), Vec::new(), table.rows());
    for _ in usize::from(table.header().is_some())..n_above + 2 {
        rows.next()?;
    }
    while let Some(row) = rows.next()? {
        let is_blank = columns.clone().all(|column| row.text(column).is_empty());
        // The name of the index of the rows.
        if labels.is_empty() && is_blank && n_labels == 1 {
            continue;
        }
        reserve(&mut values, n_columns, "the table")?;
        for column in columns.clone() {
            values.push(judgment(&row, column)?);
        }
        labels.push(row.text(0).to_owned());
    }
    if labels.is_empty() {
        return Ok(None);
    }
    let array = ArrayD::from_shape_vec(IxDyn(&[labels.len(), n_columns]), values);
    let array = array.map_err(|error| FileError::malformed("table", error))?;
    let participants = (n_labels == 1).then_some(labels);
    let contents = Contents::of_pairs(array, 1, named, participants);
    Ok(Some(contents.with_numbered_rows()))
}

/// Returns the fields of the first four lines, with the header.
fn first_lines(table: &Table) -> Result<Vec<Vec<String>>> {
    let (mut lines, mut rows) = (Vec::new(), table.rows());
    if table.header().is_some() {
        lines.push(table.first()?);
    }
    while lines.len() < 4
        && let Some(row) = rows.next()?
    {
        let columns = 0..table.n_columns();
        lines.push(columns.map(|column| row.text(column).to_owned()).collect());
    }
    Ok(lines)
}

fn is_number(field: &str) -> bool {
    field.trim().parse::<f64>().is_ok() || is_missing(field)
}

/// Checks whether all fields but the first are the same text.
fn repeats_a_name(line: &[String]) -> bool {
    let [_, name, others @ ..] = line else {
        return false;
    };
    others.len() > 1 && !is_number(name) && others.iter().all(|other| other == name)
}

/// Checks whether two lines have texts in all columns of numbers, of which there are several.
fn are_texts_above(first: &[String], second: &[String], numbers: &[String]) -> bool {
    let columns = first.iter().zip(second).zip(numbers).skip(1);
    columns.len() > 2
        && columns.into_iter().all(|((first, second), number)| {
            is_number(number) && !is_number(first) && !is_number(second)
        })
}

fn not_each_pair() -> Error {
    Error::from(FileError::Ambiguous {
        what: "which pairs of stimuli the columns are: the first two lines appear to name the stimuli of \
               each column, but do not name each pair of some stimuli once"
            .into(),
        remedy: "write one header that names the pairs, such as cat_dog, or a table with the columns item1, \
                 item2, dissimilarity (or similarity, with `--similarities`) and participant",
    })
}

/// Returns the pairs that two lines name, and whether the first field is not one of them.
fn levels(first: &[String], second: &[String]) -> Result<Option<(usize, NamedPairs)>> {
    let is_whole = |field: &String| {
        let number: Option<f64> = field.trim().parse().ok();
        number.is_some_and(|number| number >= 0.0 && number.fract() == 0.0)
    };
    for n_labels in [0, 1] {
        let (Some(one), Some(two)) = (first.get(n_labels..), second.get(n_labels..)) else {
            continue;
        };
        let fields = || one.iter().chain(two);
        let are_texts = !fields().any(|field| is_number(field));
        if !are_texts && !fields().all(is_whole) {
            continue;
        }
        let Some(named) = NamedPairs::of_two(one, two)? else {
            continue;
        };
        // Three pairs of three numbers may also be ratings.
        if are_texts || one.len() > 3 && counts(named.stimuli.ids()).is_some() {
            return Ok(Some((n_labels, named)));
        }
    }
    Ok(None)
}

/// Reads a table whose first two columns are the participant and the stimulus of a row, above the
/// matrix of each participant. Returns `None` if it is something else.
pub(super) fn read_stacked(table: &Table) -> Result<Option<Contents>> {
    let Some([_, _, names @ ..]) = table.header() else {
        return Ok(None);
    };
    let n = names.len();
    let places: HashMap<&str, usize> = names.iter().map(|name| name.trim()).zip(0..).collect();
    if n < 3 || places.len() != n {
        return Ok(None);
    }
    for [participant, item] in [[0, 1], [1, 0]] {
        let items = table.texts(item)?;
        let of = table.texts(participant)?;
        let is_item = |item: &String| places.contains_key(item.as_str());
        if items.len() < n || items.len() % n != 0 || !items.iter().all(is_item) {
            continue;
        }
        let mut people: Vec<String> = Vec::new();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut cells: HashMap<(usize, usize), usize> = HashMap::new();
        for (row, (person, item)) in of.iter().zip(&items).enumerate() {
            let number = *numbers.entry(person.clone()).or_insert_with(|| {
                people.push(person.clone());
                people.len() - 1
            });
            cells.insert((number, places[item.as_str()]), row);
        }
        // Each stimulus has one row for each participant.
        if cells.len() != items.len() || people.len() * n != items.len() {
            continue;
        }
        let place_of: HashMap<usize, (usize, usize)> =
            cells.into_iter().map(|(cell, row)| (row, cell)).collect();
        let array = squares(table, people.len(), n, &place_of)?;
        let labels_count = counts(names);
        let stimuli = match labels_count {
            Some(first) => Stimuli::labelled_rows(n as u32, first as u32),
            None => Stimuli::new(names.iter().map(|name| name.trim()))?,
        };
        return Ok(Some(Contents {
            stimuli: Some(stimuli),
            labels_count: labels_count.is_some(),
            participants: counts(&people).is_none().then_some(people),
            ..Contents::unlabelled(array)
        }));
    }
    Ok(None)
}

/// Reads the matrices of `people`, given the place of each row of the table.
fn squares(
    table: &Table,
    people: usize,
    n: usize,
    place_of: &HashMap<usize, (usize, usize)>,
) -> Result<ArrayD<f64>> {
    let mut values: Vec<f64> = zeroed(people.saturating_mul(n * n), "the table")?;
    let (mut rows, mut at) = (table.rows(), 0);
    while let Some(row) = rows.next()? {
        let (person, item) = place_of[&at];
        for column in 0..n {
            values[(person * n + item) * n + column] = judgment(&row, column + 2)?;
        }
        at += 1;
    }
    let array = ArrayD::from_shape_vec(IxDyn(&[people, n, n]), values);
    array.map_err(|error| FileError::malformed("table", error))
}
