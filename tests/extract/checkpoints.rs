//! Checkpoints in the layouts that people have: the right parameters are found, or the error says
//! what to do.

use std::path::{Path, PathBuf};

use human_alignment::Result;
use human_alignment::error::{ArgumentError, ExtractError};
use human_alignment::extract::preprocess::{CropRule, Preprocessing};
use human_alignment::extract::{Architecture, Device, ModelName, Network, Tap, Weights};
use ndarray::{Array2, Array4, ArrayD};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};
use tempfile::TempDir;

use crate::checkpoint_files::{Format, Item, checkpoint, checkpoint_in_folder, dict, tensors};
use crate::common::formula::{formula, parameter};
use crate::common::refusals::assert_refused;

const NAME: &str = "resnet20_cifar10";

/// Number of classes of the classifier, which is not that of the published network.
const N_CLASSES: usize = 7;

type Parameters = Vec<(String, ArrayD<f32>)>;

/// Returns the parameters of a network by a formula, which `seed` changes.
fn parameters(seed: &str) -> Parameters {
    let architecture = Architecture::named(NAME).unwrap();
    let all = Network::list_parameters(&architecture).unwrap();
    let of = |(name, mut shape): (String, Vec<usize>)| {
        if name.starts_with("linear.") {
            shape[0] = N_CLASSES;
        }
        let values = parameter(&name, &shape, 2.0)?;
        let change = formula(seed).next().unwrap() as f32;
        Some((name, values.mapv(|value| value * (1.0 + 0.01 * change))))
    };
    all.into_iter().filter_map(of).collect()
}

fn images() -> Array4<f32> {
    let pixels = formula("images").take(2 * 3 * 16 * 16);
    Array4::from_shape_vec((2, 3, 16, 16), pixels.map(|v| v as f32).collect()).unwrap()
}

fn features(weights: &Weights, tap: &str) -> Result<Array2<f32>> {
    let architecture = Architecture::named(NAME)?;
    let network = Network::new(&architecture, weights, &[Tap::new(tap)], Device::Cpu)?;
    Ok(network.represent(images().view())?.remove(0))
}

fn expected(parameters: &Parameters, tap: &str) -> Array2<f32> {
    features(&Weights::from_tensors(parameters.clone()), tap).unwrap()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn read(&self, item: &Item, format: Format) -> Result<Weights> {
        Weights::read(self.write("checkpoint", &checkpoint(item, format)))
    }
}

const FORMATS: [Format; 4] = [
    Format::Zip(2),
    Format::Zip(4),
    Format::Legacy(2),
    Format::Legacy(4),
];

/// Renames the parameters by putting `prefix` before their names.
fn prefixed(prefix: &str, parameters: &Parameters) -> Parameters {
    parameters
        .iter()
        .map(|(name, values)| (format!("{prefix}{name}"), values.clone()))
        .collect()
}

fn message(result: Result<Array2<f32>>) -> String {
    result.unwrap_err().report().to_string()
}

#[test]
fn layouts_of_state_dicts_are_recognised() {
    let parameters = parameters("a");
    let [penultimate, logits] = ["penultimate", "logits"].map(|tap| expected(&parameters, tap));
    assert_eq!(logits.ncols(), N_CLASSES);
    let optimizer = dict([
        ("state", dict([("0", tensors(&parameters[..2]))])),
        ("lr", Item::Number(1)),
    ]);
    let beside = |state: Item| {
        dict([
            ("epoch", Item::Number(3)),
            ("optimizer", optimizer.clone()),
            ("state_dict", state),
            ("random", Item::List(vec![Item::Number(1)])),
        ])
    };
    let with_counts = || {
        let Item::Dict(mut items) = tensors(&parameters) else {
            unreachable!()
        };
        items.push(("bn1.num_batches_tracked".into(), Item::Count(7)));
        items.push(("queue_pointer".into(), Item::Count(0)));
        items
    };
    let reversed = parameters
        .iter()
        .map(|(name, values)| (name.clone(), Item::Reversed(values.clone())));
    let trunk = dict([("_feature_blocks", tensors(&parameters))]);
    let modules = ["conv1", "bn1", "layer1", "layer2", "layer3", "linear"];
    let numbered: Parameters = parameters
        .iter()
        .map(|(name, values)| {
            let (module, rest) = name.split_once('.').unwrap();
            let number = modules.iter().position(|other| *other == module).unwrap();
            (format!("{number}.{rest}"), values.clone())
        })
        .collect();
    let layouts = [
        ("", tensors(&parameters)),
        ("", Item::Dict(with_counts())),
        ("", Item::Subclass(with_counts())),
        ("", Item::Dict(reversed.collect())),
        ("state_dict", beside(tensors(&parameters))),
        (
            "state_dict",
            beside(tensors(&prefixed("module.", &parameters))),
        ),
        (
            "state_dict.backbone",
            beside(tensors(&prefixed("_orig_mod.backbone.", &parameters))),
        ),
        ("1", tensors(&prefixed("module.1.", &parameters))),
        (
            "base.model.trunk._feature_blocks",
            dict([("base", dict([("model", dict([("trunk", trunk)]))]))]),
        ),
        ("", tensors(&numbered)),
    ];
    let folder = Folder::new();
    let architecture = Architecture::named(NAME).unwrap();
    for (key, item) in layouts {
        for format in FORMATS {
            let weights = folder.read(&item, format).unwrap();
            let case = format!("{key:?} {format:?}");
            assert_eq!(
                features(&weights, "penultimate").unwrap(),
                penultimate,
                "{case}"
            );
            assert_eq!(features(&weights, "logits").unwrap(), logits, "{case}");
            let network = Network::new(&architecture, &weights, &[Tap::new("logits")], Device::Cpu);
            assert_eq!(
                network.unwrap().selected_weights().unwrap().key,
                key,
                "{case}"
            );
        }
    }
}

#[test]
fn repeated_values_are_expanded() {
    let mut parameters = parameters("a");
    let (name, values) = &mut parameters[1];
    assert_eq!(name, "bn1.weight");
    values.fill(1.5);
    let shape = values.shape().to_vec();
    let expected = expected(&parameters, "logits");
    let Item::Dict(mut items) = tensors(&parameters) else {
        unreachable!()
    };
    items[1].1 = Item::Filled(shape, 1.5);
    let folder = Folder::new();
    for format in FORMATS {
        let weights = folder.read(&Item::Dict(items.clone()), format).unwrap();
        assert_eq!(
            features(&weights, "logits").unwrap(),
            expected,
            "{format:?}"
        );
    }
    // A few stored bytes do not become gigabytes.
    items[1].1 = Item::Filled(vec![1 << 20, 1 << 20], 1.5);
    for format in FORMATS {
        let weights = folder.read(&Item::Dict(items.clone()), format).unwrap();
        let refused = message(features(&weights, "logits"));
        assert!(
            refused.contains("bn1.weight: [1048576, 1048576], not [16]"),
            "{refused}"
        );
    }
}

