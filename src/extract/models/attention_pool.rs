//! Attention pooling with a learned query, as in SigLIP: Zhai et al., "Sigmoid loss for language
//! image pre-training" (2023). Names are those of timm.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{Backend, LayerNorm, Linear, attention};
use crate::extract::models::transformer::{Encoder, Residual};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::Pass;

/// A learned query attends to all tokens; a perceptron follows.
pub(super) struct AttentionPool {
    query: Linear,
    latent: Tensor,
    keys_and_values: Tapped<Linear>,
    projection: Tapped<Linear>,
    mlp: Residual,
    width: usize,
    n_heads: usize,
    backend: Backend,
}

impl AttentionPool {
    /// Creates the pooling of the tokens of an encoder, with the shape of one of its blocks.
    pub fn new(builder: &Builder<'_>, encoder: &Encoder) -> Result<Self> {
        let width = encoder.width;
        let latent = builder.values("latent", &[1, 1, width], Init::Normal(0.02))?;
        let latent = builder.tensor(latent, &[1, 1, width])?;
        let query = Linear::new(&builder.child("q"), width, width)?;
        let keys_and_values = Tapped::new(builder, "kv", |b| Linear::new(b, width, 2 * width))?;
        let projection = Tapped::new(builder, "proj", |b| Linear::new(b, width, width))?;
        let mut mlp = Sequential::default();
        mlp.push(builder, "norm", |b| {
            LayerNorm::new(b, width, encoder.epsilon)
        })?;
        mlp.push(builder, "mlp", |b| {
            encoder.names.in_mlp.build(b, width, encoder.hidden)
        })?;
        Ok(Self {
            query,
            latent,
            keys_and_values,
            projection,
            mlp: Residual::new(builder, mlp),
            width,
            n_heads: encoder.n_heads,
            backend: builder.backend(),
        })
    }
}

impl Module for AttentionPool {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let query = self.query.forward(&self.latent, pass)?;
        let query = query.expand((x.dim(0)?, 1, self.width))?.contiguous()?;
        let both = self.keys_and_values.forward(x, pass)?;
        let keys = both.narrow(2, 0, self.width)?.contiguous()?;
        let values = both.narrow(2, self.width, self.width)?.contiguous()?;
        let pooled = attention([&query, &keys, &values], self.n_heads, self.backend)?;
        let pooled = self.projection.forward(&pooled, pass)?;
        Ok(self.mlp.forward(&pooled, pass)?.squeeze(1)?)
    }
}
