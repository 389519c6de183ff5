//! Multi-head self-attention.

use candle_core::{D, Device, Tensor};

use super::native::attention::Heads;
use super::{Backend, Linear, native, with_values};
use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::module::Module;
use crate::extract::taps::Pass;

/// Where the parameters of an attention lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Packing {
    /// `in_proj_weight`, `in_proj_bias` and `out_proj`: torch's MultiheadAttention.
    Torch,
    /// `qkv` and `proj`: timm, swin.
    Qkv,
}

/// softmax(Q Kᵀ / √width) V of each head, from one projection to all three and followed by another.
pub(in crate::extract) struct Attention {
    qkv: Linear,
    proj: Linear,
    n_heads: usize,
    backend: Backend,
}

impl Attention {
    pub fn new(
        builder: &Builder<'_>,
        width: usize,
        n_heads: usize,
        packing: Packing,
    ) -> Result<Self> {
        let (qkv, proj) = match packing {
            Packing::Torch => (
                Linear::named(
                    builder,
                    width,
                    3 * width,
                    "in_proj_weight",
                    Some("in_proj_bias"),
                )?,
                Linear::new(&builder.child("out_proj"), width, width)?,
            ),
            Packing::Qkv => (
                Linear::new(&builder.child("qkv"), width, 3 * width)?,
                Linear::new(&builder.child("proj"), width, width)?,
            ),
        };
        Ok(Self {
            qkv,
            proj,
            n_heads,
            backend: builder.backend(),
        })
    }

    /// Attends within each sequence of images × tokens × width. `bias` is added to the products: heads ×
    /// tokens × tokens, or (sequences ×) that where sequences differ.
    pub fn attend(&self, x: &Tensor, bias: Option<&Tensor>, pass: &mut Pass) -> Flow<Tensor> {
        let (n, n_tokens, width) = x.dims3()?;
        let qkv = self.qkv.forward(x, pass)?;
        let attended = match self.backend {
            Backend::Native => self.of_native(&qkv, n, n_tokens, width, bias)?,
            Backend::Candle => self.of_candle(&qkv, n, n_tokens, width, bias)?,
        };
        self.proj.forward(&attended, pass)
    }

    fn of_native(
        &self,
        qkv: &Tensor,
        n: usize,
        n_tokens: usize,
        width: usize,
        bias: Option<&Tensor>,
    ) -> Flow<Tensor> {
        let of_head = width / self.n_heads;
        let scale = (of_head as f32).sqrt().recip();
        let size = self.n_heads * n_tokens * n_tokens;
        let attend = |qkv: &[f32], bias: Option<&[f32]>| {
            let mut out = Vec::with_capacity(n * n_tokens * width);
            for (number, sequence) in qkv.chunks_exact(n_tokens * 3 * width).enumerate() {
                let part = |which: usize| Heads {
                    values: &sequence[which * width..],
                    n_tokens,
                    stride: 3 * width,
                };
                let bias = bias.map(|bias| &bias[number * size % bias.len()..][..size]);
                out.extend(native::attention::attention(
                    [part(0), part(1), part(2)],
                    self.n_heads,
                    of_head,
                    scale,
                    bias,
                ));
            }
            out
        };
        let out = match bias {
            None => with_values(qkv, |qkv| attend(qkv, None))?,
            Some(bias) => {
                with_values(bias, |bias| with_values(qkv, |qkv| attend(qkv, Some(bias))))??
            }
        };
        Ok(Tensor::from_vec(out, (n, n_tokens, width), &Device::Cpu)?)
    }

    fn of_candle(
        &self,
        qkv: &Tensor,
        n: usize,
        n_tokens: usize,
        width: usize,
        bias: Option<&Tensor>,
    ) -> Flow<Tensor> {
        let of_head = width / self.n_heads;
        let qkv = qkv.reshape((n, n_tokens, 3, self.n_heads, of_head))?;
        // Three times images × heads × tokens × width of a head.
        let qkv = qkv.permute((2, 0, 3, 1, 4))?;
        let part = |which: usize| qkv.get(which)?.contiguous();
        let (q, k, v) = (part(0)?, part(1)?, part(2)?);
        let q = (q * (of_head as f64).sqrt().recip())?;
        let mut products = q.matmul(&k.t()?.contiguous()?)?;
        if let Some(bias) = bias {
            products = match bias.dims().len() {
                3 => products.broadcast_add(bias)?,
                _ => {
                    let period = bias.dim(0)?;
                    let dims = (n / period, period, self.n_heads, n_tokens, n_tokens);
                    let sum = products.reshape(dims)?.broadcast_add(bias)?;
                    sum.reshape((n, self.n_heads, n_tokens, n_tokens))?
                }
            };
        }
        let weights = candle_nn::ops::softmax(&products, D::Minus1)?;
        let out = weights.matmul(&v)?.transpose(1, 2)?;
        Ok(out.reshape((n, n_tokens, width))?)
    }
}

impl Module for Attention {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        self.attend(x, None, pass)
    }
}
