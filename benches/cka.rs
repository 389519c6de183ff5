//! Unbiased linear CKA at the size of THINGS: 1,854 stimuli, 768 features against 512.
//!
//! `floor` is the minimal work of any such program: XᵀX, YᵀY and XᵀY in `f32`, with only the lower
//! triangle of the first two.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};
use human_alignment::metric::cka::{Cka, Kernel, Procrustes};
use human_alignment::{Precision, Representation, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const N_STIMULI: usize = 1854;

fn features(n_features: usize) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(n_features as u64);
    let features =
        Array2::from_shape_simple_fn((N_STIMULI, n_features), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(N_STIMULI as u32), features).unwrap()
}

fn matrix(representation: &Representation) -> MatRef<'_, f32> {
    let features = representation.features().as_f32().unwrap();
    let features = features.to_slice().unwrap();
    MatRef::from_row_major_slice(features, N_STIMULI, representation.n_features())
}

fn cka(criterion: &mut Criterion) {
    let (first, second) = (features(768), features(512));
    let mut group = criterion.benchmark_group("cka");
    group.sample_size(10);

    let (x, y) = (matrix(&first), matrix(&second));
    let threads = Par::rayon(rayon::current_num_threads());
    let mut of_both = Mat::<f32>::zeros(x.ncols(), y.ncols());
    let mut selves = [x, y].map(|x| (x, Mat::<f32>::zeros(x.ncols(), x.ncols())));
    group.bench_function("floor", |bencher| {
        bencher.iter(|| {
            let both = of_both.as_mut();
            matmul(both, Accum::Replace, x.transpose(), y, 1.0, threads);
            for (x, product) in &mut selves {
                triangular::matmul(
                    product.as_mut(),
                    BlockStructure::TriangularLower,
                    Accum::Replace,
                    x.transpose(),
                    BlockStructure::Rectangular,
                    *x,
                    BlockStructure::Rectangular,
                    1.0,
                    threads,
                );
            }
            black_box((&of_both, &selves));
        });
    });

    for (name, kernel) in [("linear", Kernel::Linear), ("rbf", Kernel::Rbf(0.5))] {
        for &precision in Precision::ALL {
            let metric = Cka::new(kernel).unwrap().with_precision(precision);
            group.bench_function(format!("{name}/{precision}"), |bencher| {
                bencher.iter(|| metric.compare(&first, &second).unwrap());
            });
        }
    }
    group.bench_function("procrustes", |bencher| {
        bencher.iter(|| Procrustes.compare(&first, &second).unwrap());
    });
    group.finish();
}

criterion_group!(benches, cka);
criterion_main!(benches);
