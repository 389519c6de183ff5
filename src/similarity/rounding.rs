//! How far rounding may move the similarities of pairs.

use rayon::prelude::*;

use crate::rdm::{DistanceRounding, UNIT_ROUNDOFF};
use crate::representation::{Values, with_values};
use crate::similarity::Similarity;
use crate::similarity::products::{Real, Scaled, Terms, n_additions};
use crate::similarity::rows::{Rows, reduce};

/// Pairs whose squared distance is a smaller share than this of the squared lengths that it is the
/// difference of are worth computing by themselves.
pub(super) const COARSE: f64 = 1.0 / 16.0;

/// Bounds on the rounding errors of the similarities of pairs of slots, in the unit of the similarities;
/// for Euclidean distances, of their squares. They are worst cases of the sums at hand:
///
/// | similarity | bound of a pair |
/// |---|---|
/// | dot | c u ‖x‖ ‖y‖ |
/// | cosine, Pearson | c u + of(x) + of(y) |
/// | distances by a product | c u (‖x − o‖² + ‖y − o‖²) + moved |
/// | distances directly | c u ‖x − y‖² + moved |
pub(super) enum Bounds {
    /// The product of what the two slots have.
    Product(Vec<f64>),
    /// The sum of what the two slots have.
    Sum(Vec<f64>),
    Distance {
        /// The sum of what the two slots have; empty where distances are computed directly.
        of_slots: Vec<f64>,
        /// The share of a squared distance that is computed directly.
        relative: f64,
        /// How far the rounding of its features moves a slot; empty where features are not rounded.
        moved: Vec<f64>,
    },
}

impl Bounds {
    /// For similarities from a product in the precision of `T`.
    pub fn of_products<T: Real>(rows: &Rows<'_>, scaled: &Scaled<'_>, terms: &Terms) -> Self {
        let share = share_of_products::<T>(rows.n_features());
        match terms {
            Terms::Dot => {
                let slots = (0..rows.len()).into_par_iter();
                let norms = slots.map(|slot| scaled.squared_norm::<T>(slot).sqrt());
                Self::of_dot_products(rows, share, norms.collect())
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

    /// For similarities of rows times these powers of two that are computed pair by pair; `inverse_norms`, of
    /// rows that are scaled too, are there for cosines.
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
            // The length of the row before it was centred, as a multiple of its length after.
            let mean = (rows.mean(slot) * scale).abs();
            let condition = 1.0 + n_features.sqrt() * mean * inverse_norm;
            // What the error of the mean adds to every feature is at right angles to centred rows: only
            // its square counts.
            let of_mean = match rows.similarity {
                Similarity::Pearson => (n_features / 8.0 + 10.0) * UNIT_ROUNDOFF * condition,
                _ => 0.0,
            };
            0.5 * share + roundoff_of_features(rows) * condition + of_mean * of_mean
        };
        let slots = inverse_norms.iter().zip(scales).enumerate();
        Bounds::Sum(slots.map(of_slot).collect())
    }

    /// The bound for a pair; `squared` is its squared distance, if that is what it has.
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

    /// Whether a squared distance is so small beside the lengths that it is the difference of that it is worth
    /// computing by itself.
    pub fn is_coarse(&self, a: usize, b: usize, squared: f64) -> bool {
        match self {
            Bounds::Distance {
                of_slots, relative, ..
            } if !of_slots.is_empty() => relative * squared < COARSE * (of_slots[a] + of_slots[b]),
            _ => false,
        }
    }

    /// The largest bound of any pair.
    pub fn most(&self) -> f64 {
        let largest = |of_slots: &[f64]| of_slots.iter().copied().fold(0.0, f64::max);
        match self {
            Bounds::Product(of_slots) => largest(of_slots).powi(2),
            Bounds::Sum(of_slots) => 2.0 * largest(of_slots),
            // Of any distance.
            Bounds::Distance { of_slots, .. } if of_slots.is_empty() => f64::INFINITY,
            Bounds::Distance {
                of_slots,
                relative,
                moved,
            } => {
                let (own, moved) = (2.0 * largest(of_slots), 2.0 * largest(moved));
                // No distance is longer than two of the lengths that it is the difference of.
                let distance = (2.0 * own / relative).sqrt();
                own + moved * (2.0 * distance + moved)
            }
        }
    }

    /// The bounds for distances from products of which the coarse ones were computed by themselves; `unit`
    /// is that of the squares.
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

/// The rounding error of a product of rows in the precision of `T`, and of what makes a similarity of it in
/// double precision, as a share of the lengths of the rows.
fn share_of_products<T: Real>(n_features: usize) -> f64 {
    let of_product = (n_additions::<T>(n_features) as f64 + 12.0) * T::UNIT_ROUNDOFF;
    // Lengths are sums in eight lanes.
    let of_lengths = (n_features as f64 / 8.0 + 24.0) * UNIT_ROUNDOFF;
    of_product + of_lengths
}

/// What rounding has changed in each feature before it came here, as a share of it: half a unit in the last
/// place of double precision, which decimals and multiples are rounded to. Nothing where features are single
/// precision, which is the precision that the networks that made them worked in.
fn roundoff_of_features(rows: &Rows<'_>) -> f64 {
    match rows.features() {
        Values::Single(_) => 0.0,
        Values::Double(_) => UNIT_ROUNDOFF,
    }
}

/// How far the rounding of its features moves each slot, times its power of two.
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

/// The length of the row of a slot times a power of two.
fn norm(rows: &Rows<'_>, slot: usize, scale: f64) -> f64 {
    with_values!(rows.features(), features => {
        let features = rows.row(features, slot);
        reduce(features, |value| (value * scale).powi(2), |sum, square| sum + square).sqrt()
    })
}
