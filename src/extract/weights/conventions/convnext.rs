//! Names of the parameters of ConvNeXt and ConvNeXt V2.

use super::{OF_MAPS_OF_BACKBONES, Rule, reshaped, rule};

/// ConvNeXt, to the names of torchvision.
pub(super) const CONVNEXT_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.patch_embeddings\.(.+)", "features.0.0.{1}"),
    rule(r"embeddings\.layernorm\.(.+)", "features.0.1.{1}"),
    rule(
        r"encoder\.stages\.(\d+)\.downsampling_layer\.(\d+)\.(.+)",
        "features.{1*2}.{2}.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.dwconv\.(.+)",
        "features.{1*2+1}.{2}.block.0.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layernorm\.(.+)",
        "features.{1*2+1}.{2}.block.2.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.pwconv1\.(.+)",
        "features.{1*2+1}.{2}.block.3.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.pwconv2\.(.+)",
        "features.{1*2+1}.{2}.block.5.{3}",
    ),
    reshaped(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer_scale_parameter",
        "features.{1*2+1}.{2}.layer_scale",
    ),
    rule(r"layernorm\.(.+)", "classifier.0.{1}"),
    rule(r"classifier\.(weight|bias)", "classifier.2.{1}"),
    OF_MAPS_OF_BACKBONES,
];

/// ConvNeXt as one of the networks of DINOv3, to the names of torchvision.
pub(super) const CONVNEXT_OF_DINO_V3: &[Rule] = &[
    rule(
        r"(?:model\.)?stages\.(\d+)\.downsample_layers\.(\d+)\.(.+)",
        "features.{1*2}.{2}.{3}",
    ),
    rule(
        r"(?:model\.)?stages\.(\d+)\.layers\.(\d+)\.depthwise_conv\.(.+)",
        "features.{1*2+1}.{2}.block.0.{3}",
    ),
    rule(
        r"(?:model\.)?stages\.(\d+)\.layers\.(\d+)\.layer_norm\.(.+)",
        "features.{1*2+1}.{2}.block.2.{3}",
    ),
    rule(
        r"(?:model\.)?stages\.(\d+)\.layers\.(\d+)\.pointwise_conv1\.(.+)",
        "features.{1*2+1}.{2}.block.3.{3}",
    ),
    rule(
        r"(?:model\.)?stages\.(\d+)\.layers\.(\d+)\.pointwise_conv2\.(.+)",
        "features.{1*2+1}.{2}.block.5.{3}",
    ),
    reshaped(
        r"(?:model\.)?stages\.(\d+)\.layers\.(\d+)\.gamma",
        "features.{1*2+1}.{2}.layer_scale",
    ),
    rule(r"layer_norm\.(.+)", "classifier.0.{1}"),
];

/// ConvNeXt of timm, also as a network of features alone (`features_only`), to the names of torchvision.
pub(super) const CONVNEXT_OF_TIMM: &[Rule] = &[
    rule(r"stem[._](\d+)\.(.+)", "features.0.{1}.{2}"),
    rule(
        r"stages[._](\d+)\.downsample\.(\d+)\.(.+)",
        "features.{1*2}.{2}.{3}",
    ),
    rule(
        r"stages[._](\d+)\.blocks\.(\d+)\.conv_dw\.(.+)",
        "features.{1*2+1}.{2}.block.0.{3}",
    ),
    rule(
        r"stages[._](\d+)\.blocks\.(\d+)\.norm\.(.+)",
        "features.{1*2+1}.{2}.block.2.{3}",
    ),
    reshaped(
        r"stages[._](\d+)\.blocks\.(\d+)\.mlp\.fc1\.(.+)",
        "features.{1*2+1}.{2}.block.3.{3}",
    ),
    reshaped(
        r"stages[._](\d+)\.blocks\.(\d+)\.mlp\.fc2\.(.+)",
        "features.{1*2+1}.{2}.block.5.{3}",
    ),
    reshaped(
        r"stages[._](\d+)\.blocks\.(\d+)\.gamma",
        "features.{1*2+1}.{2}.layer_scale",
    ),
    rule(r"head\.norm\.(.+)", "classifier.0.{1}"),
    rule(r"head\.fc\.(.+)", "classifier.2.{1}"),
];

pub(super) const CONVNEXT_OF_ITS_AUTHORS: &[Rule] = &[
    rule(
        r"downsample_layers\.(\d+)\.(\d+)\.(.+)",
        "features.{1*2}.{2}.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.dwconv\.(.+)",
        "features.{1*2+1}.{2}.block.0.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.norm\.(.+)",
        "features.{1*2+1}.{2}.block.2.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.pwconv1\.(.+)",
        "features.{1*2+1}.{2}.block.3.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.pwconv2\.(.+)",
        "features.{1*2+1}.{2}.block.5.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.gamma",
        "features.{1*2+1}.{2}.layer_scale",
    ),
    rule(r"norm\.(.+)", "classifier.0.{1}"),
    rule(r"head\.(weight|bias)", "classifier.2.{1}"),
];

/// ConvNeXt V2, to the names of timm, which stores the linear layers of small networks as
/// convolutions.
pub(super) const CONVNEXT_V2_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.patch_embeddings\.(.+)", "stem.0.{1}"),
    rule(r"embeddings\.layernorm\.(.+)", "stem.1.{1}"),
    rule(
        r"encoder\.stages\.(\d+)\.downsampling_layer\.(\d+)\.(.+)",
        "stages.{1}.downsample.{2}.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.dwconv\.(.+)",
        "stages.{1}.blocks.{2}.conv_dw.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layernorm\.(.+)",
        "stages.{1}.blocks.{2}.norm.{3}",
    ),
    reshaped(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.pwconv([12])\.(.+)",
        "stages.{1}.blocks.{2}.mlp.fc{3}.{4}",
    ),
    reshaped(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.grn\.(.+)",
        "stages.{1}.blocks.{2}.mlp.grn.{3}",
    ),
    rule(r"layernorm\.(.+)", "head.norm.{1}"),
    rule(r"classifier\.(weight|bias)", "head.fc.{1}"),
    OF_MAPS_OF_BACKBONES,
];

pub(super) const CONVNEXT_V2_OF_ITS_AUTHORS: &[Rule] = &[
    rule(r"downsample_layers\.0\.(\d+)\.(.+)", "stem.{1}.{2}"),
    rule(
        r"downsample_layers\.(\d+)\.(\d+)\.(.+)",
        "stages.{1}.downsample.{2}.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.dwconv\.(.+)",
        "stages.{1}.blocks.{2}.conv_dw.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.norm\.(.+)",
        "stages.{1}.blocks.{2}.norm.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.pwconv([12])\.(.+)",
        "stages.{1}.blocks.{2}.mlp.fc{3}.{4}",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.grn\.gamma",
        "stages.{1}.blocks.{2}.mlp.grn.weight",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.grn\.beta",
        "stages.{1}.blocks.{2}.mlp.grn.bias",
    ),
    rule(r"norm\.(.+)", "head.norm.{1}"),
    rule(r"head\.(weight|bias)", "head.fc.{1}"),
];
