//! What mobile networks have in common: residual blocks that are wide inside and narrow outside, and the
//! rounding of channels.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Backend, ConvNorm, ConvSpec, Squeeze, SqueezeExcitation, add,
};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

/// The multiple of `divisor` next to a number of channels, at least one and not below nine tenths of it.
pub(super) fn make_divisible(channels: f64, divisor: usize) -> usize {
    let nearest = (channels + divisor as f64 / 2.0) as usize / divisor * divisor;
    let nearest = nearest.max(divisor);
    match (nearest as f64) < 0.9 * channels {
        true => nearest + divisor,
        false => nearest,
    }
}

/// A branch, to whose result the input is added where it has the same shape.
pub(super) struct Residual {
    branch: Tapped<Sequential>,
    adds: bool,
    /// What is added to the input.
    added: TapSlot,
    backend: Backend,
}

impl Residual {
    /// The branch is the child of this name.
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

    /// The same, with a module of this name between the branch and the sum, which is called where there is
    /// one and does nothing at inference.
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

/// Channels before, in and behind an inverted residual block, and its convolution.
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

/// The branch of a block of MobileNetV3 and EfficientNet: a 1×1 convolution to more channels, a depthwise
/// one, squeeze and excitation, and a 1×1 convolution to few.
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
