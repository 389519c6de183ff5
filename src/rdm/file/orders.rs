//! Arrays beside the RDMs of several participants, with the order of the stimuli or pairs of each.

use std::collections::{HashMap, HashSet};

use ndarray::{ArrayD, ArrayView3, ArrayViewD, Ix3};

use super::RdmFile;
use super::columns::candidates_of_stimuli;
use super::layout::{Cells, Layout};
use super::lookalikes::are_listed_pairs;
use super::pairs::NamedPairs;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::array_names::{is_of_data, is_of_indices, is_of_names};
use crate::io::arrays::{Content, NamedArray, read_named};
use crate::io::text::{are_different, counts, has_one_of, is_about_participants, is_of_stimuli};
use crate::linalg::n_pairs;
use crate::stimuli::Stimuli;

/// Rows of texts, one per participant.
type Rows = Vec<Vec<String>>;

/// The elements of an array, in the order in which they are stored.
struct Elements<'a> {
    name: &'a str,
    shape: &'a [u64],
    texts: Vec<String>,
    /// The array, if it is one of whole numbers.
    numbers: Option<ArrayD<f64>>,
}

/// The numbers of participants, stimuli and pairs; there are no pairs in square matrices.
#[derive(Clone, Copy)]
struct Sizes {
    n_people: usize,
    n: usize,
    m: usize,
}

impl RdmFile {
    /// Checks that none of the arrays beside the one that is read has another order of the stimuli or pairs for
    /// each participant. An order that all participants share is harmless if it is that of `stimuli`, or if
    /// ids were given.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one has.
    pub(super) fn refuse_other_orders(
        &self,
        arrays: &[NamedArray],
        layout: Layout,
        stimuli: &Stimuli,
    ) -> Result<()> {
        let sizes = Sizes {
            n_people: layout.n_participants,
            n: layout.n_stimuli,
            m: match layout.cells {
                Cells::Condensed => n_pairs(layout.n_stimuli),
                Cells::Square => 0,
            },
        };
        if sizes.n_people < 2 {
            return Ok(());
        }
        let names: Vec<String> = arrays.iter().map(|array| array.name.clone()).collect();
        let pairs_of_names = candidates_of_stimuli(&names);
        for (at, array) in arrays.iter().enumerate() {
            if let Content::Unread(_) = array.content {
                if names_orders(&array.name)
                    && sizes.n != sizes.n_people
                    && is_per_person(array, sizes)
                {
                    return Err(other_orders(&array.name, "stimuli"));
                }
                continue;
            }
            let Some(elements) = self.elements(array, sizes) else {
                continue;
            };
            // Given ids tell the order of all participants.
            let is_known =
                |row: &[String]| self.ids.is_some() || stimuli.is_named() && stimuli.ids() == row;
            if elements.order_stimuli(sizes, is_known) {
                return Err(other_orders(&array.name, "stimuli"));
            }
            let sides = pairs_of_names.iter().find(|both| both.contains(&at));
            let partner = || {
                let &[first, second] = sides?;
                self.elements(&arrays[first + second - at], sizes)
            };
            if elements.order_pairs(sizes, partner) || elements.list_pairs(sizes) {
                return Err(other_orders(&array.name, "pairs"));
            }
        }
        Ok(())
    }

    /// Returns the elements of an array of several axes, or of texts, if it has one, or a pair of them, for each
    /// stimulus or pair of each participant. Only whole numbers are returned.
    fn elements<'a>(&self, array: &'a NamedArray, sizes: Sizes) -> Option<Elements<'a>> {
        let Sizes { n_people, n, m } = sizes;
        let is_size = |size: usize| {
            [n, m, 2 * m].contains(&(size / n_people)) && size.is_multiple_of(n_people)
        };
        let elements = |texts: Vec<String>, numbers: Option<ArrayD<f64>>| Elements {
            name: &array.name,
            shape: &array.shape,
            texts,
            numbers,
        };
        match &array.content {
            Content::Texts(texts) => is_size(texts.len()).then(|| elements(texts.clone(), None)),
            Content::Numbers { values: None, .. } => {
                let size = array.shape.iter().product::<u64>();
                let size = usize::try_from(size).ok().filter(|&size| is_size(size));
                let numbers = size.map(|_| read_named(&self.path, self.format, &array.name));
                let numbers = numbers?.ok()?;
                let is_whole = |x: &f64| x.fract() == 0.0 && *x >= 0.0;
                let texts = numbers.iter().map(f64::to_string).collect();
                let are_whole = numbers.iter().all(is_whole);
                are_whole.then(|| elements(texts, Some(numbers)))
            }
            _ => None,
        }
    }
}

