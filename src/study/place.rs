//! Where a number of a study belongs: how it is found, and what becomes of a failure.

use super::Model;
use super::cache::{Cache, Key};
use super::dataset::Dataset;
use super::numbers::Found;
use super::row::{Metric, Row};
use crate::error::{Error, ErrorKind, FileError, Result};

/// A model on a data set.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub model: &'s Model,
    pub dataset: &'s Dataset<'s>,
    pub cache: &'s Cache,
    pub seed: u64,
}

impl<'s> Place<'s> {
    /// Numbers as they were found before or are computed now from what has this hash; where that fails, a
    /// row that says why.
    pub fn find(
        &self,
        hash: &str,
        metric: Metric,
        settings: &str,
        compute: impl FnOnce() -> Result<Vec<Found>>,
    ) -> Result<Vec<Row>> {
        let depends_on = [
            &metric.to_string(),
            settings,
            hash,
            &self.dataset.fingerprint,
        ];
        match self
            .cache
            .numbers(&Key::of("numbers", &depends_on), compute)
        {
            Ok(found) => {
                let rows = found.into_iter().map(|found| self.row(hash, found));
                Ok(rows.collect())
            }
            Err(error) => Ok(vec![self.failure(hash, Some(metric), error)?]),
        }
    }

    pub fn row(&self, hash: &str, found: Found) -> Row {
        Row {
            metric: Some(found.metric),
            measured: Some(found.measured),
            ..self.empty_row(hash)
        }
    }

    /// A row that says why there is no number; the error of a cache that can't be written ends the study.
    pub fn failure(&self, hash: &str, metric: Option<Metric>, error: Error) -> Result<Row> {
        if matches!(error.kind(), ErrorKind::File(FileError::Write { .. })) {
            return Err(error);
        }
        Ok(Row {
            metric,
            failure: Some(error.report().to_string()),
            ..self.empty_row(hash)
        })
    }

    fn empty_row(&self, hash: &str) -> Row {
        Row {
            model: self.model.name.clone(),
            tap: self.model.tap.clone(),
            depth: self.model.depth,
            factors: self.model.factors.clone(),
            dataset: self.dataset.name.to_owned(),
            metric: None,
            measured: None,
            failure: None,
            seed: self.seed,
            content_hash: hash.to_owned(),
            data_hash: self.dataset.fingerprint.clone(),
        }
    }
}
