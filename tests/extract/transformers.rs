//! What transformers make of images and checkpoints of other sizes, against torchvision and timm, with
//! parameters and images made by a formula.
//!
//! Reference: torch 2.6.0, torchvision 0.21.0, timm 1.0.15, on a CPU. `fill` and `image` are the formulas
//! of `common/formula.rs`:
//!
//! ```text
//! def fill(model, shapes={}):
//!     return {key: formula(key, shapes.get(key, tensor.shape)) if tensor.is_floating_point() else tensor
//!             for key, tensor in model.state_dict().items()}
//! ```

use human_alignment::error::ArgumentError;
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use ndarray::{Array2, Array4, ArrayD};

use crate::common::formula::{formula, parameter};
use crate::common::refusals::assert_kind;

/// The parameters of an architecture, of which some have other shapes than it lists.
fn fill(architecture: &Architecture, shapes: &[(&str, &[usize])]) -> Vec<(String, ArrayD<f32>)> {
    let parameters = Network::list_parameters(architecture).unwrap();
    let filled = parameters.into_iter().filter_map(|(key, listed)| {
        let given = shapes.iter().find(|(name, _)| *name == key);
        let shape = given.map_or(&listed[..], |(_, shape)| shape);
        let tensor = parameter(&key, shape, 2.0)?;
        Some((key, tensor))
    });
    filled.collect()
}

fn image(height: usize, width: usize) -> Array4<f32> {
    let values = formula("image:0").map(|v| v as f32);
    let values = values.take(3 * height * width).collect();
    Array4::from_shape_vec((1, 3, height, width), values).unwrap()
}

fn network(name: &str, parameters: Vec<(String, ArrayD<f32>)>, tap: &str) -> Network {
    let architecture = Architecture::named(name).unwrap();
    let weights = Weights::from_tensors(parameters);
    Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu).unwrap()
}

fn represent(network: &Network, image: &Array4<f32>) -> Array2<f32> {
    network.represent(image.view()).unwrap().remove(0)
}

/// Checks the first values, and the standard deviation of all of them.
fn check(found: &Array2<f32>, std: f64, first: [f64; 6]) {
    let found = found.mapv(f64::from);
    assert!(
        (found.std(0.0) - std).abs() < 1e-4 * std,
        "{}",
        found.std(0.0)
    );
    for (found, expected) in found.iter().zip(first) {
        assert!((found - expected).abs() < 1e-4 * std, "{found} {expected}");
    }
}

// model = torchvision.models.swin_t().eval()
// model.load_state_dict(fill(model))
// model(image(height, width))
#[test]
fn windows_of_swin_transformers_are_filled_up() {
    let swin = Architecture::named("swin_t").unwrap();
    let swin = network("swin_t", fill(&swin, &[]), "logits");
    // One window across in all stages, so that there is no shift in that direction.
    check(
        &represent(&swin, &image(100, 28)),
        0.737_187_96,
        [
            -0.623_569_3,
            1.586_264_3,
            -0.539_814_1,
            -0.515_231,
            1.375_035_3,
            0.409_595_6,
        ],
    );
    check(
        &represent(&swin, &image(60, 190)),
        0.785_415_74,
        [
            -0.487_565_55,
            1.551_299_7,
            -0.761_893_7,
            0.543_196_26,
            -0.099_209_25,
            0.768_931_2,
        ],
    );
}

// model = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True).eval()
// model.load_state_dict(fill(model))
// model(image(112, 160))
#[test]
fn positions_are_interpolated_for_images_of_other_sizes() {
    let vit = Architecture::named("vit_tiny_patch16_224").unwrap();
    let vit = network("vit_tiny_patch16_224", fill(&vit, &[]), "logits");
    check(
        &represent(&vit, &image(112, 160)),
        1.001_380_1,
        [
            -1.177_956_9,
            -0.223_119_6,
            -0.047_797_926,
            1.333_856_7,
            0.419_503_4,
            0.082_948_24,
        ],
    );
}

