//! Features, and the trials of an observer who sees some of them.

use human_alignment::dataset::SimulatedObserver;
use human_alignment::{Representation, Stimuli, Task, Trials};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Returns features with a spectrum, and the trials, to learn from and held out, of an observer who sees a
/// mixture of three of them.
pub fn simulated<T: Task>(
    n: usize,
    n_features: usize,
    n_trials: usize,
) -> (Representation, Trials<T>, Trials<T>) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut random = |n: usize, p: usize| {
        Array2::from_shape_simple_fn((n, p), || rng.random_range(-1.0..1.0f32))
    };
    let mut features = random(n, n_features);
    for (axis, mut column) in features.columns_mut().into_iter().enumerate() {
        column /= 1.0 + axis as f32;
    }
    let seen = features.dot(&random(n_features, 3)) * 2.0;
    let stimuli = Stimuli::new((0..n).map(|index| format!("object {index}"))).unwrap();
    let (training, validation) = answers(&stimuli, seen, n_trials);
    let features = Representation::new(stimuli, features).unwrap();
    (features, training, validation)
}

/// Returns the trials, to learn from and held out, of an observer who sees this.
pub fn answers<T: Task>(
    stimuli: &Stimuli,
    seen: Array2<f32>,
    n_trials: usize,
) -> (Trials<T>, Trials<T>) {
    let n = stimuli.len() as u32;
    let seen = Representation::new(stimuli.clone(), seen).unwrap();
    let observer = SimulatedObserver::new(seen).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut trials = |n_trials: usize, seed: u64| {
        let questions: Vec<[u32; 3]> =
            std::iter::repeat_with(|| std::array::from_fn(|_| rng.random_range(0..n)))
                .filter(|[a, b, c]: &[u32; 3]| a != b && a != c && b != c)
                .take(n_trials)
                .collect();
        let answers = observer.answer::<T>(&questions, seed).unwrap();
        answers.into_judgments()
    };
    (trials(n_trials, 1), trials(n_trials / 2, 2))
}
