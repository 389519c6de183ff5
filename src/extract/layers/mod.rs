//! Layers of networks.
//!
//! Values are candle tensors; feature maps have the shape images × channels × height × width,
//! whatever their order in memory. On a CPU layers are computed by [`native`], which stores the
//! channels of a pixel contiguously, and on a GPU by candle. Both give the same numbers up to
//! rounding.

mod activation;
mod attention;
mod conv;
mod depthwise;
mod linear;
mod native;
mod norm;
mod pool;
mod scale;
mod shape;
mod squeeze_excitation;

pub(in crate::extract) use activation::Activation;
pub(in crate::extract) use attention::{Attention, AttentionBias, Packing, attention};
pub(in crate::extract) use conv::{Conv2d, ConvActivation, ConvNorm, ConvNormNames};
pub(in crate::extract) use linear::{Linear, LinearActivation};
pub(in crate::extract) use norm::{BatchNorm, LayerNorm, LayerNorm2d, TokenScale};
pub(in crate::extract) use pool::{AdaptiveAveragePool, AveragePool, MaxPool, global_average};
pub(in crate::extract) use scale::LayerScale;
pub(in crate::extract) use shape::{ConvSpec, MapShape, PoolSpec};
pub(in crate::extract) use squeeze_excitation::{Squeeze, SqueezeExcitation};

use candle_core::{CpuStorage, Device, Storage, Tensor};

use crate::extract::flow::{Flow, unsupported};

/// The implementation that computes layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Backend {
    /// Loops and matrix products of [`native`], on a CPU, one thread per call.
    Native,
    /// candle, on any device.
    Candle,
}

/// Calls `work` with the values of a CPU tensor, in the row-major order of its shape.
fn with_values<R>(x: &Tensor, work: impl FnOnce(&[f32]) -> R) -> Flow<R> {
    let x = x.contiguous()?;
    let (storage, layout) = x.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(values)) = &*storage else {
        return Err(unsupported("a tensor that is not `f32` on a CPU"));
    };
    let values = &values[layout.start_offset()..][..x.elem_count()];
    Ok(work(values))
}

/// Applies `work` to each image of a batch of feature maps, stored as height × width × channels.
///
/// A tensor of another rank is passed to `work` as a whole, with its last axis as channels.
fn each_image(
    x: &Tensor,
    mut work: impl FnMut(&[f32], MapShape) -> (Vec<f32>, MapShape),
) -> Flow<Tensor> {
    let Ok((n, channels, height, width)) = x.dims4() else {
        let dims = x.dims().to_vec();
        let channels = dims.last().copied().unwrap_or(1);
        let shape = MapShape {
            height: 1,
            width: x.elem_count() / channels.max(1),
            channels,
        };
        let (out, _) = with_values(x, |values| work(values, shape))?;
        return Ok(Tensor::from_vec(out, dims, &Device::Cpu)?);
    };
    let shape = MapShape {
        height,
        width,
        channels,
    };
    let by_pixel = x.permute((0, 2, 3, 1))?;
    let (out, shape) = with_values(&by_pixel, |values| {
        let mut images = values.chunks_exact(shape.len());
        let (mut out, mut out_shape) = (Vec::new(), shape);
        if n == 1 {
            (out, out_shape) = work(values, shape);
        } else {
            for image in &mut images {
                let (of_image, shape) = work(image, shape);
                out.extend_from_slice(&of_image);
                out_shape = shape;
            }
        }
        (out, out_shape)
    })?;
    maps(out, n, shape)
}

/// Creates feature maps from values in the order images × height × width × channels.
fn maps(values: Vec<f32>, n: usize, shape: MapShape) -> Flow<Tensor> {
    let dims = (n, shape.height, shape.width, shape.channels);
    let by_pixel = Tensor::from_vec(values, dims, &Device::Cpu)?;
    Ok(by_pixel.permute((0, 3, 1, 2))?)
}

/// Returns activation(x + other).
pub(in crate::extract) fn add(
    x: &Tensor,
    other: &Tensor,
    activation: Activation,
    backend: Backend,
) -> Flow<Tensor> {
    match backend {
        Backend::Candle => activation.apply(&(x + other)?, backend),
        Backend::Native => {
            // Feature maps have their channels last in memory. A contiguous tensor of rank 4 has
            // them last in its shape too.
            let is_permuted = x.dims().len() == 4 && !x.is_contiguous();
            let order = |x: &Tensor| match is_permuted {
                true => x.permute((0, 2, 3, 1)),
                false => Ok(x.clone()),
            };
            let (x, other) = (order(x)?, order(other)?);
            let sum = with_values(&x, |x| {
                with_values(&other, |other| {
                    let mut out = x.to_vec();
                    native::activation::add_and_activate(&mut out, other, activation);
                    out
                })
            })??;
            let sum = Tensor::from_vec(sum, x.dims(), &Device::Cpu)?;
            Ok(match is_permuted {
                true => sum.permute((0, 3, 1, 2))?,
                false => sum,
            })
        }
    }
}

/// Concatenates feature maps along their channels.
pub(in crate::extract) fn concatenate(maps: &[Tensor], backend: Backend) -> Flow<Tensor> {
    match backend {
        Backend::Candle => Ok(Tensor::cat(maps, 1)?),
        Backend::Native => {
            let by_pixel = |map: &Tensor| map.permute((0, 2, 3, 1))?.contiguous();
            let maps: candle_core::Result<Vec<Tensor>> = maps.iter().map(by_pixel).collect();
            Ok(Tensor::cat(&maps?, 3)?.permute((0, 3, 1, 2))?)
        }
    }
}
