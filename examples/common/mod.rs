//! Output and exit codes of the command lines.

#![allow(dead_code)] // No example uses all of them.

pub mod notes;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Parser};
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

/// Flags that have no effect with the other arguments, by the names of their fields.
pub struct Unused {
    flags: &'static [&'static str],
    /// Whether all flags but these have no effect.
    is_complement: bool,
    when: &'static str,
}

impl Unused {
    /// Creates a set of flags with the case in which they have no effect, such as `without --folds`.
    pub fn these(flags: &'static [&'static str], when: &'static str) -> Self {
        Self {
            flags,
            is_complement: false,
            when,
        }
    }

    /// Creates the set of all flags but these.
    pub fn all_but(flags: &'static [&'static str], when: &'static str) -> Self {
        Self {
            is_complement: true,
            ..Self::these(flags, when)
        }
    }

    /// Returns an error if one of the flags was given.
    fn check(&self, command: &Command, given: &ArgMatches) -> Result<()> {
        let is_meant = |name: &str| self.flags.contains(&name) != self.is_complement;
        let is_given = |name: &str| given.value_source(name) == Some(ValueSource::CommandLine);
        let mut all = command.get_arguments();
        let unused = all.find(|argument| {
            let name = argument.get_id().as_str();
            is_meant(name) && is_given(name)
        });
        match unused.and_then(|argument| argument.get_long()) {
            None => Ok(()),
            Some(flag) => {
                let when = self.when;
                Err(Error::other(format!(
                    "--{flag} has no effect {when}: leave it out"
                )))
            }
        }
    }
}

/// Parses the arguments and prints the result of `run` to standard output.
///
/// An error, including a failed write, ends the program with exit code 1 and one line on standard
/// error. An incomplete result is printed, with exit code 2 and one line on standard error.
pub fn main<A: Parser, T: Into<Answer>>(run: impl FnOnce(&A) -> Result<T>) -> ExitCode {
    main_with(|_| None, run)
}

/// Parses the arguments, refuses those that have no effect with the others, and prints the result of
/// `run` like [`main`].
pub fn main_with<A: Parser, T: Into<Answer>, U: IntoIterator<Item = Unused>>(
    unused: impl FnOnce(&A) -> U,
    run: impl FnOnce(&A) -> Result<T>,
) -> ExitCode {
    notes::collect();
    let command = A::command();
    let given = command.clone().try_get_matches();
    let parsed = given.and_then(|given| Ok((A::from_arg_matches(&given)?, given)));
    let (arguments, given) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error),
    };
    let mut unused = unused(&arguments).into_iter();
    let checked = unused.try_for_each(|unused| unused.check(&command, &given));
    let answer: Answer = match checked.and_then(|()| run(&arguments)) {
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

/// Parses a number of a list, with spaces around it.
pub fn number(text: &str) -> std::result::Result<f64, std::num::ParseFloatError> {
    text.trim().parse()
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
    if path.is_dir() {
        return Err(Error::other(format!(
            "cannot write {}: it is a folder",
            path.display()
        )));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(Error::other(format!(
            "cannot write {}: its folder does not exist",
            path.display()
        )));
    }
    match inputs.iter().find(|input| is_same_file(input, path)) {
        None => check_folder(path),
        Some(input) => Err(Error::other(format!(
            "writing {} would replace the input {}: choose another name",
            path.display(),
            input.display()
        ))),
    }
}

/// Checks, before a long computation, that a file can be written to the folder of a path.
pub fn check_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    match tempfile::tempfile_in(folder.unwrap_or(Path::new("."))) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::other(format!(
            "cannot write {}: {error}",
            path.display()
        ))),
    }
}

/// Checks whether two paths are of the same file, which need not exist.
pub fn is_same_file(first: &Path, second: &Path) -> bool {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(
            path.canonicalize()
                .unwrap_or(folder.join(path.file_name()?)),
        )
    };
    place(first).is_some_and(|first| place(second) == Some(first))
}

/// Returns the exit code of a program that writes line by line, and prints an error to standard
/// error.
pub fn end(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.report().to_string()),
    }
}

/// Runs a program without options, which writes line by line.
pub fn main_without_options<A: Parser>(run: impl FnOnce() -> Result<()>) -> ExitCode {
    match A::try_parse() {
        Ok(_) => end(run()),
        Err(error) => refuse(&error),
    }
}

/// Prints the help or what is wrong with the arguments, in one line, and returns the exit code.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    // Missing arguments are listed in the lines below the first.
    let text = error.to_string();
    let told = text.lines().take_while(|line| !line.is_empty());
    let told: Vec<&str> = told.map(str::trim).collect();
    fail(told.join(" ").trim_start_matches("error: "))
}

/// Writes a line to standard output.
pub fn line(text: impl std::fmt::Display) -> Result<()> {
    print(&text.to_string())
        .map_err(|error| Error::other(format!("cannot write standard output: {error}")))
}

/// Returns the duration of some work.
pub fn timed<R>(work: impl FnOnce() -> Result<R>) -> Result<Duration> {
    let start = Instant::now();
    std::hint::black_box(work()?);
    Ok(start.elapsed())
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
