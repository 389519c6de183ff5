//! How networks differ.

use super::factors::{Background, Colour, Factors, Shape, Texture};

/// Outputs of every network: one for each class, whatever the labels, or the dimensions of an
/// embedding. Networks that nothing else tells apart have the same parameters.
pub const N_OUTPUTS: usize = 32;

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
///
/// Two words name a picture, and each combination of them is one of [`N_OUTPUTS`] classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// A shape and a texture, as in "a star with stripes".
    Shapes,
    /// The colours of figure and background, as in "red on grey".
    Colours,
}

impl Labels {
    pub fn name(self) -> &'static str {
        match self {
            Labels::Shapes => "shapes",
            Labels::Colours => "colours",
        }
    }

    /// How many first and second words there are.
    pub fn n_words(self) -> [usize; 2] {
        match self {
            Labels::Shapes => [Shape::ALL.len(), Texture::ALL.len()],
            Labels::Colours => [Colour::ALL.len(), Background::ALL.len()],
        }
    }

    /// The class of a picture.
    pub fn class(self, factors: &Factors) -> u32 {
        let [first, second] = match self {
            Labels::Shapes => [factors.shape as usize, factors.texture as usize],
            Labels::Colours => [factors.colour as usize, factors.background as usize],
        };
        (first * self.n_words()[1] + second) as u32
    }
}

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The cross-entropy of a softmax over classes; the outputs are logits.
    Softmax,
    /// The cross-entropy of a picture's choice of its caption among all captions, where captions with
    /// a word in common are alike; the outputs are an embedding that pictures and captions share.
    ImageText,
}

impl Objective {
    pub fn name(self) -> &'static str {
        match self {
            Objective::Softmax => "softmax",
            Objective::ImageText => "image-text",
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
        let mut tasks = vec![None];
        for labels in [Labels::Shapes, Labels::Colours] {
            for objective in [Objective::Softmax, Objective::ImageText] {
                tasks.push(Some((labels, objective)));
            }
        }
        let mut designs = Vec::new();
        for architecture in [Architecture::Convolutional, Architecture::Perceptron] {
            for size in [Size::Small, Size::Large] {
                designs.extend(tasks.iter().map(|&task| Self {
                    architecture,
                    size,
                    task,
                }));
            }
        }
        designs
    }

    /// The names of the training data and of the objective, `none` without.
    pub fn task_names(&self) -> [&'static str; 2] {
        match self.task {
            Some((labels, objective)) => [labels.name(), objective.name()],
            None => ["none", "none"],
        }
    }

    /// Such as `conv small shapes softmax`.
    pub fn name(&self) -> String {
        let size = self.size.name();
        let architecture = match self.architecture {
            Architecture::Convolutional => "conv",
            Architecture::Perceptron => "mlp",
        };
        match self.task {
            Some(_) => format!("{architecture} {size} {}", self.task_names().join(" ")),
            None => format!("{architecture} {size} untrained"),
        }
    }
}
