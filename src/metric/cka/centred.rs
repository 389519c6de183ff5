//! Features as products take them: their columns centred, and within the range of `f32`.

use faer::MatRef;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::io::reserve;
use crate::representation::Representation;
use crate::similarity::{Real, inverse_power_of_two};
use crate::stimuli::Stimuli;

/// The features of a representation less the mean of each column, times a power of two.
///
/// No kernel here depends on a common shift of all rows, but a shift costs digits: features around
/// 1,000 with a spread of 1 have squares that agree in their first six. So means are subtracted in
/// double precision, before anything is rounded or multiplied.
pub(super) struct Centred<T> {
    features: Vec<T>,
    n_features: usize,
    /// ‖row‖², by row; of the features as they are held.
    pub squared_norms: Vec<f64>,
    /// The power of two that features were divided by.
    pub unit: f64,
}

/// Columns whose means one task computes.
const STRIP: usize = 64;

impl<T: Real> Centred<T> {
    /// The rows of `stimuli`, in their order; `position` names the representation in errors.
    pub fn new(
        representation: &Representation,
        stimuli: &Stimuli,
        position: usize,
    ) -> Result<Self> {
        representation.stimuli().same_set_as(stimuli)?;
        let rows = representation.stimuli().positions_of(stimuli)?;
        let n_features = representation.n_features();
        let row = |index: usize| {
            let start = rows[index] as usize * n_features;
            &representation.as_slice()[start..start + n_features]
        };
        let what = "centred features";
        let mut means = Vec::new();
        reserve(&mut means, n_features, what)?;
        means.resize(n_features, 0.0);

        // Sums are of distances from the first row, so that a common offset costs no digits.
        let origin = row(0);
        let strip = |(strip, means): (usize, &mut [f64])| {
            let start = strip * STRIP;
            let columns = start..start + means.len();
            let origin = &origin[columns.clone()];
            let mut largest = [0.0; STRIP];
            for index in 0..rows.len() {
                let cells = row(index)[columns.clone()].iter().zip(origin);
                for ((&value, &origin), (mean, largest)) in
                    cells.zip(means.iter_mut().zip(&mut largest))
                {
                    let value = f64::from(value) - f64::from(origin);
                    *mean += value;
                    *largest = if value.abs() > *largest {
                        value.abs()
                    } else {
                        *largest
                    };
                }
            }
            for mean in means {
                *mean /= rows.len() as f64;
            }
            largest.into_iter().fold(0.0, f64::max)
        };
        let largest = means
            .par_chunks_mut(STRIP)
            .enumerate()
            .map(strip)
            .reduce(|| 0.0, f64::max);
        if largest == 0.0 {
            return Err(Error::ConstantRepresentation {
                representation: position,
            });
        }

        // No feature is further from its mean than twice this, nor are all nearer than half.
        let scale = inverse_power_of_two(largest);
        let mut features = Vec::new();
        reserve(&mut features, rows.len() * n_features, what)?;
        features.resize(rows.len() * n_features, T::ZERO);
        let mut squared_norms = vec![0.0; rows.len()];
        features
            .par_chunks_mut(n_features)
            .zip(&mut squared_norms)
            .enumerate()
            .for_each(|(index, (out, squared_norm))| {
                let cells = row(index).iter().zip(origin).zip(&means);
                for (out, ((&value, &origin), mean)) in out.iter_mut().zip(cells) {
                    let value = (f64::from(value) - f64::from(origin)) - mean;
                    *out = T::from_f64(value * scale);
                }
                *squared_norm = sum_of_squares(out);
            });
        Ok(Self {
            features,
            n_features,
            squared_norms,
            unit: 1.0 / scale,
        })
    }

    pub fn n_stimuli(&self) -> usize {
        self.squared_norms.len()
    }

    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Stimuli × features.
    pub fn matrix(&self) -> MatRef<'_, T> {
        MatRef::from_row_major_slice(&self.features, self.n_stimuli(), self.n_features)
    }

    /// The squared distance of two rows, computed by itself.
    pub fn squared_distance(&self, a: usize, b: usize) -> f64 {
        let row = |row: usize| &self.features[row * self.n_features..][..self.n_features];
        let cells = row(a).iter().zip(row(b));
        cells.fold(0.0, |sum, (&a, &b)| {
            let difference: f64 = a.into() - b.into();
            sum + difference * difference
        })
    }
}

/// Independent sums, so that one addition need not wait for the last.
const LANES: usize = 8;

/// Σ v², in a fixed order.
pub(super) fn sum_of_squares<T: Real>(values: &[T]) -> f64 {
    dot(values, values)
}

/// Σ v w, in a fixed order.
pub(super) fn dot<T: Real>(left: &[T], right: &[T]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (left_chunks, left_rest) = left.as_chunks::<LANES>();
    let (right_chunks, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        for ((lane, &left), &right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += left.into() * right.into();
        }
    }
    for ((lane, &left), &right) in lanes.iter_mut().zip(left_rest).zip(right_rest) {
        *lane += left.into() * right.into();
    }
    lanes.into_iter().sum()
}
