//! Random orders.

use rand::{Rng, RngExt};

/// Shuffles fewer than 2³² things, with all orders equally probable (Fisher & Yates).
pub(crate) fn shuffle<T>(things: &mut [T], rng: &mut impl Rng) {
    for last in (1..things.len() as u32).rev() {
        things.swap(last as usize, rng.random_range(0..=last) as usize);
    }
}
