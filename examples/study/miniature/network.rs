//! Small networks.

use candle_core::{Device, Result, Tensor, Var};
use ndarray::Array2;
use rand::Rng;
use sha2::{Digest, Sha256};

use super::design::{Architecture, Design, N_OUTPUTS};
use super::layers::{Convolution, Dense};
use super::pictures::Picture;
use super::raster::SIDE;

/// Number of pictures of a batch.
pub const BATCH: usize = 32;

/// A network of convolutions and dense layers; all outputs but the last are rectified.
pub struct Network {
    convolutions: Vec<Convolution>,
    dense: Vec<Dense>,
    /// Names of the layers.
    taps: Vec<String>,
}

impl Network {
    /// Creates a network with random weights.
    pub fn new(design: &Design, rng: &mut impl Rng) -> Result<Self> {
        let units = |n| design.size.times(n);
        let mut taps = Vec::new();
        let mut convolutions: Vec<Convolution> = Vec::new();
        let mut n_inputs = SIDE * SIDE * 3;
        let mut hidden = vec![units(64)];
        match design.architecture {
            Architecture::Convolutional => {
                let (mut side, mut n_channels) = (SIDE, 3);
                for (width, stride, n) in [(3, 2, units(8)), (3, 2, units(16)), (3, 1, units(32))] {
                    let channels = [n_channels, n];
                    let convolution = Convolution::new(side, width, stride, channels, rng)?;
                    (side, n_channels) = (convolution.side(), n);
                    convolutions.push(convolution);
                    taps.push(format!("conv{}", convolutions.len()));
                }
                n_inputs = side * side * n_channels;
            }
            Architecture::Perceptron => {
                hidden.insert(0, units(32));
                taps.push("hidden".into());
            }
        }
        taps.push("penultimate".into());
        taps.push("output".into());
        let mut dense = Vec::new();
        for n_outputs in hidden.into_iter().chain([N_OUTPUTS]) {
            dense.push(Dense::new(n_inputs, n_outputs, rng)?);
            n_inputs = n_outputs;
        }
        Ok(Self {
            convolutions,
            dense,
            taps,
        })
    }

    /// Returns the names of the layers, in the order of the outputs of [`Network::forward`].
    pub fn taps(&self) -> &[String] {
        &self.taps
    }

    /// Computes the outputs of each layer, `pictures × features`, for pictures that are shifted by
    /// some pixels.
    pub fn forward<'a>(
        &self,
        pictures: impl IntoIterator<Item = (&'a Picture, [i32; 2])>,
    ) -> Result<Vec<Tensor>> {
        let mut colours = Vec::new();
        for (picture, moved) in pictures {
            colours.extend(picture.colours(moved));
        }
        let shape = (colours.len() / (SIDE * SIDE * 3), SIDE * SIDE, 3);
        let mut maps = Tensor::from_vec(colours, shape, &Device::Cpu)?;
        let mut outputs = Vec::new();
        for convolution in &self.convolutions {
            maps = convolution.forward(&maps)?.relu()?;
            outputs.push(maps.flatten_from(1)?);
        }
        let mut rows = maps.flatten_from(1)?;
        for (layer, dense) in self.dense.iter().enumerate() {
            rows = dense.forward(&rows)?;
            if layer + 1 < self.dense.len() {
                rows = rows.relu()?;
            }
            outputs.push(rows.clone());
        }
        Ok(outputs)
    }

    /// Computes the outputs of one layer, `pictures × features`.
    pub fn features(&self, layer: usize, pictures: &[&Picture]) -> Result<Array2<f32>> {
        let mut features = Vec::new();
        for batch in pictures.chunks(BATCH) {
            let outputs = self.forward(batch.iter().map(|&picture| (picture, [0, 0])))?;
            features.extend(outputs[layer].flatten_all()?.to_vec1::<f32>()?);
        }
        let n_features = features.len() / pictures.len();
        let shape = (pictures.len(), n_features);
        Array2::from_shape_vec(shape, features).map_err(candle_core::Error::wrap)
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Var> {
        let convolutions = self.convolutions.iter().flat_map(Convolution::parameters);
        convolutions.chain(self.dense.iter().flat_map(Dense::parameters))
    }

    pub fn n_parameters(&self) -> usize {
        self.parameters().map(|values| values.elem_count()).sum()
    }

    /// Returns the SHA-256 of all parameters.
    pub fn fingerprint(&self) -> Result<String> {
        let mut hash = Sha256::new();
        for parameters in self.parameters() {
            for value in parameters.flatten_all()?.to_vec1::<f32>()? {
                hash.update(value.to_le_bytes());
            }
        }
        let hash = hash.finalize();
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
