//! Odd-one-out accuracy at the size of THINGS: 1,854 stimuli, 4.7 million trials.
//!
//! `floor` is the minimal work of any such program: one full `f32` matrix product and one pass over
//! the trials. `single` and `double` count correct trials and should take at most 1.5 times as
//! long. `score` adds probabilities, entropies and the standard error over objects, and
//! `score-with-participants` the standard error over objects and participants.

mod common;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use human_alignment::{AlignmentMetric, Precision, Similarity, ZeroShotOddOneOut};

use common::{N_STIMULI, features, gemm, pass, trials, with_participants};

fn similarity(criterion: &mut Criterion) {
    let trials = trials();
    let of_people = with_participants(&trials);
    let mut group = criterion.benchmark_group("similarity");
    group.sample_size(10);
    for n_features in [64, 768, 4096] {
        let representation = features(n_features);
        let values = representation.features().to_f32();
        let mut gram = vec![0.0; N_STIMULI * N_STIMULI];
        group.bench_function(BenchmarkId::new("gemm", n_features), |bencher| {
            bencher.iter(|| gemm(values.as_slice().unwrap(), n_features, black_box(&mut gram)));
        });
        group.bench_function(BenchmarkId::new("floor", n_features), |bencher| {
            bencher.iter(|| {
                gemm(values.as_slice().unwrap(), n_features, &mut gram);
                pass(&gram, trials.as_slice())
            });
        });
        let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
        for (name, precision) in [("single", Precision::Single), ("double", Precision::Double)] {
            let metric = metric.with_precision(precision);
            group.bench_function(BenchmarkId::new(name, n_features), |bencher| {
                bencher.iter(|| metric.count(&representation, &trials).unwrap());
            });
        }
        group.bench_function(BenchmarkId::new("score", n_features), |bencher| {
            bencher.iter(|| metric.score(&representation, &trials).unwrap());
        });
        let with_people = BenchmarkId::new("score-with-participants", n_features);
        group.bench_function(with_people, |bencher| {
            bencher.iter(|| metric.score(&representation, &of_people).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, similarity);
criterion_main!(benches);
