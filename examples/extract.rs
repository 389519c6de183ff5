//! Extraction of features of images from a network.
//!
//! ```text
//! cargo run --release --example extract -- --model resnet50 --weights resnet50.safetensors \
//!     --images photos --tap penultimate --out features.npy
//! cargo run --release --example extract -- --model resnet50 --list-taps
//! cargo run --release --example extract -- … --shard 1/4 --out part1.npy     # in an array job
//! cargo run --release --example extract -- --join part*.npy --out features.npy
//! ```
//!
//! The id of a row is the path of the image within the folder, without extension. Several modules
//! are extracted in one pass: `--tap layer3 --tap layer4 --out {tap}.npy`. Features are written in
//! batches; repeat the command to resume an interrupted extraction. Progress is shown on standard
//! error if that is a terminal. An error ends the program with exit code 1 and one line.

#[path = "common/bar.rs"]
mod bar;
mod common;
#[path = "common/preprocessing.rs"]
mod preprocessing;

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use common::Unused;
use human_alignment::extract::preprocess::{ImageDecoder, Preprocessing};
use human_alignment::extract::{
    Architecture, Device, Extraction, ExtractionProgress, ExtractionResult, ModelName, Network,
    Pooling, Shard, Tap, UnreadablePolicy, Weights, join_shards,
};
use human_alignment::formats::TextEncoding;
use human_alignment::{Error, ImageFiles, ImageOrder, Result};
use serde::Serialize;

/// Extract features of images from a network.
#[derive(Parser)]
#[command(name = "extract")]
struct Arguments {
    /// Architecture, such as resnet50 or vit_b_16, or published weights, such as resnet50.a1_in1k or
    /// ViT-B-32.openai; --list-models lists all architectures.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Weights of the network: a .safetensors file, a checkpoint of PyTorch, or the index of a
    /// divided file (.index.json).
    #[arg(
        long,
        value_name = "FILE",
        requires = "model",
        conflicts_with = "random"
    )]
    weights: Option<PathBuf>,
    /// Use random weights instead, with this seed of the random number generator: an untrained
    /// control.
    #[arg(long, value_name = "SEED", requires = "model")]
    random: Option<u64>,
    /// Key of the weights in the file, such as teacher, state_dict_ema or module.encoder_q. Needed
    /// only if several sets of weights fit the model.
    #[arg(long, value_name = "NAME", requires = "weights")]
    key: Option<String>,
    /// Rename weights: replace the first text by the second, at the beginning of a name or after a
    /// dot; repeat the flag for several.
    #[arg(long, value_name = "FROM=TO", requires = "weights", value_parser = renaming)]
    rename: Vec<(String, String)>,
    /// Remove this prefix from the names of the weights. Weights without the prefix are ignored.
    #[arg(long, value_name = "PREFIX", requires = "weights")]
    strip_prefix: Option<String>,
    /// Ignore weights whose names begin with this prefix, which the model does not have; repeat the
    /// flag for several prefixes.
    #[arg(long, value_name = "PREFIX", requires = "weights")]
    without: Vec<String>,
    /// Epsilon of all normalizations, where it is not that of the model: 0 for the published detectors
    /// of torchvision (COCO_V1).
    #[arg(long, value_name = "NUMBER", requires = "weights")]
    epsilon: Option<f64>,
    /// Folder with the images (.jpg, .jpeg, .jpe, .jfif, .png, .webp, .bmp, .tif, .tiff, .gif), or
    /// with folders of images; or one image; or a text file with the path of an image in each line,
    /// relative to the folder of that file.
    #[arg(long, value_name = "DIR|FILE", requires = "model")]
    images: Option<PathBuf>,
    /// Encoding of the list of images, such as windows-1252. Default: utf-8.
    #[arg(long, value_name = "NAME", requires = "images")]
    encoding: Option<TextEncoding>,
    /// Read the images in the folder and in all its subfolders.
    #[arg(long, requires = "images", conflicts_with = "encoding")]
    recursive: bool,
    /// Order of the images: natural (a2, a10) or plain (a10, a2). Default: natural if all names are
    /// whole numbers, otherwise plain; for a list, its order.
    #[arg(long, requires = "images")]
    order: Option<ImageOrder>,
    /// Module whose output is extracted: its path in PyTorch, or logits or penultimate. May end
    /// with @ and a pooling, such as layer4@mean. Repeat the flag to extract several modules in one
    /// pass.
    #[arg(long, value_name = "NAME", default_value = "penultimate")]
    tap: Vec<String>,
    /// Pooling of the output: none (all values), mean (over height and width), class-token,
    /// token-mean or class-token-and-mean. Default: that in --tap, otherwise none.
    #[arg(long)]
    pool: Option<Pooling>,
    /// Preprocessing of the images: the name of a preset, a description such as
    /// imagenet-256-bicubic-224, or a .json file, such as preprocessor_config.json. Default: the
    /// preprocessing of the published weights that --model names, or of the first ones of the
    /// architecture if the weights have the shapes of these.
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// Output file of the features (.npy, .safetensors). For several taps repeat the flag, in the
    /// order of the taps, or name one file that contains {tap}, such as {tap}.npy.
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,
    /// Number of images per batch.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Extract part i of n of the images, from 1/n to n/n; 0/n is the same as n/n, for job arrays
    /// that are numbered from 0.
    #[arg(long, value_name = "i/n")]
    shard: Option<Shard>,
    /// Device that runs the network: cpu, cuda, cuda:N, metal or metal:N.
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Largest number of pixels of an image, which bounds the memory.
    #[arg(long, value_name = "N", default_value_t = ImageDecoder::DEFAULT_MAX_PIXELS)]
    max_pixels: u64,
    /// Skip images that cannot be read or decoded. Without this flag they are an error. Paths of lists
    /// without a file, and links, folders and pipes with the names of images, are always errors.
    #[arg(long)]
    skip_unreadable: bool,
    /// Join the parts of a sharded extraction into the file --out.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "out", conflicts_with = "model")]
    join: Vec<PathBuf>,
    /// List all architectures.
    #[arg(long)]
    list_models: bool,
    /// List the modules of the model that can be extracted, with the shapes of their outputs.
    #[arg(long, requires = "model")]
    list_taps: bool,
    /// Print one JSON object instead of a line of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    stimuli: usize,
    features: usize,
    seconds: f64,
    resumed: usize,
    /// Order of the rows; `None` for joined parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<ImageOrder>,
    /// Number of files in the folder that are not images.
    ignored: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<(String, String)>,
    /// Key of the weights in their file, if they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Path of the first output, whose number of columns is `features`.
    out: PathBuf,
    /// All outputs; none for joined parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<TapReport>,
}

