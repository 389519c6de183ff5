//! EfficientNet: Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural
//! networks" (2019), and "EfficientNetV2: smaller models and faster training" (2021).

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvNorm, ConvSpec, Linear, Squeeze,
};
use crate::extract::models::inverted_residual::{
    InvertedShape, Residual, inverted_branch, make_divisible,
};
use crate::extract::module::{Identity, Sequential};

/// A stage of blocks with the same number of output channels.
#[derive(Debug, Clone, Copy)]
struct Stage {
    kind: BlockKind,
    /// Ratio of the channels inside a block to its input channels.
    expansion: usize,
    kernel: usize,
    /// Stride of the first block.
    stride: usize,
    outputs: usize,
    depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    /// Block with a depthwise convolution, and squeeze and excitation.
    Separable,
    /// Block with one dense convolution instead of the first two convolutions.
    Fused,
}

const fn separable(
    expansion: usize,
    kernel: usize,
    stride: usize,
    outputs: usize,
    depth: usize,
) -> Stage {
    Stage {
        kind: BlockKind::Separable,
        expansion,
        kernel,
        stride,
        outputs,
        depth,
    }
}

const fn fused(expansion: usize, stride: usize, outputs: usize, depth: usize) -> Stage {
    Stage {
        kind: BlockKind::Fused,
        expansion,
        kernel: 3,
        stride,
        outputs,
        depth,
    }
}

/// Stages of B0; the other networks have more channels and blocks.
const VERSION_1: [Stage; 7] = [
    separable(1, 3, 1, 16, 1),
    separable(6, 3, 2, 24, 2),
    separable(6, 5, 2, 40, 2),
    separable(6, 3, 2, 80, 3),
    separable(6, 5, 1, 112, 3),
    separable(6, 5, 2, 192, 4),
    separable(6, 3, 1, 320, 1),
];

const VERSION_2_SMALL: [Stage; 6] = [
    fused(1, 1, 24, 2),
    fused(4, 2, 48, 4),
    fused(4, 2, 64, 4),
    separable(4, 3, 2, 128, 6),
    separable(6, 3, 1, 160, 9),
    separable(6, 3, 2, 256, 15),
];

const VERSION_2_MEDIUM: [Stage; 7] = [
    fused(1, 1, 24, 3),
    fused(4, 2, 48, 5),
    fused(4, 2, 80, 5),
    separable(4, 3, 2, 160, 7),
    separable(6, 3, 1, 176, 14),
    separable(6, 3, 2, 304, 18),
    separable(6, 3, 1, 512, 5),
];

const VERSION_2_LARGE: [Stage; 7] = [
    fused(1, 1, 32, 4),
    fused(4, 2, 64, 7),
    fused(4, 2, 96, 7),
    separable(4, 3, 2, 192, 10),
    separable(6, 3, 1, 224, 19),
    separable(6, 3, 2, 384, 25),
    separable(6, 3, 1, 640, 7),
];

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    input_size: usize,
    stem: usize,
    stages: &'static [Stage],
    /// Factor of the numbers of channels of the stages.
    width: f64,
    /// Factor of the numbers of blocks of the stages.
    depth: f64,
    /// Channels of the last convolution; `None` for four times its input channels.
    last: Option<usize>,
    epsilon: f64,
}

const fn version_1(
    name: &'static str,
    input_size: usize,
    width: f64,
    depth: f64,
    epsilon: f64,
) -> Config {
    Config {
        name,
        input_size,
        stem: 32,
        stages: &VERSION_1,
        width,
        depth,
        last: None,
        epsilon,
    }
}

const fn version_2(
    name: &'static str,
    input_size: usize,
    stem: usize,
    stages: &'static [Stage],
) -> Config {
    Config {
        name,
        input_size,
        stem,
        stages,
        width: 1.0,
        depth: 1.0,
        last: Some(1280),
        epsilon: 1e-3,
    }
}

