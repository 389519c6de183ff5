//! Networks of TensorFlow whose features of all images are files.
//!
//! The three MobileNetV2 differ only in their training data. The accuracies on ImageNet are those
//! before quantization.

use human_alignment::study::{Model, ModelFactors};
use human_alignment::{Result, Stimuli};

use super::{ANCHORED, Data, MATERIALS, OBJECTS, PICTURED, SHOES};

struct Dequantized {
    name: &'static str,
    /// Start of the names of the files.
    file: &'static str,
    family: &'static str,
    training_data: &'static str,
    n_parameters: u64,
    /// Number of layers with weights, one after another.
    n_layers: u32,
    imagenet_top1: Option<f64>,
}

const NETWORKS: [Dequantized; 6] = [
    Dequantized {
        name: "mobilenet_v1 0.25, 128 px",
        file: "tf_mobilenet_v1_025_128",
        family: "MobileNetV1",
        training_data: "ImageNet-1k",
        n_parameters: 470_329,
        n_layers: 28,
        imagenet_top1: Some(41.5),
    },
    Dequantized {
        name: "mobilenet_v1 0.75, 192 px",
        file: "tf_mobilenet_v1_075_192",
        family: "MobileNetV1",
        training_data: "ImageNet-1k",
        n_parameters: 2_586_329,
        n_layers: 28,
        imagenet_top1: Some(67.2),
    },
    Dequantized {
        name: "mobilenet_v2, ImageNet",
        file: "tf_mobilenet_v2_imagenet",
        family: "MobileNetV2",
        training_data: "ImageNet-1k",
        n_parameters: 3_506_153,
        n_layers: 53,
        imagenet_top1: Some(71.8),
    },
    Dequantized {
        name: "mobilenet_v2, birds",
        file: "tf_mobilenet_v2_birds",
        family: "MobileNetV2",
        training_data: "iNaturalist birds",
        n_parameters: 3_460_037,
        n_layers: 53,
        imagenet_top1: None,
    },
    Dequantized {
        name: "mobilenet_v2, insects",
        file: "tf_mobilenet_v2_insects",
        family: "MobileNetV2",
        training_data: "iNaturalist insects",
        n_parameters: 3_533_054,
        n_layers: 53,
        imagenet_top1: None,
    },
    Dequantized {
        name: "efficientnet_lite0",
        file: "tf_efficientnet_lite0",
        family: "EfficientNet",
        training_data: "ImageNet-1k",
        n_parameters: 4_652_008,
        n_layers: 50,
        imagenet_top1: Some(75.1),
    },
];

/// Creates a model for the last map, averaged over places, and one for the logits of each network.
pub fn all(data: &Data) -> Result<Vec<Model>> {
    let materials = data.materials()?;
    let mut models = Vec::new();
    for network in &NETWORKS {
        let factors = ModelFactors {
            family: Some(network.family.into()),
            training_data: Some(network.training_data.into()),
            objective: Some("supervised".into()),
            n_parameters: Some(network.n_parameters),
            n_layers: Some(network.n_layers),
            imagenet_top1: network.imagenet_top1,
            cluster: Some(network.family.into()),
        };
        for (depth, tap) in (1..).zip(["penultimate", "logits"]) {
            let name = format!("{}.{tap}", network.file);
            let features = |folder: &str, rows: &Stimuli| {
                data.features(&format!("{folder}/features/{name}.npy"), rows)
            };
            let shoes = features("zappos", data.shoe_images.stimuli())?;
            let model = Model::new(network.name)
                .with_factors(factors.clone())
                .with_tap(tap, depth)
                .on(
                    PICTURED,
                    data.features_of_things(&name, &data.things.pictured)?,
                )
                .on(
                    OBJECTS,
                    features("kriegeskorte92", data.object_images.stimuli())?,
                )
                .on(SHOES, shoes.clone())
                .on(ANCHORED, shoes)
                .on(MATERIALS, features("materials", &materials)?);
            models.push(match tap {
                "penultimate" => data.probed(model),
                _ => model.without_probes(),
            });
        }
    }
    Ok(models)
}
