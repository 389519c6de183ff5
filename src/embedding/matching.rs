//! The dimensions that two embeddings share.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::assignment::assign;
use crate::error::{Error, Result, at_least};
use crate::linalg::{matrix, product, shuffle};
use crate::representation::Representation;

/// Two dimensions that are matched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MatchedDimensions {
    /// The dimension of the first embedding, 0-based.
    pub first: usize,
    /// The dimension of the second embedding, 0-based.
    pub second: usize,
    /// Their correlation over objects.
    pub correlation: f64,
    /// The p-value of the correlation: the share of permutations of the objects of the second
    /// embedding in which some dimension correlates as highly with the first dimension, (1 +
    /// number) / (1 + permutations). It allows for the choice among all dimensions.
    pub p_value: f64,
}

/// The result of [`match_dimensions`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DimensionMatch {
    /// The matched pairs, in descending order of their correlation.
    pub pairs: Vec<MatchedDimensions>,
    /// Dimensions of the first embedding without a partner, because the second has fewer.
    pub only_first: Vec<usize>,
    /// Dimensions of the second embedding without a partner, because the first has fewer.
    pub only_second: Vec<usize>,
}

impl DimensionMatch {
    /// Returns the dimensions of the first and of the second embedding that the other one lacks:
    /// those without a partner, or with a partner whose correlation is below `least`.
    pub fn lacking(&self, least: f64) -> [Vec<usize>; 2] {
        let weak = self.pairs.iter().filter(|pair| pair.correlation < least);
        let mut first = self.only_first.clone();
        let mut second = self.only_second.clone();
        for pair in weak {
            first.push(pair.first);
            second.push(pair.second);
        }
        first.sort_unstable();
        second.sort_unstable();
        [first, second]
    }
}

/// Matches the dimensions of two embeddings of the same stimuli, each with at most one of the other,
/// such that the sum of the correlations is largest. Rows are matched by id.
///
/// ```
/// use human_alignment::embedding::match_dimensions;
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::Array2;
///
/// let values = Array2::from_shape_fn((30, 3), |(i, j)| ((i * (j + 3) * 7) % 11) as f64);
/// let first = Representation::new(Stimuli::numbered(30), values.clone())?;
/// let turned = values.select(ndarray::Axis(1), &[2, 0]);
/// let second = Representation::new(Stimuli::numbered(30), turned)?;
/// let matched = match_dimensions(&first, &second, 100, 1)?;
/// assert_eq!(matched.only_first, [1]);
/// assert!(matched.pairs.iter().all(|pair| pair.correlation > 0.999));
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns `StimuliError::Missing` if the second embedding lacks stimuli of the first,
/// `ArgumentError::TooFew` if there are fewer than three stimuli or no permutations, and
/// `ArgumentError::InvalidParameter` if a dimension is constant, so that its correlation is
/// undefined.
pub fn match_dimensions(
    first: &Representation,
    second: &Representation,
    n_permutations: usize,
    seed: u64,
) -> Result<DimensionMatch> {
    at_least("permutations", 1, n_permutations)?;
    let second = second.select(first.stimuli())?;
    let (a, b) = (standardized(first)?, standardized(&second)?);
    let n = first.n_stimuli();
    let (n_first, n_second) = (first.n_features(), second.n_features());
    let correlations = correlations(&a, &b, n);
    let is_wide = n_first <= n_second;
    let (n_rows, n_columns) = match is_wide {
        true => (n_first, n_second),
        false => (n_second, n_first),
    };
    let at = |first: usize, second: usize| correlations[second * n_first + first];
    let costs: Vec<f64> = (0..n_rows * n_columns)
        .map(|cell| match (cell / n_columns, cell % n_columns) {
            (row, column) if is_wide => -at(row, column),
            (row, column) => -at(column, row),
        })
        .collect();
    let partners = assign(&costs, n_columns);
    let mut pairs: Vec<(usize, usize)> = (partners.iter().enumerate())
        .map(|(row, &column)| {
            if is_wide {
                (row, column)
            } else {
                (column, row)
            }
        })
        .collect();
    pairs.sort_by(|&(a, b), &(c, d)| at(c, d).total_cmp(&at(a, b)));
    let n_exceeding = n_exceeding(&a, &b, n, &pairs, &at, n_permutations, seed);
    let without = |n: usize, used: &dyn Fn(&(usize, usize)) -> usize| -> Vec<usize> {
        (0..n)
            .filter(|dimension| !pairs.iter().any(|pair| used(pair) == *dimension))
            .collect()
    };
    let matched = pairs.iter().zip(n_exceeding);
    let matched = matched.map(|(&(first, second), n_exceeding)| MatchedDimensions {
        first,
        second,
        correlation: at(first, second),
        p_value: (1 + n_exceeding) as f64 / (1 + n_permutations) as f64,
    });
    Ok(DimensionMatch {
        pairs: matched.collect(),
        only_first: without(n_first, &|pair| pair.0),
        only_second: without(n_second, &|pair| pair.1),
    })
}

