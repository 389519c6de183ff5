//! Multiplication of channels by factors.

use pulp::{Arch, Simd, WithSimd};

use crate::extract::layers::MapShape;

/// Returns x · factors + other for each image, with factors for each channel of each image or of
/// all images.
pub(in crate::extract) fn scale(
    x: &[f32],
    factors: &[f32],
    shape: MapShape,
    other: Option<&[f32]>,
) -> Vec<f32> {
    let mut out = x.to_vec();
    Arch::new().dispatch(Scale {
        images: &mut out,
        factors,
        shape,
        other,
    });
    out
}

struct Scale<'a> {
    images: &'a mut [f32],
    factors: &'a [f32],
    shape: MapShape,
    other: Option<&'a [f32]>,
}

impl WithSimd for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let n = self.shape.channels;
        let pixels = self.images.chunks_exact_mut(n).enumerate();
        for (number, pixel) in pixels {
            let image = number / (self.shape.height * self.shape.width);
            let factors = &self.factors[image * n % self.factors.len()..][..n];
            match self.other {
                None => {
                    for (x, factor) in pixel.iter_mut().zip(factors) {
                        *x *= factor;
                    }
                }
                Some(other) => {
                    let other = &other[number * n..][..n];
                    for ((x, factor), other) in pixel.iter_mut().zip(factors).zip(other) {
                        *x = *x * factor + other;
                    }
                }
            }
        }
    }
}
