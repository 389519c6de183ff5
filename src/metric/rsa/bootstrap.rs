//! The bootstrap over stimuli and participants for RSA.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least};
use crate::inference::{Resample, draw_counts};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::geometry::{Geometry, PairWeights, Weighted, Weighting};
use crate::metric::rsa::replicates::{Replicate, RsaReplicates};
use crate::rdm::{MeanRounding, Rdm, RdmSet, Rounding};

/// A bootstrap over stimuli, over participants or over both, of the similarity of models to
/// participants.
///
/// A replicate draws as many stimuli and participants as there are, with replacement. Pairs of
/// copies of the same stimulus are omitted, because their dissimilarity is 0 in every model.
/// Standard errors are standard deviations over replicates times √(n/(n−1)). If both are drawn, the
/// variance over replicates counts the noise of single judgments three times; with s stimuli, p
/// participants, cₛ = s/(s−1) and cₚ = p/(p−1), the corrected variance is cₚ V(participants) + cₛ
/// V(stimuli) − cₛ cₚ (V(both) − V(stimuli) − V(participants)), limited to the range from the
/// larger of cₚ V(participants) and cₛ V(stimuli) to V(both) (Schütt, Kipnis, Diedrichsen &
/// Kriegeskorte 2023). Intervals and tests use Student's t; its degrees of freedom are the smaller
/// number of stimuli or participants drawn, minus 1.
///
/// If both are drawn, the intervals are conservative in small designs: in simulations (`--example
/// coverage -- rsa`) 95 % intervals contain the true value in 99–100 % of experiments with 20
/// stimuli and 5 participants, where the test of two equally good models finds a difference in
/// 0–0.5 %, and in 96–99 % with 30 stimuli and 12 participants. The intervals of
/// [`RsaVariance`](crate::metric::rsa::RsaVariance) contain it in 96–98 % in both cases. It does
/// not draw at random, and is the better choice for few participants and for many models. If there
/// are very few stimuli or many ties, compare its intervals with those of the bootstrap.
///
/// Sessions of a participant are averaged first
/// ([`RdmSet::by_participant`](crate::RdmSet::by_participant)).
///
/// Each replicate has its own stream of a seeded random number generator, so the results depend
/// only on the seed and not on the number of threads. Under Pearson, Spearman, cosine and ρ-a a
/// replicate takes O(m) time per model and participant for m pairs; under Kendall's τ, or if pairs
/// are missing, O(m log m).
///
/// ```
/// use human_alignment::metric::rsa::{RsaBootstrap, Comparator};
/// use human_alignment::{Rdm, RdmSet, Stimuli};
///
/// let stimuli = Stimuli::numbered(5);
/// let rdm = |values: [u8; 10]| Rdm::new(stimuli.clone(), values.map(f64::from).to_vec());
/// let model = rdm([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])?;
/// let people = [rdm([2, 1, 3, 4, 6, 5, 7, 9, 8, 10])?, rdm([1, 3, 2, 5, 4, 6, 8, 7, 10, 9])?];
/// let people = RdmSet::numbered(people.to_vec())?;
///
/// let replicates = RsaBootstrap::new(200, 1)?.run(Comparator::Spearman, &[&model], &people)?;
/// let estimate = replicates.per_person(0);
/// assert!(estimate.value > 0.9 && estimate.standard_error.is_some());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct RsaBootstrap {
    n_replicates: usize,
    seed: u64,
    resample: Resample,
    with_ceiling: bool,
}

/// Deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Settings {
    n_replicates: usize,
    seed: u64,
    resample: Resample,
    with_ceiling: bool,
}

impl TryFrom<Settings> for RsaBootstrap {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self> {
        let mut bootstrap = Self::new(settings.n_replicates, settings.seed)?;
        bootstrap.with_ceiling = settings.with_ceiling;
        Ok(bootstrap.over(settings.resample))
    }
}

