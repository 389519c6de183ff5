//! The data of a fit, in the coordinates in which it is solved.

use std::ops::ControlFlow;

use ndarray::{Array2, Axis};

use crate::error::{Result, positive};
use crate::fingerprint::Fingerprint;
use crate::judgment::{ChoiceFrequencies, Task};
use crate::linalg::{dot, eigen, lower_gram, matrix, product, zeroed};
use crate::probe::coordinates::Coordinates;
use crate::probe::objective::Objective;
use crate::probe::penalty::{Penalty, PenaltyKind, PenaltyValue};
use crate::probe::questions::Questions;
use crate::probe::solver::{Found, Limits, minimize};
use crate::probe::{Bound, Iteration, Probe, ProbeFit};
use crate::representation::{Provenance, Representation};
use crate::stimuli::Stimuli;
use crate::transform::{LinearTransform, Standardization, Training};

/// The parts of a fit that do not depend on the penalty.
pub(super) struct Problem {
    standardization: Standardization,
    coordinates: Coordinates,
    questions: Questions,
    n_features: usize,
    /// The number by which standardized features are divided.
    norm: f64,
    data: String,
    stimuli: Stimuli,
    provenance: Provenance,
}

impl Problem {
    pub fn new<T: Task>(
        probe: &Probe,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Self> {
        let standardization = probe.standardize.of(representation)?;
        let n_features = representation.n_features();
        let shown = shown(representation, choices)?;
        let width = n_features + usize::from(probe.has_bias);
        let mut features = zeroed::<f64>(shown.n_stimuli() * width, "the standardized features")?;
        for (row, out) in features.chunks_exact_mut(width).enumerate() {
            let values = shown
                .values()
                .slice(row * n_features..(row + 1) * n_features);
            out[n_features..].fill(1.0);
            standardization.write(values, n_features, &mut out[..n_features]);
        }
        let norm = match probe.penalty_kind {
            PenaltyKind::Trace => 1.0,
            PenaltyKind::Isotropic => {
                let norm = (dot(&features, &features) / shown.n_stimuli() as f64).sqrt();
                features.iter_mut().for_each(|x| *x /= norm);
                norm
            }
        };
        Ok(Self {
            standardization,
            coordinates: Coordinates::new(&features, width)?,
            questions: Questions::new(choices),
            n_features,
            norm,
            data: fingerprint(&shown, choices),
            stimuli: shown.stimuli().clone(),
            provenance: representation.provenance().clone(),
        })
    }

    fn objective(&self, probe: &Probe) -> Result<Objective<'_>> {
        // With logits as similarities, M = τ N, and the weight for N is λ τ, or λ τ² where the
        // penalty is quadratic in M.
        let (name, weight) = match probe.penalty_kind {
            PenaltyKind::Trace => (
                "penalty times temperature",
                probe.penalty * probe.temperature,
            ),
            PenaltyKind::Isotropic => (
                "penalty times squared temperature",
                probe.penalty * probe.temperature * probe.temperature,
            ),
        };
        let penalty = Penalty {
            kind: probe.penalty_kind,
            weight: positive(name, weight)?,
        };
        Objective::new(&self.questions, &self.coordinates, penalty)
    }

    /// Fits the transform, starting from given weights along the axes (scaled such that
    /// similarities are logits) or from zero. Returns the fit and its weights in the same scale.
    pub fn solve(
        &self,
        probe: &Probe,
        start: Option<Vec<f64>>,
        observe: &mut dyn FnMut(&Iteration) -> ControlFlow<()>,
    ) -> Result<(ProbeFit, Vec<f64>)> {
        let mut objective = self.objective(probe)?;
        let max_rank = probe.max_rank.unwrap_or(usize::MAX);
        let start = match start {
            Some(logits) => objective.variables(&logits),
            None => objective.start(max_rank)?,
        };
        let limits = Limits {
            tolerance: probe.tolerance,
            max_gradients: probe.max_gradients,
            max_rank,
        };
        let found = minimize(&mut objective, start, limits, observe)?;
        let of_logits = objective.weights(&found.q);
        Ok((self.fit(probe, &found, &of_logits)?, of_logits))
    }

