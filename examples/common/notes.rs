//! Notes on how files were interpreted, printed to standard error.

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};

static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A logger that keeps the messages of the library at level `info` and above.
struct Notes;

impl Log for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("human_alignment")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            add(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Installs the logger.
pub fn collect() {
    // It fails only if there is another logger, which then receives the messages.
    if log::set_logger(&Notes).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// Adds a note unless it is a duplicate.
pub fn add(note: String) {
    // A poisoned list is still valid.
    let mut notes = NOTES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// Prints all notes. Not called after an error, which is printed alone.
pub fn print() {
    let mut notes = NOTES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    for note in notes.drain(..) {
        super::note(format_args!("note: {note}"));
    }
}
