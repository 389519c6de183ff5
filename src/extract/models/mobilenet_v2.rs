//! MobileNetV2: Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (2018).
//!
//! `tf_mobilenet_v2` has the names of torchvision and the padding of TensorFlow, for weights that
//! were trained there.

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, ConvNorm, ConvNormNames, ConvSpec, Linear, global_average,
};
use crate::extract::models::inverted_residual::{InvertedShape, Residual};
use crate::extract::module::{Identity, Sequential};

const EPSILON: f64 = 1e-5;

/// A stage of blocks with the same number of output channels.
#[derive(Debug, Clone, Copy)]
struct Stage {
    /// Ratio of the channels inside a block to its input channels.
    expansion: usize,
    outputs: usize,
    depth: usize,
    /// Stride of the first block.
    stride: usize,
}

const fn stage(expansion: usize, outputs: usize, depth: usize, stride: usize) -> Stage {
    Stage {
        expansion,
        outputs,
        depth,
        stride,
    }
}

const STAGES: [Stage; 7] = [
    stage(1, 16, 1, 1),
    stage(6, 24, 2, 2),
    stage(6, 32, 3, 2),
    stage(6, 64, 4, 2),
    stage(6, 96, 3, 1),
    stage(6, 160, 3, 2),
    stage(6, 320, 1, 1),
];

const STEM: usize = 32;
const LAST: usize = 1280;

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    // The average pooling is not a module; dropout returns its result unchanged.
    let head = Head {
        logits: "classifier.1",
        penultimate: "classifier.0",
    };
    let paddings: [(_, _, Pad); 2] = [
        ("mobilenet_v2", "MobileNetV2", |spec| spec),
        (
            "tf_mobilenet_v2",
            "MobileNetV2 (TensorFlow)",
            ConvSpec::tensorflow,
        ),
    ];
    paddings.into_iter().map(move |(name, family, pad)| {
        Architecture::new(name, family, head, move |b| build(b, pad))
    })
}

/// Sets the padding of a convolution.
type Pad = fn(ConvSpec) -> ConvSpec;

fn build(builder: &Builder<'_>, pad: Pad) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.push(builder, "features", |b| {
        let conv = |b: &Builder<'_>, spec| ConvNorm::numbered(b, spec, EPSILON, Activation::Relu6);
        let mut features = Sequential::default();
        features.push_numbered(b, |b| conv(b, pad(ConvSpec::same(3, STEM, 3).stride(2))))?;
        let mut inputs = STEM;
        for stage in STAGES {
            for number in 0..stage.depth {
                let shape = InvertedShape {
                    inputs,
                    expanded: stage.expansion * inputs,
                    outputs: stage.outputs,
                    kernel: 3,
                    stride: if number == 0 { stage.stride } else { 1 },
                };
                features.push_numbered(b, |b| {
                    Residual::new(b, "conv", shape.keeps_shape(), |b| branch(b, shape, pad))
                })?;
                inputs = stage.outputs;
            }
        }
        features.push_numbered(b, |b| conv(b, ConvSpec::new(inputs, LAST, 1)))?;
        Ok(features)
    })?;
    network.apply(global_average);
    network.push(builder, "classifier", |b| {
        let mut classifier = Sequential::default();
        classifier.push(b, "0", |_| Ok(Identity))?;
        classifier.push(b, "1", |b| Linear::classifier(b, LAST, 1000))?;
        Ok(classifier)
    })?;
    Ok(network)
}

/// Creates the branch of a block: a 1×1 convolution to more channels, a depthwise convolution, and
/// a 1×1 convolution to fewer channels without an activation.
fn branch(builder: &Builder<'_>, shape: InvertedShape, pad: Pad) -> Result<Sequential> {
    let mut branch = Sequential::default();
    let conv = |branch: &mut Sequential, spec| {
        branch.push_numbered(builder, |b| {
            ConvNorm::numbered(b, spec, EPSILON, Activation::Relu6)
        })
    };
    if shape.expanded != shape.inputs {
        conv(&mut branch, shape.expand())?;
    }
    conv(&mut branch, pad(shape.depthwise()))?;
    // The convolution and its normalization are direct children of the block.
    let n = branch.len();
    let names = ConvNormNames {
        conv: &n.to_string(),
        norm: &(n + 1).to_string(),
        activation: None,
    };
    let spec = shape.project();
    branch.add(ConvNorm::new(
        builder,
        names,
        spec,
        EPSILON,
        Activation::Identity,
    )?);
    Ok(branch)
}
