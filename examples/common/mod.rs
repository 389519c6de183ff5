//! What all command lines share: how they end.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use human_alignment::Result;

/// Parses the arguments and prints what `run` makes of them to standard output. Whatever is wrong
/// ends with exit code 1 and one line on standard error.
pub fn main<A: Parser>(run: impl FnOnce(&A) -> Result<String>) -> ExitCode {
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
    let text = match run(&arguments) {
        Ok(text) => text,
        Err(error) => return fail(&error.to_string()),
    };
    // A reader that has seen enough closes the pipe; that is no failure.
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(&error.to_string()),
        _ => ExitCode::SUCCESS,
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {}", message.replace('\n', " "));
    ExitCode::FAILURE
}
