//! Tokens of vision transformers: patch embeddings, class tokens and position embeddings.

use candle_core::{D, Tensor};

use crate::error::{Result, wrong_shape};
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{Conv2d, ConvSpec};
use crate::extract::models::interpolation::{Interpolation, resample};
use crate::extract::module::Module;
use crate::extract::taps::Pass;

/// A linear map of each patch, computed as a convolution.
pub(super) struct PatchEmbedding {
    conv: Conv2d,
    patch: usize,
    /// A side of images that need not consist of whole patches; the rest is ignored.
    other_side: Option<usize>,
}

impl PatchEmbedding {
    /// Creates an embedding of square patches with sides of `patch` pixels.
    pub fn new(builder: &Builder<'_>, patch: usize, width: usize, has_bias: bool) -> Result<Self> {
        let spec = ConvSpec::new(3, width, patch).stride(patch);
        Ok(Self {
            conv: Conv2d::new(builder, spec, has_bias)?,
            patch,
            other_side: None,
        })
    }

    /// Sets a side of images, in pixels, that need not be a multiple of the patch.
    pub fn accepting(mut self, side: usize) -> Self {
        self.other_side = Some(side);
        self
    }
}

impl Module for PatchEmbedding {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        let is_tiled = |side: usize| {
            side > 0 && side.is_multiple_of(self.patch) || self.other_side == Some(side)
        };
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

/// Returns the mean of the tokens of each image that follow the special ones.
pub(super) fn mean_of_patches(tokens: &Tensor, n_special: usize) -> Flow<Tensor> {
    let n_patches = tokens.dim(1)? - n_special;
    Ok(tokens.narrow(1, n_special, n_patches)?.mean(1)?)
}

/// The names of the parameters of [`Tokens`].
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenNames {
    pub class_token: &'static str,
    /// Tokens without a position, after the class token, and their number.
    pub registers: Option<(&'static str, usize)>,
    /// `None` if no position embeddings are added.
    pub positions: Option<&'static str>,
    /// Whether the parameters have an axis of images, of length 1.
    pub has_image_axis: bool,
    pub class_position: ClassPosition,
}

/// The position embedding of the class token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClassPosition {
    /// It is the first of all position embeddings.
    First,
    /// There is none. (The original files of DINOv2 with registers have one, which is a part of the
    /// class token in timm.)
    Absent,
    /// There is no class token.
    NoToken,
}

/// The class token and the registers, followed by the patch tokens, with position embeddings added.
pub(super) struct Tokens {
    /// Tokens before those of the patches, 1 × tokens × width.
    special: Vec<Tensor>,
    positions: Option<Positions>,
    class_position: ClassPosition,
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
        let positions = names.positions.map(|name| {
            let spec = PositionSpec {
                name,
                has_image_axis: names.has_image_axis,
                class_position: names.class_position,
                width,
                grid,
                other_grids,
            };
            Positions::new(builder, spec)
        });
        let (positions, of_class) = match positions.transpose()? {
            Some((positions, of_class)) => (Some(positions), of_class),
            None => (None, None),
        };
        let mut special = Vec::new();
        if names.class_position != ClassPosition::NoToken {
            let shape: &[usize] = match names.has_image_axis {
                true => &[1, 1, width],
                false => &[width],
            };
            let mut token = builder.values(names.class_token, shape, Init::Normal(0.02))?;
            for (x, position) in token.iter_mut().zip(of_class.iter().flatten()) {
                *x += position;
            }
            special.push(builder.tensor(token, &[1, 1, width])?);
        }
        if let Some((name, n)) = names.registers {
            let registers = builder.values(name, &[1, n, width], Init::Normal(1e-6))?;
            special.push(builder.tensor(registers, &[1, n, width])?);
        }
        Ok(Self {
            special,
            positions,
            class_position: names.class_position,
        })
    }
}

