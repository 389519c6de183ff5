//! Vision transformers with the names of timm: those of Steiner et al., "How to train your ViT?"
//! (2022); DeiT (Touvron et al., 2021); DINO (Caron et al., 2021), whose files have no `head.` but
//! otherwise the same architectures; DINOv2 (Oquab et al., 2024), whose first files also have a
//! `mask_token`, and its networks with registers (Darcet et al., "Vision transformers need
//! registers", 2024); and the image towers of SigLIP (Zhai et al., 2023) and SigLIP 2 (Tschannen et
//! al., 2025), which have the same architectures and no class token.
//!
//! The height and width of images may be any multiples of the patch size: position embeddings are
//! interpolated as in timm. Those of DINOv2 are published for 37 × 37 patches.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{Activation, LayerNorm, Linear, Packing};
use crate::extract::models::attention_pool::AttentionPool;
use crate::extract::models::patches::{
    ClassPosition, OtherGrids, PatchEmbedding, TokenNames, Tokens, class_token, tokens_of,
};
use crate::extract::models::transformer::{BlockNames, Encoder, Hidden, MlpNames};
use crate::extract::module::Sequential;

const EPSILON: f64 = 1e-6;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    family: &'static str,
    /// Side of a patch and of an image, in pixels.
    patch: usize,
    image: usize,
    size: Size,
    n_registers: usize,
    /// Whether the activation is the approximation of GELU by tanh.
    has_tanh_gelu: bool,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Tiny,
    Small,
    Base,
    Large,
    /// With 400 million parameters ("shape-optimized").
    So400m,
    Giant,
    /// The giant of SigLIP 2.
    GiantOpt,
}

use Size::{Base, Giant, GiantOpt, Large, Small, So400m, Tiny};

impl Size {
    /// Returns the number of blocks, the width and the number of heads.
    fn shape(self) -> [usize; 3] {
        match self {
            Tiny => [12, 192, 3],
            Small => [12, 384, 6],
            Base => [12, 768, 12],
            Large => [24, 1024, 16],
            So400m => [27, 1152, 16],
            Giant => [40, 1536, 24],
            GiantOpt => [40, 1536, 16],
        }
    }

    fn hidden(self) -> Hidden {
        let [_, width, _] = self.shape();
        match self {
            So400m => Hidden::Plain(4304, Activation::Gelu),
            Giant => Hidden::Gated(4096),
            Tiny | Small | Base | Large | GiantOpt => Hidden::Plain(4 * width, Activation::Gelu),
        }
    }
}

const VIT: &str = "ViT (timm)";
const DEIT: &str = "DeiT";
const DINO: &str = "DINO";
const DINO_V2: &str = "DINOv2";
const SIGLIP: &str = "SigLIP";

const fn config(name: &'static str, family: &'static str, patch: usize, size: Size) -> Config {
    Config {
        name,
        family,
        patch,
        image: 224,
        size,
        n_registers: 0,
        has_tanh_gelu: false,
    }
}

const fn with_registers(name: &'static str, size: Size) -> Config {
    Config {
        n_registers: 4,
        ..config(name, DINO_V2, 14, size)
    }
}

const fn siglip(name: &'static str, [patch, image]: [usize; 2], size: Size) -> Config {
    Config {
        image,
        ..config(name, SIGLIP, patch, size)
    }
}

/// Creates the configuration of an architecture that only SigLIP 2 has.
const fn siglip_2(name: &'static str, sides: [usize; 2], size: Size) -> Config {
    Config {
        has_tanh_gelu: true,
        ..siglip(name, sides, size)
    }
}

