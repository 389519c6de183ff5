//! The table of a study.

mod family;
mod files;
mod metric;
mod row;

use serde::{Deserialize, Serialize};

pub use metric::{Contrast, Metric, MetricQuantity};
pub use row::{Measurement, StudyRow};

/// All measurements of a study.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyTable {
    /// The rows, model by model, then the comparisons of models.
    pub rows: Vec<StudyRow>,
}

impl StudyTable {
    /// Returns the rows of a metric on a data set that have a value.
    pub fn of<'t, 'q>(
        &'t self,
        dataset: &'q str,
        metric: &'q Metric,
    ) -> impl Iterator<Item = &'t StudyRow> + use<'t, 'q> {
        let is_wanted = move |row: &&StudyRow| {
            row.dataset == dataset && row.metric.as_ref() == Some(metric) && row.measured.is_some()
        };
        self.rows.iter().filter(is_wanted)
    }

    /// Returns the data sets and metrics that have values, in the order of their first rows.
    pub fn measurements(&self) -> Vec<(&str, &Metric)> {
        let mut all: Vec<(&str, &Metric)> = Vec::new();
        for row in &self.rows {
            if let (Some(metric), Some(_)) = (&row.metric, &row.measured)
                && !all.contains(&(row.dataset.as_str(), metric))
            {
                all.push((&row.dataset, metric));
            }
        }
        all
    }

    /// Returns the rows of a metric on a data set, one for each network. Models with the same name
    /// are layers of the same network.
    pub fn networks(&self, dataset: &str, metric: &Metric, layer: LayerChoice) -> Vec<&StudyRow> {
        let mut chosen: Vec<&StudyRow> = Vec::new();
        for row in self.of(dataset, metric) {
            match chosen.iter_mut().find(|other| other.model == row.model) {
                Some(other) if layer.prefers(row, other) => *other = row,
                Some(_) => {}
                None => chosen.push(row),
            }
        }
        chosen
    }

    /// Returns the rows of a metric on a data set along the layers, from the input, of each network
    /// with several layers.
    pub fn layer_curves(&self, dataset: &str, metric: &Metric) -> Vec<Vec<&StudyRow>> {
        let mut curves: Vec<Vec<&StudyRow>> = Vec::new();
        for row in self.of(dataset, metric).filter(|row| row.depth.is_some()) {
            match curves.iter_mut().find(|curve| curve[0].model == row.model) {
                Some(curve) => curve.push(row),
                None => curves.push(vec![row]),
            }
        }
        curves.retain(|curve| curve.len() > 1);
        for curve in &mut curves {
            curve.sort_by_key(|row| row.depth);
        }
        curves
    }

    /// Returns the rows of failed measurements.
    pub fn failures(&self) -> impl Iterator<Item = &StudyRow> {
        self.rows.iter().filter(|row| row.failure.is_some())
    }
}

/// The layer by which a network is represented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LayerChoice {
    /// The last layer that was measured.
    #[default]
    Last,
    /// The layer with the largest value, which is biased upwards by noise; the bias grows with the
    /// number of layers.
    Largest,
}

impl LayerChoice {
    fn prefers(self, row: &StudyRow, other: &StudyRow) -> bool {
        match self {
            Self::Last => row.depth > other.depth,
            Self::Largest => row.value() > other.value(),
        }
    }
}
