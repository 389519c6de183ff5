//! A row of the table of a study: one measurement.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::model::{Factors, label};
use crate::inference::{Confidence, Estimate, Interval};
use crate::metric::rsa::Comparator;
use crate::rdm::Dissimilarity;
use crate::similarity::Similarity;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Metric {
    /// The accuracy of odd-one-out or anchored choices, as the representation is.
    ZeroShot {
        /// By which stimuli are similar.
        similarity: Similarity,
    },
    /// How much more accurate one similarity is than another.
    SimilarityGain {
        /// The one.
        similarity: Similarity,
        /// The other.
        over: Similarity,
    },
    /// How much more accurate this layer is than another of the same network.
    LayerGain {
        /// By which stimuli are similar.
        similarity: Similarity,
        /// The other layer.
        over: String,
    },
    /// The cross-entropy of people's choices, in nats, at the temperature of the metric.
    CrossEntropy {
        /// By which stimuli are similar.
        similarity: Similarity,
    },
    /// The temperature under which people's choices are most probable.
    Temperature {
        /// By which stimuli are similar.
        similarity: Similarity,
    },
    /// The cross-entropy of people's choices at that temperature, in nats.
    ScaledCrossEntropy {
        /// By which stimuli are similar.
        similarity: Similarity,
    },
    /// The expected calibration error of the predicted pair at that temperature.
    CalibrationError {
        /// By which stimuli are similar.
        similarity: Similarity,
    },
    /// The Brier score at that temperature.
    Brier {
        /// By which stimuli are similar.
        similarity: Similarity,
    },
    /// The share of choices that a model without a representation makes as people do.
    Agreement,
    /// Cohen's κ of choices and those of people.
    KappaWithPeople,
    /// Cohen's κ of choices and those of another model.
    Kappa {
        /// The label of the other model.
        with: String,
    },
    /// Error consistency with another model: Cohen's κ of whether they choose as people do.
    ErrorConsistency {
        /// The label of the other model.
        with: String,
    },
    /// The accuracy on objects that a probe has not seen, over object-disjoint folds.
    Probed,
    /// The accuracy of the representation as it is on the same trials.
    NotProbed,
    /// The difference of these two.
    ProbeGain,
    /// The accuracy after a transform that a probe learned from another data set.
    TransferResult {
        /// The other data set.
        from: String,
    },
    /// How much that is above the representation as it is.
    TransferGain {
        /// The other data set.
        from: String,
    },
    /// The RDM against the mean person.
    Rsa {
        /// How dissimilarities are made.
        dissimilarity: Option<Dissimilarity>,
        /// How they are compared.
        comparator: Comparator,
    },
    /// How much closer to each person, on average, the RDM of this layer is than that of another of the same
    /// network.
    RsaLayerGain {
        /// How dissimilarities are made.
        dissimilarity: Dissimilarity,
        /// How they are compared.
        comparator: Comparator,
        /// The other layer.
        over: String,
    },
    /// The RDM against each person, on average: what the noise ceiling is a ceiling of.
    RsaPerPerson {
        /// How dissimilarities are made.
        dissimilarity: Option<Dissimilarity>,
        /// How they are compared.
        comparator: Comparator,
    },
    /// The RDM against the mean person after a transform that a probe learned from another data set.
    RsaTransferred {
        /// The other data set.
        from: String,
        /// How they are compared.
        comparator: Comparator,
    },
    /// How much that is above the RDM before it, per person.
    RsaTransferGain {
        /// The other data set.
        from: String,
        /// How they are compared.
        comparator: Comparator,
    },
    /// Centred kernel alignment with another model.
    Cka {
        /// The label of the other model.
        with: String,
    },
}

