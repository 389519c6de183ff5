//! Colours that can be told apart with any kind of colour vision.

use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};
use plotters_backend::BackendColor;

/// A colour and how opaque it is, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub opacity: f64,
}

impl Color {
    pub const WHITE: Color = Color::hex(0xff_ff_ff);
    /// Text and what is drawn first.
    pub const INK: Color = Color::hex(0x22_22_22);
    /// Text that explains.
    pub const SOFT: Color = Color::hex(0x59_59_59);
    /// Axes and whiskers of no group.
    pub const LINE: Color = Color::hex(0x8c_8c_8c);
    /// Lines of a grid.
    pub const GRID: Color = Color::hex(0xe6_e6_e6);
    /// The band between the ends of a noise ceiling.
    pub const CEILING: Color = Color::hex(0xd4_d4_d4);
    /// What is missing.
    pub const MISSING: Color = Color::hex(0xc4_c4_c4);

    /// The palette of Okabe & Ito (2008), the darker colours first, with the wine red of Tol in place of
    /// their yellow, which is too light for lines.
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

    /// The colour of a group, by its position.
    pub fn of_group(group: usize) -> Self {
        Self::PALETTE[group % Self::PALETTE.len()]
    }

    /// The colour of a share from 0 to 1: viridis, which is perceptually uniform.
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

    /// Red, green and blue.
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
