//! The settings of a network in the configuration that OpenMMLab stores as a text of Python.

use serde_json::Value as Json;

use super::Checkpoint;
use crate::extract::weights::listing::Setting;

/// How many dictionaries and lists may be nested.
const MAX_DEPTH: usize = 6;

impl Checkpoint {
    /// Returns the settings of the backbone in the configuration of OpenMMLab, with names such as
    /// `backbone.norm_cfg.eps`.
    pub(super) fn settings_of_openmmlab(&self) -> Vec<Setting> {
        let pickle = &self.pickle;
        let meta = pickle.item(pickle.items(pickle.root()), "meta");
        let meta = meta.map_or(&[][..], |meta| pickle.attributes(meta));
        let texts = ["config", "cfg"].into_iter();
        let mut texts = texts.filter_map(|name| pickle.text(pickle.item(meta, name)?));
        let mut found = Vec::new();
        if let Some(text) = texts.next() {
            let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            if let Some((_, backbone)) = text.split_once("backbone=") {
                collect("backbone", first(backbone), MAX_DEPTH, &mut found);
            }
        }
        found
    }
}

/// Adds a setting, or those in a dictionary, to those that were found.
fn collect(name: &str, text: &str, depth: usize, found: &mut Vec<Setting>) {
    let items = text.strip_prefix("dict(").and_then(|t| t.strip_suffix(')'));
    let Some(items) = items else {
        let (name, value) = (name.to_lowercase(), value(text, depth));
        found.push(Setting { name, value });
        return;
    };
    if depth > 0 {
        for item in parts(items) {
            if let Some((key, text)) = item.split_once('=') {
                collect(&format!("{name}.{key}"), text, depth - 1, found);
            }
        }
    }
}

/// Converts a text, a number, a truth value, or a list of these.
fn value(text: &str, depth: usize) -> Json {
    let inside = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(text) = inside('\'', '\'').or_else(|| inside('"', '"')) {
        return text.into();
    }
    if let Some(list) = inside('(', ')').or_else(|| inside('[', ']')) {
        let values = parts(list).into_iter().filter(|_| depth > 0);
        return values
            .map(|part| value(part, depth.saturating_sub(1)))
            .collect();
    }
    match text {
        "True" => true.into(),
        "False" => false.into(),
        "None" => Json::Null,
        text => {
            let integer = text.parse::<i64>().ok().map(Json::from);
            let float = || text.parse::<f64>().ok().map(Json::from);
            integer.or_else(float).unwrap_or("another value".into())
        }
    }
}

/// Splits the items of a list or a dictionary.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let part = first(rest);
        parts.push(part);
        rest = rest[part.len()..].get(1..).unwrap_or_default();
    }
    parts
}

/// Returns the text up to the first comma or closing bracket that is in no brackets or quotes.
fn first(text: &str) -> &str {
    let (mut depth, mut quote) = (0_usize, None);
    let end = text.char_indices().find(|&(_, c)| {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}' | ',') if depth == 0 => return true,
            (None, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        false
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}
