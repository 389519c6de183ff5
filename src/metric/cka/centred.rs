//! Features with centred columns, scaled to the range of `f32`.

use std::ops::Range;

use faer::MatRef;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::error::{FeatureError, Result};
use crate::linalg::{Real, UNIT_ROUNDOFF, blocks, inverse_power_of_two, with_values, zeroed};
use crate::metric::cka::product::COLUMNS;
use crate::representation::Representation;
use crate::stimuli::Stimuli;

/// The features of a representation, minus the mean of each column, times a power of two.
///
/// The kernels here do not depend on a common shift of all rows, but a shift costs precision:
/// features around 1,000 with a spread of 1 have squares that agree in their first six digits.
/// Therefore the means are subtracted in double precision, before any rounding or multiplication.
///
/// The features are stored in panels of [`COLUMNS`] columns, one after another, so that the
/// operands of a task are contiguous in memory.
pub(super) struct Centred<T> {
    /// Features, panel after panel, row-major within each panel.
    features: Vec<T>,
    n_features: usize,
    /// ‖row‖² of the scaled features, by row.
    pub squared_norms: Vec<f64>,
    /// Power of two by which the features were divided.
    pub unit: f64,
}

/// Number of columns whose means one task computes.
const STRIP: usize = 64;

impl<T: Real> Centred<T> {
    /// Creates the centred features of `stimuli`, in their order; errors refer to the
    /// representation by `position`.
    pub fn new(
        representation: &Representation,
        stimuli: &Stimuli,
        position: usize,
    ) -> Result<Self> {
        representation.stimuli().same_set_as(stimuli)?;
        let rows = representation.stimuli().positions_of(stimuli)?;
        let n_features = representation.n_features();
        with_values!(representation.values(), features => {
            Self::of(features, n_features, &rows, position)
        })
    }

    /// Creates the centred features of the given rows.
    fn of<F: Real>(
        features: &[F],
        n_features: usize,
        rows: &[u32],
        position: usize,
    ) -> Result<Self> {
        let row = |index: usize| &features[rows[index] as usize * n_features..][..n_features];
        let what = "centred features";
        let mut means: Vec<f64> = zeroed(n_features, what)?;

        // Distances from the first row are summed, so that a common offset costs no precision.
        let origin = row(0);
        let arch = Arch::new();
        let strip = |(strip, means): (usize, &mut [f64])| {
            let start = strip * STRIP;
            let columns = start..start + means.len();
            let mut largest = [0.0; STRIP];
            for index in 0..rows.len() {
                arch.dispatch(Accumulate {
                    features: &row(index)[columns.clone()],
                    origin: &origin[columns.clone()],
                    sums: means,
                    largest: &mut largest,
                });
            }
            for mean in means {
                *mean /= rows.len() as f64;
            }
            // A column whose values differ by no more than their own rounding is constant.
            let rounding = |origin: F| 2.0 * UNIT_ROUNDOFF * origin.into().abs();
            let mut of_columns = largest.iter().zip(&origin[columns]);
            let varies = of_columns.any(|(&largest, &origin)| largest > rounding(origin));
            (largest.into_iter().fold(0.0, f64::max), varies)
        };
        let (largest, varies) = means.par_chunks_mut(STRIP).enumerate().map(strip).reduce(
            || (0.0, false),
            |(largest, varies), (other, also)| (largest.max(other), varies || also),
        );
        if !varies {
            return Err(FeatureError::EqualRows {
                representation: position,
            }
            .into());
        }

        // The largest absolute difference of a feature from its mean is between half and twice
        // this.
        let scale = inverse_power_of_two(largest);
        let mut centred = Self {
            features: zeroed(rows.len() * n_features, what)?,
            n_features,
            squared_norms: Vec::new(),
            unit: 1.0 / scale,
        };
        let panels = centred.features.par_chunks_mut(rows.len() * COLUMNS);
        panels.enumerate().for_each(|(panel, features)| {
            let start = panel * COLUMNS;
            let columns = start..n_features.min(start + COLUMNS);
            let out = features.par_chunks_mut(columns.len()).enumerate();
            out.with_min_len(64).for_each(|(index, out)| {
                arch.dispatch(Shift {
                    features: &row(index)[columns.clone()],
                    origin: &origin[columns.clone()],
                    means: &means[columns.clone()],
                    scale,
                    out,
                });
            });
        });
        let squared_norm = |index| {
            let rows = centred
                .panels()
                .map(|panel| sum_of_squares(panel.row(index)));
            rows.sum()
        };
        centred.squared_norms = (0..rows.len()).into_par_iter().map(squared_norm).collect();
        Ok(centred)
    }

