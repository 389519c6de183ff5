//! The panel of published networks, participants and pictures.

mod comparisons;
mod dimensions;

use std::path::Path;

use human_alignment::calibration::Bins;
use human_alignment::extract::preprocess::ImageDecoder;
use human_alignment::figure::Thumbnail;
use human_alignment::metric::cka::Kernel;
use human_alignment::metric::rsa::Comparator;
use human_alignment::probe::{PenaltyKind, ProbeCrossValidation};
use human_alignment::study::{Factor, Measures, Metric, MetricQuantity};
use human_alignment::{Cka, Dissimilarity, ImageFiles, Probe, Result, Similarity};

use super::{Column, Panel, PanelMetric, accuracy, rsa, rsa_per_person};
use crate::real::{
    ANCHORED, Data, MATERIALS, OBJECTS, PICTURED, SHOES, THINGS, THINGS48, THINGS2171,
};

/// Label of the model in the figures.
const SHOWN: &str = "squeezenet1_1 features.12@mean";

/// Data sets from and to which transforms are taken. The two of shoes are not independent.
const TRANSFERS: [(&str, &str); 9] = [
    (PICTURED, OBJECTS),
    (PICTURED, SHOES),
    (PICTURED, MATERIALS),
    (SHOES, PICTURED),
    (SHOES, OBJECTS),
    (SHOES, MATERIALS),
    (MATERIALS, PICTURED),
    (MATERIALS, OBJECTS),
    (MATERIALS, SHOES),
];

/// The settings of the probes.
pub struct Probes {
    pub penalty: PenaltyKind,
    /// Whether the probes of all networks are learned from THINGS, not only those of three, and
    /// untrained networks are probed.
    pub all_on_things: bool,
}

pub fn panel(folder: &Path, out: Option<&Path>, seed: u64, probes: &Probes) -> Result<Panel> {
    let mut data = Data::open(folder)?;
    data.all_probed = probes.all_on_things;
    let compared = comparisons::all();
    let mut measures = measures(probes.penalty)?;
    for pair in &compared {
        measures = measures.with_comparison(&pair.model, &pair.other);
    }
    let ceilings = data.ceilings()?;
    let mut study = data.study(measures, ceilings[0].range())?.with_seed(seed);
    let cache = out.map(|out| out.join("cache"));
    if let Some(cache) = &cache {
        study = study.with_cache(cache);
    }
    let images = [&data.object_images, &data.shoe_images];
    let [objects, shoes] = images.map(thumbnails);
    let choices = |name, dataset, chance| PanelMetric {
        name,
        dataset,
        metrics: vec![accuracy(Similarity::Cosine)],
        chance,
        axis: "Accuracy",
        of: "trials",
    };
    let (concepts, dimensions) = dimensions::all(&data, &study, cache.as_deref())?;
    Ok(Panel {
        title: "What drives the alignment of networks with people? Trained networks, real people",
        note: "Networks, pictures and people are real; each data set is as it was published.",
        columns: columns(),
        learned: learned(),
        choices: PanelMetric {
            axis: "Odd-one-out accuracy",
            ..choices("choices", PICTURED, 1.0 / 3.0)
        },
        distances: PanelMetric {
            name: "distances",
            dataset: OBJECTS,
            metrics: rsa(),
            chance: 0.0,
            axis: "Spearman correlation with people",
            of: "pairs of images",
        },
        others: vec![
            choices("shoes", SHOES, 1.0 / 3.0),
            choices("materials", MATERIALS, 0.5),
        ],
        compared,
        ceilings: ceilings.into(),
        factors: vec![
            Factor::TrainingData,
            Factor::Architecture,
            Factor::Parameters,
            Factor::Depth,
        ],
        explains_untrained: true,
        shown: SHOWN.into(),
        thumbnails: objects?.into_iter().chain(shoes?).collect(),
        categories: data.categories()?.into_iter().collect(),
        concepts,
        dimensions,
        study,
    })
}

