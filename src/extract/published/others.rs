//! Weights of small networks from other publishers.

use super::PublishedWeights;
use crate::extract::preprocess::Preprocessing;

pub(super) fn all() -> impl Iterator<Item = PublishedWeights> {
    let imagenet = |architecture, tag, preprocessing| {
        PublishedWeights::new(
            architecture,
            tag,
            preprocessing,
            "ImageNet-1k",
            "supervised",
        )
    };
    let cifar = |architecture| {
        let preprocessing = Preprocessing::CIFAR_32;
        PublishedWeights::new(
            architecture,
            "cifar10",
            preprocessing,
            "CIFAR-10",
            "supervised",
        )
    };
    let caffe = Preprocessing::DEEP_COMPRESSION_227;
    [
        imagenet("squeezenet1_0_deep_compression", "imagenet1k", caffe),
        imagenet("mobilenet_v1_025", "imagenet1k", Preprocessing::IMAGENET)
            .with_imagenet_top1(46.6),
        cifar("resnet20_cifar10"),
        cifar("resnet56_cifar10"),
    ]
    .into_iter()
}
