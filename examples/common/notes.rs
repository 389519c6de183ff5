//! What the library says about its input, on standard error.

use log::{LevelFilter, Log, Metadata, Record};

/// Prints what is logged at the level of information and above, a line each.
struct Notes;

impl Log for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("human_alignment")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("note: {}", record.args());
        }
    }

    fn flush(&self) {}
}

/// Shows notes from here on.
pub fn show() {
    // It fails only where there is a logger already, which then has the notes.
    if log::set_logger(&Notes).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
