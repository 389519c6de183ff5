//! The Hilbert–Schmidt independence criterion of pairs of representations.

use crate::error::{ComputationError, Result};
use crate::linalg::{Precision, Real};
use crate::metric::cka::centred::{Centred, dot};
use crate::metric::cka::gram::{self, Gram};
use crate::metric::cka::margins::Margins;
use crate::metric::cka::rbf::Rbf;
use crate::metric::cka::{Estimator, Kernel, feature_space};
use crate::representation::Representation;

/// An estimate of HSIC.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hsic {
    pub value: f64,
    /// Sum of the absolute values of the terms of `value`, which determines its rounding error.
    pub size: f64,
}

impl Hsic {
    /// Creates an estimate from Σ k l over the off-diagonal entries and the margins of both
    /// matrices.
    fn new(estimator: Estimator, off_diagonal: f64, x: &Margins, y: &Margins) -> Self {
        let n = x.diagonal.len() as f64;
        let terms = match estimator {
            Estimator::Unbiased => {
                let total = |margins: &Margins| margins.row_sums.iter().sum::<f64>();
                let scale = 1.0 / (n * (n - 3.0));
                [
                    scale * off_diagonal,
                    scale * total(x) * total(y) / ((n - 1.0) * (n - 2.0)),
                    scale * -2.0 / (n - 2.0) * dot(&x.row_sums, &y.row_sums),
                ]
            }
            Estimator::Biased => {
                let sums = |margins: &Margins| -> Vec<f64> {
                    let rows = margins.row_sums.iter().zip(&margins.diagonal);
                    rows.map(|(sum, diagonal)| sum + diagonal).collect()
                };
                let (of_x, of_y) = (sums(x), sums(y));
                let total = |sums: &[f64]| sums.iter().sum::<f64>();
                let scale = 1.0 / ((n - 1.0) * (n - 1.0));
                [
                    scale * (off_diagonal + dot(&x.diagonal, &y.diagonal)),
                    scale * total(&of_x) * total(&of_y) / (n * n),
                    scale * -2.0 / n * dot(&of_x, &of_y),
                ]
            }
        };
        Self {
            value: terms.iter().sum(),
            size: terms.iter().map(|term| term.abs()).sum(),
        }
    }

    pub fn scaled(self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            size: self.size * factor,
        }
    }

    /// Returns the square root, which normalizes CKA; errors refer to the representation by
    /// `position`.
    pub fn root(self, precision: Precision, position: usize) -> Result<f64> {
        let rounding = match precision {
            Precision::Single => 1e-6,
            Precision::Double => 1e-12,
        };
        if self.value > rounding * self.size {
            Ok(self.value.sqrt())
        } else {
            Err(ComputationError::HsicNotPositive {
                representation: position,
                hsic: self.value,
            }
            .into())
        }
    }
}

/// Computes HSIC for pairs of representations, given by their positions; each Gram matrix is
/// computed once.
pub(super) fn of_pairs(
    kernel: Kernel,
    estimator: Estimator,
    precision: Precision,
    representations: &[&Representation],
    pairs: &[(usize, usize)],
) -> Result<Vec<Hsic>> {
    match precision {
        Precision::Single => compute::<f32>(kernel, estimator, representations, pairs),
        Precision::Double => compute::<f64>(kernel, estimator, representations, pairs),
    }
}

fn compute<T: Real>(
    kernel: Kernel,
    estimator: Estimator,
    representations: &[&Representation],
    pairs: &[(usize, usize)],
) -> Result<Vec<Hsic>> {
    let Some(first) = representations.first() else {
        return Ok(Vec::new());
    };
    estimator.check(first.n_stimuli())?;
    let all = representations.iter().enumerate();
    let centred: Vec<Centred<T>> = all
        .map(|(position, representation)| Centred::new(representation, first.stimuli(), position))
        .collect::<Result<_>>()?;
    let (sums, margins) = match kernel {
        Kernel::Linear if feature_space_is_cheaper(&centred, pairs) => {
            feature_space::off_diagonal_sums(&centred, pairs)
        }
        Kernel::Linear => sums_of_grams(&centred, pairs, |_, _| Ok(None))?,
        Kernel::Rbf(fraction) => sums_of_grams(&centred, pairs, |centred, position| {
            Rbf::new(centred, fraction, position).map(Some)
        })?,
    };
    let unit = |position: usize| match kernel {
        Kernel::Linear => centred[position].unit,
        Kernel::Rbf(_) => 1.0,
    };
    let hsic = |(&(a, b), sum)| {
        let hsic = Hsic::new(estimator, sum, &margins[a], &margins[b]);
        // No overflow: the fourth power of any `f32` is in the range of `f64`.
        hsic.scaled((unit(a) * unit(b)).powi(2))
    };
    Ok(pairs.iter().zip(sums).map(hsic).collect())
}

fn sums_of_grams<T: Real>(
    centred: &[Centred<T>],
    pairs: &[(usize, usize)],
    rbf: impl Fn(&Centred<T>, usize) -> Result<Option<Rbf>>,
) -> Result<(Vec<f64>, Vec<Margins>)> {
    let gram = |(position, centred)| {
        let rbf = rbf(centred, position)?;
        Ok(Gram { centred, rbf })
    };
    let grams: Vec<Gram<'_, T>> = centred
        .iter()
        .enumerate()
        .map(gram)
        .collect::<Result<_>>()?;
    Ok(gram::off_diagonal_sums(&grams, pairs))
}

/// Checks whether [`feature_space`] needs fewer multiplications than [`gram`].
fn feature_space_is_cheaper<T: Real>(centred: &[Centred<T>], pairs: &[(usize, usize)]) -> bool {
    let n_features = |position: usize| centred[position].n_features() as f64;
    let n = centred.first().map_or(0, Centred::n_stimuli) as f64;
    let in_feature_space: f64 = pairs
        .iter()
        .map(|&(a, b)| n * n_features(a) * n_features(b) * if a == b { 0.5 } else { 1.0 })
        .sum();
    let of_grams = |position: usize| n * n / 2.0 * n_features(position);
    let of_grams = (0..centred.len()).map(of_grams).sum::<f64>();
    in_feature_space < of_grams + n * n / 2.0 * pairs.len() as f64
}
