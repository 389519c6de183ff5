//! Layers on a CPU. Feature maps have the order height, width, channel, so that a pixel is a row of
//! a matrix and its channels are contiguous.
//!
//! Each call uses one thread; images are distributed over the cores, with one forward pass each.
//!
//! candle's layers on a CPU need 2.4 times as long for ResNet-50, 7.7 times for MobileNetV2 and 1.1
//! times for ViT-B/16 (2 threads, one image each, the benchmark `extract`). Transformers, whose time
//! is that of matrix products, use these layers because the results of each image then do not depend
//! on the batch or on the number of threads.

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
