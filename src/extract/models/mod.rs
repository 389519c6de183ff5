//! Architectures, one file per family.

mod alexnet;
mod attention_pool;
mod beit;
mod blocks;
mod clip;
mod convnext;
mod cornet;
mod densenet;
mod efficientnet;
mod eva;
mod googlenet;
mod inception;
mod interpolation;
mod inverted_residual;
mod mobilenet_v1;
mod mobilenet_v2;
mod mobilenet_v3;
mod patches;
mod regnet;
mod resnet;
mod resnet_cifar;
mod rotary;
mod squeezenet;
mod swin;
mod timm_convnext;
mod timm_efficientnet;
mod timm_vit;
mod transformer;
mod vgg;
mod vit;

use crate::error::{ArgumentError, Result};
use crate::extract::architecture::Architecture;
use crate::extract::nearest::nearest;

impl Architecture {
    /// Returns the architecture with this name.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`] with the most similar names if there is no such
    /// architecture.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::all().find(|architecture| architecture.name() == name);
        found.ok_or_else(|| {
            ArgumentError::UnknownName {
                what: "architecture",
                name: name.into(),
                nearest: nearest(name, Self::all().map(|architecture| architecture.name())),
            }
            .into()
        })
    }

    /// Returns all architectures, family by family.
    pub fn all() -> impl Iterator<Item = Self> {
        alexnet::architectures()
            .chain(vgg::architectures())
            .chain(resnet::architectures())
            .chain(resnet_cifar::architectures())
            .chain(cornet::architectures())
            .chain(squeezenet::architectures())
            .chain(densenet::architectures())
            .chain(googlenet::architectures())
            .chain(inception::architectures())
            .chain(mobilenet_v1::architectures())
            .chain(mobilenet_v2::architectures())
            .chain(mobilenet_v3::architectures())
            .chain(efficientnet::architectures())
            .chain(timm_efficientnet::architectures())
            .chain(regnet::architectures())
            .chain(convnext::architectures())
            .chain(timm_convnext::architectures())
            .chain(vit::architectures())
            .chain(timm_vit::architectures())
            .chain(eva::architectures())
            .chain(beit::architectures())
            .chain(swin::architectures())
            .chain(clip::architectures())
    }
}
