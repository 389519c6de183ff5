//! Axes, grid lines, and reference values (noise ceiling, chance) of plots.

use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::legend::Key;
use super::plotted_value::PlottedValue;
use super::quantity::Quantity;
use super::scale::Scale;
use crate::error::Result;
use crate::inference::{Confidence, Interval};

pub(super) const TICK: f64 = 11.5;
pub(super) const AXIS_TITLE: f64 = 13.0;

/// Height of the ticks and the title below a plot.
pub(super) const BELOW: f64 = 48.0;

/// Draws a horizontal axis below an area, with its title and vertical grid lines.
pub(super) fn horizontal(
    drawing: &mut Drawing,
    area: Area,
    scale: &Scale,
    quantity: &Quantity,
) -> Result<()> {
    let ticks = scale.ticks((area.width() / 62.0) as usize, quantity);
    labelled_horizontal(drawing, area, scale, &ticks)?;
    horizontal_title(drawing, area, &quantity.title())
}

/// Draws a horizontal axis with the given ticks and no title; tick labels that would touch the
/// previous label are left out.
pub(super) fn labelled_horizontal(
    drawing: &mut Drawing,
    area: Area,
    scale: &Scale,
    ticks: &[(f64, String)],
) -> Result<()> {
    let mut free = f64::NEG_INFINITY;
    for (value, label) in ticks {
        let x = scale.at(*value);
        drawing.line([x, area.top], [x, area.bottom], Color::GRID, 1.0);
        drawing.line([x, area.bottom], [x, area.bottom + 4.0], Color::LINE, 1.0);
        let text = Text::new(label, [x, area.bottom + 14.0], TICK).anchored(Anchor::Middle);
        let covered = text.area()?;
        if covered.left > free && covered.right < drawing.width {
            free = covered.right + 4.0;
            drawing.text(text.colored(Color::SOFT));
        }
    }
    drawing.line(
        [area.left, area.bottom],
        [area.right, area.bottom],
        Color::LINE,
        1.0,
    );
    Ok(())
}

/// Draws the title of a horizontal axis, shortened if it does not fit.
pub(super) fn horizontal_title(drawing: &mut Drawing, area: Area, title: &str) -> Result<()> {
    let room = 2.0 * (area.center()[0]).min(drawing.width - area.center()[0]) - 8.0;
    let title = font::fitted(title, AXIS_TITLE, room)?;
    let at = [area.center()[0], area.bottom + 34.0];
    drawing.text(Text::new(title, at, AXIS_TITLE).anchored(Anchor::Middle));
    Ok(())
}

/// Returns the width that a vertical axis needs to the left of its area.
pub(super) fn vertical_room(scale: &Scale, height: f64, quantity: &Quantity) -> Result<f64> {
    let mut widest: f64 = 0.0;
    for (_, label) in vertical_ticks(scale, height, quantity) {
        widest = widest.max(font::width(&label, TICK)?);
    }
    Ok(widest + AXIS_TITLE + 22.0)
}

/// Draws a vertical axis to the left of an area, with its title and horizontal grid lines.
pub(super) fn vertical(
    drawing: &mut Drawing,
    area: Area,
    scale: &Scale,
    quantity: &Quantity,
) -> Result<()> {
    let mut widest: f64 = 0.0;
    for (value, label) in vertical_ticks(scale, area.height(), quantity) {
        let y = scale.at(value);
        drawing.line([area.left, y], [area.right, y], Color::GRID, 1.0);
        drawing.line([area.left - 4.0, y], [area.left, y], Color::LINE, 1.0);
        widest = widest.max(font::width(&label, TICK)?);
        let text = Text::new(label, [area.left - 7.0, y], TICK).anchored(Anchor::End);
        drawing.text(text.colored(Color::SOFT));
    }
    drawing.line(
        [area.left, area.top],
        [area.left, area.bottom],
        Color::LINE,
        1.0,
    );
    let title = font::fitted(&quantity.title(), AXIS_TITLE, area.height() + 40.0)?;
    let at = [
        area.left - 7.0 - widest - 6.0 - AXIS_TITLE / 2.0,
        area.center()[1],
    ];
    drawing.text(
        Text::new(title, at, AXIS_TITLE)
            .anchored(Anchor::Middle)
            .turned(),
    );
    Ok(())
}

fn vertical_ticks(scale: &Scale, height: f64, quantity: &Quantity) -> Vec<(f64, String)> {
    scale.ticks((height / 45.0).max(2.0) as usize, quantity)
}

/// The reference values of a figure: noise ceiling, chance, and the confidence level of intervals.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct References {
    pub ceiling: Option<Interval>,
    pub chance: Option<f64>,
    pub confidence: Confidence,
}

