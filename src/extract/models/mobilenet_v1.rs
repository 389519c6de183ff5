//! MobileNet: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
//! applications" (2017). The network of quarter width is the backbone of RetinaFace (Deng et al.,
//! 2020), with leaky ReLUs.

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, ConvNorm, ConvNormNames, ConvSpec, Linear,
};
use crate::extract::module::Sequential;

const EPSILON: f64 = 1e-5;
const LEAKY: Activation = Activation::LeakyRelu(0.1);

/// Output channels and stride of the blocks of each stage; the first block is a plain convolution.
const QUARTER_WIDTH: [&[(usize, usize)]; 3] = [
    &[(8, 2), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)],
    &[(128, 2), (128, 1), (128, 1), (128, 1), (128, 1), (128, 1)],
    &[(256, 2), (256, 1)],
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let head = Head {
        logits: "fc",
        penultimate: "avg",
    };
    [Architecture::new(
        "mobilenet_v1_025",
        "MobileNetV1",
        head,
        build,
    )]
    .into_iter()
}

fn build(builder: &Builder<'_>) -> Result<Sequential> {
    let mut network = Sequential::default();
    let mut inputs = 3;
    for (stage, number) in QUARTER_WIDTH.into_iter().zip(1..) {
        network.push(builder, &format!("stage{number}"), |b| {
            let mut blocks = Sequential::default();
            for (block, &(outputs, stride)) in stage.iter().enumerate() {
                blocks.push(b, &block.to_string(), |b| match inputs {
                    3 => conv(b, outputs, stride),
                    _ => separable_conv(b, inputs, outputs, stride),
                })?;
                inputs = outputs;
            }
            Ok(blocks)
        })?;
    }
    network.push(builder, "avg", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.apply(|x| Ok(x.flatten_from(1)?));
    network.push(builder, "fc", |b| Linear::classifier(b, inputs, 1000))?;
    Ok(network)
}

/// Creates a block with a 3×3 convolution of the image.
fn conv(builder: &Builder<'_>, outputs: usize, stride: usize) -> Result<Sequential> {
    let mut block = Sequential::default();
    let spec = ConvSpec::same(3, outputs, 3).stride(stride);
    block.add(conv_norm(builder, ["0", "1", "2"], spec)?);
    Ok(block)
}

/// Creates a block with a depthwise 3×3 convolution and a 1×1 convolution.
fn separable_conv(
    builder: &Builder<'_>,
    inputs: usize,
    outputs: usize,
    stride: usize,
) -> Result<Sequential> {
    let mut block = Sequential::default();
    let depthwise = ConvSpec::same(inputs, inputs, 3)
        .stride(stride)
        .groups(inputs);
    block.add(conv_norm(builder, ["0", "1", "2"], depthwise)?);
    let pointwise = ConvSpec::new(inputs, outputs, 1);
    block.add(conv_norm(builder, ["3", "4", "5"], pointwise)?);
    Ok(block)
}

fn conv_norm(builder: &Builder<'_>, names: [&str; 3], spec: ConvSpec) -> Result<ConvNorm> {
    let [conv, norm, activation] = names;
    let names = ConvNormNames {
        conv,
        norm,
        activation: Some(activation),
    };
    ConvNorm::new(builder, names, spec, EPSILON, LEAKY)
}
