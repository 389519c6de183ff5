//! Legends of colours, markers and lines.

use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font;
use super::heading::EDGE;
use super::marker::Marker;
use crate::error::Result;

const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
/// Width of a key.
const SIGN: f64 = 22.0;
const GAP: f64 = 18.0;

/// Radius of markers, in pixels.
pub(super) const RADIUS: f64 = 4.5;

/// A symbol in a legend.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Marker(Marker, Color),
    OpenMarker(Marker, Color),
    /// A filled rectangle.
    Band(Color),
    Line(Color),
    Dashed(Color),
    /// A line with a marker on it.
    MarkedLine(Marker, Color),
    /// A horizontal interval with caps.
    Whiskers(Color),
    /// A vertical interval.
    Upright(Color),
    /// The frame of an image.
    Edge(Color),
}

/// Draws the entries of a legend in as many lines as necessary. Returns the vertical position below
/// them.
pub(super) fn draw(drawing: &mut Drawing, top: f64, keys: &[(Key, String)]) -> Result<f64> {
    let right = drawing.width - EDGE;
    let (mut x, mut y) = (EDGE, top);
    for (key, label) in keys {
        let label = font::fitted(label, SIZE, right - EDGE - SIGN)?;
        let width = SIGN + font::width(&label, SIZE)?;
        if x + width > right && x > EDGE {
            (x, y) = (EDGE, y + LINE);
        }
        let middle = y + LINE / 2.0;
        key.draw(drawing, [x + 8.0, middle]);
        drawing.text(Text::new(label, [x + SIGN, middle], SIZE));
        x += width + GAP;
    }
    Ok(if keys.is_empty() { top } else { y + LINE + 6.0 })
}

impl Key {
    fn draw(self, drawing: &mut Drawing, [x, y]: [f64; 2]) {
        const HALF: f64 = 9.0;

        let ends = ([x - HALF, y], [x + HALF, y]);
        match self {
            Key::Marker(marker, color) => marker.draw(drawing, [x, y], RADIUS, color),
            Key::OpenMarker(marker, color) => marker.draw_open(drawing, [x, y], RADIUS, color),
            Key::Band(color) => {
                let area = Area {
                    left: x - HALF,
                    right: x + HALF,
                    top: y - 6.0,
                    bottom: y + 6.0,
                };
                drawing.rectangle(area, color);
            }
            Key::Line(color) => drawing.line(ends.0, ends.1, color, 1.75),
            Key::Dashed(color) => drawing.dashed(ends.0, ends.1, color, 1.5),
            Key::MarkedLine(marker, color) => {
                drawing.line(ends.0, ends.1, color, 2.0);
                marker.draw(drawing, [x, y], RADIUS, color);
            }
            Key::Whiskers(color) => {
                drawing.line(ends.0, ends.1, color, 1.5);
                for end in [x - HALF, x + HALF] {
                    drawing.line([end, y - 3.5], [end, y + 3.5], color, 1.5);
                }
            }
            Key::Upright(color) => drawing.line([x, y - 8.0], [x, y + 8.0], color, 1.5),
            Key::Edge(color) => {
                drawing.path(Area::around([x, y], 6.0).outline(), color, 2.5);
            }
        }
    }
}
