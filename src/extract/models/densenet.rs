//! DenseNet: Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks"
//! (2017).

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, AveragePool, Backend, BatchNorm, Conv2d, ConvNorm, ConvNormNames, ConvSpec, Linear,
    MaxPool, PoolSpec, concatenate, global_average,
};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

const EPSILON: f64 = 1e-5;

/// Number of channels between the two convolutions of a layer, per channel that the layer adds.
const BOTTLENECK: usize = 4;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Channels of the first convolution.
    stem: usize,
    /// Channels that each layer adds.
    growth: usize,
    /// Number of layers in each block.
    depths: [usize; 4],
}

const fn config(name: &'static str, stem: usize, growth: usize, depths: [usize; 4]) -> Config {
    Config {
        name,
        stem,
        growth,
        depths,
    }
}

const CONFIGS: [Config; 4] = [
    config("densenet121", 64, 32, [6, 12, 24, 16]),
    config("densenet161", 96, 48, [6, 12, 36, 24]),
    config("densenet169", 64, 32, [6, 12, 32, 32]),
    config("densenet201", 64, 32, [6, 12, 48, 32]),
];

/// Parts of parameter names in the files of torchvision, with their current forms.
const FORMER_NAMES: [(&str, &str); 4] = [
    (".norm.1.", ".norm1."),
    (".conv.1.", ".conv1."),
    (".norm.2.", ".norm2."),
    (".conv.2.", ".conv2."),
];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "classifier",
            penultimate: "penultimate",
        };
        Architecture::new(config.name, "DenseNet", head, move |b| build(b, config))
            .with_former_names(&FORMER_NAMES)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut network = Sequential::default();
    let mut channels = config.stem;
    network.push(builder, "features", |b| {
        let mut features = stem(b, channels)?;
        for (depth, number) in config.depths.into_iter().zip(1..) {
            features.push(b, &format!("denseblock{number}"), |b| {
                DenseBlock::new(b, channels, config.growth, depth)
            })?;
            channels += depth * config.growth;
            if number < config.depths.len() {
                features.push(b, &format!("transition{number}"), |b| {
                    transition(b, channels)
                })?;
                channels /= 2;
            }
        }
        features.push(b, "norm5", |b| BatchNorm::new(b, channels, EPSILON))?;
        Ok(features)
    })?;
    let backend = builder.backend();
    network.apply(move |x| global_average(&Activation::Relu.apply(x, backend)?));
    network.aside(builder, "penultimate", |x| Ok(x.clone()));
    network.push(builder, "classifier", |b| {
        Linear::classifier(b, channels, 1000)
    })?;
    Ok(network)
}

fn stem(builder: &Builder<'_>, channels: usize) -> Result<Sequential> {
    let mut stem = Sequential::default();
    let names = ConvNormNames {
        conv: "conv0",
        norm: "norm0",
        activation: Some("relu0"),
    };
    let spec = ConvSpec::same(3, channels, 7).stride(2);
    let relu = Activation::Relu;
    stem.add(ConvNorm::new(builder, names, spec, EPSILON, relu)?);
    stem.push(builder, "pool0", |b| {
        Ok(MaxPool::new(b, PoolSpec::new(3, 2).padding(1)))
    })?;
    Ok(stem)
}

/// Creates a transition, which halves the channels and the height and width of feature maps.
fn transition(builder: &Builder<'_>, channels: usize) -> Result<Sequential> {
    let mut transition = Sequential::default();
    transition.add(NormRelu::new(builder, ["norm", "relu"], channels)?);
    transition.push(builder, "conv", |b| {
        Conv2d::new(b, ConvSpec::new(channels, channels / 2, 1), false)
    })?;
    transition.push(builder, "pool", |b| {
        Ok(AveragePool::new(b, PoolSpec::new(2, 2)))
    })?;
    Ok(transition)
}

/// A dense block, in which each layer gets the input and the outputs of all layers before it.
struct DenseBlock {
    layers: Vec<(DenseLayer, TapSlot)>,
    backend: Backend,
}

impl DenseBlock {
    fn new(builder: &Builder<'_>, inputs: usize, growth: usize, depth: usize) -> Result<Self> {
        let layer = |number: usize| {
            let child = builder.child(format_args!("denselayer{}", number + 1));
            let layer = DenseLayer::new(&child, inputs + number * growth, growth)?;
            Ok((layer, child.tap()))
        };
        Ok(Self {
            layers: (0..depth).map(layer).collect::<Result<_>>()?,
            backend: builder.backend(),
        })
    }
}

impl Module for DenseBlock {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let mut maps = vec![x.clone()];
        for (layer, tap) in &self.layers {
            let added = layer.forward(&maps, pass)?;
            pass.record(*tap, &added)?;
            maps.push(added);
        }
        concatenate(&maps, self.backend)
    }
}

/// Two convolutions, each preceded by normalization and activation.
struct DenseLayer {
    first: NormRelu,
    conv1: ConvNorm,
    conv2: Tapped<Conv2d>,
}

impl DenseLayer {
    fn new(builder: &Builder<'_>, inputs: usize, growth: usize) -> Result<Self> {
        let width = BOTTLENECK * growth;
        let names = ConvNormNames {
            conv: "conv1",
            norm: "norm2",
            activation: Some("relu2"),
        };
        let (spec, relu) = (ConvSpec::new(inputs, width, 1), Activation::Relu);
        Ok(Self {
            first: NormRelu::new(builder, ["norm1", "relu1"], inputs)?,
            conv1: ConvNorm::new(builder, names, spec, EPSILON, relu)?,
            conv2: Tapped::new(builder, "conv2", |b| {
                Conv2d::new(b, ConvSpec::same(width, growth, 3), false)
            })?,
        })
    }

    fn forward(&self, maps: &[Tensor], pass: &mut Pass) -> Flow<Tensor> {
        let x = self.first.of_concatenated(maps, pass)?;
        let x = self.conv1.forward(&x, pass)?;
        self.conv2.forward(&x, pass)
    }
}

/// Batch normalization and ReLU, computed together unless the output of the normalization is
/// tapped.
struct NormRelu {
    norm: BatchNorm,
    norm_tap: TapSlot,
    relu: Activation,
    relu_tap: TapSlot,
    backend: Backend,
}

impl NormRelu {
    fn new(builder: &Builder<'_>, names: [&str; 2], channels: usize) -> Result<Self> {
        let [of_norm, of_relu] = names.map(|name| builder.child(name));
        let norm = BatchNorm::new(&of_norm, channels, EPSILON)?;
        let norm_tap = of_norm.tap();
        let (norm, relu) = match norm_tap.is_wanted() {
            false => (norm.with_activation(Activation::Relu), Activation::Identity),
            true => (norm, Activation::Relu),
        };
        Ok(Self {
            norm,
            norm_tap,
            relu,
            relu_tap: of_relu.tap(),
            backend: builder.backend(),
        })
    }

    fn of_concatenated(&self, maps: &[Tensor], pass: &mut Pass) -> Flow<Tensor> {
        let x = self.norm.of_concatenated(maps)?;
        pass.record(self.norm_tap, &x)?;
        let x = self.relu.apply(&x, self.backend)?;
        pass.record(self.relu_tap, &x)?;
        Ok(x)
    }
}

impl Module for NormRelu {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        self.of_concatenated(std::slice::from_ref(x), pass)
    }
}
