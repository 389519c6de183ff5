//! Scaled dot-product attention of one image.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::activation::softmax_rows;

/// Queries, keys or values of all heads: rows of tokens, `stride` values apart, in which head h
/// starts at h times the width of a head.
#[derive(Clone, Copy)]
pub(in crate::extract) struct Heads<'a> {
    pub values: &'a [f32],
    pub n_tokens: usize,
    pub stride: usize,
}

impl<'a> Heads<'a> {
    /// Returns the matrix of one head, width × tokens.
    fn head(self, head: usize, width: usize) -> MatRef<'a, f32> {
        let last = (self.n_tokens - 1) * self.stride;
        let values = &self.values[head * width..][..last + width];
        MatRef::from_column_major_slice_with_stride(values, width, self.n_tokens, self.stride)
    }
}

/// Returns softmax(Q Kᵀ / √width + bias) V for each head, tokens × (heads × width).
///
/// `bias` is heads × queries × keys.
pub(in crate::extract) fn attention(
    [queries, keys, values]: [Heads<'_>; 3],
    n_heads: usize,
    width: usize,
    bias: Option<&[f32]>,
) -> Vec<f32> {
    let (n, m) = (queries.n_tokens, keys.n_tokens);
    let scale = (width as f32).sqrt().recip();
    let stride = n_heads * width;
    let mut out = vec![0.0; n * stride];
    let mut weights = vec![0.0; n * m];
    for head in 0..n_heads {
        // The weights of a query are contiguous.
        matmul(
            MatMut::from_column_major_slice_mut(&mut weights, m, n),
            Accum::Replace,
            keys.head(head, width).transpose(),
            queries.head(head, width),
            scale,
            Par::Seq,
        );
        if let Some(bias) = bias {
            let bias = &bias[head * n * m..][..n * m];
            weights
                .iter_mut()
                .zip(bias)
                .for_each(|(x, bias)| *x += bias);
        }
        softmax_rows(&mut weights, m);
        let last = (n - 1) * stride;
        let out = &mut out[head * width..][..last + width];
        matmul(
            MatMut::from_column_major_slice_with_stride_mut(out, width, n, stride),
            Accum::Replace,
            values.head(head, width),
            MatRef::from_column_major_slice(&weights, m, n),
            1.0,
            Par::Seq,
        );
    }
    out
}
