//! The demonstration without arguments: a probe is learned from simulated trials, and its transform
//! is tested on other objects and other judgments.

use std::fmt::Write;

use human_alignment::inference::Equivalence;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::odd_one_out::OddOneOutScore;
use human_alignment::metric::rsa::{Comparator, RsaBootstrap, RsaScore};
use human_alignment::probe::{Pooled, PooledScore, ProbeCrossValidation};
use human_alignment::transfer::TransferResult;
use human_alignment::{
    Dissimilarity, Probe, Rdm, RdmSet, RepresentationSource, RepresentationalSimilarity, Result,
    Similarity, ZeroShotOddOneOut, transfer, transfer_across,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::Serialize;

use crate::simulated::{N_CONCEPTS, World};
use crate::{equivalence, of_comparison, of_equivalence};

const N_OBJECTS: usize = 240;
const N_TRIALS: usize = 30_000;
const N_OTHER_OBJECTS: usize = 60;
const N_OTHER_TRIALS: usize = 10_000;
const N_PEOPLE: u64 = 8;

/// Weights of the concepts for the participants of the training trials, and for participants who
/// judge by other properties.
const WEIGHTS: [f32; N_CONCEPTS] = [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.0, 0.0, 0.0];
const OTHER_WEIGHTS: [f32; N_CONCEPTS] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0];

/// The results for one network.
#[derive(Serialize)]
struct Row {
    network: String,
    lambda: f64,
    rank: usize,
    duality_gap: f64,
    learned: Pooled,
    other_objects: TransferResult<OddOneOutScore>,
    arrangements: TransferResult<RsaScore>,
    other_people: TransferResult<OddOneOutScore>,
    /// Tests of whether the accuracies for other objects and for other people are equivalent before
    /// and after the transform, if a margin is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_objects_equivalence: Option<Equivalence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_people_equivalence: Option<Equivalence>,
}

/// Learns a transform for each of three simulated networks, and tests it on other data.
pub fn run(seed: u64, margin: Option<f64>, json: bool) -> Result<String> {
    let world = World::new(N_OBJECTS, 0, seed)?;
    let trials = world.odd_one_out(&WEIGHTS, N_TRIALS, seed)?;
    let elsewhere = World::new(N_OTHER_OBJECTS, 1, seed)?;
    let other_trials = elsewhere.odd_one_out(&WEIGHTS, N_OTHER_TRIALS, seed)?;
    let arrangements = arranged(&elsewhere, seed)?;
    let other_people = elsewhere.odd_one_out(&OTHER_WEIGHTS, N_OTHER_TRIALS, seed)?;

    let validation = ProbeCrossValidation::new(Probe::new(1e-3)?.with_tolerance(1e-5)?)
        .with_penalties(&[1e-2, 1e-3, 1e-4, 1e-5, 1e-6])?
        .with_seed(seed);
    let cosine = ZeroShotOddOneOut::new(Similarity::Cosine);
    let dot = ZeroShotOddOneOut::new(Similarity::Dot);
    let choices = [&cosine, &dot];
    let geometry =
        RepresentationalSimilarity::new(Dissimilarity::Correlation, Comparator::Spearman)
            .with_bootstrap(RsaBootstrap::new(500, seed)?);
    let mut rows = Vec::new();
    for (network, elsewhere) in world.networks.iter().zip(&elsewhere.networks) {
        let learned = validation.run(network, &trials)?.pooled;
        let (probe, _) = validation.choose(network, &trials)?;
        let fit = probe.fit(network, &ChoiceFrequencies::from_trials(&trials))?;
        let transform = fit.transform();
        let other_objects = transfer_across(transform, elsewhere, &other_trials, choices)?;
        let other_concerns = transfer_across(transform, elsewhere, &other_people, choices)?;
        rows.push(Row {
            network: network.name().into(),
            lambda: fit.penalty(),
            rank: fit.rank(),
            duality_gap: fit.duality_gap(),
            learned,
            other_objects_equivalence: equivalence(other_objects.difference.as_ref(), margin)?,
            other_people_equivalence: equivalence(other_concerns.difference.as_ref(), margin)?,
            other_objects,
            arrangements: transfer(transform, elsewhere, &arrangements, &geometry)?,
            other_people: other_concerns,
        });
    }
    Ok(match json {
        true => serde_json::to_string(&rows).expect("string keys and finite numbers"),
        false => table(&rows),
    })
}

/// Simulates dissimilarities of participants, who differ in their weights and judge with noise.
fn arranged(world: &World, seed: u64) -> Result<RdmSet> {
    let person = |number| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        let mut normal = || -> f32 { rng.sample(StandardNormal) };
        let own = WEIGHTS.map(|weight| weight * (0.3 * normal()).exp());
        let seen = world.seen(&own);
        let mut distances = Vec::new();
        for first in 0..seen.nrows() {
            for second in first + 1..seen.nrows() {
                let difference = &seen.row(first) - &seen.row(second);
                let distance = difference.dot(&difference).sqrt();
                distances.push(f64::from(distance + 0.5 * normal()));
            }
        }
        Rdm::new(world.stimuli.clone(), distances)
    };
    RdmSet::numbered((0..N_PEOPLE).map(person).collect::<Result<_>>()?)
}

fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "Participants, objects and networks are simulated. A transform is learned from {N_TRIALS} \
         odd-one-out\ntrials of {N_OBJECTS} objects, and tested on {N_OTHER_OBJECTS} other objects: \
         on {N_OTHER_TRIALS} odd-one-out trials, on\narrangements by {N_PEOPLE} participants, and on \
         choices of participants who judge by other properties.\n"
    );
    for row in rows {
        let Pooled {
            zero_shot,
            probed,
            difference,
            ..
        } = &row.learned;
        let percent = |score: &PooledScore| 100.0 * score.accuracy.value;
        let _ = write!(
            text,
            "\n{} (lambda {}, rank {}, duality gap {:.0e} nats)\n\
             \x20 held-out objects       {:5.2} %  → {:5.2} %   {}\n",
            row.network,
            row.lambda,
            row.rank,
            row.duality_gap,
            percent(zero_shot),
            percent(probed),
            of_comparison(difference),
        );
        for (name, moved, equivalence) in [
            (
                "other objects",
                &row.other_objects,
                &row.other_objects_equivalence,
            ),
            (
                "other properties",
                &row.other_people,
                &row.other_people_equivalence,
            ),
        ] {
            let _ = writeln!(
                text,
                "  {name:22} {:5.2} %  → {:5.2} %   {}",
                100.0 * moved.before.accuracy,
                100.0 * moved.after.accuracy,
                moved
                    .difference
                    .as_ref()
                    .map_or(String::new(), of_comparison),
            );
            if let Some(found) = equivalence {
                let _ = writeln!(text, "    equivalence {}", of_equivalence(found));
            }
        }
        let moved = &row.arrangements;
        let _ = writeln!(
            text,
            "  arrangements (RSA)     {:7.3}  → {:7.3}   {}",
            moved.before.value,
            moved.after.value,
            moved
                .difference
                .as_ref()
                .map_or(String::new(), of_comparison),
        );
    }
    text.push_str("\nDifferences after − before the transform, with 95 % intervals.");
    text
}
