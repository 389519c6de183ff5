//! Detection of the layout of a table: separator, header and decimal comma.

use csv::StringRecord;

use super::cell::{has_decimal_comma, is_grouped, is_missing, number};
use super::decimals::has_decimal_commas;
use super::header::{counts, is_header};
use super::records::{Records, Separator, line_at, split_white_space};
use crate::error::{FileError, Result};

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
    /// The comment before the first record.
    pub(super) comment: Option<String>,
    /// Offset of the first record, after comments.
    pub(super) start: usize,
}

impl Layout {
    /// Detects the layout of a text. `hint` is the separator suggested by the file extension.
    pub(super) fn of(text: &str, hint: Option<u8>) -> Result<Self> {
        let (starts, comment) = comments(text);
        let mut start = starts[starts.len() - 1];
        let separator = separator_of(&text[start..], hint)?;
        let mut records = sample(&text[start..], separator, SAMPLE)?;
        for &earlier in starts[..starts.len() - 1].iter().rev() {
            let line = fields_of_line(&text[earlier..start], separator)?;
            // The first id may begin with `#`.
            if !is_data(&line, &records) && !is_of_ids(&line, &text[earlier..start], &records) {
                break;
            }
            records.insert(0, line);
            start = earlier;
        }
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
        let decimal_comma = has_decimal_commas(&records, separator)?;
        let first = records.first().cloned().unwrap_or_default();
        let others = records.get(1..).unwrap_or_default();
        let skips_first = is_header(&first, others, decimal_comma);
        let n_columns = match others.first() {
            Some(second) if skips_first => second.len().max(first.len()),
            _ => first.len(),
        };
        if first.len() + 1 < n_columns {
            return Err(FileError::RaggedRow {
                line: line_at(text, start) + 1,
                expected: first.len(),
                found: n_columns,
            }
            .into());
        }
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
        } else if let Some(comment) = &comment {
            header = named_by_comment(comment, separator, n_columns)?;
        }
        Ok(Self {
            separator,
            decimal_comma,
            header,
            skips_first,
            lacks_first_name,
            n_columns,
            has_trailing_separator,
            comment,
            start,
        })
    }
}

/// Returns the offset after a first line with the size of the table, or 0 if there is none.
///
/// Word embeddings begin with the numbers of words and dimensions (word2vec), and distances with the
/// number of stimuli (PHYLIP).
pub(super) fn after_size(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else {
        return 0;
    };
    let size: Option<Vec<usize>> = (first.split_whitespace())
        .map(|field| field.parse().ok())
        .collect();
    let (n_rows, n_columns) = match size.as_deref() {
        Some(&[n]) => (n, n),
        Some(&[n_rows, n_columns]) => (n_rows, n_columns),
        _ => return 0,
    };
    let mut n_found = 0;
    for line in lines.filter(|line| !line.trim().is_empty()) {
        n_found += 1;
        // If rows have two fields, the first line may be one of them.
        let n_fields = line.split_ascii_whitespace().count();
        if n_fields < 3 || n_fields != n_columns + 1 || n_found > n_rows {
            return 0;
        }
    }
    match n_found == n_rows && n_rows > 0 {
        true => first.len(),
        false => 0,
    }
}

/// Returns the offsets of the comments (`#`) before the first record and of the record, and the text
/// of the last comment.
fn comments(text: &str) -> (Vec<usize>, Option<String>) {
    let (mut start, mut comment) = (0, None);
    let mut starts = Vec::new();
    // Excel names the separator in such a line. It is detected from the other lines anyway.
    if text.starts_with("sep=") {
        let end = text.find(['\n', '\r']).unwrap_or(text.len());
        start = text.len() - text[end..].trim_start_matches(['\n', '\r']).len();
    }
    while text[start..].starts_with('#') {
        starts.push(start);
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        comment = Some(rest[1..end].trim().to_owned());
        let after = rest[end..].trim_start_matches(['\n', '\r']);
        start = text.len() - after.len();
    }
    starts.push(start);
    (starts, comment)
}

/// Checks whether a line that begins with `#` is a record: it has as many fields as the records,
/// and all but the first are numbers that do not number columns.
fn is_data(line: &[String], records: &[Vec<String>]) -> bool {
    let Some((first, numbers)) = line.split_first() else {
        return false;
    };
    // A row of numbers that is commented out is none.
    let is_word = number(first.trim_start_matches('#'), false).is_none();
    let are_numbers = numbers.iter().all(|field| {
        number(field, false).is_some() || has_decimal_comma(field) || is_missing(field)
    });
    records
        .first()
        .is_some_and(|record| record.len() == line.len())
        && !numbers.is_empty()
        && is_word
        && are_numbers
        && counts(numbers).is_none()
}

