//! How files were understood, in lines on standard error beside an answer.

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};

static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps what the library says at the level of information and above.
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

/// Keeps what the library says from here on.
pub fn collect() {
    // It fails only where there is a logger already, which then has the notes.
    if log::set_logger(&Notes).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// Keeps a note.
pub fn add(note: String) {
    // A thread that panicked while it added a note left the list as it was.
    let mut notes = NOTES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// Prints the notes. An error is told alone.
pub fn print() {
    let mut notes = NOTES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    for note in notes.drain(..) {
        super::note(format_args!("note: {note}"));
    }
}
