//! The parameters that were found for a network.

use super::reader::Reader;
use super::selection::Selection;
use super::{Random, SelectedWeights, Stored};
use crate::error::{Error, Result};
use crate::extract::builder::{Deviations, Parameters};
use crate::extract::outline::Outline;
use crate::extract::preprocess::described::DescribedPreprocessing;

/// Parameters that fit a network.
pub(in crate::extract) struct Opened<'w> {
    origin: Origin<'w>,
    /// The fingerprint of the weights with the key under which they were found.
    pub fingerprint: String,
    /// Which parameters of a file were found.
    pub selected: Option<SelectedWeights>,
    /// What the library of the parameters computes otherwise than the architecture.
    pub deviations: Deviations,
}

enum Origin<'w> {
    Random {
        seed: u64,
    },
    Stored {
        stored: &'w Stored,
        selection: Selection,
        outline: Outline,
    },
}

impl<'w> Opened<'w> {
    pub(super) fn random(seed: u64, fingerprint: String) -> Self {
        Self {
            origin: Origin::Random { seed },
            fingerprint,
            selected: None,
            deviations: Deviations::default(),
        }
    }

    pub(super) fn found(
        stored: &'w Stored,
        mut fingerprint: String,
        selection: Selection,
        outline: Outline,
        published: &Outline,
    ) -> Self {
        if !selection.prefix.is_empty() {
            fingerprint += &format!(", key {}", selection.prefix);
        }
        let key = format!("{}{}", stored.prefix, selection.prefix);
        Self {
            fingerprint,
            selected: Some(SelectedWeights {
                key: key.trim_end_matches('.').to_owned(),
                converted_from: selection.library,
                has_published_shapes: outline.has_shapes_of(published),
                described: Vec::new(),
            }),
            deviations: selection.deviations,
            origin: Origin::Stored {
                stored,
                selection,
                outline,
            },
        }
    }

    /// Sets what files beside the weights say about the preprocessing.
    pub(super) fn with_described(mut self, described: Vec<DescribedPreprocessing>) -> Self {
        if let Some(selected) = &mut self.selected {
            selected.described = described;
        }
        self
    }

    /// Opens the parameters to read their values.
    pub fn parameters(&self) -> Result<Box<dyn Parameters + '_>> {
        Ok(match &self.origin {
            &Origin::Random { seed } => Box::new(Random::new(seed)),
            Origin::Stored {
                stored,
                selection,
                outline,
            } => {
                let reader = Reader::new(&stored.container, &stored.listing, selection, outline);
                Box::new(reader.map_err(|error| stored.locate(error))?)
            }
        })
    }

    /// Adds the file to an error.
    pub fn locate(&self, error: Error) -> Error {
        match &self.origin {
            Origin::Random { .. } => error,
            Origin::Stored { stored, .. } => stored.locate(error),
        }
    }
}
