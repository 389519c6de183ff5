//! Where networks compute.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ExtractError, Result};

/// The device that a network computes on; `cpu`, `cuda`, `cuda:1`, `metal` in text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// All cores of the processor.
    #[default]
    Cpu,
    /// A GPU of NVIDIA, with feature `cuda`.
    Cuda(usize),
    /// A GPU of Apple, with feature `metal`.
    Metal(usize),
}

impl Device {
    /// Opens the device.
    ///
    /// # Errors
    /// [`Error::NoDevice`].
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
