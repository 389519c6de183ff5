//! Devices on which networks are computed.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ExtractError, Result};

/// A device on which a network is computed.
///
/// In text a device is `cpu`, `cuda`, `cuda:1`, `metal` or `metal:1`; the number of a GPU is 0 by
/// default.
///
/// ```
/// use human_alignment::extract::Device;
///
/// assert_eq!("cuda:1".parse::<Device>()?, Device::Cuda(1));
/// assert_eq!("cuda".parse::<Device>()?, Device::Cuda(0));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Device {
    /// All cores of the CPU. The default.
    #[default]
    Cpu,
    /// Index of an NVIDIA GPU, 0-based; requires the feature `cuda`.
    Cuda(usize),
    /// Index of an Apple GPU, 0-based; requires the feature `metal`.
    Metal(usize),
}

impl Device {
    /// Opens the device.
    ///
    /// # Errors
    /// Returns [`ExtractError::NoDevice`] if the device does not exist or the crate was built
    /// without its feature.
    pub(in crate::extract) fn open(self) -> Result<candle_core::Device> {
        let opened = match self {
            Device::Cpu => return Ok(candle_core::Device::Cpu),
            Device::Cuda(number) => candle_core::Device::new_cuda(number),
            Device::Metal(number) => candle_core::Device::new_metal(number),
        };
        opened.map_err(|source| {
            ExtractError::NoDevice {
                device: self.to_string(),
                source: Box::new(source),
            }
            .into()
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(number) => write!(f, "cuda:{number}"),
            Device::Metal(number) => write!(f, "metal:{number}"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::parameter("device", "cpu, cuda, cuda:N, metal or metal:N", text);
        let (kind, number) = text.split_once(':').unwrap_or((text, "0"));
        let number: usize = number.parse().map_err(|_| refused())?;
        match kind {
            "cpu" if text == "cpu" => Ok(Device::Cpu),
            "cuda" => Ok(Device::Cuda(number)),
            "metal" => Ok(Device::Metal(number)),
            _ => Err(refused()),
        }
    }
}
