//! The training loop.

use std::ops::ControlFlow;

use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::error::{ComputationError, Context, Result};
use crate::judgment::{Task, Trials};
use crate::linalg::zeroed;
use crate::probe::mini_batch::MiniBatchProbe;
use crate::probe::mini_batch::batch::Parameters;
use crate::probe::mini_batch::data::{Deck, Rows, fingerprint, shown, shuffle, trials_of_rows};
use crate::probe::mini_batch::fit::{
    Epoch, Kept, MiniBatchFit, Monitored, StoppingReason, StoppingState,
};
use crate::probe::mini_batch::local::{ContextFeatures, LocalSimilarity};
use crate::probe::mini_batch::objective::{Losses, Objective};
use crate::probe::mini_batch::optimizer::{Descent, clip};
use crate::probe::mini_batch::trial_loss::TrialLoss;
use crate::representation::Representation;
use crate::transform::{LinearTransform, Standardization, Training};

/// The random streams of one seeded generator, one per purpose.
#[derive(Clone, Copy)]
enum Stream {
    Weights,
    Trials,
    Images,
    ValidationImages,
}

impl Stream {
    fn rng(self, seed: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(self as u64);
        rng
    }
}

/// Trains a transform with the given settings.
pub(super) fn train<T: Task>(
    settings: &MiniBatchProbe,
    representation: &Representation,
    training: &Trials<T>,
    validation: &Trials<T>,
    observe: &mut dyn FnMut(&Epoch) -> ControlFlow<()>,
) -> Result<MiniBatchFit> {
    let standardization = settings.standardize.of(representation)?;
    let training = trials_of_rows(training, representation)?;
    let validation = trials_of_rows(validation, representation)?;
    let local = settings.local.as_ref();
    let images: Vec<&Representation> = local
        .into_iter()
        .flat_map(|local| [Some(local.context()), local.validation()])
        .flatten()
        .collect();
    let shown = shown(representation, [&training, &validation])?;
    let data = fingerprint::<T>(representation, [&training, &validation], &shown, &images);
    let record = (settings.record()?)
        .with_data(data)
        .with_features(representation.provenance())
        .with_stimuli(shown.stimuli());
    let of_context = match local.map(LocalSimilarity::context_features) {
        Some(ContextFeatures::AsGiven) => Standardization::none(),
        _ => standardization.clone(),
    };
    let moments = [&standardization, &of_context];
    let mut run = Run::new::<T>(settings, representation, moments, training)?;
    let mut history: Vec<Epoch> = Vec::new();
    let (mut outcome, mut best) = (StoppingReason::MaxEpochs, None);
    let mut state = settings.stopping_state;
    for number in 1..=settings.max_epochs {
        let mut epoch = run
            .epoch(number, &validation)
            .map_err(|error| error.with_context(Context::Epoch(number)))?;
        let objective = epoch.validation_objective;
        state.add(objective, settings.min_improvement);
        epoch.n_without_improvement = state.n_without_improvement;
        let best_of = |best: &(usize, Parameters)| history[best.0].validation_objective;
        if settings.kept == Kept::BestEpoch
            && best.as_ref().map_or(f64::INFINITY, best_of) > objective
        {
            best = Some((history.len(), run.parameters.clone()));
        }
        history.push(epoch);
        if observe(&epoch).is_break() {
            outcome = StoppingReason::StoppedByObserver;
            break;
        }
        let is_impatient = settings
            .patience
            .is_some_and(|patience| state.n_without_improvement >= patience);
        if is_impatient && number >= settings.min_epochs {
            outcome = StoppingReason::EarlyStopped;
            break;
        }
    }
    let mut kept = history.len() - 1;
    if let Some((epoch, parameters)) = best {
        (kept, run.parameters) = (epoch, parameters);
    }
    run.finish(history, kept, (outcome, state), record)
}

/// The state of a training run.
struct Run<'a> {
    settings: &'a MiniBatchProbe,
    standardization: &'a Standardization,
    objective: Objective<'a>,
    parameters: Parameters,
    descent: Descent,
    gradient: Vec<f64>,
    training: Vec<[u32; 3]>,
    order: ChaCha8Rng,
    images: Option<Images>,
}

/// The order of the images of the local term in training and validation.
struct Images {
    training: Deck,
    batch_size: usize,
    validation: Vec<u32>,
    validation_batch_size: usize,
}

impl Images {
    fn new(local: &LocalSimilarity, seed: u64) -> Self {
        let n_images = local.context().n_stimuli();
        let validation = local.validation().unwrap_or(local.context());
        let n_validation = validation.n_stimuli();
        let validation_batch_size = local.batch_size().min(n_validation);
        // Validation images are shuffled too, as image files are often sorted by class.
        let mut rows: Vec<u32> = (0..n_validation as u32).collect();
        shuffle(&mut rows, &mut Stream::ValidationImages.rng(seed));
        if local.validation().is_none() {
            rows.truncate(validation_batch_size);
        }
        Self {
            training: Deck::new(n_images, Stream::Images.rng(seed)),
            batch_size: local.batch_size(),
            validation: rows,
            validation_batch_size,
        }
    }
}

