//! Scatter plots of the alignment of models against another number.

use super::axes::{self, BELOW, References, referenced};
use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::groups::Groups;
use super::heading::{EDGE, Heading, figure};
use super::labels::{self, Label};
use super::legend::{self, Key, RADIUS};
use super::marker::Marker;
use super::plotted_value::{PlottedValue, checked_interval};
use super::quantity::{Quantity, decimal, drawable};
use super::scale::{Scale, Spacing};
use crate::error::{Error, Result, at_least};
use crate::inference::{Confidence, Interval};

/// A scatter plot of the alignment of models against their size, their accuracy on another task, or
/// any other number. Each model is a point with its name if there is room; the noise ceiling,
/// chance and a least-squares line are optional.
///
/// ```
/// use human_alignment::figure::{AlignmentAgainst, Quantity, Spacing};
///
/// let parameters = Quantity::count("Parameters");
/// let accuracy = Quantity::percent("Accuracy");
/// let figure = AlignmentAgainst::new("Accuracy by size", parameters, accuracy)
///     .with_spacing(Spacing::Logarithmic)
///     .with_model("squeezenet1_1", 1.24e6, 0.58, "supervised")?
///     .with_model("alexnet", 61.1e6, 0.632, "supervised")?
///     .with_model("vgg16", 138.4e6, 0.611, "supervised")?
///     .with_line();
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("against.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AlignmentAgainst {
    heading: Heading,
    against: Quantity,
    alignment: Quantity,
    spacing: Spacing,
    models: Vec<Model>,
    groups: Groups,
    references: References,
    with_line: bool,
}

#[derive(Debug, Clone)]
struct Model {
    name: String,
    against: f64,
    alignment: PlottedValue,
    group: usize,
}

impl AlignmentAgainst {
    /// Creates a figure without models, with the quantities of the horizontal axis (`against`) and
    /// of the vertical axis (`alignment`).
    pub fn new(title: impl Into<String>, against: Quantity, alignment: Quantity) -> Self {
        Self {
            heading: Heading::new(title),
            against,
            alignment,
            spacing: Spacing::Linear,
            models: Vec::new(),
            groups: Groups::default(),
            references: References::default(),
            with_line: false,
        }
    }

    /// Sets the spacing of the horizontal axis. Default: [`Spacing::Linear`].
    #[must_use]
    pub fn with_spacing(mut self, spacing: Spacing) -> Self {
        self.spacing = spacing;
        self
    }

    /// Adds a model with its number on the horizontal axis, its alignment and its group. Models of
    /// a group share a colour and a marker; an empty string means no group.
    ///
    /// # Errors
    /// Returns `FigureError::NotDrawable` if a value is NaN or beyond ±1e150, and
    /// `ArgumentError::InvalidParameter` if the lower end of the interval is above the upper end.
    pub fn with_model(
        mut self,
        name: impl Into<String>,
        against: f64,
        alignment: impl Into<PlottedValue>,
        group: &str,
    ) -> Result<Self> {
        let name = name.into();
        let model = Model {
            against: drawable(against, "number", &name)?,
            alignment: alignment.into().checked("alignment", &name)?,
            group: self.groups.position(group),
            name,
        };
        self.models.push(model);
        Ok(self)
    }

    /// Adds the least-squares line through all points and its R² in the legend. On a logarithmic
    /// axis the line is fitted to the logarithms. Intervals are not used as weights.
    ///
    /// [`write`](Self::write) then returns `ArgumentError::InvalidParameter` if there are fewer
    /// than 3 models, or if one of the two numbers is the same for all models.
    #[must_use]
    pub fn with_line(mut self) -> Self {
        self.with_line = true;
        self
    }

