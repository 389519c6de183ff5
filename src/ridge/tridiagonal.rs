//! Shifted tridiagonal systems, which are solved for each penalty.

use pulp::{Simd, WithSimd};

/// A symmetric positive semi-definite tridiagonal matrix.
pub(super) struct Tridiagonal {
    pub diagonal: Vec<f64>,
    /// Elements below the diagonal, one fewer than on the diagonal.
    pub off_diagonal: Vec<f64>,
}

/// The factors L D Lᵀ of a tridiagonal matrix T + α I.
pub(super) struct Factors {
    /// Elements of L below the diagonal. The first is 0, so that there is one per row.
    lower: Vec<f64>,
    inverse_pivots: Vec<f64>,
}

impl Tridiagonal {
    pub fn len(&self) -> usize {
        self.diagonal.len()
    }

    /// Computes the factors for a positive penalty.
    pub fn shifted(&self, penalty: f64) -> Factors {
        let mut factors = Factors {
            lower: Vec::with_capacity(self.len()),
            inverse_pivots: Vec::with_capacity(self.len()),
        };
        let mut subtrahend = 0.0;
        let mut lower = 0.0;
        for (position, diagonal) in self.diagonal.iter().enumerate() {
            // In exact arithmetic no pivot is less than the penalty.
            let pivot = (diagonal + penalty - subtrahend).max(penalty);
            factors.lower.push(lower);
            factors.inverse_pivots.push(1.0 / pivot);
            if let Some(off) = self.off_diagonal.get(position) {
                lower = off / pivot;
                subtrahend = lower * off;
            }
        }
        factors
    }
}

impl Factors {
    /// Solves for several right-hand sides. `rhs` is row-major with `n_columns` columns; row *i* of
    /// the solution is written to `out[i * stride..]`.
    pub fn solve(&self, rhs: &[f64], n_columns: usize, out: &mut [f64], stride: usize) {
        let n = self.lower.len();
        for row in 0..n {
            let (before, from) = out.split_at_mut(row * stride);
            let from = &mut from[..n_columns];
            from.copy_from_slice(&rhs[row * n_columns..][..n_columns]);
            if row > 0 {
                let above = &before[(row - 1) * stride..][..n_columns];
                subtract(from, self.lower[row], above);
            }
        }
        for row in (0..n).rev() {
            let (to, after) = out[row * stride..].split_at_mut(n_columns);
            to.iter_mut().for_each(|x| *x *= self.inverse_pivots[row]);
            if row + 1 < n {
                let below = &after[stride - n_columns..][..n_columns];
                subtract(to, self.lower[row + 1], below);
            }
        }
    }
}

fn subtract(from: &mut [f64], factor: f64, other: &[f64]) {
    from.iter_mut()
        .zip(other)
        .for_each(|(x, y)| *x -= factor * y);
}

/// Computation of zᵀ (T + α I)⁻¹ z for several vectors z and all penalties. It is a type because
/// `pulp::Arch::dispatch` takes one.
pub(super) struct QuadraticForms<'a> {
    /// One per penalty.
    pub factors: &'a [Factors],
    /// The vectors, with the first elements of all vectors first.
    pub vectors: &'a [f64],
    pub n_vectors: usize,
    /// Scratch space of the length of `out`.
    pub partial: &'a mut [f64],
    /// The results, penalties × vectors, row-major.
    pub out: &'a mut [f64],
}

impl WithSimd for QuadraticForms<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.partial.fill(0.0);
        self.out.fill(0.0);
        let partial = self.partial.chunks_exact_mut(self.n_vectors);
        let out = self.out.chunks_exact_mut(self.n_vectors);
        for ((factors, partial), out) in self.factors.iter().zip(partial).zip(out) {
            let elements = self.vectors.chunks_exact(self.n_vectors);
            let factors = factors.lower.iter().zip(&factors.inverse_pivots);
            for (elements, (lower, inverse_pivot)) in elements.zip(factors) {
                let cells = elements.iter().zip(partial.iter_mut()).zip(out.iter_mut());
                for ((element, partial), out) in cells {
                    *partial = element - lower * *partial;
                    *out += *partial * *partial * inverse_pivot;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use pulp::Arch;

    #[test]
    fn solves_what_it_factors() {
        let matrix = Tridiagonal {
            diagonal: vec![2.0, 3.0, 4.0],
            off_diagonal: vec![1.0, -1.5],
        };
        let factors = matrix.shifted(0.5);
        // Two right-hand sides, with a stride of three.
        let rhs = [1.0, 2.0, -1.0, 0.5, 3.0, 0.0];
        let mut out = [9.0; 9];
        factors.solve(&rhs, 2, &mut out[..8], 3);
        let apply = |x: [f64; 3]| {
            [
                2.5 * x[0] + x[1],
                x[0] + 3.5 * x[1] - 1.5 * x[2],
                -1.5 * x[1] + 4.5 * x[2],
            ]
        };
        for column in 0..2 {
            let solution = [out[column], out[3 + column], out[6 + column]];
            for (row, value) in apply(solution).into_iter().enumerate() {
                assert_relative_eq!(value, rhs[2 * row + column], epsilon = 1e-14);
            }
        }
        assert_eq!([out[2], out[5], out[8]], [9.0; 3]);

        let (mut partial, mut forms) = ([0.0; 2], [0.0; 2]);
        Arch::new().dispatch(QuadraticForms {
            factors: &[factors],
            vectors: &rhs,
            n_vectors: 2,
            partial: &mut partial,
            out: &mut forms,
        });
        for column in 0..2 {
            let expected: f64 = (0..3)
                .map(|row| rhs[2 * row + column] * out[3 * row + column])
                .sum();
            assert_relative_eq!(forms[column], expected, epsilon = 1e-14);
        }
    }
}
