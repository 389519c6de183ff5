//! The objective of a mini-batch: the loss of its trials, the local term of its images, the
//! penalty.

use crate::error::{ComputationError, Error, FeatureError, Result};
use crate::linalg::short_dot;
use crate::probe::mini_batch::batch::{Batch, Parameters};
use crate::probe::mini_batch::data::Rows;
use crate::probe::mini_batch::local::LocalSimilarity;
use crate::probe::mini_batch::local_term::LocalTerm;
use crate::probe::mini_batch::penalty::Penalty;
use crate::probe::mini_batch::trial_loss::TrialLoss;
use crate::transform::Standardization;

/// The position of a row that is not in the batch.
const NOWHERE: u32 = u32::MAX;

/// The data-dependent parts of the objective, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Losses {
    /// The mean −ln p of the choices.
    pub of_trials: f64,
    /// The local term, if there is one.
    pub local: Option<f64>,
}

impl Losses {
    /// Computes (1 − α) · loss of trials + α · local term.
    pub fn combined(&self, alpha: f64) -> f64 {
        let local = self.local.map_or(0.0, |local| alpha * local);
        (1.0 - alpha) * self.of_trials + local
    }
}

/// The objective (1 − α) · loss of trials + α · local term + penalty, batch by batch.
pub(super) struct Objective<'a> {
    objects: Rows<'a>,
    trial_loss: TrialLoss,
    penalty: Penalty,
    alpha: f64,
    images: Option<Images<'a>>,
    batch: Batch,
    /// The position of each row of the objects in the batch.
    position_of: Vec<u32>,
    /// The rows of the objects in the batch.
    shown: Vec<u32>,
    /// The trials of the batch, as positions in the batch.
    trials: Vec<[u32; 3]>,
}

/// The images of the local term.
struct Images<'a> {
    training: Rows<'a>,
    validation: Rows<'a>,
    term: LocalTerm,
}

impl<'a> Objective<'a> {
    /// Creates the objective and checks the images.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if images have another number of features than the
    /// objects, [`FeatureError::ZeroVector`] if the standardised features of an image are all zero,
    /// and [`ComputationError::OutOfMemory`].
    pub fn new(
        objects: Rows<'a>,
        trial_loss: TrialLoss,
        penalty: Penalty,
        local: Option<(&'a LocalSimilarity, &'a Standardization)>,
    ) -> Result<Self> {
        let mut images = None;
        if let Some((local, standardization)) = local {
            let n_features = objects.n_features();
            local.check(n_features)?;
            let training = Rows::new(local.context(), standardization);
            check_directions(training)?;
            let mut validation = training;
            if let Some(images) = local.validation() {
                validation = Rows::new(images, standardization);
                check_directions(validation)?;
            }
            let n_images = local.batch_size().min(training.len().max(validation.len()));
            images = Some(Images {
                training,
                validation,
                term: LocalTerm::new(local.tau(), n_images, n_features)?,
            });
        }
        Ok(Self {
            objects,
            trial_loss,
            penalty,
            alpha: local.map_or(0.0, |(local, _)| local.alpha()),
            images,
            batch: Batch::default(),
            position_of: vec![NOWHERE; objects.len()],
            shown: Vec::new(),
            trials: Vec::new(),
        })
    }

    /// Computes (1 − α) · loss of trials + α · local term.
    pub fn combined(&self, losses: Losses) -> f64 {
        losses.combined(self.alpha)
    }

    /// Computes the penalty of the given parameters.
    pub fn penalty(&self, parameters: &Parameters) -> f64 {
        self.penalty
            .value(parameters.weights(), parameters.n_features)
    }

    /// Computes the losses of a batch, given by trials of object rows and rows of context images,
    /// and the gradient of the objective.
    ///
    /// # Errors
    /// Returns [`ComputationError::LossNotFinite`] if the loss is not finite, and
    /// [`FeatureError::ZeroVector`] with the id of an image that the transform maps to zero.
    pub fn evaluate(
        &mut self,
        parameters: &Parameters,
        trials: &[[u32; 3]],
        image_rows: &[u32],
        gradient: &mut [f64],
    ) -> Result<Losses> {
        self.gather(trials);
        let n_features = parameters.n_features;
        let batch = &mut self.batch;
        let images = self.images.as_ref();
        let images = images.map(|images| (images.training, image_rows));
        batch.fill(self.objects, &self.shown, images);
        batch.embed(parameters);
        batch.gradient.clear();
        batch.gradient.resize(batch.embedded.len(), 0.0);
        let n_of_objects = self.shown.len() * n_features;
        let (by_objects, by_images) = batch.gradient.split_at_mut(n_of_objects);
        let (objects, transformed) = batch.embedded.split_at(n_of_objects);
        let of_trials = self.trial_loss.mean_and_gradient(
            &self.trials,
            objects,
            n_features,
            1.0 - self.alpha,
            by_objects,
        );
        let mut local = None;
        if let Some(Images { training, term, .. }) = &mut self.images {
            let by_images = Some((self.alpha, by_images));
            let images = &batch.features[n_of_objects..];
            local = Some(term.mean(images, transformed, by_images, |image| {
                zero_vector(*training, image_rows[image])
            })?);
        }
        let losses = self.checked(Losses { of_trials, local })?;
        batch_gradient(&self.batch, self.penalty, parameters, gradient);
        Ok(losses)
    }

