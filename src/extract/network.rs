//! Networks with parameters, which compute the features of images.

use std::fmt;

use candle_core::Tensor;
use ndarray::{Array2, ArrayView4};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, ComputationError, Error, Result, at_least, wrong_shape};
use crate::extract::architecture::Architecture;
use crate::extract::builder::{Context, Entry};
use crate::extract::device::Device;
use crate::extract::flow::{Interrupt, of_candle};
use crate::extract::layers::Backend;
use crate::extract::module::{Module, Sequential};
use crate::extract::nearest::nearest;
use crate::extract::outline::Expected;
use crate::extract::preprocess::Preprocessing;
use crate::extract::tap::{Axes, Tap, pool};
use crate::extract::taps::{Pass, TapTable};
use crate::extract::weights::{Random, SelectedWeights, Weights};

/// A network with parameters on a device, which returns the outputs of selected modules
/// ([taps](Tap)).
///
/// A forward pass ends at the last module that is tapped. On a CPU each image is computed on one
/// thread, and the images of a batch are distributed over all cores; on a GPU a batch is computed
/// at once.
///
/// ```
/// use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
/// use ndarray::Array4;
///
/// let architecture = Architecture::named("resnet20_cifar10")?;
/// let taps = ["layer3@mean".parse()?, Tap::new("logits")];
/// let network = Network::new(&architecture, &Weights::random(0), &taps, Device::Cpu)?;
/// let features = network.represent(Array4::zeros((2, 3, 32, 32)).view())?;
/// assert_eq!((features[0].dim(), features[1].dim()), ((2, 64), (2, 10)));
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub struct Network {
    architecture: Architecture,
    taps: Vec<Tap>,
    /// For each tap, the index of its module among the recorded ones, and the order of its axes.
    places: Vec<(usize, Axes)>,
    n_modules: usize,
    module: Sequential,
    weights: String,
    selected: Option<SelectedWeights>,
    device: Device,
    opened: candle_core::Device,
    backend: Backend,
}

/// A module of a network and the shape of its output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TapShape {
    /// Path of the module.
    pub module: String,
    /// Shape of the output for one image, without the axis of images.
    pub shape: Vec<usize>,
}

impl Network {
    /// Creates a network that returns the outputs at `taps`.
    ///
    /// Batch normalizations are folded into the convolutions before them, unless the outputs of
    /// these convolutions are tapped.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`] with the most similar names if a tap names an unknown
    /// module, [`ArgumentError::TooFew`] if `taps` is empty, `ExtractError::NoDevice` if the device
    /// is not available, and, within `Context::File`, `ExtractError::WeightsMismatch` with all
    /// parameters that are missing, unexpected or of another shape,
    /// `ExtractError::AmbiguousWeights` if several sets of parameters fit,
    /// `ExtractError::MeaningfulTensors`, `ExtractError::OtherActivation`,
    /// `ExtractError::OtherConfiguration` or `ExtractError::OtherTraining` if other tensors, settings,
    /// files beside the weights or the name of their file tell that the network computes something
    /// else, and `ExtractError::NotFiniteParameter`. Parameters of modules after the taps are neither
    /// required nor read.
    pub fn new(
        architecture: &Architecture,
        weights: &Weights,
        taps: &[Tap],
        device: Device,
    ) -> Result<Self> {
        let backend = match device {
            Device::Cpu => Backend::Native,
            _ => Backend::Candle,
        };
        Self::with_backend(architecture, weights, taps, device, backend)
    }

    /// Creates a network that uses candle's layers on every device, as the benchmark `extract`
    /// compares them with the layers of this crate on a CPU.
    ///
    /// # Errors
    /// Returns the errors of [`new`](Self::new).
    #[doc(hidden)]
    pub fn with_candle_layers(
        architecture: &Architecture,
        weights: &Weights,
        taps: &[Tap],
        device: Device,
    ) -> Result<Self> {
        Self::with_backend(architecture, weights, taps, device, Backend::Candle)
    }

