//! Pairs of a trial with the largest similarity.

use crate::similarity::direct::Direct;
use crate::similarity::rounding::Bounds;
use crate::similarity::{PAIRS, Similarity};

/// Comparison of the similarities of a trial, which finds the pairs with the largest similarity:
/// several if they are equal within rounding.
pub(crate) struct Judge<'a> {
    /// Direct computation of single pairs.
    direct: Direct<'a>,
    /// Bounds of the directly computed similarities.
    bounds: Bounds,
    /// Bounds of the looked-up similarities; `None` if they are computed directly.
    of_looked_up: Option<Bounds>,
    /// True if the looked-up similarities were computed in single precision.
    is_single: bool,
    screen: Screen,
}

/// A fast test for trials whose largest similarity is clearly larger than the others, whatever
/// stimuli they show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    tolerance: f64,
    /// True if the tolerance applies to the squares of the similarities.
    of_squares: bool,
}

impl Screen {
    /// A screen for which only equal similarities are close.
    #[cfg(test)]
    pub const EQUAL: Self = Self {
        tolerance: 0.0,
        of_squares: false,
    };

    /// Returns true if two similarities are so close that a full comparison is needed.
    #[inline(always)]
    pub fn is_close(self, largest: f64, second: f64) -> bool {
        let gap = largest - second;
        let gap = match self.of_squares {
            // Distances are stored as negative numbers.
            true => gap * -(largest + second),
            false => gap,
        };
        gap <= self.tolerance
    }
}

/// Returns the second largest of three numbers.
#[inline(always)]
pub(crate) fn second_of([a, b, c]: [f64; 3]) -> f64 {
    a.min(b).max(a.max(b).min(c))
}

impl<'a> Judge<'a> {
    /// Creates a judge of similarities that are looked up, with bounds `of_looked_up`, or computed
    /// directly.
    pub(super) fn new(direct: Direct<'a>, of_looked_up: Option<Bounds>, is_single: bool) -> Self {
        let bounds = Bounds::of_pairs(direct.rows(), direct.scales(), direct.inverse_norms());
        let screen = Screen {
            tolerance: 2.0 * of_looked_up.as_ref().unwrap_or(&bounds).most(),
            of_squares: direct.rows().similarity == Similarity::NegativeEuclidean,
        };
        Self {
            direct,
            bounds,
            of_looked_up,
            is_single,
            screen,
        }
    }

    pub(super) fn direct(&self) -> &Direct<'a> {
        &self.direct
    }

    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// Returns a bit mask of the pairs with the largest similarity, of the first `n_pairs` of a
    /// trial with looked-up `similarities`.
    pub fn largest(&self, trial: [u32; 3], mut similarities: [f64; 3], n_pairs: usize) -> u8 {
        similarities[n_pairs..].fill(f64::NEG_INFINITY);
        let largest = largest_of(similarities);
        let second = second_of(similarities);
        match self.screen.is_close(similarities[largest], second) {
            false => 1 << largest,
            true => self.closely(trial, similarities, n_pairs),
        }
    }

    /// Returns the bit mask of [`Judge::largest`] for a trial with close similarities.
    #[cold]
    #[inline(never)]
    fn closely(&self, trial: [u32; 3], similarities: [f64; 3], n_pairs: usize) -> u8 {
        let rows = self.direct.rows();
        let slots = rows.slots(trial).map(|slot| slot as usize);
        let slots = PAIRS.map(|(a, b)| {
            let (a, b) = (slots[a], slots[b]);
            [a.min(b), a.max(b)]
        });
        let similarities = match self.screen.of_squares {
            true => similarities.map(|distance| -distance * distance),
            false => similarities,
        };
        let every = (1u8 << n_pairs) - 1;
        let looked_up = self.of_looked_up.as_ref().unwrap_or(&self.bounds);
        let near = near_largest(every, similarities, |pair| {
            let [a, b] = slots[pair];
            looked_up.of_pair(a, b, -similarities[pair])
        });
        let first = near.trailing_zeros() as usize;
        let of_near =
            |is: &dyn Fn(usize) -> bool| (0..n_pairs).any(|p| near & 1 << p != 0 && is(p));
        // Pairs of the same two rows have the same similarity.
        if !of_near(&|pair| slots[pair] != slots[first]) {
            return near;
        }
        let is_coarse = self.is_single
            || of_near(&|pair| {
                let [a, b] = slots[pair];
                looked_up.is_coarse(a, b, -similarities[pair])
            });
        if !is_coarse {
            return near;
        }
        let mut computed = [f64::NEG_INFINITY; 3];
        for (pair, &[a, b]) in slots.iter().enumerate().take(n_pairs) {
            if near & 1 << pair != 0 {
                computed[pair] = self.direct.comparable(a, b);
            }
        }
        near_largest(near, computed, |pair| {
            let [a, b] = slots[pair];
            self.bounds.of_pair(a, b, -computed[pair])
        })
    }
}

fn largest_of(similarities: [f64; 3]) -> usize {
    let mut largest = 0;
    for pair in 1..3 {
        if similarities[pair] > similarities[largest] {
            largest = pair;
        }
    }
    largest
}

/// Returns the pairs in the bit mask `some` whose similarity is within the bounds of the largest.
fn near_largest(some: u8, similarities: [f64; 3], bound: impl Fn(usize) -> f64) -> u8 {
    let largest = largest_of(similarities);
    let of_largest = bound(largest);
    let is_near = |pair: usize| {
        pair == largest || similarities[largest] - similarities[pair] <= of_largest + bound(pair)
    };
    let near = (0..3).filter(|&pair| some & 1 << pair != 0 && is_near(pair));
    near.fold(0, |mask, pair| mask | 1 << pair)
}
