//! Comparison of the native layers of CPUs with those of candle, which all other devices use.

use ndarray::{Array4, ArrayD, IxDyn};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::layers::Backend;
use super::{Architecture, Device, Network, Tap, Weights};

/// Creates parameters with which every layer has an effect, and values neither vanish nor explode.
fn lively(architecture: &Architecture) -> Weights {
    let parameters = Network::list_parameters(architecture).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let tensors = parameters.into_iter().map(|(key, shape)| {
        let last = key.rsplit('.').next().unwrap_or(&key);
        let fan_in: usize = shape.iter().skip(1).product();
        let (middle, reach) = match last {
            "running_var" => (1.0, 0.5),
            "layer_scale" | "gamma" => (0.5, 0.1),
            "weight" if shape.len() == 1 => (1.0, 0.1),
            "weight" | "in_proj_weight" => (0.0, (3.0 / fan_in as f32).sqrt()),
            _ => (0.0, 0.1),
        };
        let draw = |_| middle + reach * rng.random_range(-1.0..1.0);
        let values = (0..shape.iter().product::<usize>()).map(draw).collect();
        (key, ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap())
    });
    Weights::from_tensors(tensors.collect::<Vec<_>>())
}

/// Compares the outputs of both backends at these modules for two images.
fn compare(architecture: &Architecture, weights: &Weights, size: usize, modules: &[String]) {
    let name = architecture.name();
    let taps: Vec<Tap> = modules.iter().map(Tap::new).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let images = Array4::from_shape_simple_fn((2, 3, size, size), || rng.random_range(-1.0..1.0));
    let of = |backend| {
        let network = Network::with_backend(architecture, weights, &taps, Device::Cpu, backend);
        network.unwrap().represent(images.view()).unwrap()
    };
    for ((tap, native), candle) in taps
        .iter()
        .zip(of(Backend::Native))
        .zip(of(Backend::Candle))
    {
        assert_eq!(native.dim(), candle.dim(), "{name} {tap}");
        let std = native.std(0.0);
        assert!(std > 1e-3 && std < 1e3, "{name} {tap}: {std}");
        let differences = (native - candle).mapv(f32::abs);
        let is_close = differences
            .iter()
            .all(|&difference| difference <= 1e-4 * std);
        assert!(is_close, "{name} {tap}: {differences:?} of {std}");
    }
}

/// Compares the backends with fused layers, and with every module tapped, which prevents fusion.
fn backends_agree(name: &str, size: usize) {
    let architecture = Architecture::named(name).unwrap();
    let weights = lively(&architecture);
    let ends = ["penultimate", "logits"].map(String::from);
    compare(&architecture, &weights, size, &ends);
    let all = Network::list_modules(&architecture, [size; 2]).unwrap();
    let all: Vec<String> = all.into_iter().map(|tap| tap.module).collect();
    compare(&architecture, &weights, size, &all);
}

macro_rules! backends_agree {
    ($($name:ident $size:literal,)*) => {
        $(#[test]
        fn $name() {
            backends_agree(stringify!($name), $size);
        })*
    };
}

backends_agree! {
    alexnet 64,
    vgg11_bn 64,
    resnet18 64,
    resnext50_32x4d 64,
    resnet20_cifar10 32,
    squeezenet1_1 64,
    densenet121 64,
    googlenet 64,
    inception_v3 80,
    mobilenet_v1_025 64,
    mobilenet_v2 64,
    mobilenet_v3_small 64,
    efficientnet_b0 64,
    efficientnet_v2_s 64,
    regnet_x_400mf 64,
    regnet_y_400mf 64,
    convnext_tiny 64,
}

/// Compares the backends on transformers, some at sizes at which positions are interpolated or
/// windows padded.
#[test]
fn backends_agree_on_transformers() {
    for (name, size) in [
        ("vit_b_32", 224),
        ("vit_tiny_patch16_224", 64),
        ("vit_small_patch14_dinov2", 70),
        ("swin_t", 96),
        ("RN50", 224),
        ("ViT-B-32-quickgelu", 224),
    ] {
        backends_agree(name, size);
    }
}
