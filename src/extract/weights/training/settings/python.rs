//! Settings in a text of Python: a configuration of OpenMMLab, or what prints arguments.

use serde_json::{Map, Value};

use super::yaml;

/// How many dictionaries and lists may be nested.
const MAX_DEPTH: usize = 6;

/// Parses the backbone in a configuration of OpenMMLab, a call such as `Namespace(lr=0.1)`, or a
/// dictionary.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(at) = text.find("backbone=dict(") else {
        return Some(value(&text, MAX_DEPTH)).filter(Value::is_object);
    };
    let backbone = value(first(&text[at + "backbone=".len()..]), MAX_DEPTH);
    Some(Map::from_iter([("backbone".to_owned(), backbone)]).into())
}

/// Converts a call with named arguments, a dictionary, a list, a text, a number or a truth value.
fn value(text: &str, depth: usize) -> Value {
    let inside = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(text) = inside('\'', '\'').or_else(|| inside('"', '"')) {
        return text.into();
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Value::Null;
    };
    if let Some(list) = inside('(', ')').or_else(|| inside('[', ']')) {
        return parts(list)
            .into_iter()
            .map(|part| value(part, depth))
            .collect();
    }
    let call = || text.split_once('(').filter(|_| is_call(text));
    let arguments = call().and_then(|(_, arguments)| arguments.strip_suffix(')'));
    let items = arguments.map(|items| (items, '='));
    let Some((items, sign)) = items.or_else(|| Some((inside('{', '}')?, ':'))) else {
        return yaml::plain(text);
    };
    let is_partial = text
        .split('(')
        .next()
        .is_some_and(|name| name.ends_with("partial"));
    let items = parts(items)
        .into_iter()
        .enumerate()
        .filter_map(|(n, item)| {
            // The class or function of a partial call has no name.
            let target = || (is_partial && n == 0).then_some(("_target_", item));
            let (name, text) = item.split_once(sign).or_else(target)?;
            let name = name.trim_matches(['\'', '"']);
            Some((name.to_owned(), value(text, depth)))
        });
    Value::Object(items.collect())
}

/// Checks whether a text is a call that creates a dictionary, an object with settings or a partial call.
pub(super) fn is_call(text: &str) -> bool {
    const ENDINGS: [&str; 10] = [
        "args",
        "arguments",
        "cfg",
        "config",
        "dict",
        "hparams",
        "namespace",
        "options",
        "partial",
        "settings",
    ];

    let name = text.split('(').next().unwrap_or_default().to_lowercase();
    let is_name = name
        .chars()
        .all(|c| c.is_alphanumeric() || "._".contains(c));
    is_name && ENDINGS.iter().any(|ending| name.ends_with(ending)) && text.ends_with(')')
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
