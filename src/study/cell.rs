//! One model on one data set.

use super::cache::{Cache, Key};
use super::judged::Judged;
use super::model::Material;
use super::numbers;
use super::place::Place;
use super::row::{Metric, Row};
use super::{Measures, Model};
use crate::error::{Error, Result};
use crate::inference::Credit;
use crate::judgment::{Task, Trials};
use crate::metric::AlignmentMetric;
use crate::rdm::{Rdm, RdmSet};
use crate::representation::{Representation, RepresentationSource};
use crate::stimuli::Stimuli;
use crate::transform::LinearTransform;

/// What a model has to say, in a form that can be measured.
enum Content<'s> {
    Features(Representation),
    Rdm(&'s Rdm),
    /// What each choice earns.
    Choices(Vec<Credit>),
    /// It could not be had, or was let go.
    Nothing,
}

/// One model on one data set, while it is measured.
pub(super) struct Cell<'s> {
    measures: &'s Measures,
    place: Place<'s>,
    content: Content<'s>,
    /// The hash of the content; empty where there is none.
    hash: String,
    rows: Vec<Row>,
}

/// The features of a model on a data set, held until those of all others are there.
pub(super) struct Held<'s> {
    pub model: &'s Model,
    pub hash: String,
    pub features: Representation,
}

/// What remains of a cell that was measured.
pub(super) struct Finished<'s> {
    pub rows: Vec<Row>,
    /// The features, where they are needed again.
    pub held: Option<Held<'s>>,
}

impl<'s> Cell<'s> {
    /// A cell with its content; where there is none, a row says why.
    pub fn new(measures: &'s Measures, place: Place<'s>, material: &'s Material) -> Result<Self> {
        let judged = place.dataset.judged;
        let mut cell = Self {
            measures,
            place,
            content: Content::Nothing,
            hash: String::new(),
            rows: Vec::new(),
        };
        match material {
            Material::Source(source) => {
                match features(source.as_ref(), judged.stimuli(), place.cache) {
                    Ok(features) => {
                        cell.hash = features.fingerprint();
                        cell.content = Content::Features(features);
                    }
                    Err(error) => {
                        let row = place.failure("", None, error)?;
                        cell.rows.push(row);
                    }
                }
            }
            Material::Rdm(rdm) => {
                cell.hash = RdmSet::from(rdm.clone()).fingerprint();
                cell.content = Content::Rdm(rdm);
            }
            Material::OddOneOut(choices) => {
                cell.hash = choices.fingerprint();
                cell.content = Content::Choices(material.credits(judged)?);
            }
            Material::Anchored(choices) => {
                cell.hash = choices.fingerprint();
                cell.content = Content::Choices(material.credits(judged)?);
            }
        }
        Ok(cell)
    }

    /// Measures all but what needs other data sets or other models.
    pub fn measure(&mut self) -> Result<()> {
        match self.place.dataset.judged {
            Judged::OddOneOut(trials) => self.measure_on_trials(trials),
            Judged::Anchored(trials) => self.measure_on_trials(trials),
            Judged::Rdms(people) => self.measure_on_rdms(people),
        }
    }

    fn measure_on_trials<T: Task>(&mut self, trials: &Trials<T>) -> Result<()> {
        let ceiling = self.place.dataset.ceiling;
        let mut rows = Vec::new();
        match &self.content {
            Content::Features(features) => {
                let measures = self.measures;
                for (position, metric) in measures.zero_shot.iter().enumerate() {
                    let similarity = metric.similarity();
                    rows.extend(self.place.find(
                        &self.hash,
                        Metric::ZeroShot { similarity },
                        &format!("{metric:?}"),
                        || numbers::zero_shot(metric, features, trials, ceiling),
                    )?);
                    for over in &measures.zero_shot[..position] {
                        let name = Metric::SimilarityGain {
                            similarity,
                            over: over.similarity(),
                        };
                        rows.extend(self.place.find(
                            &self.hash,
                            name,
                            &format!("{metric:?} {over:?}"),
                            || numbers::similarity_gain([metric, over], features, trials),
                        )?);
                    }
                }
                if let Some(bins) = measures.calibration {
                    let metric = measures.first_zero_shot();
                    let similarity = metric.similarity();
                    rows.extend(self.place.find(
                        &self.hash,
                        Metric::ScaledCrossEntropy { similarity },
                        &format!("{metric:?} {bins:?}"),
                        || numbers::calibration(&metric, bins, features, trials),
                    )?);
                }
                if let Some(validation) = measures.probe()
                    && self.place.model.is_probed
                {
                    let settings = format!("{validation:?}");
                    rows.extend(self.place.find(&self.hash, Metric::Probed, &settings, || {
                        numbers::probe(&validation, features, trials, ceiling)
                    })?);
                }
            }
            Content::Choices(credits) => {
                rows.extend(self.place.find(&self.hash, Metric::Agreement, "", || {
                    numbers::agreement(trials, credits, ceiling)
                })?)
            }
            Content::Rdm(_) | Content::Nothing => {}
        }
        self.rows.extend(rows);
        Ok(())
    }

