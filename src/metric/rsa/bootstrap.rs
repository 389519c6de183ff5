//! What other stimuli and other people would have said about models.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inference::{
    Comparison, Confidence, Estimate, ReplicateVariances, Resample, draw_counts, dual_variance,
    small_sample,
};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::geometry::{Geometry, PairWeights, Weighted, Weighting};
use crate::rdm::{Rdm, RdmSet};

/// A bootstrap over stimuli, over people or over both, of how well models predict people.
///
/// A replicate draws as many stimuli and people as there are, with replacement. Pairs of copies of
/// the same stimulus are left out: they would be alike in every model. Standard errors are standard
/// deviations over replicates times √(n/(n−1)); where both are drawn, the three variances (either
/// alone and both) are combined by [`dual_variance`](crate::inference::dual_variance), because the
/// plain one counts the noise of single judgments three times. Intervals and tests are Student's t
/// with one degree of freedom fewer than stimuli or people, whichever of those drawn are fewer.
///
/// Each replicate has a stream of its own of one seeded generator, so that the numbers depend on the
/// seed alone and not on the number of threads. Under Pearson, Spearman, cosine and ρ-a a replicate
/// costs O(m) a model and person; under Kendall's τ, or where pairs are missing, O(m log m).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct Bootstrap {
    n_replicates: usize,
    seed: u64,
    resample: Resample,
    with_ceiling: bool,
}

/// The settings as they are read, before they are checked.
#[derive(Deserialize)]
struct Settings {
    n_replicates: usize,
    seed: u64,
    resample: Resample,
    with_ceiling: bool,
}

impl TryFrom<Settings> for Bootstrap {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        let mut bootstrap = Self::new(settings.n_replicates, settings.seed)?;
        bootstrap.with_ceiling = settings.with_ceiling;
        Ok(bootstrap.over(settings.resample))
    }
}

impl Bootstrap {
    /// So many replicates over both stimuli and people, from this seed.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two replicates or more than a million.
    pub fn new(n_replicates: usize, seed: u64) -> Result<Self> {
        if !(2..=1_000_000).contains(&n_replicates) {
            let expected = "2 to 1000000 replicates";
            return Err(Error::parameter("bootstrap", expected, n_replicates));
        }
        Ok(Self {
            n_replicates,
            seed,
            resample: Resample::default(),
            with_ceiling: false,
        })
    }

    /// Sets what is drawn.
    #[must_use]
    pub fn over(mut self, resample: Resample) -> Self {
        self.resample = resample;
        self
    }

    /// Computes the lower noise ceiling in every replicate too, so that models can be held against
    /// it. It takes several times as long.
    #[must_use]
    pub fn with_ceiling(mut self) -> Self {
        self.with_ceiling = true;
        self
    }

    /// Draws replicates of the comparisons of models with people.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than four stimuli or two people where those are drawn, and for
    /// fewer than two people with a ceiling; [`Error::MissingStimuli`] where a model lacks stimuli
    /// that people judged; [`Error::InvalidParameter`] for a whitened comparator where stimuli are
    /// drawn (copies of a stimulus have no dissimilarity that it could weigh); otherwise as for
    /// [`Comparator::compare`].
    pub fn run(
        &self,
        comparator: Comparator,
        models: &[&Rdm],
        people: &RdmSet,
    ) -> Result<Replicates> {
        self.check(comparator, people)?;
        let sample = Sample::new(comparator, models, people, self.with_ceiling)?;
        let uniform = PairWeights::uniform(sample.n_stimuli);
        let as_they_are = sample.apply(&uniform)?;
        let everyone = vec![1; sample.people.len()];
        let per_person = as_they_are.per_person()?;
        let observed = as_they_are.columns(&per_person, &everyone)?;
        let replicate = |replicate| -> Result<Replicate> {
            let n = [sample.n_stimuli, sample.people.len()];
            let [stimuli, people] = draw_counts(self.seed, replicate, n);
            let mut found = Replicate::default();
            if self.resample.draws_stimuli() {
                let weights = PairWeights::new(&stimuli);
                let drawn = sample.apply(&weights)?;
                let per_person = drawn.per_person()?;
                found.stimuli = drawn.columns(&per_person, &everyone)?;
                if self.resample == Resample::Both {
                    found.both = drawn.columns(&per_person, &people)?;
                }
            }
            if self.resample.draws_people() {
                found.people = as_they_are.columns(&per_person, &people)?;
            }
            Ok(found)
        };
        // A replicate that drew too few different stimuli is undefined.
        let replicates: Vec<Option<Replicate>> = (0..self.n_replicates as u64)
            .into_par_iter()
            .map(|number| replicate(number).ok())
            .collect();
        let replicates: Vec<Replicate> = replicates.into_iter().flatten().collect();
        if replicates.len() < 2 {
            return Err(Error::TooFew {
                what: "replicates that are defined",
                needed: 2,
                found: replicates.len(),
            });
        }
        Ok(Replicates {
            observed,
            n_models: models.len(),
            n_undefined: self.n_replicates - replicates.len(),
            replicates,
            resample: self.resample,
            n_stimuli: sample.n_stimuli,
            n_people: sample.people.len(),
            has_ceiling: self.with_ceiling,
        })
    }

