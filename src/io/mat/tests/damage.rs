//! Damaged and hostile files.

use std::io::{BufReader, Read, Seek, SeekFrom};

use proptest::prelude::*;

use super::*;

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
