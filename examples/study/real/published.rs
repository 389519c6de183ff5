//! Published RDMs and features of AlexNet, brain areas and theories.

use human_alignment::rdm::RdmFile;
use human_alignment::study::{Model, ModelFactors};
use human_alignment::{Error, Rdm, Result, SimilarityDataset};

use super::{ANCHORED, Data, OBJECTS, SHOES, factors};

/// Returns the factors of the AlexNet whose layers are published.
fn alexnet() -> ModelFactors {
    ModelFactors {
        family: Some("AlexNet".into()),
        training_data: Some("ImageNet-1k".into()),
        objective: Some("supervised".into()),
        n_parameters: Some(61_100_840),
        n_layers: Some(8),
        imagenet_top1: None,
        cluster: None,
    }
}

pub fn all(data: &Data) -> Result<Vec<Model>> {
    let mut models = Vec::new();
    let layers = data.objects.models(
        "alexnet_layer_rdms_condensed.npy",
        "alexnet_layer_rdms.json",
    )?;
    for (depth, (layer, rdm)) in (1..).zip(layers) {
        // The probabilities are not a layer with weights.
        let model = match layer.as_str() {
            "prob" => Model::new("AlexNet, softmax"),
            _ => Model::new("AlexNet")
                .with_factors(alexnet())
                .with_tap(layer, depth),
        };
        models.push(model.on(OBJECTS, rdm));
    }
    let shoes = data.features("zappos/alexnet_fc_features.npy", data.shoe_images.stimuli())?;
    let shoes_of_alexnet = Model::new("AlexNet").with_factors(alexnet());
    let shoes_of_alexnet = shoes_of_alexnet
        .with_tap("fc, 4096 features", 6)
        .on(SHOES, shoes.clone())
        .on(ANCHORED, shoes);
    models.push(data.probed(shoes_of_alexnet));
    for (name, file) in [
        ("human IT", "human_it_rdm_condensed.npy"),
        ("monkey IT", "monkey_it_rdm_condensed.npy"),
    ] {
        let model = Model::new(name).with_factors(factors("brain", None));
        models.push(model.on(OBJECTS, condensed(data, file)?));
    }
    let theories = "category_model_rdms.npy";
    for (name, rdm) in data.objects.models(theories, "category_model_rdms.json")? {
        // One of the models is a copy of the RDM of monkey IT.
        if name != "monkeyIT" {
            let model = Model::new(name).with_factors(factors("theory", None));
            models.push(model.on(OBJECTS, rdm));
        }
    }
    Ok(models)
}

fn condensed(data: &Data, file: &str) -> Result<Rdm> {
    let path = data.path("kriegeskorte92").join(file);
    let set = RdmFile::new(&path)?.with_ids(data.objects.stimuli().clone());
    match set.read()?.rdms() {
        [rdm] => Ok(rdm.clone()),
        rdms => Err(Error::other(format!(
            "{}: {} RDMs (expected one)",
            path.display(),
            rdms.len()
        ))),
    }
}
