//! Tests of equivalence and non-inferiority.

use serde::{Deserialize, Serialize};
use statrs::distribution::ContinuousCDF;

use crate::error::{Error, Result};
use crate::inference::{Comparison, Confidence, Estimate, Interval};
use crate::names::named;

/// A test of whether a difference is smaller than a margin: two one-sided tests (Schuirmann 1987;
/// Lakens 2017).
///
/// A large p-value of a difference is not evidence that there is no difference. Equivalence is
/// claimed if both hypotheses, difference ≤ −margin and difference ≥ margin, are rejected at level
/// α; this is the case if the 1 − 2α interval lies between −margin and margin. The margin is the
/// largest difference that does not matter, and is chosen before the data are seen.
///
/// ```
/// use human_alignment::inference::{EquivalenceTest, EquivalenceVerdict, Estimate};
///
/// let difference = Estimate { value: 0.002, standard_error: Some(0.004), degrees_of_freedom: 99.0 };
/// let found = EquivalenceTest::within(0.01)?.run(&difference);
/// assert_eq!(found.verdict, EquivalenceVerdict::Equivalent);
/// assert!(found.p_value < 0.05 && found.is_no_worse());
/// // The interval is too wide for a smaller margin.
/// let found = EquivalenceTest::within(0.005)?.run(&difference);
/// assert_eq!(found.verdict, EquivalenceVerdict::Inconclusive);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EquivalenceTest {
    margin: f64,
    level: f64,
}

/// The conclusion of an equivalence test, from the 1 − 2α interval of a difference and the margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EquivalenceVerdict {
    /// The interval lies between −margin and margin.
    Equivalent,
    /// The interval lies above the margin or below −margin: the difference is larger than the
    /// margin. An interval that excludes 0 but not the margin is inconclusive.
    Different,
    /// The interval contains the margin or −margin.
    Inconclusive,
}

named! {
    EquivalenceVerdict, "verdict":
    Equivalent = "equivalent",
    Different = "different",
    Inconclusive = "inconclusive",
}

/// The result of an [`EquivalenceTest`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Equivalence {
    /// The margin, greater than 0.
    pub margin: f64,
    /// The level α of each one-sided test.
    pub level: f64,
    /// The p-value of equivalence: the larger one of the two one-sided p-values.
    pub p_value: f64,
    /// The p-value of non-inferiority ("no worse than"), of the hypothesis that the difference is at
    /// most −margin.
    pub p_no_worse: f64,
    /// The p-value of non-superiority ("no better than"), of the hypothesis that the difference is
    /// at least the margin.
    pub p_no_better: f64,
    /// The 1 − 2α interval of the difference. It is unbounded if the standard error is unknown.
    #[serde(with = "unbounded")]
    pub interval: Interval,
    /// The conclusion of the test.
    pub verdict: EquivalenceVerdict,
}

impl EquivalenceTest {
    /// Creates a test with a margin, in the units of the difference, at level 0.05.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless the margin is finite and greater than 0.
    pub fn within(margin: f64) -> Result<Self> {
        if margin > 0.0 && margin.is_finite() {
            let level = 0.05;
            return Ok(Self { margin, level });
        }
        Err(Error::parameter("margin", "finite and positive", margin))
    }

    /// Sets the level α of each one-sided test. Default: 0.05, with the 90 % interval.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless 0 < α < 0.5.
    pub fn at_level(self, level: f64) -> Result<Self> {
        if level > 0.0 && level < 0.5 {
            return Ok(Self { level, ..self });
        }
        Err(Error::parameter("level", "between 0 and 0.5", level))
    }

    /// Tests a difference, by Student's t. If the standard error is unknown, p-values are 1 and the
    /// verdict is inconclusive.
    pub fn run(&self, difference: &Estimate) -> Equivalence {
        let &Self { margin, level } = self;
        let p_no_worse = upper_tail(difference, -margin);
        let p_no_better = upper_tail(&negative(difference), -margin);
        let confidence = Confidence::new(1.0 - 2.0 * level).unwrap_or_default();
        let interval = difference.interval(confidence);
        let Interval { lower, upper } = interval;
        let verdict = if -margin < lower && upper < margin {
            EquivalenceVerdict::Equivalent
        } else if lower > margin || upper < -margin {
            EquivalenceVerdict::Different
        } else {
            EquivalenceVerdict::Inconclusive
        };
        Equivalence {
            margin,
            level,
            p_value: p_no_worse.max(p_no_better),
            p_no_worse,
            p_no_better,
            interval,
            verdict,
        }
    }
}

impl Equivalence {
    /// Returns true if the difference is significantly greater than −margin: the first of two
    /// compared models is no worse than the second.
    pub fn is_no_worse(&self) -> bool {
        self.interval.lower > -self.margin
    }

    /// Returns true if the difference is significantly less than the margin: the first of two
    /// compared models is no better than the second.
    pub fn is_no_better(&self) -> bool {
        self.interval.upper < self.margin
    }
}

impl Comparison {
    /// Tests whether the two representations are equivalent within a margin, in the units of the
    /// scores, at level 0.05. P-values are not adjusted for other comparisons. For another level
    /// use [`EquivalenceTest`] with the [difference](Comparison::difference).
    ///
    /// ```
    /// use human_alignment::inference::{Comparison, Confidence, Credit, EquivalenceVerdict};
    /// use human_alignment::{OddOneOut, Stimuli};
    ///
    /// let trials = OddOneOut::new(Stimuli::numbered(6), vec![[0, 1, 2], [3, 4, 5]])?;
    /// let (first, second) = ([Credit::FULL, Credit::FULL], [Credit::FULL, Credit::NONE]);
    /// let compared = Comparison::all_pairs(&trials, &[&first, &second], Confidence::default())?;
    /// // Two trials are too few for any conclusion.
    /// assert_eq!(compared[0].equivalence(0.1)?.verdict, EquivalenceVerdict::Inconclusive);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// The same as for [`EquivalenceTest::within`].
    pub fn equivalence(&self, margin: f64) -> Result<Equivalence> {
        Ok(EquivalenceTest::within(margin)?.run(&self.difference))
    }
}

