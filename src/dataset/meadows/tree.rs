//! The JSON exports: tasks and trials of one participant or of several.

use std::io::{BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{Estimate, person_of, rdm};
use crate::error::{Context, Result, at_least};
use crate::io::{BUFFER_BYTES, Origin, open};
use crate::rdm::{Arrangement, Participant, Rdm};
use crate::stimuli::{Stimuli, missing};

/// A multiple-arrangement task.
#[derive(Deserialize)]
struct Task {
    stimuli: Vec<Stimulus>,
    trials: Vec<Trial>,
    rdm: Vec<Real>,
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
    x: Real,
    y: Real,
}

/// A number; NaN if it is missing.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Stored")]
struct Real(f64);

/// The forms in which a number is stored in the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Number(f64),
    Missing(()),
    /// NaN or infinity, which are not valid JSON numbers.
    Text(String),
}

impl TryFrom<Stored> for Real {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        Ok(Self(match stored {
            Stored::Number(value) => value,
            Stored::Missing(()) => f64::NAN,
            Stored::Text(text) => match text.as_str() {
                "NaN" => f64::NAN,
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                _ => return Err("a text where a number should be"),
            },
        }))
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<Estimate>> {
    let origin = Origin::new(path, "Meadows tree");
    let mut text = Vec::new();
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
    let read = reader.read_to_end(&mut text);
    read.map_err(|error| origin.unreadable(error))?;
    let tree: Value = serde_json::from_slice(&with_quoted_numbers(&text))
        .map_err(|error| origin.malformed(error))?;
    let mut estimates = Vec::new();
    match tree {
        Value::Object(people) if !people.is_empty() && people.values().all(is_person) => {
            for (person, tree) in people {
                estimates.extend(of_person(&person, tree, &origin)?);
            }
        }
        tree => estimates.extend(of_person(&person_of(path), tree, &origin)?),
    }
    at_least("multiple-arrangement tasks", 1, estimates.len())?;
    Ok(estimates)
}

/// Checks whether the value is the record of one participant: an object with a list of tasks.
fn is_person(tree: &Value) -> bool {
    tree.get("tasks").is_some_and(Value::is_array)
}

/// Puts quotes around NaN and infinities, which Python writes but JSON does not allow.
fn with_quoted_numbers(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_string = false;
    while let Some((&byte, after)) = rest.split_first() {
        let names: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
        let name = names
            .into_iter()
            .find(|name| !is_in_string && rest.starts_with(name));
        if let Some(name) = name {
            quoted.push(b'"');
            quoted.extend(name);
            quoted.push(b'"');
            rest = &rest[name.len()..];
            continue;
        }
        quoted.push(byte);
        rest = after;
        match byte {
            b'"' => is_in_string = !is_in_string,
            // The next byte is escaped and belongs to the string.
            b'\\' if is_in_string => {
                quoted.extend(rest.first());
                rest = rest.get(1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    quoted
}

/// Reads the multiple-arrangement tasks of one participant.
fn of_person(person: &str, mut tree: Value, origin: &Origin) -> Result<Vec<Estimate>> {
    // A file of one task contains the task itself; a file of several contains a list of tasks.
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
        let mut participant = Participant::new(person);
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
    Ok(estimates)
}

fn estimate(task: Task) -> Result<(Rdm, Vec<Arrangement>)> {
    let (ids, images): (Vec<String>, Vec<String>) = task
        .stimuli
        .into_iter()
        .map(|stimulus| (stimulus.id, stimulus.name))
        .unzip();
    // Trials refer to stimuli by internal ids, not by the names of the images.
    let ids = Stimuli::new(ids)?;
    let rdm = rdm(
        images,
        task.rdm.into_iter().map(|Real(value)| value).collect(),
    )?;
    let mut trials = Vec::new();
    for (trial, Trial { positions }) in task.trials.into_iter().enumerate() {
        let arrangement = arrangement(&ids, rdm.stimuli(), positions);
        trials.push(arrangement.map_err(|error| error.with_context(Context::Arrangement(trial)))?);
    }
    Ok((rdm, trials))
}

fn arrangement(ids: &Stimuli, names: &Stimuli, positions: Vec<Position>) -> Result<Arrangement> {
    let mut shown = Vec::new();
    for Position { id, .. } in &positions {
        let position = ids.position(id).and_then(|position| names.id(position));
        shown.push(position.ok_or_else(|| missing([id].into_iter(), 1, positions.len()))?);
    }
    let places = positions
        .iter()
        .map(|position| [position.x.0, position.y.0]);
    Arrangement::new(Stimuli::new(shown)?, places.collect())
}