impl References {
    /// Returns the reference values, which have to be within the range of the axis.
    pub fn numbers(&self) -> impl Iterator<Item = f64> {
        let ceiling = self.ceiling.map(<[f64; 2]>::from);
        ceiling.into_iter().flatten().chain(self.chance)
    }

    /// Returns the legend entries of the noise ceiling and of chance; `span` is the range of the
    /// axis.
    pub fn keys(&self, quantity: &Quantity, span: f64) -> Vec<(Key, String)> {
        let ceiling = self.ceiling.map(|ceiling| {
            let range = quantity.written_range(ceiling.into(), span);
            (Key::Band(Color::CEILING), format!("noise ceiling {range}"))
        });
        let chance = self.chance.map(|chance| {
            let label = format!("chance {}", quantity.written(chance, span));
            (Key::Dashed(Color::SOFT), label)
        });
        ceiling.into_iter().chain(chance).collect()
    }

    /// Returns the legend entry of intervals if any of the values has one.
    pub fn interval_key(
        &self,
        key: Key,
        mut measured: impl Iterator<Item = PlottedValue>,
    ) -> Option<(Key, String)> {
        let is_there = measured.any(|measured| measured.interval.is_some());
        is_there.then(|| (key, interval_label(self.confidence)))
    }

    /// Draws the band of the noise ceiling in a plot with a horizontal value axis.
    pub fn draw_vertical_band(&self, drawing: &mut Drawing, area: Area, scale: &Scale) {
        if let Some(ceiling) = self.ceiling {
            let (left, right) = wide_enough(scale.at(ceiling.lower), scale.at(ceiling.upper));
            drawing.rectangle(
                Area {
                    left,
                    right,
                    ..area
                },
                Color::CEILING,
            );
        }
    }

    /// Draws the line of chance in a plot with a horizontal value axis.
    pub fn draw_vertical_line(&self, drawing: &mut Drawing, area: Area, scale: &Scale) {
        if let Some(chance) = self.chance {
            let x = scale.at(chance);
            drawing.dashed([x, area.top], [x, area.bottom], Color::SOFT, 1.5);
        }
    }

    /// Draws the band of the noise ceiling in a plot with a vertical value axis.
    pub fn draw_horizontal_band(&self, drawing: &mut Drawing, area: Area, scale: &Scale) {
        if let Some(ceiling) = self.ceiling {
            let (top, bottom) = wide_enough(scale.at(ceiling.upper), scale.at(ceiling.lower));
            drawing.rectangle(
                Area {
                    top,
                    bottom,
                    ..area
                },
                Color::CEILING,
            );
        }
    }

    /// Draws the line of chance in a plot with a vertical value axis.
    pub fn draw_horizontal_line(&self, drawing: &mut Drawing, area: Area, scale: &Scale) {
        if let Some(chance) = self.chance {
            let y = scale.at(chance);
            drawing.dashed([area.left, y], [area.right, y], Color::SOFT, 1.5);
        }
    }
}

/// Implements the setters of noise ceiling, chance and confidence for a figure with a field
/// `references`.
macro_rules! referenced {
    ($type:ty) => {
        impl $type {
            /// Sets the noise ceiling, which is drawn as a band from its lower to its upper end.
            ///
            /// # Errors
            /// Returns `FigureError::NotDrawable` if an end is NaN or beyond ±1e150, and
            /// `ArgumentError::InvalidParameter` if the lower end is above the upper end.
            pub fn with_ceiling(mut self, ceiling: Interval) -> Result<Self> {
                self.references.ceiling = Some(checked_interval(ceiling, "noise ceiling")?);
                Ok(self)
            }

            /// Sets the chance level, which is drawn as a dashed line.
            ///
            /// # Errors
            /// Returns `FigureError::NotDrawable` if the value is NaN or beyond ±1e150.
            pub fn with_chance(mut self, chance: f64) -> Result<Self> {
                self.references.chance = Some(drawable(chance, "value", "chance")?);
                Ok(self)
            }

            /// Sets the confidence level of the intervals, as stated in the legend. Default: 95 %.
            #[must_use]
            pub fn with_confidence(mut self, confidence: Confidence) -> Self {
                self.references.confidence = confidence;
                self
            }
        }
    };
}

pub(super) use referenced;

/// Returns the legend entry of intervals, such as "95 % interval".
pub(super) fn interval_label(confidence: Confidence) -> String {
    let percent = format!("{:.2}", 100.0 * confidence.level());
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    format!("{percent} % interval")
}

/// Widens a band to at least 2 pixels, so that it is visible if both ends are the same.
fn wide_enough(from: f64, to: f64) -> (f64, f64) {
    let missing = (2.0 - (to - from)).max(0.0) / 2.0;
    (from - missing, to + missing)
}