    pub fn n_stimuli(&self) -> usize {
        self.features.len() / self.n_features
    }

    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns all panels, in the order of their columns.
    pub fn panels(&self) -> impl Iterator<Item = Panel<'_, T>> {
        let n = self.n_stimuli();
        blocks(self.n_features, COLUMNS).map(move |columns| Panel {
            features: &self.features[n * columns.start..n * columns.end],
            columns,
        })
    }

    /// Returns the squared distance of two rows, computed directly from their differences.
    pub fn squared_distance(&self, a: usize, b: usize) -> f64 {
        let squares = self.panels().map(|panel| {
            let cells = panel.row(a).iter().zip(panel.row(b));
            cells.fold(0.0, |sum, (&a, &b)| {
                let difference: f64 = a.into() - b.into();
                sum + difference * difference
            })
        });
        squares.sum()
    }
}

/// A range of columns of the features.
pub(super) struct Panel<'a, T> {
    pub columns: Range<usize>,
    /// Features, row-major.
    features: &'a [T],
}

impl<'a, T: Real> Panel<'a, T> {
    /// Returns the features of the panel: stimuli × columns of the panel.
    pub fn matrix(&self) -> MatRef<'a, T> {
        let n_columns = self.columns.len();
        MatRef::from_row_major_slice(self.features, self.features.len() / n_columns, n_columns)
    }

    fn row(&self, index: usize) -> &'a [T] {
        &self.features[index * self.columns.len()..][..self.columns.len()]
    }
}

/// Addition of some features of a row to sums, and update of the largest absolute value of each
/// column. A type rather than a function, because `pulp` selects vector instructions for a type.
struct Accumulate<'a, F> {
    features: &'a [F],
    origin: &'a [F],
    sums: &'a mut [f64],
    largest: &'a mut [f64; STRIP],
}

impl<F: Real> WithSimd for Accumulate<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let cells = self.features.iter().zip(self.origin);
        let sums = self.sums.iter_mut().zip(self.largest);
        for ((&value, &origin), (sum, largest)) in cells.zip(sums) {
            let value = value.into() - origin.into();
            *sum += value;
            *largest = largest.max(value.abs());
        }
    }
}

/// Writing of a row, centred and scaled.
struct Shift<'a, F, T> {
    features: &'a [F],
    origin: &'a [F],
    means: &'a [f64],
    scale: f64,
    out: &'a mut [T],
}

impl<F: Real, T: Real> WithSimd for Shift<'_, F, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let cells = self.features.iter().zip(self.origin).zip(self.means);
        for (out, ((&value, &origin), mean)) in self.out.iter_mut().zip(cells) {
            let value = (value.into() - origin.into()) - mean;
            *out = T::from_f64(value * self.scale);
        }
    }
}

/// Returns Σ v², summed in a fixed order.
pub(super) fn sum_of_squares<T: Real>(values: &[T]) -> f64 {
    dot(values, values)
}

/// Returns Σ v w, summed in a fixed order.
pub(super) fn dot<T: Real>(left: &[T], right: &[T]) -> f64 {
    Arch::new().dispatch(Dot { left, right })
}

struct Dot<'a, T> {
    left: &'a [T],
    right: &'a [T],
}

impl<T: Real> WithSimd for Dot<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        /// Number of independent sums, so that an addition need not wait for the previous one.
        const LANES: usize = 16;

        let mut lanes = [0.0; LANES];
        let (left_chunks, left_rest) = self.left.as_chunks::<LANES>();
        let (right_chunks, right_rest) = self.right.as_chunks::<LANES>();
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
}
