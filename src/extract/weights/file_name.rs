//! What the name of a file tells about the network whose parameters it has.

use std::path::Path;

use crate::error::{ExtractError, Result};
use crate::extract::outline::Expected;

/// A part of the name of a file for networks that have the parameters of an architecture but compute
/// something else.
struct Part {
    text: &'static str,
    /// Families with such networks.
    families: &'static [&'static str],
    /// The first module of a ResNet that differs, if it is not the first of all.
    first: Option<&'static str>,
    setting: &'static str,
    found: &'static str,
    expected: &'static str,
}

const PARTS: [Part; 6] = [
    Part {
        text: "caffe",
        families: &["ResNet"],
        first: Some("maxpool"),
        setting: "the strides of blocks and the first pooling",
        found: "those of Caffe",
        expected: "those of torchvision",
    },
    Part {
        text: "dc5",
        families: &["ResNet"],
        first: Some("layer4"),
        setting: "the last stage",
        found: "dilated",
        expected: "strided",
    },
    Part {
        text: "deeplab",
        families: &["ResNet", "MobileNetV2", "MobileNetV3"],
        first: Some("layer3"),
        setting: "the last stages",
        found: "dilated",
        expected: "strided",
    },
    Part {
        text: "resnetaa",
        families: &["ResNet"],
        first: Some("layer2"),
        setting: "the reduction of maps",
        found: "by means",
        expected: "by strides",
    },
    Part {
        text: "resnetblur",
        families: &["ResNet"],
        first: Some("maxpool"),
        setting: "the reduction of maps",
        found: "with blurring",
        expected: "by strides",
    },
    Part {
        text: "tf_",
        families: &["EfficientNet", "MobileNetV2", "MobileNetV3"],
        first: None,
        setting: "the padding",
        found: "that of TensorFlow",
        expected: "symmetrical",
    },
];

/// Checks that the name of a file is not that of a variant of the architecture that no parameter shows.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`] or [`ExtractError::OtherActivation`].
pub(super) fn check(path: &Path, expected: &Expected<'_>) -> Result<()> {
    let name = path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().to_lowercase();
    let (architecture, family) = (expected.architecture(), expected.family());
    if family == "CLIP" && name.contains("quickgelu") && !architecture.ends_with("-quickgelu") {
        return Err(ExtractError::OtherActivation {
            architecture,
            activation: "QuickGELU, as the name of the file says".to_owned(),
            other: format!("{architecture}-quickgelu"),
        }
        .into());
    }
    let is_meant = |part: &&Part| {
        let is_reached = |first: &str| family != "ResNet" || expected.reaches(first);
        name.contains(part.text)
            && part.families.contains(&family)
            && part.first.is_none_or(is_reached)
    };
    match PARTS.iter().find(is_meant) {
        Some(part) => Err(ExtractError::OtherConfiguration {
            architecture,
            setting: format!(
                "{} (the name of the file has `{}`; rename it if that is wrong)",
                part.setting, part.text
            ),
            found: part.found.to_owned(),
            expected: part.expected.to_owned(),
        }
        .into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Architecture;

    #[test]
    fn names_of_files_tell_of_variants() {
        let check = |name: &str, architecture: &str, tap: &str| {
            let architecture = Architecture::named(architecture).unwrap();
            let taps = [architecture.module(tap)];
            let expected = Expected::new(&architecture, &taps).unwrap();
            super::check(&Path::new("caffe/dc5").join(name), &expected)
        };
        for (name, architecture, tap) in [
            ("resnet50-caffe.pth", "resnet50", "penultimate"),
            ("cafferesnet101-9d633cc0.pth", "resnet101", "layer1"),
            ("detr-r50-dc5-f0fb7ef5.pth", "resnet50", "layer4"),
            ("deeplabv3_resnet101.pth", "resnet101", "layer3"),
            ("resnetblur50-84f4748f.pth", "resnet50", "penultimate"),
            (
                "tf_efficientnet_b0_aa-827b6e33.pth",
                "efficientnet_b0",
                "penultimate",
            ),
            ("vit_b_32-quickgelu-laion400m.pt", "ViT-B-32", "output"),
        ] {
            let refused = check(name, architecture, tap).unwrap_err();
            let refused = refused.report().to_string();
            assert!(refused.contains("the name of the file"), "{refused}");
        }
        for (name, architecture, tap) in [
            ("resnet50-0676ba61.pth", "resnet50", "penultimate"),
            ("resnet50-caffe.pth", "resnet50", "conv1"),
            ("detr-r50-dc5-f0fb7ef5.pth", "resnet50", "layer3"),
            (
                "tf_efficientnet_b0_aa-827b6e33.pth",
                "tf_efficientnet_b0",
                "penultimate",
            ),
            (
                "vit_b_32-quickgelu-laion400m.pt",
                "ViT-B-32-quickgelu",
                "output",
            ),
            ("tf_resnet50.pth", "resnet50", "penultimate"),
        ] {
            check(name, architecture, tap).unwrap();
        }
    }
}
