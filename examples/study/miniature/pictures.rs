//! Pictures and their factors.

use std::ops::Range;

use human_alignment::{Error, Result, Stimuli};
use rand::Rng;

use super::factors::{Factors, Shape, Texture};
use super::raster::{SIDE, render};

/// A picture and its factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub factors: Factors,
    /// Red, green and blue of each pixel, row by row.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// Returns the input of networks: the colours, in [−1, 1], of the picture shifted to the left
    /// and up by some pixels. Pixels of the edge are repeated.
    pub fn colours(&self, [left, up]: [i32; 2]) -> impl Iterator<Item = f32> {
        let moved = |at: usize, by: i32| (at as i32 + by).clamp(0, SIDE as i32 - 1) as usize;
        let places = (0..SIDE * SIDE).map(move |place| {
            let (row, column) = (place / SIDE, place % SIDE);
            moved(row, up) * SIDE + moved(column, left)
        });
        let pixels = places.flat_map(|place| &self.pixels[3 * place..3 * place + 3]);
        pixels.map(|&part| f32::from(part) / 127.5 - 1.0)
    }
}

/// Pictures of all shapes with all textures, with the same number of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    pub pictures: Vec<Picture>,
    /// Names of the pictures, such as `star red stripes 3`: the third star with stripes, which is
    /// red.
    pub stimuli: Stimuli,
}

impl Pictures {
    /// Draws pictures with these numbers of each shape with each texture; the other factors are
    /// random.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no numbers.
    pub fn draw(variants: Range<usize>, rng: &mut impl Rng) -> Result<Self> {
        if variants.is_empty() {
            return Err(Error::other(
                "no pictures of each shape with each texture: one is needed",
            ));
        }
        let mut pictures = Vec::new();
        let mut ids = Vec::new();
        for shape in Shape::ALL {
            for texture in Texture::ALL {
                for variant in variants.clone() {
                    let factors = Factors::draw(shape, texture, rng);
                    let (shape, texture) = (shape.name(), texture.name());
                    ids.push(format!(
                        "{shape} {} {texture} {variant}",
                        factors.colour.name()
                    ));
                    let pixels = render(&factors, rng);
                    pictures.push(Picture { factors, pixels });
                }
            }
        }
        Ok(Self {
            pictures,
            stimuli: Stimuli::new(ids)?,
        })
    }

    /// Returns the shape of each picture, in the order of the stimuli.
    pub fn shapes(&self) -> Vec<&'static str> {
        let shape = |picture: &Picture| picture.factors.shape.name();
        self.pictures.iter().map(shape).collect()
    }
}
