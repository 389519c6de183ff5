//! Triples of stimuli for a new experiment.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};
use crate::linalg::reserve;

/// Draws `n` different triples of `n_stimuli` stimuli at random, all sets of triples being equally
/// probable. Each triple is in ascending order; the order of the triples is random.
///
/// The same seed gives the same triples, and a larger `n` gives the same first triples.
///
/// ```
/// use human_alignment::embedding::random_triples;
///
/// let triples = random_triples(5, 10, 1)?;
/// // These are all triples of five stimuli.
/// assert!(triples.contains(&[0, 1, 2]) && triples.contains(&[2, 3, 4]));
/// assert!(random_triples(5, 11, 1).is_err());
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns `ArgumentError::InvalidParameter` if there are fewer than `n` triples or more than 2²¹
/// stimuli, and `ComputationError::OutOfMemory`.
pub fn random_triples(n_stimuli: u32, n: usize, seed: u64) -> Result<Vec<[u32; 3]>> {
    let n_all = u64::from(n_stimuli);
    if n_all > 1 << 21 {
        return Err(Error::parameter("stimuli", "at most 2097152", n_stimuli));
    }
    let n_triples = match n_stimuli {
        0..3 => 0,
        _ => n_all * (n_all - 1) / 2 * (n_all - 2) / 3,
    };
    if n as u64 > n_triples {
        let expected = format!("at most {n_triples}, as there are no more triples");
        return Err(Error::parameter("triples", expected, n));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut triples = Vec::new();
    reserve(&mut triples, n, "the triples")?;
    // By rejection: even all triples take only about ln n draws each.
    let mut seen = HashSet::new();
    while triples.len() < n {
        let mut triple = [0; 3].map(|_| rng.random_range(0..n_stimuli));
        triple.sort_unstable();
        let [a, b, c] = triple;
        if a != b && b != c && seen.insert(triple) {
            triples.push(triple);
        }
    }
    Ok(triples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_different_and_equally_probable() {
        let mut counts = std::collections::HashMap::new();
        for seed in 0..3000 {
            let triples = random_triples(5, 3, seed).unwrap();
            let distinct: HashSet<_> = triples.iter().collect();
            assert_eq!(distinct.len(), 3);
            assert_eq!(triples[..2], random_triples(5, 2, seed).unwrap());
            for triple in triples {
                *counts.entry(triple).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), 10);
        // 900 are expected, with a standard deviation of 25.
        assert!(
            counts.values().all(|&count| (800..1000).contains(&count)),
            "{counts:?}"
        );
    }
}
