//! Studies: many models, several data sets of human judgments and all measures, in one table.
//!
//! ```text
//! models ───┐
//! data sets ├─► Study ─► StudyTable ─► CSV, JSON, Markdown; figures
//! measures ─┘                └───────► drivers of alignment, layers, consistency
//! ```
//!
//! | what | type |
//! |---|---|
//! | models and their outputs | [`Model`], [`ModelOutput`], [`ModelFactors`] |
//! | data sets | [`Judgments`] |
//! | measures | [`Measures`] |
//! | results | [`StudyTable`], [`StudyRow`], [`Metric`], [`Measurement`] |
//! | analyses | [`DriverAnalysis`], [`AlignmentConsistency`] |
//!
//! A measurement that fails is a row with the reason, and does not end the study. With a
//! [cache](Study::with_cache), each result is stored at once, under a hash of all that the result
//! depends on: a study that was interrupted continues, and a study with more models computes only
//! new results.
//!
//! [`Measures`] also takes a metric of your own:
//!
//! ```
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::study::{Measures, Metric, MetricQuantity, Model, Study};
//! use human_alignment::{AlignmentMetric, OddOneOut, Representation, Result, SimilarityDataset, Stimuli};
//! use ndarray::Array2;
//!
//! /// The proportion of trials in which the odd one out has the largest first feature.
//! struct LargestFirstFeature;
//!
//! impl AlignmentMetric<OddOneOut> for LargestFirstFeature {
//!     type Score = f64;
//!
//!     fn score(&self, representation: &Representation, trials: &OddOneOut) -> Result<f64> {
//!         let features = representation.select(trials.stimuli())?;
//!         let column: Vec<f64> = features.features().to_f64().column(0).to_vec();
//!         let is_largest = |&&[a, b, odd]: &&[u32; 3]| {
//!             let [a, b, odd] = [a, b, odd].map(|index| column[index as usize]);
//!             odd > a.max(b)
//!         };
//!         let n_largest = trials.as_slice().iter().filter(is_largest).count();
//!         Ok(n_largest as f64 / trials.len() as f64)
//!     }
//! }
//!
//! let features = Array2::from_shape_fn((12, 4), |(i, j)| ((i * (j + 3) * 7) % 11) as f64 - 5.0);
//! let model = Representation::new(Stimuli::numbered(12), features)?;
//! let people = SimulatedObserver::new(model.clone())?.odd_one_out(500, 1)?;
//!
//! let measures = Measures::default().with_metric("largest first feature", LargestFirstFeature)?;
//! let table = Study::new(measures)
//!     .with_dataset("choices", &people)?
//!     .with_model(Model::new("the observer").on("choices", model))?
//!     .run()?;
//! let metric = Metric::of(MetricQuantity::Named("largest first feature".into()));
//! let row = table.of("choices", &metric).next().expect("one model");
//! assert!(row.value().is_some());
//! assert_eq!(row.measured.expect("a value").n, 500);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod analysis;
mod cache;
mod covariance;
mod evaluate;
mod input;
mod measures;
mod table;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

pub use analysis::{
    AlignmentConsistency, AlignmentCovariance, Driver, DriverAnalysis, DriverCaution,
    DriverCoefficient, Drivers, Exchanged, Factor, FactorLevel,
};
pub use input::{Judgments, Model, ModelFactors, ModelOutput};
pub use measures::Measures;
pub use table::{Contrast, LayerChoice, Measurement, Metric, MetricQuantity, StudyRow, StudyTable};

use crate::error::{Context, Error, Result};
use crate::inference::Interval;
use crate::representation::Representation;
use cache::Cache;
use evaluate::Run;

/// Models and data sets, and the measures that are computed for them.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::study::{Measures, Metric, MetricQuantity, Model, Study};
/// use human_alignment::{Representation, Similarity, Stimuli};
/// use ndarray::Array2;
///
/// let of = |seed: usize| {
///     let features = Array2::from_shape_fn((12, 4), |(i, j)| ((i * (j + seed) * 7) % 11) as f32 - 5.0);
///     Representation::new(Stimuli::numbered(12), features)
/// };
/// let people = SimulatedObserver::new(of(3)?)?.odd_one_out(500, 1)?;
/// let study = Study::new(Measures::default())
///     .with_dataset("simulated people", &people)?
///     .with_model(Model::new("the observer").on("simulated people", of(3)?))?
///     .with_model(Model::new("another").on("simulated people", of(5)?))?;
///
/// let table = study.run()?;
/// let accuracy = Metric::of(MetricQuantity::Accuracy(Similarity::Dot));
/// let values: Vec<f64> = table.of("simulated people", &accuracy).filter_map(|row| row.value()).collect();
/// assert!(values[0] > values[1]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug)]
pub struct Study {
    measures: Measures,
    datasets: Vec<(String, Judgments)>,
    models: Vec<Model>,
    /// Noise ceilings that were given, by the name of the data set.
    ceilings: BTreeMap<String, Interval>,
    seed: u64,
    cache: Option<PathBuf>,
}

