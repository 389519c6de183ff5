//! Figures of what linear transforms add, and of human dimensions.

use human_alignment::Result;
use human_alignment::figure::{DimensionBars, Gains, Quantity};
use human_alignment::study::{Metric, MetricQuantity, StudyRow};

use super::{Drawn, Gallery, bar, measured, quantity};
use crate::panel::{PanelMetric, rows};

impl Gallery<'_> {
    /// Draws the accuracy before and after a probe.
    pub(super) fn gains_of_probe(&mut self, choices: &PanelMetric) -> Result<()> {
        let [before, after] = [MetricQuantity::NotProbed, MetricQuantity::Probed]
            .map(|quantity| rows(self.table, choices.dataset, &[Metric::of(quantity)]));
        let title = format!(
            "What a linear probe adds, on objects that it has not seen: {}",
            choices.dataset
        );
        let name = self.named("gains-probe", choices);
        let names = ["zero-shot", "probed"];
        self.dumbbells(&name, title, choices, names, [&before, &after])
    }

    /// Draws the alignment with dissimilarities before and after a transform learned from choices.
    pub(super) fn gains_of_transfer(&mut self, choices: &PanelMetric) -> Result<()> {
        let distances = &self.panel.distances;
        let measurements = self.table.measurements().into_iter();
        let transferred = measurements
            .filter(|(dataset, metric)| *dataset == distances.dataset && metric.contrast.is_none())
            .find(|(_, metric)| {
                matches!(&metric.quantity, MetricQuantity::RsaTransferred { from, .. }
                    if from == choices.dataset)
            });
        let Some((_, metric)) = transferred else {
            return Ok(());
        };
        let after = rows(self.table, distances.dataset, std::slice::from_ref(metric));
        // The transformed layer is not always the last one.
        let is_before = |row: &&StudyRow| {
            let is_compared = |metric| distances.metrics.contains(metric);
            row.dataset == distances.dataset && row.metric.as_ref().is_some_and(is_compared)
        };
        let before: Vec<&StudyRow> = self.table.rows.iter().filter(is_before).collect();
        let title = format!(
            "What a transform learned from {} does to {}",
            choices.dataset, distances.dataset
        );
        let name = self.named("gains-transfer", choices);
        let names = ["untransformed", "transformed"];
        self.dumbbells(&name, title, distances, names, [&before, &after])
    }

    /// Returns the name of a figure, which has that of the data set unless it is the main one.
    fn named(&self, name: &str, by: &PanelMetric) -> String {
        match by.name == self.panel.choices.name {
            true => name.to_owned(),
            false => format!("{name}-{}", by.name),
        }
    }

    fn dumbbells(
        &mut self,
        name: &str,
        title: String,
        by: &PanelMetric,
        [before, after]: [&str; 2],
        [rows_before, rows_after]: [&[&StudyRow]; 2],
    ) -> Result<()> {
        let mut figure = Gains::new(title, quantity(by))
            .with_names(before, after)
            .with_subtitle(self.panel.note)
            .with_chance(by.chance)?;
        let mut n_models = 0;
        for (row, measured_after) in measured(rows_after) {
            let is_same = |before: &&&StudyRow| before.model == row.model && before.tap == row.tap;
            let same = rows_before.iter().find(is_same);
            if let Some(measured_before) = same.and_then(|row| row.measured) {
                figure =
                    figure.with_model(&row.model, bar(measured_before), bar(measured_after))?;
                n_models += 1;
            }
        }
        if n_models > 0 {
            draw!(
                self,
                name.to_owned(),
                "Before and after a linear map.",
                figure
            );
        }
        Ok(())
    }

    pub(super) fn concepts(&mut self) -> Result<()> {
        for concepts in &self.panel.concepts {
            if concepts.bars.is_empty() {
                continue;
            }
            let quantity = match concepts.is_share {
                true => Quantity::percent(concepts.axis),
                false => Quantity::plain(concepts.axis),
            };
            let mut figure =
                DimensionBars::new(&concepts.title, quantity).with_subtitle(self.panel.note);
            for (name, measured) in &concepts.bars {
                figure = figure.with_dimension(name, *measured)?;
            }
            draw!(self, concepts.name.to_owned(), &concepts.title, figure);
        }
        Ok(())
    }
}
