//! The printed report.

use human_alignment::inference::{
    ChoiceNoiseCeiling, Clusters, Comparison, Equivalence, Interval, Ranks, RelativeAccuracy,
};
use human_alignment::metric::odd_one_out::OddOneOutScore;
use human_alignment::{Representation, Result};
use serde::Serialize;

use crate::people::{People, PeopleAgreement};
use crate::trials::Input;

/// A representation with its score.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    /// Number of rows and columns of its file.
    stimuli: usize,
    features: usize,
    #[serde(flatten)]
    pub score: OddOneOutScore,
    /// The accuracy relative to the noise ceiling, if it was asked for and is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative: Option<RelativeAccuracy>,
    /// The accuracies of participants, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
}

impl Row {
    pub fn new(name: &str, representation: &Representation, score: OddOneOutScore) -> Self {
        Self {
            name: name.to_owned(),
            stimuli: representation.n_stimuli(),
            features: representation.n_features(),
            score,
            relative: None,
            people: None,
        }
    }
}

/// Scores of representations on the same trials.
#[derive(Serialize)]
pub struct Report {
    /// Description of the simulation, if the data are simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<String>,
    representations: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparisons: Vec<Comparison>,
    /// Tests of equivalence, in the order of the comparisons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    equivalences: Vec<Equivalence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranks: Option<Ranks>,
    pub ceiling: Option<ChoiceNoiseCeiling>,
    /// The agreement of participants, if several answered the same questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_agreement: Option<PeopleAgreement>,
    #[serde(flatten)]
    pub input: Option<Input>,
    #[serde(skip)]
    pub asked_for_ceiling: bool,
}

impl Report {
    pub fn new(representations: Vec<Row>, comparisons: Vec<Comparison>) -> Self {
        Self {
            simulated: None,
            representations,
            comparisons,
            equivalences: Vec::new(),
            ranks: None,
            ceiling: None,
            people_agreement: None,
            input: None,
            asked_for_ceiling: false,
        }
    }

    /// Tests whether the representations of each comparison are equivalent within a margin.
    pub fn test_equivalence(&mut self, margin: f64) -> Result<()> {
        let tests = self.comparisons.iter();
        self.equivalences = tests
            .map(|comparison| comparison.equivalence(margin))
            .collect::<Result<_>>()?;
        Ok(())
    }

