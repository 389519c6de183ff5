//! Text files: decoding ([`read_text`]) and parsing as tables ([`Table`]).

mod cell;
mod count_names;
mod decimals;
mod header;
mod layout;
mod names;
mod people;
mod records;
mod row_marks;
mod table;

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use super::{BUFFER_BYTES, Origin, open};
use crate::error::{Error, FileError, Result};
use crate::formats::TextEncoding;
use crate::linalg::out_of_memory;

pub(crate) use cell::{is_missing, number, resembles_number, without_fractions};
pub(crate) use count_names::is_count;
pub(crate) use header::{
    NUMBERS, are_different, are_plain, counts, id_rank, is_header_of_ids,
    is_header_of_participants, is_index_name, is_label_name, is_row_number_name, is_target_name,
};
pub(crate) use names::{
    AVERAGES, IDENTIFIERS, JUDGMENTS, consists_of, has_one_of, is_about_participants,
    is_of_stimuli, is_one_of, is_participant, is_person, is_repetition, is_summary, may_be_summary,
    plain, words,
};
pub(crate) use people::{
    alike_labels, check_groups, check_labels, column_of_participants, without_leading_zeros,
};
pub(crate) use row_marks::{excludes, marked, marks_practice, names_practice, truth};
pub(crate) use table::{Row, Table};

/// Largest length of a line in bytes, so that a file without line ends does not fill the memory.
const MAX_LINE: usize = 64 << 20;

/// The byte after the last line of a text of DOS.
const END_OF_TEXT: u8 = 0x1a;

/// Checks whether two columns of a table divide the rows in the same way.
pub(crate) fn group_alike(table: &Table, first: usize, second: usize) -> Result<bool> {
    let pairs = table.texts(first)?.into_iter().zip(table.texts(second)?);
    let pairs: HashSet<(String, String)> = pairs.collect();
    let (firsts, seconds): (HashSet<&String>, HashSet<&String>) =
        pairs.iter().map(|(first, second)| (first, second)).unzip();
    Ok([firsts.len(), seconds.len()] == [pairs.len(); 2])
}

/// Reads a whole text file.
///
/// A byte order mark of UTF-8 or UTF-16 is recognized and removed. UTF-16 without a mark is
/// recognized by the zero bytes of its first character. All other text is decoded with `encoding`, unless this
/// is one of single bytes and the text has letters that are valid in UTF-8.
///
/// # Errors
/// Returns [`FileError::Read`] if the file cannot be read, [`FileError::Malformed`] if it is not
/// text or has a line of more than 64 MiB, [`FileError::Encoding`] with the line of the first byte
/// that is invalid in UTF-8, or `ComputationError::OutOfMemory`.
pub(crate) fn read_text(path: &Path, encoding: TextEncoding) -> Result<String> {
    let origin = Origin::new(path, "text");
    decode(open(path)?, encoding, &origin)
}

fn decode(mut reader: impl Read, encoding: TextEncoding, origin: &Origin) -> Result<String> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; BUFFER_BYTES];
    let mut utf16 = None;
    let mut line_start = 0;
    loop {
        let n_read =
            super::read_up_to(&mut reader, &mut chunk).map_err(|error| origin.unreadable(error))?;
        let new = &chunk[..n_read];
        if bytes.is_empty() {
            refuse_compressed(new, origin)?;
            utf16 = utf16_of(new);
        }
        if utf16.is_none() && new.contains(&0) {
            return Err(origin.malformed("it contains zero bytes, so it is not text"));
        }
        bytes
            .try_reserve(n_read)
            .map_err(|_| out_of_memory::<u8>("the text", (bytes.len() + n_read) as u64))?;
        bytes.extend_from_slice(new);
        let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        if let Some(end) = new.iter().rposition(is_line_end) {
            line_start = bytes.len() - n_read + end + 1;
        }
        if bytes.len() - line_start > MAX_LINE {
            return Err(origin.malformed(format!("a line is longer than {MAX_LINE} bytes")));
        }
        if n_read < chunk.len() {
            break;
        }
    }
    drop(chunk);
    // Programs for DOS mark the end of a text.
    while bytes.last() == Some(&END_OF_TEXT) && utf16.is_none() {
        bytes.pop();
    }
    if let Some(encoding) = utf16 {
        let (text, _, has_errors) = encoding.decode(&bytes);
        if has_errors {
            return Err(origin.malformed(format!("it is not valid {}", encoding.name())));
        }
        return Ok(text.into_owned());
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    } else if let Some(encoding) = encoding.other_than_utf8() {
        // One encoding is named for all files. Letters of UTF-8 are no other letters by chance.
        if encoding.is_single_byte()
            && !bytes.is_ascii()
            && let Ok(text) = std::str::from_utf8(&bytes)
        {
            log::warn!(
                "{}: it is valid in UTF-8, and is read so",
                origin.path.display()
            );
            return Ok(text.to_owned());
        }
        let (text, has_errors) = encoding.decode_without_bom_handling(&bytes);
        if has_errors {
            return Err(origin.malformed(format!("it is not valid {}", encoding.name())));
        }
        return Ok(text.into_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        Error::from(FileError::Encoding {
            line: 1 + bytes[..valid].iter().filter(|&&b| b == b'\n').count() as u64,
            byte: bytes[valid],
        })
    })
}