// model = timm.create_model("vit_small_patch14_dinov2", img_size=224).eval()
// published = fill(model, {"pos_embed": [1, 1370, 384]})
// model.load_state_dict(timm.models.vision_transformer.checkpoint_filter_fn(published, model))
// model(image(224, 224))
#[test]
fn checkpoints_of_dino_v2_have_positions_of_larger_images() {
    let name = "vit_small_patch14_dinov2";
    let architecture = Architecture::named(name).unwrap();
    let published = fill(&architecture, &[("pos_embed", &[1, 1370, 384])]);
    let dino = network(name, published, "head");
    check(
        &represent(&dino, &image(224, 224)),
        0.991_558_96,
        [
            0.540_531_6,
            1.115_432_4,
            -0.519_201_3,
            0.949_391_4,
            -0.568_658_2,
            1.006_037_8,
        ],
    );
}

/// Current and former parts of the names of parameters, and a module behind some of them.
fn check_former_names(name: &str, parts: &[(&str, &str)], tap: &str, size: usize) {
    let architecture = Architecture::named(name).unwrap();
    let current = fill(&architecture, &[]);
    let replace = |key: String, (current, former): &(&str, &str)| key.replace(current, former);
    let rename = |key: &str| parts.iter().fold(key.to_owned(), replace);
    let former: Vec<_> = current
        .iter()
        .map(|(key, tensor)| (rename(key), tensor.clone()))
        .collect();
    for (_, part) in parts {
        assert!(former.iter().any(|(key, _)| key.contains(part)), "{part}");
    }
    let image = image(size, size);
    let [current, former] = [current, former].map(|parameters| network(name, parameters, tap));
    assert_eq!(represent(&current, &image), represent(&former, &image));
}

#[test]
fn checkpoints_of_torchvision_may_have_former_names() {
    let parts = [("mlp.0.", "mlp.linear_1."), ("mlp.3.", "mlp.linear_2.")];
    check_former_names("vit_b_32", &parts, "encoder.layers.encoder_layer_0", 224);
    let parts = [
        (".norm1.", ".norm.1."),
        (".conv1.", ".conv.1."),
        (".norm2.", ".norm.2."),
        (".conv2.", ".conv.2."),
    ];
    check_former_names("densenet121", &parts, "features.denseblock2", 64);
}

/// Where positions are not interpolated a checkpoint decides which images there may be.
#[test]
fn checkpoints_of_torchvision_may_be_for_larger_images() {
    let name = "vit_b_32";
    let architecture = Architecture::named(name).unwrap();
    let larger: &[usize] = &[1, 1 + 8 * 8, 768];
    let parameters = fill(&architecture, &[("encoder.pos_embedding", larger)]);
    let vit = network(name, parameters, "encoder.layers.encoder_layer_0");
    assert_eq!(represent(&vit, &image(256, 256)).len(), 65 * 768);
    let refused = vit.represent(image(224, 224).view()).unwrap_err();
    assert_kind!(refused, Argument(ArgumentError::Shape { .. }));
    assert!(refused.report().to_string().contains("8 × 8"), "{refused}");
}

#[test]
fn images_and_positions_that_do_not_fit_are_refused() {
    let architecture = Architecture::named("vit_tiny_patch16_224").unwrap();
    let vit = network("vit_tiny_patch16_224", fill(&architecture, &[]), "logits");
    let refused = vit.represent(image(224, 230).view()).unwrap_err();
    assert_kind!(refused, Argument(ArgumentError::Shape { .. }));

    // 200 places are no square grid.
    let parameters = fill(&architecture, &[("pos_embed", &[1, 201, 192])]);
    let weights = Weights::from_tensors(parameters);
    let taps = [Tap::new("logits")];
    let refused = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap_err();
    assert!(
        refused.report().to_string().contains("pos_embed"),
        "{refused}"
    );
}

/// A projection and the activation behind it are computed in one unless the former is read.
#[test]
fn what_is_read_changes_nothing() {
    let architecture = Architecture::named("vit_tiny_patch16_224").unwrap();
    let weights = Weights::from_tensors(fill(&architecture, &[]));
    let image = image(64, 64);
    let last = |modules: &[&str]| {
        let taps: Vec<Tap> = modules.iter().map(|&module| Tap::new(module)).collect();
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        network.represent(image.view()).unwrap().pop().unwrap()
    };
    let some = ["blocks.3.mlp.fc1", "blocks.3.mlp.act", "logits"];
    let differences = (last(&some) - last(&["logits"])).mapv(f32::abs);
    assert!(differences.iter().all(|&difference| difference < 1e-5));
}