const CONFIGS: [Config; 11] = [
    version_1("efficientnet_b0", 224, 1.0, 1.0, 1e-5),
    version_1("efficientnet_b1", 240, 1.0, 1.1, 1e-5),
    version_1("efficientnet_b2", 288, 1.1, 1.2, 1e-5),
    version_1("efficientnet_b3", 300, 1.2, 1.4, 1e-5),
    version_1("efficientnet_b4", 380, 1.4, 1.8, 1e-5),
    version_1("efficientnet_b5", 456, 1.6, 2.2, 1e-3),
    version_1("efficientnet_b6", 528, 1.8, 2.6, 1e-3),
    version_1("efficientnet_b7", 600, 2.0, 3.1, 1e-3),
    version_2("efficientnet_v2_s", 384, 24, &VERSION_2_SMALL),
    version_2("efficientnet_v2_m", 480, 24, &VERSION_2_MEDIUM),
    version_2("efficientnet_v2_l", 480, 32, &VERSION_2_LARGE),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "classifier.1",
            penultimate: "avgpool",
        };
        Architecture::new(config.name, "EfficientNet", head, move |b| build(b, config))
            .with_input_size(config.input_size)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let Config { epsilon, .. } = config;
    let mut network = Sequential::default();
    let mut channels = make_divisible(config.stem as f64 * config.width, 8);
    network.push(builder, "features", |b| {
        let conv = |b: &Builder<'_>, spec| ConvNorm::numbered(b, spec, epsilon, Activation::Silu);
        let mut features = Sequential::default();
        let stem = ConvSpec::same(3, channels, 3).stride(2);
        features.push_numbered(b, |b| conv(b, stem))?;
        for &stage in config.stages {
            let stage = Stage {
                outputs: make_divisible(stage.outputs as f64 * config.width, 8),
                depth: (stage.depth as f64 * config.depth).ceil() as usize,
                ..stage
            };
            features.push_numbered(b, |b| blocks(b, channels, stage, epsilon))?;
            channels = stage.outputs;
        }
        let last = ConvSpec::new(channels, config.last.unwrap_or(4 * channels), 1);
        features.push_numbered(b, |b| conv(b, last))?;
        channels = last.outputs;
        Ok(features)
    })?;
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "classifier", |b| {
        let mut classifier = Sequential::default();
        classifier.push(b, "0", |_| Ok(Identity))?;
        classifier.push(b, "1", |b| Linear::classifier(b, channels, 1000))?;
        Ok(classifier)
    })?;
    Ok(network)
}

fn blocks(builder: &Builder<'_>, inputs: usize, stage: Stage, epsilon: f64) -> Result<Sequential> {
    let mut blocks = Sequential::default();
    for number in 0..stage.depth {
        let (inputs, stride) = match number {
            0 => (inputs, stage.stride),
            _ => (stage.outputs, 1),
        };
        let shape = InvertedShape {
            inputs,
            expanded: stage.expansion * inputs,
            outputs: stage.outputs,
            kernel: stage.kernel,
            stride,
        };
        blocks.push_numbered(builder, |b| {
            let block = Residual::new(b, "block", shape.keeps_shape(), |b| match stage.kind {
                BlockKind::Separable => {
                    let squeeze = Squeeze {
                        channels: (inputs / 4).max(1),
                        activation: Activation::Silu,
                        gate: Activation::Sigmoid,
                    };
                    inverted_branch(b, shape, epsilon, Activation::Silu, Some(squeeze))
                }
                BlockKind::Fused => fused_branch(b, shape, epsilon),
            })?;
            Ok(block.with_stochastic_depth(b, "stochastic_depth"))
        })?;
    }
    Ok(blocks)
}

/// Creates the branch of a fused block: a dense convolution to more channels and a 1×1 convolution
/// to fewer channels, or a single dense convolution if the block does not expand.
fn fused_branch(builder: &Builder<'_>, shape: InvertedShape, epsilon: f64) -> Result<Sequential> {
    let InvertedShape {
        inputs,
        expanded,
        outputs,
        kernel,
        stride,
    } = shape;
    let mut branch = Sequential::default();
    let mut conv = |spec, activation| {
        branch.push_numbered(builder, |b| {
            ConvNorm::numbered(b, spec, epsilon, activation)
        })
    };
    if expanded == inputs {
        let spec = ConvSpec::same(inputs, outputs, kernel).stride(stride);
        conv(spec, Activation::Silu)?;
    } else {
        let spec = ConvSpec::same(inputs, expanded, kernel).stride(stride);
        conv(spec, Activation::Silu)?;
        conv(shape.project(), Activation::Identity)?;
    }
    Ok(branch)
}
