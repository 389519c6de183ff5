//! The figures of a study.

use std::path::{Path, PathBuf};

use human_alignment::calibration::{Bins, Predictions, ReliabilityTarget, TemperatureScaling};
use human_alignment::figure::{
    AlignmentAgainst, AlignmentByModel, DimensionBars, Gains, LayerCurves, PlottedValue as Bar,
    Quantity, RdmHeatMap, ReliabilityDiagram, Spacing, StimulusMap, Thumbnail, TripletPage,
};
use human_alignment::inference::Interval;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::rdm::Scaling;
use human_alignment::study::{
    Judgments, Measurement, Metric, MetricQuantity, StudyRow, StudyTable,
};
use human_alignment::{
    Dissimilarity, OddOneOut, Rdm, Representation, Result, Similarity, Stimuli, ZeroShotOddOneOut,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::panel::{Panel, PanelMetric, rows, rsa_per_person, was_trained};

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
    };
    let distances = PanelMetric {
        metrics: rsa_per_person(),
        ..panel.distances.clone()
    };
    for (name, measured) in [("choices", &panel.choices), ("distances", &distances)] {
        gallery.by_model(name, measured)?;
        gallery.against(name, measured)?;
        gallery.layers(name, measured)?;
    }
    gallery.gains()?;
    gallery.concepts()?;
    gallery.pictures()?;
    Ok(gallery.drawn)
}

struct Gallery<'s> {
    panel: &'s Panel,
    table: &'s StudyTable,
    folder: &'s Path,
    drawn: Vec<Drawn>,
}

/// Writes a figure in both formats.
macro_rules! draw {
    ($gallery:expr, $name:expr, $caption:expr, $figure:expr) => {{
        let (name, figure) = ($name, $figure);
        let base = $gallery.folder.join(&name);
        figure.write(base.with_extension("svg"))?;
        figure.write(base.with_extension("png"))?;
        $gallery.drawn.push(Drawn {
            file: format!("{name}.svg").into(),
            caption: $caption.into(),
        });
    }};
}

