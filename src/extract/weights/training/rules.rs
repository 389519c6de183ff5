//! The settings of a training and what they are in the architectures of this crate.

/// What a setting has in the architectures of this crate.
#[derive(Clone, Copy)]
pub(super) enum Usual {
    On,
    Off,
    /// Off, or a dilation of 1.
    NotDilated,
    Number(f64),
    /// A name, where these names are those of something else.
    Name(&'static str, &'static [&'static str]),
}

/// Settings that mean the same.
pub(super) struct Rule {
    /// Names of settings, or of dictionaries and settings.
    pub names: &'static [&'static str],
    pub usual: Usual,
    /// The first module of a ResNet that the settings change, if it is not the first of all.
    pub first: Option<&'static str>,
    /// Whether the settings are about the strides of the last stages.
    pub is_of_strides: bool,
}

/// Settings of all convolutional networks.
pub(super) const OF_CONVOLUTIONS: [Rule; 6] = [
    Rule {
        names: &[
            "atrous",
            "dilate",
            "dilated",
            "dilated_backbone",
            "dilation",
            "replace_stride_with_dilation",
            "res5_dilation",
            "use_atrous",
            "use_dilated",
            "use_dilation",
        ],
        usual: Usual::NotDilated,
        first: Some("layer3"),
        is_of_strides: true,
    },
    Rule {
        names: &[
            "backbone_stride",
            "downsample_factor",
            "downsample_ratio",
            "encoder_output_stride",
            "output_stride",
        ],
        usual: Usual::Number(32.0),
        first: Some("layer3"),
        is_of_strides: true,
    },
    Rule {
        names: &[
            "cifar",
            "cifar_resnet",
            "cifar_stem",
            "for_cifar",
            "is_cifar",
            "low_res",
            "low_resolution",
            "small_conv",
            "small_image",
            "small_images",
            "small_input",
            "small_inputs",
            "small_stem",
            "tiny_images",
        ],
        usual: Usual::Off,
        first: None,
        is_of_strides: false,
    },
    Rule {
        names: &[
            "aa_layer",
            "antialiased",
            "blur_pool",
            "blurpool",
            "use_blurpool",
        ],
        usual: Usual::Off,
        first: Some("maxpool"),
        is_of_strides: false,
    },
    Rule {
        names: &["conv_padding_mode", "padding_mode"],
        usual: Usual::Name("zeros", &["circular", "reflect", "replicate"]),
        first: None,
        is_of_strides: false,
    },
    // Convolutions of OpenMMLab whose weights are standardized.
    Rule {
        names: &["conv_cfg.type"],
        usual: Usual::Name("Conv2d", &["convws", "convaws"]),
        first: None,
        is_of_strides: false,
    },
];

/// Settings of a ResNet.
pub(super) const OF_RESNET: [Rule; 5] = [
    Rule {
        names: &[
            "final_stage_stride",
            "final_stride",
            "last_conv_stride",
            "last_layer_stride",
            "last_stride",
        ],
        usual: Usual::Number(2.0),
        first: Some("layer4"),
        is_of_strides: true,
    },
    Rule {
        names: &[
            "first_max_pool",
            "first_maxpool",
            "has_maxpool",
            "max_pool",
            "maxpool",
            "maxpool1",
            "use_max_pool",
            "use_maxpool",
        ],
        usual: Usual::On,
        first: Some("maxpool"),
        is_of_strides: false,
    },
    Rule {
        names: &[
            "drop_maxpool",
            "no_max_pool",
            "no_maxpool",
            "remove_maxpool",
            "skip_maxpool",
            "without_maxpool",
        ],
        usual: Usual::Off,
        first: Some("maxpool"),
        is_of_strides: false,
    },
    Rule {
        names: &["first_conv"],
        usual: Usual::On,
        first: None,
        is_of_strides: false,
    },
    Rule {
        names: &[
            "conv1_stride",
            "first_conv_stride",
            "first_stride",
            "stem_stride",
        ],
        usual: Usual::Number(2.0),
        first: None,
        is_of_strides: false,
    },
];

/// Settings of a ResNet whose blocks have three convolutions.
pub(super) const OF_BOTTLENECKS: [Rule; 2] = [
    Rule {
        names: &["stride_in_1x1"],
        usual: Usual::Off,
        first: Some("layer1"),
        is_of_strides: false,
    },
    // The same of OpenMMLab.
    Rule {
        names: &["backbone.style"],
        usual: Usual::Name("pytorch", &["caffe"]),
        first: Some("layer1"),
        is_of_strides: false,
    },
];

/// The epsilon of batch normalizations as in TensorFlow.
pub(super) const OF_NORMALIZATIONS: [Rule; 1] = [Rule {
    names: &["bn_tf"],
    usual: Usual::Off,
    first: None,
    is_of_strides: false,
}];

/// The epsilon of batch normalizations as in PyTorch.
pub(super) const OF_USUAL_NORMALIZATIONS: [Rule; 1] = [Rule {
    names: &[
        "batch_norm_eps",
        "bn_eps",
        "bn_epsilon",
        "norm_cfg.eps",
        "norm_eps",
    ],
    usual: Usual::Number(1e-5),
    first: Some("bn1"),
    is_of_strides: false,
}];

/// The epsilon of layer normalizations of timm.
pub(super) const OF_TRANSFORMERS: [Rule; 1] = [Rule {
    names: &["layer_norm_eps", "ln_eps", "norm_eps"],
    usual: Usual::Number(1e-6),
    first: None,
    is_of_strides: false,
}];

/// Names of settings with an activation.
const ACTIVATIONS: &[&str] = &[
    "act_cfg.type",
    "act_fn",
    "act_layer",
    "activation",
    "activation_fn",
    "activation_function",
    "hidden_act",
];

/// Activations between layers, in small letters and digits.
const HIDDEN: &[&str] = &[
    "celu",
    "elu",
    "gelu",
    "gelunew",
    "gelutanh",
    "hardswish",
    "hswish",
    "leakyrelu",
    "mish",
    "prelu",
    "quickgelu",
    "relu",
    "relu6",
    "selu",
    "silu",
    "softplus",
    "swish",
];

const fn activation(usual: &'static str) -> [Rule; 1] {
    [Rule {
        names: ACTIVATIONS,
        usual: Usual::Name(usual, HIDDEN),
        first: Some("relu"),
        is_of_strides: false,
    }]
}

pub(super) const OF_RELU: [Rule; 1] = activation("relu");
pub(super) const OF_GELU: [Rule; 1] = activation("gelu");

/// Names of settings with the pooling before the classifier.
const POOLINGS: &[&str] = &["global_pool", "gp", "pool", "pool_type", "pooling"];

const fn pooling(usual: &'static str, others: &'static [&'static str]) -> [Rule; 1] {
    [Rule {
        names: POOLINGS,
        usual: Usual::Name(usual, others),
        first: None,
        is_of_strides: false,
    }]
}

pub(super) const OF_POOLING: [Rule; 1] = pooling("avg", &["avgmax", "catavgmax", "gem", "max"]);
pub(super) const OF_TOKENS: [Rule; 1] =
    pooling("token", &["avg", "avgmax", "gap", "map", "max", "mean"]);
