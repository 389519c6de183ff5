//! The header of the `.npy` format: a Python dictionary with three entries.
//!
//! The parser accepts exactly the [format of numpy][numpy's format] without nesting, so that a
//! header costs at most one pass over one mebibyte.
//!
//! [numpy's format]: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

use std::io::Read;

use super::element::Element;
use super::{Origin, read_up_to};
use crate::error::{Error, FileError, Result};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Largest size of a header in bytes.
const MAX_BYTES: u32 = 1 << 20;

/// The header of an array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NpyHeader {
    /// Lengths of the axes.
    pub(crate) shape: Vec<u64>,
    /// Whether the data is column-major: the first index varies fastest.
    pub(crate) fortran_order: bool,
    /// Type of the elements.
    pub(crate) element: Element,
    /// Offset of the data in bytes from the beginning.
    pub(crate) data_offset: u64,
}

impl NpyHeader {
    /// Reads a header, and leaves the reader at the beginning of the data.
    pub(crate) fn read(reader: &mut impl Read, origin: &Origin) -> Result<Self> {
        let fields = Fields::read(reader, origin)?;
        Ok(Self {
            element: Element::from_descr(&fields.descr)?,
            shape: fields.shape,
            fortran_order: fields.fortran_order,
            data_offset: fields.data_offset,
        })
    }

    /// Returns the number of elements, or `None` if it exceeds 64 bits.
    pub(crate) fn n_elements(&self) -> Option<u64> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        let product = |product: u64, &length: &u64| product.checked_mul(length);
        self.shape.iter().try_fold(1, product)
    }
}

/// The entries of a header, of any type of elements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fields {
    /// The type string of numpy, such as `<f4`.
    pub(crate) descr: String,
    pub(crate) shape: Vec<u64>,
    pub(crate) fortran_order: bool,
    /// Offset of the data in bytes from the beginning.
    pub(crate) data_offset: u64,
}

impl Fields {
    /// Reads a header, and leaves the reader at the beginning of the data.
    pub(crate) fn read(reader: &mut impl Read, origin: &Origin) -> Result<Self> {
        let mut fill = |buffer: &mut [u8]| -> Result<()> {
            let found = read_up_to(reader, buffer).map_err(|error| origin.unreadable(error))?;
            if found < buffer.len() {
                return Err(origin.malformed("the file ends within its header"));
            }
            Ok(())
        };
        let mut start = [0; 8];
        fill(&mut start)?;
        if start.starts_with(b"version ") {
            return Err(origin.malformed(
                "it is a pointer of Git LFS and not the file itself, which `git lfs pull` downloads",
            ));
        }
        if &start[..6] != MAGIC {
            return Err(origin.malformed("it does not begin with the npy signature"));
        }
        let mut length = [0; 4];
        let length_bytes = match start[6] {
            1 => 2,
            2 | 3 => 4,
            version => {
                return Err(origin.malformed(format!("format version {version} is not supported")));
            }
        };
        fill(&mut length[..length_bytes])?;
        let length = u32::from_le_bytes(length);
        if length > MAX_BYTES {
            return Err(origin.malformed(format!("a header of {length} bytes is too long")));
        }
        let mut text = vec![0; length as usize];
        fill(&mut text)?;
        let data_offset = (start.len() + length_bytes + text.len()) as u64;
        parse(&text, data_offset).map_err(|problem| match problem {
            Problem::Syntax(what) => origin.malformed(format!("header: {what}")),
            Problem::Element(error) => error,
        })
    }
}

