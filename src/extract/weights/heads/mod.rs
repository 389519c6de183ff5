//! The number of heads of vision transformers, which no shape of a parameter shows.
//!
//! The small networks of MoCo v3, of SLIP and of most trainings with masked images have 12 heads, those
//! of timm and DINO have 3 or 6.

mod moco;

use std::collections::BTreeSet;

use serde_json::Value;

use super::conventions::HUGGING_FACE;
use super::listing::{Setting, Training};
use super::opened::Opened;
use super::other::{Other, refuse};
use super::request::{Request, Selection};
use super::training::{is_name_of_network, is_of_other_part, refusal};
use super::words::has_word;
use crate::error::{ExtractError, Result};
use crate::extract::outline::{Expected, Outline};
use moco::{are_of_moco, is_trained_by_moco};

/// Names of settings with the name of a method of training, beside those of networks.
const METHODS: [&str; 6] = [
    "algorithm",
    "framework",
    "method",
    "name",
    "ssl_method",
    "vit",
];

/// Modules of networks for images and texts, and of the decoder of masked images.
const MODULES: [&str; 8] = [
    "decoder_embed",
    "decoder_pos_embed",
    "image_projection",
    "logit_scale",
    "text_projection",
    "textual",
    "token_embedding",
    "visual_proj",
];

/// Checks that neither the settings of the training nor the tensors beside the network say that it has
/// another number of heads.
///
/// # Errors
/// Returns [`ExtractError::OtherTraining`], [`ExtractError::OtherConfiguration`] for modules of MoCo v3, or
/// [`ExtractError::MeaningfulTensors`] for other tensors.
pub(super) fn check(
    request: &Request<'_>,
    selection: &Selection,
    outline: &Outline,
    expected: &Expected<'_>,
    others: &[Other<'_>],
) -> Result<()> {
    let mut needed = outline.entries.iter().filter(|entry| entry.is_needed);
    let has_attention = needed.any(|entry| entry.key.contains("att"));
    let usual = match *expected.published.n_heads {
        [usual] if has_attention => usual,
        _ => return Ok(()),
    };
    let settings = settings(request.training);
    let refuse_setting = |setting: &Setting, found: String| -> Result<()> {
        let name = "num_heads".to_owned();
        let usual = usual.to_string();
        Err(refusal(setting, name, found, usual, None, expected))
    };
    match stated(&settings, expected) {
        Some((_, n)) if n == usual as u64 => return Ok(()),
        Some((setting, n)) => return refuse_setting(setting, format!("{n} ({})", setting.name)),
        None => {}
    }
    if usual_below_twelve(expected).is_none() || selection.library == Some(HUGGING_FACE) {
        return Ok(());
    }
    let named = settings
        .iter()
        .filter(|setting| METHODS.contains(&setting.key()) || is_name_of_network(setting));
    let mut named = named.filter_map(|s| Some((s, s.value.as_str()?)));
    if let Some((setting, name)) = named.find(|(_, name)| has_twelve_heads(name)) {
        return refuse_setting(setting, format!("12 ({} {name})", setting.name));
    }
    if is_trained_by_moco(request, expected) {
        return Err(twelve(
            "num_heads".to_owned(),
            "12 (MoCo v3)",
            usual.to_string(),
            expected,
        )
        .into());
    }
    // open_clip names the network of timm that it has in this module.
    if selection.prefix.rsplit('.').next() == Some("trunk") {
        return Ok(());
    }
    let module = |name: &str| {
        name.split('.')
            .find_map(|part| MODULES.iter().find(|m| **m == part))
    };
    let beside: Vec<&str> = others.iter().map(|other| other.name).collect();
    let modules: BTreeSet<&&str> = beside.iter().filter_map(|name| module(name)).collect();
    let flags: String = modules.iter().map(|m| format!(" --without {m}")).collect();
    let tensors = beside.iter().filter(|name| module(name).is_some());
    refuse(
        tensors.map(|&name| name.to_owned()).collect(),
        format!(
            "as in trainings with texts or masked images, whose small networks often have 12 heads and \
             not {usual}, which no shape shows: if they have 12, these weights cannot be read as \
             {}; if they have {usual}, ignore these tensors (`Weights::without`;{flags})",
            expected.architecture()
        ),
    )
}

/// Returns the settings that may be of the network: heads in the name of the setting itself are those of
/// attention.
fn settings(training: &Training) -> Vec<&Setting> {
    let settings = training.settings.iter();
    let settings = settings.filter(|setting| !is_of_other_part(setting.place(), false));
    settings.collect()
}

/// Returns the first of some settings that says how many heads the network has, with their number.
fn stated<'t>(settings: &[&'t Setting], expected: &Expected<'_>) -> Option<(&'t Setting, u64)> {
    let stated = settings
        .iter()
        .filter(|setting| is_n_heads(setting.key()))
        .filter_map(|&setting| Some((setting, number(&setting.value)?)));
    let by_width = settings.iter().filter_map(|&setting| {
        let width = number(&setting.value).filter(|&n| is_width_of_head(setting.key(), n))?;
        let n = width_of(expected)?.checked_div(width)?;
        Some((setting, n))
    });
    stated.chain(by_width).next()
}

