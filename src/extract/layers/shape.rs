//! Shapes of feature maps, and of windows that move over them.

use std::ops::Range;

use crate::error::{Error, ExtractError};
use crate::extract::flow::{Flow, Interrupt};

/// One image's feature maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct MapShape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl MapShape {
    pub fn len(self) -> usize {
        self.height * self.width * self.channels
    }
}

/// A two-dimensional convolution; pairs are vertical, then horizontal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct ConvSpec {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub groups: usize,
}

impl ConvSpec {
    /// A square kernel with stride 1 and no padding.
    pub const fn new(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: [0; 2],
            groups: 1,
        }
    }

    /// A square kernel that keeps the size of maps at stride 1.
    pub const fn same(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self::new(inputs, outputs, kernel).padding(kernel / 2)
    }

    /// A kernel of this height and width that keeps the size of maps at stride 1.
    pub const fn same_rectangle(inputs: usize, outputs: usize, kernel: [usize; 2]) -> Self {
        let mut spec = Self::new(inputs, outputs, 1);
        spec.kernel = kernel;
        spec.padding = [kernel[0] / 2, kernel[1] / 2];
        spec
    }

    pub const fn stride(mut self, stride: usize) -> Self {
        self.stride = [stride; 2];
        self
    }

    pub const fn padding(mut self, padding: usize) -> Self {
        self.padding = [padding; 2];
        self
    }

    pub const fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Shape of the weights: outputs × inputs of a group × height × width.
    pub fn weights(&self) -> [usize; 4] {
        let [height, width] = self.kernel;
        [self.outputs, self.inputs / self.groups, height, width]
    }

    /// Inputs of one output value.
    pub fn window_len(&self) -> usize {
        self.inputs / self.groups * self.kernel[0] * self.kernel[1]
    }

    /// Whether an output pixel depends on one input pixel, the one in the same place.
    pub fn is_pointwise(&self) -> bool {
        (self.kernel, self.stride, self.padding, self.groups) == ([1; 2], [1; 2], [0; 2], 1)
    }

    /// Whether each channel has a filter of its own.
    pub fn is_depthwise(&self) -> bool {
        self.groups == self.inputs && self.outputs == self.inputs
    }

    /// Whether a window fits into maps of this height and width.
    pub fn check(&self, height: usize, width: usize) -> Flow<()> {
        check([height, width], self.kernel, self.padding)
    }

    /// Number of windows along an axis, vertical or horizontal; for maps that a window fits into.
    pub fn out_len(&self, axis: usize, size: usize) -> usize {
        (size + 2 * self.padding[axis] - self.kernel[axis]) / self.stride[axis] + 1
    }

    pub fn out_shape(&self, shape: MapShape) -> MapShape {
        MapShape {
            height: self.out_len(0, shape.height),
            width: self.out_len(1, shape.width),
            channels: self.outputs,
        }
    }
}

/// A window of pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct PoolSpec {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    /// Whether windows may reach beyond the padded map at its end.
    pub ceil: bool,
    /// Whether a mean counts the padding as zeros.
    pub counts_padding: bool,
}

impl PoolSpec {
    /// A window without padding.
    pub const fn new(kernel: usize, stride: usize) -> Self {
        Self {
            kernel,
            stride,
            padding: 0,
            ceil: false,
            counts_padding: true,
        }
    }

    pub const fn padding(mut self, padding: usize) -> Self {
        self.padding = padding;
        self
    }

    pub const fn ceil(mut self) -> Self {
        self.ceil = true;
        self
    }

    /// Whether a window fits into maps of this height and width.
    pub fn check(&self, height: usize, width: usize) -> Flow<()> {
        check([height, width], [self.kernel; 2], [self.padding; 2])
    }

    /// Number of windows along an axis.
    fn out(&self, size: usize) -> usize {
        let span = size + 2 * self.padding - self.kernel;
        if !self.ceil {
            return span / self.stride + 1;
        }
        let n = span.div_ceil(self.stride) + 1;
        // No window begins in the padding at the end.
        match (n - 1) * self.stride >= size + self.padding {
            true => n - 1,
            false => n,
        }
    }

    pub fn out_shape(&self, shape: MapShape) -> MapShape {
        MapShape {
            height: self.out(shape.height),
            width: self.out(shape.width),
            ..shape
        }
    }

    /// Places of the map in a window.
    pub fn inside(&self, index: usize, size: usize) -> Range<usize> {
        let start = index * self.stride;
        let end = (start + self.kernel).saturating_sub(self.padding).min(size);
        start.saturating_sub(self.padding)..end
    }

    /// Pixels of a window that lie in the map or in its padding.
    pub fn padded_window(&self, pixel: usize, shape: MapShape, out_shape: MapShape) -> usize {
        let within = |index: usize, size: usize| {
            let start = index * self.stride;
            (start + self.kernel).min(size + 2 * self.padding) - start
        };
        within(pixel / out_shape.width, shape.height) * within(pixel % out_shape.width, shape.width)
    }
}

fn check(size: [usize; 2], kernel: [usize; 2], padding: [usize; 2]) -> Flow<()> {
    let fits = |axis: usize| size[axis] + 2 * padding[axis] >= kernel[axis];
    match fits(0) && fits(1) {
        true => Ok(()),
        false => {
            let [height, width] = size;
            let [rows, columns] = kernel;
            Err(Interrupt::Failed(Error::from(ExtractError::Forward {
                source: format!(
                    "feature maps of {height} × {width} are smaller than a window of {rows} × {columns}: \
                     the image is too small"
                )
                .into(),
            })))
        }
    }
}