#[test]
fn one_of_several_sets_is_chosen_by_its_key() {
    let (student, teacher) = (parameters("student"), parameters("teacher"));
    let item = dict([
        ("student", tensors(&prefixed("module.backbone.", &student))),
        ("teacher", tensors(&prefixed("backbone.", &teacher))),
    ]);
    let folder = Folder::new();
    let weights = folder.read(&item, Format::Zip(2)).unwrap();
    assert_refused!(
        features(&weights, "logits"),
        Extract(ExtractError::AmbiguousWeights { keys, .. })
            if *keys == ["student.backbone", "teacher.backbone"]
    );
    for (key, parameters) in [
        ("student", &student),
        ("teacher", &teacher),
        ("teacher.backbone", &teacher),
    ] {
        let chosen = weights.clone().with_key(key).unwrap();
        assert_eq!(
            features(&chosen, "logits").unwrap(),
            expected(parameters, "logits")
        );
    }
    assert_refused!(
        weights.clone().with_key("ema"),
        Argument(ArgumentError::UnknownName { .. })
    );
    // The features of both say which were used.
    let fingerprint = |key: &str| weights.clone().with_key(key).unwrap().fingerprint();
    assert_ne!(fingerprint("student"), fingerprint("teacher"));
    // Both in one dictionary, one of them without a prefix.
    let averaged = prefixed("ema.", &teacher);
    let weights_of_both = Weights::from_tensors(student.iter().cloned().chain(averaged));
    assert_refused!(
        features(&weights_of_both, "logits"),
        Extract(ExtractError::AmbiguousWeights { keys, .. }) if *keys == ["ema", ""]
    );
    let chosen = weights_of_both.clone().with_key("ema").unwrap();
    assert_eq!(
        features(&chosen, "logits").unwrap(),
        expected(&teacher, "logits")
    );
    for chosen in [
        weights_of_both.clone().with_key("").unwrap(),
        weights_of_both.without("ema.").unwrap(),
    ] {
        assert_eq!(
            features(&chosen, "logits").unwrap(),
            expected(&student, "logits")
        );
    }
    assert_refused!(
        features(&weights.clone().with_key("").unwrap(), "logits"),
        Argument(ArgumentError::UnknownName { .. })
    );
    // Names that differ only in a module that wraps others.
    let wrapped = prefixed("module.", &teacher);
    let weights_of_both = Weights::from_tensors(student.iter().cloned().chain(wrapped));
    assert_refused!(
        features(&weights_of_both, "logits"),
        Extract(ExtractError::AmbiguousWeights { .. })
    );
    let chosen = weights_of_both.clone().with_key("").unwrap();
    assert_eq!(
        features(&chosen, "logits").unwrap(),
        expected(&student, "logits")
    );
    let chosen = weights_of_both.with_key("module").unwrap();
    assert_eq!(
        features(&chosen, "logits").unwrap(),
        expected(&teacher, "logits")
    );
    // A set in the middle of names, with and without modules that wrap others.
    let queries = prefixed("state_dict.module.encoder_q.", &student);
    let keys = prefixed("state_dict.module.encoder_k.", &teacher);
    let weights_of_both = Weights::from_tensors(queries.into_iter().chain(keys));
    for ignored in [
        "encoder_k",
        "module.encoder_k",
        "state_dict.encoder_k",
        "state_dict.module.encoder_k.",
    ] {
        let chosen = weights_of_both.clone().without(ignored).unwrap();
        assert_eq!(
            features(&chosen, "logits").unwrap(),
            expected(&student, "logits"),
            "{ignored}"
        );
    }
    // A larger network is not meant.
    let more = teacher
        .iter()
        .filter(|(name, _)| name.starts_with("layer1.0."));
    let more = more.flat_map(|(name, values)| {
        let name = |block: usize| name.replace("layer1.0.", &format!("layer1.{block}."));
        (3..9).map(move |block| (name(block), values.clone()))
    });
    let larger: Parameters = teacher.iter().cloned().chain(more).collect();
    let both = prefixed("student.", &student).into_iter();
    let both = Weights::from_tensors(both.chain(prefixed("teacher.", &larger)));
    assert_eq!(
        features(&both, "logits").unwrap(),
        expected(&student, "logits")
    );
    // A prefix is found after the names of dictionaries.
    let backbone = weights.with_prefix("backbone.");
    assert_refused!(backbone, Extract(ExtractError::AmbiguousWeights { .. }));
}

#[test]
fn only_modules_before_the_taps_need_their_parameters() {
    let parameters = parameters("a");
    let without_head: Parameters = parameters
        .iter()
        .filter(|(name, _)| !name.starts_with("linear."))
        .cloned()
        .collect();
    let penultimate = expected(&parameters, "penultimate");
    let weights = Weights::from_tensors(without_head.clone());
    assert_eq!(features(&weights, "penultimate").unwrap(), penultimate);
    let refused = message(features(&weights, "logits"));
    assert!(
        refused.contains("2 missing (linear.weight, linear.bias)"),
        "{refused}"
    );
    // A head of another kind.
    let head = [("linear.0.weight".into(), ArrayD::zeros(vec![5, 64]))];
    let weights = Weights::from_tensors(without_head.iter().cloned().chain(head));
    assert_eq!(features(&weights, "penultimate").unwrap(), penultimate);
    // An unknown module could be part of another network.
    let attention = [(
        "layer1.0.attention.weight".into(),
        ArrayD::zeros(vec![16, 16]),
    )];
    let weights = Weights::from_tensors(parameters.iter().cloned().chain(attention));
    let refused = message(features(&weights, "penultimate"));
    assert!(refused.contains("another architecture"), "{refused}");
    assert!(!refused.contains("--without"), "{refused}");
    let ignored = weights.without("layer1.0.attention.").unwrap();
    assert_eq!(features(&ignored, "penultimate").unwrap(), penultimate);
    // Nothing before the tap may be left out.
    let weights = Weights::from_tensors(parameters.clone())
        .without("layer3.0.conv1.")
        .unwrap();
    let refused = message(features(&weights, "penultimate"));
    assert!(
        refused.contains("1 missing (layer3.0.conv1.weight)"),
        "{refused}"
    );
}

#[test]
fn archives_are_read_whatever_the_length_of_their_names() {
    let parameters: Parameters = parameters("a").into_iter().take(3).collect();
    let folder = Folder::new();
    for length in 1..64 {
        let archive = "a".repeat(length);
        let bytes = checkpoint_in_folder(&archive, &tensors(&parameters), Format::Zip(2));
        let weights = Weights::read(folder.write("checkpoint", &bytes)).unwrap();
        assert_eq!(weights.names().count(), 3, "{length}");
    }
}

/// Returns the items of a checkpoint with the parameters and others.
fn items_with(parameters: &Parameters, others: Vec<(&str, Item)>) -> Vec<(String, Item)> {
    let Item::Dict(mut items) = tensors(parameters) else {
        unreachable!()
    };
    for (name, item) in others {
        items.retain(|(other, _)| other != name);
        items.push((name.to_owned(), item));
    }
    items
}

#[test]
fn values_that_are_not_those_of_the_parameters_are_refused() {
    let parameters = parameters("a");
    let (name, values) = &parameters[0];
    assert_eq!(name, "conv1.weight");
    let folder = Folder::new();
    let shape = || values.shape().to_vec();
    for format in FORMATS {
        for other in [
            Item::Bytes(shape(), 3),
            Item::Quantized(shape()),
            Item::Sparse(shape()),
        ] {
            let items = items_with(&parameters, vec![(name, other)]);
            let weights = folder.read(&Item::Dict(items), format).unwrap();
            assert_refused!(
                features(&weights, "logits"),
                Extract(ExtractError::NotFloats { parameters, .. })
                    if *parameters == ["conv1.weight"]
            );
        }
        let negated = Item::Negated(values.clone());
        let negated = Item::Dict(items_with(&parameters, vec![(name, negated)]));
        let refused = folder.read(&negated, format).unwrap_err();
        let refused = refused.report().to_string();
        assert!(refused.contains("resolve_neg()"), "{refused}");
    }
}

#[test]
fn masks_of_parameters_are_refused() {
    let parameters = parameters("a");
    let mask = || Item::Trues(parameters[0].1.shape().to_vec());
    let folder = Folder::new();
    let inside = Item::Dict(items_with(&parameters, vec![("conv1.mask", mask())]));
    let weights = folder.read(&inside, Format::Zip(2)).unwrap();
    assert_refused!(
        features(&weights, "logits"),
        Extract(ExtractError::WeightsMismatch { unexpected, .. }) if *unexpected == ["conv1.mask"]
    );
    let beside = dict([
        ("state_dict", tensors(&parameters)),
        ("masks", dict([("conv1.weight", mask())])),
    ]);
    let weights = folder.read(&beside, Format::Zip(2)).unwrap();
    let refused = message(features(&weights, "logits"));
    assert!(refused.contains("masks.conv1.weight"), "{refused}");
}

#[test]
fn a_set_that_nearly_fits_is_not_passed_over() {
    let (student, teacher) = (parameters("student"), parameters("teacher"));
    let adapter = [(
        "student.layer1.0.conv1.adapter".to_owned(),
        ArrayD::zeros(vec![16, 4]),
    )];
    let without_one = prefixed("student.", &student).into_iter().skip(1);
    let all = |student: Parameters| {
        Weights::from_tensors(prefixed("teacher.", &teacher).into_iter().chain(student))
    };
    let adapted = prefixed("student.", &student).into_iter().chain(adapter);
    for weights in [all(adapted.collect()), all(without_one.skip(1).collect())] {
        let chosen = weights.clone().with_key("teacher").unwrap();
        assert_eq!(
            features(&chosen, "logits").unwrap(),
            expected(&teacher, "logits")
        );
        // Without the first convolution it could be anything.
        if weights.names().any(|name| name == "student.conv1.weight") {
            assert_refused!(
                features(&weights, "logits"),
                Extract(ExtractError::AmbiguousWeights { keys, .. })
                    if *keys == ["teacher", "student"]
            );
        }
    }
}

