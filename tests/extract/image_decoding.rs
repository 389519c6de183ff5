//! Image files to pixels: what Pillow makes of them, and what is refused.
//!
//! The pictures in `images/` were made with Pillow 9.4 (libjpeg-turbo 2.1); each `.png` holds what
//! `Image.open("NAME.jpg").convert("RGB")` gives. `ycck.jpg` is `cmyk.jpg` with the colour transform
//! of its Adobe marker set to 2.

use human_alignment::error::{ErrorKind, FileError, ImageError};
use std::path::{Path, PathBuf};

use human_alignment::Error;
use human_alignment::extract::preprocess::{ImageDecoder, Orientation, RgbImage};
use ndarray::{Array3, Axis};
use png::{BitDepth, ColorType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::assert_refused;

const JPEGS: [&str; 6] = [
    "baseline",
    "progressive",
    "full_colour",
    "grey",
    "cmyk",
    "ycck",
];

/// Files, and what Pillow 13.0 makes of each with `Image.open(path).convert("RGB")`: grey, bits and
/// palettes, transparency, CMYK, several images of which the first counts, rows from the top and from the bottom,
/// an orientation.
const OTHERS: [(&str, &str); 30] = [
    ("animated.gif", "animated_gif.png"),
    ("animated.webp", "rgb.png"),
    ("bits.bmp", "bits_bmp.png"),
    ("bits.tif", "bits_bmp.png"),
    ("cmyk.tif", "rgb.png"),
    ("grey.bmp", "grey_bmp.png"),
    ("grey.gif", "grey_bmp.png"),
    ("grey.tif", "grey_bmp.png"),
    ("greya.tif", "grey_bmp.png"),
    ("interlaced.gif", "interlaced_gif.png"),
    ("lossless.webp", "rgb.png"),
    ("lossless_alpha.webp", "rgb.png"),
    ("lossy.webp", "lossy_webp.png"),
    ("lossy_alpha.webp", "lossy_alpha_webp.png"),
    ("pages.tif", "rgb.png"),
    ("palette.bmp", "animated_gif.png"),
    ("palette.gif", "animated_gif.png"),
    ("rgb.bmp", "rgb.png"),
    ("rgb32.bmp", "rgb.png"),
    ("rgb555.bmp", "rgb555_bmp.png"),
    ("rgb565.bmp", "rgb565_bmp.png"),
    ("rgb_packbits.tif", "rgb.png"),
    ("rgb_raw.tif", "rgb.png"),
    ("rgb_tiff_adobe_deflate.tif", "rgb.png"),
    ("rgb_tiff_lzw.tif", "rgb.png"),
    ("rgba.bmp", "rgb.png"),
    ("rgba.tif", "rgb.png"),
    ("topdown.bmp", "rgb.png"),
    ("transparent.gif", "animated_gif.png"),
    ("turned.tif", "turned_tif.png"),
];

fn path_of(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extract/images");
    folder.join(name)
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(path_of(name)).unwrap()
}

fn decode(bytes: &[u8]) -> Result<RgbImage, Error> {
    ImageDecoder::default().decode(bytes)
}

/// The bytes of a PNG file.
fn png(color: ColorType, depth: BitDepth, width: u32, palette: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, 1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(palette);
        encoder.set_trns(&[0][..]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let add = |crc: u32, &byte: &u8| (0..8).fold(crc ^ u32::from(byte), step);
    !bytes.iter().fold(!0, add)
}

/// A PNG file with this size in its header and hardly any data.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 2, 0, 0, 0],
    ]
    .concat();
    for (kind, content) in [
        (b"IHDR", header),
        (b"IDAT", vec![0x78, 0x9c]),
        (b"IEND", vec![]),
    ] {
        let chunk = [&kind[..], &content].concat();
        bytes.extend((content.len() as u32).to_be_bytes());
        bytes.extend(&chunk);
        bytes.extend(crc32(&chunk).to_be_bytes());
    }
    bytes
}