/// The progress of a study after a model was measured.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StudyProgress<'s> {
    /// Number of models that are measured. Comparisons of models follow after the last model.
    pub n_done: usize,
    /// Number of models of the study.
    pub n_models: usize,
    /// The model that was measured last.
    pub model: &'s Model,
}

impl Study {
    /// Creates a study without data sets and models.
    pub fn new(measures: Measures) -> Self {
        Self {
            measures,
            datasets: Vec::new(),
            models: Vec::new(),
            ceilings: BTreeMap::new(),
            seed: 0,
            cache: None,
        }
    }

    /// Sets the seed of the bootstraps of RSA and of the folds of ridge regression; 0 by default.
    /// Probes have a seed of their own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets a folder in which results are cached: features of [sources with a
    /// key](crate::RepresentationSource::key), transforms and measurements. The folder is created
    /// if needed, and nothing is ever removed from it.
    #[must_use]
    pub fn with_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Adds a data set: [trials](crate::Trials), [RDMs](crate::RdmSet), a
    /// [human embedding](crate::ConceptEmbedding), or a reference to any
    /// [`SimilarityDataset`](crate::SimilarityDataset) of these.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if another data set has this name.
    pub fn with_dataset(
        mut self,
        name: impl Into<String>,
        judgments: impl Into<Judgments>,
    ) -> Result<Self> {
        let name = name.into();
        if self.dataset(&name).is_some() {
            let expected = "different from the names of other data sets";
            return Err(Error::parameter("name of a data set", expected, name));
        }
        self.datasets.push((name, judgments.into()));
        Ok(self)
    }

