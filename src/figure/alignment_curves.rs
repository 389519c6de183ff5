//! Line plots of alignment.

use super::axes::{self, BELOW, References, referenced};
use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font;
use super::heading::{EDGE, Heading, figure};
use super::labels::spread;
use super::legend::{self, Key};
use super::marker::Marker;
use super::plotted_value::{PlottedValue, checked_interval};
use super::quantity::{Quantity, drawable};
use super::scale::{Scale, Spacing};
use crate::error::{Result, at_least};
use crate::inference::{Confidence, Interval};

/// A line plot of alignment, such as over the layers of networks: one line per network, with its
/// name at the end. The noise ceiling, chance and intervals are optional.
///
/// ```
/// use human_alignment::figure::{AlignmentCurves, PlottedValue, Quantity};
///
/// let (depth, alignment) = (Quantity::plain("Relative depth"), Quantity::plain("Spearman's ρ"));
/// let figure = AlignmentCurves::new("Alignment of layers", depth, alignment)
///     .with_curve("alexnet", [(0.0, 0.12), (0.5, 0.31), (1.0, 0.4)])?
///     .with_curve("resnet50", [(0.0, 0.09), (0.3, 0.2), (0.7, 0.36), (1.0, 0.41)])?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("layers.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AlignmentCurves {
    heading: Heading,
    against: Quantity,
    alignment: Quantity,
    spacing: Spacing,
    ticks: Option<Vec<String>>,
    curves: Vec<Curve>,
    references: References,
}

/// A curve: its points in ascending order of the numbers on the horizontal axis.
#[derive(Debug, Clone)]
struct Curve {
    name: String,
    points: Vec<(f64, PlottedValue)>,
}

impl AlignmentCurves {
    /// Creates a figure without curves, with the quantities of the horizontal axis (`against`, such
    /// as relative depth) and of the vertical axis.
    pub fn new(title: impl Into<String>, against: Quantity, alignment: Quantity) -> Self {
        Self {
            heading: Heading::new(title),
            against,
            alignment,
            spacing: Spacing::Linear,
            ticks: None,
            curves: Vec::new(),
            references: References::default(),
        }
    }

    /// Sets the spacing of the horizontal axis. Default: [`Spacing::Linear`].
    #[must_use]
    pub fn with_spacing(mut self, spacing: Spacing) -> Self {
        self.spacing = spacing;
        self
    }

    /// Sets names, such as those of layers, which replace the numbers at 0, 1, 2, … on the
    /// horizontal axis. Names that would touch the previous one are left out.
    #[must_use]
    pub fn with_ticks<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.ticks = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a curve, such as a network, from the number on the horizontal axis and the alignment of
    /// each point. Intervals are drawn as a band around the line.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no points, `FigureError::NotDrawable` if a
    /// value is NaN or beyond ±1e150, and `ArgumentError::InvalidParameter` if the lower end of
    /// an interval is above the upper end.
    pub fn with_curve<M: Into<PlottedValue>>(
        mut self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = (f64, M)>,
    ) -> Result<Self> {
        let name = name.into();
        let checked = points.into_iter().map(|(against, alignment)| {
            let alignment = alignment.into().checked("alignment", &name)?;
            Ok((drawable(against, "number", &name)?, alignment))
        });
        let mut points: Vec<(f64, PlottedValue)> = checked.collect::<Result<_>>()?;
        at_least("points of a curve", 1, points.len())?;
        points.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        self.curves.push(Curve { name, points });
        Ok(self)
    }

