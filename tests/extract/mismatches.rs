//! Parameters that do not fit: the error names the cause, as far as names and shapes show it. Parameters
//! that fit in other ways than usual are read.

use human_alignment::Result;
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use ndarray::{Array2, Array4, ArrayD, Axis};

use crate::common::formula::{formula, parameter};

const NAME: &str = "resnet20_cifar10";

type Parameters = Vec<(String, ArrayD<f32>)>;

/// Returns the parameters of a network by a formula.
fn parameters(name: &str) -> Parameters {
    let all = Network::list_parameters(&Architecture::named(name).unwrap()).unwrap();
    let of = |(name, shape): (String, Vec<usize>)| {
        let values = parameter(&name, &shape, 2.0)?;
        Some((name, values))
    };
    all.into_iter().filter_map(of).collect()
}

/// Returns parameters with the shapes of those of a network.
fn shapes(name: &str) -> Parameters {
    let all = Network::list_parameters(&Architecture::named(name).unwrap()).unwrap();
    let zeros = |(name, shape): (String, Vec<usize>)| (name, ArrayD::zeros(shape));
    all.into_iter().map(zeros).collect()
}

fn features(architecture: &str, parameters: Parameters, tap: &str) -> Result<Array2<f32>> {
    let architecture = Architecture::named(architecture)?;
    let weights = Weights::from_tensors(parameters);
    let network = Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu)?;
    let pixels = formula("images").take(2 * 3 * 32 * 32);
    let images = Array4::from_shape_vec((2, 3, 32, 32), pixels.map(|v| v as f32).collect());
    Ok(network.represent(images.unwrap().view())?.remove(0))
}

#[track_caller]
fn assert_explained(architecture: &str, parameters: Parameters, tap: &str, causes: &[&str]) {
    let refused = features(architecture, parameters, tap).unwrap_err();
    let refused = refused.report().to_string();
    for cause in causes {
        assert!(refused.contains(cause), "{cause}: {refused}");
    }
}

fn renamed(parameters: Parameters, rename: impl Fn(&str) -> String) -> Parameters {
    let rename = |(name, values): (String, _)| (rename(&name), values);
    parameters.into_iter().map(rename).collect()
}

/// Replaces the shape of a parameter.
fn reshaped(mut parameters: Parameters, name: &str, shape: &[usize]) -> Parameters {
    let parameter = parameters.iter_mut().find(|(other, _)| other == name);
    parameter.unwrap().1 = ArrayD::zeros(shape);
    parameters
}

#[test]
fn a_classifier_may_have_no_bias() {
    let mut with_zeros = parameters(NAME);
    for (name, values) in &mut with_zeros {
        if name == "linear.bias" {
            values.fill(0.0);
        }
    }
    let mut without = with_zeros.clone();
    without.retain(|(name, _)| name != "linear.bias");
    let logits = features(NAME, with_zeros, "logits").unwrap();
    assert_eq!(features(NAME, without.clone(), "logits").unwrap(), logits);
    // Rows that are not those of the published network.
    let few = without.iter().map(|(name, values)| match name.as_str() {
        "linear.weight" => (name.clone(), values.select(Axis(0), &[0, 3, 5])),
        _ => (name.clone(), values.clone()),
    });
    let few = features(NAME, few.collect(), "logits").unwrap();
    assert_eq!(few, logits.select(Axis(1), &[0, 3, 5]));
    // Another bias is a part of the network.
    let mut others = without.clone();
    others.retain(|(name, _)| name != "bn1.bias");
    assert_explained(NAME, others, "logits", &["1 missing (bn1.bias)"]);
    // Something else than a linear layer.
    let scaled = ("linear.scale".to_owned(), ArrayD::ones(vec![10]));
    let others = without.iter().cloned().chain([scaled]).collect();
    assert_explained(NAME, others, "logits", &["linear.bias", "linear.scale"]);
    without.retain(|(name, _)| name != "linear.weight");
    assert_explained(NAME, without, "logits", &["no classifier", "`penultimate`"]);
}

#[test]
fn features_may_be_numbered_alone() {
    let name = "mobilenet_v2";
    let mut parameters = parameters(name);
    parameters.retain(|(name, _)| !name.starts_with("classifier"));
    let expected = features(name, parameters.clone(), "features.2").unwrap();
    for prefix in ["", "encoder."] {
        let numbered = renamed(parameters.clone(), |name| {
            name.replacen("features.", prefix, 1)
        });
        assert_eq!(features(name, numbered, "features.2").unwrap(), expected);
    }
    // The names of the network itself are not those of its features alone.
    let adapter = ("adapter.features.2.weight", "features.2.adapter.weight");
    for adapter in [adapter.0, adapter.1] {
        let adapter = (adapter.to_owned(), ArrayD::ones(vec![8, 8]));
        let with_adapter = parameters.iter().cloned().chain([adapter]).collect();
        if features(name, with_adapter, "features.2").is_ok() {
            panic!("not refused");
        }
    }
}

