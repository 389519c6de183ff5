//! EfficientNet with the names of timm and the padding of TensorFlow, where these networks were
//! trained: Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks"
//! (2019). The lite networks have no squeeze and excitation, and ReLU6.

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::{Builder, StridedPadding};
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Backend, ConvNorm, ConvNormNames, ConvSpec, Linear, Squeeze, SqueezeExcitation,
    add, global_average,
};
use crate::extract::models::inverted_residual::{InvertedShape, make_divisible};
use crate::extract::module::{Function, Module, Sequential};
use crate::extract::taps::Pass;

use candle_core::Tensor;

const EPSILON: f64 = 1e-3;

/// Expansion, kernel, stride, output channels and number of blocks of the stages of B0.
const STAGES: [[usize; 5]; 7] = [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
];

const STEM: usize = 32;
const LAST: usize = 1280;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    input_size: usize,
    /// Factor of the numbers of channels.
    width: f64,
    /// Factor of the numbers of blocks.
    depth: f64,
    is_lite: bool,
}

const fn config(name: &'static str, input_size: usize, width: f64, depth: f64) -> Config {
    Config {
        name,
        input_size,
        width,
        depth,
        is_lite: false,
    }
}

const fn lite(name: &'static str, input_size: usize, width: f64, depth: f64) -> Config {
    Config {
        is_lite: true,
        ..config(name, input_size, width, depth)
    }
}

const CONFIGS: [Config; 14] = [
    config("tf_efficientnet_b0", 224, 1.0, 1.0),
    config("tf_efficientnet_b1", 240, 1.0, 1.1),
    config("tf_efficientnet_b2", 260, 1.1, 1.2),
    config("tf_efficientnet_b3", 300, 1.2, 1.4),
    config("tf_efficientnet_b4", 380, 1.4, 1.8),
    config("tf_efficientnet_b5", 456, 1.6, 2.2),
    config("tf_efficientnet_b6", 528, 1.8, 2.6),
    config("tf_efficientnet_b7", 600, 2.0, 3.1),
    config("tf_efficientnet_b8", 672, 2.2, 3.6),
    lite("tf_efficientnet_lite0", 224, 1.0, 1.0),
    lite("tf_efficientnet_lite1", 240, 1.0, 1.1),
    lite("tf_efficientnet_lite2", 260, 1.1, 1.2),
    lite("tf_efficientnet_lite3", 300, 1.2, 1.4),
    lite("tf_efficientnet_lite4", 380, 1.4, 1.8),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "classifier",
            penultimate: "global_pool",
        };
        let family = "EfficientNet (TensorFlow)";
        Architecture::new(config.name, family, head, move |b| build(b, config))
            .with_input_size(config.input_size)
    })
}

impl Config {
    fn activation(self) -> Activation {
        match self.is_lite {
            true => Activation::Relu6,
            false => Activation::Silu,
        }
    }

    /// Returns the number of channels of this network for a number of channels of B0.
    fn channels(self, of_b0: usize) -> usize {
        make_divisible(of_b0 as f64 * self.width, 8)
    }

    /// Returns the number of blocks of a stage. The first and the last stage of lite networks are
    /// not scaled.
    fn blocks(self, stage: usize, of_b0: usize) -> usize {
        match self.is_lite && (stage == 0 || stage + 1 == STAGES.len()) {
            true => of_b0,
            false => (of_b0 as f64 * self.depth).ceil() as usize,
        }
    }
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    // The ends of lite networks are not scaled.
    let ends = |channels| match config.is_lite {
        true => channels,
        false => config.channels(channels),
    };
    let activation = config.activation();
    let mut network = Sequential::default();
    let mut inputs = ends(STEM);
    let stem = ConvSpec::new(3, inputs, 3).stride(2);
    let stem = match builder.strided_padding() {
        StridedPadding::BySize => stem.tensorflow(),
        _ => stem.uneven(zeros(3, false)),
    };
    let mut paddings = Paddings {
        padding: builder.strided_padding(),
        n_blocks: 0,
        usual_size: config.input_size.div_ceil(2),
    };
    network.add(conv_norm(builder, ["conv_stem", "bn1"], stem, activation)?);
    network.push(builder, "blocks", |b| {
        let mut stages = Sequential::default();
        for (number, [expansion, kernel, stride, outputs, depth]) in STAGES.into_iter().enumerate()
        {
            let outputs = config.channels(outputs);
            stages.push_numbered(b, |b| {
                let mut blocks = Sequential::default();
                for block in 0..config.blocks(number, depth) {
                    let shape = InvertedShape {
                        inputs,
                        expanded: expansion * inputs,
                        outputs,
                        kernel,
                        stride: if block == 0 { stride } else { 1 },
                    };
                    let depthwise = paddings.depthwise(shape);
                    blocks.push_numbered(b, |b| Block::new(b, shape, depthwise, config))?;
                    inputs = outputs;
                }
                Ok(blocks)
            })?;
        }
        Ok(stages)
    })?;
    let last = ConvSpec::new(inputs, ends(LAST), 1);
    network.add(conv_norm(builder, ["conv_head", "bn2"], last, activation)?);
    network.push(builder, "global_pool", |_| Ok(Function(global_average)))?;
    network.push(builder, "classifier", |b| {
        Linear::classifier(b, last.outputs, 1000)
    })?;
    Ok(network)
}

