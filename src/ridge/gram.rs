//! Products of features with features and with targets, summed over rows in a fixed order.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::{blocks, lower_gram_by_bands, zeroed};
use crate::ridge::rows::{Rows, Scaler};

/// Number of rows or features that are multiplied at a time; it limits the memory for copies in
/// double precision.
const DEPTH: usize = 1024;

/// Number of columns of a result that one task computes.
const BAND: usize = 96;

/// Computes XᵀX of scaled rows, features × features, column-major. Only the lower triangle is
/// valid.
pub(super) fn of_features(rows: Rows<'_>, scaler: &Scaler) -> Result<Vec<f64>> {
    let n_features = rows.n_features();
    let mut gram = zeroed(n_features * n_features, "products of features")?;
    for_each_chunk(rows, scaler, |_, chunk| {
        lower_gram_by_bands(chunk.transpose(), Accum::Add, BAND, &mut gram);
    })?;
    Ok(gram)
}

/// Computes XXᵀ of scaled rows, rows × rows, column-major. Only the lower triangle is valid.
pub(super) fn of_rows(rows: Rows<'_>, scaler: &Scaler) -> Result<Vec<f64>> {
    let (n, n_features) = (rows.len(), rows.n_features());
    let mut gram = zeroed(n * n, "products of rows")?;
    let mut chunk = zeroed::<f64>(n * DEPTH.min(n_features), "features")?;
    for columns in blocks(n_features, DEPTH) {
        let chunk = &mut chunk[..n * columns.len()];
        chunk
            .par_chunks_mut(columns.len())
            .enumerate()
            .for_each(|(row, out)| scaler.write(rows, row..row + 1, columns.clone(), out));
        let chunk = MatRef::from_row_major_slice(chunk, n, columns.len());
        lower_gram_by_bands(chunk, Accum::Add, BAND, &mut gram);
    }
    Ok(gram)
}

/// Computes XᵀY of scaled rows and targets (rows × targets), features × targets, row-major. Instead
/// of targets, Y may be weights of rows.
pub(super) fn with_targets(
    rows: Rows<'_>,
    scaler: &Scaler,
    targets: MatRef<'_, f64>,
) -> Result<Vec<f64>> {
    let (n_features, n_targets) = (rows.n_features(), targets.ncols());
    let mut products = zeroed(n_features * n_targets, "products with targets")?;
    for_each_chunk(rows, scaler, |start, chunk| {
        let targets = targets.subrows(start, chunk.nrows());
        let bands = products.par_chunks_mut(BAND * n_targets).enumerate();
        bands.for_each(|(band, out)| {
            let n_columns = out.len() / n_targets;
            matmul(
                MatMut::from_row_major_slice_mut(out, n_columns, n_targets),
                Accum::Add,
                chunk.subcols(band * BAND, n_columns).transpose(),
                targets,
                1.0,
                Par::Seq,
            );
        });
    })?;
    Ok(products)
}

fn for_each_chunk(
    rows: Rows<'_>,
    scaler: &Scaler,
    mut with: impl FnMut(usize, MatRef<'_, f64>),
) -> Result<()> {
    let n_features = rows.n_features();
    let mut chunk = zeroed::<f64>(n_features * DEPTH.min(rows.len()), "features")?;
    for range in blocks(rows.len(), DEPTH) {
        let chunk = &mut chunk[..range.len() * n_features];
        let out = chunk.par_chunks_mut(n_features).zip(range.clone());
        out.for_each(|(out, row)| scaler.write(rows, row..row + 1, 0..n_features, out));
        let chunk = MatRef::from_row_major_slice(chunk, range.len(), n_features);
        with(range.start, chunk);
    }
    Ok(())
}
