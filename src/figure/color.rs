//! Colours that can be told apart with any type of colour vision.

use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};
use plotters_backend::BackendColor;

/// An RGB colour and its opacity, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub opacity: f64,
}

impl Color {
    pub const WHITE: Color = Color::hex(0xff_ff_ff);
    /// Colour of main text and lines.
    pub const INK: Color = Color::hex(0x22_22_22);
    /// Colour of secondary text.
    pub const SOFT: Color = Color::hex(0x59_59_59);
    /// Colour of axes.
    pub const LINE: Color = Color::hex(0x8c_8c_8c);
    /// Colour of grid lines.
    pub const GRID: Color = Color::hex(0xe6_e6_e6);
    /// Colour of the noise ceiling.
    pub const CEILING: Color = Color::hex(0xd4_d4_d4);
    /// Colour of missing values.
    pub const MISSING: Color = Color::hex(0xc4_c4_c4);

    /// The palette of Okabe & Ito (2008), darker colours first, with the wine red of Tol in place
    /// of their yellow, which is too light for lines.
    pub const PALETTE: [Color; 8] = [
        Color::hex(0x00_72_b2),
        Color::hex(0xd5_5e_00),
        Color::hex(0x00_9e_73),
        Color::hex(0xcc_79_a7),
        Color::hex(0xe6_9f_00),
        Color::hex(0x56_b4_e9),
        Color::hex(0x00_00_00),
        Color::hex(0x88_22_55),
    ];

    /// Returns the colour of a group, by its 0-based position; colours repeat after the palette.
    pub fn of_group(group: usize) -> Self {
        Self::PALETTE[group % Self::PALETTE.len()]
    }

    /// Returns the viridis colour of a value in [0, 1].
    pub fn of_share(share: f64) -> Self {
        let color = ViridisRGB.get_color(share as f32);
        Self {
            red: color.0,
            green: color.1,
            blue: color.2,
            opacity: 1.0,
        }
    }

    #[must_use]
    pub fn with_opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// Returns the red, green and blue channels.
    pub fn rgb(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    const fn hex(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self {
            red,
            green,
            blue,
            opacity: 1.0,
        }
    }
}

impl From<Color> for BackendColor {
    fn from(color: Color) -> Self {
        Self {
            alpha: color.opacity,
            rgb: (color.red, color.green, color.blue),
        }
    }
}
