//! The name of a measurement: a quantity and, if the quantity is compared, a contrast.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::metric::rsa::Comparator;
use crate::rdm::Dissimilarity;
use crate::similarity::Similarity;

/// What was measured: a quantity and, for differences and pairs of models, a contrast.
///
/// ```
/// use human_alignment::Similarity;
/// use human_alignment::study::{Contrast, Metric, MetricQuantity};
///
/// let accuracy = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));
/// assert_eq!(accuracy.to_string(), "accuracy (cosine)");
/// let gain = accuracy.against(Contrast::Layer("layer3".into()));
/// assert_eq!(gain.to_string(), "accuracy − layer3 (cosine)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Fields", try_from = "Fields")]
pub struct Metric {
    /// The quantity.
    pub quantity: MetricQuantity,
    /// What the quantity is compared with; `None` for the quantity alone.
    pub contrast: Option<Contrast>,
}

/// A quantity that a study measures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricQuantity {
    /// Zero-shot accuracy of odd-one-out or anchored choices.
    Accuracy(Similarity),
    /// Cross-entropy of the participants' choices, in nats, at the temperature of the metric.
    CrossEntropy(Similarity),
    /// Temperature at which the participants' choices are most probable.
    Temperature(Similarity),
    /// Cross-entropy of the participants' choices at the fitted temperature, in nats.
    ScaledCrossEntropy(Similarity),
    /// Expected calibration error of the predicted pair at the fitted temperature.
    CalibrationError(Similarity),
    /// Brier score at the fitted temperature.
    Brier(Similarity),
    /// Proportion of the choices of a model without features that agree with the participants.
    Agreement,
    /// Cohen's κ of choices: with the participants or, as a contrast, with another model.
    Kappa,
    /// Cohen's κ, of two models, of whether they choose as the participants do.
    ErrorConsistency,
    /// Accuracy of a probe on held-out objects, over object-disjoint folds.
    Probed,
    /// Accuracy without a probe on the trials on which the probe is tested.
    NotProbed,
    /// Accuracy after the transform that a probe learned from another data set.
    Transferred {
        /// The other data set.
        from: String,
    },
    /// RSA with the mean RDM of the participants.
    Rsa {
        /// Dissimilarity of the features; `None` for a model that is an RDM.
        dissimilarity: Option<Dissimilarity>,
        /// Comparator of RDMs.
        comparator: Comparator,
    },
    /// Mean over participants of RSA with the RDM of each, to which the noise ceiling applies.
    RsaPerPerson {
        /// Dissimilarity of the features; `None` for a model that is an RDM.
        dissimilarity: Option<Dissimilarity>,
        /// Comparator of RDMs.
        comparator: Comparator,
    },
    /// RSA with the mean RDM after the transform that a probe learned from another data set.
    RsaTransferred {
        /// The other data set.
        from: String,
        /// Comparator of RDMs.
        comparator: Comparator,
    },
    /// Centred kernel alignment with another model.
    Cka,
    /// Held-out R² of ridge regression of a human embedding on features, pooled over folds.
    RidgeR2 {
        /// The dimension of the embedding; `None` for the mean over dimensions.
        concept: Option<String>,
    },
    /// A metric of the user, by its name.
    Named(String),
}

/// What a quantity is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contrast {
    /// Difference from the quantity with another similarity.
    Similarity(Similarity),
    /// Difference from the quantity of another layer of the network, per participant for RSA.
    Layer(String),
    /// Difference from the representation without a probe or transform, per participant for RSA.
    Unlearned,
    /// Comparison with another model, by its label: the difference of accuracies or of RSA (per
    /// participant), or a coefficient of the two models.
    Model(String),
}

impl Metric {
    /// Creates the metric of a quantity without contrast.
    pub const fn of(quantity: MetricQuantity) -> Self {
        let contrast = None;
        Self { quantity, contrast }
    }

    /// Sets the contrast.
    #[must_use]
    pub fn against(mut self, contrast: Contrast) -> Self {
        self.contrast = Some(contrast);
        self
    }

    /// Returns true for proportions of trials to which the noise ceiling of choices applies.
    pub(in crate::study) fn has_choice_ceiling(&self) -> bool {
        use MetricQuantity as Q;
        let is_share = matches!(
            self.quantity,
            Q::Accuracy(_) | Q::Agreement | Q::Probed | Q::NotProbed | Q::Transferred { .. }
        );
        is_share && self.contrast.is_none()
    }

