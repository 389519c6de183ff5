//! Correlations of RDMs in simulated experiments.

use std::fmt::Arguments;

use human_alignment::inference::{Confidence, Estimate, Resample};
use human_alignment::metric::rsa::{Comparator, RsaBootstrap, RsaVariance};
use human_alignment::{Rdm, RdmSet, Result, Stimuli};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Prints the coverage of intervals and the rates of false differences.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "RSA: {replications} simulated experiments per row. Coverage of 95 % intervals of a model \
         per person, against\nthe mean person, minus and divided by the ceiling; and rate of false \
         differences of two equally good\nmodels at the 5 % level.\n"
    ))?;
    line(format_args!(
        "stimuli  people  weights vary  noise  over     method     comparator     per person  mean \
         person  - ceiling  / ceiling  false differences"
    ))?;
    for design in designs() {
        let Design {
            n_stimuli,
            n_people,
            individuality,
            judgment_noise,
            over,
            method,
            comparator,
        } = design;
        let rates = design.simulate(replications as u64, seed)?;
        let method = match method {
            Method::Analytic => "analytic",
            Method::Bootstrap(_) => "bootstrap",
        };
        line(format_args!(
            "{n_stimuli:>7}  {n_people:>6}  {individuality:>12}  {judgment_noise:>5}  {over:7}  \
             {method:9}  {comparator:13}  {:>10.3}  {:>11.3}  {:>9.3}  {:>9.3}  {:>17.3}",
            rates.model,
            rates.mean_person,
            rates.against_ceiling,
            rates.relative,
            rates.false_differences
        ))?;
    }
    Ok(())
}

/// Returns the designs of the table.
fn designs() -> Vec<Design> {
    let mut designs = Vec::new();
    let two = [Comparator::Spearman, Comparator::Pearson];
    // People who judge alike with much noise, and people who differ much.
    for (individuality, judgment_noise) in [(0.1, 8.0), (0.6, 2.0), (1.2, 2.0)] {
        for (n_stimuli, n_people) in [(20, 5), (20, 30), (30, 12), (92, 5), (92, 30)] {
            designs.extend(two.map(|comparator| Design {
                n_stimuli,
                n_people,
                individuality,
                judgment_noise,
                comparator,
                ..Design::default()
            }));
        }
    }
    let others = [
        Comparator::KendallTauA,
        Comparator::KendallTauB,
        Comparator::RhoA,
        Comparator::Cosine,
    ];
    designs.extend(others.map(|comparator| Design {
        comparator,
        ..Design::default()
    }));
    for method in [Method::Analytic, Method::Bootstrap(300)] {
        for (n_stimuli, n_people) in [(20, 5), (30, 12), (60, 20)] {
            for &over in Resample::ALL {
                designs.extend(two.map(|comparator| Design {
                    n_stimuli,
                    n_people,
                    over,
                    method,
                    comparator,
                    ..Design::default()
                }));
            }
        }
    }
    designs
}

/// How uncertainty is estimated.
#[derive(Debug, Clone, Copy)]
pub enum Method {
    /// The analytic variance.
    Analytic,
    /// A bootstrap of this number of replicates.
    Bootstrap(usize),
}

/// The design of an experiment. Participants weight the dimensions of a space differently and judge
/// with noise. Two models represent the same space with independent noise of the same variance.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    pub n_stimuli: usize,
    pub n_people: usize,
    /// Standard deviation of the logarithm of participants' weights.
    pub individuality: f64,
    /// Standard deviation of the noise of judgments.
    pub judgment_noise: f64,
    pub over: Resample,
    pub method: Method,
    pub comparator: Comparator,
}

impl Default for Design {
    fn default() -> Self {
        Self {
            n_stimuli: 30,
            n_people: 12,
            individuality: 0.6,
            judgment_noise: 2.0,
            over: Resample::Both,
            method: Method::Analytic,
            comparator: Comparator::Spearman,
        }
    }
}

/// Rates over experiments: coverage of the mean over experiments by 95 % intervals, and rate of
/// false differences between the two models at the 5 % level. If only participants are sampled, a
/// difference is false if it differs from the mean difference.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub model: f64,
    pub mean_person: f64,
    pub against_ceiling: f64,
    pub relative: f64,
    pub false_differences: f64,
}

/// Number of dimensions of the space.
const DIMENSIONS: usize = 4;

/// Standard deviation of the noise of stimuli in a model.
const MODEL_NOISE: f64 = 0.8;