    pub(in crate::extract) fn with_backend(
        architecture: &Architecture,
        weights: &Weights,
        taps: &[Tap],
        device: Device,
        backend: Backend,
    ) -> Result<Self> {
        let opened = device.open()?;
        at_least("taps", 1, taps.len())?;
        let mut modules: Vec<&str> = Vec::new();
        let mut places = Vec::new();
        for tap in taps {
            let path = architecture.module(tap.module());
            let place = modules.iter().position(|&module| module == path);
            let place = place.unwrap_or_else(|| {
                modules.push(path);
                modules.len() - 1
            });
            places.push((place, architecture.axes(path)));
        }
        let names: Vec<&str> = taps.iter().map(Tap::module).collect();
        let expected = Expected::new(architecture, &modules)?.with_names(&names);
        let paths = &expected.published.paths;
        let is_unknown = |module: &&&str| !paths.iter().any(|path| path == **module);
        if let Some(unknown) = modules.iter().find(is_unknown) {
            return Err(ArgumentError::UnknownName {
                what: "module",
                name: (*unknown).into(),
                nearest: nearest(unknown, paths),
            }
            .into());
        }
        let stored = weights.open(&expected)?;
        let parameters = stored.parameters()?;
        let table = TapTable::these(modules.iter().copied());
        let context = Context::new(parameters.as_ref(), &table, &opened, backend)
            .with_deviations(stored.deviations);
        let module = architecture
            .build(&context.root())
            .map_err(|error| stored.locate(error))?;
        Ok(Self {
            architecture: architecture.clone(),
            taps: taps.to_vec(),
            places,
            n_modules: modules.len(),
            module,
            weights: stored.fingerprint.clone(),
            selected: stored.selected.clone(),
            device,
            opened,
            backend,
        })
    }

    /// Returns all modules that can be tapped, in the order in which they are built, with the
    /// shapes of their outputs for an image of `size` (height, width).
    ///
    /// This takes one forward pass of an image, with random parameters.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`] if a side is 0 or longer than
    /// [`Preprocessing::MAX_SIDE`], and
    /// [`ArgumentError::Shape`] or `ExtractError::Forward` if the architecture does not accept images
    /// of this size.
    pub fn list_modules(architecture: &Architecture, size: [usize; 2]) -> Result<Vec<TapShape>> {
        let most = Preprocessing::MAX_SIDE as usize;
        if let Some(&side) = size.iter().find(|&side| !(1..=most).contains(side)) {
            let expected = format!("1 to {most} pixels");
            return Err(Error::parameter("a side of an image", expected, side));
        }
        let (table, device) = (TapTable::all(), candle_core::Device::Cpu);
        let random = Random::new(0);
        let context = Context::new(&random, &table, &device, Backend::Native);
        let module = architecture.build(&context.root())?;
        let names = table.into_names();
        let mut pass = Pass::to_the_end(names.len());
        let dims = (1, 3, size[0], size[1]);
        let image = Tensor::zeros(dims, candle_core::DType::F32, &device).map_err(of_candle)?;
        match module.forward(&image, &mut pass) {
            Err(Interrupt::Failed(error)) => return Err(error),
            Ok(_) | Err(Interrupt::Complete) => {}
        }
        let values = names.into_iter().zip(pass.into_values());
        let shapes = values.filter_map(|(module, value)| {
            let shape = value?.dims()[1..].to_vec();
            Some(TapShape { module, shape })
        });
        Ok(shapes.collect())
    }

    /// Returns the published names of all parameters and buffers of an architecture, with their
    /// shapes.
    ///
    /// # Errors
    /// Returns [`ComputationError::OutOfMemory`] if there is not enough memory.
    pub fn list_parameters(architecture: &Architecture) -> Result<Vec<(String, Vec<usize>)>> {
        let entries = entries(architecture)?.into_iter();
        Ok(entries.map(|entry| (entry.key, entry.shape)).collect())
    }

    /// Returns the number of trainable parameters (scalars) of an architecture, including those of
    /// auxiliary classifiers, which are used in training only.
    ///
    /// # Errors
    /// Returns [`ComputationError::OutOfMemory`] if there is not enough memory.
    pub fn count_parameters(architecture: &Architecture) -> Result<usize> {
        let entries = entries(architecture)?.into_iter();
        let parameters = entries.filter(|entry| !entry.is_buffer);
        Ok(parameters
            .map(|entry| entry.shape.iter().product::<usize>())
            .sum())
    }

