//! Factors as columns of a regression, and least squares.

use faer::Mat;

use super::factor::{Factor, Known};
use crate::error::{ComputationError, Result};
use crate::study::analysis::{dot, standardized};

/// The columns of one factor over all networks: a number, or an indicator for each level but the
/// first.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub factor: Factor,
    pub columns: Vec<Vec<f64>>,
    /// Name of the coefficient of each column.
    pub names: Vec<String>,
    /// Levels, sorted by name, with the networks of each; empty for a number.
    pub levels: Vec<(String, Vec<usize>)>,
}

impl Columns {
    /// Creates the columns of a factor; `None` if the factor is the same for all networks.
    pub fn new(factor: Factor, known: &[Known<'_>]) -> Option<Self> {
        let mut levels: Vec<(String, Vec<usize>)> = Vec::new();
        let mut numbers = Vec::new();
        for (network, known) in known.iter().enumerate() {
            match known {
                Known::Number(number) => numbers.push(*number),
                Known::Level(level) => match levels.iter_mut().find(|(name, _)| name == level) {
                    Some((_, networks)) => networks.push(network),
                    None => levels.push(((*level).to_owned(), vec![network])),
                },
            }
        }
        levels.sort_by(|(left, _), (right, _)| left.cmp(right));
        let (names, columns) = match levels.split_first() {
            None => {
                if numbers.iter().all(|number| *number == numbers[0]) {
                    return None;
                }
                let name = match factor {
                    Factor::Parameters => "parameters, for ten times as many".to_owned(),
                    Factor::Depth => "depth, for one more layer".to_owned(),
                    Factor::ImagenetAccuracy => "accuracy on ImageNet, for one more %".to_owned(),
                    other => other.to_string(),
                };
                (vec![name], vec![numbers])
            }
            Some((reference, others)) => {
                let column = |(name, networks): &(String, Vec<usize>)| {
                    let mut column = vec![0.0; known.len()];
                    for &network in networks {
                        column[network] = 1.0;
                    }
                    (format!("{factor}: {name}, not {}", reference.0), column)
                };
                others.iter().map(column).unzip()
            }
        };
        (!columns.is_empty()).then_some(Self {
            factor,
            columns,
            names,
            levels,
        })
    }
}

/// The space of a least-squares fit with an intercept, for the variance that it explains.
pub(super) struct Explained {
    basis: Vec<Vec<f64>>,
}

impl Explained {
    /// Creates the space of some columns at some rows.
    pub fn by<'c>(columns: impl Iterator<Item = &'c Vec<f64>>, rows: &[usize]) -> Result<Self> {
        let columns: Vec<Vec<f64>> = columns.map(|column| standardized(column, rows)).collect();
        Ok(Self {
            basis: basis(&columns, rows.len())?,
        })
    }

    /// Returns orthonormal directions that span the space, without the intercept.
    pub fn basis(&self) -> &[Vec<f64>] {
        &self.basis
    }

    /// Returns the degrees of freedom, without the intercept.
    pub fn rank(&self) -> usize {
        self.basis.len()
    }

    /// Returns R² of a standardized column.
    pub fn of(&self, unit: &[f64]) -> f64 {
        let squares = self
            .basis
            .iter()
            .map(|direction| dot(direction, unit).powi(2));
        squares.sum::<f64>().min(1.0)
    }

    /// Returns what the space leaves of a column.
    pub fn residual(&self, column: &[f64]) -> Vec<f64> {
        without(&self.basis, column)
    }
}

/// Returns a column without its components along orthonormal directions.
pub(super) fn without(basis: &[Vec<f64>], column: &[f64]) -> Vec<f64> {
    let mut residual = column.to_vec();
    for direction in basis {
        let length = dot(direction, column);
        let pairs = residual.iter_mut().zip(direction);
        pairs.for_each(|(value, unit)| *value -= length * unit);
    }
    residual
}

