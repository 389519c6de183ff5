//! Heat maps of RDMs.

use ndarray::Array3;

use super::axes::{AXIS_TITLE, TICK};
use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::heading::{EDGE, Heading, figure};
use super::labels::spread;
use super::legend::{self, Key};
use super::quantity::{Quantity, drawable};
use super::scale::Scale;
use crate::error::{Result, at_least, same_length};
use crate::rdm::Rdm;
use crate::stimuli::Stimuli;

/// A heat map of an RDM in viridis colours, with a colour bar. Groups of neighbouring stimuli are
/// named and separated by lines. Missing pairs are grey; the diagonal is blank.
///
/// ```
/// use human_alignment::figure::{Quantity, RdmHeatMap};
/// use human_alignment::{Rdm, Stimuli};
///
/// let rdm = Rdm::new(Stimuli::new(["cat", "dog", "car"])?, vec![0.2, 0.9, 0.8])?;
/// let figure = RdmHeatMap::new("One participant", rdm, Quantity::plain("Dissimilarity"))?
///     .with_groups(["animals", "animals", "vehicles"])?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("rdm.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RdmHeatMap {
    heading: Heading,
    quantity: Quantity,
    rdm: Rdm,
    /// The name and the number of stimuli of each run of neighbours of the same group.
    groups: Vec<(String, usize)>,
}

impl RdmHeatMap {
    /// Creates a heat map of an RDM, in the order of its stimuli.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two stimuli or all pairs are
    /// missing, and `FigureError::NotDrawable` if a dissimilarity is beyond ±1e150.
    pub fn new(title: impl Into<String>, rdm: Rdm, dissimilarity: Quantity) -> Result<Self> {
        let n_pairs = rdm.n_pairs() - rdm.n_missing();
        at_least("pairs", 1, n_pairs)?;
        for &value in rdm.values().iter().filter(|value| !value.is_nan()) {
            drawable(value, "dissimilarity", "RDM")?;
        }
        Ok(Self {
            heading: Heading::new(title),
            quantity: dissimilarity,
            rdm,
            groups: Vec::new(),
        })
    }

    /// Selects stimuli and their order. Groups are removed.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if the RDM lacks some of the stimuli, and
    /// `ArgumentError::TooFew` if no pair is left.
    pub fn with_order(self, order: &Stimuli) -> Result<Self> {
        let rdm = self.rdm.select(order)?;
        let title = String::new();
        Ok(Self {
            heading: self.heading,
            ..Self::new(title, rdm, self.quantity)?
        })
    }

    /// Sets the group of each stimulus, in the order of the figure. Neighbours of the same group
    /// are drawn as one block; a group with several blocks is named at each.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of groups is not that of the
    /// stimuli.
    pub fn with_groups<S: AsRef<str>>(
        mut self,
        groups: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let mut runs: Vec<(String, usize)> = Vec::new();
        for group in groups {
            let group = group.as_ref();
            match runs.last_mut() {
                Some((name, n)) if name == group => *n += 1,
                _ => runs.push((group.into(), 1)),
            }
        }
        let found = runs.iter().map(|(_, n)| n).sum();
        same_length("groups", self.rdm.n_stimuli(), found)?;
        self.groups = runs;
        Ok(self)
    }

    fn drawing(&self) -> Result<Drawing> {
        const SIDE: f64 = 500.0;
        const LABEL: f64 = 11.5;
        const BAR: f64 = 16.0;

        let known = self
            .rdm
            .values()
            .iter()
            .copied()
            .filter(|value| !value.is_nan());
        let (lower, upper) = known.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(lower, upper), value| (lower.min(value), upper.max(value)),
        );
        // A constant RDM has one colour, in the middle of the bar.
        let (lower, upper) = match upper > lower {
            true => (lower, upper),
            false => (lower - 0.5, upper + 0.5),
        };
        let n = self.rdm.n_stimuli();
        let labels = self.labels(SIDE);
        let mut widest: f64 = 0.0;
        for (name, _) in &labels {
            widest = widest.max(font::width(name, LABEL)?);
        }
        let room = widest.min(190.0);
        let scale = Scale::between(lower, upper);
        let ticks = scale.ticks(7, &self.quantity);
        let mut tick_width: f64 = 0.0;
        for (_, label) in &ticks {
            tick_width = tick_width.max(font::width(label, TICK)?);
        }
        let left = EDGE + if labels.is_empty() { 0.0 } else { room + 18.0 };
        let width = left + SIDE + 24.0 + BAR + 8.0 + tick_width + 10.0 + AXIS_TITLE + EDGE;

