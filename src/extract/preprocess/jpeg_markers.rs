//! The markers of JPEG files, which tell whether a file is complete and how it is decoded.

/// Start of image (SOI).
const START_OF_IMAGE: u8 = 0xd8;

/// End of image (EOI).
const END_OF_IMAGE: u8 = 0xd9;

/// Start of scan (SOS).
const START_OF_SCAN: u8 = 0xda;

/// Number of coefficients of a block.
const N_COEFFICIENTS: usize = 64;

/// Number of coefficients of a block, in the order of the file, from which libjpeg estimates the
/// others if they are not exact.
const N_SMOOTHED: usize = 10;

/// The parts of a file that its markers declare.
#[derive(Debug, Default)]
pub(super) struct Markers {
    /// Whether the end-of-image marker is present; bytes after it are ignored.
    pub has_end: bool,
    coding: Coding,
    components: Vec<Component>,
}

/// How the coefficients of a frame are coded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Coding {
    /// All bits of all coefficients in one scan of each component.
    Sequential,
    /// Some bits of some coefficients in each scan.
    Progressive,
    /// No coefficients, or no frame.
    #[default]
    Other,
}

/// A component, such as the luminance or the black of CMYK.
#[derive(Debug)]
struct Component {
    id: u8,
    /// Horizontal and vertical sampling factors, of 4 bits each.
    factors: u8,
    /// The lowest bit of each coefficient in the scans, or `None` before its first scan.
    lowest_bits: [Option<u8>; N_COEFFICIENTS],
}

impl Markers {
    /// Reads the markers up to the end of the image, or as far as they are valid.
    pub fn read(bytes: &[u8]) -> Self {
        let mut markers = Self::default();
        for (marker, content) in segments(bytes) {
            match marker {
                END_OF_IMAGE => {
                    markers.has_end = true;
                    break;
                }
                START_OF_SCAN => markers.add_scan(content).unwrap_or_default(),
                // Huffman tables, an extension, and conditions of arithmetic coding.
                0xc4 | 0xc8 | 0xcc => {}
                0xc0..=0xcf => markers.start_frame(marker, content).unwrap_or_default(),
                _ => {}
            }
        }
        markers
    }

    fn start_frame(&mut self, marker: u8, content: &[u8]) -> Option<()> {
        self.coding = match marker {
            0xc0 | 0xc1 | 0xc9 => Coding::Sequential,
            0xc2 | 0xca => Coding::Progressive,
            _ => Coding::Other,
        };
        let n_components = usize::from(*content.get(5)?);
        let components = content.get(6..)?.as_chunks().0.iter().take(n_components);
        let components = components.map(|&[id, factors, _]| Component {
            id,
            factors,
            lowest_bits: [None; N_COEFFICIENTS],
        });
        self.components = components.collect();
        Some(())
    }

    fn add_scan(&mut self, content: &[u8]) -> Option<()> {
        let (&n_components, rest) = content.split_first()?;
        let (selectors, rest) = rest.split_at_checked(2 * usize::from(n_components))?;
        let &[first, last, bits] = rest.first_chunk()?;
        let (first, last, lowest) = match self.coding {
            Coding::Progressive => (first, last, bits & 0xf),
            _ => (0, N_COEFFICIENTS as u8 - 1, 0),
        };
        let ids = selectors.iter().step_by(2);
        for component in &mut self.components {
            if ids.clone().any(|&id| id == component.id) {
                let range = usize::from(first)..=usize::from(last);
                let scanned = component.lowest_bits.get_mut(range)?;
                scanned.fill(Some(lowest));
            }
        }
        Some(())
    }

    /// Checks whether scans are missing, so that decoders would estimate or omit details.
    pub fn lacks_scans(&self) -> bool {
        let is_inexact = |(place, lowest): (usize, &Option<u8>)| match lowest {
            None => place < N_SMOOTHED,
            Some(lowest) => *lowest > 0,
        };
        let lacks = |component: &Component| {
            let mut bits = component.lowest_bits.iter().enumerate();
            bits.any(is_inexact)
        };
        self.coding != Coding::Other && self.components.iter().any(lacks)
    }

    /// Checks whether an image of four components has some of lower resolution, and the decoder
    /// scales these up in another way than libjpeg: it knows colours of half the resolution, in an
    /// image of whole blocks.
    pub fn has_unusual_inks(&self, width: usize, height: usize) -> bool {
        let factors: Vec<u8> = self.components.iter().map(|part| part.factors).collect();
        let is_whole = width.is_multiple_of(16) && height.is_multiple_of(16);
        match factors[..] {
            [first, .., last] if factors.len() == 4 => {
                let is_equal = factors.iter().all(|&factor| factor == first);
                let is_half = (first, last) == (0x22, 0x22) && factors[1..3] == [0x11; 2];
                !(is_equal || is_half && is_whole)
            }
            _ => false,
        }
    }
}

