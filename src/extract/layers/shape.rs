//! Shapes of feature maps, and parameters of convolutions and pooling.

use std::ops::Range;

use crate::error::{Error, ExtractError};
use crate::extract::flow::{Flow, Interrupt};

/// The shape of the feature maps of one image.
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

/// The zeros around the maps that a convolution reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Padding {
    /// As many on both sides: vertical, horizontal.
    Fixed([usize; 2]),
    /// As many as give ⌈size / stride⌉ windows, `SAME` of TensorFlow: half of them, rounded down,
    /// before the map and the rest after it.
    Same,
    /// These numbers before the map and after it, along both axes.
    Uneven([usize; 2]),
}

/// The parameters of a two-dimensional convolution; pairs are vertical, horizontal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct ConvSpec {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: Padding,
    pub groups: usize,
}

impl ConvSpec {
    /// Creates a convolution with a square kernel, stride 1 and no padding.
    pub const fn new(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: Padding::Fixed([0; 2]),
            groups: 1,
        }
    }

    /// Creates a convolution with a square kernel that keeps the size of maps at stride 1.
    pub const fn same(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self::new(inputs, outputs, kernel).padding(kernel / 2)
    }

    /// Creates a convolution with a kernel of this height and width that keeps the size of maps at
    /// stride 1.
    pub const fn same_rectangle(inputs: usize, outputs: usize, kernel: [usize; 2]) -> Self {
        let mut spec = Self::new(inputs, outputs, 1);
        spec.kernel = kernel;
        spec.padding = Padding::Fixed([kernel[0] / 2, kernel[1] / 2]);
        spec
    }

    pub const fn stride(mut self, stride: usize) -> Self {
        self.stride = [stride; 2];
        self
    }

    pub const fn padding(mut self, padding: usize) -> Self {
        self.padding = Padding::Fixed([padding; 2]);
        self
    }

    /// Sets the padding of TensorFlow, [`Padding::Same`].
    pub const fn tensorflow(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }

    /// Sets the numbers of zeros before the map and after it, [`Padding::Uneven`].
    pub const fn uneven(mut self, zeros: [usize; 2]) -> Self {
        self.padding = Padding::Uneven(zeros);
        self
    }

    pub const fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Returns the shape of the weights: outputs × (inputs / groups) × height × width.
    pub fn weights(&self) -> [usize; 4] {
        let [height, width] = self.kernel;
        [self.outputs, self.inputs / self.groups, height, width]
    }

    /// Returns the number of inputs of each output value.
    pub fn window_len(&self) -> usize {
        self.inputs / self.groups * self.kernel[0] * self.kernel[1]
    }

    /// Returns true if each output pixel depends only on the input pixel at the same position.
    pub fn is_pointwise(&self) -> bool {
        let is_padded = match self.padding {
            Padding::Fixed(padding) => padding != [0; 2],
            // A window of one pixel needs no padding.
            Padding::Same => false,
            Padding::Uneven(zeros) => zeros != [0; 2],
        };
        (self.kernel, self.stride, self.groups, is_padded) == ([1; 2], [1; 2], 1, false)
    }

    /// Returns true if each channel has its own filter.
    pub fn is_depthwise(&self) -> bool {
        self.groups == self.inputs && self.outputs == self.inputs
    }

    /// Checks that a window fits into maps of this height and width.
    pub fn check(&self, height: usize, width: usize) -> Flow<()> {
        match self.padding {
            Padding::Fixed(padding) => check([height, width], self.kernel, padding),
            Padding::Same => check([height, width], [1; 2], [0; 2]),
            Padding::Uneven([before, after]) => {
                let padded = [height, width].map(|length| length + before + after);
                check(padded, self.kernel, [0; 2])
            }
        }
    }

    /// Returns the numbers of zeros before and after a map along an axis (0 vertical, 1
    /// horizontal).
    pub fn zeros(&self, axis: usize, size: usize) -> [usize; 2] {
        match self.padding {
            Padding::Fixed(padding) => [padding[axis]; 2],
            Padding::Uneven(zeros) => zeros,
            Padding::Same => {
                let n = size.div_ceil(self.stride[axis]);
                let reach = n.saturating_sub(1) * self.stride[axis] + self.kernel[axis];
                let zeros = reach.saturating_sub(size);
                [zeros / 2, zeros - zeros / 2]
            }
        }
    }

    /// Returns the number of windows along an axis (0 vertical, 1 horizontal) of a map that a
    /// window fits into.
    pub fn out_len(&self, axis: usize, size: usize) -> usize {
        let [before, after] = self.zeros(axis, size);
        (before + size + after - self.kernel[axis]) / self.stride[axis] + 1
    }

    pub fn out_shape(&self, shape: MapShape) -> MapShape {
        MapShape {
            height: self.out_len(0, shape.height),
            width: self.out_len(1, shape.width),
            channels: self.outputs,
        }
    }
}

/// The parameters of pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct PoolSpec {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    /// Whether windows may reach beyond the padded map at its end (`ceil_mode` of PyTorch).
    pub ceil: bool,
    /// Whether a mean counts the padding as zeros (`count_include_pad` of PyTorch).
    pub counts_padding: bool,
}

impl PoolSpec {
    /// Creates a square window without padding.
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

    /// Checks that a window fits into maps of this height and width.
    pub fn check(&self, height: usize, width: usize) -> Flow<()> {
        check([height, width], [self.kernel; 2], [self.padding; 2])
    }

    /// Returns the number of windows along an axis.
    fn out(&self, size: usize) -> usize {
        let span = size + 2 * self.padding - self.kernel;
        if !self.ceil {
            return span / self.stride + 1;
        }
        let n = span.div_ceil(self.stride) + 1;
        // No window starts in the padding at the end.
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

    /// Returns the positions of a window that lie in the map, along an axis.
    pub fn inside(&self, index: usize, size: usize) -> Range<usize> {
        let start = index * self.stride;
        let end = (start + self.kernel).saturating_sub(self.padding).min(size);
        start.saturating_sub(self.padding)..end
    }

    /// Returns the number of pixels of a window that lie in the map or in its padding.
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
