//! Preprocessing of published weights.

use super::crop::CropRule;
use super::exif::Orientation;
use super::normalization::Normalization;
use super::pipeline::{Preprocessing, Resize};
use super::resize::PassOrder;
use super::weights::Filter;
use crate::error::{Error, Result};

impl Preprocessing {
    /// Shorter side 256 bilinear, crop 224, ImageNet normalization: the first weights (V1) of most
    /// networks of torchvision.
    pub const IMAGENET: Self = imagenet(256, Filter::Bilinear, 224);

    /// Shorter side 342 bilinear, crop 299, ImageNet normalization: Inception v3 of torchvision.
    pub const INCEPTION: Self = imagenet(342, Filter::Bilinear, 299);

    /// Shorter side 224 bicubic, crop 224, CLIP normalization; [`Preprocessing::clip`] for other
    /// sizes.
    pub const CLIP: Self = square(224, Filter::Bicubic, 224, Normalization::CLIP);

    /// Shorter side 256 bicubic, crop 224, ImageNet normalization: the evaluation of DINOv2.
    pub const DINOV2: Self = imagenet(256, Filter::Bicubic, 224);

    /// Shorter side 248 (224 / 0.9) bicubic, crop 224, values −1 to 1: `vit_*_patch16_224` of timm.
    pub const VIT: Self = square(248, Filter::Bicubic, 224, Normalization::HALF);

    /// Shorter side 256 bilinear, crop 227, Caffe normalization: SqueezeNet of Deep Compression.
    pub const DEEP_COMPRESSION_227: Self = square(256, Filter::Bilinear, 227, Normalization::CAFFE);

    /// The whole image to 32 × 32 bilinear, ImageNet normalization: CIFAR networks on photographs.
    pub const CIFAR_32: Self = Self {
        resize: Resize::whole(32),
        ..imagenet(32, Filter::Bilinear, 32)
    };

    /// The whole image to 224 × 224 bilinear, (level − 128) / 128: MobileNet of TensorFlow.
    pub const TF_MOBILENET: Self = Self {
        resize: Resize::whole(224),
        ..square(224, Filter::Bilinear, 224, Normalization::LEVELS_128)
    };

    /// The whole image to 224 × 224 bilinear, (level − 127) / 128: EfficientNet-Lite of TensorFlow.
    pub const TF_EFFICIENTNET_LITE: Self = Self {
        resize: Resize::whole(224),
        ..square(224, Filter::Bilinear, 224, Normalization::LEVELS_127)
    };

    /// The whole image to 224 × 224 bicubic, values −1 to 1: SigLIP.
    pub const SIGLIP: Self = Self {
        resize: Resize::whole(224),
        ..square(224, Filter::Bicubic, 224, Normalization::HALF)
    };

