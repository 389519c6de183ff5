//! How fast a probe is fitted at the size of a fold of THINGS, and how near its gradient is to the least
//! that it has to do. People and features are simulated.
//!
//! ```text
//! cargo run --release --example probe_speed
//! ```
//!
//! The least is four matrix products (embedding, similarities, derivatives by the embedding and by the
//! weights) at the rank of the transform, and one pass over the trials with three loads and three
//! additions a trial. A gradient is timed as the time between two iterations of the search, with what the
//! search does besides.

#[path = "../common/mod.rs"]
mod common;
mod floor;
mod simulation;

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{Probe, Result};

use floor::{Pass, Products};

/// Times a probe against the least that it has to do.
#[derive(Parser)]
#[command(name = "probe_speed")]
struct Arguments {
    /// Objects: two thirds of those of THINGS.
    #[arg(long, default_value_t = 1236)]
    objects: u32,
    /// Features.
    #[arg(long, default_value_t = 768)]
    features: usize,
    /// Trials: those of all THINGS trials whose objects are in two folds of three.
    #[arg(long, default_value_t = 1_250_000)]
    trials: usize,
    /// Singular value k of the features is about k to minus this.
    #[arg(long, default_value_t = 1.0)]
    decay: f64,
    /// The weight of the penalty.
    #[arg(long, default_value_t = 0.01)]
    lambda: f64,
    /// The duality gap at which the fit is done.
    #[arg(long, default_value_t = 1e-4)]
    tolerance: f64,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let (representation, trials) = simulation::simulated(
        arguments.objects,
        arguments.features,
        arguments.trials,
        arguments.decay,
    )?;
    let choices = ChoiceFrequencies::of(&trials);
    let probe = Probe::new(arguments.lambda)?.with_tolerance(arguments.tolerance)?;
    let mut gradients: Vec<(usize, Duration)> = Vec::new();
    let start = Instant::now();
    let (mut last, mut n_gradients) = (Instant::now(), 0);
    let fit = probe.fit_observed(&representation, &choices, |iteration| {
        if iteration.n_gradients == n_gradients + 1 {
            gradients.push((iteration.rank, last.elapsed()));
        }
        (last, n_gradients) = (Instant::now(), iteration.n_gradients);
        ControlFlow::Continue(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    // The time of most gradients is that at the rank of the end.
    let rank = gradients.last().map_or(1, |(rank, _)| *rank);
    gradients.retain(|(of, _)| *of == rank);
    let gradient = median(gradients.into_iter().map(|(_, time)| time).collect());
    let n_objects = arguments.objects as usize;
    let mut products = Products::new(n_objects, arguments.features, rank);
    let products = timed(|| products.multiply());
    let mut pass = Pass::new(n_objects, trials.as_slice());
    let pass = timed(|| pass.run());
    let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
    let least = products + pass;
    Ok(format!(
        "simulated: {} trials of {} objects, {} features, lambda {}\n\
         {:?}: objective {:.6}, duality gap {:.2e}, rank {}\n\
         fit {seconds:.2} s, {} gradients\n\
         gradient at rank {rank} {:.2} ms; products {:.2} ms + pass {:.2} ms = {:.2} ms; ratio {:.2}",
        trials.len(),
        arguments.objects,
        arguments.features,
        arguments.lambda,
        fit.outcome(),
        fit.objective(),
        fit.duality_gap(),
        fit.rank(),
        fit.n_gradients(),
        milliseconds(gradient),
        milliseconds(products),
        milliseconds(pass),
        milliseconds(least),
        gradient.as_secs_f64() / least.as_secs_f64(),
    ))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn timed(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    median((0..9).map(time).collect())
}
