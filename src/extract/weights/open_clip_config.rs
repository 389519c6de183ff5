//! The configurations that open_clip writes beside the weights of a network.

use serde_json::Value;

use super::configuration::Configuration;
use super::conventions::TIMM;
use super::hub_config::check_activation;
use super::listing::{Setting, Training};
use super::training;
use crate::error::{ExtractError, Result};
use crate::extract::outline::Expected;

/// Checks that a configuration of open_clip has the activation of the network, and the pooling of a
/// network of timm.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`].
pub(super) fn check(configuration: &Configuration, expected: &Expected<'_>) -> Result<()> {
    let Some(model) = configuration.value.get("model_cfg") else {
        return Ok(());
    };
    if expected.family() != "CLIP" {
        let pooling = model
            .get("vision_cfg")
            .and_then(|of_images| of_images.get("timm_pool"));
        return match pooling {
            Some(pooling) => check_pooling(pooling, configuration, expected),
            None => Ok(()),
        };
    }
    let is_quick = model.get("quick_gelu").and_then(Value::as_bool) == Some(true);
    let activation = if is_quick { "quick_gelu" } else { "gelu" };
    let checked = check_activation(Some(activation), expected.architecture());
    let of_images = model.get("vision_cfg").and_then(Value::as_object);
    let checked = checked.and_then(|()| match (of_images, &expected.published.n_heads[..]) {
        (Some(of_images), &[n]) => check_transformer(of_images, n, expected.architecture()),
        _ => Ok(()),
    });
    checked.map_err(|error| configuration.locate(error))
}

/// Checks the pooling of a network of timm.
fn check_pooling(
    pooling: &Value,
    configuration: &Configuration,
    expected: &Expected<'_>,
) -> Result<()> {
    let settings = vec![Setting {
        file: Some(configuration.path.clone()),
        ..Setting::new("vision_cfg.timm_pool", pooling.clone())
    }];
    let training = Training {
        named: Vec::new(),
        settings,
    };
    training::check(&training, Some(TIMM), None, expected)
}

/// Checks the settings of a vision transformer in a configuration of open_clip. Those that change no
/// shape must have their default.
fn check_transformer(
    settings: &serde_json::Map<String, Value>,
    n_heads: usize,
    architecture: &'static str,
) -> std::result::Result<(), ExtractError> {
    /// Settings that shapes of parameters show, or that have no effect on features.
    const OTHERS: [&str; 9] = [
        "layers",
        "width",
        "patch_size",
        "image_size",
        "mlp_ratio",
        "head_width",
        "patch_dropout",
        "ls_init_value",
        "output_tokens",
    ];

    let refuse = |setting: &str, found: &Value, expected: String| {
        Err(ExtractError::OtherConfiguration {
            architecture,
            setting: setting.to_owned(),
            found: found.to_string(),
            expected,
        })
    };
    for (name, value) in settings {
        let is_default = match value {
            Value::Null | Value::Bool(false) => true,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::Object(members) => members.is_empty(),
            Value::String(text) => name == "pool_type" && text == "tok",
            _ => false,
        };
        if !is_default && !OTHERS.contains(&name.as_str()) {
            return refuse(name, value, "the default".to_owned());
        }
    }
    let [width, of_head] = ["width", "head_width"].map(|name| settings.get(name)?.as_u64());
    match width.zip(of_head.filter(|&of_head| of_head > 0)) {
        Some((width, of_head)) if width / of_head != n_heads as u64 => {
            let expected = (width / n_heads as u64).to_string();
            refuse("head_width", &of_head.into(), expected)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Architecture;
    use crate::extract::weights::configurations::Configurations;

    #[test]
    fn the_configuration_of_open_clip_names_the_activation() {
        let check = |text: &str, architecture: &str| {
            let architecture = Architecture::named(architecture).unwrap();
            let configurations = Configurations::of_file("open_clip_config.json", text)?;
            let configuration = configurations.open_clip.unwrap();
            super::check(
                &configuration,
                &Expected::new(&architecture, &[architecture.module("penultimate")]).unwrap(),
            )
        };
        let quick = r#"{"model_cfg": {"embed_dim": 512, "quick_gelu": true}}"#;
        let usual = r#"{"model_cfg": {"embed_dim": 512}}"#;
        assert!(check(quick, "ViT-B-32-quickgelu").is_ok());
        assert!(check(usual, "ViT-B-32").is_ok());
        let refused = check(quick, "ViT-B-32").unwrap_err().report().to_string();
        assert!(refused.contains("use ViT-B-32-quickgelu"), "{refused}");
        assert!(check(usual, "ViT-B-32-quickgelu").is_err());
        let of_timm = |pooling: &str| {
            let text =
                format!(r#"{{"model_cfg": {{"vision_cfg": {{"timm_pool": "{pooling}"}}}}}}"#);
            check(&text, "vit_tiny_patch16_224")
        };
        assert!(of_timm("token").is_ok());
        assert!(of_timm("avg").is_err());
        let of_images = |settings: &str| {
            let text =
                format!(r#"{{"model_cfg": {{"vision_cfg": {{"width": 768, {settings}}}}}}}"#);
            check(&text, "ViT-B-32")
        };
        assert!(of_images(r#""layers": 12, "head_width": 64, "pool_type": "tok""#).is_ok());
        for other in [
            r#""head_width": 32"#,
            r#""pool_type": "avg""#,
            r#""final_ln_after_pool": true"#,
            r#""norm_kwargs": {"eps": 0.1}"#,
        ] {
            assert!(of_images(other).is_err(), "{other}");
        }
    }
}
