//! Tests of the names and configurations of timm.

use super::*;
use crate::extract::Architecture;
use crate::extract::weights::configurations::Configurations;

#[test]
fn a_configuration_of_timm_names_the_architecture() {
    let check = |text: &str, architecture: &str| {
        let architecture = Architecture::named(architecture).unwrap();
        let configuration = Configurations::of_file("config.json", text)?
            .network
            .unwrap();
        let taps = [architecture.module("logits")];
        let expected = Expected::new(&architecture, &taps).unwrap();
        let mut deviations = Deviations::NONE;
        super::apply(&configuration, &expected, &mut deviations).map(|_| deviations)
    };
    for (text, architecture) in [
        (r#"{"architecture": "resnetaa50"}"#, "resnet50"),
        (
            r#"{"architecture": "tf_efficientnet_b0"}"#,
            "efficientnet_b0",
        ),
        (
            r#"{"architecture": "tf_mobilenetv3_large_100"}"#,
            "mobilenet_v3_large",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "model_args": {"num_heads": 12}}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "model_args": {"global_pool": "avg"}}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "global_pool": "avg"}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "resnet18", "model_args": {"global_pool": "max"}}"#,
            "resnet18",
        ),
        (
            r#"{"architecture": "mobilenetv2_100", "model_args": {"pad_type": "same"}}"#,
            "mobilenet_v2",
        ),
        (
            r#"{"architecture": "swin_tiny_patch4_window7_224", "model_args": {"window_size": 12}}"#,
            "swin_t",
        ),
        (
            r#"{"architecture": "swinv2_tiny_window16_256"}"#,
            "swin_v2_t",
        ),
        (
            r#"{"architecture": "swinv2_tiny_window8_256", "model_args": {"img_size": 224}}"#,
            "swin_v2_t",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "model_args": {"img_size": [256, 400]}}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "model_args": {"act_layer": "mish"}}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "resnet18", "model_args": {"act_layer": "silu"}}"#,
            "resnet18",
        ),
        (
            r#"{"architecture": "vit_base_patch32_clip_quickgelu_224"}"#,
            "ViT-B-32",
        ),
        (
            r#"{"architecture": "vit_base_patch32_clip_224"}"#,
            "ViT-B-32-quickgelu",
        ),
    ] {
        let refused = check(text, architecture).unwrap_err().report().to_string();
        assert!(refused.contains("of these weights is"), "{refused}");
    }
    for (text, architecture) in [
        (
            r#"{"architecture": "resnet50", "num_classes": 10}"#,
            "resnet50",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_384", "model_args": {"img_size": 384}}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "mobilenetv3_large_100"}"#,
            "mobilenet_v3_large",
        ),
        // As timm writes them by default.
        (
            r#"{"architecture": "vit_tiny_patch16_224", "model_args":
            {"num_classes": 10, "in_chans": 3, "global_pool": "token", "img_size": 224}}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "global_pool": "token"}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "vit_tiny_patch16_224", "global_pool": ""}"#,
            "vit_tiny_patch16_224",
        ),
        (
            r#"{"architecture": "beit_base_patch16_224", "model_args": {"global_pool": "avg"}}"#,
            "beit_base_patch16_224",
        ),
        (
            r#"{"architecture": "resnet18", "model_args": {"global_pool": "avg"}}"#,
            "resnet18",
        ),
        (
            r#"{"architecture": "swin_tiny_patch4_window7_224", "model_args":
            {"window_size": 7, "drop_path_rate": 0.1}}"#,
            "swin_t",
        ),
        (
            r#"{"architectures": ["ResNetForImageClassification"]}"#,
            "resnet50",
        ),
        (
            r#"{"architecture": "swinv2_tiny_window8_256"}"#,
            "swin_v2_t",
        ),
        (
            r#"{"architecture": "vit_base_patch32_clip_224"}"#,
            "ViT-B-32",
        ),
    ] {
        check(text, architecture).unwrap();
    }
    let quick =
        r#"{"architecture": "vit_tiny_patch16_224", "model_args": {"act_layer": "quick_gelu"}}"#;
    let found = check(quick, "vit_tiny_patch16_224").unwrap();
    assert_eq!(found.activation, Some(Activation::QuickGelu));
}

#[test]
fn the_run_of_open_clip_names_the_activation() {
    let check = |name: &str| {
        let found = NamedArchitecture::new("name", name);
        let architecture = Architecture::named("ViT-B-32").unwrap();
        check_named(&found, &Expected::new(&architecture, &["output"]).unwrap())
    };
    assert!(check("ViT-B-32-quickgelu").is_err());
    assert!(check("ViT-B-32").is_ok());
}

#[test]
fn networks_without_the_prefix_have_another_padding() {
    let check = |name: &str, architecture: &str| {
        let found = NamedArchitecture::new("arch", name);
        let architecture = Architecture::named(architecture).unwrap();
        check_named(&found, &Expected::new(&architecture, &[]).unwrap())
    };
    for (name, architecture) in [
        ("efficientnet_lite0", "tf_efficientnet_lite0"),
        ("efficientnet_b0.ra_in1k", "tf_efficientnet_b0"),
        ("mobilenet_v2", "tf_mobilenet_v2"),
    ] {
        assert!(check(name, architecture).is_err(), "{name}");
        check(architecture, architecture).unwrap();
    }
    check("mobilenet_v2_1.0_224", "tf_mobilenet_v2").unwrap();
}

#[test]
fn names_of_timm_are_those_of_the_architecture() {
    let is_other = |found: &str, architecture: &str| {
        let architecture = Architecture::named(architecture).unwrap();
        is_other_architecture(found, &Expected::new(&architecture, &[]).unwrap())
    };
    for (found, architecture) in [
        ("resnetaa50", "resnet50"),
        ("resnetaa50.a1h_in1k", "resnet50"),
        ("tf_efficientnet_b0.in1k", "efficientnet_b0"),
        ("resnet101", "resnet50"),
    ] {
        assert!(is_other(found, architecture), "{found}");
    }
    for (found, architecture) in [
        ("resnet50", "resnet50"),
        ("resnet50.a1_in1k", "resnet50"),
        ("resnet50.mine", "resnet50"),
        ("tv_resnet50", "resnet50"),
        (
            "vit_tiny_patch16_384.augreg_in21k_ft_in1k",
            "vit_tiny_patch16_224",
        ),
        ("mobilenetv3_large_100", "mobilenet_v3_large"),
    ] {
        assert!(!is_other(found, architecture), "{found}");
    }
}
