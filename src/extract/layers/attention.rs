//! Multi-head attention.

use candle_core::{D, Device, Tensor};

use super::native::attention::Heads;
use super::{Backend, Linear, native, with_values};
use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::module::Module;
use crate::extract::taps::{Pass, TapSlot};

/// The names of the parameters of an attention layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Packing {
    /// `in_proj_weight`, `in_proj_bias` and `out_proj`, as in `torch.nn.MultiheadAttention`.
    Torch,
    /// `qkv` and `proj`, both of which are modules that can be tapped, as in timm.
    Timm,
    /// `qkv` and `proj`, which are not called as modules, as in the Swin transformers of
    /// torchvision.
    Swin,
}

impl Packing {
    /// Returns the names of the weights and the bias of queries, keys and values, and of the layer
    /// of the output.
    fn names(self) -> [&'static str; 3] {
        match self {
            Packing::Torch => ["in_proj_weight", "in_proj_bias", "out_proj"],
            Packing::Timm | Packing::Swin => ["qkv.weight", "qkv.bias", "proj"],
        }
    }
}

/// Self-attention: softmax(Q Kᵀ / √width) V for each head, with one linear layer for queries, keys
/// and values, and one for the output.
pub(in crate::extract) struct Attention {
    qkv: Linear,
    qkv_tap: TapSlot,
    /// Factors of the cosines of queries and keys, by head; without them, attention is by their
    /// dot products.
    cosines: Option<Tensor>,
    proj: Linear,
    proj_tap: TapSlot,
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
        let [weight, bias, _] = packing.names();
        let qkv = Linear::named(builder, width, 3 * width, weight, Some(bias))?;
        Self::with_queries_keys_values(builder, qkv, width, n_heads, packing)
    }

    /// Creates the layer from that of queries, keys and values.
    pub fn with_queries_keys_values(
        builder: &Builder<'_>,
        qkv: Linear,
        width: usize,
        n_heads: usize,
        packing: Packing,
    ) -> Result<Self> {
        let [_, _, proj] = packing.names();
        builder.note_heads(n_heads);
        let tap = |name| match packing {
            Packing::Timm => builder.child(name).tap(),
            Packing::Torch | Packing::Swin => TapSlot::none(),
        };
        Ok(Self {
            qkv,
            qkv_tap: tap("qkv"),
            cosines: None,
            proj: Linear::new(&builder.child(proj), width, width)?,
            proj_tap: tap("proj"),
            n_heads,
            backend: builder.backend(),
        })
    }

    /// Reads the biases of queries and values, and returns them with zeros for the keys between them.
    pub fn bias_without_keys(builder: &Builder<'_>, width: usize) -> Result<Vec<f32>> {
        let bias = |name| builder.values(name, &[width], Init::Bias);
        Ok([bias("q_bias")?, vec![0.0; width], bias("v_bias")?].concat())
    }

    /// Replaces the dot products of queries and keys, divided by √width, by their cosines, each
    /// multiplied by the factor of its head.
    pub fn with_cosines(mut self, builder: &Builder<'_>, factors: Vec<f32>) -> Result<Self> {
        let dims = [1, 1, self.n_heads, 1];
        self.cosines = Some(builder.tensor(factors, &dims)?);
        Ok(self)
    }

    /// Computes attention within each sequence of `x`, which is sequences × tokens × width.
    ///
    /// `bias` gives the biases and, for each sequence of an image, which kind of bias it has.
    pub fn attend(
        &self,
        x: &Tensor,
        bias: Option<(&AttentionBias, &[usize])>,
        pass: &mut Pass,
    ) -> Flow<Tensor> {
        let mut qkv = self.qkv.forward(x, pass)?;
        pass.record(self.qkv_tap, &qkv)?;
        if let Some(factors) = &self.cosines {
            qkv = self.normalized(&qkv, factors)?;
        }
        let attended = match self.backend {
            Backend::Native => self.of_native(&qkv, x.dims3()?, bias)?,
            Backend::Candle => {
                let (n, n_tokens, width) = x.dims3()?;
                let by_head = (n, n_tokens, 3, self.n_heads, width / self.n_heads);
                let qkv = qkv.reshape(by_head)?;
                let part = |which: usize| qkv.get_on_dim(2, which);
                of_candle([part(0)?, part(1)?, part(2)?], bias)?
            }
        };
        let out = self.proj.forward(&attended, pass)?;
        pass.record(self.proj_tap, &out)?;
        Ok(out)
    }

    /// Divides queries and keys by their norms, and multiplies queries by the factors of their heads
    /// and by √width.
    fn normalized(&self, qkv: &Tensor, factors: &Tensor) -> Flow<Tensor> {
        /// Smallest norm, as in PyTorch.
        const SMALLEST: f64 = 1e-12;

        let (n, n_tokens, width) = qkv.dims3()?;
        let width = width / 3;
        let of_head = width / self.n_heads;
        let unit = |which: usize| {
            let part = qkv.narrow(D::Minus1, which * width, width)?;
            let part = part.reshape((n, n_tokens, self.n_heads, of_head))?;
            let norms = part.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
            part.broadcast_div(&norms.maximum(SMALLEST)?)
        };
        let factors = (factors * (of_head as f64).sqrt())?;
        let queries = unit(0)?.broadcast_mul(&factors)?.flatten_from(2)?;
        let values = qkv.narrow(D::Minus1, 2 * width, width)?;
        let parts = [queries, unit(1)?.flatten_from(2)?, values];
        Ok(Tensor::cat(&parts, D::Minus1)?)
    }

    fn of_native(
        &self,
        qkv: &Tensor,
        (n, n_tokens, width): (usize, usize, usize),
        bias: Option<(&AttentionBias, &[usize])>,
    ) -> Flow<Tensor> {
        let out = with_values(qkv, |qkv| {
            let mut out = Vec::with_capacity(n * n_tokens * width);
            for (number, sequence) in qkv.chunks_exact(n_tokens * 3 * width).enumerate() {
                let part = |which: usize| Heads {
                    values: &sequence[which * width..],
                    n_tokens,
                    stride: 3 * width,
                };
                let bias = bias.map(|(bias, kinds)| bias.of_kind(kinds[number % kinds.len()]));
                out.extend(native::attention::attention(
                    [part(0), part(1), part(2)],
                    self.n_heads,
                    width / self.n_heads,
                    bias,
                ));
            }
            out
        })?;
        Ok(Tensor::from_vec(out, (n, n_tokens, width), &Device::Cpu)?)
    }
}

