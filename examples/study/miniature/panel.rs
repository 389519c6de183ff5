//! The panel of trained networks.

use std::sync::Arc;

use human_alignment::{Error, Result};
use rayon::prelude::*;

use super::design::Design;
use super::network::Network;
use super::pictures::Pictures;
use super::training::{self, Report};
use super::{Purpose, Settings, generator};

/// A network and its training.
pub struct Trained {
    pub design: Design,
    pub network: Network,
    /// Number of epochs of the training.
    pub n_epochs: usize,
    /// Result of the training; `None` without training.
    #[allow(dead_code)] // Only tests, which share this file, use it.
    pub report: Option<Report>,
}

/// Trains all networks in parallel, each on one thread.
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

/// Makes the allocator keep freed memory, as each step allocates as much again. glibc returns
/// memory above twice the largest freed block, up to 32 MiB, and its allocation took longer than
/// the training. With other allocators the function has no effect.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(31 << 20)));
}

/// Converts an error of candle into an error of the library.
pub fn of_candle(error: candle_core::Error) -> Error {
    Error::other(error)
}
