//! Networks with parameters and an image made by a formula, against the libraries: names and shapes
//! of all parameters, and the output of modules.
//!
//! `references/architectures.py` made the numbers in `references/architectures.json`, which names the
//! versions of the libraries.

use std::collections::BTreeMap;

use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use ndarray::{Array4, ArrayD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::common::formula::{formula, parameter};

/// The largest difference allowed, as a share of the standard deviation of the output.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Reference {
    library: String,
    /// Height and width.
    image: [usize; 2],
    conv_gain: f64,
    n_parameters: usize,
    names_and_shapes: String,
    taps: BTreeMap<String, Output>,
}

/// The output of a module.
#[derive(Deserialize)]
struct Output {
    n: usize,
    mean: f64,
    std: f64,
    /// At evenly spaced places, from the first to the last.
    values: Vec<f64>,
}

fn references() -> BTreeMap<String, Reference> {
    serde_json::from_str(include_str!("references/architectures.json")).unwrap()
}

fn check(name: &str) {
    let reference = references().remove(name).unwrap();
    assert!(!reference.library.is_empty());
    let architecture = Architecture::named(name).unwrap();
    let parameters = Network::list_parameters(&architecture).unwrap();
    let mut listed: Vec<String> = parameters
        .iter()
        .map(|(key, shape)| format!("{key} {shape:?}"))
        .collect();
    listed.sort();
    let listed = listed.join("\n");
    let hash = Sha256::digest(&listed);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, reference.names_and_shapes, "{name}:\n{listed}");
    assert_eq!(
        Network::count_parameters(&architecture).unwrap(),
        reference.n_parameters,
        "{name}"
    );

    let tensors: Vec<(String, ArrayD<f32>)> = parameters
        .into_iter()
        .filter_map(|(key, shape)| {
            let tensor = parameter(&key, &shape, reference.conv_gain)?;
            Some((key, tensor))
        })
        .collect();
    let [height, width] = reference.image;
    let pixels = formula("image:0").take(3 * height * width);
    let pixels = pixels.map(|v| v as f32).collect();
    let image = Array4::from_shape_vec((1, 3, height, width), pixels).unwrap();
    let taps: Vec<Tap> = reference.taps.keys().map(Tap::new).collect();
    let weights = Weights::from_tensors(tensors);
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
    let found = network.represent(image.view()).unwrap();
    for ((tap, expected), found) in reference.taps.iter().zip(found) {
        let found = found.row(0).mapv(f64::from);
        assert_eq!(found.len(), expected.n, "{name} {tap}");
        assert!(expected.std > 0.0 && expected.values.len() > 1);
        let last = expected.values.len() - 1;
        let pairs = expected.values.iter().enumerate();
        let pairs = pairs.map(|(j, &value)| (found[j * (expected.n - 1) / last], value));
        let moments = [
            (found.mean().unwrap(), expected.mean),
            (found.std(0.0), expected.std),
        ];
        for (found, expected_value) in pairs.chain(moments) {
            let difference = (found - expected_value).abs() / expected.std;
            assert!(
                difference <= TOLERANCE,
                "{name} {tap}: {found} for {expected_value}, {difference:e}"
            );
        }
    }
}

macro_rules! architectures {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            check($name);
        })*

        /// Every reference is compared with.
        #[test]
        fn all_references_are_checked() {
            let mut checked = vec![$($name),*];
            checked.sort_unstable();
            assert_eq!(references().keys().collect::<Vec<_>>(), checked);
        }
    };
}

architectures! {
    cornet_s: "cornet_s",
    convnextv2_atto: "convnextv2_atto",
    convnextv2_tiny: "convnextv2_tiny",
    swin_v2_t: "swin_v2_t",
    beit_base_patch16_224: "beit_base_patch16_224",
    vit_small_patch14_reg4_dinov2: "vit_small_patch14_reg4_dinov2",
    vit_base_patch16_siglip_224: "vit_base_patch16_siglip_224",
    eva02_tiny_patch14_224: "eva02_tiny_patch14_224",
    eva02_base_patch14_224: "eva02_base_patch14_224",
    eva02_base_patch16_clip_224: "eva02_base_patch16_clip_224",
    vit_small_patch16_dinov3: "vit_small_patch16_dinov3",
    vit_small_plus_patch16_dinov3_qkvb: "vit_small_plus_patch16_dinov3_qkvb",
    tf_efficientnet_b0: "tf_efficientnet_b0",
    tf_efficientnet_b2: "tf_efficientnet_b2",
    tf_efficientnet_b5: "tf_efficientnet_b5",
    tf_efficientnet_b7: "tf_efficientnet_b7",
    tf_efficientnet_b8: "tf_efficientnet_b8",
    tf_efficientnet_lite0: "tf_efficientnet_lite0",
    tf_efficientnet_lite4: "tf_efficientnet_lite4",
}
