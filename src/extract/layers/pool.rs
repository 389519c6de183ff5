//! Pooling layers.

use candle_core::{D, Tensor};

use super::{Backend, MapShape, PoolSpec, each_image, native};
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::module::Module;
use crate::extract::taps::Pass;

/// Max pooling: the largest value of each window.
pub(in crate::extract) struct MaxPool {
    spec: PoolSpec,
    backend: Backend,
}

impl MaxPool {
    pub fn new(builder: &Builder<'_>, spec: PoolSpec) -> Self {
        Self {
            spec,
            backend: builder.backend(),
        }
    }
}

impl Module for MaxPool {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        self.spec.check(height, width)?;
        match self.backend {
            Backend::Native => each_image(x, |x, shape| native::pool::max(x, shape, self.spec)),
            Backend::Candle => {
                let padded = pad(x, self.spec, f32::NEG_INFINITY)?;
                let PoolSpec { kernel, stride, .. } = self.spec;
                let largest = padded.max_pool2d_with_stride(kernel, stride)?;
                // candle ignores NaN in comparisons, but not in sums.
                let zeros = pad(&(x * 0.0)?, self.spec, 0.0)?;
                Ok((largest + zeros.avg_pool2d_with_stride(kernel, stride)?)?)
            }
        }
    }
}

/// Average pooling: the mean of each window.
pub(in crate::extract) struct AveragePool {
    spec: PoolSpec,
    backend: Backend,
}

impl AveragePool {
    pub fn new(builder: &Builder<'_>, spec: PoolSpec) -> Self {
        Self {
            spec,
            backend: builder.backend(),
        }
    }
}

impl Module for AveragePool {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        self.spec.check(height, width)?;
        match self.backend {
            Backend::Native => each_image(x, |x, shape| native::pool::average(x, shape, self.spec)),
            Backend::Candle => {
                let PoolSpec { kernel, stride, .. } = self.spec;
                let sums = pad(x, self.spec, 0.0)?.avg_pool2d_with_stride(kernel, stride)?;
                let shape = shape_of(x)?;
                let out_shape = self.spec.out_shape(shape);
                // candle divides by the size of the whole window, of which fewer pixels may count.
                let mut factors = Vec::with_capacity(out_shape.height * out_shape.width);
                for pixel in 0..out_shape.height * out_shape.width {
                    let n = match self.spec.counts_padding {
                        true => self.spec.padded_window(pixel, shape, out_shape),
                        false => {
                            let rows = self.spec.inside(pixel / out_shape.width, shape.height);
                            let columns = self.spec.inside(pixel % out_shape.width, shape.width);
                            rows.len() * columns.len()
                        }
                    };
                    factors.push((kernel * kernel) as f32 / n as f32);
                }
                let dims = (1, 1, out_shape.height, out_shape.width);
                let factors = Tensor::from_vec(factors, dims, x.device())?;
                Ok(sums.broadcast_mul(&factors)?)
            }
        }
    }
}

/// Adaptive average pooling: the means of `size` × `size` windows that cover the map.
pub(in crate::extract) struct AdaptiveAveragePool {
    size: usize,
    backend: Backend,
}

impl AdaptiveAveragePool {
    pub fn new(builder: &Builder<'_>, size: usize) -> Self {
        Self {
            size,
            backend: builder.backend(),
        }
    }
}

impl Module for AdaptiveAveragePool {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let size = self.size;
        match self.backend {
            Backend::Native => {
                each_image(x, |x, shape| native::pool::adaptive_average(x, shape, size))
            }
            Backend::Candle => {
                let shape = shape_of(x)?;
                let mut rows = Vec::with_capacity(size);
                for row in 0..size {
                    let (start, end) = window(row, shape.height, size);
                    let of_row = x.narrow(2, start, end - start)?.mean_keepdim(2)?;
                    let mut columns = Vec::with_capacity(size);
                    for column in 0..size {
                        let (start, end) = window(column, shape.width, size);
                        columns.push(of_row.narrow(3, start, end - start)?.mean_keepdim(3)?);
                    }
                    rows.push(Tensor::cat(&columns, 3)?);
                }
                Ok(Tensor::cat(&rows, 2)?)
            }
        }
    }
}

/// Returns the start and the end (exclusive) of one of `size` windows over `n` positions.
fn window(index: usize, n: usize, size: usize) -> (usize, usize) {
    (index * n / size, ((index + 1) * n).div_ceil(size))
}

/// Returns the mean over height and width, images × channels.
pub(in crate::extract) fn global_average(x: &Tensor) -> Flow<Tensor> {
    match x.device().is_cpu() {
        true => {
            let pooled = each_image(x, |x, shape| native::pool::adaptive_average(x, shape, 1))?;
            Ok(pooled.flatten_from(1)?)
        }
        false => Ok(x.mean((D::Minus2, D::Minus1))?),
    }
}

fn shape_of(x: &Tensor) -> Flow<MapShape> {
    let (_, channels, height, width) = x.dims4()?;
    Ok(MapShape {
        height,
        width,
        channels,
    })
}

/// Pads feature maps with `value` as far as windows reach.
fn pad(x: &Tensor, spec: PoolSpec, value: f32) -> Flow<Tensor> {
    let shape = shape_of(x)?;
    let out = spec.out_shape(shape);
    let mut padded = x.clone();
    for (axis, size, n) in [(2, shape.height, out.height), (3, shape.width, out.width)] {
        let reach = (n - 1) * spec.stride + spec.kernel;
        let mut parts = Vec::new();
        let mut dims = padded.dims().to_vec();
        dims[axis] = spec.padding;
        if spec.padding > 0 {
            parts.push(Tensor::full(value, &dims[..], x.device())?);
        }
        parts.push(padded);
        dims[axis] = reach.saturating_sub(size + spec.padding);
        if dims[axis] > 0 {
            parts.push(Tensor::full(value, &dims[..], x.device())?);
        }
        padded = Tensor::cat(&parts, axis)?;
    }
    Ok(padded)
}
