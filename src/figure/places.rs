//! Placement of images without overlap.

use super::drawing::{Area, Point};

/// Moves squares of a given side so that none overlaps another and all are inside an area. Squares
/// are placed in their order, each as near as possible to its wanted centre. A square for which no
/// place is found stays at its wanted centre.
pub(super) fn apart(wanted: &[Point], side: f64, inside: Area) -> Vec<Point> {
    /// Steps per side, and the largest distance in steps.
    const FINE: i32 = 4;
    const FARTHEST: i32 = 12 * FINE;

    let mut steps: Vec<(i32, i32)> = (-FARTHEST..=FARTHEST)
        .flat_map(|x| (-FARTHEST..=FARTHEST).map(move |y| (x, y)))
        .filter(|(x, y)| x * x + y * y <= FARTHEST * FARTHEST)
        .collect();
    steps.sort_by_key(|(x, y)| x * x + y * y);
    let room = inside.grown(-side / 2.0);
    // Placed squares, in cells of their size: a place is free if the neighbouring cells have no
    // overlapping square.
    let columns = (inside.width() / side).ceil() as usize + 1;
    let rows = (inside.height() / side).ceil() as usize + 1;
    let mut cells: Vec<Vec<Point>> = vec![Vec::new(); columns * rows];
    let cell = |[x, y]: Point| {
        let position = |offset: f64, n: usize| ((offset / side).max(0.0) as usize).min(n - 1);
        (
            position(x - inside.left, columns),
            position(y - inside.top, rows),
        )
    };
    let mut places = Vec::with_capacity(wanted.len());
    for &[x, y] in wanted {
        let free = |&[x, y]: &Point| {
            let (column, row) = cell([x, y]);
            let near = |position: usize, n: usize| position.saturating_sub(1)..n.min(position + 2);
            let around = near(row, rows)
                .flat_map(|row| near(column, columns).map(move |column| row * columns + column));
            let mut taken = around.flat_map(|cell| &cells[cell]);
            room.contains(Area::around([x, y], 0.0))
                && taken.all(|[a, b]| (a - x).abs() >= side - 1e-9 || (b - y).abs() >= side - 1e-9)
        };
        let step = side / f64::from(FINE);
        let mut candidates = steps
            .iter()
            .map(|&(right, down)| [x + f64::from(right) * step, y + f64::from(down) * step]);
        let place = candidates.find(free).unwrap_or([x, y]);
        let (column, row) = cell(place);
        cells[row * columns + column].push(place);
        places.push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_do_not_overlap_and_those_that_are_free_stay() {
        let inside = Area {
            left: 10.0,
            top: 20.0,
            right: 510.0,
            bottom: 420.0,
        };
        let crowd = (0..60).map(|k| [200.0 + f64::from(k % 7), 200.0 + f64::from(k % 5)]);
        let alone = [450.0, 380.0];
        let wanted: Vec<Point> = crowd.chain([alone]).collect();
        let places = apart(&wanted, 24.0, inside);
        assert_eq!(places[60], alone);
        for (k, &place) in places.iter().enumerate() {
            let square = Area::around(place, 12.0 - 1e-6);
            assert!(inside.contains(square));
            for &other in &places[..k] {
                assert!(!square.overlaps(Area::around(other, 12.0 - 1e-6)));
            }
        }
    }
}
