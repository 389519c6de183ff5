//! Reliability diagrams.

use super::axes::{self, BELOW, interval_label};
use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font;
use super::heading::{EDGE, Heading, figure};
use super::legend::{self, Key, RADIUS};
use super::marker::Marker;
use super::plotted_value::checked_interval;
use super::quantity::{Quantity, decimal, drawable};
use super::scale::Scale;
use crate::calibration::ReliabilityTable;
use crate::error::{Result, at_least};

/// A reliability diagram: for each bin of predictions, the frequency of the predicted choices
/// against their mean predicted probability. Bars show the gap to perfect calibration (the
/// diagonal), and a histogram below shows the number of predictions of each bin.
///
/// ```
/// use human_alignment::calibration::{Bins, Predictions, ReliabilityTarget};
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::figure::ReliabilityDiagram;
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{Representation, SimilarityDataset, Stimuli, ZeroShotOddOneOut};
/// # use ndarray::Array2;
///
/// # let value = |(i, j): (usize, usize)| ((i * (2 * j + 3) * 11 + j) % 31) as f32;
/// # let features = Array2::from_shape_fn((30, 4), value);
/// let representation = Representation::new(Stimuli::numbered(30), features)?;
/// let people = SimulatedObserver::new(representation.clone())?.odd_one_out(2000, 1)?;
/// let choices = ChoiceFrequencies::from_trials(people.judgments());
/// let predictions = Predictions::from_metric(&ZeroShotOddOneOut::default(), &representation, &choices)?;
/// let table = predictions.reliability(ReliabilityTarget::TopPair, Bins::equal_width(10)?);
/// let figure = ReliabilityDiagram::new("Calibration", table)?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("calibration.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReliabilityDiagram {
    heading: Heading,
    table: ReliabilityTable,
}

const POINTS: Color = Color::PALETTE[0];
const GAPS: Color = Color::PALETTE[1];
const COUNTS: Color = Color::PALETTE[5];

impl ReliabilityDiagram {
    /// Creates the diagram of a reliability table.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if the table has no bins, `FigureError::NotDrawable` if a
    /// value is NaN or beyond ±1e150, and `ArgumentError::InvalidParameter` if the lower end of
    /// an interval is above the upper end.
    pub fn new(title: impl Into<String>, table: ReliabilityTable) -> Result<Self> {
        at_least("bins", 1, table.bins.len())?;
        for bin in &table.bins {
            let name = format!("bin ({}, {}]", bin.lower, bin.upper);
            for (value, what) in [
                (bin.lower, "lower end"),
                (bin.upper, "upper end"),
                (bin.mean_confidence, "mean probability"),
                (bin.accuracy.value, "accuracy"),
            ] {
                drawable(value, what, &name)?;
            }
            checked_interval(bin.interval, &name)?;
        }
        drawable(
            table.expected_calibration_error,
            "calibration error",
            "table",
        )?;
        drawable(
            table.maximum_calibration_error,
            "calibration error",
            "table",
        )?;
        Ok(Self {
            heading: Heading::new(title),
            table,
        })
    }

