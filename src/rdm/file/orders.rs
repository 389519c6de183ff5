//! Arrays beside the RDMs of several participants, with the order of the stimuli or pairs of each.

use std::collections::{HashMap, HashSet};

use ndarray::{ArrayD, Ix3};

use super::RdmFile;
use super::columns::candidates_of_stimuli;
use super::layout::{Cells, Layout};
use super::lookalikes::are_listed_pairs;
use super::pairs::NamedPairs;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::array_names::{is_of_data, is_of_indices, is_of_names};
use crate::io::arrays::{Content, NamedArray, describe, read_named};
use crate::io::text::{are_different, counts, has_one_of, is_about_participants, is_of_stimuli};
use crate::linalg::n_pairs;
use crate::stimuli::Stimuli;

/// Rows of texts, one per participant.
type Rows = Vec<Vec<String>>;

impl RdmFile {
    /// Checks that no array beside the one that is read has another order of the stimuli or pairs for each
    /// participant. An order that all participants share is harmless if it is that of `stimuli`, or if ids
    /// were given.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one has.
    pub(super) fn refuse_other_orders(
        &self,
        read: Option<&str>,
        layout: Layout,
        stimuli: &Stimuli,
    ) -> Result<()> {
        let (n_people, n) = (layout.n_participants, layout.n_stimuli);
        let m = match layout.cells {
            Cells::Condensed => n_pairs(n),
            Cells::Square => 0,
        };
        if n_people < 2 || read.is_none() {
            return Ok(());
        }
        let arrays = describe(&self.path, self.format, |name, _| Some(name) != read)?;
        let names: Vec<String> = arrays.iter().map(|array| array.name.clone()).collect();
        let pairs_of_names = candidates_of_stimuli(&names);
        for (at, array) in arrays.iter().enumerate() {
            let name = &array.name;
            if let Content::Unread(_) = array.content {
                if names_orders(name) && n != n_people && is_per_person(array, n_people, n) {
                    return Err(other_orders(name, "stimuli"));
                }
                continue;
            }
            let sizes = [n_people * n, n_people * m, 2 * n_people * m];
            let Some((elements, numbers)) = self.elements(array, &sizes) else {
                continue;
            };
            let of = |columns| tables(&elements, &array.shape, n_people, columns);
            let is_measure = numbers.is_some() && is_measure(name);
            if elements.len() == sizes[0] && !is_measure {
                let is_harmless = |rows: &Rows| {
                    let is_known = counts(&rows[0]).is_some()
                        || self.ids.is_some()
                        || stimuli.is_named() && stimuli.ids() == rows[0];
                    is_known && rows.iter().all(|row| *row == rows[0])
                };
                let is_named = array.shape.len() > 1 && (is_of_names(name) || is_of_indices(name));
                let are_orders = |rows: &Rows| {
                    rows.iter().all(|row| are_different(row)) && (is_named || have_same(rows))
                };
                let tables = of(n);
                if tables.iter().any(are_orders) && !tables.iter().any(is_harmless) {
                    return Err(other_orders(name, "stimuli"));
                }
            }
            let sides = pairs_of_names.iter().find(|both| both.contains(&at));
            let partner = sides.and_then(|[first, second]| {
                let other = &arrays[first + second - at];
                let (elements, _) = self.elements(other, &sizes)?;
                (elements.len() == sizes[1] && m > 0)
                    .then(|| tables(&elements, &other.shape, n_people, m))
            });
            let have_partner = |rows: &Rows| {
                let is_pair = |(one, two): (&Vec<String>, &Vec<String>)| {
                    matches!(NamedPairs::of_two(one, two), Ok(Some(_)))
                };
                let mut tables = partner.iter().flatten();
                tables.any(|others| rows.iter().zip(others).all(is_pair))
            };
            let names_pairs = has_one_of(name, &["pair"]) || is_of_stimuli(name);
            if elements.len() == sizes[1] && m > 0 && !is_measure {
                let is_harmless = |rows: &Rows| {
                    let first = &rows[0];
                    rows.iter().all(|row| row == first)
                        && [0, 1].iter().any(|&side| follows(first, n, side))
                };
                let are_orders = |rows: &Rows| {
                    let are_stimuli = numbers.is_none() && names_pairs || have_partner(rows);
                    are_stimuli
                        || have_same(rows) && rows.iter().any(|row| orders_pairs(row, n, name))
                };
                let tables = of(m);
                if tables.iter().any(are_orders) && !tables.iter().any(is_harmless) {
                    return Err(other_orders(name, "pairs"));
                }
            }
            if elements.len() == sizes[2] && m > 0 {
                let are_orders = match numbers {
                    Some(numbers) => list_other_pairs(numbers, n_people, m),
                    None => names_pairs,
                };
                if are_orders {
                    return Err(other_orders(name, "pairs"));
                }
            }
        }
        Ok(())
    }

    /// Returns the elements of an array of several axes, or of texts, if it has one of some numbers of them;
    /// and the array of numbers. Only whole numbers are returned.
    fn elements(
        &self,
        array: &NamedArray,
        sizes: &[usize],
    ) -> Option<(Vec<String>, Option<ArrayD<f64>>)> {
        match &array.content {
            Content::Texts(texts) => sizes.contains(&texts.len()).then(|| (texts.clone(), None)),
            Content::Numbers { values: None, .. } => {
                let size = array.shape.iter().product::<u64>();
                let is_size = sizes.iter().any(|&expected| expected as u64 == size);
                let numbers = is_size.then(|| read_named(&self.path, self.format, &array.name));
                let numbers = numbers?.ok()?;
                let is_whole = |x: &f64| x.fract() == 0.0 && *x >= 0.0;
                let elements = numbers.iter().map(f64::to_string).collect();
                numbers
                    .iter()
                    .all(is_whole)
                    .then_some((elements, Some(numbers)))
            }
            _ => None,
        }
    }
}

