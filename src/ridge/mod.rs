//! Ridge regression, for example of the dimensions of human concepts on the features of a
//! representation.
//!
//! [`Ridge`] has the settings and the methods. [`RidgeFit`] is a fit with selected penalties,
//! [`RidgePath`] has the fits of all penalties, and [`RidgeCrossValidationResult`] has scores and
//! predictions for held-out stimuli.

mod criterion;
mod cross_validation;
mod decomposition;
mod fit;
mod gram;
mod path;
mod rows;
mod settings;
mod shared_gram;
mod targets;
mod training;
mod tridiagonal;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

pub use cross_validation::RidgeCrossValidationResult;
pub use fit::RidgeFit;
pub use path::RidgePath;
pub use settings::{FeatureScaling, Selection, Sharing};

use crate::error::{Error, Result, check_penalties};
use crate::inference::Folds;
use crate::representation::Representation;

use rows::{Rows, Scaler};
use training::Training;

/// Ridge regression of many targets, with selection of the penalty.
///
/// The coefficients B and the intercept b minimize ‖Y − XB − 1bᵀ‖² + α ‖B‖² (Hoerl & Kennard 1970);
/// the intercept is not penalized. Of several penalties α, the one with the smallest [`Selection`]
/// error is used.
///
/// | setting | default |
/// |---|---|
/// | selection | [`Selection::LeaveOneOut`] |
/// | sharing | [`Sharing::PerTarget`] |
/// | feature scaling | [`FeatureScaling::None`]: features are centred, but not divided |
///
/// All targets and penalties share one decomposition of the training rows: Householder reflections
/// make XᵀX tridiagonal (or XXᵀ, if there are at least as many features as stimuli). After that,
/// each penalty takes a few operations per target and feature, and the exact leave-one-out errors
/// of all stimuli take two matrix products. The rounding error is about 1e-16 ‖XᵀX‖ / α. If a
/// penalty is smaller than 1e-8 ‖XᵀX‖ (Frobenius norm), the singular value decomposition of X is
/// used instead, which is several times slower. All computations are in double precision, and
/// results do not depend on the number of threads.
///
/// ```
/// use human_alignment::inference::Folds;
/// use human_alignment::{Representation, Ridge, Stimuli};
/// use ndarray::Array2;
///
/// // Twelve stimuli with three features, and a target that depends on the first feature.
/// let stimuli = Stimuli::numbered(12);
/// let features = Array2::from_shape_fn((12, 3), |(row, column)| {
///     (row * row * (column + 2) % 7) as f32
/// });
/// let roundness = features.column(0).mapv(|x| 2.0 * x + 1.0).insert_axis(ndarray::Axis(1));
/// let representation = Representation::new(stimuli.clone(), features)?;
/// let targets = Representation::new(stimuli, roundness)?;
///
/// let ridge = Ridge::new([0.01, 0.1, 1.0])?;
/// let fit = ridge.fit(&representation, &targets)?;
/// assert_eq!(fit.penalties(), [0.01]);
/// assert!(fit.at_grid_end()[0]); // A smaller penalty might be better.
/// assert!((fit.coefficients()[[0, 0]] - 2.0).abs() < 0.01);
///
/// let validation = ridge.cross_validate(&representation, &targets, &Folds::contiguous(12, 3)?)?;
/// assert!(validation.mean_pooled_r2() > 0.99);
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// The following function computes how well human dimensions can be predicted from a network, and
/// the odd-one-out accuracy of the predicted embedding:
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::inference::Folds;
/// use human_alignment::{AlignmentMetric, Representation, Result, Ridge, Similarity};
/// use human_alignment::{OddOneOut, ZeroShotOddOneOut};
///
/// fn predicted_accuracy(
///     network: &Representation,
///     targets: &Representation, // such as the 42 dimensions of VICE
///     trials: &OddOneOut,
/// ) -> Result<f64> {
///     let ridge = Ridge::new([0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6])?;
///     let folds = Folds::random(network.n_stimuli(), 5, 1)?;
///     let validation = ridge.cross_validate(network, targets, &folds)?;
///     for (dimension, r2) in validation.pooled_r2().iter().enumerate() {
///         println!("dimension {dimension}: R² = {r2:.3}");
///     }
/// // Each stimulus is predicted by a fit to other stimuli.
///     let metric = ZeroShotOddOneOut::new(Similarity::Dot);
///     Ok(metric.score(validation.predictions(), trials)?.accuracy)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct Ridge {
    penalties: Vec<f64>,
    selection: Selection,
    sharing: Sharing,
    feature_scaling: FeatureScaling,
}

impl Ridge {
    /// Creates a ridge regression with the penalties to select from, in any order, and default
    /// settings.
    ///
    /// A penalty is added to sums over stimuli, not to means (as `alpha` in scikit-learn).
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there is no penalty, and
    /// `ArgumentError::InvalidParameter` for a penalty that is not positive and finite (as its
    /// reciprocal must be), or that is a duplicate.
    pub fn new(penalties: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut penalties: Vec<f64> = penalties.into_iter().collect();
        for &penalty in &penalties {
            if !(penalty > 0.0 && penalty.is_finite() && penalty.recip().is_normal()) {
                let expected = "positive and finite, with a finite reciprocal";
                return Err(Error::parameter("penalty", expected, penalty));
            }
        }
        penalties.sort_by(f64::total_cmp);
        check_penalties(&penalties)?;
        Ok(Self {
            penalties,
            selection: Selection::default(),
            sharing: Sharing::default(),
            feature_scaling: FeatureScaling::default(),
        })
    }

