//! Trained networks on real images, from their files to their agreement with people: features and scores
//! against those of torchvision and Pillow.
//!
//! Reference: torch 1.13, torchvision 0.14.1, Pillow 9.4; RDMs, correlations and accuracies in double
//! precision, with numpy and scipy.

use human_alignment::error::{ErrorKind, ExtractError};
use std::collections::BTreeMap;
use std::path::Path;

use human_alignment::dataset::{Kriegeskorte92, TripletFile};
use human_alignment::extract::preprocess::Preprocessing;
use human_alignment::extract::{Architecture, Device, Network, Pooling, Tap, Weights};
use human_alignment::judgment::Task;
use human_alignment::metric::rsa::Comparator;
use human_alignment::{
    AlignmentMetric, AnchoredTask, Dissimilarity, FileSource, ImageFiles, OddOneOutTask,
    Representation, RepresentationalSimilarity, Similarity, SimilarityDataset, Stimuli,
    ZeroShotOddOneOut,
};
use ndarray::Array4;
use serde::Deserialize;

use crate::common;

/// What is allowed: the largest and the root-mean-square difference of features, as shares of the standard
/// deviation, and the largest difference of a score.
struct Tolerance {
    largest: f64,
    rms: f64,
    score: f64,
}

/// The pixels are the same, which leaves nothing but rounding: of a share of 83,545 trials, one trial.
const TOLERANCE: Tolerance = Tolerance {
    largest: 1e-4,
    rms: 1e-5,
    score: 1.2e-5,
};

