//! Names of models as libraries spell them.

use std::fmt;
use std::str::FromStr;

use super::PublishedWeights;
use crate::error::{Error, ExtractError, Result};
use crate::extract::architecture::Architecture;
use crate::extract::nearest::nearest;
use crate::extract::network::Network;
use crate::extract::preprocess::DescribedIn;
use crate::extract::preprocess::Preprocessing;

/// The name of an architecture, or of weights of an architecture, `architecture.tag`, in the
/// spelling of this crate, torchvision, timm or open_clip.
///
/// Former names of timm (`tv_resnet50`, `vit_base_patch16_224_dino`) and slashes (`ViT-B/32`) are
/// recognized. Weights that were trained with QuickGELU select the architecture with it:
/// `ViT-B-32.openai` is `ViT-B-32-quickgelu.openai`.
///
/// ```
/// use human_alignment::extract::ModelName;
///
/// let name: ModelName = "resnet50.a1_in1k".parse()?;
/// assert_eq!((name.architecture().name(), name.tag()), ("resnet50", Some("a1_in1k")));
/// assert_eq!(name.preprocessing()?.shape(), [3, 224, 224]);
/// // Other weights may need another preprocessing.
/// let name: ModelName = "resnet50.mine".parse()?;
/// assert!(name.preprocessing().is_err());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelName {
    architecture: Architecture,
    tag: Option<String>,
}

/// Beginnings of former names of timm, and the tags that they stand for.
const FORMER_BEGINNINGS: [(&str, &str); 5] = [
    ("tv_", "tv_in1k"),
    ("gluon_", "gluon_in1k"),
    ("ssl_", "fb_ssl_yfcc100m_ft_in1k"),
    ("swsl_", "fb_swsl_ig1b_ft_in1k"),
    ("ig_", "fb_wsl_ig1b_ft_in1k"),
];

/// Ends of former names of timm, and the tags that they stand for.
const FORMER_ENDS: [(&str, &str); 6] = [
    ("_in21k", "augreg_in21k"),
    ("_in22k", "fb_in22k"),
    ("_dino", "dino"),
    ("_sam", "sam_in1k"),
    ("_ns", "ns_jft_in1k"),
    ("_ap", "ap_in1k"),
];

impl ModelName {
    /// Returns the architecture.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Returns the tag of the weights, if the name has one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the published weights with this name, or the default ones of the architecture if the
    /// name has no tag; `None` if none are known.
    pub fn weights(&self) -> Option<PublishedWeights> {
        let name = self.architecture.name();
        let mut all = PublishedWeights::all().filter(|weights| weights.architecture() == name);
        match &self.tag {
            None => all.next(),
            Some(tag) => all.find(|weights| weights.tag() == tag),
        }
    }

    /// Returns the preprocessing of the published weights.
    ///
    /// # Errors
    /// Returns [`ExtractError::NoPreprocessing`], which names presets of the right size and similar
    /// names, if no weights with this name are known.
    pub fn preprocessing(&self) -> Result<Preprocessing> {
        match self.weights() {
            Some(weights) => Ok(weights.preprocessing()),
            None => Err(self.no_preprocessing([])),
        }
    }

    /// Returns the preprocessing of the published weights for a network with this name.
    ///
    /// # Errors
    /// Returns [`ExtractError::NoPreprocessing`] also if the name has no tag and the parameters are
    /// not the published ones, which may need another preprocessing. This is the case if they have
    /// other shapes, such as another number of classes, or if no file beside the weights describes
    /// the preprocessing and the weights have no classifier, as after pretraining, or are those of
    /// a network of timm in a training checkpoint. If the name has no tag, returns
    /// [`ExtractError::OtherPreprocessing`] if a file beside the weights, such as
    /// `preprocessor_config.json`, or the settings of the training in a checkpoint, such as `args` of
    /// timm, describe another preprocessing.
    ///
    /// Beside a file of transformers, the centre crop is that of its image processors
    /// ([`CropRule`](crate::extract::preprocess::CropRule)).
    pub fn preprocessing_for(&self, network: &Network) -> Result<Preprocessing> {
        let Some(selected) = network.selected_weights().filter(|_| self.tag.is_none()) else {
            return self.preprocessing();
        };
        // The published weights of timm are in no dictionary, and have another normalization than
        // most that people train.
        let is_timm =
            self.architecture.family() == "ViT (timm)" && selected.converted_from.is_none();
        let is_trained = !selected.has_classifier || is_timm && !selected.key.is_empty();
        let mut described = selected.described.iter();
        let is_described = described.any(|(place, _)| matches!(place, DescribedIn::File(_)));
        let is_other = is_trained && !is_described;
        if !selected.has_published_shapes || is_other {
            let described = selected.described.iter();
            return Err(self.no_preprocessing(described.filter_map(|(_, each)| each.preset())));
        }
        let published = self.preprocessing()?;
        for (described_in, described) in &selected.described {
            described.check(*described_in, &published, &self.to_string())?;
        }
        let described = selected.described.iter();
        Ok(described.fold(published, |made, (_, each)| each.with_rule_of_crop(made)))
    }

