//! Simulated participants and networks, for examples without data.
//!
//! Objects have a few concepts, by which participants judge. The features of a network are mixtures
//! of these concepts, weighted differently by each network, and of nuisance factors that
//! participants ignore (such as light and background). A linear transform can therefore improve
//! alignment.

use human_alignment::dataset::SimulatedObserver;
use human_alignment::{OddOneOut, Provenance, Representation, Result, Stimuli};
use ndarray::{Array1, Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Number of concepts by which participants judge.
pub const N_CONCEPTS: usize = 10;

/// Number of nuisance factors.
const N_NUISANCES: usize = 30;

/// Number of features of a network.
const N_FEATURES: usize = 96;

/// Names of the networks, and the weight of the nuisance factors in their features.
pub const NETWORKS: [(&str, f32); 3] = [
    ("simulated network A", 0.6),
    ("simulated network B", 1.2),
    ("simulated network C", 2.4),
];

/// Simulated objects, their concepts (objects × concepts), and the features of the networks.
pub struct World {
    pub stimuli: Stimuli,
    pub concepts: Array2<f32>,
    pub networks: Vec<Representation>,
}

impl World {
    /// Creates `n_objects` objects. The same seed gives the same networks; another `sample` gives
    /// other objects.
    pub fn new(n_objects: usize, sample: u64, seed: u64) -> Result<Self> {
        let stream = |number| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            rng
        };
        let mut objects = stream(1000 + sample);
        let ids = (0..n_objects).map(|object| format!("object {sample}.{object}"));
        let stimuli = Stimuli::new(ids)?;
        // Most concepts are near zero for most objects.
        let concepts = normal(n_objects, N_CONCEPTS, &mut objects).mapv(|x| x * x);
        let nuisances = normal(n_objects, N_NUISANCES, &mut objects);
        let mut networks = Vec::new();
        for (number, (name, nuisance)) in (0..).zip(NETWORKS) {
            // The weights of a network are the same for all objects.
            let mut learned = stream(number);
            let weights: Array1<f32> = normal(1, N_CONCEPTS, &mut learned)
                .mapv(|x| (0.5 * x).exp())
                .remove_axis(Axis(0));
            let of_concepts = normal(N_CONCEPTS, N_FEATURES, &mut learned);
            let of_nuisances = normal(N_NUISANCES, N_FEATURES, &mut learned);
            let own = normal(n_objects, N_FEATURES, &mut objects);
            let features = (&concepts * &weights).dot(&of_concepts)
                + nuisances.dot(&of_nuisances) * nuisance
                + own;
            let features = Representation::new(stimuli.clone(), features)?;
            networks.push(features.with_provenance(Provenance::default().with_model(name)));
        }
        Ok(Self {
            stimuli,
            concepts,
            networks,
        })
    }

    /// Returns odd-one-out trials of an observer who weights the concepts by `weights`.
    pub fn odd_one_out(
        &self,
        weights: &[f32; N_CONCEPTS],
        n_trials: usize,
        seed: u64,
    ) -> Result<OddOneOut> {
        let seen = self.seen(weights);
        let observer = SimulatedObserver::new(Representation::new(self.stimuli.clone(), seen)?)?;
        let trials = observer
            .with_lapse_rate(0.05)?
            .odd_one_out(n_trials, seed)?;
        Ok(trials.into_judgments())
    }

    /// Returns the concepts multiplied by `weights`, objects × concepts.
    pub fn seen(&self, weights: &[f32; N_CONCEPTS]) -> Array2<f32> {
        &self.concepts * &Array1::from(weights.to_vec())
    }
}

fn normal(n_rows: usize, n_columns: usize, rng: &mut ChaCha8Rng) -> Array2<f32> {
    Array2::from_shape_simple_fn((n_rows, n_columns), || rng.sample(StandardNormal))
}