#[test]
fn the_state_of_an_optimizer_is_no_network() {
    let folder = Folder::new();
    let moments = dict([("exp_avg", tensors(&parameters("moments")))]);
    let others = dict([("optimizer", moments)]);
    let weights = folder.read(&others, Format::Zip(2)).unwrap();
    let refused = message(features(&weights, "linear"));
    assert!(refused.contains("--key optimizer.exp_avg"), "{refused}");
    let chosen = weights.with_key("optimizer.exp_avg").unwrap();
    let expected = expected(&parameters("moments"), "linear");
    assert_eq!(features(&chosen, "linear").unwrap(), expected);
}

#[test]
fn tensors_beside_the_network_that_change_it_are_refused() {
    let parameters = parameters("a");
    let with = |prefix: &str, others: &[(&str, &[usize])]| {
        let others = others
            .iter()
            .map(|&(name, shape)| (name.to_owned(), ArrayD::ones(shape)));
        Weights::from_tensors(prefixed(prefix, &parameters).into_iter().chain(others))
    };
    let normalized = with(
        "model.",
        &[("normalize.mean", &[1, 3, 1, 1]), ("normalize.std", &[3])],
    );
    let refused = message(features(&normalized, "logits"));
    assert!(refused.contains("--without normalize.mean"), "{refused}");
    let expected = expected(&parameters, "penultimate");
    let ignored = normalized.without("normalize.").unwrap();
    assert_eq!(features(&ignored, "penultimate").unwrap(), expected);
    // The flags that the error names are those that help.
    let names = [
        "attacker.module.normalize.mean",
        "attacker.module.normalize.std",
    ];
    let wrapped = with(
        "attacker.module.model.",
        &names.map(|name| (name, &[3][..])),
    );
    let refused = message(features(&wrapped, "penultimate"));
    let flags = refused.split("--without ").skip(1);
    let ignored = flags.fold(wrapped, |weights, flag| {
        let name = flag.split([' ', ')']).next().unwrap();
        weights.without(name).unwrap()
    });
    assert_eq!(features(&ignored, "penultimate").unwrap(), expected);
    let kernel: &[usize] = &[5, 64, 3, 3];
    let dilated = with("backbone.", &[("classifier.0.weight", kernel)]);
    let refused = message(features(&dilated, "penultimate"));
    assert!(refused.contains("before layer3"), "{refused}");
    assert!(features(&dilated, "layer2").is_ok());
    let encoder = with("encoder.", &[("decoder.aspp.0.weight", kernel)]);
    assert!(message(features(&encoder, "penultimate")).contains("before layer3"));
    let unet = with("encoder.", &[("decoder.blocks.0.conv1.weight", kernel)]);
    assert_eq!(features(&unet, "penultimate").unwrap(), expected);
    for (first, second) in [("means", "stds"), ("shift", "scale"), ("loc", "inverse")] {
        let names = [first, second].map(|name| format!("preprocess.{name}"));
        let shape: &[usize] = &[1, 3, 1, 1];
        let normalized = with("model.", &[(&names[0], shape), (&names[1], shape)]);
        let refused = message(features(&normalized, "logits"));
        assert!(
            refused.contains("a normalization of the images"),
            "{refused}"
        );
        // Also if only the network is selected.
        let selected = normalized.with_key("model").unwrap();
        assert!(message(features(&selected, "logits")).contains("a normalization of the images"));
    }
    // A mean of colours alone, but not of another network.
    let centred = with("model.", &[("pixel_mean", &[3])]);
    let refused = message(features(&centred, "logits"));
    assert!(refused.contains("--without pixel_mean"), "{refused}");
    let other = with("model.", &[("loss.mean", &[3]), ("norm.mean", &[64])]);
    assert_eq!(features(&other, "penultimate").unwrap(), expected);
    let lora = with(
        "model.",
        &[("other.layer1.0.conv1.lora_A.weight", &[4, 64])],
    );
    let refused = message(features(&lora, "logits"));
    assert!(refused.contains("merge"), "{refused}");
    // What pretraining has beside an encoder.
    let pretrained = with("", &[("mask_token", &[64]), ("decoder_norm.weight", &[64])]);
    assert_eq!(features(&pretrained, "penultimate").unwrap(), expected);
}

#[test]
fn the_architecture_that_timm_noted_is_compared() {
    let folder = Folder::new();
    let noted = |arch| {
        dict([
            ("state_dict", tensors(&parameters("timm"))),
            ("arch", Item::Text(arch)),
            ("version", Item::Number(2)),
        ])
    };
    let read = |arch| {
        features(
            &folder.read(&noted(arch), Format::Zip(2)).unwrap(),
            "linear",
        )
    };
    let refused = read("tf_efficientnet_b0").unwrap_err().report().to_string();
    assert!(
        refused.contains("arch of these weights is tf_efficientnet_b0"),
        "{refused}"
    );
    assert_eq!(
        read("resnet").unwrap(),
        expected(&parameters("timm"), "linear")
    );
    // What the training changed in the network.
    let with = |settings: Item| {
        let noted = dict([
            ("state_dict", tensors(&parameters("timm"))),
            ("arch", Item::Text("resnet20_cifar10")),
            ("version", Item::Number(2)),
            ("args", settings),
        ]);
        features(&folder.read(&noted, Format::Zip(2)).unwrap(), "linear")
    };
    let usual = dict([("gp", Item::Text("avg")), ("lr", Item::Number(1))]);
    assert_eq!(
        with(usual).unwrap(),
        expected(&parameters("timm"), "linear")
    );
    let activation = dict([("act_layer", Item::Text("silu"))]);
    for (setting, name) in [
        (("gp", Item::Text("max")), "global_pool"),
        (("bn_eps", Item::Number(1)), "bn_eps"),
        (("model_kwargs", activation), "act_layer"),
    ] {
        let refused = with(dict([setting])).unwrap_err().report().to_string();
        assert!(
            refused.contains(&format!("{name} of these weights is")),
            "{refused}"
        );
    }
}

#[test]
fn the_architectures_in_the_settings_of_a_training_are_compared() {
    let first = [("conv1.weight".to_owned(), ArrayD::ones(vec![64, 3, 7, 7]))];
    let folder = Folder::new();
    let network = |architecture: &str, name: &str, settings: Item| {
        let item = dict([("state_dict", tensors(&first)), (name, settings)]);
        let weights = folder.read(&item, Format::Zip(2))?;
        let architecture = Architecture::named(architecture)?;
        Network::new(&architecture, &weights, &[Tap::new("conv1")], Device::Cpu).map(|_| ())
    };
    for (setting, name) in [
        ("model_name", "resnetblur18"),
        ("encoder_name", "resnetblur18"),
        ("net", "resnet34"),
    ] {
        let settings = dict([("lr", Item::Number(1)), (setting, Item::Text(name))]);
        let refused = network("resnet18", "hyper_parameters", settings).unwrap_err();
        let refused = refused.report().to_string();
        assert!(refused.contains(name), "{refused}");
    }
    for (setting, name) in [
        ("model_name", "resnet18.a1_in1k"),
        ("model", "ResNetClassifier"),
        ("model", "simclr_resnet18"),
        ("encoder", "resnet18"),
    ] {
        let settings = dict([(setting, Item::Text(name))]);
        network("resnet18", "hyper_parameters", settings).unwrap();
    }
}