        let (mut drawing, mut top) = self.heading.draw(width.ceil())?;
        if self.rdm.n_missing() > 0 {
            let key = (Key::Band(Color::MISSING), "not judged".into());
            top = legend::draw(&mut drawing, top, &[key])?;
        }
        let area = Area {
            left,
            top,
            right: left + SIDE,
            bottom: top + SIDE,
        };
        drawing.image(self.pixels(lower, upper), area);
        drawing.path(area.outline(), Color::LINE, 1.0);
        let cell = SIDE / n as f64;
        let mut start = 0;
        for (_, length) in &self.groups {
            if start > 0 {
                let offset = start as f64 * cell;
                for (color, width) in [(Color::WHITE, 2.5), (Color::INK, 1.0)] {
                    let (x, y) = (area.left + offset, area.top + offset);
                    drawing.line([x, area.top], [x, area.bottom], color, width);
                    drawing.line([area.left, y], [area.right, y], color, width);
                }
            }
            start += length;
        }
        let wanted: Vec<f64> = labels
            .iter()
            .map(|(_, share)| area.top + share * SIDE)
            .collect();
        let ends = [area.top + 4.0, area.bottom - 4.0];
        let heights = spread(&wanted, 1.25 * LABEL, ends);
        for ((name, _), (wanted, height)) in labels.iter().zip(wanted.into_iter().zip(heights)) {
            let name = font::fitted(name, LABEL, room)?;
            let end = [area.left - 14.0, height];
            drawing.line(
                [area.left - 2.0, wanted],
                [area.left - 11.0, height],
                Color::LINE,
                1.0,
            );
            drawing.text(Text::new(name, end, LABEL).anchored(Anchor::End));
        }
        self.draw_bar(&mut drawing, area, scale, &ticks)?;
        drawing.height = (area.bottom + EDGE).ceil();
        Ok(drawing)
    }

    /// Returns the labels on the left, each with its height as a fraction of the side: groups, or
    /// stimuli if there is room for all.
    fn labels(&self, side: f64) -> Vec<(String, f64)> {
        const ROOM: f64 = 14.5;

        let n = self.rdm.n_stimuli() as f64;
        if self.groups.is_empty() {
            let ids = self.rdm.stimuli().ids().iter().enumerate();
            return match n * ROOM <= side {
                true => ids
                    .map(|(k, id)| (id.clone(), (k as f64 + 0.5) / n))
                    .collect(),
                false => Vec::new(),
            };
        }
        let mut start = 0.0;
        let mut labels = Vec::new();
        for (name, length) in &self.groups {
            labels.push((name.clone(), (start + *length as f64 / 2.0) / n));
            start += *length as f64;
        }
        // If there is not enough room for all, the largest groups.
        let most = (side / ROOM) as usize;
        if labels.len() > most {
            let mut order: Vec<usize> = (0..labels.len()).collect();
            order.sort_by_key(|&k| std::cmp::Reverse(self.groups[k].1));
            let mut kept = order[..most].to_vec();
            kept.sort_unstable();
            labels = kept.into_iter().map(|k| labels[k].clone()).collect();
        }
        labels
    }

    /// Returns the image of the RDM, with one pixel per pair.
    fn pixels(&self, lower: f64, upper: f64) -> Array3<u8> {
        let n = self.rdm.n_stimuli();
        let mut pixels = Array3::from_elem((n, n, 3), u8::MAX);
        for row in 0..n {
            for column in (0..n).filter(|&column| column != row) {
                let color = match self.rdm.between(row, column) {
                    Some(value) => Color::of_share((value - lower) / (upper - lower)),
                    None => Color::MISSING,
                };
                for (channel, value) in color.rgb().into_iter().enumerate() {
                    pixels[[row, column, channel]] = value;
                }
            }
        }
        pixels
    }

    /// Draws the colour bar.
    fn draw_bar(
        &self,
        drawing: &mut Drawing,
        beside: Area,
        scale: Scale,
        ticks: &[(f64, String)],
    ) -> Result<()> {
        const N_COLORS: usize = 256;

        let bar = Area {
            left: beside.right + 24.0,
            right: beside.right + 40.0,
            top: beside.top + 0.15 * beside.height(),
            bottom: beside.bottom - 0.15 * beside.height(),
        };
        let colors = Array3::from_shape_fn((N_COLORS, 1, 3), |(row, _, channel)| {
            Color::of_share(1.0 - (row as f64 + 0.5) / N_COLORS as f64).rgb()[channel]
        });
        drawing.image(colors, bar);
        drawing.path(bar.outline(), Color::LINE, 1.0);
        let scale = scale.on(bar.bottom, bar.top);
        let mut widest: f64 = 0.0;
        for (value, label) in ticks {
            let y = scale.at(*value);
            drawing.line([bar.right, y], [bar.right + 4.0, y], Color::LINE, 1.0);
            drawing.text(Text::new(label, [bar.right + 8.0, y], TICK).colored(Color::SOFT));
            widest = widest.max(font::width(label, TICK)?);
        }
        let title = font::fitted(&self.quantity.title(), AXIS_TITLE, beside.height())?;
        let at = [
            bar.right + 8.0 + widest + 10.0 + AXIS_TITLE / 2.0,
            bar.center()[1],
        ];
        drawing.text(
            Text::new(title, at, AXIS_TITLE)
                .anchored(Anchor::Middle)
                .turned(),
        );
        Ok(())
    }
}

figure!(RdmHeatMap);
