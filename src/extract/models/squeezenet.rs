//! SqueezeNet: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50× fewer parameters" (2016).

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, Backend, Conv2d, ConvSpec, MaxPool, PoolSpec, global_average,
};
use crate::extract::module::{Function, Module, Sequential};
use crate::extract::taps::Pass;

/// A layer of the feature extractor.
#[derive(Debug, Clone, Copy)]
enum Layer {
    /// Outputs and kernel of the first convolution, of stride 2.
    Stem(usize, usize),
    Pool,
    /// Outputs of the squeeze, and of each of the two expansions.
    Fire(usize, usize),
}

use Layer::{Fire, Pool, Stem};

const VERSION_1_0: [Layer; 12] = [
    Stem(96, 7),
    Pool,
    Fire(16, 64),
    Fire(16, 64),
    Fire(32, 128),
    Pool,
    Fire(32, 128),
    Fire(48, 192),
    Fire(48, 192),
    Fire(64, 256),
    Pool,
    Fire(64, 256),
];

const VERSION_1_1: [Layer; 12] = [
    Stem(64, 3),
    Pool,
    Fire(16, 64),
    Fire(16, 64),
    Pool,
    Fire(32, 128),
    Fire(32, 128),
    Pool,
    Fire(48, 192),
    Fire(48, 192),
    Fire(64, 256),
    Fire(64, 256),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    [
        ("squeezenet1_0", &VERSION_1_0, 224),
        ("squeezenet1_1", &VERSION_1_1, 224),
        ("squeezenet1_0_deep_compression", &VERSION_1_0, 227),
    ]
    .into_iter()
    .map(|(name, layers, input_size)| {
        let head = Head {
            logits: "classifier",
            penultimate: "penultimate",
        };
        Architecture::new(name, "SqueezeNet", head, move |b| build(b, layers))
            .with_input_size(input_size)
    })
}

fn build(builder: &Builder<'_>, layers: &[Layer]) -> Result<Sequential> {
    let mut network = Sequential::default();
    let mut channels = 3;
    network.push(builder, "features", |b| {
        let mut features = Sequential::default();
        let mut number = 0;
        for &layer in layers {
            let name = number.to_string();
            match layer {
                Stem(outputs, kernel) => {
                    let spec = ConvSpec::new(channels, outputs, kernel).stride(2);
                    features.push(b, &name, |b| Conv2d::new(b, spec, true))?;
                    number += 1;
                    features.push(b, &number.to_string(), |b| Ok(relu(b.backend())))?;
                    channels = outputs;
                }
                Pool => features.push(b, &name, |b| {
                    Ok(MaxPool::new(b, PoolSpec::new(3, 2).ceil()))
                })?,
                Fire(squeeze, expand) => {
                    features.push(b, &name, |b| FireModule::new(b, channels, squeeze, expand))?;
                    channels = 2 * expand;
                }
            }
            number += 1;
        }
        Ok(features)
    })?;
    // There is no matrix of a classifier: the last feature maps, pooled.
    network.aside(builder, "penultimate", global_average);
    network.push(builder, "classifier", |b| {
        let mut classifier = Sequential::default();
        // Dropout, at inference.
        classifier.push(b, "0", |_| Ok(Function(|x: &Tensor| Ok(x.clone()))))?;
        classifier.push(b, "1", |b| {
            Conv2d::new(b, ConvSpec::new(channels, 1000, 1), true)
        })?;
        classifier.push(b, "2", |b| Ok(relu(b.backend())))?;
        classifier.push(b, "3", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
        Ok(classifier)
    })?;
    Ok(network)
}

fn relu(backend: Backend) -> impl Module {
    Function(move |x: &Tensor| Activation::Relu.apply(x, backend))
}

/// A 1×1 convolution to few channels, and next to each other a 1×1 and a 3×3 convolution from them.
struct FireModule {
    squeeze: Sequential,
    expand1x1: Sequential,
    expand3x3: Sequential,
}

impl FireModule {
    fn new(builder: &Builder<'_>, inputs: usize, squeeze: usize, expand: usize) -> Result<Self> {
        let conv = |name: &str, spec| {
            let mut part = Sequential::default();
            part.push(builder, name, |b| Conv2d::new(b, spec, true))?;
            let activation = format!("{name}_activation");
            part.push(builder, &activation, |b| Ok(relu(b.backend())))?;
            Ok(part)
        };
        Ok(Self {
            squeeze: conv("squeeze", ConvSpec::new(inputs, squeeze, 1))?,
            expand1x1: conv("expand1x1", ConvSpec::new(squeeze, expand, 1))?,
            expand3x3: conv("expand3x3", ConvSpec::same(squeeze, expand, 3))?,
        })
    }
}

impl Module for FireModule {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let squeezed = self.squeeze.forward(x, pass)?;
        let parts = [
            self.expand1x1.forward(&squeezed, pass)?,
            self.expand3x3.forward(&squeezed, pass)?,
        ];
        Ok(Tensor::cat(&parts, 1)?)
    }
}
