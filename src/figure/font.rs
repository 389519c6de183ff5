//! The font of figures: DejaVu Sans, which is included in the crate, so that text looks the same on
//! all machines.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, InvalidFont, PxScale, ScaleFont, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontTransform};

use super::color::Color;
use crate::error::{Error, FigureError, Result};

/// Font families of vector graphics: DejaVu Sans, or Verdana of about the same width. Other common
/// fonts are narrower, so that text fits into its measured width.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Height of letters above the baseline, as a fraction of the font size.
pub(super) const ASCENT: f64 = 0.76;

/// Depth of letters below the baseline, as a fraction of the font size.
pub(super) const DESCENT: f64 = 0.24;

/// Ratio of plotters' font size to that of CSS.
const PLOTTERS_SIZE: f64 = 1.24;

/// The part of a text that is placed at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// Returns the fraction of the width before the position.
    pub fn share(self) -> f64 {
        match self {
            Anchor::Start => 0.0,
            Anchor::Middle => 0.5,
            Anchor::End => 1.0,
        }
    }
}

/// Returns the width of a text at a font size, in pixels.
pub(super) fn width(text: &str, size: f64) -> Result<f64> {
    let font = dejavu_sans()?.as_scaled(scale(size));
    let advances = text
        .chars()
        .map(|c| f64::from(font.h_advance(font.glyph_id(c))));
    Ok(advances.sum())
}

/// Shortens a text with an ellipsis if it is wider than `room`.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> Result<String> {
    if width(text, size)? <= room {
        return Ok(text.into());
    }
    let mut short: Vec<char> = text.chars().collect();
    while short.pop().is_some() {
        let candidate: String = short.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&candidate, size)? <= room {
            return Ok(candidate);
        }
    }
    Ok(String::new())
}

/// Breaks a text between words into lines of at most `room` pixels; longer words are shortened.
pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Result<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width(&longer, size)? <= room {
                *line = longer;
                continue;
            }
        }
        lines.push(fitted(word, size, room)?);
    }
    Ok(lines)
}

/// Breaks a text into at most `n_lines` lines as [`wrapped`] does; the last line is shortened if
/// necessary.
pub(super) fn wrapped_to(n_lines: usize, text: &str, size: f64, room: f64) -> Result<Vec<String>> {
    let mut lines = wrapped(text, size, room)?;
    if lines.len() > n_lines {
        let rest = lines.split_off(n_lines - 1).join(" ");
        lines.push(fitted(&rest, size, room)?);
    }
    Ok(lines)
}

/// The style of a text, in units of the device.
pub(super) struct Style {
    pub color: Color,
    pub size: f64,
    pub anchor: Anchor,
    /// Whether the text is rotated by 90° and reads from bottom to top.
    pub upright: bool,
}

impl BackendTextStyle for Style {
    type FontError = Error;

    fn color(&self) -> BackendColor {
        self.color.into()
    }

    fn size(&self) -> f64 {
        self.size * PLOTTERS_SIZE
    }

    fn transform(&self) -> FontTransform {
        match self.upright {
            true => FontTransform::Rotate270,
            false => FontTransform::None,
        }
    }

    fn anchor(&self) -> Pos {
        let horizontal = match self.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        Pos::new(horizontal, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILY)
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32))> {
        let height = (ASCENT + DESCENT) * self.size;
        let width = width(text, self.size)?;
        Ok(((0, 0), (width.round() as i32, height.round() as i32)))
    }

    /// Draws each glyph at its position. Plotters' own renderer ignores the side bearing of glyphs.
    fn draw<E, DrawFunc: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (x, y): BackendCoord,
        mut draw: DrawFunc,
    ) -> Result<Result<(), E>> {
        let font = dejavu_sans()?;
        let scale = scale(self.size);
        let scaled = font.as_scaled(scale);
        let color = BackendColor::from(self.color);
        let baseline = (ASCENT * self.size) as f32;
        let mut advance = 0.0;
        for c in text.chars() {
            let id = font.glyph_id(c);
            let glyph = id.with_scale_and_position(scale, point(advance, baseline));
            advance += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            let mut outcome = Ok(());
            outline.draw(|column, row, coverage| {
                if outcome.is_ok() && coverage > 0.0 {
                    outcome = draw(
                        x + corner.x as i32 + column as i32,
                        y + corner.y as i32 + row as i32,
                        color.mix(f64::from(coverage.min(1.0))),
                    );
                }
            });
            if outcome.is_err() {
                return Ok(outcome);
            }
        }
        Ok(Ok(()))
    }
}

/// Returns the scale at which an em is `size` high.
fn scale(size: f64) -> PxScale {
    /// Line height of DejaVu Sans, in em: (1901 + 483) / 2048.
    const LINE: f64 = 2384.0 / 2048.0;

    PxScale::from((size * LINE) as f32)
}

fn dejavu_sans() -> Result<&'static FontRef<'static>> {
    static FONT: OnceLock<Result<FontRef<'static>, InvalidFont>> = OnceLock::new();

    let font = FONT.get_or_init(|| FontRef::try_from_slice(dejavu::sans::regular()));
    font.as_ref().map_err(|error| {
        FigureError::Drawing {
            source: Box::new(*error),
        }
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advances of DejaVu Sans in 2048ths of an em: M 1767, i 569.
        let expected = (1767.0 + 569.0) / 2048.0 * 100.0;
        assert!((width("Mi", 100.0).unwrap() - expected).abs() < 0.01);
        assert_eq!(width("", 12.0).unwrap(), 0.0);
    }

    #[test]
    fn what_is_too_long_is_cut_or_broken() {
        assert_eq!(fitted("ResNet", 12.0, 100.0).unwrap(), "ResNet");
        let cut = fitted("a very long name of a model", 12.0, 80.0).unwrap();
        assert!(cut.ends_with('…') && width(&cut, 12.0).unwrap() <= 80.0);
        assert_eq!(fitted("W", 12.0, 1.0).unwrap(), "");
        let lines = wrapped("one two three four five six", 12.0, 80.0).unwrap();
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 12.0).unwrap() <= 80.0));
        assert_eq!(lines.join(" "), "one two three four five six");
    }
}
