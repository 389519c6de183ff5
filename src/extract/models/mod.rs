//! Architectures, one file a family.

mod resnet;
mod squeezenet;

use crate::extract::architecture::Architecture;

/// All architectures, family by family.
pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    resnet::architectures().chain(squeezenet::architectures())
}
