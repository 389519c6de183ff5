//! The agreement and error consistency of the choices of models.

use super::comparison::Together;
use super::subject::Subject;
use super::trials::kappa;
use crate::agreement::{AgreementMatrix, Choices, ErrorConsistency};
use crate::error::Result;
use crate::inference::Confidence;
use crate::judgment::{Task, Trials};
use crate::study::cache::Key;
use crate::study::input::{Judgments, ModelOutput};
use crate::study::table::{Contrast, Metric, MetricQuantity, StudyRow};

/// A model with its choices.
struct Chooser<'r, T> {
    subject: Subject<'r>,
    choices: Choices<T>,
}

impl<'r> Together<'r> {
    /// Compares each model with the participants and with each model after it.
    pub fn agreement(&self) -> Result<Vec<StudyRow>> {
        match self.dataset.judgments {
            Judgments::OddOneOut(trials) => self.agreement_on(trials, |output| match output {
                ModelOutput::OddOneOut(choices) => Some(choices),
                _ => None,
            }),
            Judgments::Anchored(trials) => self.agreement_on(trials, |output| match output {
                ModelOutput::Anchored(choices) => Some(choices),
                _ => None,
            }),
            Judgments::Rdms(_) | Judgments::Concepts(_) => Ok(Vec::new()),
        }
    }

    fn agreement_on<T: Task>(
        &self,
        trials: &Trials<T>,
        choices_of: impl Fn(&ModelOutput) -> Option<&Trials<T>>,
    ) -> Result<Vec<StudyRow>> {
        let (choosers, mut rows) = self.choosers(trials, choices_of)?;
        if choosers.is_empty() {
            return Ok(rows);
        }
        let people = Choices::from_trials("people", trials);
        let models: Vec<&Choices<T>> = choosers.iter().map(|chooser| &chooser.choices).collect();
        let hashes: Vec<&String> = choosers
            .iter()
            .map(|chooser| &chooser.subject.hash)
            .collect();
        let depends_on = (
            self.run.study.measures.first_zero_shot(),
            hashes,
            &self.dataset.fingerprint,
        );
        let confidence = Confidence::default();
        let all: Vec<&Choices<T>> = std::iter::once(&people).chain(models.clone()).collect();
        let cache = &self.run.cache;
        let choices: AgreementMatrix = cache.numbers(&Key::of("agreement", &depends_on), || {
            AgreementMatrix::new(&all, confidence)
        })?;
        let errors: ErrorConsistency = cache
            .numbers(&Key::of("error consistency", &depends_on), || {
                ErrorConsistency::new(&people, &models, confidence)
            })?;

        let kappa_of = |contrast| Metric {
            quantity: MetricQuantity::Kappa,
            contrast,
        };
        let model = |position: usize| Contrast::Model(choosers[position].subject.model.label());
        // The participants are the first of all.
        let with_people = choices
            .pairs
            .iter()
            .filter(|pair| pair.first == 0 && pair.second > 0);
        let with_people = with_people.map(|pair| (pair.second - 1, kappa_of(None), pair));
        let of_models = choices
            .pairs
            .iter()
            .filter(|pair| 0 < pair.first && pair.first < pair.second);
        let of_models =
            of_models.map(|pair| (pair.first - 1, kappa_of(Some(model(pair.second - 1))), pair));
        let of_errors = errors.pairs.iter().filter(|pair| pair.first < pair.second);
        let of_errors = of_errors.map(|pair| {
            let metric = Metric::of(MetricQuantity::ErrorConsistency);
            (pair.first, metric.against(model(pair.second)), pair)
        });
        for (position, metric, pair) in with_people.chain(of_models).chain(of_errors) {
            let found = kappa(metric, pair, choices.n_questions);
            rows.extend(found.map(|found| choosers[position].subject.row(found, None)));
        }
        Ok(rows)
    }

    /// Returns the models with choices, and a row for each model whose choices are undefined.
    fn choosers<T: Task>(
        &self,
        trials: &Trials<T>,
        choices_of: impl Fn(&ModelOutput) -> Option<&Trials<T>>,
    ) -> Result<(Vec<Chooser<'r, T>>, Vec<StudyRow>)> {
        let (mut choosers, mut rows) = (Vec::new(), Vec::new());
        let metric = self.run.study.measures.first_zero_shot();
        for held in self.held.iter().filter(|held| self.is_last(held)) {
            let model = held.subject.model;
            let hashes = (&held.subject.hash, &self.dataset.fingerprint);
            let key = Key::of("choices", (&metric, hashes));
            let chosen = || metric.choices(&held.features, trials);
            let chosen = self.run.cache.numbers(&key, chosen);
            match chosen.and_then(|chosen| Choices::new(model.label(), trials, &chosen)) {
                Ok(choices) => choosers.push(Chooser {
                    subject: self.subject(model, held.subject.hash.clone()),
                    choices,
                }),
                Err(error) => {
                    let metric = Some(Metric::of(MetricQuantity::Kappa));
                    rows.push(held.subject.failure(metric, error)?);
                }
            }
        }
        for model in &self.run.study.models {
            if let Some(choices) = model.outputs.get(self.dataset.name).and_then(&choices_of) {
                choosers.push(Chooser {
                    subject: self.subject(model, choices.fingerprint()),
                    choices: Choices::from_trials(model.label(), choices),
                });
            }
        }
        Ok((choosers, rows))
    }
}
