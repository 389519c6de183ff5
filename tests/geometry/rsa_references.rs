//! RDMs and their comparison on real data, against reference numbers.
//!
//! `rsa.json` was made with scipy and rsatoolbox in double precision, without this crate.

use std::fs;
use std::path::{Path, PathBuf};

use approx::assert_relative_eq;
use human_alignment::dataset::Things48;
use human_alignment::metric::rsa::{Comparator, RepresentationalSimilarity, RsaNoiseCeiling};
use human_alignment::rdm::{RdmFile, Scaling};
use human_alignment::{
    AlignmentMetric, Dissimilarity, FileSource, Rdm, RdmSet, Representation, SimilarityDataset,
    Stimuli,
};
use serde_json::Value;

use crate::common;

fn references(shared: &Path) -> Value {
    let text = fs::read_to_string(shared.join("goldens/rsa.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The value of a comparator under the name that the references have for it.
fn reference(values: &Value, comparator: Comparator) -> Option<f64> {
    values[comparator.name().replace('-', "_")].as_f64()
}

fn read(path: PathBuf) -> RdmSet {
    RdmFile::new(path).unwrap().read().unwrap()
}

/// Models of the 92 images, by name.
fn models(shared: &Path) -> Vec<(String, Rdm)> {
    let folder = shared.join("data/kriegeskorte92");
    let mut models = Vec::new();
    for stack in ["alexnet_layer_rdms_condensed", "category_model_rdms"] {
        let names = folder.join(stack.replace("_condensed", "") + ".json");
        let names = fs::read_to_string(names).unwrap();
        let names: Vec<String> = serde_json::from_str(&names).unwrap();
        let set = read(folder.join(stack).with_extension("npy"));
        assert_eq!(names.len(), set.len());
        models.extend(names.into_iter().zip(set.rdms().iter().cloned()));
    }
    for name in ["human_it", "monkey_it"] {
        let set = read(folder.join(format!("{name}_rdm_condensed.npy")));
        models.push((name.into(), set.rdms()[0].clone()));
    }
    models
}

fn people(shared: &Path) -> RdmSet {
    read(shared.join("data/kriegeskorte92/human_behaviour_rdms.npy"))
}

#[test]
fn models_of_92_images() {
    let Some(shared) = common::shared() else {
        return;
    };
    let references = references(&shared);
    let people = people(&shared);
    assert_eq!((people.len(), people.stimuli().len()), (16, 92));
    let mean = people.mean(Scaling::None).unwrap();
    let mut n_checked = 0;
    for (name, model) in models(&shared) {
        let expected = &references["kriegeskorte92"][&name];
        for &comparator in Comparator::ALL {
            if let Some(expected) = reference(expected, comparator) {
                let value = comparator.compare(&model, &mean).unwrap();
                assert_relative_eq!(value, expected, epsilon = 1e-9);
                n_checked += 1;
            }
        }
    }
    assert_eq!(n_checked, 19 * 6);

    let models = models(&shared);
    let spearman = |name: &str| {
        let (_, model) = models.iter().find(|(model, _)| model == name).unwrap();
        let metric = RepresentationalSimilarity::default();
        metric.score_rdm(model, &people).unwrap()
    };
    let fc8 = spearman("fc8");
    assert_eq!(format!("{:.3}", fc8.value), "0.419");
    assert_eq!(format!("{:.3}", spearman("animacy").value), "0.588");
    let ceiling = fc8.ceiling.unwrap();
    assert_eq!(
        format!("{:.3}–{:.3}", ceiling.lower, ceiling.upper),
        "0.477–0.577"
    );
}

#[test]
fn each_person_with_fc8() {
    let Some(shared) = common::shared() else {
        return;
    };
    let references = references(&shared);
    let people = people(&shared);
    let models = models(&shared);
    let (_, fc8) = models.iter().find(|(name, _)| name == "fc8").unwrap();
    for &comparator in Comparator::ALL {
        let name = comparator.name().replace('-', "_");
        let expected = references["rsatoolbox_per_subject_fc8"][&name]
            .as_array()
            .unwrap();
        assert_eq!(expected.len(), people.len());
        for (rdm, expected) in people.rdms().iter().zip(expected) {
            let value = comparator.compare(fc8, rdm).unwrap();
            assert_relative_eq!(value, expected.as_f64().unwrap(), epsilon = 1e-6);
        }
    }
}

#[test]
fn ceilings_of_16_people() {
    let Some(shared) = common::shared() else {
        return;
    };
    let references = references(&shared);
    let people = people(&shared);
    let mut n_checked = 0;
    for &comparator in Comparator::ALL {
        let name = comparator.name().replace('-', "_");
        let expected = &references["noise_ceiling92"][&name];
        if let (Some(lower), Some(upper)) = (expected["lower"].as_f64(), expected["upper"].as_f64())
        {
            let ceiling = RsaNoiseCeiling::new(&people, comparator).unwrap();
            assert_relative_eq!(ceiling.lower, lower, epsilon = 1e-9);
            assert_relative_eq!(ceiling.upper, upper, epsilon = 1e-9);
            assert!(ceiling.lower <= ceiling.upper);
            n_checked += 1;
        }
    }
    assert_eq!(n_checked, 5);
}

/// Features of the 48 objects, numbered in the order of the human RDM.
fn features_of_48(shared: &Path, name: &str, rows: &[usize]) -> Representation {
    let path = match name {
        "vice" => "data/things/vice_embedding.npy",
        "spose66" => "data/things/spose_embedding66d_rescaled.csv",
        _ => &format!("goldens/things_{name}.npy"),
    };
    let mut source = FileSource::open(shared.join(path)).unwrap();
    if name == "spose66" {
        source = source.with_ids(Stimuli::numbered(1854));
        source = source.with_ignored_column("").unwrap();
        source = source.with_ignored_column("image_name").unwrap();
    }
    let all = source.read().unwrap();
    let rows = all.stimuli().select(rows).unwrap();
    let features = all.select(&rows).unwrap().into_features();
    Representation::new(Stimuli::numbered(48), features).unwrap()
}

#[test]
fn features_of_48_objects() {
    let Some(shared) = common::shared() else {
        return;
    };
    let references = references(&shared);
    let rows: Vec<usize> = serde_json::from_value(references["objects_48"].clone()).unwrap();
    let human = Things48::read(
        shared.join("data/things/RDM48_triplet.mat"),
        Stimuli::numbered(48),
    );
    let human = human.unwrap().judgments().clone();
    let mut n_checked = 0;
    for name in ["vice", "spose66", "features_a", "features_b"] {
        let representation = features_of_48(&shared, name, &rows);
        for &dissimilarity in Dissimilarity::ALL {
            let key = format!("{name}/{}", dissimilarity.name().replace('-', "_"));
            let expected = &references["things48"][&key];
            let rdm = dissimilarity.rdm(&representation).unwrap();
            let sum = expected["sum"].as_f64().unwrap();
            assert_relative_eq!(rdm.values().iter().sum::<f64>(), sum, max_relative = 1e-6);
            let first_three = expected["first_three"].as_array().unwrap();
            assert_eq!(first_three.len(), 3);
            for (value, expected) in rdm.values().iter().zip(first_three) {
                assert_relative_eq!(*value, expected.as_f64().unwrap(), max_relative = 1e-6);
            }
            for &comparator in Comparator::ALL {
                if let Some(expected) = reference(expected, comparator) {
                    let metric = RepresentationalSimilarity::new(dissimilarity, comparator);
                    let score = metric.score(&representation, &human).unwrap();
                    assert_relative_eq!(score.value, expected, epsilon = 1e-6);
                    assert!(score.ceiling.is_none());
                    n_checked += 1;
                }
            }
        }
    }
    assert_eq!(n_checked, 4 * 5 * 6);
}
