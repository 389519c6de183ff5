//! Names of the parameters of Swin transformers.

use super::{OF_MAPS_OF_BACKBONES, Rule, ignored, part, rule};

/// Swin transformers, to the names of torchvision.
pub(super) const SWIN_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"embeddings\.patch_embeddings\.projection\.(.+)",
        "features.0.0.{1}",
    ),
    rule(r"embeddings\.norm\.(.+)", "features.0.2.{1}"),
    part(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.(?:self\.)?(query|key|value|[qkv]_proj)\.(.+)",
        "features.{1*2+1}.{2}.attn.qkv.{4}",
        3,
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.(?:self|relative_position_bias)\.relative_position_bias_table",
        "features.{1*2+1}.{2}.attn.relative_position_bias_table",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.(?:output\.dense|o_proj)\.(.+)",
        "features.{1*2+1}.{2}.attn.proj.{3}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.layernorm_before\.(.+)",
        "features.{1*2+1}.{2}.norm1.{3}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.layernorm_after\.(.+)",
        "features.{1*2+1}.{2}.norm2.{3}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.(?:intermediate\.dense|mlp\.fc1)\.(.+)",
        "features.{1*2+1}.{2}.mlp.0.{3}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.(?:output\.dense|mlp\.fc2)\.(.+)",
        "features.{1*2+1}.{2}.mlp.3.{3}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.downsample\.(.+)",
        "features.{1*2+2}.{2}",
    ),
    rule(r"layernorm\.(.+)", "norm.{1}"),
    rule(r"classifier\.(weight|bias)", "head.{1}"),
    OF_MAPS_OF_BACKBONES,
];

/// What the second version has otherwise than the first.
pub(super) const SWIN_V2_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.(?:self\.query|q_proj)\.bias",
        "features.{1*2+1}.{2}.attn.q_bias",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.(?:self\.value|v_proj)\.bias",
        "features.{1*2+1}.{2}.attn.v_bias",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.self\.logit_scale",
        "features.{1*2+1}.{2}.attn.logit_scale",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.blocks\.(\d+)\.attention\.self\.continuous_position_bias_mlp\.(.+)",
        "features.{1*2+1}.{2}.attn.cpb_mlp.{3}",
    ),
    ignored(r"encoder\.layers\.\d+\.blocks\.\d+\.attention\.self\.relative_.+"),
];

pub(super) const SWIN_OF_TIMM: &[Rule] = &[
    rule(r"patch_embed\.proj\.(.+)", "features.0.0.{1}"),
    rule(r"patch_embed\.norm\.(.+)", "features.0.2.{1}"),
    ignored(r"layers[._]\d+\.blocks\.\d+\.attn_mask"),
    rule(
        r"layers[._](\d+)\.blocks\.(\d+)\.mlp\.fc1\.(.+)",
        "features.{1*2+1}.{2}.mlp.0.{3}",
    ),
    rule(
        r"layers[._](\d+)\.blocks\.(\d+)\.mlp\.fc2\.(.+)",
        "features.{1*2+1}.{2}.mlp.3.{3}",
    ),
    rule(
        r"layers[._](\d+)\.blocks\.(\d+)\.(.+)",
        "features.{1*2+1}.{2}.{3}",
    ),
    rule(r"layers[._](\d+)\.downsample\.(.+)", "features.{1*2}.{2}"),
    rule(r"head\.fc\.(.+)", "head.{1}"),
];

/// Swin transformers of the authors and of timm before version 0.9, in which each stage ends with the
/// merging of patches.
pub(super) const SWIN_OF_ITS_AUTHORS: &[Rule] = &[rule(
    r"layers\.(\d+)\.downsample\.(.+)",
    "features.{1*2+2}.{2}",
)];
