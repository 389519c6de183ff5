//! The two axes of a plot, its grid and its references.

use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::legend::Key;
use super::measured::Measured;
use super::quantity::Quantity;
use super::scale::Scale;
use crate::error::Result;
use crate::inference::{Confidence, Interval};

pub(super) const TICK: f64 = 11.5;
pub(super) const AXIS_TITLE: f64 = 13.0;

/// Room for the ticks and the title below a plot.
pub(super) const BELOW: f64 = 48.0;

/// The horizontal axis below an area, with lines of a grid up through it.
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

/// The same with given ticks and no title; labels that would touch the one before are left out.
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

/// The title of a horizontal axis.
pub(super) fn horizontal_title(drawing: &mut Drawing, area: Area, title: &str) -> Result<()> {
    let room = 2.0 * (area.center()[0]).min(drawing.width - area.center()[0]) - 8.0;
    let title = font::fitted(title, AXIS_TITLE, room)?;
    let at = [area.center()[0], area.bottom + 34.0];
    drawing.text(Text::new(title, at, AXIS_TITLE).anchored(Anchor::Middle));
    Ok(())
}

/// The room that a vertical axis needs on its left.
pub(super) fn vertical_room(scale: &Scale, height: f64, quantity: &Quantity) -> Result<f64> {
    let mut widest: f64 = 0.0;
    for (_, label) in vertical_ticks(scale, height, quantity) {
        widest = widest.max(font::width(&label, TICK)?);
    }
    Ok(widest + AXIS_TITLE + 22.0)
}

/// The vertical axis on the left of an area, with lines of a grid through it.
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

/// What numbers are held against: the noise ceiling, chance, and how sure their intervals are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct References {
    pub ceiling: Option<Interval>,
    pub chance: Option<f64>,
    pub confidence: Confidence,
}

impl References {
    /// Their numbers, for which an axis needs room.
    pub fn numbers(&self) -> impl Iterator<Item = f64> {
        let ceiling = self.ceiling.map(<[f64; 2]>::from);
        ceiling.into_iter().flatten().chain(self.chance)
    }

    /// What the legend says of them.
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

    /// What the legend says of intervals, where any of the numbers has one.
    pub fn interval_key(
        &self,
        key: Key,
        mut measured: impl Iterator<Item = Measured>,
    ) -> Option<(Key, String)> {
        let is_there = measured.any(|measured| measured.interval.is_some());
        is_there.then(|| (key, interval_label(self.confidence)))
    }

    /// The band, where numbers lie from left to right.
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

    /// The line, where numbers lie from left to right.
    pub fn draw_vertical_line(&self, drawing: &mut Drawing, area: Area, scale: &Scale) {
        if let Some(chance) = self.chance {
            let x = scale.at(chance);
            drawing.dashed([x, area.top], [x, area.bottom], Color::SOFT, 1.5);
        }
    }

    /// The band, where numbers lie from below to above.
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

    /// The line, where numbers lie from below to above.
    pub fn draw_horizontal_line(&self, drawing: &mut Drawing, area: Area, scale: &Scale) {
        if let Some(chance) = self.chance {
            let y = scale.at(chance);
            drawing.dashed([area.left, y], [area.right, y], Color::SOFT, 1.5);
        }
    }
}

/// The methods of figures that have a noise ceiling and chance: they need a field `references`.
macro_rules! referenced {
    ($type:ty) => {
        impl $type {
            /// How well people agree with each other: a band from the lower to the upper end.
            ///
            /// # Errors
            /// `FigureError::NotDrawable` for a number that is not finite,
            /// `ArgumentError::InvalidParameter` where the ends are not in order.
            pub fn with_ceiling(mut self, ceiling: Interval) -> Result<Self> {
                self.references.ceiling = Some(checked_interval(ceiling, "noise ceiling")?);
                Ok(self)
            }

            /// What guessing gives: a broken line.
            ///
            /// # Errors
            /// `FigureError::NotDrawable` where the number is not finite.
            pub fn with_chance(mut self, chance: f64) -> Result<Self> {
                self.references.chance = Some(drawable(chance, "value", "chance")?);
                Ok(self)
            }

            /// How often intervals cover the truth, 95 % unless this says otherwise.
            #[must_use]
            pub fn with_confidence(mut self, confidence: Confidence) -> Self {
                self.references.confidence = confidence;
                self
            }
        }
    };
}

pub(super) use referenced;

/// Such as "95 % interval".
pub(super) fn interval_label(confidence: Confidence) -> String {
    let percent = format!("{:.2}", 100.0 * confidence.level());
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    format!("{percent} % interval")
}

/// A band that is seen even where its ends are one.
fn wide_enough(from: f64, to: f64) -> (f64, f64) {
    let missing = (2.0 - (to - from)).max(0.0) / 2.0;
    (from - missing, to + missing)
}
