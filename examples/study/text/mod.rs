//! The report of a study, as Markdown that is readable in a terminal.

mod things;

use std::fmt::Write;

use human_alignment::inference::{Interval, Rank};
use human_alignment::study::{Driver, StudyRow, StudyTable};

use super::findings::{Change, Explanation, Findings, Ranked};
use super::panel::{Column, Panel, is_share};

pub fn report(panel: &Panel, table: &StudyTable, findings: &Findings) -> String {
    let mut text = format!("# {}\n\n{}\n\n", panel.title, panel.note);
    text += &models_table(panel, &panel.columns, table);
    text += "\nIntervals of 95 %: accuracies over objects, correlations over stimuli and, where there are several, people. Of \
             a network the last layer that was measured.\n";
    text += &things::compared(panel, &findings.comparisons);
    if !panel.learned.is_empty() {
        text += "\n## After a linear transform\n\nOf a network the last map, averaged over places. A map of a data \
                 set is learned from all its trials.\n\n";
        text += &models_table(panel, &panel.learned, table);
    }
    text += &things::ceilings(&findings.ceilings);
    text += &things::dimensions(findings.dimensions.as_ref());
    for explanation in &findings.drivers {
        text += &explained(explanation);
        text += &ranked(&explanation.ranks, is_share(&explanation.metric));
    }
    text += "\n## What changes alignment\n\nMean paired differences of networks, and how many of them have an \
             interval that lies above or below 0.\n\n";
    text += &changed(&findings.changes);
    text += "\n## Layers and data sets\n\n";
    for layers in findings
        .layers
        .iter()
        .filter(|layers| layers.n_networks > 0)
    {
        let _ = writeln!(
            text,
            "- {}: the last layer is the best aligned one in {} of {} networks.",
            layers.dataset, layers.n_last, layers.n_networks
        );
    }
    if let Some(found) = &findings.consistency {
        let [one, other] = &found.datasets;
        let claim = match found.interval {
            Some(interval) if interval.lower > 0.0 => "are better aligned",
            Some(interval) if interval.upper < 0.0 => "are less aligned",
            _ => "are not shown to be better or less aligned",
        };
        let interval = found
            .interval
            .map(|interval| bracketed(interval, false))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "- Networks that are better aligned with {one} {claim} with {other}: r = {:.2}{interval}, R² = {:.2}, {} networks.",
            found.pearson, found.r_squared, found.n_networks
        );
    }
    let n_failures = table.failures().count();
    if n_failures > 0 {
        let _ = writeln!(
            text,
            "- {n_failures} measurements could not be made; the table says why."
        );
    }
    text
}

/// Formats a table with one line for each model that has a value.
fn models_table(panel: &Panel, columns: &[Column], table: &StudyTable) -> String {
    let cells: Vec<Vec<&StudyRow>> = columns
        .iter()
        .map(|column| column.networks(table))
        .collect();
    let mut models: Vec<&str> = Vec::new();
    for model in panel.study.models() {
        let is_there = cells.iter().flatten().any(|row| row.model == model.name());
        if is_there && !models.contains(&model.name()) {
            models.push(model.name());
        }
    }
    let mut lines = vec![vec!["model".to_owned(), "trained on".to_owned()]];
    lines[0].extend(columns.iter().map(|column| column.title.to_owned()));
    for name in models {
        let mut found = cells.iter().filter_map(|rows| of_model(rows, name));
        let data = found
            .next()
            .and_then(|row| row.factors.training_data.clone());
        let mut line = vec![name.to_owned(), data.unwrap_or_default()];
        let columns = columns.iter().zip(&cells);
        line.extend(columns.map(|(column, rows)| cell(column, of_model(rows, name))));
        lines.push(line);
    }
    let mut ceilings = vec!["ceiling".to_owned(), String::new()];
    ceilings.extend(columns.iter().map(|column| ceiling(column, table)));
    if ceilings.iter().skip(2).any(|ceiling| !ceiling.is_empty()) {
        lines.push(ceilings);
    }
    aligned(&lines)
}

fn of_model<'t>(rows: &[&'t StudyRow], name: &str) -> Option<&'t StudyRow> {
    rows.iter().copied().find(|row| row.model == name)
}

fn cell(column: &Column, row: Option<&StudyRow>) -> String {
    let Some(measured) = row.and_then(|row| row.measured) else {
        return String::new();
    };
    let is_share = is_share(&column.metrics[0]);
    let interval = measured
        .interval
        .map(|interval| bracketed(interval, is_share));
    format!(
        "{}{}",
        number(measured.value, is_share),
        interval.unwrap_or_default()
    )
}

fn ceiling(column: &Column, table: &StudyTable) -> String {
    let rows = column.networks(table);
    let mut ceilings = rows.iter().filter_map(|row| row.measured?.ceiling);
    let is_share = is_share(&column.metrics[0]);
    let ceiling = ceilings.next();
    let text = |Interval { lower, upper }| {
        format!("{} to {}", number(lower, is_share), number(upper, is_share))
    };
    ceiling.map(text).unwrap_or_default()
}

