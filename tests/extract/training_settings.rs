//! Settings of a training in a checkpoint that change what a network computes, but no shape of its
//! parameters.

use human_alignment::Result;
use human_alignment::error::ExtractError;
use human_alignment::extract::preprocess::Preprocessing;
use human_alignment::extract::{Architecture, Device, ModelName, Network, Tap, Weights};
use ndarray::{Array2, Array4, ArrayD};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::checkpoint_files::{Format, Item, checkpoint, dict};
use crate::common::formula::{formula, parameter};
use crate::common::refusals::assert_refused;

/// Returns the parameters of an architecture, each filled with one value, without those of the blocks
/// after the first.
fn filled(architecture: &str) -> Vec<(String, Item)> {
    let architecture = Architecture::named(architecture).unwrap();
    let all = Network::list_parameters(&architecture).unwrap().into_iter();
    let first =
        all.filter(|(name, _)| !name.starts_with("blocks.") || name.starts_with("blocks.0."));
    first
        .map(|(name, shape)| (name, Item::Filled(shape, 0.5)))
        .collect()
}

/// Builds a network from a checkpoint with parameters and other items.
fn network<const N: usize>(
    architecture: &str,
    tap: &str,
    parameters: Vec<(String, Item)>,
    others: [(&str, Item); N],
) -> Result<Network> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.pth");
    let mut items = vec![("state_dict".to_owned(), Item::Dict(parameters))];
    items.extend(others.map(|(name, item)| (name.to_owned(), item)));
    std::fs::write(&path, checkpoint(&Item::Dict(items), Format::Zip(2))).unwrap();
    let architecture = Architecture::named(architecture)?;
    let weights = Weights::read(&path)?;
    Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu)
}

/// Returns settings under a name, as an object of argparse.
fn namespace<const N: usize>(settings: [(&str, Item); N]) -> Item {
    let settings = settings.map(|(name, item)| (name.to_owned(), item));
    Item::Object("argparse.Namespace", settings.into())
}

#[test]
fn other_numbers_of_heads_are_refused() {
    let vit = |tap: &str, name: &'static str, settings: Item| {
        let parameters = filled("vit_small_patch16_224");
        network("vit_small_patch16_224", tap, parameters, [(name, settings)])
    };
    let named = |setting, name| dict([(setting, Item::Text(name))]);
    // As OmegaConf stores its nodes.
    let node = |name| {
        let value = vec![("_val".to_owned(), Item::Text(name))];
        let node = Item::Object("omegaconf.nodes.AnyNode", value);
        let content = vec![("_content".to_owned(), dict([("method", node)]))];
        Item::Object("omegaconf.dictconfig.DictConfig", content)
    };
    for (place, settings, part) in [
        (
            "args",
            namespace([("model", Item::Text("SLIP_VITS16"))]),
            "args.model SLIP_VITS16",
        ),
        (
            "args",
            namespace([("model", Item::Text("CLIP_VITS16"))]),
            "12",
        ),
        ("args", named("arch", "mae_vit_small_patch16"), "12"),
        ("hyper_parameters", named("method", "mocov3"), "12"),
        (
            "hyper_parameters",
            dict([("backbone", named("name", "vit_small_mocov3_patch16_224"))]),
            "hyper_parameters.backbone.name",
        ),
        (
            "hyper_parameters",
            node("mocov3"),
            "hyper_parameters.method mocov3",
        ),
        (
            "args",
            namespace([("model_kwargs", dict([("num_heads", Item::Number(12))]))]),
            "12 (args.model_kwargs.num_heads)",
        ),
        (
            "args",
            Item::Slots(
                "train.Config",
                vec![("num_heads".to_owned(), Item::Number(12))],
            ),
            "12 (args.num_heads)",
        ),
    ] {
        let refused = vit("blocks.0", place, settings.clone());
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{part}"
        );
        let refused = refused.unwrap_err().report().to_string();
        assert!(refused.contains(part), "{refused}");
        // No heads are before this tap.
        vit("patch_embed", place, settings).unwrap();
    }
    for settings in [
        named("model", "vit_small_patch16_224"),
        named("method", "simclr"),
        dict([
            ("arch", Item::Text("deit_small")),
            ("mae", Item::Flag(false)),
        ]),
        dict([
            ("method", Item::Text("mae")),
            ("num_heads", Item::Number(6)),
        ]),
        dict([("decoder", dict([("num_heads", Item::Number(8))]))]),
    ] {
        vit("blocks.0", "hyper_parameters", settings).unwrap();
    }
    // MoCo v3 has this name for a network with 12 heads, and DINO in its arguments for one with 6.
    let name = Item::Text("vit_small");
    let refused = vit("blocks.0", "arch", name).unwrap_err();
    let refused = refused.report().to_string();
    assert!(refused.contains("12 (MoCo v3)"), "{refused}");
    vit("blocks.0", "args", named("arch", "vit_small")).unwrap();
}

