//! A data set while it is measured on.

use super::cache::{Cache, Key};
use super::judged::Judged;
use crate::error::Result;
use crate::inference::Interval;

/// A data set, with what is known of it once for all models.
pub(super) struct Dataset<'s> {
    pub name: &'s str,
    pub judged: &'s Judged,
    pub fingerprint: String,
    /// The noise ceiling of accuracies.
    pub ceiling: Option<Interval>,
}

impl<'s> Dataset<'s> {
    pub fn new(name: &'s str, judged: &'s Judged, cache: &Cache) -> Result<Self> {
        let fingerprint = judged.fingerprint();
        let key = Key::of("ceiling", &[&fingerprint]);
        Ok(Self {
            ceiling: cache.numbers(&key, || Ok(judged.ceiling()))?,
            name,
            judged,
            fingerprint,
        })
    }
}
