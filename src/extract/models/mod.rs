//! Architectures, one file a family.

mod alexnet;
mod blocks;
mod densenet;
mod googlenet;
mod inception;
mod mobilenet_v1;
mod resnet;
mod resnet_cifar;
mod squeezenet;
mod vgg;

use crate::extract::architecture::Architecture;

/// All architectures, family by family.
pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    alexnet::architectures()
        .chain(vgg::architectures())
        .chain(resnet::architectures())
        .chain(resnet_cifar::architectures())
        .chain(squeezenet::architectures())
        .chain(densenet::architectures())
        .chain(googlenet::architectures())
        .chain(inception::architectures())
        .chain(mobilenet_v1::architectures())
}