#[test]
fn small_towers_beside_those_of_texts_have_an_unknown_number_of_heads() {
    let read = |prefix: &str, other: &str, without: Option<&str>| {
        let architecture = Architecture::named("vit_tiny_patch16_224")?;
        let all = Network::list_parameters(&architecture)?.into_iter();
        let first =
            all.filter(|(name, _)| !name.starts_with("blocks.") || name.starts_with("blocks.0."));
        let first = first.map(|(name, shape)| (format!("{prefix}{name}"), ArrayD::ones(shape)));
        let other = (other.to_owned(), ArrayD::ones(vec![8, 8]));
        let weights = Weights::from_tensors(first.chain([other]));
        let weights = match without {
            Some(without) => weights.without(without)?,
            None => weights,
        };
        let taps = [Tap::new("blocks.0")];
        Network::new(&architecture, &weights, &taps, Device::Cpu).map(|_| ())
    };
    for (prefix, other, without) in [
        ("visual.", "textual.token_embed.weight", "textual"),
        (
            "module.visual.",
            "module.text_projection",
            "text_projection",
        ),
        ("", "decoder_embed.weight", "decoder_embed"),
    ] {
        let refused = read(prefix, other, None).unwrap_err().report().to_string();
        assert!(
            refused.contains(&format!("--without {without})")),
            "{refused}"
        );
        read(prefix, other, Some(without)).unwrap();
    }
    // open_clip names the network of timm.
    read("visual.trunk.", "text_projection", None).unwrap();
    read("visual.", "projector.weight", None).unwrap();
}

#[test]
fn layers_within_the_network_are_refused() {
    for other in ["adapters.0.down.weight", "temporal_embed", "w_As.0.weight"] {
        let parameters = filled("vit_tiny_patch16_224").into_iter();
        let parameters = parameters.map(|(name, item)| (format!("backbone.{name}"), item));
        let other = (other.to_owned(), Item::Filled(vec![4, 192], 1.0));
        let parameters = parameters.chain([other]).collect();
        let refused = network("vit_tiny_patch16_224", "blocks.0", parameters, []);
        assert_refused!(refused, Extract(ExtractError::MeaningfulTensors { .. }));
    }
}

#[test]
fn other_strides_are_refused_where_they_reach_the_tap() {
    let resnet = |architecture: &str, tap: &str, setting: (&str, Item)| {
        let settings = namespace([setting]);
        network(
            architecture,
            tap,
            filled(architecture),
            [("args", settings)],
        )
        .map(|_| ())
    };
    let flags = |flags: [bool; 3]| Item::List(flags.map(Item::Flag).into());
    let numbers = |numbers: [i32; 4]| Item::List(numbers.map(Item::Number).into());
    for (setting, value, before, from) in [
        ("maxpool1", Item::Flag(false), Some("relu"), "maxpool"),
        ("remove_maxpool", Item::Flag(true), Some("relu"), "layer1"),
        ("dilation", Item::Flag(true), Some("layer2"), "layer4"),
        (
            "dilation",
            Item::Number(2),
            Some("layer2"),
            "layer3.0.conv1",
        ),
        (
            "replace_stride_with_dilation",
            flags([false, false, true]),
            Some("layer2"),
            "layer4",
        ),
        ("output_stride", Item::Number(16), Some("layer2"), "layer4"),
        ("last_stride", Item::Number(1), Some("layer3"), "layer4"),
        ("first_conv", Item::Flag(false), None, "conv1"),
        ("cifar_stem", Item::Flag(true), None, "conv1"),
        ("strides", numbers([1, 2, 2, 1]), None, "layer4"),
        ("bn_tf", Item::Flag(true), None, "layer1"),
        ("act_layer", Item::Text("silu"), Some("bn1"), "relu"),
        ("activation", Item::Text("nn.GELU"), Some("bn1"), "layer1"),
        ("padding_mode", Item::Text("circular"), None, "conv1"),
        ("norm_eps", Item::Real(0.5), Some("conv1"), "bn1"),
        (
            "global_pool",
            Item::Text("max"),
            Some("layer4"),
            "penultimate",
        ),
        ("gp", Item::Text("catavgmax"), Some("layer4"), "logits"),
    ] {
        let refused = resnet("resnet18", from, (setting, value.clone()));
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{setting}"
        );
        if let Some(before) = before {
            resnet("resnet18", before, (setting, value)).unwrap();
        }
    }
    for (setting, value) in [
        ("maxpool1", Item::Flag(true)),
        ("first_conv", Item::Flag(true)),
        ("dilation", Item::Flag(false)),
        ("dilation", Item::Number(1)),
        ("dilation", Item::None),
        ("replace_stride_with_dilation", flags([false; 3])),
        ("output_stride", Item::Number(32)),
        ("last_stride", Item::Number(2)),
        ("strides", numbers([4, 8, 16, 32])),
        ("cifar", Item::Text("cifar10")),
        ("bn_tf", Item::Flag(false)),
        ("transforms", dict([("dilation", Item::Flag(true))])),
        ("act_layer", Item::Text("nn.ReLU")),
        ("activation", Item::Text("softmax")),
        ("head", dict([("activation", Item::Text("gelu"))])),
        ("padding_mode", Item::Text("zeros")),
        ("global_pool", Item::Text("avg")),
        ("global_pool", Item::Text("")),
    ] {
        resnet("resnet18", "penultimate", (setting, value)).unwrap();
    }
    // The blocks of the smaller networks have no convolution of one place before the stride.
    let stride = || ("stride_in_1x1", Item::Flag(true));
    resnet("resnet18", "layer4", stride()).unwrap();
    let refused = resnet("resnet50", "layer1", stride());
    assert_refused!(refused, Extract(ExtractError::OtherTraining { .. }));
    let normalization = || ("bn_tf", Item::Flag(true));
    let refused = resnet("efficientnet_b0", "features.1", normalization());
    assert_refused!(refused, Extract(ExtractError::OtherTraining { .. }));
    resnet("tf_efficientnet_b0", "blocks.0.0", normalization()).unwrap();
}