    /// All presets with their names.
    ///
    /// `imagenet-R-F-C` resizes the shorter side to R with filter F and crops to C, as for other
    /// weights of torchvision. `clip-C` is the preprocessing of CLIP at other resolutions.
    /// [`Preprocessing::preset`] also makes those of other sizes.
    pub const PRESETS: [(&'static str, Self); 20] = [
        ("imagenet", Self::IMAGENET),
        (
            "imagenet-232-bilinear-224",
            imagenet(232, Filter::Bilinear, 224),
        ),
        (
            "imagenet-236-bilinear-224",
            imagenet(236, Filter::Bilinear, 224),
        ),
        (
            "imagenet-224-bicubic-224",
            imagenet(224, Filter::Bicubic, 224),
        ),
        (
            "imagenet-232-bicubic-224",
            imagenet(232, Filter::Bicubic, 224),
        ),
        (
            "imagenet-256-bicubic-224",
            imagenet(256, Filter::Bicubic, 224),
        ),
        (
            "imagenet-384-bicubic-384",
            imagenet(384, Filter::Bicubic, 384),
        ),
        ("inception", Self::INCEPTION),
        ("clip", Self::CLIP),
        (
            "clip-288",
            square(288, Filter::Bicubic, 288, Normalization::CLIP),
        ),
        (
            "clip-336",
            square(336, Filter::Bicubic, 336, Normalization::CLIP),
        ),
        (
            "clip-384",
            square(384, Filter::Bicubic, 384, Normalization::CLIP),
        ),
        (
            "clip-448",
            square(448, Filter::Bicubic, 448, Normalization::CLIP),
        ),
        ("dinov2", Self::DINOV2),
        ("vit", Self::VIT),
        ("deep-compression-227", Self::DEEP_COMPRESSION_227),
        ("cifar-32", Self::CIFAR_32),
        ("tf-mobilenet", Self::TF_MOBILENET),
        ("tf-efficientnet-lite", Self::TF_EFFICIENTNET_LITE),
        ("siglip", Self::SIGLIP),
    ];

    /// Returns the preset with a name, or makes the one that the name describes: `N-R-F-C` with
    /// normalization N (`imagenet`, `clip`, `half` or `none`), shorter side R (or `whole`, which
    /// resizes the whole image to the crop), filter F and crop C; or `clip-C`.
    ///
    /// ```
    /// use human_alignment::extract::preprocess::{Preprocessing, Resize};
    ///
    /// let made = Preprocessing::preset("half-whole-bicubic-384")?;
    /// let exact = Resize::Exact { width: 384, height: 384 };
    /// assert_eq!((made.resize(), made.crop()), (exact, [384, 384]));
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if there is no such preset.
    pub fn preset(name: &str) -> Result<Self> {
        let known = Self::PRESETS.into_iter().find(|(known, _)| *known == name);
        let known = known.map(|(_, preset)| preset);
        let parts: Vec<&str> = name.split('-').collect();
        let described = match parts[..] {
            ["clip", side] => Self::described(["clip", side, "bicubic", side]),
            [n, r, f, c] => Self::described([n, r, f, c]),
            _ => None,
        };
        known.or(described).ok_or_else(|| {
            let expected = "one of imagenet, inception, clip, clip-C, dinov2, vit, siglip, \
                deep-compression-227, cifar-32, tf-mobilenet, tf-efficientnet-lite, or N-R-F-C with \
                normalization N (imagenet, clip, half, none), shorter side R (or whole), filter F \
                and crop C";
            Error::parameter("preset", expected, format_args!("{name:?}"))
        })
    }

    /// Makes the preprocessing with a normalization, a shorter side (or `whole`), a filter and a
    /// crop; returns `None` if one of them does not exist.
    pub(in crate::extract) fn described(
        [normalization, resize, filter, crop]: [&str; 4],
    ) -> Option<Self> {
        let crop: u32 = crop.parse().ok()?;
        let resize = match resize {
            "whole" => Resize::whole(crop),
            short => Resize::ShortSide(short.parse().ok()?),
        };
        let normalization = Normalization::named(normalization)?;
        Self::new(resize, filter.parse().ok()?, [crop; 2], normalization).ok()
    }

    /// Creates a preprocessing with ImageNet normalization, as for all versions of the weights of
    /// torchvision: resize the shorter side, then crop a square.
    ///
    /// # Errors
    /// As for [`Preprocessing::new`].
    pub fn imagenet(short_side: u32, filter: Filter, crop: u32) -> Result<Self> {
        let resize = Resize::ShortSide(short_side);
        Self::new(resize, filter, [crop; 2], Normalization::IMAGENET)
    }

    /// Creates the preprocessing of CLIP and OpenCLIP for images with the given side.
    ///
    /// # Errors
    /// As for [`Preprocessing::new`].
    pub fn clip(side: u32) -> Result<Self> {
        let resize = Resize::ShortSide(side);
        Self::new(resize, Filter::Bicubic, [side; 2], Normalization::CLIP)
    }
}

/// Creates the preprocessing of [`Preprocessing::imagenet`] from valid constants, without checks.
const fn imagenet(short_side: u32, filter: Filter, crop: u32) -> Preprocessing {
    square(short_side, filter, crop, Normalization::IMAGENET)
}

const fn square(
    short_side: u32,
    filter: Filter,
    crop: u32,
    normalization: Normalization,
) -> Preprocessing {
    Preprocessing {
        orientation: Orientation::AsStored,
        resize: Resize::ShortSide(short_side),
        filter,
        passes: PassOrder::VerticalWhereCheaper,
        crop: [crop; 2],
        crop_rule: CropRule::Torchvision,
        normalization,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn presets_are_what_could_be_made() {
        for (name, preset) in Preprocessing::PRESETS {
            let made = Preprocessing::new(
                preset.resize(),
                preset.filter(),
                preset.crop(),
                *preset.normalization(),
            );
            assert_eq!(made.unwrap(), preset, "{name}");
            let normalization = preset.normalization();
            let checked = Normalization::new(normalization.mean(), normalization.std());
            assert!(checked.is_ok(), "{name}");
            assert_eq!(Preprocessing::preset(name).unwrap(), preset);
        }
        let names: BTreeSet<&str> = Preprocessing::PRESETS
            .iter()
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(names.len(), Preprocessing::PRESETS.len());
        let error = Preprocessing::preset("imagenet21k").unwrap_err();
        assert!(error.report().to_string().contains("\"imagenet21k\""));
    }

    #[test]
    fn sizes_can_be_chosen() {
        let preset = |name| Preprocessing::preset(name).unwrap();
        assert_eq!(Preprocessing::clip(336).unwrap(), preset("clip-336"));
        assert_eq!(
            Preprocessing::imagenet(232, Filter::Bicubic, 224).unwrap(),
            preset("imagenet-232-bicubic-224")
        );
        assert_eq!(preset("imagenet-256-bilinear-224"), Preprocessing::IMAGENET);
        assert_eq!(preset("half-whole-bicubic-224"), Preprocessing::SIGLIP);
        for bad in [
            "clip-0",
            "imagenet-9000-bicubic-224",
            "half-x-bicubic-224",
            "imagenet-256",
        ] {
            assert!(Preprocessing::preset(bad).is_err(), "{bad}");
        }
        assert!(Preprocessing::clip(0).is_err());
        assert!(Preprocessing::imagenet(256, Filter::Bilinear, 9000).is_err());
    }
}
