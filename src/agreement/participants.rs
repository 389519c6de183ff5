//! Agreement of participants with each other.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::agreement::PairAgreement;
use crate::agreement::kappa::compare;
use crate::error::{Error, JudgmentError, Result, unknown_participants};
use crate::inference::{ClusteredTrials, Confidence, Estimate, Interval, clustered_mean_of};
use crate::judgment::{Question, Task, Trials};

/// The agreement of two participants in the questions that both answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParticipantPair {
    /// Number of questions that both answered.
    pub n_shared: usize,
    /// The agreement. Indices are those of [`ParticipantAgreement::participants`].
    #[serde(flatten)]
    pub agreement: PairAgreement,
}

/// The agreement of one participant with the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgreementWithOthers {
    /// Label of the participant.
    pub id: String,
    /// Number of answers to questions that others answered as well.
    pub n_answers: usize,
    /// Mean share of the other participants who gave the same answer, in [0, 1], with its
    /// object-level standard error; `None` without such questions.
    pub agreement: Option<Estimate>,
    /// Confidence interval of the agreement, within [0, 1].
    pub interval: Option<Interval>,
    /// The agreement corrected for chance, (agreement − 1/m) / (1 − 1/m) for m options (Bennett,
    /// Alpert & Goldstein 1954).
    pub corrected: Option<f64>,
    /// The agreement minus that of the other participants with each other in the same questions, so
    /// that people with difficult questions are not outliers; `None` without questions that at least
    /// two others answered.
    pub difference: Option<Estimate>,
    /// Robust z-score of the difference: its distance from the median of all participants divided
    /// by 1.4826 times the median absolute deviation; `None` if the latter is 0.
    pub robust_z: Option<f64>,
    /// True if the robust z-score is below −3.5 (Iglewicz & Hoaglin 1993): the participant agrees
    /// unusually little with the others.
    pub is_outlier: bool,
    /// True if the interval of the agreement reaches to chance or below.
    pub is_at_chance: bool,
}

/// The agreement of every two participants, and of each participant with the others.
///
/// ```
/// use human_alignment::agreement::ParticipantAgreement;
/// use human_alignment::inference::Confidence;
/// use human_alignment::{OddOneOut, Stimuli};
///
/// // Two participants agree in two questions, a third one disagrees with both.
/// let trials = vec![[0, 1, 2], [3, 4, 5], [1, 0, 2], [4, 3, 5], [0, 2, 1], [5, 4, 3]];
/// let trials = OddOneOut::new(Stimuli::numbered(6), trials)?
///     .with_participants(["Ann", "Ann", "Bob", "Bob", "Eve", "Eve"])?;
/// let found = ParticipantAgreement::new(&trials, 2, Confidence::default())?;
/// assert_eq!(found.pair(0, 1).unwrap().agreement.agreement.value, 1.0);
/// assert_eq!(found.participants[0].agreement.unwrap().value, 0.5);
/// assert!((found.participants[2].corrected.unwrap() + 0.5).abs() < 1e-12);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParticipantAgreement {
    /// The participants, in the order of their first trials.
    pub participants: Vec<AgreementWithOthers>,
    /// Every two participants who share enough questions, in ascending order.
    pub pairs: Vec<ParticipantPair>,
    /// Number of questions that several participants answered.
    pub n_questions: usize,
    /// Mean agreement of two answers of different participants to the same question, over
    /// questions, in [0, 1], with its standard error.
    pub agreement: Estimate,
    /// Number of participants whose agreement is unusually low.
    pub n_outliers: usize,
    /// Number of participants whose agreement is not above chance.
    pub n_at_chance: usize,
}

