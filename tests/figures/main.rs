//! Figures: what they say, where it stands, and what they refuse.

use std::fs;
use std::path::Path;

use ab_glyph::{Font, FontRef};
use human_alignment::calibration::{Bins, Predictions, ReliabilityTable, ReliabilityTarget};
use human_alignment::dataset::SimulatedObserver;
use human_alignment::error::{ArgumentError, FigureError, FileError, RdmError};
use human_alignment::figure::{
    AlignmentAgainst, AlignmentByModel, AlignmentCurves, DimensionBars, DimensionPage, Gains,
    PlottedValue, Quantity, RdmHeatMap, ReliabilityDiagram, Spacing, StimulusMap, Thumbnail,
    TripletPage,
};
use human_alignment::inference::{Confidence, Interval};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{
    Error, Rdm, Representation, Result, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut,
};
use ndarray::{Array2, Array3};

#[path = "../common/mod.rs"]
mod common;

use common::refusals::{assert_kind, assert_refused};

/// The same figure in both formats.
macro_rules! written {
    ($figure:expr) => {{
        let (figure, folder) = ($figure, tempfile::tempdir().unwrap());
        let write = |name: &str| {
            let path = folder.path().join(name);
            figure.write(&path).unwrap();
            fs::read(path).unwrap()
        };
        let (svg, png) = (write("figure.svg"), write("figure.PNG"));
        assert_eq!(svg, write("again.svg"));
        assert_eq!(png, write("again.png"));
        Written {
            svg: String::from_utf8(svg).unwrap(),
            png,
        }
    }};
}

struct Written {
    svg: String,
    png: Vec<u8>,
}

/// One element of the SVG file and the text in it.
struct Element<'a> {
    name: &'a str,
    attributes: &'a str,
    text: &'a str,
}

impl<'a> Element<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, rest) = self.attributes.split_once(&format!(" {name}=\""))?;
        rest.split('"').next()
    }

    fn number(&self, name: &str) -> f64 {
        self.attribute(name).unwrap().parse().unwrap()
    }
}

/// Left, top, right and bottom, in the units of the file.
type Area = [f64; 4];

