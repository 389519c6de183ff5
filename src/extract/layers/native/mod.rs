//! What networks compute on a CPU: feature maps in the order height, width, channel, so that a pixel is
//! a row of a matrix and channels are next to each other.
//!
//! One call works on one thread: images are spread over cores, one network pass each.

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
