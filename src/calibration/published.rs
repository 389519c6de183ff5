//! The published search for a temperature.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least};
use crate::judgment::{ChoiceFrequencies, OddOneOut, OddOneOutTask};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::names::named;
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::softmax::Softmax;

/// The grid search for a temperature of the published evaluation (script `search_temp_scaling`):
/// the temperature with the smallest criterion, and the first of equal ones.
///
/// Probabilities are softmax(dot product · temperature) for every similarity, as in
/// [`Probabilities::PublishedDotProduct`](crate::metric::odd_one_out::Probabilities): the
/// "temperature" is a factor. For temperature scaling in the usual sense, use
/// [`TemperatureScaling`](super::TemperatureScaling).
///
/// Versions of the script differ in the criterion: the distance from the probabilities of VICE
/// ([`PublishedSearch::by_jensen_shannon`]) or, in the last version, the calibration error
/// ([`PublishedSearch::by_calibration_error`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct PublishedSearch {
    temperatures: Vec<f64>,
}

/// The criterion that a search minimizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SearchCriterion {
    /// The mean over questions of the Jensen–Shannon distance between the probabilities of pairs
    /// and given probabilities: the square root of the divergence in nats, as in
    /// `scipy.spatial.distance.jensenshannon`; at most √ln 2.
    JensenShannon,
    /// The expected calibration error of the most probable pair (the first of equal ones), with ten
    /// bins of equal width that include their lower ends. Differs from
    /// [`ReliabilityTable`](super::ReliabilityTable), as published: if all probabilities are equal,
    /// the first pair counts as predicted, which is the chosen one.
    CalibrationError,
}

named! {
    SearchCriterion, "criterion":
    JensenShannon = "jensen-shannon",
    CalibrationError = "calibration-error",
}

/// The criterion at one temperature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchPoint {
    /// The factor of dot products.
    pub temperature: f64,
    /// The value of the criterion.
    pub value: f64,
}

/// The result of a [`PublishedSearch`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TemperatureSearchResult {
    /// The criterion that was minimized.
    pub criterion: SearchCriterion,
    /// The best temperature of the grid (a factor of dot products) and its criterion.
    pub best: SearchPoint,
    /// True if the best temperature is the smallest or largest of the grid, so that a temperature
    /// outside of the grid might be better.
    pub at_grid_end: bool,
    /// The criterion at every temperature, in the order of the grid.
    pub points: Vec<SearchPoint>,
}

impl Default for PublishedSearch {
    /// Creates a search over the published grid.
    fn default() -> Self {
        Self {
            temperatures: Self::GRID.to_vec(),
        }
    }
}

impl PublishedSearch {
    /// The published grid.
    pub const GRID: [f64; 21] = [
        1.0, 0.75, 0.5, 0.25, 0.1, 0.075, 0.05, 0.025, 0.01, 0.0075, 0.005, 0.0025, 0.001, 0.00075,
        0.0005, 0.00025, 0.0001, 0.000075, 0.00005, 0.000025, 0.00001,
    ];

    /// Creates a search over the given temperatures, in the given order.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no temperatures, and
    /// `ArgumentError::InvalidParameter` for a temperature that is not positive and finite.
    pub fn new(temperatures: impl IntoIterator<Item = f64>) -> Result<Self> {
        let temperatures: Vec<f64> = temperatures.into_iter().collect();
        at_least("temperatures", 1, temperatures.len())?;
        for &temperature in &temperatures {
            ZeroShotOddOneOut::default().with_temperature(temperature)?;
        }
        Ok(Self { temperatures })
    }

    /// Returns the temperatures, in the order of the search.
    pub fn temperatures(&self) -> &[f64] {
        &self.temperatures
    }

    /// Finds the temperature whose probabilities are closest to given ones, such as those of VICE.
    ///
    /// With [`ChoiceFrequencies::trial_by_trial`], the given probabilities are the choices
    /// themselves (`one_hot` in the script).
    ///
    /// # Errors
    /// The same as for [`ZeroShotOddOneOut`].
    pub fn by_jensen_shannon(
        &self,
        representation: &Representation,
        given: &ChoiceFrequencies<OddOneOutTask>,
    ) -> Result<TemperatureSearchResult> {
        let products = dot_products(representation, given)?;
        let given = given.clone().normalized();
        let n_questions = products.len() as f64;
        Ok(self.search(SearchCriterion::JensenShannon, |temperature| {
            let distances = products
                .iter()
                .zip(given.by_pair())
                .map(|(product, &given)| {
                    jensen_shannon(product.softmax(temperature).probabilities(), given)
                });
            distances.sum::<f64>() / n_questions
        }))
    }

    /// Finds the temperature with the smallest calibration error.
    ///
    /// # Errors
    /// The same as for [`ZeroShotOddOneOut`].
    pub fn by_calibration_error(
        &self,
        representation: &Representation,
        trials: &OddOneOut,
    ) -> Result<TemperatureSearchResult> {
        let choices = ChoiceFrequencies::trial_by_trial(trials);
        let products = dot_products(representation, &choices)?;
        Ok(
            self.search(SearchCriterion::CalibrationError, |temperature| {
                let probabilities = products
                    .iter()
                    .map(|product| product.softmax(temperature).probabilities());
                calibration_error(probabilities)
            }),
        )
    }

