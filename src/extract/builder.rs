//! Access to the parameters and taps of a network by name, while the network is built.

use std::cell::RefCell;
use std::fmt::Display;

use candle_core::{Device, Tensor};

use crate::error::Result;
use crate::extract::flow::of_candle;
use crate::extract::layers::Backend;
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
}

/// Everything that is needed to build a network.
pub(in crate::extract) struct Context<'a> {
    parameters: &'a dyn Parameters,
    taps: &'a TapTable,
    device: &'a Device,
    backend: Backend,
    entries: RefCell<Vec<Entry>>,
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
            entries: RefCell::default(),
        }
    }

    /// Returns the builder of the whole network.
    pub fn root(&self) -> Builder<'_> {
        Builder {
            context: self,
            path: String::new(),
        }
    }

    /// Returns the parameters and buffers that were requested or noted, in order.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries.into_inner()
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
    /// or `published` if no weight is stored.
    pub fn n_classes(&self, weight: &str, published: usize) -> usize {
        let stored = self.stored_shape(weight);
        let outputs = stored.and_then(|shape| shape.first().copied());
        outputs.filter(|&n| n > 0).unwrap_or(published)
    }

    /// Notes a parameter that published files may contain but the network does not use.
    pub fn note_unused(&self, name: &str, shape: &[usize]) {
        self.note(name, shape, false);
    }

    /// Notes a buffer that published files may contain but the network does not use.
    pub fn note_unused_buffer(&self, name: &str, shape: &[usize]) {
        self.note(name, shape, true);
    }

    fn note(&self, name: &str, shape: &[usize], is_buffer: bool) {
        self.context.entries.borrow_mut().push(Entry {
            key: self.key(name),
            shape: shape.to_vec(),
            is_buffer,
        });
    }

    /// Registers the module as one that can be tapped, and returns its tap.
    pub fn tap(&self) -> TapSlot {
        self.context.taps.tap(&self.path)
    }

    /// Creates a tensor on the device of the network.
    pub fn tensor(&self, values: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        Tensor::from_vec(values, shape, self.context.device).map_err(of_candle)
    }

    pub fn backend(&self) -> Backend {
        self.context.backend
    }

    fn key(&self, name: impl Display) -> String {
        match self.path.as_str() {
            "" => name.to_string(),
            path => format!("{path}.{name}"),
        }
    }
}