    fn check(&self, comparator: Comparator, people: &RdmSet) -> Result<()> {
        let too_few = |what, needed, found| Error::TooFew {
            what,
            needed,
            found,
        };
        let n_stimuli = people.stimuli().len();
        if self.resample.draws_stimuli() {
            if n_stimuli < 4 {
                return Err(too_few(
                    "stimuli for a bootstrap over stimuli",
                    4,
                    n_stimuli,
                ));
            }
            if comparator.needs_all_pairs() {
                let expected = "over people only, where the comparator is whitened";
                return Err(Error::parameter("bootstrap", expected, self.resample));
            }
        }
        if self.resample.draws_people() && people.len() < 2 {
            return Err(too_few(
                "people for a bootstrap over people",
                2,
                people.len(),
            ));
        }
        if self.with_ceiling && people.len() < 2 {
            return Err(too_few("people for a noise ceiling", 2, people.len()));
        }
        Ok(())
    }
}

/// What is compared: models and people over the same stimuli.
struct Sample {
    comparator: Comparator,
    n_stimuli: usize,
    models: Vec<Geometry>,
    people: Vec<Geometry>,
    is_complete: bool,
    with_ceiling: bool,
}

impl Sample {
    fn new(
        comparator: Comparator,
        models: &[&Rdm],
        people: &RdmSet,
        with_ceiling: bool,
    ) -> Result<Self> {
        let models = models.iter().map(|model| model.select(people.stimuli()));
        let models: Vec<Rdm> = models.collect::<Result<_>>()?;
        let n_missing = |rdms: &[Rdm]| rdms.iter().map(Rdm::n_missing).sum::<usize>();
        let geometries = |rdms: &[Rdm]| {
            let geometry = |rdm: &Rdm| Geometry::new(comparator, rdm.values().to_vec());
            rdms.iter().map(geometry).collect::<Vec<_>>()
        };
        Ok(Self {
            comparator,
            n_stimuli: people.stimuli().len(),
            is_complete: n_missing(&models) + n_missing(people.rdms()) == 0,
            models: geometries(&models),
            people: geometries(people.rdms()),
            with_ceiling,
        })
    }

    /// Models and people under weights on stimuli.
    fn apply<'a>(&'a self, weights: &'a PairWeights) -> Result<WeightedSample<'a>> {
        let weighting = Weighting {
            comparator: self.comparator,
            weights,
            is_complete: self.is_complete,
        };
        let apply = |geometries: &[Geometry]| {
            let applied = geometries.iter().map(|geometry| weighting.apply(geometry));
            applied.collect::<Result<Vec<_>>>()
        };
        Ok(WeightedSample {
            models: apply(&self.models)?,
            people: apply(&self.people)?,
            sample: self,
            weighting,
        })
    }

