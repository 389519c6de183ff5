//! Names of the parameters of transformers.

use super::{Rule, ignored, part, reshaped, rule, split, split_bias, transposed};

/// The body of a network with a classifier beside it.
pub(super) const BODY_OF_HUGGING_FACE: &[Rule] = &[rule(
    r"(?:vit|deit|dinov2|dinov2_with_registers|dinov3_vit|beit|data2vec_vision|swin|swinv2|resnet|convnext|convnextv2|regnet|efficientnet|mobilenet_v2)\.(.+)",
    "{1}",
)];

/// ViT, DeiT and DINOv2, to the names of timm.
pub(super) const VIT_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.cls_token", "cls_token"),
    rule(r"embeddings\.position_embeddings", "pos_embed"),
    rule(
        r"embeddings\.patch_embeddings\.projection\.(.+)",
        "patch_embed.proj.{1}",
    ),
    part(
        r"(?:encoder\.layer|layers)\.(\d+)\.attention\.(?:attention\.)?(query|key|value|[qkv]_proj)\.(.+)",
        "blocks.{1}.attn.qkv.{3}",
        2,
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.attention\.(?:output\.dense|o_proj)\.(.+)",
        "blocks.{1}.attn.proj.{2}",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.(?:layernorm_before|norm1)\.(.+)",
        "blocks.{1}.norm1.{2}",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.(?:layernorm_after|norm2)\.(.+)",
        "blocks.{1}.norm2.{2}",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.(?:intermediate\.dense|mlp\.fc1)\.(.+)",
        "blocks.{1}.mlp.fc1.{2}",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.(?:output\.dense|mlp\.fc2)\.(.+)",
        "blocks.{1}.mlp.fc2.{2}",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.layer_scale([12])\.lambda1",
        "blocks.{1}.ls{2}.gamma",
    ),
    rule(r"layernorm\.(.+)", "norm.{1}"),
    rule(r"classifier\.(.+)", "head.{1}"),
    ignored(r"pooler\.dense\..+"),
    ignored(r"embeddings\.mask_token"),
];

/// What BEiT has otherwise than ViT, to the names of timm.
pub(super) const BEIT_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.attention\.(?:attention\.query|q_proj)\.bias",
        "blocks.{1}.attn.q_bias",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.attention\.(?:attention\.value|v_proj)\.bias",
        "blocks.{1}.attn.v_bias",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.(?:attention\.attention\.)?relative_position_bias\.(.+)",
        "blocks.{1}.attn.{2}",
    ),
    rule(
        r"(?:encoder\.layer|layers)\.(\d+)\.lambda_([12])",
        "blocks.{1}.gamma_{2}",
    ),
    rule(r"pooler\.layernorm\.(.+)", "fc_norm.{1}"),
];

/// What DINOv2 with registers has more than DINOv2.
pub(super) const REGISTERS_OF_HUGGING_FACE: &[Rule] =
    &[rule(r"embeddings\.register_tokens", "reg_token")];

/// DINOv3, to the names of timm. The query and the value have biases, the key has none.
pub(super) const DINO_V3_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.cls_token", "cls_token"),
    rule(r"embeddings\.register_tokens", "reg_token"),
    rule(
        r"embeddings\.patch_embeddings\.(.+)",
        "patch_embed.proj.{1}",
    ),
    part(
        r"(?:model\.)?layer\.(\d+)\.attention\.([qkv])_proj\.weight",
        "blocks.{1}.attn.qkv.weight",
        2,
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.attention\.([qv])_proj\.bias",
        "blocks.{1}.attn.{2}_bias",
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.attention\.o_proj\.(.+)",
        "blocks.{1}.attn.proj.{2}",
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.norm([12])\.(.+)",
        "blocks.{1}.norm{2}.{3}",
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.mlp\.up_proj\.(.+)",
        "blocks.{1}.mlp.fc1.{2}",
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.mlp\.down_proj\.(.+)",
        "blocks.{1}.mlp.fc2.{2}",
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.layer_scale([12])\.lambda1",
        "blocks.{1}.gamma_{2}",
    ),
    ignored(r"embeddings\.mask_token"),
];