    fn drawing(&self) -> Result<Drawing> {
        const WIDTH: f64 = 560.0;
        const COUNTS_HEIGHT: f64 = 90.0;

        let probability = Quantity::percent("Predicted probability");
        let share = Quantity::percent("Chosen by people");
        let predictions = Quantity::count("Predictions");
        let bins = &self.table.bins;
        let unit = || Scale::between(0.0, 1.0);

        let (mut drawing, top) = self.heading.draw(WIDTH)?;
        let keys = [
            (Key::MarkedLine(Marker::Circle, POINTS), "choices".into()),
            (Key::Whiskers(POINTS), interval_label(self.table.confidence)),
            (Key::Band(GAPS.with_opacity(0.3)), "gap".into()),
            (Key::Dashed(Color::SOFT), "perfect calibration".into()),
        ];
        let top = legend::draw(&mut drawing, top, &keys)? + 4.0;
        let most = bins.iter().map(|bin| bin.n_predictions).max().unwrap_or(1);
        let counts = Scale::between(0.0, 1.08 * most as f64);
        let left = axes::vertical_room(&unit(), 400.0, &share)?;
        let left = EDGE + left.max(axes::vertical_room(&counts, COUNTS_HEIGHT, &predictions)?);
        let side = WIDTH - EDGE - 8.0 - left;
        let area = Area {
            left,
            right: left + side,
            top,
            bottom: top + side,
        };
        let (x, y) = (
            unit().on(area.left, area.right),
            unit().on(area.bottom, area.top),
        );
        axes::vertical(&mut drawing, area, &y, &share)?;
        let ticks = x
            .ticks(6, &probability)
            .into_iter()
            .map(|(value, _)| (value, String::new()));
        axes::labelled_horizontal(&mut drawing, area, &x, &ticks.collect::<Vec<_>>())?;
        for bin in bins {
            let (from, to) = (bin.mean_confidence, bin.accuracy.value);
            let gap = Area {
                left: x.at(bin.lower),
                right: x.at(bin.upper),
                top: y.at(from.max(to)),
                bottom: y.at(from.min(to)),
            };
            drawing.rectangle(gap, GAPS.with_opacity(0.3));
        }
        drawing.dashed(
            [area.left, area.bottom],
            [area.right, area.top],
            Color::SOFT,
            1.5,
        );
        let points = bins
            .iter()
            .map(|bin| [x.at(bin.mean_confidence), y.at(bin.accuracy.value)]);
        let points: Vec<[f64; 2]> = points.collect();
        if points.len() > 1 {
            drawing.path(points.clone(), POINTS, 2.0);
        }
        for (bin, &[at, height]) in bins.iter().zip(&points) {
            let ends = <[f64; 2]>::from(bin.interval).map(|end| y.at(end));
            drawing.line([at, ends[0]], [at, ends[1]], POINTS, 1.75);
            for end in ends {
                drawing.line([at - 3.5, end], [at + 3.5, end], POINTS, 1.75);
            }
            Marker::Circle.draw(&mut drawing, [at, height], RADIUS, POINTS);
        }
        self.draw_errors(&mut drawing, area, &points)?;

        let below = Area {
            top: area.bottom + 18.0,
            bottom: area.bottom + 18.0 + COUNTS_HEIGHT,
            ..area
        };
        let counts = counts.on(below.bottom, below.top);
        axes::vertical(&mut drawing, below, &counts, &predictions)?;
        axes::horizontal(&mut drawing, below, &x, &probability)?;
        for bin in bins {
            let bar = Area {
                left: x.at(bin.lower) + 0.5,
                right: x.at(bin.upper) - 0.5,
                top: counts.at(bin.n_predictions as f64),
                bottom: below.bottom,
            };
            drawing.rectangle(bar, COUNTS);
        }
        drawing.height = (below.bottom + BELOW + 4.0).ceil();
        Ok(drawing)
    }

    /// Draws the calibration errors in the upper left corner, or in the lower right one if there
    /// are points in the upper left quarter.
    fn draw_errors(&self, drawing: &mut Drawing, area: Area, points: &[[f64; 2]]) -> Result<()> {
        const SIZE: f64 = 13.0;

        let percent = |value: f64| decimal(100.0 * value, 1);
        let table = &self.table;
        let lines = [
            format!("ECE {} %", percent(table.expected_calibration_error)),
            format!("MCE {} %", percent(table.maximum_calibration_error)),
        ];
        let width = font::width(&lines[0], SIZE)?.max(font::width(&lines[1], SIZE)?);
        let [middle, _] = area.center();
        let n_above = points
            .iter()
            .filter(|[x, y]| *x < middle && *y < area.center()[1])
            .count();
        let corner = match n_above {
            0 => [area.left + 14.0, area.top + 20.0],
            _ => [area.right - 14.0 - width, area.bottom - 20.0 - 1.5 * SIZE],
        };
        for (row, line) in lines.into_iter().enumerate() {
            let at = [corner[0], corner[1] + row as f64 * 1.5 * SIZE];
            drawing.text(Text::new(line, at, SIZE));
        }
        Ok(())
    }
}

figure!(ReliabilityDiagram);