/// Checks whether a line that begins with `#` is a record of ids that begin so, such as colours: it has as
/// many fields as the records, and other fields begin so too, or there are no other records.
fn is_of_ids(line: &[String], text: &str, records: &[Vec<String>]) -> bool {
    let is_id = |field: &String| field.starts_with('#') && field.len() > 1;
    let are_alike = records.iter().all(|record| record.len() == line.len());
    let is_spaced = text[1..].starts_with(char::is_whitespace);
    let mut others = records.iter().flatten().chain(&line[1..]);
    line.len() > 1 && are_alike && !is_spaced && (records.is_empty() || others.any(is_id))
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

/// Splits a line, which may begin with `#`, into fields.
fn fields_of_line(line: &str, separator: Separator) -> Result<Vec<String>> {
    if separator == Separator::WhiteSpace {
        let mut record = StringRecord::new();
        split_white_space(line, &mut record);
        return Ok(record.iter().map(str::to_owned).collect());
    }
    Ok(sample(line, separator, 1)?.pop().unwrap_or_default())
}

/// Reads the first records with a separator.
fn sample(text: &str, separator: Separator, n: usize) -> Result<Vec<Vec<String>>> {
    let mut records = Records::new(text, separator);
    let mut record = StringRecord::new();
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut n_bytes = 0;
    while found.len() < n && n_bytes < SAMPLE_BYTES && records.next(&mut record)? {
        n_bytes += record.as_slice().len();
        let text = |field: &str| match separator {
            Separator::Byte(_) => field.trim().to_owned(),
            Separator::WhiteSpace => field.trim_ascii().to_owned(),
        };
        found.push(record.iter().map(text).collect());
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
        Separator::Byte(b'|'),
        Separator::WhiteSpace,
    ];
    let head = head(text);
    let mut best: Option<(Fit, Separator)> = None;
    for candidate in candidates {
        let records = sample(head, candidate, SAMPLE)?;
        let Some(fit) = fit(&records, candidate) else {
            continue;
        };
        // Spaces that separate the thousands of numbers separate no fields.
        if candidate == Separator::Byte(b'\t') && fit.has_whole_header && has_thousands(&records) {
            return Ok(candidate);
        }
        // Ties go to the first candidate.
        if best.is_none_or(|(other, _)| fit > other) {
            best = Some((fit, candidate));
        }
    }
    Ok(match (best, hint) {
        (Some((fit, separator)), _) if fit.is_consistent => separator,
        // Rows have different lengths: with the separator of the file extension, the error message
        // names the wrong rows best.
        (_, Some(hint)) if text.as_bytes().contains(&hint) => Separator::Byte(hint),
        (Some((_, separator)), _) => separator,
        (None, hint) => Separator::Byte(hint.unwrap_or(b',')),
    })
}

/// Checks whether all fields with spaces are numbers such as `1 234`, and there is one.
fn has_thousands(records: &[Vec<String>]) -> bool {
    let data = records.get(1..).unwrap_or_default();
    let mut spaced = data.iter().flatten().filter(|field| field.contains(' '));
    let mut rest = spaced.clone();
    spaced.next().is_some() && rest.all(|field| is_grouped(field, ' '))
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

/// How well a separator fits records; the first difference decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether all records have the same number of fields, the first one at most one less.
    is_consistent: bool,
    /// Whether the first record has as many fields as the others.
    has_whole_header: bool,
    /// Whether all commas are decimal commas.
    has_decimal_commas: bool,
    /// How many of a thousand fields are numbers.
    numbers: usize,
}

/// Rates a separator, or returns `None` if records have only one field.
fn fit(records: &[Vec<String>], separator: Separator) -> Option<Fit> {
    let (first, others) = records.split_first()?;
    let reference = others.first().unwrap_or(first).len();
    if reference < 2 {
        return None;
    }
    let all_alike = others.iter().all(|record| record.len() == reference);
    // A header may lack its first field or the separator at its end.
    let has_whole_header = all_alike && first.len() == reference;
    let is_consistent = has_whole_header || all_alike && first.len() + 1 == reference;
    let decimal_comma = separator != Separator::Byte(b',');
    let data = if others.is_empty() { records } else { others };
    let fields = data.iter().flatten();
    let (mut n_fields, mut n_numbers) = (0, 0);
    let (mut n_with_comma, mut n_decimal) = (0, 0);
    for field in fields {
        n_fields += 1;
        let is_decimal = decimal_comma && has_decimal_comma(field);
        n_with_comma += usize::from(field.contains(','));
        n_decimal += usize::from(is_decimal);
        let is_number = number(field, false).is_some() || is_decimal;
        n_numbers += usize::from(is_number || is_missing(field));
    }
    Some(Fit {
        is_consistent,
        has_whole_header,
        has_decimal_commas: n_decimal > 0 && n_decimal == n_with_comma,
        numbers: 1000 * n_numbers / n_fields.max(1),
    })
}