impl RsaBootstrap {
    /// Creates a bootstrap over both stimuli and participants, with the given number of replicates
    /// and seed of the random number generator.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if there are fewer than two replicates or more
    /// than a million.
    pub fn new(n_replicates: usize, seed: u64) -> Result<Self> {
        if !(2..=1_000_000).contains(&n_replicates) {
            let expected = "from 2 to 1000000";
            return Err(Error::parameter(
                "number of replicates",
                expected,
                n_replicates,
            ));
        }
        Ok(Self {
            n_replicates,
            seed,
            resample: Resample::default(),
            with_ceiling: false,
        })
    }

    /// Sets whether stimuli, participants or both are drawn.
    #[must_use]
    pub fn over(mut self, resample: Resample) -> Self {
        self.resample = resample;
        self
    }

    /// Enables the lower noise ceiling in every replicate, so that models can be compared with it.
    /// This takes several times as long.
    #[must_use]
    pub fn with_ceiling(mut self) -> Self {
        self.with_ceiling = true;
        self
    }

    /// Draws replicates of the comparisons of models with participants.
    ///
    /// # Errors
    /// - Returns `ArgumentError::TooFew` if there are fewer than four stimuli or two participants
    ///   to draw from, or fewer than two participants for a ceiling.
    /// - Returns `StimuliError::Missing` if a model lacks stimuli that participants judged.
    /// - Returns `ArgumentError::InvalidParameter` if stimuli are drawn under a whitened
    ///   comparator, because copies of a stimulus have no dissimilarity.
    /// - Returns the same errors as [`Comparator::compare`].
    pub fn run(
        &self,
        comparator: Comparator,
        models: &[&Rdm],
        people: &RdmSet,
    ) -> Result<RsaReplicates> {
        let people = people.persons()?;
        self.check(comparator, &people)?;
        let sample = Sample::new(comparator, models, &people, self.with_ceiling)?;
        let uniform = PairWeights::uniform(sample.n_stimuli);
        let as_they_are = sample.apply(&uniform)?;
        let everyone = sample.mean_person(vec![1; sample.people.len()]);
        let per_person = as_they_are.per_person()?;
        let observed = as_they_are.columns(&per_person, &everyone)?;
        let replicate = |replicate| -> Result<Replicate> {
            let n = [sample.n_stimuli, sample.people.len()];
            let [stimuli, people] = draw_counts(self.seed, replicate, n);
            let mut found = Replicate::default();
            let drawn_people = self.resample.draws_people();
            let drawn_people = drawn_people.then(|| sample.mean_person(people));
            if self.resample.draws_stimuli() {
                let weights = PairWeights::new(&stimuli);
                let drawn = sample.apply(&weights)?;
                let per_person = drawn.per_person()?;
                found.stimuli = drawn.columns(&per_person, &everyone)?;
                if let Some(people) = &drawn_people {
                    found.both = drawn.columns(&per_person, people)?;
                }
            }
            if let Some(people) = &drawn_people {
                found.people = as_they_are.columns(&per_person, people)?;
            }
            Ok(found)
        };
        // A replicate with too few different stimuli is undefined.
        let replicates: Vec<Option<Replicate>> = (0..self.n_replicates as u64)
            .into_par_iter()
            .map(|number| replicate(number).ok())
            .collect();
        let replicates: Vec<Replicate> = replicates.into_iter().flatten().collect();
        at_least("replicates that are defined", 2, replicates.len())?;
        Ok(RsaReplicates {
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
        if self.resample.draws_stimuli() {
            let what = "stimuli for a bootstrap over stimuli";
            at_least(what, 4, people.stimuli().len())?;
            if comparator.needs_all_pairs() {
                let expected = "over people only (`Resample::People`, `--over people`)";
                let what = "a bootstrap with a whitened comparator";
                return Err(Error::parameter(what, expected, self.resample));
            }
        }
        if self.resample.draws_people() {
            at_least("people for a bootstrap over people", 2, people.len())?;
        }
        if self.with_ceiling {
            at_least("people for a noise ceiling", 2, people.len())?;
        }
        Ok(())
    }
}

/// Models and participants over the same stimuli.
struct Sample {
    comparator: Comparator,
    n_stimuli: usize,
    models: Vec<Geometry>,
    people: Vec<Geometry>,
    /// Bound on the rounding errors of the mean over participants.
    rounding_of_mean: Rounding,
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
            let geometry = |rdm: &Rdm| {
                let values = rdm.values().to_vec();
                Geometry::new(comparator, values, rdm.rounding())
            };
            rdms.iter().map(geometry).collect::<Vec<_>>()
        };
        let mut errors = MeanRounding::default();
        for rdm in people.rdms() {
            errors.add(rdm.values(), rdm.rounding());
        }
        Ok(Self {
            comparator,
            rounding_of_mean: errors.of_mean(),
            n_stimuli: people.stimuli().len(),
            is_complete: n_missing(&models) + n_missing(people.rdms()) == 0,
            models: geometries(&models),
            people: geometries(people.rdms()),
            with_ceiling,
        })
    }