/// The JPEG file with this size in its frame header.
fn with_size(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// The JPEG file with an EXIF block of this orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]; // a SHORT
    let block = [&b"Exif\0\0MM\0*\0\0\0\x08\0\x01"[..], &entry, &[0; 4]].concat();
    let length = (block.len() + 2) as u16;
    let segment = [&[0xff, 0xe1], &length.to_be_bytes()[..], &block].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

#[test]
fn jpegs_are_those_of_pillow() {
    for name in JPEGS {
        let ours = ImageDecoder::default().read(path_of(&format!("{name}.jpg")));
        let pillow = ImageDecoder::default().read(path_of(&format!("{name}.png")));
        assert_eq!(ours.unwrap(), pillow.unwrap(), "{name}");
    }
}

#[test]
fn every_kind_of_png_becomes_rgb() {
    use BitDepth::{Eight, Four, One, Sixteen, Two};
    use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    let palette = [9, 8, 7, 1, 2, 3];
    // Alpha, of the palette too, is dropped; of 16 bits the upper 8 are kept.
    let kinds: [(_, _, &[u8], [[u8; 3]; 2]); 11] = [
        (Rgb, Eight, &[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
        (
            Rgba,
            Eight,
            &[1, 2, 3, 0, 4, 5, 6, 99],
            [[1, 2, 3], [4, 5, 6]],
        ),
        (Grayscale, Eight, &[7, 200], [[7; 3], [200; 3]]),
        (GrayscaleAlpha, Eight, &[7, 0, 200, 1], [[7; 3], [200; 3]]),
        (Grayscale, One, &[0b0100_0000], [[0; 3], [255; 3]]),
        (Grayscale, Two, &[0b0110_0000], [[0x55; 3], [0xaa; 3]]),
        (Grayscale, Four, &[0x1e], [[0x11; 3], [0xee; 3]]),
        (Grayscale, Sixteen, &[1, 255, 128, 0], [[1; 3], [128; 3]]),
        (
            Rgb,
            Sixteen,
            &[1, 255, 2, 0, 3, 9, 4, 0, 5, 0, 60, 0],
            [[1, 2, 3], [4, 5, 60]],
        ),
        (Indexed, Eight, &[1, 0], [[1, 2, 3], [9, 8, 7]]),
        (Indexed, One, &[0b1000_0000], [[1, 2, 3], [9, 8, 7]]),
    ];
    for (color, depth, data, expected) in kinds {
        let image = decode(&png(color, depth, 2, &palette, data)).unwrap();
        let expected = Array3::from_shape_fn((1, 2, 3), |(_, x, c)| expected[x][c]);
        assert_eq!(image.pixels(), expected, "{color:?} {depth:?}");
    }
}

/// Pillow refuses these data too.
#[test]
fn checksums_of_compressed_data_are_checked() {
    let whole = png(ColorType::Grayscale, BitDepth::Eight, 2, &[], &[7, 200]);
    let at = whole.windows(4).position(|part| part == b"IDAT").unwrap();
    let end = whole.len() - 12 - 4; // before its checksum and the last chunk
    let mut damaged = whole.clone();
    damaged[end - 1] ^= 1;
    let checksum = crc32(&damaged[at..end]);
    damaged[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
    assert!(decode(&whole).is_ok());
    assert_refused!(decode(&damaged), File(FileError::Malformed { .. }));
}

/// Levels of 12 bits in 16 would be nearly black.
#[test]
fn levels_of_fewer_bits_are_refused() {
    for levels in [[15, 255, 3, 0], [0, 200, 0, 100]] {
        let png = png(ColorType::Grayscale, BitDepth::Sixteen, 2, &[], &levels);
        let error = decode(&png).unwrap_err().report().to_string();
        assert!(error.contains("8 bits a channel"), "{error}");
    }
}

#[test]
fn the_content_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    std::fs::write(&path, bytes_of("grey.png")).unwrap();
    let read = ImageDecoder::default().read(&path).unwrap();
    assert_eq!(read, decode(&bytes_of("grey.png")).unwrap());
}

#[test]
fn cameras_are_believed_where_that_is_asked() {
    let jpeg = bytes_of("baseline.jpg");
    let stored = decode(&jpeg).unwrap();
    let exif = ImageDecoder::default().with_orientation(Orientation::Exif);
    assert_eq!(exif.decode(&jpeg).unwrap(), stored);
    let turned = with_orientation(&jpeg, 6);
    assert_eq!(decode(&turned).unwrap(), stored);
    let upright = exif.decode(&turned).unwrap();
    assert_eq!((upright.width(), upright.height()), (32, 48));
    // The first row becomes the last column.
    assert_eq!(
        upright.pixels().index_axis(Axis(1), 31),
        stored.pixels().index_axis(Axis(0), 0)
    );
}

#[test]
fn files_that_are_cut_short_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.jpg");
    for name in JPEGS {
        for ending in ["jpg", "png"] {
            let whole = bytes_of(&format!("{name}.{ending}"));
            for length in 0..whole.len() {
                let error = decode(&whole[..length]).unwrap_err();
                let is_none = length < if ending == "jpg" { 3 } else { 8 };
                assert!(
                    match error.kind() {
                        ErrorKind::Image(ImageError::Truncated { .. }) => !is_none,
                        ErrorKind::File(FileError::Malformed { .. }) => is_none,
                        _ => false,
                    },
                    "{name}.{ending}: {length}"
                );
            }
        }
        let whole = bytes_of(&format!("{name}.jpg"));
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let error = ImageDecoder::default().read(&path).unwrap_err();
        assert_eq!(
            error.report().to_string(),
            format!("{}: the JPEG image is truncated", path.display())
        );
        // What follows the end is left alone.
        assert_eq!(
            decode(&[&whole[..], b"more"].concat()).unwrap(),
            decode(&whole).unwrap()
        );
    }
}

#[test]
fn sizes_are_checked_before_anything_is_decoded() {
    let jpeg = bytes_of("baseline.jpg");
    for bytes in [png_header(30_000, 30_000), with_size(&jpeg, 30_000, 30_000)] {
        assert_refused!(
            decode(&bytes),
            Image(ImageError::Size {
                width: 30_000,
                height: 30_000,
                limit: ImageDecoder::DEFAULT_MAX_PIXELS,
                ..
            })
        );
    }
    let decoder = ImageDecoder::default().with_max_pixels(48 * 32).unwrap();
    assert!(decoder.decode(&jpeg).is_ok());
    let decoder = decoder.with_max_pixels(48 * 32 - 1).unwrap();
    assert_refused!(
        decoder.decode(&jpeg),
        Image(ImageError::Size {
            width: 48,
            height: 32,
            limit: 1535,
            ..
        })
    );
    for (width, height) in [(0, 5), (5, 0)] {
        assert!(decode(&png_header(width, height)).is_err());
        assert!(decode(&with_size(&jpeg, width as u16, height as u16)).is_err());
    }
    // More pixels than there are data for.
    assert!(decode(&png_header(100, 100)).is_err());
}

#[test]
fn damage_is_an_error_or_an_image() {
    // Small, so that damaged sizes take no time.
    let decoder = ImageDecoder::default().with_max_pixels(1 << 14).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut n_refused, mut n_decoded) = (0, 0);
    for name in JPEGS {
        for ending in ["jpg", "png"] {
            let whole = bytes_of(&format!("{name}.{ending}"));
            for _ in 0..500 {
                let mut bytes = whole.clone();
                for _ in 0..rng.random_range(1..8) {
                    let at = rng.random_range(0..bytes.len());
                    match rng.random_range(0..3) {
                        0 => bytes[at] = rng.random(),
                        1 => bytes[at] ^= 1 << rng.random_range(0..8),
                        _ => drop(bytes.remove(at)),
                    }
                }
                match decoder.decode(&bytes) {
                    Ok(_) => n_decoded += 1,
                    Err(_) => n_refused += 1,
                }
            }
        }
    }
    assert_eq!(n_refused + n_decoded, 6000);
    assert!(
        n_refused > 3000 && n_decoded > 100,
        "{n_refused} {n_decoded}"
    );
}

#[test]
fn bytes_that_mean_nothing_are_refused() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for signature in [&b""[..], &[0xff, 0xd8, 0xff], b"\x89PNG\r\n\x1a\n"] {
        for _ in 0..500 {
            let mut bytes = signature.to_vec();
            bytes.extend((0..rng.random_range(0..200)).map(|_| rng.random::<u8>()));
            assert!(decode(&bytes).is_err());
            bytes.extend([0xff, 0xd9]);
            assert!(decode(&bytes).is_err());
        }
    }
}

