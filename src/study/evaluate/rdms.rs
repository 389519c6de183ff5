//! The measures of a model on RDMs of participants: RSA, before and after a transform, and
//! differences to other models.

use serde::Serialize;

use super::cell::Held;
use super::requests::{Compared, Question, Request};
use super::subject::{Content, Found, Subject};
use super::trials::difference_of;
use crate::error::Result;
use crate::inference::Interval;
use crate::metric::rsa::{RepresentationalSimilarity, RsaScore};
use crate::rdm::{Dissimilarity, Rdm, RdmSet};
use crate::representation::Representation;
use crate::study::table::{Contrast, Measurement, Metric, MetricQuantity};
use crate::transform::LinearTransform;

/// Adds requests for RSA by all dissimilarities and comparators of the study.
pub(super) fn scores<'r>(
    subject: &Subject<'r>,
    content: &Content<'_>,
    people: &RdmSet,
    requests: &mut Vec<Request<'r>>,
) -> Result<()> {
    let study = subject.run.study;
    let model: &dyn Fn(&RepresentationalSimilarity) -> Result<Rdm> = match content {
        Content::Features(features) => &|metric| rdm_of(features, metric, people),
        Content::Rdm(rdm) => &|_| Ok((*rdm).clone()),
        Content::Choices(_) | Content::Nothing => return Ok(()),
    };
    let has_features = matches!(content, Content::Features(_));
    let mut names: Vec<Metric> = Vec::new();
    for &(dissimilarity, comparator) in &study.measures.rsa {
        // A model that is an RDM has no dissimilarity of its own.
        let dissimilarity = has_features.then_some(dissimilarity);
        let name = Metric::of(MetricQuantity::Rsa {
            dissimilarity,
            comparator,
        });
        if names.contains(&name) {
            continue;
        }
        names.push(name.clone());
        let (metric, seed) =
            study
                .measures
                .rsa_metric(dissimilarity, comparator, people, study.seed)?;
        let question = Question {
            key: subject.key(&name, metric, seed),
            name,
            metric,
            seed,
            answer: Box::new(move |score, _| both(score, dissimilarity)),
        };
        requests.push(Request::new(subject, question, people, || {
            let model = model(&metric)?;
            Ok(Compared { model, other: None })
        })?);
    }
    Ok(())
}

/// Computes the RDM of the stimuli that participants judged.
fn rdm_of(
    features: &Representation,
    metric: &RepresentationalSimilarity,
    people: &RdmSet,
) -> Result<Rdm> {
    metric
        .dissimilarity()
        .rdm(&features.select(people.stimuli())?)
}

/// Returns the RSA with the mean RDM and, if there are several participants, the mean over
/// participants, with the noise ceiling.
fn both(score: RsaScore, dissimilarity: Option<Dissimilarity>) -> Vec<Found> {
    let comparator = score.comparator;
    let mean_person = Metric::of(MetricQuantity::Rsa {
        dissimilarity,
        comparator,
    });
    let per_person = Metric::of(MetricQuantity::RsaPerPerson {
        dissimilarity,
        comparator,
    });
    let measured = with_mean(score.clone());
    let mut found = vec![(mean_person, measured)];
    if score.n_people > 1 {
        let standard_error = score.standard_error_per_person;
        let measured = Measurement {
            value: score.mean_per_person,
            standard_error,
            degrees_of_freedom: degrees_of_freedom(&score, standard_error),
            interval: score.interval_per_person,
            ceiling: score.ceiling.as_ref().map(|ceiling| Interval {
                lower: ceiling.lower,
                upper: ceiling.upper,
            }),
            ..measured
        };
        found.push((per_person, measured));
    }
    found
}

fn with_mean(score: RsaScore) -> Measurement {
    Measurement {
        degrees_of_freedom: degrees_of_freedom(&score, score.standard_error),
        ..score.into()
    }
}

/// Returns the degrees of freedom of the bootstrap of
/// [`Measures::rsa_metric`](crate::study::Measures).
fn degrees_of_freedom(score: &RsaScore, standard_error: Option<f64>) -> Option<f64> {
    let n_units = match score.n_people {
        1 => score.n_stimuli,
        n_people => n_people.min(score.n_stimuli),
    };
    standard_error.map(|_| n_units as f64 - 1.0)
}

/// Adds a request for RSA of features after a transform that was learned from another data set, and
/// for the difference to the untransformed features.
pub(super) fn transferred<'r, 't>(
    subject: &Subject<'r>,
    features: &Representation,
    people: &RdmSet,
    (from, origin): (&str, impl Serialize),
    requests: &mut Vec<Request<'r>>,
    transform: impl FnOnce() -> Result<&'t LinearTransform>,
) -> Result<()> {
    let study = subject.run.study;
    let Some(&(dissimilarity, comparator)) = study.measures.rsa.first() else {
        return Ok(());
    };
    let (metric, seed) =
        study
            .measures
            .rsa_metric(Some(dissimilarity), comparator, people, study.seed)?;
    let from = from.to_owned();
    let name = Metric::of(MetricQuantity::RsaTransferred { from, comparator });
    let question = Question {
        key: subject.key(&name, (metric, origin), seed),
        name: name.clone(),
        metric,
        seed,
        answer: Box::new(move |score, difference| {
            let after = with_mean(score);
            let gain = name.clone().against(Contrast::Unlearned);
            let gain = difference_of(gain, difference, after.n as usize);
            std::iter::once((name.clone(), after)).chain(gain).collect()
        }),
    };
    let request = Request::new(subject, question, people, || {
        let transformed = transform()?.apply(features)?;
        Ok(Compared {
            model: rdm_of(&transformed, &metric, people)?,
            other: Some(rdm_of(features, &metric, people)?),
        })
    })?;
    requests.push(request);
    Ok(())
}

/// Adds a request for the difference of a model to another.
pub(super) fn difference<'r>(
    [model, other]: [&Held<'r>; 2],
    contrast: Contrast,
    people: &RdmSet,
    requests: &mut Vec<Request<'r>>,
) -> Result<()> {
    let subject = &model.subject;
    let study = subject.run.study;
    let Some(&(dissimilarity, comparator)) = study.measures.rsa.first() else {
        return Ok(());
    };
    let dissimilarity = Some(dissimilarity);
    let (metric, seed) =
        study
            .measures
            .rsa_metric(dissimilarity, comparator, people, study.seed)?;
    let quantity = MetricQuantity::Rsa {
        dissimilarity,
        comparator,
    };
    let name = Metric::of(quantity).against(contrast);
    let n = subject.dataset.judgments.n() as usize;
    let question = Question {
        key: subject.key(&name, (metric, &other.subject.hash), seed),
        name: name.clone(),
        metric,
        seed,
        answer: Box::new(move |_, difference| difference_of(name.clone(), difference, n)),
    };
    let request = Request::new(subject, question, people, || {
        Ok(Compared {
            model: rdm_of(&model.features, &metric, people)?,
            other: Some(rdm_of(&other.features, &metric, people)?),
        })
    })?;
    requests.push(request);
    Ok(())
}
