//! YAML, as far as programs write their settings in it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use yaml_rust2::Event;
use yaml_rust2::parser::{Parser, Tag};
use yaml_rust2::scanner::TScalarStyle;

use crate::error::BoxedError;

/// How many lists and dictionaries may be nested.
const MAX_DEPTH: usize = 64;

/// The most values, with those that anchors repeat.
const MAX_VALUES: usize = 1 << 16;

/// A list or a dictionary that is being read.
struct Open {
    value: Value,
    /// The name of the next value of a dictionary.
    name: Option<String>,
    anchor: usize,
}

/// Parses the first document. Tags are ignored: objects of Python are dictionaries and lists, and
/// classes and functions are their names.
///
/// # Errors
/// Returns an error for a text that is not YAML or has too many values.
pub(super) fn parse(text: &str) -> Result<Value, BoxedError> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: BTreeMap<usize, Value> = BTreeMap::new();
    let mut n_left = MAX_VALUES;
    loop {
        let (event, _) = parser.next_token()?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(text, style, tag.as_ref()), anchor),
            Event::Alias(anchor) => (anchors.get(&anchor).cloned().unwrap_or_default(), 0),
            Event::SequenceStart(anchor, _) => {
                open.push(Open::new(Value::Array(Vec::new()), anchor));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open::new(Value::Object(Map::new()), anchor));
                if open.len() > MAX_DEPTH {
                    return Err("it is nested too deeply".into());
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => (closed.value, closed.anchor),
                None => (Value::Null, 0),
            },
            Event::StreamEnd => return Ok(Value::Null),
            Event::Nothing | Event::StreamStart | Event::DocumentStart | Event::DocumentEnd => {
                continue;
            }
        };
        // Also those in a value that an anchor repeats.
        let left = n_left.checked_sub(n_values(&value));
        n_left = left.ok_or("it has too many values")?;
        if anchor > 0 {
            anchors.insert(anchor, value.clone());
        }
        match open.last_mut() {
            Some(outer) => outer.add(value),
            None => return Ok(value),
        }
    }
}

impl Open {
    fn new(value: Value, anchor: usize) -> Self {
        Self {
            value,
            name: None,
            anchor,
        }
    }

    fn add(&mut self, value: Value) {
        match (&mut self.value, self.name.take()) {
            (Value::Array(parts), _) => parts.push(value),
            (Value::Object(items), Some(name)) => match value {
                Value::Object(others) if name == "<<" => items.extend(others),
                value => {
                    items.insert(name, value);
                }
            },
            (_, _) => {
                self.name = Some(match value {
                    Value::String(name) => name,
                    other => other.to_string(),
                });
            }
        }
    }
}

fn n_values(value: &Value) -> usize {
    match value {
        Value::Array(parts) => parts.iter().map(n_values).sum::<usize>() + 1,
        Value::Object(items) => items.values().map(n_values).sum::<usize>() + 1,
        _ => 1,
    }
}

fn scalar(text: String, style: TScalarStyle, tag: Option<&Tag>) -> Value {
    /// The beginning of the tags of classes and functions.
    const OF_PYTHON: &str = "python/name:";

    if let Some(name) = tag.and_then(|tag| tag.suffix.strip_prefix(OF_PYTHON)) {
        return name.into();
    }
    match style {
        TScalarStyle::Plain => plain(&text),
        _ => text.into(),
    }
}

/// Converts a text without quotes: a number, a truth value, or a text.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" | "None" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        text => {
            let integer = text.parse::<i64>().ok().map(Value::from);
            let float = || text.parse::<f64>().ok().map(Value::from);
            integer.or_else(float).unwrap_or_else(|| text.into())
        }
    }
}