    /// Returns the error for an unknown preprocessing, which names presets, `described` ones first.
    fn no_preprocessing(&self, described: impl IntoIterator<Item = String>) -> Error {
        let size = self.architecture.input_size();
        let presets = Preprocessing::PRESETS.into_iter();
        let presets = presets.filter(|(_, preset)| preset.shape() == [3, size, size]);
        let name = self.architecture.name();
        let of_architecture = PublishedWeights::all().filter(|known| known.architecture() == name);
        ExtractError::NoPreprocessing {
            model: self.to_string(),
            presets: described
                .into_iter()
                .chain(presets.map(|(name, _)| name.to_owned()))
                .collect(),
            known: nearest(&self.to_string(), of_architecture.map(|known| known.name())),
        }
        .into()
    }

    /// Returns the architecture with a name, or the only one whose name differs from it in case and
    /// between `-` and `_`, such as `cornet_s` for `CORnet-S`.
    fn architecture_like(name: &str) -> Result<Architecture> {
        let plain = |name: &str| name.to_lowercase().replace('-', "_");
        Architecture::named(name).or_else(|unknown| {
            let mut like = Architecture::all().filter(|known| plain(known.name()) == plain(name));
            match (like.next(), like.next()) {
                (Some(architecture), None) => Ok(architecture),
                _ => Err(unknown),
            }
        })
    }

    /// Returns the name in timm of an image tower of SigLIP in open_clip, such as
    /// `ViT-B-16-SigLIP2-256`, with the tag of its weights there.
    fn siglip(name: &str) -> Option<String> {
        let (name, _) = name.split_once('.').unwrap_or((name, ""));
        let (tower, rest) = name.split_once("-SigLIP")?;
        let (size, patch) = tower.strip_prefix("ViT-")?.split_once('-')?;
        let size = match size {
            "B" => "base",
            "L" => "large",
            "SO400M" => "so400m",
            "gopt" => "giantopt",
            _ => return None,
        };
        let (version, rest) = match rest.strip_prefix('2') {
            Some(rest) => ("v2_", rest),
            None => ("", rest),
        };
        let (languages, rest) = match rest.strip_prefix("-i18n") {
            Some(rest) => ("_i18n", rest),
            None => ("", rest),
        };
        let image = match rest {
            "" => "224",
            rest => rest.strip_prefix('-')?,
        };
        Some(format!(
            "vit_{size}_patch{patch}_siglip_{image}.open_clip_{version}webli{languages}"
        ))
    }

    /// Returns the architecture and the tag that a former name of timm stands for.
    fn former(name: &str) -> Option<(&str, &'static str)> {
        let beginnings = FORMER_BEGINNINGS.iter();
        let mut beginnings =
            beginnings.filter_map(|(part, tag)| Some((name.strip_prefix(part)?, *tag)));
        let ends = FORMER_ENDS.iter();
        let mut ends = ends.filter_map(|(part, tag)| Some((name.strip_suffix(part)?, *tag)));
        let is_known = |&(architecture, tag): &(&str, &str)| {
            PublishedWeights::all().any(|weights| weights.is(architecture, tag))
        };
        beginnings.find(is_known).or_else(|| ends.find(is_known))
    }
}

impl FromStr for ModelName {
    type Err = Error;

