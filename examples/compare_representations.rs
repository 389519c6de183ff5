//! Two custom representations of words, compared on triplets made from labels.
//!
//! ```text
//! cargo run --release --example compare_representations
//! ```

mod common;

use std::process::ExitCode;

use clap::Parser;
use human_alignment::dataset::LabelTriplets;
use human_alignment::inference::{Comparison, Confidence};
use human_alignment::{
    Representation, RepresentationSource, Result, Similarity, SimilarityDataset, Stimuli,
    ZeroShotOddOneOut,
};
use ndarray::Array2;

/// A representation of words by the counts of their letters.
struct Letters;

impl RepresentationSource for Letters {
    fn name(&self) -> &str {
        "letters"
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let mut counts = Array2::<f32>::zeros((stimuli.len(), 26));
        for (row, word) in stimuli.ids().iter().enumerate() {
            for letter in word.bytes().filter(u8::is_ascii_lowercase) {
                counts[[row, usize::from(letter - b'a')]] += 1.0;
            }
        }
        Representation::new(stimuli.clone(), counts)
    }
}

/// A representation of words by their length and their last letter.
struct Shape;

impl RepresentationSource for Shape {
    fn name(&self) -> &str {
        "length and ending"
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let features = stimuli.ids().iter().flat_map(|word| {
            let last = word.bytes().last().unwrap_or_default();
            [word.len() as f32, f32::from(last) / 10.0]
        });
        let features = Array2::from_shape_vec((stimuli.len(), 2), features.collect());
        Representation::new(stimuli.clone(), features.expect("two features a word"))
    }
}

/// Compare two representations of words that the program itself computes.
#[derive(Parser)]
#[command(name = "compare_representations")]
struct Arguments {}

fn main() -> ExitCode {
    common::main_without_options::<Arguments>(run)
}

fn run() -> Result<()> {
    let words = [
        ("walked", "past"),
        ("talked", "past"),
        ("jumped", "past"),
        ("asked", "past"),
        ("walking", "present"),
        ("talking", "present"),
        ("jumping", "present"),
        ("asking", "present"),
        ("walks", "third person"),
        ("talks", "third person"),
        ("jumps", "third person"),
        ("asks", "third person"),
    ];
    let (ids, labels): (Vec<&str>, Vec<&str>) = words.into_iter().unzip();
    let dataset = LabelTriplets::new(Stimuli::new(ids)?, &labels, 500, 1)?;

    let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
    let sources: [&dyn RepresentationSource; 2] = [&Letters, &Shape];
    let mut outcomes = Vec::new();
    for source in sources {
        let representation = source.represent(dataset.stimuli())?;
        let earned = metric.outcomes(&representation, dataset.judgments())?;
        common::line(format_args!("{:>18}: {}", source.name(), earned.score()))?;
        outcomes.push(earned);
    }
    let credits = [outcomes[0].credits(), outcomes[1].credits()];
    for comparison in Comparison::all_pairs(dataset.judgments(), &credits, Confidence::default())? {
        common::line(format_args!(
            "{:>18}: {:+.2} % [{:+.2}, {:+.2}], p = {:.3}",
            "difference",
            100.0 * comparison.difference.value,
            100.0 * comparison.interval.lower,
            100.0 * comparison.interval.upper,
            comparison.p_value
        ))?;
    }
    common::line(format_args!(
        "\non {}; three of the twelve words per trial",
        dataset.name()
    ))?;
    Ok(())
}
