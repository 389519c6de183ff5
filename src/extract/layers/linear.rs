//! Linear layers.

use candle_core::{Device, Tensor};

use super::{Activation, Backend, native, with_values};
use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::module::Module;
use crate::extract::taps::{Pass, TapSlot};

/// A linear layer, x Wᵀ + b along the last axis, optionally followed by an activation.
pub(in crate::extract) struct Linear {
    inputs: usize,
    outputs: usize,
    weights: Prepared,
    activation: Activation,
}

/// Weights in the form that a backend needs.
enum Prepared {
    /// Inputs × outputs.
    Native {
        weights: Vec<f32>,
        bias: Option<Vec<f32>>,
    },
    Candle {
        weights: Tensor,
        bias: Option<Tensor>,
    },
}

impl Linear {
    /// Reads `weight` (outputs × inputs) and `bias`.
    pub fn new(builder: &Builder<'_>, inputs: usize, outputs: usize) -> Result<Self> {
        Self::named(builder, inputs, outputs, "weight", Some("bias"))
    }

    /// Reads a classifier: `weight` (classes × inputs) and `bias`.
    ///
    /// The number of classes is that of the stored weight, or `n_classes` if none is stored.
    pub fn classifier(builder: &Builder<'_>, inputs: usize, n_classes: usize) -> Result<Self> {
        Self::new(builder, inputs, builder.n_classes("weight", n_classes))
    }

    /// Reads `weight` (outputs × inputs) for a layer without a bias.
    pub fn without_bias(builder: &Builder<'_>, inputs: usize, outputs: usize) -> Result<Self> {
        Self::named(builder, inputs, outputs, "weight", None)
    }

    /// Reads weights (outputs × inputs) and an optional bias with these names.
    pub fn named(
        builder: &Builder<'_>,
        inputs: usize,
        outputs: usize,
        weight: &str,
        bias: Option<&str>,
    ) -> Result<Self> {
        let weights = builder.values(weight, &[outputs, inputs], Init::LinearWeight)?;
        let bias = match bias {
            Some(bias) => Some(builder.values(bias, &[outputs], Init::Bias)?),
            None => None,
        };
        Self::of_rows(builder, inputs, outputs, weights, bias)
    }

    /// Creates a layer from weights of outputs × inputs.
    pub fn of_rows(
        builder: &Builder<'_>,
        inputs: usize,
        outputs: usize,
        weights: Vec<f32>,
        bias: Option<Vec<f32>>,
    ) -> Result<Self> {
        let by_input = match builder.is_outline() {
            true => Vec::new(),
            false => transpose(&weights, inputs, outputs),
        };
        drop(weights);
        Self::of_values(builder, inputs, outputs, by_input, bias)
    }

    /// Creates a layer from weights of inputs × outputs.
    pub fn of_values(
        builder: &Builder<'_>,
        inputs: usize,
        outputs: usize,
        weights: Vec<f32>,
        bias: Option<Vec<f32>>,
    ) -> Result<Self> {
        let weights = match builder.backend() {
            Backend::Native => Prepared::Native { weights, bias },
            Backend::Candle => Prepared::Candle {
                weights: builder.tensor(weights, &[inputs, outputs])?,
                bias: match bias {
                    Some(bias) => Some(builder.tensor(bias, &[outputs])?),
                    None => None,
                },
            },
        };
        Ok(Self {
            inputs,
            outputs,
            weights,
            activation: Activation::Identity,
        })
    }

    /// Sets the activation that follows the layer.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }
}

/// Transposes a row-major matrix of `n_rows` × `n_columns`.
fn transpose(values: &[f32], n_columns: usize, n_rows: usize) -> Vec<f32> {
    /// Number of values in a cache line, which is written at once.
    const BLOCK: usize = 16;

    let mut out = vec![0.0; values.len()];
    for (block, rows) in values.chunks(BLOCK * n_columns).enumerate() {
        for (index, column) in out.chunks_exact_mut(n_rows).enumerate() {
            let rows = rows.chunks_exact(n_columns);
            for (out, row) in column[BLOCK * block..].iter_mut().zip(rows) {
                *out = row[index];
            }
        }
    }
    out
}

impl Module for Linear {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let mut dims = x.dims().to_vec();
        let n_rows = x.elem_count() / self.inputs;
        if let Some(last) = dims.last_mut() {
            *last = self.outputs;
        }
        match &self.weights {
            Prepared::Native { weights, bias } => {
                let out = with_values(x, |rows| {
                    let bias = bias.as_deref();
                    native::linear::linear(rows, weights, self.outputs, bias, self.activation)
                })?;
                Ok(Tensor::from_vec(out, dims, &Device::Cpu)?)
            }
            Prepared::Candle { weights, bias } => {
                let rows = x.reshape((n_rows, self.inputs))?;
                let mut out = rows.matmul(weights)?;
                if let Some(bias) = bias {
                    out = out.broadcast_add(bias)?;
                }
                self.activation.apply(&out.reshape(dims)?, Backend::Candle)
            }
        }
    }
}

/// A linear layer and an activation, computed together unless the output of the linear layer is
/// tapped.
pub(in crate::extract) struct LinearActivation {
    linear: Linear,
    linear_tap: TapSlot,
    activation: Activation,
    activation_tap: TapSlot,
    backend: Backend,
}

impl LinearActivation {
    /// Creates the layers from the children with these names.
    pub fn new(
        builder: &Builder<'_>,
        [linear, of_activation]: [&str; 2],
        inputs: usize,
        outputs: usize,
        activation: Activation,
    ) -> Result<Self> {
        builder.note_activation(activation);
        let child = builder.child(linear);
        let linear_tap = child.tap();
        let (fused, separate) = match linear_tap.is_wanted() {
            true => (Activation::Identity, activation),
            false => (activation, Activation::Identity),
        };
        Ok(Self {
            linear: Linear::new(&child, inputs, outputs)?.with_activation(fused),
            linear_tap,
            activation: separate,
            activation_tap: builder.child(of_activation).tap(),
            backend: builder.backend(),
        })
    }
}

impl Module for LinearActivation {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let mut x = self.linear.forward(x, pass)?;
        pass.record(self.linear_tap, &x)?;
        x = self.activation.apply(&x, self.backend)?;
        pass.record(self.activation_tap, &x)?;
        Ok(x)
    }
}
