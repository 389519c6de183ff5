//! One model on one data set.

use std::cell::OnceCell;

use super::requests::Request;
use super::subject::{Content, Found, Subject};
use super::{features, rdms, trials};
use crate::concept::ConceptEmbedding;
use crate::error::{Error, Result};
use crate::inference::Folds;
use crate::rdm::RdmSet;
use crate::representation::Representation;
use crate::study::Measures;
use crate::study::cache::Key;
use crate::study::input::{Judgments, ModelOutput};
use crate::study::table::{Measurement, Metric, MetricQuantity, StudyRow};
use crate::transform::LinearTransform;

/// One model on one data set, while it is measured.
pub(super) struct Cell<'r> {
    subject: Subject<'r>,
    content: Content<'r>,
    rows: Vec<StudyRow>,
    requests: Vec<Request<'r>>,
}

/// The features of a model on a data set, kept for comparisons with other models.
pub(super) struct Held<'r> {
    pub subject: Subject<'r>,
    pub features: Representation,
}

impl Held<'_> {
    /// Returns true if the features are those of the model with this label.
    pub fn is(&self, label: &str) -> bool {
        self.subject.model.label() == label
    }
}

/// The result of a cell.
pub(super) struct Finished<'r> {
    pub rows: Vec<StudyRow>,
    /// Measurements that are computed for all models together.
    pub requests: Vec<Request<'r>>,
    /// Features that are needed again.
    pub held: Option<Held<'r>>,
}

impl<'r> Cell<'r> {
    /// Creates a cell; if the source of features fails, a row gives the reason.
    pub fn new(mut subject: Subject<'r>, output: &'r ModelOutput) -> Result<Self> {
        let judgments = subject.dataset.judgments;
        let mut rows = Vec::new();
        let content = match output {
            ModelOutput::Source(source) => {
                match features(source.as_ref(), judgments.stimuli(), &subject.run.cache) {
                    Ok(features) => {
                        subject.hash = features.fingerprint();
                        Content::Features(features)
                    }
                    Err(error) => {
                        rows.push(subject.failure(None, error)?);
                        Content::Nothing
                    }
                }
            }
            ModelOutput::Rdm(rdm) => {
                subject.hash = RdmSet::from(rdm.clone()).fingerprint();
                Content::Rdm(rdm)
            }
            ModelOutput::OddOneOut(choices) => {
                subject.hash = choices.fingerprint();
                Content::Choices(output.credits(judgments)?)
            }
            ModelOutput::Anchored(choices) => {
                subject.hash = choices.fingerprint();
                Content::Choices(output.credits(judgments)?)
            }
        };
        Ok(Self {
            subject,
            content,
            rows,
            requests: Vec::new(),
        })
    }

    /// Computes all measures that need no other data set and no other model.
    pub fn measure(&mut self) -> Result<()> {
        let measures = &self.subject.run.study.measures;
        let judgments = self.subject.dataset.judgments;
        let rows = match judgments {
            Judgments::OddOneOut(trials) => trials::rows(&self.subject, &self.content, trials),
            Judgments::Anchored(trials) => trials::rows(&self.subject, &self.content, trials),
            Judgments::Rdms(people) => {
                rdms::scores(&self.subject, &self.content, people, &mut self.requests)?;
                Ok(Vec::new())
            }
            Judgments::Concepts(concepts) => self.on_concepts(measures, concepts),
        };
        self.rows.extend(rows?);
        let rows = self.by_named_metrics(measures, judgments)?;
        self.rows.extend(rows);
        Ok(())
    }

    /// Computes the metrics of the user.
    fn by_named_metrics(
        &self,
        measures: &Measures,
        judgments: &Judgments,
    ) -> Result<Vec<StudyRow>> {
        let Content::Features(features) = &self.content else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        for metric in measures
            .metrics
            .iter()
            .filter(|metric| (metric.is_for)(judgments))
        {
            let name = Metric::of(MetricQuantity::Named(metric.name.clone()));
            let score = || -> Result<Vec<Found>> {
                let measured = (metric.score)(features, judgments).transpose()?;
                let found = measured.map(|measured| {
                    let n = if measured.n > 0 {
                        measured.n
                    } else {
                        judgments.n()
                    };
                    (name.clone(), measured.with_n(n))
                });
                Ok(found.into_iter().collect())
            };
            rows.extend(match &metric.key {
                Some(key) => self.subject.find(name.clone(), key, None, score)?,
                None => self.subject.rows(name.clone(), None, score())?,
            });
        }
        Ok(rows)
    }

