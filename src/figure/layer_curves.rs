//! Line plots of the alignment of the layers of networks.

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

/// A line plot of alignment over the layers of networks: one line per network, with its name at the
/// end. The noise ceiling, chance and intervals are optional.
///
/// ```
/// use human_alignment::figure::{LayerCurves, PlottedValue, Quantity};
///
/// let (depth, alignment) = (Quantity::plain("Relative depth"), Quantity::plain("Spearman's ρ"));
/// let figure = LayerCurves::new("Alignment of layers", depth, alignment)
///     .with_network("alexnet", [(0.0, 0.12), (0.5, 0.31), (1.0, 0.4)])?
///     .with_network("resnet50", [(0.0, 0.09), (0.3, 0.2), (0.7, 0.36), (1.0, 0.41)])?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("layers.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LayerCurves {
    heading: Heading,
    depth: Quantity,
    alignment: Quantity,
    layers: Option<Vec<String>>,
    networks: Vec<(String, Vec<(f64, PlottedValue)>)>,
    references: References,
}

impl LayerCurves {
    /// Creates a figure without networks, with the quantities of the horizontal axis (such as
    /// relative depth) and of the vertical axis.
    pub fn new(title: impl Into<String>, depth: Quantity, alignment: Quantity) -> Self {
        Self {
            heading: Heading::new(title),
            depth,
            alignment,
            layers: None,
            networks: Vec::new(),
            references: References::default(),
        }
    }

    /// Sets names of layers, which replace the numbers at 0, 1, 2, … on the horizontal axis. Names
    /// that would touch the previous one are left out.
    #[must_use]
    pub fn with_layers<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.layers = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a network with the depth and the alignment of each layer. Intervals are drawn as a band
    /// around the line.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no layers, `FigureError::NotDrawable` if a
    /// value is NaN or beyond ±1e150, and `ArgumentError::InvalidParameter` if the lower end of
    /// an interval is above the upper end.
    pub fn with_network<M: Into<PlottedValue>>(
        mut self,
        name: impl Into<String>,
        layers: impl IntoIterator<Item = (f64, M)>,
    ) -> Result<Self> {
        let name = name.into();
        let checked = layers.into_iter().map(|(depth, alignment)| {
            let alignment = alignment.into().checked("alignment", &name)?;
            Ok((drawable(depth, "depth", &name)?, alignment))
        });
        let mut layers: Vec<(f64, PlottedValue)> = checked.collect::<Result<_>>()?;
        at_least("layers", 1, layers.len())?;
        layers.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        self.networks.push((name, layers));
        Ok(self)
    }

    fn drawing(&self) -> Result<Drawing> {
        const LABEL: f64 = 12.0;
        /// Opacity of the bands of intervals.
        const BAND: f64 = 0.16;
        const LEADER: f64 = 22.0;

        at_least("networks", 1, self.networks.len())?;
        let layers = || self.networks.iter().flat_map(|(_, layers)| layers);
        let numbers = layers().flat_map(|(_, alignment)| alignment.numbers());
        let vertical = Scale::around(numbers.chain(self.references.numbers()), Spacing::Linear);
        let named = self
            .layers
            .iter()
            .flat_map(|names| 0..names.len())
            .map(|k| k as f64);
        let depths = layers().map(|&(depth, _)| depth).chain(named);
        let horizontal = Scale::around(depths, Spacing::Linear);
        let span = vertical.span();

        let (mut drawing, top) = self.heading.draw(860.0)?;
        let mut keys = Vec::new();
        let band = Key::Band(Color::of_group(0).with_opacity(BAND));
        let measured = layers().map(|&(_, alignment)| alignment);
        keys.extend(self.references.interval_key(band, measured));
        keys.extend(self.references.keys(&self.alignment, span));
        let top = legend::draw(&mut drawing, top, &keys)? + 6.0;
        let height = (16.0 * self.networks.len() as f64).max(400.0);
        let room = 0.3 * drawing.width;
        let mut names = Vec::new();
        let mut widest: f64 = 0.0;
        for (name, _) in &self.networks {
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
        match &self.layers {
            None => axes::horizontal(&mut drawing, area, &horizontal, &self.depth)?,
            Some(names) => {
                let ticks = names
                    .iter()
                    .enumerate()
                    .map(|(k, name)| (k as f64, name.clone()));
                let ticks: Vec<(f64, String)> = ticks.collect();
                axes::labelled_horizontal(&mut drawing, area, &horizontal, &ticks)?;
                axes::horizontal_title(&mut drawing, area, &self.depth.title())?;
            }
        }
        self.references
            .draw_horizontal_line(&mut drawing, area, &vertical);

        let place = |depth: f64, value: f64| [horizontal.at(depth), vertical.at(value)];
        for (network, (_, layers)) in self.networks.iter().enumerate() {
            let bounded = layers
                .iter()
                .filter_map(|&(depth, alignment)| Some((depth, alignment.interval?)));
            let bounded: Vec<(f64, Interval)> = bounded.collect();
            let lower = bounded
                .iter()
                .map(|&(depth, interval)| place(depth, interval.lower));
            let upper = bounded
                .iter()
                .rev()
                .map(|&(depth, interval)| place(depth, interval.upper));
            if bounded.len() > 1 {
                let color = Color::of_group(network).with_opacity(BAND);
                drawing.polygon(lower.chain(upper).collect(), color);
            }
        }
        let mut ends = Vec::new();
        for (network, (_, layers)) in self.networks.iter().enumerate() {
            let color = Color::of_group(network);
            let points = layers
                .iter()
                .map(|&(depth, alignment)| place(depth, alignment.value));
            let points: Vec<[f64; 2]> = points.collect();
            if points.len() > 1 {
                drawing.path(points.clone(), color, 2.0);
            }
            for &point in &points {
                Marker::of_group(network).draw(&mut drawing, point, 3.5, color);
            }
            ends.extend(points.last().copied());
        }
        let heights: Vec<f64> = ends.iter().map(|end| end[1]).collect();
        let heights = spread(&heights, 16.0, [area.top, area.bottom]);
        let x = area.right + LEADER;
        for (network, (name, (&end, y))) in
            names.into_iter().zip(ends.iter().zip(heights)).enumerate()
        {
            let color = Color::of_group(network);
            // Horizontal from the end of the line to the edge of the plot, then to the name.
            let leader = vec![
                [end[0] + 6.0, end[1]],
                [area.right + 2.0, end[1]],
                [x - 10.0, y],
            ];
            drawing.path(leader, color.with_opacity(0.5), 1.0);
            Marker::of_group(network).draw(&mut drawing, [x - 6.0, y], 3.5, color);
            drawing.text(Text::new(name, [x + 2.0, y], LABEL));
        }
        drawing.height = (area.bottom + BELOW + 4.0).ceil();
        Ok(drawing)
    }
}

figure!(LayerCurves);
referenced!(LayerCurves);