    /// Returns the name of the kind of metric in files.
    pub(super) fn kind(&self) -> String {
        use Contrast as C;
        use MetricQuantity as Q;
        let kind = self.quantity.describe().0;
        match (&self.quantity, &self.contrast) {
            (Q::Kappa, None) => "kappa-with-people".into(),
            (_, None) | (Q::Kappa | Q::ErrorConsistency | Q::Cka, Some(C::Model(_))) => kind.into(),
            (Q::Accuracy(_), Some(C::Similarity(_))) => "similarity-gain".into(),
            (Q::Accuracy(_), Some(C::Layer(_))) => "layer-gain".into(),
            (Q::Accuracy(_), Some(C::Model(_))) => "difference".into(),
            (Q::Rsa { .. }, Some(C::Model(_))) => "rsa-difference".into(),
            (Q::Probed, Some(C::Unlearned)) => "probe-gain".into(),
            (Q::Transferred { .. }, Some(C::Unlearned)) => "transfer-gain".into(),
            (Q::RsaTransferred { .. }, Some(C::Unlearned)) => "rsa-transfer-gain".into(),
            (_, Some(C::Similarity(_))) => format!("{kind}-similarity-gain"),
            (_, Some(C::Layer(_))) => format!("{kind}-layer-gain"),
            (_, Some(C::Unlearned)) => format!("{kind}-gain"),
            (_, Some(C::Model(_))) => format!("{kind}-with-model"),
        }
    }
}

/// Writes a name such as `accuracy (cosine)`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Contrast as C;
        use MetricQuantity as Q;
        let (_, name, fields) = self.quantity.describe();
        let settings = fields.settings();
        match (&self.quantity, &self.contrast) {
            (Q::Kappa, None) => f.write_str("κ with people"),
            (Q::Transferred { from } | Q::RsaTransferred { from, .. }, None) => {
                write!(f, "{name}{settings}, transform of {from}")
            }
            (_, None) => write!(f, "{name}{settings}"),
            (Q::Accuracy(similarity), Some(C::Similarity(over))) => {
                write!(f, "{similarity} − {over}")
            }
            (_, Some(C::Similarity(over))) => write!(f, "{name} − {over}{settings}"),
            (_, Some(C::Layer(over))) => write!(f, "{name} − {over}{settings}"),
            (Q::Accuracy(_) | Q::Rsa { .. }, Some(C::Model(other))) => {
                write!(f, "{name} − {other}{settings}")
            }
            (Q::Probed, Some(C::Unlearned)) => f.write_str("probed − zero-shot"),
            (Q::Transferred { from }, Some(C::Unlearned)) => {
                write!(f, "transform of {from} − zero-shot")
            }
            (Q::RsaTransferred { from, .. }, Some(C::Unlearned)) => {
                write!(f, "{name}{settings}, transform of {from} − untransformed")
            }
            (_, Some(C::Unlearned)) => write!(f, "{name}{settings} − untransformed"),
            (_, Some(C::Model(with))) => write!(f, "{name}{settings} with {with}"),
        }
    }
}

impl MetricQuantity {
    /// Returns the kind in files without contrast, the name in text, and the fields in files.
    fn describe(&self) -> (&'static str, &str, Fields) {
        let none = Fields::default;
        let similarity = |similarity: Similarity| Fields {
            similarity: Some(similarity),
            ..none()
        };
        let rdms = |dissimilarity, comparator| Fields {
            dissimilarity: Some(dissimilarity),
            comparator: Some(comparator),
            ..none()
        };
        let transfer = |from: &String, comparator| Fields {
            from: Some(from.clone()),
            comparator,
            ..none()
        };
        match self {
            Self::Accuracy(by) => ("zero-shot", "accuracy", similarity(*by)),
            Self::CrossEntropy(by) => ("cross-entropy", "cross-entropy", similarity(*by)),
            Self::Temperature(by) => ("temperature", "temperature", similarity(*by)),
            Self::ScaledCrossEntropy(by) => {
                let name = "cross-entropy at fitted temperature";
                ("scaled-cross-entropy", name, similarity(*by))
            }
            Self::CalibrationError(by) => {
                let name = "expected calibration error";
                ("calibration-error", name, similarity(*by))
            }
            Self::Brier(by) => ("brier", "Brier score", similarity(*by)),
            Self::Agreement => ("agreement", "agreement", none()),
            Self::Kappa => ("kappa", "κ", none()),
            Self::ErrorConsistency => ("error-consistency", "error consistency", none()),
            Self::Probed => ("probed", "probed accuracy", none()),
            Self::NotProbed => ("not-probed", "accuracy on the trials of the probe", none()),
            Self::Transferred { from } => ("transferred", "accuracy", transfer(from, None)),
            Self::Rsa {
                dissimilarity,
                comparator,
            } => ("rsa", "RSA", rdms(*dissimilarity, *comparator)),
            Self::RsaPerPerson {
                dissimilarity,
                comparator,
            } => (
                "rsa-per-person",
                "RSA per person",
                rdms(*dissimilarity, *comparator),
            ),
            Self::RsaTransferred { from, comparator } => {
                ("rsa-transferred", "RSA", transfer(from, Some(*comparator)))
            }
            Self::Cka => ("cka", "CKA", none()),
            Self::RidgeR2 { concept } => {
                let concept = concept.clone();
                (
                    "ridge-r2",
                    "R² of ridge regression",
                    Fields { concept, ..none() },
                )
            }
            Self::Named(name) => {
                let fields = Fields {
                    name: Some(name.clone()),
                    ..none()
                };
                ("named", name, fields)
            }
        }
    }
}

