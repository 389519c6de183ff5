//! Maps of stimuli by multidimensional scaling.

use super::axes::AXIS_TITLE;
use super::color::Color;
use super::drawing::{Area, Drawing, Point, Text};
use super::font::Anchor;
use super::groups::Groups;
use super::heading::{EDGE, Heading, figure};
use super::labels::{self, Label};
use super::legend::{self, Key, RADIUS};
use super::marker::Marker;
use super::places::apart;
use super::quantity::decimal;
use super::thumbnail::Thumbnail;
use crate::error::{Result, same_length};
use crate::rdm::{ClassicalMds, Rdm};
use crate::stimuli::Stimuli;

/// A map of stimuli by classical multidimensional scaling to two dimensions: nearer stimuli are
/// less dissimilar. The axes state the share of the variance that each dimension explains. Stimuli
/// are points or images.
///
/// ```
/// use human_alignment::figure::StimulusMap;
/// use human_alignment::{Rdm, Stimuli};
///
/// let rdm = Rdm::new(Stimuli::new(["cat", "dog", "car"])?, vec![0.2, 0.9, 0.8])?;
/// let figure = StimulusMap::new("Judgments of one participant", &rdm)?
///     .with_groups(["animal", "animal", "vehicle"])?
///     .with_names();
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("map.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct StimulusMap {
    heading: Heading,
    stimuli: Stimuli,
    positions: Vec<Point>,
    /// Share of the variance that each axis explains, in [0, 1].
    shown: [f64; 2],
    groups: Groups,
    group_of: Vec<usize>,
    thumbnails: Option<Vec<Thumbnail>>,
    with_names: bool,
}

impl StimulusMap {
    /// Creates a map of the stimuli of an RDM.
    ///
    /// # Errors
    /// Returns the errors of [`ClassicalMds::new`]: the RDM must be complete, not negative and not
    /// 0 everywhere.
    pub fn new(title: impl Into<String>, rdm: &Rdm) -> Result<Self> {
        let mds = ClassicalMds::new(rdm, 2)?;
        let shown = mds.variance_by_dimension();
        let positions = mds.positions.rows().into_iter().map(|row| [row[0], row[1]]);
        Ok(Self {
            heading: Heading::new(title),
            stimuli: rdm.stimuli().clone(),
            positions: positions.collect(),
            shown: [shown[0], shown[1]],
            groups: Groups::default(),
            group_of: vec![0; rdm.n_stimuli()],
            thumbnails: None,
            with_names: false,
        })
    }

    /// Sets the group of each stimulus, in the order of the RDM. Groups differ in the colour and
    /// shape of their points, or in the frames of their images.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if their number is not that of the stimuli.
    pub fn with_groups<S: AsRef<str>>(
        mut self,
        groups: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let mut known = Groups::default();
        let groups = groups
            .into_iter()
            .map(|group| known.position(group.as_ref()));
        let group_of: Vec<usize> = groups.collect();
        self.require_one_each("groups", group_of.len())?;
        (self.groups, self.group_of) = (known, group_of);
        Ok(self)
    }

    /// Sets the image of each stimulus, in the order of the RDM. The more images, the smaller they
    /// are drawn. Images that would overlap are moved aside, with a line to their position.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if their number is not that of the stimuli.
    pub fn with_thumbnails(mut self, thumbnails: Vec<Thumbnail>) -> Result<Self> {
        self.require_one_each("thumbnails", thumbnails.len())?;
        self.thumbnails = Some(thumbnails);
        Ok(self)
    }

    /// Shows the ids of the stimuli where there is room.
    #[must_use]
    pub fn with_names(mut self) -> Self {
        self.with_names = true;
        self
    }

    fn require_one_each(&self, what: &'static str, found: usize) -> Result<()> {
        same_length(what, self.stimuli.len(), found)
    }

