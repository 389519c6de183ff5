//! RDMs on a common scale, so that they can be averaged.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::names::named;
use crate::rdm::Rdm;

/// What an RDM is scaled to before it is averaged with others, so that a person who used more of the
/// screen (or of a rating scale) doesn't count for more.
///
/// Missing pairs stay missing and count for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// As it is.
    #[default]
    None,
    /// A root mean square of 1: d / √(mean d²).
    RootMeanSquare,
    /// Standard scores, (d − mean) / √(mean (d − mean)²).
    StandardScore,
    /// Ranks from 1, equal values sharing the mean of theirs.
    Rank,
}

impl Scaling {
    /// All of them.
    pub const ALL: [Scaling; 4] = [
        Scaling::None,
        Scaling::RootMeanSquare,
        Scaling::StandardScore,
        Scaling::Rank,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Scaling::None => "none",
            Scaling::RootMeanSquare => "root-mean-square",
            Scaling::StandardScore => "standard-score",
            Scaling::Rank => "rank",
        }
    }
}

named!(
    Scaling,
    "scaling",
    "none, root-mean-square, standard-score or rank"
);

impl Rdm {
    /// The RDM on another scale.
    ///
    /// # Errors
    /// [`Error::ConstantRdm`] where there is nothing to scale by: all dissimilarities 0, or under
    /// standard scores all equal; [`Error::TooFew`] where every pair is missing.
    pub fn scaled(&self, scaling: Scaling) -> Result<Rdm> {
        let mut scaled = self.clone();
        scale(&mut scaled.values, scaling)?;
        Ok(scaled)
    }
}

/// Scales values of which NaN are missing.
pub(crate) fn scale(values: &mut [f64], scaling: Scaling) -> Result<()> {
    let n = values.iter().filter(|value| !value.is_nan()).count();
    if n == 0 {
        return Err(Error::TooFew {
            what: "pairs that are not missing",
            needed: 1,
            found: 0,
        });
    }
    // By the largest first, so that no square leaves the range.
    let present = || values.iter().copied().filter(|value| !value.is_nan());
    let largest = present().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let mean_square = |of: &dyn Fn(f64) -> f64| {
        let squares = present().map(|value| of(value / largest).powi(2));
        (squares.sum::<f64>() / n as f64).sqrt()
    };
    match scaling {
        Scaling::None => {}
        Scaling::RootMeanSquare => {
            let scale = mean_square(&|value| value);
            if largest == 0.0 {
                return Err(Error::ConstantRdm {
                    undefined: "a root mean square of 1",
                });
            }
            values
                .iter_mut()
                .for_each(|value| *value = *value / largest / scale);
        }
        Scaling::StandardScore => {
            let first = present().next().unwrap_or(0.0);
            if present().all(|value| value == first) {
                return Err(Error::ConstantRdm {
                    undefined: "the standard score",
                });
            }
            let mean = present().map(|value| value / largest).sum::<f64>() / n as f64;
            let scale = mean_square(&|value| value - mean);
            values
                .iter_mut()
                .for_each(|value| *value = (*value / largest - mean) / scale);
        }
        Scaling::Rank => {
            if n == values.len() {
                mid_ranks(values);
            } else {
                let mut present: Vec<f64> = present().collect();
                mid_ranks(&mut present);
                let places = values.iter_mut().filter(|value| !value.is_nan());
                for (value, rank) in places.zip(present) {
                    *value = rank;
                }
            }
        }
    }
    Ok(())
}

/// A value and where it stands, in ascending order of values.
#[derive(Clone, Copy)]
pub(crate) struct Ordered {
    key: u64,
    /// Where it stands.
    pub place: u32,
}

impl Ordered {
    fn new(value: f64, place: u32) -> Self {
        // Adding 0 makes −0 the same as 0. The bits of floats are in the order of the floats, once
        // negative ones are turned round.
        let bits = (value + 0.0).to_bits();
        let mask = ((bits as i64) >> 63) as u64 | 1 << 63;
        Self {
            key: bits ^ mask,
            place,
        }
    }

    /// Whether the values are equal.
    #[inline(always)]
    pub fn ties(self, other: Self) -> bool {
        self.key == other.key
    }
}

/// Where values stand, in ascending order; none may be NaN.
pub(crate) fn sort_order(values: &[f64]) -> Vec<Ordered> {
    let places = values.iter().zip(0..);
    let mut order: Vec<Ordered> = places
        .map(|(&value, place)| Ordered::new(value, place))
        .collect();
    order.sort_unstable_by_key(|ordered| ordered.key);
    order
}

/// Replaces values by their ranks, counted from 1; equal values share the mean of their ranks.
pub(crate) fn mid_ranks(values: &mut [f64]) {
    let order = sort_order(values);
    let mut below = 0;
    for tied in order.chunk_by(|&left, &right| left.ties(right)) {
        let rank = below as f64 + (tied.len() + 1) as f64 / 2.0;
        for ordered in tied {
            values[ordered.place as usize] = rank;
        }
        below += tied.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;

    #[test]
    fn ranks_are_those_of_scipy() {
        // scipy.stats.rankdata([0.5, -1, 0.5, -0.0, 0.0, inf])
        let mut values = [0.5, -1.0, 0.5, -0.0, 0.0, f64::INFINITY];
        mid_ranks(&mut values);
        assert_eq!(values, [4.5, 1.0, 4.5, 2.5, 2.5, 6.0]);
    }

    #[test]
    fn missing_pairs_stay_missing() {
        let values = vec![3.0, f64::NAN, 1.0, 2.0, 3.0, 4.0];
        let rdm = Rdm::with_missing(Stimuli::numbered(4), values).unwrap();
        let ranks = rdm.scaled(Scaling::Rank).unwrap();
        assert!(ranks.values()[1].is_nan());
        assert_eq!(ranks.values()[2..], [1.0, 2.0, 3.5, 5.0]);
        let mean_of = |rdm: &Rdm, of: fn(f64) -> f64| {
            let present = rdm.values().iter().filter(|value| !value.is_nan());
            present.map(|&value| of(value)).sum::<f64>() / 5.0
        };
        let scaled = rdm.scaled(Scaling::RootMeanSquare).unwrap();
        assert_relative_eq!(
            mean_of(&scaled, |value| value * value),
            1.0,
            epsilon = 1e-12
        );
        let scores = rdm.scaled(Scaling::StandardScore).unwrap();
        assert_relative_eq!(mean_of(&scores, |value| value), 0.0, epsilon = 1e-12);
        assert_relative_eq!(
            mean_of(&scores, |value| value * value),
            1.0,
            epsilon = 1e-12
        );
    }

    #[test]
    fn what_is_constant_has_no_scale() {
        let all = |value| Rdm::new(Stimuli::numbered(3), vec![value; 3]).unwrap();
        assert!(matches!(
            all(2.0).scaled(Scaling::StandardScore),
            Err(Error::ConstantRdm { .. })
        ));
        assert!(all(2.0).scaled(Scaling::RootMeanSquare).is_ok());
        assert!(all(0.0).scaled(Scaling::RootMeanSquare).is_err());
        let huge = all(1e300).scaled(Scaling::RootMeanSquare).unwrap();
        assert_relative_eq!(huge.values()[0], 1.0, epsilon = 1e-12);
    }
}
