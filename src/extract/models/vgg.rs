//! VGG: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition"
//! (2015), without and with batch normalization (Ioffe & Szegedy, 2015), as in torchvision.

use crate::error::{Result, wrong_shape};
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvActivation, ConvNorm, ConvNormNames, ConvSpec, Linear,
    MaxPool, PoolSpec,
};
use crate::extract::module::{Identity, Sequential};

const EPSILON: f64 = 1e-5;

/// Side of the feature maps that the classifier reads.
const SIDE: usize = 7;

/// Output channels of the 3×3 convolutions of each stage, which ends with a max pooling.
const CHANNELS: [usize; 5] = [64, 128, 256, 512, 512];

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Number of convolutions in each stage.
    depths: [usize; 5],
    has_norm: bool,
}

const fn config(name: &'static str, depths: [usize; 5], has_norm: bool) -> Config {
    Config {
        name,
        depths,
        has_norm,
    }
}

/// The configurations A, B, D and E of the paper.
const CONFIGS: [Config; 8] = [
    config("vgg11", [1, 1, 2, 2, 2], false),
    config("vgg11_bn", [1, 1, 2, 2, 2], true),
    config("vgg13", [2, 2, 2, 2, 2], false),
    config("vgg13_bn", [2, 2, 2, 2, 2], true),
    config("vgg16", [2, 2, 3, 3, 3], false),
    config("vgg16_bn", [2, 2, 3, 3, 3], true),
    config("vgg19", [2, 2, 4, 4, 4], false),
    config("vgg19_bn", [2, 2, 4, 4, 4], true),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "classifier.6",
            penultimate: "classifier.3",
        };
        Architecture::new(config.name, "VGG", head, move |b| build(b, config))
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.push(builder, "features", |b| features(b, config))?;
    // Stored as a convolution, as in timm, which is applied at each place of larger maps.
    let kernel = builder.stored_shape("classifier.0.weight");
    if kernel.is_some_and(|kernel| kernel.len() == 4) {
        network.apply(|x| match x.dims4()? {
            (_, _, ..=SIDE, ..=SIDE) => Ok(x.clone()),
            (_, _, height, width) => {
                let expected = "the size that the convolution in the classifier of timm reads once, \
                                such as images of 224 × 224 pixels";
                Err(wrong_shape("feature maps", expected, &[height, width]).into())
            }
        });
    }
    network.push(builder, "avgpool", |b| {
        Ok(AdaptiveAveragePool::new(b, SIDE))
    })?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "classifier", classifier)?;
    Ok(network)
}

/// Creates the feature extractor; its convolutions, normalizations, activations and poolings are
/// numbered consecutively.
fn features(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut features = Sequential::default();
    let (mut number, mut inputs) = (0, 3);
    for (depth, outputs) in config.depths.into_iter().zip(CHANNELS) {
        for _ in 0..depth {
            let spec = ConvSpec::same(inputs, outputs, 3);
            let [first, second, third] = [0, 1, 2].map(|place| (number + place).to_string());
            if config.has_norm {
                let names = ConvNormNames {
                    conv: &first,
                    norm: &second,
                    activation: Some(&third),
                };
                let relu = Activation::Relu;
                features.add(ConvNorm::with_bias(builder, names, spec, EPSILON, relu)?);
                number += 3;
            } else {
                let names = [first.as_str(), &second];
                features.add(ConvActivation::new(builder, names, spec, Activation::Relu)?);
                number += 2;
            }
            inputs = outputs;
        }
        features.push(builder, &number.to_string(), |b| {
            Ok(MaxPool::new(b, PoolSpec::new(2, 2)))
        })?;
        number += 1;
    }
    Ok(features)
}

fn classifier(builder: &Builder<'_>) -> Result<Sequential> {
    let mut classifier = Sequential::default();
    classifier.push(builder, "0", |b| Linear::new(b, 512 * SIDE * SIDE, 4096))?;
    classifier.push(builder, "1", |b| Ok(Activation::Relu.module(b)))?;
    classifier.push(builder, "2", |_| Ok(Identity))?;
    classifier.push(builder, "3", |b| Linear::new(b, 4096, 4096))?;
    classifier.push(builder, "4", |b| Ok(Activation::Relu.module(b)))?;
    classifier.push(builder, "5", |_| Ok(Identity))?;
    classifier.push(builder, "6", |b| Linear::classifier(b, 4096, 1000))?;
    Ok(classifier)
}
