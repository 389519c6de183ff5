//! Features, as command lines name them.

use std::path::Path;

use clap::Args;
use human_alignment::{FileSource, Representation, Result};

use crate::reading::Reading;

/// How files of features are read.
#[derive(Args)]
pub struct FeatureReading {
    /// The array of an .npz, .safetensors or .mat file that holds the features.
    #[arg(long, value_name = "NAME")]
    pub array: Option<String>,
    /// The column of a table of features that holds the ids. Default: one named id, stimulus or alike, or
    /// the first with text.
    #[arg(long, value_name = "NAME")]
    pub id_column: Option<String>,
    /// A column of a table that is no feature; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub ignore_column: Vec<String>,
    #[command(flatten)]
    pub text: Reading,
}

impl FeatureReading {
    /// Reads features; `ids` is a list of the ids of their rows.
    pub fn features(&self, path: &Path, ids: Option<&Path>) -> Result<Representation> {
        let mut source = FileSource::open(path)?.with_encoding(self.text.encoding);
        if let Some(ids) = ids {
            // In their own form: a table may have the same ids in another order.
            source = source.with_ids(self.text.list(ids)?);
        }
        if let Some(array) = &self.array {
            source = source.with_array(array)?;
        }
        if let Some(column) = &self.id_column {
            source = source.with_id_column(column)?;
        }
        for column in &self.ignore_column {
            source = source.with_ignored_column(column)?;
        }
        let features = source.read()?;
        let stimuli = self.text.in_form(features.stimuli().clone())?;
        features.with_stimuli(stimuli)
    }
}