impl Module for Attention {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        self.attend(x, None, pass)
    }
}

/// Biases that are added to the products of queries and keys, of one or more kinds.
pub(in crate::extract) struct AttentionBias {
    /// Kinds × heads × queries × keys.
    values: Vec<f32>,
    /// Number of values of a kind.
    of_kind: usize,
    /// The same values on the device, for candle.
    on_device: Option<Tensor>,
}

impl AttentionBias {
    /// Creates biases from values of kinds × heads × queries × keys.
    pub fn new(builder: &Builder<'_>, values: Vec<f32>, dims: [usize; 4]) -> Result<Self> {
        Ok(Self {
            of_kind: dims[1..].iter().product(),
            on_device: match builder.backend() {
                Backend::Native => None,
                Backend::Candle => Some(builder.tensor(values.clone(), &dims)?),
            },
            values,
        })
    }

    fn of_kind(&self, kind: usize) -> &[f32] {
        &self.values[kind * self.of_kind..][..self.of_kind]
    }
}

/// Returns softmax(Q Kᵀ / √width) V for each head, from queries, keys and values of images × tokens
/// × (heads × width).
pub(in crate::extract) fn attention(
    [queries, keys, values]: [&Tensor; 3],
    n_heads: usize,
    backend: Backend,
) -> Flow<Tensor> {
    let (n, n_queries, width) = queries.dims3()?;
    let of_head = width / n_heads;
    if backend == Backend::Candle {
        let by_head = |x: &Tensor| x.reshape((n, x.dim(1)?, n_heads, of_head));
        return of_candle([by_head(queries)?, by_head(keys)?, by_head(values)?], None);
    }
    let n_keys = keys.dim(1)?;
    let attend = |queries: &[f32], keys: &[f32], values: &[f32]| {
        let part = |values, n_tokens| Heads {
            values,
            n_tokens,
            stride: width,
        };
        let queries = queries.chunks_exact(n_queries * width);
        let keys = keys.chunks_exact(n_keys * width);
        let images = queries.zip(keys).zip(values.chunks_exact(n_keys * width));
        let attended = images.map(|((queries, keys), values)| {
            let parts = [
                part(queries, n_queries),
                part(keys, n_keys),
                part(values, n_keys),
            ];
            native::attention::attention(parts, n_heads, of_head, None)
        });
        attended.flatten().collect::<Vec<f32>>()
    };
    let out = with_values(queries, |queries| {
        with_values(keys, |keys| {
            with_values(values, |values| attend(queries, keys, values))
        })
    })???;
    Ok(Tensor::from_vec(out, (n, n_queries, width), &Device::Cpu)?)
}

/// Computes attention with candle from tensors of images × tokens × heads × width, in any order in
/// memory.
fn of_candle(parts: [Tensor; 3], bias: Option<(&AttentionBias, &[usize])>) -> Flow<Tensor> {
    let (n, n_queries, n_heads, width) = parts[0].dims4()?;
    // Images × heads × tokens × width.
    let [q, k, v] = parts.map(|part| part.transpose(1, 2)?.contiguous());
    let (q, k, v) = ((q? * (width as f64).sqrt().recip())?, k?, v?);
    let mut products = q.matmul(&k.t()?.contiguous()?)?;
    if let Some((bias, kinds)) = bias
        && let Some(bias) = &bias.on_device
    {
        let indices: Vec<u32> = kinds.iter().map(|&kind| kind as u32).collect();
        let bias = bias.index_select(&Tensor::new(indices, bias.device())?, 0)?;
        let dims = products.dims().to_vec();
        let by_image = [&[n / kinds.len(), kinds.len()], &dims[1..]].concat();
        products = products.reshape(by_image)?.broadcast_add(&bias)?;
        products = products.reshape(dims)?;
    }
    let weights = candle_nn::ops::softmax(&products, D::Minus1)?;
    let out = weights.matmul(&v)?.transpose(1, 2)?;
    Ok(out.reshape((n, n_queries, n_heads * width))?)
}
