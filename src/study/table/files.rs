//! Tables as files.

use std::fmt::Write as _;
use std::io::{self, BufReader, Write};
use std::path::Path;

use serde_json::Value;

use super::{StudyRow, StudyTable};
use crate::error::{FileError, Result};
use crate::inference::Interval;
use crate::io::atomic::write_atomically;
use crate::io::{Origin, extension, open};

impl StudyTable {
    /// Writes the table: as `.json` with all fields, as `.csv` with one line for each row, or as
    /// `.md` ([`StudyTable::to_markdown`]). The file is written completely or not at all.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] for another extension and [`FileError::Write`] if the
    /// file cannot be written.
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

    /// Reads a table from a `.json` file that [`StudyTable::write`] wrote.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] for another extension, [`FileError::Read`] if the file
    /// cannot be read, and `Context::File` around [`FileError::Malformed`] if it is no table.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.extension().is_none_or(|extension| extension != "json") {
            return Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".json",
            }
            .into());
        }
        let origin = Origin::new(path, "JSON");
        let table = serde_json::from_reader(BufReader::new(open(path)?));
        table.map_err(|source| origin.malformed(source).in_file(path))
    }

    fn write_csv(&self, file: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(COLUMNS.split(' '))?;
        for row in &self.rows {
            let fields = serde_json::to_value(row)?;
            let cells = COLUMNS.split(' ').map(|column| cell(row, &fields, column));
            writer.write_record(cells)?;
        }
        writer.flush()
    }

    /// Returns the table as Markdown: for each row the value with its interval and, for differences,
    /// the adjusted p-value, the ceiling, and the number of trials, pairs or stimuli.
    pub fn to_markdown(&self) -> String {
        let mut text = "| model | data set | measured | value [95 % interval] | ceiling | n |\n\
                        |---|---|---|---|---|---|\n"
            .to_owned();
        for row in &self.rows {
            let metric = row.metric.as_ref().map(ToString::to_string);
            let (value, ceiling, n) = match (&row.measured, &row.failure) {
                (Some(measured), _) => (
                    format!(
                        "{:.4}{}{}",
                        measured.value,
                        bracketed(measured.interval),
                        adjusted(row.adjusted_p_value)
                    ),
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

fn adjusted(p_value: Option<f64>) -> String {
    p_value.map_or(String::new(), |p| format!(", adjusted p = {p:.4}"))
}

/// The columns of a CSV file.
const COLUMNS: &str = "model tap depth family training_data objective n_parameters n_layers imagenet_top1 cluster \
                       dataset kind metric value standard_error lower upper ceiling_lower ceiling_upper n \
                       n_ties seed content_hash data_hash failure p_value adjusted_p_value";

/// Returns the cell of a row in a CSV file, by the fields of the row in JSON.
fn cell(row: &StudyRow, fields: &Value, column: &str) -> String {
    let value = match column {
        "kind" => &fields["metric"]["kind"],
        "metric" => {
            return row
                .metric
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
        }
        "lower" => &fields["interval"][0],
        "upper" => &fields["interval"][1],
        "ceiling_lower" => &fields["ceiling"][0],
        "ceiling_upper" => &fields["ceiling"][1],
        _ => &fields[column],
    };
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
