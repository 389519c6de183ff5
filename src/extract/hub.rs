//! Downloads of published weights from the Hugging Face hub.

use std::path::PathBuf;

use hf_hub::api::sync::ApiBuilder;
use hf_hub::{Cache, Repo};

use crate::error::{Error, ExtractError, Result};
use crate::extract::published::{HubFile, PublishedWeights};
use crate::extract::weights::Weights;

/// A client of the Hugging Face hub that downloads published weights.
///
/// The cache is shared with other clients of the hub: files in it are not downloaded again.
///
/// ```no_run
/// use human_alignment::extract::{Hub, PublishedWeights};
///
/// let published = PublishedWeights::named("resnet50.imagenet1k_v1")?;
/// let weights = Hub::from_env().weights(&published)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hub {
    cache: Cache,
    is_offline: bool,
}

impl Hub {
    /// Creates a client with the cache of the environment (`HF_HOME`, by default
    /// `~/.cache/huggingface`).
    ///
    /// The client is offline if `HF_HUB_OFFLINE` is `1`, `true`, `yes` or `on`.
    pub fn from_env() -> Self {
        let offline = std::env::var("HF_HUB_OFFLINE").unwrap_or_default();
        let is_offline = ["1", "true", "yes", "on"].contains(&offline.to_lowercase().as_str());
        Self {
            cache: Cache::from_env(),
            is_offline,
        }
    }

    /// Creates a client with the cache in this folder.
    pub fn with_cache(folder: impl Into<PathBuf>) -> Self {
        Self {
            cache: Cache::new(folder.into()),
            is_offline: false,
        }
    }

    /// Sets the client offline: nothing is downloaded, and only files in the cache can be read.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.is_offline = true;
        self
    }

    /// Reads published weights from the cache, or downloads them if they are not in the cache.
    ///
    /// # Errors
    /// Returns [`ExtractError::NotOnHub`] if the weights are not on the hub,
    /// [`ExtractError::NotFetched`] if they are neither in the cache nor can be downloaded, and the
    /// errors of [`Weights::read`].
    pub fn weights(&self, published: &PublishedWeights) -> Result<Weights> {
        let file = published.hub().ok_or_else(|| ExtractError::NotOnHub {
            weights: published.name(),
        })?;
        let weights = Weights::read(self.path(file)?)?;
        match file.prefix {
            "" => Ok(weights),
            prefix => weights.with_prefix(prefix),
        }
    }

    /// Returns the path of a file in the cache, after downloading it if necessary.
    fn path(&self, file: &HubFile) -> Result<PathBuf> {
        let repo = Repo::model(file.repository.to_owned());
        if let Some(path) = self.cache.repo(repo.clone()).get(file.file) {
            return Ok(path);
        }
        let not_fetched = |source| {
            Error::from(ExtractError::NotFetched {
                repository: file.repository.to_owned(),
                file: file.file,
                source,
            })
        };
        if self.is_offline {
            return Err(not_fetched(
                "it is not in the cache, and the hub is offline".into(),
            ));
        }
        let api = ApiBuilder::from_cache(self.cache.clone()).with_progress(false);
        let api = api.build().map_err(|error| not_fetched(Box::new(error)))?;
        let fetched = api.repo(repo).get(file.file);
        fetched.map_err(|error| not_fetched(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{assert_kind, assert_refused};

    #[test]
    fn what_is_in_the_cache_is_not_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let published = PublishedWeights::named("ViT-B-32.laion2b").unwrap();
        let file = published.hub().unwrap();
        let hub = Hub::with_cache(folder.path()).offline();
        let absent = hub.weights(&published).unwrap_err();
        assert_kind!(absent, Extract(ExtractError::NotFetched { .. }), "{absent}");
        assert!(absent.to_string().contains(file.repository), "{absent}");

        // The layout of the cache of the clients of the hub.
        let name = format!("models--{}", file.repository.replace('/', "--"));
        let repository = folder.path().join(name);
        let snapshot = repository.join("snapshots/0123");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::create_dir_all(repository.join("refs")).unwrap();
        std::fs::write(repository.join("refs/main"), "0123").unwrap();
        let header = br#"{"visual.proj":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
            "text":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([0; 8]);
        std::fs::write(snapshot.join(file.file), bytes).unwrap();
        let weights = hub.weights(&published).unwrap();
        assert_eq!(weights.names().collect::<Vec<_>>(), ["proj"]);
        let elsewhere = PublishedWeights::named("alexnet").unwrap();
        assert_refused!(
            hub.weights(&elsewhere),
            Extract(ExtractError::NotOnHub { .. })
        );
    }
}