impl<'a> Run<'a> {
    fn new<T: Task>(
        settings: &'a MiniBatchProbe,
        representation: &'a Representation,
        [standardization, of_context]: [&'a Standardization; 2],
        training: Vec<[u32; 3]>,
    ) -> Result<Self> {
        let n_features = representation.n_features();
        let local = settings.local.as_ref();
        let trial_loss = TrialLoss {
            n_pairs: T::N_PAIRS,
            factor: settings.temperature.recip(),
        };
        let objective = Objective::new(
            Rows::new(representation, standardization),
            trial_loss,
            settings.penalty,
            local.map(|local| (local, of_context)),
        )?;
        let parameters = settings.initialization.parameters(
            settings.initial_scale,
            n_features,
            settings.has_bias,
            &mut Stream::Weights.rng(settings.seed),
        )?;
        let n_parameters = parameters.values.len();
        Ok(Self {
            settings,
            standardization,
            objective,
            parameters,
            descent: Descent::new(settings.optimizer, n_parameters)?,
            gradient: zeroed(n_parameters, "the gradient of a transform")?,
            training,
            order: Stream::Trials.rng(settings.seed),
            images: local.map(|local| Images::new(local, settings.seed)),
        })
    }

    /// Runs one epoch: a pass over the training trials in a new random order, then validation.
    fn epoch(&mut self, number: usize, validation: &[[u32; 3]]) -> Result<Epoch> {
        let settings = self.settings;
        let share = settings.warm_up.share(number - 1, settings.max_epochs);
        let learning_rate = settings.learning_rate * share;
        shuffle(&mut self.training, &mut self.order);
        let (mut sum, mut sum_of_local, mut n_steps, mut n_clipped) = (0.0, 0.0, 0, 0);
        for trials in self.training.chunks(settings.batch_size) {
            let images = self.images.as_mut();
            let images = images.map_or(&[][..], |images| images.training.deal(images.batch_size));
            let gradient = &mut self.gradient;
            let losses = self
                .objective
                .evaluate(&self.parameters, trials, images, gradient)?;
            sum += losses.of_trials * trials.len() as f64;
            sum_of_local += losses.local.unwrap_or(0.0);
            n_steps += 1;
            if let Some(limit) = settings.gradient_clipping {
                n_clipped += usize::from(clip(gradient, limit));
            }
            let parameters = &mut self.parameters.values;
            self.descent.step(learning_rate, gradient, parameters);
        }
        let validated = self.validate(validation)?;
        let penalty = self.objective.penalty(&self.parameters);
        if !penalty.is_finite() {
            return Err(ComputationError::LossNotFinite { loss: penalty }.into());
        }
        Ok(Epoch {
            number,
            learning_rate,
            training_loss: sum / self.training.len() as f64,
            training_local_loss: validated.local.map(|_| sum_of_local / n_steps as f64),
            validation_loss: validated.of_trials,
            validation_local_loss: validated.local,
            validation_objective: match settings.monitored {
                Monitored::Objective => self.objective.combined(validated),
                Monitored::SumOfLosses => validated.sum(),
            },
            penalty,
            n_steps,
            n_clipped,
            n_without_improvement: 0,
        })
    }

    fn validate(&mut self, trials: &[[u32; 3]]) -> Result<Losses> {
        let batches = self
            .images
            .iter()
            .flat_map(|images| images.validation.chunks_exact(images.validation_batch_size));
        self.objective.validate(&self.parameters, trials, batches)
    }

    /// Creates the result from the current parameters.
    fn finish(
        mut self,
        history: Vec<Epoch>,
        kept: usize,
        (outcome, stopping_state): (StoppingReason, StoppingState),
        record: Training,
    ) -> Result<MiniBatchFit> {
        let training_loss = self.objective.loss_of(&self.parameters, &self.training)?;
        let losses = Losses {
            of_trials: training_loss,
            local: history[kept].validation_local_loss,
        };
        let objective = self.objective.combined(losses) + history[kept].penalty;
        let n_features = self.parameters.n_features;
        let weights = self.parameters.weights().to_vec();
        let weights = Array2::from_shape_vec((n_features, n_features), weights);
        let weights = weights.expect("one weight per feature and dimension");
        let mut transform = LinearTransform::new(self.standardization.clone(), weights)?;
        if self.settings.has_bias {
            let bias = Array1::from_vec(self.parameters.bias().to_vec());
            transform = transform.with_bias(bias)?;
        }
        let record = record
            .with_objective(objective)?
            .with_note("epochs", history.len().to_string())
            .with_note("kept epoch", history[kept].number.to_string())
            .with_note("outcome", outcome.name())
            .with_note("validation loss", history[kept].validation_loss.to_string());
        Ok(MiniBatchFit {
            transform: transform.with_training(record),
            history,
            kept,
            outcome,
            stopping_state,
            training_loss,
            objective,
        })
    }
}
