//! The local term of a batch of images, and its gradient.

use rayon::prelude::*;

use crate::error::{ComputationError, Error, Result};
use crate::linalg::{lower_gram, matrix, mirror, product, short_dot, symmetrized, zeroed};
use crate::softmax::exp_of_nonpositive;

/// The buffers for computing the local term of a batch of images.
pub(super) struct LocalTerm {
    factor: f64,
    n_features: usize,
    /// Images as unit vectors, one after another.
    unit: Vec<f64>,
    norms: Vec<f64>,
    /// Cosines of all pairs before the transform; later the derivatives q − p.
    teacher: Vec<f64>,
    /// Cosines of all pairs after the transform; later the symmetrized derivatives.
    student: Vec<f64>,
    /// The gradient with respect to the unit vectors.
    by_unit: Vec<f64>,
}

impl LocalTerm {
    /// Creates the buffers for up to `n_images` images.
    ///
    /// # Errors
    /// Returns [`ComputationError::OutOfMemory`] if the buffers do not fit in memory.
    pub fn new(tau: f64, n_images: usize, n_features: usize) -> Result<Self> {
        let n_pairs = n_images.saturating_mul(n_images);
        let n_values = n_images.saturating_mul(n_features);
        Ok(Self {
            factor: tau.recip(),
            n_features,
            unit: zeroed(n_values, "the context images of a batch")?,
            norms: zeroed(n_images, "the norms of context images")?,
            teacher: zeroed(n_pairs, "the similarities of context images")?,
            student: zeroed(n_pairs, "the similarities of transformed context images")?,
            by_unit: Vec::new(),
        })
    }

    /// Computes the term of images before and after a transform. If `gradient` is given, adds
    /// `weight` times the gradient with respect to the transformed images to it.
    ///
    /// # Errors
    /// Returns the error of `of_zero` for an image with a zero vector, and
    /// [`ComputationError::LossNotFinite`] if the norm of an image is not finite.
    pub fn mean(
        &mut self,
        images: &[f64],
        transformed: &[f64],
        gradient: Option<(f64, &mut [f64])>,
        of_zero: impl Fn(usize) -> Error,
    ) -> Result<f64> {
        let n = images.len() / self.n_features;
        let n_features = self.n_features;
        self.normalize(images, &of_zero)?;
        let unit = &self.unit[..images.len()];
        cosines(unit, n_features, &mut self.teacher[..n * n]);
        self.normalize(transformed, &of_zero)?;
        let unit = &self.unit[..images.len()];
        cosines(unit, n_features, &mut self.student[..n * n]);
        let factor = self.factor;
        let losses: Vec<f64> = self.teacher[..n * n]
            .par_chunks_exact_mut(n)
            .zip(self.student[..n * n].par_chunks_exact_mut(n))
            .enumerate()
            .map(|(image, (teacher, student))| derive(image, teacher, student, factor))
            .collect();
        let loss = losses.iter().sum::<f64>() / n as f64;
        if let Some((weight, gradient)) = gradient {
            self.add_gradient(n, weight * factor / n as f64, gradient);
        }
        Ok(loss)
    }

    fn normalize(&mut self, images: &[f64], of_zero: impl Fn(usize) -> Error) -> Result<()> {
        let n_features = self.n_features;
        let units = self.unit.par_chunks_exact_mut(n_features);
        units
            .zip(images.par_chunks_exact(n_features))
            .zip(&mut self.norms)
            .for_each(|((unit, image), norm)| {
                *norm = short_dot(image, image).sqrt();
                unit.iter_mut().zip(image).for_each(|(u, x)| *u = x / *norm);
            });
        let norms = &self.norms[..images.len() / n_features];
        if let Some(loss) = norms.iter().find(|norm| !norm.is_finite()) {
            return Err(ComputationError::LossNotFinite { loss: *loss }.into());
        }
        match norms.iter().position(|&norm| norm == 0.0) {
            Some(image) => Err(of_zero(image)),
            None => Ok(()),
        }
    }

    /// Adds the gradient with respect to the transformed images, computed from the derivatives with
    /// respect to the cosines; those of (i, j) in the softmax of image i are in column i.
    fn add_gradient(&mut self, n: usize, scale: f64, gradient: &mut [f64]) {
        let n_features = self.n_features;
        let both = &mut self.student[..n * n];
        symmetrized(&self.teacher[..n * n], n, both);
        let unit = &self.unit[..n * n_features];
        self.by_unit.resize(unit.len(), 0.0);
        product(matrix(unit, n_features), matrix(both, n), &mut self.by_unit);
        gradient
            .par_chunks_exact_mut(n_features)
            .zip(self.by_unit.par_chunks_exact(n_features))
            .zip(unit.par_chunks_exact(n_features))
            .zip(&self.norms)
            .for_each(|(((gradient, by_unit), unit), norm)| {
                // The component along the vector changes only its length.
                let along = short_dot(by_unit, unit);
                for ((g, d), u) in gradient.iter_mut().zip(by_unit).zip(unit) {
                    *g += scale * (d - along * u) / norm;
                }
            });
    }
}

/// Computes the cosines of all pairs of unit vectors.
fn cosines(unit: &[f64], n_features: usize, out: &mut [f64]) {
    lower_gram(matrix(unit, n_features).transpose(), out);
    mirror(out, unit.len() / n_features);
}

