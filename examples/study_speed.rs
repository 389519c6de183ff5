//! Duration of a study relative to its metrics: 20 models of 1,854 stimuli, 4.7 million trials, one
//! human RDM.
//!
//! ```text
//! cargo run --release --example study_speed
//! ```
//!
//! Measured in one run: zero-shot, RSA and CKA called one after another, the study of all of them,
//! and the same study from its cache. Features and participants are simulated.

#[path = "common/mod.rs"]
mod common;

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::metric::cka::Kernel;
use human_alignment::metric::rsa::Comparator;
use human_alignment::study::{Measures, Model, Study};
use human_alignment::{
    AlignmentMetric, Cka, Dissimilarity, Error, RdmSet, Representation, RepresentationalSimilarity,
    Result, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut,
};
use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Time a study of simulated data, and compare it with the sum of its metrics.
#[derive(Parser)]
#[command(name = "study_speed")]
struct Arguments {
    /// Number of models.
    #[arg(long, default_value_t = 20)]
    models: u64,
    /// Number of stimuli.
    #[arg(long, default_value_t = 1854)]
    stimuli: u32,
    /// Number of features per model.
    #[arg(long, default_value_t = 768)]
    features: usize,
    /// Number of odd-one-out trials.
    #[arg(long, default_value_t = 4_700_000)]
    trials: usize,
    /// Number of repetitions, of which the fastest is reported.
    #[arg(long, default_value_t = 3)]
    repeats: u32,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let features = |seed| features(arguments, seed);
    let observer = SimulatedObserver::new(features(0)?)?.with_temperature(100.0)?;
    let trials = observer
        .odd_one_out(arguments.trials, 1)?
        .judgments()
        .clone();
    let people = RdmSet::from(Dissimilarity::Correlation.rdm(&features(0)?)?);
    let models: Vec<Representation> = (1..=arguments.models)
        .map(features)
        .collect::<Result<_>>()?;

    let zero_shot = ZeroShotOddOneOut::new(Similarity::Cosine);
    let rsa = RepresentationalSimilarity::new(Dissimilarity::Correlation, Comparator::Spearman);
    let cka = Cka::new(Kernel::Linear)?;
    let [mut of_trials, mut of_rdms, mut of_cka] = [f64::INFINITY; 3];
    for _ in 0..arguments.repeats {
        of_trials = of_trials.min(seconds(|| {
            models
                .iter()
                .try_for_each(|model| zero_shot.score(model, &trials).map(drop))
        })?);
        of_rdms = of_rdms.min(seconds(|| {
            models
                .iter()
                .try_for_each(|model| rsa.score(model, &people).map(drop))
        })?);
        let models: Vec<&Representation> = models.iter().collect();
        of_cka = of_cka.min(seconds(|| cka.matrix(&models).map(drop))?);
    }
    let kernels = of_trials + of_rdms + of_cka;

    let study = || -> Result<Study> {
        let measures = Measures::default()
            .with_zero_shot([zero_shot])?
            .with_bootstrap(0)?
            .with_cka(cka);
        let mut study = Study::new(measures)
            .with_dataset("choices", trials.clone())?
            .with_dataset("dissimilarities", people.clone())?;
        for (number, model) in models.iter().enumerate() {
            // CKA is computed once for features that are in several data sets.
            let named = Model::new(format!("model {number}")).on("choices", model.clone());
            study = study.with_model(named.on("dissimilarities", model.clone()))?;
        }
        Ok(study)
    };
    let [mut fresh, mut cached, mut n_rows] = [f64::INFINITY, f64::INFINITY, 0.0];
    for _ in 0..arguments.repeats {
        let folder = tempfile::tempdir().map_err(Error::other)?;
        let plain = study()?;
        fresh = fresh.min(seconds(|| plain.run().map(drop))?);
        let kept = study()?.with_cache(folder.path());
        n_rows = kept.run()?.rows.len() as f64;
        cached = cached.min(seconds(|| kept.run().map(drop))?);
    }

    let mut text = format!(
        "{} models of {} × {} features, {} trials, {n_rows} rows\n\n",
        arguments.models, arguments.stimuli, arguments.features, arguments.trials
    );
    for (what, seconds) in [
        ("zero-shot", of_trials),
        ("RSA", of_rdms),
        ("CKA of all pairs", of_cka),
        ("sum of metrics", kernels),
        ("study", fresh),
        ("study from its cache", cached),
    ] {
        let _ = writeln!(text, "{what:22} {seconds:8.3} s {:6.2}", seconds / kernels);
    }
    Ok(text)
}

fn features(arguments: &Arguments, seed: u64) -> Result<Representation> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let shape = (arguments.stimuli as usize, arguments.features);
    let features: Array2<f32> =
        Array2::from_shape_simple_fn(shape, || StandardNormal.sample(&mut rng));
    Representation::new(Stimuli::numbered(arguments.stimuli), features)
}

fn seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}
