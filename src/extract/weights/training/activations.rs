//! Settings of the activations between layers.

use super::rules::Rule;
use super::usual::Usual;
use super::words::Words;
use crate::extract::layers::Activation;

/// Activations between layers, in small letters and digits.
const HIDDEN: &[&str] = &[
    "celu",
    "crelu",
    "dyrelu",
    "elu",
    "frelu",
    "gelu",
    "gelufast",
    "gelunew",
    "gelupytorchtanh",
    "gelutanh",
    "hardswish",
    "hswish",
    "leaky",
    "leakyrelu",
    "lrelu",
    "mish",
    "prelu",
    "quickgelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "silu",
    "softplus",
    "swish",
];

/// Returns the rules for the activations between layers, which are these.
pub(super) fn of_activations(usual: &[Activation]) -> Vec<Rule> {
    let names = usual.iter().flat_map(|activation| activation.names());
    let names: Vec<&str> = names.copied().collect();
    let (first, others, own) = (Some("relu"), names.clone(), names.clone());
    vec![
        Rule::new(Usual::Name(names, HIDDEN), first, is_activation),
        Rule::new(Usual::False, first, move |words| {
            named(words).is_some_and(|name| !others.contains(&name.as_str()))
        }),
        Rule::new(Usual::On, first, move |words| {
            // Without one, the last layer of a block may be meant, or it is not forced.
            let is_own = |name: &str| name != "relu" && own.contains(&name);
            named(words).is_some_and(|name| is_own(&name)) && !words.has(&["force"])
        }),
    ]
}

/// Returns the rule for the slope of a rectifier where no setting names an activation.
pub(super) fn of_slope() -> Rule {
    Rule::new(Usual::Number(0.0), Some("relu"), |words| {
        let of_rectifiers = ["leaky", "leakyrelu", "lrelu", "negative", "relu", "slope"];
        let is_slope = words.has(&["slope"]) && words.key.len() > 1;
        is_slope && words.has_only(&of_rectifiers) && words.is_in_network(&of_rectifiers)
    })
}

/// Returns the activation that a setting of having it names, in letters and digits.
fn named(words: &Words<'_>) -> Option<String> {
    const BESIDE: [&str; 7] = ["act", "activation", "enable", "force", "is", "use", "with"];

    let rest = words.key.iter().filter(|word| !BESIDE.contains(word));
    let name: String = rest.copied().collect();
    (HIDDEN.contains(&name.as_str()) && words.is_in_network(&[])).then_some(name)
}

/// Checks whether a setting is the activation of the network, and not of another part.
pub(super) fn is_activation(words: &Words<'_>) -> bool {
    const WORDS: [&str; 13] = [
        "act",
        "acti",
        "activ",
        "activation",
        "activations",
        "actv",
        "nl",
        "nonlin",
        "nonlinear",
        "nonlinearities",
        "nonlinearity",
        "relu",
        "transfer",
    ];
    // Parts of the blocks of networks.
    const BESIDE: [&str; 8] = [
        "bn",
        "ffn",
        "global",
        "linearity",
        "mlp",
        "non",
        "stem",
        "transformer",
    ];

    (words.has(&WORDS) || words.text.ends_with("non_linearity"))
        && words.has_only(&[&WORDS[..], &BESIDE].concat())
        && words.is_in_network(&["ffn", "layer", "mlp", "norm", "transformer"])
}
