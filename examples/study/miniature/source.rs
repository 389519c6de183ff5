//! How one's own network becomes a source of representations.

use std::sync::Arc;

use human_alignment::{Error, Provenance, Representation, RepresentationSource, Result, Stimuli};

use super::panel::{Trained, of_candle};
use super::pictures::{Picture, Pictures};

/// A network as it is read at one of its layers, when it is shown some of the pictures.
pub struct Layer {
    name: String,
    trained: Arc<Trained>,
    layer: usize,
    pictures: Arc<Pictures>,
}

impl Layer {
    /// The layer of this name.
    ///
    /// # Errors
    /// `ArgumentError::UnknownName` where the network hasn't one.
    pub fn new(trained: Arc<Trained>, tap: &str, pictures: Arc<Pictures>) -> Result<Self> {
        let taps = trained.network.taps();
        let layer = taps.iter().position(|name| name == tap);
        Ok(Self {
            name: format!("{} {tap}", trained.design.name()),
            layer: layer.ok_or_else(|| {
                Error::other(format!("no layer {tap:?} (layers: {})", taps.join(", ")))
            })?,
            trained,
            pictures,
        })
    }

    fn provenance(&self) -> Result<Provenance> {
        let Trained {
            design,
            network,
            n_epochs,
            ..
        } = self.trained.as_ref();
        let [training_data, objective] = design.task_names();
        Ok(Provenance::default()
            .with_model(design.name())
            .with_tap(&network.taps()[self.layer])
            .with_weights(network.fingerprint().map_err(of_candle)?)
            .with_preprocessing("colours from -1 to 1")
            .with_note("training data", training_data)
            .with_note("objective", objective)
            .with_note("epochs", n_epochs.to_string()))
    }
}

/// All that the library needs of a network: a name, and rows of features for the stimuli that it is
/// asked for, in their order.
impl RepresentationSource for Layer {
    fn name(&self) -> &str {
        &self.name
    }

    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let positions = self.pictures.stimuli.positions_of(stimuli)?;
        let shown: Vec<&Picture> = positions
            .iter()
            .map(|&position| &self.pictures.pictures[position as usize])
            .collect();
        let features = self.trained.network.features(self.layer, &shown);
        let features = Representation::new(stimuli.clone(), features.map_err(of_candle)?)?;
        Ok(features.with_provenance(self.provenance()?))
    }
}
