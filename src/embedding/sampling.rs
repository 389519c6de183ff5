//! Triples of stimuli for a new experiment.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::ViceEmbedding;
use crate::error::{Error, Result};
use crate::judgment::OddOneOut;
use crate::linalg::{reserve, short_dot, zeroed};
use crate::softmax::Softmax;

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
    if n_stimuli > 1 << 21 {
        return Err(Error::parameter("stimuli", "at most 2097152", n_stimuli));
    }
    let n_triples = n_triples(n_stimuli);
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

/// Returns the number of triples, or the largest number if there are more.
fn n_triples(n_stimuli: u32) -> u64 {
    let n = u128::from(n_stimuli);
    let n_triples = n * n.saturating_sub(1) * n.saturating_sub(2) / 6;
    n_triples.try_into().unwrap_or(u64::MAX)
}

/// Draws `n` triples whose answers are expected to say most about an embedding: each is the most
/// informative of 20 different random triples.
///
/// The information is that of [`expected_information`]; stimuli that no choice has shown are as
/// uncertain as the prior. The choice among few random triples keeps the triples diverse: the most
/// informative of all triples are similar to each other.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::embedding::{Vice, informative_triples, random_triples};
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{OddOneOutTask, Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// # let kinds = Array2::from_shape_fn((12, 2), |(i, j)| if i % 2 == j { 2.0 } else { 0.0 });
/// # let people = SimulatedObserver::new(Representation::new(Stimuli::numbered(12), kinds)?)?;
/// // The first questions of an experiment are random.
/// let triples = random_triples(12, 200, 1)?;
/// let answers = people.answer::<OddOneOutTask>(&triples, 1)?;
/// let choices = ChoiceFrequencies::from_trials(answers.judgments());
/// let embedding = Vice::new(4)?.fit(&choices)?;
/// let next = informative_triples(&embedding, 5, 1)?;
/// assert_eq!(next.len(), 5);
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns the errors of [`random_triples`] for 20 `n` triples, or for all triples if there are
/// fewer.
pub fn informative_triples(
    embedding: &ViceEmbedding,
    n: usize,
    seed: u64,
) -> Result<Vec<[u32; 3]>> {
    /// Number of candidates for each triple.
    const CANDIDATES: usize = 20;

    let n_stimuli = embedding.representation().n_stimuli() as u32;
    let n_candidates = n
        .saturating_mul(CANDIDATES)
        .min(n_triples(n_stimuli) as usize);
    let candidates = random_triples(n_stimuli, n_candidates.max(n), seed)?;
    let information = expected_information(embedding, &candidates, seed)?;
    // Groups of candidates of about equal size, one for each triple.
    let bound = |group: usize| (group as u128 * candidates.len() as u128 / n as u128) as usize;
    let best = |group: usize| {
        let group = bound(group)..bound(group + 1);
        let best = group.max_by(|&left, &right| information[left].total_cmp(&information[right]));
        candidates[best.expect("there are at least as many candidates as groups")]
    };
    Ok((0..n).map(best).collect())
}

/// Computes the information that the answer to each triple is expected to give about an embedding,
/// in nats: the mutual information of the answer and the weights,
///
/// H(mean of p) − mean of H(p),
///
/// where p are the probabilities of the three answers for 64 embeddings that are drawn from the
/// distribution of the weights (Lindley, 1956). It is 0 if the embeddings agree about the answer,
/// even where the answer itself is uncertain.
///
/// # Errors
/// Returns `JudgmentError` if a triple shows a stimulus twice or has an index out of range, and
/// `ComputationError::OutOfMemory`.
pub fn expected_information(
    embedding: &ViceEmbedding,
    triples: &[[u32; 3]],
    seed: u64,
) -> Result<Vec<f64>> {
    if triples.is_empty() {
        return Ok(Vec::new());
    }
    let stimuli = embedding.representation().stimuli().clone();
    let triples = OddOneOut::new(stimuli, triples.to_vec())?;
    let draws = draws(embedding, seed)?;
    let n_dimensions = embedding.representation().n_features();
    let n_weights = draws.len() / N_DRAWS;
    let of_triple = |triple: &[u32; 3]| {
        let (mut mean, mut conditional) = ([0.0; 3], 0.0);
        for weights in draws.chunks_exact(n_weights) {
            let [a, b, c] = triple.map(|stimulus| {
                let start = stimulus as usize * n_dimensions;
                &weights[start..start + n_dimensions]
            });
            let softmax = Softmax::new([short_dot(a, b), short_dot(a, c), short_dot(b, c)], 1.0);
            conditional += softmax.entropy() / N_DRAWS as f64;
            for (mean, probability) in mean.iter_mut().zip(softmax.probabilities()) {
                *mean += probability / N_DRAWS as f64;
            }
        }
        (entropy(mean) - conditional).max(0.0)
    };
    Ok(triples.as_slice().par_iter().map(of_triple).collect())
}

/// Number of embeddings that are drawn.
const N_DRAWS: usize = 64;

/// Draws embeddings, each stimuli × dimensions.
fn draws(embedding: &ViceEmbedding, seed: u64) -> Result<Vec<f64>> {
    let means = embedding.means().iter();
    let deviations = embedding.deviations().features().iter();
    let distributions: Vec<(f64, f64)> = means.copied().zip(deviations).collect();
    let n_all = distributions.len().saturating_mul(N_DRAWS);
    let mut draws = zeroed(n_all, "the drawn embeddings")?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for (draw, &(mean, deviation)) in draws.iter_mut().zip(distributions.iter().cycle()) {
        let normal: f64 = StandardNormal.sample(&mut rng);
        *draw = (mean + deviation * normal).max(0.0);
    }
    Ok(draws)
}

/// Returns the entropy of probabilities, in nats.
fn entropy(probabilities: [f64; 3]) -> f64 {
    let positive = probabilities.into_iter().filter(|&p| p > 0.0);
    positive.map(|p| -p * p.ln()).sum()
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
