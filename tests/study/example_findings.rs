//! The `study` example: it finds in the miniature what is put in, and nothing where the controls take it
//! out; on published data its rows are those of the references.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use human_alignment::metric::rsa::Comparator;
use human_alignment::study::{Factor, Measures, Metric, MetricQuantity, StudyTable};
use human_alignment::{Dissimilarity, Similarity};
use serde::de::DeserializeOwned;

use crate::example_miniature::asked_again;
use crate::findings::{Explanation, Findings};
use crate::miniature::{Miniature, Settings};
use crate::{common, panel, real};

/// Half of the training pictures, which is enough to see what is put in.
fn settings() -> Settings {
    Settings {
        n_training_variants: 20,
        ..Settings::default()
    }
}

/// What is built with `settings`, once for all tests.
static TRAINED: LazyLock<Miniature> = LazyLock::new(|| Miniature::new(&settings()).unwrap());

fn found(miniature: &Miniature, settings: &Settings) -> Findings {
    let mut panel = panel::miniature::panel_of(miniature, settings).unwrap();
    // Drivers and consistency need no probes and no other measures of the example.
    let measures = Measures::default().with_bootstrap(100).unwrap();
    let study = miniature.study(measures).unwrap();
    panel.study = study.with_seed(settings.seed);
    let table = panel.study.run().unwrap();
    assert!(panel.note.contains("simulated"));
    Findings::of(&panel, &table, settings.seed).unwrap()
}

fn effects(explanation: &Explanation) -> Vec<&str> {
    let effects = explanation.effects.iter();
    effects.map(|effect| effect.name.as_str()).collect()
}

#[test]
fn what_is_put_in_is_found() {
    let found = found(&TRAINED, &settings());
    assert_eq!(found.drivers.len(), 2);
    for explanation in &found.drivers {
        let drivers = explanation.drivers.as_ref().unwrap();
        assert_eq!(drivers.n_networks, 16);
        assert_eq!(drivers.drivers[0].factor, Factor::TrainingData);
        assert_eq!(
            effects(explanation),
            [
                "training-data: shapes, not colours",
                "objective: softmax, not image-text"
            ],
            "{}",
            explanation.dataset
        );
        assert!(explanation.effects[0].difference > 0.05);
        assert!(explanation.effects[1].difference < -0.02);
    }
    assert!(found.consistency.unwrap().r_squared > 0.8);
}

#[test]
fn without_training_nothing_drives_alignment() {
    let settings = Settings {
        trained: false,
        ..settings()
    };
    let found = found(&Miniature::new(&settings).unwrap(), &settings);
    assert_eq!(found.drivers.len(), 2);
    for explanation in &found.drivers {
        let effects = effects(explanation);
        let put_in = |name: &&&str| name.starts_with("training") || name.starts_with("objective");
        assert_eq!(effects.iter().filter(put_in).count(), 0, "{effects:?}");
    }
}

#[test]
fn people_at_random_are_like_no_network() {
    let settings = Settings {
        people_at_random: true,
        ..settings()
    };
    let found = found(&asked_again(&TRAINED, &settings), &settings);
    assert_eq!(found.drivers.len(), 2);
    for explanation in &found.drivers {
        assert!(explanation.drivers.is_none(), "{}", explanation.dataset);
        assert!(explanation.effects.is_empty());
        let silence = explanation.silence.as_ref().unwrap();
        assert!(
            silence.contains("no network differs from chance"),
            "{silence}"
        );
    }
}

/// The study of published data without probes, once for all tests.
pub fn published(shared: &Path) -> &'static StudyTable {
    static PUBLISHED: OnceLock<StudyTable> = OnceLock::new();
    PUBLISHED.get_or_init(|| {
        let comparators = [Comparator::Spearman, Comparator::Pearson];
        let measures = Measures::default()
            .with_bootstrap(0)
            .unwrap()
            .with_rsa(comparators.map(|comparator| (Dissimilarity::Correlation, comparator)));
        let data = real::Data::open(&shared.join("data")).unwrap();
        let cache = tempfile::tempdir().unwrap();
        let ceiling = data.ceilings().unwrap()[0].range();
        let study = data.study(measures, ceiling).unwrap();
        let study = study.with_cache(cache.path());
        let table = study.run().unwrap();
        let failures: Vec<_> = table.failures().collect();
        assert!(failures.is_empty(), "{failures:?}");
        table
    })
}

