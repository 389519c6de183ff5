//! Naming conventions of libraries, and the conversion of their names of parameters.

use std::sync::Arc;

use regex::{Captures, Regex};

use super::conventions::{Kind, Rule};
use super::names::root;
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
    /// The first third of the rows: the query of a query, key and value.
    Query,
    /// The other two thirds.
    KeyAndValue,
    /// The last third.
    Value,
}

impl Form {
    /// Returns the first and the end of the thirds of the rows, if they are not all.
    pub fn thirds(self) -> Option<[usize; 2]> {
        match self {
            Self::Query => Some([0, 1]),
            Self::KeyAndValue => Some([1, 3]),
            Self::Value => Some([2, 3]),
            Self::AsStored | Self::Part(_) | Self::Transposed | Self::Reshaped => None,
        }
    }
}

/// The parameters of the network that a stored tensor is, or is a part of; none if the network does
/// not need it.
pub(super) type Converted = Vec<(String, Form)>;

/// Names of a library with the rules that convert them.
pub(super) enum Convention {
    /// The names that the network uses.
    Own,
    /// Numbers of the modules of the network in a sequence, as of `torch.nn.Sequential`.
    Numbered { modules: Vec<String> },
    /// Numbers of the modules within `features` alone, as in a network for detection or segmentation.
    Features,
    Library {
        name: &'static str,
        deviations: Deviations,
        /// The module of a network that has its classifier beside it.
        body: Option<CompiledRules>,
        rules: Vec<CompiledRules>,
        /// Rules for the names of another library, which `rules` make.
        then: Vec<CompiledRules>,
        /// The names of the blocks of the network, in order.
        blocks: Arc<[String]>,
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
    fn convert(&self, name: &str, blocks: &[String]) -> Option<Converted> {
        let mut rules = self.0.iter();
        let (captures, rule) =
            rules.find_map(|(regex, rule)| Some((regex.captures(name)?, *rule)))?;
        let names = rule.to.split(' ').map(|to| expand(to, &captures, blocks));
        let forms = match rule.kind {
            Kind::Ignore => return Some(Vec::new()),
            Kind::Rename => vec![Form::AsStored],
            Kind::Transpose => vec![Form::Transposed],
            Kind::Reshape => vec![Form::Reshaped],
            Kind::Split => vec![Form::Query, Form::KeyAndValue],
            Kind::SplitBias => vec![Form::Query, Form::Value],
            Kind::Part(group) => vec![Form::Part(match captures[group].chars().next() {
                Some('q') => 0,
                Some('k') => 1,
                _ => 2,
            })],
        };
        Some(names.zip(forms).collect())
    }
}

impl Convention {
    /// Returns the name of the library, if the names are not those that the network uses.
    pub fn library(&self) -> Option<&'static str> {
        match self {
            Self::Own => None,
            Self::Numbered { .. } | Self::Features => Some("torch.nn.Sequential"),
            Self::Library { name, .. } => Some(name),
        }
    }

    /// Returns what the library computes otherwise than the network.
    pub fn deviations(&self) -> Deviations {
        match self {
            Self::Library { deviations, .. } => *deviations,
            Self::Own | Self::Numbered { .. } | Self::Features => Deviations::default(),
        }
    }

    /// Converts a name to that which the network uses; other names remain.
    pub fn convert(&self, name: &str) -> Converted {
        self.read(name).0
    }

    /// Converts a name, and returns whether the name can be one of the library.
    ///
    /// A module of any program may have the name of the body of a network of the library, such as
    /// `vit`, so that the names of such a library are only those that its own rules convert.
    pub fn read(&self, name: &str) -> (Converted, bool) {
        let as_stored = |name: &str| vec![(name.to_owned(), Form::AsStored)];
        match self {
            Self::Own => (as_stored(name), true),
            Self::Numbered { modules } => {
                let numbered = name.split_once('.').and_then(|(number, rest)| {
                    let module = modules.get(number.parse::<usize>().ok()?)?;
                    Some(format!("{module}.{rest}"))
                });
                (
                    as_stored(&numbered.unwrap_or_else(|| name.to_owned())),
                    true,
                )
            }
            Self::Features => match root(name).parse::<usize>() {
                Ok(_) => (as_stored(&format!("features.{name}")), true),
                Err(_) => (as_stored(name), true),
            },
            Self::Library {
                body,
                rules,
                then,
                blocks,
                ..
            } => {
                let mut converted = as_stored(name);
                let mut is_known = apply(rules, &mut converted, blocks);
                if let Some(body) = body
                    && !is_known
                    && apply([body], &mut converted, blocks)
                {
                    is_known = apply(rules, &mut converted, blocks);
                }
                apply(then, &mut converted, blocks);
                (converted, is_known || body.is_none())
            }
        }
    }
}

/// Applies tables of rules one after the other. Returns whether any rule matched.
fn apply<'r>(
    tables: impl IntoIterator<Item = &'r CompiledRules>,
    converted: &mut Converted,
    blocks: &[String],
) -> bool {
    let mut is_known = false;
    for rules in tables {
        let convert = |(name, form): (String, Form)| match rules.convert(&name, blocks) {
            None => vec![(name, form)],
            // What later rules convert is only renamed by them.
            Some(mut next) => {
                is_known = true;
                for (_, new) in &mut next {
                    if *new == Form::AsStored {
                        *new = form;
                    }
                }
                next
            }
        };
        *converted = std::mem::take(converted)
            .into_iter()
            .flat_map(convert)
            .collect();
    }
    is_known
}

/// Replaces `{1}` by the first captured text, `{1*2+1}` by twice the captured number plus 1, and
/// `{1#}` by the name of the block with the captured number.
fn expand(template: &str, captures: &Captures<'_>, blocks: &[String]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (expression, after) = after.split_once('}').expect("a closing brace");
        out.push_str(before);
        out.push_str(&match expression.strip_suffix('#') {
            None => evaluate(expression, captures),
            Some(group) => {
                let number = evaluate(group, captures);
                let block = number
                    .parse()
                    .ok()
                    .and_then(|number: usize| blocks.get(number));
                block.cloned().unwrap_or(number)
            }
        });
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
