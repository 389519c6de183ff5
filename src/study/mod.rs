//! A study: many models, several human data sets, every metric, one table.
//!
//! ```text
//! models ──┐
//! data sets ├─► Study ─► Table ─► CSV, JSON, Markdown; figures
//! measures ┘                └──► analyses: drivers, layers, consistency
//! ```
//!
//! A model that can't be measured is a row that says why, not the end of the study. With a
//! [cache](Study::with_cache) each number is kept as soon as it is there, under a hash of all that it depends
//! on: a study that was interrupted goes on where it was, and one that grew computes what is new.

mod between;
mod cache;
mod cell;
mod choices;
mod consistency;
mod dataset;
mod drivers;
mod files;
mod judged;
mod measures;
mod model;
mod numbers;
mod place;
mod row;
mod standardized;
mod table;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use consistency::Consistency;
pub use drivers::{Coefficient, Driver, DriverAnalysis, Drivers, Factor, Level, RsaCaution};
pub use judged::Judged;
pub use measures::Measures;
pub use model::{Factors, Material, Model};
pub use row::{Metric, PlottedValue, Row};
pub use table::{Layer, Table};

use crate::error::{Error, Result};
use crate::representation::Representation;
use between::Between;
use cache::Cache;
use cell::{Cell, Finished, Held};
use dataset::Dataset;
use place::Place;

/// Models, data sets, and what is measured of them.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::study::{Measures, Metric, Model, Study};
/// use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// let of = |seed: usize| {
///     let features = Array2::from_shape_fn((12, 4), |(i, j)| ((i * (j + seed) * 7) % 11) as f32 - 5.0);
///     Representation::new(Stimuli::numbered(12), features)
/// };
/// let people = SimulatedObserver::new(of(3)?)?.odd_one_out(500, 1)?;
/// let study = Study::new(Measures::default())
///     .with_dataset("simulated people", people.judgments().clone())?
///     .with_model(Model::new("as people see").on("simulated people", of(3)?))?
///     .with_model(Model::new("another").on("simulated people", of(5)?))?;
///
/// let table = study.run()?;
/// let accuracy = Metric::ZeroShot { similarity: Similarity::Dot };
/// let values: Vec<f64> = table.of("simulated people", &accuracy).filter_map(|row| row.value()).collect();
/// assert!(values[0] > values[1]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug)]
pub struct Study {
    measures: Measures,
    datasets: Vec<(String, Judged)>,
    models: Vec<Model>,
    seed: u64,
    cache: Option<PathBuf>,
}

/// How far a study is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'s> {
    /// Models that are measured on all data sets; what compares them with each other comes after the last.
    pub n_done: usize,
    /// All models.
    pub n_models: usize,
    /// The model that was measured last.
    pub model: &'s Model,
}

impl Study {
    /// A study of this, without data sets and models yet.
    pub fn new(measures: Measures) -> Self {
        Self {
            measures,
            datasets: Vec::new(),
            models: Vec::new(),
            seed: 0,
            cache: None,
        }
    }

    /// Sets the seed of the bootstraps of RSA. Folds of probes have their own.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Keeps features of [sources that have a key](crate::RepresentationSource::key), transforms and numbers
    /// in this folder, which is made where it is not there. Nothing is ever removed from it.
    #[must_use]
    pub fn with_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Adds a data set.
    ///
    /// # Errors
    /// `ArgumentError::InvalidParameter` where the name is taken.
    pub fn with_dataset(
        mut self,
        name: impl Into<String>,
        judged: impl Into<Judged>,
    ) -> Result<Self> {
        let name = name.into();
        if self.dataset(&name).is_some() {
            let expected = "one that no other data set has";
            return Err(Error::parameter("name of a data set", expected, name));
        }
        self.datasets.push((name, judged.into()));
        Ok(self)
    }

    /// Adds a model. The data sets that it has something to say about come first.
    ///
    /// # Errors
    /// `ArgumentError::InvalidParameter` where another model has the same name and layer, or the
    /// same name and depth on a data set; for a data set that is not in the study, and where
    /// choices are given for dissimilarities, or the other way about; `JudgmentError::Unanswered`
    /// or `StimuliError::Missing` where choices leave a question open that people answered.
    pub fn with_model(mut self, model: Model) -> Result<Self> {
        let label = model.label();
        if self.models.iter().any(|other| other.label() == label) {
            let expected = "one that no other model has";
            return Err(Error::parameter("name of a model", expected, label));
        }
        let stands_there = |other: &Model| {
            let mut datasets = other.material.keys();
            (&other.name, other.depth) == (&model.name, model.depth)
                && datasets.any(|dataset| model.material.contains_key(dataset))
        };
        if self.models.iter().any(stands_there) {
            let expected = "one that no other layer of the network has";
            return Err(Error::parameter("depth of a layer", expected, label));
        }
        for (name, material) in &model.material {
            let Some(judged) = self.dataset(name) else {
                let expected = "one of the study's";
                return Err(Error::parameter("data set of a model", expected, name));
            };
            material.check(judged)?;
        }
        self.models.push(model);
        Ok(self)
    }

    fn dataset(&self, name: &str) -> Option<&Judged> {
        let mut datasets = self.datasets.iter();
        let found = datasets.find(|(known, _)| known == name);
        found.map(|(_, judged)| judged)
    }

