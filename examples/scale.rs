//! Time and memory against the size of the data, with the exponents of fitted power laws.
//!
//! ```text
//! cargo run --release --example scale -- --trials 1e8
//! ```
//!
//! Data, weights and images are random. Trials are streamed: the memory for the sums over triples of
//! objects, which standard errors need, grows up to 8 million triples and is then constant. The
//! exponent is that of time ∝ sizeᵏ, fitted by least squares to the logarithms of the larger half of
//! the sizes. The largest amount of memory is known on Linux only.

mod common;
#[path = "../benches/common/mod.rs"]
mod inputs;

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use human_alignment::{
    AlignmentMetric, Dissimilarity, Error, Representation, Result, Similarity, ZeroShotOddOneOut,
};
use inputs::{N_STIMULI, random_features, random_trials};
use ndarray::Array4;

/// Number of features where it is not varied.
const N_FEATURES: usize = 64;

/// Number of trials where they are not varied, and of those that are in memory while they are
/// streamed.
const N_TRIALS: usize = 1_000_000;

/// Width and height of images, in pixels.
const SIDE: usize = 64;

/// Measure time and memory against the number of trials, stimuli, features and images.
#[derive(Parser)]
#[command(name = "scale")]
struct Arguments {
    /// Largest number of streamed trials.
    #[arg(long, default_value_t = 1e7)]
    trials: f64,
    /// Largest number of stimuli of odd-one-out trials.
    #[arg(long, default_value_t = 1e5)]
    stimuli: f64,
    /// Largest number of stimuli of an RDM, whose size grows with its square.
    #[arg(long, default_value_t = 1e4)]
    rdm: f64,
    /// Largest number of features.
    #[arg(long, default_value_t = 1e4)]
    features: f64,
    /// Largest number of images that pass through a network.
    #[arg(long, default_value_t = 1e3)]
    images: f64,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    let architecture = Architecture::named("squeezenet1_1")?;
    let (weights, taps) = (Weights::random(1), [Tap::new("penultimate")]);
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu)?;
    let curves = [
        curve("streamed trials", 1e4, arguments.trials, |n| {
            let features = random_features(N_STIMULI, N_FEATURES);
            stream(&metric, &features, n)
        }),
        curve("stimuli of 1 million trials", 1e2, arguments.stimuli, |n| {
            let (features, trials) = (
                random_features(n, N_FEATURES),
                random_trials(n, N_TRIALS, 1),
            );
            common::timed(|| metric.score(&features, &trials))
        }),
        curve("stimuli of an RDM", 1e2, arguments.rdm, |n| {
            let features = random_features(n, N_FEATURES);
            common::timed(|| Dissimilarity::Correlation.rdm(&features))
        }),
        curve("features", 1e2, arguments.features, |n| {
            let (features, trials) = (
                random_features(N_STIMULI, n),
                random_trials(N_STIMULI, N_TRIALS, 1),
            );
            common::timed(|| metric.score(&features, &trials))
        }),
        curve("images", 1e1, arguments.images, |n| {
            let mut duration = Duration::ZERO;
            for first in (0..n).step_by(BATCH) {
                let images = Array4::zeros((BATCH.min(n - first), 3, SIDE, SIDE));
                duration += common::timed(|| network.represent(images.view()))?;
            }
            Ok(duration)
        }),
    ];
    let mut text = format!("{} threads", rayon::current_num_threads());
    for curve in curves {
        let _ = write!(text, "\n\n{}", curve?);
    }
    Ok(text)
}

/// Number of images of a batch.
const BATCH: usize = 32;

/// Measurements at sizes that increase by a factor of √10.
struct Curve {
    what: &'static str,
    points: Vec<Point>,
}

struct Point {
    size: usize,
    duration: Duration,
    /// Largest amount of memory of the process, in bytes.
    peak: Option<u64>,
}

fn curve(
    what: &'static str,
    smallest: f64,
    largest: f64,
    mut measure: impl FnMut(usize) -> Result<Duration>,
) -> Result<Curve> {
    let sizes = (0..).map(|step| smallest * 10f64.powf(f64::from(step) / 2.0));
    let mut points = Vec::new();
    for size in sizes.take_while(|size| *size <= 1.01 * largest) {
        let size = size.round() as usize;
        reset_peak();
        points.push(Point {
            size,
            duration: measure(size)?,
            peak: peak(),
        });
    }
    match points.len() {
        0 | 1 => Err(Error::other(format!(
            "{what}: the largest number is {largest} (expected at least {})",
            4.0 * smallest
        ))),
        _ => Ok(Curve { what, points }),
    }
}

impl Curve {
    /// Fits the exponent k of time ∝ sizeᵏ to the larger half of the sizes.
    fn exponent(&self) -> f64 {
        let points = &self.points[(self.points.len() / 2).min(self.points.len() - 2)..];
        let n = points.len() as f64;
        let log_size = |point: &Point| (point.size as f64).ln();
        let log_time = |point: &Point| point.duration.as_secs_f64().ln();
        let mean_size = points.iter().map(log_size).sum::<f64>() / n;
        let mean_time = points.iter().map(log_time).sum::<f64>() / n;
        let deviations = points.iter().map(|point| {
            let size = log_size(point) - mean_size;
            [size * (log_time(point) - mean_time), size * size]
        });
        let [products, squares] = deviations.fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
        products / squares
    }
}

impl std::fmt::Display for Curve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}: time ∝ size^{:.2}", self.what, self.exponent())?;
        write!(
            f,
            "{:>12} {:>12} {:>12}",
            "size", "milliseconds", "peak, MB"
        )?;
        for point in &self.points {
            let milliseconds = 1e3 * point.duration.as_secs_f64();
            write!(f, "\n{:>12} {milliseconds:>12.1} ", point.size)?;
            match point.peak {
                Some(bytes) => write!(f, "{:>12}", bytes / 1_000_000)?,
                None => write!(f, "{:>12}", "unknown")?,
            }
        }
        Ok(())
    }
}

/// Tallies trials in chunks, and returns the duration without that of drawing them.
fn stream(metric: &ZeroShotOddOneOut, features: &Representation, n: usize) -> Result<Duration> {
    let start = Instant::now();
    let mut drawing = Duration::ZERO;
    let chunks = (0..n).step_by(N_TRIALS).map(|first| {
        let start = Instant::now();
        let chunk = random_trials(N_STIMULI, N_TRIALS.min(n - first), first as u64);
        drawing += start.elapsed();
        Ok(chunk)
    });
    metric
        .tally(features, features.stimuli(), chunks)?
        .score()?;
    Ok(start.elapsed() - drawing)
}

/// Forgets the largest amount of memory so far, where the operating system can.
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Returns the largest amount of memory, in bytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kilobytes)
}
