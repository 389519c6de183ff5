//! BEiT (Bao et al., "BEiT: BERT pre-training of image transformers", 2022) and its second version
//! (Peng et al., 2022), with the names of timm.
//!
//! Each block has biases for the relative positions of patches, so that images have one size.

use candle_core::Tensor;

use crate::error::{Result, wrong_shape};
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{
    Activation, Attention, AttentionBias, LayerNorm, Linear, Packing, TokenScale,
};
use crate::extract::models::patches::{
    ClassPosition, OtherGrids, PatchEmbedding, TokenNames, Tokens, mean_of_patches, tokens_of,
};
use crate::extract::models::transformer::{Hidden, MlpNames, Residual};
use crate::extract::module::{Module, Sequential};
use crate::extract::taps::Pass;

const EPSILON: f64 = 1e-6;

/// Side of a patch, in pixels.
const PATCH: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Side of an image, in pixels.
    image: usize,
    /// Number of blocks, width and number of heads.
    shape: [usize; 3],
}

const BASE: [usize; 3] = [12, 768, 12];
const LARGE: [usize; 3] = [24, 1024, 16];

const fn config(name: &'static str, image: usize, shape: [usize; 3]) -> Config {
    Config { name, image, shape }
}

const CONFIGS: [Config; 7] = [
    config("beit_base_patch16_224", 224, BASE),
    config("beit_base_patch16_384", 384, BASE),
    config("beit_large_patch16_224", 224, LARGE),
    config("beit_large_patch16_384", 384, LARGE),
    config("beit_large_patch16_512", 512, LARGE),
    config("beitv2_base_patch16_224", 224, BASE),
    config("beitv2_large_patch16_224", 224, LARGE),
];

const TOKENS: TokenNames = TokenNames {
    class_token: "cls_token",
    registers: None,
    positions: None,
    has_image_axis: true,
    class_position: ClassPosition::Absent,
};

const MLP: MlpNames = MlpNames {
    linears: ["fc1", "fc2"],
    activation: "act",
    dropouts: Some(["drop1", "drop2"]),
};

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "head",
            penultimate: "fc_norm",
        };
        Architecture::new(config.name, "BEiT", head, move |b| build(b, config))
            .with_input_size(config.image)
            .with_special_tokens(1)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [depth, width, _] = config.shape;
    let grid = config.image / PATCH;
    let as_it_is = |x: &Tensor| Ok(x.clone());
    let mut network = Sequential::default();
    network.push(builder, "patch_embed.proj", |b| {
        PatchEmbedding::new(b, PATCH, width, true)
    })?;
    network.aside(builder, "patch_embed", tokens_of);
    network.apply(move |maps| {
        let (_, _, rows, columns) = maps.dims4()?;
        match [rows, columns] == [grid; 2] {
            true => Ok(maps.clone()),
            false => Err(wrong_shape(
                "the grid of patches of an image",
                format!("{grid} × {grid}, the relative positions with a bias"),
                &[rows, columns],
            )
            .into()),
        }
    });
    let tokens = Tokens::new(builder, TOKENS, width, grid, OtherGrids::Refuse)?;
    network.add(tokens);
    network.aside(builder, "pos_drop", as_it_is);
    network.push(builder, "blocks", |b| {
        let mut blocks = Sequential::default();
        for number in 0..depth {
            blocks.push(b, &number.to_string(), |b| block(b, config))?;
        }
        Ok(blocks)
    })?;
    network.aside(builder, "norm", as_it_is);
    network.apply(|x| mean_of_patches(x, 1));
    network.push(builder, "fc_norm", |b| LayerNorm::new(b, width, EPSILON))?;
    network.push(builder, "head", |b| Linear::classifier(b, width, 1000))?;
    Ok(network)
}

fn block(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [_, width, _] = config.shape;
    let norm = |b: &Builder<'_>| LayerNorm::new(b, width, EPSILON);
    let mut attention = Sequential::default();
    attention.push(builder, "norm1", norm)?;
    attention.push(builder, "attn", |b| BiasedAttention::new(b, config))?;
    attention.add(TokenScale::named(builder, "gamma_1", width)?);
    let mut mlp = Sequential::default();
    mlp.push(builder, "norm2", norm)?;
    mlp.push(builder, "mlp", |b| {
        MLP.build(b, width, Hidden::Plain(4 * width, Activation::Gelu))
    })?;
    mlp.add(TokenScale::named(builder, "gamma_2", width)?);
    let mut block = Sequential::default();
    block.add(Residual::new(builder, attention));
    block.add(Residual::new(builder, mlp));
    Ok(block)
}

/// Attention with a bias for the relative position of tokens; keys have no other bias.
struct BiasedAttention {
    attention: Attention,
    bias: AttentionBias,
}

impl BiasedAttention {
    fn new(builder: &Builder<'_>, config: Config) -> Result<Self> {
        let [_, width, n_heads] = config.shape;
        let grid = config.image / PATCH;
        let n_tokens = 1 + grid * grid;
        let weights = builder.values("qkv.weight", &[3 * width, width], Init::LinearWeight)?;
        let bias = Attention::bias_without_keys(builder, width)?;
        let qkv = Linear::of_rows(builder, width, 3 * width, weights, Some(bias))?;
        let attention =
            Attention::with_queries_keys_values(builder, qkv, width, n_heads, Packing::Timm)?;
        let bias = relative_position_bias(builder, grid, n_heads)?;
        Ok(Self {
            attention,
            bias: AttentionBias::new(builder, bias, [1, n_heads, n_tokens, n_tokens])?,
        })
    }
}

impl Module for BiasedAttention {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        self.attention.attend(x, Some((&self.bias, &[0])), pass)
    }
}

/// Reads the biases, heads × tokens × tokens, from a table with a row for each relative position of
/// two patches, followed by one for the class token as the query, one for it as the key, and one
/// for it as both. An outline has none.
fn relative_position_bias(builder: &Builder<'_>, grid: usize, n_heads: usize) -> Result<Vec<f32>> {
    let span = 2 * grid - 1;
    let n_rows = span * span + 3;
    let name = "relative_position_bias_table";
    let table = builder.values(name, &[n_rows, n_heads], Init::Normal(0.02))?;
    if builder.is_outline() {
        return Ok(Vec::new());
    }
    let row = |query: usize, key: usize| match (query.checked_sub(1), key.checked_sub(1)) {
        (None, None) => n_rows - 1,
        (None, Some(_)) => n_rows - 3,
        (Some(_), None) => n_rows - 2,
        (Some(query), Some(key)) => {
            let down = query / grid + grid - 1 - key / grid;
            let right = query % grid + grid - 1 - key % grid;
            down * span + right
        }
    };
    let n_tokens = 1 + grid * grid;
    let mut bias = Vec::with_capacity(n_heads * n_tokens * n_tokens);
    for head in 0..n_heads {
        for query in 0..n_tokens {
            bias.extend((0..n_tokens).map(|key| table[row(query, key) * n_heads + head]));
        }
    }
    Ok(bias)
}
