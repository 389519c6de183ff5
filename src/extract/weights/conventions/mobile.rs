//! Names of the parameters of mobile networks, to those of torchvision or of timm.
//!
//! timm counts the blocks of each stage, and torchvision all blocks. Each table is for one stage.

use super::{Rule, reshaped, rule};

/// Rules for the modules of the blocks of a stage, of which the first has a number in torchvision.
macro_rules! stage {
    ($stage:literal, $first:literal, $($there:literal => [$($here:literal)+],)+) => {
        &[$(rule(
            concat!(r"blocks\.", $stage, r"\.(\d+)\.", $there, r"\.(.+)"),
            concat!("features.{1+", $first, "}.", $($here,)+ ".{2}"),
        ),)+]
    };
}

macro_rules! stage_of_version_2 {
    ($stage:literal, $first:literal) => {
        stage!(
            $stage, $first,
            "conv_pw" => ["conv.0.0"],
            "bn1" => ["conv.0.1"],
            "conv_dw" => ["conv.1.0"],
            "bn2" => ["conv.1.1"],
            "conv_pwl" => ["conv.2"],
            "bn3" => ["conv.3"],
        )
    };
}

pub(super) const MOBILENET_V2_OF_TIMM: &[&[Rule]] = &[
    &[
        rule(r"conv_stem\.(.+)", "features.0.0.{1}"),
        rule(r"bn1\.(.+)", "features.0.1.{1}"),
        rule(r"blocks\.0\.0\.conv_dw\.(.+)", "features.1.conv.0.0.{1}"),
        rule(r"blocks\.0\.0\.bn1\.(.+)", "features.1.conv.0.1.{1}"),
        rule(r"blocks\.0\.0\.conv_pw\.(.+)", "features.1.conv.1.{1}"),
        rule(r"blocks\.0\.0\.bn2\.(.+)", "features.1.conv.2.{1}"),
        rule(r"conv_head\.(.+)", "features.18.0.{1}"),
        rule(r"bn2\.(.+)", "features.18.1.{1}"),
        rule(r"classifier\.(weight|bias)", "classifier.1.{1}"),
    ],
    stage_of_version_2!(1, 2),
    stage_of_version_2!(2, 4),
    stage_of_version_2!(3, 7),
    stage_of_version_2!(4, 11),
    stage_of_version_2!(5, 14),
    stage_of_version_2!(6, 17),
];

/// MobileNetV2 with either padding. The first block is a part of the stem.
pub(super) const MOBILENET_V2_OF_HUGGING_FACE: &[Rule] = &[
    rule(
        r"conv_stem\.first_conv\.convolution\.(.+)",
        "features.0.0.{1}",
    ),
    rule(
        r"conv_stem\.first_conv\.normalization\.(.+)",
        "features.0.1.{1}",
    ),
    rule(
        r"conv_stem\.conv_3x3\.convolution\.(.+)",
        "features.1.conv.0.0.{1}",
    ),
    rule(
        r"conv_stem\.conv_3x3\.normalization\.(.+)",
        "features.1.conv.0.1.{1}",
    ),
    rule(
        r"conv_stem\.reduce_1x1\.convolution\.(.+)",
        "features.1.conv.1.{1}",
    ),
    rule(
        r"conv_stem\.reduce_1x1\.normalization\.(.+)",
        "features.1.conv.2.{1}",
    ),
    rule(
        r"layer\.(\d+)\.expand_1x1\.convolution\.(.+)",
        "features.{1+2}.conv.0.0.{2}",
    ),
    rule(
        r"layer\.(\d+)\.expand_1x1\.normalization\.(.+)",
        "features.{1+2}.conv.0.1.{2}",
    ),
    rule(
        r"layer\.(\d+)\.conv_3x3\.convolution\.(.+)",
        "features.{1+2}.conv.1.0.{2}",
    ),
    rule(
        r"layer\.(\d+)\.conv_3x3\.normalization\.(.+)",
        "features.{1+2}.conv.1.1.{2}",
    ),
    rule(
        r"layer\.(\d+)\.reduce_1x1\.convolution\.(.+)",
        "features.{1+2}.conv.2.{2}",
    ),
    rule(
        r"layer\.(\d+)\.reduce_1x1\.normalization\.(.+)",
        "features.{1+2}.conv.3.{2}",
    ),
    rule(r"conv_1x1\.convolution\.(.+)", "features.18.0.{1}"),
    rule(r"conv_1x1\.normalization\.(.+)", "features.18.1.{1}"),
    rule(r"classifier\.(weight|bias)", "classifier.1.{1}"),
];

/// The number of the projection within a block depends on whether the stage has squeeze and
/// excitation.
macro_rules! stage_of_version_3 {
    ($stage:literal, $first:literal, $projection:literal) => {
        stage!(
            $stage, $first,
            "conv_pw" => ["block.0.0"],
            "bn1" => ["block.0.1"],
            "conv_dw" => ["block.1.0"],
            "bn2" => ["block.1.1"],
            r"se\.conv_reduce" => ["block.2.fc1"],
            r"se\.conv_expand" => ["block.2.fc2"],
            "conv_pwl" => ["block." $projection ".0"],
            "bn3" => ["block." $projection ".1"],
        )
    };
}

