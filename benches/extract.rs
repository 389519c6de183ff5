//! Networks on a CPU: the layers of this crate, and those of candle with the same weights.
//!
//! A batch has as many images as there are threads. The layers of this crate distribute images over
//! the threads; candle uses all threads for each product.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use human_alignment::extract::{Architecture, Device, Network, Tap, Weights};
use ndarray::Array4;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn extract(criterion: &mut Criterion) {
    let n_images = rayon::current_num_threads();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let dims = (n_images, 3, 224, 224);
    let images = Array4::from_shape_simple_fn(dims, || rng.random_range(-1.0..1.0f32));
    let mut group = criterion.benchmark_group("extract");
    group.sample_size(10);
    group.throughput(Throughput::Elements(n_images as u64));
    for name in ["resnet50", "mobilenet_v2", "vit_b_16"] {
        let architecture = Architecture::named(name).unwrap();
        let (weights, taps) = (Weights::random(1), [Tap::new("penultimate")]);
        let ours = Network::new(&architecture, &weights, &taps, Device::Cpu).unwrap();
        let of_candle = Network::with_candle_layers(&architecture, &weights, &taps, Device::Cpu);
        for (layers, network) in [("this crate", ours), ("candle", of_candle.unwrap())] {
            group.bench_function(BenchmarkId::new(name, layers), |bencher| {
                bencher.iter(|| network.represent(images.view()).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, extract);
criterion_main!(benches);