/// Returns orthonormal directions that span columns of *n* values, which are scaled to length 1
/// first, as the tolerance of collinearity must not depend on units.
pub(super) fn basis(columns: &[Vec<f64>], n: usize) -> Result<Vec<Vec<f64>>> {
    let lengths = columns.iter().map(|column| dot(column, column).sqrt());
    let columns: Vec<(&Vec<f64>, f64)> = columns
        .iter()
        .zip(lengths)
        .filter(|&(_, length)| length > 0.0)
        .collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let matrix = Mat::from_fn(n, columns.len(), |row, column| {
        columns[column].0[row] / columns[column].1
    });
    let svd = decompose(&matrix)?;
    let (left, values) = (svd.U(), svd.S().column_vector());
    let rank = (0..values.nrows())
        .take_while(|&k| values[k] > TOLERANCE * values[0])
        .count();
    let column = |k| (0..n).map(|row| left[(row, k)]).collect();
    Ok((0..rank).map(column).collect())
}

/// An ordinary least-squares fit; the first column is the intercept.
pub(super) struct LeastSquares {
    /// Orthonormal directions that span the columns.
    pub basis: Vec<Vec<f64>>,
    pub residual: Vec<f64>,
    pub residual_degrees: usize,
    coefficients: Vec<f64>,
    weights: Vec<Vec<f64>>,
}

impl LeastSquares {
    /// Fits the columns; `None` if they are collinear or no degree of freedom is left.
    pub fn fit(columns: &[&Vec<f64>], y: &[f64]) -> Result<Option<Self>> {
        let n = y.len();
        let Some(residual_degrees) = n.checked_sub(columns.len() + 1).filter(|&left| left > 0)
        else {
            return Ok(None);
        };
        // Columns have length 1, as the tolerance of collinearity must not depend on units.
        let ones = vec![1.0; n];
        let all: Vec<&Vec<f64>> = std::iter::once(&ones)
            .chain(columns.iter().copied())
            .collect();
        let lengths: Vec<f64> = all
            .iter()
            .map(|column| dot(column, column).sqrt())
            .collect();
        let matrix = Mat::from_fn(n, all.len(), |row, column| {
            all[column][row] / lengths[column]
        });
        let svd = decompose(&matrix)?;
        let (left, right, values) = (svd.U(), svd.V(), svd.S().column_vector());
        if values[all.len() - 1] <= TOLERANCE * values[0] {
            return Ok(None);
        }
        let basis: Vec<Vec<f64>> = (0..all.len())
            .map(|k| (0..n).map(|row| left[(row, k)]).collect())
            .collect();
        let weights_of = |column: usize| {
            let mut weights = vec![0.0; n];
            for (k, direction) in basis.iter().enumerate() {
                let factor = right[(column, k)] / values[k] / lengths[column];
                let pairs = weights.iter_mut().zip(direction);
                pairs.for_each(|(weight, unit)| *weight += factor * unit);
            }
            weights
        };
        let weights: Vec<Vec<f64>> = (0..all.len()).map(weights_of).collect();
        Ok(Some(Self {
            residual: without(&basis, y),
            residual_degrees,
            coefficients: weights.iter().map(|weights| dot(weights, y)).collect(),
            basis,
            weights,
        }))
    }

    /// Returns the coefficient of a column.
    pub fn coefficient(&self, column: usize) -> f64 {
        self.coefficients[column]
    }

    /// Returns the weights of the rows whose sum of *y* is the coefficient of a column.
    pub fn weights(&self, column: usize) -> &[f64] {
        &self.weights[column]
    }

    /// Returns what the fit leaves of a column.
    pub fn without_fit(&self, column: &[f64]) -> Vec<f64> {
        without(&self.basis, column)
    }
}

/// Singular values below this proportion of the largest count as 0.
const TOLERANCE: f64 = 1e-9;

fn decompose(matrix: &Mat<f64>) -> Result<faer::linalg::solvers::Svd<f64>> {
    matrix.thin_svd().map_err(|_| {
        ComputationError::NotConverged {
            what: "the singular value decomposition of the factors",
        }
        .into()
    })
}
