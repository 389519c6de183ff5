//! Vision transformers with rotary position embeddings and the names of timm: EVA-02 (Fang et al.,
//! "EVA-02: a visual representation for neon genesis", 2023), its image towers of EVA-CLIP, and
//! DINOv3 (Siméoni et al., 2025).

mod config;

use candle_core::Tensor;

use config::{CONFIGS, Config, Kind, Mlp};

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers;
use crate::extract::layers::{Activation, Backend, LayerNorm, Linear, TokenScale, add, attention};
use crate::extract::models::patches::{
    OtherGrids, PatchEmbedding, Tokens, class_token, mean_of_patches, tokens_of,
};
use crate::extract::models::rotary::Rotations;
use crate::extract::models::transformer::{Hidden, MlpNames};
use crate::extract::module::{Module, Sequential, Tapped};
use crate::extract::taps::{Pass, TapSlot};

const MLP: MlpNames = MlpNames {
    linears: ["fc1", "fc2"],
    activation: "act",
    dropouts: None,
};

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "head",
            penultimate: "fc_norm",
        };
        let family = match config.kind {
            Kind::Eva02 => "EVA-02",
            Kind::EvaClip => "EVA-CLIP",
            Kind::DinoV3 { .. } => "DINOv3",
        };
        Architecture::new(config.name, family, head, move |b| build(b, config))
            .with_input_size(config.image)
            .with_special_tokens(config.n_special())
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [_, width, _] = config.shape;
    let norm = |b: &Builder<'_>| LayerNorm::new(b, width, config.epsilon());
    let as_it_is = |x: &Tensor| Ok(x.clone());
    let mut network = Sequential::default();
    network.push(builder, "patch_embed.proj", |b| {
        PatchEmbedding::new(b, config.patch, width, true)
    })?;
    network.aside(builder, "patch_embed", tokens_of);
    network.add(Blocks::new(builder, config)?);
    let n_special = config.n_special();
    let mean = move |x: &Tensor| mean_of_patches(x, n_special);
    match config.kind {
        Kind::Eva02 => {
            network.aside(builder, "norm", as_it_is);
            network.apply(mean);
            network.push(builder, "fc_norm", norm)?;
        }
        Kind::EvaClip => {
            network.push(builder, "norm", norm)?;
            network.apply(class_token);
            network.aside(builder, "fc_norm", as_it_is);
        }
        Kind::DinoV3 { .. } => {
            network.push(builder, "norm", norm)?;
            network.apply(mean);
            network.aside(builder, "fc_norm", as_it_is);
        }
    }
    match config.n_classes {
        Some(n) => network.push(builder, "head", |b| Linear::classifier(b, width, n))?,
        None => network.aside(builder, "head", as_it_is),
    }
    Ok(network)
}

/// The tokens and the blocks, which all rotate queries and keys by the positions of the patches.
struct Blocks {
    tokens: Tokens,
    tokens_tap: TapSlot,
    blocks: Vec<(Block, TapSlot)>,
    config: Config,
}

impl Blocks {
    fn new(builder: &Builder<'_>, config: Config) -> Result<Self> {
        let [depth, width, _] = config.shape;
        let grid = config.image / config.patch;
        let tokens = Tokens::new(builder, config.tokens(), width, grid, OtherGrids::Resample)?;
        let tokens_tap = builder.child("pos_drop").tap();
        let block = |number: usize| {
            let child = builder.child(format_args!("blocks.{number}"));
            Ok((Block::new(&child, config)?, child.tap()))
        };
        Ok(Self {
            tokens,
            tokens_tap,
            blocks: (0..depth).map(block).collect::<Result<_>>()?,
            config,
        })
    }
}

impl Module for Blocks {
    fn forward(&self, maps: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let (_, _, rows, columns) = maps.dims4()?;
        let mut x = self.tokens.forward(maps, pass)?;
        pass.record(self.tokens_tap, &x)?;
        let [_, width, n_heads] = self.config.shape;
        let rotary = self.config.rotary();
        let rotations = rotary.rotations([rows, columns], width / n_heads, x.device())?;
        for (block, tap) in &self.blocks {
            x = block.forward(&x, &rotations, pass)?;
            pass.record(*tap, &x)?;
        }
        Ok(x)
    }
}

struct Block {
    first_norm: Tapped<LayerNorm>,
    attention: Attention,
    attention_tap: TapSlot,
    attention_scale: Option<TokenScale>,
    mlp: Sequential,
    backend: Backend,
}

impl Block {
    fn new(builder: &Builder<'_>, config: Config) -> Result<Self> {
        let [_, width, _] = config.shape;
        let norm = |b: &Builder<'_>| LayerNorm::new(b, width, config.epsilon());
        let scale = |name| {
            let scale = config.is_dino();
            scale
                .then(|| TokenScale::named(builder, name, width))
                .transpose()
        };
        let first_norm = Tapped::new(builder, "norm1", norm)?;
        let of_attention = builder.child("attn");
        let attention = Attention::new(&of_attention, config)?;
        let attention_tap = of_attention.tap();
        let attention_scale = scale("gamma_1")?;
        let mut mlp = Sequential::default();
        mlp.push(builder, "norm2", norm)?;
        mlp.push(builder, "mlp", |b| self::mlp(b, config))?;
        if let Some(scale) = scale("gamma_2")? {
            mlp.add(scale);
        }
        Ok(Self {
            first_norm,
            attention,
            attention_tap,
            attention_scale,
            mlp,
            backend: builder.backend(),
        })
    }

