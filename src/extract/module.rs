//! Building blocks of networks.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;
use crate::extract::taps::{Pass, TapSlot};

/// A part of a network.
pub(in crate::extract) trait Module: Send + Sync {
    /// Computes the output for a batch, and records the taps in the module.
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor>;
}

/// A module whose output can be tapped.
pub(in crate::extract) struct Tapped<M> {
    module: M,
    tap: TapSlot,
}

impl<M: Module> Tapped<M> {
    /// Creates the child with this name by calling `build`.
    pub fn new(
        builder: &Builder<'_>,
        name: &str,
        build: impl FnOnce(&Builder<'_>) -> Result<M>,
    ) -> Result<Self> {
        let child = builder.child(name);
        Ok(Self {
            module: build(&child)?,
            tap: child.tap(),
        })
    }
}

impl<M: Module> Module for Tapped<M> {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let x = self.module.forward(x, pass)?;
        pass.record(self.tap, &x)?;
        Ok(x)
    }
}

impl Module for Box<dyn Module> {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        self.as_ref().forward(x, pass)
    }
}

/// A sequence of modules, each of which gets the output of the one before.
#[derive(Default)]
pub(in crate::extract) struct Sequential {
    parts: Vec<Box<dyn Module>>,
}

impl Sequential {
    /// Adds the child with this name, which `build` creates; its output can be tapped.
    pub fn push<M: Module + 'static>(
        &mut self,
        builder: &Builder<'_>,
        name: &str,
        build: impl FnOnce(&Builder<'_>) -> Result<M>,
    ) -> Result<()> {
        self.parts
            .push(Box::new(Tapped::new(builder, name, build)?));
        Ok(())
    }

    /// Adds a child that is named by the number of modules before it.
    pub fn push_numbered<M: Module + 'static>(
        &mut self,
        builder: &Builder<'_>,
        build: impl FnOnce(&Builder<'_>) -> Result<M>,
    ) -> Result<()> {
        self.push(builder, &self.len().to_string(), build)
    }

    /// Returns the number of modules.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Adds a module that records its own taps, or has none.
    pub fn add(&mut self, module: impl Module + 'static) {
        self.parts.push(Box::new(module));
    }

    /// Adds a function whose value can be tapped under this name but is not passed on: the next
    /// module gets the input of the function.
    pub fn aside(
        &mut self,
        builder: &Builder<'_>,
        name: &str,
        function: impl Fn(&Tensor) -> Flow<Tensor> + Send + Sync + 'static,
    ) {
        self.add(Aside {
            function,
            tap: builder.child(name).tap(),
        });
    }

    /// Adds a function without parameters, whose value cannot be tapped.
    pub fn apply(&mut self, function: impl Fn(&Tensor) -> Flow<Tensor> + Send + Sync + 'static) {
        self.add(Function(function));
    }
}

impl Module for Sequential {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let mut x = x.clone();
        for part in &self.parts {
            x = part.forward(&x, pass)?;
        }
        Ok(x)
    }
}

/// A function as a module.
pub(in crate::extract) struct Function<F>(pub F);

impl<F: Fn(&Tensor) -> Flow<Tensor> + Send + Sync> Module for Function<F> {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        (self.0)(x)
    }
}

/// A module that returns its input: dropout and stochastic depth at inference.
pub(in crate::extract) struct Identity;

impl Module for Identity {
    fn forward(&self, x: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        Ok(x.clone())
    }
}

/// A function whose value can be tapped but is not passed on.
struct Aside<F> {
    function: F,
    tap: TapSlot,
}

impl<F: Fn(&Tensor) -> Flow<Tensor> + Send + Sync> Module for Aside<F> {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        if self.tap.is_wanted() {
            pass.record(self.tap, &(self.function)(x)?)?;
        }
        Ok(x.clone())
    }
}