fn negative(estimate: &Estimate) -> Estimate {
    Estimate {
        value: -estimate.value,
        ..*estimate
    }
}

/// Returns the one-sided p-value of the hypothesis that the true value is at most a bound.
pub(crate) fn upper_tail(estimate: &Estimate, bound: f64) -> f64 {
    match estimate.known() {
        Some((error, t)) if estimate.value != bound => t.cdf((bound - estimate.value) / error),
        Some((0.0, _)) | None => 1.0,
        Some(_) => 0.5,
    }
}

/// An interval in files, with `null` for an end that is unbounded, because JSON has no infinity.
mod unbounded {
    use super::Interval;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(interval: &Interval, serializer: S) -> Result<S::Ok, S::Error> {
        let ends = [interval.lower, interval.upper];
        ends.map(|end| end.is_finite().then_some(end))
            .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Interval, D::Error> {
        let [lower, upper] = <[Option<f64>; 2]>::deserialize(deserializer)?;
        Ok(Interval {
            lower: lower.unwrap_or(f64::NEG_INFINITY),
            upper: upper.unwrap_or(f64::INFINITY),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use approx::assert_relative_eq;

    fn estimate(value: f64, standard_error: Option<f64>) -> Estimate {
        Estimate {
            value,
            standard_error,
            degrees_of_freedom: 30.0,
        }
    }

    #[test]
    fn agrees_with_scipy() {
        let found = EquivalenceTest::within(0.05)
            .unwrap()
            .run(&estimate(0.01, Some(0.02)));
        // scipy.stats.t.sf((0.01 + 0.05) / 0.02, 30), scipy.stats.t.cdf((0.01 - 0.05) / 0.02, 30),
        // scipy.stats.t.interval(0.9, 30, 0.01, 0.02)
        assert_relative_eq!(found.p_no_worse, 0.0026949820328259727, max_relative = 1e-9);
        assert_relative_eq!(found.p_no_better, 0.027312522481491547, max_relative = 1e-9);
        assert_eq!(found.p_value, found.p_no_better);
        assert_relative_eq!(
            found.interval.lower,
            -0.023945217731879152,
            max_relative = 1e-9
        );
        assert_relative_eq!(
            found.interval.upper,
            0.04394521773187914,
            max_relative = 1e-9
        );
        assert_eq!(found.verdict, EquivalenceVerdict::Equivalent);
    }

    /// Checks that p-values and the interval give the same verdicts, on both sides of the margins.
    #[test]
    fn verdicts_are_those_of_the_p_values() {
        let test = EquivalenceTest::within(0.05)
            .unwrap()
            .at_level(0.01)
            .unwrap();
        let mut verdicts = std::collections::HashSet::new();
        for step in -40..=40 {
            let difference = estimate(f64::from(step) * 0.005, Some(0.015));
            let found = test.run(&difference);
            assert_eq!(found.is_no_worse(), found.p_no_worse < 0.01);
            assert_eq!(found.is_no_better(), found.p_no_better < 0.01);
            let equivalent = found.verdict == EquivalenceVerdict::Equivalent;
            assert_eq!(equivalent, found.p_value < 0.01);
            let beyond =
                upper_tail(&difference, 0.05).min(upper_tail(&negative(&difference), 0.05));
            let different = found.verdict == EquivalenceVerdict::Different;
            assert_eq!(different, beyond < 0.01);
            verdicts.insert(found.verdict);
        }
        assert_eq!(verdicts.len(), 3);
    }

    #[test]
    fn an_unknown_error_is_inconclusive() {
        let found = EquivalenceTest::within(0.5)
            .unwrap()
            .run(&estimate(0.0, None));
        assert_eq!(found.p_value, 1.0);
        assert_eq!(found.verdict, EquivalenceVerdict::Inconclusive);
        let json = serde_json::to_string(&found).unwrap();
        assert!(json.contains(r#""interval":[null,null]"#), "{json}");
        assert_eq!(serde_json::from_str::<Equivalence>(&json).unwrap(), found);
    }

    #[test]
    fn a_difference_without_error_is_certain() {
        let test = EquivalenceTest::within(0.5).unwrap();
        let found = test.run(&estimate(0.0, Some(0.0)));
        assert_eq!(
            (found.p_value, found.verdict),
            (0.0, EquivalenceVerdict::Equivalent)
        );
        // A difference of exactly the margin is not within it.
        let found = test.run(&estimate(0.5, Some(0.0)));
        assert_eq!(
            (found.p_value, found.verdict),
            (1.0, EquivalenceVerdict::Inconclusive)
        );
    }

    #[test]
    fn margins_and_levels_are_checked() {
        for margin in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert_refused!(
                EquivalenceTest::within(margin),
                Argument(ArgumentError::InvalidParameter { .. })
            );
        }
        for level in [0.0, 0.5, f64::NAN] {
            assert_refused!(
                EquivalenceTest::within(0.1).unwrap().at_level(level),
                Argument(ArgumentError::InvalidParameter { .. })
            );
        }
    }
}
