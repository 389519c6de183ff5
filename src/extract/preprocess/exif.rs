//! Orientation of images according to their EXIF metadata.

use serde::{Deserialize, Serialize};

use super::image::{N_CHANNELS, RgbImage, black};
use crate::error::Result;

/// Whether images are rotated according to the orientation recorded by the camera.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    /// Pixels as stored, the default. The training and evaluation scripts of torchvision use this
    /// orientation.
    #[default]
    AsStored,
    /// Pixels rotated and mirrored according to the EXIF orientation, as in image viewers.
    Exif,
}

/// The transformation of stored pixels into an upright image: transpose, then reverse columns, then
/// reverse rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Whether rows and columns are exchanged.
    transposed: bool,
    /// Whether columns are reversed.
    mirrored: bool,
    /// Whether rows are reversed.
    flipped: bool,
}

impl Turn {
    /// Reads the orientation from an EXIF block: tag 0x0112 of the first directory. Returns `None`
    /// if the tag is missing or invalid, or if no transformation is needed.
    pub(super) fn of_exif(block: &[u8]) -> Option<Self> {
        // Some programs write the beginning that EXIF blocks have in JPEG files.
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let is_little = match block.get(..4)? {
            [b'I', b'I', 42, 0] => true,
            [b'M', b'M', 0, 42] => false,
            _ => return None,
        };
        let u16_at = |at: usize| {
            let bytes: [u8; 2] = block.get(at..)?.get(..2)?.try_into().ok()?;
            Some(if is_little {
                u16::from_le_bytes(bytes)
            } else {
                u16::from_be_bytes(bytes)
            })
        };
        let u32_at = |at: usize| {
            let (first, second) = (u32::from(u16_at(at)?), u32::from(u16_at(at + 2)?));
            Some(if is_little {
                second << 16 | first
            } else {
                first << 16 | second
            })
        };
        let directory = u32_at(4)? as usize;
        const ORIENTATION: u16 = 0x0112;
        const SHORT: u16 = 3;
        const LONG: u16 = 4;
        let entry = (0..usize::from(u16_at(directory)?))
            .filter_map(|index| directory.checked_add(2 + 12 * index))
            .find(|&entry| u16_at(entry) == Some(ORIENTATION))?;
        Self::of_orientation(match u16_at(entry + 2)? {
            SHORT => u16_at(entry + 8)?.into(),
            LONG => u32_at(entry + 8)?,
            _ => return None,
        })
    }

    /// Converts a value of the orientation tag. Returns `None` if the value is invalid, or if no
    /// transformation is needed.
    pub(super) fn of_orientation(orientation: u32) -> Option<Self> {
        let [transposed, mirrored, flipped] = match orientation {
            2 => [false, true, false],
            3 => [false, true, true],
            4 => [false, false, true],
            5 => [true, false, false],
            6 => [true, true, false],
            7 => [true, true, true],
            8 => [true, false, true],
            _ => return None,
        };
        Some(Self {
            transposed,
            mirrored,
            flipped,
        })
    }

    /// Applies the transformation to an image.
    pub(super) fn apply(self, image: &RgbImage) -> Result<RgbImage> {
        let (width, height) = if self.transposed {
            (image.height(), image.width())
        } else {
            (image.width(), image.height())
        };
        let mut bytes = black(width, height)?;
        let rows = bytes.chunks_exact_mut(N_CHANNELS * width);
        for (y, row) in rows.enumerate() {
            let y = if self.flipped { height - 1 - y } else { y };
            for (x, pixel) in row.chunks_exact_mut(N_CHANNELS).enumerate() {
                let x = if self.mirrored { width - 1 - x } else { x };
                let (x, y) = if self.transposed { (y, x) } else { (x, y) };
                pixel.copy_from_slice(&image.row(y)[N_CHANNELS * x..][..N_CHANNELS]);
            }
        }
        RgbImage::from_bytes(width, height, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    /// Creates an EXIF block with one entry.
    fn block(is_little: bool, tag: u16, kind: u16, value: u16) -> Vec<u8> {
        let u16s = |n: u16| {
            if is_little {
                n.to_le_bytes()
            } else {
                n.to_be_bytes()
            }
        };
        let u32s = |n: u32| {
            if is_little {
                n.to_le_bytes()
            } else {
                n.to_be_bytes()
            }
        };
        let mut block = if is_little { b"II" } else { b"MM" }.to_vec();
        block.extend(u16s(42));
        block.extend(u32s(8));
        block.extend(u16s(1));
        block.extend([u16s(tag), u16s(kind)].concat());
        block.extend(u32s(1));
        match kind {
            4 => block.extend(u32s(value.into())),
            _ => block.extend([u16s(value), u16s(0)].concat()),
        }
        block.extend(u32s(0));
        block
    }

    #[test]
    fn blocks_are_read_in_either_byte_order() {
        for is_little in [true, false] {
            let quarter = Turn {
                transposed: true,
                mirrored: true,
                flipped: false,
            };
            for kind in [3, 4] {
                let block = block(is_little, 0x0112, kind, 6);
                assert_eq!(Turn::of_exif(&block), Some(quarter));
                let named = [b"Exif\0\0", &block[..]].concat();
                assert_eq!(Turn::of_exif(&named), Some(quarter));
            }
            for (tag, kind, value) in [
                (0x0112, 3, 1),
                (0x0112, 3, 9),
                (0x0112, 4, 9),
                (0x0112, 1, 6),
                (0x0110, 3, 6),
            ] {
                assert_eq!(Turn::of_exif(&block(is_little, tag, kind, value)), None);
            }
        }
    }

    #[test]
    fn damaged_blocks_say_nothing() {
        let whole = block(true, 0x0112, 3, 6);
        // The last four bytes are the offset of the next directory.
        for length in 0..whole.len() - 6 {
            assert_eq!(Turn::of_exif(&whole[..length]), None, "{length}");
        }
        let mut far = whole.clone();
        far[4..8].fill(255);
        assert_eq!(Turn::of_exif(&far), None);
    }

    #[test]
    fn images_stand_upright() {
        // A landscape image of two rows; the numbers are red levels.
        let stored = [[1, 2, 3], [4, 5, 6]];
        let image = Array3::from_shape_fn((2, 3, 3), |(y, x, _)| stored[y][x]);
        let image = RgbImage::new(image).unwrap();
        // Pillow: ImageOps.exif_transpose of an image of this orientation.
        let upright: [(u16, &[&[u8]]); 7] = [
            (2, &[&[3, 2, 1], &[6, 5, 4]]),
            (3, &[&[6, 5, 4], &[3, 2, 1]]),
            (4, &[&[4, 5, 6], &[1, 2, 3]]),
            (5, &[&[1, 4], &[2, 5], &[3, 6]]),
            (6, &[&[4, 1], &[5, 2], &[6, 3]]),
            (7, &[&[6, 3], &[5, 2], &[4, 1]]),
            (8, &[&[3, 6], &[2, 5], &[1, 4]]),
        ];
        for (value, expected) in upright {
            let turn = Turn::of_exif(&block(true, 0x0112, 3, value)).unwrap();
            let turned = turn.apply(&image).unwrap();
            let red: Vec<Vec<u8>> = (0..turned.height())
                .map(|y| turned.row(y).iter().step_by(3).copied().collect())
                .collect();
            assert_eq!(red, expected, "{value}");
        }
    }
}
