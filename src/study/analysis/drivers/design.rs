//! Factors as columns of a regression, and least squares.

use faer::{Col, Mat};

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
        if columns.is_empty() {
            return Ok(Self { basis: Vec::new() });
        }
        let matrix = Mat::from_fn(rows.len(), columns.len(), |row, column| {
            columns[column][row]
        });
        let svd = decompose(&matrix)?;
        let (left, values) = (svd.U(), svd.S().column_vector());
        let rank = (0..values.nrows())
            .take_while(|&k| values[k] > TOLERANCE * values[0])
            .count();
        let column = |k| (0..rows.len()).map(|row| left[(row, k)]).collect();
        Ok(Self {
            basis: (0..rank).map(column).collect(),
        })
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
}

/// The coefficients of an ordinary least-squares fit and their standard errors, the intercept
/// first.
pub(super) struct LeastSquares {
    pub coefficients: Vec<(f64, f64)>,
    pub residual_degrees: usize,
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
        let y = Col::from_fn(n, |row| y[row]);
        let projected = left.transpose() * &y;
        let residual = &y - left * &projected;
        let variance = residual.squared_norm_l2() / residual_degrees as f64;
        let coefficient = |column: usize| {
            let (mut value, mut spread) = (0.0, 0.0);
            for k in 0..all.len() {
                let weight = right[(column, k)] / values[k];
                value += weight * projected[k];
                spread += weight * weight;
            }
            let length = lengths[column];
            (value / length, (variance * spread).sqrt() / length)
        };
        Ok(Some(Self {
            coefficients: (0..all.len()).map(coefficient).collect(),
            residual_degrees,
        }))
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
