//! Image files that programs write rarely: read as Pillow reads them, or refused with a remedy.

use std::path::Path;

use human_alignment::Error;
use human_alignment::extract::preprocess::{ImageDecoder, RgbImage};

fn bytes_of(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extract/images");
    std::fs::read(folder.join(name)).unwrap()
}

fn decode(bytes: &[u8]) -> Result<RgbImage, Error> {
    ImageDecoder::default().decode(bytes)
}

/// Checks that an image is refused, with this part of the message and with a remedy.
fn assert_names(bytes: &[u8], part: &str) {
    let error = decode(bytes).unwrap_err().report().to_string();
    let has_remedy = error.contains("save it");
    assert!(has_remedy && error.contains(part), "{error}");
}

/// The position of the last marker of this kind.
fn last_marker(jpeg: &[u8], marker: u8) -> usize {
    let mut pairs = jpeg.windows(2);
    pairs.rposition(|pair| pair == [0xff, marker]).unwrap()
}

/// `Image.convert("CMYK").save(subsampling=2)` in Pillow halves the resolution of the black too.
#[test]
fn inks_of_different_resolutions_are_refused() {
    for name in ["cmyk.jpg", "ycck.jpg"] {
        let whole = bytes_of(name);
        let first = last_marker(&whole, 0xc0) + 11;
        for factors in [
            [0x22, 0x11, 0x11, 0x11],
            [0x21, 0x11, 0x11, 0x11],
            [0x22, 0x11, 0x11, 0x22],
            [0x11, 0x22, 0x11, 0x11],
            [0x42, 0x11, 0x11, 0x23],
        ] {
            let mut bytes = whole.clone();
            for (number, factors) in factors.into_iter().enumerate() {
                bytes[first + 3 * number] = factors;
            }
            assert_names(&bytes, "different resolutions");
        }
    }
}

/// Pillow estimates the details that are missing.
#[test]
fn progressive_images_without_all_scans_are_refused() {
    let mut bytes = bytes_of("progressive.jpg");
    decode(&bytes).unwrap();
    for _ in 0..3 {
        bytes.truncate(last_marker(&bytes, 0xda));
        bytes.extend([0xff, 0xd9]);
        assert_names(&bytes, "scans are missing");
    }
}

#[test]
fn colours_of_a_higher_resolution_than_the_luminance_are_refused() {
    let mut bytes = bytes_of("full_colour.jpg");
    let first = last_marker(&bytes, 0xc0) + 11;
    assert_eq!([bytes[first], bytes[first + 3]], [0x11; 2]);
    bytes[first + 3] = 0x22;
    assert_names(&bytes, "as PNG");
}

/// A TIFF file of an image in one strip, of 8 bits a channel in RGB, unless other fields are given.
fn tiff(other: &[(u16, u32)], width: u32, data: &[u8]) -> Vec<u8> {
    let usual = [
        (256, width),
        (257, 1),
        (258, 8),
        (259, 1),
        (262, 2),
        (273, 8),
        (277, 3),
        (279, data.len() as u32),
    ];
    let mut fields: std::collections::BTreeMap<u16, u32> = usual.into();
    fields.extend(other.iter().copied());
    let mut bytes = [b"II*\0", &(8 + data.len() as u32).to_le_bytes()[..], data].concat();
    bytes.extend((fields.len() as u16).to_le_bytes());
    for (tag, value) in fields {
        bytes.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
        bytes.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn tiff_files_that_would_be_noise_are_refused() {
    let data = [1, 2, 4, 8, 16, 32];
    let image = decode(&tiff(&[(266, 1)], 2, &data)).unwrap();
    assert_eq!(image.into_pixels().into_raw_vec_and_offset().0, data);
    assert_names(&tiff(&[(266, 2)], 2, &data), "reverse order");
    let grey = [(266, 2), (262, 1), (277, 1)];
    assert_names(&tiff(&grey, 6, &data), "reverse order");
    let bits = [(266, 2), (262, 1), (277, 1), (258, 1)];
    assert_names(&tiff(&bits, 48, &data), "reverse order");
    // Zstandard.
    assert_names(
        &tiff(&[(259, 50_000)], 2, &data),
        "ZSTD, which is not supported: save",
    );
}

/// A BigTIFF file has offsets of 64 bits.
#[test]
fn large_tiff_files_are_read() {
    let data = [1, 2, 4, 8, 16, 32];
    let mut bytes = b"II+\0\x08\0\0\0".to_vec();
    bytes.extend(24_u64.to_le_bytes());
    bytes.extend([&data[..], &[0; 2]].concat());
    let fields = [
        (256, 2),
        (257, 1),
        (258, 8),
        (259, 1),
        (262, 2),
        (273, 16),
        (277, 3),
        (279, 6),
    ];
    bytes.extend((fields.len() as u64).to_le_bytes());
    for (tag, value) in fields {
        bytes.extend([u16::to_le_bytes(tag), 4_u16.to_le_bytes()].concat());
        bytes.extend([1_u64.to_le_bytes(), u64::to_le_bytes(value)].concat());
    }
    bytes.extend([0; 8]);
    let image = decode(&bytes).unwrap();
    assert_eq!(image.into_pixels().into_raw_vec_and_offset().0, data);
}

#[test]
fn pixels_of_bmp_files_do_not_lie_in_the_header() {
    for name in ["rgb.bmp", "palette.bmp", "bits.bmp", "rgb565.bmp"] {
        let mut bytes = bytes_of(name);
        let whole = decode(&bytes).unwrap();
        for declared in [1, 14, 53] {
            bytes[10..14].copy_from_slice(&u32::to_le_bytes(declared));
            assert_names(&bytes, "within its header");
        }
        // Pillow: after the header and the palette.
        bytes[10..14].fill(0);
        assert_eq!(decode(&bytes).unwrap(), whole, "{name}");
    }
}

/// An animation whose only image is that of a WebP file.
fn animation(image: &[u8], [width, height]: [usize; 2], flags: u8) -> Vec<u8> {
    let chunk = |name: &[u8], content: &[u8]| {
        let length = (content.len() as u32).to_le_bytes();
        [name, &length, content, &[0][..content.len() % 2]].concat()
    };
    let of_three = |number: usize| (number as u32).to_le_bytes()[..3].to_vec();
    let size = [of_three(width - 1), of_three(height - 1)].concat();
    let head = [&[0x12, 0, 0, 0], &size[..]].concat();
    let at = image.windows(4).position(|part| part == b"VP8L").unwrap();
    let length = u32::from_le_bytes(image[at + 4..at + 8].try_into().unwrap()) as usize;
    let frame = [
        &[0; 6],
        &size[..],
        &[0, 0, 0, flags],
        &chunk(b"VP8L", &image[at + 8..][..length]),
    ];
    let content = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &head),
        chunk(b"ANIM", &[0; 6]),
        chunk(b"ANMF", &frame.concat()),
    ];
    chunk(b"RIFF", &content.concat())
}

/// As in Pillow, colours are those of the image, also where it is transparent.
#[test]
fn the_first_image_of_an_animation_is_not_blended() {
    let image = bytes_of("lossless_alpha.webp");
    let whole = decode(&image).unwrap();
    for flags in [0, 1, 2, 3] {
        let animation = animation(&image, [whole.width(), whole.height()], flags);
        assert_eq!(decode(&animation).unwrap(), whole, "{flags}");
    }
}
