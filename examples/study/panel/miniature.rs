//! The embedded miniature as a panel.

use human_alignment::calibration::Bins;
use human_alignment::figure::Thumbnail;
use human_alignment::inference::Folds;
use human_alignment::metric::cka::Kernel;
use human_alignment::probe::ProbeCrossValidation;
use human_alignment::study::{Factor, Measures, Metric, MetricQuantity, Study};
use human_alignment::{Cka, Probe, Result, Ridge, Similarity};
use ndarray::Array3;

use super::{Bar, Column, Concepts, Panel, PanelMetric, accuracy, rsa, rsa_per_person};
use crate::miniature::raster::SIDE;
use crate::miniature::study::{ARRANGEMENTS, CHOICES};
use crate::miniature::{Miniature, Settings};

/// Name of the network in the figures.
const SHOWN: &str = "conv large shapes image-text";

/// Builds the miniature and returns its panel.
pub fn panel(settings: &Settings) -> Result<Panel> {
    panel_of(&Miniature::new(settings)?, settings)
}

/// Returns the panel of a miniature that was built with these settings.
pub fn panel_of(miniature: &Miniature, settings: &Settings) -> Result<Panel> {
    let study = miniature.study(measures()?)?.with_seed(settings.seed);
    let shown = study.models().iter().rfind(|model| model.name() == SHOWN);
    let shown = shown.map(|model| model.label()).unwrap_or_default();
    let pictures = &miniature.judged;
    let ids = pictures.stimuli.ids();
    let thumbnails = ids.iter().zip(&pictures.pictures);
    let thumbnails = thumbnails.map(|(id, picture)| {
        let pixels = Array3::from_shape_fn((SIDE, SIDE, 3), |(row, column, part)| {
            picture.pixels[3 * (row * SIDE + column) + part]
        });
        Ok((id.clone(), Thumbnail::new(pixels)?))
    });
    let categories = ids.iter().zip(pictures.shapes());
    Ok(Panel {
        title: "What drives the alignment of networks with people? A study in miniature",
        note: note(settings),
        columns: vec![
            Column::new("odd one out", CHOICES, vec![accuracy(Similarity::Cosine)]),
            Column::new("probed", CHOICES, vec![Metric::of(MetricQuantity::Probed)]),
            Column::new(
                "arrangements, Spearman per person",
                ARRANGEMENTS,
                rsa_per_person(),
            ),
        ],
        learned: Vec::new(),
        choices: PanelMetric {
            name: "choices",
            dataset: CHOICES,
            metrics: vec![accuracy(Similarity::Cosine)],
            chance: 1.0 / 3.0,
            axis: "Odd-one-out accuracy",
            of: "trials",
        },
        distances: PanelMetric {
            name: "distances",
            dataset: ARRANGEMENTS,
            metrics: rsa(),
            chance: 0.0,
            axis: "Spearman correlation with people",
            of: "pairs of pictures",
        },
        others: Vec::new(),
        compared: Vec::new(),
        ceilings: Vec::new(),
        // The number of layers follows from the architecture.
        factors: vec![
            Factor::TrainingData,
            Factor::Objective,
            Factor::Architecture,
            Factor::Parameters,
        ],
        explains_untrained: false,
        thumbnails: thumbnails.collect::<Result<_>>()?,
        categories: categories
            .map(|(id, shape)| (id.clone(), shape.to_owned()))
            .collect(),
        concepts: vec![concepts(miniature, &study, &shown)?],
        dimensions: None,
        shown,
        study,
    })
}

fn note(settings: &Settings) -> &'static str {
    match (settings.trained, settings.people_at_random) {
        (true, false) => "Pictures, people and what they say are simulated.",
        (false, false) => {
            "Pictures, people and what they say are simulated. No network is trained: a negative control."
        }
        (true, true) => {
            "Pictures and people are simulated, and people answer at random: a negative control."
        }
        (false, true) => {
            "Pictures and people are simulated, people answer at random and no network is trained: a negative \
             control."
        }
    }
}

fn measures() -> Result<Measures> {
    let probe = ProbeCrossValidation::new(Probe::new(1e-3)?.with_tolerance(1e-4)?)
        .with_inner_tolerance(1e-3)?
        .with_penalties(&[1e-2, 1e-3, 1e-4])?;
    Ok(Measures::default()
        .with_bootstrap(200)?
        .with_probe(probe)
        .with_transfer(CHOICES, ARRANGEMENTS)
        .with_calibration(Bins::default())
        .with_agreement()
        .with_cka(Cka::new(Kernel::Linear)?))
}

/// Predicts the concepts of the human embedding from the network in the figures.
fn concepts(miniature: &Miniature, study: &Study, shown: &str) -> Result<Concepts> {
    let mut bars = Vec::new();
    if let Some(features) = study.represent(shown, CHOICES)? {
        let embedding = &miniature.people.embedding;
        let folds = Folds::random(features.n_stimuli(), 4, 0)?;
        let ridge = Ridge::new([0.01, 0.1, 1.0, 10.0, 100.0])?;
        let r2 = ridge.cross_validate(&features, embedding.representation(), &folds)?;
        let labelled = embedding.label(r2.pooled_r2())?;
        bars.extend(
            labelled
                .into_iter()
                .map(|(name, r2)| (name.to_owned(), Bar::from(r2))),
        );
    }
    Ok(Concepts {
        name: "concepts",
        title: format!("Which of people's concepts can be read from {shown}?"),
        axis: "R² of ridge regression on held-out pictures",
        is_share: false,
        bars,
    })
}
