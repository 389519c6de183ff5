//! Sort orders and ranks of values.

use crate::rdm::Rounding;

/// The position of a value in the input, and whether the value ties with the next in ascending
/// order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ordered {
    pub place: u32,
    pub ties_with_next: bool,
}

/// Converts a float into an integer whose order is the order of the floats.
#[inline(always)]
fn key(value: f64) -> u64 {
    // Adding 0 turns −0 into 0. The order of negative floats is reversed.
    let bits = (value + 0.0).to_bits();
    let mask = ((bits as i64) >> 63) as u64 | 1 << 63;
    bits ^ mask
}

/// Converts a key back into its float.
#[inline(always)]
fn value_of(key: u64) -> f64 {
    let mask = !((key as i64) >> 63) as u64 | 1 << 63;
    f64::from_bits(key ^ mask)
}

/// Returns the ascending order of values. No value may be NaN, and there are at most 2³² values.
///
/// A value ties with the next if their difference is within the sum of their rounding errors; all
/// values tie if they do not vary.
///
/// One 64-bit word per value is sorted: the leading bits of the value, where values vary, and its
/// position. Values whose leading bits agree are few or equal; they are sorted again among
/// themselves.
pub(crate) fn sort_order(values: &[f64], rounding: Rounding) -> Vec<Ordered> {
    let extremes = values.iter().map(|&value| key(value));
    let (lowest, highest) = extremes.fold((u64::MAX, 0), |(lowest, highest), key| {
        (lowest.min(key), highest.max(key))
    });
    if lowest >= highest || !rounding.varies(value_of(lowest), value_of(highest)) {
        let n = values.len();
        let all_tie = (0..n).map(|place| Ordered {
            place: place as u32,
            ties_with_next: place + 1 < n,
        });
        return all_tie.collect();
    }
    let place_bits = usize::BITS - (values.len() - 1).leading_zeros();
    // The leading `shift` bits of all differences are 0.
    let shift = (highest - lowest).leading_zeros();
    let place_mask = (1u64 << place_bits) - 1;
    let word = |(&value, place): (&f64, u64)| (key(value) - lowest) << shift & !place_mask | place;
    let mut words: Vec<u64> = values.iter().zip(0..).map(word).collect();
    words.sort_unstable();

    let value_at = |word: u64| values[(word & place_mask) as usize];
    let alike = |left: &u64, right: &u64| (left ^ right) & !place_mask == 0;
    for run in words.chunk_by_mut(alike) {
        if run.len() > 1 {
            run.sort_unstable_by_key(|&word| key(value_at(word)));
        }
    }

    // The values are looked up only if the leading bits do not rule out a tie, which is rare.
    let largest = value_of(lowest).abs().max(value_of(highest).abs());
    let most = 2.0 * rounding.most(largest);
    let at_least = |word: u64| value_of(((word & !place_mask) >> shift) + lowest);
    let at_most = |word: u64| value_of((((word | place_mask) >> shift) + lowest).min(highest));
    let ties = |word: u64, next: u64| {
        let are_near = match most > 0.0 {
            true => at_least(next) - at_most(word) <= most,
            false => alike(&word, &next),
        };
        are_near && rounding.ties(value_at(word), value_at(next))
    };
    let ordered = |(position, &word): (usize, &u64)| Ordered {
        place: (word & place_mask) as u32,
        ties_with_next: words
            .get(position + 1)
            .is_some_and(|&next| ties(word, next)),
    };
    words.iter().enumerate().map(ordered).collect()
}

/// Replaces values by their ranks, 1-based; tied values share the mean of their ranks.
pub(crate) fn mid_ranks(values: &mut [f64], rounding: Rounding) {
    replace_by_ranks(values, rounding, 0.0);
}

/// Replaces values by their ranks minus the mean rank, and returns the sum of squares.
pub(crate) fn centred_ranks(values: &mut [f64], rounding: Rounding) -> f64 {
    let m = values.len() as f64;
    let ties = replace_by_ranks(values, rounding, (m + 1.0) / 2.0);
    (m * (m * m - 1.0) - ties) / 12.0
}