impl Written {
    fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.svg
            .split('<')
            .skip(1)
            .filter(|part| !part.starts_with('/'))
            .map(|part| {
                let (tag, text) = part.split_once('>').unwrap();
                let n = tag.find([' ', '/']).unwrap_or(tag.len());
                Element {
                    name: &tag[..n],
                    attributes: &tag[n..],
                    text: text.trim(),
                }
            })
    }

    fn named(&self, name: &str) -> Vec<Element<'_>> {
        let is_background = |element: &Element<'_>| element.attribute("width") == Some("100%");
        self.elements()
            .filter(|element| element.name == name && !is_background(element))
            .collect()
    }

    /// Texts and what they cover, measured here from the font itself.
    fn texts(&self) -> Vec<(String, Area)> {
        let font = FontRef::try_from_slice(dejavu::sans::regular()).unwrap();
        let em = f64::from(font.units_per_em().unwrap());
        let area = |element: Element<'_>| {
            let unescaped = element.text.replace("&lt;", "<").replace("&gt;", ">");
            let text = unescaped
                .replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&amp;", "&");
            let size = element.number("font-size");
            let advance = |c| f64::from(font.h_advance_unscaled(font.glyph_id(c)));
            let width = text.chars().map(advance).sum::<f64>() / em * size;
            let (x, y) = (element.number("x"), element.number("y"));
            let before = match element.attribute("text-anchor") {
                Some("start") => 0.0,
                Some("middle") => width / 2.0,
                Some("end") => width,
                other => panic!("anchored {other:?}"),
            };
            let area = match element.attribute("transform") {
                None => [x - before, y, x - before + width, y + size],
                Some(turned) => {
                    assert!(turned.starts_with("rotate(270"));
                    [x, y + before - width, x + size, y + before]
                }
            };
            (text, area)
        };
        self.named("text").into_iter().map(area).collect()
    }

    fn size(&self) -> (f64, f64) {
        let element = self.elements().next().unwrap();
        assert_eq!(element.name, "svg");
        (element.number("width"), element.number("height"))
    }

    fn pixels(&self) -> Array3<u8> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(&self.png))
            .read_info()
            .unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        Array3::from_shape_vec((frame.height as usize, frame.width as usize, 3), bytes).unwrap()
    }

    /// The color at a place in the units of the SVG file.
    fn color_at(&self, x: f64, y: f64) -> [u8; 3] {
        let pixels = self.pixels();
        let (row, column) = ((y / 2.0) as usize, (x / 2.0) as usize);
        [0, 1, 2].map(|channel| pixels[[row, column, channel]])
    }

    #[track_caller]
    fn says(&self, expected: &str) {
        let texts = self.texts();
        let found = texts.iter().any(|(text, _)| text == expected);
        assert!(found, "no {expected:?} in {texts:?}");
    }

    /// Texts are inside and clear of each other; the image has the size that the SVG file states.
    #[track_caller]
    fn check(&self) {
        let (width, height) = self.size();
        let scale = 4.0;
        let texts = self.texts();
        assert!(!texts.is_empty());
        for (position, (text, [left, top, right, bottom])) in texts.iter().enumerate() {
            assert!(!text.is_empty());
            let inside = *left >= 0.0 && *top >= 0.0;
            let inside = inside && *right <= scale * width && *bottom <= scale * height;
            assert!(
                inside,
                "{text:?} sticks out: {left} {top} {right} {bottom} of {width}×{height}"
            );
            for (other, area) in &texts[..position] {
                // Positions are rounded to whole units.
                let apart = right - 1.0 <= area[0]
                    || area[2] - 1.0 <= *left
                    || bottom - 1.0 <= area[1]
                    || area[3] - 1.0 <= *top;
                assert!(apart, "{text:?} and {other:?} overlap");
            }
        }
        for image in self.named("image") {
            assert!(image.number("x") >= 0.0 && image.number("y") >= 0.0);
            assert!(image.number("x") + image.number("width") <= scale * width);
            assert!(image.number("y") + image.number("height") <= scale * height);
        }
        let (rows, columns, _) = self.pixels().dim();
        assert_eq!((columns as f64, rows as f64), (2.0 * width, 2.0 * height));
        let open = self.svg.matches("<text").count();
        assert_eq!(open, self.svg.matches("</text>").count());
        assert!(self.svg.ends_with("</svg>\n"));
        let is_foreign = |c: char| c.is_control() && c != '\n';
        assert!(!self.svg.contains(is_foreign));
    }
}

fn around(value: f64, half: f64) -> PlottedValue {
    PlottedValue::from(value).with_interval(Interval {
        lower: value - half,
        upper: value + half,
    })
}

const CEILING: Interval = Interval {
    lower: 0.6467,
    upper: 0.6922,
};

/// Long names, and values that lie close together.
fn model(k: usize) -> (String, f64, &'static str) {
    let name = match k % 5 {
        0 => format!("resnet{k}"),
        1 => format!("ViT-L-14-quickgelu (OpenCLIP, laion2b_s32b_b82k, fine-tuned), number {k}"),
        2 => format!("convnext_large.fb_in22k_ft_in1k-{k}"),
        3 => format!("regnet_y_{k}gf"),
        _ => format!("swin & <co>, \"{k}\"\n\u{1}"),
    };
    let group = ["supervised", "self-supervised", "image and text"][k % 3];
    (name, 0.48 + 0.03 * (1.7 * k as f64).sin(), group)
}