impl Gallery<'_> {
    fn by_model(&mut self, name: &str, by: &PanelMetric) -> Result<()> {
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
            format!("alignment-{name}"),
            "Alignment by model, coloured by training data.",
            figure
        );
        Ok(())
    }

    fn against(&mut self, name: &str, by: &PanelMetric) -> Result<()> {
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
            against.title().to_lowercase(),
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

    fn layers(&mut self, name: &str, by: &PanelMetric) -> Result<()> {
        let curves = by.metrics.iter();
        let curves = curves.flat_map(|metric| self.table.layer_curves(by.dataset, metric));
        let curves: Vec<Vec<&StudyRow>> = curves.filter(|curve| was_trained(curve[0])).collect();
        if curves.is_empty() {
            return Ok(());
        }
        let title = format!("Alignment along the layers of networks, {}", by.dataset);
        let depth = Quantity::plain("Layer, 0 the first and 1 the last that was measured");
        let mut figure = LayerCurves::new(title, depth, quantity(by))
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
            figure = figure.with_network(&curve[0].model, layers)?;
        }
        let figure = figure.with_count(n(&curves.concat()), by.of);
        draw!(
            self,
            format!("layers-{name}"),
            "Alignment along layers of trained networks.",
            figure
        );
        Ok(())
    }

    /// Draws alignment before and after a probe, and a transform from another data set.
    fn gains(&mut self) -> Result<()> {
        let (choices, distances) = (&self.panel.choices, &self.panel.distances);
        let probed = rows(
            self.table,
            choices.dataset,
            &[Metric::of(MetricQuantity::Probed)],
        );
        let before = rows(
            self.table,
            choices.dataset,
            &[Metric::of(MetricQuantity::NotProbed)],
        );
        let title = format!(
            "What a linear probe adds, on objects that it has not seen: {}",
            choices.dataset
        );
        self.dumbbells(
            "gains-probe",
            title,
            choices,
            ["zero-shot", "probed"],
            &before,
            &probed,
        )?;
        let transferred = self
            .table
            .measurements()
            .into_iter()
            .find_map(|(dataset, metric)| match &metric.quantity {
                MetricQuantity::RsaTransferred { from, .. }
                    if metric.contrast.is_none() && dataset == distances.dataset =>
                {
                    Some((metric, from))
                }
                _ => None,
            });
        let Some((metric, from)) = transferred else {
            return Ok(());
        };
        let after = rows(self.table, distances.dataset, std::slice::from_ref(metric));
        let before = distances.networks(self.table);
        let title = format!(
            "What a transform learned from {from} does to {}",
            distances.dataset
        );
        self.dumbbells(
            "gains-transfer",
            title,
            distances,
            ["untransformed", "transformed"],
            &before,
            &after,
        )
    }

    fn dumbbells(
        &mut self,
        name: &str,
        title: String,
        by: &PanelMetric,
        [before, after]: [&str; 2],
        rows_before: &[&StudyRow],
        rows_after: &[&StudyRow],
    ) -> Result<()> {
        let mut figure = Gains::new(title, quantity(by))
            .with_names(before, after)
            .with_subtitle(self.panel.note)
            .with_chance(by.chance)?;
        let mut n_models = 0;
        for (row, measured_after) in measured(rows_after) {
            let same = rows_before.iter().find(|before| before.model == row.model);
            if let Some(measured_before) = same.and_then(|row| row.measured) {
                figure =
                    figure.with_model(&row.model, bar(measured_before), bar(measured_after))?;
                n_models += 1;
            }
        }
        if n_models > 0 {
            draw!(
                self,
                name.to_owned(),
                "Before and after a linear map.",
                figure
            );
        }
        Ok(())
    }

    fn concepts(&mut self) -> Result<()> {
        let concepts = &self.panel.concepts;
        if concepts.bars.is_empty() {
            return Ok(());
        }
        let quantity = match concepts.is_share {
            true => Quantity::percent(concepts.axis),
            false => Quantity::plain(concepts.axis),
        };
        let mut figure =
            DimensionBars::new(&concepts.title, quantity).with_subtitle(self.panel.note);
        for (name, measured) in &concepts.bars {
            figure = figure.with_dimension(name, *measured)?;
        }
        draw!(self, "concepts".to_owned(), &concepts.title, figure);
        Ok(())
    }

    /// Draws RDMs, maps and trials of participants and a network, and the calibration of the
    /// network.
    fn pictures(&mut self) -> Result<()> {
        let (study, shown) = (&self.panel.study, &self.panel.shown);
        let mut datasets = study.datasets();
        if let Some((name, Judgments::Rdms(people))) =
            datasets.find(|(name, _)| *name == self.panel.distances.dataset)
        {
            let mean = people.mean(Scaling::RootMeanSquare)?;
            self.geometry("people", format!("What people see, {name}"), &mean)?;
            if let Some(features) = study.represent(shown, name)? {
                let rdm = Dissimilarity::Correlation.rdm(&features)?;
                self.geometry("network", format!("What {shown} sees, {name}"), &rdm)?;
            }
        }
        let mut datasets = study.datasets();
        if let Some((name, Judgments::OddOneOut(trials))) =
            datasets.find(|(name, _)| *name == self.panel.choices.dataset)
            && let Some(features) = study.represent(shown, name)?
        {
            self.reliability(trials, &features)?;
            self.trials(trials, &features)?;
        }
        Ok(())
    }

    fn geometry(&mut self, who: &str, title: String, rdm: &Rdm) -> Result<()> {
        let mut ids: Vec<&String> = rdm.stimuli().ids().iter().collect();
        ids.sort_by_key(|id| self.panel.categories.get(*id));
        let order = Stimuli::new(ids)?;
        let quantity = Quantity::plain("Dissimilarity");
        let heat = RdmHeatMap::new(&title, rdm.clone(), quantity)?
            .with_order(&order)?
            .with_groups(self.categories(&order))?
            .with_subtitle(self.panel.note);
        draw!(
            self,
            format!("rdm-{who}"),
            format!("{title}: dissimilarities."),
            heat
        );
        let mut map = StimulusMap::new(&title, rdm)?
            .with_groups(self.categories(rdm.stimuli()))?
            .with_subtitle(self.panel.note);
        let thumbnails = rdm
            .stimuli()
            .ids()
            .iter()
            .map(|id| self.panel.thumbnails.get(id).cloned());
        if let Some(thumbnails) = thumbnails.collect::<Option<Vec<Thumbnail>>>() {
            map = map.with_thumbnails(thumbnails)?;
        }
        draw!(
            self,
            format!("map-{who}"),
            format!("{title}: classical multidimensional scaling."),
            map
        );
        Ok(())
    }

    fn categories(&self, stimuli: &Stimuli) -> Vec<&str> {
        let category = |id: &String| self.panel.categories.get(id).map_or("", String::as_str);
        stimuli.ids().iter().map(category).collect()
    }

    fn reliability(&mut self, trials: &OddOneOut, features: &Representation) -> Result<()> {
        let choices = ChoiceFrequencies::from_trials(trials);
        let fit = TemperatureScaling::new(Similarity::Cosine).fit(features, &choices)?;
        let Some(temperature) = fit.temperature() else {
            return Ok(());
        };
        let metric = ZeroShotOddOneOut::new(Similarity::Cosine).with_temperature(temperature)?;
        let predictions = Predictions::from_metric(&metric, features, &choices)?;
        let table = predictions.reliability(ReliabilityTarget::TopPair, Bins::default());
        let title = format!("Can {} be believed?", self.panel.shown);
        let figure = ReliabilityDiagram::new(title, table)?.with_subtitle(format!(
            "At the temperature that suits people best, {temperature:.3}. {}",
            self.panel.note
        ));
        draw!(
            self,
            "reliability".to_owned(),
            "Reliability at the fitted temperature.",
            figure
        );
        Ok(())
    }

    /// Draws a few trials in which the network agrees with participants, and as many others.
    fn trials(&mut self, trials: &OddOneOut, features: &Representation) -> Result<()> {
        const OF_EACH: usize = 4;
        const TRIES: usize = 1000;
        let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
        let choices = metric.choices(features, trials)?;
        let title = format!("Odd ones out to people and to {}", self.panel.shown);
        let mut page = TripletPage::new(title)
            .with_model_name("the network")
            .with_subtitle(self.panel.note);
        let ids = trials.stimuli().ids();
        let mut left = [OF_EACH; 2];
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..TRIES {
            let position = rng.random_range(0..trials.len());
            let (trial, choice) = (trials.as_slice()[position], &choices[position]);
            let Some(pair) = choice else { continue };
            // Pairs are (0,1), (0,2), (1,2); the odd one of participants is the last.
            let odd = 2 - usize::from(*pair);
            let kind = usize::from(odd == 2);
            if left[kind] == 0 {
                continue;
            }
            left[kind] -= 1;
            let names = trial.map(|index| ids[index as usize].as_str());
            let thumbnails = names.map(|name| self.panel.thumbnails.get(name).cloned());
            page = match thumbnails {
                [Some(a), Some(b), Some(c)] => {
                    page.with_pictured_trial(names, [a, b, c], 2, odd)?
                }
                _ => page.with_trial(names, 2, odd)?,
            };
        }
        if left != [OF_EACH; 2] {
            draw!(
                self,
                "trials".to_owned(),
                "What people and the network chose.",
                page
            );
        }
        Ok(())
    }
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
