//! A small study: nine layers of AlexNet and eight category models compared with the judgments of
//! 16 participants of 92 object images, with noise ceiling and intervals over stimuli and
//! participants.
//!
//! ```text
//! cargo run --release --example arrangement_study -- FOLDER [--compare rho-a] [--bootstrap 1000]
//! ```
//!
//! The folder has the format of `Kriegeskorte92`: `stimuli.tsv`, `human_behaviour_rdms.npy`, and
//! stacks of model RDMs with their names.

mod common;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use human_alignment::dataset::Kriegeskorte92;
use human_alignment::inference::{Confidence, Interval, Resample, benjamini_hochberg};
use human_alignment::metric::rsa::{Comparator, RsaBootstrap, RsaNoiseCeiling};
use human_alignment::{Rdm, Result, SimilarityDataset};

/// Compare layers of AlexNet and category models with human dissimilarities of 92 object images.
#[derive(Parser)]
#[command(name = "arrangement_study")]
struct Arguments {
    /// Folder with the ids of the images, and the RDMs of participants and models.
    folder: PathBuf,
    /// Comparison of two RDMs: pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a,
    /// whitened-pearson or whitened-cosine.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// Number of bootstrap replicates over stimuli and participants, or over participants with a whitened
    /// comparator.
    #[arg(long, default_value_t = 1000)]
    bootstrap: usize,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    common::main(study)
}

fn study(arguments: &Arguments) -> Result<String> {
    let dataset = Kriegeskorte92::read(&arguments.folder)?;
    let layers = "alexnet_layer_rdms";
    let mut models = dataset.models(
        &format!("{layers}_condensed.npy"),
        &format!("{layers}.json"),
    )?;
    models.extend(dataset.models("category_model_rdms.npy", "category_model_rdms.json")?);

    let people = dataset.judgments();
    let rdms: Vec<&Rdm> = models.iter().map(|(_, rdm)| rdm).collect();
    let (resample, over) = match arguments.compare {
        Comparator::WhitenedPearson | Comparator::WhitenedCosine => (Resample::People, "people"),
        _ => (Resample::Both, "stimuli and people"),
    };
    let bootstrap = RsaBootstrap::new(arguments.bootstrap, arguments.seed)?;
    let bootstrap = bootstrap.over(resample).with_ceiling();
    let replicates = bootstrap.run(arguments.compare, &rdms, people)?;
    let ceiling = RsaNoiseCeiling::new(people, arguments.compare)?;
    let confidence = Confidence::default();

    let against_ceiling: Vec<f64> = (0..models.len())
        .filter_map(|model| replicates.against_ceiling(model))
        .map(|difference| difference.p_value())
        .collect();
    let against_zero: Vec<f64> = (0..models.len())
        .map(|model| replicates.per_person(model).p_value())
        .collect();
    let against_zero = benjamini_hochberg(&against_zero);
    let against_ceiling = benjamini_hochberg(&against_ceiling);

    let mut lines = vec![format!(
        "{}: {} people, {} stimuli, {}\n\n{:20} {:>11}  {:>10}  {:16}  {:>7}  {:>7}",
        dataset.name(),
        people.len(),
        people.stimuli().len(),
        arguments.compare,
        "model",
        "mean person",
        "per person",
        "interval",
        "p (0)",
        "p (ceiling)",
    )];
    for (model, (name, _)) in models.iter().enumerate() {
        let estimate = replicates.per_person(model);
        let Interval { lower, upper } = estimate.interval(confidence).clamp(-1.0, 1.0);
        lines.push(format!(
            "{name:20} {:>11.3}  {:>10.3}  {:16}  {:>7.4}  {:>7.4}",
            replicates.against_mean_person(model).value,
            estimate.value,
            format!("[{lower:.3}, {upper:.3}]"),
            against_zero[model],
            against_ceiling[model],
        ));
    }
    lines.push(format!(
        "\nnoise ceiling per person: {:.3}–{:.3}; {:.0} % intervals over {over};\n\
         p-values adjusted for {} models (Benjamini–Hochberg)",
        ceiling.lower,
        ceiling.upper,
        100.0 * confidence.level(),
        models.len()
    ));
    Ok(lines.join("\n"))
}