/// The paddings of the depthwise convolutions, block by block.
struct Paddings {
    padding: StridedPadding,
    n_blocks: usize,
    /// Side of the maps before the next block, for images of the size of the architecture.
    usual_size: usize,
}

impl Paddings {
    /// Returns the depthwise convolution of the next block.
    fn depthwise(&mut self, shape: InvertedShape) -> ConvSpec {
        let block = self.n_blocks;
        let is_odd = match self.padding {
            StridedPadding::BySize => None,
            StridedPadding::AsForUsualSize => Some(self.usual_size % 2 == 1),
            StridedPadding::OddInBlocks(blocks) => Some(block < 64 && blocks >> block & 1 == 1),
        };
        self.n_blocks += 1;
        self.usual_size = self.usual_size.div_ceil(shape.stride);
        let spec = shape.depthwise();
        match is_odd {
            Some(is_odd) if shape.stride > 1 => spec.uneven(zeros(shape.kernel, is_odd)),
            _ => spec.tensorflow(),
        }
    }
}

/// Returns the numbers of zeros before and after a map of odd or even size that TensorFlow adds for a
/// stride of 2.
const fn zeros(kernel: usize, is_odd: bool) -> [usize; 2] {
    match is_odd {
        true => [kernel / 2, kernel / 2],
        false => [kernel / 2 - 1, kernel / 2],
    }
}

fn conv_norm(
    builder: &Builder<'_>,
    [conv, norm]: [&str; 2],
    spec: ConvSpec,
    activation: Activation,
) -> Result<ConvNorm> {
    let names = ConvNormNames {
        conv,
        norm,
        activation: Some(norm),
    };
    ConvNorm::new(builder, names, spec, EPSILON, activation)
}

/// A block with a depthwise convolution.
struct Block {
    branch: Sequential,
    adds: bool,
    backend: Backend,
}

impl Block {
    fn new(
        builder: &Builder<'_>,
        shape: InvertedShape,
        depthwise: ConvSpec,
        config: Config,
    ) -> Result<Self> {
        let activation = config.activation();
        let mut branch = Sequential::default();
        let mut n_norms = 0;
        let mut conv = |branch: &mut Sequential, name, spec, activation| -> Result<()> {
            n_norms += 1;
            let norm = format!("bn{n_norms}");
            branch.add(conv_norm(builder, [name, &norm], spec, activation)?);
            Ok(())
        };
        let expands = shape.expanded != shape.inputs;
        if expands {
            conv(&mut branch, "conv_pw", shape.expand(), activation)?;
        }
        conv(&mut branch, "conv_dw", depthwise, activation)?;
        if !config.is_lite {
            let squeeze = Squeeze {
                channels: shape.inputs / 4,
                activation,
                gate: Activation::Sigmoid,
            };
            branch.push(builder, "se", |b| {
                SqueezeExcitation::of_timm(b, shape.expanded, squeeze)
            })?;
        }
        let last = if expands { "conv_pwl" } else { "conv_pw" };
        conv(&mut branch, last, shape.project(), Activation::Identity)?;
        Ok(Self {
            branch,
            adds: shape.keeps_shape(),
            backend: builder.backend(),
        })
    }
}

impl Module for Block {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let out = self.branch.forward(x, pass)?;
        match self.adds {
            true => add(&out, x, Activation::Identity, self.backend),
            false => Ok(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: `depthwise_padding` of google/efficientnet-b0, -b1 and -b2 in transformers.
    #[test]
    fn paddings_are_those_of_the_published_configurations() {
        for (config, odd) in [
            (CONFIGS[0], &[][..]),
            (CONFIGS[1], &[16]),
            (CONFIGS[2], &[5, 8, 16]),
        ] {
            let mut bits = 0;
            odd.iter().for_each(|block| bits |= 1 << block);
            let paddings = |padding| Paddings {
                padding,
                n_blocks: 0,
                usual_size: config.input_size.div_ceil(2),
            };
            let mut usual = paddings(StridedPadding::AsForUsualSize);
            let mut named = paddings(StridedPadding::OddInBlocks(bits));
            let mut by_size = paddings(StridedPadding::BySize);
            for (number, [expansion, kernel, stride, _, depth]) in STAGES.into_iter().enumerate() {
                for block in 0..config.blocks(number, depth) {
                    let shape = InvertedShape {
                        inputs: 8,
                        expanded: 8 * expansion,
                        outputs: 8,
                        kernel,
                        stride: if block == 0 { stride } else { 1 },
                    };
                    let size = by_size.usual_size;
                    let zeros = by_size.depthwise(shape).zeros(0, size);
                    assert_eq!(usual.depthwise(shape).zeros(0, size), zeros);
                    assert_eq!(named.depthwise(shape).zeros(0, size), zeros);
                }
            }
        }
        assert_eq!(zeros(3, false), [0, 1]);
        assert_eq!(zeros(5, true), [2, 2]);
    }
}