/// The gated layers of the larger networks of DINOv3.
pub(super) const GATED_LAYERS_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"(?:model\.)?layer\.(\d+)\.mlp\.gate_proj\.(.+)",
        "blocks.{1}.mlp.fc1_g.{2}",
    ),
    rule(
        r"(?:model\.)?layer\.(\d+)\.mlp\.up_proj\.(.+)",
        "blocks.{1}.mlp.fc1_x.{2}",
    ),
];

/// What the files of the authors of DINOv3 have otherwise than those of timm.
pub(super) const DINO_V3_OF_ITS_AUTHORS: &[Rule] = &[
    rule("storage_tokens", "reg_token"),
    split_bias(
        r"blocks\.(\d+)\.attn\.qkv\.bias",
        "blocks.{1}.attn.q_bias blocks.{1}.attn.v_bias",
    ),
    ignored(r"blocks\.\d+\.attn\.qkv\.bias_mask"),
    rule(r"blocks\.(\d+)\.ls([12])\.gamma", "blocks.{1}.gamma_{2}"),
    rule(r"blocks\.(\d+)\.mlp\.w1\.(.+)", "blocks.{1}.mlp.fc1_g.{2}"),
    rule(r"blocks\.(\d+)\.mlp\.w2\.(.+)", "blocks.{1}.mlp.fc1_x.{2}"),
    rule(r"blocks\.(\d+)\.mlp\.w3\.(.+)", "blocks.{1}.mlp.fc2.{2}"),
    ignored(r"rope_embed\.periods"),
    ignored("mask_token"),
];

/// Blocks of DINOv2 that are stored in chunks, each block with its number in the whole network.
pub(super) const CHUNKED_BLOCKS: &[Rule] = &[rule(r"blocks\.\d+\.(\d+)\.(.+)", "blocks.{1}.{2}")];

/// What the files of the authors of DINOv2 have more than those of timm.
pub(super) const DINO_V2_OF_ITS_AUTHORS: &[Rule] =
    &[rule("register_tokens", "reg_token"), ignored("mask_token")];

pub(super) const TORCHVISION_VIT_OF_TIMM: &[Rule] = &[
    rule("cls_token", "class_token"),
    rule("pos_embed", "encoder.pos_embedding"),
    rule(r"patch_embed\.proj\.(.+)", "conv_proj.{1}"),
    rule(
        r"blocks\.(\d+)\.norm([12])\.(.+)",
        "encoder.layers.encoder_layer_{1}.ln_{2}.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.attn\.qkv\.(.+)",
        "encoder.layers.encoder_layer_{1}.self_attention.in_proj_{2}",
    ),
    rule(
        r"blocks\.(\d+)\.attn\.proj\.(.+)",
        "encoder.layers.encoder_layer_{1}.self_attention.out_proj.{2}",
    ),
    rule(
        r"blocks\.(\d+)\.mlp\.fc1\.(.+)",
        "encoder.layers.encoder_layer_{1}.mlp.0.{2}",
    ),
    rule(
        r"blocks\.(\d+)\.mlp\.fc2\.(.+)",
        "encoder.layers.encoder_layer_{1}.mlp.3.{2}",
    ),
    rule(r"norm\.(.+)", "encoder.ln.{1}"),
    rule(r"head\.(.+)", "heads.head.{1}"),
];

/// The image encoder of CLIP, to the names of open_clip.
pub(super) const CLIP_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"(?:vision_model\.)?embeddings\.class_embedding",
        "class_embedding",
    ),
    rule(
        r"(?:vision_model\.)?embeddings\.patch_embedding\.weight",
        "conv1.weight",
    ),
    rule(
        r"(?:vision_model\.)?embeddings\.position_embedding\.weight",
        "positional_embedding",
    ),
    // The misspelling is that of the library.
    rule(r"(?:vision_model\.)?pre_layrnorm\.(.+)", "ln_pre.{1}"),
    rule(r"(?:vision_model\.)?post_layernorm\.(.+)", "ln_post.{1}"),
    part(
        r"(?:vision_model\.)?encoder\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(.+)",
        "transformer.resblocks.{1}.attn.in_proj_{3}",
        2,
    ),
    rule(
        r"(?:vision_model\.)?encoder\.layers\.(\d+)\.self_attn\.out_proj\.(.+)",
        "transformer.resblocks.{1}.attn.out_proj.{2}",
    ),
    rule(
        r"(?:vision_model\.)?encoder\.layers\.(\d+)\.layer_norm([12])\.(.+)",
        "transformer.resblocks.{1}.ln_{2}.{3}",
    ),
    rule(
        r"(?:vision_model\.)?encoder\.layers\.(\d+)\.mlp\.fc1\.(.+)",
        "transformer.resblocks.{1}.mlp.c_fc.{2}",
    ),
    rule(
        r"(?:vision_model\.)?encoder\.layers\.(\d+)\.mlp\.fc2\.(.+)",
        "transformer.resblocks.{1}.mlp.c_proj.{2}",
    ),
    transposed(r"visual_projection\.weight", "proj"),
    ignored(r"(?:vision_model\.)?embeddings\.position_ids"),
    ignored(r"text_model\..+"),
    ignored(r"text_projection\..+"),
    ignored("logit_scale"),
];