    /// Returns one JSON object: the score if there is one representation from a file, otherwise a
    /// list of scores.
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct One<'a> {
            #[serde(flatten)]
            row: &'a Row,
            #[serde(skip_serializing_if = "Option::is_none")]
            ceiling: &'a Option<ChoiceNoiseCeiling>,
            #[serde(skip_serializing_if = "Option::is_none")]
            people_agreement: &'a Option<PeopleAgreement>,
            #[serde(flatten)]
            input: &'a Option<Input>,
        }
        let json = match &self.representations[..] {
            [row] if self.simulated.is_none() => serde_json::to_string(&One {
                row,
                ceiling: &self.ceiling,
                people_agreement: &self.people_agreement,
                input: &self.input,
            }),
            _ => serde_json::to_string(self),
        };
        json.expect("a report has string keys and finite numbers")
    }

    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        if let Some(simulated) = &self.simulated {
            lines.push(format!("{simulated}\n"));
        }
        let names = self
            .representations
            .iter()
            .map(|row| row.name.chars().count());
        let width = names.max().unwrap_or(0).max("representation".len());
        let first = &self.representations[0].score;
        let level = format!("{} % interval", 100.0 * first.confidence.level());
        lines.push(format!(
            "{:width$}  {:>8}  {:^15}  {:>6}  {:>8}  {:>8}  {:>6}  {:>13}  {:>7}",
            "representation",
            "accuracy",
            level,
            "se",
            "correct",
            "trials",
            "ties",
            "cross-entropy",
            "entropy"
        ));
        for Row { name, score, .. } in &self.representations {
            let error = score.standard_error.map_or("–".into(), percent);
            lines.push(format!(
                "{name:width$}  {:>8}  {:>15}  {error:>6}  {:>8}  {:>8}  {:>6}  {:>13.4}  {:>7.4}",
                percent(score.accuracy),
                interval(score.interval),
                score.n_correct,
                score.n_trials,
                score.n_ties,
                score.cross_entropy,
                score.mean_entropy
            ));
        }
        for Row { name, score, .. } in &self.representations {
            if let Some(found) = &score.bootstrap {
                lines.push(format!(
                    "{name:width$}  {} bootstrap replicates over stimuli: se {}, interval {}",
                    found.n_replicates,
                    percent(found.standard_error),
                    interval(found.interval)
                ));
            }
        }
        self.write_people(&mut lines, width);
        self.write_ceiling(&mut lines);
        self.write_comparisons(&mut lines);
        self.write_ranks(&mut lines);
        let generality = match (
            first.clusters,
            self.input.as_ref().and_then(|it| it.participants),
        ) {
            (Clusters::ObjectsAndParticipants, _) => "new objects and new participants",
            (_, Some(_)) => "new objects and the same participant",
            _ => "new objects; participants are unknown and taken to be alike",
        };
        lines.push(format!(
            "\nAccuracies in %, entropies in nats. Intervals are for {generality}."
        ));
        lines.join("\n")
    }

    fn write_people(&self, lines: &mut Vec<String>, width: usize) {
        for Row { name, people, .. } in &self.representations {
            if let Some(people) = people {
                let found = &people.distribution;
                lines.push(format!(
                    "{name:width$}  {} participants: mean {}, sd between people {} {}, equal {}; {} at or \
                     below chance",
                    found.n_units,
                    percent(found.mean),
                    percent(found.standard_deviation),
                    interval(found.interval),
                    p_value(found.p_value),
                    people.n_at_or_below_chance
                ));
            }
        }
        if let Some(found) = &self.people_agreement {
            let outliers = match found.outliers.as_slice() {
                [] => "no outliers".into(),
                outliers => format!("outliers: {}", outliers.join(", ")),
            };
            lines.push(format!(
                "\nparticipants agree in {} of answers to the same of {} questions; {} not above chance, \
                 {outliers}",
                percent(found.agreement.value),
                found.n_questions,
                found.n_at_chance
            ));
        }
    }

    fn write_ceiling(&self, lines: &mut Vec<String>) {
        match &self.ceiling {
            Some(ceiling) => lines.push(format!(
                "\nnoise ceiling  {} {}; between {} {} leave-one-out and {} {} majority\n               \
                 (from {} answers to {} questions that were answered more than once)",
                percent(ceiling.corrected.value),
                interval(ceiling.corrected_interval),
                percent(ceiling.leave_one_out.value),
                interval(ceiling.leave_one_out_interval),
                percent(ceiling.majority.value),
                interval(ceiling.majority_interval),
                ceiling.n_answers,
                ceiling.n_questions
            )),
            None if self.asked_for_ceiling => {
                lines.push("\nnoise ceiling  unknown: no question was answered twice".into());
            }
            None => {}
        }
        for Row { name, relative, .. } in &self.representations {
            let Some(relative) = relative else {
                continue;
            };
            let range = relative.interval.map_or("[unbounded]".into(), interval);
            lines.push(format!(
                "  {name}: {} % {range} of the way from chance to the ceiling; at the ceiling: {}",
                percent(relative.relative.value),
                p_value(relative.p_value)
            ));
        }
    }

    fn write_comparisons(&self, lines: &mut Vec<String>) {
        if self.comparisons.is_empty() {
            return;
        }
        lines.push("\ndifference".into());
        for comparison in &self.comparisons {
            let name = |position: usize| &self.representations[position].name;
            lines.push(format!(
                "  {} − {}: {} {}, {}, adjusted {}",
                name(comparison.first),
                name(comparison.second),
                percent(comparison.difference.value),
                interval(comparison.interval),
                p_value(comparison.p_value),
                p_value(comparison.adjusted_p_value)
            ));
        }
        for (comparison, found) in self.comparisons.iter().zip(&self.equivalences) {
            let name = |position: usize| &self.representations[position].name;
            lines.push(format!(
                "  {} − {} within ±{}: {}, {}, {:.0} % interval {}",
                name(comparison.first),
                name(comparison.second),
                percent(found.margin),
                found.verdict,
                p_value(found.p_value),
                100.0 * (1.0 - 2.0 * found.level),
                interval(found.interval)
            ));
        }
    }

    fn write_ranks(&self, lines: &mut Vec<String>) {
        let Some(ranks) = &self.ranks else { return };
        let level = 100.0 * ranks.confidence.level();
        lines.push(format!(
            "\nrank, and simultaneous {level:.0} % set of ranks"
        ));
        for (row, rank) in self.representations.iter().zip(&ranks.models) {
            let name = &row.name;
            lines.push(format!(
                "  {name}: {} [{}, {}]",
                rank.rank, rank.best, rank.worst
            ));
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

fn interval(Interval { lower, upper }: Interval) -> String {
    format!("[{:.2}, {:.2}]", 100.0 * lower, 100.0 * upper)
}

fn p_value(p: f64) -> String {
    if p < 1e-4 {
        "p < 0.0001".into()
    } else {
        format!("p = {p:.4}")
    }
}
