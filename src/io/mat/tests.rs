//! Tests with valid and damaged files that are assembled byte by byte.

use crate::error::{ArgumentError, ComputationError, ErrorKind, FileError};
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;

use super::stream::*;
use super::*;

const CELL: u32 = 1;
const STRUCT: u32 = 2;
const CHAR: u32 = 4;
const SPARSE: u32 = 5;
const DOUBLE_CLASS: u32 = 6;
const UINT8_CLASS: u32 = 9;

/// A writer of elements in either byte order.
#[derive(Clone, Copy)]
struct Writer(ByteOrder);

const LITTLE: Writer = Writer(ByteOrder::Little);
const BIG: Writer = Writer(ByteOrder::Big);

impl Writer {
    fn u32(self, value: u32) -> [u8; 4] {
        match self.0 {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        }
    }

    fn u32s(self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|&value| self.u32(value)).collect()
    }

    fn doubles(self, values: &[f64]) -> Vec<u8> {
        let bytes = |value: &f64| match self.0 {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        };
        values.iter().flat_map(bytes).collect()
    }

    fn element(self, kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = self.u32s(&[kind, data.len() as u32]);
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn small(self, kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = self.u32s(&[(data.len() as u32) << 16 | kind]);
        bytes.extend(data);
        bytes.resize(8, 0);
        bytes
    }

    fn array(self, class: u32, shape: &[u32], name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = self.element(UINT32, &self.u32s(&[class, 0]));
        bytes.extend(self.element(INT32, &self.u32s(shape)));
        bytes.extend(match name.len() {
            1..=4 => self.small(INT8, name.as_bytes()),
            _ => self.element(INT8, name.as_bytes()),
        });
        bytes.extend(content);
        self.element(MATRIX, &bytes)
    }

    fn matrix(self, shape: &[u32], name: &str, values: &[f64]) -> Vec<u8> {
        let content = self.element(DOUBLE, &self.doubles(values));
        self.array(DOUBLE_CLASS, shape, name, &content)
    }

    fn structs(self, shape: &[u32], name: &str, fields: &[&str], values: &[Vec<u8>]) -> Vec<u8> {
        let mut content = self.small(INT32, &self.u32(8));
        let names = fields.iter().flat_map(|field| {
            let mut field = field.as_bytes().to_vec();
            field.resize(8, 0);
            field
        });
        content.extend(self.element(INT8, &names.collect::<Vec<u8>>()));
        content.extend(values.concat());
        self.array(STRUCT, shape, name, &content)
    }

    fn compressed(self, array: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(array).unwrap();
        let data = encoder.finish().unwrap();
        let mut bytes = self.u32s(&[COMPRESSED, data.len() as u32]);
        bytes.extend(data);
        bytes
    }

    fn file(self, variables: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"MATLAB 5.0 MAT-file, made for a test".to_vec();
        bytes.resize(124, b' ');
        bytes.extend(match self.0 {
            ByteOrder::Little => [0, 1, b'I', b'M'],
            ByteOrder::Big => [1, 0, b'M', b'I'],
        });
        bytes.extend(variables.concat());
        bytes
    }
}

fn open(bytes: &[u8]) -> Result<MatFile<Cursor<&[u8]>>> {
    MatFile::new(Cursor::new(bytes), Origin::new("a.mat", "mat"))
}

fn read(bytes: &[u8], name: &str) -> Result<MatArray> {
    open(bytes)?.read(name)
}

/// Reads all variables.
fn read_all(bytes: &[u8]) -> Result<Vec<(String, MatArray)>> {
    let mut file = open(bytes)?;
    let names = file.names();
    let read = |name: String| Ok((name.clone(), file.read(&name)?));
    names.into_iter().map(read).collect()
}

/// Creates a file with a variable of every supported kind, some of them compressed.
fn everything(writer: Writer) -> Vec<u8> {
    let doubles = writer.matrix(&[2, 3], "x", &[1.0, 2.0, 3.0, 4.0, 5.0, -0.5]);
    // Doubles that are small whole numbers are stored as bytes.
    let narrow = writer.element(UINT8, &[1, 2, 255, 0]);
    let narrow = writer.array(DOUBLE_CLASS, &[2, 1, 2], "narrow", &narrow);
    let text = writer.element(UTF8, "bdeé".as_bytes());
    let text = writer.array(CHAR, &[2, 2], "text", &text);
    let inner = writer.structs(
        &[1, 1],
        "",
        &["pairs", "who"],
        &[
            writer.matrix(&[1, 2], "", &[0.25, 0.75]),
            writer.array(
                CHAR,
                &[1, 2],
                "",
                &writer.small(UINT16, &utf16(writer, "µm")),
            ),
        ],
    );
    let nested = writer.structs(&[1, 1], "nested", &["set1"], &[inner]);
    let cells = [
        writer.array(CHAR, &[1, 3], "", &writer.small(UINT8, b"cat")),
        writer.array(CHAR, &[0, 0], "", &writer.small(UTF8, b"")),
    ];
    let cells = writer.array(CELL, &[2, 1], "cells", &cells.concat());
    writer.file(&[
        doubles,
        writer.compressed(&narrow),
        text,
        writer.compressed(&nested),
        cells,
    ])
}

