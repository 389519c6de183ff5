//! Five trained networks with several layers each, and the same networks untrained.
//!
//! Features of images are extracted, those of the THINGS objects, whose images may not be passed
//! on, are files.

use std::sync::Arc;

use human_alignment::extract::{
    Architecture, Device, Extraction, Network, NetworkSource, Pooling, PublishedWeights, Tap,
    Weights,
};
use human_alignment::study::{Model, ModelFactors};
use human_alignment::{ImageFiles, Result};
use rayon::prelude::*;

use super::{ANCHORED, Data, MATERIALS, OBJECTS, PICTURED, SHOES};

/// A network of the panel.
struct Trained {
    architecture: &'static str,
    file: &'static str,
    /// Start of the names of the files with features of the THINGS objects.
    things: &'static str,
    /// Cluster of related networks, trained or not.
    cluster: &'static str,
    /// Number of layers with weights, one after another.
    n_layers: u32,
    taps: &'static [&'static str],
}

const SQUEEZENET: &[&str] = &["features.2", "features.5", "features.9", "features.12"];

const PANEL: [Trained; 5] = [
    Trained {
        architecture: "squeezenet1_1",
        file: "squeezenet1_1_imagenet",
        things: "squeezenet1_1",
        cluster: "SqueezeNet",
        n_layers: 18,
        taps: SQUEEZENET,
    },
    Trained {
        architecture: "squeezenet1_0_deep_compression",
        file: "squeezenet1_0_imagenet_deep_compression",
        things: "squeezenet1_0_deep_compression",
        cluster: "SqueezeNet",
        n_layers: 18,
        taps: &["features.12"],
    },
    Trained {
        architecture: "mobilenet_v1_025",
        file: "mobilenet_v1_025_imagenet",
        things: "mobilenet_v1_025",
        cluster: "MobileNetV1",
        n_layers: 28,
        taps: &["stage1", "stage2", "stage3"],
    },
    Trained {
        architecture: "resnet20_cifar10",
        file: "resnet20_cifar10",
        things: "resnet20_cifar10",
        cluster: "CIFAR ResNet",
        n_layers: 20,
        taps: &["layer1", "layer2", "layer3"],
    },
    Trained {
        architecture: "resnet56_cifar10",
        file: "resnet56_cifar10",
        things: "resnet56_cifar10",
        cluster: "CIFAR ResNet",
        n_layers: 56,
        taps: &["layer1", "layer2", "layer3"],
    },
];

pub fn all(data: &Data) -> Result<Vec<Model>> {
    let models = PANEL.par_iter().map(|trained| -> Result<Vec<Model>> {
        let path = data.path(&format!("weights/{}.safetensors", trained.file));
        let mut models = trained.models(data, &Weights::read(path)?, false)?;
        models.extend(trained.models(data, &Weights::random(0), true)?);
        models.extend(trained.untrained_on_things(data)?);
        Ok(models)
    });
    let models = models.collect::<Result<Vec<_>>>()?;
    Ok(models.into_iter().flatten().collect())
}

impl Trained {
    /// Creates a model for each layer: the stages, the spatial mean of the last stage, and the
    /// logits; only the last two for an untrained network.
    fn models(&self, data: &Data, weights: &Weights, is_untrained: bool) -> Result<Vec<Model>> {
        let architecture = Architecture::named(self.architecture)?;
        let factors = self.factors(is_untrained)?;
        let name = self.name(is_untrained);
        let ends = [self.penultimate(), Tap::new("logits")];
        let files = ["penultimate", "logits"];
        let stages = self.taps.iter().map(|tap| Tap::new(*tap));
        let taps = (1..).zip(stages.chain(ends));
        let skipped = if is_untrained { self.taps.len() } else { 0 };
        taps.skip(skipped)
            .map(|(depth, tap)| {
                let source = |images: &ImageFiles| -> Result<NetworkSource> {
                    let taps = [tap.clone()];
                    let network = Network::new(&architecture, weights, &taps, Device::Cpu)?;
                    let extraction = Extraction::new(network, architecture.preprocessing()?);
                    NetworkSource::new(extraction, images.clone())
                };
                // Both data sets of shoes have the same images.
                let shoes = Arc::new(source(&data.shoe_images)?);
                let model = Model::new(&name)
                    .with_factors(factors.clone())
                    .with_tap(tap.to_string(), depth)
                    .on(OBJECTS, source(&data.object_images)?)
                    .on(SHOES, Arc::clone(&shoes))
                    .on(ANCHORED, shoes);
                let Some(end) = (depth as usize).checked_sub(self.taps.len() + 1) else {
                    return Ok(model.without_probes());
                };
                let model = model.on(MATERIALS, source(&data.material_images)?);
                let is_probed = files[end] == "penultimate" && (!is_untrained || data.all_probed);
                let model = match is_probed {
                    true => data.probed(model),
                    false => model.without_probes(),
                };
                if is_untrained {
                    return Ok(model);
                }
                let file = format!("{}.{}", self.things, files[end]);
                let things = data.features_of_things(&file, &data.things.pictured)?;
                Ok(model.on(PICTURED, things))
            })
            .collect()
    }

    /// Creates the model of the penultimate layer of the untrained network on the THINGS objects,
    /// if there is a file. Its random weights are not those of the other data sets, so that it is
    /// another layer of the network.
    fn untrained_on_things(&self, data: &Data) -> Result<Option<Model>> {
        let file = format!("{}_untrained.penultimate", self.things);
        if !data.path(&format!("things_features/{file}.npy")).exists() {
            return Ok(None);
        }
        let things = data.features_of_things(&file, &data.things.pictured)?;
        let model = Model::new(self.name(true))
            .with_factors(self.factors(true)?)
            .with_tap(format!("{}, other weights", self.penultimate()), 1);
        Ok(Some(model.on(PICTURED, things).without_probes()))
    }

    /// Returns the tap of the last stage, averaged over places.
    fn penultimate(&self) -> Tap {
        Tap::new(self.taps[self.taps.len() - 1]).with_pooling(Pooling::Mean)
    }

    fn name(&self, is_untrained: bool) -> String {
        match is_untrained {
            true => format!("{} (untrained)", self.architecture),
            false => self.architecture.to_owned(),
        }
    }

    fn factors(&self, is_untrained: bool) -> Result<ModelFactors> {
        let architecture = Architecture::named(self.architecture)?;
        let published =
            PublishedWeights::all().find(|known| known.architecture() == self.architecture);
        let known = published.filter(|_| !is_untrained);
        Ok(ModelFactors {
            family: Some(architecture.family().to_owned()),
            training_data: Some(
                known
                    .as_ref()
                    .map_or("none", |known| known.training_data())
                    .into(),
            ),
            objective: Some(
                known
                    .as_ref()
                    .map_or("none", |known| known.objective())
                    .into(),
            ),
            n_parameters: Some(Network::count_parameters(&architecture)? as u64),
            n_layers: Some(self.n_layers),
            imagenet_top1: known.as_ref().and_then(PublishedWeights::imagenet_top1),
            cluster: Some(self.cluster.into()),
        })
    }
}
