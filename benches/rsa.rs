//! RDMs at the size of THINGS (1,854 stimuli, 768 features), and a bootstrap at the size of a study
//! (8 models, 16 participants, 92 stimuli).
//!
//! `floor` is the minimal work: half of an `f64` matrix product for a correlation RDM, and two
//! plain sorts for a Spearman correlation.

mod common;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use human_alignment::metric::rsa::{Comparator, RsaBootstrap};
use human_alignment::{Dissimilarity, Rdm, RdmSet, Stimuli};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use common::{N_STIMULI, features, half_product};

/// Creates an RDM of independent random dissimilarities.
fn random_rdm(n: usize, seed: u64) -> Rdm {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = std::iter::repeat_with(|| rng.random_range(0.0..1.0));
    Rdm::new(
        Stimuli::numbered(n as u32),
        values.take(n * (n - 1) / 2).collect(),
    )
    .unwrap()
}

fn correlation(criterion: &mut Criterion) {
    let representation = features(768);
    let values: Vec<f64> = representation.features().iter().collect();
    let mut product = vec![0.0; N_STIMULI * N_STIMULI];
    let mut group = criterion.benchmark_group("correlation_rdm");
    group.sample_size(20);
    group.bench_function("floor", |bencher| {
        bencher.iter(|| half_product(&values, 768, black_box(&mut product)));
    });
    group.bench_function("rdm", |bencher| {
        bencher.iter(|| Dissimilarity::Correlation.rdm(&representation).unwrap());
    });
    group.finish();
}

fn spearman(criterion: &mut Criterion) {
    let (first, second) = (random_rdm(N_STIMULI, 1), random_rdm(N_STIMULI, 2));
    let mut group = criterion.benchmark_group("spearman");
    group.sample_size(20);
    group.bench_function("floor", |bencher| {
        let sort = |rdm: &Rdm| {
            let mut bits: Vec<u64> = rdm.values().iter().map(|value| value.to_bits()).collect();
            bits.sort_unstable();
            bits
        };
        bencher.iter(|| rayon::join(|| sort(&first), || sort(&second)));
    });
    for comparator in [Comparator::Spearman, Comparator::KendallTauA] {
        group.bench_function(comparator.name(), |bencher| {
            bencher.iter(|| comparator.compare(&first, &second).unwrap());
        });
    }
    // Dissimilarities with ties that rounding may break.
    let model = Dissimilarity::Correlation.rdm(&features(64)).unwrap();
    group.bench_function("of_features", |bencher| {
        bencher.iter(|| Comparator::Spearman.compare(&model, &second).unwrap());
    });
    group.finish();
}

fn bootstrap(criterion: &mut Criterion) {
    let models: Vec<Rdm> = (0..8).map(|seed| random_rdm(92, seed)).collect();
    let models: Vec<&Rdm> = models.iter().collect();
    let people = RdmSet::numbered((8..24).map(|seed| random_rdm(92, seed)).collect()).unwrap();
    let mut group = criterion.benchmark_group("dual_bootstrap_1000");
    group.sample_size(10);
    let bootstrap = RsaBootstrap::new(1000, 0).unwrap();
    for (name, bootstrap) in [
        ("models", bootstrap),
        ("models_and_ceiling", bootstrap.with_ceiling()),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                bootstrap
                    .run(Comparator::Spearman, &models, &people)
                    .unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, correlation, spearman, bootstrap);
criterion_main!(benches);
