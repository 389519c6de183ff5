//! Dissimilarities in text tables.

use ndarray::{ArrayD, IxDyn};

use super::RdmFile;
use super::content::Contents;
use super::long::LongTable;
use crate::error::{FileError, Result};
use crate::io::text::{Table, counts, id_rank, is_index_name};
use crate::linalg::reserve;
use crate::stimuli::Stimuli;

impl RdmFile {
    pub(super) fn read_text(&self) -> Result<Contents> {
        let table = Table::read(&self.path, self.encoding)?;
        if let Some(long) = LongTable::of(&table)? {
            return self.read_long(&table, &long);
        }
        let grid = Grid::read(table)?;
        let (n_rows, n_columns) = (grid.n_rows, grid.n_columns);
        // A table with the same row and column labels is square, whatever number of stimuli is
        // expected.
        let is_square = n_rows == n_columns
            && !self.has_condensed_rows
            && (self.n_stimuli().is_none_or(|n| n == n_rows) || grid.has_same_labels());
        let array = ArrayD::from_shape_vec(IxDyn(&[n_rows, n_columns]), grid.values);
        let array = array.map_err(|error| FileError::malformed("table", error))?;
        if !is_square {
            check_order_of_pairs(&grid.column_labels)?;
            return Ok(Contents {
                array,
                stimuli: None,
                participants: grid.row_labels.filter(|labels| counts(labels).is_none()),
            });
        }
        let [rows, columns] = [grid.row_labels, grid.column_labels].map(Labels::of);
        let (stimuli, order) = match (rows, columns) {
            (Labels::Names(rows), Labels::Names(columns)) => {
                let (rows, columns) = (Stimuli::new(rows)?, Stimuli::new(columns)?);
                rows.same_set_as(&columns)?;
                let order = columns.positions_of(&rows)?;
                (Some(rows), Some(order))
            }
            (Labels::Names(names), _) | (_, Labels::Names(names)) => {
                (Some(Stimuli::new(names)?), None)
            }
            (Labels::Counts(first), _) | (_, Labels::Counts(first)) => (
                Some(Stimuli::labelled_rows(n_rows as u32, first as u32)),
                None,
            ),
            (Labels::None, Labels::None) => (None, None),
        };
        let array = match order {
            Some(order) => {
                let order: Vec<usize> = order.into_iter().map(|column| column as usize).collect();
                array.select(ndarray::Axis(1), &order)
            }
            None => array,
        };
        Ok(Contents {
            array,
            stimuli,
            participants: None,
        })
    }
}

/// Labels of rows or columns.
enum Labels {
    Names(Vec<String>),
    /// Consecutive numbers from this number.
    Counts(u64),
    None,
}

impl Labels {
    fn of(labels: Option<Vec<String>>) -> Self {
        match labels {
            None => Labels::None,
            Some(labels) => match counts(&labels) {
                Some(first) => Labels::Counts(first),
                None => Labels::Names(labels),
            },
        }
    }
}

/// Numbers in rows and columns, with their labels.
struct Grid {
    n_rows: usize,
    n_columns: usize,
    values: Vec<f64>,
    row_labels: Option<Vec<String>>,
    column_labels: Option<Vec<String>>,
}

impl Grid {
    /// Checks whether rows and columns have the same labels, in any order.
    fn has_same_labels(&self) -> bool {
        let sorted = |labels: &Option<Vec<String>>| {
            let mut labels = labels.clone()?;
            labels.sort_unstable();
            Some(labels)
        };
        self.row_labels.is_some() && sorted(&self.row_labels) == sorted(&self.column_labels)
    }

    fn read(mut table: Table) -> Result<Self> {
        let n_rows = count_rows(&table)?;
        let n_columns = table.n_columns();
        // A first row of consecutive numbers is a header, unless the matrix would then lack a row.
        let counts_columns = table.header().is_some_and(|names| counts(names).is_some());
        let mut n_rows = n_rows;
        if counts_columns && n_rows + 1 == n_columns {
            table.without_header();
            n_rows += 1;
        }
        let has_labels = has_row_labels(&table, n_rows)?;
        let first = usize::from(has_labels);
        let mut values = Vec::new();
        let mut labels = Vec::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            reserve(&mut values, n_columns - first, "the table")?;
            for column in first..n_columns {
                values.push(row.number_or_missing(column)?);
            }
            if has_labels {
                labels.push(row.text(0).to_owned());
            }
        }
        let names = table.header().map(|names| names[first..].to_vec());
        Ok(Self {
            n_rows,
            n_columns: n_columns - first,
            values,
            row_labels: has_labels.then_some(labels),
            column_labels: names,
        })
    }
}

fn count_rows(table: &Table) -> Result<usize> {
    let (mut n, mut rows) = (0, table.rows());
    while rows.next()?.is_some() {
        n += 1;
    }
    Ok(n)
}

/// Checks whether the first column holds labels of the rows.
fn has_row_labels(table: &Table, n_rows: usize) -> Result<bool> {
    if table.n_columns() < 2 {
        return Ok(false);
    }
    if table.header().is_some() {
        let name = table.name(0);
        if is_index_name(name) || id_rank(name).is_some() || n_rows + 1 == table.n_columns() {
            return Ok(true);
        }
    }
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        if row.maybe_number(0).is_none() && !row.is_missing(0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Checks that columns that are named after two stimuli are in the order of the upper triangle.
fn check_order_of_pairs(labels: &Option<Vec<String>>) -> Result<()> {
    let Some(labels) = labels else {
        return Ok(());
    };
    let parse = |label: &String| {
        let is_digit = |c: char| c.is_ascii_digit();
        let numbers = label
            .split(|c| !is_digit(c))
            .filter(|part| !part.is_empty());
        let numbers: Option<Vec<u32>> = numbers.map(|part| part.parse().ok()).collect();
        match numbers?[..] {
            [first, second] => Some((first, second)),
            _ => None,
        }
    };
    let Some(pairs) = labels.iter().map(parse).collect::<Option<Vec<_>>>() else {
        return Ok(());
    };
    let is_upper = pairs.iter().all(|(first, second)| first < second);
    if pairs.is_sorted() && is_upper {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "the pairs in the order of an upper triangle, row by row (the columns are named {:?}, {:?}, …)",
            labels[0],
            labels.get(1).map_or("", String::as_str)
        ),
        remedy: "sort the columns as 0_1, 0_2, …, 1_2, …",
    }.into())
}
