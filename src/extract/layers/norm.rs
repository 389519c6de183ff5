//! Normalization layers.

use candle_core::Tensor;

use super::{Activation, Backend, MapShape, each_image, native};
use crate::error::{Error, ExtractError, Result};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::module::Module;
use crate::extract::taps::Pass;

/// A batch normalization at inference: x · scale + shift for each channel.
pub(super) struct Moments {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Moments {
    /// Reads `weight`, `bias`, `running_mean` and `running_var`; `num_batches_tracked` is noted but
    /// not used.
    pub fn read(builder: &Builder<'_>, n: usize, epsilon: f64) -> Result<Self> {
        let weight = builder.values("weight", &[n], Init::Ones)?;
        let bias = builder.values("bias", &[n], Init::Zeros)?;
        let mean = builder.buffer("running_mean", &[n], Init::Zeros)?;
        let variance = builder.buffer("running_var", &[n], Init::Ones)?;
        builder.note_unused_buffer("num_batches_tracked", &[]);
        if let Some(index) = variance.iter().position(|&variance| variance < 0.0) {
            return Err(Error::from(ExtractError::NegativeVariance {
                parameter: builder.key("running_var"),
                index,
                value: variance[index],
            }));
        }
        let epsilon = builder.epsilon(epsilon);
        let scales = weight.iter().zip(&variance);
        let scales: Vec<f64> = scales
            .map(|(&weight, &variance)| f64::from(weight) / (f64::from(variance) + epsilon).sqrt())
            .collect();
        let shifts = bias.iter().zip(&mean).zip(&scales);
        let shift = shifts
            .map(|((&bias, &mean), scale)| (f64::from(bias) - f64::from(mean) * scale) as f32)
            .collect();
        Ok(Self {
            scale: scales.iter().map(|&scale| scale as f32).collect(),
            shift,
        })
    }

    /// Folds the normalization into the convolution before it, and returns the new weights and
    /// bias.
    ///
    /// `window` is the number of weights of a filter.
    pub fn fold(
        mut self,
        mut weights: Vec<f32>,
        bias: Option<&[f32]>,
        window: usize,
    ) -> (Vec<f32>, Vec<f32>) {
        for (filter, scale) in weights.chunks_exact_mut(window).zip(&self.scale) {
            filter.iter_mut().for_each(|weight| *weight *= scale);
        }
        let biases = bias.into_iter().flatten();
        for ((shift, scale), bias) in self.shift.iter_mut().zip(&self.scale).zip(biases) {
            *shift += bias * scale;
        }
        (weights, self.shift)
    }
}

/// Batch normalization at inference, optionally followed by an activation.
pub(in crate::extract) struct BatchNorm {
    moments: Moments,
    /// Scale and shift on the device, for candle.
    on_device: Option<[Tensor; 2]>,
    activation: Activation,
}

impl BatchNorm {
    pub fn new(builder: &Builder<'_>, n: usize, epsilon: f64) -> Result<Self> {
        Self::of(builder, Moments::read(builder, n, epsilon)?)
    }

    pub(super) fn of(builder: &Builder<'_>, moments: Moments) -> Result<Self> {
        let n = moments.scale.len();
        let on_device = match builder.backend() {
            Backend::Native => None,
            Backend::Candle => Some([
                builder.tensor(moments.scale.clone(), &[1, n, 1, 1])?,
                builder.tensor(moments.shift.clone(), &[1, n, 1, 1])?,
            ]),
        };
        Ok(Self {
            moments,
            on_device,
            activation: Activation::Identity,
        })
    }

    /// Sets the activation that follows the normalization.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Normalizes the concatenation of feature maps along their channels.
    pub fn of_concatenated(&self, maps: &[Tensor]) -> Flow<Tensor> {
        if self.on_device.is_some() {
            return self.normalize(&Tensor::cat(maps, 1)?);
        }
        let Moments { scale, shift } = &self.moments;
        let (mut out, mut first, mut dims) = (Vec::new(), 0, (0, 0, 0));
        for map in maps {
            let (n, channels, height, width) = map.dims4()?;
            dims = (n, height, width);
            out.resize(n * height * width * scale.len(), 0.0);
            super::with_values(&map.permute((0, 2, 3, 1))?, |values| {
                let scale = &scale[first..][..channels];
                native::norm::scale_into(values, scale, &mut out, shift.len(), first);
            })?;
            first += channels;
        }
        native::activation::bias_and_activate(&mut out, Some(shift), self.activation);
        let (n, height, width) = dims;
        let channels = scale.len();
        super::maps(
            out,
            n,
            MapShape {
                height,
                width,
                channels,
            },
        )
    }