#[test]
fn register_tokens_are_not_ignored() {
    let name = "vit_small_patch14_reg4_dinov2";
    let read = |names: &dyn Fn(&str) -> Vec<String>, without: Option<&str>| {
        let parameters = first_parameters(name)
            .into_iter()
            .flat_map(|(name, values)| {
                let names = names(&name);
                let axis = ndarray::Axis(0);
                let n_rows = values.len_of(axis) / names.len();
                let parts = values.axis_chunks_iter(axis, n_rows);
                let parts: Vec<_> = parts.map(|part| part.to_owned()).collect();
                names.into_iter().zip(parts)
            });
        let mut weights = Weights::from_tensors(parameters);
        if let Some(without) = without {
            weights = weights.without(without).unwrap();
        }
        let architecture = Architecture::named("vit_small_patch14_dinov2").unwrap();
        let network = Network::new(
            &architecture,
            &weights,
            &[Tap::new("blocks.0")],
            Device::Cpu,
        );
        network.map(|_| ()).unwrap_err().report().to_string()
    };
    let of_authors = |name: &str| vec![name.replace("reg_token", "register_tokens")];
    let of_transformers = |name: &str| match name {
        "reg_token" => vec!["embeddings.register_tokens".to_owned()],
        name => names_of_dinov2_in_transformers(name),
    };
    for refused in [
        read(&of_authors, None),
        read(&of_authors, Some("register_tokens")),
        read(&of_transformers, None),
        read(&of_transformers, Some("embeddings.register_tokens")),
    ] {
        assert!(refused.contains("1 unexpected"), "{refused}");
        assert!(refused.contains("register_tokens)"), "{refused}");
        assert!(
            refused.contains("vit_small_patch14_reg4_dinov2"),
            "{refused}"
        );
        assert!(!refused.contains("--without"), "{refused}");
    }
}

#[test]
fn what_can_be_ignored_is_named_as_in_the_file() {
    let parameters = parameters("a");
    let with = |others: &[(&str, &[usize])]| {
        let others = others
            .iter()
            .map(|&(name, shape)| (name.to_owned(), ArrayD::ones(shape)));
        Weights::from_tensors(prefixed("net.", &parameters).into_iter().chain(others))
    };
    let projection = with(&[("net.proj.0.weight", &[4, 4]), ("net.proj.1.weight", &[4])]);
    let refused = message(features(&projection, "logits"));
    assert!(refused.contains("--without proj)"), "{refused}");
    let ignored = projection.without("proj").unwrap();
    assert_eq!(
        features(&ignored, "logits").unwrap(),
        expected(&parameters, "logits")
    );
    // Positions change the network.
    let positions = with(&[("net.embeddings.positions", &[1, 16, 64])]);
    let refused = message(features(&positions, "logits"));
    assert!(!refused.contains("--without"), "{refused}");
    // What pretraining with masked images has in any module.
    let masked = with(&[("net.embeddings.mask_token", &[1, 1, 64])]);
    assert_eq!(
        features(&masked, "logits").unwrap(),
        expected(&parameters, "logits")
    );
}

#[test]
fn parts_of_distributed_checkpoints_say_what_they_are() {
    let parameters = parameters("a");
    // DeepSpeed (ZeRO-3): the parameters are elsewhere.
    let placeholders = parameters.iter().map(|(name, values)| {
        let is_buffer = name.contains("running");
        let shape = if is_buffer { values.shape() } else { &[0] };
        (name.clone(), ArrayD::zeros(shape))
    });
    let refused = message(features(&Weights::from_tensors(placeholders), "logits"));
    assert!(refused.contains("zero_to_fp32.py"), "{refused}");
    let flat = (
        "_fsdp_wrapped_module._flat_param".to_owned(),
        ArrayD::zeros(vec![9]),
    );
    let refused = message(features(&Weights::from_tensors([flat]), "logits"));
    assert!(refused.contains("FULL_STATE_DICT"), "{refused}");
    let folder = Folder::new();
    let complete = checkpoint(&tensors(&parameters), Format::Zip(2));
    let part = folder.write("__0_0.distcp", &complete);
    let refused = Weights::read(part).unwrap_err().report().to_string();
    assert!(refused.contains("dcp_to_torch_save"), "{refused}");
    let truncated = folder.write("truncated.pth", &complete[..complete.len() / 2]);
    let refused = Weights::read(truncated).unwrap_err().report().to_string();
    assert!(refused.contains("incomplete"), "{refused}");
    let header = br#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
    let complete = [&(header.len() as u64).to_le_bytes(), &header[..], &[0; 16]].concat();
    let path = folder.write("complete.safetensors", &complete);
    assert_eq!(Weights::read(path).unwrap().names().count(), 1);
    // Within the values, and within the header.
    for end in [complete.len() - 1, 8 + header.len() / 2] {
        let truncated = folder.write("truncated.safetensors", &complete[..end]);
        let refused = Weights::read(truncated).unwrap_err().report().to_string();
        assert!(refused.contains("download or copy it again"), "{refused}");
    }
    // With the full length, but not written to the end.
    let bytes = parameters.iter().map(|(name, values)| {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        (name, values.shape().to_vec(), bytes.collect::<Vec<u8>>())
    });
    let bytes: Vec<_> = bytes.collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    let mut written = safetensors::serialize(views, None).unwrap();
    let path = folder.write("written.safetensors", &written);
    features(&Weights::read(path).unwrap(), "logits").unwrap();
    let middle = written.len() / 2;
    written[middle..].fill(0);
    let path = folder.write("written.safetensors", &written);
    let refused = message(features(&Weights::read(path).unwrap(), "logits"));
    assert!(refused.contains("only zeros follow"), "{refused}");
    assert!(refused.contains("written.safetensors"), "{refused}");
    // Integers with scales beside them, as of bitsandbytes.
    let quantized = parameters.iter().flat_map(|(name, values)| {
        let shape = values.shape().to_vec();
        match name.strip_suffix("weight").filter(|_| shape.len() > 1) {
            Some(module) => {
                let scale = Item::Tensor(ArrayD::ones(vec![shape[0]]));
                vec![
                    (name.clone(), Item::Bytes(shape, 1)),
                    (format!("{module}SCB"), scale),
                ]
            }
            None => vec![(name.clone(), Item::Tensor(values.clone()))],
        }
    });
    let quantized = Item::Dict(quantized.collect());
    let refused = message(features(
        &folder.read(&quantized, Format::Zip(2)).unwrap(),
        "logits",
    ));
    assert!(refused.contains("not stored as dense floats"), "{refused}");
}

#[test]
fn a_pruned_network_is_refused_with_what_to_do() {
    let pruned = parameters("other")
        .into_iter()
        .map(|(name, values)| match name.as_str() {
            "conv1.weight" => ("conv1.weight_orig".to_owned(), values),
            _ => (name, values),
        });
    let refused = message(features(&Weights::from_tensors(pruned), "penultimate"));
    assert!(
        refused.contains("conv1.weight_orig") && refused.contains("prune"),
        "{refused}"
    );
}

#[test]
fn a_list_of_dictionaries_is_read() {
    let parameters = parameters("a");
    let optimizer = dict([("state", dict([])), ("lr", Item::Number(1))]);
    let pair = Item::List(vec![tensors(&parameters), optimizer]);
    let folder = Folder::new();
    let weights = folder.read(&pair, Format::Zip(2)).unwrap();
    let expected = expected(&parameters, "logits");
    assert_eq!(features(&weights, "logits").unwrap(), expected);
}

#[test]
fn the_files_of_openai_have_another_activation() {
    let architecture = Architecture::named("ViT-B-32").unwrap();
    let named = [
        ("visual.conv1.weight", 1),
        ("input_resolution", 1),
        ("context_length", 1),
    ]
    .into_iter()
    .chain([("vocab_size", 1)]);
    let of_openai = named.map(|(name, n)| (name.to_owned(), ArrayD::ones([n].as_slice())));
    let all = Network::list_parameters(&architecture).unwrap().into_iter();
    let all = all.map(|(name, shape)| (format!("visual.{name}"), ArrayD::ones(shape)));
    let weights = Weights::from_tensors(of_openai.chain(all));
    let taps = [Tap::new("conv1")];
    let refused = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap_err();
    let refused = refused.report().to_string();
    assert!(refused.contains("use ViT-B-32-quickgelu"), "{refused}");
}

#[test]
fn an_activation_that_nothing_names_is_noted() {
    let kernel = (
        "visual.conv1.weight".to_owned(),
        ArrayD::ones(vec![768, 3, 32, 32]),
    );
    let weights = Weights::from_tensors([kernel]);
    for (name, other) in [
        ("ViT-B-32", "ViT-B-32-quickgelu"),
        ("ViT-B-32-quickgelu", "ViT-B-32"),
    ] {
        let architecture = Architecture::named(name).unwrap();
        let taps = [Tap::new("conv1")];
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        let selected = network.selected_weights().unwrap();
        assert_eq!(selected.other_activation.as_deref(), Some(other));
    }
}