/// Checks whether whole numbers, one per pair of `n` stimuli, are another order of the pairs than that of an
/// upper triangle: they are consecutive, or positions in a matrix, or under a name for indices, and do not
/// ascend; or they are the positions of a lower triangle.
pub(super) fn orders_pairs(numbers: &[String], n: usize, name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "pair",
        "triu",
        "tril",
        "flat",
        "position",
        "pos",
        "perm",
        "permutation",
        "order",
    ];

    let whole = |text: &String| {
        text.parse::<f64>()
            .ok()
            .filter(|x| x.fract() == 0.0 && *x >= 0.0)
    };
    let values: Option<Vec<f64>> = numbers.iter().map(whole).collect();
    let Some(values) = values.filter(|values| !values.is_empty() && are_different(numbers)) else {
        return false;
    };
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let is_flat = |is_upper: bool| {
        let is_meant = |at: &usize| match is_upper {
            true => at / n < at % n,
            false => at / n > at % n,
        };
        [0, 1].iter().any(|base| {
            let mut both = (0..n * n).filter(is_meant).zip(&sorted);
            both.all(|(at, &value)| (at + base) as f64 == value)
        })
    };
    if sorted == values {
        return n > 3 && is_flat(false);
    }
    let is_dense = sorted[sorted.len() - 1] - sorted[0] < sorted.len() as f64;
    is_dense || is_of_indices(name) || has_one_of(name, &NAMES) || is_flat(true) || is_flat(false)
}

/// Checks whether an array of numbers is named like a measure, which may be all different by chance.
pub(super) fn is_measure(name: &str) -> bool {
    is_of_data(name) || has_one_of(name, &["rank", "ranking", "ranked"])
}

/// Checks whether an array that cannot be read is named like the stimuli of each participant, in an order.
fn names_orders(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "stimulus",
        "stimuli",
        "stim",
        "item",
        "image",
        "img",
        "object",
        "concept",
        "picture",
        "condition",
        "order",
        "sequence",
    ];

    has_one_of(name, &NAMES) && !is_about_participants(name)
}

/// Checks whether an array has one element per participant, or one per participant and stimulus.
fn is_per_person(array: &NamedArray, n_people: usize, n: usize) -> bool {
    let long: Vec<u64> = array
        .shape
        .iter()
        .copied()
        .filter(|&length| length != 1)
        .collect();
    let (people, n) = (n_people as u64, n as u64);
    long == [people] || long == [people, n] || long == [n, people]
}

/// Returns the elements as one row per participant: one table, or two if the axis of the participants is not
/// known.
fn tables(elements: &[String], shape: &[u64], n_people: usize, n_columns: usize) -> Vec<Rows> {
    let by_row = || elements.chunks(n_columns).map(<[String]>::to_vec).collect();
    let by_column = || {
        let column = |at| {
            elements
                .iter()
                .skip(at)
                .step_by(n_people)
                .cloned()
                .collect()
        };
        (0..n_people).map(column).collect()
    };
    let long: Vec<u64> = shape
        .iter()
        .copied()
        .filter(|&length| length != 1)
        .collect();
    match long[..] {
        [rows, columns] if rows != columns => match rows == n_people as u64 {
            true => vec![by_row()],
            false => vec![by_column()],
        },
        _ => vec![by_row(), by_column()],
    }
}

/// Checks whether all rows have the same elements, each once.
fn have_same(rows: &Rows) -> bool {
    let set = |row: &Vec<String>| row.iter().cloned().collect::<HashSet<String>>();
    let first = set(&rows[0]);
    rows.iter()
        .all(|row| are_different(row) && set(row) == first)
}

/// Checks whether labels are those of the first or second stimuli of an upper triangle, row by row.
fn follows(labels: &[String], n: usize, side: usize) -> bool {
    let pairs = (0..n).flat_map(|one| (one + 1..n).map(move |two| [one, two]));
    let mut names: HashMap<usize, &String> = HashMap::new();
    let mut both = labels.iter().zip(pairs);
    let agree = both.all(|(label, pair)| *names.entry(pair[side]).or_insert(label) == label);
    agree && names.values().collect::<HashSet<_>>().len() == names.len()
}

/// Checks whether an array of three axes lists the pairs of each participant, not all in the order of an upper
/// triangle.
fn list_other_pairs(numbers: ArrayD<f64>, n_people: usize, m: usize) -> bool {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];

    let Ok(numbers) = numbers.into_dimensionality::<Ix3>() else {
        return false;
    };
    let lists = ORDERS.iter().filter_map(|&order| {
        let lists = numbers.view().permuted_axes(order);
        let fits = lists.dim() == (n_people, m, 2);
        (fits && lists.outer_iter().all(are_listed_pairs)).then_some(lists)
    });
    let mut lists = lists.peekable();
    let is_upper = |lists: ndarray::ArrayView3<'_, f64>| {
        lists.outer_iter().all(|list| {
            let pairs = list.rows().into_iter();
            let pairs = pairs.map(|pair| (pair[0].min(pair[1]), pair[0].max(pair[1])));
            pairs.collect::<Vec<(f64, f64)>>().is_sorted()
        })
    };
    lists.peek().is_some() && !lists.any(is_upper)
}

fn other_orders(name: &str, what: &str) -> Error {
    FileError::Ambiguous {
        what: format!(
            "whether the {what} of all participants are in the same order: its array {} has an order of \
             its own for each participant",
            Quoted(name)
        ),
        remedy: "reorder the dissimilarities of each participant to one order, and save them without the \
                 array and with one list of the ids; or save each participant in a file of its own with labels",
    }
    .into()
}
