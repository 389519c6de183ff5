//! Plots with one row per model or concept: its name on the left, its value on the right.

use super::axes::{self, BELOW, References};
use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::heading::EDGE;
use super::quantity::Quantity;
use super::scale::Scale;
use crate::error::Result;

const LABEL: f64 = 12.0;

/// Maximum width of names, as a fraction of the width.
const NAMES: f64 = 0.4;

/// The contents of a plot with rows and an axis below.
pub(super) struct Rows<'a> {
    /// The name and the written value of each row.
    pub labels: Vec<(&'a str, String)>,
    /// The heading of the values on the right.
    pub note: String,
    pub scale: Scale,
    pub quantity: &'a Quantity,
    pub references: References,
}

/// The layout of drawn rows.
pub(super) struct Laid {
    pub area: Area,
    pub scale: Scale,
    pub row_height: f64,
}

impl Laid {
    /// Returns the vertical centre of a row.
    pub fn y(&self, row: usize) -> f64 {
        self.area.top + (row as f64 + 0.5) * self.row_height
    }
}

impl Rows<'_> {
    /// Draws names, values, axis, grid and references, and sets the height of the drawing.
    pub fn draw(self, drawing: &mut Drawing, top: f64) -> Result<Laid> {
        let row_height = if self.labels.len() > 30 { 18.0 } else { 23.0 };
        let (mut names, mut notes): (f64, f64) = (0.0, font::width(&self.note, LABEL)?);
        for (name, note) in &self.labels {
            names = names.max(font::width(name, LABEL)?);
            notes = notes.max(font::width(note, LABEL)?);
        }
        let names = names.min(NAMES * drawing.width);
        let top = top + 16.0;
        let area = Area {
            left: EDGE + names + 10.0,
            right: drawing.width - EDGE - notes - 12.0,
            top,
            bottom: top + row_height * self.labels.len() as f64,
        };
        let scale = self.scale.on(area.left, area.right);
        self.references.draw_vertical_band(drawing, area, &scale);
        axes::horizontal(drawing, area, &scale, self.quantity)?;
        let right = drawing.width - EDGE;
        let heading = Text::new(self.note, [right, top - 10.0], LABEL).anchored(Anchor::End);
        drawing.text(heading.colored(Color::SOFT));
        let laid = Laid {
            area,
            scale,
            row_height,
        };
        for (row, (name, note)) in self.labels.into_iter().enumerate() {
            let y = laid.y(row);
            drawing.line([area.left, y], [area.right, y], Color::GRID, 1.0);
            let name = font::fitted(name, LABEL, names)?;
            drawing.text(Text::new(name, [area.left - 10.0, y], LABEL).anchored(Anchor::End));
            drawing.text(Text::new(note, [right, y], LABEL).anchored(Anchor::End));
        }
        self.references
            .draw_vertical_line(drawing, area, &laid.scale);
        drawing.height = (area.bottom + BELOW + 4.0).ceil();
        Ok(laid)
    }
}

/// Draws an interval in a row, with caps at its ends.
pub(super) fn whiskers(drawing: &mut Drawing, [from, to]: [f64; 2], y: f64, color: Color) {
    drawing.line([from, y], [to, y], color, 1.75);
    for end in [from, to] {
        drawing.line([end, y - 3.5], [end, y + 3.5], color, 1.75);
    }
}
