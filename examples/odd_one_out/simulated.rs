//! The demonstration without arguments: simulated participants, and representations of different
//! quality.

use human_alignment::dataset::SimulatedObserver;
use human_alignment::{
    Representation, Result, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::report::Report;
use crate::score;

const N_STIMULI: u32 = 120;
const N_DIMENSIONS: usize = 8;
const N_FEATURES: usize = 64;
const N_QUESTIONS: usize = 4000;
const N_PARTICIPANTS: u32 = 5;

/// Noise of each simulated representation, in standard deviations of its signal.
const QUALITIES: [(&str, f32); 3] = [
    ("simulated, faithful", 0.1),
    ("simulated, noisy", 2.0),
    ("simulated, noise only", f32::INFINITY),
];

/// Scores three simulated representations on the choices of simulated participants.
pub fn run(metric: ZeroShotOddOneOut, seed: u64) -> Result<Report> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Most dimensions of a stimulus are near zero, as in embeddings of real objects.
    let concepts = normal(N_STIMULI as usize, N_DIMENSIONS, &mut rng).mapv(|x| x.powi(2));
    let stimuli = Stimuli::new((0..N_STIMULI).map(|stimulus| format!("stimulus {stimulus}")))?;
    let embedding = Representation::new(stimuli.clone(), concepts.clone())?;
    let people = SimulatedObserver::new(embedding)?
        .with_similarity(Similarity::Cosine)
        .with_temperature(0.1)?
        .with_participants(N_PARTICIPANTS)?
        .odd_one_out(N_QUESTIONS, seed)?;

    let mixture = normal(N_DIMENSIONS, N_FEATURES, &mut rng);
    let signal = concepts.dot(&mixture);
    let scale = signal.std(0.0);
    let mut named = Vec::new();
    for (name, noise) in QUALITIES {
        let noise_of = normal(N_STIMULI as usize, N_FEATURES, &mut rng) * scale;
        let features = if noise.is_finite() {
            &signal + noise_of * noise
        } else {
            noise_of
        };
        named.push((name.into(), Representation::new(stimuli.clone(), features)?));
    }
    let mut report = score(metric, &named, people.judgments(), true)?;
    report.simulated = Some(format!(
        "Simulated data: {N_PARTICIPANTS} participants with the same embedding answer \
         {N_QUESTIONS} questions about\n{N_STIMULI} stimuli; three representations are that \
         embedding with increasing noise.",
    ));
    Ok(report)
}

fn normal(n_rows: usize, n_columns: usize, rng: &mut ChaCha8Rng) -> Array2<f32> {
    Array2::from_shape_simple_fn((n_rows, n_columns), || rng.sample(StandardNormal))
}