/// What references say of a tap.
#[derive(Deserialize)]
struct Reference {
    /// Number of features.
    features: usize,
    /// By how they are computed, and by what they are computed with.
    #[serde(flatten)]
    scores: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The names of taps, and what references say of them.
type References = BTreeMap<String, Reference>;

fn references(shared: &Path, network: &str, images: &str) -> References {
    let text = std::fs::read(shared.join("goldens/real_nets/scores.json")).unwrap();
    let mut all: BTreeMap<String, BTreeMap<String, References>> =
        serde_json::from_slice(&text).unwrap();
    all.remove(network).unwrap().remove(images).unwrap()
}

/// The tap that references call this.
fn tap(name: &str) -> Tap {
    match name.strip_suffix(" (global average pool)") {
        Some(module) => Tap::new(module).with_pooling(Pooling::Mean),
        None => Tap::new(name),
    }
}

/// What a network gives for all images of a folder, by the names of taps.
fn represent(
    network: &Network,
    preprocessing: &Preprocessing,
    images: &ImageFiles,
) -> BTreeMap<String, Representation> {
    let [channels, height, width] = preprocessing.shape();
    let mut batch = Array4::zeros((images.len(), channels, height, width));
    for (path, mut image) in images.paths().iter().zip(batch.outer_iter_mut()) {
        preprocessing
            .read_into(path, image.as_slice_mut().unwrap())
            .unwrap();
    }
    let features = network.represent(batch.view()).unwrap();
    let named = network.taps().iter().map(Tap::to_string).zip(features);
    named
        .map(|(tap, features)| {
            let representation = Representation::new(images.stimuli().clone(), features);
            (tap, representation.unwrap())
        })
        .collect()
}

/// The largest and the root-mean-square difference of features, as shares of the standard deviation of
/// those of the reference.
///
/// `precision` is the relative error of the numbers of the reference.
fn differences(
    found: &Representation,
    file: &Path,
    array: Option<&str>,
    precision: f64,
) -> [f64; 2] {
    let mut source = FileSource::open(file).unwrap();
    if let Some(array) = array {
        source = source.with_array(array).unwrap();
    }
    let source = source.with_ids(found.stimuli().clone());
    let expected = source.read().unwrap();
    let expected = expected.features().to_f64();
    assert_eq!(found.features().dim(), expected.dim());
    let differences = found.features().to_f64() - &expected;
    let pairs = differences.iter().zip(&expected);
    let beyond = pairs.map(|(difference, x)| difference.abs() - precision * x.abs());
    let largest = beyond.fold(0.0, f64::max);
    let mean_square = differences.iter().map(|x| x * x).sum::<f64>() / expected.len() as f64;
    [largest, mean_square.sqrt()].map(|x| x / expected.std(0.0))
}

/// A network of `data/weights` on the images of both data sets.
fn check(shared: &Path, file: &str, architecture: &str, preset: &str) {
    let architecture = Architecture::named(architecture).unwrap();
    let path = shared.join(format!("data/weights/{file}.safetensors"));
    let weights = Weights::read(path).unwrap();
    let preprocessing = Preprocessing::preset(preset).unwrap();
    for data in ["kriegeskorte92", "zappos"] {
        let folder = shared.join("data").join(data);
        let images = ImageFiles::from_folder(folder.join("images")).unwrap();
        let references = references(shared, file, data);
        assert!(!references.is_empty());
        let mut taps: Vec<Tap> = references.keys().map(|name| tap(name)).collect();
        taps.push(Tap::new("penultimate"));
        // Refuses weights that are missing, unexpected or of another shape.
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        let found = represent(&network, &preprocessing, &images);

        let archive = format!("goldens/real_nets/{file}.{data}.npz");
        for array in ["logits", "penultimate"] {
            let [largest, rms] =
                differences(&found[array], &shared.join(&archive), Some(array), 0.0);
            assert!(
                largest <= TOLERANCE.largest && rms <= TOLERANCE.rms,
                "{file} {data} {array}: {largest:e}, root mean square {rms:e}"
            );
        }
        for (name, reference) in references {
            let features = &found[&tap(&name).to_string()];
            assert_eq!(features.features().ncols(), reference.features, "{name}");
            assert!(
                !reference.scores.is_empty() && reference.scores.values().all(|of| !of.is_empty())
            );
            for (kind, scores) in &reference.scores {
                for (of, expected) in scores {
                    let found = score(features, &folder, kind, of);
                    assert!(
                        (found - expected).abs() <= TOLERANCE.score,
                        "{file} {data} {name} {of}: {found} for {expected}"
                    );
                }
            }
        }
    }
}

/// The score that references call this.
fn score(features: &Representation, folder: &Path, kind: &str, of: &str) -> f64 {
    match (kind, of) {
        ("correlation_rdm_vs_mean_behaviour", comparator) => {
            let people = Kriegeskorte92::read(folder).unwrap();
            let comparator: Comparator = comparator.parse().unwrap();
            let metric = RepresentationalSimilarity::new(Dissimilarity::Correlation, comparator);
            metric.score(features, people.judgments()).unwrap().value
        }
        ("cosine", "odd_one_out_derived") => {
            accuracy::<OddOneOutTask>(features, &folder.join("odd_one_out_derived.npy"))
        }
        ("cosine", "anchored") => {
            accuracy::<AnchoredTask>(features, &folder.join("anchored_triplets.npy"))
        }
        _ => panic!("{kind} {of}"),
    }
}

fn accuracy<T: Task>(features: &Representation, trials: &Path) -> f64 {
    let trials = TripletFile::<T>::read(trials, features.stimuli().clone()).unwrap();
    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    metric
        .count(features, trials.judgments())
        .unwrap()
        .accuracy()
}

macro_rules! networks {
    ($($test:ident: $file:literal as $architecture:literal of $preset:literal,)*) => {
        $(#[test]
        fn $test() {
            if let Some(shared) = common::shared() {
                check(&shared, $file, $architecture, $preset);
            }
        })*
    };
}

networks! {
    squeezenet1_1: "squeezenet1_1_imagenet" as "squeezenet1_1" of "imagenet",
    squeezenet1_0: "squeezenet1_0_imagenet_deep_compression"
        as "squeezenet1_0_deep_compression" of "deep-compression-227",
    mobilenet_v1_025: "mobilenet_v1_025_imagenet" as "mobilenet_v1_025" of "imagenet",
    resnet20_cifar10: "resnet20_cifar10" as "resnet20_cifar10" of "cifar-32",
    resnet56_cifar10: "resnet56_cifar10" as "resnet56_cifar10" of "cifar-32",
}

/// A network with the padding of TensorFlow on the images of three data sets: features of half precision,
/// from weights as stored.
fn check_tensorflow(shared: &Path, file: &str, architecture: &str, preset: &str) {
    /// The relative error of rounding to half precision.
    const HALF_PRECISION: f64 = 1.0 / 2048.0;

    /// The largest and the root-mean-square difference of features, as shares of the standard deviation.
    const ALLOWED: [f64; 2] = [5e-3, 1e-3];

    let architecture = Architecture::named(architecture).unwrap();
    let path = shared.join(format!("data/weights/{file}.safetensors"));
    let weights = Weights::read(path).unwrap();
    let preprocessing = Preprocessing::preset(preset).unwrap();
    let arrays = ["logits", "penultimate"];
    let network =
        Network::new(&architecture, &weights, &arrays.map(Tap::new), Device::Cpu).unwrap();
    for data in ["kriegeskorte92", "materials", "zappos"] {
        let folder = shared.join("data").join(data);
        let mut images = ImageFiles::from_folder(folder.join("images")).unwrap();
        if let Ok(list) = std::fs::read_to_string(folder.join("stimuli.txt")) {
            let ids = list.lines().map(|name| name.trim_end_matches(".jpg"));
            images = images.select(&Stimuli::new(ids).unwrap()).unwrap();
        }
        let found = represent(&network, &preprocessing, &images);
        for array in arrays {
            let path = folder.join(format!("features/{file}.{array}.npy"));
            let [largest, rms] = differences(&found[array], &path, None, HALF_PRECISION);
            assert!(
                largest <= ALLOWED[0] && rms <= ALLOWED[1],
                "{file} {data} {array}: {largest:e}, root mean square {rms:e}"
            );
        }
    }
}

macro_rules! tensorflow_networks {
    ($($test:ident: $file:literal as $architecture:literal of $preset:literal,)*) => {
        $(#[test]
        fn $test() {
            if let Some(shared) = common::shared() {
                check_tensorflow(&shared, $file, $architecture, $preset);
            }
        })*
    };
}

tensorflow_networks! {
    tf_mobilenet_v2_imagenet: "tf_mobilenet_v2_imagenet" as "tf_mobilenet_v2" of "tf-mobilenet",
    tf_mobilenet_v2_birds: "tf_mobilenet_v2_birds" as "tf_mobilenet_v2" of "tf-mobilenet",
    tf_mobilenet_v2_insects: "tf_mobilenet_v2_insects" as "tf_mobilenet_v2" of "tf-mobilenet",
    tf_efficientnet_lite0: "tf_efficientnet_lite0" as "tf_efficientnet_lite0" of "tf-efficientnet-lite",
}

#[test]
fn weights_of_another_network_are_refused() {
    let Some(shared) = common::shared() else {
        return;
    };
    let path = shared.join("data/weights/resnet20_cifar10.safetensors");
    let weights = Weights::read(path).unwrap();
    let architecture = Architecture::named("resnet56_cifar10").unwrap();
    let taps = [Tap::new("logits")];
    let refused = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap_err();
    let ErrorKind::Extract(ExtractError::WeightsMismatch {
        missing,
        unexpected,
        ..
    }) = refused.kind()
    else {
        panic!("{refused}");
    };
    // Six blocks more in each stage, of two convolutions and ten parameters of normalization.
    assert_eq!((missing.len(), unexpected.len()), (3 * 6 * 10, 0));
}
