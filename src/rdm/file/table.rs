//! Dissimilarities in text tables.

use ndarray::{ArrayD, Axis, IxDyn};

use super::RdmFile;
use super::content::{Contents, is_symmetric};
use super::fields::{
    has_blank_diagonal, has_row_labels, judgment, refuse_index_column, refuse_surplus_column,
    refuse_surplus_fields,
};
use super::layout::{Cells, Layout};
use super::levels::{read_stacked, read_two_headers};
use super::long::LongTable;
use super::pairs::NamedPairs;
use super::unnamed::{begins_with_names, refuse_unnamed_pairs};
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Table, counts, without_fractions, words};
use crate::linalg::reserve;
use crate::stimuli::{IdForm, Stimuli, counted};

impl RdmFile {
    /// Reads a table.
    pub(super) fn read_text(&self) -> Result<Contents> {
        let mut table = Table::read(&self.path, self.encoding)?;
        refuse_surplus_fields(&table)?;
        if has_blank_diagonal(&table)? {
            table.without_header();
        }
        if let Some(contents) = read_two_headers(&table)? {
            return Ok(contents);
        }
        // The labels of a square matrix may be names such as those of a table of pairs.
        let square = self.square_grid(&table)?;
        let grid = match square {
            Some(grid) => grid,
            None => {
                if begins_with_names(&table)? {
                    table.with_header()?;
                }
                if let Some(contents) = read_stacked(&table)? {
                    return Ok(contents);
                }
                if let Some(contents) = self.read_joined(&table)? {
                    return Ok(contents);
                }
                if let Some(long) = LongTable::of(&table, self.similarities.is_some())? {
                    return self.read_long(&table, &long);
                }
                if let Some(long) = LongTable::by_content(&table)? {
                    return self.read_long(&table, &long);
                }
                refuse_unnamed_pairs(&table)?;
                Grid::read(table)?.in_forms(&self.id_forms)
            }
        };
        let (n_rows, n_columns) = (grid.n_rows, grid.n_columns);
        // A table with the same row and column labels is square, whatever number of stimuli is
        // expected.
        let is_square = n_rows == n_columns
            && !self.has_condensed_rows
            && (self.n_stimuli().is_none_or(|n| n == n_rows) || grid.has_same_labels());
        grid.refuse_shifted()?;
        if !is_square {
            return grid.into_rows();
        }
        let has_same_labels = grid.has_same_labels();
        let titles = grid.titles;
        let array = ArrayD::from_shape_vec(IxDyn(&[n_rows, n_columns]), grid.values);
        let mut array = array.map_err(|error| FileError::malformed("table", error))?;
        let labels = (grid.row_labels, grid.column_labels);
        let (stimuli, labels_count) = match (labels.0, labels.1) {
            (Some(rows), Some(columns)) if has_same_labels && rows != columns => {
                let (rows, columns) = (Stimuli::new(rows)?, Stimuli::new(columns)?);
                let order = columns.positions_of(&rows)?.into_iter();
                let order: Vec<usize> = order.map(|column| column as usize).collect();
                array = array.select(Axis(1), &order);
                (Some(rows), false)
            }
            (rows, columns) => match (Labels::of(rows), Labels::of(columns)) {
                (Labels::Names(rows), Labels::Names(columns)) => {
                    let (rows, columns) = (Stimuli::new(rows)?, Stimuli::new(columns)?);
                    rows.same_set_as(&columns)?;
                    (Some(rows), false)
                }
                (Labels::Names(names), _) | (_, Labels::Names(names)) => {
                    let are_numbers = are_default_names(&names);
                    (Some(Stimuli::new(names)?), are_numbers)
                }
                (Labels::Counts(first), _) | (_, Labels::Counts(first)) => {
                    let rows = Stimuli::labelled_rows(n_rows as u32, first as u32);
                    (Some(rows), true)
                }
                (Labels::None, Labels::None) => (None, false),
            },
        };
        let labels_count = labels_count
            || stimuli
                .as_ref()
                .is_some_and(|own| are_default_names(own.ids()));
        // Numbers in another order tell the rows of a file without ids.
        let stimuli = match stimuli {
            Some(names) if names.is_named() => match sorted_numbers(names.ids()) {
                Some((sorted, order)) => {
                    array = array.select(Axis(0), &order).select(Axis(1), &order);
                    Some(Stimuli::new(sorted)?)
                }
                None => Some(names),
            },
            other => other,
        };
        Ok(Contents {
            stimuli,
            labels_count,
            titles,
            ..Contents::unlabelled(array)
        })
    }

