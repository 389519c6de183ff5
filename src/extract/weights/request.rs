//! What is asked of stored parameters, and those that are selected.

use super::listing::{Listing, Training};
use super::names::{Compositions, Keys, beginnings};
use crate::extract::builder::Deviations;
use crate::extract::outline::Outline;

/// Name of the parameter with the registers of vision transformers.
pub(super) const REGISTERS: &str = "reg_token";

/// The stored parameters that are used for a network.
pub(in crate::extract) struct Selection {
    /// Prefix of the stored names, without its final dot and without modules that only wrap others.
    pub prefix: String,
    /// The library whose names the parameters have, unless they are those of the network.
    pub library: Option<&'static str>,
    pub deviations: Deviations,
    /// Names of modules beside the network.
    pub unread: Vec<String>,
    pub(super) compositions: Compositions,
}

/// What a user asks of the names.
pub(super) struct Request<'w> {
    pub keys: &'w Keys,
    pub listing: &'w Listing,
    /// Prefixes of names that are ignored.
    pub absent: &'w [String],
    pub training: &'w Training,
    /// Whether only parameters without a prefix are meant.
    pub is_at_root: bool,
    /// The epsilon of all normalizations, if the user named it.
    pub epsilon: Option<f64>,
}

impl Request<'_> {
    /// Checks whether the user ignores a tensor, given its name or the end of it.
    pub fn is_absent(&self, name: &str) -> bool {
        let mut absent = self.absent.iter();
        absent.any(|absent| beginnings(name).any(|at| name[at..].starts_with(absent)))
    }
}

/// Parameters that fit the network, with the outline of the network with their shapes.
pub(super) type Fit = (Selection, Outline);
