//! The sampling covariance of the alignment of networks with the same people.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::error::{ArgumentError, Error, Result, same_length};
use crate::inference::{
    ClusterIndex, ClusteredTrials, Confidence, Estimate, Ranks, check_values, weighted_mean,
};
use crate::judgment::{Task, Trials};

/// The covariance of the errors of measured alignments: how the alignments of the networks would
/// vary together with other people and other objects.
///
/// All networks are compared with the same people, who judged the same objects, so that their
/// errors are correlated, and more so for networks that resemble one another. A standard error for
/// each network is not enough: errors that are independent between networks are already part of
/// the scatter of the networks, and an error that all networks share changes no difference. What the
/// scatter does not show are errors that networks with the same level of a factor share.
///
/// ```
/// use human_alignment::study::AlignmentCovariance;
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let trials = vec![[0, 1, 2], [3, 4, 5], [6, 7, 8]];
/// let trials = OddOneOut::new(Stimuli::numbered(9), trials)?;
/// // Both networks are right in the same trials.
/// let found = AlignmentCovariance::of_trials(&trials, &[&[1.0, 0.0, 1.0], &[1.0, 0.0, 1.0]])?;
/// assert_eq!(found.matrix()[[0, 1]], found.matrix()[[0, 0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AlignmentCovariance {
    matrix: Array2<f64>,
    degrees_of_freedom: f64,
}

impl AlignmentCovariance {
    /// Creates a covariance from a matrix with a row for each network, such as the covariance of
    /// bootstrap replicates of people and objects that all networks share, and its degrees of
    /// freedom.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] unless the matrix is square, finite and
    /// symmetric with variances ≥ 0, and the degrees of freedom are above 0.
    pub fn new(matrix: Array2<f64>, degrees_of_freedom: f64) -> Result<Self> {
        let (n, m) = matrix.dim();
        let is_valid = n == m
            && matrix.iter().all(|value| value.is_finite())
            && matrix.diag().iter().all(|&variance| variance >= 0.0)
            && matrix.indexed_iter().all(|((i, j), &value)| {
                let scale = (matrix[[i, i]] * matrix[[j, j]]).sqrt();
                (value - matrix[[j, i]]).abs() <= 1e-9 * scale
            });
        if !is_valid {
            let expected = "square, finite and symmetric, with variances of at least 0";
            let found = format_args!("{n} × {m}");
            return Err(Error::parameter("covariance of alignment", expected, found));
        }
        if degrees_of_freedom.is_nan() || degrees_of_freedom <= 0.0 {
            let what = "degrees of freedom of a covariance";
            return Err(Error::parameter(what, "above 0", degrees_of_freedom));
        }
        Ok(Self {
            matrix,
            degrees_of_freedom,
        })
    }

    /// Estimates the covariance of the mean values of networks over the same trials, such as
    /// credits, by the cluster-robust variances of
    /// [`clustered_mean_of`](crate::inference::clustered_mean_of):
    /// Cov(a, b) = (Var(a) + Var(b) − Var(a − b)) / 2. `values` are the values of each network, one
    /// for each trial.
    ///
    /// # Errors
    /// Returns the errors of [`clustered_mean_of`](crate::inference::clustered_mean_of), and
    /// [`ArgumentError::TooFew`] if the trials share too many objects for a standard error.
    pub fn of_trials<T: Task>(trials: &Trials<T>, values: &[&[f64]]) -> Result<Self> {
        let n = values.len();
        for values in values {
            check_values(trials, values)?;
        }
        let clustered = ClusteredTrials::of(trials);
        let pairs: Vec<[usize; 2]> = (0..n).flat_map(|i| (0..=i).map(move |j| [i, j])).collect();
        let index = (pairs.len() >= ClusterIndex::WORTHWHILE).then(|| ClusterIndex::new(clustered));
        let clustered = clustered.with_index(index.as_ref());
        // The estimate of each mean, and of each difference of two means.
        let of_pairs = pairs.par_iter().map(|&[i, j]| match i == j {
            true => weighted_mean(clustered, values[i].iter().map(|&value| (value, 1.0))),
            false => {
                let pairs = values[i].iter().zip(values[j]);
                let differences = pairs.map(|(left, right)| (left - right, 1.0));
                weighted_mean(clustered, differences)
            }
        });
        let of_pairs: Vec<Estimate> = of_pairs.collect();
        let mut variances = Array2::zeros((n, n));
        let mut degrees_of_freedom = f64::INFINITY;
        for (&[i, j], estimate) in pairs.iter().zip(of_pairs) {
            let error = estimate.standard_error.ok_or(ArgumentError::TooFew {
                what: "trials that share no objects",
                needed: 2,
                found: 0,
            })?;
            variances[[i, j]] = error * error;
            degrees_of_freedom = degrees_of_freedom.min(estimate.degrees_of_freedom);
        }
        let covariance = |(i, j): (usize, usize)| match i == j {
            true => variances[[i, i]],
            false => {
                let difference = variances[[i.max(j), i.min(j)]];
                (variances[[i, i]] + variances[[j, j]] - difference) / 2.0
            }
        };
        let matrix = Array2::from_shape_fn((n, n), covariance);
        Self::new(matrix, degrees_of_freedom)
    }

    /// Returns the covariance, a row for each network.
    pub fn matrix(&self) -> ArrayView2<'_, f64> {
        self.matrix.view()
    }

    /// Returns the degrees of freedom of the variances.
    pub fn degrees_of_freedom(&self) -> f64 {
        self.degrees_of_freedom
    }

    /// Returns the number of networks.
    pub fn n_networks(&self) -> usize {
        self.matrix.nrows()
    }

    /// Returns the ranks of the networks by their alignments, each with the set of ranks that the
    /// judgments are compatible with ([`Ranks`]). The error of a difference follows from the
    /// covariance, Var(a − b) = Var(a) + Var(b) − 2 Cov(a, b). All differences have the degrees of
    /// freedom of the covariance, the smallest of them, so that the sets are at least as wide as
    /// those of [`Ranks::from_comparisons`].
    ///
    /// # Errors
    /// Returns [`ArgumentError::LengthMismatch`] unless there is one alignment for each network, and
    /// [`ArgumentError::InvalidParameter`] if one is not a number.
    pub fn ranks(&self, alignments: &[f64], confidence: Confidence) -> Result<Ranks> {
        let n = self.n_networks();
        same_length(
            "alignments of the networks of a covariance",
            n,
            alignments.len(),
        )?;
        let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        let difference = |(i, j): (usize, usize)| {
            let sum = self.matrix[[i, i]] + self.matrix[[j, j]];
            let variance = sum - 2.0 * self.matrix[[i, j]];
            // The variance of networks that are always right together is 0 up to rounding. A
            // covariance that is too large to be one says nothing about their difference.
            let is_possible = variance >= -1e-9 * sum;
            let estimate = Estimate {
                value: alignments[i] - alignments[j],
                standard_error: is_possible.then(|| variance.max(0.0).sqrt()),
                degrees_of_freedom: self.degrees_of_freedom,
            };
            (i, j, estimate)
        };
        let differences: Vec<_> = pairs.map(difference).collect();
        Ranks::from_differences(n, &differences, confidence)
    }

    /// Returns the variance of a weighted sum of alignments.
    pub(super) fn of_sum(&self, weights: &[f64]) -> f64 {
        let terms = self.matrix.indexed_iter();
        terms
            .map(|((i, j), value)| weights[i] * value * weights[j])
            .sum()
    }
}
