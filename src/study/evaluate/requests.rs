//! Measurements of RSA that are computed for all models of a data set together: a bootstrap draws
//! the same replicates for all models, and most of its time is spent on the participants.

use super::subject::{Found, Subject};
use crate::error::Result;
use crate::inference::Comparison;
use crate::metric::rsa::{RepresentationalSimilarity, RsaScore};
use crate::rdm::{Rdm, RdmSet};
use crate::study::cache::Key;
use crate::study::table::{Metric, StudyRow};

/// Largest number of pairs of stimuli for which RDMs are kept until all models are measured. With
/// more pairs, a measurement is computed at once, so that memory does not increase with the number
/// of models.
const MAX_PAIRS: usize = 1 << 17;

/// A measurement of RSA, and the key by which it is cached.
pub(super) struct Question {
    pub name: Metric,
    pub metric: RepresentationalSimilarity,
    /// Seed of the bootstrap of the metric.
    pub seed: Option<u64>,
    pub key: Key,
    /// Converts the score of the model, and its difference to the other model, to measurements.
    pub answer: Answer,
}

type Answer = Box<dyn Fn(RsaScore, Option<Comparison>) -> Vec<Found> + Send>;

/// The RDM of a model and, for a difference, that of another model.
pub(super) struct Compared {
    pub model: Rdm,
    pub other: Option<Rdm>,
}

/// A question about a model on a data set. Those of all models are answered in their order, whatever
/// is in the cache.
pub(super) enum Request<'r> {
    /// The rows are known: the measurements are in the cache, cannot be computed, or are large.
    Answered(Vec<StudyRow>),
    Open(Box<Open<'r>>),
}

/// A question that is answered together with those about other models.
pub(super) struct Open<'r> {
    subject: Subject<'r>,
    question: Question,
    compared: Compared,
}

impl<'r> Request<'r> {
    /// Creates a request. `compared` is called unless the measurements are in the cache.
    pub fn new(
        subject: &Subject<'r>,
        question: Question,
        people: &RdmSet,
        compared: impl FnOnce() -> Result<Compared>,
    ) -> Result<Self> {
        let name = || question.name.clone();
        if let Some(found) = subject.run.cache.known_numbers(&question.key) {
            let rows = subject.rows(name(), question.seed, Ok(found))?;
            return Ok(Self::Answered(rows));
        }
        let compared = match compared() {
            Ok(compared) => compared,
            Err(error) => {
                let row = subject.failure(Some(name()), error)?;
                return Ok(Self::Answered(vec![row]));
            }
        };
        let open = Open {
            subject: subject.clone(),
            question,
            compared,
        };
        match open.compared.model.n_pairs() > MAX_PAIRS {
            true => Ok(Self::Answered(open.rows(open.compute(people))?)),
            false => Ok(Self::Open(Box::new(open))),
        }
    }
}

/// Returns the rows of the requests about all models of a data set, in the order of the requests.
pub(super) fn rows_of_all(requests: Vec<Request<'_>>, people: &RdmSet) -> Result<Vec<StudyRow>> {
    let (mut rows, mut open) = (Vec::new(), Vec::new());
    for (place, request) in requests.into_iter().enumerate() {
        match request {
            Request::Answered(answered) => rows.push(answered),
            Request::Open(request) => {
                rows.push(Vec::new());
                open.push((place, request));
            }
        }
    }
    while let Some((_, first)) = open.first() {
        let comparator = first.question.metric.comparator();
        let (same, others): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|(_, request)| request.question.metric.comparator() == comparator);
        open = others;
        let (places, same): (Vec<usize>, Vec<Box<Open<'_>>>) = same.into_iter().unzip();
        for (place, answered) in places.into_iter().zip(rows_together(&same, people)?) {
            rows[place] = answered;
        }
    }
    Ok(rows.into_iter().flatten().collect())
}

/// Returns the rows of each of some requests whose metrics differ at most in the dissimilarity.
fn rows_together(requests: &[Box<Open<'_>>], people: &RdmSet) -> Result<Vec<Vec<StudyRow>>> {
    let mut rdms: Vec<&Rdm> = Vec::new();
    let mut place = |rdm| {
        let known = rdms.iter().position(|&known| is_same(known, rdm));
        known.unwrap_or_else(|| {
            rdms.push(rdm);
            rdms.len() - 1
        })
    };
    let places: Vec<(usize, Option<usize>)> = requests
        .iter()
        .map(|request| {
            let Compared { model, other } = &request.compared;
            (place(model), other.as_ref().map(&mut place))
        })
        .collect();
    let metric = requests[0].question.metric;
    // A replicate that is undefined for one model is ignored for all, and an error of one model is
    // an error of all: then no model may have an effect on another.
    let together = metric.evaluate(&rdms, people).ok();
    let together = together.filter(|result| result.n_undefined == 0);
    let rows = requests
        .iter()
        .zip(places)
        .map(|(request, (model, other))| {
            let found = match &together {
                Some(result) if other != Some(model) => {
                    let difference = other.and_then(|other| result.comparison(model, other));
                    let score = result.scores[model].clone();
                    Ok((request.question.answer)(score, difference))
                }
                _ => request.compute(people),
            };
            request.rows(found)
        });
    rows.collect()
}

/// Returns true if two RDMs give the same measurements.
fn is_same(left: &Rdm, right: &Rdm) -> bool {
    left == right && left.rounding() == right.rounding()
}

impl Open<'_> {
    /// Computes the measurements of this request alone.
    fn compute(&self, people: &RdmSet) -> Result<Vec<Found>> {
        let Compared { model, other } = &self.compared;
        let rdms: Vec<&Rdm> = std::iter::once(model).chain(other).collect();
        let mut result = self.question.metric.evaluate(&rdms, people)?;
        let difference = result.comparisons.pop();
        Ok((self.question.answer)(
            result.scores.swap_remove(0),
            difference,
        ))
    }

    /// Returns the rows of measurements, which are written to the cache.
    fn rows(&self, found: Result<Vec<Found>>) -> Result<Vec<StudyRow>> {
        let Question {
            name, seed, key, ..
        } = &self.question;
        let found = self.subject.run.cache.numbers(key, || found);
        self.subject.rows(name.clone(), *seed, found)
    }
}