/// Computes −Σ p ln q of one image over the others, from its cosines with all images; replaces the
/// cosines in `teacher` by q − p.
fn derive(image: usize, teacher: &mut [f64], student: &mut [f64], factor: f64) -> f64 {
    for cosines in [&mut *teacher, &mut *student] {
        // The image is not its own neighbour.
        cosines[image] = f64::NEG_INFINITY;
        let most = cosines.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        cosines.iter_mut().for_each(|x| *x = (*x - most) * factor);
    }
    teacher.iter_mut().for_each(|x| *x = exp_of_nonpositive(*x));
    let sum_of_p: f64 = teacher.iter().sum();
    student[image] = 0.0;
    let mean_logit = short_dot(teacher, student) / sum_of_p;
    student.iter_mut().for_each(|x| *x = exp_of_nonpositive(*x));
    student[image] = 0.0;
    let sum_of_q: f64 = student.iter().sum();
    for (p, q) in teacher.iter_mut().zip(student) {
        *p = *q / sum_of_q - *p / sum_of_p;
    }
    sum_of_q.ln() - mean_logit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{FeatureError, assert_refused};
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const N: usize = 7;
    const N_FEATURES: usize = 4;

    fn random(seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..N * N_FEATURES)
            .map(|_| rng.random_range(-1.0..1.0))
            .collect()
    }

    fn term(tau: f64) -> LocalTerm {
        LocalTerm::new(tau, N, N_FEATURES).unwrap()
    }

    fn no_zeros(_: usize) -> Error {
        unreachable!("no image is zero")
    }

    /// Computes the term by its definition, image by image.
    fn by_definition(images: &[f64], transformed: &[f64], tau: f64) -> f64 {
        let row = |of: &[f64], image: usize| of[image * N_FEATURES..][..N_FEATURES].to_vec();
        let cosine = |of: &[f64], a: usize, b: usize| {
            let (a, b) = (row(of, a), row(of, b));
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
        };
        let softmax = |of: &[f64], image: usize| -> Vec<f64> {
            let others = (0..N).filter(|&other| other != image);
            let weights = others.map(|other| (cosine(of, image, other) / tau).exp());
            let weights: Vec<f64> = weights.collect();
            let sum: f64 = weights.iter().sum();
            weights.into_iter().map(|weight| weight / sum).collect()
        };
        let of_image = |image| -> f64 {
            let (p, q) = (softmax(images, image), softmax(transformed, image));
            p.iter().zip(q).map(|(p, q)| -p * q.ln()).sum()
        };
        (0..N).map(of_image).sum::<f64>() / N as f64
    }

    #[test]
    fn agrees_with_the_definition() {
        let (images, transformed) = (random(1), random(2));
        for tau in [1.0, 0.3, 0.02] {
            let found = term(tau).mean(&images, &transformed, None, no_zeros);
            let expected = by_definition(&images, &transformed, tau);
            assert_relative_eq!(found.unwrap(), expected, max_relative = 1e-13);
        }
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (images, transformed) = (random(1), random(2));
        let (step, weight) = (1e-6, 0.7);
        for tau in [1.0, 0.2] {
            let mut term = term(tau);
            let mut gradient = vec![1.0; transformed.len()];
            term.mean(
                &images,
                &transformed,
                Some((weight, &mut gradient)),
                no_zeros,
            )
            .unwrap();
            for (position, found) in gradient.into_iter().enumerate() {
                let mut at = |step: f64| {
                    let mut moved = transformed.clone();
                    moved[position] += step;
                    term.mean(&images, &moved, None, no_zeros).unwrap()
                };
                let difference = (at(step) - at(-step)) / (2.0 * step);
                // The gradient was added to 1.
                assert_abs_diff_eq!(found - 1.0, weight * difference, epsilon = 1e-8);
            }
        }
    }

    #[test]
    fn is_least_where_no_cosine_changes() {
        let images = random(3);
        let scaled: Vec<f64> = images.iter().map(|x| 2.5 * x).collect();
        let mut gradient = vec![0.0; images.len()];
        let mut term = term(0.5);
        let least = term.mean(&images, &scaled, Some((1.0, &mut gradient)), no_zeros);
        let (least, entropy) = (least.unwrap(), by_definition(&images, &images, 0.5));
        assert_relative_eq!(least, entropy, max_relative = 1e-13);
        assert!(gradient.iter().all(|g| g.abs() < 1e-15), "{gradient:?}");
        for seed in 4..40 {
            let other = term.mean(&images, &random(seed), None, no_zeros).unwrap();
            assert!(other > least);
        }
    }

    #[test]
    fn a_smaller_batch_uses_a_part_of_the_room() {
        let (images, transformed) = (random(1), random(2));
        let mut term = term(0.5);
        let few = 4 * N_FEATURES;
        let first = term.mean(&images[..few], &transformed[..few], None, no_zeros);
        term.mean(&images, &transformed, None, no_zeros).unwrap();
        let again = term.mean(&images[..few], &transformed[..few], None, no_zeros);
        assert_eq!(first.unwrap(), again.unwrap());
    }

    #[test]
    fn images_without_direction_are_named() {
        let (images, mut transformed) = (random(1), random(2));
        transformed[2 * N_FEATURES..3 * N_FEATURES].fill(0.0);
        let of_zero = |image: usize| {
            Error::from(FeatureError::ZeroVector {
                stimulus: image.to_string(),
            })
        };
        for (images, transformed) in [(&images, &transformed), (&transformed, &images)] {
            let refused = term(1.0).mean(images, transformed, None, of_zero);
            assert_refused!(refused, Feature(FeatureError::ZeroVector { stimulus }) if stimulus == "2", "{refused:?}");
        }
        transformed[2 * N_FEATURES] = f64::INFINITY;
        let refused = term(1.0).mean(&images, &transformed, None, of_zero);
        assert_refused!(refused, Computation(ComputationError::LossNotFinite { .. }));
    }
}
