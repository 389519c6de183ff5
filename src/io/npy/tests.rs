//! Tests of the reader of `.npy` files.

use super::*;
use crate::error::{assert_kind, assert_refused};

/// Returns the bytes of an `.npy` file.
pub(crate) fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let text = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}}}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn read(bytes: &[u8], is_sized: bool) -> Result<Vec<f32>> {
    let length = is_sized.then_some(bytes.len() as u64);
    NpyReader::new(bytes, length, Origin::new("a.npy", "npy"))?.read_row_major()
}

/// Returns the bytes and the row-major values of an array whose values encode their indices.
fn numbered(shape: &[usize], fortran: bool) -> (Vec<u8>, Vec<f32>) {
    let array = ndarray::ArrayD::from_shape_fn(shape, |index| {
        let place = |place: usize, axis: usize| place * 100 + index[axis];
        (0..shape.len()).fold(0, place) as f32
    });
    let in_file = match fortran {
        true => array.t().iter().copied().collect::<Vec<f32>>(),
        false => array.iter().copied().collect(),
    };
    let bytes = in_file.iter().flat_map(|value| value.to_le_bytes());
    (bytes.collect(), array.iter().copied().collect())
}

#[test]
fn every_order_of_every_shape_is_row_major_in_memory() {
    for shape in [
        &[][..],
        &[5],
        &[4, 3],
        &[1, 7],
        &[7, 1],
        &[2, 3, 4],
        &[3, 1, 2, 2],
        &[90, 70],
        // Columns longer than the buffer, and many columns in a buffer.
        &[70_000, 3],
        &[3, 70_000],
    ] {
        for fortran in [false, true] {
            let lengths: String = shape.iter().map(|length| format!("{length},")).collect();
            let (data, expected) = numbered(shape, fortran);
            let bytes = npy("<f4", fortran, &format!("({lengths})"), &data);
            for is_sized in [false, true] {
                assert_eq!(
                    read(&bytes, is_sized).unwrap(),
                    expected,
                    "{shape:?} {fortran}"
                );
            }
        }
    }
}

#[test]
fn terabytes_that_are_not_there_are_not_asked_for() {
    for shape in ["(1000000, 1000000)", "(4294967296, 4294967296)"] {
        for fortran in [false, true] {
            let bytes = npy("<f4", fortran, shape, &[0; 64]);
            for is_sized in [false, true] {
                let error = read(&bytes, is_sized).unwrap_err();
                assert_kind!(error, File(FileError::Truncated { .. }));
            }
        }
    }
}

#[test]
fn counts_the_bytes_that_are_there() {
    let bytes = npy("<f4", false, "(100000, 2)", &[0; 700_001]);
    for is_sized in [false, true] {
        assert_refused!(
            read(&bytes, is_sized),
            File(FileError::Truncated {
                expected: 800_000,
                found: 700_001
            })
        );
    }
}

#[test]
fn empty_arrays_have_no_elements() {
    for shape in ["(0, 5)", "(5, 0)", "(18446744073709551615, 0)"] {
        for fortran in [false, true] {
            let bytes = npy("<f8", fortran, shape, &[]);
            assert!(read(&bytes, true).unwrap().is_empty());
        }
    }
}
