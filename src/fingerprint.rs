//! SHA-256 of data that are held in memory, by which they are known again.

use sha2::{Digest, Sha256};

use crate::io::digest::hex;
use crate::io::element::{encode_f32, encode_f64};
use crate::representation::Values;

/// The hash of data that are added one after another.
pub(crate) struct Fingerprint {
    digest: Sha256,
    bytes: Vec<u8>,
}

impl Fingerprint {
    /// Of data of this kind.
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
        // Piece by piece, as all of them may be more than memory holds twice.
        const PIECE: usize = 4096;

        match features {
            Values::Single(features) => {
                for piece in features.chunks(PIECE) {
                    encode_f32(piece, &mut self.bytes);
                    self.digest.update(&self.bytes);
                }
            }
            Values::Double(features) => {
                self.text("f64");
                for piece in features.chunks(PIECE) {
                    encode_f64(piece, &mut self.bytes);
                    self.digest.update(&self.bytes);
                }
            }
        }
    }

    pub fn indices(&mut self, indices: &[u32]) {
        for indices in indices.chunks(4096) {
            self.bytes.clear();
            let bytes = indices.iter().flat_map(|index| index.to_le_bytes());
            self.bytes.extend(bytes);
            self.digest.update(&self.bytes);
        }
    }

    pub fn numbers(&mut self, numbers: &[f64]) {
        for number in numbers {
            self.digest.update(number.to_le_bytes());
        }
    }

    /// 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex(&self.digest.finalize())
    }
}
