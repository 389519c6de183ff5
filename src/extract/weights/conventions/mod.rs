//! The names of parameters in other libraries, as rules that convert them.
//!
//! Each rule has a regular expression for a whole name and a template for the name that the network
//! uses. In a template `{1}` is the first captured group, `{1*2+1}` twice the captured number plus
//! 1, and `{1#}` the name of the block of the network with that number. The first rule that matches
//! is applied; names that no rule matches remain as they are.

mod convnext;
mod convolutional;
mod mobile;
mod openmmlab;
mod swin;
#[cfg(test)]
mod tests;
mod transformers;

use std::sync::Arc;

use self::convnext::{
    CONVNEXT_OF_DINO_V3, CONVNEXT_OF_HUGGING_FACE, CONVNEXT_OF_ITS_AUTHORS, CONVNEXT_OF_TIMM,
    CONVNEXT_V2_OF_HUGGING_FACE, CONVNEXT_V2_OF_ITS_AUTHORS,
};
use self::convolutional::{
    BLOCKS_OF_EFFICIENTNET_OF_HUGGING_FACE, EFFICIENTNET_OF_HUGGING_FACE, EFFICIENTNET_OF_TIMM,
    REGNET_OF_HUGGING_FACE, REGNET_OF_TIMM, RESNET_OF_HUGGING_FACE, VGG_OF_TIMM,
};
use self::mobile::{
    EFFICIENTNET_OF_ITS_PACKAGE, MOBILENET_V2_OF_HUGGING_FACE, MOBILENET_V2_OF_TIMM,
    MOBILENET_V3_LARGE_OF_TIMM, MOBILENET_V3_SMALL_OF_TIMM,
};
use self::openmmlab::{CONVNEXT_OF_OPENMMLAB, VIT_OF_OPENMMLAB};
use self::swin::{
    SWIN_OF_HUGGING_FACE, SWIN_OF_ITS_AUTHORS, SWIN_OF_TIMM, SWIN_V2_OF_HUGGING_FACE,
};
use self::transformers::{
    BEIT_OF_HUGGING_FACE, BLIP_OF_HUGGING_FACE, BODY_OF_HUGGING_FACE, CHUNKED_BLOCKS,
    CLIP_OF_HUGGING_FACE, CLIP_OF_TIMM, DINO_V2_OF_ITS_AUTHORS, DINO_V3_OF_HUGGING_FACE,
    DINO_V3_OF_ITS_AUTHORS, GATED_LAYERS_OF_HUGGING_FACE, REGISTERS_OF_HUGGING_FACE,
    SIGLIP_OF_HUGGING_FACE, TORCHVISION_VIT_OF_TIMM, VIT_OF_HUGGING_FACE,
};
use super::convention::{CompiledRules, Convention};
use crate::extract::builder::{Deviations, StridedPadding};
use crate::extract::layers::Activation;

/// A rule that converts names.
pub(super) struct Rule {
    pub from: &'static str,
    pub to: &'static str,
    pub kind: Kind,
}

/// What a rule does with the values.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Rename,
    /// Makes the tensor the part of the parameter that this group names: query, key or value.
    Part(usize),
    Transpose,
    Reshape,
    /// Divides the rows of query, key and value: the template has the name of the query and that of
    /// the key and the value, separated by a space.
    Split,
    /// Divides the bias of query, key and value, whose key is masked: the template has the name of the
    /// query and that of the value.
    SplitBias,
    /// Ignores the tensor.
    Ignore,
}

const fn rule(from: &'static str, to: &'static str) -> Rule {
    Rule {
        from,
        to,
        kind: Kind::Rename,
    }
}

const fn part(from: &'static str, to: &'static str, group: usize) -> Rule {
    Rule {
        from,
        to,
        kind: Kind::Part(group),
    }
}

const fn transposed(from: &'static str, to: &'static str) -> Rule {
    Rule {
        from,
        to,
        kind: Kind::Transpose,
    }
}

