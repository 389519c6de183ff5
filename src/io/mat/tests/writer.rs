//! A writer of `.mat` files.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::ByteOrder;
use crate::io::mat::stream::{COMPRESSED, DOUBLE, INT8, INT32, MATRIX, UINT32};

pub(super) const CELL: u32 = 1;
pub(super) const STRUCT: u32 = 2;
pub(super) const CHAR: u32 = 4;
pub(super) const SPARSE: u32 = 5;
pub(super) const DOUBLE_CLASS: u32 = 6;
pub(super) const UINT8_CLASS: u32 = 9;

/// A writer of elements in either byte order.
#[derive(Clone, Copy)]
pub(super) struct Writer(pub(super) ByteOrder);

pub(super) const LITTLE: Writer = Writer(ByteOrder::Little);
pub(super) const BIG: Writer = Writer(ByteOrder::Big);

impl Writer {
    pub(super) fn u32(self, value: u32) -> [u8; 4] {
        match self.0 {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        }
    }

    pub(super) fn u32s(self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|&value| self.u32(value)).collect()
    }

    pub(super) fn doubles(self, values: &[f64]) -> Vec<u8> {
        let bytes = |value: &f64| match self.0 {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        };
        values.iter().flat_map(bytes).collect()
    }

    pub(super) fn element(self, kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = self.u32s(&[kind, data.len() as u32]);
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    pub(super) fn small(self, kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = self.u32s(&[(data.len() as u32) << 16 | kind]);
        bytes.extend(data);
        bytes.resize(8, 0);
        bytes
    }

    pub(super) fn array(self, class: u32, shape: &[u32], name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = self.element(UINT32, &self.u32s(&[class, 0]));
        bytes.extend(self.element(INT32, &self.u32s(shape)));
        bytes.extend(match name.len() {
            1..=4 => self.small(INT8, name.as_bytes()),
            _ => self.element(INT8, name.as_bytes()),
        });
        bytes.extend(content);
        self.element(MATRIX, &bytes)
    }

    pub(super) fn matrix(self, shape: &[u32], name: &str, values: &[f64]) -> Vec<u8> {
        let content = self.element(DOUBLE, &self.doubles(values));
        self.array(DOUBLE_CLASS, shape, name, &content)
    }

    pub(super) fn structs(
        self,
        shape: &[u32],
        name: &str,
        fields: &[&str],
        values: &[Vec<u8>],
    ) -> Vec<u8> {
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

    pub(super) fn compressed(self, array: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(array).unwrap();
        let data = encoder.finish().unwrap();
        let mut bytes = self.u32s(&[COMPRESSED, data.len() as u32]);
        bytes.extend(data);
        bytes
    }

    pub(super) fn file(self, variables: &[Vec<u8>]) -> Vec<u8> {
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
