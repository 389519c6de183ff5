//! The figures of a study.

/// Writes a figure in both formats.
macro_rules! draw {
    ($gallery:expr, $name:expr, $caption:expr, $figure:expr) => {{
        let (name, figure) = ($name, $figure);
        let base = $gallery.folder.join(&name);
        $gallery.writers.push(Box::new(move || {
            figure.write(base.with_extension("svg"))?;
            figure.write(base.with_extension("png"))
        }));
        $gallery.drawn.push(Drawn {
            file: format!("{name}.svg").into(),
            caption: $caption.into(),
        });
    }};
}

mod gains;
mod pictures;

use std::path::{Path, PathBuf};

use human_alignment::Result;
use human_alignment::figure::{
    AlignmentAgainst, AlignmentByModel, AlignmentCurves, PlottedValue as Bar, Quantity, Spacing,
};
use human_alignment::inference::Interval;
use human_alignment::study::{Measurement, StudyRow, StudyTable};
use rayon::prelude::*;

use super::panel::{Panel, PanelMetric, rsa_per_person, was_trained};

/// A file of a figure, and its caption.
pub struct Drawn {
    pub file: PathBuf,
    pub caption: String,
}

/// Draws all figures into a folder, each as SVG and PNG.
pub fn draw(panel: &Panel, table: &StudyTable, folder: &Path) -> Result<Vec<Drawn>> {
    let mut gallery = Gallery {
        panel,
        table,
        folder,
        drawn: Vec::new(),
        writers: Vec::new(),
    };
    let distances = PanelMetric {
        metrics: rsa_per_person(),
        ..panel.distances.clone()
    };
    let choices = [&panel.choices].into_iter().chain(&panel.others);
    for measured in [&panel.choices, &distances]
        .into_iter()
        .chain(&panel.others)
    {
        gallery.by_model(measured)?;
        gallery.against(measured)?;
        gallery.layers(measured)?;
    }
    for choices in choices {
        gallery.gains_of_probe(choices)?;
        gallery.gains_of_transfer(choices)?;
    }
    gallery.concepts()?;
    gallery.pictures()?;
    let Gallery { drawn, writers, .. } = gallery;
    let written = writers.into_par_iter().map(|write| write());
    written.collect::<Result<()>>()?;
    Ok(drawn)
}

struct Gallery<'s> {
    panel: &'s Panel,
    table: &'s StudyTable,
    folder: &'s Path,
    drawn: Vec<Drawn>,
    /// Write the files of the figures.
    writers: Vec<Box<dyn FnOnce() -> Result<()> + Send>>,
}