    /// Reads a table as a square matrix. Returns `None` if it may be something else: its rows and
    /// columns have neither the same labels nor, without labels, the same numbers.
    fn square_grid(&self, table: &Table) -> Result<Option<Grid>> {
        let n_rows = count_rows(table)?;
        let n_columns = table.n_columns();
        if self.has_condensed_rows || n_rows < 2 || !(n_rows..n_rows + 2).contains(&n_columns) {
            return Ok(None);
        }
        let has_labels = n_rows + 1 == n_columns;
        // A field of text is an error for a matrix, but not for a table of pairs.
        let Ok(grid) = Grid::read_with(table, n_rows, has_labels) else {
            return Ok(None);
        };
        let grid = grid.in_forms(&self.id_forms);
        let has_names = grid
            .row_labels
            .as_ref()
            .is_some_and(|rows| counts(rows).is_none());
        let square = Layout {
            n_stimuli: n_rows,
            n_participants: 1,
            cells: Cells::Square,
            participants_last: false,
        };
        let is_symmetric = || {
            let array = ArrayD::from_shape_vec(IxDyn(&[n_rows, n_rows]), grid.values.clone());
            array.is_ok_and(|array| is_symmetric(&array, square))
        };
        let is_square =
            grid.has_same_labels() || table.header().is_some() && !has_names && is_symmetric();
        Ok(is_square.then_some(grid))
    }
}

/// Returns consecutive whole numbers in order, with their positions among the labels, if they are
/// in another order.
fn sorted_numbers(labels: &[String]) -> Option<(Vec<String>, Vec<usize>)> {
    let (_, order) = counted(labels)?;
    let sorted: Vec<String> = order.iter().map(|&place| labels[place].clone()).collect();
    (counts(&sorted).is_some() && !order.is_sorted()).then_some((sorted, order))
}

