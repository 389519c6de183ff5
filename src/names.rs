//! Names of the variants of an enum on command lines and in files.

/// Implements `ALL`, `name`, `Display` and `FromStr` for an enum without fields, from the name of
/// each variant and the name of the parameter in error messages.
macro_rules! named {
    ($type:ident, $parameter:literal: $($variant:ident = $name:literal,)+) => {
        impl $type {
            /// All variants.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name used on command lines and in files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(name: &str) -> $crate::Result<Self> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => {
                        let expected = $crate::names::one_of(&[$($name),+]);
                        Err($crate::Error::parameter($parameter, expected, format_args!("{name:?}")))
                    }
                }
            }
        }
    };
}

pub(crate) use named;

/// Returns a list such as `box, bilinear or bicubic`.
pub(crate) fn one_of(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}