    /// Returns the features of a batch of preprocessed images (`images × 3 × height × width`): for
    /// each tap, in order, a matrix of `images × features`.
    ///
    /// # Errors
    /// Returns [`ArgumentError::Shape`] if there are no images or no pixels, the images do not have 3
    /// channels, or the architecture does not accept their height and width; [`ArgumentError::InvalidParameter`] if
    /// the output of a module cannot be pooled as requested; and `ExtractError::Forward` if the
    /// computation fails, for example because the images are too small.
    pub fn represent(&self, images: ArrayView4<'_, f32>) -> Result<Vec<Array2<f32>>> {
        let (n, channels, height, width) = images.dim();
        if channels != 3 || images.is_empty() {
            return Err(wrong_shape(
                "a batch of images",
                "images × 3 × height × width, at least one image of at least one pixel",
                images.shape(),
            ));
        }
        let images = images.as_standard_layout();
        let values = images.as_slice().expect("in row-major order");
        let dims = [channels, height, width];
        let rows: Vec<Vec<Vec<f32>>> = match self.backend {
            Backend::Native => {
                let images = values.par_chunks_exact(channels * height * width);
                let each: Vec<_> = images.map(|image| self.pass(image, 1, dims)).collect();
                each.into_iter().collect::<Result<_>>()?
            }
            Backend::Candle => vec![self.pass(values, n, dims)?],
        };
        let gather = |tap: usize| {
            let mut all = Vec::new();
            rows.iter()
                .for_each(|of_pass| all.extend_from_slice(&of_pass[tap]));
            let n_features = all.len() / n;
            Array2::from_shape_vec((n, n_features), all).expect("as many rows as images")
        };
        Ok((0..self.taps.len()).map(gather).collect())
    }

    /// Computes one forward pass of a batch; returns, for each tap, the features of all images,
    /// row-major.
    fn pass(&self, images: &[f32], n: usize, [c, h, w]: [usize; 3]) -> Result<Vec<Vec<f32>>> {
        let forward = || {
            let images = Tensor::from_slice(images, (n, c, h, w), &self.opened)?;
            let mut pass = Pass::new(self.n_modules);
            match self.module.forward(&images, &mut pass) {
                Ok(_) | Err(Interrupt::Complete) => {}
                Err(failed) => return Err(failed),
            }
            let values = pass.into_values();
            let read = |(tap, &(place, axes)): (&Tap, &(usize, Axes))| {
                let value = values[place].as_ref().ok_or_else(|| {
                    Error::from(ArgumentError::UnknownName {
                        what: "module that a forward pass reaches",
                        name: tap.to_string(),
                        nearest: Vec::new(),
                    })
                })?;
                let pooled = pool(value, tap.pooling(), axes)?;
                Ok(pooled.flatten_all()?.to_vec1()?)
            };
            self.taps.iter().zip(&self.places).map(read).collect()
        };
        forward().map_err(|interrupt| match interrupt {
            Interrupt::Failed(error) => error,
            Interrupt::Complete => Error::from(ComputationError::NotConverged {
                what: "a pass through the network",
            }),
        })
    }

    /// Returns the architecture.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Returns the [fingerprint](Weights::fingerprint) of the weights, followed by their prefix in
    /// the file if they have one.
    pub fn weights(&self) -> &str {
        &self.weights
    }

    /// Returns information on the parameters that were selected in a file, or `None` for random
    /// weights.
    pub fn selected_weights(&self) -> Option<&SelectedWeights> {
        self.selected.as_ref()
    }

    /// Returns the device.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Returns the taps, in the order of the matrices of [`represent`](Self::represent).
    pub fn taps(&self) -> &[Tap] {
        &self.taps
    }
}

/// Returns the parameters and buffers of an architecture.
fn entries(architecture: &Architecture) -> Result<Vec<Entry>> {
    Ok(Expected::new(architecture, &[])?.published.entries)
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("architecture", &self.architecture)
            .field("taps", &self.taps)
            .finish_non_exhaustive()
    }
}
