//! Parameters by their names, while a network is put together.

use std::cell::RefCell;
use std::fmt::Display;

use candle_core::{Device, Tensor};

use crate::error::Result;
use crate::extract::flow::of_candle;
use crate::extract::layers::Backend;
use crate::extract::taps::{TapSlot, TapTable};

/// How a parameter is drawn where a network is not trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::extract) enum Init {
    /// A kernel, outputs × inputs × height × width.
    ConvWeight,
    /// Outputs × inputs.
    LinearWeight,
    Bias,
    Ones,
    Zeros,
    Constant(f32),
    /// Normal, with this standard deviation.
    Normal(f32),
}

/// Where parameters come from.
pub(in crate::extract) trait Parameters {
    /// The values of a parameter, row-major.
    fn values(&self, key: &str, shape: &[usize], init: Init) -> Result<Vec<f32>>;

    /// The shape that a parameter is stored with, if it is stored.
    fn stored_shape(&self, _key: &str) -> Option<Vec<usize>> {
        None
    }
}

/// A parameter or a buffer that a network has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::extract) struct Entry {
    pub key: String,
    pub shape: Vec<usize>,
    /// Whether it is no parameter: nothing that training fits.
    pub is_buffer: bool,
}

/// All that a network is built with.
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

    /// The builder of the network as a whole.
    pub fn root(&self) -> Builder<'_> {
        Builder {
            context: self,
            path: String::new(),
        }
    }

    /// The parameters and buffers that were asked for, in order.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries.into_inner()
    }
}

/// A module's place in the network: its path, the parameters and the taps below it.
pub(in crate::extract) struct Builder<'a> {
    context: &'a Context<'a>,
    path: String,
}

impl<'a> Builder<'a> {
    /// The module of this name in this one. A name may be a path.
    pub fn child(&self, name: impl Display) -> Builder<'a> {
        Builder {
            context: self.context,
            path: self.key(name),
        }
    }

    /// A parameter of the module, row-major.
    pub fn values(&self, name: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        self.note(name, shape, false);
        self.context.parameters.values(&self.key(name), shape, init)
    }

    /// Numbers of the module that training keeps beside its parameters, such as means that run along.
    pub fn buffer(&self, name: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        self.note(name, shape, true);
        self.context.parameters.values(&self.key(name), shape, init)
    }

    /// The shape that a parameter of the module is stored with, if it is stored.
    pub fn stored_shape(&self, name: &str) -> Option<Vec<usize>> {
        self.context.parameters.stored_shape(&self.key(name))
    }

    /// Notes a parameter that published files may hold and the network doesn't compute with.
    pub fn note_unused(&self, name: &str, shape: &[usize]) {
        self.note(name, shape, false);
    }

    /// Notes numbers that are no parameter, which published files may hold and nobody reads.
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

    /// The tap of the module's own output.
    pub fn tap(&self) -> TapSlot {
        self.context.taps.tap(&self.path)
    }

    /// A tensor on the device of the network.
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