fn utf16(writer: Writer, text: &str) -> Vec<u8> {
    let unit = |unit: u16| match writer.0 {
        ByteOrder::Little => unit.to_le_bytes(),
        ByteOrder::Big => unit.to_be_bytes(),
    };
    text.encode_utf16().flat_map(unit).collect()
}

fn numbers(shape: &[usize], row_major: &[f64]) -> MatArray {
    MatArray::Numbers(ArrayD::from_shape_vec(IxDyn(shape), row_major.to_vec()).unwrap())
}

#[test]
fn everything_is_read_in_both_byte_orders() {
    for writer in [LITTLE, BIG] {
        let bytes = everything(writer);
        let mut file = open(&bytes).unwrap();
        assert_eq!(file.names(), ["x", "narrow", "text", "nested", "cells"]);
        assert_eq!(
            file.read("x").unwrap(),
            numbers(&[2, 3], &[1.0, 3.0, 5.0, 2.0, 4.0, -0.5])
        );
        assert_eq!(
            file.read("narrow").unwrap(),
            numbers(&[2, 1, 2], &[1.0, 255.0, 2.0, 0.0])
        );
        let text = file.read("text").unwrap().into_texts().unwrap();
        assert_eq!(text, ["be", "dé"]);
        let set = || open(&bytes)?.read("nested")?.into_field("set1");
        assert_eq!(
            set().unwrap().into_field("pairs").unwrap(),
            numbers(&[1, 2], &[0.25, 0.75])
        );
        let who = set().unwrap().into_field("who").unwrap();
        assert_eq!(who.into_texts().unwrap(), ["µm"]);
        let cells = file.read("cells").unwrap().into_texts().unwrap();
        assert_eq!(cells, ["cat", ""]);
    }
}

#[test]
fn numbers_of_every_type_are_read() {
    let value = [
        (INT8, vec![0xfe]),
        (UINT8, vec![0xfe]),
        (INT16, (-2i16).to_le_bytes().to_vec()),
        (UINT16, 65534u16.to_le_bytes().to_vec()),
        (INT32, (-2i32).to_le_bytes().to_vec()),
        (UINT32, 4_294_967_294u32.to_le_bytes().to_vec()),
        (SINGLE, 0.1f32.to_le_bytes().to_vec()),
        (DOUBLE, 0.1f64.to_le_bytes().to_vec()),
        (INT64, (-2i64).to_le_bytes().to_vec()),
        (UINT64, (1u64 << 53).to_le_bytes().to_vec()),
    ];
    let expected = [
        -2.0,
        254.0,
        -2.0,
        65534.0,
        -2.0,
        4_294_967_294.0,
        f64::from(0.1f32),
        0.1,
        -2.0,
        2f64.powi(53),
    ];
    for ((kind, data), expected) in value.into_iter().zip(expected) {
        for class in DOUBLE_CLASS..=15 {
            let mut contents = vec![LITTLE.element(kind, &data)];
            if data.len() <= 4 {
                contents.push(LITTLE.small(kind, &data));
            }
            for content in contents {
                let bytes = LITTLE.file(&[LITTLE.array(class, &[1, 1], "x", &content)]);
                assert_eq!(read(&bytes, "x").unwrap(), numbers(&[1, 1], &[expected]));
            }
        }
    }
}

#[test]
fn what_is_not_read_is_named() {
    let sparse = LITTLE.array(SPARSE, &[2, 2], "s", &LITTLE.element(INT32, &[0; 8]));
    let bytes = LITTLE.file(&[sparse, LITTLE.matrix(&[1, 1], "x", &[3.0])]);
    let error = read(&bytes, "s").unwrap().into_numbers().unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "elements of type sparse are not supported (expected real numbers)"
    );
    assert_eq!(read(&bytes, "x").unwrap(), numbers(&[1, 1], &[3.0]));
    let error = read(&bytes, "rdm").unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "no array \"rdm\" (available: \"s\", \"x\")"
    );
    let mut complex = LITTLE.matrix(&[1, 1], "x", &[3.0]);
    complex[17] |= 8;
    let error = read(&LITTLE.file(&[complex]), "x").unwrap().into_numbers();
    assert!(
        error
            .unwrap_err()
            .report()
            .to_string()
            .contains("type complex")
    );

    let x = || read(&bytes, "x").unwrap();
    for error in [
        x().into_field("a").unwrap_err(),
        x().into_texts().unwrap_err(),
    ] {
        let message = error.report().to_string();
        assert!(message.starts_with("elements of type numeric"), "{message}");
    }
    let one = LITTLE.matrix(&[1, 1], "", &[1.0]);
    let two = LITTLE.structs(&[1, 2], "b", &["p"], &[one.clone(), one]);
    let bytes = LITTLE.file(&[two]);
    let error = read(&bytes, "b").unwrap().into_field("q").unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "no array \"q\" (available: \"p\")"
    );
    let error = read(&bytes, "b").unwrap().into_field("p").unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Argument(ArgumentError::Shape { .. })
        ),
        "{error}"
    );
}

