//! What all command lines share: how they end.

pub mod notes;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use human_alignment::Result;

/// What a command line prints, and in what it falls short of what was asked, if in anything.
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
/// ends with exit code 1 and one line on standard error; an answer that falls short of what was asked
/// is printed, with exit code 2 and a line on standard error that says so.
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
    notes::print();
    // A reader that has seen enough closes the pipe; that is no failure.
    match (
        writeln!(std::io::stdout(), "{}", answer.text),
        answer.shortfall,
    ) {
        (Err(error), _) if error.kind() != ErrorKind::BrokenPipe => fail(&error.to_string()),
        (_, None) => ExitCode::SUCCESS,
        (_, Some(shortfall)) => {
            fail(&shortfall);
            ExitCode::from(2)
        }
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {}", message.replace('\n', " "));
    ExitCode::FAILURE
}