    fn normalize(&self, x: &Tensor) -> Flow<Tensor> {
        match &self.on_device {
            Some([scale, shift]) => {
                let out = x.broadcast_mul(scale)?.broadcast_add(shift)?;
                self.activation.apply(&out, Backend::Candle)
            }
            None => each_image(x, |values, shape| {
                let Moments { scale, shift } = &self.moments;
                let out = native::norm::affine(values, scale, shift, self.activation);
                (out, shape)
            }),
        }
    }
}

impl Module for BatchNorm {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        self.normalize(x)
    }
}

/// Layer normalization over the last axis.
pub(in crate::extract) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f64,
    /// Weight and bias on the device, for candle.
    on_device: Option<[Tensor; 2]>,
}

impl LayerNorm {
    /// Reads `weight` and `bias`.
    pub fn new(builder: &Builder<'_>, n: usize, epsilon: f64) -> Result<Self> {
        let weight = builder.values("weight", &[n], Init::Ones)?;
        let bias = builder.values("bias", &[n], Init::Zeros)?;
        let on_device = match builder.backend() {
            Backend::Native => None,
            Backend::Candle => Some([
                builder.tensor(weight.clone(), &[n])?,
                builder.tensor(bias.clone(), &[n])?,
            ]),
        };
        Ok(Self {
            weight,
            bias,
            epsilon: builder.epsilon(epsilon),
            on_device,
        })
    }
}

impl Module for LayerNorm {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        match &self.on_device {
            Some([weight, bias]) => {
                let x = x.contiguous()?;
                Ok(candle_nn::ops::layer_norm(
                    &x,
                    weight,
                    bias,
                    self.epsilon as f32,
                )?)
            }
            None => {
                let out = super::with_values(x, |values| {
                    native::norm::layer_norm(values, &self.weight, &self.bias, self.epsilon as f32)
                })?;
                Ok(Tensor::from_vec(out, x.dims(), x.device())?)
            }
        }
    }
}

/// A learned factor for each feature of tokens: Touvron et al., "Going deeper with image
/// transformers" (2021).
pub(in crate::extract) struct TokenScale {
    gamma: Vec<f32>,
    /// The same values on the device, for candle.
    on_device: Option<Tensor>,
}

impl TokenScale {
    /// Reads `gamma`, which is initialized to 1e-5 as in DINOv2.
    pub fn new(builder: &Builder<'_>, n: usize) -> Result<Self> {
        Self::named(builder, "gamma", n)
    }

    /// Reads the factors with this name.
    pub fn named(builder: &Builder<'_>, name: &str, n: usize) -> Result<Self> {
        let gamma = builder.values(name, &[n], Init::Constant(1e-5))?;
        let on_device = match builder.backend() {
            Backend::Native => None,
            Backend::Candle => Some(builder.tensor(gamma.clone(), &[n])?),
        };
        Ok(Self { gamma, on_device })
    }
}

impl Module for TokenScale {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        match &self.on_device {
            Some(gamma) => Ok(x.broadcast_mul(gamma)?),
            None => {
                let out = super::with_values(x, |values| native::norm::scale(values, &self.gamma))?;
                Ok(Tensor::from_vec(out, x.dims(), x.device())?)
            }
        }
    }
}

/// Layer normalization over the channels of each pixel.
pub(in crate::extract) struct LayerNorm2d(LayerNorm);

impl LayerNorm2d {
    /// Reads `weight` and `bias`.
    pub fn new(builder: &Builder<'_>, n: usize, epsilon: f64) -> Result<Self> {
        Ok(Self(LayerNorm::new(builder, n, epsilon)?))
    }
}

impl Module for LayerNorm2d {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        // On a CPU the channels of a pixel are contiguous, so that nothing is copied.
        let by_pixel = self.0.forward(&x.permute((0, 2, 3, 1))?, pass)?;
        Ok(by_pixel.permute((0, 3, 1, 2))?)
    }
}
