//! Swin transformers: Liu et al., "Swin transformer: hierarchical vision transformer using shifted
//! windows" (2021), and the second version: Liu et al., "Swin transformer V2: scaling up capacity
//! and resolution" (2022). Names are those of torchvision, and channels are the last axis.

mod relative_position;
mod windows;

use candle_core::Tensor;

use windows::{Shift, WindowAttention};

use crate::error::Result;
use crate::extract::architecture::{Architecture, Head};
use crate::extract::builder::Builder;
use crate::extract::layers::{
    Activation, AdaptiveAveragePool, Conv2d, ConvSpec, LayerNorm, Linear,
};
use crate::extract::models::transformer::{Hidden, MlpNames, Residual};
use crate::extract::module::{Function, Sequential};

const EPSILON: f64 = 1e-5;

/// Side of a patch, in pixels.
const PATCH: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    /// Normalizes at the end of each branch, and attends by cosines.
    V2,
}

impl Version {
    /// Returns the side of a window, in tokens.
    fn window(self) -> usize {
        match self {
            Version::V1 => 7,
            Version::V2 => 8,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Config {
    name: &'static str,
    version: Version,
    /// Channels of the first stage; each stage has twice as many as the one before.
    width: usize,
    depths: [usize; 4],
    n_heads: [usize; 4],
}

const fn config(
    name: &'static str,
    version: Version,
    width: usize,
    blocks_of_third: usize,
) -> Config {
    let n = width / 32;
    Config {
        name,
        version,
        width,
        depths: [2, 2, blocks_of_third, 2],
        n_heads: [n, 2 * n, 4 * n, 8 * n],
    }
}

const CONFIGS: [Config; 6] = [
    config("swin_t", Version::V1, 96, 6),
    config("swin_s", Version::V1, 96, 18),
    config("swin_b", Version::V1, 128, 18),
    config("swin_v2_t", Version::V2, 96, 6),
    config("swin_v2_s", Version::V2, 96, 18),
    config("swin_v2_b", Version::V2, 128, 18),
];

const MLP: MlpNames = MlpNames {
    linears: ["0", "3"],
    activation: "1",
    dropouts: Some(["2", "4"]),
};

pub(super) fn architectures() -> impl Iterator<Item = Architecture> {
    CONFIGS.into_iter().map(|config| {
        let head = Head {
            logits: "head",
            penultimate: "avgpool",
        };
        let (family, image) = match config.version {
            Version::V1 => ("Swin", 224),
            Version::V2 => ("Swin V2", 256),
        };
        Architecture::new(config.name, family, head, move |b| build(b, config))
            .with_input_size(image)
            .with_channels_last(&["features", "norm"])
            .with_channels_first(&["features.0.0"])
    })
}

fn build(builder: &Builder<'_>, config: Config) -> Result<Sequential> {
    let mut width = config.width;
    let norm = |width: usize| move |b: &Builder<'_>| LayerNorm::new(b, width, EPSILON);
    let mut network = Sequential::default();
    network.push(builder, "features", |b| {
        let mut features = Sequential::default();
        features.push(b, "0", |b| {
            let mut embedding = Sequential::default();
            let spec = ConvSpec::new(3, width, PATCH).stride(PATCH);
            embedding.push(b, "0", |b| Conv2d::new(b, spec, true))?;
            embedding.push(b, "1", |_| {
                Ok(Function(|x: &Tensor| Ok(x.permute((0, 2, 3, 1))?)))
            })?;
            embedding.push(b, "2", norm(width))?;
            Ok(embedding)
        })?;
        for (stage, (depth, n_heads)) in config.depths.into_iter().zip(config.n_heads).enumerate() {
            if stage > 0 {
                features.push(b, &(2 * stage).to_string(), |b| {
                    merging(b, config.version, width)
                })?;
                width *= 2;
            }
            features.push(b, &(2 * stage + 1).to_string(), |b| {
                let mut blocks = Sequential::default();
                // By the size of a stage for the images that the network was designed for.
                let shift = match b.window_image() {
                    None => Shift::WhereSeveral,
                    Some(image) if (image / PATCH) >> stage > config.version.window() => {
                        Shift::Always
                    }
                    Some(_) => Shift::Never,
                };
                for number in 0..depth {
                    let shift = [Shift::Never, shift][number % 2];
                    let name = number.to_string();
                    blocks.push(b, &name, |b| {
                        block(b, config.version, width, n_heads, shift)
                    })?;
                }
                Ok(blocks)
            })?;
        }
        Ok(features)
    })?;
    network.push(builder, "norm", norm(width))?;
    network.push(builder, "permute", |_| {
        Ok(Function(|x: &Tensor| Ok(x.permute((0, 3, 1, 2))?)))
    })?;
    network.push(builder, "avgpool", |b| Ok(AdaptiveAveragePool::new(b, 1)))?;
    network.push(builder, "flatten", |_| {
        Ok(Function(|x: &Tensor| Ok(x.flatten_from(1)?)))
    })?;
    network.push(builder, "head", |b| Linear::classifier(b, width, 1000))?;
    Ok(network)
}

/// Creates the layers between stages, which merge four neighboring tokens into one of twice the
/// width.
fn merging(builder: &Builder<'_>, version: Version, width: usize) -> Result<Sequential> {
    let mut merging = Sequential::default();
    merging.apply(|x| {
        let (n, height, across, width) = x.dims4()?;
        let x = x.pad_with_zeros(1, 0, height % 2)?;
        let x = x.pad_with_zeros(2, 0, across % 2)?;
        let (height, across) = (height.div_ceil(2), across.div_ceil(2));
        let by_square = x.reshape(&[n, height, 2, across, 2, width][..])?;
        // Upper left, lower left, upper right, lower right.
        let x = by_square.permute(vec![0, 1, 3, 4, 2, 5])?;
        Ok(x.reshape((n, height, across, 4 * width))?)
    });
    let norm = |width: usize| move |b: &Builder<'_>| LayerNorm::new(b, width, EPSILON);
    if version == Version::V1 {
        merging.push(builder, "norm", norm(4 * width))?;
    }
    merging.push(builder, "reduction", |b| {
        Linear::without_bias(b, 4 * width, 2 * width)
    })?;
    if version == Version::V2 {
        merging.push(builder, "norm", norm(2 * width))?;
    }
    Ok(merging)
}

fn block(
    builder: &Builder<'_>,
    version: Version,
    width: usize,
    n_heads: usize,
    shift: Shift,
) -> Result<Sequential> {
    let attention = |branch: &mut Sequential| {
        branch.push(builder, "attn", |b| {
            WindowAttention::new(b, version, width, n_heads, shift)
        })
    };
    let mlp = |branch: &mut Sequential| {
        branch.push(builder, "mlp", |b| {
            let hidden = Hidden::Plain(4 * width, Activation::Gelu);
            MLP.build(b, width, hidden)
        })
    };
    let normalize = |branch: &mut Sequential, name: &str| {
        branch.push(builder, name, |b| LayerNorm::new(b, width, EPSILON))
    };
    let (mut first, mut second) = (Sequential::default(), Sequential::default());
    match version {
        Version::V1 => {
            normalize(&mut first, "norm1")?;
            attention(&mut first)?;
            normalize(&mut second, "norm2")?;
            mlp(&mut second)?;
        }
        Version::V2 => {
            attention(&mut first)?;
            normalize(&mut first, "norm1")?;
            mlp(&mut second)?;
            normalize(&mut second, "norm2")?;
        }
    }
    let mut block = Sequential::default();
    block.add(Residual::new(builder, first));
    block.add(Residual::new(builder, second));
    Ok(block)
}
