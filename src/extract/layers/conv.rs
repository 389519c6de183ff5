//! Convolutions, alone or followed by a normalization that is folded into them.

use candle_core::Tensor;

use super::depthwise::PlacedWeights;
use super::native::conv::Filters;
use super::native::depthwise::DepthwiseFilters;
use super::norm::Moments;
use super::{Activation, Backend, BatchNorm, ConvSpec, each_image};
use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::module::Module;
use crate::extract::taps::{Pass, TapSlot};

/// A two-dimensional convolution, optionally followed by an activation.
pub(in crate::extract) struct Conv2d {
    spec: ConvSpec,
    filters: Prepared,
    activation: Activation,
}

/// Filters in the form that a backend needs.
enum Prepared {
    Dense(Filters),
    Depthwise(DepthwiseFilters),
    Candle {
        weights: OnDevice,
        bias: Option<Tensor>,
    },
}

enum OnDevice {
    Grouped(Tensor),
    Depthwise(PlacedWeights),
}

impl Conv2d {
    /// Reads `weight` and, if `has_bias`, `bias`.
    pub fn new(builder: &Builder<'_>, spec: ConvSpec, has_bias: bool) -> Result<Self> {
        let (weights, bias) = read(builder, spec, has_bias)?;
        Self::of_values(builder, spec, weights, bias, Activation::Identity)
    }

    /// Sets the activation that follows the convolution.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Creates a convolution from weights of outputs × (inputs / groups) × height × width.
    pub fn of_values(
        builder: &Builder<'_>,
        spec: ConvSpec,
        weights: Vec<f32>,
        bias: Option<Vec<f32>>,
        activation: Activation,
    ) -> Result<Self> {
        let filters = match builder.backend() {
            _ if builder.is_outline() => Prepared::Candle {
                weights: OnDevice::Grouped(builder.tensor(Vec::new(), &[0])?),
                bias: None,
            },
            Backend::Native if spec.is_depthwise() => {
                Prepared::Depthwise(DepthwiseFilters::new(spec, &weights, bias))
            }
            Backend::Native => Prepared::Dense(Filters::new(spec, &weights, bias)),
            Backend::Candle => Prepared::Candle {
                weights: match spec.is_depthwise() {
                    true => OnDevice::Depthwise(PlacedWeights::new(builder, spec, &weights)?),
                    false => OnDevice::Grouped(builder.tensor(weights, &spec.weights())?),
                },
                bias: match bias {
                    Some(bias) => Some(builder.tensor(bias, &[1, spec.outputs, 1, 1])?),
                    None => None,
                },
            },
        };
        Ok(Self {
            spec,
            filters,
            activation,
        })
    }

    fn of_candle(&self, x: &Tensor, weights: &OnDevice, bias: Option<&Tensor>) -> Flow<Tensor> {
        let out = match weights {
            OnDevice::Depthwise(weights) => weights.convolve(x, self.spec)?,
            OnDevice::Grouped(weights) => self.grouped(x, weights)?,
        };
        let out = match bias {
            Some(bias) => out.broadcast_add(bias)?,
            None => out,
        };
        self.activation.apply(&out, Backend::Candle)
    }

    fn grouped(&self, x: &Tensor, weights: &Tensor) -> Flow<Tensor> {
        let ConvSpec { stride, groups, .. } = self.spec;
        let (_, _, height, width) = x.dims4()?;
        let [above, below] = self.spec.zeros(0, height);
        let [before, after] = self.spec.zeros(1, width);
        // candle takes the same padding for all sides.
        let (x, padding) = match [above, below, before] == [below, before, after] {
            true => (x.clone(), above),
            false => {
                let x = x.pad_with_zeros(2, above, below)?;
                (x.pad_with_zeros(3, before, after)?, 0)
            }
        };
        Ok(x.conv2d(weights, padding, stride[0], 1, groups)?)
    }
}

impl Module for Conv2d {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        self.spec.check(height, width)?;
        match &self.filters {
            Prepared::Dense(filters) => {
                each_image(x, |x, shape| filters.apply(x, shape, self.activation))
            }
            Prepared::Depthwise(filters) => {
                each_image(x, |x, shape| filters.apply(x, shape, self.activation))
            }
            Prepared::Candle { weights, bias } => self.of_candle(x, weights, bias.as_ref()),
        }
    }
}

/// Reads the weights and the bias of a convolution.
fn read(
    builder: &Builder<'_>,
    spec: ConvSpec,
    has_bias: bool,
) -> Result<(Vec<f32>, Option<Vec<f32>>)> {
    let weights = builder.values("weight", &spec.weights(), Init::ConvWeight)?;
    let bias = match has_bias {
        true => Some(builder.values("bias", &[spec.outputs], Init::Bias)?),
        false => None,
    };
    Ok((weights, bias))
}

/// The names of the three modules, relative to the module that contains them.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct ConvNormNames<'n> {
    pub conv: &'n str,
    pub norm: &'n str,
    /// `None` if there is no activation, or if it cannot be tapped.
    pub activation: Option<&'n str>,
}