#[test]
fn other_levels_say_what_to_do() {
    let mut hdf = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".to_vec();
    hdf.resize(600, 0);
    let level_4 = [
        [0u32, 2, 2, 0, 2].map(u32::to_le_bytes).concat(),
        vec![0; 40],
    ]
    .concat();
    let newer = {
        let mut bytes = LITTLE.file(&[]);
        bytes[125] = 2;
        bytes
    };
    for (bytes, says) in [
        (hdf, "save it with -v7, or convert the array to .npy"),
        (b"\x89HDF\r\n\x1a\n".repeat(20), "which is HDF5"),
        (newer, "which is HDF5"),
        (level_4, "MATLAB 4"),
        (vec![b'x'; 200], "does not begin"),
        (Vec::new(), "has only 0"),
    ] {
        let error = open(&bytes).map(drop).unwrap_err().report().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_reads_alike() {
    for writer in [LITTLE, BIG] {
        let bytes = everything(writer);
        let whole = read_all(&bytes).unwrap();
        assert_eq!(whole.len(), 5);
        let mut n_refused = 0;
        for length in 0..bytes.len() {
            match read_all(&bytes[..length]) {
                Ok(part) => assert_eq!(part, whole[..part.len()], "{length}"),
                Err(error) => match error.kind() {
                    ErrorKind::File(
                        FileError::Truncated { .. }
                        | FileError::Malformed { .. }
                        | FileError::NoSuchArray { .. },
                    ) => n_refused += 1,
                    other => panic!("{length}: {other}"),
                },
            }
        }
        // A cut file is accepted only if the cut is between two variables.
        assert!(n_refused + 12 >= bytes.len(), "{n_refused}");
    }
}

#[test]
fn terabytes_that_are_not_there_are_not_asked_for() {
    let max = i32::MAX as u32;
    let few = LITTLE.element(DOUBLE, &[0; 16]);
    let mut long = LITTLE.u32s(&[DOUBLE, 0xffff_fff0]);
    long.extend([0; 64]);
    let mut outer = LITTLE.u32s(&[MATRIX, 0xffff_fff0]);
    outer.extend([0; 64]);
    let letters = LITTLE.element(UTF8, &[0; 16]);
    let mut fields = LITTLE.small(INT32, &LITTLE.u32(1024));
    fields.extend(LITTLE.u32s(&[INT8, 0xffff_fc00]));
    for variable in [
        LITTLE.array(DOUBLE_CLASS, &[max, max], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[max, max, max, max], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[u32::MAX, 2], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[2, 3], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[0, 3], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[2], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[1; 33], "x", &few),
        LITTLE.array(DOUBLE_CLASS, &[2, 1], "x", &long),
        LITTLE.array(DOUBLE_CLASS, &[1 << 20, 1 << 9], "x", &long),
        LITTLE.array(CELL, &[max, 1], "x", &[]),
        LITTLE.array(CELL, &[max, max, max], "x", &[]),
        LITTLE.array(CHAR, &[max, 4], "x", &letters),
        LITTLE.array(STRUCT, &[max, max], "x", &fields),
        LITTLE.structs(&[max, 1], "x", &["a", "b"], &[]),
        LITTLE.array(99, &[1, 2], "x", &few),
        outer,
    ] {
        for variable in [variable.clone(), LITTLE.compressed(&variable)] {
            let error = read_all(&LITTLE.file(&[variable])).unwrap_err();
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::File(FileError::Malformed { .. })
                        | ErrorKind::File(FileError::Truncated { .. })
                        | ErrorKind::Computation(ComputationError::OutOfMemory { .. })
                ),
                "{error}"
            );
        }
    }
    // Structures without fields take no memory, however many there are.
    let none = LITTLE.structs(&[max, max], "x", &[], &[]);
    assert!(read(&LITTLE.file(&[none]), "x").is_ok());
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| {
        (0..depth).fold(LITTLE.matrix(&[1, 1], "x", &[1.0]), |inner, _| {
            LITTLE.array(CELL, &[1, 1], "x", &inner)
        })
    };
    assert!(read(&LITTLE.file(&[nested(32)]), "x").is_ok());
    for depth in [33, 20_000] {
        for variable in [nested(depth), LITTLE.compressed(&nested(depth))] {
            let error = read(&LITTLE.file(&[variable]), "x").unwrap_err();
            assert!(
                error.report().to_string().contains("more than 32 deep"),
                "{error}"
            );
        }
    }
    // An element that is declared as large as the enclosing element.
    let mut bytes = LITTLE.file(&[nested(3)]);
    let inner = bytes.len() - 128 - 72;
    bytes[inner..].fill(0xff);
    assert!(read(&bytes, "x").is_err());
}