    fn forward(&self, x: &Tensor, rotations: &Rotations, pass: &mut Pass) -> Flow<Tensor> {
        let normalized = self.first_norm.forward(x, pass)?;
        let mut attended = self.attention.forward(&normalized, rotations, pass)?;
        pass.record(self.attention_tap, &attended)?;
        if let Some(scale) = &self.attention_scale {
            attended = scale.forward(&attended, pass)?;
        }
        let x = add(&attended, x, Activation::Identity, self.backend)?;
        let branch = self.mlp.forward(&x, pass)?;
        add(&branch, &x, Activation::Identity, self.backend)
    }
}

/// Attention with rotated queries and keys.
struct Attention {
    qkv: Linear,
    norm: Option<Tapped<LayerNorm>>,
    projection: Tapped<Linear>,
    width: usize,
    n_heads: usize,
    n_special: usize,
    backend: Backend,
}

impl Attention {
    fn new(builder: &Builder<'_>, config: Config) -> Result<Self> {
        let [_, width, n_heads] = config.shape;
        builder.note_heads(n_heads);
        let (weights, bias) = queries_keys_values(builder, config)?;
        let is_normalized = config.kind == Kind::EvaClip;
        let norm = |b: &Builder<'_>| LayerNorm::new(b, width, config.epsilon());
        let norm = is_normalized.then(|| Tapped::new(builder, "norm", norm));
        Ok(Self {
            qkv: Linear::of_rows(builder, width, 3 * width, weights, bias)?,
            norm: norm.transpose()?,
            projection: Tapped::new(builder, "proj", |b| Linear::new(b, width, width))?,
            width,
            n_heads,
            n_special: config.n_special(),
            backend: builder.backend(),
        })
    }

    fn forward(&self, x: &Tensor, rotations: &Rotations, pass: &mut Pass) -> Flow<Tensor> {
        let qkv = self.qkv.forward(x, pass)?;
        let part = |which: usize| qkv.narrow(2, which * self.width, self.width);
        let rotate = |x: Tensor| rotations.apply(&x, self.n_heads, self.n_special);
        let (queries, keys) = (rotate(part(0)?)?, rotate(part(1)?)?);
        let values = part(2)?.contiguous()?;
        let mut x = attention([&queries, &keys, &values], self.n_heads, self.backend)?;
        if let Some(norm) = &self.norm {
            x = norm.forward(&x, pass)?;
        }
        self.projection.forward(&x, pass)
    }
}

/// Reads the weights and the bias of queries, keys and values; keys have no bias.
fn queries_keys_values(
    builder: &Builder<'_>,
    config: Config,
) -> Result<(Vec<f32>, Option<Vec<f32>>)> {
    let [_, width, _] = config.shape;
    if config.mlp == Mlp::Split && !config.is_dino() {
        let weight = |name| builder.values(name, &[width, width], Init::LinearWeight);
        let bias = |name| builder.values(name, &[width], Init::Bias);
        let weights = [
            weight("q_proj.weight")?,
            weight("k_proj.weight")?,
            weight("v_proj.weight")?,
        ];
        let biases = [bias("q_proj.bias")?, vec![0.0; width], bias("v_proj.bias")?];
        return Ok((weights.concat(), Some(biases.concat())));
    }
    let weights = builder.values("qkv.weight", &[3 * width, width], Init::LinearWeight)?;
    let bias = match config.kind {
        Kind::DinoV3 { has_bias: false } => None,
        _ => Some(layers::Attention::bias_without_keys(builder, width)?),
    };
    Ok((weights, bias))
}

fn mlp(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [_, width, _] = config.shape;
    let hidden = config.hidden();
    match config.mlp {
        Mlp::Plain => MLP.build(builder, width, Hidden::Plain(hidden, Activation::Gelu)),
        Mlp::Packed => MLP.build(builder, width, Hidden::Gated(hidden)),
        Mlp::Split => {
            let linear = |name| Linear::new(&builder.child(name), width, hidden);
            let mut mlp = Sequential::default();
            builder.note_activation(Activation::Silu);
            mlp.add(Gate {
                gate: linear("fc1_g")?.with_activation(Activation::Silu),
                linear: linear("fc1_x")?,
            });
            if !config.is_dino() {
                mlp.push(builder, "norm", |b| {
                    LayerNorm::new(b, hidden, config.epsilon())
                })?;
            }
            mlp.push(builder, "fc2", |b| Linear::new(b, hidden, width))?;
            Ok(mlp)
        }
    }
}

/// The product of two linear layers, one of which has an activation.
struct Gate {
    gate: Linear,
    linear: Linear,
}

impl Module for Gate {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        Ok((self.gate.forward(x, pass)? * self.linear.forward(x, pass)?)?)
    }
}
