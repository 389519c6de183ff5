//! The time in which an embedding is learned, and how well it recovers a planted one.
//!
//! ```text
//! cargo run --release --example embed_speed -- --objects 1854 --trials 4700000
//! ```

use std::ops::ControlFlow;
use std::time::Instant;

use clap::Parser;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::embedding::{Spose, match_dimensions};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{
    AlignmentMetric, Representation, Result, Similarity, SimilarityDataset, Stimuli,
    ZeroShotOddOneOut,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Learn an embedding from simulated choices of a planted one, and print the time and the
/// agreement.
#[derive(Parser)]
struct Arguments {
    /// Number of objects.
    #[arg(long, default_value_t = 1854)]
    objects: u32,
    /// Number of planted dimensions.
    #[arg(long, default_value_t = 20)]
    planted: usize,
    /// Number of simulated trials.
    #[arg(long, default_value_t = 4_700_000)]
    trials: usize,
    /// Number of dimensions before any are removed.
    #[arg(long, default_value_t = 100)]
    dimensions: usize,
    /// Weight of the penalty.
    #[arg(long, default_value_t = 0.008)]
    lambda: f64,
    /// Scale of the random initial weights.
    #[arg(long, default_value_t = 4.0)]
    initial_scale: f64,
    /// Relative decrease of the objective over ten iterations at which the fit ends.
    #[arg(long, default_value_t = 1e-5)]
    tolerance: f64,
    /// Seed of the simulation and of the initial weights.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    let mut weight = || {
        let (is_present, size): (f64, f64) = (rng.random(), rng.random());
        if is_present < 0.2 {
            0.2 + 1.8 * size
        } else {
            // Not exactly 0, so that no question has several most probable answers.
            0.02 * size
        }
    };
    let shape = (arguments.objects as usize, arguments.planted);
    let weights = Array2::from_shape_simple_fn(shape, &mut weight);
    let truth = Representation::new(Stimuli::numbered(arguments.objects), weights)?;
    let observer = SimulatedObserver::new(truth.clone())?;
    let trials = observer.odd_one_out(arguments.trials, arguments.seed)?;
    let test = observer.odd_one_out(200_000, arguments.seed + 1)?;

    let start = Instant::now();
    let choices = ChoiceFrequencies::from_trials(trials.judgments());
    println!(
        "{} trials, {} questions, grouped in {:.1} s",
        arguments.trials,
        choices.questions().len(),
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let embedding = Spose::new(arguments.dimensions)?
        .with_lambda(arguments.lambda)?
        .with_initial_scale(arguments.initial_scale)?
        .with_tolerance(arguments.tolerance)?
        .with_seed(arguments.seed)
        .fit_observed(&choices, |at| {
            if at.number % 20 == 0 {
                println!(
                    "iteration {}, {} passes: objective {:.6}, change {:.1e}, {} dimensions, {:.1} s",
                    at.number,
                    at.n_passes,
                    at.objective,
                    at.relative_change,
                    at.n_dimensions,
                    start.elapsed().as_secs_f64()
                );
            }
            ControlFlow::Continue(())
        })?;
    println!(
        "{} dimensions, {} iterations, {} passes, KKT residual {:.1e}, {:?}, {:.1} s",
        embedding.n_dimensions(),
        embedding.n_iterations(),
        embedding.n_passes(),
        embedding.kkt_residual(),
        embedding.ending(),
        start.elapsed().as_secs_f64()
    );
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    let of_truth = metric.score(&truth, test.judgments())?;
    let found = metric.score(embedding.representation(), test.judgments())?;
    println!(
        "accuracy {:.2} % (truth {:.2} %), cross-entropy {:.4} (truth {:.4})",
        100.0 * found.accuracy,
        100.0 * of_truth.accuracy,
        found.cross_entropy,
        of_truth.cross_entropy
    );
    let matched = match_dimensions(&truth, embedding.representation(), 20, 0)?;
    let correlations = matched
        .pairs
        .iter()
        .map(|pair| format!("{:.3}", pair.correlation));
    println!(
        "matched correlations: {}",
        correlations.collect::<Vec<_>>().join(" ")
    );
    Ok(())
}
