//! Comparison of the native layers of CPUs with those of candle, which all other devices use.

use candle_core::Tensor;
use ndarray::{Array4, ArrayD, IxDyn};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::builder::{Context, Init, Parameters};
use super::flow::Interrupt;
use super::layers::Backend;
use super::module::Module;
use super::outline::{Expected, Outline};
use super::taps::{Pass, TapTable};
use super::{Architecture, Device, Network, Tap, Weights};
use crate::error::Result;

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

/// Small parameters, of which one is NaN.
struct OneNan<'k>(&'k str);

impl Parameters for OneNan<'_> {
    fn values(&self, key: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        let value = match init {
            _ if key == self.0 => f32::NAN,
            Init::Ones => 1.0,
            _ => 0.01,
        };
        Ok(vec![value; shape.iter().product()])
    }
}

/// Checks that every tap needs all parameters that it depends on: if one of them is NaN, so is the
/// output, since NaN passes through every layer.
fn taps_need_what_they_depend_on(name: &str, size: usize, backend: Backend) {
    let architecture = Architecture::named(name).unwrap();
    let paths = Network::list_modules(&architecture, [size; 2]).unwrap();
    let paths: Vec<&str> = paths.iter().map(|tap| tap.module.as_str()).collect();
    let outline = |paths: &[&str]| Expected::new(&architecture, paths).unwrap().published;
    let all = outline(&paths);
    let by_tap: Vec<_> = paths.iter().map(|&path| outline(&[path])).collect();
    let image = Tensor::ones(
        (1, 3, size, size),
        candle_core::DType::F32,
        &candle_core::Device::Cpu,
    );
    let image = image.unwrap();
    let mut n_depending = 0;
    let used = all
        .entries
        .iter()
        .filter(|entry| !entry.key.ends_with("num_batches_tracked"));
    for entry in used {
        let (table, parameters) = (TapTable::these(paths.iter().copied()), OneNan(&entry.key));
        let context = Context::new(&parameters, &table, image.device(), backend);
        let network = architecture.build(&context.root()).unwrap();
        let mut pass = Pass::to_the_end(paths.len());
        match network.forward(&image, &mut pass) {
            Ok(_) | Err(Interrupt::Complete) => {}
            Err(Interrupt::Failed(error)) => panic!("{error}"),
        }
        for ((path, value), outline) in paths.iter().zip(pass.into_values()).zip(&by_tap) {
            let values = value
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1::<f32>()
                .unwrap();
            if values.iter().any(|value| value.is_nan()) {
                n_depending += 1;
                assert!(
                    outline.is_needed(&entry.key),
                    "{name}: {path} needs {}",
                    entry.key
                );
            }
        }
    }
    assert!(n_depending > all.entries.len());
}

#[test]
fn taps_need_the_parameters_before_them() {
    for (name, size) in [
        ("resnet20_cifar10", 16),
        ("squeezenet1_1", 32),
        ("mobilenet_v3_small", 32),
        ("regnet_x_400mf", 32),
        ("vit_tiny_patch16_224", 32),
    ] {
        taps_need_what_they_depend_on(name, size, Backend::Native);
    }
}

/// All families, some of which take long.
#[test]
#[ignore = "takes minutes"]
fn taps_of_all_families_need_the_parameters_before_them() {
    for backend in [Backend::Native, Backend::Candle] {
        for (name, size) in [
            ("alexnet", 64),
            ("vgg11_bn", 32),
            ("resnet50", 32),
            ("densenet121", 32),
            ("googlenet", 32),
            ("inception_v3", 80),
            ("mobilenet_v2", 32),
            ("efficientnet_b0", 32),
            ("efficientnet_v2_s", 32),
            ("regnet_y_400mf", 32),
            ("convnext_tiny", 32),
            ("vit_b_32", 224),
            ("vit_small_patch14_dinov2", 28),
            ("swin_t", 64),
            ("RN50", 224),
            ("ViT-B-32", 224),
            ("tf_mobilenet_v2", 32),
            ("tf_efficientnet_b0", 32),
            ("convnextv2_atto", 32),
            ("convnextv2_tiny", 32),
            ("cornet_s", 32),
            ("vit_small_patch14_reg4_dinov2", 28),
            ("vit_base_patch32_siglip_256", 64),
            ("eva02_tiny_patch14_224", 28),
            ("eva02_base_patch16_clip_224", 32),
            ("vit_small_patch16_dinov3", 32),
            ("vit_small_plus_patch16_dinov3_qkvb", 32),
        ] {
            taps_need_what_they_depend_on(name, size, backend);
        }
    }
}