#[test]
fn preprocessing_that_the_checkpoint_contradicts_is_refused() {
    let colors = |numerators: [f64; 3]| {
        let values = numerators.map(|value| value as f32);
        Item::List(values.map(Item::Real).into())
    };
    let preprocessing = |name: &str, settings: Item| {
        let network = network(
            "resnet18",
            "conv1",
            filled("resnet18"),
            [("args", settings)],
        )?;
        name.parse::<ModelName>()?.preprocessing_for(&network)
    };
    let half = || {
        namespace([
            ("mean", colors([0.5; 3])),
            ("std", colors([0.5; 3])),
            ("crop_pct", Item::Real(1.0)),
            ("interpolation", Item::Text("bicubic")),
            ("img_size", Item::Number(224)),
        ])
    };
    let refused = preprocessing("resnet18", half()).unwrap_err();
    let refused = refused.report().to_string();
    assert!(
        refused.contains("such as half-224-bicubic-224"),
        "{refused}"
    );
    assert!(
        refused.contains("the settings of the training"),
        "{refused}"
    );
    // The name of published weights decides.
    preprocessing("resnet18.imagenet1k_v1", half()).unwrap();
    for (settings, part) in [
        (
            namespace([("interpolation", Item::Text("bicubic"))]),
            "bicubic",
        ),
        (namespace([("img_size", Item::Number(288))]), "288"),
        (
            namespace([("crop_pct", Item::Real(1.0))]),
            "shorter side 224",
        ),
        (namespace([("crop_mode", Item::Text("border"))]), "border"),
        (
            namespace([
                ("val_resize_size", Item::Number(232)),
                ("val_crop_size", Item::Number(224)),
            ]),
            "shorter side 232",
        ),
    ] {
        let refused = preprocessing("resnet18", settings);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherPreprocessing { .. }),
            "{part}"
        );
        let refused = refused.unwrap_err().report().to_string();
        assert!(refused.contains(part), "{refused}");
    }
    for settings in [
        namespace([
            ("mean", Item::None),
            ("interpolation", Item::Text("")),
            ("img_size", Item::None),
            ("std", Item::Real(0.02)),
        ]),
        namespace([
            ("mean", colors([0.485, 0.456, 0.406])),
            ("std", colors([0.229, 0.224, 0.225])),
            ("interpolation", Item::Text("bilinear")),
            ("crop_pct", Item::Real(0.875)),
        ]),
        namespace([
            ("train_crop_size", Item::Number(176)),
            ("val_crop_size", Item::Number(224)),
            ("val_resize_size", Item::Number(256)),
        ]),
    ] {
        let found = preprocessing("resnet18", settings).unwrap();
        assert_eq!(found, Preprocessing::IMAGENET);
    }
}

