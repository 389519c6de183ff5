//! Time and memory against the size of the data, with the exponents of fitted power laws.
//!
//! ```text
//! cargo run --release --example scale -- --trials 1e8
//! ```
//!
//! Data and weights are random; the images are one random batch again and again, which is not decoded.
//! Trials are streamed: the memory for the sums over triples of objects, which standard errors need,
//! grows up to 8 million triples and is then constant. The exponent is that of time ∝ sizeᵏ, fitted by
//! least squares to the logarithms of the larger half of the sizes. The largest amount of memory is
//! known on Linux only.

mod common;
#[path = "../benches/common/mod.rs"]
mod inputs;

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use human_alignment::study::{Measures, Model, Study};
use human_alignment::{
    AlignmentMetric, Dissimilarity, Error, RdmSet, Representation, Result, Similarity, Stimuli,
    ZeroShotOddOneOut,
};
use inputs::{N_STIMULI, random_features, random_trials};
use ndarray::{Array2, Array4, Axis, Slice};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of features where it is not varied.
const N_FEATURES: usize = 64;

/// Number of trials where they are not varied, and of those that are in memory while they are
/// streamed.
const N_TRIALS: usize = 1_000_000;

/// Width and height of images, in pixels.
const SIDE: usize = 64;

/// Measure time and memory against the number of trials, stimuli, features, images and models.
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
    /// Largest number of models in a study.
    #[arg(long, default_value_t = 1e3)]
    models: f64,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    let architecture = Architecture::named("squeezenet1_1")?;
    let (weights, taps) = (Weights::random(1), [Tap::new("penultimate")]);
    let network = Network::new(&architecture, &weights, &taps, Device::Cpu)?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let shape = (BATCH, 3, SIDE, SIDE);
    let batch = Array4::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0f32));
    let trials = Sizes::new("streamed trials", 1e4, arguments.trials)?;
    let stimuli = Sizes::new("stimuli of 1 million trials", 1e2, arguments.stimuli)?;
    let rdm = Sizes::new("stimuli of an RDM", 1e2, arguments.rdm)?;
    let features = Sizes::new("features", 1e2, arguments.features)?;
    let images = Sizes::new("images", 1e1, arguments.images)?;
    let models = Sizes::new("models in a study", 1e1, arguments.models)?;
    let curves = [
        trials.measure(|n| {
            let features = random_features(N_STIMULI, N_FEATURES);
            stream(&metric, &features, n)
        })?,
        stimuli.measure(|n| {
            let features = random_features(n, N_FEATURES);
            let trials = random_trials(n, N_TRIALS, 1);
            common::timed(|| metric.score(&features, &trials))
        })?,
        rdm.measure(|n| {
            let features = random_features(n, N_FEATURES);
            common::timed(|| Dissimilarity::Correlation.rdm(&features))
        })?,
        features.measure(|n| {
            let features = random_features(N_STIMULI, n);
            let trials = random_trials(N_STIMULI, N_TRIALS, 1);
            common::timed(|| metric.score(&features, &trials))
        })?,
        images.measure(|n| {
            let mut duration = Duration::ZERO;
            for first in (0..n).step_by(BATCH) {
                let images = batch.slice_axis(Axis(0), Slice::from(..BATCH.min(n - first)));
                duration += common::timed(|| network.represent(images))?;
            }
            Ok(duration)
        })?,
        models.measure(|n| {
            let study = study(n)?;
            common::timed(|| study.run())
        })?,
    ];
    let mut text = format!("{} threads", rayon::current_num_threads());
    for curve in curves {
        let _ = write!(text, "\n\n{curve}");
    }
    Ok(text)
}

/// Number of images of a batch.
const BATCH: usize = 32;

/// Sizes that increase by a factor of √10.
struct Sizes {
    what: &'static str,
    sizes: Vec<usize>,
}

impl Sizes {
    fn new(what: &'static str, smallest: f64, largest: f64) -> Result<Self> {
        let sizes = (0..).map(|step| smallest * 10f64.powf(f64::from(step) / 2.0));
        let sizes = sizes.take_while(|size| *size <= 1.01 * largest);
        let sizes: Vec<usize> = sizes.map(|size| size.round() as usize).collect();
        match sizes.len() {
            0 | 1 => Err(Error::other(format!(
                "{what}: the largest number is {largest} (expected at least {})",
                4.0 * smallest
            ))),
            _ => Ok(Self { what, sizes }),
        }
    }

    fn measure(self, mut measure: impl FnMut(usize) -> Result<Duration>) -> Result<Curve> {
        let points = self.sizes.into_iter().map(|size| {
            reset_peak();
            let duration = measure(size)?;
            Ok(Point {
                size,
                duration,
                peak: peak(),
            })
        });
        let (what, points) = (self.what, points.collect::<Result<Vec<Point>>>()?);
        Ok(Curve { what, points })
    }
}

/// What was measured at each of the sizes.
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

/// Returns a study of random features, with random trials and an RDM, without bootstrap.
fn study(n_models: usize) -> Result<Study> {
    const N_STIMULI: usize = 100;
    const N_TRIALS: usize = 10_000;

    let measures = Measures::default()
        .with_zero_shot([ZeroShotOddOneOut::new(Similarity::Cosine)])?
        .with_bootstrap(0)?;
    let people = Dissimilarity::Correlation.rdm(&random_features(N_STIMULI, N_FEATURES))?;
    let mut study = Study::new(measures)
        .with_dataset("choices", random_trials(N_STIMULI, N_TRIALS, 1))?
        .with_dataset("dissimilarities", RdmSet::from(people))?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for number in 0..n_models {
        let features =
            Array2::from_shape_simple_fn((N_STIMULI, N_FEATURES), || rng.random::<f32>());
        let features = Representation::new(Stimuli::numbered(N_STIMULI as u32), features)?;
        let model = Model::new(format!("model {number}")).on("choices", features.clone());
        study = study.with_model(model.on("dissimilarities", features))?;
    }
    Ok(study)
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
