//! Names of the variants of an enum on command lines and in files.

/// Implements `Display` and `FromStr` for an enum that has `ALL` and `name`; `parameter` and
/// `expected` are what an error says.
macro_rules! named {
    ($type:ty, $parameter:literal, $expected:literal) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(name: &str) -> $crate::Result<Self> {
                let known = Self::ALL.iter().copied().find(|known| known.name() == name);
                known.ok_or_else(|| {
                    $crate::Error::parameter($parameter, $expected, format_args!("{name:?}"))
                })
            }
        }
    };
}

pub(crate) use named;
