//! Attention within windows.

use candle_core::Tensor;

use super::Version;
use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{Attention, AttentionBias, Linear, Packing};
use crate::extract::models::swin::relative_position;
use crate::extract::module::Module;
use crate::extract::taps::Pass;

/// Attention within windows, shifted or not, with a bias for the relative position of tokens.
pub(super) struct WindowAttention {
    attention: Attention,
    bias: AttentionBias,
    grid: Grid,
}

/// Whether windows are shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    Never,
    /// Along an axis with more than one window.
    WhereSeveral,
    Always,
}

/// How a map is divided into windows.
#[derive(Clone, Copy)]
struct Grid {
    /// Side of a window, in tokens.
    side: usize,
    shift: Shift,
    /// Whether the map is shifted before it is padded, as in timm.
    is_shifted_first: bool,
}

impl WindowAttention {
    pub fn new(
        builder: &Builder<'_>,
        version: Version,
        width: usize,
        n_heads: usize,
        shift: Shift,
    ) -> Result<Self> {
        let side = version.window();
        let grid = Grid {
            side,
            shift,
            is_shifted_first: builder.is_shifted_first(),
        };
        let n_tokens = side * side;
        builder.note_unused_buffer("relative_position_index", &[n_tokens * n_tokens]);
        let (attention, relative_position) = match version {
            Version::V1 => (
                Attention::new(builder, width, n_heads, Packing::Swin)?,
                relative_position::of_table(builder, side, n_heads)?,
            ),
            Version::V2 => (
                cosine_attention(builder, width, n_heads)?,
                relative_position::of_perceptron(builder, side, n_heads)?,
            ),
        };
        let n_kinds = if shift == Shift::Never { 1 } else { N_KINDS };
        let mut bias = Vec::with_capacity(n_kinds * relative_position.len());
        for kind in 0..n_kinds {
            for (pair, relative_position) in relative_position.iter().enumerate() {
                bias.push(relative_position + grid.mask(kind, pair % (n_tokens * n_tokens)));
            }
        }
        let dims = [n_kinds, n_heads, n_tokens, n_tokens];
        Ok(Self {
            attention,
            bias: AttentionBias::new(builder, bias, dims)?,
            grid,
        })
    }
}

/// Creates the attention of the second version: by the cosines of queries and keys, with a learned
/// factor for each head, at most 100. The bias of the keys may be stored, but is not used.
fn cosine_attention(builder: &Builder<'_>, width: usize, n_heads: usize) -> Result<Attention> {
    let largest = 100f32.ln();
    let initial = Init::Constant(10f32.ln());
    let logarithms = builder.values("logit_scale", &[n_heads, 1, 1], initial)?;
    let factors = logarithms.iter().map(|factor| factor.min(largest).exp());
    let weights = builder.values("qkv.weight", &[3 * width, width], Init::LinearWeight)?;
    let bias = match builder.stored_shape("q_bias") {
        // As in timm.
        Some(_) => Attention::bias_without_keys(builder, width)?,
        None => {
            let mut bias = builder.values("qkv.bias", &[3 * width], Init::Bias)?;
            bias[width..2 * width].fill(0.0);
            bias
        }
    };
    let qkv = Linear::of_rows(builder, width, 3 * width, weights, Some(bias))?;
    Attention::with_queries_keys_values(builder, qkv, width, n_heads, Packing::Swin)?
        .with_cosines(builder, factors.collect())
}

impl Module for WindowAttention {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let (n, height, across, width) = x.dims4()?;
        let windows = self.grid.windows([height, across]);
        let [padded_height, padded_across] = windows.padded;
        let n_tokens = self.grid.side * self.grid.side;
        let indices = |places| Tensor::new(places, x.device());
        let x = x.pad_with_zeros(1, 0, padded_height - height)?;
        let x = x.pad_with_zeros(2, 0, padded_across - across)?;
        let tokens = x
            .flatten(1, 2)?
            .index_select(&indices(windows.places)?, 1)?;
        let tokens = tokens.reshape((n * windows.kinds.len(), n_tokens, width))?;
        let bias = Some((&self.bias, &windows.kinds[..]));
        let out = self.attention.attend(&tokens, bias, pass)?;
        let out = out.reshape((n, windows.kinds.len() * n_tokens, width))?;
        let out = out.index_select(&indices(windows.tokens)?, 1)?;
        Ok(out.reshape((n, height, across, width))?)
    }
}