#[test]
fn layers_in_front_of_the_network_are_refused() {
    let parameters = parameters("front");
    let with = |prefix: &str, name: &str, shape: &[usize]| {
        let other = (name.to_owned(), ArrayD::ones(shape));
        // A normalization has two parameters.
        let bias = (shape == [3]).then(|| (name.replace("weight", "bias"), ArrayD::ones(shape)));
        let others = [other].into_iter().chain(bias);
        Weights::from_tensors(prefixed(prefix, &parameters).into_iter().chain(others))
    };
    let expected = expected(&parameters, "penultimate");
    for (prefix, name, shape) in [
        ("model.", "blur_kernel", &[3, 1, 9, 9][..]),
        ("model.", "kernel", &[1, 1, 5, 5]),
        ("model.", "blur.horizontal", &[9]),
        ("model.", "stem.weight", &[16, 3, 3, 3]),
        ("encoder.", "to_rgb.weight", &[3, 3, 1, 1]),
        ("model.", "color.weight", &[3, 3]),
        ("model.", "bn_in.weight", &[3]),
        ("model.", "gain", &[3, 1, 1]),
        ("model.", "perturbation", &[3, 224, 224]),
        ("model.", "visual_prompt.pad_up", &[1, 3, 30, 224]),
        ("model.", "prompt_learner.deep", &[4, 16]),
        ("1.", "0.weight", &[64, 64]),
        ("net.2.", "net.0.weight", &[12]),
        // Names of the first parameter of the network.
        ("model.", "denoiser.conv1.weight", &[16, 3, 3, 3]),
        ("1.", "0.conv1.weight", &[8, 3, 3, 3]),
    ] {
        let weights = with(prefix, name, shape);
        let refused = message(features(&weights, "penultimate"));
        assert!(refused.contains("in front of the network"), "{refused}");
        let flag = refused.split("--without ").nth(1).unwrap();
        let ignored = weights.without(flag.trim_end_matches(')')).unwrap();
        assert_eq!(
            features(&ignored, "penultimate").unwrap(),
            expected,
            "{name}"
        );
        // Also if only the network is selected.
        let selected = with(prefix, name, shape).with_prefix(prefix).unwrap();
        let refused = message(features(&selected, "penultimate"));
        let flag = refused.split("--without ").nth(1).unwrap();
        let ignored = selected.without(flag.trim_end_matches(')')).unwrap();
        assert_eq!(
            features(&ignored, "penultimate").unwrap(),
            expected,
            "{name}"
        );
    }
    for (prefix, name, shape, is_named) in [
        ("backbone.", "fc.bias", &[3][..], true),
        ("backbone.", "decoder.last.weight", &[3, 1, 3, 3], true),
        ("backbone.", "queue", &[16, 128], true),
        // Weights of three classes, and what writes the colours of an image.
        ("backbone.", "ce.weight", &[3], true),
        ("backbone.", "recon.6.weight", &[32, 3, 4, 4], true),
        ("backbone.", "text_encoder.prompt", &[4, 16], true),
        ("model.", "prompt_learner.ctx", &[4, 512], true),
        ("0.", "1.weight", &[10, 64], true),
        ("model.", "extra.conv.weight", &[64, 64, 3, 3], true),
        ("model.", "lpips.scaling.shift", &[1, 3, 1, 1], true),
    ] {
        let companion = match name {
            "fc.bias" => Some(("fc.weight", vec![3, 64])),
            "recon.6.weight" => Some(("recon.6.bias", vec![3])),
            _ => None,
        };
        let companion = companion.map(|(name, shape)| (name.to_owned(), ArrayD::ones(shape)));
        let others = [(name.to_owned(), ArrayD::ones(shape))]
            .into_iter()
            .chain(companion);
        let weights = prefixed(prefix, &parameters).into_iter().chain(others);
        let architecture = Architecture::named(NAME).unwrap();
        let taps = [Tap::new("penultimate")];
        let weights = Weights::from_tensors(weights);
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        assert_eq!(network.represent(images().view()).unwrap()[0], expected);
        let unread = &network.selected_weights().unwrap().unread;
        assert_eq!(!unread.is_empty(), is_named, "{name}: {unread:?}");
    }
    // A second network with the same parameters is not in front of the first.
    let both = prefixed("encoder_q.", &parameters).into_iter();
    let both = Weights::from_tensors(both.chain(prefixed("encoder_k.", &self::parameters("k"))));
    let first = both.with_key("encoder_q").unwrap();
    assert_eq!(features(&first, "penultimate").unwrap(), expected);
}

#[test]
fn modules_in_dictionaries_of_their_own_are_like_those_beside_the_network() {
    let parameters = parameters("own");
    let tensor = |shape: &[usize]| Item::Filled(shape.to_vec(), 1.0);
    let module = |shapes: [&[usize]; 2]| {
        let [first, last] = shapes.map(tensor);
        dict([("c1.weight", first), ("c2.weight", last)])
    };
    let front: [&[usize]; 2] = [&[16, 3, 3, 3], &[3, 16, 3, 3]];
    let folder = Folder::new();
    let with = |at_root: bool, name: &str, other: Item| {
        let others = match at_root {
            true => items_with(&parameters, vec![(name, other)]),
            false => vec![
                ("model".to_owned(), tensors(&parameters)),
                (name.to_owned(), other),
            ],
        };
        let weights = folder.read(&Item::Dict(others), Format::Zip(2)).unwrap();
        (features(&weights, "penultimate"), weights)
    };
    let expected = expected(&parameters, "penultimate");
    for at_root in [true, false] {
        for (name, other) in [
            ("denoiser", module(front)),
            ("generator", module(front)),
            ("input_layers", dict([("color.weight", tensor(&[3, 3]))])),
            ("prompter", dict([("pad_up", tensor(&[1, 3, 8, 64]))])),
            ("adapter", dict([("0.down.weight", tensor(&[4, 16]))])),
        ] {
            let (refused, weights) = with(at_root, name, other);
            let refused = message(refused);
            assert!(
                refused.contains(&format!("--without {name}.")),
                "{name}: {refused}"
            );
            let ignored = weights.without(&format!("{name}.")).unwrap();
            assert_eq!(features(&ignored, "penultimate").unwrap(), expected);
        }
        let moments = || dict([("exp_avg", tensor(front[0])), ("other", tensor(front[1]))]);
        for (name, other) in [
            ("optimizer", dict([("state", dict([("0", moments())]))])),
            ("solver", dict([("state", dict([("0", moments())]))])),
            ("lr_scheduler", moments()),
            ("discriminator", module([&[64, 3, 4, 4], &[1, 64, 4, 4]])),
            // They read colours, but compute no image.
            ("sketches", module([&[64, 3, 4, 4], &[3, 64]])),
            ("queue", dict([("0", tensor(&[16, 128]))])),
            ("classes", dict([("confusion", tensor(&[3, 3]))])),
        ] {
            assert_eq!(with(at_root, name, other).0.unwrap(), expected, "{name}");
        }
    }
    let (refused, _) = with(false, "prompt_embeddings", tensor(&[1, 10, 16]));
    assert!(message(refused).contains("--without prompt_embeddings"));
    // The average over the training is another set with the same names.
    let (ambiguous, weights) = with(false, "model_ema", tensors(&self::parameters("ema")));
    assert_refused!(ambiguous, Extract(ExtractError::AmbiguousWeights { .. }));
    let chosen = weights.with_key("model").unwrap();
    assert_eq!(features(&chosen, "penultimate").unwrap(), expected);
}

