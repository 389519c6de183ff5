//! Layers on a CPU. Feature maps have the order height, width, channel, so that a pixel is a row of
//! a matrix and its channels are contiguous.
//!
//! Each call uses one thread; images are distributed over the cores, with one forward pass each.

pub(in crate::extract) mod activation;
pub(in crate::extract) mod attention;
pub(in crate::extract) mod conv;
pub(in crate::extract) mod depthwise;
mod gemm;
pub(in crate::extract) mod linear;
pub(in crate::extract) mod norm;
pub(in crate::extract) mod pool;
pub(in crate::extract) mod scale;
mod vector_math;
