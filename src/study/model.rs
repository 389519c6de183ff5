//! What a study compares.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::judged::Judged;
use crate::agreement::Choices;
use crate::error::{Error, Result};
use crate::inference::Credit;
use crate::judgment::{Anchored, OddOneOut, Task, Trials};
use crate::rdm::Rdm;
use crate::representation::{Representation, RepresentationSource};

/// What is known of a model besides its representation: the factors that may explain its alignment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// The family or architecture.
    pub family: Option<String>,
    /// What it was trained on; `none` for a model that was not trained.
    pub training_data: Option<String>,
    /// What it was trained for.
    pub objective: Option<String>,
    /// How many parameters it has.
    pub n_parameters: Option<u64>,
    /// How many layers with weights it has, one after another.
    pub n_layers: Option<u32>,
    /// Its accuracy on ImageNet, in %.
    pub imagenet_top1: Option<f64>,
}

/// What a model has to say about the stimuli of a data set.
#[non_exhaustive]
pub enum Material {
    /// Features of the stimuli.
    Source(Box<dyn RepresentationSource + Send + Sync>),
    /// Dissimilarities alone, such as those that somebody published.
    Rdm(Rdm),
    /// Odd-one-out choices alone: the same questions, as a model without a representation answers them.
    OddOneOut(OddOneOut),
    /// Choices in anchored trials alone.
    Anchored(Anchored),
}

impl Material {
    /// What each choice earns that is held against people's; refused where it answers other questions, or is
    /// of another kind than what people said.
    pub(super) fn credits(&self, judged: &Judged) -> Result<Vec<Credit>> {
        match (self, judged) {
            (Self::OddOneOut(choices), Judged::OddOneOut(people)) => credits(choices, people),
            (Self::Anchored(choices), Judged::Anchored(people)) => credits(choices, people),
            _ => Err(self.misplaced()),
        }
    }

    /// Refuses what can't be held against what people said.
    pub(super) fn check(&self, judged: &Judged) -> Result<()> {
        match (self, judged) {
            (Self::Source(_), _) | (Self::Rdm(_), Judged::Rdms(_)) => Ok(()),
            (Self::Rdm(_), _) => Err(self.misplaced()),
            (Self::OddOneOut(_) | Self::Anchored(_), _) => self.credits(judged).map(drop),
        }
    }

    fn misplaced(&self) -> Error {
        let expected = "features, or of the kind of the data set";
        Error::parameter("what a model says", expected, format_args!("{self:?}"))
    }
}

fn credits<T: Task>(choices: &Trials<T>, people: &Trials<T>) -> Result<Vec<Credit>> {
    Choices::from_trials("", choices).credits(people)
}

impl From<Representation> for Material {
    fn from(representation: Representation) -> Self {
        Self::Source(Box::new(representation))
    }
}

impl From<Rdm> for Material {
    fn from(rdm: Rdm) -> Self {
        Self::Rdm(rdm)
    }
}

impl From<OddOneOut> for Material {
    fn from(choices: OddOneOut) -> Self {
        Self::OddOneOut(choices)
    }
}

impl From<Anchored> for Material {
    fn from(choices: Anchored) -> Self {
        Self::Anchored(choices)
    }
}

impl From<Box<dyn RepresentationSource + Send + Sync>> for Material {
    fn from(source: Box<dyn RepresentationSource + Send + Sync>) -> Self {
        Self::Source(source)
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(source) => f.debug_tuple("Source").field(&source.name()).finish(),
            Self::Rdm(rdm) => f.debug_tuple("Rdm").field(&rdm.n_stimuli()).finish(),
            Self::OddOneOut(trials) => f.debug_tuple("OddOneOut").field(&trials.len()).finish(),
            Self::Anchored(trials) => f.debug_tuple("Anchored").field(&trials.len()).finish(),
        }
    }
}

/// A model in a study: one layer of a network, people, a brain area, a language model.
///
/// ```
/// use human_alignment::study::{Factors, Model};
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let features = Representation::new(Stimuli::new(["cat", "dog"])?, array![[1.0], [0.0]])?;
/// let model = Model::new("resnet50")
///     .with_factors(Factors {
///         family: Some("ResNet".into()),
///         training_data: Some("ImageNet-1k".into()),
///         ..Factors::default()
///     })
///     .with_tap("avgpool", 5)
///     .on("animals", features);
/// assert_eq!(model.label(), "resnet50 avgpool");
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug)]
pub struct Model {
    pub(super) name: String,
    pub(super) factors: Factors,
    pub(super) tap: Option<String>,
    pub(super) depth: Option<u32>,
    pub(super) is_probed: bool,
    pub(super) material: BTreeMap<String, Material>,
}

impl Model {
    /// A model of which nothing else is known yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            factors: Factors::default(),
            tap: None,
            depth: None,
            is_probed: true,
            material: BTreeMap::new(),
        }
    }

    /// Sets its factors.
    #[must_use]
    pub fn with_factors(mut self, factors: Factors) -> Self {
        self.factors = factors;
        self
    }

    /// Says which layer of the network this is, and where it stands among those of the study, counted
    /// from the input.
    #[must_use]
    pub fn with_tap(mut self, tap: impl Into<String>, depth: u32) -> Self {
        self.tap = Some(tap.into());
        self.depth = Some(depth);
        self
    }

    /// Measures the model as it is, without the probes and transfers of the study, which take longest: for
    /// layers that are there for a curve.
    #[must_use]
    pub fn without_probes(mut self) -> Self {
        self.is_probed = false;
        self
    }

    /// Gives what the model has to say about a data set of the study. Where it has nothing, there are no
    /// rows.
    #[must_use]
    pub fn on(mut self, dataset: impl Into<String>, material: impl Into<Material>) -> Self {
        self.material.insert(dataset.into(), material.into());
        self
    }

    /// Its name, that of the network where it is a layer of one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name and, where it is one, the layer.
    pub fn label(&self) -> String {
        label(&self.name, self.tap.as_deref())
    }

    /// What is known of it.
    pub fn factors(&self) -> &Factors {
        &self.factors
    }
}

pub(super) fn label(name: &str, tap: Option<&str>) -> String {
    match tap {
        Some(tap) => format!("{name} {tap}"),
        None => name.to_owned(),
    }
}
