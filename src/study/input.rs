//! What a study is given: models with their factors, and data sets of human judgments.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::agreement::Choices;
use crate::concept::ConceptEmbedding;
use crate::dataset::SimilarityDataset;
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::inference::{ChoiceNoiseCeiling, Confidence, Credit, Interval};
use crate::judgment::{Anchored, OddOneOut, Task, Trials};
use crate::rdm::{Rdm, RdmSet};
use crate::representation::RepresentationSource;
use crate::stimuli::Stimuli;

/// Properties of a model that may explain its alignment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFactors {
    /// Family of the architecture.
    pub family: Option<String>,
    /// Training data; `none` for a model that was not trained.
    pub training_data: Option<String>,
    /// Training objective.
    pub objective: Option<String>,
    /// Number of parameters.
    pub n_parameters: Option<u64>,
    /// Depth: the number of layers with weights on a path from the input to the output.
    pub n_layers: Option<u32>,
    /// Accuracy on ImageNet, in %.
    pub imagenet_top1: Option<f64>,
    /// Cluster of related models, such as the sizes of one architecture by the same authors or the
    /// checkpoints of one network: models that resemble one another for reasons that are not among
    /// the factors. `None` for a model that is related to no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// The output of a model for the stimuli of a data set.
#[non_exhaustive]
pub enum ModelOutput {
    /// A source of features of the stimuli.
    Source(Box<dyn RepresentationSource + Send + Sync>),
    /// Dissimilarities without features, such as published ones.
    Rdm(Rdm),
    /// Odd-one-out choices without features: answers to the trials of the data set.
    OddOneOut(OddOneOut),
    /// Anchored choices without features: answers to the trials of the data set.
    Anchored(Anchored),
}

impl ModelOutput {
    /// Returns the credit of each choice, by agreement with the participants.
    ///
    /// # Errors
    /// Returns an error if the choices answer other trials, or are of another kind than the
    /// judgments.
    pub(super) fn credits(&self, judgments: &Judgments) -> Result<Vec<Credit>> {
        match (self, judgments) {
            (Self::OddOneOut(choices), Judgments::OddOneOut(trials)) => credits(choices, trials),
            (Self::Anchored(choices), Judgments::Anchored(trials)) => credits(choices, trials),
            _ => Err(self.misplaced()),
        }
    }

    /// Returns an error if the output cannot be compared with the judgments.
    pub(super) fn check(&self, judgments: &Judgments) -> Result<()> {
        match (self, judgments) {
            (Self::Source(_), _) | (Self::Rdm(_), Judgments::Rdms(_)) => Ok(()),
            (Self::Rdm(_), _) => Err(self.misplaced()),
            (Self::OddOneOut(_) | Self::Anchored(_), _) => self.credits(judgments).map(drop),
        }
    }

    fn misplaced(&self) -> Error {
        let expected = "features, or of the kind of the data set";
        Error::parameter("output of a model", expected, format_args!("{self:?}"))
    }
}

fn credits<T: Task>(choices: &Trials<T>, trials: &Trials<T>) -> Result<Vec<Credit>> {
    Choices::from_trials("", choices).credits(trials)
}

impl<S: RepresentationSource + Send + Sync + 'static> From<S> for ModelOutput {
    fn from(source: S) -> Self {
        Self::Source(Box::new(source))
    }
}

macro_rules! convert {
    ($into:ident: $($kind:ident($type:ty)),*) => {$(
        impl From<$type> for $into {
            fn from(value: $type) -> Self {
                Self::$kind(value)
            }
        }
    )*};
}

convert!(ModelOutput: Rdm(Rdm), OddOneOut(OddOneOut), Anchored(Anchored));
convert!(Judgments: OddOneOut(OddOneOut), Anchored(Anchored), Rdms(RdmSet), Concepts(ConceptEmbedding));

impl fmt::Debug for ModelOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(source) => f.debug_tuple("Source").field(&source.name()).finish(),
            Self::Rdm(rdm) => f.debug_tuple("Rdm").field(&rdm.n_stimuli()).finish(),
            Self::OddOneOut(trials) => f.debug_tuple("OddOneOut").field(&trials.len()).finish(),
            Self::Anchored(trials) => f.debug_tuple("Anchored").field(&trials.len()).finish(),
        }
    }
}

/// A model in a study: a layer of a network, a brain area, a language model.
///
/// ```
/// use human_alignment::study::{Model, ModelFactors};
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let features = Representation::new(Stimuli::new(["cat", "dog"])?, array![[1.0], [0.0]])?;
/// let model = Model::new("resnet50")
///     .with_factors(ModelFactors {
///         family: Some("ResNet".into()),
///         training_data: Some("ImageNet-1k".into()),
///         ..ModelFactors::default()
///     })
///     .with_tap("avgpool", 5)
///     .on("animals", features);
/// assert_eq!(model.label(), "resnet50 avgpool");
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug)]
pub struct Model {
    pub(super) name: String,
    pub(super) factors: ModelFactors,
    pub(super) tap: Option<String>,
    pub(super) depth: Option<u32>,
    /// The data sets on which probes are learned; `None` for all.
    pub(super) probed_on: Option<Vec<String>>,
    /// The outputs, by the name of the data set.
    pub(super) outputs: BTreeMap<String, ModelOutput>,
}

