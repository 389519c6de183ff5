//! A model on a data set: the rows of its measurements and failures.

use serde::Serialize;

use super::{Dataset, Run};
use crate::error::{Error, ErrorKind, FileError, Result};
use crate::inference::Credit;
use crate::rdm::Rdm;
use crate::representation::Representation;
use crate::study::cache::Key;
use crate::study::input::Model;
use crate::study::table::{Measurement, Metric, StudyRow};

/// A measurement and its metric.
pub(super) type Found = (Metric, Measurement);

/// The output of a model in the form that is measured.
pub(super) enum Content<'r> {
    Features(Representation),
    Rdm(&'r Rdm),
    /// The credit of each choice.
    Choices(Vec<Credit>),
    /// The source failed.
    Nothing,
}

/// A model on a data set.
#[derive(Clone)]
pub(super) struct Subject<'r> {
    pub run: &'r Run<'r>,
    pub model: &'r Model,
    pub dataset: &'r Dataset<'r>,
    /// Hash of the output of the model; empty if the output is missing.
    pub hash: String,
}

impl<'r> Subject<'r> {
    /// Returns the rows of measurements, from the cache or computed; if they fail, a row with the
    /// reason.
    ///
    /// The measurements depend on the settings and on the data; `seed` is that of their randomness.
    pub fn find(
        &self,
        metric: Metric,
        settings: impl Serialize,
        seed: Option<u64>,
        compute: impl FnOnce() -> Result<Vec<Found>>,
    ) -> Result<Vec<StudyRow>> {
        let key = self.key(&metric, settings, seed);
        self.rows(metric, seed, self.run.cache.numbers(&key, compute))
    }

    /// Returns the key of measurements in the cache.
    pub fn key(&self, metric: &Metric, settings: impl Serialize, seed: Option<u64>) -> Key {
        let depends_on = (
            metric,
            settings,
            seed,
            &self.hash,
            &self.dataset.fingerprint,
        );
        Key::of("numbers", depends_on)
    }

    /// Returns the rows of measurements, or a row with the reason why there are none.
    pub fn rows(
        &self,
        metric: Metric,
        seed: Option<u64>,
        found: Result<Vec<Found>>,
    ) -> Result<Vec<StudyRow>> {
        match found {
            Ok(found) => found
                .into_iter()
                .map(|found| match found.1.check() {
                    Ok(()) => Ok(self.row(found, seed)),
                    Err(error) => self.failure(Some(found.0), error),
                })
                .collect(),
            Err(error) => Ok(vec![self.failure(Some(metric), error)?]),
        }
    }

    /// Returns the row of a measurement; that of an accuracy has the noise ceiling of the data set.
    pub fn row(&self, (metric, mut measured): Found, seed: Option<u64>) -> StudyRow {
        if metric.has_choice_ceiling() {
            measured.ceiling = self.dataset.ceiling;
        }
        StudyRow {
            metric: Some(metric),
            measured: Some(measured),
            seed,
            ..self.empty_row()
        }
    }

    /// Returns a row with the reason of a failure.
    ///
    /// # Errors
    /// Returns the error of a cache that cannot be written, which ends the study.
    pub fn failure(&self, metric: Option<Metric>, error: Error) -> Result<StudyRow> {
        if matches!(error.kind(), ErrorKind::File(FileError::Write { .. })) {
            return Err(error);
        }
        Ok(StudyRow {
            metric,
            failure: Some(error.report().to_string()),
            ..self.empty_row()
        })
    }

    fn empty_row(&self) -> StudyRow {
        StudyRow {
            model: self.model.name.clone(),
            tap: self.model.tap.clone(),
            depth: self.model.depth,
            factors: self.model.factors.clone(),
            dataset: self.dataset.name.to_owned(),
            metric: None,
            measured: None,
            p_value: None,
            adjusted_p_value: None,
            failure: None,
            seed: None,
            content_hash: self.hash.clone(),
            data_hash: self.dataset.fingerprint.clone(),
        }
    }
}