impl ParticipantAgreement {
    /// Computes the agreement of every two participants who both answered at least `min_shared`
    /// questions, and of each participant with all others.
    ///
    /// If a participant answered a question several times, the first answer counts. Standard errors
    /// are over objects.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the trials have no participants or `min_shared`
    /// is 0, and [`JudgmentError::NoTrials`] if no question was answered by several participants.
    pub fn new<T: Task>(
        trials: &Trials<T>,
        min_shared: usize,
        confidence: Confidence,
    ) -> Result<Self> {
        if min_shared == 0 {
            return Err(Error::parameter(
                "shared questions",
                "at least 1",
                min_shared,
            ));
        }
        let shared = Shared::new(trials)?;
        let participants = shared.of_participants(confidence)?;
        let count = |is: fn(&AgreementWithOthers) -> bool| {
            participants.iter().filter(|person| is(person)).count()
        };
        Ok(Self {
            n_outliers: count(|person| person.is_outlier),
            n_at_chance: count(|person| person.is_at_chance),
            n_questions: shared.questions.len(),
            agreement: shared.mean()?,
            pairs: shared.pairs(min_shared, confidence),
            participants,
        })
    }

    /// Returns the agreement of two participants, in either order; `None` if they share too few
    /// questions.
    pub fn pair(&self, one: usize, other: usize) -> Option<&ParticipantPair> {
        let wanted = (one.min(other), one.max(other));
        let place = self.pairs.binary_search_by_key(&wanted, |pair| {
            (pair.agreement.first, pair.agreement.second)
        });
        self.pairs.get(place.ok()?)
    }
}

/// The questions that several participants answered.
struct Shared<'a, T: Task> {
    trials: &'a Trials<T>,
    labels: &'a [String],
    questions: Vec<[u32; 3]>,
    /// Numbers of answers for each pair, by question.
    counts: Vec<[u32; 3]>,
    /// Questions and chosen pairs by participant, in ascending order of questions.
    answers: Vec<Vec<(u32, u8)>>,
}

impl<'a, T: Task> Shared<'a, T> {
    fn new(trials: &'a Trials<T>) -> Result<Self> {
        let Some(labelled) = trials.participants() else {
            return Err(unknown_participants());
        };
        let answer = |(&trial, &person): (&[u32; 3], &u32)| {
            let (Question(question), answer) = T::question(trial);
            (question, person, T::chosen_pair(answer) as u8)
        };
        let answers = trials.as_slice().iter().zip(labelled.by_trial());
        let mut answers: Vec<_> = answers.map(answer).collect();
        // A stable sort keeps the answers of a participant in their order.
        answers.par_sort_by_key(|&(question, person, _)| (question, person));
        answers.dedup_by_key(|&mut (question, person, _)| (question, person));
        let mut shared = Self {
            trials,
            labels: labelled.labels(),
            questions: Vec::new(),
            counts: Vec::new(),
            answers: vec![Vec::new(); labelled.labels().len()],
        };
        for same in answers.chunk_by(|left, right| left.0 == right.0) {
            if same.len() < 2 {
                continue;
            }
            let mut counts = [0; 3];
            for &(_, person, pair) in same {
                counts[usize::from(pair)] += 1;
                let number = shared.questions.len() as u32;
                shared.answers[person as usize].push((number, pair));
            }
            shared.questions.push(same[0].0);
            shared.counts.push(counts);
        }
        match shared.questions.is_empty() {
            true => Err(JudgmentError::NoTrials.into()),
            false => Ok(shared),
        }
    }

    /// Returns the clustered mean of values of questions, without participants.
    fn over_objects(&self, questions: Vec<[u32; 3]>, values: &[f64]) -> Result<Estimate> {
        let trials = Trials::<T>::new(self.trials.stimuli().clone(), questions)?;
        clustered_mean_of(&trials, values)
    }

    fn mean(&self) -> Result<Estimate> {
        let values: Vec<f64> = self
            .counts
            .iter()
            .map(|&counts| agreement(counts))
            .collect();
        self.over_objects(self.questions.clone(), &values)
    }