/// Replaces values by their ranks less `minus`, and returns Σ (t³ − t) over groups of *t* tied
/// values.
fn replace_by_ranks(values: &mut [f64], rounding: Rounding, minus: f64) -> f64 {
    let order = sort_order(values, rounding);
    let (mut below, mut ties) = (0, 0.0);
    for tied in order.chunk_by(|left, _| left.ties_with_next) {
        let t = tied.len() as f64;
        let rank = below as f64 + (t + 1.0) / 2.0 - minus;
        for ordered in tied {
            values[ordered.place as usize] = rank;
        }
        ties += t * (t * t - 1.0);
        below += tied.len();
    }
    ties
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranks_are_those_of_scipy() {
        // scipy.stats.rankdata([0.5, -1, 0.5, -0.0, 0.0, inf])
        let mut values = [0.5, -1.0, 0.5, -0.0, 0.0, f64::INFINITY];
        mid_ranks(&mut values, Rounding::NONE);
        assert_eq!(values, [4.5, 1.0, 4.5, 2.5, 2.5, 6.0]);
    }

    #[test]
    fn values_within_rounding_tie() {
        // The differences are exact, also between values on both sides of a power of two.
        let step = 1e-9f64;
        for base in [0.3, 1.0 - 1.5 * step, 1e-9, -0.5, -1e-9] {
            let values = [base + 2.5 * step, 8.0, base, base + step];
            let ties = |bound| {
                let order = sort_order(&values, Rounding::Absolute(bound));
                let ties = order.iter().map(|ordered| ordered.ties_with_next);
                ties.collect::<Vec<_>>()
            };
            assert_eq!(ties(0.4 * step), [false; 4]);
            assert_eq!(ties(0.6 * step), [true, false, false, false]);
            assert_eq!(ties(0.8 * step), [true, true, false, false]);
            // All values tie.
            assert_eq!(ties(5.0), [true, true, true, false]);
        }
    }

    proptest! {
        /// Checks that sorting words finds the same ties as sorting values.
        #[test]
        fn ties_are_those_of_a_plain_sort(
            steps in prop::collection::vec((-40i32..40, 0i32..3), 2..300),
            bound in prop_oneof![Just(1e-16), Just(1e-13), Just(1e-7), Just(0.6)],
            scale in prop_oneof![Just(1.0), Just(1e-6), Just(1e9)],
        ) {
            let values: Vec<f64> = steps
                .iter()
                .map(|&(step, nudge)| scale * (f64::from(step) + f64::from(nudge) * bound))
                .collect();
            let rounding = Rounding::Absolute(bound * scale);
            let order = sort_order(&values, rounding);
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let varies = rounding.varies(sorted[0], sorted[sorted.len() - 1]);
            for (pair, neighbours) in order.windows(2).zip(sorted.windows(2)) {
                prop_assert_eq!(values[pair[0].place as usize], neighbours[0]);
                let expected = !varies || rounding.ties(neighbours[0], neighbours[1]);
                prop_assert_eq!(pair[0].ties_with_next, expected);
            }
        }

        #[test]
        fn orders_as_a_plain_sort_does(
            values in prop::collection::vec(
                prop_oneof![
                    prop::num::f64::NORMAL,
                    prop::num::f64::SUBNORMAL,
                    Just(1.0),
                    Just(1.0 + 64.0 * f64::EPSILON),
                    Just(-0.0),
                    Just(0.0),
                    Just(f64::INFINITY),
                ],
                0..300,
            )
        ) {
            let order = sort_order(&values, Rounding::NONE);
            let mut places: Vec<u32> = order.iter().map(|ordered| ordered.place).collect();
            for pair in order.windows(2) {
                let [left, right] = [pair[0], pair[1]].map(|o| values[o.place as usize]);
                prop_assert!(left <= right);
                prop_assert_eq!(pair[0].ties_with_next, left == right);
            }
            prop_assert!(order.last().is_none_or(|last| !last.ties_with_next));
            places.sort_unstable();
            prop_assert!(places.into_iter().eq(0..values.len() as u32));

            let mut ranks = values.clone();
            mid_ranks(&mut ranks, Rounding::NONE);
            let mut centred = values.clone();
            let squares = centred_ranks(&mut centred, Rounding::NONE);
            let middle = (values.len() as f64 + 1.0) / 2.0;
            for (rank, centred) in ranks.iter().zip(&centred) {
                prop_assert_eq!(rank - middle, *centred);
            }
            let expected: f64 = centred.iter().map(|rank| rank * rank).sum();
            prop_assert!((squares - expected).abs() <= 1e-9 * (1.0 + expected));
        }
    }
}