impl Module for Tokens {
    fn forward(&self, maps: &Tensor, _: &mut Pass) -> Flow<Tensor> {
        let (n, width, rows, columns) = maps.dims4()?;
        let mut patches = tokens_of(maps)?;
        let grid = [rows, columns];
        // Added to the patches, or to all tokens.
        let (of_patches, of_all) = match self.class_position {
            ClassPosition::First => (None, self.positions.as_ref()),
            ClassPosition::Absent | ClassPosition::NoToken => (self.positions.as_ref(), None),
        };
        if let Some(positions) = of_patches {
            patches = positions.add(&patches, grid)?;
        }
        let mut parts = Vec::new();
        for token in &self.special {
            parts.push(token.expand((n, token.dim(1)?, width))?.contiguous()?);
        }
        parts.push(patches);
        let tokens = Tensor::cat(&parts, 1)?;
        match of_all {
            Some(positions) => positions.add(&tokens, grid),
            None => Ok(tokens),
        }
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

/// What [`Positions`] are read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct PositionSpec<'n> {
    pub name: &'n str,
    /// Whether the parameter has an axis of images, of length 1.
    pub has_image_axis: bool,
    pub class_position: ClassPosition,
    pub width: usize,
    /// Side of the grid of patches.
    pub grid: usize,
    pub other_grids: OtherGrids,
}

/// Position embeddings: a vector for each position of a square grid, and one before them for a token
/// that has no position, if there is such a token.
///
/// The grid is that of the checkpoint, which may differ from that of the architecture.
pub(super) struct Positions {
    /// (first + positions) × width.
    stored: Vec<f32>,
    /// Number of vectors before those of the grid, 0 or 1.
    n_first: usize,
    stored_grid: usize,
    /// Embeddings for `usual_grid`, computed once.
    usual: Tensor,
    usual_grid: usize,
    interpolation: Interpolation,
    other_grids: OtherGrids,
}

impl Positions {
    /// Reads the embeddings. Returns them, and that of the class token where it is stored with them
    /// but not added with them.
    pub fn new(builder: &Builder<'_>, spec: PositionSpec<'_>) -> Result<(Self, Option<Vec<f32>>)> {
        /// Largest side of a stored grid, which limits memory if the shape is wrong.
        const MAX_SIDE: usize = 1 << 10;

        let PositionSpec {
            name, width, grid, ..
        } = spec;
        let n_first = usize::from(spec.class_position == ClassPosition::First);
        let shape = |n: usize| match spec.has_image_axis {
            true => vec![1, n, width],
            false => vec![n, width],
        };
        let stored_shape = builder.stored_shape(name).unwrap_or_default();
        let n_stored = stored_shape.iter().rev().nth(1).copied().unwrap_or(0);
        let grid_after = |first: usize| {
            let side = n_stored.checked_sub(first)?.isqrt();
            // Anything but a square grid is reported as a wrong shape.
            let is_possible = (1..=MAX_SIDE).contains(&side);
            let is_square = is_possible && shape(first + side * side) == stored_shape;
            is_square.then_some((first, side))
        };
        let found = match spec.class_position {
            ClassPosition::Absent => grid_after(0).or_else(|| grid_after(1)),
            ClassPosition::First | ClassPosition::NoToken => grid_after(n_first),
        };
        let (stored_first, stored_grid) = found.unwrap_or((n_first, grid));
        let stored_shape = shape(stored_first + stored_grid * stored_grid);
        let mut stored = builder.values(name, &stored_shape, Init::Normal(0.02))?;
        let of_class = (stored_first > n_first).then(|| stored.drain(..width).collect());
        let usual_grid = match spec.other_grids {
            OtherGrids::Refuse => stored_grid,
            OtherGrids::Resample => grid,
        };
        let interpolation = match builder.aliased_grid_offset() {
            Some(grid_offset) => Interpolation::Plain { grid_offset },
            None => Interpolation::Antialiased,
        };
        let usual = resample(
            &stored,
            n_first,
            stored_grid,
            [usual_grid; 2],
            interpolation,
        )?;
        let positions = Self {
            usual: builder.tensor(usual, &[1, n_first + usual_grid * usual_grid, width])?,
            usual_grid,
            stored,
            n_first,
            stored_grid,
            interpolation,
            other_grids: spec.other_grids,
        };
        Ok((positions, of_class))
    }

    /// Adds the embeddings to tokens of images × (first + positions) × width.
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
        let (n_first, old) = (self.n_first, self.stored_grid);
        let positions = resample(&self.stored, n_first, old, grid, self.interpolation)?;
        let dims = (1, self.n_first + grid[0] * grid[1], tokens.dim(D::Minus1)?);
        Ok(tokens.broadcast_add(&Tensor::from_vec(positions, dims, tokens.device())?)?)
    }
}