#[test]
fn models_are_sorted_and_told_apart() {
    let mut figure = AlignmentByModel::new("Zero-shot choices", Quantity::percent("Accuracy"))
        .with_subtitle("People and pictures are simulated")
        .with_count(2171, "trials")
        .with_ceiling(CEILING)
        .unwrap()
        .with_chance(1.0 / 3.0)
        .unwrap()
        .with_confidence(Confidence::new(0.9).unwrap());
    for (name, value, group) in (0..21).map(model) {
        figure = figure.with_model(name, around(value, 0.02), group).unwrap();
    }
    let written = written!(figure);
    written.check();
    for text in [
        "Zero-shot choices",
        "People and pictures are simulated",
        "n = 2,171 trials",
        "Accuracy (%)",
        "noise ceiling 64.7–69.2 %",
        "chance 33.3 %",
        "90 % interval",
        "self-supervised",
        "resnet15",
        "swin & <co>, \"4\"",
    ] {
        written.says(text.trim_end());
    }
    // Values from above to below, each as it was given.
    let values = written.texts().into_iter().filter_map(|(text, area)| {
        let value: f64 = text.strip_suffix(" %")?.parse().ok()?;
        Some((area[1], value))
    });
    let values: Vec<(f64, f64)> = values.collect();
    assert_eq!(values.len(), 21);
    assert!(
        values.is_sorted_by(|(above, first), (below, second)| above < below && first >= second)
    );
    let mut expected: Vec<f64> = (0..21)
        .map(|k| (1000.0 * model(k).1).round() / 10.0)
        .collect();
    expected.sort_by(|left, right| right.total_cmp(left));
    assert_eq!(
        values.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
        expected
    );
    // 7 circles and one in the legend, each with its light edge.
    assert_eq!(written.named("circle").len(), 2 * 8);
    assert_eq!(written.named("polygon").len(), 2 * 2 * 8);
}

#[test]
fn points_lie_where_their_numbers_are() {
    let mut figure = AlignmentAgainst::new(
        "Size",
        Quantity::count("Parameters"),
        Quantity::percent("Accuracy"),
    )
    .with_spacing(Spacing::Logarithmic)
    .with_ceiling(CEILING)
    .unwrap()
    .with_line();
    // On a line in the logarithm.
    let sizes = [1e6, 1e7, 1e8, 1e9];
    for (k, size) in sizes.into_iter().enumerate() {
        let value = 0.4 + 0.05 * k as f64;
        figure = figure
            .with_model(format!("net{k}"), size, value, "")
            .unwrap();
    }
    let written = written!(figure);
    written.check();
    for text in [
        "net0",
        "net3",
        "1 M",
        "1 B",
        "Parameters",
        "least squares, R² = 1.00",
    ] {
        written.says(text);
    }
    let circles = written.named("circle");
    let centers = circles
        .iter()
        .map(|circle| (circle.number("cx"), circle.number("cy")));
    let mut centers: Vec<(f64, f64)> = centers.collect();
    centers.dedup();
    assert_eq!(centers.len(), 4);
    for pair in centers.windows(3) {
        assert!((pair[2].0 - 2.0 * pair[1].0 + pair[0].0).abs() <= 2.0);
        assert!((pair[2].1 - 2.0 * pair[1].1 + pair[0].1).abs() <= 2.0);
        assert!(pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1);
    }
}

#[test]
fn names_that_have_no_room_are_counted() {
    let figure = || {
        AlignmentAgainst::new(
            "Depth",
            Quantity::plain("Depth"),
            Quantity::plain("Correlation"),
        )
    };
    let mut crowded = figure();
    for k in 0..120 {
        let (name, value, group) = model(k);
        let depth = 20.0 + (k % 4) as f64;
        crowded = crowded
            .with_model(name, depth, around(value, 0.01), group)
            .unwrap();
    }
    let written = written!(crowded);
    written.check();
    let note = written.texts().into_iter().find_map(|(text, _)| {
        let n: usize = text
            .strip_prefix("no room for ")?
            .strip_suffix(" names")?
            .parse()
            .ok()?;
        Some(n)
    });
    let names: Vec<String> = written.texts().into_iter().map(|(text, _)| text).collect();
    let shown = names.iter().filter(|name| {
        ["resnet", "ViT-L", "convnext", "regnet", "swin"]
            .iter()
            .any(|start| name.starts_with(start))
    });
    let shown = shown.count();
    assert!(shown > 10);
    assert_eq!(note.unwrap() + shown, 120);
}

