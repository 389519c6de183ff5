//! Detection of the layout of a table: separator, header and decimal comma.

use csv::StringRecord;

use super::cell::{has_decimal_comma, is_missing, may_be_thousands, number};
use super::header::is_header;
use super::records::{Records, Separator};
use crate::error::Result;

/// Number of records from which a layout is detected.
const SAMPLE: usize = 200;

/// Bytes of text from which a separator is detected.
const SAMPLE_BYTES: usize = 4 << 20;

/// The layout of a table, detected from its content.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) separator: Separator,
    pub(super) decimal_comma: bool,
    /// Names of the columns, if the first record or a comment before it has them.
    pub(super) header: Option<Vec<String>>,
    /// Whether the first record is the header.
    pub(super) skips_first: bool,
    /// Whether the header has no name for the first column.
    pub(super) lacks_first_name: bool,
    pub(super) n_columns: usize,
    /// Whether every record ends with a separator.
    pub(super) has_trailing_separator: bool,
    /// Offset of the first record, after comments.
    pub(super) start: usize,
}

impl Layout {
    /// Detects the layout of a text. `hint` is the separator suggested by the file extension.
    pub(super) fn of(text: &str, hint: Option<u8>) -> Result<Self> {
        let (start, comment) = comments(text);
        let body = &text[start..];
        let separator = separator_of(body, hint)?;
        let mut records = sample(body, separator, SAMPLE)?;
        let longest = records.iter().skip(1).map(Vec::len).max().unwrap_or(0);
        let has_trailing_separator = records.len() > 1
            && records[1..].iter().all(|record| {
                record.len() > 1 && record.last().is_some_and(|f| f.trim().is_empty())
            })
            && {
                let last = records[0].last().map(|field| field.trim());
                records[0].len() + 1 == longest || records[0].len() == longest && last == Some("")
            };
        if has_trailing_separator {
            for record in &mut records {
                if record.len() == longest {
                    record.pop();
                }
            }
        }
        let decimal_comma = has_decimal_commas(&records, separator);
        let first = records.first().cloned().unwrap_or_default();
        let others = records.get(1..).unwrap_or_default();
        let skips_first = is_header(&first, others, decimal_comma);
        let n_columns = match others.first() {
            Some(second) if skips_first => second.len().max(first.len()),
            _ => first.len(),
        };
        let mut header = None;
        let mut lacks_first_name = false;
        if skips_first {
            let mut names = first;
            if names.len() + 1 == n_columns {
                // R omits the name of the column of row names.
                names.insert(0, String::new());
                lacks_first_name = true;
            }
            header = Some(names);
        } else if let Some(comment) = comment {
            header = named_by_comment(&comment, separator, n_columns)?;
        }
        Ok(Self {
            separator,
            decimal_comma,
            header,
            skips_first,
            lacks_first_name,
            n_columns,
            has_trailing_separator,
            start,
        })
    }
}

/// Returns the offset of the first record, and the text of the last comment (`#`) before it.
fn comments(text: &str) -> (usize, Option<String>) {
    let (mut start, mut comment) = (0, None);
    // Excel names the separator in such a line. It is detected from the other lines anyway.
    if text.starts_with("sep=") {
        let end = text.find(['\n', '\r']).unwrap_or(text.len());
        start = text.len() - text[end..].trim_start_matches(['\n', '\r']).len();
    }
    while text[start..].starts_with('#') {
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        comment = Some(rest[1..end].trim().to_owned());
        let after = rest[end..].trim_start_matches(['\n', '\r']);
        start = text.len() - after.len();
    }
    (start, comment)
}

/// Parses the column names in a comment above the records, as written by `numpy.savetxt`.
fn named_by_comment(
    comment: &str,
    separator: Separator,
    n_columns: usize,
) -> Result<Option<Vec<String>>> {
    let names = sample(comment, separator, 1)?.pop().unwrap_or_default();
    let is_text = |name: &String| number(name, false).is_none();
    Ok((names.len() == n_columns && n_columns > 1 && names.iter().all(is_text)).then_some(names))
}

/// Reads the first records with a separator.
fn sample(text: &str, separator: Separator, n: usize) -> Result<Vec<Vec<String>>> {
    let mut records = Records::new(text, separator);
    let mut record = StringRecord::new();
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut n_bytes = 0;
    while found.len() < n && n_bytes < SAMPLE_BYTES && records.next(&mut record)? {
        n_bytes += record.as_slice().len();
        found.push(record.iter().map(|field| field.trim().to_owned()).collect());
    }
    Ok(found)
}

/// Detects the separator with which all records have the same number of fields, most of them
/// numbers.
fn separator_of(text: &str, hint: Option<u8>) -> Result<Separator> {
    let candidates = [
        Separator::Byte(b'\t'),
        Separator::Byte(b';'),
        Separator::Byte(b','),
        Separator::WhiteSpace,
    ];
    let head = head(text);
    let mut best: Option<((bool, usize), Separator)> = None;
    for candidate in candidates {
        let records = sample(head, candidate, SAMPLE)?;
        let Some(fit) = fit(&records, candidate) else {
            continue;
        };
        // Ties go to the first candidate.
        if best.is_none_or(|(other, _)| fit > other) {
            best = Some((fit, candidate));
        }
    }
    Ok(match (best, hint) {
        (Some(((true, _), separator)), _) => separator,
        // Rows have different lengths: with the separator of the file extension, the error message
        // names the wrong rows best.
        (_, Some(hint)) if text.as_bytes().contains(&hint) => Separator::Byte(hint),
        (Some((_, separator)), _) => separator,
        (None, hint) => Separator::Byte(hint.unwrap_or(b',')),
    })
}

/// Returns the beginning of a text, up to a line end if possible.
fn head(text: &str) -> &str {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let mut end = SAMPLE_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind(['\n', '\r']).unwrap_or(end);
    &text[..end]
}

/// Rates a separator: whether all records have the same number of fields, and how many of a
/// thousand fields are numbers. Returns `None` if records have only one field.
fn fit(records: &[Vec<String>], separator: Separator) -> Option<(bool, usize)> {
    let (first, others) = records.split_first()?;
    let reference = others.first().unwrap_or(first).len();
    if reference < 2 {
        return None;
    }
    let all_alike = others.iter().all(|record| record.len() == reference);
    // A header may lack its first field or the separator at its end.
    let is_consistent = all_alike && (first.len() == reference || first.len() + 1 == reference);
    let decimal_comma = separator != Separator::Byte(b',');
    let data = if others.is_empty() { records } else { others };
    let fields = data.iter().flatten();
    let (mut n_fields, mut n_numbers) = (0, 0);
    for field in fields {
        n_fields += 1;
        let is_number = number(field, false).is_some() || decimal_comma && has_decimal_comma(field);
        n_numbers += usize::from(is_number || is_missing(field));
    }
    Some((is_consistent, 1000 * n_numbers / n_fields.max(1)))
}

/// Checks whether decimals follow a comma: at least one field does, and none has a decimal point.
fn has_decimal_commas(records: &[Vec<String>], separator: Separator) -> bool {
    let fields = || records.iter().flatten();
    let has_point = |field: &String| field.contains('.') && number(field, false).is_some();
    if fields().any(has_point) {
        return false;
    }
    let mut with_comma = fields().filter(|field| has_decimal_comma(field));
    match separator {
        Separator::Byte(b';') => with_comma.next().is_some(),
        // With other separators, a comma may also separate thousands.
        _ => with_comma.any(|field| !may_be_thousands(field)),
    }
}
