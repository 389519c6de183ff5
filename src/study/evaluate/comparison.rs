//! The comparisons of models with features on the same data set: layers of a network, pairs of
//! models, and CKA.

use super::cell::Held;
use super::requests::Request;
use super::subject::Subject;
use super::trials::difference_of;
use super::{Dataset, Run, rdms};
use crate::error::Result;
use crate::judgment::{Task, Trials};
use crate::metric::cka::Cka;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;
use crate::study::cache::Key;
use crate::study::input::{Judgments, Model};
use crate::study::table::{Contrast, Measurement, Metric, MetricQuantity, StudyRow};
use crate::transfer::PairedMetric;

/// The models with features on one data set.
pub(super) struct Together<'r> {
    pub run: &'r Run<'r>,
    pub dataset: &'r Dataset<'r>,
    pub held: &'r [Held<'r>],
}

impl<'r> Together<'r> {
    /// Compares the layers of each network and, if asked for, the choices and the CKA of all
    /// models. Differences of RSA are added to `requests`.
    pub fn measure(&self, requests: &mut Vec<Request<'r>>) -> Result<Vec<StudyRow>> {
        let measures = &self.run.study.measures;
        let mut rows = Vec::new();
        for last in self.held.iter().filter(|held| self.is_last(held)) {
            let depth = last.subject.model.depth;
            let layers = self.layers(last);
            for earlier in layers.filter(|other| other.subject.model.depth < depth) {
                let layer = earlier.subject.model.tap.clone().unwrap_or_default();
                rows.extend(self.difference([last, earlier], Contrast::Layer(layer), requests)?);
            }
        }
        for (model, other) in &measures.comparisons {
            let held = |label: &String| self.held.iter().find(|held| held.is(label));
            if let (Some(model), Some(other)) = (held(model), held(other)) {
                let contrast = Contrast::Model(other.subject.model.label());
                rows.extend(self.difference([model, other], contrast, requests)?);
            }
        }
        if measures.all_comparisons {
            let last: Vec<_> = self.held.iter().filter(|held| self.is_last(held)).collect();
            for [first, second] in pairs(last.len()) {
                let both = [last[first], last[second]];
                let is_both =
                    |(model, other): &(String, String)| both[0].is(model) && both[1].is(other);
                if !measures.comparisons.iter().any(is_both) {
                    let contrast = Contrast::Model(both[1].subject.model.label());
                    rows.extend(self.difference(both, contrast, requests)?);
                }
            }
        }
        if measures.agreement {
            rows.extend(self.agreement()?);
        }
        if let Some(cka) = &measures.cka {
            rows.extend(self.cka(cka)?);
        }
        Ok(rows)
    }

    /// Returns the layers of the same network.
    fn layers(&self, of: &Held<'r>) -> impl Iterator<Item = &'r Held<'r>> {
        let name = of.subject.model.name.clone();
        let held = self.held.iter();
        held.filter(move |other| other.subject.model.name == name)
    }

    pub fn is_last(&self, held: &Held<'r>) -> bool {
        let mut layers = self.layers(held);
        layers.all(|other| other.subject.model.depth <= held.subject.model.depth)
    }

    /// Returns the difference of a model to another, by the first metric of the study.
    fn difference(
        &self,
        both: [&Held<'r>; 2],
        contrast: Contrast,
        requests: &mut Vec<Request<'r>>,
    ) -> Result<Vec<StudyRow>> {
        let zero_shot = self.run.study.measures.first_zero_shot();
        match self.dataset.judgments {
            Judgments::OddOneOut(trials) => gain(both, &zero_shot, contrast, trials),
            Judgments::Anchored(trials) => gain(both, &zero_shot, contrast, trials),
            Judgments::Rdms(people) => {
                rdms::difference(both, contrast, people, requests)?;
                Ok(Vec::new())
            }
            Judgments::Concepts(_) => Ok(Vec::new()),
        }
    }

    /// Returns the CKA of each model with each model after it.
    fn cka(&self, cka: &Cka) -> Result<Vec<StudyRow>> {
        let (defined, mut rows) = self.with_defined_cka(cka)?;
        let features: Vec<&Representation> = defined.iter().map(|held| &held.features).collect();
        let hashes: Vec<&String> = defined.iter().map(|held| &held.subject.hash).collect();
        let of_pairs: Vec<f64> = self.run.cache.numbers(&Key::of("cka", (cka, hashes)), || {
            let matrix = cka.matrix(&features)?;
            Ok(pairs(features.len()).map(|pair| matrix[pair]).collect())
        })?;
        let n = self.dataset.judgments.stimuli().len() as u64;
        for ([first, second], value) in pairs(defined.len()).zip(of_pairs) {
            let metric = with_model(defined[second].subject.model);
            let measured = Measurement::from(value).with_n(n);
            rows.push(defined[first].subject.row((metric, measured), None));
        }
        Ok(rows)
    }

    /// Returns the models whose CKA is defined, and a row for each other model.
    fn with_defined_cka(&self, cka: &Cka) -> Result<(Vec<&Held<'r>>, Vec<StudyRow>)> {
        let (mut defined, mut rows) = (Vec::new(), Vec::new());
        for held in self.held {
            let key = Key::of("cka with itself", (cka, &held.subject.hash));
            let compare = || cka.compare(&held.features, &held.features);
            match self.run.cache.numbers(&key, compare) {
                Ok(_) => defined.push(held),
                Err(error) => {
                    let metric = with_model(held.subject.model);
                    rows.push(held.subject.failure(Some(metric), error)?);
                }
            }
        }
        Ok((defined, rows))
    }

    /// Returns a model on the data set, with the hash of its output.
    pub fn subject(&self, model: &'r Model, hash: String) -> Subject<'r> {
        Subject {
            run: self.run,
            model,
            dataset: self.dataset,
            hash,
        }
    }
}

/// Returns the paired difference of two models in accuracy.
fn gain<T: Task>(
    [model, other]: [&Held<'_>; 2],
    metric: &ZeroShotOddOneOut,
    contrast: Contrast,
    trials: &Trials<T>,
) -> Result<Vec<StudyRow>> {
    let accuracy = MetricQuantity::Accuracy(metric.similarity());
    let name = Metric::of(accuracy).against(contrast);
    let settings = (metric, &other.subject.hash);
    model.subject.find(name.clone(), settings, None, || {
        let both = [model, other].map(|held| (metric, &held.features));
        let (_, difference) = ZeroShotOddOneOut::score_both(both, trials)?;
        Ok(difference_of(name, difference, trials.len()))
    })
}

fn with_model(model: &Model) -> Metric {
    Metric::of(MetricQuantity::Cka).against(Contrast::Model(model.label()))
}

fn pairs(n: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..n).flat_map(move |first| (first + 1..n).map(move |second| [first, second]))
}