/// Returns the names of parameters of timm's DINOv2 in transformers.
fn names_of_dinov2_in_transformers(name: &str) -> Vec<String> {
    let embeddings = [
        ("cls_token", "cls_token"),
        ("pos_embed", "position_embeddings"),
        ("patch_embed.proj", "patch_embeddings.projection"),
        ("norm.", "../layernorm."),
    ];
    for (own, theirs) in embeddings {
        if let Some(rest) = name.strip_prefix(own) {
            let there = format!("embeddings.{theirs}{rest}");
            return vec![there.replace("embeddings.../", "")];
        }
    }
    let there = name
        .replace("blocks.", "encoder.layer.")
        .replace("attn.proj", "attention.output.dense")
        .replace("ls1.gamma", "layer_scale1.lambda1")
        .replace("ls2.gamma", "layer_scale2.lambda1");
    match there.contains("attn.qkv") {
        true => ["query", "key", "value"]
            .map(|part| there.replace("attn.qkv", &format!("attention.attention.{part}")))
            .into(),
        false => vec![there],
    }
}

#[test]
fn the_input_of_a_classifier_of_transformers_is_named() {
    let architecture = Architecture::named("vit_small_patch14_dinov2").unwrap();
    let all = Network::list_parameters(&architecture).unwrap().into_iter();
    let converted = all.flat_map(|(name, mut shape)| {
        let names = names_of_dinov2_in_transformers(&name);
        shape[0] /= names.len();
        names
            .into_iter()
            .map(move |name| (name, ArrayD::zeros(shape.as_slice())))
    });
    let classifier = ("classifier.weight".to_owned(), ArrayD::zeros(vec![5, 768]));
    let weights = Weights::from_tensors(converted.chain([classifier]));
    let network = |weights: &Weights, tap: &str| {
        let taps = [tap.parse()?];
        Network::new(&architecture, weights, &taps, Device::Cpu).map(|_| ())
    };
    network(&weights, "norm@class-token-and-mean").unwrap();
    let refused = network(&weights, "penultimate")
        .unwrap_err()
        .report()
        .to_string();
    assert!(
        refused.contains("--tap norm@class-token-and-mean"),
        "{refused}"
    );
    assert!(network(&weights, "logits").is_err());
    let ignored = weights.without("classifier.").unwrap();
    network(&ignored, "penultimate").unwrap();
}

#[test]
fn networks_with_the_parameters_of_others_are_refused() {
    let network = |name: &str, tap: &str, tensors: &[(&str, &[usize])], without: &str| {
        let tensors = tensors
            .iter()
            .map(|&(name, shape)| (name.to_owned(), ArrayD::ones(shape)));
        let weights = Weights::from_tensors(tensors).without(without)?;
        let architecture = Architecture::named(name)?;
        Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu).map(|_| ())
    };
    let norm: &[usize] = &[32];
    let of_distance = [
        ("Conv2d_1a_3x3.conv.weight", &[32, 3, 3, 3][..]),
        ("Conv2d_1a_3x3.bn.weight", norm),
        ("Conv2d_1a_3x3.bn.bias", norm),
        ("Conv2d_1a_3x3.bn.running_mean", norm),
        ("Conv2d_1a_3x3.bn.running_var", norm),
        ("fc.weight", &[1008, 2048]),
        ("other", &[1]),
    ];
    let inception =
        |tensors: &[(&str, &[usize])]| network("inception_v3", "Conv2d_1a_3x3", tensors, "other");
    let refused = inception(&of_distance).unwrap_err().report().to_string();
    assert!(refused.contains("1008 classes"), "{refused}");
    let mut usual = of_distance;
    usual[5].1 = &[1000, 2048];
    inception(&usual).unwrap();
    let of_taskonomy = [
        ("conv1.weight", &[64, 3, 7, 7][..]),
        ("compress_bn.weight", &[8]),
    ];
    let refused = network("resnet50", "conv1", &of_taskonomy, "compress_bn").unwrap_err();
    assert!(refused.report().to_string().contains("Taskonomy"));
}

#[test]
fn positions_of_dino_are_interpolated_as_in_its_training() {
    let architecture = Architecture::named("vit_small_patch8_224").unwrap();
    let all = Network::list_parameters(&architecture).unwrap().into_iter();
    let first =
        all.filter(|(name, _)| !name.starts_with("blocks.") || name.starts_with("blocks.0."));
    let first: Parameters = first
        .filter_map(|(name, shape)| Some((name.clone(), parameter(&name, &shape, 1.0)?)))
        .collect();
    let features = |prefix: &str| {
        let weights = Weights::from_tensors(prefixed(prefix, &first));
        let taps = [Tap::new("blocks.0")];
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        network.represent(images().view()).unwrap().remove(0)
    };
    assert_eq!(features(""), features("model."));
    assert_ne!(features(""), features("teacher.backbone."));
}

/// Returns the features that a network computes for images of a size with these parameters.
fn features_of(name: &str, parameters: Parameters, tap: &str, size: usize) -> Array2<f32> {
    let architecture = Architecture::named(name).unwrap();
    let weights = Weights::from_tensors(parameters);
    let network = Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu).unwrap();
    let values = formula("image").map(|value| value as f32);
    let values = values.take(3 * size * size).collect();
    let image = Array4::from_shape_vec((1, 3, size, size), values).unwrap();
    network.represent(image.view()).unwrap().remove(0)
}

/// Returns the parameters of an architecture, without those of the blocks after the first.
fn first_parameters(name: &str) -> Parameters {
    let architecture = Architecture::named(name).unwrap();
    let all = Network::list_parameters(&architecture).unwrap().into_iter();
    let first =
        all.filter(|(name, _)| !name.starts_with("blocks.") || name.starts_with("blocks.0."));
    first
        .filter_map(|(name, shape)| Some((name.clone(), parameter(&name, &shape, 1.0)?)))
        .collect()
}

// Positions with registers are interpolated alike, with antialiasing and without an offset, by the
// authors (`interpolate_antialias=True, interpolate_offset=0.0` in dinov2/hub/backbones.py), by
// transformers (`Dinov2WithRegistersEmbeddings.interpolate_pos_encoding`) and by timm
// (`resample_abs_pos_embed`). Without registers, each of them differs from the others.
#[test]
fn positions_of_dino_v2_are_interpolated_as_in_its_library() {
    for (name, has_registers) in [
        ("vit_small_patch14_dinov2", false),
        ("vit_small_patch14_reg4_dinov2", true),
    ] {
        let of_timm = first_parameters(name);
        let mask = ("mask_token".to_owned(), ArrayD::zeros(vec![1, 384]));
        let of_authors: Parameters = of_timm
            .iter()
            .map(|(name, values)| match name.as_str() {
                // With the position of the class token, which timm adds to the token.
                "pos_embed" if has_registers => {
                    let first = ArrayD::zeros(vec![1, 1, 384]);
                    let axis = ndarray::Axis(1);
                    let all = ndarray::concatenate(axis, &[first.view(), values.view()]);
                    (name.clone(), all.unwrap())
                }
                _ => (name.replace("reg_token", "register_tokens"), values.clone()),
            })
            .chain([mask])
            .collect();
        let of_transformers = of_authors.iter().flat_map(|(name, values)| {
            let names = match name.as_str() {
                "register_tokens" | "mask_token" => vec![format!("embeddings.{name}")],
                name => names_of_dinov2_in_transformers(name),
            };
            let axis = ndarray::Axis(0);
            let n_rows = values.len_of(axis) / names.len();
            let parts = values
                .axis_chunks_iter(axis, n_rows)
                .map(|part| part.to_owned());
            names.into_iter().zip(parts.collect::<Vec<_>>())
        });
        let of_transformers: Parameters = of_transformers.collect();
        let [timm, authors, transformers] = [&of_timm, &of_authors, &of_transformers]
            .map(|parameters| features_of(name, parameters.clone(), "blocks.0", 112));
        assert_eq!(authors == timm, has_registers, "{name}");
        assert_eq!(transformers == timm, has_registers, "{name}");
        assert_eq!(transformers == authors, has_registers, "{name}");
        for prefix in ["dinov2.", "model.vit.", "teacher.backbone."] {
            let found = features_of(name, prefixed(prefix, &of_authors), "blocks.0", 112);
            assert_eq!(found, authors, "{prefix}{name}");
            let found = features_of(name, prefixed(prefix, &of_timm), "blocks.0", 112);
            assert_eq!(found, timm, "{prefix}{name}");
        }
    }
}