    /// The plain mean of people, each counted so often.
    fn mean_person(&self, counts: &[u32]) -> Geometry {
        let mut sums = vec![0.0; self.people[0].values().len()];
        let mut totals = vec![0.0; if self.is_complete { 0 } else { sums.len() }];
        let everyone = f64::from(counts.iter().sum::<u32>());
        for (person, &count) in self.people.iter().zip(counts) {
            if count == 0 {
                continue;
            }
            let count = f64::from(count);
            if self.is_complete {
                for (sum, value) in sums.iter_mut().zip(person.values()) {
                    *sum += count * value;
                }
            } else {
                let cells = sums.iter_mut().zip(&mut totals).zip(person.values());
                for ((sum, total), value) in cells.filter(|(_, value)| !value.is_nan()) {
                    *sum += count * value;
                    *total += count;
                }
            }
        }
        if self.is_complete {
            sums.iter_mut().for_each(|sum| *sum /= everyone);
        } else {
            // None at all is NaN: the pair is missing.
            let means = sums.iter_mut().zip(&totals);
            means.for_each(|(sum, total)| *sum /= total);
        }
        Geometry::new(self.comparator, sums)
    }
}

/// A [`Sample`] under weights on its stimuli.
struct WeightedSample<'a> {
    sample: &'a Sample,
    weighting: Weighting<'a>,
    models: Vec<Weighted>,
    people: Vec<Weighted>,
}

impl WeightedSample<'_> {
    /// Model by model, one value a person.
    fn per_person(&self) -> Result<Vec<Vec<f64>>> {
        let against = |model| {
            let people = self.people.iter();
            let values = people.map(|person| self.weighting.compare(model, person));
            values.collect()
        };
        self.models.iter().map(against).collect()
    }

    /// The columns of a [`Replicate`], people counted so often.
    fn columns(&self, per_person: &[Vec<f64>], counts: &[u32]) -> Result<Vec<f64>> {
        let n = f64::from(counts.iter().sum::<u32>());
        let mean = |values: &[f64]| {
            let weighted = values.iter().zip(counts);
            let weighted = weighted.map(|(value, &count)| value * f64::from(count));
            weighted.sum::<f64>() / n
        };
        let mut columns: Vec<f64> = per_person.iter().map(|values| mean(values)).collect();
        let mean_person = self.weighting.apply(&self.sample.mean_person(counts))?;
        for model in &self.models {
            columns.push(self.weighting.compare(model, &mean_person)?);
        }
        if self.sample.with_ceiling {
            columns.push(mean(&self.ceiling(counts)?));
        }
        Ok(columns)
    }

    /// Each person against the others; 0 for those that are not counted.
    fn ceiling(&self, counts: &[u32]) -> Result<Vec<f64>> {
        let mut others = counts.to_vec();
        let mut ceiling = Vec::with_capacity(counts.len());
        for (position, person) in self.people.iter().enumerate() {
            // The copies of a person are no other people.
            let own = std::mem::take(&mut others[position]);
            ceiling.push(match own {
                0 => 0.0,
                _ => {
                    let pooled = self.weighting.pool(&self.people, &others)?;
                    self.weighting.compare(&pooled, person)?
                }
            });
            others[position] = own;
        }
        Ok(ceiling)
    }
}

/// One replicate: for each way of drawing, the mean over people of each model, each model against
/// the mean person, and the ceiling where it was asked for.
#[derive(Debug, Clone, Default)]
struct Replicate {
    both: Vec<f64>,
    stimuli: Vec<f64>,
    people: Vec<f64>,
}

/// What a [`Bootstrap`] found: estimates of models, of their differences, and of how far they are
/// from the ceiling.
///
/// Models are counted in the order in which they were given.
#[derive(Debug, Clone)]
pub struct Replicates {
    observed: Vec<f64>,
    replicates: Vec<Replicate>,
    resample: Resample,
    n_models: usize,
    n_stimuli: usize,
    n_people: usize,
    n_undefined: usize,
    has_ceiling: bool,
}

impl Replicates {
    /// The mean over people of the comparison of a model with each of them.
    ///
    /// # Panics
    /// Where there is no such model.
    pub fn per_person(&self, model: usize) -> Estimate {
        self.estimate(self.column(model), None)
    }

    /// A model against the plain mean of the people's RDMs.
    ///
    /// # Panics
    /// Where there is no such model.
    pub fn against_mean_person(&self, model: usize) -> Estimate {
        self.estimate(self.n_models + self.column(model), None)
    }

