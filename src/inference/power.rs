//! Power of planned experiments.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::ln_gamma;

use crate::error::{Error, Result};
use crate::inference::VarianceComponents;
use crate::inference::estimate::student_t;

/// A planned experiment: participants answer questions about triples of objects that are drawn at
/// random.
///
/// ```
/// use human_alignment::inference::{PlannedDesign, VarianceComponents};
///
/// // Two models are compared. The variances are those of the difference of their credits.
/// let mut components = VarianceComponents::residual(0.25)?;
/// components.objects = 0.004;
/// components.participants = 0.002;
/// let small = PlannedDesign::new(10, 100, 200)?;
/// let large = PlannedDesign::new(50, 500, 200)?;
/// let power = |design: &PlannedDesign| design.power(&components, 0.035, 0.05);
/// assert!(power(&small)? < 0.5 && power(&large)? > 0.8);
/// // The smallest difference that is found with a power of 80 %.
/// assert!(large.detectable_difference(&components, 0.8, 0.05)? < 0.035);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Sizes")]
pub struct PlannedDesign {
    n_participants: usize,
    n_objects: usize,
    trials_per_participant: usize,
    answers_per_question: usize,
}

/// The deserialized sizes of a design, before they are checked.
#[derive(Deserialize)]
struct Sizes {
    n_participants: usize,
    n_objects: usize,
    trials_per_participant: usize,
    answers_per_question: usize,
}

impl TryFrom<Sizes> for PlannedDesign {
    type Error = Error;

    fn try_from(sizes: Sizes) -> Result<Self> {
        let own = sizes.trials_per_participant;
        Self::new(sizes.n_participants, sizes.n_objects, own)?
            .with_answers_per_question(sizes.answers_per_question)
    }
}

impl PlannedDesign {
    /// Creates a design in which each question is answered once.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` for fewer than 2 participants, 6 objects or 1 trial
    /// per participant.
    pub fn new(
        n_participants: usize,
        n_objects: usize,
        trials_per_participant: usize,
    ) -> Result<Self> {
        for (name, least, found) in [
            ("participants", 2, n_participants),
            ("objects", 6, n_objects),
            ("trials per participant", 1, trials_per_participant),
        ] {
            if found < least {
                let expected = format!("at least {least}");
                return Err(Error::parameter(name, expected, found));
            }
        }
        Ok(Self {
            n_participants,
            n_objects,
            trials_per_participant,
            answers_per_question: 1,
        })
    }

    /// Sets the number of different participants who answer each question.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless there are 1 to as many answers as
    /// participants.
    pub fn with_answers_per_question(self, n: usize) -> Result<Self> {
        if (1..=self.n_participants).contains(&n) {
            let answers_per_question = n;
            return Ok(Self {
                answers_per_question,
                ..self
            });
        }
        let expected = format!("1 to {} (the number of participants)", self.n_participants);
        Err(Error::parameter("answers per question", expected, n))
    }

    /// Returns the number of participants, at least 2.
    pub fn n_participants(&self) -> usize {
        self.n_participants
    }

    /// Returns the number of objects, at least 6.
    pub fn n_objects(&self) -> usize {
        self.n_objects
    }

    /// Returns the number of trials of each participant, at least 1.
    pub fn trials_per_participant(&self) -> usize {
        self.trials_per_participant
    }

    /// Returns the number of different participants who answer each question, at least 1.
    pub fn answers_per_question(&self) -> usize {
        self.answers_per_question
    }

    /// Returns the expected standard error of the mean over the trials, for new objects and new
    /// participants.
    ///
    /// With T trials, m of each participant, of n objects, and r answers to each question, the
    /// expected numbers of common objects, summed over all pairs of trials, are K = 3Tr + T (T − r)
    /// 9/n, of which K′ = 3T + T (m − 1) 9/n are of the same participant, and Q = Tr + T (T − r)
    /// / C(n, 3) pairs of trials have the same question. The variance is (V(a) K + V(c) K′ + V(q) Q +
    /// V(b) T m + V(e) T) / T², with the components of [`VarianceComponents`].
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a component is negative or not finite.
    pub fn standard_error(&self, components: &VarianceComponents) -> Result<f64> {
        components.check()?;
        let n = self.n_objects as f64;
        let own = self.trials_per_participant as f64;
        let total = own * self.n_participants as f64;
        let repeats = (self.answers_per_question as f64).min(total);
        let n_questions = n * (n - 1.0) * (n - 2.0) / 6.0;
        let common = 3.0 * repeats + (total - repeats) * 9.0 / n;
        let of_participant = 3.0 + (own - 1.0) * 9.0 / n;
        let alike = repeats + (total - repeats) / n_questions;
        let variance = components.objects * common
            + components.objects_by_participants * of_participant
            + components.questions * alike
            + components.participants * own
            + components.residual;
        Ok((variance / total).sqrt())
    }

