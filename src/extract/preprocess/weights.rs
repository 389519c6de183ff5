//! Filters for resizing, and the weights of the old pixels in each new pixel of an axis.

use std::f64::consts::PI;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::linalg::reserve;
use crate::names::named;

/// A filter for resizing images.
///
/// As in Pillow, the filter is stretched by the downscaling factor, so that all old pixels
/// contribute (antialiasing). In the formulas, x is the distance from the centre of the new pixel,
/// in old pixels, divided by that factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Box filter: 1 for −½ < x ≤ ½.
    Box,
    /// Triangle filter: 1 − |x| for |x| < 1, the default.
    #[default]
    Bilinear,
    /// Cubic convolution of Keys (1981) with a = −½, for |x| < 2.
    Bicubic,
    /// Lanczos filter: sinc(x) sinc(x / 3) with sinc(x) = sin(πx) / πx, for |x| < 3.
    Lanczos,
}

impl Filter {
    /// Returns the radius of the filter, in units of x.
    fn support(self) -> f64 {
        match self {
            Filter::Box => 0.5,
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    /// Returns the value of the filter at `x`, before the weights are normalized to sum to 1.
    fn at(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            Filter::Box => f64::from(-0.5 < x && x <= 0.5),
            Filter::Bilinear if distance < 1.0 => 1.0 - distance,
            Filter::Bicubic if distance < 1.0 => {
                const A: f64 = -0.5;
                ((A + 2.0) * distance - (A + 3.0)) * distance * distance + 1.0
            }
            Filter::Bicubic if distance < 2.0 => {
                (((distance - 5.0) * distance + 8.0) * distance - 4.0) * -0.5
            }
            Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Filter::Bilinear | Filter::Bicubic | Filter::Lanczos => 0.0,
        }
    }
}

named! {
    Filter, "filter":
    Box = "box",
    Bilinear = "bilinear",
    Bicubic = "bicubic",
    Lanczos = "lanczos",
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// Number of fraction bits of the fixed-point weights. An `i32` also needs 8 bits for the pixel and
/// 2 bits for weights whose magnitudes sum to more than 1.
pub(in crate::extract) const FRACTION_BITS: u32 = 32 - 8 - 2;

/// Weights of the old pixels in each new pixel of a part of a resized axis.
pub(in crate::extract) struct Weights {
    windows: Vec<Window>,
    values: Vec<i32>,
}

struct Window {
    /// Index of the first old pixel.
    first: usize,
    /// Index of its weight in the list of weights.
    begin: usize,
}

impl Weights {
    /// Computes the weights of the new pixels `part` of an axis that is resized from `n_old` to
    /// `n_new` pixels.
    pub(in crate::extract) fn new(
        filter: Filter,
        n_old: usize,
        n_new: u64,
        part: Range<u64>,
    ) -> Result<Self> {
        let scale = n_old as f64 / n_new as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let n_new = part.end.saturating_sub(part.start) as usize;
        let longest = (2 * support.ceil() as usize + 1).min(n_old);
        let (mut windows, mut values, mut row) = (Vec::new(), Vec::new(), Vec::new());
        reserve(&mut windows, n_new, "weights of pixels")?;
        reserve(
            &mut values,
            n_new.saturating_mul(longest),
            "weights of pixels",
        )?;
        reserve(&mut row, longest, "weights of pixels")?;
        for new in part {
            let centre = (new as f64 + 0.5) * scale;
            // Rounded as in Pillow; negative numbers become 0.
            let first = (centre - support + 0.5) as usize;
            let end = ((centre + support + 0.5) as usize).min(n_old);
            row.clear();
            // Pillow also multiplies by the reciprocal.
            row.extend(
                (first..end).map(|old| filter.at((old as f64 - centre + 0.5) * stretch.recip())),
            );
            let sum: f64 = row.iter().sum();
            windows.push(Window {
                first,
                begin: values.len(),
            });
            values.extend(row.iter().map(|weight| fixed_point(weight / sum)));
        }
        Ok(Self { windows, values })
    }

    /// Returns, for each new pixel, the index of the first old pixel and the weights from that
    /// pixel on.
    pub(in crate::extract) fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let ends = self.windows.iter().skip(1).map(|next| next.begin);
        let ends = ends.chain([self.values.len()]);
        self.windows
            .iter()
            .zip(ends)
            .map(|(window, end)| (window.first, &self.values[window.begin..end]))
    }

    /// Returns the range of old pixels that contribute to any new pixel.
    pub(super) fn needed(&self) -> Range<usize> {
        let first = self.iter().map(|(first, _)| first).min();
        let end = self.iter().map(|(first, weights)| first + weights.len());
        first.unwrap_or(0)..end.max().unwrap_or(0)
    }
}

/// Converts a weight to fixed point; halves are rounded away from 0.
fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << FRACTION_BITS);
    (scaled + 0.5f64.copysign(scaled)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_the_kernel() {
        const ONE: f64 = (1 << FRACTION_BITS) as f64;
        let weights_of = |filter, n_old, n_new, new| {
            let weights = Weights::new(filter, n_old, n_new, new..new + 1).unwrap();
            let (first, weights) = weights.iter().next().unwrap();
            let weights: Vec<f64> = weights.iter().map(|&w| f64::from(w) / ONE).collect();
            (first, weights)
        };
        // Downscaling by 2: the triangle ends at a distance of 2 from the centre, which lies
        // between two pixels.
        let (first, weights) = weights_of(Filter::Bilinear, 10, 5, 2);
        assert_eq!((first, weights), (3, vec![0.125, 0.375, 0.375, 0.125]));
        let (first, weights) = weights_of(Filter::Box, 10, 5, 2);
        assert_eq!((first, weights), (4, vec![0.5, 0.5]));
        // Upscaling by 2, at the edge: the centre is a quarter of an old pixel away from the
        // nearest one.
        let (first, weights) = weights_of(Filter::Bilinear, 5, 10, 1);
        assert_eq!((first, weights), (0, vec![0.75, 0.25]));
        let (first, weights) = weights_of(Filter::Bicubic, 100, 200, 101);
        let cubic = [-0.0703125, 0.8671875, 0.2265625, -0.0234375];
        assert_eq!((first, weights), (49, cubic.to_vec()));
    }

    #[test]
    fn sums_stay_within_32_bits() {
        for &filter in Filter::ALL {
            for (n_old, n_new) in [(1, 7), (2, 1000), (3, 5000), (7, 3), (50, 51), (1000, 7)] {
                let weights = Weights::new(filter, n_old, n_new, 0..n_new).unwrap();
                for (first, weights) in weights.iter() {
                    assert!(first + weights.len() <= n_old);
                    let largest: i64 = weights.iter().map(|w| 255 * i64::from(w.abs())).sum();
                    assert!(largest < (1 << 31) - (1 << 21), "{filter} {n_old} {n_new}");
                }
            }
        }
    }
}
