//! One family of tests over models, layers and data sets, and the ranks of networks.

use super::{Contrast, LayerChoice, Metric, MetricQuantity, StudyRow, StudyTable};
use crate::error::Result;
use crate::inference::{Confidence, Correction, Estimate, Rank, Ranks};

impl StudyTable {
    /// Sets the p-value of each difference in the table, and its p-value adjusted for all of them.
    ///
    /// The family is all differences with a standard error in the table, of all models, layers,
    /// metrics and data sets: between similarities, layers and models, and the gains of probes and
    /// transforms. A study has this family when it is run. Call it again after
    /// joining the rows of several studies or removing rows.
    ///
    /// Tests of one study are dependent, since they share models, trials and participants.
    /// [`Correction::BenjaminiHochberg`] is proven for positive dependence only,
    /// [`Correction::BenjaminiYekutieli`] and [`Correction::Holm`] for any.
    pub fn adjust(&mut self, correction: Correction) {
        let tested: Vec<(usize, f64)> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(position, row)| Some((position, difference(row)?.p_value())))
            .collect();
        let p_values: Vec<f64> = tested.iter().map(|&(_, p_value)| p_value).collect();
        for row in &mut self.rows {
            (row.p_value, row.adjusted_p_value) = (None, None);
        }
        for ((position, p_value), adjusted) in tested.into_iter().zip(correction.adjust(&p_values))
        {
            let row = &mut self.rows[position];
            row.p_value = Some(p_value);
            row.adjusted_p_value = Some(adjusted);
        }
    }

    /// Returns the networks with a metric on a data set, at their last layers, with their ranks and
    /// the sets of ranks that contain the true ones of all networks with a confidence ([`Ranks`]).
    ///
    /// The metric is that of the comparisons of models: the accuracy by the first similarity, or the
    /// first RSA. The table needs the differences of all pairs of these networks, from
    /// [`Measures::with_all_comparisons`](crate::study::Measures::with_all_comparisons).
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the difference of a pair is missing or has no
    /// standard error.
    pub fn ranks(
        &self,
        dataset: &str,
        metric: &Metric,
        confidence: Confidence,
    ) -> Result<Vec<(&StudyRow, Rank)>> {
        let networks = self.networks(dataset, metric, LayerChoice::Last);
        let labels: Vec<String> = networks.iter().map(|row| row.label()).collect();
        let position = |label: &str| labels.iter().position(|other| other == label);
        let mut differences: Vec<(usize, usize, Estimate)> = Vec::new();
        for row in self.rows.iter().filter(|row| row.dataset == dataset) {
            let Some(Metric {
                quantity,
                contrast: Some(Contrast::Model(other)),
            }) = &row.metric
            else {
                continue;
            };
            if *quantity != metric.quantity {
                continue;
            }
            let both = position(&row.label()).zip(position(other));
            if let (Some((first, second)), Some(estimate)) = (both, difference(row)) {
                // A pair may be compared in both directions.
                let is_known = |&(one, two, _): &(usize, usize, Estimate)| {
                    (one.min(two), one.max(two)) == (first.min(second), first.max(second))
                };
                if !differences.iter().any(is_known) {
                    differences.push((first, second, estimate));
                }
            }
        }
        let ranks = Ranks::from_differences(networks.len(), &differences, confidence)?;
        Ok(networks.into_iter().zip(ranks.models).collect())
    }
}

/// Returns the estimate of a row that is a difference with a known standard error.
fn difference(row: &StudyRow) -> Option<Estimate> {
    use MetricQuantity as Q;
    let metric = row.metric.as_ref()?;
    let is_coefficient = matches!(
        metric.quantity,
        Q::Agreement | Q::Kappa | Q::ErrorConsistency | Q::Cka
    );
    match (&metric.contrast, is_coefficient) {
        // The coefficients of two models are no differences.
        (None, _) | (Some(Contrast::Model(_)), true) => None,
        (Some(_), _) => row.measured?.estimate(),
    }
}
