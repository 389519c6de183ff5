//! Alignment of the entropies of a model with the disagreement of participants.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, same_length};
use crate::inference::{Confidence, Estimate, Interval};
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;
use crate::uncertainty::correlation::{Correlation, with_influences};
use crate::uncertainty::influence::{Linear, Mean, Ranked, Statistic, check_pairs};
use crate::uncertainty::reliability::UncertaintyCeiling;
use crate::uncertainty::{Disagreement, SplitHalf};

/// Correlation of the entropies of a model with those of the answers of participants, over the
/// questions that were answered several times.
///
/// | setting | default |
/// |---|---|
/// | minimum number of answers to a question | 4 |
/// | width of a bin of model entropy | 0.1 nat |
/// | split halves | 100, seed 0 |
/// | confidence | 0.95 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UncertaintyAnalysis {
    min_answers: usize,
    bin_width: f64,
    split_half: SplitHalf,
    confidence: Confidence,
}

impl Default for UncertaintyAnalysis {
    fn default() -> Self {
        Self {
            min_answers: 4,
            bin_width: 0.1,
            split_half: SplitHalf::default(),
            confidence: Confidence::default(),
        }
    }
}

/// The uncertainty alignment of a model, from [`UncertaintyAnalysis::run`].
///
/// A model with the choice probabilities of participants has slope 1 and intercept 0, whatever the
/// number of answers, because the noise of human entropies does not attenuate the regression on
/// model entropies. It attenuates correlations, which are at most the ceiling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UncertaintyAlignment {
    /// Number of questions with enough answers.
    pub n_questions: usize,
    /// Number of answers to these questions.
    pub n_answers: usize,
    /// Number of questions with too few answers, which were dropped.
    pub n_dropped: usize,
    /// Spearman's correlation of model and human entropies.
    pub spearman: Correlation,
    /// Pearson's correlation of model and human entropies.
    pub pearson: Correlation,
    /// Slope of the least-squares line of human entropy on model entropy.
    pub slope: Estimate,
    /// Intercept of this line, in nats.
    pub intercept: f64,
    /// Mean entropy of the model, in nats.
    pub model_entropy: f64,
    /// Mean entropy of the answers, in nats.
    pub human_entropy: Estimate,
    /// The largest correlations that human entropies from so few answers allow; `None` if halves of
    /// the answers do not correlate.
    pub ceiling: Option<UncertaintyCeiling>,
    /// Mean human entropy by bin of model entropy, in ascending order; empty bins are omitted.
    pub bins: Vec<EntropyBin>,
}

/// The questions with a model entropy in a range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntropyBin {
    /// Smallest model entropy of the bin, in nats.
    pub lower: f64,
    /// Upper end of the bin (exclusive), in nats.
    pub upper: f64,
    /// Number of questions.
    pub n_questions: usize,
    /// Mean entropy of the model in these questions, in nats.
    pub model_entropy: f64,
    /// Mean entropy of the answers to these questions, in nats.
    pub human_entropy: Estimate,
}

impl UncertaintyAnalysis {
    /// Sets the smallest number of answers to a question; questions with fewer are dropped. Halves
    /// of the answers need at least two each, so the ceiling is from questions with four or more.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the number is less than 2.
    pub fn with_min_answers(mut self, n: usize) -> Result<Self> {
        if n < 2 {
            let name = "the number of answers to a question";
            return Err(Error::parameter(name, "at least 2", n));
        }
        self.min_answers = n;
        Ok(self)
    }

    /// Sets the width of bins of model entropy, in nats.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the width is not finite or less than 0.001.
    pub fn with_bin_width(mut self, width: f64) -> Result<Self> {
        if !(0.001..f64::INFINITY).contains(&width) {
            let expected = "finite, 0.001 at least";
            return Err(Error::parameter("the width of a bin", expected, width));
        }
        self.bin_width = width;
        Ok(self)
    }

    /// Sets how answers are split into halves for the ceiling.
    #[must_use]
    pub fn with_split_half(mut self, split_half: SplitHalf) -> Self {
        self.split_half = split_half;
        self
    }

