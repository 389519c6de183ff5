//! Architectures of networks.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::module::Sequential;
use crate::extract::preprocess::Preprocessing;
use crate::extract::published::ModelName;
use crate::extract::tap::Axes;

type Build = dyn Fn(&Builder<'_>) -> Result<Sequential> + Send + Sync;

/// The architecture of a network: its computations, and the names of its parameters and modules.
///
/// The names are those of torchvision, timm or open_clip, so that their checkpoints can be loaded
/// unchanged.
///
/// ```
/// use human_alignment::extract::Architecture;
///
/// let resnet = Architecture::named("resnet50")?;
/// assert_eq!((resnet.family(), resnet.input_size()), ("ResNet", 224));
/// let refused = Architecture::named("resnet5").unwrap_err().to_string();
/// assert!(refused.contains("resnet50"), "{refused}");
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # List of architectures
///
/// | family | names |
/// |---|---|
/// | AlexNet | `alexnet` |
/// | VGG | `vgg11`, `vgg11_bn`, `vgg13`, `vgg13_bn`, `vgg16`, `vgg16_bn`, `vgg19`, `vgg19_bn` |
/// | ResNet | `resnet18`, `resnet34`, `resnet50`, `resnet101`, `resnet152`, `resnext50_32x4d`, `resnext101_32x8d`, `resnext101_64x4d`, `wide_resnet50_2`, `wide_resnet101_2` |
/// | ResNet for CIFAR | `resnet20_cifar10`, `resnet32_cifar10`, `resnet44_cifar10`, `resnet56_cifar10`, `resnet110_cifar10` |
/// | CORnet | `cornet_s` |
/// | SqueezeNet | `squeezenet1_0`, `squeezenet1_1`, `squeezenet1_0_deep_compression` |
/// | DenseNet | `densenet121`, `densenet161`, `densenet169`, `densenet201` |
/// | GoogLeNet | `googlenet` |
/// | Inception | `inception_v3` |
/// | MobileNetV1 | `mobilenet_v1_025` |
/// | MobileNetV2 | `mobilenet_v2` |
/// | MobileNetV2 (TensorFlow) | `tf_mobilenet_v2` |
/// | MobileNetV3 | `mobilenet_v3_small`, `mobilenet_v3_large` |
/// | EfficientNet | `efficientnet_b0`, `efficientnet_b1`, `efficientnet_b2`, `efficientnet_b3`, `efficientnet_b4`, `efficientnet_b5`, `efficientnet_b6`, `efficientnet_b7`, `efficientnet_v2_s`, `efficientnet_v2_m`, `efficientnet_v2_l` |
/// | EfficientNet (TensorFlow) | `tf_efficientnet_b0`, `tf_efficientnet_b1`, `tf_efficientnet_b2`, `tf_efficientnet_b3`, `tf_efficientnet_b4`, `tf_efficientnet_b5`, `tf_efficientnet_b6`, `tf_efficientnet_b7`, `tf_efficientnet_b8`, `tf_efficientnet_lite0`, `tf_efficientnet_lite1`, `tf_efficientnet_lite2`, `tf_efficientnet_lite3`, `tf_efficientnet_lite4` |
/// | RegNet | `regnet_x_400mf`, `regnet_x_800mf`, `regnet_x_1_6gf`, `regnet_x_3_2gf`, `regnet_x_8gf`, `regnet_x_16gf`, `regnet_x_32gf`, `regnet_y_400mf`, `regnet_y_800mf`, `regnet_y_1_6gf`, `regnet_y_3_2gf`, `regnet_y_8gf`, `regnet_y_16gf`, `regnet_y_32gf` |
/// | ConvNeXt | `convnext_tiny`, `convnext_small`, `convnext_base`, `convnext_large` |
/// | ConvNeXt V2 | `convnextv2_atto`, `convnextv2_femto`, `convnextv2_pico`, `convnextv2_nano`, `convnextv2_tiny`, `convnextv2_base`, `convnextv2_large`, `convnextv2_huge` |
/// | ViT | `vit_b_16`, `vit_b_32`, `vit_l_16`, `vit_l_32`, `vit_h_14` |
/// | ViT (timm) | `vit_tiny_patch16_224`, `vit_small_patch16_224`, `vit_small_patch32_224`, `vit_base_patch16_224`, `vit_base_patch32_224`, `vit_base_patch8_224`, `vit_large_patch16_224` |
/// | DeiT | `deit_tiny_patch16_224`, `deit_small_patch16_224`, `deit_base_patch16_224` |
/// | DINO | `vit_small_patch8_224` |
/// | DINOv2 | `vit_small_patch14_dinov2`, `vit_base_patch14_dinov2`, `vit_large_patch14_dinov2`, `vit_giant_patch14_dinov2`, `vit_small_patch14_reg4_dinov2`, `vit_base_patch14_reg4_dinov2`, `vit_large_patch14_reg4_dinov2`, `vit_giant_patch14_reg4_dinov2` |
/// | SigLIP | `vit_base_patch16_siglip_224`, `vit_base_patch16_siglip_256`, `vit_base_patch16_siglip_384`, `vit_base_patch16_siglip_512`, `vit_base_patch32_siglip_256`, `vit_large_patch16_siglip_256`, `vit_large_patch16_siglip_384`, `vit_large_patch16_siglip_512`, `vit_so400m_patch14_siglip_224`, `vit_so400m_patch14_siglip_384`, `vit_so400m_patch16_siglip_256`, `vit_so400m_patch16_siglip_384`, `vit_so400m_patch16_siglip_512`, `vit_giantopt_patch16_siglip_256`, `vit_giantopt_patch16_siglip_384` |
/// | EVA-02 | `eva02_tiny_patch14_224`, `eva02_tiny_patch14_336`, `eva02_small_patch14_224`, `eva02_small_patch14_336`, `eva02_base_patch14_224`, `eva02_base_patch14_448`, `eva02_large_patch14_224`, `eva02_large_patch14_448` |
/// | EVA-CLIP | `eva02_base_patch16_clip_224`, `eva02_large_patch14_clip_224`, `eva02_large_patch14_clip_336` |
/// | DINOv3 | `vit_small_patch16_dinov3`, `vit_small_patch16_dinov3_qkvb`, `vit_small_plus_patch16_dinov3`, `vit_small_plus_patch16_dinov3_qkvb`, `vit_base_patch16_dinov3`, `vit_base_patch16_dinov3_qkvb`, `vit_large_patch16_dinov3`, `vit_large_patch16_dinov3_qkvb`, `vit_huge_plus_patch16_dinov3`, `vit_huge_plus_patch16_dinov3_qkvb` |
/// | BEiT | `beit_base_patch16_224`, `beit_base_patch16_384`, `beit_large_patch16_224`, `beit_large_patch16_384`, `beit_large_patch16_512`, `beitv2_base_patch16_224`, `beitv2_large_patch16_224` |
/// | Swin | `swin_t`, `swin_s`, `swin_b` |
/// | Swin V2 | `swin_v2_t`, `swin_v2_s`, `swin_v2_b` |
/// | CLIP | `RN50`, `RN101`, `RN50x4`, `RN50x16`, `RN50x64`, `ViT-B-32-quickgelu`, `ViT-B-16-quickgelu`, `ViT-L-14-quickgelu`, `ViT-L-14-336-quickgelu`, `ViT-B-32`, `ViT-B-16`, `ViT-L-14`, `ViT-L-14-336`, `ViT-H-14`, `ViT-H-14-quickgelu`, `ViT-H-14-378-quickgelu`, `ViT-g-14`, `ViT-bigG-14`, `ViT-bigG-14-quickgelu` |
#[derive(Clone)]
pub struct Architecture {
    name: &'static str,
    family: &'static str,
    input_size: usize,
    head: Head,
    channels_last: &'static [&'static str],
    channels_first: &'static [&'static str],
    former_names: &'static [(&'static str, &'static str)],
    channels_last_ends: &'static [&'static str],
    n_special_tokens: usize,
    build: Arc<Build>,
}

