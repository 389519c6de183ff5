//! CORnet-S: Kubilius et al., "Brain-like object recognition with high-performing shallow recurrent
//! ANNs" (2019). Names are those of the authors.
//!
//! Convolutions of an area are shared by its steps in time; normalizations are not. The output of a
//! shared module is that of the last step.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, Backend, BatchNorm, Conv2d, ConvNorm, ConvNormNames, ConvSpec,
    Linear, MaxPool, PoolSpec, add,
};
use crate::extract::module::{Function, Identity, Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

const EPSILON: f64 = 1e-5;

/// Ratio of the channels inside an area to its output channels.
const SCALE: usize = 4;

/// Name, input channels, output channels and number of steps.
const AREAS: [(&str, usize, usize, usize); 3] =
    [("V2", 64, 128, 2), ("V4", 128, 256, 4), ("IT", 256, 512, 2)];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    let head = Head {
        logits: "decoder.linear",
        penultimate: "decoder.flatten",
    };
    [Architecture::new("cornet_s", "CORnet", head, build)].into_iter()
}

fn build(builder: &Builder<'_>) -> Result<Sequential> {
    let mut network = Sequential::default();
    network.push(builder, "V1", first_area)?;
    for (name, inputs, outputs, n_steps) in AREAS {
        network.push(builder, name, |b| Area::new(b, inputs, outputs, n_steps))?;
    }
    network.push(builder, "decoder", |b| {
        let mut decoder = Sequential::default();
        decoder.push(b, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
        decoder.push(b, "flatten", |_| {
            Ok(Function(|x: &Tensor| Ok(x.flatten_from(1)?)))
        })?;
        decoder.push(b, "linear", |b| Linear::classifier(b, 512, 1000))?;
        decoder.push(b, "output", |_| Ok(Identity))?;
        Ok(decoder)
    })?;
    Ok(network)
}

fn first_area(builder: &Builder<'_>) -> Result<Sequential> {
    let conv = |spec, [conv, norm, activation]: [&str; 3]| {
        let names = ConvNormNames {
            conv,
            norm,
            activation: Some(activation),
        };
        ConvNorm::new(builder, names, spec, EPSILON, Activation::Relu)
    };
    let mut area = Sequential::default();
    let first = ConvSpec::same(3, 64, 7).stride(2);
    area.add(conv(first, ["conv1", "norm1", "nonlin1"])?);
    area.push(builder, "pool", |b| {
        Ok(MaxPool::new(b, PoolSpec::new(3, 2).padding(1)))
    })?;
    let second = ConvSpec::same(64, 64, 3);
    area.add(conv(second, ["conv2", "norm2", "nonlin2"])?);
    area.push(builder, "output", |_| Ok(Identity))?;
    Ok(area)
}

/// A recurrent area.
struct Area {
    input: Tapped<Conv2d>,
    skip: Sequential,
    /// The convolutions, which all steps share.
    convs: [Conv2d; 3],
    conv_taps: [TapSlot; 3],
    /// The second convolution of the first step, which has stride 2.
    strided: Conv2d,
    /// The normalizations after the convolutions, for each step.
    steps: Vec<Vec<Tapped<BatchNorm>>>,
    activations: [TapSlot; 3],
    output: TapSlot,
    backend: Backend,
}

impl Area {
    fn new(builder: &Builder<'_>, inputs: usize, outputs: usize, n_steps: usize) -> Result<Self> {
        let wide = SCALE * outputs;
        let input = Tapped::new(builder, "conv_input", |b| {
            Conv2d::new(b, ConvSpec::new(inputs, outputs, 1), false)
        })?;
        let mut skip = Sequential::default();
        let half = ConvSpec::new(outputs, outputs, 1).stride(2);
        skip.push(builder, "skip", |b| Conv2d::new(b, half, false))?;
        skip.push(builder, "norm_skip", |b| {
            BatchNorm::new(b, outputs, EPSILON)
        })?;
        let read = |name, spec: ConvSpec| {
            let child = builder.child(name);
            child.values("weight", &spec.weights(), Init::ConvWeight)
        };
        let [first, second, third] = [
            ConvSpec::new(outputs, wide, 1),
            ConvSpec::same(wide, wide, 3),
            ConvSpec::new(wide, outputs, 1),
        ];
        let conv =
            |spec, weights| Conv2d::of_values(builder, spec, weights, None, Activation::Identity);
        let weights = read("conv2", second)?;
        let strided = conv(second.stride(2), weights.clone())?;
        let convs = [
            conv(first, read("conv1", first)?)?,
            conv(second, weights)?,
            conv(third, read("conv3", third)?)?,
        ];
        let norms = |step: usize| {
            let channels = [wide, wide, outputs];
            let numbered = channels.into_iter().enumerate().map(|(place, channels)| {
                let name = format!("norm{}_{step}", place + 1);
                Tapped::new(builder, &name, |b| BatchNorm::new(b, channels, EPSILON))
            });
            numbered.collect::<Result<Vec<_>>>()
        };
        let steps = (0..n_steps).map(norms).collect::<Result<_>>()?;
        // The last step depends on all modules of the steps before it.
        let taps = |names: [&str; 3]| names.map(|name| builder.child(name).tap());
        Ok(Self {
            input,
            skip,
            convs,
            conv_taps: taps(["conv1", "conv2", "conv3"]),
            strided,
            steps,
            activations: taps(["nonlin1", "nonlin2", "nonlin3"]),
            output: builder.child("output").tap(),
            backend: builder.backend(),
        })
    }
}

impl Module for Area {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let mut x = self.input.forward(x, pass)?;
        for (step, norms) in self.steps.iter().enumerate() {
            let is_last = step + 1 == self.steps.len();
            let record = |tap, x: &Tensor, pass: &mut Pass| match is_last {
                true => pass.record(tap, x),
                false => Ok(()),
            };
            let skip = match step {
                0 => self.skip.forward(&x, pass)?,
                _ => x.clone(),
            };
            for (place, (conv, norm)) in self.convs.iter().zip(norms).enumerate() {
                let conv = match (step, place) {
                    (0, 1) => &self.strided,
                    _ => conv,
                };
                x = conv.forward(&x, pass)?;
                record(self.conv_taps[place], &x, pass)?;
                x = norm.forward(&x, pass)?;
                x = match place {
                    2 => add(&x, &skip, Activation::Relu, self.backend)?,
                    _ => Activation::Relu.apply(&x, self.backend)?,
                };
                record(self.activations[place], &x, pass)?;
            }
        }
        pass.record(self.output, &x)?;
        Ok(x)
    }
}