    /// Computes the losses of all given trials, and of validation images batch by batch.
    ///
    /// # Errors
    /// Returns an error if [`Objective::evaluate`] does.
    pub fn validate<'r>(
        &mut self,
        parameters: &Parameters,
        trials: &[[u32; 3]],
        batches: impl Iterator<Item = &'r [u32]>,
    ) -> Result<Losses> {
        let of_trials = self.loss_of(parameters, trials)?;
        let mut local = None;
        if let Some(Images {
            validation, term, ..
        }) = &mut self.images
        {
            let (mut sum, mut n_batches) = (0.0, 0);
            for rows in batches {
                self.batch.fill(*validation, rows, None);
                self.batch.embed(parameters);
                let (images, transformed) = (&self.batch.features, &self.batch.embedded);
                let of_zero = |image: usize| zero_vector(*validation, rows[image]);
                sum += term.mean(images, transformed, None, of_zero)?;
                n_batches += 1;
            }
            local = Some(sum / f64::from(n_batches));
        }
        self.checked(Losses { of_trials, local })
    }

    /// Computes the mean −ln p of the choices in all given trials.
    ///
    /// # Errors
    /// Returns [`ComputationError::LossNotFinite`] if the loss is not finite.
    pub fn loss_of(&mut self, parameters: &Parameters, trials: &[[u32; 3]]) -> Result<f64> {
        self.gather(trials);
        self.batch.fill(self.objects, &self.shown, None);
        self.batch.embed(parameters);
        let embedded = &self.batch.embedded;
        let of_trials = self
            .trial_loss
            .mean(&self.trials, embedded, parameters.n_features);
        let losses = Losses {
            of_trials,
            local: None,
        };
        Ok(self.checked(losses)?.of_trials)
    }

    fn checked(&self, losses: Losses) -> Result<Losses> {
        match self.combined(losses) {
            loss if loss.is_finite() => Ok(losses),
            loss => Err(ComputationError::LossNotFinite { loss }.into()),
        }
    }

    /// Collects the objects of the trials, each once.
    fn gather(&mut self, trials: &[[u32; 3]]) {
        self.shown.clear();
        self.trials.clear();
        let (shown, position_of) = (&mut self.shown, &mut self.position_of);
        self.trials.extend(trials.iter().map(|trial| {
            trial.map(|row| {
                let position = &mut position_of[row as usize];
                if *position == NOWHERE {
                    *position = shown.len() as u32;
                    shown.push(row);
                }
                *position
            })
        }));
        for &row in shown.iter() {
            position_of[row as usize] = NOWHERE;
        }
    }
}

/// Computes the gradient of a batch including the penalty.
fn batch_gradient(batch: &Batch, penalty: Penalty, parameters: &Parameters, gradient: &mut [f64]) {
    let n_features = parameters.n_features;
    batch.pull_back(n_features, gradient);
    let weights = parameters.weights();
    penalty.add_gradient(weights, n_features, &mut gradient[..weights.len()]);
}

/// Checks that no image has a zero vector, for which cosines are undefined.
fn check_directions(images: Rows<'_>) -> Result<()> {
    const BLOCK: usize = 1 << 10;

    let n_features = images.n_features();
    let rows: Vec<u32> = (0..images.len() as u32).collect();
    let mut features = Vec::new();
    for rows in rows.chunks(BLOCK) {
        features.resize(rows.len() * n_features, 0.0);
        images.write(rows, &mut features);
        let is_zero = |features: &[f64]| short_dot(features, features) == 0.0;
        if let Some(image) = features.chunks_exact(n_features).position(is_zero) {
            return Err(zero_vector(images, rows[image]));
        }
    }
    Ok(())
}

