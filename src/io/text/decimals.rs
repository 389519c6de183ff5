//! The marks of decimals and of thousands in the numbers of a table.

use super::cell::{has_decimal_comma, is_grouped, number};
use super::records::Separator;
use super::table::Table;
use crate::error::{Error, FileError, Quoted, Result};

/// Checks whether decimals follow a comma: at least one field does, and none has a decimal point.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if all these commas may separate thousands, or if commas separate
/// both fields and decimals.
pub(super) fn has_decimal_commas(records: &[Vec<String>], separator: Separator) -> Result<bool> {
    let fields = || records.iter().flatten();
    let has_point = |field: &String| field.contains('.') && number(field, false).is_some();
    if fields().any(has_point) {
        return Ok(false);
    }
    if separator == Separator::Byte(b',') && has_split_decimals(records) {
        return Err(ambiguous_commas(
            "whether commas separate fields or decimals",
        ));
    }
    let with_comma = || fields().filter(|field| has_decimal_comma(field));
    let may_all_be_thousands = with_comma().all(|field| is_grouped(field, ','));
    let is_above_zero = |field: &String| number(field, false).is_some_and(|x| x.abs() >= 1.0);
    match separator {
        Separator::Byte(b';') if may_all_be_thousands && with_comma().next().is_some() => {
            match fields().any(is_above_zero) {
                true => Err(ambiguous_commas(
                    "whether commas separate thousands or decimals",
                )),
                false => Ok(true),
            }
        }
        Separator::Byte(b';') => Ok(with_comma().next().is_some()),
        // With other separators, a comma may also separate thousands.
        _ => Ok(!may_all_be_thousands),
    }
}

fn ambiguous_commas(what: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: what.into(),
        remedy: "write decimals with a point and thousands without a separator",
    })
}

/// Checks whether every second field holds the decimals of the field before it: all are whole numbers
/// without a sign, and one begins with 0, as in `3,05`, or follows `-0`. Names may stand before two or
/// more such numbers, if there is no header.
fn has_split_decimals(records: &[Vec<String>]) -> bool {
    let are_numbers = |fields: &[String]| fields.iter().all(|field| number(field, false).is_some());
    let is_named = |record: &Vec<String>| {
        record.len() >= 5 && number(&record[0], false).is_none() && are_numbers(&record[1..])
    };
    let records: Vec<&[String]> = match records.iter().all(is_named) {
        true => records.iter().map(|record| &record[1..]).collect(),
        false => records.iter().map(Vec::as_slice).collect(),
    };
    // The first record may be a header.
    let data = match records.split_first() {
        Some((first, others)) if !are_numbers(first) => others,
        _ => &records,
    };
    let is_zero_padded = |field: &str| field.len() > 1 && field.starts_with('0');
    let is_whole = |field: &str| {
        let digits = field.strip_prefix('-').unwrap_or(field);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let pairs = || {
        let pairs = data.iter().flat_map(|record| record.chunks_exact(2));
        pairs.map(|pair| (pair[0].as_str(), pair[1].as_str()))
    };
    data.iter().all(|record| record.len() % 2 == 0)
        && pairs().all(|(before, after)| {
            is_whole(before)
                && !is_zero_padded(before)
                && is_whole(after)
                && !after.starts_with('-')
        })
        && pairs().any(|(before, after)| is_zero_padded(after) || before == "-0")
}

/// The numbers of a column that tell whether its points separate thousands.
#[derive(Clone, Default)]
struct Points {
    /// The first number such as `1.234`, and its line.
    first: Option<(String, u64)>,
    /// The thousandths of such numbers, if the point is that of decimals.
    thousandths: Vec<u32>,
    /// Whether there is a number such as `987`, which has no thousands to separate.
    has_hundreds: bool,
    /// Whether there is a number such as `1234`, without a separator.
    has_plain_thousands: bool,
}

impl Table {
    /// Checks that the points in these columns do not separate thousands, as in `1.234` beside `987`.
    ///
    /// Points are those of decimals if one number of the table cannot be read otherwise.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if they may separate thousands.
    pub(crate) fn refuse_thousands(&self, columns: &[usize]) -> Result<()> {
        if self.has_decimal_comma() || !self.has_points() {
            return Ok(());
        }
        // Semicolons are common where points separate thousands, in any of the columns.
        let has_semicolons = self.separator() == Separator::Byte(b';');
        let least = if has_semicolons { 10.0 } else { 100.0 };
        let mut all = vec![Points::default(); self.n_columns()];
        let mut has_decimal_commas = false;
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            for (column, points) in all.iter_mut().enumerate() {
                let field = row.text(column);
                let Some(value) = number(field, false) else {
                    has_decimal_commas |= has_decimal_comma(field) && !is_grouped(field, ',');
                    continue;
                };
                if is_grouped(field, '.') {
                    let thousandths = (value.abs() * 1000.0).round() as u32 % 1000;
                    points.thousandths.push(thousandths);
                    let found = || (field.to_owned(), row.line());
                    points.first.get_or_insert_with(found);
                } else if field.contains('.') {
                    return Ok(());
                } else {
                    points.has_hundreds |= (least..1000.0).contains(&value.abs());
                    points.has_plain_thousands |= value.abs() >= 1000.0;
                }
            }
        }
        let any = |is_meant: fn(&Points) -> bool| columns.iter().any(|&c| is_meant(&all[c]));
        let are_hundreds_beside = has_semicolons
            && any(|points| points.has_hundreds)
            && !any(|points| points.has_plain_thousands);
        for &column in columns {
            let points = &all[column];
            let has_hundreds = points.has_hundreds || are_hundreds_beside;
            let may_be_thousands = !points.has_plain_thousands
                && (has_hundreds && !are_fractions(&points.thousandths)
                    || has_semicolons && has_decimal_commas);
            if let Some((found, line)) = points.first.as_ref().filter(|_| may_be_thousands) {
                return Err(ambiguous_point(found, *line, column, self.name(column)));
            }
        }
        Ok(())
    }
}

