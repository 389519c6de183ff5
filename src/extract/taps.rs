//! Recording of the outputs of modules in a forward pass.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::extract::flow::{Flow, Interrupt};

/// The index of a module among the tapped ones, or `None` if it is not tapped.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct TapSlot(Option<usize>);

impl TapSlot {
    pub fn none() -> Self {
        Self(None)
    }

    pub fn is_wanted(self) -> bool {
        self.0.is_some()
    }
}

/// The modules that are tapped, and the names of all modules, while a network is built.
pub(in crate::extract) struct TapTable {
    wanted: Wanted,
    /// Paths of all modules whose output can be tapped.
    names: RefCell<Vec<String>>,
}

enum Wanted {
    All,
    These(BTreeMap<String, usize>),
}

impl TapTable {
    /// Creates a table that taps all modules.
    pub fn all() -> Self {
        Self {
            wanted: Wanted::All,
            names: RefCell::default(),
        }
    }

    /// Creates a table that taps the modules with these paths, which are distinct.
    pub fn these<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let places = names.into_iter().enumerate();
        Self {
            wanted: Wanted::These(
                places
                    .map(|(place, name)| (name.to_owned(), place))
                    .collect(),
            ),
            names: RefCell::default(),
        }
    }

    /// Registers a module and returns its tap; must be called once per module.
    pub fn tap(&self, path: &str) -> TapSlot {
        let mut names = self.names.borrow_mut();
        names.push(path.to_owned());
        match &self.wanted {
            Wanted::All => TapSlot(Some(names.len() - 1)),
            Wanted::These(places) => TapSlot(places.get(path).copied()),
        }
    }

    /// Returns the paths of all modules that can be tapped, in the order in which they were built.
    pub fn into_names(self) -> Vec<String> {
        self.names.into_inner()
    }
}

/// One forward pass of a batch, and the recorded values.
pub(in crate::extract) struct Pass {
    values: Vec<Option<Tensor>>,
    n_missing: usize,
    stops: bool,
}

impl Pass {
    /// Creates a pass that ends as soon as all `n` taps have a value.
    pub fn new(n: usize) -> Self {
        Self {
            values: vec![None; n],
            n_missing: n,
            stops: true,
        }
    }

    /// Creates a pass that continues to the end of the network.
    pub fn to_the_end(n: usize) -> Self {
        Self {
            stops: false,
            ..Self::new(n)
        }
    }

    /// Records a value if its module is tapped, and ends the pass if no other value is missing.
    pub fn record(&mut self, tap: TapSlot, value: &Tensor) -> Flow<()> {
        let TapSlot(Some(place)) = tap else {
            return Ok(());
        };
        let was_missing = self.values[place].replace(value.clone()).is_none();
        self.n_missing -= usize::from(was_missing);
        match self.stops && self.n_missing == 0 {
            true => Err(Interrupt::Complete),
            false => Ok(()),
        }
    }

    /// Returns the recorded value of each tap.
    pub fn into_values(self) -> Vec<Option<Tensor>> {
        self.values
    }
}
