//! The preprocessing of images that the command line names, or that of published weights.

use human_alignment::Result;
use human_alignment::extract::preprocess::{Preprocessing, Resize};
use human_alignment::extract::{ModelName, Network, PublishedWeights};

/// Returns the preprocessing of a preset, a description or a `.json` file of any kind; by default
/// that of the published weights of the model.
pub fn preprocessing(
    named: Option<&str>,
    model: &ModelName,
    network: &Network,
) -> Result<Preprocessing> {
    match named {
        Some(name) if name.ends_with(".json") => Preprocessing::from_file(name),
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