/// Checks that the name of a file is not that of a training whose small networks have 12 heads; `whose`
/// says what has the name.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_name(name: &str, whose: &str, expected: &Expected<'_>) -> Result<()> {
    match usual_below_twelve(expected) {
        Some(usual) if has_twelve_heads(name) => {
            let setting = format!("num_heads ({name}, {whose})");
            Err(twelve(setting, "12", usual.to_string(), expected).into())
        }
        _ => Ok(()),
    }
}

/// Checks that the positions of a small vision transformer are not those of MoCo v3, unless a setting says
/// how many heads it has.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`], or the errors of reading the values.
pub(super) fn check_positions(
    opened: &Opened<'_>,
    training: &Training,
    expected: &Expected<'_>,
) -> Result<()> {
    let is_stated = stated(&settings(training), expected).is_some();
    let Some(usual) = usual_below_twelve(expected).filter(|_| !is_stated) else {
        return Ok(());
    };
    match opened.stored("pos_embed")? {
        Some((shape, positions)) if are_of_moco(&shape, &positions) => {
            let found = "12 (pos_embed has the positions of MoCo v3)";
            let usual =
                format!("{usual} (unless `num_heads: {usual}` in args.yaml beside them says so)");
            let other = twelve("num_heads".to_owned(), found, usual, expected);
            Err(opened.locate(other.into()))
        }
        _ => Ok(()),
    }
}

/// Returns the error for a network with 12 heads instead of the usual number.
fn twelve(setting: String, found: &str, usual: String, expected: &Expected<'_>) -> ExtractError {
    ExtractError::OtherConfiguration {
        architecture: expected.architecture(),
        setting,
        found: found.to_owned(),
        expected: usual,
    }
}

/// Returns the number of heads of the network, if those of some trainings with the same parameters have
/// more.
fn usual_below_twelve(expected: &Expected<'_>) -> Option<usize> {
    let is_family = matches!(expected.family(), "ViT (timm)" | "DeiT" | "DINO");
    match *expected.published.n_heads {
        [usual] if usual < 12 && is_family => Some(usual),
        _ => None,
    }
}

/// Checks whether a setting is the number of heads: `heads`, `num_attention_heads`, `nhead`.
fn is_n_heads(name: &str) -> bool {
    const HEADS: [&str; 3] = ["heads", "nhead", "nheads"];
    const NUMBER: [&str; 5] = ["n", "nb", "num", "number", "of"];
    const OF_NETWORK: [&str; 12] = [
        "att",
        "attention",
        "attn",
        "backbone",
        "enc",
        "encoder",
        "head",
        "model",
        "transformer",
        "vision",
        "visual",
        "vit",
    ];

    let words: Vec<&str> = name.split('_').collect();
    let is_number = words.iter().any(|word| NUMBER.contains(word)) && words.contains(&"head");
    let all = [&HEADS[..], &NUMBER, &OF_NETWORK].concat();
    (is_number || words.iter().any(|word| HEADS.contains(word)))
        && words.iter().all(|word| all.contains(word))
}

/// Checks whether a setting is the width of each head: `head_dim`, `dim_head`. That of a classifier or a
/// projection is larger.
fn is_width_of_head(name: &str, width: u64) -> bool {
    const WORDS: [&str; 7] = ["att", "attention", "attn", "dim", "head", "size", "vit"];

    let words: Vec<&str> = name.split('_').collect();
    let is_width = words.contains(&"head") && (words.contains(&"dim") || words.contains(&"size"));
    is_width && (8..128).contains(&width) && words.iter().all(|word| WORDS.contains(word))
}

/// Returns the width of the tokens.
fn width_of(expected: &Expected<'_>) -> Option<u64> {
    let mut kernels = expected.published.entries.iter();
    let kernel = kernels.find(|entry| entry.shape.len() == 4)?;
    kernel.shape.first().map(|&width| width as u64)
}

/// Returns a number, or that in a text or in a list of one.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(parts) => match &parts[..] {
            [part] => part.as_u64(),
            _ => None,
        },
        value => value.as_u64(),
    }
}

/// Checks whether a name is that of a training whose small networks have 12 heads.
fn has_twelve_heads(name: &str) -> bool {
    /// Parts of names: of facebookresearch/slip and of MoCo v3.
    const PARTS: [&str; 5] = ["slip_vits", "clip_vits", "simclr_vits", "mocov3", "moco_v3"];

    let name = name.to_lowercase().replace('-', "_");
    PARTS.iter().any(|part| name.contains(part)) || has_word(&name, &["mae"])
}