/// Such as `accuracy (cosine)`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::ZeroShot { similarity } => write!(f, "accuracy ({similarity})"),
            Metric::CrossEntropy { similarity } => write!(f, "cross-entropy ({similarity})"),
            Metric::SimilarityGain { similarity, over } => write!(f, "{similarity} − {over}"),
            Metric::LayerGain { similarity, over } => write!(f, "accuracy − {over} ({similarity})"),
            Metric::RsaLayerGain {
                dissimilarity,
                comparator,
                over,
            } => write!(f, "RSA − {over} ({dissimilarity}, {comparator})"),
            Metric::Cka { with } => write!(f, "CKA with {with}"),
            Metric::Temperature { similarity } => write!(f, "temperature ({similarity})"),
            Metric::ScaledCrossEntropy { similarity } => {
                write!(f, "cross-entropy at fitted temperature ({similarity})")
            }
            Metric::CalibrationError { similarity } => {
                write!(f, "expected calibration error ({similarity})")
            }
            Metric::Brier { similarity } => write!(f, "Brier score ({similarity})"),
            Metric::KappaWithPeople => f.write_str("κ with people"),
            Metric::Kappa { with } => write!(f, "κ with {with}"),
            Metric::ErrorConsistency { with } => write!(f, "error consistency with {with}"),
            Metric::Agreement => f.write_str("agreement"),
            Metric::Probed => f.write_str("probed accuracy"),
            Metric::NotProbed => f.write_str("accuracy on the trials of the probe"),
            Metric::ProbeGain => f.write_str("probed − zero-shot"),
            Metric::TransferResult { from } => write!(f, "accuracy, transform of {from}"),
            Metric::TransferGain { from } => write!(f, "transform of {from} − zero-shot"),
            Metric::Rsa {
                dissimilarity,
                comparator,
            } => match dissimilarity {
                Some(dissimilarity) => write!(f, "RSA ({dissimilarity}, {comparator})"),
                None => write!(f, "RSA ({comparator})"),
            },
            Metric::RsaPerPerson {
                dissimilarity,
                comparator,
            } => match dissimilarity {
                Some(dissimilarity) => write!(f, "RSA per person ({dissimilarity}, {comparator})"),
                None => write!(f, "RSA per person ({comparator})"),
            },
            Metric::RsaTransferred { from, comparator } => {
                write!(f, "RSA ({comparator}), transform of {from}")
            }
            Metric::RsaTransferGain { from, comparator } => {
                write!(f, "RSA ({comparator}), transform of {from} − as it is")
            }
        }
    }
}

/// A number of a study with all that is needed to read it, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The model, the network where it is a layer of one.
    pub model: String,
    /// The layer.
    pub tap: Option<String>,
    /// Where the layer stands among those of the study, from the input.
    pub depth: Option<u32>,
    /// What is known of the model.
    #[serde(flatten)]
    pub factors: Factors,
    /// The data set.
    pub dataset: String,
    /// What was measured; `None` where the model could not be measured at all.
    pub metric: Option<Metric>,
    /// The number and its uncertainty; `None` where there is none.
    #[serde(flatten)]
    pub measured: Option<PlottedValue>,
    /// Why there is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The seed of whatever was random.
    pub seed: u64,
    /// The hash of the features, dissimilarities or choices of the model; empty where they could not be had.
    pub content_hash: String,
    /// The hash of the data set.
    pub data_hash: String,
}

/// A number and its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlottedValue {
    /// The number.
    pub value: f64,
    /// Its standard error, where it is known.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of the standard error, where it is known.
    pub degrees_of_freedom: Option<f64>,
    /// Its 95 % confidence interval, where it is known.
    pub interval: Option<Interval>,
    /// The noise ceiling, lower and upper, where it is known.
    pub ceiling: Option<Interval>,
    /// Trials, or pairs of stimuli.
    pub n: u64,
    /// Trials whose largest similarity is shared, where they were counted.
    pub n_ties: Option<u64>,
}

impl PlottedValue {
    /// A number without uncertainty.
    pub(super) fn plain(value: f64, n: u64) -> Self {
        Self {
            value,
            standard_error: None,
            degrees_of_freedom: None,
            interval: None,
            ceiling: None,
            n,
            n_ties: None,
        }
    }

    /// A number with what is known of its uncertainty.
    pub(super) fn estimated(estimate: Estimate, n: u64) -> Self {
        let interval = estimate.interval(Confidence::default());
        // Of an unknown error it has no ends.
        let is_known = estimate.standard_error.is_some();
        Self {
            standard_error: estimate.standard_error,
            degrees_of_freedom: is_known.then_some(estimate.degrees_of_freedom),
            interval: is_known.then_some(interval),
            ..Self::plain(estimate.value, n)
        }
    }

    /// The number with its standard error, for tests and other intervals; `None` where the error is not
    /// known.
    pub fn estimate(&self) -> Option<Estimate> {
        Some(Estimate {
            value: self.value,
            standard_error: Some(self.standard_error?),
            degrees_of_freedom: self.degrees_of_freedom?,
        })
    }
}

impl Row {
    /// The model and, where it is one, the layer.
    pub fn label(&self) -> String {
        label(&self.model, self.tap.as_deref())
    }

    /// The number, if there is one.
    pub fn value(&self) -> Option<f64> {
        self.measured.map(|measured| measured.value)
    }
}
