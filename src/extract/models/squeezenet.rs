//! SqueezeNet: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50× fewer parameters"
//! (2016).

use super::blocks::Branches;
use crate::error::{Error, Result};
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvActivation, ConvSpec, MaxPool, PoolSpec, global_average,
};
use crate::extract::module::{Identity, Sequential};

/// A layer of the feature extractor.
#[derive(Debug, Clone, Copy)]
enum Layer {
    /// The first convolution, with stride 2: output channels and kernel.
    Stem(usize, usize),
    Pool,
    /// Output channels of the squeeze convolution, and of each of the two expand convolutions.
    Fire(usize, usize),
}

use Layer::{Fire, Pool, Stem};

const VERSION_1_0: [Layer; 12] = [
    Stem(96, 7),
    Pool,
    Fire(16, 64),
    Fire(16, 64),
    Fire(32, 128),
    Pool,
    Fire(32, 128),
    Fire(48, 192),
    Fire(48, 192),
    Fire(64, 256),
    Pool,
    Fire(64, 256),
];

const VERSION_1_1: [Layer; 12] = [
    Stem(64, 3),
    Pool,
    Fire(16, 64),
    Fire(16, 64),
    Pool,
    Fire(32, 128),
    Fire(32, 128),
    Pool,
    Fire(48, 192),
    Fire(48, 192),
    Fire(64, 256),
    Fire(64, 256),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    [
        ("squeezenet1_0", &VERSION_1_0, 224),
        ("squeezenet1_1", &VERSION_1_1, 224),
        ("squeezenet1_0_deep_compression", &VERSION_1_0, 227),
    ]
    .into_iter()
    .map(|(name, layers, size)| {
        let head = Head {
            logits: "classifier",
            penultimate: "penultimate",
        };
        let network = Architecture::new(name, "SqueezeNet", head, move |b| build(b, layers));
        network.with_input_size(size)
    })
}

fn build(builder: &Builder<'_>, layers: &[Layer]) -> Result<Sequential> {
    let mut network = Sequential::default();
    let mut channels = 3;
    network.push(builder, "features", |b| {
        let mut features = Sequential::default();
        let mut number = 0;
        for &layer in layers {
            let name = number.to_string();
            match layer {
                Stem(outputs, kernel) => {
                    let spec = ConvSpec::new(channels, outputs, kernel).stride(2);
                    let names = [name.as_str(), &(number + 1).to_string()];
                    features.add(ConvActivation::new(b, names, spec, Activation::Relu)?);
                    number += 1;
                    channels = outputs;
                }
                Pool => features.push(b, &name, |b| {
                    Ok(MaxPool::new(b, PoolSpec::new(3, 2).ceil()))
                })?,
                Fire(squeeze, expand) => {
                    features.push(b, &name, |b| fire(b, channels, squeeze, expand))?;
                    channels = 2 * expand;
                }
            }
            number += 1;
        }
        Ok(features)
    })?;
    // The classifier is a convolution, so that the penultimate output is the mean of its input.
    network.aside(builder, "penultimate", global_average);
    network.push(builder, "classifier", |b| {
        let mut classifier = Sequential::default();
        classifier.push(b, "0", |_| Ok(Identity))?;
        let n_classes = b.child("1").n_classes("weight", 1000);
        let spec = ConvSpec::new(channels, n_classes, 1);
        classifier.add(ConvActivation::new(b, ["1", "2"], spec, Activation::Relu)?);
        classifier.push(b, "3", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
        Ok(classifier)
    })?;
    Ok(network)
}

/// Creates a fire module: a 1×1 convolution to few channels, and a 1×1 and a 3×3 convolution of its
/// output, concatenated.
fn fire(builder: &Builder<'_>, inputs: usize, squeeze: usize, expand: usize) -> Result<Sequential> {
    let conv = |name: &str, spec| {
        let names = [name, &format!("{name}_activation")];
        let mut part = Sequential::default();
        part.add(ConvActivation::new(builder, names, spec, Activation::Relu)?);
        Ok::<_, Error>(part)
    };
    let mut fire = conv("squeeze", ConvSpec::new(inputs, squeeze, 1))?;
    let expansions = vec![
        conv("expand1x1", ConvSpec::new(squeeze, expand, 1))?,
        conv("expand3x3", ConvSpec::same(squeeze, expand, 3))?,
    ];
    fire.add(Branches::new(builder, expansions));
    Ok(fire)
}
