//! Names of the variants of an enum on command lines and in files.

/// Implements `ALL`, `name`, `Display` and `FromStr` for an enum from the names of its variants; or
/// only `Display` and `FromStr` for a type that has `ALL` and `name`, from the list of the names.
///
/// The literal before the names is the name of the parameter in error messages.
macro_rules! named {
    ([$type:ident; $n:literal], $parameter:literal { $($variant:ident => $name:literal,)* }) => {
        impl $type {
            /// All variants.
            pub const ALL: [$type; $n] = [$($type::$variant),*];

            /// Returns the name used on command lines and in files.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }
        }

        $crate::names::named!($type, $parameter, $crate::names::listed!($($name),*));
    };
    ($type:ty, $parameter:literal, $expected:expr) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(name: &str) -> $crate::Result<Self> {
                let known = Self::ALL.into_iter().find(|known| known.name() == name);
                known.ok_or_else(|| {
                    $crate::Error::parameter($parameter, $expected, format_args!("{name:?}"))
                })
            }
        }
    };
}

/// Joins names to a list such as `a, b or c`.
macro_rules! listed {
    ($only:literal) => { $only };
    ($first:literal, $last:literal) => { concat!($first, " or ", $last) };
    ($first:literal, $($rest:literal),+) => {
        concat!($first, ", ", $crate::names::listed!($($rest),+))
    };
}

pub(crate) use {listed, named};
