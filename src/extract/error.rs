//! Errors of networks, their weights and extractions.

use std::path::PathBuf;

use super::mismatch::{few, mismatch};
use crate::error::{BoxedError, List, Quoted, Short};
use crate::extract::preprocess::DescribedIn;

/// A problem with a network, its weights or an extraction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The forward pass of a network failed.
    #[error("the network cannot be computed")]
    #[non_exhaustive]
    Forward {
        /// Error of the layer or of the tensor library.
        source: BoxedError,
    },

    /// A device does not exist, or the crate was built without support for it.
    #[error(
        "the device {} is not available: use cpu, or build with the feature cuda or metal on a machine \
         that has one",
        Short(device)
    )]
    #[non_exhaustive]
    NoDevice {
        /// The device.
        device: String,
        /// Error of the tensor library.
        source: BoxedError,
    },

    /// An extraction was interrupted. Running it again continues it.
    #[error("interrupted after {n_done} of {n_needed} images")]
    #[non_exhaustive]
    Interrupted {
        /// Number of images that are done.
        n_done: usize,
        /// Number of all images.
        n_needed: usize,
    },

    /// There is an unfinished extraction beside an output, and it cannot be continued, because its
    /// settings or images differ or its files are damaged.
    #[error(
        "{} belongs to an unfinished extraction {difference}: finish that extraction, or remove the \
         .partial files beside the output to start again",
        path.display()
    )]
    #[non_exhaustive]
    OtherExtraction {
        /// Path of the record of the other extraction.
        path: PathBuf,
        /// What differs, such as `of other images`.
        difference: String,
    },

    /// An output is being written by another run.
    #[error(
        "{} is being written by {}: wait until that run ends, or choose another output",
        path.display(),
        Short(holder)
    )]
    #[non_exhaustive]
    InUse {
        /// Path of the output.
        path: PathBuf,
        /// The process that writes it, such as `process 1234 on host`.
        holder: String,
    },

    /// Writing an output would replace a file that is read.
    #[error(
        "the output {} would replace the input {}: choose another output",
        output.display(),
        input.display()
    )]
    #[non_exhaustive]
    OutputIsInput {
        /// Path of the output.
        output: PathBuf,
        /// Path of the input.
        input: PathBuf,
    },

    /// A file is not a shard of an extraction.
    #[error("not a shard of an extraction")]
    NotAShard,

    /// A shard does not belong to the other shards.
    #[error("shard {} is {what}", Short(shard))]
    #[non_exhaustive]
    ShardMismatch {
        /// The shard.
        shard: String,
        /// The reason.
        what: &'static str,
    },

    /// Shards of an extraction are missing.
    #[error("{n_missing} shards are missing: {}{}", shards.join(", "), if shards.len() < *n_missing { ", …" } else { "" })]
    #[non_exhaustive]
    MissingShards {
        /// Number of missing shards.
        n_missing: usize,
        /// The first few missing shards.
        shards: Vec<String>,
    },

    /// Published weights are not on the hub under the names that the crate knows.
    #[error("{} are not on the hub: read them from a file", Short(weights))]
    #[non_exhaustive]
    NotOnHub {
        /// The weights.
        weights: String,
    },

    /// A file cannot be downloaded from the hub.
    #[error("cannot download {file} of {} from the hub", Short(repository))]
    #[non_exhaustive]
    NotFetched {
        /// The repository.
        repository: String,
        /// The file.
        file: &'static str,
        /// Error of the client.
        source: BoxedError,
    },

    /// The preprocessing of a model is not known.
    #[error(
        "the preprocessing of {} is not known: name it (`Preprocessing::preset`, `--preprocessing`), for example {}; \
         or a file that describes it, such as preprocessor_config.json (`Preprocessing::from_file`, \
         `--preprocessing`); or name published weights{}",
        Short(model),
        preset_names(presets),
        like(known)
    )]
    #[non_exhaustive]
    NoPreprocessing {
        /// The name of the model.
        model: String,
        /// Presets for images of the size of the model.
        presets: Vec<String>,
        /// Similar names of weights whose preprocessing is known.
        known: Vec<String>,
    },

    /// Parameters do not belong to the network.
    #[error(
        "not the parameters of this network: {}{remedy}",
        mismatch(missing, unexpected, misshapen)
    )]
    #[non_exhaustive]
    WeightsMismatch {
        /// Parameters of the network that are missing.
        missing: Vec<String>,
        /// Parameters that the network does not have, by their names in the file.
        unexpected: Vec<String>,
        /// Parameters of another shape, such as `conv1.weight: [64, 3, 7, 7], not [3]`.
        misshapen: Vec<String>,
        /// What to do.
        remedy: String,
    },

    /// A file has several sets of parameters that fit the network, such as those of a teacher and a
    /// student.
    #[error(
        "several sets of parameters fit this network, under the keys {}: choose one by its key \
         (`Weights::with_key`, `--key`), or ignore the others (`Weights::without`, `--without`)",
        List(keys)
    )]
    #[non_exhaustive]
    AmbiguousWeights {
        /// Beginnings of the names of the parameters of each set; empty for names without one.
        keys: Vec<String>,
    },

    /// Parameters are not stored as floats of 16, 32 or 64 bits, value by value.
    #[error(
        "the parameters {} are not stored as dense floats of 16, 32 or 64 bits, so that their values \
         are not known: convert them (`dequantize()`, `to_dense()`, `float()`, or `full_tensor()` of a \
         distributed training) before saving",
        few(parameters)
    )]
    #[non_exhaustive]
    NotFloats {
        /// Names of the parameters.
        parameters: Vec<String>,
    },

    /// A file has tensors beside the parameters of the network that change what it computes.
    #[error("the file also has {}, {meaning}", few(tensors))]
    #[non_exhaustive]
    MeaningfulTensors {
        /// Names of the tensors.
        tensors: Vec<String>,
        /// What they mean, and what to do.
        meaning: String,
    },

    /// The configuration beside the weights names another activation than that of the architecture.
    #[error(
        "the activation of these weights is {}, not that of {architecture}: use {other}",
        Short(activation)
    )]
    #[non_exhaustive]
    OtherActivation {
        /// The architecture.
        architecture: &'static str,
        /// The activation of the weights.
        activation: String,
        /// The architecture with the other activation.
        other: String,
    },

    /// The weights, or a configuration beside them, are of a network that computes something else.
    #[error(
        "{setting} of these weights is {}, not {} as in {architecture}: use an architecture with this setting; \
         if the setting belongs to other weights, remove the configuration file, or save the parameters alone",
        Short(found),
        Short(expected)
    )]
    #[non_exhaustive]
    OtherConfiguration {
        /// The architecture.
        architecture: &'static str,
        /// Name of the setting.
        setting: String,
        /// Its value for the weights.
        found: String,
        /// Its value in the architecture.
        expected: String,
    },

    /// The settings of the training in a checkpoint, in the metadata of `.safetensors` or in a file beside the weights
    /// are those of a network that computes something else.
    #[error(
        "{} of the training of these weights is {}, not {} as in {architecture}, so that {}; if the \
         setting belongs to another network, save the parameters alone (`torch.save(network.state_dict(), …)`), \
         without files of settings beside them",
        Short(setting),
        Short(found),
        Short(expected),
        possible(architecture, setting, *first)
    )]
    #[non_exhaustive]
    OtherTraining {
        /// The architecture.
        architecture: &'static str,
        /// Name of the setting.
        setting: String,
        /// Its value for the weights.
        found: String,
        /// Its value in the architecture.
        expected: String,
        /// The first module that the setting changes, if modules before it can be extracted.
        first: Option<&'static str>,
    },

    /// A file beside the weights, the settings of their training or the name of their file say that they
    /// need another preprocessing than the published weights of the architecture.
    #[error(
        "{described_in} describes {}, but the published weights of {model} need \
         {}: name the preprocessing (`Preprocessing::preset`, `--preprocessing`){}",
        Short(found),
        Short(expected),
        like(preset.as_slice())
    )]
    #[non_exhaustive]
    OtherPreprocessing {
        /// Name of the model.
        model: String,
        /// Where the other preprocessing is described.
        described_in: DescribedIn,
        /// A property of it, such as `the mean [0.5, 0.5, 0.5]`.
        found: String,
        /// The same property for the published weights.
        expected: String,
        /// The preset that is described, if there is one.
        preset: Option<String>,
    },

    /// A parameter has a value that is NaN or infinite.
    #[error(
        "value {index} of the parameter {} is {value}: the weights are damaged, or their training \
         failed",
        Short(parameter)
    )]
    #[non_exhaustive]
    NotFiniteParameter {
        /// Name of the parameter.
        parameter: String,
        /// Position of the value, row-major.
        index: usize,
        /// The value.
        value: f32,
    },

    /// A batch normalization has a variance that is negative.
    #[error(
        "variance {index} of the parameter {} is {value}, which is negative: the weights are damaged",
        Short(parameter)
    )]
    #[non_exhaustive]
    NegativeVariance {
        /// Name of the parameter.
        parameter: String,
        /// Number of the channel.
        index: usize,
        /// The value.
        value: f32,
    },

    /// A network returns NaN or infinity for an image.
    #[error(
        "feature {column} of image {} is {value}: the values of the network exceed single precision \
         with these weights (are they damaged, or of another architecture?)",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    NotFiniteFeature {
        /// The image.
        stimulus: String,
        /// Number of the feature.
        column: usize,
        /// The value.
        value: f32,
    },
}

/// Returns what can be extracted in spite of a setting of the training.
fn possible(architecture: &str, setting: &str, first: Option<&str>) -> String {
    let possible = match first {
        Some(first) => format!("only taps before {first} can be extracted"),
        None => format!("these weights cannot be read as {architecture}"),
    };
    let mut words = setting.split(|c: char| !c.is_alphabetic());
    match words.any(|word| ["eps", "epsilon"].contains(&word)) {
        true => {
            format!("{possible} unless the epsilon is named (`Weights::with_epsilon`, `--epsilon`)")
        }
        false => possible,
    }
}

/// Returns the names of presets, and the form of those that can be made.
fn preset_names(names: &[String]) -> String {
    let made = "imagenet-256-bilinear-224 (normalization-shorter side-filter-crop)".to_owned();
    match names {
        [] => made,
        names => format!("{}, or {made}", names.join(", ")),
    }
}

/// Returns a list such as ` such as resnet50.a1_in1k`.
fn like(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(" such as {}", names.join(", ")),
    }
}
