//! The evaluation of models on data sets: each model alone, then the models of each data set
//! together.

mod cell;
mod choices;
mod comparison;
mod rdms;
mod requests;
mod subject;
mod trials;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::cache::{Cache, Key};
use super::input::{Judgments, Model};
use super::table::StudyTable;
use super::{Study, StudyProgress};
use crate::error::Result;
use crate::inference::Interval;
use crate::representation::{Representation, RepresentationSource};
use crate::stimuli::Stimuli;
use crate::transform::LinearTransform;
use cell::{Cell, Finished, Held};
use comparison::Together;
use requests::{Request, rows_of_all};
use subject::Subject;

/// A study that is being run.
pub(super) struct Run<'s> {
    study: &'s Study,
    cache: Cache,
    datasets: Vec<Dataset<'s>>,
}

/// A data set with what is computed once for all models.
struct Dataset<'s> {
    name: &'s str,
    judgments: &'s Judgments,
    fingerprint: String,
    /// Noise ceiling of accuracies.
    ceiling: Option<Interval>,
}

impl<'s> Run<'s> {
    pub fn new(study: &'s Study) -> Result<Self> {
        let cache = Cache::open(study.cache.as_deref())?;
        let datasets = study.datasets.par_iter().map(|(name, judgments)| {
            let fingerprint = judgments.fingerprint();
            let key = Key::of("ceiling", &fingerprint);
            let ceiling = match study.ceilings.get(name) {
                Some(&ceiling) => Some(ceiling),
                None => cache.numbers(&key, || Ok(judgments.ceiling()))?,
            };
            Ok(Dataset {
                ceiling,
                name,
                judgments,
                fingerprint,
            })
        });
        let datasets = datasets.collect::<Result<_>>()?;
        Ok(Self {
            study,
            cache,
            datasets,
        })
    }

    /// Measures all models, and compares them unless `observe` stops the run.
    pub fn table(
        &self,
        observe: impl Fn(StudyProgress<'_>) -> ControlFlow<()> + Sync,
    ) -> Result<ControlFlow<StudyTable, StudyTable>> {
        let (n_done, is_stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let models = self.study.models.par_iter().map(|model| {
            if is_stopped.load(Ordering::Relaxed) {
                return Ok(Vec::new());
            }
            let cells = self.measure(model)?;
            let flow = observe(StudyProgress {
                n_done: n_done.fetch_add(1, Ordering::Relaxed) + 1,
                n_models: self.study.models.len(),
                model,
            });
            is_stopped.fetch_or(flow.is_break(), Ordering::Relaxed);
            Ok(cells)
        });
        let measured = models.collect::<Result<Vec<_>>>()?;

        let mut table = StudyTable::default();
        let mut held: Vec<Vec<Held<'_>>> = self.datasets.iter().map(|_| Vec::new()).collect();
        let mut requests: Vec<Vec<Request<'_>>> =
            self.datasets.iter().map(|_| Vec::new()).collect();
        for (position, finished) in measured.into_iter().flatten() {
            table.rows.extend(finished.rows);
            held[position].extend(finished.held);
            requests[position].extend(finished.requests);
        }
        let is_stopped = is_stopped.into_inner();
        for ((dataset, held), mut requests) in self.datasets.iter().zip(&held).zip(requests) {
            if !is_stopped {
                let run = self;
                let together = Together { run, dataset, held };
                table.rows.extend(together.measure(&mut requests)?);
            }
            if let Judgments::Rdms(people) = dataset.judgments {
                table.rows.extend(rows_of_all(requests, people)?);
            }
        }
        table.adjust(self.study.measures.correction);
        if is_stopped {
            return Ok(ControlFlow::Break(table));
        }
        Ok(ControlFlow::Continue(table))
    }

    /// Returns the rows of a model and its features, if they are needed again, by the position of
    /// the data set.
    fn measure<'r>(&'r self, model: &'r Model) -> Result<Vec<(usize, Finished<'r>)>> {
        let mut cells = Vec::new();
        for (position, dataset) in self.datasets.iter().enumerate() {
            if let Some(output) = model.outputs.get(dataset.name) {
                let subject = Subject {
                    run: self,
                    model,
                    dataset,
                    hash: String::new(),
                };
                let mut cell = Cell::new(subject, output)?;
                cell.measure()?;
                cells.push((position, cell));
            }
        }
        let transfers = &self.study.measures.transfers;
        let transfers = transfers.iter();
        let mut learned: HashMap<&str, OnceCell<LinearTransform>> = HashMap::new();
        for (from, to) in transfers.filter(|(from, _)| model.is_probed_on(from)) {
            let learned = learned.entry(from).or_default();
            let position_of = |name: &str| {
                let mut cells = cells.iter();
                cells.position(|(position, _)| self.datasets[*position].name == name)
            };
            if let (Some(from), Some(to)) = (position_of(from), position_of(to))
                && let Ok([(_, from), (_, to)]) = cells.get_disjoint_mut([from, to])
            {
                to.measure_transfer(from, learned)?;
            }
        }
        let holds = self.holds_features(model);
        let cells = cells.into_iter();
        let finished = cells.map(|(position, cell)| (position, cell.finish(holds)));
        Ok(finished.collect())
    }

    /// Returns true if features are needed again when all models are measured.
    fn holds_features(&self, model: &Model) -> bool {
        let is_other_layer = |other: &Model| other.name == model.name && other.tap != model.tap;
        let measures = &self.study.measures;
        let mut compared = measures.comparisons.iter();
        measures.cka.is_some()
            || measures.agreement
            || measures.all_comparisons
            || compared.any(|(one, other)| [one, other].contains(&&model.label()))
            || self.study.models.iter().any(is_other_layer)
    }
}

/// Returns the features of a source, from the cache if the source has a key.
pub(super) fn features(
    source: &dyn RepresentationSource,
    stimuli: &Stimuli,
    cache: &Cache,
) -> Result<Representation> {
    match source.key(stimuli)? {
        Some(key) => {
            let key = Key::of("features", (source.name(), key, stimuli.fingerprint()));
            cache.features(&key, || source.represent(stimuli)?.select(stimuli))
        }
        None => source.represent(stimuli)?.select(stimuli),
    }
}
