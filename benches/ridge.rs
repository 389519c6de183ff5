//! Ridge regression at the size of THINGS: 42 targets, 8 penalties by leave-one-out, 5 folds, 1,854
//! stimuli, 768 features.
//!
//! `floor` is the minimal work of this algorithm for each fold: half of XᵀX, its tridiagonal form,
//! the rotation of X, and the predictions of all targets under all penalties. `eigendecompositions`
//! and `choleskys` are the minimal work of two other algorithms: all eigenvectors instead of the
//! tridiagonal form, or a Cholesky factor and n triangular solves for each penalty. All distribute
//! folds among threads.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::evd::tridiag::{tridiag_in_place, tridiag_in_place_scratch};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Col, Mat, Par};
use human_alignment::inference::Folds;
use human_alignment::{Representation, Ridge, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const N_STIMULI: usize = 1854;
const N_FEATURES: usize = 768;
const N_TARGETS: usize = 42;
const N_FOLDS: usize = 5;
const PENALTIES: [f64; 8] = [0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6];

fn random(n_columns: usize) -> Representation {
    let mut rng = ChaCha8Rng::seed_from_u64(n_columns as u64);
    let values =
        Array2::from_shape_simple_fn((N_STIMULI, n_columns), || rng.random_range(-1.0..1.0f32));
    Representation::new(Stimuli::numbered(N_STIMULI as u32), values).unwrap()
}

/// Returns the training rows of one fold.
fn training_rows(features: &Representation) -> Mat<f64> {
    let n = N_STIMULI - N_STIMULI / N_FOLDS;
    let features = features.features().to_f64();
    Mat::from_fn(n, N_FEATURES, |row, column| features[[row, column]])
}

fn gram(x: &Mat<f64>) -> Mat<f64> {
    let mut gram = Mat::zeros(N_FEATURES, N_FEATURES);
    triangular::matmul(
        gram.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        x.transpose(),
        BlockStructure::Rectangular,
        x.as_ref(),
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    gram
}

fn product(left: &Mat<f64>, right: &Mat<f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(
        product.as_mut(),
        Accum::Replace,
        left.as_ref(),
        right.as_ref(),
        1.0,
        Par::Seq,
    );
    product
}

fn floor(x: &Mat<f64>, solutions: &Mat<f64>) -> Mat<f64> {
    let mut gram = gram(x);
    let mut factors = Mat::<f64>::zeros(32, N_FEATURES - 1);
    let scratch = tridiag_in_place_scratch::<f64>(N_FEATURES, Par::Seq, Default::default());
    tridiag_in_place(
        gram.as_mut(),
        factors.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    );
    product(&product(x, &gram), solutions)
}

fn eigendecomposition(x: &Mat<f64>, solutions: &Mat<f64>) -> Mat<f64> {
    let gram = gram(x);
    let mut vectors = Mat::zeros(N_FEATURES, N_FEATURES);
    let mut values = Col::<f64>::zeros(N_FEATURES);
    let (with, parameters) = (ComputeEigenvectors::Yes, Default::default());
    let scratch = self_adjoint_evd_scratch::<f64>(N_FEATURES, with, Par::Seq, parameters);
    self_adjoint_evd(
        gram.as_ref(),
        values.as_mut().as_diagonal_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .unwrap();
    product(&product(x, &vectors), solutions)
}

fn choleskys(x: &Mat<f64>, solutions: &Mat<f64>) -> Mat<f64> {
    let gram = gram(x);
    for penalty in PENALTIES {
        let mut factor = gram.clone();
        for position in 0..N_FEATURES {
            factor[(position, position)] += penalty;
        }
        let scratch = cholesky_in_place_scratch::<f64>(N_FEATURES, Par::Seq, Default::default());
        cholesky_in_place(
            factor.as_mut(),
            Default::default(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            Default::default(),
        )
        .unwrap();
        let mut rows = x.transpose().to_owned();
        solve_lower_triangular_in_place(factor.as_ref(), rows.as_mut(), Par::Seq);
        black_box(rows);
    }
    product(x, solutions)
}

fn ridge(criterion: &mut Criterion) {
    let (features, targets) = (random(N_FEATURES), random(N_TARGETS));
    let mut group = criterion.benchmark_group("ridge");
    group.sample_size(10);

    let x = training_rows(&features);
    let solutions = Mat::from_fn(N_FEATURES, N_TARGETS * PENALTIES.len(), |row, column| {
        (row % 7) as f64 - (column % 5) as f64
    });
    type Way = fn(&Mat<f64>, &Mat<f64>) -> Mat<f64>;
    let ways: [(&str, Way); 3] = [
        ("floor", floor),
        ("eigendecompositions", eigendecomposition),
        ("choleskys", choleskys),
    ];
    for (name, way) in ways {
        group.bench_function(name, |bencher| {
            let fold = |_| way(&x, &solutions);
            bencher.iter(|| (0..N_FOLDS).into_par_iter().map(fold).collect::<Vec<_>>());
        });
    }

    let ridge = Ridge::new(PENALTIES).unwrap();
    let folds = Folds::contiguous(N_STIMULI, N_FOLDS).unwrap();
    group.bench_function("cross_validate", |bencher| {
        bencher.iter(|| ridge.cross_validate(&features, &targets, &folds).unwrap());
    });
    group.bench_function("fit", |bencher| {
        bencher.iter(|| ridge.fit(&features, &targets).unwrap());
    });
    group.finish();
}

criterion_group!(benches, ridge);
criterion_main!(benches);