impl Design {
    /// Repeats the experiment with other stimuli, other participants or both, as the method
    /// assumes.
    pub fn simulate(self, n_experiments: u64, seed: u64) -> Result<Rates> {
        let experiments: Vec<Result<[Estimate; 5]>> = (1..=n_experiments)
            .into_par_iter()
            .map(|experiment| self.experiment(experiment, seed))
            .collect();
        let experiments = experiments.into_iter().collect::<Result<Vec<_>>>()?;
        let n = experiments.len() as f64;
        let coverage = |which: usize, truth: f64| {
            let covers = |estimates: &&[Estimate; 5]| {
                let interval = estimates[which].interval(Confidence::default());
                interval.contains(truth)
            };
            experiments.iter().filter(covers).count() as f64 / n
        };
        let on_average = |which: usize| {
            let values = experiments.iter().map(|estimates| estimates[which].value);
            values.sum::<f64>() / n
        };
        // The models are equally good for the population of stimuli, not for a fixed sample.
        let truth = match self.over.draws_stimuli() {
            true => 0.0,
            false => on_average(3),
        };
        Ok(Rates {
            model: coverage(0, on_average(0)),
            mean_person: coverage(1, on_average(1)),
            against_ceiling: coverage(2, on_average(2)),
            relative: coverage(4, on_average(4)),
            false_differences: 1.0 - coverage(3, truth),
        })
    }

    /// Computes the estimates of a model per person, against the mean person and minus the ceiling,
    /// of the difference between the models, and of the model divided by the ceiling.
    fn experiment(self, experiment: u64, seed: u64) -> Result<[Estimate; 5]> {
        let stream = |kind: u64, varies: bool| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(if varies { 8 * experiment + kind } else { kind });
            move || -> f64 { StandardNormal.sample(&mut rng) }
        };
        let mut of_stimuli = stream(1, self.over.draws_stimuli());
        let mut of_people = stream(2, self.over.draws_people());
        let mut of_models = stream(3, self.over.draws_stimuli());
        let mut noise = stream(4, true);

        let space = matrix(self.n_stimuli, &mut of_stimuli);
        let people = (0..self.n_people).map(|_| {
            let weights = std::array::from_fn(|_| (self.individuality * of_people()).exp());
            self.rdm(&space, weights, || self.judgment_noise * noise())
        });
        let people = RdmSet::numbered(people.collect::<Result<_>>()?)?;
        let mut model = || {
            let own = matrix(self.n_stimuli, &mut of_models);
            let seen = space.iter().zip(own);
            let seen: Vec<[f64; DIMENSIONS]> = seen
                .map(|(there, own)| std::array::from_fn(|k| there[k] + MODEL_NOISE * own[k]))
                .collect();
            self.rdm(&seen, [1.0; DIMENSIONS], || 0.0)
        };
        let (first, second) = (model()?, model()?);
        let models = [&first, &second];
        let ceiling = "there are several participants";
        Ok(match self.method {
            Method::Analytic => {
                let found = RsaVariance::new(self.over).run(self.comparator, &models, &people)?;
                [
                    found.per_person(0),
                    found.against_mean_person(0),
                    found.against_ceiling(0).expect(ceiling),
                    found.compare(Confidence::default())[0].difference,
                    found.relative(0).expect(ceiling),
                ]
            }
            Method::Bootstrap(n_replicates) => {
                let bootstrap = RsaBootstrap::new(n_replicates, experiment)?;
                let bootstrap = bootstrap.over(self.over).with_ceiling();
                let found = bootstrap.run(self.comparator, &models, &people)?;
                [
                    found.per_person(0),
                    found.against_mean_person(0),
                    found.against_ceiling(0).expect(ceiling),
                    found.compare(Confidence::default())[0].difference,
                    found.relative(0).expect(ceiling),
                ]
            }
        })
    }

    fn rdm(
        self,
        space: &[[f64; DIMENSIONS]],
        weights: [f64; DIMENSIONS],
        mut noise: impl FnMut() -> f64,
    ) -> Result<Rdm> {
        let mut values = Vec::new();
        for (position, first) in space.iter().enumerate() {
            for second in &space[position + 1..] {
                let squares = (0..DIMENSIONS).map(|k| weights[k] * (first[k] - second[k]).powi(2));
                values.push(squares.sum::<f64>() + noise());
            }
        }
        Rdm::new(Stimuli::numbered(self.n_stimuli as u32), values)
    }
}

fn matrix(n: usize, draw: &mut impl FnMut() -> f64) -> Vec<[f64; DIMENSIONS]> {
    (0..n).map(|_| std::array::from_fn(|_| draw())).collect()
}