    fn fit(&self, probe: &Probe, found: &Found, of_logits: &[f64]) -> Result<ProbeFit> {
        let scale = probe.temperature.sqrt();
        let weights: Vec<f64> = of_logits.iter().map(|x| scale * x).collect();
        // A transform that keeps directions outside the row space has full rank.
        let is_root = probe.penalty_kind == PenaltyKind::Isotropic && probe.max_rank.is_none();
        let (spectrum, transform) = match is_root {
            true => self.root(&weights, probe.has_bias)?,
            false => self.low_rank_factor(&weights, probe.has_bias)?,
        };
        let duality_gap = (found.value.objective - found.lower_bound).max(0.0);
        let training = Training::default()
            .with_learner("probe")
            .with_data(self.data.clone())
            .with_features(&self.provenance)
            .with_stimuli(&self.stimuli)
            .with_penalty([probe.penalty])?
            .with_note("penalty", probe.penalty_kind.name())
            .with_objective(found.value.objective)?
            .with_duality_gap(duality_gap)?;
        let PenaltyValue { trace, scale, .. } = found.value.penalty;
        Ok(ProbeFit {
            transform: transform.with_training(training),
            is_root,
            spectrum,
            penalty: probe.penalty,
            penalty_kind: probe.penalty_kind,
            loss: found.value.loss,
            trace: trace * probe.temperature,
            identity_scale: match is_root {
                true => scale * probe.temperature,
                false => 0.0,
            },
            objective: found.value.objective,
            lower_bound: found.lower_bound,
            n_gradients: found.n_gradients,
            n_iterations: found.n_iterations,
            outcome: found.outcome,
        })
    }

    /// Computes the eigenvalues of M and the transform by W with its columns rotated to the
    /// eigenvectors.
    fn low_rank_factor(
        &self,
        weights: &[f64],
        has_bias: bool,
    ) -> Result<(Vec<f64>, LinearTransform)> {
        let (spectrum, mut factor) = self.principal(weights)?;
        factor /= self.norm;
        let (matrix, rest) = factor.view().split_at(Axis(0), self.n_features);
        let mut transform = LinearTransform::new(self.standardization.clone(), matrix.to_owned())?;
        if has_bias {
            transform = transform.with_bias(rest.row(0).to_owned())?;
        }
        Ok((spectrum, transform))
    }

    /// Computes the eigenvalues of M in the row space of the objects, and the transform by the
    /// symmetric root of M, which is √a times the identity outside the row space.
    fn root(&self, weights: &[f64], has_bias: bool) -> Result<(Vec<f64>, LinearTransform)> {
        let n_axes = self.coordinates.squares().len();
        let n_rows = self.coordinates.n_features();
        let factor = matrix(weights, n_axes);
        let mut m = zeroed(n_axes * n_axes, "the transform along the axes")?;
        lower_gram(factor, &mut m);
        let (values, vectors) = eigen(matrix(&m, n_axes))?;
        let spectrum: Vec<f64> = values.iter().rev().map(|value| value.max(0.0)).collect();
        let outside = match n_axes < n_rows {
            true => (spectrum.iter().sum::<f64>() / n_axes as f64).sqrt(),
            false => 0.0,
        };
        // Features × eigenvectors, one row per eigenvector.
        let axes = self
            .coordinates
            .to_features(vectors.as_ref().reverse_cols());
        let axes = Array2::from_shape_vec((n_axes, n_rows), axes);
        let axes = axes.expect("one number per row and column");
        let mut scaled = axes.clone();
        for (mut row, value) in scaled.rows_mut().into_iter().zip(&spectrum) {
            row *= (value.sqrt() - outside) / self.norm;
        }
        let left = scaled.reversed_axes();
        let (of_features, of_bias) = left.view().split_at(Axis(0), self.n_features);
        let outside = outside / self.norm;
        let bias = has_bias.then(|| {
            let mut bias = of_bias.row(0).dot(&axes);
            bias[self.n_features] += outside;
            bias
        });
        // The form with fewer operations.
        let standardization = self.standardization.clone();
        let transform = if 2 * n_axes < n_rows {
            let left = of_features.to_owned();
            LinearTransform::near_identity(standardization, outside, left, axes)?
        } else {
            let mut weights = of_features.dot(&axes);
            weights.diag_mut().iter_mut().for_each(|x| *x += outside);
            LinearTransform::new(standardization, weights)?
        };
        let transform = match bias {
            Some(bias) => transform.with_bias(bias)?,
            None => transform,
        };
        Ok((spectrum, transform))
    }

