//! Titles, and what all figures have in common.

use super::color::Color;
use super::drawing::{Drawing, Text};
use super::font;
use super::quantity::decimal;
use crate::error::Result;

/// Free room at the edges of a figure.
pub(super) const EDGE: f64 = 18.0;

const TITLE: f64 = 17.0;
const SUBTITLE: f64 = 12.5;

/// What stands above a figure.
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

    /// A drawing of a width with the heading on top, and where the room below begins.
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

/// The methods that all figures have: they need a field `heading` and a method `drawing`.
macro_rules! figure {
    ($type:ty) => {
        impl $type {
            /// A line below the title, such as what the data are or that they are simulated.
            #[must_use]
            pub fn with_subtitle(mut self, subtitle: impl Into<String>) -> Self {
                self.heading.set_subtitle(subtitle.into());
                self
            }

            /// How many of something the figure is about, such as 2,171 `trials`: a line below the title
            /// says "n = 2,171 trials". Several numbers stand one after the other.
            #[must_use]
            pub fn with_count(mut self, n: u64, what: &str) -> Self {
                self.heading.add_count(n, what);
                self
            }

            /// Writes the figure in one step: vector graphics where the name ends with `.svg`, an
            /// image of twice as many pixels either way where it ends with `.png`. The same figure
            /// gives the same bytes.
            ///
            /// # Errors
            /// `FileError::UnknownFormat` for another ending,
            /// `ArgumentError::TooFew` where there is nothing to draw,
            /// `FileError::Write` where the file cannot be written; what else
            /// is wrong with a figure, its own description says.
            pub fn write(&self, path: impl AsRef<std::path::Path>) -> $crate::error::Result<()> {
                self.drawing()?.write(path.as_ref())
            }
        }
    };
}

pub(super) use figure;
