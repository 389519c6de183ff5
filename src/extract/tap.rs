//! The modules of a network that are read, and the pooling of their outputs.

use std::fmt;
use std::str::FromStr;

use candle_core::{D, Tensor};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::extract::flow::Flow;
use crate::extract::layers::global_average;
use crate::names::named;

/// The reduction of the output of a module to one row of features per image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Pooling {
    /// All values in the order of PyTorch: channels × height × width, or tokens × width. The
    /// default.
    #[default]
    None,
    /// Mean over height and width, one feature per channel.
    Mean,
    /// Class token of a transformer, which is its first token.
    ClassToken,
    /// Mean of the patch tokens of a transformer: all tokens but the class token and registers.
    TokenMean,
    /// Class token, followed by the mean of the patch tokens.
    ClassTokenAndMean,
}

named! {
    Pooling, "pooling":
    None = "none",
    Mean = "mean",
    ClassToken = "class-token",
    TokenMean = "token-mean",
    ClassTokenAndMean = "class-token-and-mean",
}

/// A module of a network whose output is extracted, and the pooling of the output.
///
/// Modules are named as in PyTorch: `features.12`, `layer4.1`, `encoder.layers.encoder_layer_11`,
/// …; `logits` and `penultimate` are the last layer and the one before it, as in Muttenthaler et
/// al. (2023). In text the pooling follows an `@`.
///
/// ```
/// use human_alignment::extract::{Pooling, Tap};
///
/// let tap: Tap = "layer4.1@mean".parse()?;
/// assert_eq!((tap.module(), tap.pooling()), ("layer4.1", Pooling::Mean));
/// assert_eq!(tap.to_string(), "layer4.1@mean");
/// assert_eq!(Tap::new("avgpool").to_string(), "avgpool");
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tap {
    module: String,
    pooling: Pooling,
}

impl Tap {
    /// Creates a tap of the whole output of a module, without pooling.
    pub fn new(module: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            pooling: Pooling::None,
        }
    }

    /// Sets the pooling of the output.
    #[must_use]
    pub fn with_pooling(mut self, pooling: Pooling) -> Self {
        self.pooling = pooling;
        self
    }

    /// Returns the path of the module, or `logits` or `penultimate`.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Returns the pooling of the output.
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }
}

impl fmt::Display for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.module)?;
        match self.pooling {
            Pooling::None => Ok(()),
            pooling => write!(f, "@{}", pooling.name()),
        }
    }
}

impl FromStr for Tap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (module, pooling) = match text.split_once('@') {
            Some((module, pooling)) => (module, pooling.parse()?),
            None => (text, Pooling::None),
        };
        if module.is_empty() {
            let found = match text {
                "" => "an empty text",
                text => text,
            };
            return Err(Error::parameter("tap", "the path of a module", found));
        }
        Ok(Self::new(module).with_pooling(pooling))
    }
}

impl TryFrom<String> for Tap {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Tap> for String {
    fn from(tap: Tap) -> Self {
        tap.to_string()
    }
}

/// The order of the axes of a module's output, after the axis of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Axes {
    /// Channels × height × width, tokens × width, or features.
    ChannelsFirst {
        /// Number of tokens before those of the patches.
        n_special_tokens: usize,
    },
    /// Height × width × channels.
    ChannelsLast,
}

/// Pools the output of a module to `images × features`.
///
/// # Errors
/// Returns `ArgumentError::InvalidParameter` if the pooling does not fit the shape of the output.
pub(in crate::extract) fn pool(x: &Tensor, pooling: Pooling, axes: Axes) -> Flow<Tensor> {
    let refuse = |expected| -> Result<Tensor> {
        let found = format!("{} for {:?}", pooling.name(), &x.dims()[1..]);
        Err(Error::parameter("pooling", expected, found))
    };
    let rank = x.dims().len();
    let n_tokens = if rank == 3 { x.dim(1)? } else { 0 };
    let n_special = match axes {
        Axes::ChannelsFirst { n_special_tokens } => n_special_tokens,
        Axes::ChannelsLast => 1,
    };
    Ok(match pooling {
        Pooling::None => x.flatten_from(1)?,
        Pooling::Mean if rank == 4 && axes != Axes::ChannelsLast => global_average(x)?,
        Pooling::Mean if rank == 4 => x.mean((1, 2))?,
        Pooling::Mean if rank == 3 => {
            refuse("token-mean, as the output has tokens and no feature maps")?
        }
        Pooling::Mean => refuse("one that fits the output (mean needs feature maps)")?,
        _ if n_tokens <= n_special.max(1) => {
            refuse("one that fits the output (it needs tokens × width)")?
        }
        Pooling::TokenMean => patches(x, n_tokens, n_special)?,
        _ if n_special == 0 => refuse("token-mean, as the module has no class token")?,
        Pooling::ClassToken => x.get_on_dim(1, 0)?,
        Pooling::ClassTokenAndMean => {
            let patches = patches(x, n_tokens, n_special)?;
            Tensor::cat(&[x.get_on_dim(1, 0)?, patches], D::Minus1)?
        }
    })
}

/// Returns the mean of the tokens after the special ones.
fn patches(x: &Tensor, n_tokens: usize, n_special: usize) -> Flow<Tensor> {
    Ok(x.narrow(1, n_special, n_tokens - n_special)?.mean(1)?)
}