#[derive(Serialize)]
struct TapReport {
    tap: String,
    features: usize,
    out: PathBuf,
}

fn unused(arguments: &Arguments) -> Vec<Unused> {
    let mut unused = Vec::new();
    if arguments.random.is_some() {
        let of_files = &["epsilon", "key", "rename", "strip_prefix", "without"];
        unused.push(Unused::these(of_files, "with --random"));
    }
    if arguments.list_models || arguments.list_taps {
        unused.push(Unused::these(
            &["json"],
            "with --list-models and --list-taps",
        ));
    }
    if !arguments.join.is_empty() {
        unused.push(Unused::all_but(&["join", "out", "json"], "with --join"));
    }
    unused
}

fn main() -> ExitCode {
    common::main_with(unused, run)
}

fn run(arguments: &Arguments) -> Result<String> {
    if arguments.list_models {
        return Ok(list_models());
    }
    if !arguments.join.is_empty() {
        return join(arguments);
    }
    let name = arguments.model.as_deref();
    let model: ModelName = name.ok_or_else(|| absent("--model"))?.parse()?;
    if arguments.list_taps {
        return list_taps(model.architecture());
    }
    let start = Instant::now();
    let images = arguments
        .images
        .as_ref()
        .ok_or_else(|| absent("--images"))?;
    let taps = taps(arguments)?;
    let outputs = outputs(arguments, &taps)?;
    let folder = images;
    let images = self::images(arguments, folder)?;
    let extraction = extraction(arguments, &model, &taps)?;
    let selected = extraction.network().selected_weights();
    let key = selected.map(|selected| selected.key.clone());
    let key = key.filter(|key| !key.is_empty());
    let bar = bar::bar("images, {per_sec}");
    bar.set_length(images.len() as u64);
    let observe = |progress: ExtractionProgress| {
        if progress.n_resumed > 0 && bar.position() == 0 {
            bar.reset_eta();
        }
        bar.set_length(progress.n_images as u64);
        bar.set_position(progress.n_done as u64);
        ControlFlow::Continue(())
    };
    let done: ExtractionResult = extraction.write_observed(&images, &outputs, observe)?;
    bar.finish_and_clear();
    remark(&images, folder);
    preprocessing::note(arguments.preprocessing.as_deref(), &model);
    for (id, reason) in &done.skipped {
        common::note(format_args!("skipped {id}: {reason}"));
    }
    report(
        arguments,
        Report {
            stimuli: done.n_images,
            features: done.n_features[0],
            seconds: start.elapsed().as_secs_f64(),
            resumed: done.n_resumed,
            order: Some(images.order()),
            ignored: images.ignored().len(),
            skipped: done.skipped,
            key,
            out: outputs[0].clone(),
            outputs: taps
                .iter()
                .zip(done.n_features)
                .zip(outputs)
                .map(|((tap, features), out)| TapReport {
                    tap: tap.to_string(),
                    features,
                    out,
                })
                .collect(),
        },
    )
}

