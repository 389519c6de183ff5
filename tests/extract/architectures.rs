//! Networks with parameters and images made by a formula, against torchvision, timm and open_clip: the
//! names and shapes of all parameters, and the output of modules.
//!
//! Reference: torch 1.13, torchvision 0.14.1, timm 0.9.16, open_clip 2.24.0.

use std::path::Path;

use human_alignment::extract::{Architecture, Device, Network, Pooling, Tap, Weights};
use ndarray::{Array1, Array2, Array4, ArrayD};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::common;
use crate::common::formula::{formula, parameter};

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
    assert!(!taps.is_empty());
    let (wanted, relus): (Vec<Tap>, Vec<bool>) = taps.iter().map(|(_, t)| tap(t)).unzip();
    let weights = Weights::from_tensors(tensors);
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
        let of_images = reference["images"].as_array().unwrap();
        assert_eq!(of_images.len(), 4);
        for (image, row) in of_images.iter().zip(found.rows()) {
            let first = numbers(&image["first16"]);
            assert_eq!(first.len(), n_values.min(16));
            for (place, expected) in first.into_iter().enumerate() {
                close(row[place].into(), expected, "first16");
            }
            let at_places = numbers(&image["spaced16"]);
            assert_eq!((spaced.len(), at_places.len()), (16, 16));
            for (place, expected) in spaced.iter().zip(at_places) {
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
            assert_eq!(values.len(), 2 * n_values);
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
    alexnet: "alexnet" as "alexnet",
    vgg11: "vgg11" as "vgg11",
    vgg16: "vgg16" as "vgg16",
    vgg19_bn: "vgg19_bn" as "vgg19_bn",
    resnet18: "resnet18" as "resnet18",
    resnet50: "resnet50" as "resnet50",
    resnext50_32x4d: "resnext50_32x4d" as "resnext50_32x4d",
    wide_resnet50_2: "wide_resnet50_2" as "wide_resnet50_2",
    squeezenet1_0: "squeezenet1_0" as "squeezenet1_0",
    densenet121: "densenet121" as "densenet121",
    googlenet: "googlenet" as "googlenet",
    inception_v3: "inception_v3" as "inception_v3",
    mobilenet_v2: "mobilenet_v2" as "mobilenet_v2",
    mobilenet_v3_large: "mobilenet_v3_large" as "mobilenet_v3_large",
    efficientnet_b0: "efficientnet_b0" as "efficientnet_b0",
    regnet_y_400mf: "regnet_y_400mf" as "regnet_y_400mf",
    convnext_tiny: "convnext_tiny" as "convnext_tiny",
    vit_b_16: "vit_b_16" as "vit_b_16",
    vit_b_32: "vit_b_32" as "vit_b_32",
    vit_small_patch16_224: "vit_small_patch16_224" as "vit_small_patch16_224",
    vit_base_patch14_dinov2: "vit_base_patch14_dinov2" as "vit_base_patch14_dinov2",
    swin_t: "swin_t" as "swin_t",
    clip_rn50: "RN50" as "RN50",
    clip_vit_b_32_quickgelu: "ViT-B-32-quickgelu" as "ViT-B-32-quickgelu",
}

/// Trainable parameters, auxiliary classifiers too.
///
/// Those of torchvision are `num_params` of its weights, but for GoogLeNet, where these (6,624,904) leave
/// out the auxiliary classifiers: its number is that of the reference network. The paper gives 0.27, 0.46,
/// 0.66, 0.85 and 1.7 million for the ResNets for CIFAR; the digits behind these are arithmetic.
const N_PARAMETERS: [(&str, usize); 101] = [
    ("alexnet", 61_100_840),
    ("vgg11", 132_863_336),
    ("vgg11_bn", 132_868_840),
    ("vgg13", 133_047_848),
    ("vgg13_bn", 133_053_736),
    ("vgg16", 138_357_544),
    ("vgg16_bn", 138_365_992),
    ("vgg19", 143_667_240),
    ("vgg19_bn", 143_678_248),
    ("resnet18", 11_689_512),
    ("resnet34", 21_797_672),
    ("resnet50", 25_557_032),
    ("resnet101", 44_549_160),
    ("resnet152", 60_192_808),
    ("resnext50_32x4d", 25_028_904),
    ("resnext101_32x8d", 88_791_336),
    ("resnext101_64x4d", 83_455_272),
    ("wide_resnet50_2", 68_883_240),
    ("wide_resnet101_2", 126_886_696),
    ("resnet20_cifar10", 269_722),
    ("resnet32_cifar10", 464_154),
    ("resnet44_cifar10", 658_586),
    ("resnet56_cifar10", 853_018),
    ("resnet110_cifar10", 1_727_962),
    ("squeezenet1_0", 1_248_424),
    ("squeezenet1_1", 1_235_496),
    ("densenet121", 7_978_856),
    ("densenet161", 28_681_000),
    ("densenet169", 14_149_480),
    ("densenet201", 20_013_928),
    ("googlenet", 13_004_888),
    ("inception_v3", 27_161_264),
    ("mobilenet_v2", 3_504_872),
    ("mobilenet_v3_small", 2_542_856),
    ("mobilenet_v3_large", 5_483_032),
    ("efficientnet_b0", 5_288_548),
    ("efficientnet_b1", 7_794_184),
    ("efficientnet_b2", 9_109_994),
    ("efficientnet_b3", 12_233_232),
    ("efficientnet_b4", 19_341_616),
    ("efficientnet_b5", 30_389_784),
    ("efficientnet_b6", 43_040_704),
    ("efficientnet_b7", 66_347_960),
    ("efficientnet_v2_s", 21_458_488),
    ("efficientnet_v2_m", 54_139_356),
    ("efficientnet_v2_l", 118_515_272),
    ("convnext_tiny", 28_589_128),
    ("convnext_small", 50_223_688),
    ("convnext_base", 88_591_464),
    ("convnext_large", 197_767_336),
    ("regnet_x_400mf", 5_495_976),
    ("regnet_x_800mf", 7_259_656),
    ("regnet_x_1_6gf", 9_190_136),
    ("regnet_x_3_2gf", 15_296_552),
    ("regnet_x_8gf", 39_572_648),
    ("regnet_x_16gf", 54_278_536),
    ("regnet_x_32gf", 107_811_560),
    ("regnet_y_400mf", 4_344_144),
    ("regnet_y_800mf", 6_432_512),
    ("regnet_y_1_6gf", 11_202_430),
    ("regnet_y_3_2gf", 19_436_338),
    ("regnet_y_8gf", 39_381_472),
    ("regnet_y_16gf", 83_590_140),
    ("regnet_y_32gf", 145_046_770),
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
    ("swin_v2_t", 28_351_570),
    ("swin_v2_s", 49_737_442),
    ("swin_v2_b", 87_930_848),
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
fn networks_have_as_many_parameters_as_published() {
    for (name, expected) in N_PARAMETERS {
        let architecture = Architecture::named(name).unwrap();
        let found = Network::count_parameters(&architecture).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

/// Whatever has parameters can be read, but for classifiers beside the network, which are not run.
#[test]
fn modules_with_parameters_can_be_tapped() {
    for (name, size, not_run) in [
        ("alexnet", 64, "-"),
        ("resnet50", 32, "-"),
        ("resnet20_cifar10", 32, "-"),
        ("squeezenet1_1", 32, "-"),
        ("densenet121", 32, "-"),
        ("googlenet", 32, "aux"),
        ("inception_v3", 75, "AuxLogits"),
        ("mobilenet_v1_025", 32, "-"),
        ("mobilenet_v3_small", 32, "-"),
        ("efficientnet_b0", 32, "-"),
        ("regnet_y_400mf", 32, "-"),
    ] {
        let architecture = Architecture::named(name).unwrap();
        let taps = Network::list_modules(&architecture, [size; 2]).unwrap();
        for (key, _) in Network::list_parameters(&architecture).unwrap() {
            let (module, _) = key.rsplit_once('.').unwrap();
            let is_tapped = taps.iter().any(|tap| tap.module == module);
            assert!(is_tapped || key.starts_with(not_run), "{name} {module}");
        }
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
        let first = numbers(&tensor["first4"]);
        assert_eq!(first.len(), 4);
        for (found, expected) in found.iter().zip(first) {
            assert_eq!(*found, expected as f32, "{key}");
        }
        n_checked += 1;
    }
    assert!(n_checked > 3);
}
