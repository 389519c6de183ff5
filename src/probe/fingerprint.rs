//! SHA-256 of what a learner learns from.

use sha2::{Digest, Sha256};

use crate::io::digest::hex;
use crate::io::element::encode_f32;
use crate::judgment::Task;
use crate::representation::Representation;

/// The hash of data that are added one after another.
pub(super) struct Fingerprint {
    digest: Sha256,
    bytes: Vec<u8>,
}

impl Fingerprint {
    /// Of data of this task.
    pub fn of<T: Task>() -> Self {
        let mut digest = Sha256::new();
        digest.update(T::NAME);
        Self {
            digest,
            bytes: Vec::new(),
        }
    }

    pub fn text(&mut self, text: &str) {
        self.digest.update(text);
    }

    pub fn features(&mut self, representation: &Representation) {
        // Row by row, as all of them may be more than memory holds twice.
        let rows = representation
            .as_slice()
            .chunks_exact(representation.n_features());
        for row in rows {
            encode_f32(row, &mut self.bytes);
            self.digest.update(&self.bytes);
        }
    }

    pub fn trial(&mut self, trial: &[u32; 3]) {
        for index in trial {
            self.digest.update(index.to_le_bytes());
        }
    }

    pub fn frequencies(&mut self, frequencies: &[f64; 3]) {
        for frequency in frequencies {
            self.digest.update(frequency.to_le_bytes());
        }
    }

    /// 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex(&self.digest.finalize())
    }
}