    /// Sets the error by which penalties are selected. Default: [`Selection::LeaveOneOut`].
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Sets which targets share a penalty. Default: [`Sharing::PerTarget`].
    #[must_use]
    pub fn with_sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }

    /// Sets the values by which features are divided. Default: [`FeatureScaling::None`].
    #[must_use]
    pub fn with_feature_scaling(mut self, feature_scaling: FeatureScaling) -> Self {
        self.feature_scaling = feature_scaling;
        self
    }

    /// Returns the penalties to select from, in ascending order.
    pub fn penalties(&self) -> &[f64] {
        &self.penalties
    }

    /// Returns the error by which penalties are selected.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// Returns which targets share a penalty.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Returns the values by which features are divided.
    pub fn feature_scaling(&self) -> FeatureScaling {
        self.feature_scaling
    }

    /// Fits the targets, which are the features of another representation, with all stimuli.
    ///
    /// The targets are matched by stimulus id, so that their order does not matter.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` or `StimuliError::Unexpected` if the targets have other
    /// stimuli, `ArgumentError::TooFew` for fewer than 3 stimuli,
    /// `ComputationError::FullLeverage` if a penalty is so small that the fit interpolates a
    /// stimulus, `ComputationError::NotConverged`, and `ComputationError::OutOfMemory`.
    pub fn fit(&self, features: &Representation, targets: &Representation) -> Result<RidgeFit> {
        self.fit_array(features, targets::join(features, targets)?.view())
    }

    /// Fits an array of targets (stimuli × targets, in the order of the features) with all stimuli.
    ///
    /// # Errors
    /// The same as for [`Ridge::fit`]. Also returns `ArgumentError::LengthMismatch` if the number
    /// of rows differs from the number of stimuli, `ArgumentError::Shape` if there are no
    /// targets, `FeatureError::NotFinite` for a target that is not finite, and
    /// `ArgumentError::InvalidParameter` for a target beyond ±1e150.
    pub fn fit_array(
        &self,
        features: &Representation,
        targets: ArrayView2<'_, f64>,
    ) -> Result<RidgeFit> {
        let rows: Vec<usize> = (0..features.n_stimuli()).collect();
        RidgeFit::new(self, &self.training(features, targets, &rows)?)
    }

    /// Fits all penalties with all stimuli, from one decomposition.
    ///
    /// # Errors
    /// The same as for [`Ridge::fit`].
    pub fn path(&self, features: &Representation, targets: &Representation) -> Result<RidgePath> {
        let targets = targets::join(features, targets)?;
        let rows: Vec<usize> = (0..features.n_stimuli()).collect();
        RidgePath::new(&self.training(features, targets.view(), &rows)?)
    }

    /// Computes R² and predictions for held-out stimuli. For each fold, the penalties are selected
    /// with the training stimuli only.
    ///
    /// `folds` divides the stimuli in the order of `features`.
    ///
    /// # Errors
    /// The same as for [`Ridge::fit`]. Also returns `ArgumentError::LengthMismatch` if the number
    /// of items of the folds differs from the number of stimuli, and, within `Context::Fold`,
    /// `ArgumentError::TooFew` for fewer than 3 training stimuli. Returns
    /// [`ComputationError::ConstantTarget`](crate::error::ComputationError::ConstantTarget) for a
    /// target that has the same value for all stimuli; one that is constant in the held-out stimuli
    /// of a fold is no error, see [`RidgeCrossValidationResult::r2`].
    pub fn cross_validate(
        &self,
        features: &Representation,
        targets: &Representation,
        folds: &Folds,
    ) -> Result<RidgeCrossValidationResult> {
        let targets = targets::join(features, targets)?;
        RidgeCrossValidationResult::new(self, features, targets.view(), folds)
    }

    fn training<'a>(
        &'a self,
        features: &'a Representation,
        targets: ArrayView2<'_, f64>,
        rows: &'a [usize],
    ) -> Result<Training<'a>> {
        targets::check(features, targets)?;
        training::check_rows(rows.len())?;
        let rows = Rows::new(features, rows);
        let (means, stds) = rows.moments()?;
        let stds = (self.feature_scaling != FeatureScaling::None).then_some(stds);
        let scaler = Scaler { means, stds };
        Training::new(rows, scaler, None, targets, &self.penalties)
    }
}

/// The deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Settings {
    penalties: Vec<f64>,
    selection: Selection,
    sharing: Sharing,
    feature_scaling: FeatureScaling,
}

impl TryFrom<Settings> for Ridge {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        Ok(Self::new(settings.penalties)?
            .with_selection(settings.selection)
            .with_sharing(settings.sharing)
            .with_feature_scaling(settings.feature_scaling))
    }
}
