//! Trials that separate families of models.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least, same_length};
use crate::inference::{Confidence, Credit, Estimate, Interval, clustered_mean, clustered_mean_of};
use crate::judgment::{Task, Trials};

/// A family of models, such as those of one objective, with their choices.
#[derive(Debug, Clone)]
pub struct ModelFamily {
    name: String,
    choices: Vec<Vec<Option<u8>>>,
}

impl ModelFamily {
    /// Creates a family from its name and the choices of its models, in the format of
    /// [`ZeroShotOddOneOut::choices`](crate::ZeroShotOddOneOut::choices): 0 for the pair that the
    /// participant chose, 1 or 2 for the others, `None` for a tie.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no models, and `ArgumentError::LengthMismatch`
    /// if models have different numbers of choices.
    pub fn new(name: impl Into<String>, choices: Vec<Vec<Option<u8>>>) -> Result<Self> {
        at_least("models of a family", 1, choices.len())?;
        for own in &choices {
            same_length("choices of models", choices[0].len(), own.len())?;
        }
        Ok(Self {
            name: name.into(),
            choices,
        })
    }

    /// Returns, for each trial, what all models of the family do.
    fn verdicts(&self) -> Vec<Verdict> {
        let n_trials = self.choices[0].len();
        let verdict = |trial: usize| {
            let first = self.choices[0][trial];
            let mut choices = self.choices.iter().map(|own| own[trial]);
            let are_equal = choices.clone().all(|choice| choice == first);
            if are_equal && first == Some(0) {
                Verdict::Right
            } else if choices.all(|choice| choice != Some(0)) {
                match are_equal && first.is_some() {
                    true => Verdict::WrongAlike,
                    false => Verdict::Wrong,
                }
            } else {
                Verdict::Mixed
            }
        };
        (0..n_trials).map(verdict).collect()
    }

    /// Returns the probability that all models choose the same pair if all are wrong and choose
    /// independently: the sum over wrong pairs of the product over models of the share of the pair
    /// among the wrong choices of the model.
    fn expected_alike(&self) -> f64 {
        let product = |pair: u8| -> f64 {
            let share = |own: &Vec<Option<u8>>| {
                let n_wrong = own.iter().filter(|&&choice| choice != Some(0)).count();
                let n_pair = own.iter().filter(|&&choice| choice == Some(pair)).count();
                n_pair as f64 / (n_wrong.max(1)) as f64
            };
            self.choices.iter().map(share).product()
        };
        product(1) + product(2)
    }
}

/// What all models of a family do in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    Wrong,
    /// All choose the same wrong pair.
    WrongAlike,
    Mixed,
}

impl Verdict {
    fn is_wrong(self) -> bool {
        matches!(self, Verdict::Wrong | Verdict::WrongAlike)
    }
}

/// The trials in which all models of one family are right and all of another are wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FamilySeparation {
    /// Index of the family whose models are all right.
    pub right: usize,
    /// Index of the family whose models are all wrong.
    pub wrong: usize,
    /// The 0-based positions of these trials, ascending.
    pub trials: Vec<usize>,
    /// Their share of all trials, in [0, 1], with its cluster-robust standard error.
    pub share: Estimate,
    /// Confidence interval of the share, within [0, 1].
    pub interval: Interval,
    /// Share that is expected if the families were independent: the share of trials in which all
    /// models of the first are right, times that in which all models of the second are wrong.
    pub expected: f64,
    /// Share minus expected share, with its standard error by the delta method: below 0 if the same
    /// trials are difficult for both families.
    pub excess: Estimate,
    /// Two-sided p-value of the hypothesis that the excess is 0.
    pub p_value: f64,
    /// Number of these trials in which the models of the second family fail alike: all choose the
    /// same wrong pair.
    pub n_alike: usize,
    /// Expected number of these trials in which they fail alike, if models that are wrong chose
    /// independently, each in its own proportions; for a family of one model, the trials without
    /// ties.
    pub expected_alike: f64,
}

/// One family in a [`FamilyPartition`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FamilySummary {
    /// Name of the family.
    pub name: String,
    /// Number of models.
    pub n_models: usize,
    /// Number of trials in which all models are right.
    pub n_right: usize,
    /// Number of trials in which all models are wrong (or undecided).
    pub n_wrong: usize,
    /// Number of trials in which all models choose the same wrong pair.
    pub n_alike: usize,
}

/// The trials in which one family of models is right and another is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FamilyPartition {
    /// The families.
    pub families: Vec<FamilySummary>,
    /// Every ordered pair of families: (0, 1), (0, 2), …, (1, 0), ….
    pub separations: Vec<FamilySeparation>,
}

