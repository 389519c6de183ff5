//! Residual networks of CLIP, with three convolutions at the beginning, average pooling instead of
//! strides, and attention pooling at the end.

use candle_core::Tensor;

use super::EPSILON;
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, AveragePool, Backend, ConvNorm, ConvNormNames, ConvSpec, Linear, PoolSpec,
    attention, global_average,
};
use crate::extract::models::blocks::Residual;
use crate::extract::models::patches::{
    ClassPosition, OtherGrids, PositionSpec, Positions, tokens_of,
};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::Pass;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Side of an image, in pixels.
    size: usize,
    /// Number of blocks in each stage.
    depths: [usize; 4],
    width: usize,
    /// Width of the embedding that images share with texts.
    embedding: usize,
}

const fn config(
    name: &'static str,
    size: usize,
    depths: [usize; 4],
    width: usize,
    embedding: usize,
) -> Config {
    Config {
        name,
        size,
        depths,
        width,
        embedding,
    }
}

const CONFIGS: [Config; 5] = [
    config("RN50", 224, [3, 4, 6, 3], 64, 1024),
    config("RN101", 224, [3, 4, 23, 3], 64, 512),
    config("RN50x4", 288, [4, 6, 10, 6], 80, 640),
    config("RN50x16", 384, [6, 8, 18, 8], 96, 768),
    config("RN50x64", 448, [3, 15, 36, 10], 128, 1024),
];

/// Distance between neighboring positions of the last feature maps, in pixels.
const TOTAL_STRIDE: usize = 32;

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "attnpool",
            penultimate: "penultimate",
        };
        Architecture::new(config.name, "CLIP", head, move |b| build(b, config))
            .with_input_size(config.size)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let width = config.width;
    let mut network = Sequential::default();
    let stem = [
        ConvSpec::same(3, width / 2, 3).stride(2),
        ConvSpec::same(width / 2, width / 2, 3),
        ConvSpec::same(width / 2, width, 3),
    ];
    for (number, spec) in (1..).zip(stem) {
        network.add(conv(builder, number, spec, Activation::Relu)?);
    }
    average(&mut network, builder, "avgpool", 2)?;
    let mut inputs = width;
    for (stage, depth) in config.depths.into_iter().enumerate() {
        network.push(builder, &format!("layer{}", stage + 1), |b| {
            let mut blocks = Sequential::default();
            for number in 0..depth {
                let stride = if stage > 0 && number == 0 { 2 } else { 1 };
                let planes = width << stage;
                let name = number.to_string();
                blocks.push(b, &name, |b| bottleneck(b, inputs, planes, stride))?;
                inputs = 4 * planes;
            }
            Ok(blocks)
        })?;
    }
    network.aside(builder, "penultimate", global_average);
    network.push(builder, "attnpool", |b| {
        AttentionPool::new(b, config.size / TOTAL_STRIDE, inputs, config.embedding)
    })?;
    Ok(network)
}

/// Creates a convolution with its normalization, and an activation unless that is the identity.
fn conv(
    builder: &Builder<'_>,
    number: usize,
    spec: ConvSpec,
    activation: Activation,
) -> Result<ConvNorm> {
    let of_activation = format!("act{number}");
    let names = ConvNormNames {
        conv: &format!("conv{number}"),
        norm: &format!("bn{number}"),
        activation: (activation != Activation::Identity).then_some(&of_activation),
    };
    ConvNorm::new(builder, names, spec, EPSILON, activation)
}

/// Adds an average pooling of squares of `stride` × `stride` pixels.
fn average(
    network: &mut Sequential,
    builder: &Builder<'_>,
    name: &str,
    stride: usize,
) -> Result<()> {
    match stride {
        1 => network.aside(builder, name, |x| Ok(x.clone())),
        _ => network.push(builder, name, |b| {
            Ok(AveragePool::new(b, PoolSpec::new(stride, stride)))
        })?,
    }
    Ok(())
}

/// Creates a residual block of 1×1, 3×3 and 1×1 convolutions.
fn bottleneck(
    builder: &Builder<'_>,
    inputs: usize,
    planes: usize,
    stride: usize,
) -> Result<Residual> {
    let outputs = 4 * planes;
    let (relu, none) = (Activation::Relu, Activation::Identity);
    let mut convs = Sequential::default();
    convs.add(conv(builder, 1, ConvSpec::new(inputs, planes, 1), relu)?);
    convs.add(conv(builder, 2, ConvSpec::same(planes, planes, 3), relu)?);
    average(&mut convs, builder, "avgpool", stride)?;
    convs.add(conv(builder, 3, ConvSpec::new(planes, outputs, 1), none)?);
    let downsample = |b: &Builder<'_>| {
        let names = ConvNormNames {
            conv: "0",
            norm: "1",
            activation: None,
        };
        let mut downsample = Sequential::default();
        average(&mut downsample, b, "-1", stride)?;
        let spec = ConvSpec::new(inputs, outputs, 1);
        downsample.add(ConvNorm::new(b, names, spec, EPSILON, none)?);
        Ok(downsample)
    };
    let shortcut = (stride != 1 || inputs != outputs)
        .then(|| Tapped::new(builder, "downsample", downsample))
        .transpose()?;
    Ok(Residual::new(builder, convs, shortcut, Some("act3")))
}

/// Attention pooling: the mean over all positions attends to all positions and to itself.
struct AttentionPool {
    positions: Positions,
    query: Linear,
    key: Linear,
    value: Linear,
    projection: Linear,
    n_heads: usize,
    backend: Backend,
}

impl AttentionPool {
    /// Creates the pooling of maps of `grid` × `grid` positions.
    fn new(builder: &Builder<'_>, grid: usize, width: usize, outputs: usize) -> Result<Self> {
        /// Width of a head.
        const OF_HEAD: usize = 64;

        let linear = |name, outputs| Linear::new(&builder.child(name), width, outputs);
        let spec = PositionSpec {
            name: "positional_embedding",
            has_image_axis: false,
            class_position: ClassPosition::First,
            width,
            grid,
            other_grids: OtherGrids::Refuse,
        };
        Ok(Self {
            positions: Positions::new(builder, spec)?.0,
            query: linear("q_proj", width)?,
            key: linear("k_proj", width)?,
            value: linear("v_proj", width)?,
            projection: linear("c_proj", outputs)?,
            n_heads: width / OF_HEAD,
            backend: builder.backend(),
        })
    }
}

impl Module for AttentionPool {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        let mean = global_average(x)?.unsqueeze(1)?;
        let tokens = Tensor::cat(&[mean, tokens_of(x)?], 1)?;
        let tokens = self.positions.add(&tokens, [height, width])?;
        // Only the output of the first token is used.
        let query = self.query.forward(&tokens.narrow(1, 0, 1)?, pass)?;
        let key = self.key.forward(&tokens, pass)?;
        let value = self.value.forward(&tokens, pass)?;
        let pooled = attention([&query, &key, &value], self.n_heads, self.backend)?;
        self.projection.forward(&pooled.squeeze(1)?, pass)
    }
}