/// Encodes the header of an array in C order. `descr` is the type string of numpy, such as `<f4`.
pub(crate) fn encode_header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one element needs a comma.
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut text = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        lengths.join(", ")
    );
    // The header ends with a newline, and the data begins at a multiple of 64 bytes.
    let bytes = (MAGIC.len() + 4 + text.len() + 1).next_multiple_of(64);
    while MAGIC.len() + 4 + text.len() + 1 < bytes {
        text.push(' ');
    }
    text.push('\n');
    let mut header = MAGIC.to_vec();
    header.extend([1, 0]);
    header.extend((text.len() as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header
}

/// The reason why a header is invalid.
enum Problem {
    Syntax(&'static str),
    Element(Error),
}

impl From<&'static str> for Problem {
    fn from(what: &'static str) -> Self {
        Problem::Syntax(what)
    }
}

fn parse(text: &[u8], data_offset: u64) -> std::result::Result<Fields, Problem> {
    let mut text = Text { rest: text };
    let (mut descr, mut order, mut shape) = (None, None, None);
    text.expect(b'{', "it is not a dictionary")?;
    while !text.eat(b'}') {
        let key = text.string()?;
        text.expect(b':', "a key has no value")?;
        match key {
            b"descr" if text.peek() == Some(b'[') => {
                // The type of a structured array is a list of fields.
                let fields = String::from_utf8_lossy(text.rest);
                return Err(Problem::Element(unsupported(&fields)));
            }
            b"descr" => descr = Some(text.string()?),
            b"fortran_order" => order = Some(text.boolean()?),
            b"shape" => shape = Some(text.shape()?),
            _ => return Err("it has an unknown key".into()),
        }
        if !text.eat(b',') {
            text.expect(b'}', "the dictionary does not end")?;
            break;
        }
    }
    if text.peek().is_some() {
        return Err("something follows the dictionary".into());
    }
    let descr = String::from_utf8_lossy(descr.ok_or("it has no 'descr'")?);
    Ok(Fields {
        descr: descr.into_owned(),
        fortran_order: order.ok_or("it has no 'fortran_order'")?,
        shape: shape.ok_or("it has no 'shape'")?,
        data_offset,
    })
}

fn unsupported(fields: &str) -> Error {
    Error::from(FileError::UnsupportedElement {
        expected: "plain numbers",
        found: fields.chars().take(80).collect(),
    })
}

/// The remaining text of a header.
struct Text<'a> {
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    /// Skips white space, and returns the next byte without consuming it.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    /// Consumes the next byte if it is `byte`, and returns true in that case.
    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    fn expect(&mut self, byte: u8, otherwise: &'static str) -> std::result::Result<(), Problem> {
        if self.eat(byte) {
            return Ok(());
        }
        Err(otherwise.into())
    }

    /// Reads a quoted string. Names and type strings do not contain escape sequences.
    fn string(&mut self) -> std::result::Result<&'a [u8], Problem> {
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err("a string is missing".into()),
        };
        let inside = &self.rest[1..];
        let end = inside.iter().position(|&byte| byte == quote);
        let end = end.ok_or("a string does not end")?;
        self.rest = &inside[end + 1..];
        Ok(&inside[..end])
    }

    fn boolean(&mut self) -> std::result::Result<bool, Problem> {
        self.peek();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err("'fortran_order' is neither True nor False".into())
    }

    fn shape(&mut self) -> std::result::Result<Vec<u64>, Problem> {
        self.expect(b'(', "'shape' is not a tuple")?;
        let mut shape = Vec::new();
        while !self.eat(b')') {
            shape.push(self.length()?);
            if !self.eat(b',') {
                self.expect(b')', "'shape' does not end")?;
                break;
            }
        }
        Ok(shape)
    }

    fn length(&mut self) -> std::result::Result<u64, Problem> {
        self.peek();
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let n_digits = self.rest.iter().take_while(is_digit).count();
        let (digits, rest) = self.rest.split_at(n_digits);
        // Python 2 wrote long integers as 3L.
        self.rest = rest.strip_prefix(b"L").unwrap_or(rest);
        std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or(Problem::Syntax("'shape' has an invalid length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;

    fn read(version: u8, text: &str) -> Result<NpyHeader> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((text.len() as u16).to_le_bytes()),
            _ => bytes.extend((text.len() as u32).to_le_bytes()),
        }
        bytes.extend(text.as_bytes());
        NpyHeader::read(&mut &bytes[..], &Origin::new("a.npy", "npy"))
    }

    #[test]
    fn reads_what_numpy_writes() {
        let written = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }      \n";
        for version in [1, 2, 3] {
            let header = read(version, written).unwrap();
            assert_eq!(header.shape, [3, 4]);
            assert_eq!(header.element, Element::F32);
            assert!(!header.fortran_order);
        }
        let older = "{\"shape\": (3L,), 'fortran_order': True, 'descr': '|u1'}";
        assert_eq!(read(1, older).unwrap().shape, [3]);
        let scalar = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
        assert_eq!(read(1, scalar).unwrap().n_elements(), Some(1));
    }

    #[test]
    fn reads_what_it_writes() {
        let bytes = encode_header("<f4", &[1854, 768]);
        assert_eq!(bytes.len() % 64, 0);
        let header = NpyHeader::read(&mut &bytes[..], &Origin::new("a.npy", "npy")).unwrap();
        assert_eq!(header.shape, [1854, 768]);
        assert_eq!(header.data_offset, bytes.len() as u64);
        // Cross-check with an independent reader.
        let witness = npyz::NpyHeader::from_reader(&bytes[..]).unwrap();
        assert_eq!(witness.shape(), [1854, 768]);
        assert_eq!(witness.order(), npyz::Order::C);
        assert_eq!(witness.dtype().descr(), "'<f4'");
    }

    #[test]
    fn writes_what_numpy_writes() {
        // numpy.save of arrays of these shapes, up to the data
        for (shape, written) in [(&[][..], "()"), (&[5], "(5,)"), (&[5, 3], "(5, 3)")] {
            let mut expected = b"\x93NUMPY\x01\0v\0".to_vec();
            let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {written}, }}");
            expected.extend(format!("{text:117}\n").as_bytes());
            assert_eq!(encode_header("<f8", shape), expected);
        }
    }

    #[test]
    fn refuses_what_is_no_header() {
        let nested = "(".repeat(60_000);
        for text in [
            "",
            "{",
            "{}",
            "[1]",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 4)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 4)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)} import os",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'more': 1}",
            "{'descr",
            &format!("{{'shape': {nested}"),
        ] {
            assert_refused!(read(1, text), File(FileError::Malformed { .. }), "{text}");
        }
        let fields = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}";
        assert_refused!(read(1, fields), File(FileError::UnsupportedElement { .. }));
    }

    #[test]
    fn a_header_of_gigabytes_is_not_read() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([2, 0, 255, 255, 255, 255]);
        let error = NpyHeader::read(&mut &bytes[..], &Origin::new("a.npy", "npy"));
        assert!(error.unwrap_err().report().to_string().contains("too long"));
    }

    #[test]
    fn a_product_beyond_64_bits_is_noticed() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
        assert_eq!(read(1, text).unwrap().n_elements(), None);
        let empty =
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 0)}";
        assert_eq!(read(1, empty).unwrap().n_elements(), Some(0));
    }
}
