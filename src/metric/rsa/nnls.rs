//! Non-negative least squares.

/// Returns the non-negative weights that minimize ‖Xw − y‖ (Lawson & Hanson 1974, chapter 23), for
/// y and columns of X of length 1: `products` is XᵀX, row-major, and `correlations` is Xᵀy.
///
/// Zero weights are exactly 0. A column gets no weight if other columns explain all of its square
/// except [`INDEPENDENT`].
pub(super) fn non_negative_least_squares(products: &[f64], correlations: &[f64]) -> Vec<f64> {
    let p = correlations.len();
    let mut weights = vec![0.0; p];
    // Columns with weights above 0, in order of entry.
    let mut passive: Vec<usize> = Vec::new();
    // Columns that cannot enter at present, because they depend on the passive columns.
    let mut refused = vec![false; p];
    // Each round decreases the distance, so no set is visited twice; the limit is a guard against
    // rounding.
    for _ in 0..ROUNDS * p {
        let gradient = |j: usize| {
            let along = passive.iter().map(|&i| products[j * p + i] * weights[i]);
            correlations[j] - along.sum::<f64>()
        };
        let candidates = (0..p).filter(|&j| !refused[j] && !passive.contains(&j));
        let steepest = candidates
            .map(|j| (j, gradient(j)))
            .reduce(|best, other| if other.1 > best.1 { other } else { best });
        let Some((entering, gradient)) = steepest else {
            break;
        };
        if gradient <= OPTIMAL {
            break;
        }
        passive.push(entering);
        let mut solution = solve(products, correlations, &passive);
        if solution.as_ref().is_none_or(|z| z[z.len() - 1] <= 0.0) {
            passive.pop();
            refused[entering] = true;
            continue;
        }
        refused.fill(false);
        // Move towards the solution until a weight becomes 0, and drop the columns whose weights
        // do.
        while let Some(z) = solution {
            let negative = passive.iter().zip(&z).filter(|&(_, &z)| z <= 0.0);
            let step = negative
                .map(|(&i, z)| weights[i] / (weights[i] - z))
                .fold(1.0, f64::min);
            if step == 1.0 && z.iter().all(|&z| z > 0.0) {
                passive.iter().zip(z).for_each(|(&i, z)| weights[i] = z);
                break;
            }
            let mut kept = Vec::with_capacity(passive.len());
            for (&i, &z) in passive.iter().zip(&z) {
                let is_limit = z <= 0.0 && weights[i] / (weights[i] - z) <= step;
                weights[i] += step * (z - weights[i]);
                if is_limit || weights[i] <= 0.0 {
                    weights[i] = 0.0;
                } else {
                    kept.push(i);
                }
            }
            passive = kept;
            solution = solve(products, correlations, &passive);
        }
    }
    weights
}

/// Largest gradient (correlation with the residual) at which a column does not enter.
const OPTIMAL: f64 = 1e-10;

/// Smallest share of the square of a column that other columns must leave unexplained; large enough
/// to cover rounding to `f32`.
const INDEPENDENT: f64 = 1e-12;

/// Maximum number of rounds per column; textbooks recommend three.
const ROUNDS: usize = 10;

/// Solves least squares for some columns by Cholesky decomposition; `None` if they are dependent.
fn solve(products: &[f64], correlations: &[f64], columns: &[usize]) -> Option<Vec<f64>> {
    let (p, n) = (correlations.len(), columns.len());
    let mut lower = vec![0.0; n * n];
    for row in 0..n {
        for column in 0..=row {
            let known = (0..column).map(|k| lower[row * n + k] * lower[column * n + k]);
            let rest = products[columns[row] * p + columns[column]] - known.sum::<f64>();
            lower[row * n + column] = match row == column {
                true if rest <= INDEPENDENT => return None,
                true => rest.sqrt(),
                false => rest / lower[column * n + column],
            };
        }
    }
    let mut solution: Vec<f64> = columns.iter().map(|&i| correlations[i]).collect();
    for row in 0..n {
        let known = (0..row).map(|k| lower[row * n + k] * solution[k]);
        solution[row] = (solution[row] - known.sum::<f64>()) / lower[row * n + row];
    }
    for row in (0..n).rev() {
        let known = (row + 1..n).map(|k| lower[k * n + row] * solution[k]);
        solution[row] = (solution[row] - known.sum::<f64>()) / lower[row * n + row];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn unit(values: &[f64]) -> Option<Vec<f64>> {
        let length = dot(values, values).sqrt();
        (length > 1e-3).then(|| values.iter().map(|value| value / length).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(400)
        })]

        /// Checks the Karush–Kuhn–Tucker conditions: weights are not negative, and the gradient is
        /// 0 for positive weights and not positive for zero weights. The cases include more columns
        /// than rows and duplicate columns.
        #[test]
        fn weights_are_optimal(
            n_rows in 1usize..30,
            n_columns in 1usize..25,
            elements in prop::collection::vec(-1.0..1.0f64, 30 * 26),
            twice in any::<bool>(),
        ) {
            let columns = elements.chunks(n_rows).take(n_columns + 1).map(unit);
            let mut columns: Vec<_> = columns.collect::<Option<_>>().unwrap_or_default();
            prop_assume!(columns.len() > 1);
            let y = columns.pop().unwrap();
            if twice {
                columns.extend_from_within(..columns.len() / 2);
            }
            let p = columns.len();
            let products: Vec<f64> =
                (0..p * p).map(|at| dot(&columns[at / p], &columns[at % p])).collect();
            let correlations: Vec<f64> = columns.iter().map(|x| dot(x, &y)).collect();
            let weights = non_negative_least_squares(&products, &correlations);
            for j in 0..p {
                let gradient = correlations[j] - dot(&products[j * p..][..p], &weights);
                prop_assert!(weights[j] >= 0.0);
                prop_assert!(gradient <= 1e-7, "{j}: {gradient}");
                prop_assert!(weights[j] == 0.0 || gradient.abs() <= 1e-7, "{j}: {gradient}");
            }
        }
    }
}