    /// Sets the confidence level of intervals.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Compares the entropies of a representation with the answers in `trials`, which contain
    /// repeated questions. The temperature of the metric matters for the slope and can matter for
    /// correlations, because it changes the order of entropies.
    ///
    /// # Errors
    /// The same as for [`ZeroShotOddOneOut::entropies`], [`Disagreement::new`] and
    /// [`run_entropies`](Self::run_entropies).
    pub fn run<T: Task>(
        &self,
        metric: &ZeroShotOddOneOut,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<UncertaintyAlignment> {
        let human = Disagreement::new(trials, self.min_answers)?;
        let entropies = metric.entropies(representation, human.questions())?;
        self.run_entropies(&human, &entropies)
    }

    /// Compares the entropy of a model for each of [`Disagreement::questions`], in nats, with the
    /// disagreement of participants. The number of answers that the settings require is ignored,
    /// because questions were already selected.
    ///
    /// Standard errors account for questions that share objects and, if the trials have
    /// participants, for answers of the same participant: the influence of a question is divided
    /// among its answers, and the influence of an answer on the entropy of its question (by
    /// omitting it, as in the jackknife) is added.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if there is not one entropy per question,
    /// `ArgumentError::TooFew` if there are fewer than three questions, and
    /// `ArgumentError::InvalidParameter` if an entropy is negative or not finite, or if the model or
    /// human entropies are all equal.
    pub fn run_entropies<T: Task>(
        &self,
        human: &Disagreement<T>,
        entropies: &[f64],
    ) -> Result<UncertaintyAlignment> {
        human.check()?;
        let of_people = human.entropies();
        same_length("entropies of questions", of_people.len(), entropies.len())?;
        if let Some(entropy) = entropies.iter().find(|&&entropy| entropy < 0.0) {
            return Err(Error::parameter("an entropy", "not negative", entropy));
        }
        check_pairs("entropies of questions", entropies, of_people)?;
        let all: Vec<usize> = (0..of_people.len()).collect();
        let estimate = |statistic: &dyn Statistic| estimate(human, entropies, &all, statistic);
        let (linear, ranked) = (
            Linear::new(entropies, of_people),
            Ranked::new(entropies, of_people),
        );
        Ok(UncertaintyAlignment {
            n_questions: all.len(),
            n_answers: human.answers().len(),
            n_dropped: human.n_dropped(),
            spearman: Correlation::new(estimate(&ranked)?, self.confidence),
            pearson: Correlation::new(estimate(&linear)?, self.confidence),
            slope: estimate(&linear.slope())?,
            intercept: linear.intercept(),
            model_entropy: mean(entropies, &all),
            human_entropy: estimate(&Mean(mean(of_people, &all)))?,
            ceiling: self.split_half.ceiling(human, self.confidence)?,
            bins: self.bins(human, entropies)?,
        })
    }

    fn bins<T: Task>(&self, human: &Disagreement<T>, entropies: &[f64]) -> Result<Vec<EntropyBin>> {
        // A tie of all options has the largest entropy, up to rounding.
        let bin = |question: usize| (entropies[question] / self.bin_width) as usize;
        let mut order: Vec<usize> = (0..entropies.len()).collect();
        order.sort_by_key(|&question| bin(question));
        let bins = order.chunk_by(|&left, &right| bin(left) == bin(right));
        let bins = bins.map(|questions| {
            let lower = bin(questions[0]) as f64 * self.bin_width;
            let of_people = mean(human.entropies(), questions);
            Ok(EntropyBin {
                lower,
                upper: lower + self.bin_width,
                n_questions: questions.len(),
                model_entropy: mean(entropies, questions),
                human_entropy: estimate(human, entropies, questions, &Mean(of_people))?,
            })
        });
        bins.collect()
    }
}

impl EntropyBin {
    /// Returns the confidence interval of the mean human entropy, in nats, at least 0.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        let interval = self.human_entropy.interval(confidence);
        interval.clamp(0.0, f64::INFINITY)
    }
}

fn mean(values: &[f64], at: &[usize]) -> f64 {
    at.iter().map(|&at| values[at]).sum::<f64>() / at.len() as f64
}

/// Returns a statistic of some questions with its standard error, from the influences of answers.
fn estimate<T: Task>(
    human: &Disagreement<T>,
    entropies: &[f64],
    questions: &[usize],
    statistic: &dyn Statistic,
) -> Result<Estimate> {
    let (mut kept, mut influences) = (Vec::new(), Vec::new());
    for &question in questions {
        let answers = human.answers_to(question);
        let n = answers.len() as f64;
        let influence = |entropy: f64| statistic.influence(entropies[question], entropy);
        let whole = influence(human.entropies()[question]);
        // The influence of an answer is the change when it is omitted, centred within the question.
        let counts = human.counts()[question];
        let without: [f64; 3] = std::array::from_fn(|pair| match counts[pair] {
            0 => 0.0,
            _ => influence(human.entropy_without(question, pair)),
        });
        let centre: f64 = (0..3)
            .map(|pair| f64::from(counts[pair]) * without[pair])
            .sum();
        for answer in answers {
            let own = (centre / n - without[human.chosen(answer)]) * (n - 1.0) / n;
            influences.push(whole / n + own);
            kept.push(answer);
        }
    }
    let scale = kept.len() as f64 / questions.len() as f64;
    influences
        .iter_mut()
        .for_each(|influence| *influence *= scale);
    with_influences(
        &human.answers().select(&kept)?,
        statistic.value(),
        &influences,
    )
}
