//! Squeeze and excitation: Hu, Shen & Sun, "Squeeze-and-excitation networks" (2018).

use candle_core::Tensor;

use super::scale::scale;
use super::{Activation, AdaptiveAveragePool, Backend, Conv2d, ConvSpec};
use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::module::{Module, Sequential};
use crate::extract::taps::Pass;

/// A squeeze-and-excitation layer: multiplies each channel by a weight, which two layers compute
/// from the means of all channels.
pub(in crate::extract) struct SqueezeExcitation {
    weights: Sequential,
    backend: Backend,
}

/// The hidden channels and the activations of a [`SqueezeExcitation`].
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct Squeeze {
    pub channels: usize,
    pub activation: Activation,
    pub gate: Activation,
}

impl SqueezeExcitation {
    /// Reads `fc1` and `fc2`, named as in torchvision.
    pub fn new(builder: &Builder<'_>, channels: usize, squeeze: Squeeze) -> Result<Self> {
        let names = ["avgpool", "fc1", "activation", "fc2", "scale_activation"];
        Self::named(builder, names, channels, squeeze)
    }

    /// Reads `conv_reduce` and `conv_expand`, named as in timm, where the pooling is not a module.
    pub fn of_timm(builder: &Builder<'_>, channels: usize, squeeze: Squeeze) -> Result<Self> {
        let names = ["", "conv_reduce", "act1", "conv_expand", "gate"];
        Self::named(builder, names, channels, squeeze)
    }

    /// Creates the layer; an empty name is that of a function without a module.
    fn named(
        builder: &Builder<'_>,
        [pool, reduce, activation, expand, gate]: [&str; 5],
        channels: usize,
        squeeze: Squeeze,
    ) -> Result<Self> {
        let down = ConvSpec::new(channels, squeeze.channels, 1);
        let up = ConvSpec::new(squeeze.channels, channels, 1);
        let mut weights = Sequential::default();
        match pool {
            "" => weights.add(AdaptiveAveragePool::new(builder, 1)),
            _ => weights.push(builder, pool, |b| Ok(AdaptiveAveragePool::new(b, 1)))?,
        }
        weights.push(builder, reduce, |b| Conv2d::new(b, down, true))?;
        weights.push(builder, activation, |b| Ok(squeeze.activation.module(b)))?;
        weights.push(builder, expand, |b| Conv2d::new(b, up, true))?;
        weights.push(builder, gate, |b| Ok(squeeze.gate.module(b)))?;
        Ok(Self {
            weights,
            backend: builder.backend(),
        })
    }
}

impl Module for SqueezeExcitation {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let weights = self.weights.forward(x, pass)?;
        scale(x, &weights, None, self.backend)
    }
}