#[test]
fn curves_have_a_line_and_a_name_each() {
    let mut figure = AlignmentCurves::new(
        "Layers",
        Quantity::plain("Relative depth"),
        Quantity::plain("Correlation"),
    )
    .with_chance(0.0)
    .unwrap();
    for k in 0..12 {
        let layers = (0..=k + 2).map(|layer| {
            let depth = layer as f64 / (k + 2) as f64;
            (depth, around(0.3 * depth + 0.001 * k as f64, 0.02))
        });
        figure = figure.with_curve(format!("network {k}"), layers).unwrap();
    }
    let written = written!(figure);
    written.check();
    for k in 0..12 {
        written.says(&format!("network {k}"));
    }
    written.says("chance 0");
    written.says("95 % interval");
    let wide = written
        .named("polyline")
        .into_iter()
        .filter(|line| line.attribute("stroke-width") == Some("8"));
    assert_eq!(wide.count(), 12);
    // Names of layers in place of numbers.
    let named = AlignmentCurves::new(
        "AlexNet",
        Quantity::plain("Layer"),
        Quantity::plain("Correlation"),
    )
    .with_ticks(["conv1", "conv2", "fc6"])
    .with_curve("AlexNet", [(0.0, 0.1), (1.0, 0.2), (2.0, 0.15)])
    .unwrap();
    let written = written!(named);
    written.check();
    written.says("conv2");
}

#[test]
fn gains_are_written_with_their_sign() {
    let mut figure = Gains::new("Probe", Quantity::percent("Accuracy"))
        .with_names("as they are", "with the probe")
        .with_ceiling(CEILING)
        .unwrap();
    for (k, gain) in [0.116, -0.082, 0.0, 0.004].into_iter().enumerate() {
        let before = around(0.5 + 0.01 * k as f64, 0.02);
        let after = PlottedValue::from(before.value + gain);
        figure = figure.with_model(format!("net{k}"), before, after).unwrap();
    }
    let written = written!(figure);
    written.check();
    for text in [
        "+11.6",
        "−8.2",
        "0.0",
        "+0.4",
        "as they are",
        "with the probe",
        "difference",
    ] {
        written.says(text);
    }
}

#[test]
fn bars_are_as_long_as_their_numbers() {
    let mut figure = DimensionBars::new("Dimensions", Quantity::plain("R²"));
    let values = [0.2, 0.8, -0.1, 0.4];
    for (k, value) in values.into_iter().enumerate() {
        figure = figure
            .with_dimension(format!("dimension {k}"), value)
            .unwrap();
    }
    let written = written!(figure);
    written.check();
    for text in ["0.800", "−0.100", "R²", "dimension 2"] {
        written.says(text);
    }
    let bars: Vec<f64> = written
        .named("rect")
        .iter()
        .map(|bar| bar.number("width"))
        .collect();
    assert_eq!(bars.len(), 4);
    for (bar, value) in bars.iter().zip([0.8, 0.4, 0.2, -0.1f64]) {
        assert!((bar / bars[0] - value.abs() / 0.8).abs() < 0.01, "{bars:?}");
    }
    // As many as there are of human dimensions.
    let mut many = DimensionBars::new("Dimensions", Quantity::percent("Accuracy"))
        .with_chance(1.0 / 3.0)
        .unwrap();
    for k in 0..66 {
        many = many
            .with_dimension(model(k).0, around(0.3 + 0.01 * (k % 40) as f64, 0.05))
            .unwrap();
    }
    written!(many).check();
}

fn reliability() -> ReliabilityTable {
    let features = Array2::from_shape_fn((40, 6), |(i, j)| {
        ((i * (j + 3) + 5 * j * j) % 11) as f32 / 4.0
    });
    let representation = Representation::new(Stimuli::numbered(40), features).unwrap();
    let people = SimulatedObserver::new(representation.clone()).unwrap();
    let people = people
        .with_temperature(3.0)
        .unwrap()
        .odd_one_out(3000, 1)
        .unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Dot)
        .with_temperature(2.0)
        .unwrap();
    let choices = ChoiceFrequencies::trial_by_trial(people.judgments());
    let predictions = Predictions::from_metric(&metric, &representation, &choices).unwrap();
    predictions.reliability(ReliabilityTarget::TopPair, Bins::equal_width(10).unwrap())
}

