//! Attention within windows.

use candle_core::Tensor;

use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;
use crate::extract::layers::{Attention, AttentionBias, Packing};
use crate::extract::module::Module;
use crate::extract::taps::Pass;

/// Side of a window, in tokens.
const WINDOW: usize = 7;
const N_TOKENS: usize = WINDOW * WINDOW;

/// Number of tokens by which shifted windows are moved down and to the right.
const SHIFT: usize = WINDOW / 2;

/// Attention within windows, shifted or not, with a bias for the relative position of tokens.
pub(super) struct WindowAttention {
    attention: Attention,
    bias: AttentionBias,
    is_shifted: bool,
}

impl WindowAttention {
    pub fn new(
        builder: &Builder<'_>,
        width: usize,
        n_heads: usize,
        is_shifted: bool,
    ) -> Result<Self> {
        let relative_position = relative_position_bias(builder, n_heads)?;
        builder.note_unused_buffer("relative_position_index", &[N_TOKENS * N_TOKENS]);
        let n_kinds = if is_shifted { N_KINDS } else { 1 };
        let mut bias = Vec::with_capacity(n_kinds * relative_position.len());
        for kind in 0..n_kinds {
            for (pair, relative_position) in relative_position.iter().enumerate() {
                bias.push(relative_position + mask(kind, pair % (N_TOKENS * N_TOKENS)));
            }
        }
        let dims = [n_kinds, n_heads, N_TOKENS, N_TOKENS];
        Ok(Self {
            attention: Attention::new(builder, width, n_heads, Packing::Swin)?,
            bias: AttentionBias::new(builder, bias, dims)?,
            is_shifted,
        })
    }
}

impl Module for WindowAttention {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Flow<Tensor> {
        let (n, height, across, width) = x.dims4()?;
        let windows = Windows::new([height, across], self.is_shifted);
        let [padded_height, padded_across] = windows.padded;
        let indices = |places| Tensor::new(places, x.device());
        let x = x.pad_with_zeros(1, 0, padded_height - height)?;
        let x = x.pad_with_zeros(2, 0, padded_across - across)?;
        let tokens = x
            .flatten(1, 2)?
            .index_select(&indices(windows.places)?, 1)?;
        let tokens = tokens.reshape((n * windows.kinds.len(), N_TOKENS, width))?;
        let bias = Some((&self.bias, &windows.kinds[..]));
        let out = self.attention.attend(&tokens, bias, pass)?;
        let out = out.reshape((n, windows.kinds.len() * N_TOKENS, width))?;
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
    /// For each window, its kind as in [`mask`].
    kinds: Vec<usize>,
}

impl Windows {
    fn new(size: [usize; 2], is_shifted: bool) -> Self {
        let padded = size.map(|side| side.next_multiple_of(WINDOW));
        // Windows are not shifted along an axis with only one window.
        let shifts = padded.map(|side| match is_shifted && side > WINDOW {
            true => SHIFT,
            false => 0,
        });
        let [n_rows, n_columns] = padded.map(|side| side / WINDOW);
        let mut windows = Self {
            padded,
            places: Vec::with_capacity(n_rows * n_columns * N_TOKENS),
            tokens: vec![0; size[0] * size[1]],
            kinds: Vec::with_capacity(n_rows * n_columns),
        };
        for window in 0..n_rows * n_columns {
            let corner = [window / n_columns * WINDOW, window % n_columns * WINDOW];
            let wraps = |axis| shifts[axis] > 0 && corner[axis] + WINDOW == padded[axis];
            windows
                .kinds
                .push(2 * usize::from(wraps(0)) + usize::from(wraps(1)));
            for token in 0..N_TOKENS {
                let offset = [token / WINDOW, token % WINDOW];
                let place = |axis| (corner[axis] + offset[axis] + shifts[axis]) % padded[axis];
                let (row, column) = (place(0), place(1));
                if row < size[0] && column < size[1] {
                    windows.tokens[row * size[1] + column] = windows.places.len() as u32;
                }
                windows.places.push((row * padded[1] + column) as u32);
            }
        }
        windows
    }
}

/// Number of kinds of windows. A kind is the sum of 1 if the shift wraps the window around the
/// right edge of the map, and of 2 if it wraps the window around the bottom edge.
const N_KINDS: usize = 4;

/// Returns the bias that keeps a pair of tokens of a window of this kind from attending to each
/// other if the shift has brought them together from opposite sides of the map, otherwise 0.
fn mask(kind: usize, pair: usize) -> f32 {
    let is_wrapped = |token: usize| {
        [
            kind & 2 != 0 && token / WINDOW >= WINDOW - SHIFT,
            kind & 1 != 0 && token % WINDOW >= WINDOW - SHIFT,
        ]
    };
    match is_wrapped(pair / N_TOKENS) == is_wrapped(pair % N_TOKENS) {
        true => 0.0,
        false => -100.0,
    }
}

/// Reads the biases, heads × tokens × tokens, from a table with a row for each relative position.
fn relative_position_bias(builder: &Builder<'_>, n_heads: usize) -> Result<Vec<f32>> {
    /// Number of differences along an axis.
    const SPAN: usize = 2 * WINDOW - 1;

    let name = "relative_position_bias_table";
    let table = builder.values(name, &[SPAN * SPAN, n_heads], Init::Normal(0.02))?;
    let difference = |token: usize, other: usize| token + WINDOW - 1 - other;
    let mut bias = Vec::with_capacity(n_heads * N_TOKENS * N_TOKENS);
    for head in 0..n_heads {
        for token in 0..N_TOKENS {
            for other in 0..N_TOKENS {
                let down = difference(token / WINDOW, other / WINDOW);
                let right = difference(token % WINDOW, other % WINDOW);
                bias.push(table[(down * SPAN + right) * n_heads + head]);
            }
        }
    }
    Ok(bias)
}