/// Checks that the first bytes of a file are not those of compressed data.
fn refuse_compressed(bytes: &[u8], origin: &Origin) -> Result<()> {
    const STARTS: [(&[u8], &str); 5] = [
        (b"\x1f\x8b", "is compressed by gzip: decompress it (gunzip)"),
        (
            b"BZh91AY",
            "is compressed by bzip2: decompress it (bunzip2)",
        ),
        (b"\xfd7zXZ", "is compressed by xz: decompress it (unxz)"),
        (
            b"\x28\xb5\x2f\xfd",
            "is compressed by zstd: decompress it (unzstd)",
        ),
        (
            b"PK\x03\x04",
            "is a zip archive or a workbook of Excel: unpack it, or save the sheet as CSV",
        ),
    ];
    let has = |(start, _): &&(&[u8], &str)| bytes.starts_with(start);
    match STARTS.iter().find(has) {
        Some((_, problem)) => Err(origin.malformed(format!("it {problem}"))),
        None => Ok(()),
    }
}

/// Detects UTF-16 and its byte order, by a byte order mark or by the zero bytes of the first
/// character.
fn utf16_of(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Some(encoding_rs::UTF_16LE);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return Some(encoding_rs::UTF_16BE);
    }
    let is_zero: Vec<bool> = bytes.iter().take(4).map(|&byte| byte == 0).collect();
    match is_zero[..] {
        [false, true] | [false, true, false, true] => Some(encoding_rs::UTF_16LE),
        [true, false] | [true, false, true, false] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_kind;

    fn decoded(bytes: &[u8], encoding: &str) -> Result<String> {
        let origin = Origin::new("a.csv", "text");
        decode(bytes, encoding.parse().unwrap(), &origin)
    }

    #[test]
    fn marks_and_zero_bytes_tell_the_encoding() {
        let utf16 = |order: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(order).collect()
        };
        for text in ["a,1\ncafé,2\n", "x"] {
            let marked = format!("\u{feff}{text}");
            for bytes in [
                text.as_bytes().to_vec(),
                marked.as_bytes().to_vec(),
                utf16(u16::to_le_bytes, text),
                utf16(u16::to_be_bytes, text),
                utf16(u16::to_le_bytes, &marked),
                utf16(u16::to_be_bytes, &marked),
            ] {
                assert_eq!(decoded(&bytes, "utf-8").unwrap(), text);
            }
        }
        assert_eq!(decoded(b"", "utf-8").unwrap(), "");
        assert_eq!(decoded(b"a,1\r\n\x1a", "utf-8").unwrap(), "a,1\r\n");
    }

    #[test]
    fn other_encodings_are_named_or_refused() {
        let bytes = b"id\ncaf\xe9\n";
        assert_eq!(decoded(bytes, "windows-1252").unwrap(), "id\ncafé\n");
        assert_eq!(decoded(bytes, "latin1").unwrap(), "id\ncafé\n");
        // Text that is valid in UTF-8 is in UTF-8.
        assert_eq!(
            decoded("id\ncafé\n".as_bytes(), "latin1").unwrap(),
            "id\ncafé\n"
        );
        let error = decoded(bytes, "utf-8").unwrap_err();
        assert_kind!(
            error,
            File(FileError::Encoding {
                line: 2,
                byte: 0xe9
            })
        );
        // A byte order mark takes precedence over the given encoding.
        assert_eq!(
            decoded("\u{feff}café".as_bytes(), "latin1").unwrap(),
            "café"
        );
    }

    #[test]
    fn compressed_text_is_named() {
        let origin = Origin::new("a.csv", "text");
        let bytes = &b"\x1f\x8b\x08\x00\x00\x00"[..];
        let error = decode(bytes, TextEncoding::default(), &origin).unwrap_err();
        assert!(error.report().to_string().contains("gunzip"), "{error}");
    }

    #[test]
    fn what_is_no_text_is_refused_early() {
        let endless = std::io::repeat(0);
        let origin = Origin::new("zero", "text");
        assert!(decode(endless, TextEncoding::default(), &origin).is_err());
        let endless = std::io::repeat(b'7');
        let error = decode(endless, TextEncoding::default(), &origin).unwrap_err();
        assert_kind!(error, File(FileError::Malformed { .. }));
    }
}
