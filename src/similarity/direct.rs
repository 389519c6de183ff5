//! Direct computation of single pairs: for few trials, and for more stimuli than fit a Gram matrix.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::linalg::{Real, with_values};
use crate::similarity::products::{scales_of, unit_of};
use crate::similarity::rows::Rows;
use crate::similarity::{Block, PAIRS, Similarity};

/// Computation of single pairs in double precision, on demand.
pub(super) struct Direct<'a> {
    rows: Rows<'a>,
    /// Power of two by which each slot is multiplied.
    scales: Vec<f64>,
    /// 1 / ‖row‖ (of the centred row under Pearson), by slot; empty for the other similarities.
    inverse_norms: Vec<f64>,
    arch: Arch,
}

impl<'a> Direct<'a> {
    pub fn new(rows: Rows<'a>) -> Self {
        let arch = Arch::new();
        let scales = scales_of(&rows);
        let inverse_norms = match rows.similarity {
            Similarity::Cosine | Similarity::Pearson => {
                let slots = (0..rows.len()).into_par_iter();
                slots
                    .map(|slot| product(&rows, &scales, slot, slot).sqrt().recip())
                    .collect()
            }
            _ => Vec::new(),
        };
        Self {
            rows,
            scales,
            inverse_norms,
            arch,
        }
    }

    pub fn rows(&self) -> &Rows<'a> {
        &self.rows
    }

    /// Returns the power of two by which each slot is multiplied.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// Returns the factor that converts computed numbers to similarities.
    pub fn unit(&self) -> f64 {
        unit_of(self.rows.similarity, &self.scales)
    }

    /// Returns 1 / ‖row‖ of the scaled rows, by slot; empty if the similarity is not a cosine.
    pub fn inverse_norms(&self) -> &[f64] {
        &self.inverse_norms
    }

    pub fn gather(&self, trials: &[[u32; 3]], n_pairs: usize, block: &mut Block) {
        self.arch.dispatch(Gather {
            direct: self,
            trials,
            n_pairs,
            block,
        });
    }

    /// Computes the similarity of two slots; for distances, minus the squared distance.
    pub fn comparable(&self, a: usize, b: usize) -> f64 {
        self.arch.dispatch(|| match self.rows.similarity {
            Similarity::NegativeEuclidean => -product(&self.rows, &self.scales, a, b),
            _ => self.pair(a, b),
        })
    }

    #[inline(always)]
    fn pair(&self, a: usize, b: usize) -> f64 {
        if a == b && !self.inverse_norms.is_empty() {
            return 1.0;
        }
        let product = product(&self.rows, &self.scales, a, b);
        match self.rows.similarity {
            Similarity::Dot => product,
            Similarity::Cosine | Similarity::Pearson => {
                product * (self.inverse_norms[a] * self.inverse_norms[b])
            }
            Similarity::NegativeEuclidean => -product.sqrt(),
            Similarity::NegativeSquaredEuclidean => -product,
        }
    }
}

/// Computation of the pairs of trials. A type rather than a function, because `pulp` selects vector
/// instructions for a type.
struct Gather<'a> {
    direct: &'a Direct<'a>,
    trials: &'a [[u32; 3]],
    n_pairs: usize,
    block: &'a mut Block,
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (position, &trial) in self.trials.iter().enumerate() {
            let slots = self.direct.rows.slots(trial).map(|slot| slot as usize);
            for (&(a, b), similarities) in PAIRS[..self.n_pairs].iter().zip(&mut self.block.0) {
                similarities[position] = self.direct.pair(slots[a], slots[b]);
            }
        }
    }
}

/// Computes the product of two rows (centred under Pearson) or their squared distance, with rows
/// multiplied by their powers of two.
#[inline(always)]
pub(super) fn product(rows: &Rows<'_>, scales: &[f64], a: usize, b: usize) -> f64 {
    with_values!(rows.features(), features => {
        let (x, y) = (rows.row(features, a), rows.row(features, b));
        product_of(rows, x, y, [a, b], [scales[a], scales[b]])
    })
}

#[inline(always)]
fn product_of<T: Real>(
    rows: &Rows<'_>,
    x: &[T],
    y: &[T],
    [a, b]: [usize; 2],
    [x_scale, y_scale]: [f64; 2],
) -> f64 {
    // Products of `f32` are in the range of `f64`; other features must be scaled first.
    let ([x_first, y_first], last) = match T::IS_DOUBLE {
        true => ([x_scale, y_scale], 1.0),
        false => ([1.0; 2], x_scale * y_scale),
    };
    let sum = match rows.similarity {
        Similarity::Dot | Similarity::Cosine => {
            sum_over_features(x, y, move |x, y| (x * x_first) * (y * y_first))
        }
        Similarity::Pearson => {
            let (mean_x, mean_y) = (rows.mean(a), rows.mean(b));
            sum_over_features(x, y, move |x, y| {
                ((x - mean_x) * x_first) * ((y - mean_y) * y_first)
            })
        }
        Similarity::NegativeEuclidean | Similarity::NegativeSquaredEuclidean => {
            sum_over_features(x, y, move |x, y| ((x - y) * x_first) * ((x - y) * y_first))
        }
    };
    sum * last
}

/// Computes Σₖ f(xₖ, yₖ) in a fixed order.
#[inline(always)]
fn sum_over_features<T: Real>(x: &[T], y: &[T], f: impl Fn(f64, f64) -> f64) -> f64 {
    /// Number of independent sums, so that an addition need not wait for the previous one.
    const LANES: usize = 16;

    let mut sums = [0.0; LANES];
    let (x_chunks, x_rest) = x.as_chunks::<LANES>();
    let (y_chunks, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x_chunks.iter().zip(y_chunks) {
        for lane in 0..LANES {
            sums[lane] += f(x[lane].into(), y[lane].into());
        }
    }
    for ((sum, &x), &y) in sums.iter_mut().zip(x_rest).zip(y_rest) {
        *sum += f(x.into(), y.into());
    }
    sums.iter().sum()
}
