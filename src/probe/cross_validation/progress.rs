//! The progress of a cross-validation.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The progress of a cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeProgress {
    /// Number of fits that are complete.
    pub n_complete: usize,
    /// Number of all fits.
    pub n_fits: usize,
}

/// A counter of fits, which may be on several threads.
pub(super) struct Progress<'a> {
    n_complete: AtomicUsize,
    n_fits: usize,
    observe: &'a (dyn Fn(ProbeProgress) + Sync),
}

impl<'a> Progress<'a> {
    pub fn new(n_fits: usize, observe: &'a (dyn Fn(ProbeProgress) + Sync)) -> Self {
        Self {
            n_complete: AtomicUsize::new(0),
            n_fits,
            observe,
        }
    }

    /// Counts a complete fit.
    pub fn advance(&self) {
        (self.observe)(ProbeProgress {
            n_complete: self.n_complete.fetch_add(1, Ordering::Relaxed) + 1,
            n_fits: self.n_fits,
        });
    }
}
