//! The designs of the networks: architecture, size, labels and objective.

use super::factors::{Background, Colour, Factors, Shape, Texture};

/// Number of outputs of every network: one for each class of either labels, or the dimensions of an
/// embedding. The number of parameters does not depend on labels and objective.
pub const N_OUTPUTS: usize = 32;

/// The architecture of a network.
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

/// The number of units of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Small,
    /// Twice as many units.
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

/// The labels of the training pictures; the pictures are the same for all networks.
///
/// A label has two words, and each combination of words is one of [`N_OUTPUTS`] classes.
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

    /// Returns the numbers of first and second words.
    pub fn n_words(self) -> [usize; 2] {
        match self {
            Labels::Shapes => [Shape::ALL.len(), Texture::ALL.len()],
            Labels::Colours => [Colour::ALL.len(), Background::ALL.len()],
        }
    }

    /// Returns the class of a picture.
    pub fn class(self, factors: &Factors) -> u32 {
        let [first, second] = match self {
            Labels::Shapes => [factors.shape as usize, factors.texture as usize],
            Labels::Colours => [factors.colour as usize, factors.background as usize],
        };
        (first * self.n_words()[1] + second) as u32
    }
}

/// The training objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The cross-entropy of a softmax over classes; the outputs are logits.
    Softmax,
    /// The cross-entropy of the choice of the caption of a picture among all captions, where
    /// captions with a common word are similar; the outputs are an embedding shared by pictures and
    /// captions.
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

/// The design of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Design {
    pub architecture: Architecture,
    pub size: Size,
    /// Labels and objective; `None` for a control that is not trained.
    pub task: Option<(Labels, Objective)>,
}

impl Design {
    /// Returns every architecture in every size, trained with each label and objective, and
    /// untrained.
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

    /// Returns the names of the training data and of the objective; `none` without training.
    pub fn task_names(&self) -> [&'static str; 2] {
        match self.task {
            Some((labels, objective)) => [labels.name(), objective.name()],
            None => ["none", "none"],
        }
    }

    /// Returns a name such as `conv small shapes softmax`.
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
