//! ConvNeXt: Liu et al., "A ConvNet for the 2020s" (2022).
//!
//! The penultimate output is that of `avgpool`; the output of `classifier.1` is the same after
//! layer normalization.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, Conv2d, ConvSpec, LayerNorm, LayerNorm2d, LayerScale, Linear,
    LinearActivation,
};
use crate::extract::module::{Function, Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

const EPSILON: f64 = 1e-6;

/// Channels and number of blocks of each stage.
#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    channels: [usize; 4],
    depths: [usize; 4],
}

const fn config(name: &'static str, channels: usize, depths: [usize; 4]) -> Config {
    Config {
        name,
        channels: [channels, 2 * channels, 4 * channels, 8 * channels],
        depths,
    }
}

const CONFIGS: [Config; 4] = [
    config("convnext_tiny", 96, [3, 3, 9, 3]),
    config("convnext_small", 96, [3, 3, 27, 3]),
    config("convnext_base", 128, [3, 3, 27, 3]),
    config("convnext_large", 192, [3, 3, 27, 3]),
];

/// Modules between the permutations of a block, whose output is height × width × channels.
const CHANNELS_LAST: [&str; 5] = ["block.1", "block.2", "block.3", "block.4", "block.5"];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "classifier.2",
            penultimate: "avgpool",
        };
        Architecture::new(config.name, "ConvNeXt", head, move |b| build(b, config))
            .with_channels_last_ends(&CHANNELS_LAST)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [first, .., last] = config.channels;
    let mut network = Sequential::default();
    network.push(builder, "features", |b| {
        let mut features = Sequential::default();
        features.push_numbered(b, |b| {
            let mut stem = Sequential::default();
            let patches = ConvSpec::new(3, first, 4).stride(4);
            stem.push(b, "0", |b| Conv2d::new(b, patches, true))?;
            stem.push(b, "1", |b| LayerNorm2d::new(b, first, EPSILON))?;
            Ok(stem)
        })?;
        let mut inputs = first;
        for (channels, depth) in config.channels.into_iter().zip(config.depths) {
            if channels != inputs {
                features.push_numbered(b, |b| downsampling(b, inputs, channels))?;
                inputs = channels;
            }
            features.push_numbered(b, |b| {
                let mut blocks = Sequential::default();
                for _ in 0..depth {
                    blocks.push_numbered(b, |b| Block::new(b, channels))?;
                }
                Ok(blocks)
            })?;
        }
        Ok(features)
    })?;
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.push(builder, "classifier", |b| {
        let mut classifier = Sequential::default();
        classifier.push(b, "0", |b| LayerNorm2d::new(b, last, EPSILON))?;
        classifier.push(b, "1", |_| {
            Ok(Function(|x: &Tensor| Ok(x.flatten_from(1)?)))
        })?;
        classifier.push(b, "2", |b| Linear::classifier(b, last, 1000))?;
        Ok(classifier)
    })?;
    Ok(network)
}

/// Creates the layers between stages, which halve the height and width of feature maps.
fn downsampling(builder: &Builder<'_>, inputs: usize, outputs: usize) -> Result<Sequential> {
    let mut layers = Sequential::default();
    layers.push(builder, "0", |b| LayerNorm2d::new(b, inputs, EPSILON))?;
    let halves = ConvSpec::new(inputs, outputs, 2).stride(2);
    layers.push(builder, "1", |b| Conv2d::new(b, halves, true))?;
    Ok(layers)
}

/// A residual block: a depthwise 7×7 convolution and two linear layers on each pixel, the first
/// with four times as many outputs.
struct Block {
    branch: Tapped<Sequential>,
    scale: LayerScale,
    scaled: TapSlot,
}

impl Block {
    fn new(builder: &Builder<'_>, channels: usize) -> Result<Self> {
        let wide = 4 * channels;
        let branch = Tapped::new(builder, "block", |b| {
            let mut block = Sequential::default();
            let depthwise = ConvSpec::same(channels, channels, 7).groups(channels);
            block.push(b, "0", |b| Conv2d::new(b, depthwise, true))?;
            block.push(b, "1", |_| Ok(permutation([0, 2, 3, 1])))?;
            block.push(b, "2", |b| LayerNorm::new(b, channels, EPSILON))?;
            let names = ["3", "4"];
            block.add(LinearActivation::new(
                b,
                names,
                channels,
                wide,
                Activation::Gelu,
            )?);
            block.push(b, "5", |b| Linear::new(b, wide, channels))?;
            block.push(b, "6", |_| Ok(permutation([0, 3, 1, 2])))?;
            Ok(block)
        })?;
        Ok(Self {
            branch,
            scale: LayerScale::of_maps(builder, channels, 1e-6)?,
            scaled: builder.child("stochastic_depth").tap(),
        })
    }
}

fn permutation(axes: [usize; 4]) -> impl Module {
    Function(move |x: &Tensor| Ok(x.permute(axes)?))
}

impl Module for Block {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let branch = self.branch.forward(x, pass)?;
        if self.scaled.is_wanted() {
            pass.record(self.scaled, &self.scale.apply(&branch)?)?;
        }
        self.scale.add(&branch, x)
    }
}
