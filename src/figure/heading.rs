//! Titles, and the methods that all figures have.

use super::color::Color;
use super::drawing::{Drawing, Text};
use super::font;
use super::quantity::decimal;
use crate::error::Result;

/// Margin of a figure, in pixels.
pub(super) const EDGE: f64 = 18.0;

const TITLE: f64 = 17.0;
const SUBTITLE: f64 = 12.5;

/// The title, subtitle and counts above a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    title: String,
    subtitle: Option<String>,
    counts: Vec<String>,
}

impl Heading {
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            counts: Vec::new(),
        }
    }

    pub fn set_subtitle(&mut self, subtitle: String) {
        self.subtitle = Some(subtitle);
    }

    pub fn add_count(&mut self, n: u64, what: &str) {
        self.counts.push(format!("{} {what}", decimal(n as f64, 0)));
    }

    /// Creates a drawing of a given width with the heading, and returns it with the vertical
    /// position where the content starts.
    pub fn draw(&self, width: f64) -> Result<(Drawing, f64)> {
        let mut drawing = Drawing {
            title: self.title.clone(),
            width,
            height: 0.0,
            shapes: Vec::new(),
        };
        let room = width - 2.0 * EDGE;
        let mut y = EDGE;
        for line in font::wrapped(&self.title, TITLE, room)? {
            drawing.text(Text::new(line, [EDGE, y + 0.6 * TITLE], TITLE));
            y += 1.35 * TITLE;
        }
        let n = (!self.counts.is_empty()).then(|| format!("n = {}", self.counts.join(", ")));
        for text in self.subtitle.iter().chain(&n) {
            for line in font::wrapped(text, SUBTITLE, room)? {
                let text = Text::new(line, [EDGE, y + 0.6 * SUBTITLE], SUBTITLE);
                drawing.text(text.colored(Color::SOFT));
                y += 1.35 * SUBTITLE;
            }
        }
        Ok((drawing, y + 8.0))
    }
}

/// Implements the methods that all figures have, for a type with a field `heading` and a method
/// `drawing`.
macro_rules! figure {
    ($type:ty) => {
        impl $type {
            /// Sets a line below the title, such as a description of the data.
            #[must_use]
            pub fn with_subtitle(mut self, subtitle: impl Into<String>) -> Self {
                self.heading.set_subtitle(subtitle.into());
                self
            }

            /// Adds a sample size below the title: 2171 and `trials` give "n = 2,171 trials".
            /// Several counts are separated by commas.
            #[must_use]
            pub fn with_count(mut self, n: u64, what: &str) -> Self {
                self.heading.add_count(n, what);
                self
            }

            /// Writes the figure as vector graphics (`.svg`) or as an image at twice the resolution
            /// (`.png`), by the extension of the path. The file is replaced atomically. The same
            /// figure gives the same bytes.
            ///
            /// # Errors
            /// Returns `FileError::UnknownFormat` for another
            /// extension, `ArgumentError::TooFew` if there is nothing to
            /// draw, and `FileError::Write` if the file cannot be written.
            /// Further errors are documented with each figure.
            pub fn write(&self, path: impl AsRef<std::path::Path>) -> $crate::error::Result<()> {
                self.drawing()?.write(path.as_ref())
            }
        }
    };
}

pub(super) use figure;
