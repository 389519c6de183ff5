//! Vision transformers with the names of timm: those of Steiner et al., "How to train your ViT?"
//! (2022); DeiT (Touvron et al., 2021); DINO (Caron et al., 2021), whose files have no `head.` but
//! otherwise the same architectures; and DINOv2 (Oquab et al., 2024), whose first files also have a
//! `mask_token`.
//!
//! The height and width of images may be any multiples of the patch size: position embeddings are
//! interpolated as in timm. Those of DINOv2 are published for 37 × 37 patches.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{Activation, LayerNorm, Linear, Packing};
use crate::extract::models::patches::{
    OtherGrids, PatchEmbedding, TokenNames, Tokens, class_token, tokens_of,
};
use crate::extract::models::transformer::{BlockNames, Encoder, MlpNames};
use crate::extract::module::Sequential;

const EPSILON: f64 = 1e-6;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    family: &'static str,
    /// Side of a patch, in pixels.
    patch: usize,
    size: Size,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Tiny,
    Small,
    Base,
    Large,
}

use Size::{Base, Large, Small, Tiny};

impl Size {
    /// Returns the number of blocks, the width and the number of heads.
    fn shape(self) -> [usize; 3] {
        match self {
            Tiny => [12, 192, 3],
            Small => [12, 384, 6],
            Base => [12, 768, 12],
            Large => [24, 1024, 16],
        }
    }
}

const VIT: &str = "ViT (timm)";
const DEIT: &str = "DeiT";
const DINO: &str = "DINO";
const DINO_V2: &str = "DINOv2";

const fn config(name: &'static str, family: &'static str, patch: usize, size: Size) -> Config {
    Config {
        name,
        family,
        patch,
        size,
    }
}

const CONFIGS: [Config; 14] = [
    config("vit_tiny_patch16_224", VIT, 16, Tiny),
    config("vit_small_patch16_224", VIT, 16, Small),
    config("vit_small_patch32_224", VIT, 32, Small),
    config("vit_base_patch16_224", VIT, 16, Base),
    config("vit_base_patch32_224", VIT, 32, Base),
    config("vit_base_patch8_224", VIT, 8, Base),
    config("vit_large_patch16_224", VIT, 16, Large),
    config("deit_tiny_patch16_224", DEIT, 16, Tiny),
    config("deit_small_patch16_224", DEIT, 16, Small),
    config("deit_base_patch16_224", DEIT, 16, Base),
    config("vit_small_patch8_224", DINO, 8, Small),
    config("vit_small_patch14_dinov2", DINO_V2, 14, Small),
    config("vit_base_patch14_dinov2", DINO_V2, 14, Base),
    config("vit_large_patch14_dinov2", DINO_V2, 14, Large),
];

const TOKENS: TokenNames = TokenNames {
    class_token: "cls_token",
    positions: "pos_embed",
    has_image_axis: true,
};

const BLOCK: BlockNames = BlockNames {
    norms: ["norm1", "norm2"],
    attention: "attn",
    packing: Packing::Timm,
    mlp: "mlp",
    in_mlp: MlpNames {
        linears: ["fc1", "fc2"],
        activation: "act",
        dropouts: Some(["drop1", "drop2"]),
    },
};

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "head",
            // The identity, applied to the class token.
            penultimate: "fc_norm",
        };
        Architecture::new(config.name, config.family, head, move |b| build(b, config))
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [depth, width, n_heads] = config.size.shape();
    let encoder = Encoder {
        depth,
        width,
        n_heads,
        activation: Activation::Gelu,
        epsilon: EPSILON,
        names: &BLOCK,
    };
    let as_it_is = |x: &Tensor| Ok(x.clone());
    let mut network = Sequential::default();
    network.push(builder, "patch_embed.proj", |b| {
        PatchEmbedding::new(b, config.patch, width, true)
    })?;
    network.aside(builder, "patch_embed", tokens_of);
    let grid = 224 / config.patch;
    network.add(Tokens::new(
        builder,
        TOKENS,
        width,
        grid,
        OtherGrids::Resample,
    )?);
    network.aside(builder, "pos_drop", as_it_is);
    let scales = (config.family == DINO_V2).then_some(["ls1", "ls2"]);
    network.push(builder, "blocks", |b| encoder.scaled_blocks(b, "", scales))?;
    network.push(builder, "norm", |b| LayerNorm::new(b, width, EPSILON))?;
    network.apply(class_token);
    network.aside(builder, "fc_norm", as_it_is);
    match config.family {
        DINO | DINO_V2 => network.aside(builder, "head", as_it_is),
        _ => network.push(builder, "head", |b| Linear::classifier(b, width, 1000))?,
    }
    Ok(network)
}
