//! Parameters and images made by a formula: README.md of the reference outputs.

use ndarray::{ArrayD, IxDyn};

/// Returns uniform numbers in [−1, 1), from the hash of a name.
pub fn formula(key: &str) -> impl Iterator<Item = f64> + use<> {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = key.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (1u64..).map(move |k| {
        let mut z = seed.wrapping_add(k.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        2.0 * ((z >> 40) as f64 / (1u64 << 24) as f64) - 1.0
    })
}

/// Returns the parameter of this name and shape; `None` if it holds no floating-point numbers.
pub fn parameter(key: &str, shape: &[usize], conv_gain: f64) -> Option<ArrayD<f32>> {
    let last = key.rsplit('.').next().unwrap_or(key);
    if last == "num_batches_tracked" || last == "relative_position_index" {
        return None;
    }
    let rank = shape.len();
    let gain = if rank == 2 { 1.0 } else { conv_gain };
    let fan_in: usize = shape.iter().skip(1).product();
    let scale = (3.0 * gain / fan_in as f64).sqrt();
    let value = move |v: f64| match last {
        "running_var" => 0.5 + (v + 1.0) / 2.0,
        "running_mean" => 0.1 * v,
        "logit_scale" => 2.0 + 3.0 * v,
        "gamma" | "gamma_1" | "gamma_2" | "layer_scale" => 0.5 + 0.1 * v,
        _ if rank == 1 && key.ends_with("weight") => 1.0 + 0.1 * v,
        _ if rank == 1 && key.ends_with("bias") => 0.1 * v,
        _ if rank >= 2 && (key.ends_with("weight") || last == "proj") => v * scale,
        _ => 0.02 * v,
    };
    let n = shape.iter().product();
    let values = formula(key).take(n).map(|v| value(v) as f32).collect();
    ArrayD::from_shape_vec(IxDyn(shape), values).ok()
}
