//! Vision transformers: Dosovitskiy et al., "An image is worth 16×16 words: transformers for image
//! recognition at scale" (2021). Names are those of torchvision.

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{Activation, LayerNorm, Linear, Packing};
use crate::extract::models::patches::{
    ClassPosition, OtherGrids, PatchEmbedding, TokenNames, Tokens, class_token,
};
use crate::extract::models::transformer::{BlockNames, Encoder, Hidden, MlpNames};
use crate::extract::module::Sequential;

const EPSILON: f64 = 1e-6;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Side of a patch, in pixels.
    patch: usize,
    /// Side of an image, in pixels.
    size: usize,
    depth: usize,
    width: usize,
    n_heads: usize,
}

const fn config(
    name: &'static str,
    [patch, size]: [usize; 2],
    depth: usize,
    width: usize,
    n_heads: usize,
) -> Config {
    Config {
        name,
        patch,
        size,
        depth,
        width,
        n_heads,
    }
}

const CONFIGS: [Config; 5] = [
    config("vit_b_16", [16, 224], 12, 768, 12),
    config("vit_b_32", [32, 224], 12, 768, 12),
    config("vit_l_16", [16, 224], 24, 1024, 16),
    config("vit_l_32", [32, 224], 24, 1024, 16),
    config("vit_h_14", [14, 518], 32, 1280, 16),
];

const TOKENS: TokenNames = TokenNames {
    class_token: "class_token",
    registers: None,
    positions: Some("encoder.pos_embedding"),
    has_image_axis: true,
    class_position: ClassPosition::First,
};

const BLOCK: BlockNames = BlockNames {
    norms: ["ln_1", "ln_2"],
    attention: "self_attention",
    packing: Packing::Torch,
    mlp: "mlp",
    in_mlp: MlpNames {
        linears: ["0", "3"],
        activation: "1",
        dropouts: Some(["2", "4"]),
    },
};

/// Parts of parameter names in the files of torchvision, with their current forms.
const FORMER_NAMES: [(&str, &str); 2] = [("mlp.linear_1.", "mlp.0."), ("mlp.linear_2.", "mlp.3.")];

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "heads",
            penultimate: "penultimate",
        };
        Architecture::new(config.name, "ViT", head, move |b| build(b, config))
            .with_input_size(config.size)
            .with_former_names(&FORMER_NAMES)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let Config { patch, width, .. } = config;
    let encoder = Encoder {
        depth: config.depth,
        width,
        n_heads: config.n_heads,
        hidden: Hidden::Plain(4 * width, Activation::Gelu),
        epsilon: EPSILON,
        names: &BLOCK,
    };
    let mut network = Sequential::default();
    network.push(builder, "conv_proj", |b| {
        PatchEmbedding::new(b, patch, width, true)
    })?;
    let grid = config.size / patch;
    network.add(Tokens::new(
        builder,
        TOKENS,
        width,
        grid,
        OtherGrids::Refuse,
    )?);
    network.push(builder, "encoder", |b| {
        let mut part = Sequential::default();
        part.aside(b, "dropout", |x| Ok(x.clone()));
        part.push(b, "layers", |b| encoder.blocks(b, "encoder_layer_"))?;
        part.push(b, "ln", |b| LayerNorm::new(b, width, EPSILON))?;
        Ok(part)
    })?;
    network.apply(class_token);
    network.aside(builder, "penultimate", |x| Ok(x.clone()));
    network.push(builder, "heads", |b| {
        let mut heads = Sequential::default();
        heads.push(b, "head", |b| Linear::classifier(b, width, 1000))?;
        Ok(heads)
    })?;
    Ok(network)
}
