//! Types of array elements in files, and their decoding.

use half::{bf16, f16};
use safetensors::Dtype;

use crate::error::{Error, FileError, Result, TrialProblem};

/// Supported types of elements, for error messages.
const READ: &str = "floats of 16, 32 or 64 bits, integers of 8 to 64 bits, or bool";

/// The kind of a number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    BF16,
    F32,
    F64,
}

/// The byte order of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// The type of the elements of an array in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    pub(crate) order: ByteOrder,
}

/// A type that elements of every kind can be converted to.
pub(crate) trait FromElement: Copy {
    fn from_u64(value: u64) -> Self;
    fn from_i64(value: i64) -> Self;
    fn from_f32(value: f32) -> Self;
    fn from_f64(value: f64) -> Self;
}

macro_rules! rounded_to_nearest {
    ($float:ty: $($from:ident($type:ty))*) => {
        impl FromElement for $float {
            $(#[inline(always)]
            fn $from(value: $type) -> Self {
                value as $float
            })*
        }
    };
}
rounded_to_nearest!(f32: from_u64(u64) from_i64(i64) from_f32(f32) from_f64(f64));
rounded_to_nearest!(f64: from_u64(u64) from_i64(i64) from_f32(f32) from_f64(f64));

/// An unchecked index of a stimulus. Values beyond `u32::MAX` stand for invalid indices, which are
/// decoded again as [`Number`] for the error message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawIndex(pub(crate) u64);

impl FromElement for RawIndex {
    #[inline(always)]
    fn from_u64(value: u64) -> Self {
        Self(value)
    }
    #[inline(always)]
    fn from_i64(value: i64) -> Self {
        // Negative values become large.
        Self(value as u64)
    }
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        Self::from_f64(value.into())
    }
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        let index = value as u32;
        if f64::from(index) == value {
            Self(index.into())
        } else {
            Self(u64::MAX)
        }
    }
}

/// A number in a file, without loss of precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl FromElement for Number {
    fn from_u64(value: u64) -> Self {
        Number::Unsigned(value)
    }
    fn from_i64(value: i64) -> Self {
        Number::Signed(value)
    }
    fn from_f32(value: f32) -> Self {
        Number::Float(value.into())
    }
    fn from_f64(value: f64) -> Self {
        Number::Float(value)
    }
}

impl Number {
    /// Converts the number to the index of a stimulus, or returns the reason why it is not an
    /// index.
    pub(crate) fn index(self) -> Result<u32, TrialProblem> {
        let too_large = |index| TrialProblem::OutOfRange {
            index,
            n_stimuli: u32::MAX as usize,
        };
        match self {
            Number::Unsigned(value) => u32::try_from(value).map_err(|_| too_large(value)),
            Number::Signed(value) if value < 0 => Err(TrialProblem::Negative {
                value: value as f64,
            }),
            Number::Signed(value) => Number::Unsigned(value as u64).index(),
            Number::Float(value) if !value.is_finite() || value.fract() != 0.0 => {
                Err(TrialProblem::NotAnInteger { value })
            }
            Number::Float(value) if value < 0.0 => Err(TrialProblem::Negative { value }),
            Number::Float(value) => Number::Unsigned(value as u64).index(),
        }
    }
}

impl Element {
    /// 32-bit floats, little-endian.
    #[cfg(test)]
    pub(crate) const F32: Element = Element {
        kind: Kind::F32,
        order: ByteOrder::Little,
    };

    /// Checks whether the type has numbers that `f32` cannot represent.
    pub(crate) fn needs_f64(self) -> bool {
        matches!(
            self.kind,
            Kind::U32 | Kind::I32 | Kind::U64 | Kind::I64 | Kind::F64
        )
    }

    /// Parses a type string of numpy, such as `<f4`.
    pub(crate) fn from_descr(descr: &str) -> Result<Self> {
        let unsupported = || {
            Error::from(FileError::UnsupportedElement {
                expected: READ,
                found: descr.chars().take(80).collect(),
            })
        };
        let order = match descr.as_bytes().first() {
            Some(b'<') => Some(ByteOrder::Little),
            Some(b'>') => Some(ByteOrder::Big),
            Some(b'|') => None,
            _ => return Err(unsupported()),
        };
        let kind = match &descr[1..] {
            "b1" => Kind::Bool,
            "u1" => Kind::U8,
            "u2" => Kind::U16,
            "u4" => Kind::U32,
            "u8" => Kind::U64,
            "i1" => Kind::I8,
            "i2" => Kind::I16,
            "i4" => Kind::I32,
            "i8" => Kind::I64,
            "f2" => Kind::F16,
            "f4" => Kind::F32,
            "f8" => Kind::F64,
            _ => return Err(unsupported()),
        };
        let element = Self {
            kind,
            order: order.unwrap_or(ByteOrder::Little),
        };
        // Only types of one byte have no byte order.
        if order.is_none() && element.size() > 1 {
            return Err(unsupported());
        }
        Ok(element)
    }

    /// Converts a type of safetensors, which is always little-endian.
    pub(crate) fn from_safetensors(dtype: Dtype) -> Result<Self> {
        let kind = match dtype {
            Dtype::BOOL => Kind::Bool,
            Dtype::U8 => Kind::U8,
            Dtype::U16 => Kind::U16,
            Dtype::U32 => Kind::U32,
            Dtype::U64 => Kind::U64,
            Dtype::I8 => Kind::I8,
            Dtype::I16 => Kind::I16,
            Dtype::I32 => Kind::I32,
            Dtype::I64 => Kind::I64,
            Dtype::F16 => Kind::F16,
            Dtype::BF16 => Kind::BF16,
            Dtype::F32 => Kind::F32,
            Dtype::F64 => Kind::F64,
            other => {
                return Err(FileError::UnsupportedElement {
                    expected: READ,
                    found: format!("{other:?}"),
                }
                .into());
            }
        };
        Ok(Self {
            kind,
            order: ByteOrder::Little,
        })
    }