    fn of_participants(&self, confidence: Confidence) -> Result<Vec<AgreementWithOthers>> {
        let chance = 1.0 / T::N_PAIRS as f64;
        let found = self.labels.par_iter().zip(&self.answers);
        let found = found.map(|(id, answers)| {
            let (mut asked, mut shares) = (Vec::new(), Vec::new());
            let (mut asked_others, mut differences) = (Vec::new(), Vec::new());
            for &(question, pair) in answers {
                let mut others = self.counts[question as usize];
                others[usize::from(pair)] -= 1;
                let n_others = others.iter().sum::<u32>();
                let share = f64::from(others[usize::from(pair)]) / f64::from(n_others);
                asked.push(self.questions[question as usize]);
                shares.push(share);
                if n_others > 1 {
                    asked_others.push(self.questions[question as usize]);
                    differences.push(share - agreement(others));
                }
            }
            let estimate = |questions: Vec<[u32; 3]>, values: &[f64]| match questions.is_empty() {
                true => Ok(None),
                false => self.over_objects(questions, values).map(Some),
            };
            let agreement = estimate(asked, &shares)?;
            let interval = agreement.map(|it| it.interval_within(confidence, [0.0, 1.0]));
            Ok(AgreementWithOthers {
                id: id.clone(),
                n_answers: answers.len(),
                corrected: agreement.map(|it| (it.value - chance) / (1.0 - chance)),
                is_at_chance: interval.is_some_and(|it| it.lower <= chance),
                agreement,
                interval,
                difference: estimate(asked_others, &differences)?,
                robust_z: None,
                is_outlier: false,
            })
        });
        let mut found = found.collect::<Result<Vec<AgreementWithOthers>>>()?;
        mark_outliers(&mut found);
        Ok(found)
    }

    fn pairs(&self, min_shared: usize, confidence: Confidence) -> Vec<ParticipantPair> {
        let n = self.answers.len();
        let n_stimuli = self.trials.stimuli().len();
        let pairs = (0..n).into_par_iter().flat_map_iter(|first| {
            let may_share = move |second: &usize| {
                self.answers[first].len().min(self.answers[*second].len()) >= min_shared
            };
            (first + 1..n).filter(may_share).filter_map(move |second| {
                let (questions, answers) = self.joined(first, second);
                (questions.len() >= min_shared).then(|| ParticipantPair {
                    n_shared: questions.len(),
                    agreement: compare::<3>(
                        [first, second],
                        answers.each_ref().map(Vec::as_slice),
                        confidence,
                        |of| of(ClusteredTrials::new(&questions, n_stimuli, None)),
                    ),
                })
            })
        });
        pairs.collect()
    }

    /// Returns the questions that two participants answered, and their answers.
    fn joined(&self, first: usize, second: usize) -> (Vec<[u32; 3]>, [Vec<Option<u8>>; 2]) {
        let (mut questions, mut answers) = (Vec::new(), [Vec::new(), Vec::new()]);
        let mut others = self.answers[second].iter().peekable();
        for &(question, pair) in &self.answers[first] {
            while others.next_if(|other| other.0 < question).is_some() {}
            if let Some(&(_, other)) = others.next_if(|other| other.0 == question) {
                questions.push(self.questions[question as usize]);
                answers[0].push(Some(pair));
                answers[1].push(Some(other));
            }
        }
        (questions, answers)
    }
}

/// Returns the share of the pairs of answers to a question that are equal.
fn agreement(counts: [u32; 3]) -> f64 {
    let n_pairs = |n: u32| f64::from(n) * (f64::from(n) - 1.0);
    counts.into_iter().map(n_pairs).sum::<f64>() / n_pairs(counts.iter().sum())
}

fn mark_outliers(participants: &mut [AgreementWithOthers]) {
    let difference = |person: &AgreementWithOthers| person.difference.map(|it| it.value);
    let mut values: Vec<f64> = participants.iter().filter_map(difference).collect();
    if values.is_empty() {
        return;
    }
    let centre = median(&mut values);
    let mut distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    // For a normal distribution, 1.4826 times the median deviation is the standard deviation.
    let spread = 1.4826 * median(&mut distances);
    for person in participants.iter_mut().filter(|_| spread > 0.0) {
        person.robust_z = difference(person).map(|value| (value - centre) / spread);
        person.is_outlier = person.robust_z.is_some_and(|z| z < -3.5);
    }
}

/// Returns the median of values, of which there is at least one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => 0.5 * (values[half - 1] + values[half]),
        _ => values[half],
    }
}
