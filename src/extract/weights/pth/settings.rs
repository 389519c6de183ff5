//! The settings of a training in a checkpoint.

use serde_json::Value as Json;

use super::Checkpoint;
use super::pickle::Pickle;
use super::value::{Id, Value};
use crate::extract::weights::listing::Setting;

/// Names of the dictionaries and objects with settings.
const PLACES: [&str; 21] = [
    "args",
    "cfg",
    "conf",
    "config",
    "configuration",
    "encoder_kwargs",
    "flags",
    "hparams",
    "hyper_parameters",
    "hyperparameters",
    "hyper_params",
    "init_args",
    "kwargs",
    "model_args",
    "model_cfg",
    "model_config",
    "model_kwargs",
    "model_params",
    "opt",
    "options",
    "params",
];

/// How many dictionaries may be nested.
const MAX_DEPTH: usize = 6;

/// The most values that are considered.
const MAX_VALUES: usize = 1 << 14;

impl Checkpoint {
    /// Returns the settings of the training beside the parameters: texts, numbers, truth values and
    /// lists of these, with the names of nested dictionaries.
    pub fn settings(&self) -> Vec<Setting> {
        let pickle = &self.pickle;
        let mut found = Vec::new();
        let mut n_left = MAX_VALUES;
        for &(name, value) in pickle.items(pickle.root()) {
            let Some(name) = pickle.text(name).map(plain) else {
                continue;
            };
            let depth = match PLACES.contains(&name.as_str()) {
                true => MAX_DEPTH,
                false => 0,
            };
            collect(pickle, name, value, depth, &mut n_left, &mut found);
        }
        found.extend(self.settings_of_openmmlab());
        found
    }
}

/// Adds a setting, or those in a dictionary or an object, to those that were found.
fn collect(
    pickle: &Pickle,
    name: String,
    value: Id,
    depth: usize,
    n_left: &mut usize,
    found: &mut Vec<Setting>,
) {
    /// Length of the longest text that is a setting.
    const MAX_BYTES: usize = 256;

    let Some(left) = n_left.checked_sub(1) else {
        return;
    };
    *n_left = left;
    let value = inner(pickle, value);
    let items = pickle.attributes(value);
    if items.is_empty() {
        let is_setting = match pickle.value(value) {
            Value::Text(text) => text.len() <= MAX_BYTES,
            Value::Global(_) | Value::Object(_) | Value::Persistent(_) | Value::Other => false,
            _ => true,
        };
        if is_setting {
            let value = json(pickle, value);
            found.push(Setting { name, value });
        }
        return;
    }
    if depth == 0 {
        return;
    }
    for &(part, value) in items {
        if let Some(part) = pickle.text(part) {
            let name = format!("{name}.{}", plain(part));
            collect(pickle, name, value, depth - 1, n_left, found);
        }
    }
}

/// Returns a name in small letters with underscores.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// Returns the value in a node of OmegaConf, or the value itself.
fn inner(pickle: &Pickle, value: Id) -> Id {
    let items = pickle.attributes(value);
    let parts = ["_content", "_val"].into_iter();
    let mut parts = parts.filter_map(|part| pickle.item(items, part));
    parts.next().unwrap_or(value)
}

/// Converts a setting: a text, a number, a truth value, or a list of these.
pub(super) fn json(pickle: &Pickle, id: Id) -> Json {
    let single = |id: Id| match pickle.value(id) {
        Value::Text(text) => text.as_ref().into(),
        &Value::Integer(number) => number.into(),
        &Value::Float(number) => number.into(),
        Value::None => Json::Null,
        Value::True => true.into(),
        Value::False => false.into(),
        _ => "another value".into(),
    };
    match pickle.value(id) {
        Value::Tuple(parts) | Value::List(parts) => parts
            .iter()
            .map(|&part| single(inner(pickle, part)))
            .collect(),
        _ => single(id),
    }
}