    fn measure_on_rdms(&mut self, people: &RdmSet) -> Result<()> {
        let measures = self.measures;
        let mut rows: Vec<Row> = Vec::new();
        for &(dissimilarity, comparator) in &measures.rsa {
            // An RDM is what it is, whatever those of features are made by.
            let dissimilarity = match &self.content {
                Content::Features(_) => Some(dissimilarity),
                _ => None,
            };
            let name = Metric::Rsa {
                dissimilarity,
                comparator,
            };
            if rows.iter().any(|row| row.metric.as_ref() == Some(&name)) {
                continue;
            }
            let metric = measures.rsa_metric(dissimilarity, comparator, people, self.place.seed)?;
            let settings = format!("{dissimilarity:?} {metric:?}");
            let found = match &self.content {
                Content::Features(features) => self.place.find(&self.hash, name, &settings, || {
                    Ok(numbers::rsa(
                        &metric.score(features, people)?,
                        dissimilarity,
                    ))
                }),
                Content::Rdm(rdm) => self.place.find(&self.hash, name, &settings, || {
                    Ok(numbers::rsa(&metric.score_rdm(rdm, people)?, None))
                }),
                Content::Choices(_) | Content::Nothing => return Ok(()),
            };
            rows.extend(found?);
        }
        self.rows.extend(rows);
        Ok(())
    }

    /// Measures the features after the transform that a probe learns from those of another cell.
    pub fn measure_transfer(&mut self, from: &Cell<'_>) -> Result<()> {
        let (Content::Features(features), Content::Features(learned_from)) =
            (&self.content, &from.content)
        else {
            return Ok(());
        };
        let measures = self.measures;
        let validation = measures.transfer_probe()?;
        let origin = format!(
            "{validation:?} {} {}",
            from.hash, from.place.dataset.fingerprint
        );
        let transform = || {
            let key = Key::of("transform", &[&origin]);
            self.place
                .cache
                .transform(&key, || match from.place.dataset.judged {
                    Judged::OddOneOut(trials) => numbers::learn(&validation, learned_from, trials),
                    Judged::Anchored(trials) => numbers::learn(&validation, learned_from, trials),
                    Judged::Rdms(_) => Err(not_of_trials(from.place.dataset.name)),
                })
        };
        let from = from.place.dataset.name;
        let rows = match self.place.dataset.judged {
            Judged::OddOneOut(trials) => {
                self.transferred(from, &origin, transform, features, trials)
            }
            Judged::Anchored(trials) => {
                self.transferred(from, &origin, transform, features, trials)
            }
            Judged::Rdms(people) => {
                let Some(&(dissimilarity, comparator)) = measures.rsa.first() else {
                    return Ok(());
                };
                let metric = measures.rsa_metric(
                    Some(dissimilarity),
                    comparator,
                    people,
                    self.place.seed,
                )?;
                let name = Metric::RsaTransferred {
                    from: from.to_owned(),
                    comparator,
                };
                self.place
                    .find(&self.hash, name, &format!("{metric:?} {origin}"), || {
                        numbers::rsa_transferred(&transform()?, from, &metric, features, people)
                    })
            }
        };
        self.rows.extend(rows?);
        Ok(())
    }

    fn transferred<T: Task>(
        &self,
        from: &str,
        origin: &str,
        transform: impl FnOnce() -> Result<LinearTransform>,
        features: &Representation,
        trials: &Trials<T>,
    ) -> Result<Vec<Row>> {
        let metric = self.measures.first_zero_shot();
        let name = Metric::TransferResult {
            from: from.to_owned(),
        };
        self.place
            .find(&self.hash, name, &format!("{metric:?} {origin}"), || {
                let ceiling = self.place.dataset.ceiling;
                numbers::transferred(&transform()?, from, &metric, features, trials, ceiling)
            })
    }

    /// The rows, and the features where they are to be held; all else of the cell is let go.
    pub fn finish(self, hold: bool) -> Finished<'s> {
        let held = match self.content {
            Content::Features(features) if hold => Some(Held {
                model: self.place.model,
                hash: self.hash,
                features,
            }),
            _ => None,
        };
        Finished {
            rows: self.rows,
            held,
        }
    }
}

pub(super) fn not_of_trials(name: &str) -> Error {
    Error::parameter(
        "data set of a transfer",
        "one of trials",
        format_args!("{name:?}"),
    )
}

/// The features of a source, from the cache where it has a key.
pub(super) fn features(
    source: &dyn RepresentationSource,
    stimuli: &Stimuli,
    cache: &Cache,
) -> Result<Representation> {
    match source.key(stimuli)? {
        Some(key) => {
            let key = Key::of("features", &[source.name(), &key, &stimuli.fingerprint()]);
            cache.features(&key, || source.represent(stimuli)?.select(stimuli))
        }
        None => source.represent(stimuli)?.select(stimuli),
    }
}
