//! Words in the names of tensors, dictionaries and settings.

/// Words in the names of other networks, and of what only training uses.
const OF_OTHER_NETWORKS: [&str; 34] = [
    "acc",
    "anchor",
    "anchors",
    "audio",
    "bert",
    "confmat",
    "criterion",
    "decoder",
    "discriminator",
    "ema",
    "generator",
    "gpt",
    "language",
    "llm",
    "loss",
    "lpips",
    "metric",
    "metrics",
    "momentum",
    "netd",
    "netg",
    "optimizer",
    "perceptual",
    "shadow",
    "student",
    "swa",
    "target",
    "teacher",
    "text",
    "token",
    "tokenizer",
    "train",
    "val",
    "vgg",
];

/// Words in the names of dictionaries with the state of a training.
const OF_STATES: [&str; 13] = [
    "amp",
    "callbacks",
    "loops",
    "lr",
    "memory",
    "optim",
    "optimizer",
    "optimizers",
    "queue",
    "rng",
    "scaler",
    "scheduler",
    "schedulers",
];

/// Words in the names of other dictionaries without settings of a network: results of a training, and
/// lists of what it saw.
const OF_RESULTS: [&str; 16] = [
    "acc",
    "accuracies",
    "callback",
    "classes",
    "history",
    "idx",
    "labels",
    "logs",
    "metric",
    "metrics",
    "optimiser",
    "results",
    "scores",
    "stats",
    "vocab",
    "vocabulary",
];

/// Checks whether a name is that of the state of a training, or of its results, whose dictionaries are
/// no settings of the network. Unlike that of tensors, a dictionary `opt` has settings.
pub(super) fn is_state_or_result(name: &str) -> bool {
    has_word(name, &OF_STATES) || has_word(name, &OF_RESULTS)
}

/// Checks whether a name is that of the state of a training, such as that of an optimizer, which has
/// tensors for the numbers of parameters.
pub(super) fn is_of_state(name: &str) -> bool {
    let mut parts = name.split('.').skip_while(|part| *part != "state").skip(1);
    let is_number = |part: &str| part.parse::<u64>().is_ok();
    parts.next().is_some_and(is_number) || has_word(name, &OF_STATES) || has_word(name, &["opt"])
}

/// Checks whether a name is that of another network than that for the features, or of what only
/// training uses.
pub(super) fn is_of_other_network(name: &str) -> bool {
    has_word(name, &OF_OTHER_NETWORKS)
}

/// Checks whether a name has one of these words between dots, underscores, hyphens and digits.
pub(super) fn has_word(name: &str, words: &[&str]) -> bool {
    let mut parts = name.split(|c: char| !c.is_alphabetic());
    parts.any(|part| words.contains(&part.to_lowercase().as_str()))
}