const fn reshaped(from: &'static str, to: &'static str) -> Rule {
    Rule {
        from,
        to,
        kind: Kind::Reshape,
    }
}

const fn split(from: &'static str, to: &'static str) -> Rule {
    Rule {
        from,
        to,
        kind: Kind::Split,
    }
}

const fn split_bias(from: &'static str, to: &'static str) -> Rule {
    Rule {
        from,
        to,
        kind: Kind::SplitBias,
    }
}

const fn ignored(from: &'static str) -> Rule {
    Rule {
        from,
        to: "",
        kind: Kind::Ignore,
    }
}

/// The normalizations of the maps that backbones of transformers return beside their last one.
const OF_MAPS_OF_BACKBONES: Rule = ignored(r"hidden_states_norms\..+");

/// A library whose names differ from those of the networks of some families.
struct Library {
    name: &'static str,
    families: &'static [&'static str],
    /// Whether networks with a classifier have the rest in a module that is named after the family.
    has_body: bool,
    /// Tables that are applied one after the other.
    rules: &'static [&'static [Rule]],
    /// The library whose names the rules make, if they are not those of the network.
    then: &'static [&'static [Rule]],
    /// What networks without registers compute otherwise.
    deviations: Deviations,
}

pub(super) const HUGGING_FACE: &str = "Hugging Face transformers";
pub(super) const TIMM: &str = "timm";
const OPENMMLAB: &str = "OpenMMLab";

const fn library(
    name: &'static str,
    families: &'static [&'static str],
    rules: &'static [&'static [Rule]],
) -> Library {
    Library {
        name,
        families,
        has_body: false,
        rules,
        then: &[],
        deviations: Deviations::NONE,
    }
}

const fn with_body(
    families: &'static [&'static str],
    rules: &'static [&'static [Rule]],
) -> Library {
    Library {
        has_body: true,
        ..library(HUGGING_FACE, families, rules)
    }
}

impl Library {
    const fn with(mut self, deviations: Deviations) -> Self {
        self.deviations = deviations;
        self
    }
}

/// ViT and DeiT of transformers.
const VIT_DEVIATIONS: Deviations = Deviations {
    epsilon: Some(1e-12),
    is_aliased: true,
    ..Deviations::NONE
};

/// BLIP of transformers.
const BLIP_DEVIATIONS: Deviations = Deviations {
    epsilon: Some(1e-5),
    ..VIT_DEVIATIONS
};

/// BEiT of transformers.
const BEIT_DEVIATIONS: Deviations = Deviations {
    epsilon: Some(1e-12),
    ..Deviations::NONE
};

/// SigLIP of transformers.
const SIGLIP_DEVIATIONS: Deviations = Deviations {
    is_aliased: true,
    activation: Some(Activation::GeluTanh),
    ..Deviations::NONE
};

/// EfficientNet of transformers and efficientnet_pytorch, whose padding does not depend on the image.
/// That of the latter is for the size of the architecture, unless another one was given.
const EFFICIENTNET_DEVIATIONS: Deviations = Deviations {
    strided_padding: StridedPadding::AsForUsualSize,
    ..Deviations::NONE
};

/// Swin V2 of transformers, where the image does not decide which windows are shifted.
const SWIN_V2_DEVIATIONS: Deviations = Deviations {
    window_image: Some(256),
    ..Deviations::NONE
};

/// Swin and Swin V2 of timm.
const SWIN_OF_TIMM_DEVIATIONS: Deviations = Deviations {
    is_shifted_first: true,
    ..Deviations::NONE
};

/// MobileNetV2 of transformers.
const MOBILENET_V2_DEVIATIONS: Deviations = Deviations {
    epsilon: Some(1e-3),
    ..Deviations::NONE
};

/// EfficientNet and MobileNetV3 of timm.
const TIMM_DEVIATIONS: Deviations = Deviations {
    epsilon: Some(1e-5),
    ..Deviations::NONE
};

