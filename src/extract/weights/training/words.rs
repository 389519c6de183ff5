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

/// Words of dictionaries with arguments of what is named outside them.
const OF_ARGUMENTS: [&str; 18] = [
    "arg",
    "args",
    "arguments",
    "cfg",
    "conf",
    "config",
    "configs",
    "configuration",
    "hparams",
    "hps",
    "init",
    "kwargs",
    "options",
    "opts",
    "parameters",
    "params",
    "settings",
    "setup",
];

/// Words of dictionaries with settings of a whole training.
const OF_TRAININGS: [&str; 33] = [
    "all",
    "base",
    "common",
    "default",
    "defaults",
    "exp",
    "experiment",
    "extra",
    "flags",
    "full",
    "general",
    "global",
    "hp",
    "hyper",
    "hyperparameters",
    "info",
    "main",
    "meta",
    "metadata",
    "my",
    "namespace",
    "opt",
    "option",
    "our",
    "pl",
    "run",
    "state",
    "system",
    "task",
    "train",
    "training",
    "user",
    "value",
];

/// Words of a network. Other words beside those of any network are of another part.
const OF_ANY_NETWORK: [&str; 12] = [
    "arch",
    "architecture",
    "conv",
    "convnet",
    "encoder",
    "model",
    "models",
    "module",
    "net",
    "network",
    "online",
    "student",
];

/// Words of the network of images, also beside other words.
const OF_IMAGES: [&str; 25] = [
    "alexnet",
    "backbone",
    "cnn",
    "convnext",
    "deit",
    "densenet",
    "dino",
    "dinov",
    "efficientnet",
    "extractor",
    "feature",
    "features",
    "image",
    "img",
    "inception",
    "mobilenet",
    "regnet",
    "resnet",
    "resnext",
    "trunk",
    "vgg",
    "vision",
    "visual",
    "vit",
    "wideresnet",
];

/// Words of the layers of a network and of how a setting is written.
const OF_LAYERS: [&str; 31] = [
    "block", "blocks", "class", "default", "enable", "enc", "final", "fn", "func", "function",
    "has", "hidden", "inner", "is", "kind", "last", "layer", "layers", "name", "norm", "of",
    "path", "stage", "stages", "str", "t", "target", "type", "use", "variant", "with",
];

/// The words of a setting, between dots and underscores.
pub(super) struct Words<'s> {
    /// Those of the setting itself, and of its dictionary if it has a generic name.
    pub key: Vec<&'s str>,
    /// Those of the names of its dictionaries too.
    pub all: Vec<&'s str>,
    /// The names of its dictionaries.
    place: &'s str,
    /// The name with dots as underscores.
    pub text: String,
}

impl<'s> Words<'s> {
    pub fn of(setting: &'s Setting) -> Self {
        let name = setting.name.as_str();
        let start = match GENERIC.contains(&setting.key()) {
            true => setting.place().rfind('.').map_or(0, |dot| dot + 1),
            false => name.len() - setting.key().len(),
        };
        let (place, key) = name.split_at(start);
        Self {
            key: split(key).collect(),
            all: split(name).collect(),
            place: place.trim_end_matches('.'),
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

    /// Checks whether all words of the setting are these, or words of layers, of arguments or of a
    /// network of images, with numbers or without.
    pub fn has_only(&self, words: &[&str]) -> bool {
        let known = [
            words,
            &OF_LAYERS,
            &OF_ARGUMENTS,
            &OF_ANY_NETWORK,
            &OF_IMAGES,
        ]
        .concat();
        let mut key = self.key.iter();
        key.all(|word| words.contains(word) || is_one_of(word, &known))
    }

    /// Checks whether the setting is in a dictionary of the network of images or of a whole training,
    /// or within dictionaries with these words there. The outermost dictionary may have any name.
    pub fn is_in_network(&self, words: &[&str]) -> bool {
        let arguments = [words, &OF_ARGUMENTS].concat();
        let known = [&OF_ARGUMENTS[..], &OF_TRAININGS, &OF_ANY_NETWORK].concat();
        let (_, inner) = self.place.split_once('.').unwrap_or_default();
        let mut dictionaries = inner.rsplit('.');
        let innermost = dictionaries.find(|name| !split(name).all(|w| is_one_of(w, &arguments)));
        innermost.is_none_or(|name| {
            split(name).any(|word| is_one_of(word, &OF_IMAGES))
                || split(name).all(|word| is_one_of(word, &known))
        })
    }

    /// Checks whether the setting is one of having something not.
    pub fn is_negated(&self) -> bool {
        const WORDS: [&str; 8] = [
            "disable", "drop", "no", "not", "remove", "skip", "wo", "without",
        ];

        self.has(&WORDS)
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// Checks whether a word without the number after it is one of these, or is only a number.
fn is_one_of(word: &str, words: &[&str]) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    word.is_empty() || words.contains(&word)
}

/// Checks whether a setting is one of another part than the network of images. Words of transformers
/// are those of a part beside a network of convolutions.
pub(in crate::extract::weights) fn is_of_other_part(name: &str, is_convolutional: bool) -> bool {
    let mut words = name.split(|c: char| !c.is_alphabetic());
    words.any(|word| {
        OF_OTHER_PARTS.contains(&word) && (is_convolutional || !OF_TRANSFORMERS.contains(&word))
    })
}
