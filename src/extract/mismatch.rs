//! What is wrong with parameters that do not fit a network, and what to do.

use crate::error::Short;

/// Parts of the names of what a quantization adds to a network.
const QUANTIZATION: [&str; 5] = [
    ".zero_point",
    "_packed_params",
    "activation_post_process",
    "fake_quant",
    "observer",
];

/// Returns the cause, if it is known, or else what to do, and the names that are in the file if
/// parameters are missing.
///
/// Parameters can be ignored only in modules beside the network: those in its own modules change
/// what they compute.
pub(super) fn remedy(
    missing: &[String],
    unexpected: &[String],
    beside: &[String],
    misshapen: &[String],
    stored: &[String],
    cause: Option<String>,
) -> String {
    let has = |part: &str| stored.iter().any(|name| name.contains(part));
    let mut remedy = String::new();
    if has("lora_") {
        remedy += ": the file has changes of parameters (LoRA): merge them into the network before \
                   saving (`merge_and_unload`)";
    } else if QUANTIZATION.iter().any(|part| has(part)) {
        remedy += ": the parameters are quantized, or prepared for it with observers: save those of \
                   the network before its quantization";
    } else if let Some(cause) = cause {
        remedy += &format!(": {cause}");
    } else if missing.iter().any(|name| name == "norm.weight") && has("fc_norm.weight") {
        remedy += ": this network normalizes after its pooling: extract its last block instead, such as \
                   `blocks.11@token-mean` (`--tap`), or `blocks.11@class-token` if it has the class token \
                   (`global_pool`)";
    } else if missing.iter().any(|name| name == "fc_norm.weight") && stored.iter().any(is_last_norm)
    {
        remedy += ": this network normalizes before its pooling, which is usually the class token: extract \
                   its last block instead, such as `blocks.11@class-token` (`--tap`)";
    } else if !missing.is_empty() {
        remedy += &format!("; the file has {}", few(stored));
        remedy += ": check the architecture, or choose or rename parameters \
                   (`Weights::with_prefix`, `Weights::renamed`; `--key`, `--rename`), and read a \
                   divided file by its .index.json";
    } else if !unexpected.is_empty() && (beside.is_empty() || !misshapen.is_empty()) {
        remedy += ": these are parameters of another architecture, or of a variant of this one with \
                   masks, adapters or other modules: name the architecture of the file, or merge them \
                   before saving";
    } else if !beside.is_empty() {
        let flags = beside
            .iter()
            .map(|beginning| format!(" --without {}", Short(beginning)));
        remedy += &format!(
            ": check the architecture; a network that uses them is another one, but parameters that come \
             after the tap or belong to another network can be ignored (`Weights::without`;{})",
            flags.collect::<String>()
        );
    } else {
        remedy += ": check the architecture";
    }
    remedy
}

/// Checks whether a name is that of the normalization after all blocks.
fn is_last_norm(name: &String) -> bool {
    name == "norm.weight" || name.ends_with(".norm.weight")
}

/// Returns what to do if missing parameters are computed from others, such as `fc.weight_orig` or
/// `fc.parametrizations.weight.original0`.
pub(super) fn parametrization<'n>(
    missing: &[String],
    mut unexpected: impl Iterator<Item = &'n str>,
) -> Option<String> {
    let name = unexpected.find(|name| {
        let computed = name.replace("parametrizations.", "");
        missing.iter().any(|missing| {
            let rest = computed.strip_prefix(missing.as_str());
            rest.is_some_and(|rest| rest.starts_with(['_', '.']))
        })
    })?;
    Some(format!(
        "parameters are computed from others ({}): let the network compute them before saving \
         (`torch.nn.utils.parametrize.remove_parametrizations`, or `prune.remove`, \
         `remove_weight_norm` or `remove_spectral_norm` of `torch.nn.utils`)",
        Short(name)
    ))
}

/// Returns the first few names.
pub(super) fn few(names: &[String]) -> String {
    /// The largest number of parameters that are named.
    const NAMED: usize = 4;

    let more = if names.len() > NAMED { ", …" } else { "" };
    let named: Vec<String> = names[..names.len().min(NAMED)]
        .iter()
        .map(|name| Short(name).to_string())
        .collect();
    format!("{}{more}", named.join(", "))
}

/// Returns a list such as `3 missing (fc.weight, …); 1 of another shape (…: [64, 3, 7], not [3])`.
pub(super) fn mismatch(missing: &[String], unexpected: &[String], misshapen: &[String]) -> String {
    let some = |kind: &str, names: &[String]| match names.len() {
        0 => None,
        n => Some(format!("{n} {kind} ({})", few(names))),
    };
    let parts = [
        some("missing", missing),
        some("unexpected", unexpected),
        some("of another shape", misshapen),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