#[test]
fn reliability_is_that_of_the_table() {
    let table = reliability();
    let figure = ReliabilityDiagram::new("Calibration", table.clone())
        .unwrap()
        .with_count(3000, "trials");
    let written = written!(figure);
    written.check();
    written.says(&format!(
        "ECE {:.1} %",
        100.0 * table.expected_calibration_error
    ));
    written.says(&format!(
        "MCE {:.1} %",
        100.0 * table.maximum_calibration_error
    ));
    written.says("Predicted probability (%)");
    // One point a bin and one in the legend; a gap and a count each, and one in the legend.
    assert!(table.bins.len() > 4);
    assert_eq!(written.named("circle").len(), 2 * (table.bins.len() + 1));
    assert_eq!(written.named("rect").len(), 2 * table.bins.len() + 1);

    let mut broken = table.clone();
    broken.bins[1].accuracy.value = f64::NAN;
    let refused = ReliabilityDiagram::new("", broken);
    assert_refused!(
        refused,
        Figure(FigureError::NotDrawable {
            what: "accuracy",
            ..
        })
    );
    let mut empty = table;
    empty.bins.clear();
    assert_refused!(
        ReliabilityDiagram::new("", empty),
        Argument(ArgumentError::TooFew { .. })
    );
}

#[test]
fn heat_maps_show_each_pair() {
    let stimuli = Stimuli::new(["a", "b", "c", "d"]).unwrap();
    // The smallest, the largest, and one that is missing.
    let values = vec![0.1, 0.9, 0.5, 0.9, f64::NAN, 0.1];
    let rdm = Rdm::with_missing(stimuli, values).unwrap();
    let figure = RdmHeatMap::new("RDM", rdm, Quantity::plain("Dissimilarity"))
        .unwrap()
        .with_order(&Stimuli::new(["b", "a", "c", "d"]).unwrap())
        .unwrap()
        .with_groups(["pets", "pets", "cars", "cars"])
        .unwrap();
    let written = written!(figure);
    written.check();
    for text in ["RDM", "pets", "cars", "Dissimilarity", "not judged", "0.6"] {
        written.says(text);
    }
    let images = written.named("image");
    assert_eq!(images.len(), 2);
    let (x, y) = (images[0].number("x"), images[0].number("y"));
    let cell = images[0].number("width") / 4.0;
    let color =
        |row: f64, column: f64| written.color_at(x + (column + 0.5) * cell, y + (row + 0.5) * cell);
    // Ends of viridis.
    let (dark, light, gray) = ([68, 1, 84], [253, 231, 36], [196; 3]);
    let near = |found: [u8; 3], expected: [u8; 3]| {
        let difference = found
            .iter()
            .zip(expected)
            .map(|(&a, b)| a.abs_diff(b))
            .max();
        assert!(difference < Some(6), "{found:?}, not {expected:?}");
    };
    for (row, column, expected) in [
        (0.0, 1.0, dark),
        (2.0, 3.0, dark),
        (1.0, 2.0, light),
        (0.0, 2.0, light),
        (0.0, 3.0, gray),
        (2.0, 2.0, [255; 3]),
    ] {
        near(color(row, column), expected);
        near(color(column, row), expected);
    }
    // More stimuli than pixels, and groups with one stimulus each.
    let n = 1100;
    let stimuli = Stimuli::numbered(n);
    let values = (0..n * (n - 1) / 2).map(|k| f64::from(k % 97)).collect();
    let large = RdmHeatMap::new(
        "Large",
        Rdm::new(stimuli, values).unwrap(),
        Quantity::plain("Distance"),
    )
    .unwrap()
    .with_groups((0..n).map(|k| {
        if k < 1000 {
            "all".into()
        } else {
            format!("group {k}")
        }
    }))
    .unwrap();
    written!(large).check();
}

/// Six points in a plane and their distances.
fn plane() -> (Vec<[f64; 2]>, Rdm) {
    let points = [
        [0.0, 0.0],
        [4.0, 0.0],
        [4.0, 3.0],
        [0.0, 3.0],
        [2.0, 1.0],
        [9.0, 1.0],
    ];
    let pairs = (0..6).flat_map(|i| (i + 1..6).map(move |j| (i, j)));
    let distance = |(i, j): (usize, usize)| {
        let (a, b): ([f64; 2], [f64; 2]) = (points[i], points[j]);
        (a[0] - b[0]).hypot(a[1] - b[1])
    };
    let stimuli = Stimuli::new(["a", "b", "c", "d", "e", "f"]).unwrap();
    (
        points.to_vec(),
        Rdm::new(stimuli, pairs.map(distance).collect()).unwrap(),
    )
}

