//! Arrays of a MATLAB file: numbers, text, structures and cells.

use ndarray::{Array2, ArrayD, IxDyn, ShapeBuilder};

use super::stream::{INT8, INT32, MATRIX, Stream, UINT8, UINT16, UINT32, UTF8, UTF16, UTF32, Unit};
use crate::error::{Error, FileError, Result, wrong_shape};
use crate::linalg::reserve;

/// Largest nesting depth of arrays in structures and cells.
const MAX_DEPTH: usize = 32;

/// Longest name of a variable or field in bytes; MATLAB allows 63.
const MAX_NAME_BYTES: u64 = 1024;

/// Largest number of axes of an array.
const MAX_AXES: u64 = 32;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MatArray {
    /// Numbers of any class, as `f64`, which represents integers up to 2⁵³ exactly; logical values
    /// are 0 and 1.
    Numbers(ArrayD<f64>),
    /// Characters.
    Text(Text),
    /// Structures with the same fields, in column-major order.
    Structs(Structs),
    /// Arrays of any kind, in column-major order.
    Cells(Vec<MatArray>),
    /// A value that is not supported, such as a sparse matrix or a function: the name of its class.
    Unread(&'static str),
}

/// A character array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    n_rows: usize,
    /// UTF-16 code units or code points, in column-major order.
    units: Vec<u32>,
}

/// An array of structures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Structs {
    fields: Vec<String>,
    n_elements: usize,
    /// Values of the fields of the first structure, then of the second, and so on.
    values: Vec<MatArray>,
}

impl MatArray {
    /// Returns the class of the array in the terms of MATLAB.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            MatArray::Numbers(_) => "numeric",
            MatArray::Text(_) => "char",
            MatArray::Structs(_) => "struct",
            MatArray::Cells(_) => "cell",
            MatArray::Unread(class) => class,
        }
    }

    /// Converts the array into numbers.
    ///
    /// # Errors
    /// Returns [`FileError::UnsupportedElement`] if it is not an array of real numbers.
    pub(crate) fn into_numbers(self) -> Result<ArrayD<f64>> {
        match self {
            MatArray::Numbers(numbers) => Ok(numbers),
            other => Err(other.is_not(
                "real numbers; save the matrix as a variable of its own, a sparse one by full(x), \
                 a field of a struct as x = s.field",
            )),
        }
    }

    /// Converts the array into a matrix of numbers.
    ///
    /// # Errors
    /// As for [`MatArray::into_numbers`]; also returns [`ArgumentError::Shape`] if there are more
    /// than two axes.
    pub(crate) fn into_matrix(self, expected: &str) -> Result<Array2<f64>> {
        let numbers = self.into_numbers()?;
        let found = numbers.shape().to_vec();
        let matrix = numbers.into_dimensionality();
        matrix.map_err(|_| wrong_shape("the variable", expected, &found))
    }

    /// Converts the array, which must be a single structure, into the value of a field.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchArray`], with the available fields, if there is no such field;
    /// [`FileError::UnsupportedElement`] if the array is not a structure; [`ArgumentError::Shape`]
    /// if it does not have exactly one element.
    pub(crate) fn into_field(self, name: &str) -> Result<MatArray> {
        let mut structs = match self {
            MatArray::Structs(structs) => structs,
            other => return Err(other.is_not("a struct")),
        };
        let Some(position) = structs.fields.iter().position(|field| field == name) else {
            return Err(FileError::NoSuchArray {
                name: name.into(),
                available: structs.fields,
            }
            .into());
        };
        if structs.n_elements != 1 {
            return Err(wrong_shape(
                "the struct",
                "one element",
                &[structs.n_elements],
            ));
        }
        Ok(structs.values.swap_remove(position))
    }

    /// Converts the array into strings: the rows of a character array without padding spaces, or
    /// the cells of a cell array.
    ///
    /// # Errors
    /// Returns [`FileError::UnsupportedElement`] if the array is not text or not valid Unicode.
    pub(crate) fn into_texts(self) -> Result<Vec<String>> {
        match self {
            MatArray::Text(text) => (0..text.n_rows).map(|row| text.row(row)).collect(),
            MatArray::Cells(cells) => {
                let mut texts = Vec::new();
                for cell in cells {
                    match cell {
                        // An empty text has no rows.
                        MatArray::Text(text) if text.n_rows == 0 => texts.push(String::new()),
                        MatArray::Text(text) if text.n_rows == 1 => texts.push(text.row(0)?),
                        other => return Err(other.is_not("one line of text in each cell")),
                    }
                }
                Ok(texts)
            }
            other => Err(other.is_not("texts")),
        }
    }

    /// Returns the number of rows of a character array, or of cells; 0 for another array.
    pub(crate) fn n_texts(&self) -> usize {
        match self {
            MatArray::Text(text) => text.n_rows,
            MatArray::Cells(cells) => cells.len(),
            _ => 0,
        }
    }

    fn is_not(&self, expected: &'static str) -> Error {
        Error::from(FileError::UnsupportedElement {
            expected,
            found: self.class().into(),
        })
    }
}