/// Checks whether labels are those that R gives to columns without names, `V1` or `X1` and so on.
fn are_default_names(labels: &[String]) -> bool {
    ['V', 'X'].iter().any(|&letter| {
        let numbers = labels.iter().map(|label| label.strip_prefix(letter));
        let numbers = numbers.map(|number| number.map(str::to_owned));
        let numbers: Option<Vec<String>> = numbers.collect();
        numbers.is_some_and(|numbers| counts(&numbers).is_some())
    })
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
    /// Names of all numbers: the name of the column with the labels of the rows, and a comment of one or
    /// two words.
    titles: Vec<String>,
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

    /// Converts the labels if rows and columns have the same ones only in these forms.
    fn in_forms(mut self, forms: &[IdForm]) -> Self {
        if self.has_same_labels() {
            return self;
        }
        let convert = |labels: &Option<Vec<String>>| {
            let labels = labels.as_ref()?.iter();
            Some(
                labels
                    .map(|label| IdForm::convert(forms, label).into_owned())
                    .collect(),
            )
        };
        let own = [self.row_labels.take(), self.column_labels.take()];
        self.row_labels = convert(&own[0]);
        self.column_labels = convert(&own[1]);
        if !self.has_same_labels() {
            [self.row_labels, self.column_labels] = own;
        }
        self
    }

    fn read(mut table: Table) -> Result<Self> {
        let n_columns = table.n_columns();
        // A first row of numbers may be a header, unless the matrix would then lack a row.
        let is_number = |name: &String| name.trim().parse::<f64>().is_ok();
        let is_numeric = table
            .header()
            .is_some_and(|names| names.iter().all(is_number));
        let mut n_rows = count_rows(&table)?;
        if is_numeric && n_rows + 1 == n_columns {
            table.without_header();
            n_rows += 1;
        }
        let has_labels = has_row_labels(&table, n_rows)?;
        Self::read_with(&table, n_rows, has_labels)
    }

    fn read_with(table: &Table, n_rows: usize, has_labels: bool) -> Result<Self> {
        let n_columns = table.n_columns();
        let first = usize::from(has_labels);
        let all: Vec<usize> = (first..n_columns).collect();
        table.refuse_thousands(&all)?;
        let mut values = Vec::new();
        let mut labels = Vec::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            reserve(&mut values, n_columns - first, "the table")?;
            for column in first..n_columns {
                values.push(judgment(&row, column)?);
            }
            if has_labels {
                labels.push(row.text(0).to_owned());
            }
        }
        let mut names = table.header().map(|names| names[first..].to_vec());
        for labels in names.iter_mut().chain([&mut labels]) {
            without_fractions(labels);
        }
        // R makes names of the labels of columns, but not of rows.
        let are_made = |names: &Vec<String>| {
            let in_r = labels.iter().map(|label| IdForm::RName.of(label));
            names.iter().eq(in_r.collect::<Vec<String>>().iter())
        };
        if names.as_ref().is_some_and(are_made) {
            names = Some(labels.clone());
        }
        Ok(Self {
            n_rows,
            n_columns: n_columns - first,
            values,
            row_labels: has_labels.then_some(labels),
            column_labels: names,
            titles: titles(table, has_labels),
        })
    }

    /// Checks that the columns are not those of a triangle without its diagonal, whose first row or column has
    /// no name.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if they are.
    fn refuse_shifted(&self) -> Result<()> {
        let (Some(rows), Some(columns)) = (&self.row_labels, &self.column_labels) else {
            return Ok(());
        };
        let n = rows.len();
        if n != columns.len() || n < 3 || counts(rows).is_some() || counts(columns).is_some() {
            return Ok(());
        }
        let follow = |one: &[String], other: &[String]| one[1..] == other[..n - 1];
        let [row, column] = match (follow(rows, columns), follow(columns, rows)) {
            (true, _) => [&rows[0], &columns[n - 1]],
            (_, true) => [&rows[n - 1], &columns[0]],
            _ => return Ok(()),
        };
        Err(FileError::Ambiguous {
            what: format!(
                "the diagonal: {} labels only a row and {} only a column, as in a triangle without its diagonal",
                Quoted(row),
                Quoted(column)
            ),
            remedy: "add the missing row and column, so that both have the same labels in the same order \
                     (df.reindex(index=names, columns=names))",
        }
        .into())
    }

    /// Converts a table that is not a square matrix. Labels that name pairs give their order.
    fn into_rows(self) -> Result<Contents> {
        let shape = [self.n_rows, self.n_columns];
        let array = ArrayD::from_shape_vec(IxDyn(&shape), self.values);
        let array = array.map_err(|error| FileError::malformed("table", error))?;
        let axes = [self.row_labels, self.column_labels];
        for pairs in [1, 0] {
            let Some(labels) = &axes[pairs] else {
                continue;
            };
            let Some(named) = NamedPairs::of(labels)? else {
                continue;
            };
            let participants = axes.into_iter().nth(1 - pairs).flatten();
            let mut contents = Contents::of_pairs(array, pairs, named, participants);
            contents.titles.extend(self.titles);
            return Ok(contents);
        }
        if axes[0].is_none() {
            refuse_index_column(&array, &axes[1])?;
        }
        if let Some(columns) = &axes[1] {
            refuse_surplus_column(columns, axes[0].as_deref())?;
        }
        Ok(Contents {
            axes,
            titles: self.titles,
            ..Contents::unlabelled(array)
        })
    }
}

/// Returns the name of the column with the labels of the rows, and a comment that may be a name.
fn titles(table: &Table, has_labels: bool) -> Vec<String> {
    let corner = table.name(0).to_owned();
    let comment = table.comment().filter(|comment| words(comment).len() < 3);
    let corner = Some(corner).filter(|_| has_labels);
    corner
        .into_iter()
        .chain(comment.map(str::to_owned))
        .collect()
}

fn count_rows(table: &Table) -> Result<usize> {
    let (mut n, mut rows) = (0, table.rows());
    while rows.next()?.is_some() {
        n += 1;
    }
    Ok(n)
}
