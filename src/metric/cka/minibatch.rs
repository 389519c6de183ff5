//! CKA computed from batches of stimuli.

use crate::error::{Result, at_least};
use crate::linalg::Precision;
use crate::metric::cka::hsic::{self, Hsic};
use crate::metric::cka::{Estimator, Kernel, ratio};
use crate::representation::Representation;

/// CKA of stimuli that are processed in batches and never stored together: the mean over batches of
/// the unbiased HSIC(X, Y), divided by the square root of the product of the means of HSIC(X, X)
/// and HSIC(Y, Y).
///
/// Nguyen, Raghu & Kornblith, "Do wide and deep networks learn the same things?" (ICLR 2021, arXiv
/// 2010.15327). HSIC is estimated without bias, so its expected value does not depend on the batch
/// size. All batches have equal weight, whatever their size. With [`Kernel::Rbf`] the bandwidth of
/// each batch is computed from the distances in the batch.
///
/// ```
/// use human_alignment::metric::cka::{Cka, Kernel, MinibatchCka};
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::Array2;
///
/// let features = |p: usize| Array2::from_shape_fn((60, p), |(row, k)| ((row * (k + 3)) as f32).sin());
/// let stimuli = Stimuli::numbered(60);
/// let wide = Representation::new(stimuli.clone(), features(7))?;
/// let narrow = Representation::new(stimuli.clone(), features(5))?;
///
/// let mut cka = MinibatchCka::new(Kernel::Linear)?;
/// for batch in stimuli.ids().chunks(20) {
///     let batch = Stimuli::new(batch)?;
///     cka.add(&wide.select(&batch)?, &narrow.select(&batch)?)?;
/// }
/// assert_eq!(cka.n_batches(), 3);
/// assert!((cka.value()? - Cka::default().compare(&wide, &narrow)?).abs() < 0.05);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MinibatchCka {
    kernel: Kernel,
    precision: Precision,
    n_batches: u64,
    /// Sums over batches, in the order of [`PAIRS`].
    sums: [Hsic; 3],
}

/// Pairs of representations: the first with itself, the second with itself, both.
const PAIRS: [(usize, usize); 3] = [(0, 0), (1, 1), (0, 1)];

impl MinibatchCka {
    /// Creates a metric without batches.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the bandwidth
    /// is not positive and finite.
    pub fn new(kernel: Kernel) -> Result<Self> {
        kernel.check()?;
        Ok(Self {
            kernel,
            precision: Precision::default(),
            n_batches: 0,
            sums: Default::default(),
        })
    }

    /// Sets the precision of products of features; default [`Precision::Double`].
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Adds a batch of at least 4 stimuli. If it fails, the metric is unchanged.
    ///
    /// # Errors
    /// Returns the same errors as [`Cka::compare`](super::Cka::compare), except that the HSIC of a
    /// representation with itself may be 0 in a batch.
    pub fn add(&mut self, first: &Representation, second: &Representation) -> Result<()> {
        let estimator = Estimator::Unbiased;
        let batch = [first, second];
        let hsics = hsic::of_pairs(self.kernel, estimator, self.precision, &batch, &PAIRS)?;
        for (sum, hsic) in self.sums.iter_mut().zip(hsics) {
            sum.value += hsic.value;
            sum.size += hsic.size;
        }
        self.n_batches += 1;
        Ok(())
    }

    /// Returns the number of batches added.
    pub fn n_batches(&self) -> u64 {
        self.n_batches
    }

    /// Returns the CKA over the batches added so far, in [−1, 1].
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no batches, and
    /// `ComputationError::HsicNotPositive` if the mean HSIC of representation 0 (first) or 1 (second)
    /// with itself is not positive.
    pub fn value(&self) -> Result<f64> {
        at_least("batches", 1, self.n_batches as usize)?;
        let [first, second, both] = self.sums;
        let first = first.root(self.precision, 0)?;
        let second = second.root(self.precision, 1)?;
        Ok(ratio(Estimator::Unbiased, both, first, second))
    }
}
