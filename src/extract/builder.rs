//! Access to the parameters and taps of a network by name, while the network is built.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use candle_core::{Device, Tensor};

use crate::error::Result;
use crate::extract::flow::of_candle;
use crate::extract::layers::{Activation, Backend};
use crate::extract::taps::{TapSlot, TapTable};

/// The initial values of a parameter of an untrained network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::extract) enum Init {
    /// Weights of a convolution, outputs × inputs × height × width: He-normal by its outputs.
    ConvWeight,
    /// Weights of a linear layer, outputs × inputs: Xavier-uniform.
    LinearWeight,
    Bias,
    Ones,
    Zeros,
    Constant(f32),
    /// Normal with mean 0 and this standard deviation.
    Normal(f32),
}

/// A source of the parameters of a network.
pub(in crate::extract) trait Parameters {
    /// Returns the values of a parameter, row-major.
    fn values(&self, key: &str, shape: &[usize], init: Init) -> Result<Vec<f32>>;

    /// Returns the stored shape of a parameter, or `None` if the parameter is not stored.
    fn stored_shape(&self, _key: &str) -> Option<Vec<usize>> {
        None
    }
}

/// A parameter or a buffer of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::extract) struct Entry {
    pub key: String,
    pub shape: Vec<usize>,
    /// Whether the entry is a buffer, which training does not fit.
    pub is_buffer: bool,
    /// Whether a tap depends on the entry.
    pub is_needed: bool,
}

/// What a library computes otherwise than the architecture with the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::extract) struct Deviations {
    /// Epsilon of all normalizations.
    pub epsilon: Option<f64>,
    /// Whether position embeddings are interpolated without antialiasing.
    pub is_aliased: bool,
    /// What is added to the size of the new grid when position embeddings are interpolated without
    /// antialiasing.
    pub grid_offset: f64,
    /// Activation of vision transformers, if it is another one.
    pub activation: Option<Activation>,
    /// The padding of convolutions with a stride where the architecture has that of TensorFlow.
    pub strided_padding: StridedPadding,
    /// Side of the images that decides which windows are shifted, instead of that of each image.
    pub window_image: Option<usize>,
    /// Whether maps are shifted before they are padded to whole windows, and not after it.
    pub is_shifted_first: bool,
}

/// The padding of convolutions with a stride in networks from TensorFlow.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::extract) enum StridedPadding {
    /// That of TensorFlow, which depends on the size of the maps.
    #[default]
    BySize,
    /// That of TensorFlow for images of the size of the architecture, whatever their size.
    AsForUsualSize,
    /// As for maps of odd size in the blocks with these bits, and as for even sizes in the others.
    OddInBlocks(u64),
}

impl Deviations {
    pub const NONE: Self = Self {
        epsilon: None,
        is_aliased: false,
        grid_offset: 0.0,
        activation: None,
        strided_padding: StridedPadding::BySize,
        window_image: None,
        is_shifted_first: false,
    };
}

/// Everything that is needed to build a network.
pub(in crate::extract) struct Context<'a> {
    parameters: &'a dyn Parameters,
    taps: &'a TapTable,
    device: &'a Device,
    backend: Backend,
    /// Whether layers are only listed and not prepared.
    is_outline: bool,
    deviations: Deviations,
    entries: RefCell<Vec<Entry>>,
    /// Numbers of heads of attention, without repetitions.
    n_heads: RefCell<Vec<usize>>,
    /// Activations and epsilons of normalizations of the architecture, without repetitions.
    activations: RefCell<Vec<Activation>>,
    epsilons: RefCell<Vec<f64>>,
    /// Number of entries that were noted before the last tapped module.
    n_before_taps: Cell<usize>,
    /// Beginnings of the names of the parameters of tapped modules.
    of_tapped: RefCell<Vec<String>>,
}

impl<'a> Context<'a> {
    pub fn new(
        parameters: &'a dyn Parameters,
        taps: &'a TapTable,
        device: &'a Device,
        backend: Backend,
    ) -> Self {
        Self {
            parameters,
            taps,
            device,
            backend,
            is_outline: false,
            deviations: Deviations::default(),
            entries: RefCell::default(),
            n_heads: RefCell::default(),
            activations: RefCell::default(),
            epsilons: RefCell::default(),
            n_before_taps: Cell::new(0),
            of_tapped: RefCell::default(),
        }
    }

    /// Creates a context in which parameters and taps are listed, but layers are not prepared: the
    /// network that is built cannot compute anything.
    pub fn outline(parameters: &'a dyn Parameters, taps: &'a TapTable, device: &'a Device) -> Self {
        Self {
            is_outline: true,
            ..Self::new(parameters, taps, device, Backend::Native)
        }
    }

    /// Sets what the library that the parameters come from computes otherwise.
    pub fn with_deviations(mut self, deviations: Deviations) -> Self {
        self.deviations = deviations;
        self
    }

    /// Returns the builder of the whole network.
    pub fn root(&self) -> Builder<'_> {
        Builder {
            context: self,
            path: String::new(),
        }
    }

    /// Returns the numbers of heads of attention, in order and without repetitions.
    pub fn n_heads(&self) -> Vec<usize> {
        self.n_heads.borrow().clone()
    }

    /// Returns the activations of the architecture that layers have, without repetitions.
    pub fn activations(&self) -> Vec<Activation> {
        self.activations.borrow().clone()
    }

    /// Returns the epsilons of the normalizations of the architecture, without repetitions.
    pub fn epsilons(&self) -> Vec<f64> {
        self.epsilons.borrow().clone()
    }

    /// Returns the parameters and buffers that were requested or noted, in order.
    pub fn into_entries(self) -> Vec<Entry> {
        let mut entries = self.entries.into_inner();
        let of_tapped = self.of_tapped.into_inner();
        for (place, entry) in entries.iter_mut().enumerate() {
            let is_inside = |prefix: &String| entry.key.starts_with(prefix);
            entry.is_needed = place < self.n_before_taps.get() || of_tapped.iter().any(is_inside);
        }
        entries
    }
}

