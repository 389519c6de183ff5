//! Blocks that several families share.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Backend, ConvNorm, ConvNormNames, ConvSpec, add, concatenate,
};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

/// Branches that have the same input, and whose outputs are concatenated along their channels.
pub(super) struct Branches {
    branches: Vec<Sequential>,
    backend: Backend,
}

impl Branches {
    pub fn new(builder: &Builder<'_>, branches: Vec<Sequential>) -> Self {
        Self {
            branches,
            backend: builder.backend(),
        }
    }
}

impl Module for Branches {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let maps = self.branches.iter().map(|branch| branch.forward(x, pass));
        let maps = maps.collect::<Flow<Vec<_>>>()?;
        concatenate(&maps, self.backend)
    }
}

/// A residual block: the ReLU of the sum of a branch and a shortcut.
pub(super) struct Residual {
    branch: Sequential,
    shortcut: Option<Tapped<Sequential>>,
    relu: Option<TapSlot>,
    backend: Backend,
}

impl Residual {
    /// Creates a block. A shortcut of `None` is the identity; `relu` is the name under which the
    /// ReLU can be tapped.
    pub fn new(
        builder: &Builder<'_>,
        branch: Sequential,
        shortcut: Option<Tapped<Sequential>>,
        relu: Option<&str>,
    ) -> Self {
        Self {
            branch,
            shortcut,
            relu: relu.map(|name| builder.child(name).tap()),
            backend: builder.backend(),
        }
    }
}

impl Module for Residual {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let branch = self.branch.forward(x, pass)?;
        let shortcut = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, pass)?,
            None => x.clone(),
        };
        let out = add(&branch, &shortcut, Activation::Relu, self.backend)?;
        if let Some(relu) = self.relu {
            pass.record(relu, &out)?;
        }
        Ok(out)
    }
}

/// Creates the convolution of GoogLeNet and Inception: `conv`, `bn`, and a ReLU that cannot be
/// tapped.
pub(super) fn basic_conv(builder: &Builder<'_>, spec: ConvSpec) -> Result<ConvNorm> {
    let names = ConvNormNames {
        conv: "conv",
        norm: "bn",
        activation: None,
    };
    ConvNorm::new(builder, names, spec, 1e-3, Activation::Relu)
}

/// Notes a [`basic_conv`] that is used in training only.
pub(super) fn note_unused_basic_conv(builder: &Builder<'_>, spec: ConvSpec) {
    builder.note_unused("conv.weight", &spec.weights());
    let norm = builder.child("bn");
    for name in ["weight", "bias"] {
        norm.note_unused(name, &[spec.outputs]);
    }
    for name in ["running_mean", "running_var"] {
        norm.note_unused_buffer(name, &[spec.outputs]);
    }
    norm.note_unused_buffer("num_batches_tracked", &[]);
}

/// Notes a linear layer that is used in training only.
pub(super) fn note_unused_linear(builder: &Builder<'_>, inputs: usize, outputs: usize) {
    builder.note_unused("weight", &[outputs, inputs]);
    builder.note_unused("bias", &[outputs]);
}