/// ViT of OpenMMLab.
const OPENMMLAB_DEVIATIONS: Deviations = Deviations {
    epsilon: Some(1e-6),
    is_aliased: true,
    ..Deviations::NONE
};

/// DINOv2 of transformers.
const DINO_V2_DEVIATIONS: Deviations = Deviations {
    is_aliased: true,
    ..Deviations::NONE
};

/// DINOv2 of its authors.
const DINO_V2_OF_AUTHORS_DEVIATIONS: Deviations = Deviations {
    is_aliased: true,
    grid_offset: 0.1,
    ..Deviations::NONE
};

static LIBRARIES: &[Library] = &[
    with_body(
        &["DINOv2"],
        &[REGISTERS_OF_HUGGING_FACE, VIT_OF_HUGGING_FACE],
    )
    .with(DINO_V2_DEVIATIONS),
    with_body(&["ViT (timm)", "DeiT", "DINO"], &[VIT_OF_HUGGING_FACE]).with(VIT_DEVIATIONS),
    library(
        HUGGING_FACE,
        &["ViT (timm)"],
        &[BLIP_OF_HUGGING_FACE, SIGLIP_OF_HUGGING_FACE],
    )
    .with(BLIP_DEVIATIONS),
    library("chunked blocks of DINOv2", &["DINOv2"], &[CHUNKED_BLOCKS]),
    library(
        "the authors of DINOv2",
        &["DINOv2"],
        &[CHUNKED_BLOCKS, DINO_V2_OF_ITS_AUTHORS],
    )
    .with(DINO_V2_OF_AUTHORS_DEVIATIONS),
    with_body(&["DINOv3"], &[DINO_V3_OF_HUGGING_FACE]),
    library(
        "the authors of DINOv3",
        &["DINOv3"],
        &[DINO_V3_OF_ITS_AUTHORS],
    ),
    with_body(
        &["DINOv3"],
        &[GATED_LAYERS_OF_HUGGING_FACE, DINO_V3_OF_HUGGING_FACE],
    ),
    library(TIMM, &["ViT"], &[TORCHVISION_VIT_OF_TIMM]),
    Library {
        then: &[TORCHVISION_VIT_OF_TIMM],
        ..with_body(&["ViT"], &[VIT_OF_HUGGING_FACE])
    }
    .with(VIT_DEVIATIONS),
    library(OPENMMLAB, &["ViT (timm)", "DeiT"], &[VIT_OF_OPENMMLAB]).with(OPENMMLAB_DEVIATIONS),
    Library {
        then: &[TORCHVISION_VIT_OF_TIMM],
        ..library(OPENMMLAB, &["ViT"], &[VIT_OF_OPENMMLAB])
    }
    .with(OPENMMLAB_DEVIATIONS),
    library(HUGGING_FACE, &["CLIP"], &[CLIP_OF_HUGGING_FACE]),
    library(TIMM, &["CLIP"], &[CLIP_OF_TIMM]),
    library(HUGGING_FACE, &["SigLIP"], &[SIGLIP_OF_HUGGING_FACE]).with(SIGLIP_DEVIATIONS),
    with_body(&["ResNet"], &[RESNET_OF_HUGGING_FACE]),
    with_body(&["ConvNeXt"], &[CONVNEXT_OF_HUGGING_FACE]),
    library(HUGGING_FACE, &["ConvNeXt"], &[CONVNEXT_OF_DINO_V3]),
    library(TIMM, &["ConvNeXt"], &[CONVNEXT_OF_TIMM]),
    library(
        "the authors of ConvNeXt",
        &["ConvNeXt"],
        &[CONVNEXT_OF_ITS_AUTHORS],
    ),
    library(OPENMMLAB, &["ConvNeXt"], &[CONVNEXT_OF_OPENMMLAB]),
    with_body(&["ConvNeXt V2"], &[CONVNEXT_V2_OF_HUGGING_FACE]),
    library(
        "the authors of ConvNeXt V2",
        &["ConvNeXt V2"],
        &[CONVNEXT_V2_OF_ITS_AUTHORS],
    ),
    with_body(&["Swin"], &[SWIN_OF_HUGGING_FACE]),
    library(TIMM, &["Swin", "Swin V2"], &[SWIN_OF_TIMM]).with(SWIN_OF_TIMM_DEVIATIONS),
    library(
        "the authors of Swin",
        &["Swin", "Swin V2"],
        &[SWIN_OF_ITS_AUTHORS, SWIN_OF_TIMM],
    )
    // Their own code has no padding.
    .with(SWIN_OF_TIMM_DEVIATIONS),
    with_body(
        &["Swin V2"],
        &[SWIN_V2_OF_HUGGING_FACE, SWIN_OF_HUGGING_FACE],
    )
    .with(SWIN_V2_DEVIATIONS),
    with_body(&["BEiT"], &[BEIT_OF_HUGGING_FACE, VIT_OF_HUGGING_FACE]).with(BEIT_DEVIATIONS),
    library(TIMM, &["VGG"], &[VGG_OF_TIMM]),
    library(TIMM, &["RegNet"], &[REGNET_OF_TIMM]),
    with_body(&["RegNet"], &[REGNET_OF_HUGGING_FACE]),
    with_body(
        &["EfficientNet (TensorFlow)"],
        &[
            EFFICIENTNET_OF_HUGGING_FACE,
            BLOCKS_OF_EFFICIENTNET_OF_HUGGING_FACE,
        ],
    )
    .with(EFFICIENTNET_DEVIATIONS),
    library(
        "efficientnet_pytorch",
        &["EfficientNet (TensorFlow)"],
        EFFICIENTNET_OF_ITS_PACKAGE,
    )
    .with(EFFICIENTNET_DEVIATIONS),
    with_body(
        &["MobileNetV2", "MobileNetV2 (TensorFlow)"],
        &[MOBILENET_V2_OF_HUGGING_FACE],
    )
    .with(MOBILENET_V2_DEVIATIONS),
    library(TIMM, &["EfficientNet"], &[EFFICIENTNET_OF_TIMM]).with(TIMM_DEVIATIONS),
    library(TIMM, &["MobileNetV2"], MOBILENET_V2_OF_TIMM),
    library(TIMM, &["MobileNetV3"], MOBILENET_V3_SMALL_OF_TIMM).with(TIMM_DEVIATIONS),
    library(TIMM, &["MobileNetV3"], MOBILENET_V3_LARGE_OF_TIMM).with(TIMM_DEVIATIONS),
];

/// Returns the conventions of the parameters of networks of a family, with the names of the modules
/// of the network and of its blocks. The first is that of the network itself.
pub(super) fn conventions(
    family: &str,
    modules: Vec<String>,
    blocks: Vec<String>,
) -> Vec<Convention> {
    let blocks: Arc<[String]> = blocks.into();
    let libraries = LIBRARIES
        .iter()
        .filter(|library| library.families.contains(&family));
    let compile = |tables: &'static [&'static [Rule]]| {
        let tables = tables.iter();
        tables.map(|rules| CompiledRules::new(rules)).collect()
    };
    let libraries = libraries.map(|library| Convention::Library {
        name: library.name,
        deviations: library.deviations,
        body: library
            .has_body
            .then(|| CompiledRules::new(BODY_OF_HUGGING_FACE)),
        rules: compile(library.rules),
        then: compile(library.then),
        blocks: Arc::clone(&blocks),
    });
    let has_features = modules.iter().any(|module| module == "features");
    [Convention::Own, Convention::Numbered { modules }]
        .into_iter()
        .chain(has_features.then_some(Convention::Features))
        .chain(libraries)
        .collect()
}
