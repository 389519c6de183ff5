//! Representational similarity of the layers of a network and human dissimilarities, from images in
//! one program.
//!
//! ```text
//! cargo run --release --example images_to_rsa -- --model squeezenet1_1 --weights W.safetensors \
//!     --images photos --human people.npy
//! ```
//!
//! The human dissimilarities are matched with the images by id, or by position in the order of the
//! image names. Without `--tap`, the last module of each size of feature maps and the `penultimate`
//! and `logits` layers are used.

mod common;
#[path = "common/pairing.rs"]
mod pairing;
#[path = "common/people.rs"]
mod people;
#[path = "common/preprocessing.rs"]
mod preprocessing;
#[path = "common/reading.rs"]
mod reading;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use human_alignment::extract::{
    Architecture, Device, Extraction, ModelName, Network, Tap, Weights,
};
use human_alignment::formats::TextEncoding;
use human_alignment::metric::rsa::{Comparator, RsaNoiseCeiling, RsaScore};
use human_alignment::stimuli::Pairing;
use human_alignment::{
    AlignmentMetric, Dissimilarity, ImageFiles, RepresentationalSimilarity, Result,
};
use people::RdmReading;
use reading::Reading;
use serde::Serialize;

/// Compare the RDMs of layers of a network with human dissimilarities of the same images.
#[derive(Parser)]
#[command(name = "images_to_rsa")]
struct Arguments {
    /// Architecture, such as resnet50 or vit_b_16, or published weights, such as resnet50.a1_in1k or
    /// ViT-B-32.openai.
    #[arg(long, value_name = "NAME")]
    model: ModelName,
    /// Weights of the network (.safetensors, .pth, .pt, .bin, .ckpt). Default: random weights.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Folder with the images (.jpg, .jpeg, .png, .webp, .bmp, .tif, .tiff, .gif), or with folders
    /// of images; or a text file with the path of an image in each line.
    #[arg(long, value_name = "DIR|FILE")]
    images: PathBuf,
    /// Preprocessing of the images: the name of a preset, a description such as
    /// imagenet-256-bicubic-224, or a .json file. Default: that of the published weights.
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// Human dissimilarities (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt): n×n, n(n−1)/2,
    /// participants×n×n, participants×n(n−1)/2, or a table with one row per pair (item1, item2,
    /// dissimilarity, participant).
    #[arg(long, value_name = "FILE")]
    human: PathBuf,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    rdm_reading: RdmReading,
    /// Module whose output is extracted: its path in PyTorch, or logits or penultimate. May end
    /// with @ and a pooling, such as layer4@mean. Repeat the flag for several modules.
    #[arg(long, value_name = "NAME")]
    tap: Vec<Tap>,
    /// Dissimilarity of two feature rows: correlation, cosine, euclidean, squared-euclidean or
    /// gaussian.
    #[arg(long, default_value = "correlation")]
    dissimilarity: Dissimilarity,
    /// Comparison of two RDMs: pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a,
    /// whitened-pearson or whitened-cosine.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// Device that runs the network: cpu, cuda, cuda:N, metal or metal:N.
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Print a JSON array with one object for each layer instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    tap: Tap,
    features: usize,
    has_random_weights: bool,
    paired_by: Pairing,
    #[serde(flatten)]
    score: RsaScore,
}

fn main() -> ExitCode {
    common::main(|arguments: &Arguments| {
        let rows = run(arguments)?;
        Ok(match arguments.json {
            true => serde_json::to_string(&rows).expect("string keys and finite numbers"),
            false => table(&rows),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Vec<Row>> {
    let architecture = arguments.model.architecture();
    let images = images(arguments)?;
    let stimuli = arguments.reading.in_form(images.stimuli().clone())?;
    let paths = std::slice::from_ref(&arguments.human);
    let n = Some(images.len());
    let people = arguments
        .rdm_reading
        .participants(paths, n, &arguments.reading)?;
    let paired_by = people::pair_judged(&stimuli, people.stimuli())?;
    let weights = match &arguments.weights {
        Some(path) => Weights::read(path)?,
        None => {
            common::notes::add("the weights are random (name trained ones with --weights)".into());
            Weights::random(0)
        }
    };
    let taps = match arguments.tap.is_empty() {
        true => stages(architecture)?,
        false => arguments.tap.clone(),
    };
    // All taps are extracted in one pass.
    let network = Network::new(architecture, &weights, &taps, arguments.device)?;
    let named = arguments.preprocessing.as_deref();
    let preprocessing = preprocessing::preprocessing(named, &arguments.model, &network)?;
    preprocessing::note(named, &arguments.model);
    let extraction = Extraction::new(network, preprocessing);
    let metric = RepresentationalSimilarity::new(arguments.dissimilarity, arguments.compare);
    let represented = extraction.represent(&images)?;
    let rows = taps.into_iter().zip(represented);
    let row = |(tap, representation): (Tap, human_alignment::Representation)| {
        let representation = representation.with_stimuli(stimuli.clone())?;
        Ok(Row {
            tap,
            features: representation.n_features(),
            has_random_weights: arguments.weights.is_none(),
            paired_by,
            score: metric.score(&representation, &people)?,
        })
    };
    rows.map(row).collect()
}

fn images(arguments: &Arguments) -> Result<ImageFiles> {
    let (path, encoding) = (&arguments.images, arguments.reading.encoding);
    match path.is_file() && encoding != TextEncoding::default() {
        true => ImageFiles::from_encoded_list(path, encoding),
        false => ImageFiles::from_path(path),
    }
}

/// Returns the last module of each size of feature maps, and the `penultimate` and `logits` layers.
fn stages(architecture: &Architecture) -> Result<Vec<Tap>> {
    let size = architecture.input_size();
    let listed = Network::list_modules(architecture, [size, size])?;
    let mut seen = BTreeSet::new();
    let mut stages: Vec<Tap> = Vec::new();
    for tap in listed.iter().rev() {
        // Blocks rather than the modules within them.
        let is_outer = tap.module.split('.').count() <= 2;
        let n_places: usize = tap.shape.iter().skip(1).product();
        if is_outer && n_places > 1 && seen.insert(tap.shape[1..].to_vec()) {
            stages.push(Tap::new(&tap.module));
        }
    }
    stages.reverse();
    stages.extend(["penultimate", "logits"].map(Tap::new));
    Ok(stages)
}

fn table(rows: &[Row]) -> String {
    let widest = rows.iter().map(|row| row.tap.to_string().len());
    let width = widest.max().unwrap_or(0).max("layer".len());
    let mut text = format!("{:width$}  features  mean person  per person", "layer");
    for Row {
        tap,
        features,
        score,
        ..
    } in rows
    {
        let tap = tap.to_string();
        let _ = write!(
            text,
            "\n{tap:width$}  {features:>8}  {:>11.4}  {:>10.4}",
            score.value, score.mean_per_person
        );
    }
    if let Some(Row { score, .. }) = rows.first() {
        let _ = write!(
            text,
            "\n\n{}, {} people, {} images",
            score.comparator, score.n_people, score.n_stimuli
        );
        if let Some(RsaNoiseCeiling { lower, upper, .. }) = &score.ceiling {
            let _ = write!(text, "; noise ceiling {lower:.4}–{upper:.4} per person");
        }
    }
    text
}
