//! Centred kernel alignment (CKA) and related measures of the similarity of two representations of
//! the same stimuli.
//!
//! | | compares | invariant to |
//! |---|---|---|
//! | [`Cka`] | kernel matrices (similarities of all pairs of stimuli) | rotation, isotropic scale, translation |
//! | [`MinibatchCka`] | kernel matrices of batches of stimuli | rotation, isotropic scale, translation |
//! | [`Procrustes`] | features, after the best rotation | rotation, isotropic scale, translation |

mod centred;
mod feature_space;
mod gram;
mod hsic;
mod margins;
mod minibatch;
mod procrustes;
mod product;
mod rbf;
mod settings;
mod tile;

use std::borrow::Borrow;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use minibatch::MinibatchCka;
pub use procrustes::{Procrustes, ProcrustesFit};
pub use settings::{Estimator, Kernel};

use crate::error::{Error, Result};
use crate::linalg::Precision;
use crate::metric::AlignmentMetric;
use crate::representation::Representation;

use hsic::Hsic;

/// Centred kernel alignment: HSIC(X, Y) / √(HSIC(X, X) · HSIC(Y, Y)), where HSIC, the
/// Hilbert–Schmidt independence criterion, is the covariance of the similarities of pairs of
/// stimuli in X and in Y.
///
/// Kornblith, Norouzi, Lee & Hinton, "Similarity of neural network representations revisited" (ICML
/// 2019, arXiv 1905.00414). A value of 1 means equal geometry. The biased estimate is in [0, 1],
/// the unbiased estimate in [−1, 1]: its expected value for independent representations is about 0,
/// so about half of the estimates are then negative. CKA is invariant to rotation, isotropic scale
/// and translation of either representation.
///
/// | setting | default |
/// |---|---|
/// | kernel | [`Kernel::Linear`] |
/// | estimator | [`Estimator::Unbiased`] |
/// | precision | [`Precision::Double`] |
///
/// Rows are matched by stimulus id. Both representations must contain the same stimuli, in any
/// order.
///
/// The scripts of Muttenthaler et al. (ICLR 2023; NeurIPS 2023) compute the biased estimate from
/// centred kernel matrices, with the linear kernel (`main_model_comparison.py`). It is
/// [`Estimator::Biased`] here, and larger than the default for few stimuli or many features. Their
/// class (`cka.py`) also has a Gaussian kernel whose σ² is the median of the squared distances that
/// are not 0, which is [`Kernel::Rbf`] with the fraction 1 if no two rows are equal.
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
    /// Creates a metric with the given kernel and default settings.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the bandwidth is not positive and finite.
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
    /// [`Precision::Single`] takes half the time. Its values differ by at most 1e-7 for real
    /// features of 1,854 stimuli, and by about 1e-5 for few stimuli or an HSIC that is small
    /// relative to its terms.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Returns the kernel.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Returns the estimator of HSIC.
    pub fn estimator(&self) -> Estimator {
        self.estimator
    }

    /// Returns the CKA of two representations of the same stimuli, in [0, 1] (biased) or [−1, 1]
    /// (unbiased).
    ///
    /// For n stimuli, p and q features and the linear kernel there are two equivalent methods, of
    /// which the cheaper one is used: products of features take about n(p + q)²/2 multiplications,
    /// kernel matrices n²(p + q)/2. Kernel matrices are never stored.
    ///
    /// # Errors
    /// Errors refer to the representations by position, 0-based.
    ///
    /// - Returns `StimuliError::Missing` or `StimuliError::Unexpected` if the two sets of stimuli
    ///   differ.
    /// - Returns `ArgumentError::TooFew` if there are fewer than 4 stimuli (2 with
    ///   [`Estimator::Biased`]).
    /// - Returns `FeatureError::EqualRows` if all rows of a representation are equal.
    /// - Returns `ComputationError::ZeroMedianDistance` if the median distance is 0 under
    ///   [`Kernel::Rbf`].
    /// - Returns `ComputationError::HsicNotPositive` if the unbiased estimate of HSIC(X, X) is not
    ///   positive, as for stimuli that are all equally distant.
    /// - Returns `ComputationError::OutOfMemory` if memory cannot be allocated.
    pub fn compare(&self, first: &Representation, second: &Representation) -> Result<f64> {
        Ok(self.between(&[first], &[second])?[[0, 0]])
    }

    /// Returns the CKA of every two of several representations: a symmetric matrix, representations
    /// × representations, with 1 on its diagonal.
    ///
    /// The kernel matrix of each representation is computed once.
    ///
    /// # Errors
    /// Returns the same errors as [`Cka::compare`].
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

    /// Returns the CKA of each representation in `rows` with each in `columns`, such as the layers
    /// of two networks: rows × columns.
    ///
    /// # Errors
    /// Returns the same errors as [`Cka::compare`]; the positions of `columns` follow those of
    /// `rows`.
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

    /// Computes the CKA of pairs of different representations.
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

/// Returns the CKA from HSIC and the two roots that normalize it, clamped to its range against
/// rounding.
fn ratio(estimator: Estimator, hsic: Hsic, left: f64, right: f64) -> f64 {
    let lowest = match estimator {
        Estimator::Biased => 0.0,
        Estimator::Unbiased => -1.0,
    };
    (hsic.value / left / right).clamp(lowest, 1.0)
}

/// Deserialized settings, before their ranges are checked.
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

/// Comparison with a reference representation that describes human similarity, such as an embedding
/// of concepts learned from human choices.
impl AlignmentMetric<Representation> for Cka {
    type Score = f64;

    /// Computes [`Cka::compare`] over the stimuli of `people`; the representation may contain more.
    ///
    /// # Errors
    /// Returns the same errors as [`Cka::compare`].
    fn score(&self, representation: &Representation, people: &Representation) -> Result<f64> {
        self.compare(&representation.select(people.stimuli())?, people)
    }
}
