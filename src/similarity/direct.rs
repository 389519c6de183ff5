//! Each pair by itself: for few trials, and for more stimuli than a Gram matrix can hold.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::representation::with_values;
use crate::similarity::products::{scales_of, unit_of};
use crate::similarity::rows::Rows;
use crate::similarity::{Block, PAIRS, Real, Similarity};

/// Computes each pair in double precision when it is asked for.
pub(super) struct Direct<'a> {
    rows: Rows<'a>,
    /// The power of two that each slot is multiplied by.
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

    /// The power of two that each slot is multiplied by.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// What a similarity has to be multiplied by.
    pub fn unit(&self) -> f64 {
        unit_of(self.rows.similarity, &self.scales)
    }

    /// 1 / ‖row‖ by slot, of rows that are scaled, where the similarity is a cosine.
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

    /// The similarity of two slots, for distances minus their square.
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

/// Computes the pairs of trials. A type rather than a function, because that is what vector
/// instructions are chosen for.
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

/// What the similarity is made of: the product of two rows (centred under Pearson), or their
/// squared distance; of rows that are multiplied by powers of two.
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
    // The products of `f32` are within the range of `f64`; others have to be scaled first.
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

/// Σₖ f(xₖ, yₖ) in a fixed order of summation.
#[inline(always)]
fn sum_over_features<T: Real>(x: &[T], y: &[T], f: impl Fn(f64, f64) -> f64) -> f64 {
    /// Independent sums, so that the additions need not wait for each other.
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
