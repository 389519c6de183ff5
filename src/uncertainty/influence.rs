//! Statistics of two variables, with the influence of an observation on them.

use crate::error::{Error, Result, at_least, same_length};

/// A statistic of a sample of pairs (x, y).
pub(super) trait Statistic: Sync {
    /// Returns the value of the statistic for the sample.
    fn value(&self) -> f64;

    /// Returns the empirical influence function at (x, y): the derivative of the statistic with
    /// respect to the weight of an observation there (Hampel 1974). Its mean over the sample is 0.
    fn influence(&self, x: f64, y: f64) -> f64;
}

/// Checks that a correlation of two variables is defined: at least three finite pairs, and both
/// variables vary.
pub(super) fn check_pairs(what: &'static str, x: &[f64], y: &[f64]) -> Result<()> {
    same_length(what, x.len(), y.len())?;
    at_least(what, 3, x.len())?;
    for values in [x, y] {
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::parameter(what, "finite", value));
        }
        if values.iter().all(|&value| value == values[0]) {
            return Err(Error::parameter(what, "not constant", values[0]));
        }
    }
    Ok(())
}

/// Pearson's correlation, and the least-squares line of y on x.
pub(super) struct Linear {
    means: [f64; 2],
    deviations: [f64; 2],
    correlation: f64,
}

impl Linear {
    pub fn new(x: &[f64], y: &[f64]) -> Self {
        let n = x.len() as f64;
        let means = [x, y].map(|values| values.iter().sum::<f64>() / n);
        let [mut xx, mut yy, mut xy] = [0.0; 3];
        for (x, y) in x.iter().zip(y) {
            let (x, y) = (x - means[0], y - means[1]);
            xx += x * x;
            yy += y * y;
            xy += x * y;
        }
        Self {
            means,
            deviations: [(xx / n).sqrt(), (yy / n).sqrt()],
            correlation: (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0),
        }
    }

    pub fn slope(&self) -> Slope<'_> {
        Slope(self)
    }

    pub fn intercept(&self) -> f64 {
        self.means[1] - self.slope().value() * self.means[0]
    }

    fn standardized(&self, x: f64, y: f64) -> [f64; 2] {
        let [mean_x, mean_y] = self.means;
        let [sd_x, sd_y] = self.deviations;
        [(x - mean_x) / sd_x, (y - mean_y) / sd_y]
    }
}

impl Statistic for Linear {
    fn value(&self) -> f64 {
        self.correlation
    }

    fn influence(&self, x: f64, y: f64) -> f64 {
        let [x, y] = self.standardized(x, y);
        x * y - self.correlation * (x * x + y * y) / 2.0
    }
}

/// The slope of the least-squares line of y on x.
pub(super) struct Slope<'a>(&'a Linear);

impl Statistic for Slope<'_> {
    fn value(&self) -> f64 {
        let [sd_x, sd_y] = self.0.deviations;
        self.0.correlation * sd_y / sd_x
    }

    fn influence(&self, x: f64, y: f64) -> f64 {
        let [sd_x, sd_y] = self.0.deviations;
        let [x, y] = self.0.standardized(x, y);
        x * (y - self.0.correlation * x) * sd_y / sd_x
    }
}

/// The mean of y.
pub(super) struct Mean(pub f64);

impl Statistic for Mean {
    fn value(&self) -> f64 {
        self.0
    }

    fn influence(&self, _: f64, y: f64) -> f64 {
        y - self.0
    }
}

/// Spearman's correlation: Pearson's correlation of mid-ranks.
pub(super) struct Ranked {
    x: Margin,
    y: Margin,
    covariance: f64,
}

impl Ranked {
    pub fn new(x: &[f64], y: &[f64]) -> Self {
        let sorted = [x, y].map(|values| {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        });
        let [ranks_x, ranks_y] = [(x, &sorted[0]), (y, &sorted[1])].map(|(values, sorted)| {
            let rank = |&value: &f64| centred_rank(sorted, value);
            values.iter().map(rank).collect::<Vec<f64>>()
        });
        let products = ranks_x.iter().zip(&ranks_y).map(|(x, y)| x * y);
        let covariance = products.sum::<f64>() / x.len() as f64;
        let [sorted_x, sorted_y] = sorted;
        Self {
            x: Margin::new(x, sorted_x, &ranks_x, &ranks_y),
            y: Margin::new(y, sorted_y, &ranks_y, &ranks_x),
            covariance,
        }
    }
}

impl Statistic for Ranked {
    fn value(&self) -> f64 {
        let spread = (self.x.variance * self.y.variance).sqrt();
        (self.covariance / spread).clamp(-1.0, 1.0)
    }

    fn influence(&self, x: f64, y: f64) -> f64 {
        // An observation adds its own product of ranks, and changes the ranks of those above it.
        let covariance = centred_rank(&self.x.sorted, x) * centred_rank(&self.y.sorted, y)
            + self.x.above(&self.x.other, x)
            + self.y.above(&self.y.other, y)
            - 3.0 * self.covariance;
        let spread = (self.x.variance * self.y.variance).sqrt();
        let shares = self.x.variance_influence(x) / self.x.variance
            + self.y.variance_influence(y) / self.y.variance;
        covariance / spread - self.value() * shares / 2.0
    }
}

/// Returns the mid-rank of a value divided by the number of values, minus ½.
fn centred_rank(sorted: &[f64], value: f64) -> f64 {
    let [below, up_to] = bounds(sorted, value);
    (below + up_to) as f64 / (2 * sorted.len()) as f64 - 0.5
}

