//! The words in the names of settings.

use crate::extract::weights::listing::Setting;

/// Names of settings that only say which one of the things in the name of their dictionary it is.
pub(super) const GENERIC: [&str; 10] = [
    "_target_",
    "class",
    "class_name",
    "class_path",
    "cls",
    "fn",
    "kind",
    "name",
    "type",
    "variant",
];

/// Words of other parts than the network of images, or of its training.
const OF_OTHER_PARTS: [&str; 74] = [
    "adversary",
    "aspp",
    "audio",
    "aug",
    "augment",
    "augmentation",
    "augmentations",
    "augs",
    "bert",
    "classifier",
    "clf",
    "criterion",
    "critic",
    "crossmodal",
    "data",
    "datamodule",
    "dataset",
    "datasets",
    "dec",
    "decode",
    "decoder",
    "decoders",
    "disc",
    "discriminator",
    "distill",
    "distillation",
    "ema",
    "fpn",
    "generator",
    "gpt",
    "gru",
    "head",
    "heads",
    "kd",
    "language",
    "llm",
    "loader",
    "logger",
    "loss",
    "losses",
    "lpips",
    "lstm",
    "metric",
    "metrics",
    "mlp",
    "neck",
    "necks",
    "optim",
    "optimiser",
    "optimizer",
    "optimizers",
    "perceptual",
    "predictor",
    "proj",
    "projection",
    "projector",
    "rnn",
    "roi",
    "rpn",
    "sched",
    "scheduler",
    "tcn",
    "teacher",
    "temporal",
    "text",
    "textual",
    "tokenizer",
    "trainer",
    "transform",
    "transformer",
    "transforms",
    "val",
    "wandb",
    "word",
];

/// Words of parts that are within transformers.
const OF_TRANSFORMERS: [&str; 2] = ["mlp", "transformer"];

/// The words of a setting, between dots and underscores.
pub(super) struct Words<'s> {
    /// Those of the setting itself, and of its dictionary if it has a generic name.
    pub key: Vec<&'s str>,
    /// Those of the names of its dictionaries too.
    pub all: Vec<&'s str>,
    /// The name with dots as underscores.
    pub text: String,
}

impl<'s> Words<'s> {
    pub fn of(setting: &'s Setting) -> Self {
        let words = |text: &'s str| -> Vec<&'s str> {
            let words = text.split(|c: char| !c.is_alphanumeric());
            words.filter(|word| !word.is_empty()).collect()
        };
        let name = setting.name.as_str();
        let key = match GENERIC.contains(&setting.key()) {
            true => match setting.place().rfind('.') {
                Some(dot) => &name[dot + 1..],
                None => name,
            },
            false => setting.key(),
        };
        Self {
            key: words(key),
            all: words(name),
            text: name.replace('.', "_"),
        }
    }

    /// Checks whether the setting has one of these words.
    pub fn has(&self, words: &[&str]) -> bool {
        self.key.iter().any(|word| words.contains(word))
    }

    /// Checks whether the setting or one of its dictionaries has one of these words.
    pub fn is_within(&self, words: &[&str]) -> bool {
        self.all.iter().any(|word| words.contains(word))
    }

    /// Checks whether the setting is one of having something not.
    pub fn is_negated(&self) -> bool {
        const WORDS: [&str; 8] = [
            "disable", "drop", "no", "not", "remove", "skip", "wo", "without",
        ];

        self.has(&WORDS)
    }
}

/// Checks whether a setting is one of another part than the network of images. Words of transformers
/// are those of a part beside a network of convolutions.
pub(in crate::extract::weights) fn is_of_other_part(name: &str, is_convolutional: bool) -> bool {
    let mut words = name.split(|c: char| !c.is_alphabetic());
    words.any(|word| {
        OF_OTHER_PARTS.contains(&word) && (is_convolutional || !OF_TRANSFORMERS.contains(&word))
    })
}