#[test]
fn positions_in_checkpoints_of_the_authors_of_dino_are_interpolated_as_there() {
    let architecture = Architecture::named("vit_small_patch16_224").unwrap();
    let features = |prefix: &str, other: &str| -> Array2<f32> {
        let all = Network::list_parameters(&architecture).unwrap().into_iter();
        let first =
            all.filter(|(name, _)| !name.starts_with("blocks.") || name.starts_with("blocks.0."));
        let first = first.filter_map(|(name, shape)| {
            Some((format!("{prefix}{name}"), parameter(&name, &shape, 1.0)?))
        });
        let other = (other.to_owned(), ArrayD::ones(vec![8, 1]));
        let weights = Weights::from_tensors(first.chain([other]));
        let taps = [Tap::new("blocks.0")];
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        let pixels = formula("images")
            .take(3 * 32 * 32)
            .map(|value| value as f32);
        let images = Array4::from_shape_vec((1, 3, 32, 32), pixels.collect()).unwrap();
        network.represent(images.view()).unwrap().remove(0)
    };
    let plain = features("model.", "projector.weight");
    let of_authors = features("teacher.backbone.", "teacher.head.last_layer.weight_g");
    assert_ne!(plain, of_authors);
    // Other trainings have a teacher too.
    assert_eq!(
        plain,
        features("teacher.backbone.", "teacher.projector.weight")
    );
}

#[test]
fn settings_of_openmmlab_are_compared() {
    let resnet = |architecture: &str, text: &'static str, tap: &str| {
        let meta = dict([("config", Item::Text(text)), ("epoch", Item::Number(12))]);
        network(architecture, tap, filled(architecture), [("meta", meta)]).map(|_| ())
    };
    // The style is that of the first stage too.
    let tap = |architecture: &str| match architecture {
        "resnet50" => "layer1",
        _ => "layer4",
    };
    // Settings of mmdet.models.backbones.ResNet and mmpretrain.models.TIMMBackbone.
    for (architecture, text, part) in [
        (
            "resnet50",
            "model = dict(\n    backbone=dict(\n        type='ResNet',\n        depth=50,\n        \
             norm_cfg=dict(type='BN'),\n        style='caffe'),\n    neck=dict(type='FPN'))",
            "style of the training of these weights is \"caffe\"",
        ),
        (
            "resnet18",
            "model=dict(backbone=dict(type='ResNet', depth=18, dilations=(1, 1, 2, 4)))",
            "dilations of the training of these weights is [1,1,2,4]",
        ),
        (
            "resnet18",
            "model=dict(backbone=dict(num_stages=3, strides=(1, 2, 1), depth=18))",
            "strides of the training of these weights is [1,2,1]",
        ),
        (
            "resnet18",
            "model=dict(backbone=dict(model_name='resnet18', output_stride=16))",
            "output_stride of the training of these weights is 16",
        ),
        (
            "resnet18",
            "model=dict(backbone=dict(norm_cfg=dict(type='BN', eps=1e-3), depth=18))",
            "norm_cfg.eps of the training of these weights is 0.001",
        ),
        (
            "resnet18",
            "model=dict(backbone=dict(conv_cfg=dict(type='ConvWS'), depth=18))",
            "conv_cfg.type of the training of these weights is \"ConvWS\"",
        ),
    ] {
        let refused = resnet(architecture, text, tap(architecture)).unwrap_err();
        let refused = refused.report().to_string();
        assert!(refused.contains(part), "{refused}");
    }
    for (architecture, text) in [
        (
            "resnet50",
            "model=dict(backbone=dict(type='ResNet', depth=50, style='pytorch', strides=(1, 2, 2, 2), \
             norm_cfg=dict(type='SyncBN', eps=1e-05), conv_cfg=None, init_cfg=[dict(a='x)', b=1)]), \
             decode_head=dict(dilations=(1, 12, 24, 36), conv_cfg=dict(type='ConvWS')))",
        ),
        (
            "resnet18",
            "model=dict(backbone=dict(depth=18, style='caffe'))",
        ),
        ("resnet50", "model=dict(backbone=dict(depth="),
    ] {
        resnet(architecture, text, tap(architecture)).unwrap();
    }
}

