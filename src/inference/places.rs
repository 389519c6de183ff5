//! The places of objects, pairs and triples of objects in tables of all of them: the combinatorial
//! numbers, which do not depend on the order of the objects.

/// Returns the objects of a trial.
pub(crate) fn object_places(trial: [u32; 3]) -> [u64; 3] {
    trial.map(u64::from)
}

/// Returns the combinatorial numbers of the pairs of a trial.
pub(crate) fn pair_places([a, b, c]: [u32; 3]) -> [u64; 3] {
    let place = |a: u32, b: u32| n_pairs(u64::from(a.max(b))) + u64::from(a.min(b));
    [place(a, b), place(a, c), place(b, c)]
}

/// Returns the combinatorial number of the three objects of a trial.
pub(crate) fn triple_place(trial: [u32; 3]) -> [u64; 1] {
    let [first, middle, last] = ascending(trial);
    [n_triples(last.into()) + n_pairs(middle.into()) + u64::from(first)]
}

/// Returns the objects of a trial in ascending order.
#[inline(always)]
pub(crate) fn ascending([a, b, c]: [u32; 3]) -> [u32; 3] {
    let (first, last) = (a.min(b).min(c), a.max(b).max(c));
    [first, a ^ b ^ c ^ first ^ last, last]
}

/// Returns the number of pairs of `n` objects; unlike [`linalg::n_pairs`](crate::linalg::n_pairs), in
/// 64 bits on every machine.
#[inline(always)]
pub(crate) fn n_pairs(n: u64) -> u64 {
    n * n.wrapping_sub(1) / 2
}

/// Returns the number of triples of `n` < 2²² objects.
#[inline(always)]
pub(crate) fn n_triples(n: u64) -> u64 {
    // One of the factors is a multiple of 3; division by a constant is a multiplication.
    n_pairs(n) * n.wrapping_sub(2) / 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_cluster_has_its_own_place() {
        let n = 12u32;
        let (mut pairs, mut triples) = (BTreeSet::new(), BTreeSet::new());
        for a in 0..n {
            for b in 0..a {
                for c in 0..b {
                    triples.insert(triple_place([a, b, c])[0]);
                    assert_eq!(triple_place([c, a, b]), triple_place([a, b, c]));
                    pairs.extend(pair_places([b, a, c]));
                }
            }
        }
        assert!(pairs.into_iter().eq(0..n_pairs(n.into())));
        assert!(triples.into_iter().eq(0..n_triples(n.into())));
        assert_eq!(n_triples(1 << 21), 1_537_226_473_786_572_800);
    }
}
