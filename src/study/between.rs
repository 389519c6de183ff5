//! What needs the features of several models at once.

use std::fmt::Debug;

use super::cache::{Cache, Key};
use super::cell::Held;
use super::dataset::Dataset;
use super::judged::Judged;
use super::numbers::{self, Found};
use super::place::Place;
use super::row::{Metric, PlottedValue, Row};
use super::{Measures, Model, Study};
use crate::error::Result;
use crate::metric::cka::Cka;
use crate::representation::Representation;
use crate::transfer::PairedMetric;

/// The features of all models on one data set.
pub(super) struct Between<'b> {
    pub study: &'b Study,
    pub dataset: &'b Dataset<'b>,
    pub held: &'b [Held<'b>],
    pub cache: &'b Cache,
}

impl<'b> Between<'b> {
    /// The layers of each network against each other, and all models: their choices, and their CKA.
    pub fn measure(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for last in self.held.iter().filter(|held| self.is_last(held)) {
            let layers = self.layers(last);
            for earlier in layers.filter(|other| other.model.depth < last.model.depth) {
                rows.extend(self.layer_gain(last, earlier)?);
            }
        }
        if self.study.measures.agreement {
            rows.extend(self.agreement()?);
        }
        if let Some(cka) = &self.study.measures.cka {
            rows.extend(self.cka(cka)?);
        }
        Ok(rows)
    }

    /// The layers of the same network.
    fn layers(&self, of: &Held<'b>) -> impl Iterator<Item = &'b Held<'b>> {
        let name = of.model.name();
        self.held
            .iter()
            .filter(move |other| other.model.name() == name)
    }

    pub(super) fn is_last(&self, held: &Held<'b>) -> bool {
        let mut layers = self.layers(held);
        layers.all(|other| other.model.depth <= held.model.depth)
    }

    /// The last layer of a network less an earlier one.
    fn layer_gain(&self, last: &Held<'b>, earlier: &Held<'b>) -> Result<Vec<Row>> {
        let measures: &Measures = &self.study.measures;
        let over = earlier.model.tap.clone().unwrap_or_default();
        let zero_shot = measures.first_zero_shot();
        let of_trials = |over| Metric::LayerGain {
            similarity: zero_shot.similarity(),
            over,
        };
        let both = [last, earlier];
        match self.dataset.judged {
            Judged::OddOneOut(trials) => {
                self.gain(both, &zero_shot, of_trials(over), trials, trials.len())
            }
            Judged::Anchored(trials) => {
                self.gain(both, &zero_shot, of_trials(over), trials, trials.len())
            }
            Judged::Rdms(people) => {
                let Some(&(dissimilarity, comparator)) = measures.rsa.first() else {
                    return Ok(Vec::new());
                };
                let seed = self.study.seed;
                let metric = measures.rsa_metric(Some(dissimilarity), comparator, people, seed)?;
                let name = Metric::RsaLayerGain {
                    dissimilarity,
                    comparator,
                    over,
                };
                self.gain(both, &metric, name, people, people.rdms()[0].n_pairs())
            }
        }
    }

    fn gain<J: ?Sized, M: PairedMetric<J> + Debug>(
        &self,
        [last, earlier]: [&Held<'b>; 2],
        metric: &M,
        name: Metric,
        judgments: &J,
        n: usize,
    ) -> Result<Vec<Row>> {
        let settings = format!("{metric:?} {}", earlier.hash);
        let both = [last, earlier].map(|held| (metric, &held.features));
        self.place(last.model)
            .find(&last.hash, name.clone(), &settings, || {
                let (_, difference) = M::score_both(both, judgments)?;
                Ok(numbers::gain(name, difference, n))
            })
    }

    /// Each model with each that comes after it.
    fn cka(&self, cka: &Cka) -> Result<Vec<Row>> {
        let (able, mut rows) = self.able(cka)?;
        let features: Vec<&Representation> = able.iter().map(|held| &held.features).collect();
        let hashes: Vec<&str> = able.iter().map(|held| held.hash.as_str()).collect();
        let key = Key::of("cka", &[&format!("{cka:?}"), &hashes.join(" ")]);
        let of_pairs: Vec<f64> = self.cache.numbers(&key, || {
            let matrix = cka.matrix(&features)?;
            Ok(pairs(able.len()).map(|pair| matrix[pair]).collect())
        })?;
        let n = self.dataset.judged.stimuli().len() as u64;
        for ([first, second], value) in pairs(able.len()).zip(of_pairs) {
            let with = able[second].model.label();
            let found = Found {
                metric: Metric::Cka { with },
                measured: PlottedValue::plain(value, n),
            };
            rows.push(self.place(able[first].model).row(&able[first].hash, found));
        }
        Ok(rows)
    }

    /// The models that have a CKA, and a row for each that has none.
    fn able(&self, cka: &Cka) -> Result<(Vec<&Held<'b>>, Vec<Row>)> {
        let (mut able, mut rows) = (Vec::new(), Vec::new());
        for held in self.held {
            let key = Key::of("cka with itself", &[&format!("{cka:?}"), &held.hash]);
            let with = held.model.label();
            match self
                .cache
                .numbers(&key, || cka.compare(&held.features, &held.features))
            {
                Ok(_) => able.push(held),
                Err(error) => {
                    let metric = Some(Metric::Cka { with });
                    rows.push(self.place(held.model).failure(&held.hash, metric, error)?);
                }
            }
        }
        Ok((able, rows))
    }

    pub(super) fn place(&self, model: &'b Model) -> Place<'b> {
        Place {
            model,
            dataset: self.dataset,
            cache: self.cache,
            seed: self.study.seed,
        }
    }
}

fn pairs(n: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..n).flat_map(move |first| (first + 1..n).map(move |second| [first, second]))
}
