//! Centred kernel alignment (CKA) and its relatives: do two representations of the same stimuli
//! have the same geometry?
//!
//! | | compares | invariant to |
//! |---|---|---|
//! | [`Cka`] | similarities of all pairs of stimuli | rotation, isotropic scale, translation |
//! | [`MinibatchCka`] | the same, over stimuli that come in batches | the same |
//! | [`Procrustes`] | features, after the best rotation | the same |

mod centred;
mod feature_space;
mod gram;
mod hsic;
mod minibatch;
mod procrustes;
mod product;
mod rbf;
mod settings;

use std::borrow::Borrow;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use minibatch::MinibatchCka;
pub use procrustes::{Procrustes, ProcrustesFit};
pub use settings::{Estimator, Kernel};

use crate::error::{Error, Result};
use crate::metric::AlignmentMetric;
use crate::representation::Representation;
use crate::similarity::Precision;

use hsic::Hsic;

/// Centred kernel alignment: HSIC(X, Y) / √(HSIC(X, X) · HSIC(Y, Y)), where HSIC is the covariance of
/// the similarities that the two representations give to pairs of stimuli.
///
/// Kornblith, Norouzi, Lee & Hinton, "Similarity of neural network representations revisited" (ICML
/// 2019, arXiv 1905.00414). 1 is the same geometry. The biased estimate lies in [0, 1], the unbiased
/// one in [−1, 1]: its mean is 0 for representations that are independent, so about half of the
/// estimates of 0 are negative. Both are invariant to rotation, isotropic scale and translation of
/// either representation.
///
/// | setting | default |
/// |---|---|
/// | kernel | [`Kernel::Linear`] |
/// | estimator | [`Estimator::Unbiased`] |
/// | precision | [`Precision::Double`] |
///
/// Rows are matched by stimulus id, and both representations must hold the same stimuli, in whatever
/// order.
///
/// ```
/// use human_alignment::metric::cka::{Cka, Estimator, Kernel};
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog", "car", "bus", "oak"])?;
/// let two = array![[1.0, 0.2], [0.9, 0.1], [0.1, 1.0], [0.0, 0.8], [-1.0, 0.0]];
/// let two = Representation::new(stimuli.clone(), two)?;
/// let one = Representation::new(stimuli, array![[3.0], [3.1], [1.5], [1.0], [0.0]])?;
///
/// let linear = Cka::default().compare(&two, &one)?;
/// let biased = Cka::default().with_estimator(Estimator::Biased).compare(&two, &one)?;
/// let rbf = Cka::new(Kernel::Rbf(0.5))?.compare(&two, &one)?;
/// assert!((linear - 0.9529).abs() < 1e-4);
/// assert!((biased - 0.9272).abs() < 1e-4);
/// assert!((rbf - 0.9515).abs() < 1e-4);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct Cka {
    kernel: Kernel,
    estimator: Estimator,
    precision: Precision,
}

impl Cka {
    /// The metric with this kernel and the defaults otherwise.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where the bandwidth is not positive and finite.
    pub fn new(kernel: Kernel) -> Result<Self> {
        kernel.check()?;
        Ok(Self {
            kernel,
            ..Self::default()
        })
    }

    /// Sets the estimator of HSIC.
    #[must_use]
    pub fn with_estimator(mut self, estimator: Estimator) -> Self {
        self.estimator = estimator;
        self
    }

    /// Sets the precision of products of features. Means are subtracted, and everything after the
    /// products is computed, in double precision in either case.
    ///
    /// [`Precision::Single`] takes half the time. Its values are within 1e-7 for real features of
    /// 1,854 stimuli, and within about 1e-5 for few stimuli or an HSIC that is small against its
    /// terms.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The kernel.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// The estimator of HSIC.
    pub fn estimator(&self) -> Estimator {
        self.estimator
    }

    /// How alike two representations of the same stimuli are.
    ///
    /// Of two ways that give the same, the one with fewer multiplications is taken: with n stimuli
    /// and the linear kernel n(p + q)²/2 from p and q features, otherwise n²(p + q)/2 from kernel
    /// matrices. These are never held.
    ///
    /// # Errors
    /// Representations are counted from 0, in the order given.
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the second holds other stimuli
    /// than the first; [`Error::TooFew`]; [`Error::ConstantRepresentation`];
    /// [`Error::ZeroMedianDistance`] under [`Kernel::Rbf`]; [`Error::HsicNotPositive`] where the
    /// unbiased estimate of HSIC(X, X) is 0, as for stimuli that are all equally far apart;
    /// [`Error::OutOfMemory`].
    pub fn compare(&self, first: &Representation, second: &Representation) -> Result<f64> {
        Ok(self.between(&[first], &[second])?[[0, 0]])
    }

