//! The encoder of transformers (Vaswani et al., "Attention is all you need", 2017), with the
//! normalization at the beginning of each branch, as in all vision transformers here.

use candle_core::{D, Tensor};

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Attention, Backend, LayerNorm, Linear, LinearActivation, Packing, TokenScale, add,
};
use crate::extract::module::{Module, Sequential};
use crate::extract::taps::Pass;

/// An encoder of blocks with the same shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoder {
    pub depth: usize,
    pub width: usize,
    pub n_heads: usize,
    pub hidden: Hidden,
    /// Epsilon of the normalizations.
    pub epsilon: f64,
    pub names: &'static BlockNames,
}

/// The hidden layer of a perceptron.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hidden {
    /// The width of the layer and its activation.
    Plain(usize, Activation),
    /// The width of both halves of the layer: silu(a) · b of the halves a and b (Shazeer, "GLU
    /// variants improve transformer", 2020).
    Gated(usize),
}

/// The names of the modules of a block.
#[derive(Debug)]
pub(super) struct BlockNames {
    pub norms: [&'static str; 2],
    pub attention: &'static str,
    pub packing: Packing,
    pub mlp: &'static str,
    pub in_mlp: MlpNames,
}

/// The names of the modules of a perceptron with one hidden layer.
#[derive(Debug)]
pub(super) struct MlpNames {
    pub linears: [&'static str; 2],
    pub activation: &'static str,
    /// Dropout after the activation and at the end.
    pub dropouts: Option<[&'static str; 2]>,
}

impl Encoder {
    /// Creates the blocks, which are named by `prefix` and their numbers.
    pub fn blocks(&self, builder: &Builder<'_>, prefix: &str) -> Result<Sequential> {
        self.scaled_blocks(builder, prefix, None)
    }

    /// Creates the blocks, with a learned scale at the end of each branch if `scales` names one.
    pub fn scaled_blocks(
        &self,
        builder: &Builder<'_>,
        prefix: &str,
        scales: Option<[&str; 2]>,
    ) -> Result<Sequential> {
        let mut blocks = Sequential::default();
        for number in 0..self.depth {
            let name = format!("{prefix}{number}");
            blocks.push(builder, &name, |b| self.block(b, scales))?;
        }
        Ok(blocks)
    }

    fn block(&self, builder: &Builder<'_>, scales: Option<[&str; 2]>) -> Result<Sequential> {
        let (width, names) = (self.width, self.names);
        let norm = |b: &Builder<'_>| LayerNorm::new(b, width, self.epsilon);
        let mut attention = Sequential::default();
        attention.push(builder, names.norms[0], norm)?;
        attention.push(builder, names.attention, |b| {
            Attention::new(b, width, self.n_heads, names.packing)
        })?;
        if let Some([scale, _]) = scales {
            attention.push(builder, scale, |b| TokenScale::new(b, width))?;
        }
        let mut mlp = Sequential::default();
        mlp.push(builder, names.norms[1], norm)?;
        mlp.push(builder, names.mlp, |b| {
            names.in_mlp.build(b, width, self.hidden)
        })?;
        if let Some([_, scale]) = scales {
            mlp.push(builder, scale, |b| TokenScale::new(b, width))?;
        }
        let mut block = Sequential::default();
        block.add(Residual::new(builder, attention));
        block.add(Residual::new(builder, mlp));
        Ok(block)
    }
}

impl MlpNames {
    /// Creates the perceptron.
    pub fn build(&self, builder: &Builder<'_>, width: usize, hidden: Hidden) -> Result<Sequential> {
        let [first, last] = self.linears;
        let mut mlp = Sequential::default();
        let n_hidden = match hidden {
            Hidden::Plain(n, activation) => {
                let names = [first, self.activation];
                mlp.add(LinearActivation::new(builder, names, width, n, activation)?);
                n
            }
            Hidden::Gated(n) => {
                mlp.push(builder, first, |b| Linear::new(b, width, 2 * n))?;
                let backend = builder.backend();
                mlp.apply(move |x| {
                    let gate = x.narrow(D::Minus1, 0, n)?.contiguous()?;
                    let gate = Activation::Silu.apply(&gate, backend)?;
                    Ok((gate * x.narrow(D::Minus1, n, n)?)?)
                });
                n
            }
        };
        if let Some([dropout, _]) = self.dropouts {
            mlp.aside(builder, dropout, |x| Ok(x.clone()));
        }
        mlp.push(builder, last, |b| Linear::new(b, n_hidden, width))?;
        if let Some([_, dropout]) = self.dropouts {
            mlp.aside(builder, dropout, |x| Ok(x.clone()));
        }
        Ok(mlp)
    }
}

/// A residual connection: adds the output of a branch to its input.
pub(super) struct Residual {
    branch: Sequential,
    backend: Backend,
}

impl Residual {
    pub fn new(builder: &Builder<'_>, branch: Sequential) -> Self {
        Self {
            branch,
            backend: builder.backend(),
        }
    }
}

impl Module for Residual {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let out = self.branch.forward(x, pass)?;
        add(&out, x, Activation::Identity, self.backend)
    }
}