    /// The models.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The data sets and their names.
    pub fn datasets(&self) -> impl ExactSizeIterator<Item = (&str, &Judged)> {
        let datasets = self.datasets.iter();
        datasets.map(|(name, judged)| (name.as_str(), judged))
    }

    /// The features of a model on a data set, from the cache where they are there: for figures, and for what
    /// else a table doesn't say. `None` where the study has no such model or data set, or the model has no
    /// features of it.
    ///
    /// # Errors
    /// As for the source.
    pub fn represent(&self, label: &str, dataset: &str) -> Result<Option<Representation>> {
        let model = self.models.iter().find(|model| model.label() == label);
        let material = model.and_then(|model| model.material.get(dataset));
        let (Some(Material::Source(source)), Some(judged)) = (material, self.dataset(dataset))
        else {
            return Ok(None);
        };
        let cache = Cache::open(self.cache.clone())?;
        cell::features(source.as_ref(), judged.stimuli(), &cache).map(Some)
    }

    /// Measures every model on every data set that it has something to say about.
    ///
    /// Models are measured side by side. Features are held while a model is measured, and until the
    /// end of the study where they are compared with those of other models or layers: for CKA,
    /// agreement between models and networks of several layers. What compares all models with each
    /// other is computed anew when a model is added.
    ///
    /// # Errors
    /// `ArgumentError::InvalidParameter` where a transform is to come from a data set that is not
    /// in the study or has no trials, `FileError::Write` where the cache can't be written; as for
    /// [`Cka::matrix`](crate::Cka::matrix) and [`agreement`](crate::agreement::agreement) where
    /// models that can be measured can't be compared. What fails otherwise is a row.
    pub fn run(&self) -> Result<Table> {
        self.run_observed(|_| {})
    }

    /// As [`Study::run`]; shows its progress to `observe`.
    ///
    /// # Errors
    /// As for [`Study::run`].
    pub fn run_observed(&self, observe: impl Fn(Progress<'_>) + Sync) -> Result<Table> {
        for (from, to) in &self.measures.transfers {
            self.check_transfer(from, to)?;
        }
        let cache = Cache::open(self.cache.clone())?;
        let datasets = self.datasets.par_iter();
        let datasets = datasets
            .map(|(name, judged)| Dataset::new(name, judged, &cache))
            .collect::<Result<Vec<_>>>()?;

        let n_done = AtomicUsize::new(0);
        let models = self.models.par_iter();
        let measured = models
            .map(|model| {
                let measured = self.measure(model, &datasets, &cache)?;
                observe(Progress {
                    n_done: n_done.fetch_add(1, Ordering::Relaxed) + 1,
                    n_models: self.models.len(),
                    model,
                });
                Ok(measured)
            })
            .collect::<Result<Vec<_>>>()?;

        let mut rows = Vec::new();
        let mut held: Vec<Vec<Held<'_>>> = datasets.iter().map(|_| Vec::new()).collect();
        for (position, finished) in measured.into_iter().flatten() {
            rows.extend(finished.rows);
            held[position].extend(finished.held);
        }
        for (dataset, held) in datasets.iter().zip(&held) {
            let between = Between {
                study: self,
                dataset,
                held,
                cache: &cache,
            };
            rows.extend(between.measure()?);
        }
        Ok(Table { rows })
    }

    /// What there is of a model, by the position of the data set.
    fn measure<'s>(
        &'s self,
        model: &'s Model,
        datasets: &'s [Dataset<'s>],
        cache: &'s Cache,
    ) -> Result<Vec<(usize, Finished<'s>)>> {
        let mut cells = Vec::new();
        for (position, dataset) in datasets.iter().enumerate() {
            if let Some(material) = model.material.get(dataset.name) {
                let place = Place {
                    model,
                    dataset,
                    cache,
                    seed: self.seed,
                };
                let mut cell = Cell::new(&self.measures, place, material)?;
                cell.measure()?;
                cells.push((position, cell));
            }
        }
        for (from, to) in self.measures.transfers.iter().filter(|_| model.is_probed) {
            let position_of = |name: &str| {
                let mut cells = cells.iter();
                cells.position(|(position, _)| datasets[*position].name == name)
            };
            if let (Some(from), Some(to)) = (position_of(from), position_of(to))
                && let Ok([(_, from), (_, to)]) = cells.get_disjoint_mut([from, to])
            {
                to.measure_transfer(from)?;
            }
        }
        let hold = self.holds_features(model);
        let cells = cells.into_iter();
        Ok(cells
            .map(|(position, cell)| (position, cell.finish(hold)))
            .collect())
    }

    /// Whether features are needed once more when all models are measured.
    fn holds_features(&self, model: &Model) -> bool {
        let is_other_layer = |other: &Model| other.name == model.name && other.tap != model.tap;
        self.measures.cka.is_some()
            || self.measures.agreement
            || self.models.iter().any(is_other_layer)
    }

    fn check_transfer(&self, from: &str, to: &str) -> Result<()> {
        let is_right = match self.dataset(from) {
            Some(Judged::OddOneOut(_) | Judged::Anchored(_)) => self.dataset(to).is_some(),
            _ => false,
        };
        if is_right && from != to {
            return Ok(());
        }
        Err(Error::parameter(
            "transfer",
            "from a data set of trials to another one of the study",
            format_args!("{from:?} to {to:?}"),
        ))
    }
}
