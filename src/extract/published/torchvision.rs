//! Weights published by torchvision, trained on ImageNet-1k with labels.

use super::PublishedWeights;
use crate::extract::preprocess::Filter::{Bicubic, Bilinear};
use crate::extract::preprocess::{Filter, Normalization, imagenet};

/// Architecture, version, ImageNet top-1 accuracy in %, and preprocessing: length of the shorter
/// side, filter, and side of the crop.
type Row = (&'static str, &'static str, f64, (u32, Filter, u32));

/// From `torchvision.models.get_model_weights(…)`, version 0.29.
const ROWS: [Row; 73] = [
    ("alexnet", "imagenet1k_v1", 56.522, (256, Bilinear, 224)),
    ("vgg11", "imagenet1k_v1", 69.02, (256, Bilinear, 224)),
    ("vgg13", "imagenet1k_v1", 69.928, (256, Bilinear, 224)),
    ("vgg16", "imagenet1k_v1", 71.592, (256, Bilinear, 224)),
    ("vgg19", "imagenet1k_v1", 72.376, (256, Bilinear, 224)),
    ("vgg11_bn", "imagenet1k_v1", 70.37, (256, Bilinear, 224)),
    ("vgg13_bn", "imagenet1k_v1", 71.586, (256, Bilinear, 224)),
    ("vgg16_bn", "imagenet1k_v1", 73.36, (256, Bilinear, 224)),
    ("vgg19_bn", "imagenet1k_v1", 74.218, (256, Bilinear, 224)),
    ("resnet18", "imagenet1k_v1", 69.758, (256, Bilinear, 224)),
    ("resnet34", "imagenet1k_v1", 73.314, (256, Bilinear, 224)),
    ("resnet50", "imagenet1k_v1", 76.13, (256, Bilinear, 224)),
    ("resnet50", "imagenet1k_v2", 80.858, (232, Bilinear, 224)),
    ("resnet101", "imagenet1k_v1", 77.374, (256, Bilinear, 224)),
    ("resnet101", "imagenet1k_v2", 81.886, (232, Bilinear, 224)),
    ("resnet152", "imagenet1k_v1", 78.312, (256, Bilinear, 224)),
    ("resnet152", "imagenet1k_v2", 82.284, (232, Bilinear, 224)),
    (
        "resnext50_32x4d",
        "imagenet1k_v1",
        77.618,
        (256, Bilinear, 224),
    ),
    (
        "resnext50_32x4d",
        "imagenet1k_v2",
        81.198,
        (232, Bilinear, 224),
    ),
    (
        "resnext101_32x8d",
        "imagenet1k_v1",
        79.312,
        (256, Bilinear, 224),
    ),
    (
        "resnext101_32x8d",
        "imagenet1k_v2",
        82.834,
        (232, Bilinear, 224),
    ),
    (
        "resnext101_64x4d",
        "imagenet1k_v1",
        83.246,
        (232, Bilinear, 224),
    ),
    (
        "wide_resnet50_2",
        "imagenet1k_v1",
        78.468,
        (256, Bilinear, 224),
    ),
    (
        "wide_resnet50_2",
        "imagenet1k_v2",
        81.602,
        (232, Bilinear, 224),
    ),
    (
        "wide_resnet101_2",
        "imagenet1k_v1",
        78.848,
        (256, Bilinear, 224),
    ),
    (
        "wide_resnet101_2",
        "imagenet1k_v2",
        82.51,
        (232, Bilinear, 224),
    ),
    ("densenet121", "imagenet1k_v1", 74.434, (256, Bilinear, 224)),
    ("densenet161", "imagenet1k_v1", 77.138, (256, Bilinear, 224)),
    ("densenet169", "imagenet1k_v1", 75.6, (256, Bilinear, 224)),
    ("densenet201", "imagenet1k_v1", 76.896, (256, Bilinear, 224)),
    (
        "inception_v3",
        "imagenet1k_v1",
        77.294,
        (342, Bilinear, 299),
    ),
    ("googlenet", "imagenet1k_v1", 69.778, (256, Bilinear, 224)),
    (
        "squeezenet1_0",
        "imagenet1k_v1",
        58.092,
        (256, Bilinear, 224),
    ),
    (
        "squeezenet1_1",
        "imagenet1k_v1",
        58.178,
        (256, Bilinear, 224),
    ),
    (
        "mobilenet_v2",
        "imagenet1k_v1",
        71.878,
        (256, Bilinear, 224),
    ),
    (
        "mobilenet_v2",
        "imagenet1k_v2",
        72.154,
        (232, Bilinear, 224),
    ),
    (
        "mobilenet_v3_small",
        "imagenet1k_v1",
        67.668,
        (256, Bilinear, 224),
    ),
    (
        "mobilenet_v3_large",
        "imagenet1k_v1",
        74.042,
        (256, Bilinear, 224),
    ),
    (
        "mobilenet_v3_large",
        "imagenet1k_v2",
        75.274,
        (232, Bilinear, 224),
    ),
    (
        "efficientnet_b0",
        "imagenet1k_v1",
        77.692,
        (256, Bicubic, 224),
    ),
    (
        "efficientnet_b1",
        "imagenet1k_v1",
        78.642,
        (256, Bicubic, 240),
    ),
    (
        "efficientnet_b1",
        "imagenet1k_v2",
        79.838,
        (255, Bilinear, 240),
    ),
    (
        "efficientnet_b2",
        "imagenet1k_v1",
        80.608,
        (288, Bicubic, 288),
    ),
    (
        "efficientnet_b3",
        "imagenet1k_v1",
        82.008,
        (320, Bicubic, 300),
    ),
    (
        "efficientnet_b4",
        "imagenet1k_v1",
        83.384,
        (384, Bicubic, 380),
    ),
    (
        "efficientnet_b5",
        "imagenet1k_v1",
        83.444,
        (456, Bicubic, 456),
    ),
    (
        "efficientnet_b6",
        "imagenet1k_v1",
        84.008,
        (528, Bicubic, 528),
    ),
    (
        "efficientnet_b7",
        "imagenet1k_v1",
        84.122,
        (600, Bicubic, 600),
    ),
    (
        "convnext_tiny",
        "imagenet1k_v1",
        82.52,
        (236, Bilinear, 224),
    ),
    (
        "convnext_small",
        "imagenet1k_v1",
        83.616,
        (230, Bilinear, 224),
    ),
    (
        "convnext_base",
        "imagenet1k_v1",
        84.062,
        (232, Bilinear, 224),
    ),
    (
        "convnext_large",
        "imagenet1k_v1",
        84.414,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_400mf",
        "imagenet1k_v1",
        74.046,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_400mf",
        "imagenet1k_v2",
        75.804,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_800mf",
        "imagenet1k_v1",
        76.42,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_800mf",
        "imagenet1k_v2",
        78.828,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_1_6gf",
        "imagenet1k_v1",
        77.95,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_1_6gf",
        "imagenet1k_v2",
        80.876,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_3_2gf",
        "imagenet1k_v1",
        78.948,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_3_2gf",
        "imagenet1k_v2",
        81.982,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_8gf",
        "imagenet1k_v1",
        80.032,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_8gf",
        "imagenet1k_v2",
        82.828,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_16gf",
        "imagenet1k_v1",
        80.424,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_16gf",
        "imagenet1k_v2",
        82.886,
        (232, Bilinear, 224),
    ),
    (
        "regnet_y_32gf",
        "imagenet1k_v1",
        80.878,
        (256, Bilinear, 224),
    ),
    (
        "regnet_y_32gf",
        "imagenet1k_v2",
        83.368,
        (232, Bilinear, 224),
    ),
    ("vit_b_16", "imagenet1k_v1", 81.072, (256, Bilinear, 224)),
    ("vit_b_32", "imagenet1k_v1", 75.912, (256, Bilinear, 224)),
    ("vit_l_16", "imagenet1k_v1", 79.662, (242, Bilinear, 224)),
    ("vit_l_32", "imagenet1k_v1", 76.972, (256, Bilinear, 224)),
    ("swin_t", "imagenet1k_v1", 81.474, (232, Bicubic, 224)),
    ("swin_s", "imagenet1k_v1", 83.196, (246, Bicubic, 224)),
    ("swin_b", "imagenet1k_v1", 83.582, (238, Bicubic, 224)),
];

