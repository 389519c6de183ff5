//! The panel of published networks, participants and pictures.

use std::path::Path;

use human_alignment::calibration::Bins;
use human_alignment::concept::{ConceptEmbedding, GroupAnalysis, TrialGroups};
use human_alignment::extract::preprocess::ImageDecoder;
use human_alignment::figure::Thumbnail;
use human_alignment::metric::cka::Kernel;
use human_alignment::metric::rsa::Comparator;
use human_alignment::probe::ProbeCrossValidation;
use human_alignment::study::{Factor, Measures, Metric, MetricQuantity};
use human_alignment::{Choices, Cka, Dissimilarity, ImageFiles, Probe, Result, Similarity};

use super::{Bar, Column, Concepts, Panel, PanelMetric, accuracy, rsa, rsa_per_person};
use crate::real::{ANCHORED, Data, OBJECTS, SHOES, THINGS, THINGS48};

/// Label of the model in the figures.
const SHOWN: &str = "squeezenet1_1 features.12@mean";

pub fn panel(folder: &Path, out: Option<&Path>, seed: u64) -> Result<Panel> {
    let data = Data::open(folder)?;
    let mut study = data.study(measures()?)?.with_seed(seed);
    if let Some(out) = out {
        study = study.with_cache(out.join("cache"));
    }
    let column = |title, dataset, metrics| Column {
        title,
        dataset,
        metrics,
    };
    let thumbnails = [&data.object_images, &data.shoe_images].map(thumbnails);
    let [objects, shoes] = thumbnails;
    Ok(Panel {
        title: "What drives the alignment of networks with people? Trained networks, real people",
        note: "Networks, pictures and people are real; each data set is as it was published.",
        columns: vec![
            column("92 objects, Spearman with the mean person", OBJECTS, rsa()),
            column("per person", OBJECTS, rsa_per_person()),
            column(
                "after the shoes' map",
                OBJECTS,
                vec![Metric::of(MetricQuantity::RsaTransferred {
                    from: SHOES.into(),
                    comparator: Comparator::Spearman,
                })],
            ),
            column(
                "shoes, odd one out",
                SHOES,
                vec![accuracy(Similarity::Cosine)],
            ),
            column(
                "shoes, probed",
                SHOES,
                vec![Metric::of(MetricQuantity::Probed)],
            ),
            column(
                "shoes, anchored",
                ANCHORED,
                vec![accuracy(Similarity::Cosine)],
            ),
            column(
                "things, odd one out",
                THINGS,
                vec![
                    accuracy(Similarity::Dot),
                    Metric::of(MetricQuantity::Agreement),
                ],
            ),
            column("48 things, Spearman", THINGS48, rsa()),
        ],
        choices: PanelMetric {
            dataset: SHOES,
            metrics: vec![accuracy(Similarity::Cosine)],
            chance: 1.0 / 3.0,
            axis: "Odd-one-out accuracy",
            of: "trials",
        },
        distances: PanelMetric {
            dataset: OBJECTS,
            metrics: rsa(),
            chance: 0.0,
            axis: "Spearman correlation with people",
            of: "pairs of images",
        },
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
        concepts: concepts(&data)?,
        study,
    })
}

fn measures() -> Result<Measures> {
    let penalties = [1e-3, 1e-2, 1e-1];
    let probe = ProbeCrossValidation::new(Probe::new(penalties[0])?);
    Ok(Measures::default()
        .with_rsa([
            (Dissimilarity::Correlation, Comparator::Spearman),
            (Dissimilarity::Correlation, Comparator::Pearson),
        ])
        .with_probe(probe.with_penalties(&penalties)?)
        .with_transfer(SHOES, OBJECTS)
        .with_calibration(Bins::default())
        .with_agreement()
        .with_cka(Cka::new(Kernel::Linear)?))
}

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

/// Computes the agreement of GPT-4 with participants by the dimension of VICE that explains the
/// choice.
fn concepts(data: &Data) -> Result<Concepts> {
    let things = data.things()?;
    let people = data.choices("humans", &things)?;
    let vice = ConceptEmbedding::new(data.vice(&things)?)?;
    let groups = TrialGroups::by_dimension(&vice, &people, 1)?;
    let model = Choices::from_trials("GPT-4", &data.choices("GPT_4", &things)?);
    let credits = model.credits(&people)?;
    let found = GroupAnalysis::default().run(&people, &groups, &credits, None)?;
    let bars = found.by_accuracy().into_iter().filter_map(|group| {
        let bar = Bar::from(group.accuracy?.value);
        let bar = group
            .interval
            .map_or(bar, |interval| bar.with_interval(interval));
        Some((format!("{} ({} trials)", group.name, group.n_trials), bar))
    });
    Ok(Concepts {
        title: "On which dimensions of VICE does GPT-4 choose as people do?".into(),
        axis: "Agreement with people",
        is_share: true,
        bars: bars.collect(),
    })
}
