//! A source of representations for a network that is not part of the library.

use std::sync::Arc;

use human_alignment::{Error, Provenance, Representation, RepresentationSource, Result, Stimuli};

use super::panel::{Trained, of_candle};
use super::pictures::{Picture, Pictures};

/// A layer of a network, as a source of features of some pictures.
pub struct Layer {
    name: String,
    trained: Arc<Trained>,
    layer: usize,
    pictures: Arc<Pictures>,
}

impl Layer {
    /// Creates a source from the name of a layer.
    ///
    /// # Errors
    /// Returns `ArgumentError::UnknownName` if the network has no such layer.
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

/// The requirements of the library: a name, and rows of features for given stimuli, in their order.
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
