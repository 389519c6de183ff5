//! The `study` example on THINGS and materials, against numbers that were computed with numpy.

use human_alignment::study::{Metric, MetricQuantity, StudyRow, StudyTable};
use human_alignment::{Anchored, Similarity};
use serde_json::{Map, Value};

use crate::example_findings::{golden, published};
use crate::{common, real};

/// Returns the data set, the model and the layer of a file of features.
fn row_of(file: &str) -> (&'static str, &'static str, Option<&'static str>) {
    let of_all = |model| (real::THINGS, model, None);
    let (network, tap) = match file.rsplit_once('.') {
        Some(parts) => parts,
        None => {
            return of_all(match file {
                "vice_embedding" => "VICE",
                "clip_vit_b32_things" => "CLIP ViT-B/32",
                "clip_vit_b32_cc0" => "CLIP ViT-B/32, other images",
                "blip_cc0" => "BLIP",
                "cvcl_cc0" => "CVCL",
                "word2vec" => "word2vec",
                "minilm_l6_word" => "MiniLM",
                other => panic!("{other} is not in the study"),
            });
        }
    };
    let (model, last) = match network {
        "squeezenet1_1" => ("squeezenet1_1", "features.12@mean"),
        "squeezenet1_1_untrained" => (
            "squeezenet1_1 (untrained)",
            "features.12@mean, other weights",
        ),
        "squeezenet1_0_deep_compression" => ("squeezenet1_0_deep_compression", "features.12@mean"),
        "mobilenet_v1_025" => ("mobilenet_v1_025", "stage3@mean"),
        "mobilenet_v1_025_untrained" => {
            ("mobilenet_v1_025 (untrained)", "stage3@mean, other weights")
        }
        "resnet20_cifar10" => ("resnet20_cifar10", "layer3@mean"),
        "resnet56_cifar10" => ("resnet56_cifar10", "layer3@mean"),
        "resnet56_cifar10_untrained" => {
            ("resnet56_cifar10 (untrained)", "layer3@mean, other weights")
        }
        "tf_mobilenet_v1_025_128" => ("mobilenet_v1 0.25, 128 px", "penultimate"),
        "tf_mobilenet_v1_075_192" => ("mobilenet_v1 0.75, 192 px", "penultimate"),
        "tf_mobilenet_v2_imagenet" => ("mobilenet_v2, ImageNet", "penultimate"),
        "tf_mobilenet_v2_birds" => ("mobilenet_v2, birds", "penultimate"),
        "tf_mobilenet_v2_insects" => ("mobilenet_v2, insects", "penultimate"),
        "tf_efficientnet_lite0" => ("efficientnet_lite0", "penultimate"),
        other => panic!("{other} is not in the study"),
    };
    let tap = match tap {
        "logits" => "logits",
        _ => last,
    };
    (real::PICTURED, model, Some(tap))
}

fn only<'t>(
    table: &'t StudyTable,
    (dataset, model, tap): (&str, &str, Option<&str>),
    metric: MetricQuantity,
) -> &'t StudyRow {
    let metric = Metric::of(metric);
    let mut rows = table
        .of(dataset, &metric)
        .filter(|row| row.model == model && row.tap.as_deref() == tap);
    let row = rows.next();
    assert!(rows.next().is_none(), "{model} {tap:?} twice");
    row.unwrap_or_else(|| panic!("no {metric} of {model} {tap:?} on {dataset}"))
}

