//! Pages of the objects with the largest weights in a dimension.

use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::heading::{EDGE, Heading, figure};
use super::quantity::{Quantity, drawable};
use super::thumbnail::Thumbnail;
use crate::error::{Result, at_least};

/// A page of the objects that characterize a dimension, in descending order of their weights, by
/// name or by image.
///
/// ```
/// use human_alignment::figure::DimensionPage;
///
/// let figure = DimensionPage::new("Dimension 1")
///     .with_object("lion", 1.83)?
///     .with_object("horse", 1.71)?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("dimension.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DimensionPage {
    heading: Heading,
    objects: Vec<Object>,
}

#[derive(Debug, Clone)]
struct Object {
    name: String,
    weight: f64,
    thumbnail: Option<Thumbnail>,
}

const BAR: Color = Color::PALETTE[5];

/// Number of objects per line.
const COLUMNS: usize = 6;

/// Font size of names and of weights.
const LABEL: f64 = 11.0;

/// Height of a line of text.
const LINE: f64 = 15.0;

impl DimensionPage {
    /// Creates a page without objects.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            heading: Heading::new(title),
            objects: Vec::new(),
        }
    }

    /// Adds an object with its weight in the dimension.
    ///
    /// # Errors
    /// Returns `FigureError::NotDrawable` if the weight is NaN or beyond ±1e150.
    pub fn with_object(self, name: impl Into<String>, weight: f64) -> Result<Self> {
        self.with(name.into(), weight, None)
    }

    /// Adds an object as [`DimensionPage::with_object`] does, with its image.
    ///
    /// # Errors
    /// Returns an error under the same conditions as [`DimensionPage::with_object`].
    pub fn with_pictured_object(
        self,
        name: impl Into<String>,
        thumbnail: Thumbnail,
        weight: f64,
    ) -> Result<Self> {
        self.with(name.into(), weight, Some(thumbnail))
    }

    fn with(mut self, name: String, weight: f64, thumbnail: Option<Thumbnail>) -> Result<Self> {
        let weight = drawable(weight, "weight", &name)?;
        self.objects.push(Object {
            name,
            weight,
            thumbnail,
        });
        Ok(self)
    }

    fn drawing(&self) -> Result<Drawing> {
        const WIDTH: f64 = 820.0;
        const GAP: f64 = 14.0;

        at_least("objects", 1, self.objects.len())?;
        let (mut drawing, top) = self.heading.draw(WIDTH)?;
        let mut objects: Vec<&Object> = self.objects.iter().collect();
        objects.sort_by(|left, right| right.weight.total_cmp(&left.weight));
        let largest = objects
            .iter()
            .map(|object| object.weight.abs())
            .fold(0.0, f64::max);
        let cell = (WIDTH - 2.0 * EDGE + GAP) / COLUMNS as f64;
        let side = cell - GAP;
        let is_pictured = self.objects.iter().any(|object| object.thumbnail.is_some());
        let picture = if is_pictured { side } else { 0.0 };
        // Two lines of the name, the weight, and its bar.
        let height = picture + 3.0 * LINE + 12.0;
        let top = top + 8.0;
        for (position, object) in objects.iter().enumerate() {
            let area = Area {
                left: EDGE + (position % COLUMNS) as f64 * cell,
                right: EDGE + (position % COLUMNS) as f64 * cell + side,
                top: top + (position / COLUMNS) as f64 * (height + GAP),
                bottom: top + (position / COLUMNS) as f64 * (height + GAP) + height,
            };
            object.draw(&mut drawing, area, picture, largest)?;
        }
        let n_lines = objects.len().div_ceil(COLUMNS) as f64;
        drawing.height = (top + n_lines * (height + GAP) - GAP + EDGE).ceil();
        Ok(drawing)
    }
}

impl Object {
    /// Draws the object in an area: its picture above its name, its weight, and a bar that is as
    /// wide as the area for the weight `largest`.
    fn draw(&self, drawing: &mut Drawing, area: Area, picture: f64, largest: f64) -> Result<()> {
        let middle = area.center()[0];
        if let Some(thumbnail) = &self.thumbnail {
            let center = [middle, area.top + picture / 2.0];
            thumbnail.draw(drawing, center, picture, (Color::WHITE, 0.0));
        }
        let name = font::wrapped_to(2, &self.name, LABEL, area.width())?;
        for (line, text) in name.into_iter().enumerate() {
            let at = [middle, area.top + picture + (line + 1) as f64 * LINE];
            drawing.text(Text::new(text, at, LABEL).anchored(Anchor::Middle));
        }
        let weight = Quantity::plain("").written(self.weight, largest);
        let at = [middle, area.bottom - 12.0];
        drawing.text(Text::new(weight, at, LABEL).anchored(Anchor::Middle));
        if largest > 0.0 {
            let width = self.weight.max(0.0) / largest * area.width();
            let bar = Area {
                right: area.left + width,
                top: area.bottom - 6.0,
                ..area
            };
            drawing.rectangle(bar, BAR);
        }
        Ok(())
    }
}

figure!(DimensionPage);
