//! The settings of a training and what they are in the architectures of this crate.

use super::usual::Usual;
use super::words::Words;
use crate::extract::layers::Activation;

/// Settings that mean the same.
pub(super) struct Rule {
    /// Checks whether a setting is one of them.
    pub is_of: fn(&Words<'_>) -> bool,
    pub usual: Usual,
    /// The first module of a ResNet that the settings change, if it is not the first of all.
    pub first: Option<&'static str>,
    /// Whether the settings are about the strides of the last stages.
    pub is_of_strides: bool,
}

impl Rule {
    fn new(usual: Usual, first: Option<&'static str>, is_of: fn(&Words<'_>) -> bool) -> Self {
        Self {
            is_of,
            usual,
            first,
            is_of_strides: false,
        }
    }

    fn of_strides(usual: Usual, first: &'static str, is_of: fn(&Words<'_>) -> bool) -> Self {
        Self {
            is_of_strides: true,
            ..Self::new(usual, Some(first), is_of)
        }
    }
}

fn name(usual: &'static str, others: &'static [&'static str]) -> Usual {
    Usual::Name(vec![usual], others)
}

/// Returns the rules for strides and convolutions of all convolutional networks.
pub(super) fn of_convolutions() -> Vec<Rule> {
    vec![
        Rule::of_strides(Usual::NotDilated, "layer3", |words| {
            let is_dilation = |word: &&str| word.starts_with("dilat") || *word == "atrous";
            let is_of_stages = words.has(&["dilations", "rates"]);
            words.key.iter().any(is_dilation) && !is_of_stages && !words.is_negated()
        }),
        Rule::of_strides(Usual::Number(32.0), "layer3", |words| {
            let is_stride = words.has(&["stride", "strides"])
                && words.has(&["output", "out", "backbone", "encoder", "total"]);
            let is_factor = words.has(&["downsample", "downsampling"])
                && words.has(&["factor", "ratio", "rate"]);
            // The name of an operating system is no number.
            is_stride || is_factor || words.key == ["os"]
        }),
        Rule::new(Usual::Off, None, |words| {
            let is_small = words.has(&["small", "tiny", "low", "lowres"]);
            let of_images = ["stem", "conv", "image", "images", "input", "inputs", "res"];
            let is_of_images = words.has(&of_images) || words.has(&["resolution", "lowres"]);
            words.has(&["cifar"]) || is_small && is_of_images
        }),
        Rule::new(Usual::Nothing, Some("maxpool"), |words| {
            let of_blur = ["antialiased", "blurpool"];
            let of_networks = ["backbone", "cnn", "encoder", "model", "net", "network"];
            let is_of_network =
                words.is_within(&of_networks) && words.has(&["antialias", "antialiasing"]);
            let is_blur = words.has(&["blur"]) && words.has(&["pool", "pooling", "layer"]);
            let is_anti = words.has(&["anti"]) && words.has(&["alias", "aliased", "aliasing"]);
            // Alone, it is a policy of augmentation in timm.
            let is_layer = words.has(&["aa"]) && words.has(&["layer"]);
            let is_of_images = words.has(&["resize", "interpolation"]);
            let is_meant = words.has(&of_blur) || is_blur || is_anti || is_layer;
            (is_meant || is_of_network) && !words.is_negated() && !is_of_images
        }),
        // Alone and not a name, it is an argument of resizing.
        Rule::new(
            name("none", &["blur", "blurpool", "blurpool2d"]),
            Some("maxpool"),
            |words| words.has(&["antialias", "antialiasing"]),
        ),
        Rule::new(
            name("zeros", &["circular", "reflect", "replicate"]),
            None,
            |words| words.has(&["padding", "pad"]) && words.has(&["mode", "type"]),
        ),
        // Layers whose weights are standardized.
        Rule::new(
            name(
                "conv2d",
                &[
                    "convws",
                    "convaws",
                    "scaledstdconv2d",
                    "scaledstdconv2dsame",
                    "stdconv",
                    "stdconv2d",
                    "stdconv2dsame",
                    "wsconv2d",
                ],
            ),
            None,
            |words| words.has(&["conv"]) && words.has(&["cfg", "layer", "type"]),
        ),
        Rule::new(Usual::False, None, |words| {
            let is_standard = |word: &&str| word.starts_with("standardi");
            let is_of_weights = words.has(&["weight", "weights"]);
            words.has(&["ws", "stdconv"]) && !words.is_negated()
                || is_of_weights && words.key.iter().any(is_standard)
        }),
    ]
}

/// Returns the rule for the stride of the last stage.
pub(super) fn of_last_stride() -> Rule {
    Rule::of_strides(Usual::Number(2.0), "layer4", |words| {
        let of_last = [
            "last", "final", "layer4", "stage4", "block4", "res5", "conv5",
        ];
        words.has(&["stride", "strides"]) && words.has(&of_last)
    })
}

/// Returns the rule for the padding of convolutions as in TensorFlow.
pub(super) fn of_padding() -> Rule {
    Rule::new(name("zeros", &["same", "tf"]), None, |words| {
        words.has(&["pad", "padding"]) && words.has(&["type", "mode"])
    })
}

/// Returns the rules for a ResNet.
pub(super) fn of_resnet() -> Vec<Rule> {
    vec![
        Rule::new(Usual::On, Some("maxpool"), |words| {
            has_pooling(words) && !words.is_negated()
        }),
        Rule::new(Usual::Off, Some("maxpool"), |words| {
            has_pooling(words) && words.is_negated()
        }),
        Rule::new(Usual::Off, Some("maxpool"), |words| words.has(&["ceil"])),
        Rule::new(Usual::On, None, |words| words.key == ["first", "conv"]),
        Rule::new(Usual::Number(2.0), None, |words| {
            words.has(&["stride", "strides"]) && words.has(&["stem", "first", "conv1", "initial"])
        }),
    ]
}

/// Checks whether a setting is about the pooling after the first convolution.
fn has_pooling(words: &Words<'_>) -> bool {
    let is_number = |word: &&str| word.strip_prefix("maxpool").is_some_and(|n| n.len() < 2);
    let is_pooling = words.has(&["max"]) && words.has(&["pool", "pooling"]);
    let is_of_size = words.has(&["ceil", "kernel", "padding", "size", "stride"]);
    (words.key.iter().any(is_number) || is_pooling) && !is_of_size
}

/// Returns the rules for a ResNet whose blocks have three convolutions.
pub(super) fn of_bottlenecks() -> Vec<Rule> {
    vec![
        Rule::new(Usual::Off, Some("layer1"), |words| {
            words.has(&["stride"]) && words.has(&["1x1"])
        }),
        // The same of OpenMMLab.
        Rule::new(name("pytorch", &["caffe"]), Some("layer1"), |words| {
            words.has(&["style"])
        }),
    ]
}

/// Returns the rule for the epsilon of batch normalizations as in TensorFlow.
pub(super) fn of_normalizations() -> Rule {
    Rule::new(Usual::Off, None, |words| words.key == ["bn", "tf"])
}

/// Returns the rule for the epsilon of normalizations: of batches in networks of convolutions, and of
/// layers in others.
pub(super) fn of_epsilon(usual: Vec<f64>, is_of_batches: bool) -> Rule {
    let is_of: fn(&Words<'_>) -> bool = match is_of_batches {
        true => |words| has_epsilon(words) && !is_of_layers(words),
        false => |words| has_epsilon(words) && !words.is_within(&OF_BATCHES),
    };
    Rule::new(Usual::Numbers(usual), Some("bn1"), is_of)
}

/// Words of batch normalizations.
const OF_BATCHES: [&str; 6] = ["bn", "bn2d", "batch", "batchnorm", "batchnorm2d", "syncbn"];

/// Checks whether a setting is the epsilon of normalizations, but not of other ones.
fn has_epsilon(words: &Words<'_>) -> bool {
    const NORMALIZATIONS: [&str; 6] = ["layernorm", "layernorm2d", "ln", "norm", "norms", "norm2d"];
    const OTHERS: [&str; 14] = [
        "adam",
        "feature",
        "gn",
        "grad",
        "group",
        "groupnorm",
        "instance",
        "l2",
        "rms",
        "rmsnorm",
        "spectral",
        "clip",
        "weight",
        "weights",
    ];

    // In either spelling.
    let is_normalization = |word: &&str| word.starts_with("normali") && word.ends_with("ation");
    let is_spelled_out = words.all.iter().any(is_normalization);
    words.has(&["eps", "epsilon"])
        && (words.is_within(&NORMALIZATIONS) || words.is_within(&OF_BATCHES) || is_spelled_out)
        && !words.is_within(&OTHERS)
}

/// Checks whether an epsilon is one of layer normalizations.
fn is_of_layers(words: &Words<'_>) -> bool {
    words.is_within(&["layernorm", "layernorm2d", "ln"]) || words.text.contains("layer_norm")
}

/// Activations between layers, in small letters and digits.
const HIDDEN: &[&str] = &[
    "celu",
    "crelu",
    "dyrelu",
    "elu",
    "frelu",
    "gelu",
    "gelufast",
    "gelunew",
    "gelupytorchtanh",
    "gelutanh",
    "hardswish",
    "hswish",
    "leaky",
    "leakyrelu",
    "lrelu",
    "mish",
    "prelu",
    "quickgelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "silu",
    "softplus",
    "swish",
];

/// Returns the rule for the activation between layers, which is one of these.
pub(super) fn of_activation(usual: &[Activation]) -> Rule {
    let names = usual.iter().flat_map(|activation| activation.names());
    Rule::new(
        Usual::Name(names.copied().collect(), HIDDEN),
        Some("relu"),
        |words| {
            words.has(&[
                "act",
                "acti",
                "activation",
                "activations",
                "activ",
                "nonlin",
                "nonlinear",
                "nonlinearity",
            ]) || words.text.ends_with("non_linearity")
        },
    )
}

/// Returns the rule for the pooling before the classifier.
pub(super) fn of_pooling() -> Rule {
    pooling(name(
        "avg",
        &[
            "attention",
            "attentionpool",
            "attn",
            "avgmax",
            "catavgmax",
            "fastavgmax",
            "gem",
            "gempool",
            "gempooling",
            "generalizedmean",
            "generalizedmeanpooling",
            "generalizedmeanpoolingp",
            "mac",
            "max",
            "netvlad",
            "rmac",
            "vlad",
        ],
    ))
}

/// Returns the rule for the pooling of the tokens of transformers.
pub(super) fn of_tokens() -> Rule {
    pooling(name(
        "token",
        &["avg", "avgmax", "gap", "map", "max", "mean"],
    ))
}

fn pooling(usual: Usual) -> Rule {
    Rule::new(usual, None, |words| {
        let others = [
            "first", "kernel", "maxpool", "size", "stem", "stride", "text",
        ];
        let is_pooling = words.has(&["pool", "pooling", "gp", "pooler", "agg", "aggregation"]);
        (is_pooling || words.has(&["aggregator"])) && !words.has(&others)
    })
}
