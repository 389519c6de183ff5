//! The printed report.

use human_alignment::inference::{Comparison, Interval, Resample};
use human_alignment::metric::rsa::{RsaCaution, RsaNoiseCeiling, RsaResult, RsaScore};
use human_alignment::stimuli::Pairing;
use serde::Serialize;

/// A model with its score.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    #[serde(flatten)]
    pub score: RsaScore,
}

/// Scores of models compared with the same participants.
#[derive(Serialize)]
pub struct Report {
    models: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparisons: Vec<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<RsaCaution>,
    #[serde(flatten)]
    input: Input,
}

/// How the files were interpreted.
#[derive(Serialize)]
struct Input {
    /// What intervals generalize to, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<Resample>,
    paired_by: Pairing,
    /// Conversion of similarities to dissimilarities, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion: Option<String>,
}

impl Report {
    pub fn new(
        names: Vec<String>,
        evaluation: RsaResult,
        over: Resample,
        paired_by: Pairing,
        conversion: Option<String>,
    ) -> Self {
        let has_intervals = evaluation
            .scores
            .iter()
            .any(|score| score.interval_method.is_some());
        let rows = names.into_iter().zip(evaluation.scores);
        Self {
            models: rows.map(|(name, score)| Row { name, score }).collect(),
            comparisons: evaluation.comparisons,
            caution: evaluation.caution,
            input: Input {
                over: has_intervals.then_some(over),
                paired_by,
                conversion,
            },
        }
    }

    /// Returns one JSON object: the score if there is one model, otherwise a list of scores.
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct One<'a> {
            #[serde(flatten)]
            row: &'a Row,
            #[serde(flatten)]
            input: &'a Input,
        }
        let json = match &self.models[..] {
            [row] => serde_json::to_string(&One {
                row,
                input: &self.input,
            }),
            _ => serde_json::to_string(self),
        };
        json.expect("a report has string keys and finite numbers")
    }

    pub fn table(&self) -> String {
        let widest = self.models.iter().map(|row| row.name.chars().count());
        let width = widest.max().unwrap_or(0).max("model".len());
        let mut lines = vec![format!(
            "{:width$}  mean person  interval           se      per person  of ceiling",
            "model"
        )];
        for Row { name, score } in &self.models {
            let interval = score
                .interval
                .map_or(String::new(), |Interval { lower, upper }| {
                    format!("[{lower:.3}, {upper:.3}]")
                });
            let error = score.standard_error;
            lines.push(
                format!(
                    "{name:width$}  {:>11.4}  {interval:17}  {:6}  {:>10.4}  {:>10}",
                    score.value,
                    error.map_or(String::new(), |error| format!("{error:.4}")),
                    score.mean_per_person,
                    score
                        .relative
                        .map_or(String::new(), |share| format!("{:.0} %", 100.0 * share)),
                ) + &score.interval_relative.map_or(String::new(), |interval| {
                    let Interval { lower, upper } = interval;
                    format!("  [{:.0}, {:.0}] %", 100.0 * lower, 100.0 * upper)
                }),
            );
        }
        if let Some(Row { score, .. }) = self.models.first() {
            lines.push(String::new());
            let n = (score.n_people, score.n_stimuli);
            lines.push(match &score.ceiling {
                Some(RsaNoiseCeiling { lower, upper, .. }) => format!(
                    "{} with {} people over {} stimuli; noise ceiling {lower:.4}–{upper:.4} per person",
                    score.comparator, n.0, n.1
                ),
                None => format!(
                    "{} with one person over {} stimuli; no noise ceiling",
                    score.comparator, n.1
                ),
            });
        }
        if let (Some(Row { score, .. }), Some(over)) = (self.models.first(), self.input.over)
            && let Some(method) = score.interval_method
        {
            let level = 100.0 * score.confidence.level();
            lines.push(format!("{level} % intervals over {over}, {method}"));
        }
        if !self.comparisons.is_empty() {
            lines.push("\ndifference per person".into());
            for comparison in &self.comparisons {
                let name = |model: usize| &self.models[model].name;
                let Interval { lower, upper } = comparison.interval;
                lines.push(format!(
                    "  {} − {}: {:.4} [{lower:.4}, {upper:.4}], p = {:.4}, adjusted p = {:.4}",
                    name(comparison.first),
                    name(comparison.second),
                    comparison.difference.value,
                    comparison.p_value,
                    comparison.adjusted_p_value,
                ));
            }
        }
        lines.join("\n")
    }
}