/// The position of a module in a network, with access to its parameters and taps.
pub(in crate::extract) struct Builder<'a> {
    context: &'a Context<'a>,
    path: String,
}

impl<'a> Builder<'a> {
    /// Returns the builder of the child module with this name, which may be a path.
    pub fn child(&self, name: impl Display) -> Builder<'a> {
        Builder {
            context: self.context,
            path: self.key(name),
        }
    }

    /// Returns the values of a parameter of the module, row-major.
    pub fn values(&self, name: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        self.note(name, shape, false);
        self.context.parameters.values(&self.key(name), shape, init)
    }

    /// Returns the values of a buffer of the module, row-major, such as a running mean.
    pub fn buffer(&self, name: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        self.note(name, shape, true);
        self.context.parameters.values(&self.key(name), shape, init)
    }

    /// Returns the stored shape of a parameter of the module, or `None` if it is not stored.
    pub fn stored_shape(&self, name: &str) -> Option<Vec<usize>> {
        self.context.parameters.stored_shape(&self.key(name))
    }

    /// Returns the number of classes of a classifier: the number of outputs of its stored weight,
    /// or `published` if no possible weight is stored.
    pub fn n_classes(&self, weight: &str, published: usize) -> usize {
        /// Largest number of classes, which limits memory if the shape is wrong.
        const MAX_CLASSES: usize = 1 << 18;

        let stored = self.stored_shape(weight);
        let stored = stored.filter(|shape| !shape.contains(&0));
        let outputs = stored.and_then(|shape| shape.first().copied());
        outputs.filter(|&n| n <= MAX_CLASSES).unwrap_or(published)
    }

    /// Notes a parameter that published files may contain but the network does not use.
    pub fn note_unused(&self, name: &str, shape: &[usize]) {
        self.note(name, shape, false);
    }

    /// Notes a buffer that published files may contain but the network does not use.
    pub fn note_unused_buffer(&self, name: &str, shape: &[usize]) {
        self.note(name, shape, true);
    }

    /// Notes the number of heads of attention.
    pub fn note_heads(&self, n: usize) {
        let mut n_heads = self.context.n_heads.borrow_mut();
        if n_heads.last() != Some(&n) {
            n_heads.push(n);
        }
    }

    /// Notes an activation between layers.
    pub fn note_activation(&self, activation: Activation) {
        let mut activations = self.context.activations.borrow_mut();
        if activation != Activation::Identity && !activations.contains(&activation) {
            activations.push(activation);
        }
    }

    fn note(&self, name: &str, shape: &[usize], is_buffer: bool) {
        self.context.entries.borrow_mut().push(Entry {
            key: self.key(name),
            shape: shape.to_vec(),
            is_buffer,
            is_needed: false,
        });
    }

    /// Registers the module as one that can be tapped, and returns its tap.
    ///
    /// The output of the module depends on its own parameters, and on those that were requested
    /// before.
    pub fn tap(&self) -> TapSlot {
        let slot = self.context.taps.tap(&self.path);
        if slot.is_wanted() {
            let n = self.context.entries.borrow().len();
            self.context.n_before_taps.update(|before| before.max(n));
            self.context.of_tapped.borrow_mut().push(self.key(""));
        }
        slot
    }

    /// Returns whether layers are only listed, so that their parameters need not be prepared.
    pub fn is_outline(&self) -> bool {
        self.context.is_outline
    }

    /// Returns the epsilon of a normalization, given that of the architecture, which is noted.
    pub fn epsilon(&self, of_architecture: f64) -> f64 {
        let mut epsilons = self.context.epsilons.borrow_mut();
        if !epsilons.contains(&of_architecture) {
            epsilons.push(of_architecture);
        }
        self.context.deviations.epsilon.unwrap_or(of_architecture)
    }

    /// Returns what is added to the size of a new grid if position embeddings are interpolated
    /// without antialiasing, and `None` if they are with it.
    pub fn aliased_grid_offset(&self) -> Option<f64> {
        let deviations = self.context.deviations;
        deviations.is_aliased.then_some(deviations.grid_offset)
    }

    /// Returns the activation of a vision transformer, if it is not that of the architecture.
    pub fn activation(&self) -> Option<Activation> {
        self.context.deviations.activation
    }

    /// Returns the padding of convolutions with a stride where the architecture has that of
    /// TensorFlow.
    pub fn strided_padding(&self) -> StridedPadding {
        self.context.deviations.strided_padding
    }

    /// Returns the side of the images that decides which windows are shifted, unless that of each
    /// image does.
    pub fn window_image(&self) -> Option<usize> {
        self.context.deviations.window_image
    }

    /// Returns true if maps are shifted before they are padded to whole windows.
    pub fn is_shifted_first(&self) -> bool {
        self.context.deviations.is_shifted_first
    }

    /// Creates a tensor on the device of the network; an empty one in an outline.
    pub fn tensor(&self, values: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        if self.is_outline() {
            return Tensor::from_vec(Vec::<f32>::new(), &[0], self.context.device)
                .map_err(of_candle);
        }
        Tensor::from_vec(values, shape, self.context.device).map_err(of_candle)
    }

    pub fn backend(&self) -> Backend {
        self.context.backend
    }

    /// Returns the name of a parameter of the module.
    pub fn key(&self, name: impl Display) -> String {
        match self.path.as_str() {
            "" => name.to_string(),
            path => format!("{path}.{name}"),
        }
    }
}