/// The partition of a map into windows.
struct Windows {
    /// Height and width of the map, padded to whole windows.
    padded: [usize; 2],
    /// For each token, window by window, its index in the padded map.
    places: Vec<u32>,
    /// For each position of the map, the index of its token.
    tokens: Vec<u32>,
    /// For each window, its kind as in [`Grid::mask`].
    kinds: Vec<usize>,
}

/// Number of kinds of windows. A kind is the sum of 1 if the shift wraps the window around the
/// right edge of the map, and of 2 if it wraps the window around the bottom edge.
const N_KINDS: usize = 4;

impl Grid {
    /// Returns the number of tokens by which shifted windows are moved down and to the right.
    fn n_shifted(self) -> usize {
        self.side / 2
    }

    /// Divides a map of this height and width.
    fn windows(self, size: [usize; 2]) -> Windows {
        let side = self.side;
        let n_tokens = side * side;
        let padded = size.map(|length| length.next_multiple_of(side));
        let shifts = padded.map(|length| match self.shift {
            Shift::Always => self.n_shifted(),
            Shift::WhereSeveral if length > side => self.n_shifted(),
            _ => 0,
        });
        let shifted = if self.is_shifted_first { size } else { padded };
        let [n_rows, n_columns] = padded.map(|length| length / side);
        let mut windows = Windows {
            padded,
            places: Vec::with_capacity(n_rows * n_columns * n_tokens),
            tokens: vec![0; size[0] * size[1]],
            kinds: Vec::with_capacity(n_rows * n_columns),
        };
        for window in 0..n_rows * n_columns {
            let corner = [window / n_columns * side, window % n_columns * side];
            let wraps = |axis| shifts[axis] > 0 && corner[axis] + side == padded[axis];
            windows
                .kinds
                .push(2 * usize::from(wraps(0)) + usize::from(wraps(1)));
            for token in 0..n_tokens {
                let offset = [token / side, token % side];
                let place = |axis: usize| match corner[axis] + offset[axis] {
                    at if at < shifted[axis] => (at + shifts[axis]) % shifted[axis],
                    padding => padding,
                };
                let (row, column) = (place(0), place(1));
                if row < size[0] && column < size[1] {
                    windows.tokens[row * size[1] + column] = windows.places.len() as u32;
                }
                windows.places.push((row * padded[1] + column) as u32);
            }
        }
        windows
    }

    /// Returns the bias that keeps a pair of tokens of a window of this kind from attending to each
    /// other if the shift has brought them together from opposite sides of the map, otherwise 0.
    fn mask(self, kind: usize, pair: usize) -> f32 {
        let first_wrapped = self.side - self.n_shifted();
        let n_tokens = self.side * self.side;
        let is_wrapped = |token: usize| {
            [
                kind & 2 != 0 && token / self.side >= first_wrapped,
                kind & 1 != 0 && token % self.side >= first_wrapped,
            ]
        };
        match is_wrapped(pair / n_tokens) == is_wrapped(pair % n_tokens) {
            true => 0.0,
            false => -100.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_shifted_where_the_image_or_the_network_says() {
        let kinds = |shift, size| {
            let grid = Grid {
                side: 8,
                shift,
                is_shifted_first: false,
            };
            grid.windows([size; 2]).kinds
        };
        assert_eq!(kinds(Shift::Never, 9), [0; 4]);
        assert_eq!(kinds(Shift::WhereSeveral, 9), [0, 1, 2, 3]);
        assert_eq!(kinds(Shift::WhereSeveral, 8), [0]);
        assert_eq!(kinds(Shift::Always, 8), [3]);
    }

    #[test]
    fn maps_are_shifted_after_or_before_padding() {
        // The first row of a map of five columns, in windows of four that are shifted by two.
        let first_row = |is_shifted_first| -> Vec<u32> {
            let grid = Grid {
                side: 4,
                shift: Shift::WhereSeveral,
                is_shifted_first,
            };
            let places = grid.windows([4, 5]).places;
            [&places[..4], &places[16..20]].concat()
        };
        assert_eq!(first_row(false), [2, 3, 4, 5, 6, 7, 0, 1]);
        assert_eq!(first_row(true), [2, 3, 4, 0, 1, 5, 6, 7]);
    }
}