#[test]
fn windows_of_swin_transformers_are_compared() {
    // The names of timm.
    let swin = |tap: &str, others: &[(&str, &[usize])], settings: Item| {
        let first = filled("swin_v2_t").into_iter().filter_map(|(name, item)| {
            let name = match name.strip_prefix("features.")?.split_once('.')? {
                ("0", rest) => rest
                    .replace("0.", "patch_embed.proj.")
                    .replace("2.", "patch_embed.norm."),
                ("1", rest) => format!("layers.0.blocks.{rest}")
                    .replace(".mlp.0.", ".mlp.fc1.")
                    .replace(".mlp.3.", ".mlp.fc2."),
                _ => return None,
            };
            Some((name, item))
        });
        let is_given = |name: &str| others.iter().any(|(other, _)| name.ends_with(other));
        let first = first
            .filter(|(name, _)| !(name.starts_with("layers.0.blocks.0.attn.") && is_given(name)));
        let others = others
            .iter()
            .map(|(name, shape)| (format!("layers.0.blocks.0.attn.{name}"), shape.to_vec()));
        let others = others.map(|(name, shape)| (name, Item::Filled(shape, 1.0)));
        let parameters = first.chain(others).collect();
        network("swin_v2_t", tap, parameters, [("args", settings)]).map(|_| ())
    };
    let none = || namespace([]);
    for (name, shape) in [
        ("relative_coords_table", &[1, 31, 31, 2][..]),
        ("relative_position_index", &[256, 256]),
    ] {
        let refused = swin("features.1", &[(name, shape)], none()).unwrap_err();
        let refused = refused.report().to_string();
        assert!(
            refused.contains("window_size of these weights is 16"),
            "{refused}"
        );
        swin("features.0", &[(name, shape)], none()).unwrap();
    }
    let usual: [(&str, &[usize]); 2] = [
        ("relative_coords_table", &[1, 15, 15, 2]),
        ("relative_position_index", &[64, 64]),
    ];
    swin("features.1", &usual, none()).unwrap();
    let size = |side| namespace([("img_size", Item::Number(side))]);
    assert_refused!(
        swin("features.1", &usual, size(128)),
        Extract(ExtractError::OtherTraining { .. })
    );
    swin("features.1", &usual, size(256)).unwrap();
    // The windows of torchvision do not depend on the size.
    network(
        "swin_v2_t",
        "features.1",
        filled("swin_v2_t"),
        [("args", size(128))],
    )
    .unwrap();
}

#[test]
fn settings_in_a_configuration_of_transformers_are_compared() {
    let resnet = |text: &str, tap: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pytorch_model.bin");
        let parameters = filled("resnet18").into_iter();
        let parameters = parameters.map(|(name, item)| (format!("backbone.{name}"), item));
        let state = Item::Dict(parameters.collect());
        std::fs::write(&path, checkpoint(&state, Format::Zip(2))).unwrap();
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let architecture = Architecture::named("resnet18")?;
        let weights = Weights::read(&path)?;
        Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu).map(|_| ())
    };
    for text in [
        r#"{"model_type": "timm_backbone", "output_stride": 16}"#,
        r#"{"backbone_config": {"backbone": "resnet18", "output_stride": 16}}"#,
        r#"{"backbone_kwargs": {"output_stride": 8}}"#,
        r#"{"model_type": "detr", "dilation": true}"#,
        r#"{"model_type": "my_resnet", "last_stride": 1}"#,
    ] {
        let refused = resnet(text, "layer4");
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{text}"
        );
        resnet(text, "layer2").unwrap();
    }
    for text in [
        r#"{"model_type": "timm_backbone", "output_stride": 32}"#,
        r#"{"model_type": "detr", "dilation": false, "decoder": {"dilation": true}}"#,
    ] {
        resnet(text, "layer4").unwrap();
    }
    let refused = resnet(r#"{"model_type": "my_resnet", "bn_eps": 0.01}"#, "bn1");
    let refused = refused.unwrap_err().report().to_string();
    let names_remedy = refused.contains("--epsilon");
    assert!(refused.contains("config.json") && names_remedy, "{refused}");
}

#[test]
fn the_pooling_of_ssd_is_another_one() {
    let vgg = |tap: &str, other: &str| {
        let architecture = Architecture::named("vgg16").unwrap();
        let parameters = Network::list_parameters(&architecture).unwrap().into_iter();
        let parameters = parameters.filter(|(name, _)| name.starts_with("features."));
        let others = [other, "scale_weight"].map(|name| (name.to_owned(), vec![8]));
        let parameters = parameters
            .take_while(|(name, _)| !name.starts_with("features.17."))
            .chain(others)
            .map(|(name, shape)| (format!("backbone.{name}"), ArrayD::ones(shape)));
        let weights = Weights::from_tensors(parameters);
        let weights = weights.without("extra")?.without("scale_weight")?;
        Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu).map(|_| ())
    };
    let refused = vgg("features.16", "extra.0.1.bias").unwrap_err();
    let refused = refused.report().to_string();
    assert!(refused.contains("ceil_mode"), "{refused}");
    vgg("features.15", "extra.0.1.bias").unwrap();
    vgg("features.16", "extra_head.bias").unwrap();
}

#[test]
fn heads_of_segmentation_are_no_matter_for_transformers() {
    let parameters = filled("vit_tiny_patch16_224").into_iter();
    let parameters = parameters.map(|(name, item)| (format!("backbone.{name}"), item));
    let head = (
        "decode_head.conv_seg.weight".to_owned(),
        Item::Filled(vec![21, 192, 1, 1], 1.0),
    );
    let parameters = parameters.chain([head]).collect();
    network("vit_tiny_patch16_224", "blocks.0", parameters, []).unwrap();
}

#[test]
fn the_pooling_matters_only_to_what_is_pooled() {
    let vit = |tap: &str| {
        let settings = namespace([("gp", Item::Text("avg"))]);
        let parameters = filled("vit_tiny_patch16_224");
        let timm = [
            ("arch", Item::Text("vit_tiny_patch16_224")),
            ("version", Item::Number(2)),
            ("args", settings),
        ];
        network("vit_tiny_patch16_224", tap, parameters, timm)
    };
    vit("blocks.0").unwrap();
}

