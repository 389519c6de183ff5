//! Architectures, one file a family.

mod clip;
mod patches;
mod resnet;
mod squeezenet;
mod swin;
mod timm_vit;
mod transformer;
mod vit;

use crate::extract::architecture::Architecture;

/// All architectures, family by family.
pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    resnet::architectures()
        .chain(squeezenet::architectures())
        .chain(vit::architectures())
        .chain(timm_vit::architectures())
        .chain(swin::architectures())
        .chain(clip::architectures())
}