/// Returns the numbers of values that are less than a value, and at most as large.
fn bounds(sorted: &[f64], value: f64) -> [usize; 2] {
    let below = sorted.partition_point(|&other| other < value);
    let tied = sorted[below..].partition_point(|&other| other <= value);
    [below, below + tied]
}

/// One variable of a rank correlation.
struct Margin {
    sorted: Vec<f64>,
    /// Sums of the ranks of this variable, over the first 0, 1, … values in ascending order.
    own: Vec<f64>,
    /// The same sums of the ranks of the other variable.
    other: Vec<f64>,
    /// Variance of the ranks.
    variance: f64,
}

impl Margin {
    fn new(values: &[f64], sorted: Vec<f64>, own: &[f64], other: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let sums = |ranks: &[f64]| {
            let mut sum = 0.0;
            let partial = order.iter().map(|&at| {
                sum += ranks[at];
                sum
            });
            std::iter::once(0.0).chain(partial).collect()
        };
        Self {
            sorted,
            own: sums(own),
            other: sums(other),
            variance: own.iter().map(|rank| rank * rank).sum::<f64>() / own.len() as f64,
        }
    }

    /// Returns the mean over the sample of the ranks in `sums`, times 1 where the value is above
    /// `value` and ½ where it is equal.
    fn above(&self, sums: &[f64], value: f64) -> f64 {
        let [below, up_to] = bounds(&self.sorted, value);
        let n = self.sorted.len();
        (sums[n] - (sums[below] + sums[up_to]) / 2.0) / n as f64
    }

    fn variance_influence(&self, value: f64) -> f64 {
        let rank = centred_rank(&self.sorted, value);
        rank * rank + 2.0 * self.above(&self.own, value) - 3.0 * self.variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Computes Pearson's correlation of weighted observations.
    fn weighted(x: &[f64], y: &[f64], weights: &[f64]) -> f64 {
        let total: f64 = weights.iter().sum();
        let mean = |of: &dyn Fn(usize) -> f64| {
            (0..x.len()).map(|t| weights[t] * of(t)).sum::<f64>() / total
        };
        let (mean_x, mean_y) = (mean(&|t| x[t]), mean(&|t| y[t]));
        let xy = mean(&|t| (x[t] - mean_x) * (y[t] - mean_y));
        let xx = mean(&|t| (x[t] - mean_x).powi(2));
        let yy = mean(&|t| (y[t] - mean_y).powi(2));
        xy / (xx * yy).sqrt()
    }

    /// Computes mid-ranks of weighted observations, over all pairs.
    fn weighted_ranks(values: &[f64], weights: &[f64]) -> Vec<f64> {
        let total: f64 = weights.iter().sum();
        let rank = |value: f64| {
            let below = |(&other, &weight): (&f64, &f64)| match other.total_cmp(&value) {
                std::cmp::Ordering::Less => weight,
                std::cmp::Ordering::Equal => weight / 2.0,
                std::cmp::Ordering::Greater => 0.0,
            };
            values.iter().zip(weights).map(below).sum::<f64>() / total
        };
        values.iter().map(|&value| rank(value)).collect()
    }

    #[test]
    fn influences_are_derivatives_with_respect_to_weights() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let x: Vec<f64> = (0..40)
            .map(|_| f64::from(rng.random_range(0..12u8)))
            .collect();
        let y: Vec<f64> = x
            .iter()
            .map(|x| (x + 9.0 * rng.random::<f64>()).floor())
            .collect();
        let (linear, ranked) = (Linear::new(&x, &y), Ranked::new(&x, &y));
        let step = 1e-5;
        for at in 0..x.len() {
            let moved = |step: f64| {
                let mut weights = vec![1.0 / x.len() as f64; x.len()];
                weights[at] += step;
                let ranks = [&x, &y].map(|values| weighted_ranks(values, &weights));
                [
                    weighted(&x, &y, &weights),
                    weighted(&ranks[0], &ranks[1], &weights),
                ]
            };
            let (up, down) = (moved(step), moved(-step));
            let found = [
                linear.influence(x[at], y[at]),
                ranked.influence(x[at], y[at]),
            ];
            for kind in 0..2 {
                let derivative = (up[kind] - down[kind]) / (2.0 * step);
                assert_relative_eq!(found[kind], derivative, epsilon = 1e-7, max_relative = 1e-6);
            }
        }
    }

    #[test]
    fn values_are_those_of_scipy() {
        let x = [0.2, 0.5, 0.5, 1.1, 0.9, 0.3, 0.7];
        let y = [0.1, 0.6, 0.4, 0.9, 1.0, 0.4, 0.2];
        let (linear, ranked) = (Linear::new(&x, &y), Ranked::new(&x, &y));
        // scipy.stats.pearsonr(x, y), spearmanr(x, y), linregress(x, y)
        assert_relative_eq!(linear.value(), 0.780_548_389_948_372_8, epsilon = 1e-12);
        assert_relative_eq!(ranked.value(), 0.718_181_818_181_818_3, epsilon = 1e-12);
        assert_relative_eq!(
            linear.slope().value(),
            0.822_580_645_161_290_1,
            epsilon = 1e-12
        );
        assert_relative_eq!(
            linear.intercept(),
            0.020_737_327_188_940_39,
            epsilon = 1e-12
        );
    }
}