#[test]
fn a_setting_answers_what_a_module_after_the_network_asks() {
    let beside = |settings: Item| {
        let mut parameters: Vec<(String, Item)> = filled("resnet18")
            .into_iter()
            .map(|(name, item)| (format!("backbone.0.body.{name}"), item))
            .collect();
        let kernel = Item::Filled(vec![256, 512, 1, 1], 0.5);
        parameters.push(("input_proj.weight".to_owned(), kernel));
        network("resnet18", "layer4", parameters, [("args", settings)])
    };
    assert_refused!(
        beside(namespace([("lr", Item::Real(1e-4))])),
        Extract(ExtractError::MeaningfulTensors { .. })
    );
    assert_refused!(
        beside(namespace([("dilation", Item::Flag(true))])),
        Extract(ExtractError::OtherTraining { .. })
    );
    beside(namespace([("dilation", Item::Flag(false))])).unwrap();
}

/// Builds a network from a checkpoint with settings, for a tap before which little is computed.
fn with_settings<const N: usize>(
    architecture: &str,
    tap: &str,
    settings: [(&str, Item); N],
) -> Result<()> {
    network(architecture, tap, filled(architecture), settings).map(|_| ())
}

#[test]
fn names_of_architectures_are_found_at_any_depth() {
    let named = |name, text| dict([(name, Item::Text(text))]);
    let resnet = |settings: [(&str, Item); 1]| with_settings("resnet18", "conv1", settings);
    let of_class = || {
        let arguments = named("model_name", "resnetblur18");
        let class = ("class_path", Item::Text("timm.create_model"));
        dict([class, ("init_args", arguments)])
    };
    for (name, settings) in [
        ("model_name", Item::Text("resnetblur18")),
        ("config", dict([("model", named("name", "resnetblur18"))])),
        ("model_args", named("name", "resnetblur18")),
        ("hyper_parameters", dict([("net", of_class())])),
        (
            "settings",
            named("backboneName", "timm/resnetblur18.bt_in1k"),
        ),
        (
            "cfg",
            dict([("encoder", named("_target_", "models.wideresnet18"))]),
        ),
        ("args", named("net", "resnet50")),
        ("config", Item::Text("model:\n  name: resnetblur18\n")),
    ] {
        let refused = resnet([(name, settings)]);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherConfiguration { .. }),
            "{name}"
        );
    }
    for (name, settings) in [
        ("config", dict([("model", named("name", "resnet18"))])),
        (
            "config",
            dict([("model", named("_target_", "torchvision.models.resnet18"))]),
        ),
        // One of several networks is that of the parameters.
        (
            "args",
            dict([
                ("arch", Item::Text("resnet18")),
                ("net", Item::Text("vgg16")),
            ]),
        ),
        ("args", dict([("teacher_arch", Item::Text("resnet50"))])),
        ("args", dict([("teacher", named("arch", "resnet50"))])),
        (
            "args",
            dict([("text_model_name", Item::Text("resnetblur18"))]),
        ),
        ("args", dict([("experiment", Item::Text("resnetblur18"))])),
        (
            "args",
            dict([("model_path", Item::Text("runs/myresnet/18.pth"))]),
        ),
    ] {
        resnet([(name, settings)]).unwrap();
    }
}

#[test]
fn settings_are_compared_by_their_words() {
    let resnet = |name, value| {
        let settings = dict([("model", dict([(name, value)]))]);
        with_settings("resnet18", "penultimate", [("anything", settings)])
    };
    let eps = |epsilon| dict([("eps", Item::Real(epsilon))]);
    for (name, value) in [
        ("nonlin", Item::Text("nn.LeakyReLU(0.1)")),
        ("act_name", Item::Text("leaky_relu")),
        ("norm_kwargs", eps(0.5)),
        ("batchnorm_eps", Item::Real(0.5)),
        ("use_ws", Item::Flag(true)),
        ("weight_standardisation", Item::Flag(true)),
        ("conv_layer", Item::Text("timm.layers.StdConv2d")),
        ("OutStride", Item::Number(8)),
        ("layer4_stride", Item::Number(1)),
        ("antialiasing", Item::Text("blurpool")),
        ("antialias", Item::Flag(true)),
        ("aggregation", dict([("type", Item::Text("GeM"))])),
        ("without_max_pool", Item::Flag(true)),
    ] {
        let refused = resnet(name, value);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{name}"
        );
    }
    for (name, value) in [
        ("nonlin", Item::Text("torch.nn.ReLU")),
        ("norm_kwargs", eps(1e-5)),
        ("ln_eps", Item::Real(0.5)),
        ("layer_norm", eps(0.5)),
        ("group_norm_eps", Item::Real(0.5)),
        ("opt_eps", Item::Real(0.5)),
        // The number of processes, and a policy of augmentation.
        ("ws", Item::Number(1)),
        ("aa", Item::Text("rand-m9")),
        ("os", Item::Text("linux")),
        ("antialias", Item::Text("none")),
        ("head_activation", Item::Text("gelu")),
        ("classifier", dict([("activation", Item::Text("gelu"))])),
        ("transformer", dict([("activation", Item::Text("gelu"))])),
        ("decoder_output_stride", Item::Number(8)),
        ("without_max_pool", Item::Flag(false)),
    ] {
        resnet(name, value).unwrap();
    }
    // Not of a network, it is an argument of resizing.
    let resized = dict([("antialias", Item::Flag(true))]);
    with_settings("resnet18", "penultimate", [("args", resized)]).unwrap();
}