#[test]
fn accuracies_on_things_are_the_references() {
    let Some(shared) = common::shared() else {
        return;
    };
    let table = published(&shared);
    let golden: Map<String, Value> = golden(&shared, "things_human.json");
    assert!(golden.len() >= 32);
    for (file, expected) in &golden {
        let row = row_of(file);
        for similarity in [Similarity::Cosine, Similarity::Dot] {
            let measured = only(table, row, MetricQuantity::Accuracy(similarity))
                .measured
                .unwrap();
            let wanted = &expected[similarity.to_string()];
            assert_eq!(measured.n, expected["trials"], "{file}, {similarity}");
            assert_eq!(measured.n_ties, wanted["ties"].as_u64(), "{file}");
            let n_correct = measured.value * measured.n as f64;
            let correct = wanted["correct"].as_u64().unwrap();
            assert_eq!(n_correct.round() as u64, correct, "{file}, {similarity}");
            let accuracy = wanted["accuracy"].as_f64().unwrap();
            assert!((measured.value - accuracy).abs() < 1e-12);
            let entropy = only(table, row, MetricQuantity::CrossEntropy(similarity));
            let entropy = entropy.value().unwrap();
            let wanted = wanted["cross_entropy"].as_f64().unwrap();
            assert!(
                (entropy - wanted).abs() <= 1e-9 * wanted,
                "{file}, {similarity}: {entropy}, not {wanted}"
            );
        }
    }
}

#[test]
fn models_of_all_objects_are_also_measured_on_the_trials_of_networks() {
    let Some(shared) = common::shared() else {
        return;
    };
    let table = published(&shared);
    for model in ["VICE", "SPoSE", "CLIP ViT-B/32", "word2vec"] {
        for (dataset, n) in [(real::THINGS, 127_304), (real::PICTURED, 125_439)] {
            let accuracy = MetricQuantity::Accuracy(Similarity::Cosine);
            let measured = only(table, (dataset, model, None), accuracy)
                .measured
                .unwrap();
            assert_eq!(measured.n, n);
            // The ceiling is that of the repeated triples, as no trial of the data set is repeated.
            let ceiling = measured.ceiling.unwrap();
            assert!((ceiling.upper - 84_905.0 / 124_844.0).abs() < 1e-12);
            assert!(0.6 < ceiling.lower && ceiling.lower < ceiling.upper);
        }
    }
}

#[test]
fn ceilings_are_those_of_numpy() {
    let Some(shared) = common::shared() else {
        return;
    };
    let data = real::Data::open(&shared.join("data")).unwrap();
    let (_, n_dropped) = data.pictured_trials().unwrap();
    assert_eq!(n_dropped, 1865);
    let ceilings = data.ceilings().unwrap();
    let [repeated, crossed] = &ceilings;
    assert_eq!((repeated.n_questions, repeated.n_answers), (1985, 124_844));
    let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
    close(repeated.majority.value, 84_905.0 / 124_844.0);
    let bounds = repeated.leave_one_out_bounds.unwrap();
    close(bounds.lower, 0.591_850_629_585_723);
    close(bounds.upper, 0.678_206_401_589_183_5);
    assert!((repeated.leave_one_out.value - 0.667).abs() < 0.003);
    assert_eq!((crossed.n_questions, crossed.n_answers), (440, 87_560));
    close(crossed.majority.value, 0.578_803_106_441_297_4);
    close(crossed.leave_one_out.value, 0.574_792_523_222_171_4);
    close(crossed.two_people.unwrap().value, 0.464_607_934_068_875_13);
}

#[test]
fn votes_for_materials_are_trials() {
    let Some(shared) = common::shared() else {
        return;
    };
    let data = real::Data::open(&shared.join("data")).unwrap();
    let trials: Anchored = data.material_votes().unwrap();
    assert_eq!(trials.len(), 92_892);
    assert_eq!(trials.stimuli().len(), 100);
    let table = published(&shared);
    let accuracy = Metric::of(MetricQuantity::Accuracy(Similarity::Cosine));
    let rows: Vec<_> = table.of(real::MATERIALS, &accuracy).collect();
    assert!(rows.len() >= 30);
    for row in rows {
        // The number of votes for the material that more people chose, by numpy.
        let upper = row.measured.unwrap().ceiling.unwrap().upper;
        assert!((upper - 0.84).abs() < 0.005, "{upper}");
    }
}
