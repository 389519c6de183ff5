//! The settings of a training, in dictionaries, texts and files.

mod files;
mod python;
mod yaml;

use serde_json::{Map, Value};

pub(in crate::extract::weights) use files::beside;

use crate::extract::weights::listing::Setting;
use crate::extract::weights::words::is_state_or_result;

/// How many dictionaries and texts may be nested.
const MAX_DEPTH: usize = 8;

/// The most settings that are considered.
const MAX_SETTINGS: usize = 1 << 14;

/// Adds the settings in a value: texts, numbers, truth values and lists of these, with the names of
/// the dictionaries that they are in. Texts in JSON or YAML and arguments of a program are read too.
pub(in crate::extract::weights) fn collect(place: &str, value: &Value, found: &mut Vec<Setting>) {
    add(place, value, MAX_DEPTH, found);
}

fn add(place: &str, value: &Value, depth: usize, found: &mut Vec<Setting>) {
    /// Length of the longest text that is a setting.
    const MAX_BYTES: usize = 256;

    if found.len() >= MAX_SETTINGS {
        return;
    }
    match value {
        Value::Object(items) => {
            // As Weights & Biases writes each setting.
            if let (Some(value), true) = (items.get("value"), items.contains_key("desc")) {
                return add(place, value, depth, found);
            }
            for (name, value) in items.iter().filter(|_| depth > 0) {
                let is_dictionary = match value {
                    Value::Array(parts) => parts.iter().any(Value::is_object),
                    value => value.is_object() || value.is_string(),
                };
                if !(is_dictionary && is_state_or_result(name)) {
                    add(&joined(place, name), value, depth - 1, found);
                }
            }
        }
        Value::String(text) => match parsed(text).filter(|_| depth > 0) {
            Some(items) => add(place, &items, depth - 1, found),
            None if text.len() <= MAX_BYTES => found.push(Setting::new(place, value.clone())),
            None => {}
        },
        Value::Array(parts) => {
            for part in parts.iter().filter(|part| depth > 0 && part.is_object()) {
                add(place, part, depth - 1, found);
            }
            let texts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
            let arguments = texts.and_then(|texts| arguments(&texts));
            let items = arguments.or_else(|| pairs(parts));
            match items.filter(|_| depth > 0) {
                Some(items) => add(place, &items, depth - 1, found),
                None => found.push(Setting::new(place, value.clone())),
            }
        }
        value => found.push(Setting::new(place, value.clone())),
    }
}

/// Returns the settings in a list of pairs of names and values, or of names before values as in YACS.
fn pairs(parts: &[Value]) -> Option<Value> {
    let is_name = |name: &&str| name.starts_with(char::is_alphabetic) && !name.contains(' ');
    let item = |name: &Value, value: &Value| {
        let name = name.as_str().filter(is_name)?;
        Some((name.to_owned(), value.clone()))
    };
    let of_pairs = parts.iter().map(|part| match part.as_array()?.as_slice() {
        [name, value] => item(name, value),
        _ => None,
    });
    let alternating = || {
        let items = parts.chunks(2).map(|part| match part {
            [name, value] => item(name, value),
            _ => None,
        });
        items.collect::<Option<Map<String, Value>>>()
    };
    let items = of_pairs.collect::<Option<Map<String, Value>>>();
    let items = items.or_else(alternating)?;
    // Two names may be any list of texts.
    let is_list =
        parts.iter().all(Value::is_string) && !items.keys().all(|name| name.contains('.'));
    (!items.is_empty() && !is_list).then_some(Value::Object(items))
}

/// Returns the name of a setting in a dictionary.
fn joined(place: &str, name: &str) -> String {
    match place {
        "" => plain(name),
        place => format!("{place}.{}", plain(name)),
    }
}

