//! The result of a forward pass: a value, an early end because all taps have their values, or an
//! error.

use crate::error::{Error, ExtractError};

/// The reason why a forward pass ends early.
#[derive(Debug)]
pub(in crate::extract) enum Interrupt {
    /// All taps have their values.
    Complete,
    Failed(Error),
}

/// The result of a layer.
pub(in crate::extract) type Flow<T> = std::result::Result<T, Interrupt>;

impl From<candle_core::Error> for Interrupt {
    fn from(error: candle_core::Error) -> Self {
        Interrupt::Failed(of_candle(error))
    }
}

impl From<Error> for Interrupt {
    fn from(error: Error) -> Self {
        Interrupt::Failed(error)
    }
}

/// Converts an error of candle to an error of the crate.
pub(in crate::extract) fn of_candle(error: candle_core::Error) -> Error {
    Error::from(ExtractError::Forward {
        source: Box::new(error),
    })
}

/// Creates the error for an input that a backend does not support.
pub(in crate::extract) fn unsupported(what: &str) -> Interrupt {
    Interrupt::Failed(Error::from(ExtractError::Forward {
        source: format!("{what} is not supported").into(),
    }))
}