impl Gallery<'_> {
    fn by_model(&mut self, by: &PanelMetric) -> Result<()> {
        let rows = by.networks(self.table);
        if rows.is_empty() {
            return Ok(());
        }
        let title = format!("How human are the models? People: {}", by.dataset);
        let mut figure = AlignmentByModel::new(title, quantity(by))
            .with_subtitle(self.panel.note)
            .with_chance(by.chance)?;
        if let Some(ceiling) = ceiling(&rows) {
            figure = figure.with_ceiling(ceiling)?;
        }
        for (row, measured) in measured(&rows) {
            figure = figure.with_model(&row.model, bar(measured), &trained_on(row))?;
        }
        let figure = figure.with_count(n(&rows), by.of);
        draw!(
            self,
            format!("alignment-{}", by.name),
            "Alignment by model, coloured by training data.",
            figure
        );
        Ok(())
    }

    fn against(&mut self, by: &PanelMetric) -> Result<()> {
        let name = by.name;
        let rows = by.networks(self.table);
        let n_parameters = |row: &StudyRow| row.factors.n_parameters.map(|n| n as f64);
        let imagenet = |row: &StudyRow| row.factors.imagenet_top1.map(|percent| percent / 100.0);
        let parameters = Quantity::count("Parameters");
        let accuracy = Quantity::percent("Accuracy on ImageNet");
        self.scatter(
            &rows,
            by,
            parameters,
            Spacing::Logarithmic,
            n_parameters,
            &format!("parameters-{name}"),
        )?;
        self.scatter(
            &rows,
            by,
            accuracy,
            Spacing::Linear,
            imagenet,
            &format!("imagenet-{name}"),
        )
    }

    fn scatter(
        &mut self,
        rows: &[&StudyRow],
        by: &PanelMetric,
        against: Quantity,
        spacing: Spacing,
        of: impl Fn(&StudyRow) -> Option<f64>,
        name: &str,
    ) -> Result<()> {
        let known: Vec<&StudyRow> = rows
            .iter()
            .copied()
            .filter(|row| of(row).is_some())
            .collect();
        if known.len() < 3 {
            return Ok(());
        }
        let title = format!(
            "{} against {}, {}",
            by.axis,
            in_a_sentence(&against.title()),
            by.dataset
        );
        let mut figure = AlignmentAgainst::new(title, against, quantity(by))
            .with_spacing(spacing)
            .with_subtitle(self.panel.note)
            .with_line()
            .with_chance(by.chance)?;
        if let Some(ceiling) = ceiling(&known) {
            figure = figure.with_ceiling(ceiling)?;
        }
        for (row, measured) in measured(&known) {
            if let Some(x) = of(row) {
                figure = figure.with_model(&row.model, x, bar(measured), &trained_on(row))?;
            }
        }
        draw!(
            self,
            name.to_owned(),
            "Alignment against size or accuracy.",
            figure.with_count(n(&known), by.of)
        );
        Ok(())
    }

    fn layers(&mut self, by: &PanelMetric) -> Result<()> {
        let curves = by.metrics.iter();
        let curves = curves.flat_map(|metric| self.table.layer_curves(by.dataset, metric));
        let curves: Vec<Vec<&StudyRow>> = curves.filter(|curve| was_trained(curve[0])).collect();
        if curves.is_empty() {
            return Ok(());
        }
        let title = format!("Alignment along the layers of networks, {}", by.dataset);
        let depth = Quantity::plain("Layer, 0 the first and 1 the last that was measured");
        let mut figure = AlignmentCurves::new(title, depth, quantity(by))
            .with_subtitle(self.panel.note)
            .with_chance(by.chance)?;
        if let Some(ceiling) = ceiling(&curves.concat()) {
            figure = figure.with_ceiling(ceiling)?;
        }
        for curve in &curves {
            let last = (curve.len() - 1) as f64;
            let layers = curve.iter().enumerate().filter_map(|(position, row)| {
                Some((position as f64 / last, Bar::from(row.value()?)))
            });
            figure = figure.with_curve(&curve[0].model, layers)?;
        }
        let figure = figure.with_count(n(&curves.concat()), by.of);
        draw!(
            self,
            format!("layers-{}", by.name),
            "Alignment along layers of trained networks.",
            figure
        );
        Ok(())
    }
}

/// Returns a title with a lower-case first letter.
fn in_a_sentence(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters).collect()
}

fn quantity(by: &PanelMetric) -> Quantity {
    match by.is_share() {
        true => Quantity::percent(by.axis),
        false => Quantity::plain(by.axis),
    }
}

fn bar(measured: Measurement) -> Bar {
    match measured.interval {
        Some(interval) => Bar::from(measured.value).with_interval(interval),
        None => Bar::from(measured.value),
    }
}

fn measured<'r>(rows: &[&'r StudyRow]) -> impl Iterator<Item = (&'r StudyRow, Measurement)> {
    rows.iter().filter_map(|row| Some((*row, row.measured?)))
}

fn trained_on(row: &StudyRow) -> String {
    match row.factors.training_data.as_deref() {
        None => "no network".to_owned(),
        Some("none") => "not trained".to_owned(),
        Some(data) => format!("trained on {data}"),
    }
}

fn ceiling(rows: &[&StudyRow]) -> Option<Interval> {
    measured(rows).find_map(|(_, measured)| measured.ceiling)
}

fn n(rows: &[&StudyRow]) -> u64 {
    measured(rows)
        .map(|(_, measured)| measured.n)
        .max()
        .unwrap_or(0)
}