/// Returns a name in small letters with underscores between words.
pub(in crate::extract::weights) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut is_small = false;
    for c in name.chars() {
        if is_small && c.is_uppercase() {
            plain.push('_');
        }
        is_small = c.is_lowercase();
        match c {
            '-' | ' ' | '/' => plain.push('_'),
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

/// Parses a text as a dictionary in JSON, YAML or Python, or as the call of a program.
fn parsed(text: &str) -> Option<Value> {
    /// Length of the longest text that is parsed.
    const MAX_BYTES: usize = 1 << 20;

    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    if let Some(values) = list(text) {
        return Some(values);
    }
    let is_flow = text.starts_with('{') || text.starts_with('[');
    let of_openmmlab = ["backbone=dict(", "backbone = dict("];
    if python::is_call(text) || of_openmmlab.iter().any(|part| text.contains(part)) {
        return python::parse(text);
    }
    let first = text.split_once(": ").map(|(name, _)| name);
    let is_mapping = first.is_some_and(|name| !name.contains(char::is_whitespace));
    if !is_flow && !is_mapping && !text.contains('\n') {
        let is_call = text.split_whitespace().any(|part| option(part).is_some());
        let parts = text.split_whitespace().filter(|_| is_call);
        return arguments(&parts.collect::<Vec<_>>());
    }
    if let Some(settings) = lines(text) {
        return Some(settings);
    }
    let of_json = || serde_json::from_str(text).ok();
    let of_yaml = || yaml::parse(text).ok();
    let parsed = of_json().or_else(of_yaml).or_else(|| python::parse(text));
    parsed.filter(|value| match value {
        Value::Object(items) => !items.is_empty(),
        Value::Array(parts) => is_flow && !parts.is_empty(),
        _ => false,
    })
}

/// Parses numbers or truth values between commas, as in `1,2,2,1` or `(False, False, True)`.
fn list(text: &str) -> Option<Value> {
    let text = text
        .trim_start_matches(['(', '['])
        .trim_end_matches([')', ']']);
    let values = text.split(',').map(|part| match yaml::plain(part.trim()) {
        Value::String(_) | Value::Null => None,
        value => Some(value),
    });
    text.contains(',').then(|| values.collect()).flatten()
}

/// Parses lines of `name = value`, as in INI and TOML, in sections. Returns `None` for other texts.
fn lines(text: &str) -> Option<Value> {
    let (mut place, mut found) = (String::new(), Map::new());
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            place = format!("{section}.");
        } else if !line.is_empty() && !line.starts_with(['#', ';']) {
            let (name, value) = line.split_once('=')?;
            let is_letter = |c: char| c.is_alphanumeric() || "_-.".contains(c);
            let name = Some(name.trim()).filter(|name| name.chars().all(is_letter))?;
            let value = yaml::plain(value.trim().trim_matches(['"', '\'']));
            found.insert(format!("{place}{name}"), value);
        }
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

/// Returns the name of an option of a program, such as `--name` or `-name`, but not a negative number.
fn option(text: &str) -> Option<&str> {
    let short = || {
        text.strip_prefix('-')
            .filter(|name| name.starts_with(char::is_alphabetic))
    };
    text.strip_prefix("--").or_else(short)
}

/// Parses the arguments of a program, `--name value`, `-name value`, `--name=value`, `--name` or
/// `name=value` as of Hydra. Returns `None` for other texts.
fn arguments(texts: &[&str]) -> Option<Value> {
    let is_name = |name: &str| {
        let is_letter = |c: char| c.is_alphanumeric() || "_-./@".contains(c);
        !name.is_empty() && name.chars().all(is_letter)
    };
    let mut found = Map::new();
    let mut texts = texts.iter().copied().peekable();
    while let Some(text) = texts.next() {
        let option_name = option(text);
        let name = option_name.unwrap_or(text).trim_start_matches(['+', '~']);
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, yaml::plain(value)),
            None if option_name.is_none() => continue,
            None => match texts
                .next_if(|text| option(text).is_none() && !text.starts_with(['+', '~']))
            {
                Some(value) => (name, yaml::plain(value)),
                None => (name, true.into()),
            },
        };
        if is_name(name) {
            found.insert(name.to_owned(), value);
        }
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

#[cfg(test)]
mod tests;
