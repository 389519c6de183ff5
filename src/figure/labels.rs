//! Placement of names beside points without overlap.

use super::color::Color;
use super::drawing::{Area, Drawing, Point, Text};
use super::font::{self, Anchor};
use crate::error::Result;

const SIZE: f64 = 11.0;

/// Maximum width of a name, in pixels; longer names are shortened.
const LONGEST: f64 = 190.0;

/// A name and the point that it belongs to.
pub(super) struct Label<'a> {
    pub name: &'a str,
    pub point: Point,
}

/// Draws as many names inside an area as fit without overlapping each other or the areas in
/// `taken`. Returns the number of names without room. A name that is not next to its point is
/// connected to it by a line.
pub(super) fn draw(
    drawing: &mut Drawing,
    inside: Area,
    mut taken: Vec<Area>,
    labels: &[Label<'_>],
) -> Result<usize> {
    // The longest first, as short names are easier to place.
    let mut order = Vec::new();
    for label in labels {
        let name = font::fitted(label.name, SIZE, LONGEST)?;
        order.push((font::width(&name, SIZE)?, name, label));
    }
    order.sort_by(|(left, ..), (right, ..)| right.total_cmp(left));
    let mut names = Vec::new();
    let mut n_without_room = 0;
    for (_, name, label) in order {
        let mut found = None;
        for (text, is_near) in candidates(label.point, name) {
            let area = text.area()?;
            let free = |other: &Area| !area.grown(1.0).overlaps(*other);
            if !inside.contains(area) || !taken.iter().all(free) {
                continue;
            }
            if is_near {
                found = Some((text, area, None));
                break;
            }
            let [x, y] = label.point;
            let end = [
                x.clamp(area.left, area.right),
                y.clamp(area.top, area.bottom),
            ];
            let line: Vec<Area> = along(label.point, end).collect();
            // A line may cross other lines, but not names.
            let crosses = |part: &Area| names.iter().any(|name: &Area| name.overlaps(*part));
            if !line.iter().any(crosses) {
                found = Some((text, area, Some((end, line))));
                break;
            }
        }
        let Some((text, area, line)) = found else {
            n_without_room += usize::from(!label.name.is_empty());
            continue;
        };
        if let Some((end, line)) = line {
            drawing.line(label.point, end, Color::LINE, 0.75);
            taken.extend(line);
        }
        taken.push(area);
        names.push(area);
        drawing.text(text);
    }
    Ok(n_without_room)
}

/// Returns small squares along a line, as areas that names must not overlap.
pub(super) fn along([x0, y0]: Point, [x1, y1]: Point) -> impl Iterator<Item = Area> {
    const STEP: f64 = 3.0;

    let n = ((x1 - x0).hypot(y1 - y0) / STEP).ceil().max(1.0) as usize;
    (0..=n).map(move |k| {
        let share = k as f64 / n as f64;
        Area::around([x0 + share * (x1 - x0), y0 + share * (y1 - y0)], 1.0)
    })
}

/// Returns possible places of a name around a point, the best first, and whether each is next to
/// the point.
fn candidates([x, y]: Point, name: String) -> impl Iterator<Item = (Text, bool)> {
    const AWAY: [f64; 6] = [9.0, 20.0, 32.0, 46.0, 62.0, 80.0];
    const DIRECTIONS: [([f64; 2], Anchor); 12] = [
        ([1.0, 0.0], Anchor::Start),
        ([-1.0, 0.0], Anchor::End),
        ([0.0, -1.3], Anchor::Middle),
        ([0.0, 1.3], Anchor::Middle),
        ([0.7, -1.0], Anchor::Start),
        ([0.7, 1.0], Anchor::Start),
        ([-0.7, -1.0], Anchor::End),
        ([-0.7, 1.0], Anchor::End),
        ([1.0, -0.5], Anchor::Start),
        ([1.0, 0.5], Anchor::Start),
        ([-1.0, -0.5], Anchor::End),
        ([-1.0, 0.5], Anchor::End),
    ];

    AWAY.into_iter().flat_map(move |away| {
        let name = name.clone();
        DIRECTIONS.into_iter().map(move |([right, down], anchor)| {
            let at = [x + right * away, y + down * away];
            let text = Text::new(&name, at, SIZE).anchored(anchor);
            (text.colored(Color::SOFT), away == AWAY[0])
        })
    })
}

/// Returns the heights of texts in a column that are at least `distance` apart and between two
/// ends, as near as possible to the heights in `wanted` (in any order).
pub(super) fn spread(wanted: &[f64], distance: f64, [top, bottom]: [f64; 2]) -> Vec<f64> {
    // Texts that would overlap form a block, which is centred on the mean of their wanted heights.
    struct Block {
        members: Vec<usize>,
        middle: f64,
    }
    let half = |block: &Block| (block.members.len() - 1) as f64 / 2.0 * distance;
    let placed = |members: Vec<usize>| {
        let n = members.len() as f64;
        let mean = members.iter().map(|&member| wanted[member]).sum::<f64>() / n;
        let half = (n - 1.0) / 2.0 * distance;
        // If there is not enough room, the block starts at the top.
        let middle = mean.min(bottom - half).max(top + half);
        Block { members, middle }
    };
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&left, &right| wanted[left].total_cmp(&wanted[right]));
    let mut blocks: Vec<Block> = Vec::new();
    for member in order {
        let mut block = placed(vec![member]);
        while let Some(above) = blocks.pop_if(|above| {
            above.middle + half(above) + distance > block.middle - half(&block) + 1e-9
        }) {
            let members = above.members.into_iter().chain(block.members);
            block = placed(members.collect());
        }
        blocks.push(block);
    }
    let mut heights = vec![0.0; wanted.len()];
    for block in &blocks {
        let start = block.middle - half(block);
        for (position, &member) in block.members.iter().enumerate() {
            heights[member] = start + position as f64 * distance;
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_a_column_keep_their_distance_and_order() {
        assert_eq!(spread(&[10.0, 50.0], 12.0, [0.0, 100.0]), [10.0, 50.0]);
        assert_eq!(spread(&[50.0, 50.0], 12.0, [0.0, 100.0]), [44.0, 56.0]);
        let wanted = [98.0, 20.0, 97.0, 21.0, 99.0, 22.0, 40.0];
        let heights = spread(&wanted, 12.0, [0.0, 100.0]);
        let mut sorted = heights.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9)
        );
        assert!(sorted[0] >= 0.0 && sorted[6] <= 100.0);
        for (i, left) in wanted.iter().enumerate() {
            for (j, right) in wanted.iter().enumerate() {
                assert!(left >= right || heights[i] < heights[j]);
            }
        }
    }
}
