//! Names of the parameters of convolutional networks.

use super::{Rule, reshaped, rule};

/// ResNet, to the names of torchvision.
pub(super) const RESNET_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embedder\.embedder\.convolution\.(.+)", "conv1.{1}"),
    rule(r"embedder\.embedder\.normalization\.(.+)", "bn1.{1}"),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.convolution\.(.+)",
        "layer{1+1}.{2}.conv{3+1}.{4}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.normalization\.(.+)",
        "layer{1+1}.{2}.bn{3+1}.{4}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.convolution\.(.+)",
        "layer{1+1}.{2}.downsample.0.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.normalization\.(.+)",
        "layer{1+1}.{2}.downsample.1.{3}",
    ),
    rule(r"classifier\.1\.(.+)", "fc.{1}"),
];

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
];

pub(super) const CONVNEXT_OF_TIMM: &[Rule] = &[
    rule(r"stem\.(\d+)\.(.+)", "features.0.{1}.{2}"),
    rule(
        r"stages\.(\d+)\.downsample\.(\d+)\.(.+)",
        "features.{1*2}.{2}.{3}",
    ),
    rule(
        r"stages\.(\d+)\.blocks\.(\d+)\.conv_dw\.(.+)",
        "features.{1*2+1}.{2}.block.0.{3}",
    ),
    rule(
        r"stages\.(\d+)\.blocks\.(\d+)\.norm\.(.+)",
        "features.{1*2+1}.{2}.block.2.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc1\.(.+)",
        "features.{1*2+1}.{2}.block.3.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc2\.(.+)",
        "features.{1*2+1}.{2}.block.5.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.blocks\.(\d+)\.gamma",
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

pub(super) const VGG_OF_TIMM: &[Rule] = &[
    reshaped(r"pre_logits\.fc1\.(.+)", "classifier.0.{1}"),
    reshaped(r"pre_logits\.fc2\.(.+)", "classifier.3.{1}"),
    rule(r"head\.fc\.(.+)", "classifier.6.{1}"),
];

pub(super) const REGNET_OF_TIMM: &[Rule] = &[
    rule(r"stem\.conv\.(.+)", "stem.0.{1}"),
    rule(r"stem\.bn\.(.+)", "stem.1.{1}"),
    rule(
        r"s(\d)\.b(\d+)\.conv1\.conv\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.a.0.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.conv1\.bn\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.a.1.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.conv2\.conv\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.b.0.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.conv2\.bn\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.b.1.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.conv3\.conv\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.c.0.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.conv3\.bn\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.c.1.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.se\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.f.se.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.downsample\.conv\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.proj.0.{3}",
    ),
    rule(
        r"s(\d)\.b(\d+)\.downsample\.bn\.(.+)",
        "trunk_output.block{1}.block{1}-{2-1}.proj.1.{3}",
    ),
    rule(r"head\.fc\.(.+)", "fc.{1}"),
];

/// EfficientNet, whose normalizations have an epsilon of 1e-5 in all sizes of timm.
pub(super) const EFFICIENTNET_OF_TIMM: &[Rule] = &[
    rule(r"conv_stem\.(.+)", "features.0.0.{1}"),
    rule(r"bn1\.(.+)", "features.0.1.{1}"),
    rule(
        r"blocks\.0\.(\d+)\.conv_dw\.(.+)",
        "features.1.{1}.block.0.0.{2}",
    ),
    rule(
        r"blocks\.0\.(\d+)\.bn1\.(.+)",
        "features.1.{1}.block.0.1.{2}",
    ),
    rule(
        r"blocks\.0\.(\d+)\.se\.conv_reduce\.(.+)",
        "features.1.{1}.block.1.fc1.{2}",
    ),
    rule(
        r"blocks\.0\.(\d+)\.se\.conv_expand\.(.+)",
        "features.1.{1}.block.1.fc2.{2}",
    ),
    rule(
        r"blocks\.0\.(\d+)\.conv_pw\.(.+)",
        "features.1.{1}.block.2.0.{2}",
    ),
    rule(
        r"blocks\.0\.(\d+)\.bn2\.(.+)",
        "features.1.{1}.block.2.1.{2}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.conv_pw\.(.+)",
        "features.{1+1}.{2}.block.0.0.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.bn1\.(.+)",
        "features.{1+1}.{2}.block.0.1.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.conv_dw\.(.+)",
        "features.{1+1}.{2}.block.1.0.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.bn2\.(.+)",
        "features.{1+1}.{2}.block.1.1.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.se\.conv_reduce\.(.+)",
        "features.{1+1}.{2}.block.2.fc1.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.se\.conv_expand\.(.+)",
        "features.{1+1}.{2}.block.2.fc2.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.conv_pwl\.(.+)",
        "features.{1+1}.{2}.block.3.0.{3}",
    ),
    rule(
        r"blocks\.(\d+)\.(\d+)\.bn3\.(.+)",
        "features.{1+1}.{2}.block.3.1.{3}",
    ),
    rule(r"conv_head\.(.+)", "features.8.0.{1}"),
    rule(r"bn2\.(.+)", "features.8.1.{1}"),
    rule(r"classifier\.(weight|bias)", "classifier.1.{1}"),
];