// The network under `net.` is the one of timm or torchvision: see the references of the families.
#[test]
fn a_module_with_the_name_of_a_body_of_transformers_may_have_any_network() {
    for (name, prefix, tap, size) in [
        ("vit_tiny_patch16_224", "vit.", "blocks.0", 160),
        ("deit_tiny_patch16_224", "model.deit.", "blocks.0", 160),
        ("vit_small_patch8_224", "vit.", "blocks.0", 64),
        ("tf_efficientnet_b0", "efficientnet.", "blocks.0", 65),
        ("swin_v2_t", "swinv2.", "features.1", 64),
        ("beit_base_patch16_224", "beit.", "blocks.0", 224),
    ] {
        let mut parameters = first_parameters(name);
        for (name, values) in &mut parameters {
            // Tokens of small variance, where the epsilon of the normalizations matters.
            if name.starts_with("patch_embed.proj") || name.starts_with("pos_embed") {
                *values *= 2e-3;
            }
        }
        let features = |prefix| features_of(name, prefixed(prefix, &parameters), tap, size);
        assert_eq!(features(prefix), features("net."), "{prefix}{name}");
    }
}

// timm.create_model("vit_base_patch32_224") in a module `vit`, read as torchvision's vit_b_32.
#[test]
fn names_of_timm_in_a_module_vit_are_not_those_of_transformers() {
    let of_timm = first_parameters("vit_base_patch32_224");
    let features = |prefix| {
        features_of(
            "vit_b_32",
            prefixed(prefix, &of_timm),
            "encoder.layers.encoder_layer_0",
            224,
        )
    };
    assert_eq!(features("vit."), features("net."));
}

#[test]
fn preprocessing_is_not_that_of_weights_of_other_shapes() {
    let architecture = Architecture::named("resnet18").unwrap();
    let all = Network::list_parameters(&architecture).unwrap();
    // No class is no classifier, as after pretraining.
    for (n_classes, is_known) in [(1000, true), (10, false), (0, false)] {
        let of = |(name, mut shape): (String, Vec<usize>)| {
            if name.starts_with("fc.") {
                shape[0] = n_classes;
                if n_classes == 0 {
                    return None;
                }
            }
            Some((parameter(&name, &shape, 2.0)?, name))
        };
        let parameters = all.iter().cloned().filter_map(of);
        let weights = Weights::from_tensors(parameters.map(|(values, name)| (name, values)));
        let taps = [Tap::new("conv1")];
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        let preprocessing = |name: &str| name.parse::<ModelName>()?.preprocessing_for(&network);
        assert_eq!(preprocessing("resnet18").is_ok(), is_known);
        assert!(preprocessing("resnet18.imagenet1k_v1").is_ok());
    }
}

#[test]
fn preprocessing_that_files_beside_the_weights_contradict_is_refused() {
    let architecture = Architecture::named("resnet18").unwrap();
    let first = [("conv1.weight".to_owned(), ArrayD::ones(vec![64, 3, 7, 7]))];
    let folder = Folder::new();
    let weights = folder.read(&tensors(&first), Format::Zip(2)).unwrap();
    let taps = [Tap::new("conv1")];
    let preprocessing = |name: &str, text: &str| {
        folder.write("preprocessor_config.json", text.as_bytes());
        let network = Network::new(&architecture, &weights, &taps, Device::Cpu)?;
        name.parse::<ModelName>()?.preprocessing_for(&network)
    };
    let usual = r#"{"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
        "crop_pct": 0.875, "size": {"shortest_edge": 224}, "resample": 2}"#;
    // The crop is that of transformers (`image_transforms.center_crop`).
    assert_eq!(
        preprocessing("resnet18", usual).unwrap(),
        Preprocessing::IMAGENET.with_crop_rule(CropRule::Transformers)
    );
    let bicubic = usual.replace(r#""resample": 2"#, r#""resample": 3"#);
    let refused = preprocessing("resnet18", &bicubic).unwrap_err();
    let refused = refused.report().to_string();
    assert!(
        refused.contains("such as imagenet-256-bicubic-224"),
        "{refused}"
    );
    // The name of published weights decides.
    assert!(preprocessing("resnet18.imagenet1k_v1", &bicubic).is_ok());
    assert!(preprocessing("resnet18", "{").is_err());
}

#[test]
fn a_classifier_of_a_network_without_one_is_not_passed_over() {
    let architecture = Architecture::named("vit_small_patch16_dinov3").unwrap();
    let all = Network::list_parameters(&architecture).unwrap();
    for (prefix, classifier) in [
        ("", "head.weight"),
        ("backbone.", "classifier.weight"),
        ("image_encoder.model.", "classification_head.weight"),
    ] {
        let parameters = all.iter().cloned();
        let parameters: Parameters = parameters
            .map(|(name, shape)| (name, ArrayD::zeros(shape)))
            .collect();
        let classifier = (classifier.to_owned(), ArrayD::zeros(vec![10, 384]));
        let all = prefixed(prefix, &parameters)
            .into_iter()
            .chain([classifier]);
        let weights = Weights::from_tensors(all);
        let network = |tap| Network::new(&architecture, &weights, &[Tap::new(tap)], Device::Cpu);
        network("penultimate").unwrap();
        let refused = network("logits").map(|_| ()).unwrap_err();
        let refused = refused.report().to_string();
        assert!(refused.contains("a classifier"), "{refused}");
    }
}

/// Returns the name of a parameter of torchvision's ResNet-18 in the classifier of transformers.
fn name_in_transformers(name: &str) -> String {
    let (module, part) = name.rsplit_once('.').unwrap();
    let modules: Vec<&str> = module.split('.').collect();
    let kind = |module: &str| match module {
        "conv1" | "conv2" => "convolution",
        _ => "normalization",
    };
    let module = match modules[..] {
        ["fc"] => "classifier.1".to_owned(),
        [stem] => format!("resnet.embedder.embedder.{}", kind(stem)),
        [stage, block, ref rest @ ..] => {
            let stage: usize = stage["layer".len()..].parse().unwrap();
            let block = format!("resnet.encoder.stages.{}.layers.{block}", stage - 1);
            match rest[..] {
                ["downsample", "0"] => format!("{block}.shortcut.convolution"),
                ["downsample", _] => format!("{block}.shortcut.normalization"),
                [conv] if conv.ends_with('1') => format!("{block}.layer.0.{}", kind(conv)),
                _ => format!("{block}.layer.1.{}", kind(rest[0])),
            }
        }
        [] => unreachable!("modules have names"),
    };
    format!("{module}.{part}")
}

#[test]
fn a_classifier_beside_the_network_is_not_another_set() {
    let architecture = Architecture::named("resnet18").unwrap();
    let all = Network::list_parameters(&architecture).unwrap();
    let of = |(name, shape): (String, Vec<usize>)| Some((parameter(&name, &shape, 2.0)?, name));
    let parameters: Parameters = all
        .into_iter()
        .filter_map(of)
        .map(|(values, name)| (name, values))
        .collect();
    let converted = parameters
        .iter()
        .map(|(name, values)| (name_in_transformers(name), values.clone()));
    for tap in ["penultimate", "logits"] {
        let features = |weights: &Weights| {
            let network = Network::new(&architecture, weights, &[Tap::new(tap)], Device::Cpu);
            network.unwrap().represent(images().view()).unwrap()
        };
        let expected = features(&Weights::from_tensors(parameters.clone()));
        assert_eq!(
            features(&Weights::from_tensors(converted.clone())),
            expected
        );
    }
}

#[test]
fn parameters_are_renamed_on_request() {
    let renamed: Parameters = parameters("a")
        .into_iter()
        .map(|(name, values)| {
            (
                name.replace("layer", "stage").replace("conv1.", "first."),
                values,
            )
        })
        .collect();
    let weights = Weights::from_tensors(renamed);
    let refused = message(features(&weights, "logits"));
    assert!(refused.contains("the file has bn1.bias"), "{refused}");
    let weights = weights.renamed("stage", "layer").unwrap();
    let weights = weights.renamed("first.", "conv1.").unwrap();
    assert_eq!(
        features(&weights, "logits").unwrap(),
        expected(&parameters("a"), "logits")
    );
    assert_refused!(
        weights.clone().renamed("stage", "layer"),
        Argument(ArgumentError::UnknownName { .. })
    );
    assert_refused!(
        weights.renamed("conv1.", "conv2."),
        Argument(ArgumentError::InvalidParameter { .. })
    );
}

