//! The preprocessing of images that the command line names, or that of published weights.

use std::path::Path;

use human_alignment::error::Context;
use human_alignment::extract::preprocess::{Preprocessing, Resize};
use human_alignment::extract::{ModelName, Network, PublishedWeights};
use human_alignment::{Error, Result};

/// Returns the preprocessing of a preset, a description or a `.json` file; by default that of the
/// published weights of the model.
pub fn preprocessing(
    named: Option<&str>,
    model: &ModelName,
    network: &Network,
) -> Result<Preprocessing> {
    match named {
        Some(name) if name.ends_with(".json") => read(Path::new(name)),
        Some(name) => Preprocessing::preset(name),
        None => model.preprocessing_for(network),
    }
}

/// Adds a note on the preprocessing of the published weights, if it is used.
pub fn note(named: Option<&str>, model: &ModelName) {
    if let (None, Some(weights)) = (named, model.weights()) {
        crate::common::note(describe(&weights));
    }
}

fn describe(weights: &PublishedWeights) -> String {
    let preprocessing = weights.preprocessing();
    let resize = match preprocessing.resize() {
        Resize::ShortSide(side) => format!("shorter side {side}"),
        Resize::Exact { width, height } => format!("{width} × {height}"),
    };
    let [width, height] = preprocessing.crop();
    let normalization = preprocessing.normalization();
    format!(
        "note: preprocessing of {}: {resize}, {}, crop {width} × {height}, mean {:?}, std {:?} \
         (--preprocessing for another)",
        weights.name(),
        preprocessing.filter(),
        normalization.mean(),
        normalization.std(),
    )
}

/// Reads a preprocessing from a JSON file in the format of serde.
fn read(path: &Path) -> Result<Preprocessing> {
    let in_file = |error: Error| error.with_context(Context::File(path.into()));
    let text = std::fs::read(path).map_err(|error| in_file(Error::other(error)))?;
    serde_json::from_slice(&text).map_err(|error| {
        in_file(Error::other(format!(
            "not a readable preprocessing: {error}"
        )))
    })
}