fn explained(explanation: &Explanation) -> String {
    let mut text = format!(
        "\n## What drives alignment: {}, {}\n\n",
        explanation.dataset, explanation.metric
    );
    if let Some(silence) = &explanation.silence {
        let _ = writeln!(text, "Nothing is explained: {silence}.");
    }
    let Some(drivers) = &explanation.drivers else {
        return text;
    };
    let mut lines = vec![
        [
            "factor",
            "R² alone",
            "p, given the others",
            "share of R²",
            "without noise [95 % interval]",
            "largest in",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for driver in &drivers.drivers {
        lines.push(vec![
            driver.factor.to_string(),
            format!("{:.2}", driver.r_squared),
            p_value(driver),
            format!("{:.2}", driver.share),
            format!(
                "{:.2}{}",
                driver.adjusted_share,
                bracketed(driver.share_interval, false)
            ),
            format!("{:.0} %", 100.0 * driver.largest),
        ]);
    }
    text += &aligned(&lines);
    let is_share = is_share(&explanation.metric);
    let _ = writeln!(
        text,
        "\n{} networks in {} clusters, R² of all factors {:.2}, without what noise explains {:.2}. p-values and \
         shares are over clusters of networks, with these people and objects. Effects, the other factors \
         being the same, with false discoveries controlled{}:",
        drivers.n_networks,
        drivers.n_clusters,
        drivers.r_squared,
        drivers.adjusted_r_squared,
        match drivers.is_over_people {
            true => ", over clusters, people and objects",
            false => "",
        }
    );
    for effect in &explanation.effects {
        let _ = writeln!(
            text,
            "- {}: {}{}",
            effect.name,
            change(effect.difference, is_share),
            bracketed(effect.interval, is_share)
        );
    }
    if drivers.coefficients.is_empty() {
        text += "- not estimated, see the cautions\n";
    } else if explanation.effects.is_empty() {
        text += "- none\n";
    }
    // The levels of factors with a small share are not informative.
    for level in drivers
        .drivers
        .iter()
        .take(1)
        .flat_map(|driver| &driver.levels)
    {
        let _ = writeln!(
            text,
            "- mean of {} networks, {}: {}{}",
            level.n_networks,
            level.name,
            number(level.mean, is_share),
            level
                .interval
                .map(|interval| bracketed(interval, is_share))
                .unwrap_or_default()
        );
    }
    for caution in &drivers.cautions {
        let _ = writeln!(text, "- caution: {caution}");
    }
    text
}

/// Formats the ranks of the networks of a data set.
fn ranked(networks: &[Ranked], is_share: bool) -> String {
    if networks.is_empty() {
        return String::new();
    }
    let header = ["rank", "network", "value", "compatible ranks"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    lines.extend(networks.iter().map(|found| {
        let Rank {
            rank, best, worst, ..
        } = found.rank;
        let ranks = match best == worst {
            true => best.to_string(),
            false => format!("{best} to {worst}"),
        };
        let value = number(found.value, is_share);
        vec![rank.to_string(), found.network.clone(), value, ranks]
    }));
    format!(
        "\nRanks of these networks, 1 for the best aligned. The compatible ranks of all of them contain the true \
         ones with 95 % confidence together.\n\n{}",
        aligned(&lines)
    )
}

/// Formats the p-value of a factor, with the smallest one that the panel allows if that is not small.
fn p_value(driver: &Driver) -> String {
    match driver.smallest_p_value > 0.01 {
        true => format!("{:.4} (≥ {:.4})", driver.p_value, driver.smallest_p_value),
        false => format!("{:.4}", driver.p_value),
    }
}

fn changed(changes: &[Change]) -> String {
    let header = ["data set", "change", "mean", "networks", "up", "down"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    lines.extend(changes.iter().map(|found| {
        vec![
            found.dataset.clone(),
            found.what.clone(),
            change(found.mean, found.is_share),
            found.n_networks.to_string(),
            found.n_up.to_string(),
            found.n_down.to_string(),
        ]
    }));
    aligned(&lines)
}

fn number(value: f64, is_share: bool) -> String {
    match is_share {
        true => format!("{:.1} %", 100.0 * value),
        false => format!("{value:.3}"),
    }
}

fn change(value: f64, is_share: bool) -> String {
    match is_share {
        true => format!("{:+.1} points", 100.0 * value),
        false => format!("{value:+.3}"),
    }
}

fn bracketed(Interval { lower, upper }: Interval, is_share: bool) -> String {
    match is_share {
        true => format!(" [{:.1}, {:.1}]", 100.0 * lower, 100.0 * upper),
        false => format!(" [{lower:.2}, {upper:.2}]"),
    }
}

/// Formats a table of Markdown with aligned columns; the first line is the header.
fn aligned(lines: &[Vec<String>]) -> String {
    let n_columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut text = String::new();
    for (position, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text += "|\n";
        if position == 0 {
            for width in &widths {
                let _ = write!(text, "|{:-<1$}", "", width + 2);
            }
            text += "|\n";
        }
    }
    text
}