fn ambiguous_point(found: &str, line: u64, column: usize, name: &str) -> Error {
    let name = match name {
        "" => String::new(),
        name => format!(", {}", Quoted(name)),
    };
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether the point in {} (line {line}, field {}{name}) separates thousands or decimals",
            Quoted(found),
            column + 1
        ),
        remedy: "write thousands without a separator (1234), and decimals with a point (1.234 beside 987.0)",
    })
}

/// Checks whether the thousandths of all numbers are rounded fractions with the same small
/// denominator, as those of means over a few people, which do not end with 0.
fn are_fractions(thousandths: &[u32]) -> bool {
    const LARGEST: u32 = 12;

    if thousandths.iter().any(|found| found % 10 == 0) {
        return false;
    }
    (2..=LARGEST).any(|denominator| {
        let is_fraction = |&found: &u32| {
            let found = f64::from(found) * f64::from(denominator) / 1000.0;
            (found - found.round()).abs() <= 0.5e-3 * f64::from(denominator)
        };
        thousandths.iter().all(is_fraction)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_kind;

    #[test]
    fn points_that_may_separate_thousands_are_refused() {
        let read = |text: &str| {
            let table = Table::of(text.into(), None)?;
            let columns: Vec<usize> = (1..table.n_columns()).collect();
            table.refuse_thousands(&columns)
        };
        for text in [
            "id;n\na;1.234\nb;987\nc;2.511\n",
            "id;n\na;1.234\nb;17\n",
            "id;n\na;1.234\nb;2.500\nc;987\n",
            "id\tn\na\t12.345\nb\t-987\n",
            "id,n,m\na,1.234,5\nb,987,6\n",
            "id;n;m\na;1.234;0,52\nb;2.345;0,25\n",
            "id;n;m\na;1.234;17\nb;2.345;12\n",
        ] {
            let error = read(text).unwrap_err();
            assert_kind!(error, File(FileError::Ambiguous { .. }));
            assert!(
                error.to_string().contains("1.234") || text.contains("12.345"),
                "{error}"
            );
        }
        for text in [
            // Other decimals, a leading 0, or thousands without a separator.
            "id;n\na;1.234\nb;987.5\n",
            "id;n;m\na;1.234;0.5\nb;987;0.25\n",
            "id;n\na;1.234\nb;987\nc;0.511\n",
            "id;n\na;1.234\nb;987\nc;2511\n",
            "id\tn\na\t1.234\nb\t7\n",
            // Means over three people.
            "id,n\na,45.333\nb,100\nc,67.667\n",
            "id;n\na;1.234\nb;2.345\n",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn spaces_that_separate_thousands_separate_no_fields() {
        for text in [
            "mean rating\tx\n1 234\t5\n2 345\t6\n",
            "1 234\t5 678\n2 345\t6 789\n",
            "1\u{a0}234 5\n2\u{a0}345 6\n",
        ] {
            let table = Table::of(text.into(), None).unwrap();
            let mut rows = table.rows();
            let row = rows.next().unwrap().unwrap();
            assert_eq!(
                (table.n_columns(), row.maybe_number(0)),
                (2, None),
                "{text}"
            );
        }
    }
}
