//! The letters of figures: DejaVu Sans, which comes with the crate, so that text is the same on machines
//! without any fonts.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, InvalidFont, PxScale, ScaleFont, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontTransform};

use super::color::Color;
use crate::error::{Error, FigureError, Result};

/// What vector graphics name: the same font or one of the same widths; the others that are common are
/// narrower, so that what is measured here is enough.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// How far letters reach above the line that they stand on, as a share of their size.
pub(super) const ASCENT: f64 = 0.76;

/// How far they reach below it.
pub(super) const DESCENT: f64 = 0.24;

/// Plotters counts sizes so, against those of CSS.
const PLOTTERS_SIZE: f64 = 1.24;

/// Which end of a text stands at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// The share of the width that lies before the position.
    pub fn share(self) -> f64 {
        match self {
            Anchor::Start => 0.0,
            Anchor::Middle => 0.5,
            Anchor::End => 1.0,
        }
    }
}

/// The width of a text in letters of a size.
pub(super) fn width(text: &str, size: f64) -> Result<f64> {
    let font = dejavu_sans()?.as_scaled(scale(size));
    let advances = text
        .chars()
        .map(|c| f64::from(font.h_advance(font.glyph_id(c))));
    Ok(advances.sum())
}

/// The text, or as much of it as fits, with an ellipsis.
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

/// The text in lines that fit, broken between words; a word that is too long is cut.
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

/// As [`wrapped`], in so many lines at most: what is left over is cut at the end of the last.
pub(super) fn wrapped_to(n_lines: usize, text: &str, size: f64, room: f64) -> Result<Vec<String>> {
    let mut lines = wrapped(text, size, room)?;
    if lines.len() > n_lines {
        let rest = lines.split_off(n_lines - 1).join(" ");
        lines.push(fitted(&rest, size, room)?);
    }
    Ok(lines)
}

/// How a text is to be drawn, in units of the device.
pub(super) struct Style {
    pub color: Color,
    pub size: f64,
    pub anchor: Anchor,
    /// Read from below to above.
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

    /// Each letter at its place. (Plotters' own renderer forgets the space before each.)
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

/// The scale for which an em is `size` high.
fn scale(size: f64) -> PxScale {
    /// Height of a line of DejaVu Sans, as a share of its em: (1901 + 483) / 2048.
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