    /// The lower noise ceiling, where it was asked for.
    pub fn ceiling(&self) -> Option<Estimate> {
        self.has_ceiling
            .then(|| self.estimate(2 * self.n_models, None))
    }

    /// A model minus the lower noise ceiling, both as means over people, where a ceiling was asked
    /// for. A model that predicts people as well as other people do is at 0.
    ///
    /// # Panics
    /// Where there is no such model.
    pub fn against_ceiling(&self, model: usize) -> Option<Estimate> {
        let ceiling = 2 * self.n_models;
        self.has_ceiling
            .then(|| self.estimate(self.column(model), Some(ceiling)))
    }

    /// Compares every two models, by their means over people: (0,1), (0,2), …, (1,2), ….
    pub fn compare(&self, confidence: Confidence) -> Vec<Comparison> {
        let pairs = (0..self.n_models)
            .flat_map(|first| (first + 1..self.n_models).map(move |second| (first, second)));
        let differences = pairs
            .map(|(first, second)| (first, second, self.estimate(first, Some(second))))
            .collect();
        Comparison::of_differences(differences, confidence, [-2.0, 2.0])
    }

    /// Replicates that drew too few different stimuli to compare anything, and say nothing.
    pub fn n_undefined(&self) -> usize {
        self.n_undefined
    }

    /// Why the intervals should be read with care, where few stimuli or people were drawn from.
    pub fn caution(&self) -> Option<Caution> {
        let few_stimuli = self.resample.draws_stimuli() && self.n_stimuli < Caution::STIMULI;
        let few_people = self.resample.draws_people() && self.n_people < Caution::PEOPLE;
        (few_stimuli || few_people).then_some(Caution {
            n_stimuli: few_stimuli.then_some(self.n_stimuli),
            n_people: few_people.then_some(self.n_people),
        })
    }

    fn column(&self, model: usize) -> usize {
        assert!(model < self.n_models, "there are {} models", self.n_models);
        model
    }

    /// The estimate of a column, or of its difference from another.
    fn estimate(&self, column: usize, minus: Option<usize>) -> Estimate {
        let of = |columns: &[f64]| columns[column] - minus.map_or(0.0, |minus| columns[minus]);
        let variance = |drawn: fn(&Replicate) -> &Vec<f64>| {
            let n = self.replicates.len() as f64;
            let values = || self.replicates.iter().map(|replicate| of(drawn(replicate)));
            let mean = values().sum::<f64>() / n;
            values().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
        };
        let (variance, fewest) = match self.resample {
            Resample::Stimuli => (
                small_sample(self.n_stimuli) * variance(|drawn| &drawn.stimuli),
                self.n_stimuli,
            ),
            Resample::People => (
                small_sample(self.n_people) * variance(|drawn| &drawn.people),
                self.n_people,
            ),
            Resample::Both => {
                let variances = ReplicateVariances {
                    both: variance(|drawn| &drawn.both),
                    stimuli: variance(|drawn| &drawn.stimuli),
                    people: variance(|drawn| &drawn.people),
                };
                let variance = dual_variance(variances, self.n_stimuli, self.n_people);
                (variance, self.n_stimuli.min(self.n_people))
            }
        };
        Estimate {
            value: of(&self.observed),
            standard_error: Some(variance.sqrt()),
            degrees_of_freedom: fewest as f64 - 1.0,
        }
    }
}

/// So few stimuli or people were drawn from that a bootstrap knows little about others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caution {
    /// The number of stimuli, where they are few.
    pub n_stimuli: Option<usize>,
    /// The number of people, where they are few.
    pub n_people: Option<usize>,
}

impl Caution {
    /// Fewer stimuli than these are few.
    pub const STIMULI: usize = 20;

    /// Fewer people than these are few.
    pub const PEOPLE: usize = 5;
}

impl std::fmt::Display for Caution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("intervals and p-values are rough, because a bootstrap that draws from ")?;
        match (self.n_stimuli, self.n_people) {
            (Some(stimuli), Some(people)) => write!(f, "{stimuli} stimuli and {people} people")?,
            (Some(stimuli), None) => write!(f, "{stimuli} stimuli")?,
            (None, people) => write!(f, "{} people", people.unwrap_or_default())?,
        }
        f.write_str(" tells little about others")
    }
}
