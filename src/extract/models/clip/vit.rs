//! Vision transformers of CLIP.

use super::EPSILON;
use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::{Builder, Init};
use crate::extract::layers::{Activation, LayerNorm, Linear, Packing};
use crate::extract::models::patches::{
    ClassPosition, OtherGrids, PatchEmbedding, TokenNames, Tokens, class_token,
};
use crate::extract::models::transformer::{BlockNames, Encoder, Hidden, MlpNames};
use crate::extract::module::Sequential;

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    /// Side of an image, in pixels.
    size: usize,
    /// Side of a patch, in pixels.
    patch: usize,
    shape: Shape,
    activation: Activation,
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    depth: usize,
    width: usize,
    n_heads: usize,
    /// Width of the hidden layer of a perceptron.
    hidden: usize,
    /// Width of the embedding that images share with texts.
    embedding: usize,
}

const BASE: Shape = Shape {
    depth: 12,
    width: 768,
    n_heads: 12,
    hidden: 3072,
    embedding: 512,
};

const LARGE: Shape = Shape {
    depth: 24,
    width: 1024,
    n_heads: 16,
    hidden: 4096,
    embedding: 768,
};

const HUGE: Shape = Shape {
    depth: 32,
    width: 1280,
    n_heads: 16,
    hidden: 5120,
    embedding: 1024,
};

const GIANT: Shape = Shape {
    depth: 40,
    width: 1408,
    n_heads: 16,
    hidden: 6144,
    embedding: 1024,
};

const BIG_G: Shape = Shape {
    depth: 48,
    width: 1664,
    n_heads: 16,
    hidden: 8192,
    embedding: 1280,
};

const fn config(
    name: &'static str,
    [size, patch]: [usize; 2],
    shape: Shape,
    activation: Activation,
) -> Config {
    Config {
        name,
        size,
        patch,
        shape,
        activation,
    }
}

use Activation::{Gelu, QuickGelu};

const CONFIGS: [Config; 14] = [
    config("ViT-B-32-quickgelu", [224, 32], BASE, QuickGelu),
    config("ViT-B-16-quickgelu", [224, 16], BASE, QuickGelu),
    config("ViT-L-14-quickgelu", [224, 14], LARGE, QuickGelu),
    config("ViT-L-14-336-quickgelu", [336, 14], LARGE, QuickGelu),
    config("ViT-B-32", [224, 32], BASE, Gelu),
    config("ViT-B-16", [224, 16], BASE, Gelu),
    config("ViT-L-14", [224, 14], LARGE, Gelu),
    config("ViT-L-14-336", [336, 14], LARGE, Gelu),
    config("ViT-H-14", [224, 14], HUGE, Gelu),
    config("ViT-H-14-quickgelu", [224, 14], HUGE, QuickGelu),
    config("ViT-H-14-378-quickgelu", [378, 14], HUGE, QuickGelu),
    config("ViT-g-14", [224, 14], GIANT, Gelu),
    config("ViT-bigG-14", [224, 14], BIG_G, Gelu),
    config("ViT-bigG-14-quickgelu", [224, 14], BIG_G, QuickGelu),
];

const TOKENS: TokenNames = TokenNames {
    class_token: "class_embedding",
    registers: None,
    positions: Some("positional_embedding"),
    has_image_axis: false,
    class_position: ClassPosition::First,
};

const BLOCK: BlockNames = BlockNames {
    norms: ["ln_1", "ln_2"],
    attention: "attn",
    packing: Packing::Torch,
    mlp: "mlp",
    in_mlp: MlpNames {
        linears: ["c_fc", "c_proj"],
        activation: "gelu",
        dropouts: None,
    },
};

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "output",
            penultimate: "penultimate",
        };
        Architecture::new(config.name, "CLIP", head, move |b| build(b, config))
            .with_input_size(config.size)
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let Config { patch, shape, .. } = config;
    let width = shape.width;
    let encoder = Encoder {
        depth: shape.depth,
        width,
        n_heads: shape.n_heads,
        hidden: Hidden::Plain(shape.hidden, config.activation),
        epsilon: EPSILON,
        names: &BLOCK,
    };
    let norm = |b: &Builder<'_>| LayerNorm::new(b, width, EPSILON);
    let mut network = Sequential::default();
    network.push(builder, "conv1", |b| {
        PatchEmbedding::new(b, patch, width, false)
    })?;
    let grid = config.size / patch;
    network.add(Tokens::new(
        builder,
        TOKENS,
        width,
        grid,
        OtherGrids::Refuse,
    )?);
    network.push(builder, "ln_pre", norm)?;
    network.push(builder, "transformer", |b| encoder.blocks(b, "resblocks."))?;
    network.push(builder, "ln_post", norm)?;
    network.apply(class_token);
    network.aside(builder, "penultimate", |x| Ok(x.clone()));
    // The projection is a parameter and not a module; its output is that of the whole network.
    let projection = [width, shape.embedding];
    let weights = builder.values("proj", &projection, Init::LinearWeight)?;
    network.push(builder, "output", |b| {
        Linear::of_values(b, width, shape.embedding, weights, None)
    })?;
    Ok(network)
}