#[test]
fn another_architecture_that_fits_is_named() {
    let cause = "names and shapes are those of resnet32_cifar10";
    assert_explained(NAME, parameters("resnet32_cifar10"), "layer1", &[cause]);
    let prefixed = renamed(shapes("resnet34"), |name| format!("model.encoder.{name}"));
    let cause = "names and shapes are those of resnet34: name";
    assert_explained("resnet50", prefixed, "penultimate", &[cause]);
    // By the names of efficientnet_pytorch, which has the padding of TensorFlow.
    let mut blocks: Vec<String> = Vec::new();
    let mut of_package = |name: String| {
        let parts: Vec<&str> = name.split('.').collect();
        let ["blocks", stage, block, module, rest @ ..] = &parts[..] else {
            let pairs = [
                ("conv_", "_conv_"),
                ("bn1", "_bn0"),
                ("bn2", "_bn1"),
                ("classifier", "_fc"),
            ];
            let (from, to) = pairs
                .into_iter()
                .find(|(from, _)| name.starts_with(from))
                .unwrap();
            return name.replacen(from, to, 1);
        };
        let of_block = format!("{stage}.{block}");
        if !blocks.contains(&of_block) {
            blocks.push(of_block);
        }
        let expands = *stage != "0";
        let module = match (*module, rest[0]) {
            ("conv_pw", _) if expands => "_expand_conv",
            ("conv_pw" | "conv_pwl", _) => "_project_conv",
            ("conv_dw", _) => "_depthwise_conv",
            ("se", "conv_reduce") => "_se_reduce",
            ("se", _) => "_se_expand",
            ("bn1", _) if expands => "_bn0",
            ("bn1", _) => "_bn1",
            ("bn2", _) if expands => "_bn1",
            _ => "_bn2",
        };
        let last = rest.last().unwrap();
        format!("_blocks.{}.{module}.{last}", blocks.len() - 1)
    };
    let name = "tf_efficientnet_b0";
    let own = parameters(name);
    let there: Parameters = own
        .iter()
        .cloned()
        .map(|(name, values)| (of_package(name), values))
        .collect();
    let cause = format!("names and shapes are those of {name}: name");
    assert_explained("efficientnet_b0", there.clone(), "penultimate", &[&cause]);
    let [own, there] =
        [own, there].map(|parameters| features(name, parameters, "blocks.2").unwrap());
    assert_eq!(own, there);
}

#[test]
fn normalizations_that_are_others_are_explained() {
    let is_of_norm = |name: &str| name.contains("bn");
    let mut folded = parameters(NAME);
    folded.retain(|(name, _)| !is_of_norm(name));
    let cause = "no batch normalizations";
    assert_explained(
        NAME,
        folded.clone(),
        "layer2",
        &[cause, "read them from a file"],
    );
    let biases = folded.iter().filter(|(_, kernel)| kernel.ndim() == 4);
    let biases = biases.map(|(name, kernel)| {
        let bias = ArrayD::zeros(vec![kernel.shape()[0]]);
        (name.replace("weight", "bias"), bias)
    });
    let biases: Parameters = biases.collect();
    folded.extend(biases);
    assert_explained(
        NAME,
        folded,
        "layer2",
        &["folded into the convolutions", "before fusing"],
    );
    let mut without_statistics = parameters(NAME);
    without_statistics.retain(|(name, _)| !name.contains(".running_"));
    let cause = "no running statistics";
    assert_explained(NAME, without_statistics, "layer2", &[cause, "GroupNorm"]);
    // Other names, which can be replaced.
    let others = renamed(parameters(NAME), |name| name.replace("bn", "norm"));
    assert_explained(NAME, others, "layer2", &["--rename"]);
}

#[test]
fn other_inputs_are_explained() {
    let resnet = |shape: &[usize]| reshaped(shapes("resnet18"), "conv1.weight", shape);
    let elsewhere = "with the program that it was trained with";
    for (shape, cause) in [
        (
            [64, 1, 7, 7],
            "the number of channels of the images is 1, and not 3",
        ),
        (
            [64, 3, 3, 3],
            "3 × 3 pixels, and not of 7 × 7, as in networks for small images",
        ),
        (
            [64, 3, 11, 11],
            "11 × 11 pixels, and not of 7 × 7, and its stride",
        ),
    ] {
        assert_explained(
            "resnet18",
            resnet(&shape),
            "penultimate",
            &[cause, elsewhere],
        );
    }
    let name = "vit_tiny_patch16_224";
    let patches = reshaped(shapes(name), "patch_embed.proj.weight", &[192, 3, 8, 8]);
    let cause = "patches of 8 × 8 pixels, and not of 16 × 16";
    assert_explained(name, patches, "penultimate", &[cause, elsewhere]);
    for (n, cause) in [
        (193, "such as 16 × 12 patches"),
        (196, "the class token has none"),
        (192, "not those of square images"),
        (198, "there are 2 for tokens that are not of patches"),
    ] {
        let positions = reshaped(shapes(name), "pos_embed", &[1, n, 192]);
        let number = format!("there are {n} position embeddings");
        let causes = [
            &number,
            "14 × 14 patches and the class token",
            cause,
            elsewhere,
        ];
        assert_explained(name, positions, "penultimate", &causes);
    }
}

#[test]
fn observers_are_those_of_quantization() {
    let observer = |name: &str| (format!("layer1.0.{name}.min_val"), ArrayD::zeros(vec![1]));
    for name in [
        "activation_post_process",
        "weight_fake_quant",
        "conv1_observer",
    ] {
        let observed = parameters(NAME)
            .into_iter()
            .chain([observer(name)])
            .collect();
        assert_explained(NAME, observed, "layer1", &["before its quantization"]);
    }
}
