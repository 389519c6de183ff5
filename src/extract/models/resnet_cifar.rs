//! Residual networks for CIFAR-10: He, Zhang, Ren & Sun, "Deep residual learning for image
//! recognition" (2016), section 4.2. Shortcuts to more channels have no parameters (option A of the
//! paper).

use candle_core::{DType, Tensor};

use super::blocks::Residual;
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Backend, ConvNorm, ConvNormNames, ConvSpec, Linear, MaxPool, PoolSpec, concatenate,
    global_average,
};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::Pass;

const EPSILON: f64 = 1e-5;

/// Names, and number of blocks in each of the three stages.
const CONFIGS: [(&str, usize); 5] = [
    ("resnet20_cifar10", 3),
    ("resnet32_cifar10", 5),
    ("resnet44_cifar10", 7),
    ("resnet56_cifar10", 9),
    ("resnet110_cifar10", 18),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|(name, depth)| {
        let head = Head {
            logits: "linear",
            penultimate: "penultimate",
        };
        let network = Architecture::new(name, "ResNet for CIFAR", head, move |b| build(b, depth));
        network.with_input_size(32)
    })
}

fn build(builder: &Builder<'_>, depth: usize) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.add(conv_norm(
        builder,
        1,
        ConvSpec::same(3, 16, 3),
        Activation::Relu,
    )?);
    let mut inputs = 16;
    for (stage, outputs) in [16, 32, 64].into_iter().enumerate() {
        network.push(builder, &format!("layer{}", stage + 1), |b| {
            let mut blocks = Sequential::default();
            for number in 0..depth {
                blocks.push(b, &number.to_string(), |b| residual(b, inputs, outputs))?;
                inputs = outputs;
            }
            Ok(blocks)
        })?;
    }
    network.apply(global_average);
    network.aside(builder, "penultimate", |x| Ok(x.clone()));
    network.push(builder, "linear", |b| Linear::classifier(b, inputs, 10))?;
    Ok(network)
}

fn conv_norm(
    builder: &Builder<'_>,
    number: usize,
    spec: ConvSpec,
    activation: Activation,
) -> Result<ConvNorm> {
    let names = ConvNormNames {
        conv: &format!("conv{number}"),
        norm: &format!("bn{number}"),
        activation: None,
    };
    ConvNorm::new(builder, names, spec, EPSILON, activation)
}

/// Creates a residual block of two 3×3 convolutions.
fn residual(builder: &Builder<'_>, inputs: usize, outputs: usize) -> Result<Residual> {
    let widens = inputs != outputs;
    let first = ConvSpec::same(inputs, outputs, 3).stride(if widens { 2 } else { 1 });
    let second = ConvSpec::same(outputs, outputs, 3);
    let mut branch = Sequential::default();
    branch.add(conv_norm(builder, 1, first, Activation::Relu)?);
    branch.add(conv_norm(builder, 2, second, Activation::Identity)?);
    let shortcut = Tapped::new(builder, "shortcut", |b| {
        let mut shortcut = Sequential::default();
        if widens {
            shortcut.add(Subsampling::new(b, inputs, outputs));
        }
        Ok(shortcut)
    })?;
    Ok(Residual::new(builder, branch, Some(shortcut), None))
}

/// A shortcut that takes every second pixel along both axes, and adds channels of zeros before and
/// after.
struct Subsampling {
    every_second: MaxPool,
    /// Channels of zeros on each side.
    n_zeros: usize,
    backend: Backend,
}

impl Subsampling {
    fn new(builder: &Builder<'_>, inputs: usize, outputs: usize) -> Self {
        Self {
            // The maximum of a window of one pixel is that pixel.
            every_second: MaxPool::new(builder, PoolSpec::new(1, 2)),
            n_zeros: (outputs - inputs) / 2,
            backend: builder.backend(),
        }
    }
}

impl Module for Subsampling {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let x = self.every_second.forward(x, pass)?;
        let (n, _, height, width) = x.dims4()?;
        let zeros = Tensor::zeros((n, self.n_zeros, height, width), DType::F32, x.device())?;
        concatenate(&[zeros.clone(), x, zeros], self.backend)
    }
}
