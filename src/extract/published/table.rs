//! The table of published weights, `weights.tsv`.
//!
//! Columns: architecture; tag, which is that of timm, of open_clip or, in lower case, of torchvision;
//! length of the shorter side after resizing, or `whole` where the whole image is resized to the
//! crop; filter; side of the crop; normalization; training data; objective; published top-1 accuracy
//! on ImageNet in %; and on the Hugging Face hub the repository, the file and the prefix of the
//! names. Those of one architecture follow each other, the default ones first.
//!
//! GoogLeNet and Inception were converted from other frameworks and expect pixels in [−1, 1].
//! torchvision converts ImageNet-normalized images inside these networks; here the preprocessing
//! does.

use std::sync::LazyLock;

use super::{HubFile, PublishedWeights};
use crate::extract::preprocess::Preprocessing;

/// All published weights.
pub(super) static TABLE: LazyLock<Vec<PublishedWeights>> = LazyLock::new(|| {
    let rows = include_str!("weights.tsv").lines().skip(1);
    rows.map(|row| weights(row).expect("a row that the tests have read"))
        .collect()
});

/// Reads a row; returns `None` if it is malformed.
fn weights(row: &'static str) -> Option<PublishedWeights> {
    let fields: Vec<&str> = row.split('\t').collect();
    let fields: [&'static str; 12] = fields.try_into().ok()?;
    let [architecture, tag, resize, filter, crop, normalization, ..] = fields;
    let [.., data, objective, top1, repository, file, prefix] = fields;
    let steps = [normalization, resize, filter, crop];
    Some(PublishedWeights {
        architecture,
        tag,
        preprocessing: Preprocessing::described(steps)?,
        training_data: data,
        objective,
        imagenet_top1: match top1 {
            "" => None,
            percent => Some(percent.parse().ok()?),
        },
        hub: (!repository.is_empty()).then_some(HubFile {
            repository,
            file,
            prefix,
        }),
    })
}