/// The paths of the last two modules of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct Head {
    /// Path of the module whose output is the logits, or the embedding of a network without a
    /// classifier.
    pub logits: &'static str,
    /// Path of the module before the last one, as in Muttenthaler et al. (2023).
    pub penultimate: &'static str,
}

impl Architecture {
    /// Creates an architecture for images of 224 × 224 pixels.
    pub(in crate::extract) fn new(
        name: &'static str,
        family: &'static str,
        head: Head,
        build: impl Fn(&Builder<'_>) -> Result<Sequential> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            family,
            input_size: 224,
            head,
            channels_last: &[],
            channels_first: &[],
            former_names: &[],
            channels_last_ends: &[],
            n_special_tokens: 1,
            build: Arc::new(build),
        }
    }

    /// Sets the prefixes of the paths of modules whose output is height × width × channels.
    pub(in crate::extract) fn with_channels_last(
        mut self,
        prefixes: &'static [&'static str],
    ) -> Self {
        self.channels_last = prefixes;
        self
    }

    /// Sets the prefixes of the paths of exceptions, whose output is channels × height × width.
    pub(in crate::extract) fn with_channels_first(
        mut self,
        prefixes: &'static [&'static str],
    ) -> Self {
        self.channels_first = prefixes;
        self
    }

    /// Sets parts of parameter names in older checkpoints, each with its current form.
    pub(in crate::extract) fn with_former_names(
        mut self,
        names: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.former_names = names;
        self
    }

    /// Sets the suffixes of the paths of modules whose output is height × width × channels.
    pub(in crate::extract) fn with_channels_last_ends(
        mut self,
        ends: &'static [&'static str],
    ) -> Self {
        self.channels_last_ends = ends;
        self
    }

    /// Sets the number of tokens before those of the patches, which is 1 unless set: a class token
    /// and registers.
    pub(in crate::extract) fn with_special_tokens(mut self, n: usize) -> Self {
        self.n_special_tokens = n;
        self
    }

    /// Sets the height and width of the input images, in pixels.
    pub(in crate::extract) fn with_input_size(mut self, size: usize) -> Self {
        self.input_size = size;
        self
    }

    /// Returns the name of the architecture, such as `resnet50`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the family of the architecture, such as `ResNet`.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// Returns the height and width of the images that the architecture was designed for, in
    /// pixels.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// Returns the preprocessing of the first [`PublishedWeights`] of the architecture.
    ///
    /// Weights are not considered. Other weights of the architecture may need a different
    /// preprocessing; [`ModelName::preprocessing_for`] returns an error unless that of the weights of
    /// a network is known.
    ///
    /// # Errors
    /// Returns `ExtractError::NoPreprocessing` if no published weights are known.
    ///
    /// [`PublishedWeights`]: crate::extract::PublishedWeights
    pub fn preprocessing(&self) -> Result<Preprocessing> {
        self.name.parse::<ModelName>()?.preprocessing()
    }

    /// Returns the path of a module; the names `logits` and `penultimate` are replaced by the paths
    /// of these modules.
    pub(in crate::extract) fn module<'n>(&self, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        match name {
            "logits" => self.head.logits,
            "penultimate" => self.head.penultimate,
            path => path,
        }
    }

    /// Returns the order of the axes of the output of a module.
    pub(in crate::extract) fn axes(&self, path: &str) -> Axes {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|p| path.starts_with(p));
        let ends = self.channels_last_ends.iter().any(|p| path.ends_with(p));
        match (ends || begins(self.channels_last)) && !begins(self.channels_first) {
            true => Axes::ChannelsLast,
            false => Axes::ChannelsFirst {
                n_special_tokens: match path {
                    // Special tokens are added after it.
                    "patch_embed" => 0,
                    _ => self.n_special_tokens,
                },
            },
        }
    }

    /// Returns the current name of a parameter, given its name in a checkpoint.
    pub(in crate::extract) fn current_name(&self, stored: &str) -> String {
        let replace = |name: String, (former, now): &(&str, &str)| name.replace(former, now);
        self.former_names.iter().fold(stored.to_owned(), replace)
    }

    pub(in crate::extract) fn build(&self, builder: &Builder<'_>) -> Result<Sequential> {
        (self.build)(builder)
    }
}

impl fmt::Debug for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Architecture")
            .field("name", &self.name)
            .field("family", &self.family)
            .field("input_size", &self.input_size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_all_architectures() {
        let source = include_str!("architecture.rs");
        let documented = source.lines().filter(|line| line.starts_with("/// | "));
        let documented: Vec<&str> = documented
            .flat_map(|row| row.split('`').skip(1).step_by(2))
            .collect();
        let all: Vec<&str> = Architecture::all()
            .map(|architecture| architecture.name())
            .collect();
        assert_eq!(documented, all);
    }
}
