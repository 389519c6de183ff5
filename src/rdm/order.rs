//! Values in ascending order, and their ranks.

/// Where a value stands, and whether the next in ascending order equals it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ordered {
    pub place: u32,
    pub ties_with_next: bool,
}

/// The bits of floats, in the order of the floats.
#[inline(always)]
fn key(value: f64) -> u64 {
    // Adding 0 makes −0 the same as 0. Negative floats are turned round.
    let bits = (value + 0.0).to_bits();
    let mask = ((bits as i64) >> 63) as u64 | 1 << 63;
    bits ^ mask
}

/// Where values stand, in ascending order; none may be NaN, and there are at most 2³².
///
/// What is sorted is one word a value: the leading bits of the value where they vary, and its place.
/// Values that these bits don't tell apart are few, or equal, and are sorted once more among
/// themselves.
pub(crate) fn sort_order(values: &[f64]) -> Vec<Ordered> {
    let extremes = values.iter().map(|&value| key(value));
    let (lowest, highest) = extremes.fold((u64::MAX, 0), |(lowest, highest), key| {
        (lowest.min(key), highest.max(key))
    });
    if lowest >= highest {
        let n = values.len();
        let all_tie = (0..n).map(|place| Ordered {
            place: place as u32,
            ties_with_next: place + 1 < n,
        });
        return all_tie.collect();
    }
    let place_bits = usize::BITS - (values.len() - 1).leading_zeros();
    // The leading bits all agree.
    let shift = (highest - lowest).leading_zeros();
    let place_mask = (1u64 << place_bits) - 1;
    let word = |(&value, place): (&f64, u64)| (key(value) - lowest) << shift & !place_mask | place;
    let mut words: Vec<u64> = values.iter().zip(0..).map(word).collect();
    words.sort_unstable();

    let key_at = |word: u64| key(values[(word & place_mask) as usize]);
    let alike = |left: &u64, right: &u64| (left ^ right) & !place_mask == 0;
    let mut order = Vec::with_capacity(words.len());
    for run in words.chunk_by_mut(alike) {
        run.sort_unstable_by_key(|&word| key_at(word));
        for (position, &word) in run.iter().enumerate() {
            let next = run.get(position + 1);
            order.push(Ordered {
                place: (word & place_mask) as u32,
                ties_with_next: next.is_some_and(|&next| key_at(next) == key_at(word)),
            });
        }
    }
    order
}

/// Replaces values by their ranks, counted from 1; equal values share the mean of their ranks.
pub(crate) fn mid_ranks(values: &mut [f64]) {
    replace_by_ranks(values, 0.0);
}

/// Replaces values by their ranks minus the mean of all ranks; gives the sum of squares of that.
pub(crate) fn centred_ranks(values: &mut [f64]) -> f64 {
    let m = values.len() as f64;
    let ties = replace_by_ranks(values, (m + 1.0) / 2.0);
    (m * (m * m - 1.0) - ties) / 12.0
}

/// Gives Σ (t³ − t) over groups of *t* equal values.
fn replace_by_ranks(values: &mut [f64], minus: f64) -> f64 {
    let order = sort_order(values);
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
        mid_ranks(&mut values);
        assert_eq!(values, [4.5, 1.0, 4.5, 2.5, 2.5, 6.0]);
    }

    proptest! {
        #[test]
        fn orders_as_a_plain_sort_does(
            values in prop::collection::vec(
                prop_oneof![
                    prop::num::f64::NORMAL,
                    prop::num::f64::SUBNORMAL,
                    Just(1.0),
                    Just(1.0 + f64::EPSILON),
                    Just(-0.0),
                    Just(0.0),
                    Just(f64::INFINITY),
                ],
                0..300,
            )
        ) {
            let order = sort_order(&values);
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
            mid_ranks(&mut ranks);
            let mut centred = values.clone();
            let squares = centred_ranks(&mut centred);
            let middle = (values.len() as f64 + 1.0) / 2.0;
            for (rank, centred) in ranks.iter().zip(&centred) {
                prop_assert_eq!(rank - middle, *centred);
            }
            let expected: f64 = centred.iter().map(|rank| rank * rank).sum();
            prop_assert!((squares - expected).abs() <= 1e-9 * (1.0 + expected));
        }
    }
}
