//! Residual networks: He, Zhang, Ren & Sun, "Deep residual learning for image recognition" (2016),
//! wide ones (Zagoruyko & Komodakis, 2016) and those with grouped convolutions (Xie et al., 2017).
//! Names and strides are those of torchvision, in which the 3×3 convolution of a bottleneck has the
//! stride.

use super::blocks::Residual;
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvNorm, ConvNormNames, ConvSpec, Linear, MaxPool, PoolSpec,
};
use crate::extract::module::{Sequential, Tapped};

const EPSILON: f64 = 1e-5;

/// A residual network with four stages.
#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    block: BlockKind,
    /// Number of blocks in each stage.
    depths: [usize; 4],
    groups: usize,
    /// Channels per group in the first stage.
    width_per_group: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    /// Two 3×3 convolutions.
    Basic,
    /// 1×1, 3×3 and 1×1 convolutions, the last with four times as many channels.
    Bottleneck,
}

use BlockKind::{Basic, Bottleneck};

const fn config(
    name: &'static str,
    block: BlockKind,
    depths: [usize; 4],
    groups: usize,
    width_per_group: usize,
) -> Config {
    Config {
        name,
        block,
        depths,
        groups,
        width_per_group,
    }
}

const CONFIGS: [Config; 10] = [
    config("resnet18", Basic, [2, 2, 2, 2], 1, 64),
    config("resnet34", Basic, [3, 4, 6, 3], 1, 64),
    config("resnet50", Bottleneck, [3, 4, 6, 3], 1, 64),
    config("resnet101", Bottleneck, [3, 4, 23, 3], 1, 64),
    config("resnet152", Bottleneck, [3, 8, 36, 3], 1, 64),
    config("resnext50_32x4d", Bottleneck, [3, 4, 6, 3], 32, 4),
    config("resnext101_32x8d", Bottleneck, [3, 4, 23, 3], 32, 8),
    config("resnext101_64x4d", Bottleneck, [3, 4, 23, 3], 64, 4),
    config("wide_resnet50_2", Bottleneck, [3, 4, 6, 3], 1, 128),
    config("wide_resnet101_2", Bottleneck, [3, 4, 23, 3], 1, 128),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "fc",
            penultimate: "avgpool",
        };
        Architecture::new(config.name, "ResNet", head, move |b| build(b, config))
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.add(ConvNorm::new(
        builder,
        ConvNormNames {
            conv: "conv1",
            norm: "bn1",
            activation: Some("relu"),
        },
        ConvSpec::same(3, 64, 7).stride(2),
        EPSILON,
        Activation::Relu,
    )?);
    network.push(builder, "maxpool", |b| {
        Ok(MaxPool::new(b, PoolSpec::new(3, 2).padding(1)))
    })?;
    let mut inputs = 64;
    for (stage, depth) in config.depths.into_iter().enumerate() {
        network.push(builder, &format!("layer{}", stage + 1), |b| {
            let mut blocks = Sequential::default();
            for number in 0..depth {
                let stride = if stage > 0 && number == 0 { 2 } else { 1 };
                let planes = 64 << stage;
                let of_block = BlockShape::new(config, inputs, planes, stride);
                blocks.push(b, &number.to_string(), |b| of_block.build(b))?;
                inputs = of_block.outputs;
            }
            Ok(blocks)
        })?;
    }
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "fc", |b| Linear::classifier(b, inputs, 1000))?;
    Ok(network)
}

/// The parameters of the convolutions of a block.
#[derive(Debug, Clone, Copy)]
struct BlockShape {
    kind: BlockKind,
    inputs: usize,
    width: usize,
    outputs: usize,
    stride: usize,
    groups: usize,
}

impl BlockShape {
    fn new(config: Config, inputs: usize, planes: usize, stride: usize) -> Self {
        let (width, outputs) = match config.block {
            Basic => (planes, planes),
            Bottleneck => (
                planes * config.width_per_group / 64 * config.groups,
                4 * planes,
            ),
        };
        Self {
            kind: config.block,
            inputs,
            width,
            outputs,
            stride,
            groups: config.groups,
        }
    }

    /// Builds a residual block with this shape.
    fn build(self, builder: &Builder<'_>) -> Result<Residual> {
        let Self {
            kind,
            inputs,
            width,
            outputs,
            stride,
            groups,
        } = self;
        let conv = |number: usize, spec, activation| {
            let names = ConvNormNames {
                conv: &format!("conv{number}"),
                norm: &format!("bn{number}"),
                // One module `relu` is called after every convolution; its last output is that of
                // the block.
                activation: None,
            };
            ConvNorm::new(builder, names, spec, EPSILON, activation)
        };
        let (relu, none) = (Activation::Relu, Activation::Identity);
        let mut branch = Sequential::default();
        match kind {
            Basic => {
                branch.add(conv(
                    1,
                    ConvSpec::same(inputs, width, 3).stride(stride),
                    relu,
                )?);
                branch.add(conv(2, ConvSpec::same(width, outputs, 3), none)?);
            }
            Bottleneck => {
                let middle = ConvSpec::same(width, width, 3)
                    .stride(stride)
                    .groups(groups);
                branch.add(conv(1, ConvSpec::new(inputs, width, 1), relu)?);
                branch.add(conv(2, middle, relu)?);
                branch.add(conv(3, ConvSpec::new(width, outputs, 1), none)?);
            }
        }
        let downsample = |b: &Builder<'_>| {
            let names = ConvNormNames {
                conv: "0",
                norm: "1",
                activation: None,
            };
            let spec = ConvSpec::new(inputs, outputs, 1).stride(stride);
            let mut downsample = Sequential::default();
            downsample.add(ConvNorm::new(b, names, spec, EPSILON, none)?);
            Ok(downsample)
        };
        let shortcut = (stride != 1 || inputs != outputs)
            .then(|| Tapped::new(builder, "downsample", downsample))
            .transpose()?;
        Ok(Residual::new(builder, branch, shortcut, Some("relu")))
    }
}