    /// Sets the noise ceiling of accuracies on a data set, in [0, 1], such as one from other trials
    /// of the same kind. Default: that of the trials of the data set that are repeated, from
    /// [`ChoiceNoiseCeiling`](crate::inference::ChoiceNoiseCeiling).
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` for a data set that is not in the study or has no
    /// trials, and unless 0 ≤ `ceiling.lower` ≤ `ceiling.upper` ≤ 1.
    pub fn with_ceiling(mut self, dataset: &str, ceiling: Interval) -> Result<Self> {
        let Some(Judgments::OddOneOut(_) | Judgments::Anchored(_)) = self.dataset(dataset) else {
            let expected = "one of the study that has trials";
            let what = "the data set of a noise ceiling";
            return Err(Error::parameter(what, expected, dataset));
        };
        let Interval { lower, upper } = ceiling;
        if !(0.0 <= lower && lower <= upper && upper <= 1.0) {
            let found = format_args!("{lower} to {upper}");
            return Err(Error::parameter("noise ceiling", "from 0 to 1", found));
        }
        self.ceilings.insert(dataset.to_owned(), ceiling);
        Ok(self)
    }

    /// Adds a model as [`Study::add_model`] does.
    ///
    /// # Errors
    /// Returns an error under the conditions of [`Study::add_model`].
    pub fn with_model(mut self, model: Model) -> Result<Self> {
        self.add_model(model)?;
        Ok(self)
    }

    /// Adds a model, whose data sets must have been added before.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if another model has the same name and layer, or
    /// the same name and depth on a data set; for a data set that is not in the study; and if the
    /// output is of another kind than the judgments. Returns `JudgmentError::Unanswered` or
    /// `StimuliError::Missing` if choices do not answer all trials of the data set.
    pub fn add_model(&mut self, model: Model) -> Result<()> {
        let label = model.label();
        if self.models.iter().any(|other| other.label() == label) {
            let found = format_args!("{label} twice");
            return Err(Error::parameter("names of models", "different", found));
        }
        let has_depth = |other: &Model| {
            let mut datasets = other.outputs.keys();
            (&other.name, other.depth) == (&model.name, model.depth)
                && datasets.any(|dataset| model.outputs.contains_key(dataset))
        };
        if self.models.iter().any(has_depth) {
            let expected = "different from the depths of other layers of the network";
            return Err(Error::parameter("depth of a layer", expected, label));
        }
        for (name, output) in &model.outputs {
            let Some(judgments) = self.dataset(name) else {
                let expected = "a data set of the study";
                return Err(Error::parameter("data set of a model", expected, name));
            };
            output.check(judgments).map_err(|error| {
                error.with_context(Context::Output {
                    model: label.clone(),
                    dataset: name.clone(),
                })
            })?;
        }
        self.models.push(model);
        Ok(())
    }

    fn dataset(&self, name: &str) -> Option<&Judgments> {
        let mut datasets = self.datasets.iter();
        let found = datasets.find(|(known, _)| known == name);
        found.map(|(_, judgments)| judgments)
    }

    /// Returns the models.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the data sets with their names.
    pub fn datasets(&self) -> impl ExactSizeIterator<Item = (&str, &Judgments)> {
        let datasets = self.datasets.iter();
        datasets.map(|(name, judgments)| (name.as_str(), judgments))
    }

    /// Returns the features of a model, by its label, for a data set, from the cache or the source;
    /// `None` if the study has no such model or data set, or the model has no features.
    ///
    /// # Errors
    /// Returns the error of the source, and `FileError::Write` if the cache cannot be written.
    pub fn represent(&self, label: &str, dataset: &str) -> Result<Option<Representation>> {
        let model = self.models.iter().find(|model| model.label() == label);
        let output = model.and_then(|model| model.outputs.get(dataset));
        let (Some(ModelOutput::Source(source)), Some(judgments)) = (output, self.dataset(dataset))
        else {
            return Ok(None);
        };
        let cache = Cache::open(self.cache.as_deref())?;
        evaluate::features(source.as_ref(), judgments.stimuli(), &cache).map(Some)
    }

    /// Measures every model on every data set for which it has an output, and compares models.
    ///
    /// Models are measured in parallel. Features are kept in memory while a model is measured, and
    /// until the end of the study if they are compared with other models: for CKA, agreement
    /// between models, and networks with several layers. Comparisons of all models are computed
    /// again when a model is added.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a transfer is not from a data set of trials to
    /// another data set of trials or RDMs of the study, or a compared model is not in the study,
    /// `FileError::Write` if the cache cannot be
    /// written, and the errors of [`Cka::matrix`](crate::Cka::matrix) and
    /// [`AgreementMatrix::new`](crate::agreement::AgreementMatrix::new) between models. Other
    /// failures are rows of the table.
    pub fn run(&self) -> Result<StudyTable> {
        match self.run_observed(|_| ControlFlow::Continue(()))? {
            ControlFlow::Continue(table) | ControlFlow::Break(table) => Ok(table),
        }
    }

    /// Runs the study as [`Study::run`] does, and calls `observe` after each model.
    ///
    /// If `observe` returns [`ControlFlow::Break`], no other model is started and models are not
    /// compared. The rows of the models that are measured are returned as `Break`, and their
    /// results stay in the [cache](Study::with_cache), from which another run continues.
    ///
    /// # Errors
    /// Returns an error under the conditions of [`Study::run`].
    pub fn run_observed(
        &self,
        observe: impl Fn(StudyProgress<'_>) -> ControlFlow<()> + Sync,
    ) -> Result<ControlFlow<StudyTable, StudyTable>> {
        for (from, to) in &self.measures.transfers {
            self.check_transfer(from, to)?;
        }
        for (model, other) in &self.measures.comparisons {
            self.check_label(model)?;
            self.check_label(other)?;
        }
        Run::new(self)?.table(observe)
    }

    fn check_label(&self, label: &str) -> Result<()> {
        match self.models.iter().any(|model| model.label() == label) {
            true => Ok(()),
            false => {
                let expected = "the label of a model of the study";
                Err(Error::parameter("compared model", expected, label))
            }
        }
    }

    fn check_transfer(&self, from: &str, to: &str) -> Result<()> {
        use Judgments::{Anchored, OddOneOut, Rdms};
        match (self.dataset(from), self.dataset(to)) {
            (Some(OddOneOut(_) | Anchored(_)), Some(OddOneOut(_) | Anchored(_) | Rdms(_)))
                if from != to =>
            {
                Ok(())
            }
            _ => Err(Error::parameter(
                "transfer",
                "from a data set of trials to another data set of trials or RDMs of the study",
                format_args!("{from:?} to {to:?}"),
            )),
        }
    }
}
