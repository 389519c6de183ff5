//! How networks differ.

use super::factors::{Background, Factors, Shape, Texture};

/// How a network is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Three convolutions and two dense layers.
    Convolutional,
    /// Three dense layers.
    Perceptron,
}

impl Architecture {
    pub fn name(self) -> &'static str {
        match self {
            Architecture::Convolutional => "convolutional",
            Architecture::Perceptron => "perceptron",
        }
    }
}

/// How many units the layers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Small,
    /// Twice as many.
    Large,
}

impl Size {
    pub fn name(self) -> &'static str {
        match self {
            Size::Small => "small",
            Size::Large => "large",
        }
    }

    pub fn times(self, n_units: usize) -> usize {
        match self {
            Size::Small => n_units,
            Size::Large => 2 * n_units,
        }
    }
}

/// What a network learns to tell apart: its training data, with the same pictures for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// Every combination of a shape and a texture, which people care about.
    Wide,
    /// The tint of the background, which they don't.
    Narrow,
}

impl Labels {
    pub fn name(self) -> &'static str {
        match self {
            Labels::Wide => "wide",
            Labels::Narrow => "narrow",
        }
    }

    pub fn n_classes(self) -> usize {
        match self {
            Labels::Wide => Shape::ALL.len() * Texture::ALL.len(),
            Labels::Narrow => Background::ALL.len(),
        }
    }

    /// The class of a picture.
    pub fn class(self, factors: &Factors) -> u32 {
        let class = match self {
            Labels::Wide => factors.shape as usize * Texture::ALL.len() + factors.texture as usize,
            Labels::Narrow => factors.background as usize,
        };
        class as u32
    }
}

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The cross-entropy of a softmax over classes; the outputs are logits.
    Softmax,
    /// The supervised contrastive loss; the outputs are an embedding.
    Contrastive,
}

impl Objective {
    pub fn name(self) -> &'static str {
        match self {
            Objective::Softmax => "softmax",
            Objective::Contrastive => "contrastive",
        }
    }
}

/// What a network is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Design {
    pub architecture: Architecture,
    pub size: Size,
    /// What it is trained with and for; `None` for a control that isn't.
    pub task: Option<(Labels, Objective)>,
}

impl Design {
    /// Every architecture in every size, trained with all labels for all objectives, and untrained.
    pub fn panel() -> Vec<Self> {
        let mut designs = Vec::new();
        for architecture in [Architecture::Convolutional, Architecture::Perceptron] {
            for size in [Size::Small, Size::Large] {
                for task in [
                    Some((Labels::Wide, Objective::Softmax)),
                    Some((Labels::Wide, Objective::Contrastive)),
                    Some((Labels::Narrow, Objective::Softmax)),
                    Some((Labels::Narrow, Objective::Contrastive)),
                    None,
                ] {
                    designs.push(Self {
                        architecture,
                        size,
                        task,
                    });
                }
            }
        }
        designs
    }

    /// Such as `convolutional small wide softmax`.
    pub fn name(&self) -> String {
        let (architecture, size) = (self.architecture.name(), self.size.name());
        match self.task {
            Some((labels, objective)) => {
                let (labels, objective) = (labels.name(), objective.name());
                format!("{architecture} {size} {labels} {objective}")
            }
            None => format!("{architecture} {size} untrained"),
        }
    }

    /// Units of the last layer: one a class, or the dimensions of an embedding.
    pub fn n_outputs(&self) -> usize {
        match self.task {
            Some((labels, Objective::Softmax)) => labels.n_classes(),
            Some((_, Objective::Contrastive)) | None => 32,
        }
    }

    /// The name of the last layer.
    pub fn output(&self) -> &'static str {
        match self.task {
            Some((_, Objective::Softmax)) => "logits",
            Some((_, Objective::Contrastive)) | None => "embedding",
        }
    }
}
