//! The image encoders of CLIP: Radford et al., "Learning transferable visual models from natural language
//! supervision" (2021). Names are those of OpenCLIP's image tower; a file of the whole model has `visual.`
//! before them.
//!
//! OpenAI's transformers were trained with the activation that `quickgelu` stands for, those of LAION
//! without.

mod resnet;
mod vit;

use crate::extract::architecture::Architecture;

const EPSILON: f64 = 1e-5;

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    resnet::architectures().chain(vit::architectures())
}