/// A convolution, a batch normalization and an activation.
///
/// The normalization is folded into the filters, unless the output of the convolution is tapped.
pub(in crate::extract) struct ConvNorm {
    conv: Conv2d,
    conv_tap: TapSlot,
    norm: Option<BatchNorm>,
    norm_tap: TapSlot,
    activation: Activation,
    activation_tap: TapSlot,
    backend: Backend,
}

impl ConvNorm {
    /// Creates the layers, with a convolution that has no bias.
    pub fn new(
        builder: &Builder<'_>,
        names: ConvNormNames<'_>,
        spec: ConvSpec,
        epsilon: f64,
        activation: Activation,
    ) -> Result<Self> {
        Self::assemble(builder, names, spec, false, epsilon, activation)
    }

    /// Creates the layers, with a convolution that has a bias.
    pub fn with_bias(
        builder: &Builder<'_>,
        names: ConvNormNames<'_>,
        spec: ConvSpec,
        epsilon: f64,
        activation: Activation,
    ) -> Result<Self> {
        Self::assemble(builder, names, spec, true, epsilon, activation)
    }

    fn assemble(
        builder: &Builder<'_>,
        names: ConvNormNames<'_>,
        spec: ConvSpec,
        has_bias: bool,
        epsilon: f64,
        activation: Activation,
    ) -> Result<Self> {
        builder.note_activation(activation);
        let of_conv = builder.child(names.conv);
        let (weights, bias) = read(&of_conv, spec, has_bias)?;
        let conv_tap = of_conv.tap();
        let of_norm = builder.child(names.norm);
        let moments = Moments::read(&of_norm, spec.outputs, epsilon)?;
        // In timm the activation is a part of the normalization.
        let norm_tap = match names.activation == Some(names.norm) {
            true => TapSlot::none(),
            false => of_norm.tap(),
        };
        let activation_tap = match names.activation {
            Some(name) => builder.child(name).tap(),
            None => TapSlot::none(),
        };
        let folds_norm = !conv_tap.is_wanted() && !builder.is_outline();
        let folds_activation = folds_norm && !norm_tap.is_wanted();
        let (weights, bias, norm) = match folds_norm {
            true => {
                let (weights, bias) = moments.fold(weights, bias.as_deref(), spec.window_len());
                (weights, Some(bias), None)
            }
            false => (weights, bias, Some(BatchNorm::of(builder, moments)?)),
        };
        let (fused, separate) = match folds_activation {
            true => (activation, Activation::Identity),
            false => (Activation::Identity, activation),
        };
        Ok(Self {
            conv: Conv2d::of_values(builder, spec, weights, bias, fused)?,
            conv_tap,
            norm,
            norm_tap,
            activation: separate,
            activation_tap,
            backend: builder.backend(),
        })
    }

    /// Creates the layers from the children `0`, `1` and, if there is an activation, `2`, as in
    /// torchvision's `Conv2dNormActivation`.
    pub fn numbered(
        builder: &Builder<'_>,
        spec: ConvSpec,
        epsilon: f64,
        activation: Activation,
    ) -> Result<Self> {
        let names = ConvNormNames {
            conv: "0",
            norm: "1",
            activation: match activation {
                Activation::Identity => None,
                _ => Some("2"),
            },
        };
        Self::new(builder, names, spec, epsilon, activation)
    }
}

impl Module for ConvNorm {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let mut x = self.conv.forward(x, pass)?;
        pass.record(self.conv_tap, &x)?;
        if let Some(norm) = &self.norm {
            x = norm.forward(&x, pass)?;
        }
        pass.record(self.norm_tap, &x)?;
        x = self.activation.apply(&x, self.backend)?;
        pass.record(self.activation_tap, &x)?;
        Ok(x)
    }
}

/// A convolution with a bias and an activation, computed together unless the output of the
/// convolution is tapped.
pub(in crate::extract) struct ConvActivation {
    conv: Conv2d,
    conv_tap: TapSlot,
    activation: Activation,
    activation_tap: TapSlot,
    backend: Backend,
}

impl ConvActivation {
    /// Creates the layers; `names` are those of the convolution and of the activation.
    pub fn new(
        builder: &Builder<'_>,
        names: [&str; 2],
        spec: ConvSpec,
        activation: Activation,
    ) -> Result<Self> {
        builder.note_activation(activation);
        let [of_conv, of_activation] = names.map(|name| builder.child(name));
        let conv = Conv2d::new(&of_conv, spec, true)?;
        let (conv_tap, activation_tap) = (of_conv.tap(), of_activation.tap());
        let (conv, separate) = match conv_tap.is_wanted() {
            false => (conv.with_activation(activation), Activation::Identity),
            true => (conv, activation),
        };
        Ok(Self {
            conv,
            conv_tap,
            activation: separate,
            activation_tap,
            backend: builder.backend(),
        })
    }
}

impl Module for ConvActivation {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let x = self.conv.forward(x, pass)?;
        pass.record(self.conv_tap, &x)?;
        let x = self.activation.apply(&x, self.backend)?;
        pass.record(self.activation_tap, &x)?;
        Ok(x)
    }
}
