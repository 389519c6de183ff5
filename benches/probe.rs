//! The probe on simulated trials of the size of a fold of THINGS: 1,250,000 trials of 1,236 objects
//! with 768 features.
//!
//! `gradient` is one evaluation of the objective and its gradient at the rank of the end of a fit,
//! including the other work of the search. `floor` is the minimal work: four matrix products and
//! one pass over the trials. The example `probe_speed` times the whole fit.

#[path = "../examples/probe_speed/floor.rs"]
mod floor;
#[path = "../examples/probe_speed/simulation.rs"]
mod simulation;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use human_alignment::Probe;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::probe::PenaltyKind;

use floor::{Pass, Products};

const N_OBJECTS: u32 = 1236;
const N_FEATURES: usize = 768;
const N_TRIALS: usize = 1_250_000;

/// Rank of a fit to the simulated trials, approximately.
const RANK: usize = 16;

fn probe(criterion: &mut Criterion) {
    let (features, trials) = simulation::simulated(N_OBJECTS, N_FEATURES, N_TRIALS, 1.0).unwrap();
    let choices = ChoiceFrequencies::from_trials(&trials);
    let mut group = criterion.benchmark_group("probe");
    group.sample_size(10);
    group.bench_function("gradient", |bencher| {
        // The search is ended by the observer. Only iterations with one gradient are timed.
        let probe = Probe::new(0.01).unwrap().with_rank(RANK).unwrap();
        let probe = probe.with_penalty_kind(PenaltyKind::Trace);
        let probe = probe.with_tolerance(1e-300).unwrap();
        bencher.iter_custom(|n| {
            let (mut timed, mut total) = (0, Duration::ZERO);
            let (mut last, mut n_gradients) = (Instant::now(), 0);
            while timed < n {
                let observe = |iteration: &human_alignment::probe::Iteration| {
                    if iteration.n_gradients == n_gradients + 1 && iteration.rank == RANK {
                        total += last.elapsed();
                        timed += 1;
                    }
                    (last, n_gradients) = (Instant::now(), iteration.n_gradients);
                    match timed < n {
                        true => ControlFlow::Continue(()),
                        false => ControlFlow::Break(()),
                    }
                };
                black_box(probe.fit_observed(&features, &choices, observe).unwrap());
            }
            total
        });
    });
    let mut products = Products::new(N_OBJECTS as usize, N_FEATURES, RANK);
    let mut pass = Pass::new(N_OBJECTS as usize, trials.as_slice());
    group.bench_function("floor", |bencher| {
        bencher.iter(|| {
            products.multiply();
            pass.run();
        });
    });
    group.finish();
}

criterion_group!(benches, probe);
criterion_main!(benches);
