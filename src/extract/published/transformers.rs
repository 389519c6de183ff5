//! Vision transformers published by timm, DeiT, DINO and DINOv2, and image encoders of CLIP.

use super::PublishedWeights;
use crate::extract::preprocess::Filter::Bicubic;
use crate::extract::preprocess::{Preprocessing, clip, imagenet};

/// Architecture, tag, training data and objective.
type Row = (&'static str, &'static str, &'static str, &'static str);

const AUGREG: &str = "ImageNet-21k, ImageNet-1k";

/// Vision transformers of timm, for pixels in [−1, 1].
const TIMM: [Row; 4] = [
    (
        "vit_tiny_patch16_224",
        "augreg_in21k_ft_in1k",
        AUGREG,
        "supervised",
    ),
    (
        "vit_small_patch16_224",
        "augreg_in21k_ft_in1k",
        AUGREG,
        "supervised",
    ),
    (
        "vit_base_patch16_224",
        "augreg_in21k_ft_in1k",
        AUGREG,
        "supervised",
    ),
    (
        "vit_large_patch16_224",
        "augreg_in21k_ft_in1k",
        AUGREG,
        "supervised",
    ),
];

/// DeiT (supervised), and DINO and DINOv2 (self-supervised).
const IMAGENET: [Row; 8] = [
    (
        "deit_tiny_patch16_224",
        "fb_in1k",
        "ImageNet-1k",
        "supervised",
    ),
    (
        "deit_small_patch16_224",
        "fb_in1k",
        "ImageNet-1k",
        "supervised",
    ),
    (
        "deit_base_patch16_224",
        "fb_in1k",
        "ImageNet-1k",
        "supervised",
    ),
    (
        "vit_small_patch16_224",
        "dino",
        "ImageNet-1k",
        "self-supervised (DINO)",
    ),
    (
        "vit_base_patch16_224",
        "dino",
        "ImageNet-1k",
        "self-supervised (DINO)",
    ),
    (
        "vit_small_patch14_dinov2",
        "lvd142m",
        "LVD-142M",
        "self-supervised (DINOv2)",
    ),
    (
        "vit_base_patch14_dinov2",
        "lvd142m",
        "LVD-142M",
        "self-supervised (DINOv2)",
    ),
    (
        "vit_large_patch14_dinov2",
        "lvd142m",
        "LVD-142M",
        "self-supervised (DINOv2)",
    ),
];

/// Image encoders of CLIP: architecture, tag, side of the images in pixels, repository.
const CLIP: [(&str, &str, u32, &str); 12] = [
    ("RN50", "openai", 224, "timm/resnet50_clip.openai"),
    ("RN101", "openai", 224, "timm/resnet101_clip.openai"),
    ("RN50x4", "openai", 288, "timm/resnet50x4_clip.openai"),
    ("RN50x16", "openai", 384, "timm/resnet50x16_clip.openai"),
    ("RN50x64", "openai", 448, "timm/resnet50x64_clip.openai"),
    (
        "ViT-B-32-quickgelu",
        "openai",
        224,
        "timm/vit_base_patch32_clip_224.openai",
    ),
    (
        "ViT-B-16-quickgelu",
        "openai",
        224,
        "timm/vit_base_patch16_clip_224.openai",
    ),
    (
        "ViT-L-14-quickgelu",
        "openai",
        224,
        "timm/vit_large_patch14_clip_224.openai",
    ),
    (
        "ViT-L-14-336-quickgelu",
        "openai",
        336,
        "timm/vit_large_patch14_clip_336.openai",
    ),
    (
        "ViT-B-32",
        "laion2b",
        224,
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    ),
    (
        "ViT-B-16",
        "laion2b",
        224,
        "laion/CLIP-ViT-B-16-laion2B-s34B-b88K",
    ),
    (
        "ViT-L-14",
        "laion2b",
        224,
        "laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
    ),
];

pub(super) fn all() -> impl Iterator<Item = PublishedWeights> {
    let of_timm = |preprocessing: Preprocessing| {
        move |(architecture, tag, data, objective): Row| {
            let repository = format!("timm/{architecture}.{tag}");
            PublishedWeights::new(architecture, tag, preprocessing, data, objective).on_hub(
                repository,
                "model.safetensors",
                "",
            )
        }
    };
    let clip = CLIP
        .into_iter()
        .map(|(architecture, tag, side, repository)| {
            let data = match tag {
                "openai" => "WIT-400M",
                _ => "LAION-2B",
            };
            PublishedWeights::new(architecture, tag, clip(side), data, "image–text (CLIP)").on_hub(
                repository.to_owned(),
                "open_clip_model.safetensors",
                "visual.",
            )
        });
    let vit = TIMM.into_iter().map(of_timm(Preprocessing::VIT));
    let imagenet = IMAGENET
        .into_iter()
        .map(of_timm(imagenet(256, Bicubic, 224)));
    vit.chain(imagenet).chain(clip)
}
