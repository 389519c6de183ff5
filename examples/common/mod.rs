//! Output and exit codes of the command lines.

#![allow(dead_code)] // No example uses all of them.

pub mod notes;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use human_alignment::{Error, Result};

/// The output of a command line, and a message if the result is incomplete.
pub struct Answer {
    pub text: String,
    pub shortfall: Option<String>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self {
            text,
            shortfall: None,
        }
    }
}

/// Parses the arguments and prints the result of `run` to standard output.
///
/// An error, including a failed write, ends the program with exit code 1 and one line on standard
/// error. An incomplete result is printed, with exit code 2 and one line on standard error.
pub fn main<A: Parser, T: Into<Answer>>(run: impl FnOnce(&A) -> Result<T>) -> ExitCode {
    notes::collect();
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            // Missing arguments are listed in the lines below the first.
            let text = error.to_string();
            let told = text.lines().take_while(|line| !line.is_empty());
            let told: Vec<&str> = told.map(str::trim).collect();
            return fail(told.join(" ").trim_start_matches("error: "));
        }
    };
    let answer: Answer = match run(&arguments) {
        Ok(answer) => answer.into(),
        Err(error) => return fail(&error.report().to_string()),
    };
    if answer.shortfall.is_none() {
        notes::print();
    }
    if let Err(error) = print(&answer.text) {
        return fail(&format!("cannot write to standard output: {error}"));
    }
    match answer.shortfall {
        None => ExitCode::SUCCESS,
        Some(shortfall) => {
            fail(&shortfall);
            ExitCode::from(2)
        }
    }
}

/// Checks, before a long computation, that its result can be written to a file: the extension is
/// one of `extensions`, the folder exists, and the file is none of `inputs`.
pub fn check_output(path: &Path, extensions: &[&str], inputs: &[&Path]) -> Result<()> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if !extensions.iter().any(|&allowed| extension == allowed) {
        return Err(Error::other(format!(
            "cannot tell the format of {} from its name (expected .{})",
            path.display(),
            extensions.join(" or .")
        )));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(Error::other(format!(
            "cannot write {}: its folder does not exist",
            path.display()
        )));
    }
    let place = path.canonicalize().ok();
    let is_output = |input: &&&Path| place.is_some() && input.canonicalize().ok() == place;
    match inputs.iter().find(is_output) {
        None => Ok(()),
        Some(input) => Err(Error::other(format!(
            "writing {} would replace the input {}: choose another name",
            path.display(),
            input.display()
        ))),
    }
}

/// Returns the exit code of a program that writes line by line, and prints an error to standard
/// error.
pub fn end(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.report().to_string()),
    }
}

/// Writes a line to standard output.
pub fn line(text: impl std::fmt::Display) -> Result<()> {
    print(&text.to_string())
        .map_err(|error| Error::other(format!("cannot write standard output: {error}")))
}

/// Writes a line to standard output and flushes it.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a line to standard error. A failed write is ignored, so that the result is not lost.
pub fn note(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn fail(message: &str) -> ExitCode {
    note(format_args!("error: {}", message.replace('\n', " ")));
    ExitCode::FAILURE
}