#[test]
fn settings_of_other_parts_are_no_matter() {
    let resnet = |settings: Item| with_settings("resnet18", "penultimate", [("config", settings)]);
    let text = |name, value| dict([(name, Item::Text(value))]);
    let number = |name, value| dict([(name, Item::Number(value))]);
    for settings in [
        text("embedding_activation", "leaky_relu"),
        text("fc_activation", "elu"),
        text("frame_pooling", "max"),
        text("video_aggregation", "attention"),
        text("agg", "max"),
        text("crop_padding_mode", "reflect"),
        dict([("eval_cifar", Item::Flag(true))]),
        dict([("dilate_mask", Item::Flag(true))]),
        number("mask_dilation", 5),
        number("edge_dilation", 3),
        number("max_dilation", 4),
        number("output_stride", 4),
        dict([("regressor", text("activation", "gelu"))]),
        dict([("depth_net", text("activation", "elu"))]),
        dict([("fusion", dict([("kwargs", text("act", "gelu"))]))]),
        dict([("graph", text("pooling", "max"))]),
        dict([("attention", dict([("act", text("name", "gelu"))]))]),
        dict([("pose", dict([("eps", Item::Real(0.5))]))]),
    ] {
        resnet(settings).unwrap();
    }
    for settings in [
        dict([("model_kwargs", text("activation", "gelu"))]),
        dict([("image_tower", text("act", "gelu"))]),
        dict([("my_settings", text("global_pool", "max"))]),
        dict([("net", dict([("act_cfg", text("type", "GELU"))]))]),
    ] {
        let refused = resnet(settings);
        assert_refused!(refused, Extract(ExtractError::OtherTraining { .. }));
    }
}

#[test]
fn the_usual_settings_are_those_of_each_family() {
    for (architecture, tap, name, usual, other) in [
        ("mobilenet_v2", "features.0", "activation", "relu6", "relu"),
        ("efficientnet_b0", "features.0", "act", "swish", "relu"),
        (
            "mobilenet_v3_small",
            "features.0",
            "act",
            "hard_swish",
            "gelu",
        ),
        (
            "vit_tiny_patch16_224",
            "blocks.0",
            "act_layer",
            "gelu",
            "relu",
        ),
        (
            "convnext_tiny",
            "features.1",
            "activation",
            "nn.GELU",
            "relu",
        ),
    ] {
        let read = |value| with_settings(architecture, tap, [(name, Item::Text(value))]);
        read(usual).unwrap();
        let refused = read(other);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{architecture}"
        );
    }
    for architecture in ["densenet121", "vit_b_32", "regnet_x_400mf"] {
        let read =
            |value| with_settings(architecture, "penultimate", [("pool", Item::Text(value))]);
        let refused = read("max");
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{architecture}"
        );
    }
    for (architecture, tap, name, usual) in [
        ("efficientnet_b0", "features.0", "bn_eps", 1e-5),
        ("mobilenet_v3_small", "features.0", "bn_eps", 1e-3),
        ("vit_tiny_patch16_224", "blocks.0", "layer_norm_eps", 1e-6),
        ("convnext_tiny", "features.1", "norm_eps", 1e-6),
    ] {
        let read = |value| with_settings(architecture, tap, [(name, Item::Real(value))]);
        read(usual).unwrap();
        let refused = read(1e-2);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherTraining { .. }),
            "{architecture}"
        );
    }
}