impl FamilyPartition {
    /// Finds, for every two families, the trials in which all models of one are right and all
    /// models of the other are wrong.
    ///
    /// ```
    /// use human_alignment::concept::{FamilyPartition, ModelFamily};
    /// use human_alignment::inference::Confidence;
    /// use human_alignment::{OddOneOut, Stimuli};
    ///
    /// let trials = OddOneOut::new(Stimuli::numbered(9), vec![[0, 1, 2], [3, 4, 5], [6, 7, 8]])?;
    /// let [right, first, second] = [Some(0), Some(1), Some(2)];
    /// let labelled = ModelFamily::new("labels", vec![vec![right, right, first]])?;
    /// let contrastive = ModelFamily::new(
    ///     "contrastive",
    ///     vec![vec![first, second, right], vec![first, first, right]],
    /// )?;
    /// let families = [labelled, contrastive];
    /// let found = FamilyPartition::new(&trials, &families, Confidence::default())?;
    /// assert_eq!(found.separations[0].trials, [0, 1]);
    /// assert_eq!(found.separations[0].n_alike, 1);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two families, `ArgumentError::LengthMismatch`
    /// if there is not one choice per trial, and `ArgumentError::InvalidParameter` if a choice is
    /// not an option.
    pub fn new<T: Task>(
        trials: &Trials<T>,
        families: &[ModelFamily],
        confidence: Confidence,
    ) -> Result<Self> {
        at_least("families", 2, families.len())?;
        for own in families.iter().flat_map(|family| &family.choices) {
            same_length("choices of trials", trials.len(), own.len())?;
            let beyond = |&&pair: &&u8| usize::from(pair) >= T::N_PAIRS;
            if let Some(pair) = own.iter().flatten().find(beyond) {
                let expected = "below the number of pairs to choose from";
                return Err(Error::parameter("the pair that was chosen", expected, pair));
            }
        }
        let verdicts: Vec<Vec<Verdict>> = families.iter().map(ModelFamily::verdicts).collect();
        let mut separations = Vec::new();
        for right in 0..families.len() {
            for wrong in (0..families.len()).filter(|&wrong| wrong != right) {
                let alike = families[wrong].expected_alike();
                let both = [&verdicts[right], &verdicts[wrong]];
                let mut found = separate(trials, both.map(Vec::as_slice), confidence)?;
                found.expected_alike = alike * found.trials.len() as f64;
                separations.push(FamilySeparation {
                    right,
                    wrong,
                    ..found
                });
            }
        }
        let summaries = families.iter().zip(&verdicts).map(|(family, verdicts)| {
            let count = |is: fn(Verdict) -> bool| verdicts.iter().filter(|&&it| is(it)).count();
            FamilySummary {
                name: family.name.clone(),
                n_models: family.choices.len(),
                n_right: count(|it| it == Verdict::Right),
                n_wrong: count(Verdict::is_wrong),
                n_alike: count(|it| it == Verdict::WrongAlike),
            }
        });
        Ok(Self {
            families: summaries.collect(),
            separations,
        })
    }
}

fn separate<T: Task>(
    trials: &Trials<T>,
    [first, second]: [&[Verdict]; 2],
    confidence: Confidence,
) -> Result<FamilySeparation> {
    let right: Vec<bool> = first.iter().map(|&it| it == Verdict::Right).collect();
    let wrong: Vec<bool> = second.iter().map(|it| it.is_wrong()).collect();
    let separates: Vec<usize> = (0..trials.len())
        .filter(|&it| right[it] && wrong[it])
        .collect();
    let credits = right
        .iter()
        .zip(&wrong)
        .map(|(&right, &wrong)| right && wrong);
    let credits: Vec<Credit> = credits.map(Credit::from).collect();
    let share = clustered_mean(trials, &credits)?;
    let portion = |of: &[bool]| of.iter().filter(|&&it| it).count() as f64 / of.len() as f64;
    let (p, q) = (portion(&right), portion(&wrong));
    let excess = share.value - p * q;
    let influence = |trial: usize| {
        let [right, wrong] = [right[trial], wrong[trial]].map(|it| f64::from(u8::from(it)));
        (right - p) * (wrong - q) - excess
    };
    let influences: Vec<f64> = (0..trials.len()).map(influence).collect();
    let excess = Estimate {
        value: excess,
        ..clustered_mean_of(trials, &influences)?
    };
    let is_alike = |&&trial: &&usize| second[trial] == Verdict::WrongAlike;
    Ok(FamilySeparation {
        right: 0,
        wrong: 0,
        interval: share.interval(confidence).clamp(0.0, 1.0),
        share,
        expected: p * q,
        p_value: excess.p_value(),
        excess,
        n_alike: separates.iter().filter(is_alike).count(),
        expected_alike: 0.0,
        trials: separates,
    })
}
