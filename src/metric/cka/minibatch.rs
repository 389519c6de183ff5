//! CKA of stimuli that come in batches.

use crate::error::Result;
use crate::metric::cka::hsic::{self, Hsic};
use crate::metric::cka::{Estimator, Kernel, ratio};
use crate::representation::Representation;
use crate::similarity::Precision;

/// CKA over stimuli that come in batches and are never held together: the mean over batches of the
/// unbiased HSIC(X, Y), divided by the root of the means of HSIC(X, X) and HSIC(Y, Y).
///
/// Nguyen, Raghu & Kornblith, "Do wide and deep networks learn the same things?" (ICLR 2021, arXiv
/// 2010.15327). Because HSIC is estimated without bias, its mean does not depend on the size of
/// batches; all batches count alike, whatever their size. Under [`Kernel::Rbf`] each batch has a
/// bandwidth of its own, from its own distances.
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
    /// Sums over batches, of the pairs of [`PAIRS`].
    sums: [Hsic; 3],
}

/// The first with itself, the second with itself, both.
const PAIRS: [(usize, usize); 3] = [(0, 0), (1, 1), (0, 1)];

impl MinibatchCka {
    /// No batches yet.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) where the bandwidth is not
    /// positive and finite.
    pub fn new(kernel: Kernel) -> Result<Self> {
        kernel.check()?;
        Ok(Self {
            kernel,
            precision: Precision::default(),
            n_batches: 0,
            sums: Default::default(),
        })
    }

    /// Sets the precision of products of features.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Adds a batch of at least 4 stimuli.
    ///
    /// # Errors
    /// As for [`Cka::compare`](super::Cka::compare), save that the HSIC of a representation with
    /// itself may be 0 in a batch. What was added before stays as it is.
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

    /// Batches that were added.
    pub fn n_batches(&self) -> u64 {
        self.n_batches
    }

    /// CKA over the batches so far, in [−1, 1].
    ///
    /// # Errors
    /// [`Error::HsicNotPositive`](crate::Error::HsicNotPositive) where there are no batches, or the
    /// representation 0 (first) or 1 (second) tells no stimuli apart in any.
    pub fn value(&self) -> Result<f64> {
        let [first, second, both] = self.sums;
        let first = first.root(self.precision, 0)?;
        let second = second.root(self.precision, 1)?;
        Ok(ratio(Estimator::Unbiased, both, first, second))
    }
}
