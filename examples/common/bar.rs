//! Progress bars on standard error, which are hidden if it is not a terminal.

#![allow(dead_code)] // No example uses all of them.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Returns a bar of things, such as `images`, whose number is set later. The text may contain keys
/// of a template of indicatif, such as `images, {per_sec}`.
pub fn bar(of: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = format!("{{wide_bar}} {{pos}}/{{len}} {of}, {{eta}} left {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

/// Returns a sign that the program is at work, with a message.
pub fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}
