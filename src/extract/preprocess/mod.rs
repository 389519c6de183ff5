//! Image files to pixels, and to other sizes.

mod decode;
mod exif;
mod image;
mod jpeg;
mod png;
mod resize;
mod weights;

pub use decode::ImageDecoder;
pub use exif::Orientation;
pub use image::RgbImage;
pub use resize::resize;
pub use weights::Filter;
