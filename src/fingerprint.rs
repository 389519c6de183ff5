//! SHA-256 hashes of data in memory, used to recognize identical data.

use sha2::{Digest, Sha256};

use crate::io::digest::hex;
use crate::io::element::{encode_f32, encode_f64};
use crate::linalg::Values;

/// An incremental hash of data.
pub(crate) struct Fingerprint {
    digest: Sha256,
    bytes: Vec<u8>,
}

/// Number of elements that are encoded at a time, so that the encoded bytes of a large matrix do not
/// double the memory needed.
const PIECE: usize = 4096;

impl Fingerprint {
    /// Creates the hash of data of a kind.
    pub fn new(kind: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(kind);
        Self {
            digest,
            bytes: Vec::new(),
        }
    }

    pub fn text(&mut self, text: &str) {
        self.digest.update(text);
    }

    pub fn features(&mut self, features: Values<'_>) {
        match features {
            Values::Single(features) => {
                for piece in features.chunks(PIECE) {
                    encode_f32(piece, &mut self.bytes);
                    self.digest.update(&self.bytes);
                }
            }
            Values::Double(features) => {
                self.text("f64");
                self.numbers(features);
            }
        }
    }

    pub fn indices(&mut self, indices: &[u32]) {
        for indices in indices.chunks(PIECE) {
            self.bytes.clear();
            let bytes = indices.iter().flat_map(|index| index.to_le_bytes());
            self.bytes.extend(bytes);
            self.digest.update(&self.bytes);
        }
    }

    pub fn numbers(&mut self, numbers: &[f64]) {
        for piece in numbers.chunks(PIECE) {
            encode_f64(piece, &mut self.bytes);
            self.digest.update(&self.bytes);
        }
    }

    /// Returns the hash as 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex(&self.digest.finalize())
    }
}