impl Model {
    /// Creates a model without factors and outputs.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            factors: ModelFactors::default(),
            tap: None,
            depth: None,
            probed_on: None,
            outputs: BTreeMap::new(),
        }
    }

    /// Sets the factors.
    #[must_use]
    pub fn with_factors(mut self, factors: ModelFactors) -> Self {
        self.factors = factors;
        self
    }

    /// Sets the layer of the network that this model is, and its position among the layers of the
    /// network in the study, counted from the input.
    #[must_use]
    pub fn with_tap(mut self, tap: impl Into<String>, depth: u32) -> Self {
        self.tap = Some(tap.into());
        self.depth = Some(depth);
        self
    }

    /// Excludes the model from the probes and transfers of the study, which take most of the time.
    #[must_use]
    pub fn without_probes(self) -> Self {
        self.with_probes_on::<&str>([])
    }

    /// Sets the data sets of the study from which the probes and transforms of the model are
    /// learned. Default: all.
    #[must_use]
    pub fn with_probes_on<S: Into<String>>(
        mut self,
        datasets: impl IntoIterator<Item = S>,
    ) -> Self {
        self.probed_on = Some(datasets.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn is_probed_on(&self, dataset: &str) -> bool {
        let mut datasets = self.probed_on.iter().flatten();
        self.probed_on.is_none() || datasets.any(|name| name == dataset)
    }

    /// Adds the output of the model for a data set of the study: any source of features, an RDM, or
    /// choices. A model has no rows on data sets without output.
    #[must_use]
    pub fn on(mut self, dataset: impl Into<String>, output: impl Into<ModelOutput>) -> Self {
        self.outputs.insert(dataset.into(), output.into());
        self
    }

    /// Returns the name of the model, or of its network if the model is a layer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name and, if the model is a layer, the layer.
    pub fn label(&self) -> String {
        label(&self.name, self.tap.as_deref())
    }
}

pub(super) fn label(name: &str, tap: Option<&str>) -> String {
    match tap {
        Some(tap) => format!("{name} {tap}"),
        None => name.to_owned(),
    }
}

/// Human judgments of a data set, of any kind that a study can evaluate.
///
/// Judgments, and references to any [`SimilarityDataset`] of such judgments, convert into this
/// type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Judgments {
    /// Odd-one-out trials.
    OddOneOut(OddOneOut),
    /// Anchored trials.
    Anchored(Anchored),
    /// One RDM for each participant.
    Rdms(RdmSet),
    /// A human embedding, whose dimensions are predicted from features by ridge regression.
    Concepts(ConceptEmbedding),
}

impl Judgments {
    /// Returns the stimuli.
    pub fn stimuli(&self) -> &Stimuli {
        match self {
            Self::OddOneOut(trials) => trials.stimuli(),
            Self::Anchored(trials) => trials.stimuli(),
            Self::Rdms(people) => people.stimuli(),
            Self::Concepts(concepts) => concepts.representation().stimuli(),
        }
    }

    /// Returns the number of trials, of pairs of stimuli, or of stimuli of an embedding.
    pub(super) fn n(&self) -> u64 {
        let n = match self {
            Self::OddOneOut(trials) => trials.len(),
            Self::Anchored(trials) => trials.len(),
            Self::Rdms(people) => people.rdms()[0].n_pairs(),
            Self::Concepts(concepts) => concepts.representation().n_stimuli(),
        };
        n as u64
    }

    pub(super) fn fingerprint(&self) -> String {
        match self {
            Self::OddOneOut(trials) => trials.fingerprint(),
            Self::Anchored(trials) => trials.fingerprint(),
            Self::Rdms(people) => people.fingerprint(),
            Self::Concepts(concepts) => {
                let mut fingerprint = Fingerprint::new("concepts");
                fingerprint.text(&concepts.representation().fingerprint());
                for name in concepts.names() {
                    fingerprint.text(&format!("{} {name}", name.len()));
                }
                fingerprint.finish()
            }
        }
    }

    /// Returns the noise ceiling of accuracies, from trials that were answered more than once.
    pub(super) fn ceiling(&self) -> Option<Interval> {
        let confidence = Confidence::default();
        let ceiling = match self {
            Self::OddOneOut(trials) => ChoiceNoiseCeiling::new(trials, confidence)?,
            Self::Anchored(trials) => ChoiceNoiseCeiling::new(trials, confidence)?,
            Self::Rdms(_) | Self::Concepts(_) => return None,
        };
        Some(Interval {
            lower: ceiling.leave_one_out.value,
            upper: ceiling.majority.value,
        })
    }
}

macro_rules! select {
    ($($kind:ident($type:ty)),*) => {$(
        /// Judgments of one kind; the error is the judgments of another kind.
        impl<'j> TryFrom<&'j Judgments> for &'j $type {
            type Error = &'j Judgments;

            fn try_from(judgments: &'j Judgments) -> std::result::Result<Self, &'j Judgments> {
                match judgments {
                    Judgments::$kind(found) => Ok(found),
                    other => Err(other),
                }
            }
        }
    )*};
}

select!(
    OddOneOut(OddOneOut),
    Anchored(Anchored),
    Rdms(RdmSet),
    Concepts(ConceptEmbedding)
);

impl<D: SimilarityDataset> From<&D> for Judgments
where
    D::Judgments: Clone + Into<Judgments>,
{
    fn from(dataset: &D) -> Self {
        dataset.judgments().clone().into()
    }
}