#[test]
fn values_that_are_not_finite_are_refused_by_name() {
    for value in [f32::NAN, f32::INFINITY] {
        let mut damaged = parameters("a");
        let (name, values) = damaged
            .iter_mut()
            .find(|(name, _)| name == "layer2.1.conv1.weight")
            .unwrap();
        values.as_slice_mut().unwrap()[5] = value;
        let weights = Weights::from_tensors(
            [(name.clone(), values.clone())].into_iter().chain(
                parameters("a")
                    .into_iter()
                    .filter(|(other, _)| other != "layer2.1.conv1.weight"),
            ),
        );
        assert_refused!(
            features(&weights, "logits"),
            Extract(ExtractError::NotFiniteParameter { parameter, index: 5, .. })
                if parameter == "layer2.1.conv1.weight"
        );
        assert!(features(&weights, "layer2.0").is_ok());
    }
    let with = |name: &str, value: f32| {
        let mut damaged = parameters("a");
        let (_, values) = damaged.iter_mut().find(|(each, _)| each == name).unwrap();
        values.fill(value);
        Weights::from_tensors(damaged)
    };
    assert_refused!(
        features(&with("layer2.1.bn1.running_var", -0.5), "logits"),
        Extract(ExtractError::NegativeVariance { parameter, index: 0, .. })
            if parameter == "layer2.1.bn1.running_var"
    );
    // NaN in an image passes through all layers.
    let architecture = Architecture::named("mobilenet_v3_small").unwrap();
    let weights = Weights::random(0);
    let taps = [Tap::new("logits")];
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
    let mut images = Array4::zeros((1, 3, 32, 32));
    images[[0, 1, 5, 5]] = f32::NAN;
    let features = network.represent(images.view()).unwrap();
    assert!(features[0].iter().all(|value| value.is_nan()));
}

#[test]
fn files_without_named_tensors_say_what_they_are() {
    let folder = Folder::new();
    let refused = |item: &Item| {
        let message = folder
            .read(item, Format::Zip(2))
            .unwrap_err()
            .report()
            .to_string();
        assert!(message.contains("torch.save"), "{message}");
        message
    };
    let parameters = parameters("a");
    let tensor = Item::Tensor(parameters[0].1.clone());
    let of_module = || {
        vec![
            ("_parameters".to_owned(), dict([("weight", tensor.clone())])),
            ("_modules".to_owned(), dict([])),
        ]
    };
    let module = Item::Object("models.resnet.ResNet", of_module());
    let says = refused(&module);
    assert!(
        says.contains("a whole module of the class models.resnet.ResNet"),
        "{says}"
    );
    assert!(refused(&dict([("model", module)])).contains("models.resnet.ResNet"));
    let script = Item::Object(
        "__torch__.torchvision.ResNet",
        vec![("weight".into(), tensor.clone())],
    );
    assert!(refused(&script).contains("TorchScript"));
    assert!(refused(&Item::List(vec![tensor])).contains("a list of 1 values"));
    assert!(refused(&dict([])).contains("an empty dictionary"));
    assert!(refused(&dict([("epoch", Item::Number(3))])).contains("no tensors"));
}

#[test]
fn shapes_do_not_determine_memory() {
    let mut all = parameters("shapes");
    all.retain(|(name, _)| name != "linear.weight");
    let features_with = |weight: Item| {
        let tensors = all
            .iter()
            .map(|(name, values)| (name.clone(), Item::Tensor(values.clone())));
        let weight = ("linear.weight".to_owned(), weight);
        let item = Item::Dict(tensors.chain([weight]).collect());
        features(
            &Folder::new().read(&item, Format::Zip(2)).unwrap(),
            "linear",
        )
    };
    // No values, or values of which one is stored.
    for shape in [vec![1 << 40, 0], vec![1 << 20, 64]] {
        let refused = message(features_with(Item::Filled(shape, 1.0)));
        assert!(refused.contains("linear.weight"), "{refused}");
    }
}

#[test]
fn divided_files_are_read_by_their_index() {
    let parameters = parameters("a");
    let folder = Folder::new();
    let half = parameters.len() / 2;
    let parts = [
        ("a.bin", &parameters[..half]),
        ("b.bin", &parameters[half..]),
    ];
    let mut places = Vec::new();
    for (name, part) in parts {
        folder.write(name, &checkpoint(&tensors(part), Format::Zip(2)));
        let place = |(parameter, _): &(String, ArrayD<f32>)| format!("{parameter:?}: {name:?}");
        places.extend(part.iter().map(place));
    }
    let index = format!(
        "{{\"metadata\": {{}}, \"weight_map\": {{{}}}}}",
        places.join(", ")
    );
    let path = folder.write("model.bin.index.json", index.as_bytes());
    let weights = Weights::read(&path).unwrap();
    assert_eq!(
        features(&weights, "logits").unwrap(),
        expected(&parameters, "logits")
    );
    let part = Weights::read(folder.0.path().join("a.bin")).unwrap();
    let refused = message(features(&part, "logits"));
    assert!(refused.contains(".index.json"), "{refused}");
    // A copy of a parameter of the other file, which the index does not name, has other values.
    let copy = parameters[0].1.mapv(|value| 2.0 * value);
    let with_copy = |parameter: &str| {
        let part = parameters[half..].iter().cloned();
        let part: Parameters = part.chain([(parameter.to_owned(), copy.clone())]).collect();
        folder.write("b.bin", &checkpoint(&tensors(&part), Format::Zip(2)));
    };
    with_copy(&parameters[0].0);
    assert_eq!(
        features(&Weights::read(&path).unwrap(), "logits").unwrap(),
        expected(&parameters, "logits")
    );
    let places_of = |places: &[String]| {
        let index = format!("{{\"weight_map\": {{{}}}}}", places.join(", "));
        let path = folder.write("other.bin.index.json", index.as_bytes());
        Weights::read(path).unwrap_err().report().to_string()
    };
    let unclear = places_of(&places[1..]);
    assert!(unclear.contains("name its file in the index"), "{unclear}");
    places[1] = places[1].replace("a.bin", "b.bin");
    let contradiction = places_of(&places);
    assert!(
        contradiction.contains("correct the index"),
        "{contradiction}"
    );
    std::fs::remove_file(folder.0.path().join("b.bin")).unwrap();
    let missing = Weights::read(&path).unwrap_err().report().to_string();
    assert!(missing.contains("b.bin"), "{missing}");
}

/// Damages a file at a random place: one bit, one byte, a piece that is cut out, or the end.
fn damage(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    let at = rng.random_range(0..bytes.len());
    match rng.random_range(0..4) {
        0 => damaged[at] ^= 1 << rng.random_range(0..8),
        1 => damaged[at] = rng.random(),
        2 => {
            let end = (at + rng.random_range(1..64)).min(bytes.len());
            damaged.drain(at..end);
        }
        _ => damaged.truncate(at),
    }
    damaged
}

fn read_damaged(path: &Path) -> Result<Array2<f32>> {
    features(&Weights::read(path)?, "layer1")
}

#[test]
fn no_damage_goes_unnoticed() {
    let parameters = parameters("a");
    let bytes = checkpoint(&tensors(&parameters), Format::Zip(2));
    let expected = expected(&parameters, "layer1");
    let folder = Folder::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut n_refused = 0;
    for case in 0..2000 {
        let path = folder.write("damaged.pth", &damage(&bytes, &mut rng));
        match read_damaged(&path) {
            // Not all bytes of an archive matter: times, permissions.
            Ok(features) => assert_eq!(features, expected, "damage {case}"),
            Err(_) => n_refused += 1,
        }
    }
    assert!(n_refused > 1900, "{n_refused}");
}

#[test]
fn damaged_pickles_end_in_an_error_or_in_features() {
    let parameters: Parameters = parameters("a").into_iter().take(12).collect();
    let folder = Folder::new();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    // In the old format the pickle is at the beginning and has no checksum.
    for protocol in [2, 4] {
        let bytes = checkpoint(&tensors(&parameters), Format::Legacy(protocol));
        for _ in 0..500 {
            let mut damaged = bytes.clone();
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(0..4096.min(bytes.len()));
                damaged[at] = rng.random();
            }
            let path = folder.write("damaged.pth", &damaged);
            if let Ok(weights) = Weights::read(&path) {
                assert!(weights.names().count() > 0);
                drop(features(&weights, "bn1"));
            }
        }
    }
}
