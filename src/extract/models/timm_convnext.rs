//! ConvNeXt V2: Woo et al., "ConvNeXt V2: co-designing and scaling ConvNets with masked
//! autoencoders" (2023). Names are those of timm.

use candle_core::{D, Tensor};

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, Backend, Conv2d, ConvSpec, LayerNorm, LayerNorm2d, Linear, add,
};
use crate::extract::module::{Function, Module, Sequential};
use crate::extract::taps::Pass;

const EPSILON: f64 = 1e-6;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Channels of the first stage, which double from stage to stage.
    channels: usize,
    depths: [usize; 4],
    /// Whether the linear layers are stored as 1×1 convolutions.
    stores_convs: bool,
}

const fn config(
    name: &'static str,
    channels: usize,
    depths: [usize; 4],
    stores_convs: bool,
) -> Config {
    Config {
        name,
        channels,
        depths,
        stores_convs,
    }
}

const CONFIGS: [Config; 8] = [
    config("convnextv2_atto", 40, [2, 2, 6, 2], true),
    config("convnextv2_femto", 48, [2, 2, 6, 2], true),
    config("convnextv2_pico", 64, [2, 2, 6, 2], true),
    config("convnextv2_nano", 80, [2, 2, 8, 2], true),
    config("convnextv2_tiny", 96, [3, 3, 9, 3], false),
    config("convnextv2_base", 128, [3, 3, 27, 3], false),
    config("convnextv2_large", 192, [3, 3, 27, 3], false),
    config("convnextv2_huge", 352, [3, 3, 27, 3], false),
];

/// Ends of the paths of modules whose output is height × width × channels.
const CHANNELS_LAST: [&str; 6] = [".norm", ".mlp", ".fc1", ".act", ".grn", ".fc2"];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "head.fc",
            penultimate: "head.global_pool",
        };
        let architecture =
            Architecture::new(config.name, "ConvNeXt V2", head, move |b| build(b, config));
        match config.stores_convs {
            true => architecture,
            false => architecture
                .with_channels_last_ends(&CHANNELS_LAST)
                .with_channels_first(&["head."]),
        }
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut network = Sequential::default();
    let mut channels = config.channels;
    network.push(builder, "stem", |b| {
        let mut stem = Sequential::default();
        let patches = ConvSpec::new(3, channels, 4).stride(4);
        stem.push(b, "0", |b| Conv2d::new(b, patches, true))?;
        stem.push(b, "1", |b| LayerNorm2d::new(b, channels, EPSILON))?;
        Ok(stem)
    })?;
    network.push(builder, "stages", |b| {
        let mut stages = Sequential::default();
        for (number, depth) in config.depths.into_iter().enumerate() {
            let outputs = config.channels << number;
            stages.push_numbered(b, |b| stage(b, [channels, outputs], depth, config))?;
            channels = outputs;
        }
        Ok(stages)
    })?;
    network.push(builder, "head", |b| {
        let mut head = Sequential::default();
        head.push(b, "global_pool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
        head.push(b, "norm", |b| LayerNorm2d::new(b, channels, EPSILON))?;
        head.push(b, "flatten", |_| {
            Ok(Function(|x: &Tensor| Ok(x.flatten_from(1)?)))
        })?;
        head.push(b, "fc", |b| Linear::classifier(b, channels, 1000))?;
        Ok(head)
    })?;
    Ok(network)
}

/// Creates a stage, which begins by halving the height and width if it changes the channels.
fn stage(
    builder: &Builder<'_>,
    [inputs, outputs]: [usize; 2],
    depth: usize,
    config: Config,
) -> Result<Sequential> {
    let mut stage = Sequential::default();
    if inputs != outputs {
        stage.push(builder, "downsample", |b| {
            let mut layers = Sequential::default();
            layers.push(b, "0", |b| LayerNorm2d::new(b, inputs, EPSILON))?;
            let halves = ConvSpec::new(inputs, outputs, 2).stride(2);
            layers.push(b, "1", |b| Conv2d::new(b, halves, true))?;
            Ok(layers)
        })?;
    }
    stage.push(builder, "blocks", |b| {
        let mut blocks = Sequential::default();
        for _ in 0..depth {
            blocks.push_numbered(b, |b| Block::new(b, outputs, config.stores_convs))?;
        }
        Ok(blocks)
    })?;
    Ok(stage)
}

/// A residual block: a depthwise 7×7 convolution and two linear layers on each pixel, with a
/// normalization of the responses between them.
struct Block {
    branch: Sequential,
    backend: Backend,
}

