//! Dot plots of the alignment of models before and after a transform.

use super::axes::{References, referenced};
use super::color::Color;
use super::drawing::Drawing;
use super::heading::{Heading, figure};
use super::legend::{self, Key, RADIUS};
use super::marker::Marker;
use super::plotted_value::{PlottedValue, checked_interval};
use super::quantity::{Quantity, drawable};
use super::rows::{Rows, whiskers};
use super::scale::{Scale, Spacing};
use crate::error::{Result, at_least};
use crate::inference::{Confidence, Interval};

const BEFORE: Color = Color::PALETTE[1];
const AFTER: Color = Color::PALETTE[0];

/// A dot plot of the alignment of models before and after a transform (a probe, a transfer). Each
/// row is a model, with an arrow between its two points and the difference as a number; rows are
/// sorted by the alignment after the transform, in descending order.
///
/// ```
/// use human_alignment::figure::{Gains, PlottedValue, Quantity};
///
/// let figure = Gains::new("Probes on 85 shoes", Quantity::percent("Odd-one-out accuracy"))
///     .with_model("AlexNet", 0.632, 0.748)?
///     .with_model("ResNet-20", PlottedValue::from(0.426), PlottedValue::from(0.585))?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("gains.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gains {
    heading: Heading,
    quantity: Quantity,
    names: [String; 2],
    models: Vec<Model>,
    references: References,
}

#[derive(Debug, Clone)]
struct Model {
    name: String,
    before: PlottedValue,
    after: PlottedValue,
}

impl Gains {
    /// Creates a figure without models, with the quantity of the axis.
    pub fn new(title: impl Into<String>, alignment: Quantity) -> Self {
        Self {
            heading: Heading::new(title),
            quantity: alignment,
            names: ["before".into(), "after".into()],
            models: Vec::new(),
            references: References::default(),
        }
    }

    /// Adds a model with its alignment before and after.
    ///
    /// # Errors
    /// Returns `FigureError::NotDrawable` if a value is NaN or beyond ±1e150, and
    /// `ArgumentError::InvalidParameter` if the lower end of an interval is above the upper end.
    pub fn with_model(
        mut self,
        name: impl Into<String>,
        before: impl Into<PlottedValue>,
        after: impl Into<PlottedValue>,
    ) -> Result<Self> {
        let name = name.into();
        self.models.push(Model {
            before: before.into().checked("alignment before", &name)?,
            after: after.into().checked("alignment after", &name)?,
            name,
        });
        Ok(self)
    }

    /// Sets the names of the two points in the legend. Default: "before" and "after".
    #[must_use]
    pub fn with_names(mut self, before: impl Into<String>, after: impl Into<String>) -> Self {
        self.names = [before.into(), after.into()];
        self
    }

    fn drawing(&self) -> Result<Drawing> {
        at_least("models", 1, self.models.len())?;
        let mut models: Vec<&Model> = self.models.iter().collect();
        models.sort_by(|left, right| right.after.value.total_cmp(&left.after.value));
        let pairs = models.iter().flat_map(|model| [model.before, model.after]);
        let numbers = pairs.clone().flat_map(PlottedValue::numbers);
        let scale = Scale::around(numbers.chain(self.references.numbers()), Spacing::Linear);
        let span = scale.span();

        let (mut drawing, top) = self.heading.draw(860.0)?;
        let [before, after] = self.names.clone();
        let mut keys = vec![
            (Key::OpenMarker(Marker::Circle, BEFORE), before),
            (Key::Marker(Marker::Circle, AFTER), after),
        ];
        let key = Key::Whiskers(Color::SOFT);
        keys.extend(self.references.interval_key(key, pairs.clone()));
        keys.extend(self.references.keys(&self.quantity, span));
        let top = legend::draw(&mut drawing, top, &keys)?;
        let labels = models.iter().map(|model| {
            let gain = model.after.value - model.before.value;
            (
                model.name.as_str(),
                self.quantity.written_difference(gain, span),
            )
        });
        let rows = Rows {
            labels: labels.collect(),
            note: "difference".into(),
            scale,
            quantity: &self.quantity,
            references: self.references,
        };
        let laid = rows.draw(&mut drawing, top)?;
        for (row, model) in models.into_iter().enumerate() {
            let y = laid.y(row);
            // Intervals are shifted up and down, so that both are visible if they overlap.
            for (measured, color, shift) in
                [(model.before, BEFORE, -4.5), (model.after, AFTER, 4.5)]
            {
                if let Some(interval) = measured.interval {
                    let ends = <[f64; 2]>::from(interval).map(|end| laid.scale.at(end));
                    whiskers(&mut drawing, ends, y + shift, color.with_opacity(0.55));
                }
            }
            let [from, to] =
                [model.before, model.after].map(|measured| laid.scale.at(measured.value));
            arrow(&mut drawing, from, to, y);
            Marker::Circle.draw_open(&mut drawing, [from, y], RADIUS, BEFORE);
            Marker::Circle.draw(&mut drawing, [to, y], RADIUS, AFTER);
        }
        Ok(drawing)
    }
}

figure!(Gains);
referenced!(Gains);

/// Draws an arrow between two points, without its head if there is no room.
fn arrow(drawing: &mut Drawing, from: f64, to: f64, y: f64) {
    const HEAD: f64 = 6.0;

    let direction = (to - from).signum();
    drawing.line([from, y], [to, y], Color::LINE, 2.0);
    if (to - from).abs() > 2.0 * (RADIUS + HEAD) {
        let tip = to - direction * (RADIUS + 1.0);
        let back = tip - direction * HEAD;
        drawing.polygon(
            vec![[tip, y], [back, y - 4.0], [back, y + 4.0]],
            Color::LINE,
        );
    }
}