#[test]
fn maps_keep_distances() {
    let (points, rdm) = plane();
    let figure = StimulusMap::new("Map", &rdm).unwrap().with_names();
    let written = written!(figure);
    written.check();
    for name in rdm.stimuli().ids() {
        written.says(name);
    }
    let circles = written.named("circle");
    let mut centers: Vec<[f64; 2]> = circles
        .iter()
        .map(|c| [c.number("cx"), c.number("cy")])
        .collect();
    centers.dedup();
    assert_eq!(centers.len(), points.len());
    let between =
        |i: usize, j: usize| (centers[i][0] - centers[j][0]).hypot(centers[i][1] - centers[j][1]);
    let unit = between(0, 1) / 4.0;
    for i in 0..6 {
        for j in 0..i {
            assert!((between(i, j) / unit - rdm.between(i, j).unwrap()).abs() < 0.02);
        }
    }
    // All of the variance is shown.
    let shown = written.texts().into_iter().filter_map(|(text, _)| {
        let (_, rest) = text.split_once('(')?;
        rest.strip_suffix(" % of the variance)")?
            .parse::<f64>()
            .ok()
    });
    assert!((shown.sum::<f64>() - 100.0).abs() < 0.11);
}

fn thumbnail(color: [u8; 3], (height, width): (usize, usize)) -> Thumbnail {
    let pixels = Array3::from_shape_fn((height, width, 3), |(_, _, channel)| color[channel]);
    Thumbnail::new(pixels).unwrap()
}

#[test]
fn thumbnails_are_on_maps_and_clear_of_each_other() {
    let (_, rdm) = plane();
    let colors: Vec<[u8; 3]> = (0..6u8).map(|k| [40 * k, 255 - 30 * k, 90]).collect();
    let thumbnails = colors
        .iter()
        .enumerate()
        .map(|(k, &color)| thumbnail(color, (40 + 600 * (k % 2), 60)));
    let figure = StimulusMap::new("Map", &rdm)
        .unwrap()
        .with_thumbnails(thumbnails.collect())
        .unwrap()
        .with_groups(["x", "x", "x", "y", "y", "y"])
        .unwrap();
    let written = written!(figure);
    written.check();
    let images = written.named("image");
    assert_eq!(images.len(), 6);
    for (image, color) in images.iter().zip(colors) {
        let x = image.number("x") + image.number("width") / 2.0;
        let y = image.number("y") + image.number("height") / 2.0;
        assert_eq!(written.color_at(x, y), color);
    }

    // Many in one place.
    let n = 150;
    let values = (0..n * (n - 1) / 2)
        .map(|k| 1.0 + 0.001 * f64::from(k % 7))
        .collect();
    let crowd = Rdm::new(Stimuli::numbered(n), values).unwrap();
    let thumbnails = (0..n).map(|_| thumbnail([9, 9, 9], (20, 20))).collect();
    let written = written!(
        StimulusMap::new("Crowd", &crowd)
            .unwrap()
            .with_thumbnails(thumbnails)
            .unwrap()
    );
    written.check();
    let images = written.named("image");
    assert_eq!(images.len(), n as usize);
    let area = |image: &Element<'_>| {
        let (x, y) = (image.number("x"), image.number("y"));
        [x, y, x + image.number("width"), y + image.number("height")]
    };
    let areas: Vec<Area> = images.iter().map(area).collect();
    for (k, a) in areas.iter().enumerate() {
        for b in &areas[..k] {
            assert!(a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1]);
        }
    }
}

