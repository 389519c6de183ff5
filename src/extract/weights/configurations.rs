//! The configurations that libraries write beside the weights of a network.

use std::path::{Path, PathBuf};

use super::configuration::Configuration;
use super::conventions::{HUGGING_FACE, TIMM};
use super::request::Selection;
use super::{hub_config, open_clip_config, timm_config, training};
use crate::error::{Error, Result};
use crate::extract::outline::Expected;

/// The configurations beside the weights that exist.
#[derive(Default)]
pub(super) struct Configurations {
    /// Path of the weights, if they are in a file.
    weights: Option<PathBuf>,
    /// That of the network in transformers or timm.
    pub network: Option<Configuration>,
    pub open_clip: Option<Configuration>,
    /// That of an image processor of transformers.
    pub images: Option<Configuration>,
}

impl Configurations {
    /// Reads the configurations beside the weights.
    ///
    /// # Errors
    /// Returns the errors of [`Configuration::beside`].
    pub fn beside(weights: &Path) -> Result<Self> {
        // Since transformers 5, a part of a file for images and text.
        let of_processor = || -> Result<Option<Configuration>> {
            let found = Configuration::beside(weights, "processor_config.json")?;
            Ok(found.and_then(|mut found| {
                let images = found.value.get_mut("image_processor")?.take();
                Some(Configuration {
                    value: images,
                    ..found
                })
            }))
        };
        let images = Configuration::beside(weights, "preprocessor_config.json")?;
        Ok(Self {
            weights: Some(weights.to_owned()),
            network: Configuration::beside(weights, "config.json")?,
            open_clip: Configuration::beside(weights, "open_clip_config.json")?,
            images: match images {
                None => of_processor()?,
                images => images,
            },
        })
    }

    /// Checks whether one of them describes the network.
    pub fn describe_network(&self) -> bool {
        self.network.is_some() || self.open_clip.is_some()
    }

    /// Checks that the network computes what the configurations say, and adds to the deviations of a
    /// selection what it can compute otherwise. Without a configuration, the network must be the default
    /// one of the library whose names the parameters have. Returns a description of the deviations.
    ///
    /// # Errors
    /// Returns [`ExtractError::OtherActivation`], [`ExtractError::OtherConfiguration`] or
    /// [`ExtractError::OtherTraining`].
    pub fn apply(
        &self,
        selection: &mut Selection,
        epsilon: Option<f64>,
        expected: &Expected<'_>,
    ) -> Result<String> {
        let library = selection.library;
        if library == Some(HUGGING_FACE) && !self.describe_network() {
            let checked = hub_config::check_default(expected);
            return checked
                .map(|()| String::new())
                .map_err(|error| self.locate(error));
        }
        let mut description = String::new();
        if let Some(network) = &self.network {
            let deviations = &mut selection.deviations;
            description = match library {
                Some(HUGGING_FACE) => hub_config::apply(network, expected, deviations)?,
                None | Some(TIMM) => timm_config::apply(network, expected, deviations)?,
                Some(_) => String::new(),
            };
            training::check_configuration(network, library, epsilon, expected)?;
        }
        if let Some(open_clip) = &self.open_clip {
            open_clip_config::check(open_clip, expected)?;
        }
        Ok(description)
    }

    /// Adds the file of the weights to an error.
    fn locate(&self, error: Error) -> Error {
        match &self.weights {
            Some(path) => error.in_file(path),
            None => error,
        }
    }

    /// Reads a configuration of this name and content in a folder of its own.
    #[cfg(test)]
    pub fn of_file(name: &str, text: &str) -> Result<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        Self::beside(&folder.path().join("model.safetensors"))
    }
}
