//! Ridge regression: what people's judgments can be predicted from, such as the dimensions of human
//! concepts from a representation.

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

pub use cross_validation::RidgeCrossValidation;
pub use fit::RidgeFit;
pub use path::RidgePath;
pub use settings::{FeatureScaling, Selection, Sharing};

use crate::error::{ArgumentError, Error, Result};
use crate::inference::Folds;
use crate::representation::Representation;

use rows::{Rows, Scaler};
use training::Training;

/// Ridge regression of many targets, each with the penalty that predicts best.
///
/// The coefficients B and the intercept b minimise ‖Y − XB − 1bᵀ‖² + α ‖B‖² (Hoerl & Kennard 1970);
/// the intercept is not penalised. Of several penalties α, that is taken whose [`Selection`] error is
/// smallest.
///
/// | setting | default |
/// |---|---|
/// | selection | [`Selection::LeaveOneOut`] |
/// | sharing | [`Sharing::PerTarget`] |
/// | feature scaling | [`FeatureScaling::None`]: means are subtracted, nothing more |
///
/// One decomposition of the training rows serves all targets and penalties: XᵀX (or XXᵀ, where there
/// are no more stimuli than features) is made tridiagonal by reflections, after which each penalty
/// takes a few operations for each target and feature, and the exact leave-one-out errors of all
/// stimuli two matrix products. Its rounding is about 1e-16 of ‖XᵀX‖ over α; where a penalty is below
/// 1e-8 of ‖XᵀX‖ (Frobenius), the singular value decomposition of X is taken instead, which is
/// several times slower. Everything is computed in double precision, and does not depend on the
/// number of threads.
///
/// ```
/// use human_alignment::inference::Folds;
/// use human_alignment::{Representation, Ridge, Stimuli};
/// use ndarray::Array2;
///
/// // Twelve stimuli in three features, and a dimension that people see in them.
/// let stimuli = Stimuli::numbered(12);
/// let features = Array2::from_shape_fn((12, 3), |(row, column)| {
///     (row * row * (column + 2) % 7) as f32
/// });
/// let is_round = features.column(0).mapv(|x| 2.0 * x + 1.0).insert_axis(ndarray::Axis(1));
/// let representation = Representation::new(stimuli.clone(), features)?;
/// let people = Representation::new(stimuli, is_round)?;
///
/// let ridge = Ridge::new([0.01, 0.1, 1.0])?;
/// let fit = ridge.fit(&representation, &people)?;
/// assert_eq!(fit.penalties(), [0.01]);
/// assert!(fit.at_grid_end()[0]); // A smaller penalty might be better.
/// assert!((fit.coefficients()[[0, 0]] - 2.0).abs() < 0.01);
///
/// let validation = ridge.cross_validate(&representation, &people, &Folds::contiguous(12, 3)?)?;
/// assert!(validation.mean_r2() > 0.99);
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// How well people's dimensions can be predicted, and how human the predicted embedding is, since
/// its dot products give odd-one-out choices:
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::inference::Folds;
/// use human_alignment::{AlignmentMetric, Representation, Result, Ridge, Similarity};
/// use human_alignment::{OddOneOut, ZeroShotOddOneOut};
///
/// fn predicted_accuracy(
///     network: &Representation,
///     people: &Representation, // such as the 42 dimensions of VICE
///     trials: &OddOneOut,
/// ) -> Result<f64> {
///     let ridge = Ridge::new([0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6])?;
///     let folds = Folds::random(network.n_stimuli(), 5, 1)?;
///     let validation = ridge.cross_validate(network, people, &folds)?;
///     for (dimension, r2) in validation.r2_per_target().iter().enumerate() {
///         println!("dimension {dimension}: R² = {r2:.3}");
///     }
///     // Every stimulus as predicted by a fit that has not seen it.
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
    /// Ridge regression with these penalties to choose from, in any order, and the defaults
    /// otherwise. They add to sums over stimuli, not to means.
    ///
    /// # Errors
    /// [`Error::TooFew`] where there is no penalty; [`Error::InvalidParameter`] for one that is not
    /// positive and finite (as its reciprocal), or that is there twice.
    pub fn new(penalties: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut penalties: Vec<f64> = penalties.into_iter().collect();
        for &penalty in &penalties {
            if !(penalty > 0.0 && penalty.is_finite() && penalty.recip().is_normal()) {
                let expected = "positive and finite, as its reciprocal";
                return Err(Error::parameter("penalty", expected, penalty));
            }
        }
        penalties.sort_by(f64::total_cmp);
        if let Some(twice) = penalties.windows(2).find(|pair| pair[0] == pair[1]) {
            let expected = "different from all others";
            return Err(Error::parameter("penalty", expected, twice[0]));
        }
        if penalties.is_empty() {
            return Err(ArgumentError::TooFew {
                what: "penalties",
                needed: 1,
                found: 0,
            }
            .into());
        }
        Ok(Self {
            penalties,
            selection: Selection::default(),
            sharing: Sharing::default(),
            feature_scaling: FeatureScaling::default(),
        })
    }

    /// Sets the error that penalties are chosen by.
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Sets which targets share a penalty.
    #[must_use]
    pub fn with_sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }

    /// Sets what features are divided by.
    #[must_use]
    pub fn with_feature_scaling(mut self, feature_scaling: FeatureScaling) -> Self {
        self.feature_scaling = feature_scaling;
        self
    }

    /// The penalties to choose from, in ascending order.
    pub fn penalties(&self) -> &[f64] {
        &self.penalties
    }

    /// The error that penalties are chosen by.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// Which targets share a penalty.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// What features are divided by.
    pub fn feature_scaling(&self) -> FeatureScaling {
        self.feature_scaling
    }

    /// Fits all stimuli. The targets are the features of another representation of the same stimuli,
    /// in whatever order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the targets are of other stimuli;
    /// [`Error::TooFew`] for fewer than 3 stimuli; [`Error::FullLeverage`] where a penalty is so small
    /// that the fit passes through a stimulus; [`Error::NotConverged`]; [`Error::OutOfMemory`].
    pub fn fit(&self, features: &Representation, targets: &Representation) -> Result<RidgeFit> {
        self.fit_array(features, targets::join(features, targets)?.view())
    }

    /// As [`Ridge::fit`], with targets of stimuli × targets in the order of the features.
    ///
    /// # Errors
    /// As for [`Ridge::fit`]; [`Error::LengthMismatch`] for another number of rows, [`Error::Shape`]
    /// where there are no targets, [`Error::NotFinite`], [`Error::InvalidParameter`] for a target
    /// beyond ±1e150.
    pub fn fit_array(
        &self,
        features: &Representation,
        targets: ArrayView2<'_, f64>,
    ) -> Result<RidgeFit> {
        let rows: Vec<usize> = (0..features.n_stimuli()).collect();
        RidgeFit::new(self, &self.training(features, targets, &rows)?)
    }

    /// The fits of all penalties, from one decomposition.
    ///
    /// # Errors
    /// As for [`Ridge::fit`].
    pub fn path(&self, features: &Representation, targets: &Representation) -> Result<RidgePath> {
        let targets = targets::join(features, targets)?;
        let rows: Vec<usize> = (0..features.n_stimuli()).collect();
        RidgePath::new(&self.training(features, targets.view(), &rows)?)
    }

    /// How well targets are predicted for stimuli that were not learned from. For each fold, the
    /// penalties are chosen on the stimuli of all others.
    ///
    /// `folds` divides the stimuli in the order of `features`.
    ///
    /// # Errors
    /// As for [`Ridge::fit`]; [`Error::LengthMismatch`] where the folds are of another number of
    /// stimuli. Within [`Error::InFold`], what is wrong with one: [`Error::TooFew`] for fewer than 3
    /// training stimuli, [`Error::ConstantTarget`] where R² is undefined for those held out.
    pub fn cross_validate(
        &self,
        features: &Representation,
        targets: &Representation,
        folds: &Folds,
    ) -> Result<RidgeCrossValidation> {
        let targets = targets::join(features, targets)?;
        RidgeCrossValidation::new(self, features, targets.view(), folds)
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

/// The settings as they are read, before their ranges are checked.
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
