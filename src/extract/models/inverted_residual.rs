//! Blocks of mobile networks: residual blocks with more channels inside than outside, and the
//! rounding of numbers of channels.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Backend, ConvNorm, ConvSpec, Squeeze, SqueezeExcitation, add,
};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

/// Returns the multiple of `divisor` nearest to a number of channels, at least `divisor` and at
/// least nine tenths of that number.
pub(super) fn make_divisible(channels: f64, divisor: usize) -> usize {
    let nearest = (channels + divisor as f64 / 2.0) as usize / divisor * divisor;
    let nearest = nearest.max(divisor);
    match (nearest as f64) < 0.9 * channels {
        true => nearest + divisor,
        false => nearest,
    }
}

/// A branch to whose output the input is added if both have the same shape.
pub(super) struct Residual {
    branch: Tapped<Sequential>,
    adds: bool,
    /// Tap of the output of the branch, before the input is added.
    added: TapSlot,
    backend: Backend,
}

impl Residual {
    /// Creates the branch as the child with this name.
    pub fn new(
        builder: &Builder<'_>,
        name: &str,
        adds: bool,
        build: impl FnOnce(&Builder<'_>) -> Result<Sequential>,
    ) -> Result<Self> {
        Ok(Self {
            branch: Tapped::new(builder, name, build)?,
            adds,
            added: TapSlot::none(),
            backend: builder.backend(),
        })
    }

    /// Sets the name under which the output of a branch with addition can be tapped: stochastic
    /// depth, which does nothing at inference.
    pub fn with_stochastic_depth(mut self, builder: &Builder<'_>, name: &str) -> Self {
        if self.adds {
            self.added = builder.child(name).tap();
        }
        self
    }
}

impl Module for Residual {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let out = self.branch.forward(x, pass)?;
        if !self.adds {
            return Ok(out);
        }
        pass.record(self.added, &out)?;
        add(&out, x, Activation::Identity, self.backend)
    }
}

/// Channels before, inside and after an inverted residual block, and its convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct InvertedShape {
    pub inputs: usize,
    pub expanded: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub stride: usize,
}

impl InvertedShape {
    pub fn keeps_shape(self) -> bool {
        self.stride == 1 && self.inputs == self.outputs
    }

    pub fn expand(self) -> ConvSpec {
        ConvSpec::new(self.inputs, self.expanded, 1)
    }

    pub fn depthwise(self) -> ConvSpec {
        ConvSpec::same(self.expanded, self.expanded, self.kernel)
            .stride(self.stride)
            .groups(self.expanded)
    }

    pub fn project(self) -> ConvSpec {
        ConvSpec::new(self.expanded, self.outputs, 1)
    }
}

/// Creates the branch of a block of MobileNetV3 and EfficientNet: a 1×1 convolution to more
/// channels, a depthwise convolution, squeeze and excitation, and a 1×1 convolution to fewer
/// channels.
pub(super) fn inverted_branch(
    builder: &Builder<'_>,
    shape: InvertedShape,
    epsilon: f64,
    activation: Activation,
    squeeze: Option<Squeeze>,
) -> Result<Sequential> {
    let mut branch = Sequential::default();
    let conv = |branch: &mut Sequential, spec, activation| {
        branch.push_numbered(builder, |b| {
            ConvNorm::numbered(b, spec, epsilon, activation)
        })
    };
    if shape.expanded != shape.inputs {
        conv(&mut branch, shape.expand(), activation)?;
    }
    conv(&mut branch, shape.depthwise(), activation)?;
    if let Some(squeeze) = squeeze {
        branch.push_numbered(builder, |b| {
            SqueezeExcitation::new(b, shape.expanded, squeeze)
        })?;
    }
    conv(&mut branch, shape.project(), Activation::Identity)?;
    Ok(branch)
}