impl Block {
    fn new(builder: &Builder<'_>, channels: usize, stores_convs: bool) -> Result<Self> {
        let mut branch = Sequential::default();
        let depthwise = ConvSpec::same(channels, channels, 7).groups(channels);
        branch.push(builder, "conv_dw", |b| Conv2d::new(b, depthwise, true))?;
        // In timm convolutions are applied to channels × height × width, and linear layers to
        // height × width × channels.
        if stores_convs {
            branch.push(builder, "norm", |b| LayerNorm2d::new(b, channels, EPSILON))?;
            branch.push(builder, "mlp", |b| {
                let mut mlp = Sequential::default();
                mlp.apply(|x| Ok(x.permute((0, 2, 3, 1))?));
                layers(&mut mlp, b, channels, true)?;
                mlp.apply(|x| Ok(x.permute((0, 3, 1, 2))?));
                Ok(mlp)
            })?;
        } else {
            branch.apply(|x| Ok(x.permute((0, 2, 3, 1))?));
            branch.push(builder, "norm", |b| LayerNorm::new(b, channels, EPSILON))?;
            branch.push(builder, "mlp", |b| {
                let mut mlp = Sequential::default();
                layers(&mut mlp, b, channels, false)?;
                Ok(mlp)
            })?;
            branch.apply(|x| Ok(x.permute((0, 3, 1, 2))?));
        }
        Ok(Self {
            branch,
            backend: builder.backend(),
        })
    }
}

/// Adds the linear layers of a block, and what lies between them, to `mlp`. Their outputs can be
/// tapped where they are linear layers in timm too.
fn layers(
    mlp: &mut Sequential,
    builder: &Builder<'_>,
    channels: usize,
    stores_convs: bool,
) -> Result<()> {
    let (wide, backend) = (4 * channels, builder.backend());
    builder.note_activation(Activation::Gelu);
    let gelu = Function(move |x: &Tensor| Activation::Gelu.apply(x, backend));
    let fc1 = |b: &Builder<'_>| linear(b, channels, wide, stores_convs);
    let grn = |b: &Builder<'_>| ResponseNorm::new(b, wide);
    let fc2 = |b: &Builder<'_>| linear(b, wide, channels, stores_convs);
    if stores_convs {
        mlp.add(fc1(&builder.child("fc1"))?);
        mlp.add(gelu);
        mlp.add(grn(&builder.child("grn"))?);
        mlp.add(fc2(&builder.child("fc2"))?);
        return Ok(());
    }
    mlp.push(builder, "fc1", fc1)?;
    mlp.push(builder, "act", |_| Ok(gelu))?;
    mlp.push(builder, "grn", grn)?;
    mlp.push(builder, "fc2", fc2)
}

impl Module for Block {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let branch = self.branch.forward(x, pass)?;
        add(&branch, x, Activation::Identity, self.backend)
    }
}

/// Reads a linear layer, whose weights may have the shape of a 1×1 convolution.
fn linear(
    builder: &Builder<'_>,
    inputs: usize,
    outputs: usize,
    stores_conv: bool,
) -> Result<Linear> {
    if !stores_conv {
        return Linear::new(builder, inputs, outputs);
    }
    let shape = [outputs, inputs, 1, 1];
    let weights = builder.values("weight", &shape, Init::ConvWeight)?;
    let bias = builder.values("bias", &[outputs], Init::Bias)?;
    Linear::of_rows(builder, inputs, outputs, weights, Some(bias))
}

/// Global response normalization: x + weight · x · n + bias, where n is the norm of a channel over
/// all pixels, divided by the mean of these norms.
struct ResponseNorm {
    weight: Tensor,
    bias: Tensor,
}

impl ResponseNorm {
    fn new(builder: &Builder<'_>, channels: usize) -> Result<Self> {
        let read = |name| {
            let values = builder.values(name, &[channels], Init::Zeros)?;
            builder.tensor(values, &[channels])
        };
        Ok(Self {
            weight: read("weight")?,
            bias: read("bias")?,
        })
    }
}

impl Module for ResponseNorm {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let x = x.contiguous()?;
        let norms = x.sqr()?.sum_keepdim((1, 2))?.sqrt()?;
        let mean = (norms.mean_keepdim(D::Minus1)? + EPSILON)?;
        let factors = norms.broadcast_div(&mean)?.broadcast_mul(&self.weight)?;
        let scaled = x.broadcast_mul(&(factors + 1.0)?)?;
        Ok(scaled.broadcast_add(&self.bias)?)
    }
}
