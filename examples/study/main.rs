//! The drivers of the alignment of networks with humans.
//!
//! ```text
//! cargo run --release --example study                           # the embedded miniature
//! cargo run --release --example study -- --untrained            # its negative controls
//! cargo run --release --example study -- --people-at-random
//! cargo run --release --example study -- --data DIR --out DIR   # trained networks, real participants
//! ```
//!
//! The table, the figures and a report are written into a folder, by default `target/study`; with
//! `--json` the table is printed, and files are written only into a given folder. Results on
//! published data are cached in the folder `cache` inside it, from which a study that was
//! interrupted continues.

#[path = "../common/bar.rs"]
mod bar;
#[path = "../common/mod.rs"]
mod common;
mod figures;
mod findings;
mod miniature;
mod panel;
mod real;
mod text;

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::Unused;
use human_alignment::probe::PenaltyKind;
use human_alignment::study::{StudyProgress, StudyRow, StudyTable};
use human_alignment::{Error, Result};
use serde::Serialize;

use figures::Drawn;
use findings::Findings;
use miniature::Settings;
use panel::Panel;

/// Analyse which properties of networks explain their alignment with humans.
#[derive(Parser)]
#[command(name = "study")]
struct Arguments {
    /// Folder of published data, networks and judgments. Default: a small study with networks that
    /// the program trains and simulated participants.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["untrained", "people_at_random"])]
    data: Option<PathBuf>,
    /// Folder for the table, the figures and the report. Default: target/study, or no files with
    /// --json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Form of the penalty of the probes on published data: isotropic or trace.
    #[arg(long, default_value_t, requires = "data")]
    penalty: PenaltyKind,
    /// Learn probes from THINGS for all networks, not only for three of them, and from the other
    /// data sets also for untrained networks. This takes much longer.
    #[arg(long, requires = "data")]
    probe_all: bool,
    /// Leave the networks of the small study untrained, as a negative control.
    #[arg(long)]
    untrained: bool,
    /// Let the participants of the small study answer at random, as a negative control.
    #[arg(long)]
    people_at_random: bool,
    /// Print one JSON object, the table and the findings, instead of the report.
    #[arg(long)]
    json: bool,
}

/// The output of `--json`.
#[derive(Serialize)]
struct Answer<'a> {
    note: &'static str,
    rows: &'a [StudyRow],
    #[serde(flatten)]
    findings: &'a Findings,
}

fn main() -> ExitCode {
    let unused = |arguments: &Arguments| {
        let of_data = Unused::these(&["penalty", "probe_all"], "without --data");
        arguments.data.is_none().then_some(of_data)
    };
    common::main_with(unused, run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let out = match (&arguments.out, arguments.json) {
        (None, true) => None,
        (None, false) => Some(PathBuf::from("target/study")),
        (Some(out), _) => Some(out.clone()),
    };
    if let Some(out) = out.as_ref().filter(|out| out.exists() && !out.is_dir()) {
        let error = std::io::Error::other("it is not a folder");
        return Err(cannot_write(out, error));
    }
    let make_folders = || match &out {
        Some(out) => make_folder(&out.join("figures"))
            .and_then(|()| common::check_folder(&out.join("table.csv"))),
        None => Ok(()),
    };
    // Data that are refused leave no folder.
    if arguments.data.is_none() {
        make_folders()?;
    }
    let panel = match &arguments.data {
        Some(data) => {
            let probes = panel::real::Probes {
                penalty: arguments.penalty,
                all_on_things: arguments.probe_all,
            };
            panel::real::panel(data, out.as_deref(), arguments.seed, &probes)?
        }
        None => panel::miniature::panel(&Settings {
            seed: arguments.seed,
            trained: !arguments.untrained,
            people_at_random: arguments.people_at_random,
            ..Settings::default()
        })?,
    };
    make_folders()?;
    let table = measure(&panel)?;
    let findings = Findings::of(&panel, &table, arguments.seed)?;
    let report = text::report(&panel, &table, &findings);
    if let Some(out) = &out {
        for name in ["table.json", "table.csv", "table.md"] {
            table.write(out.join(name))?;
        }
        let drawn = figures::draw(&panel, &table, &out.join("figures"))?;
        write(&out.join("report.md"), &illustrated(&report, &drawn))?;
    }
    Ok(match (arguments.json, out) {
        (true, _) => {
            let answer = Answer {
                note: panel.note,
                rows: &table.rows,
                findings: &findings,
            };
            serde_json::to_string(&answer).expect("string keys and finite numbers")
        }
        (false, Some(out)) => format!(
            "{report}\nreport.md, table.json, table.csv and figures are in {}",
            out.display()
        ),
        (false, None) => report,
    })
}

fn measure(panel: &Panel) -> Result<StudyTable> {
    let bar = bar::bar("models");
    bar.set_length(panel.study.models().len() as u64);
    let table = panel.study.run_observed(|StudyProgress { model, .. }| {
        bar.set_message(model.label());
        bar.inc(1);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let (ControlFlow::Continue(table) | ControlFlow::Break(table)) = table?;
    refuse_missing_features(&table)?;
    Ok(table)
}

/// Refuses a table without models whose features could not be computed.
fn refuse_missing_features(table: &StudyTable) -> Result<()> {
    let mut failed = table.failures().filter(|row| row.metric.is_none());
    let Some(row) = failed.next() else {
        return Ok(());
    };
    let others = match failed.count() {
        0 => String::new(),
        n => format!("; and the features of {n} other models or data sets"),
    };
    Err(Error::other(format!(
        "the features of {} for {} could not be computed: {}{others}",
        row.label(),
        row.dataset,
        row.failure.as_deref().unwrap_or_default()
    )))
}

fn illustrated(report: &str, drawn: &[Drawn]) -> String {
    let figures = drawn
        .iter()
        .map(|Drawn { file, caption }| format!("\n![{caption}](figures/{})\n", file.display()));
    format!("{report}\n## Figures\n{}", figures.collect::<String>())
}

fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))
}

/// Writes a text to a file, completely or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // The permissions of other new files; those of temporary files are for their owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let written = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        Ok(file.persist(path)?)
    });
    written.map(drop).map_err(|error| cannot_write(path, error))
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    Error::other(format!("cannot write {}: {error}", path.display()))
}
