//! Networks with parameters and images made by a formula, against torchvision, timm and open_clip: the
//! names and shapes of all parameters, and the output of modules.
//!
//! Reference: torch 1.13, torchvision 0.14.1, timm 0.9.16, open_clip 2.24.0.

#![cfg(feature = "extract")]

mod common;
#[path = "common/formula.rs"]
mod formula;

use std::path::Path;

use formula::{formula, parameter};
use human_alignment::extract::{Architecture, Device, Network, Pooling, Tap, Weights};
use ndarray::{Array1, Array2, Array4, ArrayD};
use safetensors::SafeTensors;
use serde_json::Value;

/// The largest difference allowed, as a share of the standard deviation of the output.
const TOLERANCE: f64 = 1e-4;

fn images(n: usize, size: usize) -> Array4<f32> {
    let pixels = (0..n).flat_map(|image| {
        let values = formula(&format!("image:{image}")).take(3 * size * size);
        values.map(|v| v as f32)
    });
    Array4::from_shape_vec((n, 3, size, size), pixels.collect()).unwrap()
}

/// A tap of the reference, and what is still to be done to what it gives.
fn tap(reference: &Value) -> (Tap, bool) {
    let module = match reference["module"].as_str().unwrap() {
        "" => "output",
        module => module,
    };
    let tap = Tap::new(module);
    match reference["post"].as_str() {
        None | Some("LND_to_NLD") => (tap, false),
        Some("cls") => (tap.with_pooling(Pooling::ClassToken), false),
        Some("mean_hw") => (tap.with_pooling(Pooling::Mean), false),
        Some("relu_mean_hw") => (tap, true),
        Some(other) => panic!("{other}"),
    }
}