/// The image encoder of CLIP, to the names of open_clip. The head is ignored: timm adds a bias, and
/// that of a classifier is not a projection.
pub(super) const CLIP_OF_TIMM: &[Rule] = &[
    reshaped("cls_token", "class_embedding"),
    reshaped("pos_embed", "positional_embedding"),
    rule(r"patch_embed\.proj\.weight", "conv1.weight"),
    rule(r"norm_pre\.(.+)", "ln_pre.{1}"),
    rule(
        r"blocks\.(\d+)\.norm([12])\.(.+)",
        "transformer.resblocks.{1}.ln_{2}.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.attn\.qkv\.(.+)",
        "transformer.resblocks.{1}.attn.in_proj_{2}",
    ),
    rule(
        r"blocks\.(\d+)\.attn\.proj\.(.+)",
        "transformer.resblocks.{1}.attn.out_proj.{2}",
    ),
    rule(
        r"blocks\.(\d+)\.mlp\.fc1\.(.+)",
        "transformer.resblocks.{1}.mlp.c_fc.{2}",
    ),
    rule(
        r"blocks\.(\d+)\.mlp\.fc2\.(.+)",
        "transformer.resblocks.{1}.mlp.c_proj.{2}",
    ),
    rule(r"norm\.(.+)", "ln_post.{1}"),
    ignored(r"head\.(?:weight|bias)"),
];

/// The image tower of SigLIP, to the names of timm.
pub(super) const SIGLIP_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.patch_embedding\.(.+)", "patch_embed.proj.{1}"),
    reshaped(r"embeddings\.position_embedding\.weight", "pos_embed"),
    ignored(r"embeddings\.position_ids"),
    part(
        r"encoder\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(.+)",
        "blocks.{1}.attn.qkv.{3}",
        2,
    ),
    rule(
        r"encoder\.layers\.(\d+)\.self_attn\.out_proj\.(.+)",
        "blocks.{1}.attn.proj.{2}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.layer_norm([12])\.(.+)",
        "blocks.{1}.norm{2}.{3}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.mlp\.fc([12])\.(.+)",
        "blocks.{1}.mlp.fc{2}.{3}",
    ),
    rule(r"post_layernorm\.(.+)", "norm.{1}"),
    rule(r"head\.probe", "attn_pool.latent"),
    split(
        r"head\.attention\.in_proj_(weight|bias)",
        "attn_pool.q.{1} attn_pool.kv.{1}",
    ),
    rule(r"head\.attention\.out_proj\.(.+)", "attn_pool.proj.{1}"),
    rule(r"head\.layernorm\.(.+)", "attn_pool.norm.{1}"),
    rule(r"head\.mlp\.fc([12])\.(.+)", "attn_pool.mlp.fc{1}.{2}"),
];

/// What the image encoder of BLIP has otherwise than SigLIP, to the names of timm.
pub(super) const BLIP_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.class_embedding", "cls_token"),
    rule(r"embeddings\.position_embedding", "pos_embed"),
    rule(
        r"encoder\.layers\.(\d+)\.self_attn\.qkv\.(.+)",
        "blocks.{1}.attn.qkv.{2}",
    ),
    rule(
        r"encoder\.layers\.(\d+)\.self_attn\.projection\.(.+)",
        "blocks.{1}.attn.proj.{2}",
    ),
];
