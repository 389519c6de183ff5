//! Preprocessing: from image files to the input tensors of networks.
//!
//! ```text
//! files ──ImageDecoder──► RgbImage ──resize, centre crop──► RgbImage ──Normalization──► [3, H, W]
//! ```
//!
//! A [`Preprocessing`] describes all steps. Its fingerprint is part of the
//! [`Provenance`](crate::Provenance) of features, so that features of different preprocessings are
//! distinguished.
//!
//! Published weights were trained with Pillow and torchvision, which are therefore the reference.
//! Every step gives identical results, bit for bit:
//!
//! | step | agreement with Pillow 9.4 to 13.0 and torchvision 0.14 to 0.21 |
//! |---|---|
//! | PNG, WebP, BMP, TIFF, GIF | identical (WebP, BMP, TIFF and GIF to Pillow 13.0) |
//! | JPEG | identical to libjpeg-turbo 2.1 to 3.1, which Pillow uses |
//! | resize, crop | identical; see [`PassOrder`] for the version, and [`CropRule`] for transformers |
//! | normalization | identical |
//!
//! The image processors of transformers 5 do not use Pillow by default, but torchvision's resizing of
//! tensors: their values usually differ by one level (0.02 after the normalization), and at a few
//! sizes by up to 0.2 in sharp images. Those with `backend="pil"` give the values of this crate.
//!
//! ```
//! use human_alignment::extract::preprocess::{Preprocessing, RgbImage};
//! use ndarray::Array3;
//!
//! let preprocessing = Preprocessing::IMAGENET;
//! let photo = RgbImage::new(Array3::from_elem((480, 640, 3), 128))?;
//! assert_eq!(preprocessing.tensor(&photo)?.dim(), (3, 224, 224));
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod bmp;
mod crop;
mod decode;
pub(in crate::extract) mod described;
mod exif;
mod from_file;
mod gif;
mod image;
mod jpeg;
mod jpeg_markers;
mod normalization;
mod pipeline;
mod png;
mod presets;
mod resize;
mod tiff;
mod tiles;
mod webp;
pub(in crate::extract) mod weights;

pub use crop::CropRule;
pub use decode::ImageDecoder;
pub use described::DescribedIn;
pub use exif::Orientation;
pub use image::RgbImage;
pub use normalization::{ChannelOrder, Normalization, ValueRange};
pub use pipeline::{Preprocessing, Resize};
pub use resize::{PassOrder, resize};
pub use weights::Filter;
