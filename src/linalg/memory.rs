//! Memory for large arrays, and their division into blocks.

use std::ops::Range;

use crate::error::{ComputationError, Error, Result};
use crate::linalg::Real;

/// Allocates zeroed memory, or returns an error if it cannot be allocated.
pub(crate) fn zeroed<T: Real>(len: usize, what: &'static str) -> Result<Vec<T>> {
    // Reserving first turns an abort into an error; allocating zeroed memory leaves the first
    // access of each page to the threads that fill it.
    if Vec::<T>::new().try_reserve_exact(len).is_err() {
        return Err(out_of_memory::<T>(what, len as u64));
    }
    Ok(vec![T::ZERO; len])
}

/// Reserves memory for exactly `additional` more elements.
pub(crate) fn reserve<T>(out: &mut Vec<T>, additional: usize, what: &'static str) -> Result<()> {
    out.try_reserve_exact(additional)
        .map_err(|_| out_of_memory::<T>(what, (out.len() as u64).saturating_add(additional as u64)))
}

/// Returns the error for a failed allocation of `n` elements.
pub(crate) fn out_of_memory<T>(what: &'static str, n: u64) -> Error {
    Error::from(ComputationError::OutOfMemory {
        what,
        bytes: n.saturating_mul(size_of::<T>() as u64),
    })
}

/// Returns ranges of length `size` that cover `0..n`; the last may be shorter.
pub(crate) fn blocks(n: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n)
        .step_by(size)
        .map(move |start| start..n.min(start + size))
}
