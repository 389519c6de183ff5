//! Tests with names of the libraries.

use std::collections::BTreeMap;

use super::conventions;
use crate::extract::outline::Expected;
use crate::extract::weights::convention::Form;
use crate::extract::{Architecture, Network};

#[test]
fn names_of_libraries_are_those_of_parameters() {
    let mut parameters: BTreeMap<&str, Vec<(String, Vec<usize>)>> = BTreeMap::new();
    let rows = include_str!("names.tsv").lines();
    let mut n_rows = 0;
    for row in rows.filter(|row| !row.starts_with('#')) {
        let [name, library, there, here] = *row.split('\t').collect::<Vec<_>>() else {
            panic!("{row}");
        };
        let architecture = Architecture::named(name).unwrap();
        let known = parameters
            .entry(name)
            .or_insert_with(|| Network::list_parameters(&architecture).unwrap());
        let outline = Expected::new(&architecture, &[]).unwrap().published;
        let of_library = conventions(architecture.family(), Vec::new(), outline.blocks());
        let of_library = of_library
            .iter()
            .filter(|convention| convention.library() == Some(library));
        let here: Vec<&str> = here.split(' ').filter(|name| *name != "-").collect();
        let converted: Vec<Vec<String>> = of_library
            .map(|convention| {
                let parameters = convention.convert(there).into_iter();
                parameters.map(|(name, _)| name).collect()
            })
            .collect();
        assert!(
            converted.iter().any(|names| *names == here),
            "{row}: {converted:?}"
        );
        let is_known = |here: &&str| known.iter().any(|(name, _)| name == here);
        assert!(here.iter().all(is_known), "{row}");
        n_rows += 1;
    }
    assert!(n_rows > 100);
}

#[test]
fn parts_and_transposes_are_noted() {
    let of = |family, name: &str| {
        let modules = vec!["conv1".into(), "bn1".into()];
        let conventions = conventions(family, modules, Vec::new());
        conventions
            .iter()
            .map(|convention| convention.convert(name))
            .collect::<Vec<_>>()
    };
    let parameter = |name: &str, form| vec![(name.to_owned(), form)];
    let value = of("DINOv2", "encoder.layer.4.attention.attention.value.weight");
    assert!(value.contains(&parameter("blocks.4.attn.qkv.weight", Form::Part(2))));
    let key = of(
        "CLIP",
        "vision_model.encoder.layers.4.self_attn.k_proj.bias",
    );
    let name = "transformer.resblocks.4.attn.in_proj_bias";
    assert!(key.contains(&parameter(name, Form::Part(1))));
    assert!(of("CLIP", "visual_projection.weight").contains(&parameter("proj", Form::Transposed)));
    assert!(of("ResNet", "1.bias").contains(&parameter("bn1.bias", Form::AsStored)));
    // A number of a module that does not exist is part of the name.
    assert!(
        of("ResNet", "7.bias")
            .iter()
            .all(|name| *name == parameter("7.bias", Form::AsStored))
    );
}

#[test]
fn positions_and_names_are_those_of_transformers() {
    let of_transformers = |family| -> Vec<super::Convention> {
        let all = conventions(family, Vec::new(), Vec::new()).into_iter();
        all.filter(|convention| convention.library() == Some(super::HUGGING_FACE))
            .collect()
    };
    assert!(of_transformers("SigLIP")[0].deviations().is_aliased);
    let name = of_transformers("BEiT")[0].convert("data2vec_vision.embeddings.cls_token");
    assert_eq!(name, [("cls_token".to_owned(), Form::AsStored)]);
}