    fn drawing(&self) -> Result<Drawing> {
        const LABEL: f64 = 12.0;
        /// Opacity of the bands of intervals.
        const BAND: f64 = 0.16;
        const LEADER: f64 = 22.0;

        at_least("curves", 1, self.curves.len())?;
        for Curve { name, points } in &self.curves {
            for &(against, _) in points {
                self.spacing.check(against, name)?;
            }
        }
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let numbers = points().flat_map(|(_, alignment)| alignment.numbers());
        let vertical = Scale::around(numbers.chain(self.references.numbers()), Spacing::Linear);
        let named = self.ticks.iter().flat_map(|names| 0..names.len());
        let named = named.map(|k| k as f64);
        let against = points().map(|&(against, _)| against).chain(named);
        let horizontal = Scale::around(against, self.spacing);
        let span = vertical.span();

        let (mut drawing, top) = self.heading.draw(860.0)?;
        let mut keys = Vec::new();
        let band = Key::Band(Color::of_group(0).with_opacity(BAND));
        let measured = points().map(|&(_, alignment)| alignment);
        keys.extend(self.references.interval_key(band, measured));
        keys.extend(self.references.keys(&self.alignment, span));
        let top = legend::draw(&mut drawing, top, &keys)? + 6.0;
        let height = (16.0 * self.curves.len() as f64).max(400.0);
        let room = 0.3 * drawing.width;
        let mut names = Vec::new();
        let mut widest: f64 = 0.0;
        for Curve { name, .. } in &self.curves {
            let name = font::fitted(name, LABEL, room)?;
            widest = widest.max(font::width(&name, LABEL)?);
            names.push(name);
        }
        let area = Area {
            left: EDGE + axes::vertical_room(&vertical, height, &self.alignment)?,
            right: drawing.width - EDGE - widest - LEADER - 6.0,
            top,
            bottom: top + height,
        };
        let (horizontal, vertical) = (
            horizontal.on(area.left, area.right),
            vertical.on(area.bottom, area.top),
        );
        self.references
            .draw_horizontal_band(&mut drawing, area, &vertical);
        axes::vertical(&mut drawing, area, &vertical, &self.alignment)?;
        match &self.ticks {
            None => axes::horizontal(&mut drawing, area, &horizontal, &self.against)?,
            Some(names) => {
                let ticks = names
                    .iter()
                    .enumerate()
                    .map(|(k, name)| (k as f64, name.clone()));
                let ticks: Vec<(f64, String)> = ticks.collect();
                axes::labelled_horizontal(&mut drawing, area, &horizontal, &ticks)?;
                axes::horizontal_title(&mut drawing, area, &self.against.title())?;
            }
        }
        self.references
            .draw_horizontal_line(&mut drawing, area, &vertical);

        let place = |against: f64, value: f64| [horizontal.at(against), vertical.at(value)];
        for (number, Curve { points, .. }) in self.curves.iter().enumerate() {
            let bounded = points
                .iter()
                .filter_map(|&(against, alignment)| Some((against, alignment.interval?)));
            let bounded: Vec<(f64, Interval)> = bounded.collect();
            let lower = bounded
                .iter()
                .map(|&(against, interval)| place(against, interval.lower));
            let upper = bounded
                .iter()
                .rev()
                .map(|&(against, interval)| place(against, interval.upper));
            if bounded.len() > 1 {
                let color = Color::of_group(number).with_opacity(BAND);
                drawing.polygon(lower.chain(upper).collect(), color);
            }
        }
        let mut ends = Vec::new();
        for (number, Curve { points, .. }) in self.curves.iter().enumerate() {
            let color = Color::of_group(number);
            let points = points
                .iter()
                .map(|&(against, alignment)| place(against, alignment.value));
            let points: Vec<[f64; 2]> = points.collect();
            if points.len() > 1 {
                drawing.path(points.clone(), color, 2.0);
            }
            for &point in &points {
                Marker::of_group(number).draw(&mut drawing, point, 3.5, color);
            }
            ends.extend(points.last().copied());
        }
        let heights: Vec<f64> = ends.iter().map(|end| end[1]).collect();
        let heights = spread(&heights, 16.0, [area.top, area.bottom]);
        let x = area.right + LEADER;
        for (number, (name, (&end, y))) in
            names.into_iter().zip(ends.iter().zip(heights)).enumerate()
        {
            let color = Color::of_group(number);
            // Horizontal from the end of the line to the edge of the plot, then to the name.
            let leader = vec![
                [end[0] + 6.0, end[1]],
                [area.right + 2.0, end[1]],
                [x - 10.0, y],
            ];
            drawing.path(leader, color.with_opacity(0.5), 1.0);
            Marker::of_group(number).draw(&mut drawing, [x - 6.0, y], 3.5, color);
            drawing.text(Text::new(name, [x + 2.0, y], LABEL));
        }
        drawing.height = (area.bottom + BELOW + 4.0).ceil();
        Ok(drawing)
    }
}

figure!(AlignmentCurves);
referenced!(AlignmentCurves);
