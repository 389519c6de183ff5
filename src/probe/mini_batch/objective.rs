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

    /// Computes loss of trials + local term.
    pub fn sum(&self) -> f64 {
        self.of_trials + self.local.unwrap_or(0.0)
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
    /// objects, [`FeatureError::ZeroVector`] if the standardized features of an image are all zero,
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
mod tests;