    /// Returns the size of an element in bytes.
    pub(crate) fn size(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 | Kind::F16 | Kind::BF16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 => 8,
        }
    }

    /// Decodes elements and appends them; an incomplete element at the end is ignored.
    ///
    /// The type is matched once for each call, so that the inner loops can be vectorized.
    pub(crate) fn decode<T: FromElement>(self, bytes: &[u8], out: &mut Vec<T>) {
        macro_rules! each {
            ($type:ty, $value:ident => $number:expr) => {
                match self.order {
                    ByteOrder::Little => append(bytes, out, |raw| {
                        let $value = <$type>::from_le_bytes(raw);
                        $number
                    }),
                    ByteOrder::Big => append(bytes, out, |raw| {
                        let $value = <$type>::from_be_bytes(raw);
                        $number
                    }),
                }
            };
        }
        match self.kind {
            Kind::Bool => each!(u8, value => T::from_u64((value != 0).into())),
            Kind::U8 => each!(u8, value => T::from_u64(value.into())),
            Kind::U16 => each!(u16, value => T::from_u64(value.into())),
            Kind::U32 => each!(u32, value => T::from_u64(value.into())),
            Kind::U64 => each!(u64, value => T::from_u64(value)),
            Kind::I8 => each!(i8, value => T::from_i64(value.into())),
            Kind::I16 => each!(i16, value => T::from_i64(value.into())),
            Kind::I32 => each!(i32, value => T::from_i64(value.into())),
            Kind::I64 => each!(i64, value => T::from_i64(value)),
            Kind::F16 => each!(f16, value => T::from_f32(value.to_f32())),
            Kind::BF16 => each!(bf16, value => T::from_f32(value.to_f32())),
            Kind::F32 => each!(f32, value => T::from_f32(value)),
            Kind::F64 => each!(f64, value => T::from_f64(value)),
        }
    }
}

/// Decodes elements of `N` bytes, the inner loop of [`Element::decode`].
#[inline(always)]
fn append<const N: usize, T>(bytes: &[u8], out: &mut Vec<T>, number: impl Fn([u8; N]) -> T) {
    let (elements, _) = bytes.as_chunks::<N>();
    out.extend(elements.iter().map(|&raw| number(raw)));
}

macro_rules! encoding {
    ($($name:ident($float:ty)),*) => {$(
        /// Encodes numbers as little-endian bytes, replacing the content of `bytes`.
        pub(crate) fn $name(values: &[$float], bytes: &mut Vec<u8>) {
            bytes.resize(size_of_val(values), 0);
            for (raw, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
                *raw = value.to_le_bytes();
            }
        }
    )*};
}
encoding!(encode_f32(f32), encode_f64(f64));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;

    fn decoded<T: FromElement>(descr: &str, bytes: &[u8]) -> Vec<T> {
        let mut out = Vec::new();
        Element::from_descr(descr).unwrap().decode(bytes, &mut out);
        out
    }

    #[test]
    fn byte_order_matters() {
        assert_eq!(decoded::<f32>("<u2", &[1, 2]), [513.0]);
        assert_eq!(decoded::<f32>(">u2", &[1, 2]), [258.0]);
        assert_eq!(decoded::<f32>(">i4", &(-7i32).to_be_bytes()), [-7.0]);
        assert_eq!(
            decoded::<f32>(">f2", &f16::from_f32(-1.5).to_be_bytes()),
            [-1.5]
        );
        assert_eq!(decoded::<f32>("|b1", &[0, 1, 2]), [0.0, 1.0, 1.0]);
    }

    #[test]
    fn large_numbers_round_to_nearest() {
        let mut bytes = 1e300f64.to_le_bytes().to_vec();
        bytes.extend((1.0f64 + 3.0 * 2f64.powi(-25)).to_le_bytes());
        assert_eq!(
            decoded::<f32>("<f8", &bytes),
            [f32::INFINITY, 1.0 + f32::EPSILON]
        );
        let bytes = u64::MAX.to_le_bytes();
        assert_eq!(decoded::<f32>("<u8", &bytes), [2f32.powi(64)]);
        assert_eq!(
            decoded::<Number>("<u8", &bytes),
            [Number::Unsigned(u64::MAX)]
        );
    }

    #[test]
    fn says_why_a_number_is_no_index() {
        assert_eq!(Number::Float(3.0).index(), Ok(3));
        assert_eq!(
            Number::Signed(-1).index(),
            Err(TrialProblem::Negative { value: -1.0 })
        );
        assert!(matches!(
            Number::Float(0.5).index(),
            Err(TrialProblem::NotAnInteger { .. })
        ));
        assert!(matches!(
            Number::Float(f64::NAN).index(),
            Err(TrialProblem::NotAnInteger { .. })
        ));
        assert!(matches!(
            Number::Unsigned(1 << 32).index(),
            Err(TrialProblem::OutOfRange {
                index: 4_294_967_296,
                ..
            })
        ));
        for value in [-1.0, 0.5, f64::NAN, 4294967296.0] {
            assert!(RawIndex::from_f64(value).0 > u32::MAX.into());
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for descr in [
            "<c8", "|S3", "<U5", "|O", "<M8[ns]", "<f16", "|f4", "f4", "", "é", "|V2",
        ] {
            assert_refused!(
                Element::from_descr(descr),
                File(FileError::UnsupportedElement { .. }),
                "{descr}"
            );
        }
    }
}