/// Creates a compressed variable whose array is followed by `n_megabytes` of zeros.
fn bomb(array: &[u8], n_megabytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(array).unwrap();
    for _ in 0..n_megabytes {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let data = encoder.finish().unwrap();
    let mut bytes = LITTLE.u32s(&[COMPRESSED, data.len() as u32]);
    bytes.extend(data);
    LITTLE.file(&[bytes])
}

#[test]
fn a_bomb_does_not_go_off() {
    // Zeros after a variable are not decompressed: the first one is refused.
    let bytes = bomb(&LITTLE.matrix(&[1, 1], "x", &[1.0]), 256);
    let mut file = MatFile::new(Counting::new(&bytes), Origin::new("a.mat", "mat")).unwrap();
    let error = file.read("x").unwrap_err();
    assert!(
        error.report().to_string().contains("continues after"),
        "{error}"
    );
    let n_read = file.reader.n_read;
    assert!(
        n_read < bytes.len() as u64 / 2,
        "{n_read} of {}",
        bytes.len()
    );
    // Zeros from the beginning are not an array.
    assert!(open(&bomb(&[], 256)).is_err());
    // One gigabyte of bytes that would become eight gigabytes of doubles is refused before
    // decompression.
    let claimed = 1u32 << 30;
    let mut array = LITTLE.array(UINT8_CLASS, &[1 << 15, 1 << 15], "x", &[]);
    array.extend(LITTLE.u32s(&[UINT8, claimed]));
    let size = array.len() as u32 - 8 + claimed;
    array[4..8].copy_from_slice(&size.to_le_bytes());
    let error = read(&bomb(&array, 16), "x").unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Computation(ComputationError::OutOfMemory { .. })
        ),
        "{error}"
    );
    // A cell array of many empty cells, which needs more memory than its stored size, is refused as
    // well.
    let mut cells = LITTLE.array(CELL, &[1 << 24, 1], "x", &[]);
    let size = cells.len() as u32 - 8 + (1 << 27);
    cells[4..8].copy_from_slice(&size.to_le_bytes());
    assert!(read(&bomb(&cells, 128), "x").is_err());
    // More than MATLAB saves.
    array[4..8].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let error = open(&bomb(&array, 1)).map(drop).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Computation(ComputationError::OutOfMemory { .. })
        ),
        "{error}"
    );
}

#[test]
fn compressed_data_are_checked() {
    let bytes = LITTLE.file(&[LITTLE.compressed(&LITTLE.matrix(&[1, 1], "x", &[7.0]))]);
    assert_eq!(read(&bytes, "x").unwrap(), numbers(&[1, 1], &[7.0]));
    for place in 136..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= 0x10;
        assert!(read(&bytes, "x").is_err(), "{place}");
    }
}

#[test]
fn every_byte_may_be_any_other() {
    for writer in [LITTLE, BIG] {
        let bytes = everything(writer);
        for place in 0..bytes.len() {
            for change in [1, 2, 8, 0x40, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[place] ^= change;
                let _ = read_all(&bytes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn damage_is_refused_or_harmless(
        is_big in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = everything(if is_big { BIG } else { LITTLE });
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        let _ = read_all(&bytes);
    }
}

/// A reader that counts the bytes read.
struct Counting<'b> {
    bytes: Cursor<&'b [u8]>,
    n_read: u64,
}

impl<'b> Counting<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        let bytes = Cursor::new(bytes);
        Self { bytes, n_read: 0 }
    }
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.bytes.read(buffer)?;
        self.n_read += n as u64;
        Ok(n)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[test]
fn many_small_variables_are_read_once() {
    let writer = Writer(ByteOrder::Little);
    let n = 20_000;
    let mut variables = vec![writer.u32s(&[MATRIX, 0]); n];
    variables.push(writer.matrix(&[1, 1], "x", &[2.0]));
    let bytes = writer.file(&variables);
    let reader = BufReader::with_capacity(1 << 14, Counting::new(&bytes));
    let mut file = MatFile::new(reader, Origin::new("a.mat", "mat")).unwrap();
    assert_eq!(file.names(), ["x"]);
    assert!(file.read("x").is_ok());
    let n_read = file.reader.get_ref().n_read;
    assert!(
        n_read < 3 * bytes.len() as u64,
        "{n_read} of {}",
        bytes.len()
    );
}
