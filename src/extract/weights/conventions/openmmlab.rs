//! Names of the parameters in mmpretrain and the other libraries of OpenMMLab.
//!
//! Their ResNet has the names of torchvision. Their Swin transformer has the channels of the reduction of
//! maps in another order.

use super::{Rule, reshaped, rule};

/// ViT and DeiT, to the names of timm.
pub(super) const VIT_OF_OPENMMLAB: &[Rule] = &[
    rule(r"patch_embed\.projection\.(.+)", "patch_embed.proj.{1}"),
    rule(r"layers\.(\d+)\.ln([12])\.(.+)", "blocks.{1}.norm{2}.{3}"),
    rule(r"layers\.(\d+)\.attn\.(.+)", "blocks.{1}.attn.{2}"),
    rule(
        r"layers\.(\d+)\.ffn\.layers\.0\.0\.(.+)",
        "blocks.{1}.mlp.fc1.{2}",
    ),
    rule(
        r"layers\.(\d+)\.ffn\.layers\.1\.(.+)",
        "blocks.{1}.mlp.fc2.{2}",
    ),
    rule(r"ln1\.(.+)", "norm.{1}"),
];

/// ConvNeXt, to the names of torchvision.
pub(super) const CONVNEXT_OF_OPENMMLAB: &[Rule] = &[
    rule(
        r"downsample_layers\.(\d+)\.(\d+)\.(.+)",
        "features.{1*2}.{2}.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.depthwise_conv\.(.+)",
        "features.{1*2+1}.{2}.block.0.{3}",
    ),
    rule(
        r"stages\.(\d+)\.(\d+)\.norm\.(.+)",
        "features.{1*2+1}.{2}.block.2.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.pointwise_conv1\.(.+)",
        "features.{1*2+1}.{2}.block.3.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.pointwise_conv2\.(.+)",
        "features.{1*2+1}.{2}.block.5.{3}",
    ),
    reshaped(
        r"stages\.(\d+)\.(\d+)\.gamma",
        "features.{1*2+1}.{2}.layer_scale",
    ),
    rule(r"norm3\.(.+)", "classifier.0.{1}"),
];