const CONFIGS: [Config; 34] = [
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
    config("vit_giant_patch14_dinov2", DINO_V2, 14, Giant),
    with_registers("vit_small_patch14_reg4_dinov2", Small),
    with_registers("vit_base_patch14_reg4_dinov2", Base),
    with_registers("vit_large_patch14_reg4_dinov2", Large),
    with_registers("vit_giant_patch14_reg4_dinov2", Giant),
    siglip("vit_base_patch16_siglip_224", [16, 224], Base),
    siglip("vit_base_patch16_siglip_256", [16, 256], Base),
    siglip("vit_base_patch16_siglip_384", [16, 384], Base),
    siglip("vit_base_patch16_siglip_512", [16, 512], Base),
    siglip_2("vit_base_patch32_siglip_256", [32, 256], Base),
    siglip("vit_large_patch16_siglip_256", [16, 256], Large),
    siglip("vit_large_patch16_siglip_384", [16, 384], Large),
    siglip_2("vit_large_patch16_siglip_512", [16, 512], Large),
    siglip("vit_so400m_patch14_siglip_224", [14, 224], So400m),
    siglip("vit_so400m_patch14_siglip_384", [14, 384], So400m),
    siglip_2("vit_so400m_patch16_siglip_256", [16, 256], So400m),
    siglip_2("vit_so400m_patch16_siglip_384", [16, 384], So400m),
    siglip_2("vit_so400m_patch16_siglip_512", [16, 512], So400m),
    siglip_2("vit_giantopt_patch16_siglip_256", [16, 256], GiantOpt),
    siglip_2("vit_giantopt_patch16_siglip_384", [16, 384], GiantOpt),
];

/// Parts of parameter names in the files of the authors of DINOv2, with those of timm.
const FORMER_NAMES: [(&str, &str); 3] = [
    ("register_tokens", "reg_token"),
    ("mlp.w12.", "mlp.fc1."),
    ("mlp.w3.", "mlp.fc2."),
];

impl Config {
    fn tokens(self) -> TokenNames {
        let n_registers = self.n_registers;
        TokenNames {
            class_token: "cls_token",
            registers: (n_registers > 0).then_some(("reg_token", n_registers)),
            positions: Some("pos_embed"),
            has_image_axis: true,
            class_position: match self.family {
                SIGLIP => ClassPosition::NoToken,
                _ if n_registers > 0 => ClassPosition::Absent,
                _ => ClassPosition::First,
            },
        }
    }
}

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
            // The identity, applied to the class token or to what attention pools.
            penultimate: "fc_norm",
        };
        let has_class_token = config.family != SIGLIP;
        let architecture =
            Architecture::new(config.name, config.family, head, move |b| build(b, config))
                .with_input_size(config.image)
                .with_special_tokens(usize::from(has_class_token) + config.n_registers);
        match config.family {
            DINO_V2 => architecture.with_former_names(&FORMER_NAMES),
            _ => architecture,
        }
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let [depth, width, n_heads] = config.size.shape();
    let usual = match config.has_tanh_gelu {
        true => Activation::GeluTanh,
        false => Activation::Gelu,
    };
    let hidden = match config.size.hidden() {
        Hidden::Plain(width, _) => Hidden::Plain(width, builder.activation().unwrap_or(usual)),
        gated => gated,
    };
    let encoder = Encoder {
        depth,
        width,
        n_heads,
        hidden,
        epsilon: EPSILON,
        names: &BLOCK,
    };
    let as_it_is = |x: &Tensor| Ok(x.clone());
    let mut network = Sequential::default();
    network.push(builder, "patch_embed.proj", |b| {
        let patches = PatchEmbedding::new(b, config.patch, width, true)?;
        Ok(patches.accepting(config.image))
    })?;
    network.aside(builder, "patch_embed", tokens_of);
    let grid = config.image / config.patch;
    network.add(Tokens::new(
        builder,
        config.tokens(),
        width,
        grid,
        OtherGrids::Resample,
    )?);
    network.aside(builder, "pos_drop", as_it_is);
    let scales = (config.family == DINO_V2).then_some(["ls1", "ls2"]);
    network.push(builder, "blocks", |b| encoder.scaled_blocks(b, "", scales))?;
    network.push(builder, "norm", |b| LayerNorm::new(b, width, EPSILON))?;
    match config.family {
        SIGLIP => network.push(builder, "attn_pool", |b| AttentionPool::new(b, &encoder))?,
        _ => network.apply(class_token),
    }
    network.aside(builder, "fc_norm", as_it_is);
    match config.family {
        DINO | DINO_V2 | SIGLIP => network.aside(builder, "head", as_it_is),
        _ => network.push(builder, "head", |b| Linear::classifier(b, width, 1000))?,
    }
    Ok(network)
}
