//! The loss along multiples of the identity.

use crate::linalg::{add_scaled, dot};
use crate::probe::questions::Questions;

/// The loss of the similarities S + εK as a function of ε. It is convex in ε.
pub(super) struct Scaling<'a> {
    pub questions: &'a Questions,
    /// K of [`Coordinates::dot_products`](crate::probe::coordinates::Coordinates::dot_products).
    pub dot_products: &'a [f64],
    /// S + εK.
    pub similarities: Vec<f64>,
    /// Buffers of [`Questions::pass`].
    pub derivatives: &'a mut [f64],
    pub third: &'a mut [f64],
    pub epsilon: f64,
}

impl Scaling<'_> {
    /// Computes the derivative of the loss with respect to ε.
    fn slope(&mut self, epsilon: f64) -> f64 {
        let change = epsilon - self.epsilon;
        add_scaled(&mut self.similarities, change, self.dot_products);
        self.epsilon = epsilon;
        self.questions
            .pass(&self.similarities, self.derivatives, self.third);
        dot(self.derivatives, self.dot_products)
    }

    /// Returns a positive ε that is at most slightly greater than the minimum, to a relative
    /// `precision`, and at which the derivative is not negative. Returns `None` if the derivative
    /// is negative for all ε up to `highest`.
    pub fn minimum(&mut self, start: f64, highest: f64, precision: f64) -> Option<f64> {
        /// Maximum number of evaluations.
        const MOST: usize = 100;

        let (mut low, mut of_low) = (0.0, f64::NEG_INFINITY);
        let (mut high, mut of_high) = (start, self.slope(start));
        while of_high < 0.0 {
            if high >= highest {
                return None;
            }
            (low, of_low) = (high, of_high);
            high = (4.0 * high).min(highest);
            of_high = self.slope(high);
        }
        // Regula falsi, Illinois variant; bisection where the slope at the lower end is unknown.
        for _ in 0..MOST {
            if high - low <= precision * high || of_high == 0.0 {
                break;
            }
            let share = match of_low.is_finite() {
                true => of_high / (of_high - of_low),
                false => 0.5,
            };
            // Not closer to an end than the precision.
            let margin = 0.5 * precision * high / (high - low);
            let middle = high - share.clamp(margin, 1.0 - margin) * (high - low);
            let of_middle = self.slope(middle);
            if of_middle < 0.0 {
                (low, of_low) = (middle, of_middle);
                of_high *= 0.5;
            } else {
                (high, of_high) = (middle, of_middle);
                of_low *= 0.5;
            }
        }
        self.slope(high);
        Some(high)
    }

    /// Returns the second derivative of the loss with respect to ε, by a difference.
    pub fn curvature(&mut self, epsilon: f64) -> f64 {
        const STEP: f64 = 1e-4;

        let [low, high] = [1.0 - STEP, 1.0 + STEP].map(|share| self.slope(share * epsilon));
        ((high - low) / (2.0 * STEP * epsilon)).max(0.0)
    }

    /// Returns the similarities S + εK at the most recent ε; the derivatives are in the buffer.
    pub fn into_similarities(self) -> Vec<f64> {
        self.similarities
    }
}
