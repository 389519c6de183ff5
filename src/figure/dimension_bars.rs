//! Bar charts of a value for each human dimension or concept.

use super::axes::{References, referenced};
use super::color::Color;
use super::drawing::{Area, Drawing};
use super::heading::{Heading, figure};
use super::legend::{self, Key};
use super::plotted_value::{PlottedValue, checked_interval};
use super::quantity::{Quantity, drawable};
use super::rows::{Rows, whiskers};
use super::scale::{Scale, Spacing};
use crate::error::{Result, at_least};
use crate::inference::{Confidence, Interval};

/// A bar chart with one bar per dimension or concept, from 0 to its value, in descending order: for
/// example R² of predicted dimensions, or the accuracy on trials of each concept.
///
/// ```
/// use human_alignment::figure::{DimensionBars, Quantity};
///
/// let figure = DimensionBars::new("Dimensions in AlexNet", Quantity::plain("Cross-validated R²"))
///     .with_dimension("animal-related", 0.81)?
///     .with_dimension("shiny, metallic", 0.32)?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("dimensions.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DimensionBars {
    heading: Heading,
    quantity: Quantity,
    dimensions: Vec<(String, PlottedValue)>,
    references: References,
}

impl DimensionBars {
    /// Creates a figure without dimensions, with the quantity of the axis.
    pub fn new(title: impl Into<String>, measured: Quantity) -> Self {
        Self {
            heading: Heading::new(title),
            quantity: measured,
            dimensions: Vec::new(),
            references: References::default(),
        }
    }

    /// Adds a dimension or a concept with its value.
    ///
    /// # Errors
    /// Returns `FigureError::NotDrawable` if a value is NaN or beyond ±1e150, and
    /// `ArgumentError::InvalidParameter` if the lower end of the interval is above the upper end.
    pub fn with_dimension(
        mut self,
        name: impl Into<String>,
        measured: impl Into<PlottedValue>,
    ) -> Result<Self> {
        let name = name.into();
        let measured = measured.into().checked("value", &name)?;
        self.dimensions.push((name, measured));
        Ok(self)
    }

    fn drawing(&self) -> Result<Drawing> {
        const COLOR: Color = Color::PALETTE[5];
        const HALF: f64 = 6.0;

        at_least("dimensions", 1, self.dimensions.len())?;
        let mut dimensions: Vec<&(String, PlottedValue)> = self.dimensions.iter().collect();
        dimensions.sort_by(|(_, left), (_, right)| right.value.total_cmp(&left.value));
        let numbers = dimensions
            .iter()
            .flat_map(|(_, measured)| measured.numbers());
        let all: Vec<f64> = numbers
            .chain(self.references.numbers())
            .chain([0.0])
            .collect();
        let scale = Scale::around(all.iter().copied(), Spacing::Linear);
        let scale = match all.iter().all(|&number| number >= 0.0) {
            true => scale.starting_at(0.0),
            false => scale,
        };
        let span = scale.span();

        let (mut drawing, top) = self.heading.draw(860.0)?;
        let mut keys = Vec::new();
        let measured = dimensions.iter().map(|(_, measured)| *measured);
        let key = Key::Whiskers(Color::SOFT);
        keys.extend(self.references.interval_key(key, measured));
        keys.extend(self.references.keys(&self.quantity, span));
        let top = legend::draw(&mut drawing, top, &keys)?;
        let labels = dimensions
            .iter()
            .map(|(name, measured)| (name.as_str(), self.quantity.written(measured.value, span)));
        let rows = Rows {
            labels: labels.collect(),
            note: String::new(),
            scale,
            quantity: &self.quantity,
            references: self.references,
        };
        let laid = rows.draw(&mut drawing, top)?;
        let zero = laid.scale.at(0.0);
        for (row, (_, measured)) in dimensions.into_iter().enumerate() {
            let (x, y) = (laid.scale.at(measured.value), laid.y(row));
            let bar = Area {
                left: zero.min(x),
                right: zero.max(x),
                top: y - HALF,
                bottom: y + HALF,
            };
            drawing.rectangle(bar, COLOR);
            if let Some(interval) = measured.interval {
                let ends = <[f64; 2]>::from(interval).map(|end| laid.scale.at(end));
                whiskers(&mut drawing, ends, y, Color::INK);
            }
        }
        drawing.line(
            [zero, laid.area.top],
            [zero, laid.area.bottom],
            Color::SOFT,
            1.0,
        );
        self.references
            .draw_vertical_line(&mut drawing, laid.area, &laid.scale);
        Ok(drawing)
    }
}

figure!(DimensionBars);
referenced!(DimensionBars);
