//! Image files to pixels.

mod decode;
mod exif;
mod image;
mod jpeg;
mod png;

pub use decode::ImageDecoder;
pub use exif::Orientation;
pub use image::RgbImage;