#[test]
fn other_formats_are_those_of_pillow() {
    let read = |name: &str| ImageDecoder::default().read(path_of(name)).unwrap();
    for (name, pillow) in OTHERS {
        assert_eq!(read(name), read(pillow), "{name}");
    }
    // Of 16 bits the upper 8 are kept, as in PNG files.
    assert_eq!(read("grey16.tif"), read("grey_bmp.png"));
    let error = decode(&bytes_of("palette.tif")).unwrap_err();
    assert!(
        error
            .report()
            .to_string()
            .ends_with("which is not supported: save it as PNG")
    );
}

#[test]
fn other_formats_are_refused_where_they_are_cut_short_or_damaged() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for (name, _) in OTHERS {
        let whole = bytes_of(name);
        let decoded = decode(&whole).unwrap();
        for length in 0..whole.len() {
            match decode(&whole[..length]) {
                Err(error) => assert!(
                    matches!(
                        error.kind(),
                        ErrorKind::Image(ImageError::Truncated { .. } | ImageError::Size { .. })
                            | ErrorKind::File(FileError::Malformed { .. })
                    ),
                    "{name}: {length}: {error}"
                ),
                // All of the first image is there.
                Ok(image) => assert_eq!(image, decoded, "{name}: {length}"),
            }
        }
        // Nothing panics or asks for more memory than an image may take.
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(0..bytes.len() as u32) as usize;
                bytes[at] = rng.random_range(0..=255u8);
            }
            let _ = ImageDecoder::default()
                .with_max_pixels(10_000)
                .unwrap()
                .decode(&bytes);
        }
    }
}
