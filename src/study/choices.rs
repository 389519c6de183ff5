//! Whether models choose alike, and err alike.

use super::Model;
use super::between::Between;
use super::cache::Key;
use super::judged::Judged;
use super::model::Material;
use super::numbers;
use super::row::{Metric, Row};
use crate::agreement::{AgreementMatrix, Choices, ErrorConsistency, agreement, error_consistency};
use crate::error::Result;
use crate::inference::Confidence;
use crate::judgment::{Task, Trials};

/// A model with what it chooses.
struct Chooser<'b, T> {
    model: &'b Model,
    hash: String,
    choices: Choices<T>,
}

impl<'b> Between<'b> {
    /// Each model with people and with each model that comes after it.
    pub fn agreement(&self) -> Result<Vec<Row>> {
        match self.dataset.judged {
            Judged::OddOneOut(people) => self.agreement_on(people, |material| match material {
                Material::OddOneOut(choices) => Some(choices),
                _ => None,
            }),
            Judged::Anchored(people) => self.agreement_on(people, |material| match material {
                Material::Anchored(choices) => Some(choices),
                _ => None,
            }),
            Judged::Rdms(_) => Ok(Vec::new()),
        }
    }

    fn agreement_on<T: Task>(
        &self,
        people: &Trials<T>,
        alone: impl Fn(&Material) -> Option<&Trials<T>>,
    ) -> Result<Vec<Row>> {
        let (choosers, mut rows) = self.choosers(people, alone)?;
        if choosers.is_empty() {
            return Ok(rows);
        }
        let people = Choices::from_trials("people", people);
        let all: Vec<&Choices<T>> = choosers.iter().map(|chooser| &chooser.choices).collect();
        let hashes: Vec<&str> = choosers
            .iter()
            .map(|chooser| chooser.hash.as_str())
            .collect();
        let zero_shot = self.study.measures.first_zero_shot();
        let key = |kind| {
            let depends_on = [
                &format!("{zero_shot:?}"),
                &hashes.join(" "),
                &self.dataset.fingerprint,
            ];
            Key::of(kind, &depends_on.map(String::as_str))
        };
        let confidence = Confidence::default();
        let with_people: Vec<&Choices<T>> = std::iter::once(&people).chain(all.clone()).collect();
        let choices: AgreementMatrix = self
            .cache
            .numbers(&key("agreement"), || agreement(&with_people, confidence))?;
        let errors: ErrorConsistency = self.cache.numbers(&key("error consistency"), || {
            error_consistency(&people, &all, confidence)
        })?;

        let with_people = choices
            .pairs
            .iter()
            .filter(|pair| pair.first == 0 && pair.second > 0);
        let with_people = with_people.map(|pair| (pair.second - 1, Metric::KappaWithPeople, pair));
        let label = |position: usize| choosers[position].model.label();
        let others = choices
            .pairs
            .iter()
            .filter(|pair| pair.first > 0 && pair.first < pair.second);
        let others = others.map(|pair| {
            let with = label(pair.second - 1);
            (pair.first - 1, Metric::Kappa { with }, pair)
        });
        let alike = errors.pairs.iter().filter(|pair| pair.first < pair.second);
        let alike = alike.map(|pair| {
            let with = label(pair.second);
            (pair.first, Metric::ErrorConsistency { with }, pair)
        });
        for (position, metric, pair) in with_people.chain(others).chain(alike) {
            let chooser = &choosers[position];
            let place = self.place(chooser.model);
            let found = numbers::kappa(metric, pair, choices.n_questions);
            rows.extend(found.map(|found| place.row(&chooser.hash, found)));
        }
        Ok(rows)
    }

    /// The models that choose, and a row for each that can't.
    fn choosers<T: Task>(
        &self,
        people: &Trials<T>,
        alone: impl Fn(&Material) -> Option<&Trials<T>>,
    ) -> Result<(Vec<Chooser<'b, T>>, Vec<Row>)> {
        let (mut choosers, mut rows) = (Vec::new(), Vec::new());
        for held in self.held.iter().filter(|held| self.is_last(held)) {
            let metric = self.study.measures.first_zero_shot();
            match Choices::from_representation(held.model.label(), &metric, &held.features, people)
            {
                Ok(choices) => choosers.push(Chooser {
                    model: held.model,
                    hash: held.hash.clone(),
                    choices,
                }),
                Err(error) => {
                    let name = Some(Metric::KappaWithPeople);
                    rows.push(self.place(held.model).failure(&held.hash, name, error)?);
                }
            }
        }
        for model in &self.study.models {
            if let Some(choices) = model.material.get(self.dataset.name).and_then(&alone) {
                choosers.push(Chooser {
                    model,
                    hash: choices.fingerprint(),
                    choices: Choices::from_trials(model.label(), choices),
                });
            }
        }
        Ok((choosers, rows))
    }
}