/// The parameters that a tap needs, and NaN for all others, as in a file without them.
struct Needed<'o>(&'o Outline);

impl Parameters for Needed<'_> {
    fn values(&self, key: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        match self.0.is_needed(key) {
            true => OneNan("").values(key, shape, init),
            false => Ok(vec![f32::NAN; shape.iter().product()]),
        }
    }
}

#[test]
fn only_classifications_of_clip_are_missing() {
    for (name, path) in [("ViT-B-32", "output"), ("RN50", "attnpool")] {
        let architecture = Architecture::named(name).unwrap();
        let lacks_logits = |names: &[&str]| {
            let taps = [path];
            let expected = Expected::new(&architecture, &taps).unwrap();
            expected.with_names(names).lacks_logits()
        };
        assert!(lacks_logits(&["logits"]));
        assert!(!lacks_logits(&[path]));
    }
}

/// Checks that every `step`-th tap can be computed from the parameters that it needs.
fn taps_do_without_other_parameters(name: &str, size: usize, step: usize) {
    let architecture = Architecture::named(name).unwrap();
    let paths = Expected::new(&architecture, &[]).unwrap().published.paths;
    let dims = (1, 3, size, size);
    let image = Tensor::ones(dims, candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
    for path in paths.iter().step_by(step) {
        let path = path.as_str();
        let taps = std::slice::from_ref(&path);
        let outline = Expected::new(&architecture, taps).unwrap().published;
        let (table, parameters) = (TapTable::these([path]), Needed(&outline));
        let context = Context::new(&parameters, &table, image.device(), Backend::Native);
        let network = architecture.build(&context.root()).unwrap();
        let mut pass = Pass::new(1);
        let ended = network.forward(&image, &mut pass);
        assert!(matches!(ended, Err(Interrupt::Complete)), "{name}: {path}");
        let value = pass.into_values().remove(0).unwrap();
        let values = value.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert!(
            values.iter().all(|value| value.is_finite()),
            "{name}: {path}"
        );
    }
}

macro_rules! taps_do_without_other_parameters {
    ($($test:ident: $name:literal $size:literal $step:literal,)*) => {
        mod needed {
            $(#[test]
            fn $test() {
                super::taps_do_without_other_parameters($name, $size, $step);
            })*
        }
    };
}

// The steps are such that each kind of tap is met: in CORnet and in the blocks of DINOv3 those that
// later modules of the same block would spoil, in SigLIP the pooling at the end.
taps_do_without_other_parameters! {
    cornet_s: "cornet_s" 32 9,
    convnextv2_atto: "convnextv2_atto" 32 1,
    convnextv2_tiny: "convnextv2_tiny" 32 7,
    tf_efficientnet_b0: "tf_efficientnet_b0" 32 7,
    dinov2_with_registers: "vit_small_patch14_reg4_dinov2" 28 7,
    dinov3: "vit_small_patch16_dinov3" 32 5,
    dinov3_gated: "vit_small_plus_patch16_dinov3_qkvb" 32 5,
    eva02_tiny: "eva02_tiny_patch14_224" 28 3,
    eva_clip: "eva02_base_patch16_clip_224" 32 19,
    siglip: "vit_base_patch32_siglip_256" 64 149,
    swin_t: "swin_t" 64 11,
    densenet121: "densenet121" 32 29,
    googlenet: "googlenet" 32 11,
}
