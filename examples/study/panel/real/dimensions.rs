//! Accuracies by the dimension of VICE that explains the choice.
//!
//! Choices that are explained by a dimension differ in how predictable they are, also for a perfect
//! model. Accuracies are therefore compared with those expected from the probabilities of a model,
//! or between models.

use std::fs;
use std::path::{Path, PathBuf};

use human_alignment::calibration::TemperatureScaling;
use human_alignment::concept::{ConceptEmbedding, ExpectedAccuracy, GroupAnalysis, TrialGroups};
use human_alignment::inference::{Estimate, Interval};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::study::Study;
use human_alignment::{Choices, OddOneOut, Representation, Result, Similarity, ZeroShotOddOneOut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::panel::{Bar, Concepts, Dimension, Dimensions};
use crate::real::{Data, PICTURED};

/// Names, after their objects, of the dimensions that the paper on the alignment of networks discusses.
const NAMES: [(usize, &str); 4] = [(4, "royal"), (12, "animals"), (36, "sports"), (41, "food")];

/// Names of files and labels of the models whose failures are described.
const MODELS: [(&str, &str); 2] = [
    ("concepts-clip", "CLIP ViT-B/32"),
    ("concepts-mobilenet", "mobilenet_v2, ImageNet logits"),
];

/// Compares the accuracies of VICE and models on THINGS with those that their probabilities predict,
/// and GPT-4 with VICE; the figures are of the models and GPT-4.
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
    let of_groups = [vice.fingerprint(), people.fingerprint()];
    let of_model = |features: &Representation, similarity: Similarity| {
        // Everything that the result depends on.
        let mut hash = Sha256::new();
        for part in of_groups
            .iter()
            .chain([&features.fingerprint(), &similarity.to_string()])
        {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(env!("CARGO_PKG_VERSION"));
        let hash: String = hash.finalize()[..24]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let name = format!("expected-by-dimension-{hash}.json");
        kept(cache.map(|folder| folder.join(name)), || {
            let choices = ChoiceFrequencies::from_trials(&people);
            let scaling = TemperatureScaling::new(similarity).fit(features, &choices)?;
            let metric = ZeroShotOddOneOut::new(similarity);
            let metric = match scaling.temperature() {
                Some(temperature) => metric.with_temperature(temperature)?,
                None => metric,
            };
            let probabilities = metric.probabilities(features, &people)?;
            let groups = |trials: &OddOneOut| TrialGroups::by_dimension(&embedding, trials, 1);
            ExpectedAccuracy::default().run(&people, probabilities.view(), groups)
        })
    };
    let mut found = vec![("VICE".to_owned(), of_model(&vice, Similarity::Dot)?)];
    for (name, label) in MODELS {
        if let Some(features) = study.represent(label, PICTURED)? {
            let result = of_model(&features, Similarity::Cosine)?;
            let bars = result.iter().map(|group| Difference {
                name: &group.name,
                n_trials: group.n_trials,
                difference: Some(group.difference),
                interval: Some(group.interval),
                is_tested: group.p_value.is_some(),
            });
            concepts.push(figure(
                name,
                format!(
                    "On which dimensions of VICE is {label} better or worse than its probabilities?"
                ),
                "Accuracy minus expected accuracy",
                bars,
            ));
            found.push((label.to_owned(), result));
        }
    }
    let dimension = |position: usize| Dimension {
        is_named: NAMES.iter().any(|&(named, _)| {
            let number = found[0].1[position].name.split([',', ':']).next();
            number == Some(&named.to_string())
        }),
        of_models: found
            .iter()
            .map(|(_, result)| result[position].clone())
            .collect(),
    };
    let large = (0..found[0].1.len()).filter(|&position| found[0].1[position].p_value.is_some());
    let dimensions = Dimensions {
        dataset: PICTURED,
        dimensions: large.map(dimension).collect(),
        models: found.iter().map(|(name, _)| name.clone()).collect(),
    };

    let people = data.choices("humans")?;
    let groups = TrialGroups::by_dimension(&embedding, &people, 1)?;
    let model = Choices::from_trials("GPT-4", &data.choices("GPT_4")?).credits(&people)?;
    let of_vice = ZeroShotOddOneOut::new(Similarity::Dot).outcomes(&vice, &people)?;
    let compared =
        GroupAnalysis::default().compare(&people, &groups, [&model, of_vice.credits()])?;
    concepts.push(figure(
        "concepts-gpt4",
        "On which dimensions of VICE does GPT-4 choose as people do, compared with VICE?".into(),
        "Agreement with people minus that of VICE",
        compared.iter().map(|group| Difference {
            name: &group.name,
            n_trials: group.n_trials,
            difference: group.difference,
            interval: group.interval,
            is_tested: group.p_value.is_some(),
        }),
    ));
    Ok((concepts, Some(dimensions)))
}

/// Reads a result from a file, or computes it and writes the file, with a hash of its name and of
/// the result. A file that was changed or exchanged is computed again.
fn kept<R: Serialize + DeserializeOwned>(
    path: Option<PathBuf>,
    compute: impl FnOnce() -> Result<R>,
) -> Result<R> {
    let Some(path) = path else {
        return compute();
    };
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let hash = |result: &R| {
        let text = serde_json::to_vec(result).ok()?;
        let hash = Sha256::new().chain_update(name).chain_update(text);
        Some(hash.finalize().to_vec())
    };
    let bytes = fs::read(&path).unwrap_or_default();
    if let Ok((found, result)) = serde_json::from_slice::<(Vec<u8>, R)>(&bytes)
        && hash(&result) == Some(found)
    {
        return Ok(result);
    }
    let result = compute()?;
    if let Ok(text) = serde_json::to_vec(&(hash(&result), &result)) {
        // If the file cannot be written or is incomplete, the next run computes the result again.
        let _ = path.parent().map(fs::create_dir_all);
        let _ = fs::write(&path, text);
    }
    Ok(result)
}

/// A difference for the trials of a dimension.
struct Difference<'a> {
    name: &'a str,
    n_trials: u64,
    difference: Option<Estimate>,
    interval: Option<Interval>,
    is_tested: bool,
}

/// Draws the differences of the dimensions with enough trials for a test, in ascending order.
fn figure<'a>(
    name: &'static str,
    title: String,
    axis: &'static str,
    differences: impl Iterator<Item = Difference<'a>>,
) -> Concepts {
    let mut bars: Vec<(String, Bar)> = differences
        .filter(|group| group.is_tested)
        .filter_map(|group| {
            let bar = Bar::from(group.difference?.value);
            let bar = group
                .interval
                .map_or(bar, |interval| bar.with_interval(interval));
            Some((format!("{} ({} trials)", group.name, group.n_trials), bar))
        })
        .collect();
    bars.sort_by(|(_, left), (_, right)| left.value.total_cmp(&right.value));
    Concepts {
        name,
        title,
        axis,
        is_share: true,
        bars,
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