impl Elements<'_> {
    /// Checks whether the elements are an order of the stimuli for each participant, and not one that all share
    /// and that just counts or is known.
    fn order_stimuli(&self, sizes: Sizes, is_known: impl Fn(&[String]) -> bool) -> bool {
        if self.texts.len() != sizes.n_people * sizes.n || self.is_measure() {
            return false;
        }
        let is_named = is_of_names(self.name) || is_of_indices(self.name);
        let is_named = self.shape.len() > 1 && is_named;
        let are_orders = |rows: &Rows| {
            rows.iter().all(|row| are_different(row)) && (is_named || have_same(rows))
        };
        let are_harmless = |rows: &Rows| {
            let is_known = counts(&rows[0]).is_some() || is_known(&rows[0]);
            is_known && rows.iter().all(|row| *row == rows[0])
        };
        let tables = self.tables(sizes.n_people, sizes.n);
        tables.iter().any(are_orders) && !tables.iter().any(are_harmless)
    }

    /// Checks whether the elements are an order of the pairs for each participant, by themselves or with the
    /// other stimuli of the pairs in a partner, and not that of an upper triangle for all.
    fn order_pairs<'a>(
        &self,
        sizes: Sizes,
        partner: impl FnOnce() -> Option<Elements<'a>>,
    ) -> bool {
        let Sizes { n_people, n, m } = sizes;
        let is_size = |elements: &Elements<'_>| m > 0 && elements.texts.len() == n_people * m;
        if !is_size(self) || self.is_measure() {
            return false;
        }
        let partner = partner().filter(|partner| is_size(partner));
        let partner = partner.map_or(Vec::new(), |partner| partner.tables(n_people, m));
        let have_partner = |rows: &Rows| {
            let is_pair = |(one, two): (&Vec<String>, &Vec<String>)| {
                matches!(NamedPairs::of_two(one, two), Ok(Some(_)))
            };
            let mut partner = partner.iter();
            partner.any(|others| rows.iter().zip(others).all(is_pair))
        };
        let are_orders = |rows: &Rows| {
            self.numbers.is_none() && self.names_pairs()
                || have_partner(rows)
                || have_same(rows) && rows.iter().any(|row| orders_pairs(row, n, self.name))
        };
        let are_harmless = |rows: &Rows| {
            let first = &rows[0];
            rows.iter().all(|row| row == first)
                && [0, 1].iter().any(|&side| follows(first, n, side))
        };
        let tables = self.tables(n_people, m);
        tables.iter().any(are_orders) && !tables.iter().any(are_harmless)
    }

    /// Checks whether the elements are the two stimuli of each pair, for each participant, and not all in the
    /// order of an upper triangle.
    fn list_pairs(&self, sizes: Sizes) -> bool {
        let Sizes { n_people, m, .. } = sizes;
        if m == 0 || self.texts.len() != 2 * n_people * m {
            return false;
        }
        match &self.numbers {
            Some(numbers) => list_other_pairs(numbers.view(), n_people, m),
            None => self.names_pairs(),
        }
    }

    fn names_pairs(&self) -> bool {
        has_one_of(self.name, &["pair"]) || is_of_stimuli(self.name)
    }

    fn is_measure(&self) -> bool {
        self.numbers.is_some() && is_measure(self.name)
    }

    /// Returns the elements as one row per participant: one table, or two if the axis of the participants is not
    /// known.
    fn tables(&self, n_people: usize, n_columns: usize) -> Vec<Rows> {
        let by_row = || {
            self.texts
                .chunks(n_columns)
                .map(<[String]>::to_vec)
                .collect()
        };
        let by_column = || {
            let column = |at| {
                let texts = self.texts.iter().skip(at);
                texts.step_by(n_people).cloned().collect()
            };
            (0..n_people).map(column).collect()
        };
        match long_axes(self.shape)[..] {
            [rows, columns] if rows != columns => match rows == n_people as u64 {
                true => vec![by_row()],
                false => vec![by_column()],
            },
            _ => vec![by_row(), by_column()],
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
fn is_per_person(array: &NamedArray, sizes: Sizes) -> bool {
    let (people, n) = (sizes.n_people as u64, sizes.n as u64);
    let long = long_axes(&array.shape);
    long == [people] || long == [people, n] || long == [n, people]
}

/// Returns the lengths of the axes that are not 1.
fn long_axes(shape: &[u64]) -> Vec<u64> {
    shape
        .iter()
        .copied()
        .filter(|&length| length != 1)
        .collect()
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
fn list_other_pairs(numbers: ArrayViewD<'_, f64>, n_people: usize, m: usize) -> bool {
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
    let is_upper = |lists: ArrayView3<'_, f64>| {
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