fn taps(arguments: &Arguments) -> Result<Vec<Tap>> {
    let taps = arguments.tap.iter().map(|tap| {
        let parsed: Tap = tap.parse()?;
        match arguments.pool {
            Some(_) if tap.contains('@') => Err(Error::other(format!(
                "--tap {tap} and --pool both name a pooling: leave out one of them"
            ))),
            Some(pooling) => Ok(parsed.with_pooling(pooling)),
            None => Ok(parsed),
        }
    });
    taps.collect()
}

/// Returns the path of the output of each tap.
fn outputs(arguments: &Arguments, taps: &[Tap]) -> Result<Vec<PathBuf>> {
    const PLACEHOLDER: &str = "{tap}";

    match arguments.out.as_slice() {
        [] => Err(absent("--out")),
        [out] if out.to_string_lossy().contains(PLACEHOLDER) => {
            let out = out.to_string_lossy();
            let outputs = taps
                .iter()
                .map(|tap| out.replace(PLACEHOLDER, &tap.to_string()));
            Ok(outputs.map(PathBuf::from).collect())
        }
        outputs if outputs.len() == taps.len() => Ok(outputs.to_vec()),
        outputs => Err(Error::other(format!(
            "{} --tap and {} --out: give one --out for each --tap, or one that contains {PLACEHOLDER}",
            taps.len(),
            outputs.len()
        ))),
    }
}

fn images(arguments: &Arguments, folder: &Path) -> Result<ImageFiles> {
    let images = match arguments.encoding {
        Some(encoding) => ImageFiles::from_encoded_list(folder, encoding)?,
        None if arguments.recursive => ImageFiles::from_tree(folder)?,
        None => ImageFiles::from_path(folder)?,
    };
    Ok(match arguments.order {
        Some(order) => images.sorted(order),
        None => images,
    })
}

/// Prints which weights of the file are used to standard error.
fn remark_weights(network: &Network, model: &ModelName) {
    let Some(selected) = network.selected_weights() else {
        return;
    };
    if !selected.key.is_empty() {
        common::note(format_args!("note: weights under the key {}", selected.key));
    }
    if let Some(library) = selected.converted_from {
        common::note(format_args!(
            "note: names of weights converted from those of {library}"
        ));
    }
    if let (Some(other), None) = (&selected.other_activation, model.tag()) {
        common::note(format_args!(
            "note: the weights do not name their activation: that of {model} is assumed (--model \
             {other} for the other)"
        ));
    }
    if !selected.unread.is_empty() {
        common::note(format_args!(
            "note: not read, as the model does not have them: {}",
            few(&selected.unread)
        ));
    }
}

/// Prints whose interpolation of position embeddings is used, where files do not tell.
fn remark_positions(network: &Network, preprocessing: &Preprocessing) {
    let architecture = network.architecture();
    let size = architecture.input_size();
    if architecture.family() == "DINO" && preprocessing.shape() != [3, size, size] {
        common::note(format_args!(
            "note: position embeddings are those of images of {size} pixels, interpolated as in timm \
             unless the file has a teacher or a student; DINO's own program does it otherwise"
        ));
    }
}

/// Returns the first few names.
fn few(names: &[String]) -> String {
    /// Maximum number of names.
    const NAMED: usize = 3;

    let more = if names.len() > NAMED { ", …" } else { "" };
    names[..names.len().min(NAMED)].join(", ") + more
}

/// Prints the order of the images and the ignored files to standard error.
fn remark(images: &ImageFiles, folder: &Path) {
    common::note(format_args!(
        "note: {} images in {} order",
        images.len(),
        images.order()
    ));
    let ignored = images.ignored();
    if !ignored.is_empty() {
        let within = |path: &PathBuf| {
            path.strip_prefix(folder)
                .unwrap_or(path)
                .display()
                .to_string()
        };
        let names: Vec<String> = ignored.iter().map(within).collect();
        common::note(format_args!(
            "note: {} other files are ignored: {}",
            names.len(),
            few(&names)
        ));
    }
}

