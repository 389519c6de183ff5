//! Random initialization of parameters.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::error::Result;
use crate::extract::builder::{Init, Parameters};

/// A random initialization. Each parameter has its own random stream, selected by its name, so that
/// the order of the parameters does not matter.
pub(in crate::extract) struct Random {
    seed: u64,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl Parameters for Random {
    fn values(&self, key: &str, shape: &[usize], init: Init) -> Result<Vec<f32>> {
        let n: usize = shape.iter().product();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(hash(key));
        let mut normal = |deviation: f64| -> Vec<f32> {
            let draw = |_| {
                let x: f64 = rng.sample(StandardNormal);
                (deviation * x) as f32
            };
            (0..n).map(draw).collect()
        };
        Ok(match init {
            Init::ConvWeight => {
                let fan_out = shape[0] * shape[2..].iter().product::<usize>();
                normal((2.0 / fan_out as f64).sqrt())
            }
            Init::LinearWeight => {
                let sides: usize = shape.iter().sum();
                let bound = (6.0 / sides as f64).sqrt() as f32;
                (0..n).map(|_| rng.random_range(-bound..bound)).collect()
            }
            Init::Normal(deviation) => normal(deviation.into()),
            Init::Bias | Init::Zeros => vec![0.0; n],
            Init::Ones => vec![1.0; n],
            Init::Constant(value) => vec![value; n],
        })
    }
}

/// Computes the FNV-1a hash of a name.
fn hash(key: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    key.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}
