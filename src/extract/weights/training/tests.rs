//! Tests of the settings of a training.

use serde_json::json;

use super::*;
use crate::extract::Architecture;

#[test]
fn usual_strides_are_said_explicitly() {
    let says = |name: &str, value: Value| {
        let setting = Setting::new(name, value);
        says_usual_strides(&Training {
            named: Vec::new(),
            settings: vec![setting],
        })
    };
    for (name, value) in [
        ("args.dilation", false.into()),
        ("hparams.output_stride", 32.into()),
        ("config.model.last_stride", 2.into()),
        ("replace_stride_with_dilation", vec![false; 3].into()),
    ] {
        assert!(says(name, value), "{name}");
    }
    for (name, value) in [
        ("args.dilation", true.into()),
        ("args.dilation", Value::Null),
        ("hparams.output_stride", 8.into()),
        ("model.last_stride", 1.into()),
        ("decoder.dilation", false.into()),
        ("bn_tf", false.into()),
    ] {
        assert!(!says(name, value), "{name}");
    }
}

/// Checks whether settings in a dictionary are those of an architecture.
fn agrees(architecture: &str, settings: &Value) -> bool {
    let architecture = Architecture::named(architecture).unwrap();
    let taps = [architecture.module("penultimate")];
    let expected = Expected::new(&architecture, &taps).unwrap();
    let mut found = Vec::new();
    collect("args", settings, &mut found);
    let training = Training {
        named: Vec::new(),
        settings: found,
    };
    check(&training, None, None, &expected).is_ok()
}

#[test]
fn settings_of_residual_networks_are_compared() {
    for settings in [
        json!({"remove_last_stride": true}),
        json!({"no_last_stride": true}),
        json!({"last_stride_one": true}),
        json!({"keep_last_stride": false}),
        json!({"last_downsample": false}),
        json!({"downsample_last": false}),
        json!({"reduce_stride": true}),
        json!({"multi_grid": [1, 2, 4]}),
        json!({"replace_stride_with_dilation": [0, 0, 1]}),
        json!({"replace_stride_with_dilation": "False,False,True"}),
        json!({"strides": "1,2,2,1"}),
        json!({"dilations": "(1, 1, 1, 2)"}),
        json!({"feat_stride": 16}),
        json!({"output_downscale": 8}),
        json!({"downscale_factor": 16}),
        json!({"stem_pool": false}),
        json!({"pool_stem": false}),
        json!({"pool1": false}),
        json!({"stem_pooling": "none"}),
        json!({"conv1_t_no_pool": true}),
        json!({"init_stride": 1}),
        json!({"actv": "leaky"}),
        json!({"relu_type": "leaky"}),
        json!({"transfer_function": "elu"}),
        json!({"use_gelu": true}),
        json!({"leaky": true}),
        json!({"negative_slope": 0.01}),
        json!({"bneps": 0.01}),
        json!({"norm_layer": "partial(BatchNorm2d, eps=0.01)"}),
        json!({"act_layer": "functools.partial(<class 'torch.nn.LeakyReLU'>, 0.1)"}),
        json!({"padding": "reflect"}),
        json!({"circular_padding": true}),
        json!({"pad_mode": "wrap"}),
        json!({"use_gem": true}),
        json!({"gem_p": 3.0}),
        json!({"avgpool": "gem"}),
        json!({"avg_pool": false}),
        json!({"readout": "max"}),
        json!({"global_max_pool": true}),
        json!({"pool_type": "adaptive_max"}),
        json!({"pooling": "nn.AdaptiveMaxPool2d(1)"}),
    ] {
        assert!(!agrees("resnet18", &settings), "{settings}");
    }
    for settings in [
        json!({"remove_last_stride": false}),
        json!({"keep_last_stride": true}),
        json!({"last_downsample": true}),
        json!({"multi_grid": [1, 1, 1]}),
        json!({"feat_stride": 32}),
        json!({"stem_pool": true}),
        json!({"leaky": false}),
        json!({"use_relu": true}),
        json!({"use_relu": false}),
        // Of an option that is not used.
        json!({"activation": "relu", "negative_slope": 0.2}),
        json!({"pooling": "avg", "gem_p": 3.0}),
        json!({"resize_padding": "reflect"}),
        json!({"stft": {"pad_mode": "reflect"}}),
        json!({"reduction": "mean"}),
        json!({"reduction": "sum"}),
        json!({"global_max_pool": false}),
        json!({"norm_layer": "partial(BatchNorm2d, eps=1e-5)"}),
    ] {
        assert!(agrees("resnet18", &settings), "{settings}");
    }
}

#[test]
fn settings_of_other_families_are_compared() {
    for (architecture, other, usual) in [
        (
            "mobilenet_v2",
            json!({"stem_stride": 1}),
            json!({"stem_stride": 2}),
        ),
        (
            "efficientnet_b0",
            json!({"stem_stride": 1}),
            json!({"stem_stride": 2}),
        ),
        (
            "efficientnet_b0",
            json!({"swish": false}),
            json!({"swish": true}),
        ),
        (
            "regnet_y_400mf",
            json!({"stem_stride": 1}),
            json!({"first_stride": 2}),
        ),
        (
            "densenet121",
            json!({"first_stride": 1}),
            json!({"first_stride": 2}),
        ),
        (
            "densenet121",
            json!({"pool0": false}),
            json!({"pool0": true}),
        ),
        (
            "convnext_tiny",
            json!({"stem": {"stride": 2}}),
            json!({"stem": {"stride": 4}}),
        ),
        (
            "vit_b_32",
            json!({"use_mean_pooling": true}),
            json!({"use_mean_pooling": false}),
        ),
        (
            "vit_b_32",
            json!({"global_pool": true}),
            json!({"global_pool": "token"}),
        ),
        (
            "vit_b_32",
            json!({"use_cls_token": false}),
            json!({"use_cls_token": true}),
        ),
    ] {
        assert!(!agrees(architecture, &other), "{architecture} {other}");
        assert!(agrees(architecture, &usual), "{architecture} {usual}");
    }
}

#[test]
fn a_forced_activation_is_compared() {
    let forced = |is_forced: bool| json!({"force_quick_gelu": is_forced});
    assert!(!agrees("ViT-B-32", &forced(true)));
    assert!(agrees("ViT-B-32", &forced(false)));
    assert!(agrees("ViT-B-32-quickgelu", &forced(true)));
    assert!(agrees("ViT-B-32-quickgelu", &forced(false)));
}