    fn drawing(&self) -> Result<Drawing> {
        const WIDTH: f64 = 820.0;
        /// Smallest and largest ratio of height to width.
        const RATIOS: [f64; 2] = [0.45, 1.0];

        let extent = |axis: usize| {
            let values = || self.positions.iter().map(|position| position[axis]);
            (
                values().fold(f64::MAX, f64::min),
                values().fold(f64::MIN, f64::max),
            )
        };
        let (across, down) = (extent(0), extent(1));
        let (wide, high) = (across.1 - across.0, down.1 - down.0);
        let n = self.positions.len() as f64;

        let (mut drawing, top) = self.heading.draw(WIDTH)?;
        let keys =
            self.groups
                .keys()
                .into_iter()
                .map(|(key, name)| match (&self.thumbnails, key) {
                    (Some(_), Key::Marker(_, color)) => (Key::Edge(color), name),
                    (_, key) => (key, name),
                });
        let top = legend::draw(&mut drawing, top, &keys.collect::<Vec<_>>())?;
        let width = WIDTH - 2.0 * EDGE - AXIS_TITLE - 8.0;
        let height = width * (high / wide).clamp(RATIOS[0], RATIOS[1]);
        // All images together cover about a seventh of the map.
        let side = (0.38 * (width * height / n).sqrt()).clamp(8.0, 84.0);
        let margin = match self.thumbnails {
            Some(_) => side / 2.0 + 8.0,
            None => 22.0,
        };
        let area = Area {
            left: WIDTH - EDGE - width,
            top,
            right: WIDTH - EDGE,
            bottom: top + height,
        };
        // The same scale for both axes, to preserve distances.
        let inner = area.grown(-margin);
        let scale = (inner.width() / wide).min(inner.height() / high);
        let [middle, level] = inner.center();
        let place = |[x, y]: Point| {
            [
                middle + scale * (x - (across.0 + across.1) / 2.0),
                level - scale * (y - (down.0 + down.1) / 2.0),
            ]
        };
        drawing.path(area.outline(), Color::GRID, 1.0);
        let points: Vec<Point> = self
            .positions
            .iter()
            .map(|&position| place(position))
            .collect();
        let mut taken = Vec::new();
        let mut moved = false;
        match &self.thumbnails {
            Some(thumbnails) => {
                let is_grouped = !self.groups.keys().is_empty();
                let edge = if is_grouped { 2.0 } else { 0.75 };
                let places = apart(&points, side + 2.0 * edge + 1.0, area);
                for (&point, &place) in points.iter().zip(&places) {
                    if point != place {
                        moved = true;
                        drawing.line(point, place, Color::LINE, 1.0);
                        drawing.circle(point, 2.0, Color::SOFT);
                    }
                }
                let stimuli = thumbnails.iter().zip(places).zip(&self.group_of);
                for ((thumbnail, place), &group) in stimuli {
                    let color = match is_grouped {
                        true => Color::of_group(group),
                        false => Color::LINE,
                    };
                    let covered = thumbnail.draw(&mut drawing, place, side, (color, edge));
                    taken.push(covered.grown(edge));
                }
            }
            None => taken.extend(
                points
                    .iter()
                    .map(|&point| Area::around(point, RADIUS + 1.0)),
            ),
        }
        if self.with_names {
            let named = self.stimuli.ids().iter().zip(&points);
            let wanted: Vec<Label<'_>> =
                named.map(|(name, &point)| Label { name, point }).collect();
            labels::draw(&mut drawing, area, taken, &wanted)?;
        }
        if self.thumbnails.is_none() {
            for (&point, &group) in points.iter().zip(&self.group_of) {
                let color = Color::of_group(group);
                Marker::of_group(group).draw(&mut drawing, point, RADIUS, color);
            }
        }
        let title = |axis: usize| {
            let shown = decimal(100.0 * self.shown[axis], 1);
            format!("Dimension {} ({shown} % of the variance)", axis + 1)
        };
        let below = Text::new(title(0), [area.center()[0], area.bottom + 14.0], AXIS_TITLE);
        drawing.text(below.anchored(Anchor::Middle));
        let beside = Text::new(
            title(1),
            [EDGE + AXIS_TITLE / 2.0, area.center()[1]],
            AXIS_TITLE,
        );
        drawing.text(beside.anchored(Anchor::Middle).turned());
        let mut bottom = area.bottom;
        if moved {
            bottom += 20.0;
            let note =
                "Images that would hide another are moved aside; a line leads to their place.";
            let text = Text::new(note, [area.center()[0], bottom + 12.0], 11.0);
            drawing.text(text.anchored(Anchor::Middle).colored(Color::SOFT));
        }
        drawing.height = (bottom + 14.0 + AXIS_TITLE + EDGE / 2.0).ceil();
        Ok(drawing)
    }
}

figure!(StimulusMap);
