//! The shapes of a figure, independent of the file format.

use ndarray::Array3;

use super::color::Color;
use super::font::{self, ASCENT, Anchor, DESCENT};
use crate::error::Result;

/// A position [x, y] in screen pixels from the upper left corner, y downwards.
pub(super) type Point = [f64; 2];

/// An axis-aligned rectangle, in screen pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    pub fn height(self) -> f64 {
        self.bottom - self.top
    }

    pub fn center(self) -> Point {
        [
            (self.left + self.right) / 2.0,
            (self.top + self.bottom) / 2.0,
        ]
    }

    /// Creates a square around a point, with half its side.
    pub fn around([x, y]: Point, half: f64) -> Self {
        Self {
            left: x - half,
            top: y - half,
            right: x + half,
            bottom: y + half,
        }
    }

    /// Returns the rectangle enlarged by a margin on each side.
    #[must_use]
    pub fn grown(self, margin: f64) -> Self {
        Self {
            left: self.left - margin,
            top: self.top - margin,
            right: self.right + margin,
            bottom: self.bottom + margin,
        }
    }

    pub fn overlaps(self, other: Area) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub fn contains(self, other: Area) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }

    /// Returns the closed outline. It starts and ends in the middle of the upper side, so that all
    /// corners are joined alike.
    pub fn outline(self) -> Vec<Point> {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self;
        let middle = [(left + right) / 2.0, top];
        vec![
            middle,
            [right, top],
            [right, bottom],
            [left, bottom],
            [left, top],
            middle,
        ]
    }
}

/// A shape of a drawing.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Path {
        points: Vec<Point>,
        color: Color,
        width: f64,
    },
    Polygon {
        points: Vec<Point>,
        color: Color,
    },
    Rectangle {
        area: Area,
        color: Color,
    },
    Circle {
        center: Point,
        radius: f64,
        color: Color,
    },
    Text(Text),
    Image {
        /// RGB values, [height, width, 3].
        pixels: Array3<u8>,
        area: Area,
    },
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub text: String,
    /// Position of the anchor on the baseline.
    pub at: Point,
    pub anchor: Anchor,
    pub size: f64,
    pub color: Color,
    /// Whether the text is rotated by 90° and reads from bottom to top.
    pub upright: bool,
}

impl Text {
    /// Creates a text that starts at a position and is vertically centred on it.
    pub fn new(text: impl Into<String>, [x, y]: Point, size: f64) -> Self {
        Self {
            text: cleaned(&text.into()),
            at: [x, y + (ASCENT - DESCENT) / 2.0 * size],
            anchor: Anchor::Start,
            size,
            color: Color::INK,
            upright: false,
        }
    }

    #[must_use]
    pub fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    #[must_use]
    pub fn colored(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// Returns the text rotated by 90° around the middle of its line, to read from bottom to top.
    #[must_use]
    pub fn turned(self) -> Self {
        let shift = (ASCENT - DESCENT) / 2.0 * self.size;
        let [x, y] = self.at;
        Self {
            at: [x + shift, y - shift],
            upright: true,
            ..self
        }
    }

    /// Returns the bounding box.
    pub fn area(&self) -> Result<Area> {
        let width = font::width(&self.text, self.size)?;
        let before = width * self.anchor.share();
        let (above, below) = (ASCENT * self.size, DESCENT * self.size);
        let [x, y] = self.at;
        Ok(match self.upright {
            false => Area {
                left: x - before,
                top: y - above,
                right: x - before + width,
                bottom: y + below,
            },
            true => Area {
                left: x - above,
                top: y + before - width,
                right: x + below,
                bottom: y + before,
            },
        })
    }
}

/// Replaces control characters and characters that XML does not allow by spaces.
pub(super) fn cleaned(text: &str) -> String {
    let clean = |c: char| match c {
        '\u{fffe}' | '\u{ffff}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(clean).collect()
}

/// The title, the size in screen pixels and the shapes of a figure, from back to front.
#[derive(Debug, Clone)]
pub(super) struct Drawing {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Drawing {
    pub fn path(&mut self, points: Vec<Point>, color: Color, width: f64) {
        self.shapes.push(Shape::Path {
            points,
            color,
            width,
        });
    }

    pub fn line(&mut self, from: Point, to: Point, color: Color, width: f64) {
        self.path(vec![from, to], color, width);
    }

    /// Draws a dashed line.
    pub fn dashed(&mut self, [x0, y0]: Point, [x1, y1]: Point, color: Color, width: f64) {
        const DASH: f64 = 6.0;
        const PERIOD: f64 = 10.0;

        let length = (x1 - x0).hypot(y1 - y0);
        let at = |distance: f64| {
            let share = (distance / length).min(1.0);
            [x0 + share * (x1 - x0), y0 + share * (y1 - y0)]
        };
        let n = (length / PERIOD).ceil() as usize;
        for dash in 0..n {
            let start = dash as f64 * PERIOD;
            self.line(at(start), at(start + DASH), color, width);
        }
    }

    pub fn polygon(&mut self, points: Vec<Point>, color: Color) {
        self.shapes.push(Shape::Polygon { points, color });
    }

    pub fn rectangle(&mut self, area: Area, color: Color) {
        self.shapes.push(Shape::Rectangle { area, color });
    }

    pub fn circle(&mut self, center: Point, radius: f64, color: Color) {
        self.shapes.push(Shape::Circle {
            center,
            radius,
            color,
        });
    }

    pub fn text(&mut self, text: Text) {
        if !text.text.trim().is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }

    pub fn image(&mut self, pixels: Array3<u8>, area: Area) {
        self.shapes.push(Shape::Image { pixels, area });
    }
}
