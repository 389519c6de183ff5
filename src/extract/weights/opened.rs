//! The parameters that were found for a network.

use super::listing::Listing;
use super::names::root;
use super::reader::Reader;
use super::request::Selection;
use super::{Random, SelectedWeights, Stored};
use crate::error::{Error, Result};
use crate::extract::architecture::Architecture;
use crate::extract::builder::{Deviations, Init, Parameters};
use crate::extract::outline::{Expected, Outline};
use crate::extract::preprocess::described::{DescribedIn, DescribedPreprocessing};

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
        selection: Box<Selection>,
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
        expected: &Expected<'_>,
    ) -> Self {
        let published = &expected.published;
        let classifier = format!("{}.", expected.logits());
        let mut of_classifier = published.entries.iter();
        let has_classifier = of_classifier.all(|e| {
            !e.key.starts_with(&classifier) || selection.compositions.contains_key(&e.key)
        });
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
                unread: selection.unread.clone(),
                has_classifier,
                other_activation: other_activation(&stored.listing, expected),
                described: Vec::new(),
            }),
            deviations: selection.deviations,
            origin: Origin::Stored {
                stored,
                selection: Box::new(selection),
                outline,
            },
        }
    }

    /// Sets the descriptions of the preprocessing, and whether a configuration beside the weights describes
    /// the network.
    pub(super) fn with_descriptions(
        mut self,
        described: Vec<(DescribedIn, DescribedPreprocessing)>,
        is_configured: bool,
    ) -> Self {
        if let Some(selected) = &mut self.selected {
            selected.described = described;
            if is_configured {
                selected.other_activation = None;
            }
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

    /// Reads a stored parameter with its shape, or returns `None` if it is not stored. The values are NaN
    /// if no tap depends on it.
    pub(super) fn stored(&self, key: &str) -> Result<Option<(Vec<usize>, Vec<f32>)>> {
        let parameters = self.parameters()?;
        let Some(shape) = parameters.stored_shape(key) else {
            return Ok(None);
        };
        let values = parameters.values(key, &shape, Init::Zeros);
        Ok(Some((shape, values.map_err(|error| self.locate(error))?)))
    }

    /// Adds the file to an error.
    pub fn locate(&self, error: Error) -> Error {
        match &self.origin {
            Origin::Random { .. } => error,
            Origin::Stored { stored, .. } => stored.locate(error),
        }
    }
}

/// Returns the architecture with the other activation of CLIP, unless the file is one of OpenAI.
fn other_activation(listing: &Listing, expected: &Expected<'_>) -> Option<String> {
    let architecture = expected.architecture();
    let other = match architecture.strip_suffix("-quickgelu") {
        Some(other) => other.to_owned(),
        None => format!("{architecture}-quickgelu"),
    };
    let is_of_openai = listing.keys().any(|name| root(name) == "input_resolution");
    let is_known = expected.family() != "CLIP" || is_of_openai;
    (!is_known && Architecture::named(&other).is_ok()).then_some(other)
}
