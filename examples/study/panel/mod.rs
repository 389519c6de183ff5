//! Panels of models, participants and pictures, with the texts of their reports.

pub mod miniature;
pub mod real;

use std::collections::HashMap;

use human_alignment::concept::GroupExpectation;
use human_alignment::figure::{PlottedValue as Bar, Thumbnail};
use human_alignment::study::{
    Factor, LayerChoice, Metric, MetricQuantity, Study, StudyRow, StudyTable,
};
use human_alignment::{Dissimilarity, Similarity, metric::rsa::Comparator};
use serde::Serialize;

use crate::real::ceilings::Ceiling;

/// A study with the texts and settings of its report.
pub struct Panel {
    pub title: &'static str,
    /// Note for readers, such as that participants are simulated.
    pub note: &'static str,
    pub study: Study,
    /// Columns of the main table.
    pub columns: Vec<Column>,
    /// Columns of the table of learned transforms, if they have a table of their own.
    pub learned: Vec<Column>,
    /// Metric of the prediction of choices.
    pub choices: PanelMetric,
    /// Metric of the prediction of dissimilarities.
    pub distances: PanelMetric,
    /// Metrics of other data sets.
    pub others: Vec<PanelMetric>,
    /// Models that are compared with each other.
    pub compared: Vec<Compared>,
    /// Agreement of participants with each other.
    pub ceilings: Vec<Ceiling>,
    /// Factors that may explain alignment.
    pub factors: Vec<Factor>,
    /// Whether untrained networks are a level of the training data.
    pub explains_untrained: bool,
    /// Label of the model in the figures.
    pub shown: String,
    pub thumbnails: HashMap<String, Thumbnail>,
    /// Category of each stimulus of the dissimilarities.
    pub categories: HashMap<String, String>,
    /// Figures of results by human dimension.
    pub concepts: Vec<Concepts>,
    /// Accuracies by human dimension.
    pub dimensions: Option<Dimensions>,
}

/// Two models that differ in a factor. Comparisons with the same title are a line of the report,
/// on different data sets.
pub struct Compared {
    pub title: &'static str,
    /// Label of the model.
    pub model: String,
    /// Label of the other model.
    pub other: String,
}

/// A column of the main table: a metric on a data set, or an alternative for models of another
/// kind.
pub struct Column {
    pub title: &'static str,
    /// The data set, or others for models without output on the first.
    pub datasets: Vec<&'static str>,
    pub metrics: Vec<Metric>,
}

impl Column {
    pub fn new(title: &'static str, dataset: &'static str, metrics: Vec<Metric>) -> Self {
        let datasets = vec![dataset];
        Self {
            title,
            datasets,
            metrics,
        }
    }

    /// Returns one row for each network.
    pub fn networks<'t>(&self, table: &'t StudyTable) -> Vec<&'t StudyRow> {
        let mut all: Vec<&StudyRow> = Vec::new();
        for dataset in &self.datasets {
            let found = rows(table, dataset, &self.metrics).into_iter();
            let known: Vec<&str> = all.iter().map(|row| row.model.as_str()).collect();
            let new: Vec<_> = found
                .filter(|row| !known.contains(&row.model.as_str()))
                .collect();
            all.extend(new);
        }
        all
    }
}

/// The metric by which networks are compared, or its alternatives, in order of preference.
#[derive(Clone)]
pub struct PanelMetric {
    /// Part of the names of files of figures.
    pub name: &'static str,
    pub dataset: &'static str,
    pub metrics: Vec<Metric>,
    /// Value at chance.
    pub chance: f64,
    /// Name in figures.
    pub axis: &'static str,
    /// Units of the counts, such as trials.
    pub of: &'static str,
}

/// Results of a model by human dimension, as a figure.
pub struct Concepts {
    /// Name of the file.
    pub name: &'static str,
    pub title: String,
    pub axis: &'static str,
    pub is_share: bool,
    pub bars: Vec<(String, Bar)>,
}

/// Accuracies of models in the trials of each human dimension.
#[derive(Clone, Serialize)]
pub struct Dimensions {
    pub dataset: &'static str,
    /// Labels of the models; the first is the embedding that has the dimensions.
    pub models: Vec<String>,
    pub dimensions: Vec<Dimension>,
}

/// A human dimension.
#[derive(Clone, Serialize)]
pub struct Dimension {
    /// Whether the dimension has a name in the publication of the models.
    pub is_named: bool,
    /// The observed and the expected accuracy of each model.
    pub of_models: Vec<GroupExpectation>,
}

impl PanelMetric {
    /// Returns one row for each network, by the first metric that the network has.
    pub fn networks<'t>(&self, table: &'t StudyTable) -> Vec<&'t StudyRow> {
        rows(table, self.dataset, &self.metrics)
    }

    pub fn is_share(&self) -> bool {
        is_share(&self.metrics[0])
    }
}

/// Returns one row for each network, of the last layer, by the first metric that the network has.
pub fn rows<'t>(table: &'t StudyTable, dataset: &str, metrics: &[Metric]) -> Vec<&'t StudyRow> {
    let mut all: Vec<&StudyRow> = Vec::new();
    for metric in metrics {
        for row in table.networks(dataset, metric, LayerChoice::Last) {
            if all.iter().all(|other| other.model != row.model) {
                all.push(row);
            }
        }
    }
    all
}

/// Returns true if a metric is a proportion of trials, which is shown in %.
pub fn is_share(metric: &Metric) -> bool {
    matches!(
        metric.quantity,
        MetricQuantity::Accuracy(_)
            | MetricQuantity::Agreement
            | MetricQuantity::Probed
            | MetricQuantity::NotProbed
            | MetricQuantity::Transferred { .. }
    )
}

pub fn was_trained(row: &StudyRow) -> bool {
    row.factors.training_data.as_deref() != Some("none")
}

pub fn accuracy(similarity: Similarity) -> Metric {
    Metric::of(MetricQuantity::Accuracy(similarity))
}

/// Returns Spearman's correlation of correlation RDMs of features, and of published RDMs.
pub fn rsa() -> Vec<Metric> {
    let comparator = Comparator::Spearman;
    [Some(Dissimilarity::Correlation), None]
        .map(|dissimilarity| {
            Metric::of(MetricQuantity::Rsa {
                dissimilarity,
                comparator,
            })
        })
        .to_vec()
}

/// Returns the metrics of [`rsa`] for each participant.
pub fn rsa_per_person() -> Vec<Metric> {
    let comparator = Comparator::Spearman;
    [Some(Dissimilarity::Correlation), None]
        .map(|dissimilarity| {
            Metric::of(MetricQuantity::RsaPerPerson {
                dissimilarity,
                comparator,
            })
        })
        .to_vec()
}
