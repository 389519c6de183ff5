//! Bounds on the rounding errors of the similarities of pairs.

use rayon::prelude::*;

use crate::linalg::{DistanceRounding, Real, UNIT_ROUNDOFF, Values, with_values};
use crate::similarity::Similarity;
use crate::similarity::products::{Scaled, Terms, n_additions};
use crate::similarity::rows::{Rows, reduce};

/// Threshold for squared distances, relative to the sum of the squared norms. Smaller ones are
/// computed directly.
pub(super) const COARSE: f64 = 1.0 / 16.0;

/// Bounds on the rounding errors of the similarities of pairs of slots, in the unit of the
/// similarities; for Euclidean distances, of their squares. They are worst cases of the sums used:
///
/// | similarity | bound of a pair |
/// |---|---|
/// | dot | c u ‖x‖ ‖y‖ |
/// | cosine, Pearson | c u + of(x) + of(y) |
/// | distances by a product | c u (‖x − o‖² + ‖y − o‖²) + moved |
/// | distances directly | c u ‖x − y‖² + moved |
pub(super) enum Bounds {
    /// Factors by slot; the bound of a pair is their product.
    Product(Vec<f64>),
    /// Terms by slot; the bound of a pair is their sum.
    Sum(Vec<f64>),
    Distance {
        /// Terms by slot, added for a pair; empty if distances are computed directly.
        of_slots: Vec<f64>,
        /// Relative error of a squared distance that is computed directly.
        relative: f64,
        /// Distance by which the rounding of its features moves a slot; empty if features are
        /// exact.
        moved: Vec<f64>,
    },
}

impl Bounds {
    /// Creates the bounds of similarities from a product in the precision of `T`.
    pub fn of_products<T: Real>(rows: &Rows<'_>, scaled: &Scaled<'_>, terms: &Terms) -> Self {
        let share = share_of_products::<T>(rows.n_features());
        match terms {
            Terms::Dot => {
                let norms = scaled.squared_norms::<T>().into_iter();
                Self::of_dot_products(rows, share, norms.map(f64::sqrt).collect())
            }
            Terms::Cosine(inverse_norms) => {
                Self::of_cosines(rows, share, scaled.scales(), inverse_norms)
            }
            Terms::Distance { squared_norms, .. } => Bounds::Distance {
                of_slots: squared_norms.iter().map(|norm| share * norm).collect(),
                relative: share,
                moved: moved(rows, scaled.scales()),
            },
        }
    }

    /// Creates the bounds of similarities that are computed directly from rows times the powers of
    /// two `scales`; `inverse_norms` are those of the scaled rows, and needed for cosines only.
    pub fn of_pairs(rows: &Rows<'_>, scales: &[f64], inverse_norms: &[f64]) -> Self {
        let share = share_of_products::<f64>(rows.n_features());
        match rows.similarity {
            Similarity::Dot => {
                let slots = (0..rows.len()).into_par_iter();
                let norms = slots.map(|slot| norm(rows, slot, scales[slot]));
                Self::of_dot_products(rows, share, norms.collect())
            }
            Similarity::Cosine | Similarity::Pearson => {
                Self::of_cosines(rows, share, scales, inverse_norms)
            }
            Similarity::NegativeEuclidean | Similarity::NegativeSquaredEuclidean => {
                Bounds::Distance {
                    of_slots: Vec::new(),
                    relative: share,
                    moved: moved(rows, scales),
                }
            }
        }
    }

    fn of_dot_products(rows: &Rows<'_>, share: f64, norms: Vec<f64>) -> Self {
        let share = (share + 2.0 * roundoff_of_features(rows)).sqrt();
        Bounds::Product(norms.into_iter().map(|norm| share * norm).collect())
    }

    fn of_cosines(rows: &Rows<'_>, share: f64, scales: &[f64], inverse_norms: &[f64]) -> Self {
        let n_features = rows.n_features() as f64;
        let of_slot = |(slot, (inverse_norm, scale)): (usize, (&f64, &f64))| {
            // The length of the row before centring, as a multiple of its length after.
            let mean = (rows.mean(slot) * scale).abs();
            let condition = 1.0 + n_features.sqrt() * mean * inverse_norm;
            // The error of the mean adds a vector orthogonal to centred rows, so only its square
            // counts.
            let of_mean = match rows.similarity {
                Similarity::Pearson => (n_features / 8.0 + 10.0) * UNIT_ROUNDOFF * condition,
                _ => 0.0,
            };
            0.5 * share + roundoff_of_features(rows) * condition + of_mean * of_mean
        };
        let slots = inverse_norms.iter().zip(scales).enumerate();
        Bounds::Sum(slots.map(of_slot).collect())
    }

