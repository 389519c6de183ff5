//! All networks, trained; and how one's own network becomes a source of representations.

use human_alignment::{Error, Provenance, Representation, RepresentationSource, Result, Stimuli};
use rayon::prelude::*;

use super::design::Design;
use super::network::Network;
use super::pictures::{Picture, Pictures};
use super::training::{self, Report};
use super::{Purpose, Settings, generator};

/// A network, and how it came about.
pub struct Trained {
    pub design: Design,
    pub network: Network,
    /// How often it saw each training picture.
    pub n_epochs: usize,
    /// How its training ended, if it was trained.
    pub report: Option<Report>,
}

/// All networks, each trained on one thread beside the others.
pub fn train(settings: &Settings, training: &Pictures, judged: &Pictures) -> Result<Vec<Trained>> {
    let designs = Design::panel();
    let train = |(number, design): (usize, &Design)| {
        let mut rng = generator(settings.seed, Purpose::Network(number));
        let network = Network::new(design, &mut rng)?;
        let task = design.task.filter(|_| settings.trained);
        let n_epochs = task.map_or(0, |_| settings.n_epochs);
        let report = task
            .map(|task| training::train(&network, task, n_epochs, training, judged, &mut rng))
            .transpose()?;
        Ok(Trained {
            design: *design,
            network,
            n_epochs,
            report,
        })
    };
    designs
        .par_iter()
        .enumerate()
        .map(train)
        .collect::<candle_core::Result<_>>()
        .map_err(of_candle)
}

impl Trained {
    /// The network as it is read at one of its layers, when it is shown some of the pictures.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a layer that it hasn't.
    pub fn at<'a>(&'a self, tap: &'a str, pictures: &'a Pictures) -> Result<Tapped<'a>> {
        let taps = self.network.taps();
        let layer = taps.iter().position(|name| name == tap);
        Ok(Tapped {
            name: self.design.name(),
            trained: self,
            layer: layer.ok_or_else(|| Error::UnknownName {
                what: "layer",
                name: tap.into(),
                nearest: taps.to_vec(),
            })?,
            pictures,
        })
    }

    fn provenance(&self, layer: usize) -> candle_core::Result<Provenance> {
        let Design {
            architecture,
            size,
            task,
        } = self.design;
        let task = task.map(|(labels, objective)| (labels.name(), objective.name()));
        let (labels, objective) = task.unwrap_or(("none", "none"));
        Ok(Provenance::default()
            .with_model(self.design.name())
            .with_tap(&self.network.taps()[layer])
            .with_weights(self.network.fingerprint()?)
            .with_preprocessing("colours from -1 to 1")
            .with_note("architecture", architecture.name())
            .with_note("size", size.name())
            .with_note("parameters", self.network.n_parameters().to_string())
            .with_note("training data", labels)
            .with_note("objective", objective)
            .with_note("epochs", self.n_epochs.to_string()))
    }
}

/// A network, read at one of its layers.
pub struct Tapped<'a> {
    name: String,
    trained: &'a Trained,
    layer: usize,
    pictures: &'a Pictures,
}

/// All that the library needs of a network: a name, and rows of features for the stimuli that it is
/// asked for, in their order.
impl RepresentationSource for Tapped<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let Pictures {
            pictures,
            stimuli: known,
        } = self.pictures;
        let positions = known.positions_of(stimuli)?;
        let shown: Vec<&Picture> = positions
            .iter()
            .map(|&position| &pictures[position as usize])
            .collect();
        let features = self.trained.network.features(self.layer, &shown);
        let features = Representation::new(stimuli.clone(), features.map_err(of_candle)?)?;
        let provenance = self.trained.provenance(self.layer);
        Ok(features.with_provenance(provenance.map_err(of_candle)?))
    }
}

fn of_candle(error: candle_core::Error) -> Error {
    Error::Computation {
        source: error.into(),
    }
}
