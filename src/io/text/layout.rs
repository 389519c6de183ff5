//! How a table is laid out: separator, header, decimals.

use csv::StringRecord;

use super::cell::{has_decimal_comma, is_missing, may_be_thousands, number};
use super::header::is_header;
use super::records::{Records, Separator};
use crate::error::Result;

/// Records by which a layout is judged.
const SAMPLE: usize = 200;

/// Bytes of text by which a separator is judged.
const SAMPLE_BYTES: usize = 4 << 20;

/// The layout of a table, as its content shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) separator: Separator,
    pub(super) decimal_comma: bool,
    /// The names of the columns, where the first record (or a comment in front of it) has them.
    pub(super) header: Option<Vec<String>>,
    /// Whether the header is the first record, and so no data.
    pub(super) skips_first: bool,
    pub(super) n_columns: usize,
    /// Whether every record ends with a separator that nothing follows.
    pub(super) has_trailing_separator: bool,
    /// Where records begin, behind comments.
    pub(super) start: usize,
}

impl Layout {
    /// Judges the layout of a text; `hint` is the separator that the ending of its name suggests.
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
        if skips_first {
            let mut names = first;
            if names.len() + 1 == n_columns {
                // R leaves the name of the column of row names out.
                names.insert(0, String::new());
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
            n_columns,
            has_trailing_separator,
            start,
        })
    }
}

/// Where the lines end at the top of a text that are no records, and the last of those that begin with `#`.
fn comments(text: &str) -> (usize, Option<String>) {
    let (mut start, mut comment) = (0, None);
    // Excel names the separator so, which the other lines show as well.
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

/// The names in a comment above the records, as `numpy.savetxt` writes a header.
fn named_by_comment(
    comment: &str,
    separator: Separator,
    n_columns: usize,
) -> Result<Option<Vec<String>>> {
    let names = sample(comment, separator, 1)?.pop().unwrap_or_default();
    let is_text = |name: &String| number(name, false).is_none();
    Ok((names.len() == n_columns && n_columns > 1 && names.iter().all(is_text)).then_some(names))
}

/// The first records, as `separator` takes them apart.
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

/// The separator under which all records have as many fields, most of them numbers.
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
        // The first of equals.
        if best.is_none_or(|(other, _)| fit > other) {
            best = Some((fit, candidate));
        }
    }
    Ok(match (best, hint) {
        (Some(((true, _), separator)), _) => separator,
        // Rows of different lengths: what the name of the file promises says best which are wrong.
        (_, Some(hint)) if text.as_bytes().contains(&hint) => Separator::Byte(hint),
        (Some((_, separator)), _) => separator,
        (None, hint) => Separator::Byte(hint.unwrap_or(b',')),
    })
}

/// The beginning of a text, up to the end of a line where there is one.
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

/// How well a separator takes records apart: whether all have as many fields, and how many numbers
/// there are in a thousand fields; `None` where there is but one field a record.
fn fit(records: &[Vec<String>], separator: Separator) -> Option<(bool, usize)> {
    let (first, others) = records.split_first()?;
    let reference = others.first().unwrap_or(first).len();
    if reference < 2 {
        return None;
    }
    let all_alike = others.iter().all(|record| record.len() == reference);
    // A header may lack its corner, or the separator at its end.
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

/// Whether decimals follow a comma: some field is written so, and none with a point.
fn has_decimal_commas(records: &[Vec<String>], separator: Separator) -> bool {
    let fields = || records.iter().flatten();
    let has_point = |field: &String| field.contains('.') && number(field, false).is_some();
    if fields().any(has_point) {
        return false;
    }
    let mut with_comma = fields().filter(|field| has_decimal_comma(field));
    match separator {
        Separator::Byte(b';') => with_comma.next().is_some(),
        // Elsewhere a comma may part thousands, too.
        _ => with_comma.any(|field| !may_be_thousands(field)),
    }
}
