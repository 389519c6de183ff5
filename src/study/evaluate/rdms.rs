//! The measures of a model on RDMs of participants: RSA, before and after a transform.

use serde::Serialize;

use super::subject::{Content, Found, Subject};
use super::trials::difference_of;
use crate::error::Result;
use crate::inference::Interval;
use crate::metric::AlignmentMetric;
use crate::metric::rsa::RsaScore;
use crate::rdm::{Dissimilarity, RdmSet};
use crate::representation::Representation;
use crate::study::table::{Contrast, Measurement, Metric, MetricQuantity, StudyRow};
use crate::transfer::transfer;
use crate::transform::LinearTransform;

/// Returns the rows of RSA by all dissimilarities and comparators of the study.
pub(super) fn rows(
    subject: &Subject<'_>,
    content: &Content<'_>,
    people: &RdmSet,
) -> Result<Vec<StudyRow>> {
    let study = subject.run.study;
    let mut rows: Vec<StudyRow> = Vec::new();
    for &(dissimilarity, comparator) in &study.measures.rsa {
        // A model that is an RDM has no dissimilarity of its own.
        let dissimilarity = match content {
            Content::Features(_) => Some(dissimilarity),
            _ => None,
        };
        let name = Metric::of(MetricQuantity::Rsa {
            dissimilarity,
            comparator,
        });
        if rows.iter().any(|row| row.metric.as_ref() == Some(&name)) {
            continue;
        }
        let (metric, seed) =
            study
                .measures
                .rsa_metric(dissimilarity, comparator, people, study.seed)?;
        let found = match content {
            Content::Features(features) => subject.find(name, metric, seed, || {
                Ok(both(metric.score(features, people)?, dissimilarity))
            }),
            Content::Rdm(rdm) => subject.find(name, metric, seed, || {
                Ok(both(metric.score_rdm(rdm, people)?, None))
            }),
            Content::Choices(_) | Content::Nothing => return Ok(Vec::new()),
        };
        rows.extend(found?);
    }
    Ok(rows)
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

/// Returns the rows of features after a transform that was learned from another data set.
pub(super) fn transferred<'t>(
    subject: &Subject<'_>,
    features: &Representation,
    people: &RdmSet,
    from: &str,
    origin: impl Serialize,
    transform: impl FnOnce() -> Result<&'t LinearTransform>,
) -> Result<Vec<StudyRow>> {
    let study = subject.run.study;
    let Some(&(dissimilarity, comparator)) = study.measures.rsa.first() else {
        return Ok(Vec::new());
    };
    let (metric, seed) =
        study
            .measures
            .rsa_metric(Some(dissimilarity), comparator, people, study.seed)?;
    let from = from.to_owned();
    let name = Metric::of(MetricQuantity::RsaTransferred { from, comparator });
    subject.find(name.clone(), (metric, origin), seed, || {
        let found = transfer(transform()?, features, people, &metric)?;
        let after = with_mean(found.after);
        let gain = name.clone().against(Contrast::Unlearned);
        let gain = difference_of(gain, found.difference, after.n as usize);
        Ok(std::iter::once((name, after)).chain(gain).collect())
    })
}
