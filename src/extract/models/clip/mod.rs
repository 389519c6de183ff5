//! The image encoders of CLIP: Radford et al., "Learning transferable visual models from natural
//! language supervision" (2021). Names are those of the image tower of OpenCLIP; in a file of the
//! whole model they begin with `visual.`.
//!
//! The transformers of OpenAI were trained with QuickGELU (`quickgelu` in their names), those of
//! LAION with GELU.

mod resnet;
mod vit;

use crate::extract::architecture::Architecture;

const EPSILON: f64 = 1e-5;

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    resnet::architectures().chain(vit::architectures())
}
