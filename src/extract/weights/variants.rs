//! Variants of architectures in the names of files and in the settings of a training.

use std::path::Path;

use super::heads;
use crate::error::{ExtractError, Result};
use crate::extract::Architecture;
use crate::extract::outline::Expected;
use crate::extract::preprocess::Normalization;
use crate::extract::preprocess::described::{DescribedPreprocessing, of_levels};

/// A variant that has the parameters of an architecture but computes something else.
struct Variant {
    /// Parts of its names.
    parts: &'static [&'static str],
    /// Words of its names, between dots, hyphens and underscores.
    words: &'static [&'static str],
    /// Families with such networks.
    families: &'static [&'static str],
    /// The first module of a ResNet that differs, if it is not the first of all.
    first: Option<&'static str>,
    setting: &'static str,
    found: &'static str,
    expected: &'static str,
}

const LAST_POOLING: &str = "the last pooling";

const VARIANTS: [Variant; 12] = [
    Variant {
        parts: &["caffe"],
        words: &[],
        families: &["ResNet"],
        first: Some("maxpool"),
        setting: "the strides of blocks and the first pooling",
        found: "those of Caffe",
        expected: "those of torchvision",
    },
    Variant {
        parts: &[],
        words: &["dc5"],
        families: &["ResNet"],
        first: Some("layer4"),
        setting: "the last stage",
        found: "dilated",
        expected: "strided",
    },
    Variant {
        parts: &[
            "atrous", "danet", "deeplab", "dilated", "dilation", "pspnet",
        ],
        words: &["fcn", "os16", "os8"],
        families: &["ResNet", "MobileNetV2", "MobileNetV3", "EfficientNet"],
        first: Some("layer3"),
        setting: "the last stages",
        found: "dilated",
        expected: "strided",
    },
    Variant {
        parts: &["resnetaa"],
        words: &[],
        families: &["ResNet"],
        first: Some("layer2"),
        setting: "the reduction of maps",
        found: "by means",
        expected: "by strides",
    },
    Variant {
        parts: &["antialiased", "blurpool", "efficientnet_blur", "resnetblur"],
        words: &[],
        families: &[
            "ResNet",
            "VGG",
            "DenseNet",
            "MobileNetV2",
            "AlexNet",
            "EfficientNet",
        ],
        first: Some("maxpool"),
        setting: "the reduction of maps",
        found: "with blurring",
        expected: "by strides",
    },
    Variant {
        parts: &["nomaxpool", "no_maxpool", "without_maxpool"],
        words: &[],
        families: &["ResNet", "DenseNet"],
        first: Some("maxpool"),
        setting: "the first pooling",
        found: "left out",
        expected: "by maximum",
    },
    Variant {
        parts: &[],
        words: &["leaky", "leakyrelu", "lrelu"],
        families: &["ResNet", "VGG", "DenseNet", "AlexNet", "RegNet"],
        first: Some("relu"),
        setting: "the activation",
        found: "a leaky ReLU",
        expected: "ReLU",
    },
    Variant {
        parts: &[],
        words: &["gem"],
        families: &["ResNet", "VGG", "DenseNet", "EfficientNet", "MobileNetV2"],
        first: Some("avgpool"),
        setting: LAST_POOLING,
        found: "a generalized mean (GeM)",
        expected: "the mean",
    },
    Variant {
        parts: &[],
        words: &["gap"],
        families: &["DeiT", "ViT", "ViT (timm)"],
        first: None,
        setting: LAST_POOLING,
        found: "the mean of the tokens",
        expected: "the class token",
    },
    Variant {
        parts: &["tf_"],
        words: &[],
        families: &["EfficientNet", "MobileNetV2", "MobileNetV3"],
        first: None,
        setting: "the padding",
        found: "that of TensorFlow",
        expected: "symmetrical",
    },
    // Names of timm and torchvision.
    Variant {
        parts: &[
            "b0_ra-",
            "b2_ra-",
            "b3_ra2-",
            "b4_ra2_",
            "lite0_ra-",
            "_rwightman",
            "mobilenet_v2-7ebf99e0",
            "mobilenet_v2-b0353104",
            "mobilenetv2_100_ra",
        ],
        words: &[],
        families: &["EfficientNet (TensorFlow)", "MobileNetV2 (TensorFlow)"],
        first: None,
        setting: "the padding",
        found: "symmetrical",
        expected: "that of TensorFlow",
    },
    Variant {
        parts: &["window12", "window16", "window24", "window7"],
        words: &[],
        families: &["Swin V2"],
        first: None,
        setting: "window_size",
        found: "another one",
        expected: "8",
    },
];

impl Variant {
    /// Checks whether a name in small letters is that of the variant.
    fn has_name(&self, name: &str) -> bool {
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        self.parts.iter().any(|part| name.contains(part))
            || words.any(|word| self.words.contains(&word))
    }

    /// Checks whether a tap of the expected network would differ.
    fn matters(&self, expected: &Expected<'_>) -> bool {
        let is_reached = |first: &str| expected.family() != "ResNet" || expected.reaches(first);
        let is_after_taps = self.setting == LAST_POOLING && !expected.reaches_pooling();
        self.families.contains(&expected.family())
            && self.first.is_none_or(is_reached)
            && !is_after_taps
    }
}

