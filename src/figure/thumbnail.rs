//! Small images of stimuli.

use ndarray::Array3;

use super::color::Color;
use super::drawing::{Area, Drawing, Point};
use super::resample::resample;
use crate::error::{ArgumentError, Result};

/// The image of a stimulus, for figures in which it is small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    pixels: Array3<u8>,
}

impl Thumbnail {
    /// The most pixels along a side that are kept.
    const SIDE: usize = 512;

    /// The image of these pixels, `[height, width, 3]`, each red, green, blue.
    ///
    /// # Errors
    /// [`ArgumentError::Shape`] where there are no pixels, or not three channels.
    pub fn new(pixels: Array3<u8>) -> Result<Self> {
        let (height, width, n_channels) = pixels.dim();
        if pixels.is_empty() || n_channels != 3 {
            return Err(ArgumentError::Shape {
                what: "an image",
                expected: "[height, width, 3], not empty".into(),
                found: pixels.shape().iter().map(|&n| n as u64).collect(),
            }
            .into());
        }
        let longest = height.max(width);
        if longest <= Self::SIDE {
            return Ok(Self { pixels });
        }
        let shorter = |side: usize| (side * Self::SIDE / longest).max(1);
        Ok(Self {
            pixels: resample(pixels.view(), (shorter(width), shorter(height))),
        })
    }

    /// Where the image lies whose longer side is `side`, around a point.
    pub(super) fn area(&self, [x, y]: Point, side: f64) -> Area {
        let (height, width, _) = self.pixels.dim();
        let scale = side / height.max(width) as f64;
        let (half_width, half_height) = (scale * width as f64 / 2.0, scale * height as f64 / 2.0);
        Area {
            left: x - half_width,
            top: y - half_height,
            right: x + half_width,
            bottom: y + half_height,
        }
    }

    /// Draws it with an edge of a colour around it; returns what the image covers.
    pub(super) fn draw(
        &self,
        drawing: &mut Drawing,
        center: Point,
        side: f64,
        (edge, width): (Color, f64),
    ) -> Area {
        let area = self.area(center, side);
        drawing.rectangle(area.grown(width), edge);
        drawing.image(self.pixels.clone(), area);
        area
    }
}
