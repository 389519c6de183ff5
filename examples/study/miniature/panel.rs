//! All networks, trained.

use std::sync::Arc;

use human_alignment::{Error, Result};
use rayon::prelude::*;

use super::design::Design;
use super::network::Network;
use super::pictures::Pictures;
use super::training::{self, Report};
use super::{Purpose, Settings, generator};

/// A network, and how it came about.
pub struct Trained {
    pub design: Design,
    pub network: Network,
    /// How often it saw each training picture.
    pub n_epochs: usize,
    /// How its training ended, if it was trained.
    #[allow(dead_code)] // Only tests look at it, which share this file.
    pub report: Option<Report>,
}

/// All networks, each trained on one thread beside the others.
pub fn train(
    settings: &Settings,
    training: &Pictures,
    judged: &Pictures,
) -> Result<Vec<Arc<Trained>>> {
    keep_freed_memory();
    let designs = Design::panel();
    let train = |(number, design): (usize, &Design)| {
        let mut rng = generator(settings.seed, Purpose::Network(number));
        let network = Network::new(design, &mut rng)?;
        let task = design.task.filter(|_| settings.trained);
        let n_epochs = task.map_or(0, |_| settings.n_epochs);
        let report = task
            .map(|task| training::train(&network, task, n_epochs, training, judged, &mut rng))
            .transpose()?;
        Ok(Arc::new(Trained {
            design: *design,
            network,
            n_epochs,
            report,
        }))
    };
    designs
        .par_iter()
        .enumerate()
        .map(train)
        .collect::<candle_core::Result<_>>()
        .map_err(of_candle)
}

/// Has the allocator keep what is freed, as each step needs as much again: glibc gives back what is above
/// twice the largest block of its own that was ever freed, up to 32 MiB, and getting it anew took longer
/// than the training. Elsewhere this does nothing.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(31 << 20)));
}

/// What went wrong in a network, as an error of the library.
pub fn of_candle(error: candle_core::Error) -> Error {
    Error::other(error)
}