impl Structs {
    /// Returns the names and values of the fields of the first structure.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&String, &MatArray)> {
        self.fields.iter().zip(&self.values)
    }
}

impl Text {
    fn row(&self, row: usize) -> Result<String> {
        let units = self.units.iter().skip(row).step_by(self.n_rows);
        let text = decoded(units.copied())?;
        Ok(text.trim_end_matches([' ', '\0']).into())
    }
}

/// Decodes code points or UTF-16 code units.
fn decoded(units: impl Iterator<Item = u32>) -> Result<String> {
    let mut utf16 = Vec::new();
    for unit in units {
        match (u16::try_from(unit), char::from_u32(unit)) {
            (Ok(unit), _) => utf16.push(unit),
            (_, Some(char)) => utf16.extend(char.encode_utf16(&mut [0; 2]).iter()),
            _ => return Err(not_unicode()),
        }
    }
    String::from_utf16(&utf16).map_err(|_| not_unicode())
}

fn not_unicode() -> Error {
    Error::from(FileError::UnsupportedElement {
        expected: "Unicode",
        found: "char that is not Unicode".into(),
    })
}

/// The header of an array.
pub(super) struct Header {
    pub(super) name: String,
    class: u32,
    is_complex: bool,
    shape: Vec<u64>,
}

impl Header {
    /// Checks whether the array holds numbers, real or complex.
    pub(super) fn is_numeric(&self) -> bool {
        (6..=15).contains(&self.class)
    }
}

/// Reads class, shape and name.
pub(super) fn read_header(stream: &mut Stream<'_>) -> Result<Header> {
    let tag = stream.tag_of(&[UINT32], "the flags of an array")?;
    let flags = stream.numbers::<Unit>(tag, 2)?[0].0;
    let class = flags & 0xff;
    let is_opaque = class == 17;
    let mut shape = Vec::new();
    if !is_opaque {
        let tag = stream.tag_of(&[INT32], "the dimensions of an array")?;
        let n_axes = tag.size() / 4;
        if !(2..=MAX_AXES).contains(&n_axes) {
            return Err(stream.malformed(format!("an array with {n_axes} axes")));
        }
        for Unit(length) in stream.numbers::<Unit>(tag, n_axes)? {
            if length > i32::MAX as u32 {
                return Err(stream.malformed("an axis of negative length"));
            }
            shape.push(length.into());
        }
    }
    let tag = stream.tag_of(&[INT8, UINT8, UTF8], "the characters of a name")?;
    if tag.size() > MAX_NAME_BYTES {
        return Err(stream.malformed(format!("a name of {} bytes", tag.size())));
    }
    let name = stream.numbers(tag, tag.size())?;
    Ok(Header {
        name: text_of_bytes(stream, &name)?,
        class,
        is_complex: flags & 0x800 != 0,
        shape,
    })
}

/// Reads the content of an array after its header.
pub(super) fn read_array(stream: &mut Stream<'_>, header: Header) -> Result<MatArray> {
    read_nested(stream, header, 0)
}

fn read_nested(stream: &mut Stream<'_>, header: Header, depth: usize) -> Result<MatArray> {
    if depth > MAX_DEPTH {
        let problem = format!("structures and cells are nested more than {MAX_DEPTH} deep");
        return Err(stream.malformed(problem));
    }
    let mut lengths = header.shape.iter();
    let n_elements = lengths.try_fold(1u64, |n, &length| n.checked_mul(length));
    let too_many = || stream.malformed("more elements than can be counted");
    let n_elements = match header.shape.contains(&0) {
        true => 0,
        false => n_elements.ok_or_else(too_many)?,
    };
    let unread = match header.class {
        1 => return read_cells(stream, n_elements, depth).map(MatArray::Cells),
        2 => return read_structs(stream, n_elements, depth),
        4 => return read_text(stream, &header, n_elements),
        6..=15 if !header.is_complex => return read_numbers(stream, &header, n_elements),
        6..=15 => "complex",
        3 => "object",
        5 => "sparse",
        16 => "function handle",
        17 => "opaque object",
        other => return Err(stream.malformed(format!("an array of class {other}"))),
    };
    stream.skip(stream.left())?;
    Ok(MatArray::Unread(unread))
}

