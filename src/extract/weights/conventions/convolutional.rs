//! Names of the parameters of convolutional networks, except ConvNeXt and mobile networks.

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

/// RegNet, to the names of torchvision. RegNetY has squeeze and excitation between its second and its
/// third convolution, RegNetX does not.
pub(super) const REGNET_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embedder\.embedder\.convolution\.(.+)", "stem.0.{1}"),
    rule(r"embedder\.embedder\.normalization\.(.+)", "stem.1.{1}"),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.convolution\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.proj.0.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.normalization\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.proj.1.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.0\.convolution\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.a.0.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.0\.normalization\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.a.1.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.1\.convolution\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.b.0.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.1\.normalization\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.b.1.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.2\.attention\.0\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.se.fc1.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.2\.attention\.2\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.se.fc2.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.[23]\.convolution\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.c.0.{3}",
    ),
    rule(
        r"encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.[23]\.normalization\.(.+)",
        "trunk_output.block{1+1}.block{1+1}-{2}.f.c.1.{3}",
    ),
    rule(r"classifier\.1\.(.+)", "fc.{1}"),
];

/// EfficientNet with the padding of TensorFlow, to the names of timm, as far as these do not depend
/// on whether a block expands its channels.
pub(super) const EFFICIENTNET_OF_HUGGING_FACE: &[Rule] = &[
    rule(r"embeddings\.convolution\.(.+)", "conv_stem.{1}"),
    rule(r"embeddings\.batchnorm\.(.+)", "bn1.{1}"),
    rule(r"encoder\.top_conv\.(.+)", "conv_head.{1}"),
    rule(r"encoder\.top_bn\.(.+)", "bn2.{1}"),
    rule(
        r"encoder\.blocks\.(\d+)\.squeeze_excite\.(reduce|expand)\.(.+)",
        "{1#}.se.conv_{2}.{3}",
    ),
    rule(
        r"encoder\.blocks\.(\d+)\.depthwise_conv\.depthwise_conv\.(.+)",
        "{1#}.conv_dw.{2}",
    ),
    rule(r"encoder\.blocks\.(\d+)\.(.+)", "{1#}.{2}"),
];

/// The blocks of EfficientNet: those of the first stage do not expand their channels.
pub(super) const BLOCKS_OF_EFFICIENTNET_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"(blocks\.0\.\d+)\.depthwise_conv\.depthwise_norm\.(.+)",
        "{1}.bn1.{2}",
    ),
    rule(
        r"(blocks\.0\.\d+)\.projection\.project_conv\.(.+)",
        "{1}.conv_pw.{2}",
    ),
    rule(
        r"(blocks\.0\.\d+)\.projection\.project_bn\.(.+)",
        "{1}.bn2.{2}",
    ),
    rule(
        r"(blocks\.\d+\.\d+)\.expansion\.expand_conv\.(.+)",
        "{1}.conv_pw.{2}",
    ),
    rule(
        r"(blocks\.\d+\.\d+)\.expansion\.expand_bn\.(.+)",
        "{1}.bn1.{2}",
    ),
    rule(
        r"(blocks\.\d+\.\d+)\.depthwise_conv\.depthwise_norm\.(.+)",
        "{1}.bn2.{2}",
    ),
    rule(
        r"(blocks\.\d+\.\d+)\.projection\.project_conv\.(.+)",
        "{1}.conv_pwl.{2}",
    ),
    rule(
        r"(blocks\.\d+\.\d+)\.projection\.project_bn\.(.+)",
        "{1}.bn3.{2}",
    ),
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
