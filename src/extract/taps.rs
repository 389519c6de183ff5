//! Where representations are taken from a network.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::extract::flow::{Flow, Interrupt};

/// The place of a module among those that are wanted, if it is.
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

/// Which modules are wanted, and which there are, as a network is built.
pub(in crate::extract) struct TapTable {
    wanted: Wanted,
    /// All modules whose output can be tapped.
    names: RefCell<Vec<String>>,
}

enum Wanted {
    All,
    These(BTreeMap<String, usize>),
}

impl TapTable {
    /// All modules, to see which there are.
    pub fn all() -> Self {
        Self {
            wanted: Wanted::All,
            names: RefCell::default(),
        }
    }

    /// The modules with these paths, which are different.
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

    /// The tap of a module, which is called once.
    pub fn tap(&self, path: &str) -> TapSlot {
        let mut names = self.names.borrow_mut();
        names.push(path.to_owned());
        match &self.wanted {
            Wanted::All => TapSlot(Some(names.len() - 1)),
            Wanted::These(places) => TapSlot(places.get(path).copied()),
        }
    }

    /// All modules whose output can be tapped, in the order in which they were built.
    pub fn into_names(self) -> Vec<String> {
        self.names.into_inner()
    }
}

/// One pass of a batch through a network, and what was tapped.
pub(in crate::extract) struct Pass {
    values: Vec<Option<Tensor>>,
    n_missing: usize,
    stops: bool,
}

impl Pass {
    /// A pass that ends as soon as all of `n` taps have a value.
    pub fn new(n: usize) -> Self {
        Self {
            values: vec![None; n],
            n_missing: n,
            stops: true,
        }
    }

    /// A pass that goes on to the end of the network.
    pub fn to_the_end(n: usize) -> Self {
        Self {
            stops: false,
            ..Self::new(n)
        }
    }

    /// Keeps a value, if it is wanted.
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

    /// What was tapped.
    pub fn into_values(self) -> Vec<Option<Tensor>> {
        self.values
    }
}
