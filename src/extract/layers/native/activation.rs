//! Activations, computed in place.

use pulp::{Arch, Simd, WithSimd};

use super::vector_math::{erf, exp, sigmoid};
use crate::extract::layers::Activation;

/// Adds a bias to each row, if there is one, and applies the activation.
pub(in crate::extract) fn bias_and_activate(
    rows: &mut [f32],
    bias: Option<&[f32]>,
    activation: Activation,
) {
    match (bias, activation) {
        (None, Activation::Identity) => {}
        (None, activation) => Arch::new().dispatch(Apply {
            values: rows,
            activation,
        }),
        (Some(bias), activation) => Arch::new().dispatch(Finish {
            rows,
            bias,
            activation,
        }),
    }
}

/// Computes values = activation(values + others).
pub(in crate::extract) fn add_and_activate(
    values: &mut [f32],
    others: &[f32],
    activation: Activation,
) {
    Arch::new().dispatch(Add {
        values,
        others,
        activation,
    });
}

/// Returns the activation of one value; that of NaN is NaN, so that a damaged network is noticed.
#[inline(always)]
fn one(activation: Activation, x: f32) -> f32 {
    match activation {
        Activation::Identity => x,
        // Not `x.max(0.0)`, which turns NaN into 0.
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::LeakyRelu(slope) => {
            if x > 0.0 {
                x
            } else {
                slope * x
            }
        }
        Activation::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Activation::HardSwish => x * ((x + 3.0).clamp(0.0, 6.0) / 6.0),
        Activation::Sigmoid => sigmoid(x),
        Activation::Silu => x * sigmoid(x),
        Activation::QuickGelu => x * sigmoid(1.702 * x),
        Activation::Gelu => 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)),
        // (1 + tanh(y)) / 2 = sigmoid(2 y) with y = √(2 / π) (x + 0.044715 x³).
        Activation::GeluTanh => x * sigmoid(1.595_769 * (x + 0.044_715 * (x * x * x))),
    }
}

/// Runs `body` with the activation as a constant, so that each activation has its own loop.
macro_rules! for_activation {
    ($activation:expr, |$chosen:ident| $body:expr) => {
        match $activation {
            Activation::LeakyRelu(slope) => {
                let $chosen = Activation::LeakyRelu(slope);
                $body
            }
            Activation::Identity => for_activation!(@ Identity, $chosen, $body),
            Activation::Relu => for_activation!(@ Relu, $chosen, $body),
            Activation::Relu6 => for_activation!(@ Relu6, $chosen, $body),
            Activation::HardSigmoid => for_activation!(@ HardSigmoid, $chosen, $body),
            Activation::HardSwish => for_activation!(@ HardSwish, $chosen, $body),
            Activation::Sigmoid => for_activation!(@ Sigmoid, $chosen, $body),
            Activation::Silu => for_activation!(@ Silu, $chosen, $body),
            Activation::QuickGelu => for_activation!(@ QuickGelu, $chosen, $body),
            Activation::Gelu => for_activation!(@ Gelu, $chosen, $body),
            Activation::GeluTanh => for_activation!(@ GeluTanh, $chosen, $body),
        }
    };
    (@ $name:ident, $chosen:ident, $body:expr) => {{
        let $chosen = Activation::$name;
        $body
    }};
}

struct Apply<'a> {
    values: &'a mut [f32],
    activation: Activation,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for_activation!(self.activation, |activation| {
            for x in self.values.iter_mut() {
                *x = one(activation, *x);
            }
        });
    }
}

struct Finish<'a> {
    rows: &'a mut [f32],
    bias: &'a [f32],
    activation: Activation,
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for_activation!(self.activation, |activation| {
            for row in self.rows.chunks_exact_mut(self.bias.len()) {
                for (x, bias) in row.iter_mut().zip(self.bias) {
                    *x = one(activation, *x + bias);
                }
            }
        });
    }
}

struct Add<'a> {
    values: &'a mut [f32],
    others: &'a [f32],
    activation: Activation,
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for_activation!(self.activation, |activation| {
            for (x, other) in self.values.iter_mut().zip(self.others) {
                *x = one(activation, *x + other);
            }
        });
    }
}

/// Computes the softmax of each row of `n` values, in place.
pub(in crate::extract) fn softmax_rows(rows: &mut [f32], n: usize) {
    Arch::new().dispatch(Softmax { rows, n });
}

struct Softmax<'a> {
    rows: &'a mut [f32],
    n: usize,
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        const LANES: usize = 16;

        for row in self.rows.chunks_exact_mut(self.n) {
            let (chunks, rest) = row.as_chunks_mut::<LANES>();
            // The padding has a weight of 0.
            let mut last = [f32::NEG_INFINITY; LANES];
            last[..rest.len()].copy_from_slice(rest);
            let mut largest = last;
            for chunk in chunks.iter() {
                for (largest, &x) in largest.iter_mut().zip(chunk) {
                    *largest = largest.max(x);
                }
            }
            let largest = largest.into_iter().fold(f32::NEG_INFINITY, f32::max);
            let mut sums = [0.0f32; LANES];
            for chunk in chunks.iter_mut().chain([&mut last]) {
                for (sum, x) in sums.iter_mut().zip(chunk) {
                    *x = exp(*x - largest);
                    *sum += *x;
                }
            }
            rest.copy_from_slice(&last[..rest.len()]);
            let inverse = 1.0 / sums.into_iter().sum::<f32>();
            for x in row {
                *x *= inverse;
            }
        }
    }
}