#[test]
fn settings_in_the_metadata_of_safetensors_are_compared() {
    let resnet = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let architecture = Architecture::named("resnet18")?;
        let bytes = vec![1; 4 * 512 * 512 * 9];
        let parameters = Network::list_parameters(&architecture)?.into_iter();
        let views = parameters.map(|(name, shape)| {
            let n_bytes = 4 * shape.iter().product::<usize>();
            let view = TensorView::new(Dtype::F32, shape, &bytes[..n_bytes]);
            (name, view.unwrap())
        });
        let metadata = [("config", text), ("format", "pt")];
        let metadata = metadata.map(|(name, text)| (name.to_owned(), text.to_owned()));
        safetensors::serialize_to_file(views, Some(metadata.into()), &path).unwrap();
        let weights = Weights::read(&path)?;
        let taps = [Tap::new("layer4")];
        Network::new(&architecture, &weights, &taps, Device::Cpu).map(|_| ())
    };
    let refused = resnet(r#"{"model": {"output_stride": 8}}"#);
    assert_refused!(refused, Extract(ExtractError::OtherTraining { .. }));
    resnet(r#"{"model": {"output_stride": 32}}"#).unwrap();
}

#[test]
fn settings_beside_the_weights_are_compared() {
    let resnet = |name: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.pth");
        let items = Item::Dict(filled("resnet18"));
        std::fs::write(&path, checkpoint(&items, Format::Zip(2))).unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        let architecture = Architecture::named("resnet18")?;
        let weights = Weights::read(&path)?;
        let taps = [Tap::new("layer4")];
        Network::new(&architecture, &weights, &taps, Device::Cpu).map(|_| ())
    };
    for (name, text) in [
        ("args.yaml", "model: resnetblur18"),
        ("config.json", r#"{"model": {"name": "resnetblur18"}}"#),
    ] {
        let refused = resnet(name, text);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherConfiguration { .. }),
            "{name}"
        );
        let refused = refused.unwrap_err().report().to_string();
        let names_remedy = refused.contains("remove the configuration file");
        assert!(refused.contains(name) && names_remedy, "{refused}");
    }
    let refused = resnet("hparams.yaml", "output_stride: 16");
    assert_refused!(refused, Extract(ExtractError::OtherTraining { .. }));
    let refused = refused.unwrap_err().report().to_string();
    let names_remedy = refused.contains("without files of settings");
    assert!(
        refused.contains("hparams.yaml") && names_remedy,
        "{refused}"
    );
    resnet("args.yaml", "model: resnet18\nbn_eps: null\naa: rand-m9").unwrap();
}

#[test]
fn an_epsilon_that_is_named_agrees_with_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.pth");
    let items = dict([
        ("state_dict", Item::Dict(filled("resnet18"))),
        ("args", namespace([("bn_eps", Item::Real(1e-3))])),
    ]);
    std::fs::write(&path, checkpoint(&items, Format::Zip(2))).unwrap();
    let build = |weights: &Weights| {
        let architecture = Architecture::named("resnet18").unwrap();
        Network::new(&architecture, weights, &[Tap::new("bn1")], Device::Cpu)
    };
    let weights = Weights::read(&path).unwrap();
    let refused = build(&weights).err().unwrap().report().to_string();
    assert!(refused.contains("`--epsilon`"), "{refused}");
    let named = |epsilon| weights.clone().with_epsilon(epsilon).unwrap();
    assert!(build(&named(1e-5)).is_err());
    build(&named(1e-3)).unwrap();
}

#[test]
fn names_of_variants_are_refused_where_they_matter() {
    let resnet = |tap: &str, name| {
        let settings = dict([("arch", Item::Text(name))]);
        with_settings("resnet18", tap, [("args", settings)])
    };
    for (name, tap, before) in [
        ("resnet18_dilated", "layer3", "layer2"),
        ("deeplabv3_resnet18", "layer3", "layer2"),
        ("resnet18-os16", "layer4", "layer2"),
        ("antialiased_cnns.resnet18", "layer1", "conv1"),
        ("resnet18_nomaxpool", "layer1", "conv1"),
        ("resnet18-gem", "penultimate", "layer4"),
        ("resnet18_leaky", "relu", "bn1"),
    ] {
        let refused = resnet(tap, name);
        assert_refused!(
            refused,
            Extract(ExtractError::OtherConfiguration { .. }),
            "{name}"
        );
        resnet(before, name).unwrap();
    }
    for name in ["resnet18_mine", "resnet18-cifar10", "facebook/resnet18.os"] {
        resnet("penultimate", name).unwrap();
    }
}

#[test]
fn networks_of_efficientnet_pytorch_have_names_with_hyphens() {
    let named = |name| [("args", dict([("encoder_name", Item::Text(name))]))];
    let tensorflow = |name| with_settings("tf_efficientnet_b0", "conv_stem", named(name));
    tensorflow("efficientnet-b0").unwrap();
    tensorflow("tu-tf_efficientnet_b0").unwrap();
    let usual = with_settings(
        "efficientnet_b0",
        "features.0",
        named("tu-tf_efficientnet_b0"),
    );
    assert_refused!(usual, Extract(ExtractError::OtherConfiguration { .. }));
}
