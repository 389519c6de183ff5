//! Assertions about errors. The macros of the same names in `src/error/mod.rs` serve the unit tests,
//! whose items a test of another crate cannot use.

#![allow(unused_macros)] // No binary uses all of them.

/// Checks that a result is an error of a kind, such as
/// `assert_refused!(result, Stimuli(StimuliError::EmptyId { .. }))`.
macro_rules! assert_refused {
    ($result:expr, $($expected:tt)+) => {
        match &$result {
            Ok(_) => panic!("not refused: {}", stringify!($result)),
            Err(error) => $crate::common::refusals::assert_kind!(error, $($expected)+),
        }
    };
}

/// Checks that an error is of a kind.
macro_rules! assert_kind {
    ($error:expr, $kind:ident($pattern:pat) $(if $guard:expr)? $(, $($message:tt)+)?) => {{
        let error = &$error;
        let is_it = matches!(error.kind(), human_alignment::error::ErrorKind::$kind($pattern) $(if $guard)?);
        let case = [String::new() $(, format!($($message)+))?].concat();
        assert!(is_it, "{error:?} {case}");
    }};
}

#[allow(unused_imports)] // Not in all binaries.
pub(crate) use {assert_kind, assert_refused};