fn read_numbers(stream: &mut Stream<'_>, header: &Header, n: u64) -> Result<MatArray> {
    let tag = stream.tag()?;
    let values = stream.numbers(tag, n)?;
    let shape: Vec<usize> = header.shape.iter().map(|&length| length as usize).collect();
    let numbers = ArrayD::from_shape_vec(IxDyn(&shape).f(), values);
    Ok(MatArray::Numbers(
        numbers.map_err(|error| stream.malformed(error))?,
    ))
}

fn read_text(stream: &mut Stream<'_>, header: &Header, n: u64) -> Result<MatArray> {
    let kinds = [INT8, UINT8, UTF8, UINT16, UTF16, UINT32, UTF32];
    let tag = stream.tag_of(&kinds, "the characters of a text")?;
    let units: Vec<Unit> = match tag.kind {
        UINT16 | UTF16 => stream.numbers(tag, tag.size() / 2)?,
        UINT32 | UTF32 => stream.numbers(tag, tag.size() / 4)?,
        _ => {
            let bytes = stream.numbers(tag, tag.size())?;
            let chars = text_of_bytes(stream, &bytes)?;
            chars.chars().map(|char| Unit(char.into())).collect()
        }
    };
    if units.len() as u64 != n {
        return Err(stream.malformed(format!("{} characters instead of {n}", units.len())));
    }
    let is_empty = units.is_empty();
    Ok(MatArray::Text(Text {
        // A text without characters could declare any number of rows.
        n_rows: if is_empty {
            0
        } else {
            header.shape[0] as usize
        },
        units: units.into_iter().map(|Unit(unit)| unit).collect(),
    }))
}

fn text_of_bytes(stream: &Stream<'_>, bytes: &[Unit]) -> Result<String> {
    let bytes = bytes.iter().map(|&Unit(byte)| byte as u8).collect();
    String::from_utf8(bytes).map_err(|error| stream.malformed(error))
}

fn read_cells(stream: &mut Stream<'_>, n: u64, depth: usize) -> Result<Vec<MatArray>> {
    // Each array has a tag of at least 8 bytes.
    if n > stream.left() / 8 {
        let left = stream.left();
        return Err(stream.malformed(format!("{n} arrays within {left} bytes")));
    }
    let mut values = Vec::new();
    for _ in 0..n {
        stream.charge(size_of::<MatArray>() as u64)?;
        if values.len() == values.capacity() {
            let ahead = values.len().max(4).min(n as usize - values.len());
            reserve(&mut values, ahead, "an array of the file")?;
        }
        let tag = stream.tag_of(&[MATRIX], "arrays in an array")?;
        let value = stream.nested(tag, |stream| {
            // An array that was never assigned has no header.
            if stream.left() == 0 {
                return Ok(MatArray::Numbers(ArrayD::zeros(IxDyn(&[0, 0]))));
            }
            let header = read_header(stream)?;
            read_nested(stream, header, depth + 1)
        })?;
        values.push(value);
    }
    Ok(values)
}

fn read_structs(stream: &mut Stream<'_>, n: u64, depth: usize) -> Result<MatArray> {
    let tag = stream.tag_of(&[INT32], "the lengths of field names")?;
    let length = stream.numbers::<Unit>(tag, 1)?[0].0 as usize;
    if length == 0 || length as u64 > MAX_NAME_BYTES {
        return Err(stream.malformed(format!("field names of {length} bytes")));
    }
    let tag = stream.tag_of(&[INT8, UINT8, UTF8], "the characters of field names")?;
    if tag.size() % length as u64 != 0 {
        return Err(stream.malformed("field names of different lengths"));
    }
    // Each name is stored as a string of its own.
    let per_name = size_of::<String>() as u64 + length as u64;
    stream.charge(tag.size() / length as u64 * per_name)?;
    let names = stream.numbers::<Unit>(tag, tag.size())?;
    let mut fields: Vec<String> = Vec::new();
    for name in names.chunks(length) {
        let end = name.iter().position(|unit| unit.0 == 0).unwrap_or(length);
        fields.push(text_of_bytes(stream, &name[..end])?);
    }
    let n_values = n.checked_mul(fields.len() as u64);
    let n_values = n_values.ok_or_else(|| stream.malformed("too many structures"))?;
    Ok(MatArray::Structs(Structs {
        values: read_cells(stream, n_values, depth)?,
        n_elements: n as usize,
        fields,
    }))
}
