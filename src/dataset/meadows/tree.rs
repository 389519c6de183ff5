//! The JSON exports: everything that one person did, task by task and trial by trial.

use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{Estimate, person_of, rdm};
use crate::error::{Error, Result};
use crate::io::{BUFFER_BYTES, Origin, open};
use crate::rdm::{Arrangement, Participant, Rdm};
use crate::stimuli::{Stimuli, missing};

/// A task in which stimuli were arranged.
#[derive(Deserialize)]
struct Task {
    stimuli: Vec<Stimulus>,
    trials: Vec<Trial>,
    rdm: Vec<f64>,
}

#[derive(Deserialize)]
struct Stimulus {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Trial {
    positions: Vec<Position>,
}

#[derive(Deserialize)]
struct Position {
    id: String,
    x: f64,
    y: f64,
}

pub(super) fn read(path: &Path) -> Result<Vec<Estimate>> {
    let origin = Origin::new(path, "Meadows tree");
    let reader = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
    let mut tree: Value = serde_json::from_reader(reader).map_err(|error| match error.is_io() {
        true => origin.unreadable(error.into()),
        false => origin.malformed(error),
    })?;
    let person = person_of(path);
    // A file of one task is that task, one of several has a list of them.
    let (tasks, is_only) = match tree.get_mut("tasks").map(Value::take) {
        Some(Value::Array(tasks)) => (tasks, false),
        Some(_) => return Err(origin.malformed("its tasks are no list")),
        None => (vec![tree], true),
    };
    let mut estimates = Vec::new();
    for task in tasks {
        let text = |pointer: &str| task.pointer(pointer).and_then(Value::as_str);
        if text("/task/task_type") != Some("multiarrange") {
            continue;
        }
        let mut participant = Participant::new(&person);
        if let Some(name) = text("/task/name").filter(|_| !is_only) {
            participant = participant.in_session(name);
        }
        let task = serde_json::from_value(task).map_err(|error| origin.malformed(error));
        let estimate = task.and_then(estimate);
        let (rdm, trials) = estimate.map_err(|error| error.in_rdm(&participant))?;
        estimates.push(Estimate {
            participant,
            rdm,
            trials,
        });
    }
    if estimates.is_empty() {
        return Err(Error::TooFew {
            what: "multiple-arrangement tasks",
            needed: 1,
            found: 0,
        });
    }
    Ok(estimates)
}

fn estimate(task: Task) -> Result<(Rdm, Vec<Arrangement>)> {
    let (ids, images): (Vec<String>, Vec<String>) = task
        .stimuli
        .into_iter()
        .map(|stimulus| (stimulus.id, stimulus.name))
        .unzip();
    // Trials name the stimuli by other ids than people would.
    let ids = Stimuli::new(ids)?;
    let rdm = rdm(images, task.rdm)?;
    let mut trials = Vec::new();
    for (trial, Trial { positions }) in task.trials.into_iter().enumerate() {
        let arrangement = arrangement(&ids, rdm.stimuli(), positions);
        trials.push(arrangement.map_err(|error| Error::InTrial {
            trial,
            source: Box::new(error),
        })?);
    }
    Ok((rdm, trials))
}

fn arrangement(ids: &Stimuli, names: &Stimuli, positions: Vec<Position>) -> Result<Arrangement> {
    let mut shown = Vec::new();
    for Position { id, .. } in &positions {
        let position = ids.position(id).and_then(|position| names.id(position));
        shown.push(position.ok_or_else(|| missing([id].into_iter(), 1, positions.len()))?);
    }
    let places = positions.iter().map(|position| [position.x, position.y]);
    Arrangement::new(Stimuli::new(shown)?, places.collect())
}
