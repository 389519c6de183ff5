//! Naming conventions of libraries, and the conversion of their names of parameters.

use regex::{Captures, Regex};

use super::conventions::{Kind, Rule};
use crate::extract::builder::Deviations;

/// How the stored values become those of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    AsStored,
    /// A part of the parameter, which is the concatenation of its parts along the first axis.
    Part(usize),
    /// The transpose of a matrix.
    Transposed,
    /// The same values with other axes.
    Reshaped,
}

/// The result of the conversion of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Converted {
    Parameter(String, Form),
    /// The network does not need the parameter.
    Ignored,
}

/// Names of a library with the rules that convert them.
pub(super) enum Convention {
    /// The names that the network uses.
    Own,
    /// Numbers of the modules of the network in a sequence, as of `torch.nn.Sequential`.
    Numbered { modules: Vec<String> },
    Library {
        name: &'static str,
        deviations: Deviations,
        rules: Vec<CompiledRules>,
    },
}

/// Rules of which the first that matches is applied.
pub(super) struct CompiledRules(Vec<(Regex, &'static Rule)>);

impl CompiledRules {
    pub fn new(rules: &'static [Rule]) -> Self {
        let compile = |rule: &'static Rule| {
            let whole = format!("^(?:{})$", rule.from);
            (Regex::new(&whole).expect("a valid expression"), rule)
        };
        Self(rules.iter().map(compile).collect())
    }

    /// Converts a name, or returns `None` if no rule matches it.
    fn convert(&self, name: &str) -> Option<Converted> {
        let mut rules = self.0.iter();
        let (captures, rule) =
            rules.find_map(|(regex, rule)| Some((regex.captures(name)?, *rule)))?;
        let new_name = expand(rule.to, &captures);
        let form = match rule.kind {
            Kind::Rename => Form::AsStored,
            Kind::Transpose => Form::Transposed,
            Kind::Reshape => Form::Reshaped,
            Kind::Ignore => return Some(Converted::Ignored),
            Kind::Part(group) => Form::Part(match captures[group].chars().next() {
                Some('q') => 0,
                Some('k') => 1,
                _ => 2,
            }),
        };
        Some(Converted::Parameter(new_name, form))
    }
}

impl Convention {
    /// Returns the name of the library, if the names are not those that the network uses.
    pub fn library(&self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::Numbered { .. } => Some("torch.nn.Sequential"),
            Self::Library { name, .. } => Some(name),
        }
    }

    /// Returns what the library computes otherwise than the network.
    pub fn deviations(&self) -> Deviations {
        match self {
            Self::Library { deviations, .. } => *deviations,
            Self::Own | Self::Numbered { .. } => Deviations::default(),
        }
    }

    /// Converts a name to that which the network uses; other names remain.
    pub fn convert(&self, name: &str) -> Converted {
        match self {
            Self::Own => Converted::Parameter(name.to_owned(), Form::AsStored),
            Self::Numbered { modules } => {
                let numbered = name.split_once('.').and_then(|(number, rest)| {
                    let module = modules.get(number.parse::<usize>().ok()?)?;
                    Some(format!("{module}.{rest}"))
                });
                let name = numbered.unwrap_or_else(|| name.to_owned());
                Converted::Parameter(name, Form::AsStored)
            }
            Self::Library { rules, .. } => {
                let mut converted = Converted::Parameter(name.to_owned(), Form::AsStored);
                for rules in rules {
                    let Converted::Parameter(name, form) = &converted else {
                        break;
                    };
                    converted = match (rules.convert(name), *form) {
                        (None, _) => converted,
                        // What later rules convert is only renamed by them.
                        (Some(Converted::Parameter(name, Form::AsStored)), form) => {
                            Converted::Parameter(name, form)
                        }
                        (Some(next), _) => next,
                    };
                }
                converted
            }
        }
    }
}

/// Replaces `{1}` by the first captured text, and `{1*2+1}` by twice the captured number plus 1.
fn expand(template: &str, captures: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (expression, after) = after.split_once('}').expect("a closing brace");
        out.push_str(before);
        out.push_str(&evaluate(expression, captures));
        rest = after;
    }
    out + rest
}

fn evaluate(expression: &str, captures: &Captures<'_>) -> String {
    let end = expression.find(['+', '-', '*']).unwrap_or(expression.len());
    let (group, operations) = expression.split_at(end);
    let group: usize = group.parse().expect("the number of a group");
    let text = captures.get(group).map_or("", |found| found.as_str());
    if operations.is_empty() {
        return text.to_owned();
    }
    // A number that is too large is not the number of a module.
    let Ok(mut number) = text.parse::<i64>() else {
        return text.to_owned();
    };
    let mut rest = operations;
    while let Some(operation) = rest.chars().next() {
        let end = rest[1..]
            .find(['+', '-', '*'])
            .map_or(rest.len(), |end| end + 1);
        let operand: i64 = rest[1..end].parse().expect("a number");
        number = match operation {
            '*' => number.saturating_mul(operand),
            '-' => number.saturating_sub(operand),
            _ => number.saturating_add(operand),
        };
        rest = &rest[end..];
    }
    number.to_string()
}
