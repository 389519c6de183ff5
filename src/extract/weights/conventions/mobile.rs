//! Names of the parameters of mobile networks in timm, to those of torchvision.
//!
//! timm counts the blocks of each stage, and torchvision all blocks. Each table is for one stage.

use super::{Rule, reshaped, rule};

/// The blocks of a stage of MobileNetV2, of which the first has a number in torchvision.
macro_rules! stage_of_version_2 {
    ($stage:literal, $first:literal) => {
        &[
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.conv_pw\.(.+)"),
                concat!("features.{1+", $first, "}.conv.0.0.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.bn1\.(.+)"),
                concat!("features.{1+", $first, "}.conv.0.1.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.conv_dw\.(.+)"),
                concat!("features.{1+", $first, "}.conv.1.0.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.bn2\.(.+)"),
                concat!("features.{1+", $first, "}.conv.1.1.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.conv_pwl\.(.+)"),
                concat!("features.{1+", $first, "}.conv.2.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.bn3\.(.+)"),
                concat!("features.{1+", $first, "}.conv.3.{2}"),
            ),
        ]
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

/// The blocks of a stage of MobileNetV3. The number of the projection within a block depends on
/// whether the stage has squeeze and excitation.
macro_rules! stage_of_version_3 {
    ($stage:literal, $first:literal, $projection:literal) => {
        &[
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.conv_pw\.(.+)"),
                concat!("features.{1+", $first, "}.block.0.0.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.bn1\.(.+)"),
                concat!("features.{1+", $first, "}.block.0.1.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.conv_dw\.(.+)"),
                concat!("features.{1+", $first, "}.block.1.0.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.bn2\.(.+)"),
                concat!("features.{1+", $first, "}.block.1.1.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.se\.conv_reduce\.(.+)"),
                concat!("features.{1+", $first, "}.block.2.fc1.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.se\.conv_expand\.(.+)"),
                concat!("features.{1+", $first, "}.block.2.fc2.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.conv_pwl\.(.+)"),
                concat!("features.{1+", $first, "}.block.", $projection, ".0.{2}"),
            ),
            rule(
                concat!(r"blocks\.", $stage, r"\.(\d+)\.bn3\.(.+)"),
                concat!("features.{1+", $first, "}.block.", $projection, ".1.{2}"),
            ),
        ]
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
