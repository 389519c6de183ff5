//! Tests with valid and damaged files that are assembled byte by byte.

mod damage;
mod writer;

use crate::error::{ArgumentError, ComputationError, ErrorKind, FileError, assert_kind};
use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use ndarray::{ArrayD, IxDyn};

use super::stream::*;
use super::*;
use writer::*;

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
        "elements of type sparse are not supported (expected real numbers; save the matrix as a variable of its own, a sparse one by full(x), a field of a struct as x = s.field)"
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
    assert_kind!(error, Argument(ArgumentError::Shape { .. }));
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