    /// Parses a name.
    ///
    /// # Errors
    /// Returns `ArgumentError::UnknownName` with the most similar names if there is no such
    /// architecture.
    fn from_str(name: &str) -> Result<Self> {
        let name = name.strip_prefix("hf-hub:").unwrap_or(name);
        let name = name.strip_prefix("timm/").unwrap_or(name);
        // Only OpenAI spells it so.
        let spelled = name.replace("@336px", "-336-quickgelu").replace('/', "-");
        let spelled = Self::siglip(&spelled).unwrap_or(spelled);
        let (name, tag) = match spelled.split_once('.') {
            Some((name, tag)) => (name, Some(tag)),
            None => match Self::former(&spelled) {
                Some((name, tag)) => (name, Some(tag)),
                None => (&*spelled, None),
            },
        };
        let mut architecture = Self::architecture_like(name)?;
        let name = architecture.name();
        let mut tag = tag.map(str::to_owned);
        if let Some(tag) = &mut tag {
            // torchvision writes its tags in upper case.
            let lower = tag.to_lowercase();
            if PublishedWeights::all().any(|weights| weights.is(name, &lower)) {
                *tag = lower;
            }
            let quick = format!("{name}-quickgelu");
            if PublishedWeights::all().any(|weights| weights.is(&quick, tag)) {
                architecture = Architecture::named(&quick)?;
            }
        }
        Ok(Self { architecture, tag })
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.architecture.name())?;
        match &self.tag {
            Some(tag) => write!(f, ".{tag}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;

    #[test]
    fn names_are_those_of_the_libraries() {
        for (spelled, expected) in [
            ("resnet50", "resnet50"),
            ("resnet50.a1_in1k", "resnet50.a1_in1k"),
            ("timm/resnet50.a1_in1k", "resnet50.a1_in1k"),
            ("hf-hub:timm/resnet50.a1_in1k", "resnet50.a1_in1k"),
            ("resnet50.IMAGENET1K_V2", "resnet50.imagenet1k_v2"),
            ("tv_resnet50", "resnet50.tv_in1k"),
            ("swsl_resnet18", "resnet18.fb_swsl_ig1b_ft_in1k"),
            ("vit_base_patch8_224_dino", "vit_base_patch8_224.dino"),
            (
                "vit_base_patch16_224_in21k",
                "vit_base_patch16_224.augreg_in21k",
            ),
            ("tf_efficientnet_b4_ns", "tf_efficientnet_b4.ns_jft_in1k"),
            ("ViT-B/32", "ViT-B-32"),
            ("ViT-B/32.openai", "ViT-B-32-quickgelu.openai"),
            ("ViT-B-32.laion2b_s34b_b79k", "ViT-B-32.laion2b_s34b_b79k"),
            ("ViT-L/14@336px", "ViT-L-14-336-quickgelu"),
            ("CORnet-S", "cornet_s"),
            (
                "ViT-B-16-SigLIP",
                "vit_base_patch16_siglip_224.open_clip_webli",
            ),
            (
                "ViT-SO400M-16-SigLIP-i18n-256",
                "vit_so400m_patch16_siglip_256.open_clip_webli_i18n",
            ),
            (
                "ViT-L-16-SigLIP2-384.webli",
                "vit_large_patch16_siglip_384.open_clip_v2_webli",
            ),
        ] {
            let name: ModelName = spelled.parse().unwrap();
            assert_eq!(name.to_string(), expected);
            name.preprocessing().unwrap();
        }
        for unknown in ["resnet51.a1_in1k", "tv_resnet51", "ViT-B/31", "vit-b-32"] {
            assert!(unknown.parse::<ModelName>().is_err());
        }
    }

    #[test]
    fn a_preprocessing_that_is_not_known_is_not_guessed() {
        let name: ModelName = "resnet50.a1_in2k".parse().unwrap();
        let refused = name.preprocessing().unwrap_err();
        let text = refused.report().to_string();
        assert!(
            text.contains("resnet50.a1_in1k") && text.contains("--preprocessing"),
            "{text}"
        );
        assert_refused!(
            name.preprocessing(),
            Extract(ExtractError::NoPreprocessing { .. })
        );
    }
}
