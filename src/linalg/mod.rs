//! Linear algebra: numbers, buffers, products and decompositions that several modules use.
//!
//! No result depends on the number of threads.

mod condensed;
mod decomposition;
mod dense;
mod memory;
mod real;
mod rounding;
mod shuffle;

pub(crate) use condensed::{n_pairs, n_stimuli_of, pair_at, pair_index, row_range};
pub(crate) use decomposition::{eigen, eigenvalues, inverse, singular_values};
pub(crate) use dense::{
    add_scaled, dot, lower_gram, lower_gram_by_bands, matrix, mirror, product, product_by_bands,
    short_dot, symmetrized,
};
pub(crate) use memory::{blocks, out_of_memory, reserve, zeroed};
pub use real::Precision;
pub(crate) use real::{Real, Values, with_values};
pub(crate) use rounding::{DistanceRounding, UNIT_ROUNDOFF, inverse_power_of_two};
pub(crate) use shuffle::shuffle;