fn zero_vector(images: Rows<'_>, row: u32) -> Error {
    Error::from(FeatureError::ZeroVector {
        stimulus: images.id(row as usize).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::representation::Representation;
    use crate::stimuli::Stimuli;
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use ndarray::Array2;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const N_FEATURES: usize = 3;
    const TRIALS: [[u32; 3]; 5] = [[0, 5, 2], [7, 2, 5], [5, 0, 7], [2, 1, 0], [0, 5, 2]];
    const IMAGES: [u32; 4] = [4, 0, 3, 1];

    fn random(n: u32, seed: u64) -> Representation {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let features = Array2::from_shape_simple_fn((n as usize, N_FEATURES), || {
            rng.random_range(-1.0..1.0f32)
        });
        Representation::new(Stimuli::numbered(n), features).unwrap()
    }

    fn parameters(has_bias: bool) -> Parameters {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let n = N_FEATURES * N_FEATURES + if has_bias { N_FEATURES } else { 0 };
        Parameters {
            values: (0..n).map(|_| rng.random_range(-1.0..1.0)).collect(),
            n_features: N_FEATURES,
        }
    }

    /// Checks the gradient of the complete objective against central differences.
    fn check(n_pairs: usize, has_bias: bool, with_images: bool) {
        let (objects, images) = (random(8, 1), random(6, 2));
        let standardization = Standardization::scalar(0.1, 0.6).unwrap();
        let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
        let mut objective = Objective::new(
            Rows::new(&objects, &standardization),
            TrialLoss {
                n_pairs,
                factor: 1.0 / 0.8,
            },
            Penalty::ScaledIdentity { weight: 0.2 },
            with_images.then_some((&local, &standardization)),
        )
        .unwrap();
        let parameters = parameters(has_bias);
        // The objective and its gradient.
        let mut at = |position: usize, step: f64| {
            let mut moved = parameters.clone();
            moved.values[position] += step;
            let mut gradient = vec![f64::NAN; moved.values.len()];
            let losses = objective.evaluate(&moved, &TRIALS, &IMAGES, &mut gradient);
            let losses = losses.unwrap();
            assert_eq!(losses.local.is_some(), with_images);
            (
                objective.combined(losses) + objective.penalty(&moved),
                gradient,
            )
        };
        let (_, gradient) = at(0, 0.0);
        let step = 1e-6;
        for (position, found) in gradient.into_iter().enumerate() {
            let difference = (at(position, step).0 - at(position, -step).0) / (2.0 * step);
            assert_abs_diff_eq!(found, difference, epsilon = 1e-8);
        }
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        for n_pairs in [2, 3] {
            for has_bias in [false, true] {
                check(n_pairs, has_bias, false);
                check(n_pairs, has_bias, true);
            }
        }
    }

    #[test]
    fn validation_is_the_mean_over_all_trials_and_batches() {
        let (objects, images, others) = (random(8, 1), random(6, 2), random(5, 3));
        let none = Standardization::none();
        let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
        let local = local.with_validation(others.clone()).unwrap();
        let trial_loss = TrialLoss {
            n_pairs: 3,
            factor: 1.0,
        };
        let penalty = Penalty::SquaredFrobenius { weight: 1.0 };
        let new = |local| {
            let rows = Rows::new(&objects, &none);
            Objective::new(rows, trial_loss, penalty, Some((local, &none))).unwrap()
        };
        let mut objective = new(&local);
        let parameters = parameters(true);
        let batches = [[0u32, 1, 4], [2, 3, 0]];
        let slices = batches.iter().map(|batch| &batch[..]);
        let found = objective.validate(&parameters, &TRIALS, slices).unwrap();

        // Compute the same with training batches, using the other images as context.
        let context = LocalSimilarity::new(others, 0.3, 0.5).unwrap();
        let mut objective = new(&context);
        let mut unused = vec![0.0; parameters.values.len()];
        let mut of = |trials: &[[u32; 3]], batch: &[u32]| {
            let losses = objective.evaluate(&parameters, trials, batch, &mut unused);
            losses.unwrap()
        };
        let expected = batches.map(|batch| of(&TRIALS, &batch).local.unwrap());
        let local = 0.5 * (expected[0] + expected[1]);
        assert_relative_eq!(found.local.unwrap(), local, max_relative = 1e-14);
        let of_trials: f64 = TRIALS
            .iter()
            .map(|&trial| of(&[trial], &batches[0]).of_trials)
            .sum();
        assert_relative_eq!(found.of_trials, of_trials / 5.0, max_relative = 1e-14);
        let combined = 0.7 * found.of_trials + 0.3 * local;
        assert_relative_eq!(objective.combined(found), combined, max_relative = 1e-14);
    }

    #[test]
    fn images_that_have_no_direction_are_named() {
        let objects = random(8, 1);
        let mut features = random(5, 2).into_features().into_f32();
        features.row_mut(3).fill(0.5);
        let images = Representation::new(Stimuli::numbered(5), features).unwrap();
        // The features of image 3 are nonzero, but become zero by standardisation.
        let standardization = Standardization::scalar(0.5, 2.0).unwrap();
        let local = LocalSimilarity::new(images, 0.3, 0.5).unwrap();
        let refused = Objective::new(
            Rows::new(&objects, &standardization),
            TrialLoss {
                n_pairs: 3,
                factor: 1.0,
            },
            Penalty::SquaredFrobenius { weight: 1.0 },
            Some((&local, &standardization)),
        );
        assert!(
            matches!(
                refused.as_ref().map_err(Error::kind),
                Err(ErrorKind::Feature(FeatureError::ZeroVector { stimulus }))
                    if stimulus == "3"
            ),
            "{:?}",
            refused.err()
        );
    }
}