    fn drawing(&self) -> Result<Drawing> {
        const HEIGHT: f64 = 440.0;

        at_least("models", 1, self.models.len())?;
        for model in &self.models {
            self.spacing.check(model.against, &model.name)?;
        }
        let line = if self.with_line {
            Some(self.line()?)
        } else {
            None
        };
        let numbers = self
            .models
            .iter()
            .flat_map(|model| model.alignment.numbers());
        let vertical = Scale::around(numbers.chain(self.references.numbers()), Spacing::Linear);
        let horizontal = Scale::around(self.models.iter().map(|model| model.against), self.spacing);
        let span = vertical.span();

        let (mut drawing, top) = self.heading.draw(820.0)?;
        let mut keys = self.groups.keys();
        let measured = self.models.iter().map(|model| model.alignment);
        let key = Key::Upright(Color::SOFT);
        keys.extend(self.references.interval_key(key, measured));
        keys.extend(self.references.keys(&self.alignment, span));
        if let Some(line) = &line {
            let label = format!("least squares, R² = {}", decimal(line.r2, 2));
            keys.push((Key::Line(Color::INK), label));
        }
        let top = legend::draw(&mut drawing, top, &keys)? + 6.0;
        let area = Area {
            left: EDGE + axes::vertical_room(&vertical, HEIGHT, &self.alignment)?,
            right: drawing.width - EDGE - 6.0,
            top,
            bottom: top + HEIGHT,
        };
        let (horizontal, vertical) = (
            horizontal.on(area.left, area.right),
            vertical.on(area.bottom, area.top),
        );
        self.references
            .draw_horizontal_band(&mut drawing, area, &vertical);
        axes::vertical(&mut drawing, area, &vertical, &self.alignment)?;
        axes::horizontal(&mut drawing, area, &horizontal, &self.against)?;
        self.references
            .draw_horizontal_line(&mut drawing, area, &vertical);
        let mut taken = Vec::new();
        if let Some(line) = line {
            let numbers = || self.models.iter().map(|model| model.against);
            let ends = [
                numbers().fold(f64::MAX, f64::min),
                numbers().fold(f64::MIN, f64::max),
            ];
            let [from, to] = ends.map(|x| {
                let y = line.intercept + line.slope * self.spacing.apply(x);
                [horizontal.at(x), vertical.at(y)]
            });
            drawing.line(from, to, Color::INK, 1.75);
            taken.extend(labels::along(from, to));
        }
        let mut points = Vec::new();
        for model in &self.models {
            let color = Color::of_group(model.group);
            let [x, y] = [
                horizontal.at(model.against),
                vertical.at(model.alignment.value),
            ];
            if let Some(interval) = model.alignment.interval {
                let [low, high] = <[f64; 2]>::from(interval).map(|end| vertical.at(end));
                drawing.line([x, low], [x, high], color.with_opacity(0.5), 1.5);
                taken.push(Area {
                    left: x - 1.0,
                    right: x + 1.0,
                    top: high,
                    bottom: low,
                });
            }
            taken.push(Area::around([x, y], RADIUS + 1.0));
            points.push(Label {
                name: &model.name,
                point: [x, y],
            });
        }
        let n_without_room = labels::draw(&mut drawing, area, taken, &points)?;
        for (model, label) in self.models.iter().zip(&points) {
            let color = Color::of_group(model.group);
            Marker::of_group(model.group).draw(&mut drawing, label.point, RADIUS, color);
        }
        drawing.height = (area.bottom + BELOW + 4.0).ceil();
        if n_without_room > 0 {
            let names = if n_without_room == 1 { "name" } else { "names" };
            let note = format!("no room for {n_without_room} {names}");
            let note = font::fitted(&note, 10.5, area.width() / 3.0)?;
            let at = [area.right, drawing.height - 8.0];
            drawing.text(
                Text::new(note, at, 10.5)
                    .anchored(Anchor::End)
                    .colored(Color::SOFT),
            );
            drawing.height += 4.0;
        }
        Ok(drawing)
    }

    fn line(&self) -> Result<Line> {
        let points = self.models.iter();
        let points = points.map(|model| (self.spacing.apply(model.against), model.alignment.value));
        Line::through(&points.collect::<Vec<_>>()).ok_or_else(|| {
            let expected = "at least 3 that differ in both numbers";
            let what = "models of a line of least squares";
            Error::parameter(what, expected, self.models.len())
        })
    }
}

figure!(AlignmentAgainst);
referenced!(AlignmentAgainst);

/// A least-squares line and its R².
struct Line {
    intercept: f64,
    slope: f64,
    r2: f64,
}

impl Line {
    /// Fits the line to points (x, y); returns `None` for fewer than 3 points or if x or y does not
    /// vary.
    fn through(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let mean_x = points.iter().map(|(x, _)| x / n).sum::<f64>();
        let mean_y = points.iter().map(|(_, y)| y / n).sum::<f64>();
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in points {
            let (x, y) = (x - mean_x, y - mean_y);
            (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        }
        let varies = |squares: f64, mean: f64| squares > n * (1e-12 * mean).powi(2);
        let slope = xy / xx;
        (points.len() > 2 && varies(xx, mean_x) && varies(yy, mean_y)).then(|| Self {
            intercept: mean_y - slope * mean_x,
            slope,
            r2: (xy / xx * (xy / yy)).clamp(0.0, 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_agree_with_numpy() {
        // np.polyfit([1, 2, 4, 7], [2, 1, 5, 4], 1); np.corrcoef(…)[0, 1] ** 2
        let line = Line::through(&[(1.0, 2.0), (2.0, 1.0), (4.0, 5.0), (7.0, 4.0)]).unwrap();
        assert!((line.slope - 10.0 / 21.0).abs() < 1e-12);
        assert!((line.intercept - (3.0 - 3.5 * 10.0 / 21.0)).abs() < 1e-12);
        assert!((line.r2 - 100.0 / 210.0).abs() < 1e-12);
        assert!(Line::through(&[(1.0, 2.0), (2.0, 1.0)]).is_none());
        assert!(Line::through(&[(1.1, 2.0), (1.1, 1.0), (1.1, 5.0)]).is_none());
        assert!(Line::through(&[(1.0, 0.1), (2.0, 0.1), (3.0, 0.1)]).is_none());
    }
}