    /// Returns the degrees of freedom of the test: the smaller of the numbers of objects and
    /// participants, minus 1.
    pub fn degrees_of_freedom(&self) -> f64 {
        (self.n_objects.min(self.n_participants) - 1) as f64
    }

    /// Returns the power of the two-sided t test to detect a true difference from 0 at a level: the
    /// probability of p < level, by the noncentral t distribution.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the difference is not finite, the level is not
    /// strictly between 0 and 1, or for the reasons of [`PlannedDesign::standard_error`].
    pub fn power(
        &self,
        components: &VarianceComponents,
        difference: f64,
        level: f64,
    ) -> Result<f64> {
        if !difference.is_finite() {
            return Err(Error::parameter("difference", "finite", difference));
        }
        let error = self.standard_error(components)?;
        let test = TTest::new(self.degrees_of_freedom(), level)?;
        Ok(match error > 0.0 {
            true => test.power(difference / error),
            // Without any variance, each difference is found.
            false => f64::from(difference != 0.0),
        })
    }

    /// Returns the smallest difference that is detected with the given power.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless 0 < level < power < 1, or for the reasons of
    /// [`PlannedDesign::standard_error`].
    pub fn detectable_difference(
        &self,
        components: &VarianceComponents,
        power: f64,
        level: f64,
    ) -> Result<f64> {
        if !(power > level && power < 1.0) {
            let expected = format!("between the level of the test, {level}, and 1");
            return Err(Error::parameter("power", expected, power));
        }
        let error = self.standard_error(components)?;
        let test = TTest::new(self.degrees_of_freedom(), level)?;
        let (mut low, mut high) = (0.0, 1.0);
        while test.power(high) < power && high < 1e9 {
            high *= 2.0;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            match test.power(middle) < power {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(high * error)
    }
}

/// A two-sided t test at a level.
struct TTest {
    critical: f64,
    /// Points s = √(χ² / degrees of freedom) with their probabilities.
    points: Vec<(f64, f64)>,
}

impl TTest {
    fn new(degrees: f64, level: f64) -> Result<Self> {
        let t = match student_t(degrees) {
            Some(t) if level > 0.0 && level < 1.0 => t,
            _ => return Err(Error::parameter("level", "between 0 and 1", level)),
        };
        // The density of s is proportional to s^(ν−1) exp(−ν s²/2); the midpoint rule is over
        // intervals that contain almost all of it.
        const N_POINTS: usize = 2000;
        let spread = 9.0 / (2.0 * degrees).sqrt();
        let lower = (1.0 - spread).max(0.0);
        let upper = 1.0 + spread.max(9.0 / (2.0 * degrees));
        let step = (upper - lower) / N_POINTS as f64;
        let half = degrees / 2.0;
        let constant = 2f64.ln() + half * half.ln() - ln_gamma(half);
        let points = (0..N_POINTS).map(|point| {
            let s = lower + (point as f64 + 0.5) * step;
            let log_density = constant + (degrees - 1.0) * s.ln() - half * s * s;
            (s, step * log_density.exp())
        });
        Ok(Self {
            critical: t.inverse_cdf(1.0 - level / 2.0),
            points: points.collect(),
        })
    }

    /// Returns the probability of |T| > critical for the noncentral T.
    fn power(&self, noncentrality: f64) -> f64 {
        let normal = Normal::standard();
        let tails = self.points.iter().map(|&(s, probability)| {
            let bound = self.critical * s;
            probability * (normal.sf(bound - noncentrality) + normal.cdf(-bound - noncentrality))
        });
        tails.sum::<f64>().clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use approx::assert_relative_eq;

    #[test]
    fn power_is_that_of_the_noncentral_t_distribution() {
        // t = scipy.stats.t.isf(0.025, df)
        // scipy.stats.nct.sf(t, df, nc) + scipy.stats.nct.cdf(-t, df, nc)
        for (degrees, noncentrality, expected) in [
            (1.0, 2.0, 0.12575631775705268),
            (4.0, 3.0, 0.6192614594023302),
            (9.0, 2.8, 0.70330000928424),
            (30.0, 1.0, 0.1623695642156369),
            (500.0, 3.24, 0.8986341135960763),
        ] {
            let test = TTest::new(degrees, 0.05).unwrap();
            assert_relative_eq!(test.power(noncentrality), expected, max_relative = 1e-5);
        }
        assert_relative_eq!(
            TTest::new(20.0, 0.05).unwrap().power(0.0),
            0.05,
            max_relative = 1e-6
        );
    }

    /// Checks the standard error against the sum of covariances over all pairs of trials, for a
    /// design in which the expected numbers of common objects are known: all triples of six objects,
    /// once for each of three participants.
    #[test]
    fn the_variance_is_the_mean_covariance() {
        let components = VarianceComponents {
            objects: 0.02,
            participants: 0.03,
            objects_by_participants: 0.01,
            questions: 0.04,
            residual: 0.2,
        };
        let design = PlannedDesign::new(3, 6, 20).unwrap();
        let design = design.with_answers_per_question(3).unwrap();
        let mut triples = Vec::new();
        for a in 0..6 {
            for b in a + 1..6 {
                for c in b + 1..6 {
                    triples.push([a, b, c]);
                }
            }
        }
        let common = |left: &[i32; 3], right: &[i32; 3]| {
            let shared = left.iter().filter(|object| right.contains(object));
            shared.count() as f64
        };
        let mut variance = 0.0;
        for (person, other) in (0..9).map(|pair| (pair / 3, pair % 3)) {
            for left in &triples {
                for right in &triples {
                    let k = common(left, right);
                    variance += k * components.objects;
                    variance += f64::from(left == right) * components.questions;
                    if person == other {
                        variance += k * components.objects_by_participants;
                        variance += components.participants;
                        variance += f64::from(left == right) * components.residual;
                    }
                }
            }
        }
        let exact = variance.sqrt() / 60.0;
        let found = design.standard_error(&components).unwrap();
        // All triples are once in the exact design, and drawn at random in the planned one.
        assert_relative_eq!(found, exact, max_relative = 0.05);
    }

    #[test]
    fn the_detectable_difference_has_the_power() {
        let mut components = VarianceComponents::residual(0.3).unwrap();
        components.objects = 0.01;
        let design = PlannedDesign::new(12, 40, 100).unwrap();
        let difference = design
            .detectable_difference(&components, 0.8, 0.05)
            .unwrap();
        let power = design.power(&components, difference, 0.05).unwrap();
        assert_relative_eq!(power, 0.8, max_relative = 1e-9);
    }

    #[test]
    fn deserialized_designs_are_checked() {
        let design = PlannedDesign::new(2, 6, 1).unwrap();
        let text = serde_json::to_string(&design).unwrap();
        assert_eq!(
            serde_json::from_str::<PlannedDesign>(&text).unwrap(),
            design
        );
        let none = text.replace("\"n_objects\":6", "\"n_objects\":0");
        assert!(none != text && serde_json::from_str::<PlannedDesign>(&none).is_err());
    }

    #[test]
    fn impossible_designs_are_refused() {
        let design = PlannedDesign::new(10, 10, 10).unwrap();
        let components = VarianceComponents::residual(0.2).unwrap();
        let mut negative = components;
        negative.objects = -0.1;
        let refused = |result: Result<f64>| {
            assert_refused!(result, Argument(ArgumentError::InvalidParameter { .. }));
        };
        for (participants, objects, trials) in [(1, 10, 10), (10, 5, 10), (10, 10, 0)] {
            refused(PlannedDesign::new(participants, objects, trials).map(|_| 0.0));
        }
        refused(design.with_answers_per_question(0).map(|_| 0.0));
        refused(design.with_answers_per_question(11).map(|_| 0.0));
        refused(design.standard_error(&negative));
        refused(design.power(&components, f64::NAN, 0.05));
        refused(design.power(&components, 0.1, 0.0));
        refused(design.detectable_difference(&components, 0.05, 0.05));
        refused(VarianceComponents::residual(f64::NAN).map(|_| 0.0));
    }
}
