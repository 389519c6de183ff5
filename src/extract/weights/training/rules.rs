//! The settings of a training and what they are in the architectures of this crate.

use super::usual::Usual;
use super::words::Words;

/// Settings that mean the same.
pub(super) struct Rule {
    /// Checks whether a setting is one of them.
    pub is_of: Box<dyn Fn(&Words<'_>) -> bool>,
    pub usual: Usual,
    /// The first module of a ResNet that the settings change, if it is not the first of all.
    pub first: Option<&'static str>,
    /// Whether the settings are about the strides of the last stages.
    pub is_of_strides: bool,
}

impl Rule {
    pub fn new(
        usual: Usual,
        first: Option<&'static str>,
        is_of: impl Fn(&Words<'_>) -> bool + 'static,
    ) -> Self {
        Self {
            is_of: Box::new(is_of),
            usual,
            first,
            is_of_strides: false,
        }
    }

    fn of_strides(
        usual: Usual,
        first: &'static str,
        is_of: impl Fn(&Words<'_>) -> bool + 'static,
    ) -> Self {
        Self {
            is_of_strides: true,
            ..Self::new(usual, Some(first), is_of)
        }
    }
}

pub(super) fn name(usual: &'static str, others: &'static [&'static str]) -> Usual {
    Usual::Name(vec![usual], others)
}

/// Returns the rules for strides and convolutions of all convolutional networks.
pub(super) fn of_convolutions() -> Vec<Rule> {
    vec![
        Rule::of_strides(Usual::NotDilated, "layer3", |words| {
            // Others are those of masks, edges and kernels.
            const BESIDE: [&str; 17] = [
                "and", "atrous", "dilate", "dilated", "dilation", "fully", "instead", "list",
                "out", "output", "rate", "replace", "res", "scale", "stride", "strides", "to",
            ];

            words.key.iter().any(is_dilation) && words.has_only(&BESIDE)
        }),
        // A truth value for each stage, where 1 is no dilation but the truth.
        Rule::of_strides(Usual::Off, "layer3", |words| {
            words.has(&["replace", "instead"]) && words.key.iter().any(is_dilation)
        }),
        Rule::of_strides(Usual::OutputStride, "layer3", |words| {
            let is_stride = words.has(&["stride", "strides"])
                && words.has(&[
                    "output", "out", "backbone", "encoder", "total", "feature", "feat",
                ]);
            let is_factor = words.has(&["downsample", "downsampling", "downscale"])
                && words.has(&["factor", "output", "ratio", "rate"]);
            // The name of an operating system is no number.
            is_stride || is_factor || words.key == ["os"]
        }),
        // Dilations of the blocks of the last stage.
        Rule::new(Usual::NotDilated, Some("layer4"), |words| {
            words.has(&["multigrid"]) || words.has(&["multi"]) && words.has(&["grid"])
        }),
        Rule::new(Usual::Off, None, |words| {
            let is_small = words.has(&["small", "tiny", "low", "lowres"]);
            let of_images = ["stem", "conv", "image", "images", "input", "inputs", "res"];
            let is_of_images = words.has(&of_images) || words.has(&["resolution", "lowres"]);
            let of_cifar = [
                "cifar", "first", "head", "like", "small", "stem", "style", "version",
            ];
            words.has(&["cifar"]) && words.has_only(&of_cifar) || is_small && is_of_images
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
        Rule::new(name("zeros", &PADDINGS), None, is_padding),
        Rule::new(Usual::False, None, |words| {
            is_padding(words) && words.has(&PADDINGS)
        }),
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

/// Checks whether a word means dilation.
fn is_dilation(word: &&str) -> bool {
    word.starts_with("dilat") || *word == "atrous"
}

/// Paddings of convolutions by other values than zeros.
const PADDINGS: [&str; 6] = [
    "circular",
    "reflect",
    "reflection",
    "replicate",
    "symmetric",
    "wrap",
];

/// Checks whether a setting is the padding of convolutions, and not of images.
fn is_padding(words: &Words<'_>) -> bool {
    let of_images = [
        "border", "crop", "image", "images", "img", "input", "random", "resize",
    ];
    words.has(&["pad", "padding"]) && !words.has(&of_images) && words.is_in_network(&["layer"])
}

/// Returns the rules for the stride of the last stage.
pub(super) fn of_last_stride() -> [Rule; 3] {
    let is_reduced = |words: &Words<'_>| words.is_negated() || words.has(&["one", "reduce"]);
    [
        Rule::of_strides(Usual::Number(2.0), "layer4", move |words| {
            is_of_last(words) && words.has(&STRIDES) && !is_reduced(words)
        }),
        Rule::of_strides(Usual::On, "layer4", move |words| {
            is_of_last(words) && !is_reduced(words)
        }),
        Rule::of_strides(Usual::Off, "layer4", move |words| {
            is_of_last(words) && is_reduced(words) || words.key == ["reduce", "stride"]
        }),
    ]
}

const STRIDES: [&str; 2] = ["stride", "strides"];

/// Checks whether a setting is about the stride of the last stage.
fn is_of_last(words: &Words<'_>) -> bool {
    const LAST: [&str; 7] = [
        "last", "final", "layer4", "stage4", "block4", "res5", "conv5",
    ];

    (words.has(&STRIDES) || words.has(&["downsample", "downsampling"])) && words.has(&LAST)
}

/// Returns the rule for the padding of convolutions as in TensorFlow.
pub(super) fn of_padding() -> Rule {
    Rule::new(name("zeros", &["same", "tf"]), None, |words| {
        words.has(&["pad", "padding"]) && words.has(&["type", "mode"])
    })
}

/// Words of the first convolution of a network, and of the pooling after it.
const FIRST: [&str; 5] = ["stem", "first", "conv1", "init", "initial"];

/// Returns the rules for the pooling after the first convolution.
pub(super) fn of_first_pooling() -> [Rule; 3] {
    let first = Some("maxpool");
    [
        Rule::new(Usual::On, first, |words| {
            is_first_pooling(words) && !words.is_negated()
        }),
        Rule::new(Usual::Off, first, |words| {
            is_first_pooling(words) && words.is_negated()
        }),
        Rule::new(Usual::Off, first, |words| words.has(&["ceil"])),
    ]
}

/// Returns the rule for the usual first convolution of a ResNet.
pub(super) fn of_first_convolution() -> Rule {
    Rule::new(Usual::On, None, |words| words.key == ["first", "conv"])
}

/// Returns the rule for the stride of the first convolution.
pub(super) fn of_first_stride(usual: f64) -> Rule {
    Rule::new(Usual::Number(usual), None, |words| {
        words.has(&STRIDES) && (words.has(&FIRST) || words.text.ends_with("stem_stride"))
    })
}

/// Checks whether a setting is about the pooling after the first convolution.
fn is_first_pooling(words: &Words<'_>) -> bool {
    let is_numbered =
        |word: &&str| ["maxpool", "maxpool0", "maxpool1", "pool0", "pool1"].contains(word);
    let is_pooling = words.has(&["pool", "pooling", "maxpool"]);
    let is_first = words.has(&["max"]) || words.has(&FIRST);
    let is_of_size = words.has(&["ceil", "kernel", "padding", "size", "stride"]);
    let is_last = words.has(&["adaptive", "final", "global", "last"]);
    (words.key.iter().any(is_numbered) || is_pooling && is_first) && !is_of_size && !is_last
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
const OF_BATCHES: [&str; 7] = [
    "bn",
    "bneps",
    "bn2d",
    "batch",
    "batchnorm",
    "batchnorm2d",
    "syncbn",
];

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
    let spelled_out: Vec<&str> = words
        .all
        .iter()
        .copied()
        .filter(|word| is_normalization(word))
        .collect();
    let beside = [
        &NORMALIZATIONS[..],
        &OF_BATCHES,
        &["eps", "epsilon", "sync", "tf"],
        &spelled_out,
    ];
    let beside = beside.concat();
    words.has(&["eps", "epsilon", "bneps"])
        && words.has_only(&beside)
        && words.is_in_network(&[&beside[..], &["layer", "layers"]].concat())
        && (words.is_within(&NORMALIZATIONS)
            || words.is_within(&OF_BATCHES)
            || !spelled_out.is_empty())
        && !words.is_within(&OTHERS)
}

/// Checks whether an epsilon is one of layer normalizations.
fn is_of_layers(words: &Words<'_>) -> bool {
    words.is_within(&["layernorm", "layernorm2d", "ln"]) || words.text.contains("layer_norm")
}
