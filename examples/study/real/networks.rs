//! Five trained networks with several layers each, and the same networks untrained.

use human_alignment::extract::{
    Architecture, Device, Extraction, Network, NetworkSource, Pooling, PublishedWeights, Tap,
    Weights,
};
use human_alignment::study::{Model, ModelFactors, ModelOutput};
use human_alignment::{ImageFiles, Result};

use super::{ANCHORED, Data, OBJECTS, SHOES};

/// A network of the panel.
struct Trained {
    architecture: &'static str,
    file: &'static str,
    /// Number of layers with weights, one after another.
    n_layers: u32,
    taps: &'static [&'static str],
}

const SQUEEZENET: &[&str] = &["features.2", "features.5", "features.9", "features.12"];

const PANEL: [Trained; 5] = [
    Trained {
        architecture: "squeezenet1_1",
        file: "squeezenet1_1_imagenet",
        n_layers: 18,
        taps: SQUEEZENET,
    },
    Trained {
        architecture: "squeezenet1_0_deep_compression",
        file: "squeezenet1_0_imagenet_deep_compression",
        n_layers: 18,
        taps: &["features.12"],
    },
    Trained {
        architecture: "mobilenet_v1_025",
        file: "mobilenet_v1_025_imagenet",
        n_layers: 28,
        taps: &["stage1", "stage2", "stage3"],
    },
    Trained {
        architecture: "resnet20_cifar10",
        file: "resnet20_cifar10",
        n_layers: 20,
        taps: &["layer1", "layer2", "layer3"],
    },
    Trained {
        architecture: "resnet56_cifar10",
        file: "resnet56_cifar10",
        n_layers: 56,
        taps: &["layer1", "layer2", "layer3"],
    },
];

pub fn all(data: &Data) -> Result<Vec<Model>> {
    let mut models = Vec::new();
    for trained in &PANEL {
        let path = data.path(&format!("weights/{}.safetensors", trained.file));
        models.extend(trained.models(data, &Weights::read(path)?, false)?);
        models.extend(trained.models(data, &Weights::random(0), true)?);
    }
    Ok(models)
}

/// Returns the factors of the AlexNet whose layers are published.
pub fn alexnet() -> ModelFactors {
    ModelFactors {
        family: Some("AlexNet".into()),
        training_data: Some("ImageNet-1k".into()),
        objective: Some("supervised".into()),
        n_parameters: Some(61_100_840),
        n_layers: Some(8),
        imagenet_top1: None,
    }
}

impl Trained {
    /// Creates a model for each layer: the stages, the spatial mean of the last stage, and the
    /// logits; only the last two for an untrained network.
    fn models(&self, data: &Data, weights: &Weights, is_untrained: bool) -> Result<Vec<Model>> {
        let architecture = Architecture::named(self.architecture)?;
        let published =
            PublishedWeights::all().find(|known| known.architecture() == self.architecture);
        let known = published.filter(|_| !is_untrained);
        let factors = ModelFactors {
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
        };
        let name = match is_untrained {
            true => format!("{} (untrained)", self.architecture),
            false => self.architecture.to_owned(),
        };
        let last = self.taps[self.taps.len() - 1];
        let penultimate = Tap::new(last).with_pooling(Pooling::Mean);
        let ends = [penultimate, Tap::new("logits")];
        let stages = self.taps.iter().map(|tap| Tap::new(*tap));
        let taps = (1..).zip(stages.chain(ends));
        let skipped = if is_untrained { self.taps.len() } else { 0 };
        taps.skip(skipped)
            .map(|(depth, tap)| {
                let is_end = depth as usize > self.taps.len();
                let source = |images: &ImageFiles| -> Result<ModelOutput> {
                    let taps = [tap.clone()];
                    let network = Network::new(&architecture, weights, &taps, Device::Cpu)?;
                    let extraction = Extraction::new(network, architecture.preprocessing());
                    let source = NetworkSource::new(extraction, images.clone())?;
                    Ok(ModelOutput::Source(Box::new(source)))
                };
                let model = Model::new(&name)
                    .with_factors(factors.clone())
                    .with_tap(tap.to_string(), depth)
                    .on(OBJECTS, source(&data.object_images)?)
                    .on(SHOES, source(&data.shoe_images)?)
                    .on(ANCHORED, source(&data.shoe_images)?);
                Ok(if is_end {
                    model
                } else {
                    model.without_probes()
                })
            })
            .collect()
    }
}