    fn search(
        &self,
        criterion: SearchCriterion,
        value: impl Fn(f64) -> f64,
    ) -> TemperatureSearchResult {
        let points: Vec<SearchPoint> = self
            .temperatures
            .iter()
            .map(|&temperature| SearchPoint {
                temperature,
                value: value(temperature),
            })
            .collect();
        let better = |best: SearchPoint, &point: &SearchPoint| {
            if point.value < best.value {
                point
            } else {
                best
            }
        };
        let best = points.iter().fold(points[0], better);
        let below = points
            .iter()
            .any(|point| point.temperature < best.temperature);
        let above = points
            .iter()
            .any(|point| point.temperature > best.temperature);
        TemperatureSearchResult {
            criterion,
            best,
            at_grid_end: !(below && above),
            points,
        }
    }
}

/// The dot products of the pairs of a question, and their unit.
#[derive(Clone, Copy, Default)]
struct Products {
    of_pairs: [f64; 3],
    unit: f64,
}

impl Products {
    fn softmax(&self, temperature: f64) -> Softmax {
        Softmax::new(self.of_pairs, (self.unit * temperature).min(f64::MAX))
    }
}

fn dot_products(
    representation: &Representation,
    questions: &ChoiceFrequencies<OddOneOutTask>,
) -> Result<Vec<Products>> {
    let mut products = vec![Products::default(); questions.questions().len()];
    let metric = ZeroShotOddOneOut::new(Similarity::Dot);
    metric.for_each_question(representation, questions, &mut products, |question, out| {
        *out = Products {
            of_pairs: question.similarities,
            unit: question.factor,
        };
    })?;
    Ok(products)
}

/// Computes the square root of the Jensen–Shannon divergence, in nats.
fn jensen_shannon(p: [f64; 3], q: [f64; 3]) -> f64 {
    let relative_entropy = |p: f64, mean: f64| if p == 0.0 { 0.0 } else { p * (p / mean).ln() };
    let terms = p.into_iter().zip(q).map(|(p, q)| {
        let mean = f64::midpoint(p, q);
        relative_entropy(p, mean) + relative_entropy(q, mean)
    });
    (terms.sum::<f64>() / 2.0).max(0.0).sqrt()
}

/// Computes the expected calibration error as published. The first pair is the chosen one.
fn calibration_error(probabilities: impl ExactSizeIterator<Item = [f64; 3]>) -> f64 {
    const N_BINS: usize = 10;

    let n = probabilities.len() as f64;
    // Per bin, the sum of correct predictions minus the sum of their probabilities.
    let mut excess = [0.0; N_BINS];
    for [first, second, third] in probabilities {
        let largest = first.max(second).max(third);
        let above = |&bin: &usize| bin as f64 / N_BINS as f64 <= largest;
        let bin = (0..N_BINS).rev().find(above).unwrap_or(0);
        excess[bin] += f64::from(u8::from(first == largest)) - largest;
    }
    excess.into_iter().map(f64::abs).sum::<f64>() / n
}

impl TryFrom<Vec<f64>> for PublishedSearch {
    type Error = Error;

    fn try_from(temperatures: Vec<f64>) -> Result<Self> {
        Self::new(temperatures)
    }
}

impl From<PublishedSearch> for Vec<f64> {
    fn from(search: PublishedSearch) -> Self {
        search.temperatures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use approx::assert_relative_eq;

    #[test]
    fn distances_are_those_of_scipy() {
        // scipy.spatial.distance.jensenshannon([.7, .2, .1], [.1, .3, .6])
        let distance = jensen_shannon([0.7, 0.2, 0.1], [0.1, 0.3, 0.6]);
        assert_relative_eq!(distance, DISTANCE, max_relative = 1e-12);
        // scipy.spatial.distance.jensenshannon([1, 0, 0], [0, 0, 1]) is √ln 2.
        let furthest = jensen_shannon([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
        assert_relative_eq!(furthest, 2f64.ln().sqrt());
        assert_eq!(jensen_shannon([0.5, 0.25, 0.25], [0.5, 0.25, 0.25]), 0.0);
    }

    const DISTANCE: f64 = 0.480_255_648_487_462_77;

    #[test]
    fn bins_hold_their_lower_ends_and_the_first_of_equals_is_right() {
        let third = 1.0 / 3.0;
        let probabilities = [
            [0.5, 0.3, 0.2],   // right, in the bin from 0.5
            [0.2, 0.55, 0.25], // wrong, in the same
            [0.3, 0.3, 0.4],   // wrong, in the bin from 0.4
            [0.45, 0.45, 0.1], // the first of two: right, in the same
            [third; 3],        // the first of three: right, in the bin from 0.3
            [1.0, 0.0, 0.0],   // right, in the last bin
        ];
        let expected = (1.0f64 - 0.5 - 0.55).abs() + (1.0f64 - 0.4 - 0.45).abs() + (1.0 - third);
        let found = calibration_error(probabilities.into_iter());
        assert_relative_eq!(found, expected / 6.0, max_relative = 1e-12);
    }

    #[test]
    fn grids_are_checked() {
        assert_refused!(
            PublishedSearch::new([]),
            Argument(ArgumentError::TooFew { found: 0, .. })
        );
        assert!(PublishedSearch::new([1.0, 0.0]).is_err());
        let search = PublishedSearch::default();
        assert!(search.temperatures().is_sorted_by(|a, b| a > b));
        let json = serde_json::to_string(&search).unwrap();
        assert_eq!(
            serde_json::from_str::<PublishedSearch>(&json).unwrap(),
            search
        );
    }
}
