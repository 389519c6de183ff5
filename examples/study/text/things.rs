//! The parts of the report on comparisons, noise ceilings and human dimensions.

use std::fmt::Write;

use human_alignment::concept::GroupExpectation;
use human_alignment::inference::{Estimate, Interval};

use super::{aligned, bracketed, change, number};
use crate::findings::{Comparison, Difference};
use crate::panel::{Dimension, Dimensions, Panel};
use crate::real::ceilings::Ceiling;

/// False discovery rate.
const LEVEL: f64 = 0.05;

/// Formats the differences of models, with a column for each data set.
pub fn compared(panel: &Panel, comparisons: &[Comparison]) -> String {
    if comparisons.is_empty() {
        return String::new();
    }
    let measured = [&panel.choices, &panel.distances].into_iter();
    let datasets: Vec<&str> = measured
        .chain(&panel.others)
        .map(|by| by.dataset)
        .filter(|dataset| {
            let mut all = comparisons.iter().flat_map(|found| &found.differences);
            all.any(|difference| difference.dataset == *dataset)
        })
        .collect();
    let header = std::iter::once("comparison").chain(datasets.iter().copied());
    let mut lines = vec![header.map(str::to_owned).collect::<Vec<_>>()];
    for comparison in comparisons {
        let mut line = vec![comparison.title.to_owned()];
        line.extend(datasets.iter().map(|dataset| {
            let mut all = comparison.differences.iter();
            all.find(|difference| difference.dataset == *dataset)
                .map(cell)
                .unwrap_or_default()
        }));
        lines.push(line);
    }
    format!(
        "\n## Controlled comparisons\n\nPaired differences on the same judgments; * differs from 0, with false \
         discoveries controlled over all of them.\n\n{}",
        aligned(&lines)
    )
}

fn cell(found: &Difference) -> String {
    let interval = found.difference.interval;
    let interval = interval.map(|interval| bracketed(interval, found.is_share));
    let differs = found.adjusted_p_value.is_some_and(|p| p < LEVEL);
    format!(
        "{}{}{}",
        change(found.difference.value, found.is_share),
        interval.unwrap_or_default(),
        if differs { " *" } else { "" }
    )
}

/// Formats the agreement of participants.
pub fn ceilings(ceilings: &[Ceiling]) -> String {
    if ceilings.is_empty() {
        return String::new();
    }
    let header = [
        "judgments",
        "questions",
        "answers",
        "majority",
        "majority of the others",
        "two people",
        "VICE",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let share = |of: Option<Estimate>| of.map(|of| number(of.value, true)).unwrap_or_default();
    for ceiling in ceilings {
        let bounds = ceiling.leave_one_out_bounds;
        let bounds = bounds.map(|Interval { lower, upper }| {
            format!(" ({} to {})", number(lower, true), number(upper, true))
        });
        let others = number(ceiling.leave_one_out.value, true) + &bounds.unwrap_or_default();
        let majority = number(ceiling.majority.value, true);
        lines.push(vec![
            ceiling.judgments.to_owned(),
            ceiling.n_questions.to_string(),
            ceiling.n_answers.to_string(),
            majority + &bracketed(ceiling.majority_interval, true),
            others,
            share(ceiling.two_people),
            share(ceiling.vice),
        ]);
    }
    format!(
        "\n## How far people agree about THINGS\n\nShares of answers that agree with the most frequent answer, \
         with the most frequent answer of the others, and with one other. Of the repeated triples only the \
         frequency of the most frequent answer is published: the second share is that of random splits of the other \
         answers, with its bounds.\n\n{}",
        aligned(&lines)
    )
}

/// Formats the dimensions with the largest and the smallest accuracy.
pub fn dimensions(found: Option<&Dimensions>) -> String {
    const AT_EACH_END: usize = 7;
    let Some(found) = found else {
        return String::new();
    };
    let mean = |dimension: &Dimension| -> f64 {
        let of_others = dimension.of_models[1..].iter();
        of_others.map(|group| group.difference.value).sum()
    };
    let mut sorted: Vec<&Dimension> = found.dimensions.iter().collect();
    sorted.sort_by(|left, right| mean(right).total_cmp(&mean(left)));
    let header = ["dimension", "trials"].map(str::to_owned).into_iter();
    let mut lines = vec![header.chain(found.models.clone()).collect::<Vec<_>>()];
    for (position, dimension) in sorted.iter().enumerate() {
        let is_at_end = position < AT_EACH_END || position + AT_EACH_END >= sorted.len();
        if !is_at_end && !dimension.is_named {
            continue;
        }
        let Dimension { of_models, .. } = dimension;
        let first = &of_models[0];
        let mut line = vec![first.name.clone(), first.n_trials.to_string()];
        line.extend(of_models.iter().map(accuracy));
        lines.push(line);
    }
    let mut text = format!(
        "\n## Human dimensions: {}\n\nAccuracy by the dimension of VICE that is largest in the pair that people \
         chose, and in brackets the accuracy that is expected if the probabilities of the model, at the temperature \
         that fits people best, are true. Choices that are explained by a dimension are not equally predictable, so \
         that the accuracies themselves differ for a perfect model too. The dimensions are those on which the models \
         fall short or exceed their expectations most, and those with a name; * differs from the expectation, with \
         false discoveries controlled.\n\n{}",
        found.dataset,
        aligned(&lines)
    );
    let _ = writeln!(
        text,
        "\nMuttenthaler et al. (2023) found that networks do well on food and animals, and badly on royal and \
         sports-related objects."
    );
    text
}

fn accuracy(group: &GroupExpectation) -> String {
    let differs = group.adjusted_p_value.is_some_and(|p| p < LEVEL);
    format!(
        "{} ({}){}",
        number(group.accuracy, true),
        number(group.expected, true),
        if differs { " *" } else { "" }
    )
}