/// Architectures whose weights were converted from other frameworks and expect pixels in [−1, 1].
/// torchvision converts ImageNet-normalised images inside these networks; here the preprocessing
/// does.
const OF_GOOGLE: [&str; 2] = ["googlenet", "inception_v3"];

/// Returns the repository on the hub that has the parameter names of torchvision, if there is one.
fn repository(architecture: &str, version: &str) -> Option<String> {
    let same_names = ["resnet", "resnext", "wide_resnet", "densenet"];
    let is_there = same_names.iter().any(|name| architecture.starts_with(name));
    let tag = match version {
        "imagenet1k_v1" => "tv_in1k",
        _ => "tv2_in1k",
    };
    is_there.then(|| format!("timm/{architecture}.{tag}"))
}

pub(super) fn all() -> impl Iterator<Item = PublishedWeights> {
    let published = |(architecture, version, top1, (short, filter, crop)): Row| {
        let mut preprocessing = imagenet(short, filter, crop);
        if OF_GOOGLE.contains(&architecture) {
            preprocessing = preprocessing.with_normalization(Normalization::HALF);
        }
        let weights = PublishedWeights::new(
            architecture,
            version,
            preprocessing,
            "ImageNet-1k",
            "supervised",
        );
        let weights = weights.with_imagenet_top1(top1);
        match repository(architecture, version) {
            Some(repository) => weights.on_hub(repository, "model.safetensors", ""),
            None => weights,
        }
    };
    ROWS.into_iter().map(published)
}
