//! Tests of the settings in texts and files.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::*;

/// Returns the settings in a value, as `name=value`.
fn settings(value: Value) -> Vec<String> {
    let mut found = Vec::new();
    collect("", &value, &mut found);
    let found = found.into_iter();
    found.map(|s| format!("{}={}", s.name, s.value)).collect()
}

#[test]
fn settings_are_in_dictionaries_of_any_name() {
    let value = json!({
        "outputStride": 8,
        "mySettings": {"deep": {"last-stride": 1}},
        "optimizer": {"eps": 1e-8},
        "class_to_idx": {"dilation": 1},
        "model": {"value": "resnet18", "desc": null},
    });
    let expected = [
        "model=\"resnet18\"",
        "my_settings.deep.last_stride=1",
        "output_stride=8",
    ];
    assert_eq!(settings(value), expected);
}

#[test]
fn settings_are_in_texts() {
    for text in [
        r#"{"output_stride": 8}"#,
        "output_stride: 8\n",
        "{'output_stride': 8}",
        "Namespace(output_stride=8)",
        "python train.py --output-stride 8",
        "--output_stride=8",
        "python train.py -output_stride 8",
        "# A comment.\noutput_stride = 8\n",
        "TrainConfig(output_stride=8)",
    ] {
        assert_eq!(
            settings(json!({ "x": text })),
            ["x.output_stride=8"],
            "{text}"
        );
    }
    let sections = "[a]\nx = \"y\"\n\n[model.net]\noutput_stride=8\n";
    let expected = ["x.a.x=\"y\"", "x.model.net.output_stride=8"];
    assert_eq!(settings(json!({ "x": sections })), expected);
    for list in [
        json!([["output_stride", 8], ["arch", "resnet18"]]),
        json!(["OUTPUT_STRIDE", 8, "arch", "resnet18"]),
        json!([{"output_stride": 8}, {"arch": "resnet18"}]),
        json!(["train.py", "-output_stride", "8", "-arch", "resnet18"]),
    ] {
        let found = settings(json!({ "x": list }));
        for expected in ["x.output_stride=8", "x.arch=\"resnet18\""] {
            assert!(found.iter().any(|setting| setting == expected), "{list}");
        }
    }
    for list in [json!(["a", "b"]), json!([1, 2]), json!([[1, 2]])] {
        assert_eq!(settings(json!({ "x": list })).len(), 1, "{list}");
    }
    let list = json!([
        "train.py",
        "--output-stride",
        "8",
        "--dilated",
        "+model.lr=1"
    ]);
    let expected = ["x.dilated=true", "x.model.lr=1", "x.output_stride=8"];
    assert_eq!(settings(json!({ "x": list })), expected);
    // The configuration of OpenMMLab is one of Python.
    let text = "model = dict(\n  backbone=dict(type='ResNet', act=dict(eps=1e-3), x=(1, 2)), y=1)";
    let expected = [
        "x.backbone.act.eps=0.001",
        "x.backbone.type=\"ResNet\"",
        "x.backbone.x=[1,2]",
    ];
    assert_eq!(settings(json!({ "x": text })), expected);
    for text in [
        "nn.ReLU(inplace=True)",
        "a -- b",
        "1e-3",
        "b:c",
        "a note: b",
    ] {
        let expected = [format!("x={}", Value::from(text))];
        assert_eq!(settings(json!({ "x": text })), expected);
    }
}

#[test]
fn yaml_is_read_without_its_tags() {
    let parse = |text: &str| yaml::parse(text).unwrap();
    let text = "a: &a !!python/tuple [1, true, ~, x]\nb: *a\nc: !!python/name:torch.nn.GELU ''\n\
                d: !!python/object:argparse.Namespace {lr: 1.0e-05}\ne: 'no'\nf: {<<: {g: 1}, h: 2}";
    let expected = json!({
        "a": [1, true, null, "x"],
        "b": [1, true, null, "x"],
        "c": "torch.nn.GELU",
        "d": {"lr": 1e-5},
        "e": "no",
        "f": {"g": 1, "h": 2},
    });
    assert_eq!(parse(text), expected);
    assert_eq!(parse(""), Value::Null);
    let refused = |text: &str| yaml::parse(text).unwrap_err().to_string();
    // Each anchor repeats the one before it.
    let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for n in 1..12 {
        let list = vec![format!("*a{}", n - 1); 8].join(", ");
        bomb += &format!("a{n}: &a{n} [{list}]\n");
    }
    assert!(refused(&bomb).contains("too many values"));
    assert!(yaml::parse(&"[".repeat(1 << 16)).is_err());
    assert!(yaml::parse(&"- ".repeat(1 << 14)).is_err());
    assert!(yaml::parse("a: [1").is_err());
}

#[test]
fn settings_are_in_files_beside_the_weights() {
    let found = |name: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".hydra")).unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        beside(&folder.path().join("model.pth"))
    };
    for name in ["args.yaml", "hparams.yml", ".hydra/config.yaml"] {
        let settings = found(name, "model: {name: resnet18}").unwrap();
        assert_eq!(settings.len(), 1);
        assert!(settings[0].name.ends_with(".model.name"), "{name}");
        assert!(settings[0].file.as_ref().unwrap().ends_with(name));
    }
    assert_eq!(found("args.json", r#"{"model": 1}"#).unwrap().len(), 1);
    assert_eq!(found("config.json", r#"{"model": 1}"#).unwrap().len(), 1);
    // Other readers have these.
    let of_library = r#"{"architecture": "resnet18", "model": 1}"#;
    assert!(found("config.json", of_library).unwrap().is_empty());
    assert!(found("config.json", "{").unwrap().is_empty());
    assert!(found("other.yaml", "model: 1").unwrap().is_empty());
    let refused = found("args.yaml", "a: [").unwrap_err().report().to_string();
    assert!(
        refused.contains("args.yaml") && refused.contains("remove it"),
        "{refused}"
    );
}

#[test]
fn damaged_yaml_is_refused_or_read() {
    let text = "a: &a !!python/tuple [1, true, ~, x]\nb: *a\n? - c\n: |\n  text\n- 'q': {<<: *a, \"h\\n\": >-\n  2}\n";
    let others = "[]{}:,-?!&*#|>'\"%@`\\\n\t 0a";
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..2000 {
        let mut damaged: Vec<char> = text.chars().collect();
        for _ in 0..rng.random_range(1..8) {
            let at = rng.random_range(0..damaged.len());
            let other = others
                .chars()
                .nth(rng.random_range(0..others.chars().count()));
            match rng.random_range(0..3) {
                0 => drop(damaged.remove(at)),
                1 => damaged.insert(at, other.unwrap()),
                _ => damaged.truncate(at.max(8)),
            }
        }
        let damaged: String = damaged.into_iter().collect();
        // What matters is that nothing panics.
        let _ = yaml::parse(&damaged);
        let _ = python::parse(&damaged);
    }
}
