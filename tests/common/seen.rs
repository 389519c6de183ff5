//! Features of which participants see only some.

use human_alignment::transform::Standardization;
use human_alignment::{Dissimilarity, LinearTransform, Rdm, RdmSet, Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of stimuli.
pub const N: usize = 30;

/// Returns two features that participants see, and four that they do not see.
pub fn features() -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let features = Array2::from_shape_simple_fn((N, 6), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(N as u32), features).unwrap()
}

/// Returns the transform that keeps the features that participants see.
pub fn seen() -> LinearTransform {
    let weights = Array2::from_shape_fn((6, 2), |(feature, dimension)| {
        f64::from(u8::from(feature == dimension))
    });
    LinearTransform::new(Standardization::none(), weights).unwrap()
}

/// Returns arrangements by participants who see what `seen` keeps, with noise.
pub fn arrangements() -> RdmSet {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let seen = seen().apply(&features()).unwrap();
    let rdm = Dissimilarity::Euclidean.rdm(&seen).unwrap();
    let person = |_| {
        let noisy = rdm.values().iter().map(|d| d + rng.random_range(-0.4..0.4));
        Rdm::new(rdm.stimuli().clone(), noisy.collect()).unwrap()
    };
    RdmSet::numbered((0..6).map(person).collect()).unwrap()
}