/// The mean over height and width of what is positive.
fn relu_mean(maps: &Array2<f32>, n_channels: usize) -> Array2<f32> {
    let n = maps.nrows();
    let place = maps.ncols() / n_channels;
    Array2::from_shape_fn((n, n_channels), |(image, channel)| {
        let map = maps.row(image);
        let values = map.iter().skip(channel * place).take(place);
        values.map(|x| x.max(0.0)).sum::<f32>() / place as f32
    })
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

fn check(shared: &Path, name: &str, ours: &str) {
    let folder = shared.join("goldens/extract");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let architecture = Architecture::named(ours).unwrap();

    let mut expected: Vec<(String, Vec<usize>)> =
        serde_json::from_value(reference["state_dict"].clone()).unwrap();
    let mut found = Network::list_parameters(&architecture).unwrap();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{name}");

    let gain = reference["conv_gain"].as_f64().unwrap();
    let tensors: Vec<(String, ArrayD<f32>)> = expected
        .iter()
        .filter_map(|(key, shape)| Some((key.clone(), parameter(key, shape, gain)?)))
        .collect();
    let (mut sum, mut size) = (0.0, 0.0);
    for x in tensors.iter().flat_map(|(_, tensor)| tensor) {
        sum += f64::from(*x);
        size += f64::from(x.abs());
    }
    let expected_sum = reference["weights_sum"].as_f64().unwrap();
    assert!(
        (sum - expected_sum).abs() <= 1e-9 * size,
        "{name}: the formula"
    );

    let taps: Vec<(&String, &Value)> = reference["taps"].as_object().unwrap().iter().collect();
    let (wanted, relus): (Vec<Tap>, Vec<bool>) = taps.iter().map(|(_, t)| tap(t)).unzip();
    let weights = Weights::of_tensors(tensors);
    let network = Network::new(&architecture, &weights, &wanted, Device::Cpu).unwrap();
    let input = images(4, architecture.input_size());
    let found = network.represent(input.view()).unwrap();

    let full = std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
    let full = SafeTensors::deserialize(&full).unwrap();
    for (((key, reference), mut found), relu) in taps.into_iter().zip(found).zip(relus) {
        let std = reference["std"].as_f64().unwrap();
        let n_values = reference["values_per_image"].as_u64().unwrap() as usize;
        if relu {
            found = relu_mean(&found, n_values);
        }
        assert_eq!(found.dim(), (4, n_values), "{name} {key}");
        let close = |found: f64, expected: f64, what: &str| {
            let difference = (found - expected).abs() / std;
            assert!(
                difference <= TOLERANCE,
                "{name} {key} {what}: {difference:e}"
            );
        };
        let spaced = numbers(&reference["spaced16_index"]);
        for (image, row) in reference["images"]
            .as_array()
            .unwrap()
            .iter()
            .zip(found.rows())
        {
            for (place, expected) in numbers(&image["first16"]).into_iter().enumerate() {
                close(row[place].into(), expected, "first16");
            }
            for (place, expected) in spaced.iter().zip(numbers(&image["spaced16"])) {
                close(row[*place as usize].into(), expected, "spaced16");
            }
            let row: Array1<f64> = row.mapv(f64::from);
            close(row.mean().unwrap(), image["mean"].as_f64().unwrap(), "mean");
            close(row.std(0.0), image["std"].as_f64().unwrap(), "std");
        }
        if reference["full_in_safetensors"].as_bool() == Some(true) {
            let stored = full.tensor(key).unwrap();
            let values = stored.data().chunks_exact(4);
            let values = values.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
            let rows = found.rows().into_iter().take(2);
            for (found, expected) in rows.flatten().zip(values) {
                close((*found).into(), expected.into(), "image");
            }
        }
    }
}

macro_rules! architectures {
    ($($test:ident: $reference:literal as $ours:literal,)*) => {
        $(#[test]
        fn $test() {
            if let Some(shared) = common::shared() {
                check(&shared, $reference, $ours);
            }
        })*
    };
}

architectures! {
    resnet18: "resnet18" as "resnet18",
    resnet50: "resnet50" as "resnet50",
    resnext50_32x4d: "resnext50_32x4d" as "resnext50_32x4d",
    wide_resnet50_2: "wide_resnet50_2" as "wide_resnet50_2",
    squeezenet1_0: "squeezenet1_0" as "squeezenet1_0",
    vit_b_16: "vit_b_16" as "vit_b_16",
    vit_b_32: "vit_b_32" as "vit_b_32",
    vit_small_patch16_224: "vit_small_patch16_224" as "vit_small_patch16_224",
    vit_base_patch14_dinov2: "vit_base_patch14_dinov2" as "vit_base_patch14_dinov2",
    swin_t: "swin_t" as "swin_t",
    clip_rn50: "RN50" as "RN50",
    clip_vit_b_32_quickgelu: "ViT-B-32-quickgelu" as "ViT-B-32-quickgelu",
}

/// Trainable parameters of vision transformers and of the image encoders of CLIP.
///
/// torchvision 0.21, timm 1.0.15 and open_clip 2.32: `sum(p.numel() for p in model.parameters())`, with
/// `image_size=518` for vit_h_14 and `img_size=224` for DINOv2.
const N_PARAMETERS: [(&str, usize); 34] = [
    ("vit_b_16", 86_567_656),
    ("vit_b_32", 88_224_232),
    ("vit_l_16", 304_326_632),
    ("vit_l_32", 306_535_400),
    ("vit_h_14", 633_470_440),
    ("vit_tiny_patch16_224", 5_717_416),
    ("vit_small_patch16_224", 22_050_664),
    ("vit_small_patch32_224", 22_878_952),
    ("vit_base_patch16_224", 86_567_656),
    ("vit_base_patch32_224", 88_224_232),
    ("vit_base_patch8_224", 86_576_872),
    ("vit_large_patch16_224", 304_326_632),
    ("deit_tiny_patch16_224", 5_717_416),
    ("deit_small_patch16_224", 22_050_664),
    ("deit_base_patch16_224", 86_567_656),
    ("vit_small_patch8_224", 21_670_272),
    ("vit_small_patch14_dinov2", 21_628_800),
    ("vit_base_patch14_dinov2", 85_724_928),
    ("vit_large_patch14_dinov2", 303_227_904),
    ("swin_t", 28_288_354),
    ("swin_s", 49_606_258),
    ("swin_b", 87_768_224),
    ("RN50", 38_316_896),
    ("RN101", 56_259_936),
    ("RN50x4", 87_137_080),
    ("RN50x16", 167_328_912),
    ("RN50x64", 420_380_352),
    ("ViT-B-32", 87_849_216),
    ("ViT-B-16", 86_192_640),
    ("ViT-B-16-quickgelu", 86_192_640),
    ("ViT-L-14", 303_966_208),
    ("ViT-L-14-quickgelu", 303_966_208),
    ("ViT-L-14-336-quickgelu", 304_293_888),
    ("ViT-H-14", 632_076_800),
];

#[test]
fn transformers_have_as_many_parameters_as_published() {
    const BUFFERS: [&str; 4] = [
        "running_mean",
        "running_var",
        "num_batches_tracked",
        "relative_position_index",
    ];

    for (name, expected) in N_PARAMETERS {
        let architecture = Architecture::named(name).unwrap();
        let parameters = Network::list_parameters(&architecture).unwrap();
        let is_trained = |key: &str| !BUFFERS.iter().any(|buffer| key.ends_with(buffer));
        let trained = parameters.iter().filter(|(key, _)| is_trained(key));
        let sizes = trained.map(|(_, shape)| shape.iter().product::<usize>());
        assert_eq!(sizes.sum::<usize>(), expected, "{name}");
    }
}

/// The numbers that parameters and images are made of, against the reference's own.
#[test]
fn the_formula_is_that_of_the_reference() {
    let Some(shared) = common::shared() else {
        return;
    };
    let text = std::fs::read_to_string(shared.join("goldens/extract/generator.json")).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let mut n_checked = 0;
    for tensor in reference["tensors"].as_array().unwrap() {
        let key = tensor["key"].as_str().unwrap();
        let shape: Vec<usize> = serde_json::from_value(tensor["shape"].clone()).unwrap();
        let gain = tensor["conv_gain"].as_f64().unwrap_or(2.0);
        let found = parameter(key, &shape, gain).unwrap();
        for (found, expected) in found.iter().zip(numbers(&tensor["first4"])) {
            assert_eq!(*found, expected as f32, "{key}");
        }
        n_checked += 1;
    }
    assert!(n_checked > 3);
}
