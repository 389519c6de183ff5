//! Images of stimuli in figures.

use ndarray::Array3;

use super::color::Color;
use super::drawing::{Area, Drawing, Point};
use super::resample::resample;
use crate::error::{Result, wrong_shape};

/// An image of a stimulus for [`StimulusMap`](super::StimulusMap),
/// [`TripletPage`](super::TripletPage) and [`DimensionPage`](super::DimensionPage).
///
/// ```
/// use human_alignment::figure::{StimulusMap, Thumbnail};
/// use human_alignment::{Rdm, Stimuli};
/// use ndarray::Array3;
///
/// let rdm = Rdm::new(Stimuli::new(["cat", "dog", "car"])?, vec![0.2, 0.9, 0.8])?;
/// let gray = Thumbnail::new(Array3::from_elem((48, 64, 3), 128))?;
/// let figure = StimulusMap::new("Map", &rdm)?.with_thumbnails(vec![gray; 3])?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    pixels: Array3<u8>,
}

impl Thumbnail {
    /// Maximum number of pixels of the longer side; larger images are resized.
    const SIDE: usize = 512;

    /// Creates a thumbnail from RGB pixels, `[height, width, 3]`. Images with more than 512 pixels
    /// on a side are reduced.
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if there are no pixels, or not three channels.
    pub fn new(pixels: Array3<u8>) -> Result<Self> {
        let (height, width, n_channels) = pixels.dim();
        if pixels.is_empty() || n_channels != 3 {
            return Err(wrong_shape(
                "an image",
                "[height, width, 3], not empty",
                pixels.shape(),
            ));
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

    /// Returns the area of the image around a point, if its longer side is `side`.
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

    /// Draws the image with a frame, given by its colour and width; returns the area of the image.
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
