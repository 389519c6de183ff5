//! Duration of the odd-one-out metric, and its ratios to a plain loop over trials and to the
//! minimal work, measured in one run. `score` is a whole score with its standard error over objects,
//! and `people` one of trials with participants.
//!
//! ```text
//! cargo run --release --example kernel_speed
//! ```

#[path = "../benches/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use clap::Parser;
use human_alignment::{AlignmentMetric, Precision, Result, Similarity, ZeroShotOddOneOut};

/// Time the odd-one-out metric, and compare it with a plain loop and with the minimal work.
#[derive(Parser)]
struct Arguments {
    /// Number of rounds, of which the medians are reported.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// Number of trials of the plain loop; its time is scaled to all trials.
const N_PLAIN: usize = 20_000;

fn main() -> Result<()> {
    let rounds = Arguments::parse().rounds.max(1);
    let trials = common::trials();
    let of_people = common::with_participants(&trials);
    println!(
        "{} stimuli, {} trials, {} threads; medians of {rounds} rounds, in milliseconds\n",
        common::N_STIMULI,
        trials.len(),
        rayon::current_num_threads()
    );
    println!(
        "{:>8} | {:>5} {:>5} | {:>6} {:>6} {:>6} {:>6} | {:>7} {:>7} {:>7} {:>7} | {:>7}",
        "features",
        "gemm",
        "pass",
        "single",
        "double",
        "score",
        "people",
        "single/",
        "double/",
        "score/",
        "people/",
        "loop/"
    );
    println!(
        "{:>8} | {:>5} {:>5} | {:>6} {:>6} {:>6} {:>6} | {:>7} {:>7} {:>7} {:>7} | {:>7}",
        "", "", "", "count", "count", "", "", "floor", "floor", "floor", "floor", "double"
    );
    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    for n_features in [64, 768, 4096] {
        let representation = common::features(n_features);
        let features = representation.features().to_f32();
        let values = features
            .as_slice()
            .expect("features are in row-major order");
        let mut gram = vec![0.0; common::N_STIMULI * common::N_STIMULI];
        let single = metric.with_precision(Precision::Single);

        let mut times = [const { Vec::new() }; 7];
        // All measurements alternate, so that a temporary slowdown affects all of them.
        for _ in 0..rounds {
            let plain = &trials.as_slice()[..N_PLAIN];
            let measured = [
                seconds(|| common::gemm(values, n_features, black_box(&mut gram))),
                seconds(|| common::pass(&gram, trials.as_slice())),
                seconds(|| single.count(&representation, &trials)),
                seconds(|| metric.count(&representation, &trials)),
                seconds(|| metric.score(&representation, &trials)),
                seconds(|| metric.score(&representation, &of_people)),
                seconds(|| common::plain_loop(&features, plain))
                    * (trials.len() as f64 / N_PLAIN as f64),
            ];
            times
                .iter_mut()
                .zip(measured)
                .for_each(|(times, time)| times.push(time));
        }
        let [gemm, pass, single, double, score, people, plain] = times.map(median);
        let floor = gemm + pass;
        println!(
            "{n_features:>8} | {:>5.1} {:>5.1} | {:>6.1} {:>6.1} {:>6.1} {:>6.1} | {:>7.2} {:>7.2} {:>7.2} {:>7.2} | {:>7.0}",
            1e3 * gemm,
            1e3 * pass,
            1e3 * single,
            1e3 * double,
            1e3 * score,
            1e3 * people,
            single / floor,
            double / floor,
            score / floor,
            people / floor,
            plain / double
        );
    }
    Ok(())
}

fn seconds<R>(work: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
