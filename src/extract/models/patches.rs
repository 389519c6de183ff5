//! Tokens of vision transformers: patch embeddings, class tokens and position embeddings.

use candle_core::{D, Tensor};

use crate::error::{Result, wrong_shape};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{Conv2d, ConvSpec};
use crate::extract::module::Module;
use crate::extract::preprocess::Filter;
use crate::extract::preprocess::weights::{FRACTION_BITS, Weights as ResizeWeights};
use crate::extract::taps::Pass;

/// A linear map of each patch, computed as a convolution.
pub(super) struct PatchEmbedding {
    conv: Conv2d,
    patch: usize,
}

impl PatchEmbedding {
    /// Creates an embedding of square patches with sides of `patch` pixels.
    pub fn new(builder: &Builder<'_>, patch: usize, width: usize, has_bias: bool) -> Result<Self> {
        let spec = ConvSpec::new(3, width, patch).stride(patch);
        Ok(Self {
            conv: Conv2d::new(builder, spec, has_bias)?,
            patch,
        })
    }
}

impl Module for PatchEmbedding {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        let is_tiled = |side: usize| side > 0 && side.is_multiple_of(self.patch);
        if !is_tiled(height) || !is_tiled(width) {
            return Err(wrong_shape(
                "an image",
                format!("height and width in patches of {}", self.patch),
                &[height, width],
            )
            .into());
        }
        self.conv.forward(x, pass)
    }
}

/// Converts feature maps to tokens: images × (height × width) × channels.
pub(super) fn tokens_of(maps: &Tensor) -> Flow<Tensor> {
    Ok(maps.permute((0, 2, 3, 1))?.flatten(1, 2)?)
}

/// Returns the first token of each image.
pub(super) fn class_token(tokens: &Tensor) -> Flow<Tensor> {
    Ok(tokens.get_on_dim(1, 0)?)
}

/// The names of the parameters of [`Tokens`].
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenNames {
    pub class_token: &'static str,
    pub positions: &'static str,
    /// Whether the parameters have an axis of images, of length 1.
    pub has_image_axis: bool,
}

/// The class token followed by the patch tokens, with position embeddings added.
pub(super) struct Tokens {
    class_token: Tensor,
    positions: Positions,
}

impl Tokens {
    /// Creates the tokens of images of `grid` × `grid` patches.
    pub fn new(
        builder: &Builder<'_>,
        names: TokenNames,
        width: usize,
        grid: usize,
        other_grids: OtherGrids,
    ) -> Result<Self> {
        let TokenNames {
            class_token,
            positions,
            has_image_axis,
        } = names;
        let shape: &[usize] = match has_image_axis {
            true => &[1, 1, width],
            false => &[width],
        };
        let class_token = builder.values(class_token, shape, Init::Normal(0.02))?;
        Ok(Self {
            class_token: builder.tensor(class_token, &[1, 1, width])?,
            positions: Positions::new(
                builder,
                positions,
                has_image_axis,
                width,
                grid,
                other_grids,
            )?,
        })
    }
}

impl Module for Tokens {
    fn forward(&self, maps: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let (n, width, rows, columns) = maps.dims4()?;
        let class_token = self.class_token.expand((n, 1, width))?.contiguous()?;
        let tokens = Tensor::cat(&[class_token, tokens_of(maps)?], 1)?;
        self.positions.add(&tokens, [rows, columns])
    }
}

/// The handling of images whose grid of patches differs from that of the position embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherGrids {
    /// An error is returned.
    Refuse,
    /// Position embeddings are interpolated.
    Resample,
}

/// Position embeddings: a vector for the first token, which has no position, and one for each
/// position of a square grid.
///
/// The grid is that of the checkpoint, which may differ from that of the architecture.
pub(super) struct Positions {
    /// (1 + positions) × width.
    stored: Vec<f32>,
    stored_grid: usize,
    /// Embeddings for `usual_grid`, computed once.
    usual: Tensor,
    usual_grid: usize,
    other_grids: OtherGrids,
}

impl Positions {
    pub fn new(
        builder: &Builder<'_>,
        name: &str,
        has_image_axis: bool,
        width: usize,
        grid: usize,
        other_grids: OtherGrids,
    ) -> Result<Self> {
        let shape = |grid: usize| match has_image_axis {
            true => vec![1, 1 + grid * grid, width],
            false => vec![1 + grid * grid, width],
        };
        let stored_shape = builder.stored_shape(name).unwrap_or_default();
        let n_stored: usize = stored_shape.iter().product::<usize>() / width;
        let stored_grid = match n_stored.saturating_sub(1).isqrt() {
            // Anything but a square grid is reported as a wrong shape.
            found if found > 0 && shape(found) == stored_shape => found,
            _ => grid,
        };
        let stored = builder.values(name, &shape(stored_grid), Init::Normal(0.02))?;
        let usual_grid = match other_grids {
            OtherGrids::Refuse => stored_grid,
            OtherGrids::Resample => grid,
        };
        let usual = resample(&stored, stored_grid, [usual_grid; 2])?;
        Ok(Self {
            usual: builder.tensor(usual, &[1, 1 + usual_grid * usual_grid, width])?,
            usual_grid,
            stored,
            stored_grid,
            other_grids,
        })
    }

    /// Adds the embeddings to tokens of images × (1 + positions) × width.
    pub fn add(&self, tokens: &Tensor, grid: [usize; 2]) -> Flow<Tensor> {
        if grid == [self.usual_grid; 2] {
            return Ok(tokens.broadcast_add(&self.usual)?);
        }
        if self.other_grids == OtherGrids::Refuse {
            return Err(wrong_shape(
                "the grid of patches of an image",
                format!("{0} × {0}, the places with embeddings", self.usual_grid),
                &grid,
            )
            .into());
        }
        let positions = resample(&self.stored, self.stored_grid, grid)?;
        let dims = (1, 1 + grid[0] * grid[1], tokens.dim(D::Minus1)?);
        Ok(tokens.broadcast_add(&Tensor::from_vec(positions, dims, tokens.device())?)?)
    }
}

/// Interpolates position embeddings to another grid like `resample_abs_pos_embed` of timm: bicubic,
/// with the antialiasing of `torch.nn.functional.interpolate`, which has the weights of Pillow.
fn resample(positions: &[f32], old: usize, new: [usize; 2]) -> Result<Vec<f32>> {
    if new == [old; 2] {
        return Ok(positions.to_vec());
    }
    let width = positions.len() / (1 + old * old);
    let (first, places) = positions.split_at(width);
    let [rows, columns] = new;
    let across = along(places, [old, old, width], columns)?;
    let down = along(&across, [1, old, columns * width], rows)?;
    Ok([first, &down].concat())
}

/// Interpolates along the second of three axes.
fn along(values: &[f32], [n, n_old, width]: [usize; 3], n_new: usize) -> Result<Vec<f32>> {
    const ONE: f32 = (1 << FRACTION_BITS) as f32;

    let weights = ResizeWeights::new(Filter::Bicubic, n_old, n_new as u64, 0..n_new as u64)?;
    let mut out = vec![0.0; n * n_new * width];
    for (values, out) in values
        .chunks_exact(n_old * width)
        .zip(out.chunks_exact_mut(n_new * width))
    {
        for ((first, weights), out) in weights.iter().zip(out.chunks_exact_mut(width)) {
            let old = values[first * width..].chunks_exact(width);
            for (old, &weight) in old.zip(weights) {
                for (out, x) in out.iter_mut().zip(old) {
                    *out += weight as f32 / ONE * x;
                }
            }
        }
    }
    Ok(out)
}