/// Counts, for each pair, the permutations of the objects in which some dimension of the second
/// embedding correlates at least as highly with the first dimension.
fn n_exceeding(
    a: &[f64],
    b: &[f64],
    n: usize,
    pairs: &[(usize, usize)],
    at: &(dyn Fn(usize, usize) -> f64 + Sync),
    n_permutations: usize,
    seed: u64,
) -> Vec<usize> {
    /// Correlations this much smaller are equal up to rounding.
    const ROUNDING: f64 = 1e-12;

    let n_first = a.len() / n;
    let of_permutation = |permutation: usize| -> Vec<usize> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(permutation as u64);
        let mut order: Vec<usize> = (0..n).collect();
        shuffle(&mut order, &mut rng);
        let permuted: Vec<f64> = b
            .chunks_exact(n)
            .flat_map(|column| order.iter().map(|&object| column[object]))
            .collect();
        let null = correlations(a, &permuted, n);
        let exceeds = |&(first, second): &(usize, usize)| {
            let of_first = null.iter().skip(first).step_by(n_first);
            let largest = of_first.copied().fold(f64::NEG_INFINITY, f64::max);
            usize::from(largest >= at(first, second) - ROUNDING)
        };
        pairs.iter().map(exceeds).collect()
    };
    let sum = |mut left: Vec<usize>, right: Vec<usize>| {
        left.iter_mut()
            .zip(right)
            .for_each(|(left, right)| *left += right);
        left
    };
    (0..n_permutations)
        .into_par_iter()
        .map(of_permutation)
        .reduce(|| vec![0; pairs.len()], sum)
}

/// Returns the columns with mean 0 and length 1, in column-major order.
pub(super) fn standardized(embedding: &Representation) -> Result<Vec<f64>> {
    let n = embedding.n_stimuli();
    at_least("stimuli of a correlation", 3, n)?;
    let features = embedding.features().to_f64();
    let mut out = Vec::with_capacity(features.len());
    for (dimension, column) in features.columns().into_iter().enumerate() {
        let mean = column.sum() / n as f64;
        let centered: Vec<f64> = column.iter().map(|x| x - mean).collect();
        let length = centered.iter().map(|x| x * x).sum::<f64>().sqrt();
        let largest = column
            .iter()
            .fold(0.0, |largest: f64, x| largest.max(x.abs()));
        // The deviations of equal numbers from their mean are rounding errors.
        if length <= 1e-12 * largest * (n as f64).sqrt() {
            let expected = "a dimension that varies over the stimuli, as its correlation is \
                            undefined otherwise";
            return Err(Error::parameter("dimension", expected, dimension));
        }
        out.extend(centered.iter().map(|x| x / length));
    }
    Ok(out)
}

/// Computes the correlations of the dimensions of the first embedding (rows) and of the second
/// (columns), in column-major order.
pub(super) fn correlations(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; a.len() / n * (b.len() / n)];
    product(matrix(a, n).transpose(), matrix(b, n), &mut out);
    out.iter_mut().for_each(|r| *r = r.clamp(-1.0, 1.0));
    out
}
