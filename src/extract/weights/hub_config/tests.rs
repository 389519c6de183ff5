use super::*;
use crate::extract::Architecture;
use crate::extract::weights::configurations::Configurations;

/// Checks a network against a configuration beside its weights.
fn check(text: &str, architecture: &str) -> Result<Option<f64>> {
    let architecture = Architecture::named(architecture).unwrap();
    let configuration = Configurations::of_file("config.json", text)?
        .network
        .unwrap();
    super::check(
        &configuration,
        &Expected::new(&architecture, &["norm"]).unwrap(),
    )
}

#[test]
fn the_activation_is_that_of_the_configuration() {
    let quick = r#"{"vision_config": {"hidden_act": "quick_gelu"}, "model_type": "clip"}"#;
    assert!(check(quick, "ViT-B-32-quickgelu").is_ok());
    let refused = check(quick, "ViT-B-32").unwrap_err().report().to_string();
    assert!(refused.contains("use ViT-B-32-quickgelu"), "{refused}");
    let gelu = r#"{"hidden_act": "gelu"}"#;
    assert!(check(gelu, "ViT-B-32").is_ok());
    let refused = check(gelu, "ViT-L-14-quickgelu")
        .unwrap_err()
        .report()
        .to_string();
    assert!(refused.contains("use ViT-L-14"), "{refused}");
    assert!(check("{}", "ViT-B-32").is_ok());
    // Without its default, as transformers 4 writes it.
    let nested = r#"{"vision_config": {"model_type": "clip_vision_model"}}"#;
    assert!(check(nested, "ViT-B-32-quickgelu").is_ok());
    assert!(check(nested, "ViT-B-32").is_err());
    let chinese = r#"{"model_type": "chinese_clip", "vision_config": {"patch_size": 32}}"#;
    assert!(check(chinese, "ViT-B-32-quickgelu").is_ok());
    assert!(check(chinese, "ViT-B-32").is_err());
    let refused = check("not JSON", "ViT-B-32").unwrap_err();
    assert!(refused.report().to_string().contains("config.json"));
}

#[test]
fn what_depends_on_the_image_is_that_of_the_configuration() {
    let apply = |text: &str, architecture: &str| {
        let architecture = Architecture::named(architecture).unwrap();
        let configuration = Configurations::of_file("config.json", text)?
            .network
            .unwrap();
        let mut deviations = Deviations::NONE;
        let expected = Expected::new(&architecture, &[]).unwrap();
        super::apply(&configuration, &expected, &mut deviations)?;
        Ok::<Deviations, crate::Error>(deviations)
    };
    let found = apply(r#"{"depthwise_padding": [5, 8, 16]}"#, "tf_efficientnet_b2").unwrap();
    let expected = StridedPadding::OddInBlocks(1 << 5 | 1 << 8 | 1 << 16);
    assert_eq!(found.strided_padding, expected);
    let found = apply(r#"{"image_size": 384}"#, "swin_v2_t").unwrap();
    assert_eq!(found.window_image, Some(384));
    let found = apply(r#"{"hidden_act": "gelu_new"}"#, "vit_tiny_patch16_224").unwrap();
    assert_eq!(found.activation, Some(Activation::GeluTanh));
    let refused = apply(r#"{"image_size": [224, 224]}"#, "swin_v2_t").unwrap_err();
    let refused = refused.report().to_string();
    assert!(refused.contains("at least 256"), "{refused}");
}

#[test]
fn mobile_networks_without_a_configuration_have_the_padding_of_tensorflow() {
    let check = |name: &str| {
        let architecture = Architecture::named(name).unwrap();
        check_default(&Expected::new(&architecture, &[]).unwrap())
    };
    check("tf_mobilenet_v2").unwrap();
    let refused = check("mobilenet_v2").unwrap_err().report().to_string();
    assert!(
        refused.contains("tf_padding") && refused.contains("tf_mobilenet_v2"),
        "{refused}"
    );
}

#[test]
fn a_configuration_that_contradicts_the_network_is_refused() {
    for (text, architecture) in [
        (r#"{"hidden_act": "mish"}"#, "vit_tiny_patch16_224"),
        (r#"{"hidden_act": "quick_gelu"}"#, "swin_t"),
        (r#"{"num_attention_heads": 6}"#, "vit_tiny_patch16_224"),
        (r#"{"downsample_in_bottleneck": true}"#, "resnet50"),
        (r#"{"downsample_in_first_stage": true}"#, "resnet50"),
        (r#"{"output_stride": 16}"#, "tf_mobilenet_v2"),
        (r#"{"tf_padding": false}"#, "tf_mobilenet_v2"),
        (r#"{"tf_padding": true}"#, "mobilenet_v2"),
        (r#"{"pooling_type": "max"}"#, "tf_efficientnet_b0"),
        (
            r#"{"strides": [1, 2, 2, 2, 1, 1, 1]}"#,
            "tf_efficientnet_b0",
        ),
        (r#"{"window_size": 16}"#, "swin_v2_t"),
        (r#"{"rope_theta": 1000.0}"#, "vit_small_patch16_dinov3"),
        (
            r#"{"num_attention_heads": 12, "rope_theta": 100.0}"#,
            "vit_small_patch16_dinov3",
        ),
        (r#"{"layer_norm_eps": 1e-6}"#, "convnext_tiny"),
        (
            r#"{"pretrained_window_sizes": [12, 12, 12, 6]}"#,
            "swin_v2_t",
        ),
        (
            r#"{"encoder": {"num_attention_heads": 12}, "decoder": {}}"#,
            "vit_tiny_patch16_224",
        ),
        (r#"{"layer_norm_eps": 0.001}"#, "swin_t"),
        (
            r#"{"backbone_config": {"num_attention_heads": 12}}"#,
            "vit_small_patch14_dinov2",
        ),
        (
            r#"{"vision_config": {"backbone_config": {"num_attention_heads": 12}}}"#,
            "vit_small_patch14_dinov2",
        ),
    ] {
        let refused = check(text, architecture).unwrap_err().report().to_string();
        let contradicts = refused.contains("of these weights is");
        assert!(contradicts && refused.contains(architecture), "{refused}");
    }
    let padded = r#"{"tf_padding": false, "layer_norm_eps": 0.001}"#;
    assert_eq!(check(padded, "mobilenet_v2").unwrap(), None);
    let usual = r#"{"hidden_act": "gelu", "num_attention_heads": 3, "layer_norm_eps": 1e-12}"#;
    assert_eq!(check(usual, "vit_tiny_patch16_224").unwrap(), None);
    assert_eq!(
        check(r#"{"hidden_act": "silu"}"#, "tf_efficientnet_b0").unwrap(),
        None
    );
    let other = r#"{"layer_norm_eps": 0.001}"#;
    assert_eq!(check(other, "vit_tiny_patch16_224").unwrap(), Some(0.001));
    let nested = r#"{"backbone_config": {"layer_norm_eps": 0.001}}"#;
    assert_eq!(
        check(nested, "vit_small_patch14_dinov2").unwrap(),
        Some(0.001)
    );
    let other = r#"{"batch_norm_eps": 0.1}"#;
    assert_eq!(check(other, "tf_efficientnet_b0").unwrap(), Some(0.1));
}