pub fn golden<V: DeserializeOwned>(shared: &Path, name: &str) -> V {
    let text = std::fs::read(shared.join("goldens").join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Holds the value of a row against a reference; says whether there is such a row.
fn agrees(
    table: &StudyTable,
    model: &str,
    tap: Option<&str>,
    dataset: &str,
    metric: &Metric,
    value: f64,
) -> bool {
    let mut rows = table.of(dataset, metric);
    let row = rows.find(|row| row.model == model && row.tap.as_deref() == tap);
    if let Some(found) = row.and_then(|row| row.value()) {
        let close = (found - value).abs() <= 0.002;
        assert!(
            close,
            "{model} {tap:?} {dataset} {metric}: {found} for {value}"
        );
    }
    row.is_some()
}

/// By network, images, tap, what was computed with, and what of.
type NetworkScores = BTreeMap<String, BTreeMap<String, BTreeMap<String, serde_json::Value>>>;

#[test]
fn published_data_give_the_references() {
    let Some(shared) = common::shared() else {
        return;
    };
    let table = published(&shared);
    let rsa = |comparator: &str, dissimilarity| {
        Metric::of(MetricQuantity::Rsa {
            dissimilarity,
            comparator: comparator.parse().unwrap(),
        })
    };
    let correlation = Some(Dissimilarity::Correlation);
    let accuracy = |similarity| Metric::of(MetricQuantity::Accuracy(similarity));

    let mut n_compared = 0;
    let networks: NetworkScores = golden(&shared, "real_nets/scores.json");
    for (network, images) in &networks {
        let name = match network.as_str() {
            "squeezenet1_0_imagenet_deep_compression" => "squeezenet1_0_deep_compression",
            other => other.trim_end_matches("_imagenet"),
        };
        for (tap, scores) in &images["kriegeskorte92"] {
            let tap = tap.replace(" (global average pool)", "@mean");
            for comparator in ["pearson", "spearman"] {
                let value = scores["correlation_rdm_vs_mean_behaviour"][comparator]
                    .as_f64()
                    .unwrap();
                let metric = rsa(comparator, correlation);
                let is_there = agrees(table, name, Some(&tap), real::OBJECTS, &metric, value);
                n_compared += usize::from(is_there);
            }
        }
        for (tap, scores) in &images["zappos"] {
            let tap = tap.replace(" (global average pool)", "@mean");
            for (trials, dataset) in [
                ("odd_one_out_derived", real::SHOES),
                ("anchored", real::ANCHORED),
            ] {
                let value = scores["cosine"][trials].as_f64().unwrap();
                let metric = accuracy(Similarity::Cosine);
                let is_there = agrees(table, name, Some(&tap), dataset, &metric, value);
                n_compared += usize::from(is_there);
            }
        }
    }
    // The logits, the last stage with and without its mean over places, and the stages before it.
    assert_eq!(n_compared, 4 * (6 + 3 + 5 + 5 + 5));

    let references: serde_json::Value = golden(&shared, "rsa.json");
    let mut n_compared = 0;
    for (model, scores) in references["kriegeskorte92"].as_object().unwrap() {
        let (name, tap) = match model.as_str() {
            "human_it" => ("human IT", None),
            "monkey_it" => ("monkey IT", None),
            "prob" => ("AlexNet, softmax", None),
            layer if layer.starts_with("conv") || layer.starts_with("fc") => {
                ("AlexNet", Some(layer))
            }
            theory => (theory, None),
        };
        for comparator in ["pearson", "spearman"] {
            let value = scores[comparator].as_f64().unwrap();
            let metric = rsa(comparator, None);
            n_compared += usize::from(agrees(table, name, tap, real::OBJECTS, &metric, value));
        }
    }
    // All but another copy of the monkeys'.
    assert_eq!(n_compared, 2 * 18);
    for (name, model) in [("VICE", "vice"), ("SPoSE", "spose66")] {
        for comparator in ["pearson", "spearman"] {
            let value = references["things48"][format!("{model}/correlation")][comparator]
                .as_f64()
                .unwrap();
            let metric = rsa(comparator, correlation);
            assert!(agrees(table, name, None, real::THINGS48, &metric, value));
        }
    }

    let references: serde_json::Value = golden(&shared, "zero_shot.json");
    for (similarity, of) in [(Similarity::Dot, "dot"), (Similarity::Cosine, "cosine")] {
        let metric = accuracy(similarity);
        let value = |key: String| references[key]["accuracy"].as_f64().unwrap();
        let spose = value(format!("spose66/humans_2171/{of}"));
        assert!(agrees(
            table,
            "SPoSE",
            None,
            real::THINGS2171,
            &metric,
            spose
        ));
        // The reference takes the rows of VICE by number. By name, with numpy: 1441 and 1440 of 2171 trials.
        let vice = if of == "dot" { 1441.0 } else { 1440.0 } / 2171.0;
        assert!(agrees(table, "VICE", None, real::THINGS2171, &metric, vice));
        for (trials, dataset) in [
            ("odd_one_out_derived", real::SHOES),
            ("anchored", real::ANCHORED),
        ] {
            let value = value(format!("zappos_alexnet/{trials}/{of}"));
            let tap = Some("fc, 4096 features");
            assert!(agrees(table, "AlexNet", tap, dataset, &metric, value));
        }
    }
    for (name, value) in [("GPT-4", 0.457), ("ChatGPT", 0.347)] {
        assert!(agrees(
            table,
            name,
            None,
            real::THINGS2171,
            &Metric::of(MetricQuantity::Agreement),
            value
        ));
    }
}
