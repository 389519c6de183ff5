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

/// A question that is answered together with those about other models.
pub(super) struct Request<'r> {
    subject: Subject<'r>,
    question: Question,
    compared: Compared,
}

/// Returns the rows of a question about a model, if the measurements are in the cache, cannot be
/// computed, or are computed at once; otherwise adds a request.
pub(super) fn ask<'r>(
    subject: &Subject<'r>,
    question: Question,
    people: &RdmSet,
    requests: &mut Vec<Request<'r>>,
    compared: impl FnOnce() -> Result<Compared>,
) -> Result<Vec<StudyRow>> {
    let name = || question.name.clone();
    if let Some(found) = subject.run.cache.known_numbers(&question.key) {
        return subject.rows(name(), question.seed, Ok(found));
    }
    let compared = match compared() {
        Ok(compared) => compared,
        Err(error) => return Ok(vec![subject.failure(Some(name()), error)?]),
    };
    let request = Request {
        subject: subject.clone(),
        question,
        compared,
    };
    if request.compared.model.n_pairs() > MAX_PAIRS {
        return request.answer(request.compute(people));
    }
    requests.push(request);
    Ok(Vec::new())
}

/// Answers the requests about all models of a data set.
pub(super) fn answer_all(mut requests: Vec<Request<'_>>, people: &RdmSet) -> Result<Vec<StudyRow>> {
    let mut rows = Vec::new();
    while let Some(first) = requests.first() {
        let comparator = first.question.metric.comparator();
        let (same, others) = requests
            .into_iter()
            .partition(|request| request.question.metric.comparator() == comparator);
        requests = others;
        rows.extend(answer_together(same, people)?);
    }
    Ok(rows)
}

/// Answers requests whose metrics differ at most in the dissimilarity.
fn answer_together(requests: Vec<Request<'_>>, people: &RdmSet) -> Result<Vec<StudyRow>> {
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
        .map(|Request { compared, .. }| {
            (
                place(&compared.model),
                compared.other.as_ref().map(&mut place),
            )
        })
        .collect();
    let metric = requests[0].question.metric;
    // A replicate that is undefined for one model is ignored for all, and an error of one model is
    // an error of all: then no model may have an effect on another.
    let together = metric.evaluate(&rdms, people).ok();
    let together = together.filter(|result| result.n_undefined == 0);
    let mut rows = Vec::new();
    for (request, (model, other)) in requests.iter().zip(places) {
        let found = match &together {
            Some(result) if other != Some(model) => {
                let difference = other.and_then(|other| result.comparison(model, other));
                Ok((request.question.answer)(
                    result.scores[model].clone(),
                    difference,
                ))
            }
            _ => request.compute(people),
        };
        rows.extend(request.answer(found)?);
    }
    Ok(rows)
}

/// Returns true if two RDMs give the same measurements.
fn is_same(left: &Rdm, right: &Rdm) -> bool {
    left == right && left.rounding() == right.rounding()
}

impl Request<'_> {
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

    /// Caches the measurements, and returns their rows.
    fn answer(&self, found: Result<Vec<Found>>) -> Result<Vec<StudyRow>> {
        let Question {
            name, seed, key, ..
        } = &self.question;
        let found = self.subject.run.cache.numbers(key, || found);
        self.subject.rows(name.clone(), *seed, found)
    }
}
