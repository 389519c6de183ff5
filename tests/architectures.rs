//! Networks with parameters and images made by a formula, against torchvision, timm and open_clip: the
//! names and shapes of all parameters, and the output of modules.
//!
//! Reference: torch 1.13, torchvision 0.14.1, timm 0.9.16, open_clip 2.24.0.

#![cfg(feature = "extract")]

mod common;

use std::path::Path;

use human_alignment::extract::{Architecture, Device, Network, Pooling, Tap, Weights};
use ndarray::{Array1, Array2, Array4, ArrayD, IxDyn};
use safetensors::SafeTensors;
use serde_json::Value;

/// The largest difference allowed, as a share of the standard deviation of the output.
const TOLERANCE: f64 = 1e-4;

/// Uniform numbers in [−1, 1), from the hash of a name.
fn formula(key: &str) -> impl Iterator<Item = f64> + use<> {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = key.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (1u64..).map(move |k| {
        let mut z = seed.wrapping_add(k.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        2.0 * ((z >> 40) as f64 / (1u64 << 24) as f64) - 1.0
    })
}

/// A parameter of this name and shape; `None` for what is no floating-point number.
fn parameter(key: &str, shape: &[usize], conv_gain: f64) -> Option<ArrayD<f32>> {
    let last = key.rsplit('.').next().unwrap_or(key);
    if last == "num_batches_tracked" || last == "relative_position_index" {
        return None;
    }
    let rank = shape.len();
    let gain = if rank == 2 { 1.0 } else { conv_gain };
    let fan_in: usize = shape.iter().skip(1).product();
    let scale = (3.0 * gain / fan_in as f64).sqrt();
    let value = move |v: f64| match last {
        "running_var" => 0.5 + (v + 1.0) / 2.0,
        "running_mean" => 0.1 * v,
        "gamma" | "layer_scale" => 0.5 + 0.1 * v,
        _ if rank == 1 && key.ends_with("weight") => 1.0 + 0.1 * v,
        _ if rank == 1 && key.ends_with("bias") => 0.1 * v,
        _ if rank >= 2 && (key.ends_with("weight") || last == "proj") => v * scale,
        _ => 0.02 * v,
    };
    let n = shape.iter().product();
    let values = formula(key).take(n).map(|v| value(v) as f32).collect();
    ArrayD::from_shape_vec(IxDyn(shape), values).ok()
}

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
}

/// Trainable parameters, auxiliary classifiers too.
///
/// Those of torchvision are `num_params` of its weights, but for GoogLeNet, where these (6,624,904) leave
/// out the auxiliary classifiers: its number is that of the reference network. The paper gives 0.27, 0.46,
/// 0.66, 0.85 and 1.7 million for the ResNets for CIFAR; the digits behind these are arithmetic.
const N_PARAMETERS: [(&str, usize); 64] = [
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
];

#[test]
fn networks_have_as_many_parameters_as_published() {
    const BUFFERS: [&str; 3] = ["running_mean", "running_var", "num_batches_tracked"];

    for (name, expected) in N_PARAMETERS {
        let architecture = Architecture::named(name).unwrap();
        let parameters = Network::list_parameters(&architecture).unwrap();
        let is_trained = |key: &str| !BUFFERS.iter().any(|buffer| key.ends_with(buffer));
        let trained = parameters.iter().filter(|(key, _)| is_trained(key));
        let found: usize = trained
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum();
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
        let taps = Network::list_taps(&architecture, [size; 2]).unwrap();
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
        for (found, expected) in found.iter().zip(numbers(&tensor["first4"])) {
            assert_eq!(*found, expected as f32, "{key}");
        }
        n_checked += 1;
    }
    assert!(n_checked > 3);
}
