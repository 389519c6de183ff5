//! Settings of the pooling before the classifier.

use super::rules::{Rule, name};
use super::usual::Usual;
use super::words::Words;

/// Poolings of places, in small letters and digits.
const OF_PLACES: &[&str] = &["gem", "mac", "netvlad", "rmac", "vlad"];

/// Poolings other than the average of all places.
const OTHERS: &[&str] = &[
    "adaptivemax",
    "adaptivemaxpool",
    "adaptivemaxpool2d",
    "attention",
    "attentionpool",
    "attn",
    "avgmax",
    "catavgmax",
    "fastavgmax",
    "gem",
    "gempool",
    "gempooling",
    "generalizedmean",
    "generalizedmeanpooling",
    "generalizedmeanpoolingp",
    "globalmax",
    "globalmaxpool",
    "globalmaxpool2d",
    "globalmaxpooling",
    "gmp",
    "mac",
    "max",
    "maxpool",
    "maxpool2d",
    "maxpooling",
    "netvlad",
    "rmac",
    "vlad",
];

/// Returns the rules for the pooling before the classifier.
pub(super) fn of_pooling() -> Vec<Rule> {
    vec![
        Rule::new(name("avg", OTHERS), None, is_pooling),
        // An aggregation may also be one of frames or scores.
        Rule::new(name("avg", OF_PLACES), None, |words| {
            const WORDS: [&str; 3] = ["agg", "aggregation", "aggregator"];

            words.has(&WORDS) && is_of_network(words, &WORDS)
        }),
        // Losses have the mean, the sum or none.
        Rule::new(name("avg", &["gem", "globalmax", "max"]), None, |words| {
            const WORDS: [&str; 2] = ["readout", "reduction"];

            words.has(&WORDS) && is_of_network(words, &WORDS)
        }),
        Rule::new(Usual::False, None, |words| {
            words.has(OF_PLACES) && is_of_network(words, &[OF_PLACES, &POOLINGS].concat())
        }),
        Rule::new(Usual::On, None, |words| {
            is_pooling(words) && words.has(&["avg", "avgpool"])
        }),
        Rule::new(Usual::False, None, |words| {
            is_pooling(words) && words.has(&["max"]) && words.has(&["adaptive", "global"])
        }),
    ]
}

/// Returns the rule for the power of the generalized mean where no setting names a pooling.
pub(super) fn of_power() -> Rule {
    Rule::new(Usual::Number(1.0), None, |words| {
        let of_power = ["exponent", "p", "power"];
        words.has(&["gem"])
            && words.has(&of_power)
            && is_of_network(words, &[&of_power[..], &["gem"]].concat())
    })
}

/// Returns the rules for the pooling of the tokens of transformers.
pub(super) fn of_tokens() -> Vec<Rule> {
    let others = &["avg", "avgmax", "gap", "map", "max", "mean"];
    let is_of_class = |words: &Words<'_>| {
        words.has(&["cls", "class"]) && words.has(&["token"]) && words.is_in_network(&[])
    };
    vec![
        Rule::new(name("token", others), None, is_pooling),
        Rule::new(Usual::Off, None, |words| {
            is_pooling(words) && words.has(&["average", "avg", "avgpool", "global", "mean"])
        }),
        Rule::new(Usual::On, None, move |words| {
            is_of_class(words) && words.has_only(&["cls", "token"])
        }),
        Rule::new(Usual::Off, None, move |words| {
            is_of_class(words) && words.is_negated()
        }),
    ]
}

/// Words of the pooling before the classifier.
const POOLINGS: [&str; 6] = ["avgpool", "gp", "pool", "pooler", "pooling", "poolname"];

/// Checks whether a setting is the pooling of the network, and not of another part or of its first
/// convolution.
pub(super) fn is_pooling(words: &Words<'_>) -> bool {
    words.has(&POOLINGS) && is_of_network(words, &POOLINGS)
}

fn is_of_network(words: &Words<'_>, others: &[&str]) -> bool {
    const BESIDE: [&str; 19] = [
        "adaptive",
        "average",
        "avg",
        "max",
        "mean",
        "cls",
        "end",
        "global",
        "gap",
        "method",
        "mode",
        "out",
        "output",
        "retrieval",
        "spatial",
        "strategy",
        "timm",
        "token",
        "tokens",
    ];

    words.has_only(&[others, &BESIDE].concat()) && words.is_in_network(&["layer"])
}
