//! The networks with rotary position embeddings, and what differs between them.

use crate::extract::models::patches::{ClassPosition, TokenNames};
use crate::extract::models::rotary::Rotary;

#[derive(Debug, Clone, Copy)]
pub(super) struct Config {
    pub name: &'static str,
    pub kind: Kind,
    /// Side of a patch and of an image, in pixels.
    pub patch: usize,
    pub image: usize,
    /// Number of blocks, width and number of heads.
    pub shape: [usize; 3],
    pub mlp: Mlp,
    /// Number of outputs; `None` for no classifier.
    pub n_classes: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Eva02,
    /// The image tower of EVA-CLIP.
    EvaClip,
    DinoV3 {
        /// Whether queries and values have biases.
        has_bias: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mlp {
    /// GELU.
    Plain,
    /// A gate that is stored with the hidden layer.
    Packed,
    /// A gate with its own parameters.
    Split,
}

use Mlp::{Packed, Plain, Split};

const TINY: [usize; 3] = [12, 192, 3];
const SMALL: [usize; 3] = [12, 384, 6];
const BASE: [usize; 3] = [12, 768, 12];
const LARGE: [usize; 3] = [24, 1024, 16];
const HUGE: [usize; 3] = [32, 1280, 20];

const fn eva(
    name: &'static str,
    image: usize,
    shape: [usize; 3],
    mlp: Mlp,
    n_classes: Option<usize>,
) -> Config {
    Config {
        name,
        kind: Kind::Eva02,
        patch: 14,
        image,
        shape,
        mlp,
        n_classes,
    }
}

const fn clip(
    name: &'static str,
    [patch, image]: [usize; 2],
    shape: [usize; 3],
    embedding: usize,
) -> Config {
    Config {
        kind: Kind::EvaClip,
        patch,
        ..eva(name, image, shape, Split, Some(embedding))
    }
}

const fn dino(name: &'static str, shape: [usize; 3], mlp: Mlp, has_bias: bool) -> Config {
    Config {
        kind: Kind::DinoV3 { has_bias },
        patch: 16,
        ..eva(name, 256, shape, mlp, None)
    }
}

pub(super) const CONFIGS: [Config; 21] = [
    eva("eva02_tiny_patch14_224", 224, TINY, Packed, None),
    eva("eva02_tiny_patch14_336", 336, TINY, Packed, Some(1000)),
    eva("eva02_small_patch14_224", 224, SMALL, Packed, None),
    eva("eva02_small_patch14_336", 336, SMALL, Packed, Some(1000)),
    eva("eva02_base_patch14_224", 224, BASE, Split, None),
    eva("eva02_base_patch14_448", 448, BASE, Split, Some(1000)),
    eva("eva02_large_patch14_224", 224, LARGE, Split, None),
    eva("eva02_large_patch14_448", 448, LARGE, Split, Some(1000)),
    clip("eva02_base_patch16_clip_224", [16, 224], BASE, 512),
    clip("eva02_large_patch14_clip_224", [14, 224], LARGE, 768),
    clip("eva02_large_patch14_clip_336", [14, 336], LARGE, 768),
    dino("vit_small_patch16_dinov3", SMALL, Plain, false),
    dino("vit_small_patch16_dinov3_qkvb", SMALL, Plain, true),
    dino("vit_small_plus_patch16_dinov3", SMALL, Split, false),
    dino("vit_small_plus_patch16_dinov3_qkvb", SMALL, Split, true),
    dino("vit_base_patch16_dinov3", BASE, Plain, false),
    dino("vit_base_patch16_dinov3_qkvb", BASE, Plain, true),
    dino("vit_large_patch16_dinov3", LARGE, Plain, false),
    dino("vit_large_patch16_dinov3_qkvb", LARGE, Plain, true),
    dino("vit_huge_plus_patch16_dinov3", HUGE, Split, false),
    dino("vit_huge_plus_patch16_dinov3_qkvb", HUGE, Split, true),
];

impl Config {
    pub fn is_dino(self) -> bool {
        matches!(self.kind, Kind::DinoV3 { .. })
    }

    pub fn epsilon(self) -> f64 {
        match self.is_dino() {
            true => 1e-5,
            false => 1e-6,
        }
    }

    pub fn rotary(self) -> Rotary {
        match self.is_dino() {
            true => Rotary::DinoV3,
            false => Rotary::Eva,
        }
    }

    pub fn n_special(self) -> usize {
        match self.is_dino() {
            true => 5,
            false => 1,
        }
    }

    /// Returns the width of the hidden layer.
    pub fn hidden(self) -> usize {
        let [_, width, _] = self.shape;
        match self.is_dino() {
            true => 4 * width,
            false => 8 * width / 3,
        }
    }

    pub fn tokens(self) -> TokenNames {
        let is_dino = self.is_dino();
        TokenNames {
            class_token: "cls_token",
            registers: is_dino.then_some(("reg_token", 4)),
            positions: (!is_dino).then_some("pos_embed"),
            has_image_axis: true,
            class_position: match is_dino {
                true => ClassPosition::Absent,
                false => ClassPosition::First,
            },
        }
    }
}