    /// Returns the bound of a pair; `squared` is its squared distance under Euclidean similarities.
    #[inline]
    pub fn of_pair(&self, a: usize, b: usize, squared: f64) -> f64 {
        match self {
            Bounds::Product(of_slots) => of_slots[a] * of_slots[b],
            Bounds::Sum(of_slots) => of_slots[a] + of_slots[b],
            Bounds::Distance {
                of_slots,
                relative,
                moved,
            } => {
                let own = match of_slots.is_empty() {
                    true => relative * squared,
                    false => of_slots[a] + of_slots[b],
                };
                match moved.is_empty() {
                    true => own,
                    false => {
                        let moved = moved[a] + moved[b];
                        own + moved * (2.0 * squared.sqrt() + moved)
                    }
                }
            }
        }
    }

    /// Checks whether a squared distance is so small, relative to the squared norms from which it
    /// is computed, that it should be computed directly.
    pub fn is_coarse(&self, a: usize, b: usize, squared: f64) -> bool {
        match self {
            Bounds::Distance {
                of_slots, relative, ..
            } if !of_slots.is_empty() => relative * squared < COARSE * (of_slots[a] + of_slots[b]),
            _ => false,
        }
    }

    /// Returns the largest bound of any pair.
    pub fn most(&self) -> f64 {
        let largest = |of_slots: &[f64]| of_slots.iter().copied().fold(0.0, f64::max);
        match self {
            Bounds::Product(of_slots) => largest(of_slots).powi(2),
            Bounds::Sum(of_slots) => 2.0 * largest(of_slots),
            // A directly computed distance can have any size.
            Bounds::Distance { of_slots, .. } if of_slots.is_empty() => f64::INFINITY,
            Bounds::Distance {
                of_slots,
                relative,
                moved,
            } => {
                let (own, moved) = (2.0 * largest(of_slots), 2.0 * largest(moved));
                // A distance is at most twice the longer of the two norms.
                let distance = (2.0 * own / relative).sqrt();
                own + moved * (2.0 * distance + moved)
            }
        }
    }

    /// Returns the bounds of distances from products, if the coarse ones were computed directly;
    /// `unit` is the unit of the squares.
    pub fn of_distances(&self, unit: f64) -> Option<DistanceRounding> {
        let Bounds::Distance {
            of_slots,
            relative,
            moved,
        } = self
        else {
            return None;
        };
        let largest = |of_slots: &[f64]| of_slots.iter().copied().fold(0.0, f64::max);
        Some(DistanceRounding {
            relative: relative / COARSE,
            cap: (2.0 * largest(of_slots) * unit).sqrt(),
            inputs: 2.0 * largest(moved) * unit.sqrt(),
        })
    }
}

/// Returns the rounding error of a product of rows in the precision of `T`, and of its conversion
/// to a similarity in double precision, relative to the lengths of the rows.
fn share_of_products<T: Real>(n_features: usize) -> f64 {
    let of_product = (n_additions::<T>(n_features) as f64 + 12.0) * T::UNIT_ROUNDOFF;
    // Norms are sums in eight lanes.
    let of_lengths = (n_features as f64 / 8.0 + 24.0) * UNIT_ROUNDOFF;
    of_product + of_lengths
}

/// Returns the relative rounding error that the features already have: half a unit in the last
/// place of double precision, because they may be rounded decimals or multiples; 0 for `f32`
/// features, which have the precision of the networks that computed them.
fn roundoff_of_features(rows: &Rows<'_>) -> f64 {
    match rows.features() {
        Values::Single(_) => 0.0,
        Values::Double(_) => UNIT_ROUNDOFF,
    }
}

/// Returns the distance by which the rounding of its features moves each slot, times its power of
/// two.
fn moved(rows: &Rows<'_>, scales: &[f64]) -> Vec<f64> {
    let roundoff = roundoff_of_features(rows);
    if roundoff == 0.0 {
        return Vec::new();
    }
    let slots = (0..rows.len()).into_par_iter();
    slots
        .map(|slot| roundoff * norm(rows, slot, scales[slot]))
        .collect()
}

/// Returns the norm of the row of a slot, times a power of two.
fn norm(rows: &Rows<'_>, slot: usize, scale: f64) -> f64 {
    with_values!(rows.features(), features => {
        let features = rows.row(features, slot);
        reduce(features, |value| (value * scale).powi(2), |sum, square| sum + square).sqrt()
    })
}
