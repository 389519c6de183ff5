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

/// By how much windows are shifted down and to the right, if they are.
const SHIFT: usize = WINDOW / 2;

/// Attention within windows, shifted or not, of tokens that know where they lie to each other.
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

/// A map cut into windows.
struct Windows {
    /// Height and width of the map with what fills up the last windows.
    padded: [usize; 2],
    /// For each token, window by window, its place in the padded map.
    places: Vec<u32>,
    /// For each place of the map, its token.
    tokens: Vec<u32>,
    /// For each window what [`mask`] calls its kind.
    kinds: Vec<usize>,
}

impl Windows {
    fn new(size: [usize; 2], is_shifted: bool) -> Self {
        let padded = size.map(|side| side.next_multiple_of(WINDOW));
        // A window that is as large as the map isn't shifted.
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

/// Kinds of windows: whether a shift has wrapped them around the end of rows (1), of columns (2), of both
/// or of none.
const N_KINDS: usize = 4;

/// Keeps tokens from attending to those that a shift has brought next to them from the opposite side.
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

/// Heads × tokens × tokens, from a table with a row for each difference of places.
fn relative_position_bias(builder: &Builder<'_>, n_heads: usize) -> Result<Vec<f32>> {
    /// Differences along an axis.
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
