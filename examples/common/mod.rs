//! What all command lines share: how they end.

pub mod notes;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use human_alignment::{Error, Result};

/// What a command line prints, and in what it falls short of what was asked, if in anything.
#[allow(dead_code)] // Only where there is one answer.
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

/// Parses the arguments and prints what `run` makes of them to standard output. Whatever is wrong
/// ends with exit code 1 and one line on standard error, also an answer that can't be written; an answer that falls short of what was asked
/// is printed, with exit code 2 and a line on standard error that says so.
#[allow(dead_code)] // Only where there is one answer.
pub fn main<A: Parser, T: Into<Answer>>(run: impl FnOnce(&A) -> Result<T>) -> ExitCode {
    notes::collect();
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            // What is missing stands in the lines below the first.
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

/// Ends a program that writes line by line.
#[allow(dead_code)] // Only where answers come bit by bit.
pub fn end(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.report().to_string()),
    }
}

/// Writes a line to standard output.
#[allow(dead_code)] // Only where answers come bit by bit.
pub fn line(text: impl std::fmt::Display) -> Result<()> {
    print(&text.to_string())
        .map_err(|error| Error::other(format!("cannot write standard output: {error}")))
}

/// Writes to standard output, all of it.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a line to standard error. An answer is not lost for a remark that can't be written.
#[allow(dead_code)] // Only where there is something to remark.
pub fn note(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn fail(message: &str) -> ExitCode {
    note(format_args!("error: {}", message.replace('\n', " ")));
    ExitCode::FAILURE
}