    /// How alike each two of some representations are: a symmetric matrix with 1 on its diagonal.
    ///
    /// The kernel matrix of each representation is computed once, whatever the number of pairs.
    ///
    /// # Errors
    /// As for [`Cka::compare`].
    pub fn matrix<R: Borrow<Representation>>(&self, representations: &[R]) -> Result<Array2<f64>> {
        let all: Vec<&Representation> = representations.iter().map(Borrow::borrow).collect();
        let n = all.len();
        let pairs = (0..n).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let mut matrix = Array2::eye(n);
        for ((a, b), value) in self.values(&all, pairs)? {
            matrix[[a, b]] = value;
            matrix[[b, a]] = value;
        }
        Ok(matrix)
    }

    /// How alike each of some representations (rows) is to each of others (columns), such as the
    /// layers of two networks.
    ///
    /// # Errors
    /// As for [`Cka::compare`]; those of the columns are counted after those of the rows.
    pub fn between<R, C>(&self, rows: &[R], columns: &[C]) -> Result<Array2<f64>>
    where
        R: Borrow<Representation>,
        C: Borrow<Representation>,
    {
        let (n_rows, n_columns) = (rows.len(), columns.len());
        let mut all: Vec<&Representation> = rows.iter().map(Borrow::borrow).collect();
        all.extend(columns.iter().map(Borrow::borrow));
        let of_row = |row| (0..n_columns).map(move |column| (row, n_rows + column));
        let pairs = (0..n_rows).flat_map(of_row).collect();
        let mut matrix = Array2::zeros((n_rows, n_columns));
        for ((row, column), value) in self.values(&all, pairs)? {
            matrix[[row, column - n_rows]] = value;
        }
        Ok(matrix)
    }

    /// The values of pairs of different representations.
    fn values(
        &self,
        all: &[&Representation],
        mut pairs: Vec<(usize, usize)>,
    ) -> Result<impl Iterator<Item = ((usize, usize), f64)>> {
        let n_pairs = pairs.len();
        pairs.extend((0..all.len()).map(|position| (position, position)));
        let hsics = hsic::of_pairs(self.kernel, self.estimator, self.precision, all, &pairs)?;
        let selves = hsics[n_pairs..].iter().enumerate();
        let roots: Vec<f64> = selves
            .map(|(position, hsic)| hsic.root(self.precision, position))
            .collect::<Result<_>>()?;
        pairs.truncate(n_pairs);
        let estimator = self.estimator;
        Ok(pairs
            .into_iter()
            .zip(hsics)
            .map(move |((a, b), hsic)| ((a, b), ratio(estimator, hsic, roots[a], roots[b]))))
    }
}

/// CKA from HSIC and the roots of the two that divide it. Rounding can't take it out of its range.
fn ratio(estimator: Estimator, hsic: Hsic, left: f64, right: f64) -> f64 {
    let lowest = match estimator {
        Estimator::Biased => 0.0,
        Estimator::Unbiased => -1.0,
    };
    (hsic.value / left / right).clamp(lowest, 1.0)
}

/// The settings as they are read, before their ranges are checked.
#[derive(Deserialize)]
struct Settings {
    kernel: Kernel,
    estimator: Estimator,
    precision: Precision,
}

impl TryFrom<Settings> for Cka {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        Ok(Self::new(settings.kernel)?
            .with_estimator(settings.estimator)
            .with_precision(settings.precision))
    }
}

/// A representation held against another that stands for people, such as an embedding of concepts
/// that was learned from their choices.
impl AlignmentMetric<Representation> for Cka {
    type Score = f64;

    /// As [`Cka::compare`], over the stimuli of `people`; the representation may hold more.
    ///
    /// # Errors
    /// As for [`Cka::compare`].
    fn score(&self, representation: &Representation, people: &Representation) -> Result<f64> {
        self.compare(&representation.select(people.stimuli())?, people)
    }
}