#[test]
fn triplets_show_both_choices() {
    let mut figure = TripletPage::new("Trials").with_model_name("AlexNet");
    for k in 0..5 {
        let names =
            ["a rather long name of an object", "hat", "cat"].map(|name| format!("{name} {k}"));
        let pictures =
            [[200, 0, 0], [0, 200, 0], [0, 0, 200]].map(|color| thumbnail(color, (30, 45)));
        figure = match k {
            4 => figure.with_trial(names, 2, 2).unwrap(),
            _ => figure
                .with_pictured_trial(names, pictures, k % 3, (k + 1) % 3)
                .unwrap(),
        };
    }
    let written = written!(figure);
    written.check();
    let n_texts = |wanted: &str| {
        written
            .texts()
            .iter()
            .filter(|(text, _)| text == wanted)
            .count()
    };
    assert_eq!(
        (n_texts("people"), n_texts("AlexNet"), n_texts("both")),
        (4, 4, 1)
    );
    written.says("odd one out to AlexNet");
    written.says("hat 3");
    let images = written.named("image");
    assert_eq!(images.len(), 12);
    // Below the first picture stands who chose it.
    let people = written
        .texts()
        .into_iter()
        .find(|(text, _)| text == "people")
        .unwrap()
        .1;
    let x = images[0].number("x") + images[0].number("width") / 2.0;
    assert!(((people[0] + people[2]) / 2.0 - x).abs() < 2.0);
}

#[test]
fn pages_of_dimensions_show_objects_by_weight() {
    let mut figure = DimensionPage::new("Dimension 1").with_count(9, "objects");
    for (k, weight) in [0.5, 2.0, 0.0, 1.25, 0.1, 0.2, 0.3].into_iter().enumerate() {
        let name = format!("a rather long name of an object {k}");
        figure = match k {
            0 => figure.with_object(name, weight).unwrap(),
            _ => figure
                .with_pictured_object(name, thumbnail([0, 20 * k as u8, 0], (40, 30)), weight)
                .unwrap(),
        };
    }
    let written = written!(figure);
    written.check();
    for weight in ["2.00", "1.25", "0.50", "0"] {
        written.says(weight);
    }
    let images = written.named("image");
    assert_eq!(images.len(), 6);
    // The largest weight comes first.
    let x = images[0].number("x") + images[0].number("width") / 2.0;
    let y = images[0].number("y") + images[0].number("height") / 2.0;
    assert_eq!(written.color_at(x, y), [0, 20, 0]);
    let names = DimensionPage::new("").with_object("cat", 0.0).unwrap();
    written!(names).check();
}

#[test]
fn one_model_or_hundreds_and_any_size_of_number() {
    for scale in [1e-12, 1.0, 1e12, 1e140] {
        for n in [1, 2, 250] {
            let mut figure = AlignmentByModel::new("Models", Quantity::plain("Alignment"));
            for k in 0..n {
                let value = scale * (1.0 + (k % 3) as f64);
                figure = figure.with_model(model(k).0, value, model(k).2).unwrap();
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("figure.svg");
            figure.write(&path).unwrap();
            let svg = fs::read_to_string(path).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"));
        }
    }
    let same = AlignmentByModel::new(
        "\u{2}<A & B>\u{ffff}",
        Quantity::in_unit("Distance", "bits"),
    )
    .with_model("a", 3.0, "")
    .unwrap()
    .with_model("b", 3.0, "")
    .unwrap();
    let written = written!(same);
    written.check();
    written.says("Distance (bits)");
    assert!(written.svg.contains("<title> &lt;A &amp; B&gt; </title>"));
}

/// The file is not there where the figure is refused.
fn refused(write: impl FnOnce(&Path) -> Result<()>, name: &str) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let error = write(&folder.path().join(name)).unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    error
}

