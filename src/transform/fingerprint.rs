//! A hash that identifies a transform.

use std::borrow::Cow;
use std::fmt;
use std::iter::once;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::LinearTransform;
use crate::io::digest::hex;
use crate::representation::Provenance;

/// Name of the provenance note that lists the transforms.
const NOTE: &str = "transform";

/// The fingerprint of a transform, once it has been computed. It follows from the other fields, so
/// that it counts neither in comparisons nor in the text of a transform.
#[derive(Clone, Default)]
pub(super) struct Cached(OnceLock<String>);

impl PartialEq for Cached {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

impl LinearTransform {
    /// Returns the SHA-256 of the numbers of the transform and their shapes, as 64 hexadecimal
    /// digits. The training record and the precision in files are not included, since they do not
    /// affect the results.
    ///
    /// The weights are included as they are in files: a transform by
    /// [`LinearTransform::near_identity`] has the fingerprint of the transform that is read from
    /// its file. The first call therefore computes all weights, in blocks; later calls return the
    /// same text.
    pub fn fingerprint(&self) -> String {
        let compute = || self.compute_fingerprint();
        self.fingerprint.0.get_or_init(compute).clone()
    }

    fn compute_fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        if let Some((mean, std)) = self.standardization.moments() {
            // One moment for all features differs from per-feature moments of a single feature.
            let is_scalar = self.standardization.n_features().is_none();
            let kind = if is_scalar { 1 } else { 2 };
            add(&mut digest, kind, mean.len(), once(mean.into()));
            add(&mut digest, 3, std.len(), once(std.into()));
        }
        add(&mut digest, 4, self.n_dimensions(), self.weights.blocks());
        if let Some(bias) = self.bias_in_order() {
            add(&mut digest, 5, bias.len(), once(bias.into()));
        }
        hex(&digest.finalize())
    }
}

/// Adds an array in blocks to a hash, after its kind and a length.
fn add<'a>(digest: &mut Sha256, kind: u8, n: usize, blocks: impl Iterator<Item = Cow<'a, [f64]>>) {
    digest.update([kind]);
    digest.update((n as u64).to_le_bytes());
    let mut bytes = Vec::new();
    for block in blocks {
        for values in block.chunks(4096) {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            digest.update(&bytes);
        }
    }
}

/// Returns the provenance of transformed features.
pub(super) fn recorded(before: &Provenance, fingerprint: &str) -> Provenance {
    let transforms = match before.note(NOTE) {
        Some(earlier) => format!("{earlier} → {fingerprint}"),
        None => fingerprint.to_owned(),
    };
    before.clone().with_note(NOTE, transforms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Precision;
    use crate::transform::{Standardization, Training};
    use ndarray::array;

    #[test]
    fn tells_transforms_apart_by_what_they_do() {
        let plain = || LinearTransform::new(Standardization::none(), array![[0.5]]).unwrap();
        let scaled =
            |standardization| LinearTransform::new(standardization, array![[0.5]]).unwrap();
        let transforms = [
            plain(),
            plain().with_bias(array![0.5]).unwrap(),
            scaled(Standardization::scalar(0.0, 1.0).unwrap()),
            scaled(Standardization::scalar(1.0, 1.0).unwrap()),
            scaled(Standardization::per_feature(array![0.0], array![1.0]).unwrap()),
            LinearTransform::new(Standardization::none(), array![[0.5, 0.5]]).unwrap(),
            LinearTransform::new(Standardization::none(), array![[0.5], [0.5]]).unwrap(),
        ];
        let mut known = std::collections::BTreeSet::new();
        for transform in &transforms {
            let fingerprint = transform.fingerprint();
            assert_eq!(fingerprint.len(), 64);
            assert!(known.insert(fingerprint.clone()), "{transform:?}");
            let other = transform
                .clone()
                .with_training(Training::default().with_learner("ridge"));
            assert_eq!(other.fingerprint(), fingerprint);
            let other = transform.clone().with_precision(Precision::Single).unwrap();
            assert_eq!(other.fingerprint(), fingerprint);
        }
        // python: hashlib.sha256(b"\x04" + struct.pack("<Qd", 1, 0.5)).hexdigest()
        assert_eq!(
            plain().fingerprint(),
            "27101de82960388f9bef3c1b7d1ddf2be5c59e7e534fdb8ff64d2e5da40c9a8a"
        );
    }

    #[test]
    fn transforms_line_up() {
        let once = recorded(&Provenance::default().with_model("alexnet"), "a");
        assert_eq!(once.note("transform"), Some("a"));
        assert_eq!(recorded(&once, "b").note("transform"), Some("a → b"));
        assert_eq!(once.model(), Some("alexnet"));
    }
}
