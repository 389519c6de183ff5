//! Tables as files.

use std::fmt::Write as _;
use std::io::{self, BufReader, Write};
use std::path::Path;

use serde::Serialize;

use super::row::{Metric, Row};
use super::table::Table;
use crate::error::{FileError, Result};
use crate::inference::Interval;
use crate::io::atomic::write_atomically;
use crate::io::{Origin, extension, open};

impl Table {
    /// Writes the table: all of it as `.json`, a line a row as `.csv`, what a person reads as `.md`
    /// ([`Table::to_markdown`]). The file appears at once or not at all.
    ///
    /// # Errors
    /// [`FileError::UnknownFormat`] for another ending, [`FileError::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        match extension(path).as_str() {
            "json" => write_atomically(path, |file| Ok(serde_json::to_writer_pretty(file, self)?)),
            "csv" => write_atomically(path, |file| self.write_csv(file)),
            "md" => write_atomically(path, |file| file.write_all(self.to_markdown().as_bytes())),
            _ => Err(FileError::UnknownFormat {
                path: path.to_path_buf(),
                expected: ".json, .csv or .md",
            }
            .into()),
        }
    }

    /// Reads a table that was written as `.json`.
    ///
    /// # Errors
    /// [`FileError::Read`]; `Context::File` around [`FileError::Malformed`] where it is no table.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let origin = Origin::new(path, "JSON");
        let table = serde_json::from_reader(BufReader::new(open(path)?));
        table.map_err(|source| origin.malformed(source).in_file(path))
    }

    fn write_csv(&self, file: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(file);
        writer.write_record(COLUMNS)?;
        for row in &self.rows {
            writer.serialize(Line::from(row))?;
        }
        writer.flush()
    }

    /// A line a row, as a table of Markdown: the number with its interval, its ceiling, how many trials or
    /// pairs it is of.
    pub fn to_markdown(&self) -> String {
        let mut text = "| model | data set | measured | value [95 % interval] | ceiling | n |\n\
                        |---|---|---|---|---|---|\n"
            .to_owned();
        for row in &self.rows {
            let metric = row.metric.as_ref().map(ToString::to_string);
            let (value, ceiling, n) = match (&row.measured, &row.failure) {
                (Some(measured), _) => (
                    format!("{:.4}{}", measured.value, bracketed(measured.interval)),
                    measured.ceiling.map(between).unwrap_or_default(),
                    measured.n.to_string(),
                ),
                (None, failure) => (
                    failure.clone().unwrap_or_default(),
                    String::new(),
                    String::new(),
                ),
            };
            let cells = [
                row.label(),
                row.dataset.clone(),
                metric.unwrap_or_default(),
                value,
                ceiling,
                n,
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }
}

fn between(interval: Interval) -> String {
    format!("{:.4} to {:.4}", interval.lower, interval.upper)
}

fn bracketed(interval: Option<Interval>) -> String {
    match interval {
        Some(interval) => format!(" [{:.4}, {:.4}]", interval.lower, interval.upper),
        None => String::new(),
    }
}

/// The columns of a flat file: the fields of [`Line`].
const COLUMNS: [&str; 24] = [
    "model",
    "tap",
    "depth",
    "family",
    "training_data",
    "objective",
    "n_parameters",
    "n_layers",
    "imagenet_top1",
    "dataset",
    "kind",
    "metric",
    "value",
    "standard_error",
    "lower",
    "upper",
    "ceiling_lower",
    "ceiling_upper",
    "n",
    "n_ties",
    "seed",
    "content_hash",
    "data_hash",
    "failure",
];

/// A row as a line of a flat file.
#[derive(Serialize)]
struct Line<'r> {
    model: &'r str,
    tap: Option<&'r str>,
    depth: Option<u32>,
    family: Option<&'r str>,
    training_data: Option<&'r str>,
    objective: Option<&'r str>,
    n_parameters: Option<u64>,
    n_layers: Option<u32>,
    imagenet_top1: Option<f64>,
    dataset: &'r str,
    /// What was measured, as in JSON.
    kind: Option<String>,
    metric: Option<String>,
    value: Option<f64>,
    standard_error: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    ceiling_lower: Option<f64>,
    ceiling_upper: Option<f64>,
    n: Option<u64>,
    n_ties: Option<u64>,
    seed: u64,
    content_hash: &'r str,
    data_hash: &'r str,
    failure: Option<&'r str>,
}

impl<'r> From<&'r Row> for Line<'r> {
    fn from(row: &'r Row) -> Self {
        let measured = row.measured;
        let interval = measured.and_then(|measured| measured.interval);
        let ceiling = measured.and_then(|measured| measured.ceiling);
        Self {
            model: &row.model,
            tap: row.tap.as_deref(),
            depth: row.depth,
            family: row.factors.family.as_deref(),
            training_data: row.factors.training_data.as_deref(),
            objective: row.factors.objective.as_deref(),
            n_parameters: row.factors.n_parameters,
            n_layers: row.factors.n_layers,
            imagenet_top1: row.factors.imagenet_top1,
            dataset: &row.dataset,
            kind: row.metric.as_ref().and_then(kind),
            metric: row.metric.as_ref().map(ToString::to_string),
            value: row.value(),
            standard_error: measured.and_then(|measured| measured.standard_error),
            lower: interval.map(|interval| interval.lower),
            upper: interval.map(|interval| interval.upper),
            ceiling_lower: ceiling.map(|ceiling| ceiling.lower),
            ceiling_upper: ceiling.map(|ceiling| ceiling.upper),
            n: measured.map(|measured| measured.n),
            n_ties: measured.and_then(|measured| measured.n_ties),
            seed: row.seed,
            content_hash: &row.content_hash,
            data_hash: &row.data_hash,
            failure: row.failure.as_deref(),
        }
    }
}

/// The tag of a metric in JSON.
fn kind(metric: &Metric) -> Option<String> {
    let value = serde_json::to_value(metric).ok()?;
    Some(value.get("kind")?.as_str()?.to_owned())
}
