//! The table of a study.

use serde::{Deserialize, Serialize};

use super::row::{Metric, Row};

/// All measurements of a study.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The rows, model by model.
    pub rows: Vec<Row>,
}

impl Table {
    /// The rows of one metric on one data set that have a number.
    pub fn of<'t, 'q>(
        &'t self,
        dataset: &'q str,
        metric: &'q Metric,
    ) -> impl Iterator<Item = &'t Row> + use<'t, 'q> {
        let is_wanted = move |row: &&Row| {
            row.dataset == dataset && row.metric.as_ref() == Some(metric) && row.measured.is_some()
        };
        self.rows.iter().filter(is_wanted)
    }

    /// The data sets and metrics that there are numbers of, in the order of their first rows.
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

    /// The rows of one metric on one data set, one for each network: models of the same name are layers of
    /// the same network.
    pub fn networks(&self, dataset: &str, metric: &Metric, layer: Layer) -> Vec<&Row> {
        let mut chosen: Vec<&Row> = Vec::new();
        for row in self.of(dataset, metric) {
            match chosen.iter_mut().find(|other| other.model == row.model) {
                Some(other) if layer.prefers(row, other) => *other = row,
                Some(_) => {}
                None => chosen.push(row),
            }
        }
        chosen
    }

    /// The rows of one metric on one data set along the layers of each network that has several, from the
    /// input on.
    pub fn layer_curves(&self, dataset: &str, metric: &Metric) -> Vec<Vec<&Row>> {
        let mut curves: Vec<Vec<&Row>> = Vec::new();
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

    /// A table of the rows of which something is true.
    #[must_use]
    pub fn filter(&self, is_kept: impl Fn(&Row) -> bool) -> Self {
        let rows = self.rows.iter().filter(|row| is_kept(row));
        Self {
            rows: rows.cloned().collect(),
        }
    }

    /// The rows without a number.
    pub fn failures(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.failure.is_some())
    }
}

/// Which layer stands for a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The last of those that were measured.
    #[default]
    Last,
    /// That of the largest number, which is too large by what is noise in it: the more layers, the more.
    Largest,
}

impl Layer {
    fn prefers(self, row: &Row, other: &Row) -> bool {
        match self {
            Self::Last => row.depth > other.depth,
            Self::Largest => row.value() > other.value(),
        }
    }
}
