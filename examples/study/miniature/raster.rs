//! The rendering of pictures from their factors.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::factors::{Factors, Shape, Texture};

/// Number of pixels of a side.
pub const SIDE: usize = 24;

/// Number of samples along a side of a pixel.
const SAMPLES: usize = 3;

/// Standard deviation of the noise of a pixel, where white is 1.
const NOISE: f32 = 0.03;

/// Draws a picture; returns red, green and blue of each pixel, row by row.
pub fn render(factors: &Factors, rng: &mut impl Rng) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(SIDE * SIDE * 3);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let mut colour = [0.0; 3];
            for sample in 0..SAMPLES * SAMPLES {
                let within = |step: usize| (step as f32 + 0.5) / SAMPLES as f32;
                let x = column as f32 + within(sample % SAMPLES);
                let y = row as f32 + within(sample / SAMPLES);
                let seen = colour_at(factors, x, y);
                for (sum, part) in colour.iter_mut().zip(seen) {
                    *sum += part / (SAMPLES * SAMPLES) as f32;
                }
            }
            pixels.extend(colour.map(|part| {
                let noise: f32 = rng.sample(StandardNormal);
                // Clamped by the conversion.
                (255.0 * (part + NOISE * noise)).round() as u8
            }));
        }
    }
    pixels
}

/// Returns the colour at a point of the picture, in pixels from the upper left corner.
fn colour_at(factors: &Factors, x: f32, y: f32) -> [f32; 3] {
    let middle = SIDE as f32 / 2.0;
    let (dx, dy) = (
        x - middle - factors.offset[0],
        y - middle - factors.offset[1],
    );
    let (sin, cos) = factors.rotation.sin_cos();
    let (along, up) = (cos * dx + sin * dy, sin * dx - cos * dy);
    let radius = 7.5 + 3.0 * factors.size;
    if is_inside(factors.shape, along / radius, up / radius) {
        let share = if is_dark(factors.texture, along, up) {
            0.25
        } else {
            1.0
        };
        factors.colour.rgb().map(|part| part * share)
    } else {
        let [right, down] = factors.gradient;
        let light = right * (x / middle - 1.0) + down * (y / middle - 1.0);
        factors.background.rgb().map(|part| part + light)
    }
}

/// Returns true if a point is inside a shape, which approximately fills the unit disc.
fn is_inside(shape: Shape, x: f32, y: f32) -> bool {
    let distance = x.hypot(y);
    match shape {
        Shape::Disc => distance < 0.9,
        Shape::Ring => (0.5..1.0).contains(&distance),
        Shape::Crescent => distance < 1.0 && (x - 0.5).hypot(y) > 0.75,
        Shape::Square => x.abs().max(y.abs()) < 0.8,
        // Three sides at the same distance from the centre.
        Shape::Triangle => (-y).max(0.5 * y + 0.866 * x.abs()) < 0.55,
        Shape::Star => distance < star(x.atan2(y)),
        Shape::Cross => x.abs().min(y.abs()) < 0.3 && x.abs().max(y.abs()) < 0.95,
        Shape::Bar => x.abs() < 1.0 && y.abs() < 0.4,
    }
}

/// Returns the distance of the outline of a star with five points from its centre.
fn star(angle: f32) -> f32 {
    let fifth = std::f32::consts::TAU / 5.0;
    // The outline is farthest at the points and nearest halfway between two points.
    let (near, far) = (0.45, 1.1);
    let turn = (angle - fifth * (angle / fifth).round()).abs();
    // The straight line between the two, in polar coordinates.
    let half = fifth / 2.0;
    near * far * half.sin() / (far * turn.sin() + near * (half - turn).sin())
}

/// Returns true if a texture is dark at a point, in pixels from the centre of the figure.
fn is_dark(texture: Texture, x: f32, y: f32) -> bool {
    /// Period of a texture, in pixels.
    const PERIOD: f32 = 4.0;

    let phase = |at: f32| (at / PERIOD).rem_euclid(1.0);
    match texture {
        Texture::Plain => false,
        Texture::Stripes => phase(y) < 0.5,
        Texture::Dots => (phase(x) - 0.5).hypot(phase(y) - 0.5) < 0.32,
        Texture::Checks => (phase(x / 1.5) < 0.5) != (phase(y / 1.5) < 0.5),
    }
}