/// A metric as in files: its kind and the fields of quantity and contrast.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Fields {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    similarity: Option<Similarity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// `null` for RSA of a model that is an RDM.
    #[serde(skip_serializing_if = "Option::is_none")]
    dissimilarity: Option<Option<Dissimilarity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparator: Option<Comparator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concept: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<String>,
}

impl From<Metric> for Fields {
    fn from(metric: Metric) -> Self {
        let kind = metric.kind();
        let (over, with) = match metric.contrast {
            Some(Contrast::Similarity(over)) => (Some(over.to_string()), None),
            Some(Contrast::Layer(over)) => (Some(over), None),
            Some(Contrast::Model(with)) => (None, Some(with)),
            Some(Contrast::Unlearned) | None => (None, None),
        };
        let (_, _, fields) = metric.quantity.describe();
        Self {
            kind,
            over,
            with,
            ..fields
        }
    }
}

impl TryFrom<Fields> for Metric {
    type Error = String;

    /// Finds the quantity and the contrast, of those with these fields, whose kind is that of the
    /// file.
    fn try_from(fields: Fields) -> Result<Self, String> {
        let contrasts = fields.contrasts();
        let metrics = fields.quantities().into_iter().flat_map(|quantity| {
            let with = |contrast: &Option<Contrast>| Metric {
                quantity: quantity.clone(),
                contrast: contrast.clone(),
            };
            contrasts.iter().map(with).collect::<Vec<_>>()
        });
        let mut found = metrics.filter(|metric| metric.kind() == fields.kind);
        found.next().ok_or_else(|| {
            format!(
                "unknown kind of metric {:?}, or missing fields",
                fields.kind
            )
        })
    }
}

impl Fields {
    /// Returns the settings in brackets, such as ` (cosine)`, or nothing.
    fn settings(&self) -> String {
        let similarity = self.similarity.map(|by| by.to_string());
        let dissimilarity = self.dissimilarity.flatten().map(|by| by.to_string());
        let comparator = self.comparator.map(|by| by.to_string());
        let all = [similarity, dissimilarity, comparator, self.concept.clone()];
        let all: Vec<String> = all.into_iter().flatten().collect();
        match all.is_empty() {
            true => String::new(),
            false => format!(" ({})", all.join(", ")),
        }
    }

    fn quantities(&self) -> Vec<MetricQuantity> {
        use MetricQuantity as Q;
        let concept = self.concept.clone();
        let mut all = vec![
            Q::Agreement,
            Q::Kappa,
            Q::ErrorConsistency,
            Q::Probed,
            Q::NotProbed,
            Q::Cka,
            Q::RidgeR2 { concept },
        ];
        let of_similarity = [
            Q::Accuracy,
            Q::CrossEntropy,
            Q::Temperature,
            Q::ScaledCrossEntropy,
            Q::CalibrationError,
            Q::Brier,
        ];
        let similarity = self.similarity.into_iter();
        all.extend(similarity.flat_map(|similarity| of_similarity.map(|of| of(similarity))));
        if let Some(comparator) = self.comparator {
            let dissimilarity = self.dissimilarity.flatten();
            all.push(Q::Rsa {
                dissimilarity,
                comparator,
            });
            all.push(Q::RsaPerPerson {
                dissimilarity,
                comparator,
            });
            let from = self.from.clone().into_iter();
            all.extend(from.map(|from| Q::RsaTransferred { from, comparator }));
        }
        let from = self.from.clone().into_iter();
        all.extend(from.map(|from| Q::Transferred { from }));
        all.extend(self.name.clone().map(Q::Named));
        all
    }

    /// Returns the contrasts, with those that need fields first: CKA is of the kind `cka` with and
    /// without a model.
    fn contrasts(&self) -> Vec<Option<Contrast>> {
        let model = self.with.clone().map(Contrast::Model);
        let layer = self.over.clone().map(Contrast::Layer);
        let similarity = self.over.as_ref().and_then(|over| over.parse().ok());
        let with_fields = [model, layer, similarity.map(Contrast::Similarity)];
        let with_fields = with_fields.into_iter().flatten().map(Some);
        with_fields
            .chain([Some(Contrast::Unlearned), None])
            .collect()
    }
}