/// Checks that the name of a file is not that of a variant of the architecture that no parameter shows.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`] or [`ExtractError::OtherActivation`].
pub(super) fn check_file(path: &Path, expected: &Expected<'_>) -> Result<()> {
    const WHOSE: &str = "the name of the file; rename it if that is wrong";
    /// Parts of the names of weights of CLIP with QuickGELU.
    const QUICK: [&str; 4] = ["dfn2b", "dfn5b", "metaclip", "openai"];

    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let architecture = expected.architecture();
    let small = name.to_lowercase();
    // timm has its own names, and most of its networks with these weights have GELU.
    let is_of_timm = small.contains("_clip_");
    let is_quick =
        small.contains("quickgelu") || !is_of_timm && QUICK.iter().any(|part| small.contains(part));
    let other = format!("{architecture}-quickgelu");
    if is_quick && expected.family() == "CLIP" && Architecture::named(&other).is_ok() {
        return Err(ExtractError::OtherActivation {
            architecture,
            activation: format!("QuickGELU ({name}, {WHOSE})"),
            other,
        }
        .into());
    }
    heads::check_name(&name, WHOSE, expected)?;
    check_name(&name, WHOSE, expected)?;
    Ok(())
}

/// Returns what the name of a file tells of the normalization of the images, where it is not that of most
/// weights of the architecture: AdvProp, and DeiT read as ViT.
pub(super) fn described_by_name(
    path: &Path,
    expected: &Expected<'_>,
) -> Option<DescribedPreprocessing> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let normalization = match expected.family() {
        "EfficientNet (TensorFlow)" if has(&["_ap-", "_ap.", "adv-efficientnet", "advprop"]) => {
            Normalization::HALF
        }
        "ViT (timm)" if name.starts_with("deit_") => Normalization::IMAGENET,
        _ => return None,
    };
    let [mean, std] = of_levels(&normalization).map(Some);
    Some(DescribedPreprocessing {
        mean,
        std,
        ..DescribedPreprocessing::unknown()
    })
}

/// Checks that a name, of what `whose` says, is not that of a variant of the architecture.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_name(
    name: &str,
    whose: &str,
    expected: &Expected<'_>,
) -> std::result::Result<(), ExtractError> {
    let small = name.to_lowercase();
    let is_meant = |variant: &&Variant| variant.has_name(&small) && variant.matters(expected);
    match VARIANTS.iter().find(is_meant) {
        Some(variant) => Err(ExtractError::OtherConfiguration {
            architecture: expected.architecture(),
            setting: format!("{} ({name}, {whose})", variant.setting),
            found: variant.found.to_owned(),
            expected: variant.expected.to_owned(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell_of_the_preprocessing() {
        let mean = |name: &str, architecture: &str| {
            let architecture = Architecture::named(architecture).unwrap();
            let expected = Expected::new(&architecture, &[]).unwrap();
            described_by_name(Path::new(name), &expected)?.mean
        };
        let file = "tf_efficientnet_b0_ap-f262efe1.pth";
        assert_eq!(mean(file, "tf_efficientnet_b0"), Some([0.5; 3]));
        let file = "tf_efficientnet_b0_aa-827b6e33.pth";
        assert_eq!(mean(file, "tf_efficientnet_b0"), None);
        let file = "deit_tiny_patch16_224-a1311bcf.pth";
        assert!(mean(file, "vit_tiny_patch16_224").is_some());
        assert_eq!(mean(file, "deit_tiny_patch16_224"), None);
    }

    #[test]
    fn names_of_files_tell_of_variants() {
        let check = |name: &str, architecture: &str, tap: &str| {
            let architecture = Architecture::named(architecture).unwrap();
            let taps = [architecture.module(tap)];
            let expected = Expected::new(&architecture, &taps).unwrap();
            super::check_file(&Path::new("caffe/dc5").join(name), &expected)
        };
        for (name, architecture, tap) in [
            ("resnet50-caffe.pth", "resnet50", "penultimate"),
            ("cafferesnet101-9d633cc0.pth", "resnet101", "layer1"),
            ("detr-r50-dc5-f0fb7ef5.pth", "resnet50", "layer4"),
            ("deeplabv3_resnet101.pth", "resnet101", "layer3"),
            ("resnetblur50-84f4748f.pth", "resnet50", "penultimate"),
            ("resnet50_GeM.pth", "resnet50", "penultimate"),
            ("resnet50-os16.pth", "resnet50", "layer3"),
            (
                "tf_efficientnet_b0_aa-827b6e33.pth",
                "efficientnet_b0",
                "penultimate",
            ),
            ("vit_tiny_gap.pth", "vit_tiny_patch16_224", "penultimate"),
            (
                "mocov3-vit-s-300ep.pth.tar",
                "vit_small_patch16_224",
                "norm",
            ),
            (
                "efficientnet_b0_ra-3dd342df.pth",
                "tf_efficientnet_b0",
                "penultimate",
            ),
            ("mobilenet_v2-b0353104.pth", "tf_mobilenet_v2", "features"),
            (
                "swinv2_tiny_patch4_window16_256.pth",
                "swin_v2_t",
                "penultimate",
            ),
            ("vit_b_32-quickgelu-laion400m.pt", "ViT-B-32", "output"),
            ("metaclip_b32_400m.pt", "ViT-B-32", "output"),
        ] {
            let refused = check(name, architecture, tap).unwrap_err();
            let refused = refused.report().to_string();
            assert!(refused.contains("the name of the file"), "{refused}");
        }
        for (name, architecture, tap) in [
            ("resnet50-0676ba61.pth", "resnet50", "penultimate"),
            ("resnet50-caffe.pth", "resnet50", "conv1"),
            ("gemini_resnet50.pth", "resnet50", "penultimate"),
            ("resnet50_GeM.pth", "resnet50", "layer4"),
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
            ("vit_base_patch32_clip_224.openai.bin", "ViT-B-32", "output"),
            ("vit_tiny_gap.pth", "vit_tiny_patch16_224", "norm"),
            (
                "swinv2_tiny_patch4_window8_256.pth",
                "swin_v2_t",
                "penultimate",
            ),
        ] {
            check(name, architecture, tap).unwrap();
        }
    }
}
