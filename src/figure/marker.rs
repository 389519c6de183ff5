//! Markers of points. Groups differ in their shape as well as in their colour.

use std::f64::consts::TAU;

use super::color::Color;
use super::drawing::{Drawing, Point};

/// The shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
    Star,
}

impl Marker {
    const ALL: [Marker; 7] = [
        Marker::Circle,
        Marker::Square,
        Marker::Triangle,
        Marker::Diamond,
        Marker::TriangleDown,
        Marker::Cross,
        Marker::Star,
    ];

    /// Returns the shape of a group, by its 0-based position. As the numbers of shapes and of
    /// colours have no common factor, each pair of shape and colour occurs before any repeats.
    pub fn of_group(group: usize) -> Self {
        Self::ALL[group % Self::ALL.len()]
    }

    /// Draws the marker with a white edge, so that touching markers can be told apart.
    pub fn draw(self, drawing: &mut Drawing, center: Point, radius: f64, color: Color) {
        self.fill(drawing, center, radius + 1.0, Color::WHITE);
        self.fill(drawing, center, radius, color);
    }

    /// Draws the outline of the marker.
    pub fn draw_open(self, drawing: &mut Drawing, center: Point, radius: f64, color: Color) {
        self.draw(drawing, center, radius, color);
        self.fill(drawing, center, radius - 1.75, Color::WHITE);
    }

    fn fill(self, drawing: &mut Drawing, center: Point, radius: f64, color: Color) {
        let regular = |n: usize, turn: f64, radius: f64| -> Vec<Point> {
            let corner = |k: usize| {
                let angle = TAU * (k as f64 / n as f64 + turn);
                [
                    center[0] + radius * angle.sin(),
                    center[1] - radius * angle.cos(),
                ]
            };
            (0..n).map(corner).collect()
        };
        let points = match self {
            Marker::Circle => return drawing.circle(center, radius, color),
            Marker::Square => regular(4, 0.125, 1.25 * radius),
            Marker::Triangle => regular(3, 0.0, 1.3 * radius),
            Marker::Diamond => regular(4, 0.0, 1.3 * radius),
            Marker::TriangleDown => regular(3, 0.5, 1.3 * radius),
            Marker::Cross => {
                let (long, short) = (1.15 * radius, 0.42 * radius);
                let corners = [
                    [-short, -long],
                    [short, -long],
                    [short, -short],
                    [long, -short],
                    [long, short],
                    [short, short],
                    [short, long],
                    [-short, long],
                    [-short, short],
                    [-long, short],
                    [-long, -short],
                    [-short, -short],
                ];
                corners
                    .map(|[x, y]| [center[0] + x, center[1] + y])
                    .to_vec()
            }
            Marker::Star => {
                let (outer, inner) = (
                    regular(5, 0.0, 1.4 * radius),
                    regular(5, 0.1, 0.62 * radius),
                );
                outer
                    .into_iter()
                    .zip(inner)
                    .flat_map(|(a, b)| [a, b])
                    .collect()
            }
        };
        drawing.polygon(points, color);
    }
}