/// Lists the markers up to the end of the image, each with the content of its segment, as far as
/// they are valid.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        // In compressed data, a byte 0xff is followed by 0, which is not a marker. Any number of
        // fill bytes 0xff may precede a marker.
        let mut pairs = rest.windows(2);
        let at = pairs.position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        let content = match marker {
            // Markers without a segment: TEM, RST0 to RST7, SOI and EOI.
            0x01 | 0xd0..=START_OF_IMAGE | END_OF_IMAGE => &[][..],
            // All other markers begin a segment of declared length, with arbitrary content.
            _ => {
                let length = rest.first_chunk().map(|&bytes| u16::from_be_bytes(bytes))?;
                let (segment, after) = rest.split_at_checked(usize::from(length))?;
                rest = after;
                segment.get(2..).unwrap_or_default()
            }
        };
        Some((marker, content))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_behind_segments_and_compressed_data() {
        let has_end = |bytes: &[u8]| Markers::read(bytes).has_end;
        let segment = [0xff, 0xe1, 0, 5, 0xff, 0xd9, 7]; // a marker within it
        let scan = [
            0xff, 0xda, 0, 3, 1, 9, 0xff, 0, 0xd9, 0xff, 0xd3, 4, 0xff, 0xff,
        ];
        let whole = [&[0xff, 0xd8], &segment[..], &scan[..], &[0xff, 0xd9]].concat();
        assert!(has_end(&whole));
        assert!(has_end(&[&whole[..], b"trailer"].concat()));
        for length in 0..whole.len() {
            assert!(!has_end(&whole[..length]), "{length}");
        }
        assert!(!has_end(&[0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 0xff, 0xd9]));
    }

    /// Reads the markers of an image with components of these sampling factors, numbered from 1, and of
    /// scans: the components, and the first and last coefficient and the bits.
    fn image(frame: u8, factors: &[u8], scans: &[(&[u8], [u8; 3])]) -> Markers {
        let mut bytes = vec![0xff, 0xd8];
        let mut add = |marker: u8, content: &[u8]| {
            bytes.extend([0xff, marker, 0, content.len() as u8 + 2]);
            bytes.extend(content);
        };
        let mut content = vec![8, 0, 16, 0, 16, factors.len() as u8];
        for (id, &factors) in (1..).zip(factors) {
            content.extend([id, factors, 0]);
        }
        add(frame, &content);
        for (ids, range) in scans {
            let mut content = vec![ids.len() as u8];
            content.extend(ids.iter().flat_map(|&id| [id, 0]));
            content.extend(range);
            add(START_OF_SCAN, &content);
        }
        Markers::read(&bytes)
    }

    #[test]
    fn scans_are_missing_until_each_coefficient_is_exact() {
        let all: &[(&[u8], [u8; 3])] = &[
            (&[1, 2], [0, 0, 0x01]),
            (&[1], [1, 5, 0x02]),
            (&[2], [1, 63, 0x01]),
            (&[1], [6, 63, 0x02]),
            (&[1], [1, 63, 0x21]),
            (&[1, 2], [0, 0, 0x10]),
            (&[2], [1, 63, 0x10]),
            (&[1], [1, 63, 0x10]),
        ];
        for n in 0..all.len() {
            let markers = image(0xc2, &[0x11; 2], &all[..n]);
            assert!(markers.lacks_scans(), "{n}");
        }
        assert!(!image(0xc2, &[0x11; 2], all).lacks_scans());
        let one: &[u8] = &[1];
        let whole = [0, 63, 0];
        assert!(image(0xc0, &[0x11; 2], &[(one, whole)]).lacks_scans());
        assert!(!image(0xc0, &[0x11; 2], &[(one, whole), (&[2], whole)]).lacks_scans());
        // Lossless.
        assert!(!image(0xc3, &[0x11], &[(one, [1, 0, 0])]).lacks_scans());
    }

    #[test]
    fn inks_have_the_same_resolution() {
        for (factors, [width, height], is_unusual) in [
            ([0x11; 4], [37, 29], false),
            ([0x22; 4], [37, 29], false),
            ([0x22, 0x11, 0x11, 0x11], [32, 32], true),
            ([0x22, 0x11, 0x11, 0x22], [32, 32], false),
            ([0x22, 0x11, 0x11, 0x22], [37, 32], true),
            ([0x22, 0x11, 0x11, 0x22], [32, 29], true),
            ([0x21, 0x11, 0x11, 0x21], [32, 32], true),
            ([0x42, 0x11, 0x11, 0x23], [32, 32], true),
        ] {
            let found = image(0xc0, &factors, &[]).has_unusual_inks(width, height);
            assert_eq!(found, is_unusual, "{factors:?}");
        }
        assert!(!image(0xc0, &[0x22, 0x11, 0x11], &[]).has_unusual_inks(37, 29));
    }
}
