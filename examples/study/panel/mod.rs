//! What is studied: models, people and pictures, and how a report is to speak of them.

pub mod miniature;
pub mod real;

use std::collections::HashMap;

use human_alignment::figure::{PlottedValue as Bar, Thumbnail};
use human_alignment::study::{Factor, Layer, Metric, Row, Study, Table};
use human_alignment::{Dissimilarity, Similarity, metric::rsa::Comparator};

pub struct Panel {
    pub title: &'static str,
    /// What a reader must know before all else, such as that people are simulated.
    pub note: &'static str,
    pub study: Study,
    /// The columns of the main table.
    pub columns: Vec<Column>,
    /// Choices of people, and how well networks predict them.
    pub choices: Measurement,
    /// Dissimilarities that people judged, and how well networks predict them.
    pub distances: Measurement,
    /// What may drive alignment.
    pub factors: Vec<Factor>,
    /// Whether networks that were not trained are a level of the training data.
    pub explains_untrained: bool,
    /// Whose choices and dissimilarities are drawn: the label of a model.
    pub shown: String,
    pub thumbnails: HashMap<String, Thumbnail>,
    /// The category of each stimulus of the dissimilarities.
    pub categories: HashMap<String, String>,
    /// How well human dimensions are predicted, or what is made of them.
    pub concepts: Concepts,
}

/// A column of the main table: one metric on one data set, or others in its place for models of another kind.
pub struct Column {
    pub title: &'static str,
    pub dataset: &'static str,
    pub metrics: Vec<Metric>,
}

/// What networks are compared by.
#[derive(Clone)]
pub struct Measurement {
    pub dataset: &'static str,
    pub metrics: Vec<Metric>,
    /// What it is by chance.
    pub chance: f64,
    /// How it is called in figures.
    pub axis: &'static str,
    /// What it is of, such as trials.
    pub of: &'static str,
}

pub struct Concepts {
    pub title: String,
    pub axis: &'static str,
    pub is_share: bool,
    pub bars: Vec<(String, Bar)>,
}

impl Measurement {
    /// One row a network, by the first of the metrics that it has.
    pub fn networks<'t>(&self, table: &'t Table) -> Vec<&'t Row> {
        rows(table, self.dataset, &self.metrics)
    }

    pub fn is_share(&self) -> bool {
        is_share(&self.metrics[0])
    }
}

/// One row a network, its last layer, by the first of these metrics that it has.
pub fn rows<'t>(table: &'t Table, dataset: &str, metrics: &[Metric]) -> Vec<&'t Row> {
    let mut all: Vec<&Row> = Vec::new();
    for metric in metrics {
        for row in table.networks(dataset, metric, Layer::Last) {
            if all.iter().all(|other| other.model != row.model) {
                all.push(row);
            }
        }
    }
    all
}

/// Whether a metric is a share of trials, which people read in %.
pub fn is_share(metric: &Metric) -> bool {
    matches!(
        metric,
        Metric::ZeroShot { .. }
            | Metric::Agreement
            | Metric::Probed
            | Metric::NotProbed
            | Metric::ProbeGain
            | Metric::TransferResult { .. }
            | Metric::TransferGain { .. }
            | Metric::SimilarityGain { .. }
            | Metric::LayerGain { .. }
    )
}

pub fn was_trained(row: &Row) -> bool {
    row.factors.training_data.as_deref() != Some("none")
}

pub fn accuracy(similarity: Similarity) -> Metric {
    Metric::ZeroShot { similarity }
}

/// Correlation RDMs by Spearman's correlation, as they are made of features or published.
pub fn rsa() -> Vec<Metric> {
    let comparator = Comparator::Spearman;
    [Some(Dissimilarity::Correlation), None]
        .map(|dissimilarity| Metric::Rsa {
            dissimilarity,
            comparator,
        })
        .to_vec()
}

/// The same against each person.
pub fn rsa_per_person() -> Vec<Metric> {
    let comparator = Comparator::Spearman;
    [Some(Dissimilarity::Correlation), None]
        .map(|dissimilarity| Metric::RsaPerPerson {
            dissimilarity,
            comparator,
        })
        .to_vec()
}
