//! Accuracies by the dimension of VICE that explains the choice.

use std::fs;
use std::path::{Path, PathBuf};

use human_alignment::concept::{ConceptEmbedding, GroupAnalysis, GroupAnalysisResult, TrialGroups};
use human_alignment::inference::Credit;
use human_alignment::study::Study;
use human_alignment::{Choices, OddOneOut, Representation, Result, Similarity, ZeroShotOddOneOut};

use crate::panel::{Bar, Concepts, Dimension, Dimensions};
use crate::real::{Data, PICTURED};

/// Names, after their objects, of the dimensions that the paper on the alignment of networks discusses.
const NAMES: [(usize, &str); 4] = [(4, "royal"), (12, "animals"), (36, "sports"), (41, "food")];

/// Names of files and labels of the models whose failures are described.
const MODELS: [(&str, &str); 2] = [
    ("concepts-clip", "CLIP ViT-B/32"),
    ("concepts-mobilenet", "mobilenet_v2, ImageNet logits"),
];

/// Computes the accuracies of VICE and models on THINGS, and the agreement of GPT-4 with
/// participants; the figures are of the models and GPT-4.
///
/// Results are kept in `cache`, a folder, as they take longer than reading the other results of a
/// study.
pub fn all(
    data: &Data,
    study: &Study,
    cache: Option<&Path>,
) -> Result<(Vec<Concepts>, Option<Dimensions>)> {
    let vice = data.vice()?;
    let names = by_largest_weights(&vice);
    let embedding = ConceptEmbedding::new(vice.clone())?.with_names(names)?;
    let mut concepts = Vec::new();

    let (people, _) = data.pictured_trials()?;
    let groups = TrialGroups::by_dimension(&embedding, &people, 1)?;
    let hash = people.fingerprint();
    let of_model = |features: &Representation, similarity| {
        let hashes = [&features.fingerprint(), &hash].map(|hash| hash[..24].to_owned());
        let name = format!("dimensions-{}.json", hashes.join("-"));
        kept(cache.map(|folder| folder.join(name)), || {
            let outcomes = ZeroShotOddOneOut::new(similarity).outcomes(features, &people)?;
            analysis(&people, &groups, outcomes.credits())
        })
    };
    let mut found = vec![("VICE".to_owned(), of_model(&vice, Similarity::Dot)?)];
    for (name, label) in MODELS {
        if let Some(features) = study.represent(label, PICTURED)? {
            let result = of_model(&features, Similarity::Cosine)?;
            concepts.push(figure(
                name,
                format!("On which dimensions of VICE does {label} choose as people do?"),
                &result,
            ));
            found.push((label.to_owned(), result));
        }
    }
    let dimension = |position: usize| Dimension {
        is_named: NAMES.iter().any(|&(named, _)| named == position),
        of_models: found
            .iter()
            .map(|(_, result)| result.groups[position].clone())
            .collect(),
    };
    let large = (0..groups.len()).filter(|&position| !found[0].1.groups[position].is_sparse);
    let dimensions = Dimensions {
        dataset: PICTURED,
        dimensions: large.map(dimension).collect(),
        models: found.iter().map(|(name, _)| name.clone()).collect(),
    };

    let people = data.choices("humans")?;
    let groups = TrialGroups::by_dimension(&embedding, &people, 1)?;
    let model = Choices::from_trials("GPT-4", &data.choices("GPT_4")?);
    let result = analysis(&people, &groups, &model.credits(&people)?)?;
    let title = "On which dimensions of VICE does GPT-4 choose as people do?";
    concepts.push(figure("concepts-gpt4", title.into(), &result));
    Ok((concepts, Some(dimensions)))
}

/// Reads a result from a file, or computes it and writes the file.
fn kept(
    path: Option<PathBuf>,
    compute: impl FnOnce() -> Result<GroupAnalysisResult>,
) -> Result<GroupAnalysisResult> {
    let bytes = path.as_ref().and_then(|path| fs::read(path).ok());
    if let Some(found) = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(found);
    }
    let found = compute()?;
    if let (Some(path), Ok(text)) = (path, serde_json::to_vec(&found)) {
        // If the file cannot be written or is incomplete, the next run computes the result again.
        let _ = path.parent().map(fs::create_dir_all);
        let _ = fs::write(path, text);
    }
    Ok(found)
}

fn analysis(
    people: &OddOneOut,
    groups: &TrialGroups,
    credits: &[Credit],
) -> Result<GroupAnalysisResult> {
    GroupAnalysis::default().run(people, groups, credits, None)
}

fn figure(name: &'static str, title: String, result: &GroupAnalysisResult) -> Concepts {
    let bars = result.by_accuracy().into_iter().filter_map(|group| {
        let bar = Bar::from(group.accuracy?.value);
        let bar = group
            .interval
            .map_or(bar, |interval| bar.with_interval(interval));
        Some((format!("{} ({} trials)", group.name, group.n_trials), bar))
    });
    Concepts {
        name,
        title,
        axis: "Agreement with people",
        is_share: true,
        bars: bars.collect(),
    }
}

/// Names each dimension by its number and the objects with the largest weights, as no names are
/// published with the embedding.
fn by_largest_weights(vice: &Representation) -> Vec<String> {
    const N_OBJECTS: usize = 3;
    let weights = vice.features().to_f64();
    let ids = vice.stimuli().ids();
    let columns = weights.columns().into_iter().enumerate();
    columns
        .map(|(number, column)| {
            let mut order: Vec<usize> = (0..column.len()).collect();
            order.sort_by(|&left, &right| column[right].total_cmp(&column[left]));
            let largest: Vec<&str> = order[..N_OBJECTS]
                .iter()
                .map(|&row| ids[row].as_str())
                .collect();
            let name = NAMES.iter().find(|&&(named, _)| named == number);
            let name = name
                .map(|(_, name)| format!(", {name}"))
                .unwrap_or_default();
            format!("{number}{name}: {}", largest.join(", "))
        })
        .collect()
}
