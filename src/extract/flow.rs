//! How a pass through a network ends: with a value, early since all that is wanted is there, or badly.

use crate::error::{Error, ExtractError};

/// Why a pass goes no further.
#[derive(Debug)]
pub(in crate::extract) enum Interrupt {
    /// All taps have their value.
    Complete,
    Failed(Error),
}

/// What a layer returns.
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

/// What candle refused.
pub(in crate::extract) fn of_candle(error: candle_core::Error) -> Error {
    Error::from(ExtractError::Forward {
        source: Box::new(error),
    })
}

/// Something that a backend doesn't do.
pub(in crate::extract) fn unsupported(what: &str) -> Interrupt {
    Interrupt::Failed(Error::from(ExtractError::Forward {
        source: format!("{what} can't be computed with here").into(),
    }))
}
