//! GoogLeNet: Szegedy et al., "Going deeper with convolutions" (2015). As in torchvision, there is
//! batch normalization, and 3×3 convolutions replace the 5×5 convolutions of the paper.
//!
//! The pretrained network of torchvision takes images normalized for ImageNet and rescales them to
//! [−1, 1] itself (`transform_input`). Here this is part of the preprocessing, so that its weights
//! need [`Normalization::HALF`](crate::extract::preprocess::Normalization::HALF).

use super::blocks::{Branches, basic_conv, note_unused_basic_conv, note_unused_linear};
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{AdaptiveAveragePool, ConvSpec, Linear, MaxPool, PoolSpec};
use crate::extract::module::{Identity, Sequential};

/// A layer after the first convolutions.
#[derive(Debug, Clone, Copy)]
enum Layer {
    Inception(&'static str, Widths),
    /// Max pooling with stride 2: name and kernel.
    Pool(&'static str, usize),
    /// An auxiliary classifier, which is used in training only.
    Auxiliary(&'static str),
}

/// Output channels of the convolutions of the four branches.
#[derive(Debug, Clone, Copy)]
struct Widths {
    branch1: usize,
    branch2: [usize; 2],
    branch3: [usize; 2],
    branch4: usize,
}

const fn inception(
    name: &'static str,
    branch1: usize,
    branch2: [usize; 2],
    branch3: [usize; 2],
    branch4: usize,
) -> Layer {
    Layer::Inception(
        name,
        Widths {
            branch1,
            branch2,
            branch3,
            branch4,
        },
    )
}

const LAYERS: [Layer; 13] = [
    inception("inception3a", 64, [96, 128], [16, 32], 32),
    inception("inception3b", 128, [128, 192], [32, 96], 64),
    Layer::Pool("maxpool3", 3),
    inception("inception4a", 192, [96, 208], [16, 48], 64),
    Layer::Auxiliary("aux1"),
    inception("inception4b", 160, [112, 224], [24, 64], 64),
    inception("inception4c", 128, [128, 256], [24, 64], 64),
    inception("inception4d", 112, [144, 288], [32, 64], 64),
    Layer::Auxiliary("aux2"),
    inception("inception4e", 256, [160, 320], [32, 128], 128),
    Layer::Pool("maxpool4", 2),
    inception("inception5a", 256, [160, 320], [32, 128], 128),
    inception("inception5b", 384, [192, 384], [48, 128], 128),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let head = Head {
        logits: "fc",
        penultimate: "avgpool",
    };
    [Architecture::new("googlenet", "GoogLeNet", head, build)].into_iter()
}

fn build(builder: &Builder<'_>) -> Result<Sequential> {
    let mut network = Sequential::default();
    let conv = |spec| move |b: &Builder<'_>| basic_conv(b, spec);
    let pool = |kernel| move |b: &Builder<'_>| Ok(MaxPool::new(b, PoolSpec::new(kernel, 2).ceil()));
    network.push(builder, "conv1", conv(ConvSpec::same(3, 64, 7).stride(2)))?;
    network.push(builder, "maxpool1", pool(3))?;
    network.push(builder, "conv2", conv(ConvSpec::new(64, 64, 1)))?;
    network.push(builder, "conv3", conv(ConvSpec::same(64, 192, 3)))?;
    network.push(builder, "maxpool2", pool(3))?;
    let mut channels = 192;
    for layer in LAYERS {
        match layer {
            Layer::Inception(name, widths) => {
                network.push(builder, name, |b| module(b, channels, widths))?;
                channels = widths.outputs();
            }
            Layer::Pool(name, kernel) => network.push(builder, name, pool(kernel))?,
            Layer::Auxiliary(name) => note_auxiliary(&builder.child(name), channels),
        }
    }
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "dropout", |_| Ok(Identity))?;
    network.push(builder, "fc", |b| Linear::classifier(b, channels, 1000))?;
    Ok(network)
}

impl Widths {
    fn outputs(self) -> usize {
        self.branch1 + self.branch2[1] + self.branch3[1] + self.branch4
    }
}

/// Creates an Inception module: convolutions of several sizes and a pooling, concatenated.
fn module(builder: &Builder<'_>, inputs: usize, widths: Widths) -> Result<Branches> {
    let conv = |spec| move |b: &Builder<'_>| basic_conv(b, spec);
    let pointwise = |outputs| conv(ConvSpec::new(inputs, outputs, 1));
    let reduced = |[reduction, outputs]: [usize; 2]| {
        move |b: &Builder<'_>| {
            let mut parts = Sequential::default();
            parts.push(b, "0", pointwise(reduction))?;
            parts.push(b, "1", conv(ConvSpec::same(reduction, outputs, 3)))?;
            Ok(parts)
        }
    };
    let pooled = |b: &Builder<'_>| {
        let mut parts = Sequential::default();
        parts.push(b, "0", |b| {
            Ok(MaxPool::new(b, PoolSpec::new(3, 1).padding(1).ceil()))
        })?;
        parts.push(b, "1", pointwise(widths.branch4))?;
        Ok(parts)
    };
    let mut branches = [(); 4].map(|()| Sequential::default());
    branches[0].push(builder, "branch1", pointwise(widths.branch1))?;
    branches[1].push(builder, "branch2", reduced(widths.branch2))?;
    branches[2].push(builder, "branch3", reduced(widths.branch3))?;
    branches[3].push(builder, "branch4", pooled)?;
    Ok(Branches::new(builder, branches.into()))
}

fn note_auxiliary(builder: &Builder<'_>, inputs: usize) {
    // The convolution gets 4 × 4 pixels.
    note_unused_basic_conv(&builder.child("conv"), ConvSpec::new(inputs, 128, 1));
    note_unused_linear(&builder.child("fc1"), 128 * 4 * 4, 1024);
    note_unused_linear(&builder.child("fc2"), 1024, 1000);
}