    /// Computes the objective of a transform, and a lower bound over all transforms.
    pub fn bound(&self, probe: &Probe, transform: &LinearTransform) -> Result<Bound> {
        let mut factor = transform.weights().into_owned();
        if let Some(bias) = transform.bias() {
            factor.push_row(bias).expect("one number per dimension");
        }
        let n_rows = factor.nrows();
        // Scale the weights such that similarities are logits.
        let scale = self.norm / probe.temperature.sqrt();
        let by_column: Vec<f64> = factor.t().iter().map(|x| scale * x).collect();
        let weights = self.coordinates.of_features(matrix(&by_column, n_rows));
        let mut objective = self.objective(probe)?;
        let q = objective.variables(&weights);
        let value = objective.evaluate(&q, &mut vec![0.0; q.len()])?;
        let certificate = objective.certify(&q)?;
        let (trace, penalty) = match probe.penalty_kind {
            PenaltyKind::Isotropic => (value.penalty.trace, value.penalty.value),
            PenaltyKind::Trace => {
                // Weights outside the row space of the objects only affect the trace.
                let trace = dot(&by_column, &by_column);
                (trace, objective.penalty().weight * trace)
            }
        };
        Ok(Bound {
            loss: value.loss,
            trace: trace * probe.temperature,
            objective: value.loss + penalty,
            lower_bound: certificate.lower_bound,
        })
    }

    /// Computes the eigenvalues of M, and W with its columns rotated to the eigenvectors, features
    /// × rank.
    fn principal(&self, weights: &[f64]) -> Result<(Vec<f64>, Array2<f64>)> {
        let n_axes = self.coordinates.squares().len();
        let n_rows = self.coordinates.n_features();
        let rank = weights.len() / n_axes;
        if rank == 0 {
            return Ok((Vec::new(), Array2::zeros((n_rows, 1))));
        }
        let weights = matrix(weights, n_axes);
        let mut gram = vec![0.0; rank * rank];
        product(weights.transpose(), weights, &mut gram);
        let (values, vectors) = eigen(matrix(&gram, rank))?;
        let positive = values.iter().rev().take_while(|&&value| value > 0.0);
        let spectrum: Vec<f64> = positive.copied().collect();
        let axes = vectors.as_ref().reverse_cols();
        let mut rotated = vec![0.0; n_axes * spectrum.len()];
        product(weights, axes.subcols(0, spectrum.len()), &mut rotated);
        let mut factor = self.coordinates.to_features(matrix(&rotated, n_axes));
        for column in factor.chunks_exact_mut(n_rows) {
            let largest =
                column.iter().fold(
                    0.0,
                    |largest: f64, &x| {
                        if x.abs() > largest.abs() { x } else { largest }
                    },
                );
            if largest < 0.0 {
                column.iter_mut().for_each(|x| *x = -*x);
            }
        }
        let by_column = Array2::from_shape_vec((spectrum.len(), n_rows), factor);
        let by_column = by_column.expect("one number per row and column");
        Ok((spectrum, by_column.reversed_axes()))
    }
}

/// Returns the rows of the stimuli that are shown, in the order of the choices.
pub(super) fn shown<T: Task>(
    representation: &Representation,
    choices: &ChoiceFrequencies<T>,
) -> Result<Representation> {
    let shown = choices.shown().iter();
    let shown: Vec<usize> = shown.map(|&shown| shown as usize).collect();
    representation.select(&choices.stimuli().select(&shown)?)
}

/// Computes the SHA-256 of the data to which a probe is fitted, from the features of the stimuli
/// that are shown.
pub(super) fn fingerprint<T: Task>(
    shown: &Representation,
    choices: &ChoiceFrequencies<T>,
) -> String {
    let mut fingerprint = Fingerprint::new(T::NAME);
    fingerprint.text(&shown.stimuli().fingerprint());
    fingerprint.text(&choices.stimuli().fingerprint());
    fingerprint.features(shown.values());
    for (question, frequencies) in choices.questions().iter().zip(choices.by_pair()) {
        fingerprint.indices(question);
        fingerprint.numbers(frequencies);
    }
    fingerprint.finish()
}
