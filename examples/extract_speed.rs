//! Images per second of networks, and their rate of multiply–adds relative to that of matrix
//! products on the same machine. Weights and images are random.
//!
//! ```text
//! cargo run --release --example extract_speed -- --model resnet50 --model vit_b_16
//! ```
//!
//! The number of multiply–adds per image is the one published with the weights. The share is
//! relative to the rate of one large `f32` product, measured alternately in the same run.

mod common;

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use human_alignment::{Error, Result};
use ndarray::Array4;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Multiply–adds per image, in billions (10⁹).
const MULTIPLY_ADDS: [(&str, f64); 6] = [
    ("resnet18", 1.814),
    ("resnet50", 4.089),
    ("vgg16", 15.47),
    ("mobilenet_v2", 0.301),
    ("convnext_tiny", 4.456),
    ("vit_b_16", 17.564),
];

/// Time networks, and compare their rate of multiply–adds with that of matrix products.
#[derive(Parser)]
#[command(name = "extract_speed")]
struct Arguments {
    /// Architecture: resnet18, resnet50, vgg16, mobilenet_v2, convnext_tiny or vit_b_16. Repeat the
    /// flag for several architectures.
    #[arg(long, default_values = ["resnet50", "vit_b_16"])]
    model: Vec<String>,
    /// Number of images per batch.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Number of rounds, of which the medians are reported.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Device that runs the network: cpu, cuda, cuda:N, metal or metal:N.
    #[arg(long, default_value = "cpu")]
    device: Device,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let mut text = format!(
        "{} threads, batches of {} on {}\n\n{:16} {:>9} {:>13} {:>13} {:>7}",
        rayon::current_num_threads(),
        arguments.batch,
        arguments.device,
        "model",
        "images/s",
        "G mul-adds/s",
        "of a product",
        "share"
    );
    for model in &arguments.model {
        let cost = MULTIPLY_ADDS.iter().find(|(name, _)| name == model);
        let &(_, cost) = cost.ok_or_else(|| {
            Error::other(format!(
                "the multiply-adds of {model} are not known to this program"
            ))
        })?;
        let architecture = Architecture::named(model)?;
        let taps = [Tap::new("logits")];
        let network = Network::new(&architecture, &Weights::random(1), &taps, arguments.device)?;
        let size = architecture.input_size();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let dims = (arguments.batch, 3, size, size);
        let images = Array4::from_shape_simple_fn(dims, || rng.random_range(-1.0..1.0f32));
        let mut product = Product::new(2048);
        let (mut of_network, mut of_product) = (Vec::new(), Vec::new());
        // The first round is a warm-up.
        for round in 0..=arguments.rounds {
            let network = common::timed(|| network.represent(images.view()))?;
            let product = common::timed(|| {
                product.multiply();
                Ok(())
            })?;
            if round > 0 {
                of_network.push(network);
                of_product.push(product);
            }
        }
        let rate = arguments.batch as f64 / median(of_network);
        let of_product = 2048f64.powi(3) / 1e9 / median(of_product);
        let _ = write!(
            text,
            "\n{model:16} {rate:9.2} {:13.1} {of_product:13.1} {:6.0} %",
            rate * cost,
            100.0 * rate * cost / of_product
        );
    }
    Ok(text)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// A large matrix product in `f32`.
struct Product {
    left: Mat<f32>,
    right: Mat<f32>,
    out: Mat<f32>,
}

impl Product {
    fn new(n: usize) -> Self {
        Self {
            left: Mat::from_fn(n, n, |i, j| ((i + j) % 7) as f32),
            right: Mat::from_fn(n, n, |i, j| ((i * j) % 5) as f32),
            out: Mat::zeros(n, n),
        }
    }

    fn multiply(&mut self) {
        matmul(
            &mut self.out,
            Accum::Replace,
            &self.left,
            &self.right,
            1.0,
            Par::rayon(rayon::current_num_threads()),
        );
    }
}