    /// Predicts the dimensions of a human embedding.
    fn on_concepts(
        &self,
        measures: &Measures,
        concepts: &ConceptEmbedding,
    ) -> Result<Vec<StudyRow>> {
        let Content::Features(features) = &self.content else {
            return Ok(Vec::new());
        };
        let (ridge, n_folds) = (&measures.ridge, measures.n_ridge_folds);
        let seed = self.subject.run.study.seed;
        let metric = |concept| Metric::of(MetricQuantity::RidgeR2 { concept });
        self.subject
            .find(metric(None), (ridge, n_folds, "pooled"), Some(seed), || {
                let n = features.n_stimuli();
                let folds = Folds::random(n, n_folds, seed)?;
                let fit = ridge.cross_validate(features, concepts.representation(), &folds)?;
                let mut found = vec![(None, fit.mean_pooled_r2())];
                let of_concepts = concepts.label(fit.pooled_r2())?.into_iter();
                found.extend(of_concepts.map(|(concept, r2)| (Some(concept.to_owned()), r2)));
                let measured = found
                    .into_iter()
                    .map(|(concept, r2)| (metric(concept), Measurement::from(r2).with_n(n as u64)));
                Ok(measured.collect())
            })
    }

    /// Evaluates the features after the transform that a probe learns from the features of another
    /// cell. The transform is learned unless it is in `learned` already.
    pub fn measure_transfer(
        &mut self,
        from: &Cell<'_>,
        learned: &OnceCell<LinearTransform>,
    ) -> Result<()> {
        let (Content::Features(features), Content::Features(learned_from)) =
            (&self.content, &from.content)
        else {
            return Ok(());
        };
        let run = self.subject.run;
        let measures = &run.study.measures;
        let validation = measures.transfer_probe()?;
        let dataset = from.subject.dataset;
        let origin = (&validation, &from.subject.hash, &dataset.fingerprint);
        let transform = || {
            if let Some(transform) = learned.get() {
                return Ok(transform);
            }
            let key = Key::of("transform", origin);
            let transform = run.cache.transform(&key, || match dataset.judgments {
                Judgments::OddOneOut(trials) => trials::learn(&validation, learned_from, trials),
                Judgments::Anchored(trials) => trials::learn(&validation, learned_from, trials),
                Judgments::Rdms(_) | Judgments::Concepts(_) => Err(Error::parameter(
                    "data set of a transfer",
                    "a data set of trials",
                    format_args!("{:?}", dataset.name),
                )),
            })?;
            Ok(learned.get_or_init(|| transform))
        };
        let subject = &self.subject;
        let rows = match subject.dataset.judgments {
            Judgments::OddOneOut(trials) => {
                trials::transferred(subject, features, trials, dataset.name, origin, transform)
            }
            Judgments::Anchored(trials) => {
                trials::transferred(subject, features, trials, dataset.name, origin, transform)
            }
            Judgments::Rdms(people) => {
                let origin = (dataset.name, origin);
                let requests = &mut self.requests;
                return rdms::transferred(subject, features, people, origin, requests, transform);
            }
            Judgments::Concepts(_) => return Ok(()),
        };
        self.rows.extend(rows?);
        Ok(())
    }

    /// Returns the rows and, if `holds`, the features.
    pub fn finish(self, holds: bool) -> Finished<'r> {
        let held = match self.content {
            Content::Features(features) if holds => Some(Held {
                subject: self.subject,
                features,
            }),
            _ => None,
        };
        Finished {
            rows: self.rows,
            requests: self.requests,
            held,
        }
    }
}
