//! MobileNetV3: Howard et al., "Searching for MobileNetV3" (2019).
//!
//! The penultimate output is that of `avgpool`, as in other convolutional networks; the output of
//! the hidden layer of the classifier is `classifier.1`.

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvNorm, ConvSpec, Linear, LinearActivation, Squeeze,
};
use crate::extract::models::inverted_residual::{
    InvertedShape, Residual, inverted_branch, make_divisible,
};
use crate::extract::module::{Identity, Sequential};

const EPSILON: f64 = 1e-3;
const STEM: usize = 16;

/// The parameters of an inverted residual block.
#[derive(Debug, Clone, Copy)]
struct Block {
    kernel: usize,
    expanded: usize,
    outputs: usize,
    has_squeeze: bool,
    activation: Activation,
    stride: usize,
}

/// Values of `has_squeeze`: with squeeze and excitation, or without.
const SE: bool = true;
const NO: bool = false;

const RELU: Activation = Activation::Relu;
const SWISH: Activation = Activation::HardSwish;

const fn block(
    kernel: usize,
    expanded: usize,
    outputs: usize,
    has_squeeze: bool,
    activation: Activation,
    stride: usize,
) -> Block {
    Block {
        kernel,
        expanded,
        outputs,
        has_squeeze,
        activation,
        stride,
    }
}

const LARGE: [Block; 15] = [
    block(3, 16, 16, NO, RELU, 1),
    block(3, 64, 24, NO, RELU, 2),
    block(3, 72, 24, NO, RELU, 1),
    block(5, 72, 40, SE, RELU, 2),
    block(5, 120, 40, SE, RELU, 1),
    block(5, 120, 40, SE, RELU, 1),
    block(3, 240, 80, NO, SWISH, 2),
    block(3, 200, 80, NO, SWISH, 1),
    block(3, 184, 80, NO, SWISH, 1),
    block(3, 184, 80, NO, SWISH, 1),
    block(3, 480, 112, SE, SWISH, 1),
    block(3, 672, 112, SE, SWISH, 1),
    block(5, 672, 160, SE, SWISH, 2),
    block(5, 960, 160, SE, SWISH, 1),
    block(5, 960, 160, SE, SWISH, 1),
];

const SMALL: [Block; 11] = [
    block(3, 16, 16, SE, RELU, 2),
    block(3, 72, 24, NO, RELU, 2),
    block(3, 88, 24, NO, RELU, 1),
    block(5, 96, 40, SE, SWISH, 2),
    block(5, 240, 40, SE, SWISH, 1),
    block(5, 240, 40, SE, SWISH, 1),
    block(5, 120, 48, SE, SWISH, 1),
    block(5, 144, 48, SE, SWISH, 1),
    block(5, 288, 96, SE, SWISH, 2),
    block(5, 576, 96, SE, SWISH, 1),
    block(5, 576, 96, SE, SWISH, 1),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let small = ("mobilenet_v3_small", &SMALL[..], 1024);
    let large = ("mobilenet_v3_large", &LARGE[..], 1280);
    [small, large].into_iter().map(|(name, blocks, hidden)| {
        let head = Head {
            logits: "classifier.3",
            penultimate: "avgpool",
        };
        Architecture::new(name, "MobileNetV3", head, move |b| build(b, blocks, hidden))
    })
}

fn build(builder: &Builder<'_>, blocks: &[Block], hidden: usize) -> Result<Sequential> {
    let mut network = Sequential::default();
    let mut channels = STEM;
    network.push(builder, "features", |b| {
        let conv = |b: &Builder<'_>, spec| ConvNorm::numbered(b, spec, EPSILON, SWISH);
        let mut features = Sequential::default();
        features.push_numbered(b, |b| conv(b, ConvSpec::same(3, STEM, 3).stride(2)))?;
        for &block in blocks {
            features.push_numbered(b, |b| residual(b, channels, block))?;
            channels = block.outputs;
        }
        let last = ConvSpec::new(channels, 6 * channels, 1);
        features.push_numbered(b, |b| conv(b, last))?;
        channels = last.outputs;
        Ok(features)
    })?;
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "classifier", |b| {
        let mut classifier = Sequential::default();
        let names = ["0", "1"];
        classifier.add(LinearActivation::new(b, names, channels, hidden, SWISH)?);
        classifier.push(b, "2", |_| Ok(Identity))?;
        classifier.push(b, "3", |b| Linear::classifier(b, hidden, 1000))?;
        Ok(classifier)
    })?;
    Ok(network)
}

fn residual(builder: &Builder<'_>, inputs: usize, block: Block) -> Result<Residual> {
    let shape = InvertedShape {
        inputs,
        expanded: block.expanded,
        outputs: block.outputs,
        kernel: block.kernel,
        stride: block.stride,
    };
    let squeeze = block.has_squeeze.then(|| Squeeze {
        channels: make_divisible((block.expanded / 4) as f64, 8),
        activation: Activation::Relu,
        gate: Activation::HardSigmoid,
    });
    Residual::new(builder, "block", shape.keeps_shape(), |b| {
        inverted_branch(b, shape, EPSILON, block.activation, squeeze)
    })
}