fn extraction(arguments: &Arguments, model: &ModelName, taps: &[Tap]) -> Result<Extraction> {
    let weights = match (&arguments.weights, arguments.random) {
        (Some(path), _) => weights(arguments, path)?,
        (None, Some(seed)) => Weights::random(seed),
        (None, None) => return Err(absent("--weights or --random")),
    };
    let files: Vec<PathBuf> = weights.files().map(Path::to_owned).collect();
    let network = Network::new(model.architecture(), &weights, taps, arguments.device)?;
    remark_weights(&network, model);
    let named = arguments.preprocessing.as_deref();
    let preprocessing = preprocessing::preprocessing(named, model, &network)?;
    remark_positions(&network, &preprocessing);
    let mut extraction = Extraction::new(network, preprocessing)
        .with_batch_size(arguments.batch)?
        .with_max_pixels(arguments.max_pixels)?;
    if arguments.skip_unreadable {
        extraction = extraction.with_unreadable(UnreadablePolicy::Skip);
    }
    if let Some(shard) = arguments.shard {
        extraction = extraction.with_shard(shard);
    }
    // All files that are read, except the images.
    let named = [&arguments.weights, &arguments.images];
    let preprocessing = arguments.preprocessing.as_ref().map(PathBuf::from);
    let named = named.into_iter().flatten().cloned().chain(preprocessing);
    Ok(extraction.with_inputs(files.into_iter().chain(named).collect::<Vec<_>>()))
}

fn weights(arguments: &Arguments, path: &Path) -> Result<Weights> {
    let mut weights = Weights::read(path)?;
    if let Some(key) = &arguments.key {
        weights = weights.with_key(key)?;
    }
    if let Some(prefix) = &arguments.strip_prefix {
        weights = weights.with_prefix(prefix)?;
    }
    for (from, to) in &arguments.rename {
        weights = weights.renamed(from, to)?;
    }
    for prefix in &arguments.without {
        weights = weights.without(prefix)?;
    }
    if let Some(epsilon) = arguments.epsilon {
        weights = weights.with_epsilon(epsilon)?;
    }
    Ok(weights)
}

/// Parses a renaming, `from=to`.
fn renaming(text: &str) -> std::result::Result<(String, String), String> {
    let (from, to) = text.split_once('=').ok_or("expected from=to")?;
    match from.is_empty() {
        true => Err("expected from=to, with a text before the equals sign".into()),
        false => Ok((from.into(), to.into())),
    }
}

fn join(arguments: &Arguments) -> Result<String> {
    let start = Instant::now();
    let [out] = arguments.out.as_slice() else {
        return Err(Error::other("--join writes one file: give --out once"));
    };
    let parts: Vec<&Path> = arguments.join.iter().map(PathBuf::as_path).collect();
    common::check_output(out, &["npy", "safetensors"], &parts)?;
    let joined = join_shards(&arguments.join)?;
    joined.write(out)?;
    report(
        arguments,
        Report {
            stimuli: joined.n_stimuli(),
            features: joined.n_features(),
            seconds: start.elapsed().as_secs_f64(),
            resumed: 0,
            order: None,
            ignored: 0,
            skipped: Vec::new(),
            key: None,
            out: out.clone(),
            outputs: Vec::new(),
        },
    )
}

fn report(arguments: &Arguments, report: Report) -> Result<String> {
    Ok(match arguments.json {
        true => serde_json::to_string(&report).expect("string keys and finite numbers"),
        false => {
            let first = [(&report.out, report.features)];
            let others = report.outputs.iter().skip(1);
            let others = others.map(|output| (&output.out, output.features));
            let lines = first.into_iter().chain(others).map(|(out, features)| {
                format!(
                    "{}: {} images × {features} features in {:.1} s",
                    out.display(),
                    report.stimuli,
                    report.seconds
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    })
}

fn list_models() -> String {
    let mut text = format!("{:34} {:20} input", "model", "family");
    for architecture in Architecture::all() {
        let (name, family) = (architecture.name(), architecture.family());
        let _ = write!(
            text,
            "\n{name:34} {family:20} {}",
            architecture.input_size()
        );
    }
    text
}

fn list_taps(architecture: &Architecture) -> Result<String> {
    let size = architecture.input_size();
    let taps = Network::list_modules(architecture, [size, size])?;
    let lines = taps.iter().map(|tap| {
        let shape = tap.shape.iter().map(usize::to_string);
        format!(
            "{:50} {}",
            tap.module,
            shape.collect::<Vec<_>>().join(" × ")
        )
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn absent(name: &'static str) -> Error {
    Error::other(format!("{name} is required"))
}
