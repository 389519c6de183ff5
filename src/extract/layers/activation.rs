//! Activation functions.

use candle_core::Tensor;

use super::{Backend, each_image, native};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::module::{Function, Module};

/// An activation function, which is applied to each value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::extract) enum Activation {
    Identity,
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
    /// x if x is positive, otherwise x times this slope.
    LeakyRelu(f32),
    /// min(max(x + 3, 0), 6) / 6.
    HardSigmoid,
    /// x · hard sigmoid(x).
    HardSwish,
    Sigmoid,
    /// x · sigmoid(x), also called swish.
    Silu,
    /// x · sigmoid(1.702 x), as in the CLIP models of OpenAI.
    QuickGelu,
    /// x · Φ(x), with the error function rather than an approximation.
    Gelu,
    /// The approximation of GELU by a hyperbolic tangent.
    GeluTanh,
}

impl Activation {
    /// Returns the activation with a name of transformers or timm, among those of transformers.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gelu" => Self::Gelu,
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_tanh" => Self::GeluTanh,
            "quick_gelu" => Self::QuickGelu,
            "relu" => Self::Relu,
            "silu" | "swish" => Self::Silu,
            _ => return None,
        })
    }

    /// Returns the names of the activation in programs, in small letters and digits.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Relu => &["relu"],
            Self::Relu6 => &["relu6"],
            Self::LeakyRelu(_) => &["leakyrelu", "leaky", "lrelu"],
            Self::HardSigmoid => &["hardsigmoid", "hsigmoid"],
            Self::HardSwish => &["hardswish", "hswish"],
            Self::Sigmoid => &["sigmoid"],
            Self::Silu => &["silu", "swish"],
            Self::QuickGelu => &["quickgelu"],
            Self::Gelu => &["gelu"],
            Self::GeluTanh => &["gelutanh", "gelunew", "gelupytorchtanh"],
        }
    }

    /// Applies the activation to a tensor of `f32`.
    pub fn apply(self, x: &Tensor, backend: Backend) -> Flow<Tensor> {
        match backend {
            _ if self == Activation::Identity => Ok(x.clone()),
            Backend::Native => each_image(x, |values, shape| {
                let mut out = values.to_vec();
                native::activation::bias_and_activate(&mut out, None, self);
                (out, shape)
            }),
            Backend::Candle => self.of_candle(x),
        }
    }

    /// Creates a module that applies the activation.
    pub fn module(self, builder: &Builder<'_>) -> impl Module + use<> {
        let backend = builder.backend();
        Function(move |x: &Tensor| self.apply(x, backend))
    }

    fn of_candle(self, x: &Tensor) -> Flow<Tensor> {
        // Comparisons of candle turn NaN into a finite value, depending on the device.
        let keep_nan = |out: Tensor| out + (x * 0.0)?;
        let hard_sigmoid = |x: &Tensor| (x + 3.0)?.clamp(0f32, 6f32)? / 6.0;
        let sigmoid = |x: &Tensor| candle_nn::ops::sigmoid(x);
        Ok(match self {
            Activation::Identity => x.clone(),
            Activation::Relu => keep_nan(x.relu()?)?,
            Activation::Relu6 => keep_nan(x.clamp(0f32, 6f32)?)?,
            Activation::LeakyRelu(slope) => keep_nan(candle_nn::ops::leaky_relu(x, slope.into())?)?,
            Activation::HardSigmoid => keep_nan(hard_sigmoid(x)?)?,
            Activation::HardSwish => (x * hard_sigmoid(x)?)?,
            Activation::Sigmoid => sigmoid(x)?,
            Activation::Silu => x.silu()?,
            Activation::QuickGelu => (x * sigmoid(&(x * 1.702)?)?)?,
            Activation::Gelu => x.gelu_erf()?,
            Activation::GeluTanh => x.gelu()?,
        })
    }
}
