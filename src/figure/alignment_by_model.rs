//! Dot plots of the alignment of models.

use super::axes::{References, referenced};
use super::color::Color;
use super::drawing::Drawing;
use super::groups::Groups;
use super::heading::{Heading, figure};
use super::legend::{self, Key, RADIUS};
use super::marker::Marker;
use super::plotted_value::{PlottedValue, checked_interval};
use super::quantity::{Quantity, drawable};
use super::rows::{Rows, whiskers};
use super::scale::{Scale, Spacing};
use crate::error::{Result, at_least};
use crate::inference::{Confidence, Interval};

/// A dot plot of the alignment of models, one row per model, in descending order. Intervals, the
/// noise ceiling and chance are optional; models of a group share a colour and a marker.
///
/// ```
/// use human_alignment::figure::{AlignmentByModel, PlottedValue, Quantity};
/// use human_alignment::inference::Interval;
///
/// let figure = AlignmentByModel::new("Odd-one-out choices", Quantity::percent("Accuracy"))
///     .with_count(2171, "trials")
///     .with_model("vgg16", 0.47, "supervised")?
///     .with_model("clip-vit-b-32", PlottedValue::from(0.51), "image and text")?
///     .with_ceiling(Interval { lower: 0.66, upper: 0.68 })?
///     .with_chance(1.0 / 3.0)?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("alignment.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AlignmentByModel {
    heading: Heading,
    quantity: Quantity,
    models: Vec<Model>,
    groups: Groups,
    references: References,
}

#[derive(Debug, Clone)]
struct Model {
    name: String,
    alignment: PlottedValue,
    group: usize,
}

impl AlignmentByModel {
    /// Creates a figure without models, with the quantity of the axis.
    pub fn new(title: impl Into<String>, alignment: Quantity) -> Self {
        Self {
            heading: Heading::new(title),
            quantity: alignment,
            models: Vec::new(),
            groups: Groups::default(),
            references: References::default(),
        }
    }

    /// Adds a model with its alignment and its group; an empty string means no group.
    ///
    /// # Errors
    /// Returns `FigureError::NotDrawable` if a value is NaN or beyond ±1e150, and
    /// `ArgumentError::InvalidParameter` if the lower end of the interval is above the upper end.
    pub fn with_model(
        mut self,
        name: impl Into<String>,
        alignment: impl Into<PlottedValue>,
        group: &str,
    ) -> Result<Self> {
        let name = name.into();
        let alignment = alignment.into().checked("alignment", &name)?;
        let group = self.groups.position(group);
        self.models.push(Model {
            name,
            alignment,
            group,
        });
        Ok(self)
    }

    fn drawing(&self) -> Result<Drawing> {
        at_least("models", 1, self.models.len())?;
        let mut models: Vec<&Model> = self.models.iter().collect();
        models.sort_by(|left, right| right.alignment.value.total_cmp(&left.alignment.value));
        let numbers = models.iter().flat_map(|model| model.alignment.numbers());
        let scale = Scale::around(numbers.chain(self.references.numbers()), Spacing::Linear);
        let span = scale.span();

        let (mut drawing, top) = self.heading.draw(860.0)?;
        let mut keys = self.groups.keys();
        let measured = self.models.iter().map(|model| model.alignment);
        let key = Key::Whiskers(Color::SOFT);
        keys.extend(self.references.interval_key(key, measured));
        keys.extend(self.references.keys(&self.quantity, span));
        let top = legend::draw(&mut drawing, top, &keys)?;
        let written = |model: &&Model| self.quantity.written(model.alignment.value, span);
        let labels = models
            .iter()
            .map(|model| (model.name.as_str(), written(model)));
        let rows = Rows {
            labels: labels.collect(),
            note: String::new(),
            scale,
            quantity: &self.quantity,
            references: self.references,
        };
        let laid = rows.draw(&mut drawing, top)?;
        for (row, model) in models.into_iter().enumerate() {
            let (y, color) = (laid.y(row), Color::of_group(model.group));
            if let Some(interval) = model.alignment.interval {
                let ends = <[f64; 2]>::from(interval).map(|end| laid.scale.at(end));
                whiskers(&mut drawing, ends, y, color);
            }
            let x = laid.scale.at(model.alignment.value);
            Marker::of_group(model.group).draw(&mut drawing, [x, y], RADIUS, color);
        }
        Ok(drawing)
    }
}

figure!(AlignmentByModel);
referenced!(AlignmentByModel);
