//! What settings have in the architectures of this crate.

use std::fmt;

use serde_json::Value;

/// What a setting has in the architectures of this crate.
pub(super) enum Usual {
    On,
    Off,
    /// Off, where 1 is a number of something else.
    False,
    /// Off, or the name of nothing.
    Nothing,
    /// Off, or a dilation of 1.
    NotDilated,
    Number(f64),
    /// A stride of 32 before the pooling; only 8 and 16 are those of dilated networks, others are of
    /// layers after them.
    OutputStride,
    /// One of these numbers.
    Numbers(Vec<f64>),
    /// One of these names, where the others are those of something else.
    Name(Vec<&'static str>, &'static [&'static str]),
}

impl Usual {
    /// Checks whether a setting is as usual; one that says nothing is.
    pub fn is(&self, found: &Value) -> bool {
        if let Value::Array(parts) = found {
            return parts.iter().all(|part| self.is(part));
        }
        let text = found.as_str().map(str::to_lowercase);
        let number = match &text {
            Some(text) => text.parse().ok(),
            None => found.as_f64(),
        };
        let is_text = |texts: &[&str]| text.as_deref().is_some_and(|text| texts.contains(&text));
        let is_on = *found == Value::Bool(true) || is_text(&["true", "yes", "on"]);
        let is_off = *found == Value::Bool(false)
            || is_text(&["", "false", "identity", "no", "none", "null", "off"]);
        match self {
            Self::Off => !is_on && number != Some(1.0),
            Self::False => !is_on,
            Self::Nothing => match number {
                Some(number) => number != 1.0,
                None => !is_on && (text.is_none() || is_off),
            },
            Self::NotDilated => !is_on && number.is_none_or(|number| number <= 1.0),
            Self::On => !is_off && number != Some(0.0),
            Self::Number(usual) => number.is_none_or(|number| number == *usual),
            Self::OutputStride => number.is_none_or(|number| number != 8.0 && number != 16.0),
            Self::Numbers(usual) => number.is_none_or(|number| {
                // Those of single precision are rounded.
                let is_same = |usual: &f64| (number - usual).abs() <= 1e-6 * usual;
                usual.iter().any(is_same)
            }),
            Self::Name(usual, others) => text.as_deref().is_none_or(|text| {
                let name = class_name(text);
                usual.contains(&name.as_str()) || !others.contains(&name.as_str())
            }),
        }
    }
}

/// Returns the last part of the name of a class or function, in letters and digits, without arguments.
fn class_name(text: &str) -> String {
    let name = text.split('(').next().unwrap_or_default();
    let name = name.rsplit(['.', ':']).next().unwrap_or_default();
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

impl fmt::Display for Usual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => f.write_str("true"),
            Self::Off | Self::False | Self::Nothing | Self::NotDilated => f.write_str("false"),
            Self::Number(number) => number.fmt(f),
            Self::OutputStride => f.write_str("32"),
            Self::Numbers(numbers) => f.write_str(&either(numbers)),
            Self::Name(names, _) => f.write_str(&either(names)),
        }
    }
}

/// Lists what a setting may be.
fn either<T: ToString>(values: &[T]) -> String {
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    values.join(" or ")
}
