//! The assignment problem.

/// Returns the column of each row of a cost matrix (row-major, with at most as many rows as
/// columns) in the assignment with the smallest sum of costs.
///
/// The Hungarian method with shortest augmenting paths, as in Jonker & Volgenant (1987), in O(rows²
/// columns).
pub(super) fn assign(costs: &[f64], n_columns: usize) -> Vec<usize> {
    let n_rows = costs.len() / n_columns.max(1);
    let mut row_potentials = vec![0.0; n_rows];
    let mut column_potentials = vec![0.0; n_columns];
    let mut row_of: Vec<Option<usize>> = vec![None; n_columns];
    for start in 0..n_rows {
        // The shortest reduced distance of each column from the row, and the column before it.
        let mut distances = vec![f64::INFINITY; n_columns];
        let mut before: Vec<Option<usize>> = vec![None; n_columns];
        let mut is_visited = vec![false; n_columns];
        let (mut row, mut column, mut shortest) = (start, None, 0.0);
        let free = loop {
            let mut nearest: Option<usize> = None;
            for next in (0..n_columns).filter(|&next| !is_visited[next]) {
                let cost = costs[row * n_columns + next];
                let reduced = shortest + cost - row_potentials[row] - column_potentials[next];
                if reduced < distances[next] {
                    (distances[next], before[next]) = (reduced, column);
                }
                if nearest.is_none_or(|nearest| distances[next] < distances[nearest]) {
                    nearest = Some(next);
                }
            }
            // There are at least as many columns as rows, so that one is not visited.
            let Some(nearest) = nearest else {
                return Vec::new();
            };
            shortest = distances[nearest];
            match row_of[nearest] {
                None => break nearest,
                Some(assigned) => {
                    is_visited[nearest] = true;
                    (row, column) = (assigned, Some(nearest));
                }
            }
        };
        row_potentials[start] += shortest;
        for visited in (0..n_columns).filter(|&column| is_visited[column]) {
            let slack = shortest - distances[visited];
            column_potentials[visited] -= slack;
            if let Some(row) = row_of[visited] {
                row_potentials[row] += slack;
            }
        }
        // Shift the assignments along the path.
        let mut end = free;
        while let Some(previous) = before[end] {
            row_of[end] = row_of[previous];
            end = previous;
        }
        row_of[end] = Some(start);
    }
    let mut columns = vec![0; n_rows];
    for (column, row) in row_of.into_iter().enumerate() {
        if let Some(row) = row {
            columns[row] = column;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Returns the smallest sum of costs over all assignments.
    fn smallest(costs: &[f64], n_columns: usize, row: usize, used: &mut Vec<usize>) -> f64 {
        if row * n_columns == costs.len() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..n_columns {
            if !used.contains(&column) {
                used.push(column);
                let rest = smallest(costs, n_columns, row + 1, used);
                used.pop();
                best = best.min(costs[row * n_columns + column] + rest);
            }
        }
        best
    }

    #[test]
    fn no_other_assignment_costs_less() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (n_rows, n_columns) in [(1, 1), (3, 3), (4, 6), (6, 6), (5, 7)] {
            for _ in 0..20 {
                let costs: Vec<f64> = (0..n_rows * n_columns)
                    .map(|_| rng.random_range(-1.0..1.0))
                    .collect();
                let columns = assign(&costs, n_columns);
                let mut distinct = columns.clone();
                distinct.sort_unstable();
                distinct.dedup();
                assert_eq!(distinct.len(), n_rows);
                let at = |(row, column): (usize, &usize)| costs[row * n_columns + column];
                let sum: f64 = columns.iter().enumerate().map(at).sum();
                let least = smallest(&costs, n_columns, 0, &mut Vec::new());
                assert!((sum - least).abs() < 1e-12, "{sum} {least}");
            }
        }
    }
}
