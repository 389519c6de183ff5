//! Architectures, one file a family.

mod convnext;
mod efficientnet;
mod inverted_residual;
mod mobilenet_v2;
mod mobilenet_v3;
mod regnet;
mod resnet;
mod squeezenet;

use crate::extract::architecture::Architecture;

/// All architectures, family by family.
pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    resnet::architectures()
        .chain(squeezenet::architectures())
        .chain(mobilenet_v2::architectures())
        .chain(mobilenet_v3::architectures())
        .chain(efficientnet::architectures())
        .chain(regnet::architectures())
        .chain(convnext::architectures())
}
