//! Paired differences of models that differ in a factor.

use human_alignment::inference::benjamini_hochberg;
use human_alignment::study::{Contrast, Measurement, Metric, StudyTable};
use serde::Serialize;

use crate::panel::{Compared, Panel, PanelMetric, is_share};

/// A comparison of two models on several data sets.
#[derive(Serialize)]
pub struct Comparison {
    pub title: &'static str,
    pub differences: Vec<Difference>,
}

/// The difference of two models on a data set.
#[derive(Serialize)]
pub struct Difference {
    pub dataset: &'static str,
    pub is_share: bool,
    pub values: [f64; 2],
    pub difference: Measurement,
    /// The p-value, adjusted for all comparisons of the study.
    pub adjusted_p_value: Option<f64>,
}

pub fn all(panel: &Panel, table: &StudyTable) -> Vec<Comparison> {
    let measured: Vec<&PanelMetric> = [&panel.choices, &panel.distances]
        .into_iter()
        .chain(&panel.others)
        .collect();
    let mut comparisons: Vec<Comparison> = Vec::new();
    for compared in &panel.compared {
        let differences = measured.iter();
        let differences = differences.filter_map(|by| difference(compared, by, table));
        match comparisons
            .iter_mut()
            .find(|other| other.title == compared.title)
        {
            Some(comparison) => comparison.differences.extend(differences),
            None => comparisons.push(Comparison {
                title: compared.title,
                differences: differences.collect(),
            }),
        }
    }
    comparisons.retain(|comparison| !comparison.differences.is_empty());
    adjust(&mut comparisons);
    comparisons
}

fn difference(compared: &Compared, by: &PanelMetric, table: &StudyTable) -> Option<Difference> {
    let metric = &by.metrics[0];
    let of = |metric: &Metric, label: &str| {
        let mut rows = table.of(by.dataset, metric);
        rows.find(|row| row.label() == label)?.measured
    };
    let contrast = Contrast::Model(compared.other.clone());
    Some(Difference {
        dataset: by.dataset,
        is_share: is_share(metric),
        values: [
            of(metric, &compared.model)?.value,
            of(metric, &compared.other)?.value,
        ],
        difference: of(&metric.clone().against(contrast), &compared.model)?,
        adjusted_p_value: None,
    })
}

/// Adjusts the p-values of all differences.
fn adjust(comparisons: &mut [Comparison]) {
    let mut all: Vec<&mut Difference> = comparisons
        .iter_mut()
        .flat_map(|comparison| &mut comparison.differences)
        .filter(|difference| difference.difference.estimate().is_some())
        .collect();
    let p_values: Vec<f64> = all
        .iter()
        .filter_map(|difference| difference.difference.estimate())
        .map(|estimate| estimate.p_value())
        .collect();
    for (difference, adjusted) in all.iter_mut().zip(benjamini_hochberg(&p_values)) {
        difference.adjusted_p_value = Some(adjusted);
    }
}