const ENDS_OF_VERSION_3: &[Rule] = &[
    rule(r"conv_stem\.(.+)", "features.0.0.{1}"),
    rule(r"bn1\.(.+)", "features.0.1.{1}"),
    reshaped(r"conv_head\.(.+)", "classifier.0.{1}"),
    rule(r"classifier\.(weight|bias)", "classifier.3.{1}"),
];

pub(super) const MOBILENET_V3_SMALL_OF_TIMM: &[&[Rule]] = &[
    ENDS_OF_VERSION_3,
    &[
        rule(r"blocks\.0\.0\.conv_dw\.(.+)", "features.1.block.0.0.{1}"),
        rule(r"blocks\.0\.0\.bn1\.(.+)", "features.1.block.0.1.{1}"),
        rule(
            r"blocks\.0\.0\.se\.conv_reduce\.(.+)",
            "features.1.block.1.fc1.{1}",
        ),
        rule(
            r"blocks\.0\.0\.se\.conv_expand\.(.+)",
            "features.1.block.1.fc2.{1}",
        ),
        rule(r"blocks\.0\.0\.conv_pw\.(.+)", "features.1.block.2.0.{1}"),
        rule(r"blocks\.0\.0\.bn2\.(.+)", "features.1.block.2.1.{1}"),
        rule(r"blocks\.5\.0\.conv\.(.+)", "features.12.0.{1}"),
        rule(r"blocks\.5\.0\.bn1\.(.+)", "features.12.1.{1}"),
    ],
    stage_of_version_3!(1, 2, 2),
    stage_of_version_3!(2, 4, 3),
    stage_of_version_3!(3, 7, 3),
    stage_of_version_3!(4, 9, 3),
];

pub(super) const MOBILENET_V3_LARGE_OF_TIMM: &[&[Rule]] = &[
    ENDS_OF_VERSION_3,
    &[
        rule(r"blocks\.0\.0\.conv_dw\.(.+)", "features.1.block.0.0.{1}"),
        rule(r"blocks\.0\.0\.bn1\.(.+)", "features.1.block.0.1.{1}"),
        rule(r"blocks\.0\.0\.conv_pw\.(.+)", "features.1.block.1.0.{1}"),
        rule(r"blocks\.0\.0\.bn2\.(.+)", "features.1.block.1.1.{1}"),
        rule(r"blocks\.6\.0\.conv\.(.+)", "features.16.0.{1}"),
        rule(r"blocks\.6\.0\.bn1\.(.+)", "features.16.1.{1}"),
    ],
    stage_of_version_3!(1, 2, 2),
    stage_of_version_3!(2, 4, 3),
    stage_of_version_3!(3, 7, 2),
    stage_of_version_3!(4, 11, 3),
    stage_of_version_3!(5, 13, 3),
];

/// EfficientNet of the package efficientnet_pytorch, to the names of timm. The blocks of the first
/// stage do not expand their channels, so that they begin with the second normalization.
pub(super) const EFFICIENTNET_OF_ITS_PACKAGE: &[&[Rule]] = &[
    &[
        rule(r"_conv_stem\.(.+)", "conv_stem.{1}"),
        rule(r"_bn0\.(.+)", "bn1.{1}"),
        rule(r"_conv_head\.(.+)", "conv_head.{1}"),
        rule(r"_bn1\.(.+)", "bn2.{1}"),
        rule(r"_fc\.(weight|bias)", "classifier.{1}"),
        rule(r"_blocks\.(\d+)\.(.+)", "{1#}.{2}"),
    ],
    &[
        rule(r"(blocks\.0\.\d+)\._bn1\.(.+)", "{1}.bn1.{2}"),
        rule(r"(blocks\.0\.\d+)\._bn2\.(.+)", "{1}.bn2.{2}"),
        rule(r"(blocks\.0\.\d+)\._project_conv\.(.+)", "{1}.conv_pw.{2}"),
        rule(r"(blocks\.\d+\.\d+)\._bn0\.(.+)", "{1}.bn1.{2}"),
        rule(r"(blocks\.\d+\.\d+)\._bn1\.(.+)", "{1}.bn2.{2}"),
        rule(r"(blocks\.\d+\.\d+)\._bn2\.(.+)", "{1}.bn3.{2}"),
        rule(r"(blocks\.\d+\.\d+)\._expand_conv\.(.+)", "{1}.conv_pw.{2}"),
        rule(
            r"(blocks\.\d+\.\d+)\._depthwise_conv\.(.+)",
            "{1}.conv_dw.{2}",
        ),
        rule(
            r"(blocks\.\d+\.\d+)\._se_(reduce|expand)\.(.+)",
            "{1}.se.conv_{2}.{3}",
        ),
        rule(
            r"(blocks\.\d+\.\d+)\._project_conv\.(.+)",
            "{1}.conv_pwl.{2}",
        ),
    ],
];
