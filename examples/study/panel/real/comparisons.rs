//! Models that differ in a factor, and are compared with each other.

use crate::panel::Compared;

/// Titles, and the labels of the model and of the other model. Untrained networks have other random
/// weights on THINGS, hence two comparisons with each.
const PAIRS: [(&str, &str, &str); 22] = [
    (
        "MobileNetV2, logits: ImageNet − birds",
        "mobilenet_v2, ImageNet logits",
        "mobilenet_v2, birds logits",
    ),
    (
        "MobileNetV2, logits: ImageNet − insects",
        "mobilenet_v2, ImageNet logits",
        "mobilenet_v2, insects logits",
    ),
    (
        "MobileNetV2, logits: birds − insects",
        "mobilenet_v2, birds logits",
        "mobilenet_v2, insects logits",
    ),
    (
        "MobileNetV2, last map: ImageNet − birds",
        "mobilenet_v2, ImageNet penultimate",
        "mobilenet_v2, birds penultimate",
    ),
    (
        "MobileNetV2, last map: ImageNet − insects",
        "mobilenet_v2, ImageNet penultimate",
        "mobilenet_v2, insects penultimate",
    ),
    (
        "CIFAR-10: ResNet-56 − ResNet-20",
        "resnet56_cifar10 logits",
        "resnet20_cifar10 logits",
    ),
    (
        "MobileNetV1: 0.75, 192 px − 0.25, 128 px",
        "mobilenet_v1 0.75, 192 px logits",
        "mobilenet_v1 0.25, 128 px logits",
    ),
    (
        "ImageNet: MobileNetV2 − MobileNetV1 0.75",
        "mobilenet_v2, ImageNet logits",
        "mobilenet_v1 0.75, 192 px logits",
    ),
    (
        "SqueezeNet 1.1, last map: ImageNet − untrained",
        "squeezenet1_1 features.12@mean",
        "squeezenet1_1 (untrained) features.12@mean",
    ),
    (
        "SqueezeNet 1.1, last map: ImageNet − untrained",
        "squeezenet1_1 features.12@mean",
        "squeezenet1_1 (untrained) features.12@mean, other weights",
    ),
    (
        "MobileNetV1 0.25, last map: ImageNet − untrained",
        "mobilenet_v1_025 stage3@mean",
        "mobilenet_v1_025 (untrained) stage3@mean",
    ),
    (
        "MobileNetV1 0.25, last map: ImageNet − untrained",
        "mobilenet_v1_025 stage3@mean",
        "mobilenet_v1_025 (untrained) stage3@mean, other weights",
    ),
    (
        "ResNet-56, last map: CIFAR-10 − untrained",
        "resnet56_cifar10 layer3@mean",
        "resnet56_cifar10 (untrained) layer3@mean",
    ),
    (
        "ResNet-56, last map: CIFAR-10 − untrained",
        "resnet56_cifar10 layer3@mean",
        "resnet56_cifar10 (untrained) layer3@mean, other weights",
    ),
    (
        "CLIP − MobileNetV2, ImageNet",
        "CLIP ViT-B/32",
        "mobilenet_v2, ImageNet logits",
    ),
    (
        "CLIP: images of THINGS − other images",
        "CLIP ViT-B/32",
        "CLIP ViT-B/32, other images",
    ),
    (
        "other images: CLIP − BLIP",
        "CLIP ViT-B/32, other images",
        "BLIP",
    ),
    (
        "other images: CLIP − CVCL",
        "CLIP ViT-B/32, other images",
        "CVCL",
    ),
    ("other images: BLIP − CVCL", "BLIP", "CVCL"),
    ("CLIP − word2vec", "CLIP ViT-B/32", "word2vec"),
    ("word2vec − MiniLM", "word2vec", "MiniLM"),
    ("VICE − CLIP", "VICE", "CLIP ViT-B/32"),
];

pub fn all() -> Vec<Compared> {
    let pair = |(title, model, other): (_, &str, &str)| Compared {
        title,
        model: model.into(),
        other: other.into(),
    };
    PAIRS.into_iter().map(pair).collect()
}