fn columns() -> Vec<Column> {
    let cosine = || vec![accuracy(Similarity::Cosine)];
    let answered = vec![
        accuracy(Similarity::Dot),
        Metric::of(MetricQuantity::Agreement),
    ];
    vec![
        Column {
            title: "THINGS, odd one out",
            // Networks have seen images of 1,845 of the 1,854 objects.
            datasets: vec![THINGS, PICTURED],
            metrics: cosine(),
        },
        Column::new("2,171 trials of THINGS", THINGS2171, answered),
        Column::new("48 things, Spearman", THINGS48, rsa()),
        Column::new("92 objects, Spearman with the mean person", OBJECTS, rsa()),
        Column::new("per person", OBJECTS, rsa_per_person()),
        Column::new("shoes, odd one out", SHOES, cosine()),
        Column::new("shoes, anchored", ANCHORED, cosine()),
        Column::new("materials, anchored", MATERIALS, cosine()),
    ]
}

fn learned() -> Vec<Column> {
    let probed = || vec![Metric::of(MetricQuantity::Probed)];
    let moved = |from: &str| {
        vec![Metric::of(MetricQuantity::Transferred {
            from: from.into(),
        })]
    };
    let to_objects = |from: &str| {
        vec![Metric::of(MetricQuantity::RsaTransferred {
            from: from.into(),
            comparator: Comparator::Spearman,
        })]
    };
    vec![
        Column::new("THINGS, probed", PICTURED, probed()),
        Column::new("THINGS, map of shoes", PICTURED, moved(SHOES)),
        Column::new("THINGS, map of materials", PICTURED, moved(MATERIALS)),
        Column::new("92 objects, map of THINGS", OBJECTS, to_objects(PICTURED)),
        Column::new("92 objects, map of shoes", OBJECTS, to_objects(SHOES)),
        Column::new(
            "92 objects, map of materials",
            OBJECTS,
            to_objects(MATERIALS),
        ),
        Column::new("shoes, probed", SHOES, probed()),
        Column::new("shoes, map of THINGS", SHOES, moved(PICTURED)),
        Column::new("shoes, map of materials", SHOES, moved(MATERIALS)),
        Column::new("materials, probed", MATERIALS, probed()),
        Column::new("materials, map of THINGS", MATERIALS, moved(PICTURED)),
        Column::new("materials, map of shoes", MATERIALS, moved(SHOES)),
    ]
}

fn measures(penalty: PenaltyKind) -> Result<Measures> {
    let measures = Measures::default()
        .with_rsa([
            (Dissimilarity::Correlation, Comparator::Spearman),
            (Dissimilarity::Correlation, Comparator::Pearson),
        ])
        .with_probe(probe(penalty)?)
        .with_calibration(Bins::default())
        .with_agreement()
        .with_cka(Cka::new(Kernel::Linear)?);
    let transfers = TRANSFERS.into_iter();
    Ok(transfers.fold(measures, |measures, (from, to)| {
        measures.with_transfer(from, to)
    }))
}

/// Returns the set-up of all probes of the study.
fn probe(penalty: PenaltyKind) -> Result<ProbeCrossValidation> {
    let weights: &[f64] = match penalty {
        PenaltyKind::Trace => &[1e-3, 1e-2, 1e-1, 1.0],
        _ => &[1e-5, 1e-4, 1e-3, 1e-2],
    };
    let probe = Probe::new(weights[0])?.with_penalty_kind(penalty);
    ProbeCrossValidation::new(probe.with_tolerance(1e-4)?)
        .with_inner_tolerance(1e-3)?
        .with_penalties(weights)
}

/// Reads images as thumbnails, by stimulus id.
fn thumbnails(images: &ImageFiles) -> Result<Vec<(String, Thumbnail)>> {
    let decoder = ImageDecoder::default();
    let images = images.stimuli().ids().iter().zip(images.paths());
    images
        .map(|(id, path)| {
            Ok((
                id.clone(),
                Thumbnail::new(decoder.read(path)?.into_pixels())?,
            ))
        })
        .collect()
}