    /// Applies weights on stimuli to models and participants.
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

    /// Computes the unscaled mean over participants, each counted as often as `counts` says.
    fn mean_person(&self, counts: Vec<u32>) -> MeanPerson {
        let mut sums = vec![0.0; self.people[0].values().len()];
        let mut totals = vec![0.0; if self.is_complete { 0 } else { sums.len() }];
        let everyone = f64::from(counts.iter().sum::<u32>());
        for (person, &count) in self.people.iter().zip(&counts) {
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
            // A pair that no participant judged is 0 / 0 = NaN, which means missing.
            let means = sums.iter_mut().zip(&totals);
            means.for_each(|(sum, total)| *sum /= total);
        }
        MeanPerson {
            geometry: Geometry::new(self.comparator, sums, self.rounding_of_mean),
            counts,
        }
    }
}

/// The mean of drawn participants, which is the same for all draws of stimuli.
struct MeanPerson {
    geometry: Geometry,
    /// Number of times that each participant was drawn.
    counts: Vec<u32>,
}

/// A [`Sample`] with weights on its stimuli.
struct WeightedSample<'a> {
    sample: &'a Sample,
    weighting: Weighting<'a>,
    models: Vec<Weighted>,
    people: Vec<Weighted>,
}

impl WeightedSample<'_> {
    /// Compares each model with each participant: models × participants.
    fn per_person(&self) -> Result<Vec<Vec<f64>>> {
        let against = |model| {
            let people = self.people.iter();
            let values = people.map(|person| self.weighting.compare(model, person));
            values.collect()
        };
        self.models.iter().map(against).collect()
    }

    /// Computes the columns of a [`Replicate`] for drawn participants.
    fn columns(&self, per_person: &[Vec<f64>], people: &MeanPerson) -> Result<Vec<f64>> {
        let counts = &people.counts;
        let n = f64::from(counts.iter().sum::<u32>());
        let mean = |values: &[f64]| {
            let weighted = values.iter().zip(counts);
            let weighted = weighted.map(|(value, &count)| value * f64::from(count));
            weighted.sum::<f64>() / n
        };
        let mut columns: Vec<f64> = per_person.iter().map(|values| mean(values)).collect();
        let mean_person = self.weighting.apply(&people.geometry)?;
        for model in &self.models {
            columns.push(self.weighting.compare(model, &mean_person)?);
        }
        if self.sample.with_ceiling {
            columns.push(mean(&self.ceiling(counts)?));
        }
        Ok(columns)
    }

    /// Compares each participant with the mean of the others; 0 for participants with a count of 0.
    fn ceiling(&self, counts: &[u32]) -> Result<Vec<f64>> {
        let mut others = counts.to_vec();
        let mut ceiling = Vec::with_capacity(counts.len());
        for (position, person) in self.people.iter().enumerate() {
            // Copies of a participant are not other participants.
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