#[test]
fn what_is_no_figure_is_refused() {
    let accuracy = || Quantity::percent("Accuracy");
    let models = || AlignmentByModel::new("", accuracy());
    let against = || AlignmentAgainst::new("", Quantity::plain("x"), accuracy());
    let empty = [
        refused(|path| models().write(path), "a.svg"),
        refused(|path| against().write(path), "a.png"),
        refused(|path| Gains::new("", accuracy()).write(path), "a.svg"),
        refused(
            |path| DimensionBars::new("", accuracy()).write(path),
            "a.svg",
        ),
        refused(
            |path| AlignmentCurves::new("", accuracy(), accuracy()).write(path),
            "a.svg",
        ),
        refused(|path| TripletPage::new("").write(path), "a.svg"),
        refused(|path| DimensionPage::new("").write(path), "a.svg"),
    ];
    for error in empty {
        assert_kind!(error, Argument(ArgumentError::TooFew { found: 0, .. }));
    }
    let one = models().with_model("a", 0.5, "").unwrap();
    for name in ["a.pdf", "a", "png"] {
        let error = refused(|path| one.write(path), name);
        assert_kind!(error, File(FileError::UnknownFormat { .. }));
    }
    let error = refused(|path| one.write(path.join("no/such/a.svg")), "folder");
    assert_kind!(error, File(FileError::Write { .. }));

    for value in [f64::NAN, f64::INFINITY, 1e200] {
        let by_name = |error: Error| {
            assert_kind!(error, Figure(FigureError::NotDrawable { of, .. }) if of == "net");
        };
        by_name(models().with_model("net", value, "").unwrap_err());
        by_name(
            models()
                .with_model("net", around(0.5, value), "")
                .unwrap_err(),
        );
        by_name(against().with_model("net", value, 0.5, "").unwrap_err());
        by_name(
            Gains::new("", accuracy())
                .with_model("net", 0.5, value)
                .unwrap_err(),
        );
        by_name(
            DimensionBars::new("", accuracy())
                .with_dimension("net", value)
                .unwrap_err(),
        );
        by_name(
            DimensionPage::new("")
                .with_object("net", value)
                .unwrap_err(),
        );
        let curves = AlignmentCurves::new("", accuracy(), accuracy());
        by_name(curves.with_curve("net", [(value, 0.5)]).unwrap_err());
        assert!(models().with_chance(value).is_err());
    }
    let backwards = Interval {
        lower: 0.7,
        upper: 0.6,
    };
    assert_refused!(
        models().with_ceiling(backwards),
        Argument(ArgumentError::InvalidParameter { .. })
    );

    let logarithmic = against().with_spacing(Spacing::Logarithmic);
    let logarithmic = logarithmic.with_model("net", 0.0, 0.5, "").unwrap();
    let error = refused(|path| logarithmic.write(path), "a.svg");
    assert_kind!(error, Figure(FigureError::NotDrawable { value: 0.0, .. }));
    let level = (0..5).fold(against().with_line(), |figure, k| {
        figure.with_model("net", f64::from(k), 0.5, "").unwrap()
    });
    let error = refused(|path| level.write(path), "a.svg");
    assert_kind!(error, Argument(ArgumentError::InvalidParameter { .. }));

    let curves = AlignmentCurves::new("", accuracy(), accuracy());
    let none: [(f64, f64); 0] = [];
    assert_refused!(
        curves.with_curve("net", none),
        Argument(ArgumentError::TooFew { .. })
    );

    let (_, rdm) = plane();
    let map = StimulusMap::new("", &rdm).unwrap();
    assert_refused!(
        map.with_groups(["x"]),
        Argument(ArgumentError::LengthMismatch {
            expected: 6,
            found: 1,
            ..
        })
    );
    let map = StimulusMap::new("", &rdm).unwrap();
    assert_refused!(
        map.with_thumbnails(vec![]),
        Argument(ArgumentError::LengthMismatch { found: 0, .. })
    );
    let heat = RdmHeatMap::new("", rdm.clone(), Quantity::plain("Distance")).unwrap();
    assert_refused!(
        heat.with_groups(["x"; 7]),
        Argument(ArgumentError::LengthMismatch { found: 7, .. })
    );
    let missing = Rdm::with_missing(Stimuli::numbered(3), vec![f64::NAN; 3]).unwrap();
    assert_refused!(
        StimulusMap::new("", &missing),
        Rdm(RdmError::InvalidPair { .. })
    );
    let heat = RdmHeatMap::new("", missing, Quantity::plain("Distance"));
    assert_refused!(heat, Argument(ArgumentError::TooFew { .. }));

    let page = TripletPage::new("").with_trial(["a", "b", "c"], 0, 3);
    assert_refused!(page, Argument(ArgumentError::InvalidParameter { .. }));
    for shape in [(0, 4, 3), (4, 4, 4)] {
        let thumbnail = Thumbnail::new(Array3::zeros(shape));
        assert_refused!(thumbnail, Argument(ArgumentError::Shape { .. }));
    }
}
