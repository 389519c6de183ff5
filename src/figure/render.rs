//! Output of drawings as vector graphics or images, by plotters.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ndarray::Array3;
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters_backend::{BackendColor, BackendStyle, DrawingBackend, DrawingErrorKind};

use super::drawing::{Area, Drawing, Point, Shape, cleaned};
use super::font::{ASCENT, Style};
use super::resample::{reduce, resample};
use crate::error::{Error, FigureError, FileError, Result};
use crate::io::atomic::write_atomically;
use crate::io::extension;
use crate::linalg::reserve;

/// Device units per screen pixel; plotters uses whole units.
const FINE: usize = 4;

/// Pixels of an image file per screen pixel, for print and high-resolution screens.
const DENSITY: usize = 2;

impl Drawing {
    /// Writes an `.svg` or a `.png` file atomically.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = match extension(path).as_str() {
            "svg" => self.svg()?.into_bytes(),
            "png" => self.png()?,
            _ => {
                return Err(FileError::UnknownFormat {
                    path: path.into(),
                    expected: ".svg or .png",
                }
                .into());
            }
        };
        write_atomically(path, |writer| writer.write_all(&bytes))
    }

    fn size(&self) -> (u32, u32) {
        (units(self.width) as u32, units(self.height) as u32)
    }

    fn svg(&self) -> Result<String> {
        let (width, height) = self.size();
        let title = escaped(&cleaned(&self.title));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n",
            width as usize / FINE,
            height as usize / FINE,
        );
        let is_image = |shape: &Shape| matches!(shape, Shape::Image { .. });
        for part in self
            .shapes
            .chunk_by(|left, right| is_image(left) == is_image(right))
        {
            let mut drawn = String::new();
            let mut backend = SVGBackend::with_string(&mut drawn, (width, height));
            for shape in part {
                match shape {
                    Shape::Image { pixels, area } => svg.push_str(&image_element(pixels, *area)?),
                    shape => draw(&mut backend, shape)?,
                }
            }
            backend.present().map_err(undrawable)?;
            drop(backend);
            // The enclosing element is written here, with the size in screen pixels.
            let inner = drawn.split_once(">\n").map_or("", |(_, inner)| inner);
            svg.push_str(inner.strip_suffix("</svg>\n").unwrap_or(inner));
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }

    fn png(&self) -> Result<Vec<u8>> {
        let (width, height) = self.size();
        let n = 3 * width as usize * height as usize;
        let mut pixels = Vec::new();
        reserve(&mut pixels, n, "a figure")?;
        pixels.resize(n, u8::MAX);
        let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        for shape in &self.shapes {
            match shape {
                Shape::Image { pixels, area } => {
                    let (corner, size) = placed(*area);
                    let pixels = resample(pixels.view(), size);
                    let bytes: Vec<u8> = pixels.into_iter().collect();
                    let size = (size.0 as u32, size.1 as u32);
                    backend
                        .blit_bitmap(corner, size, &bytes)
                        .map_err(undrawable)?;
                }
                shape => draw(&mut backend, shape)?,
            }
        }
        drop(backend);
        // Downsampling smooths the edges.
        let size = (width as usize, height as usize);
        png(&reduce(&pixels, size, FINE / DENSITY))
    }
}

/// Draws a shape other than an image; images are drawn by each format.
fn draw<B: DrawingBackend>(backend: &mut B, shape: &Shape) -> Result<()>
where
    B::ErrorType: 'static,
{
    let all = |points: &[Point]| points.iter().map(|&point| at(point)).collect::<Vec<_>>();
    let drawn = match shape {
        Shape::Path {
            points,
            color,
            width,
        } => {
            let style = Stroke {
                color: (*color).into(),
                width: units(*width).max(1) as u32,
            };
            match points.as_slice() {
                &[from, to] => backend.draw_line(at(from), at(to), &style),
                points => backend.draw_path(all(points), &style),
            }
        }
        Shape::Polygon { points, color } => {
            backend.fill_polygon(all(points), &BackendColor::from(*color))
        }
        Shape::Rectangle { area, color } => backend.draw_rect(
            at([area.left, area.top]),
            at([area.right, area.bottom]),
            &BackendColor::from(*color),
            true,
        ),
        Shape::Circle {
            center,
            radius,
            color,
        } => {
            let radius = units(*radius).max(1) as u32;
            backend.draw_circle(at(*center), radius, &BackendColor::from(*color), true)
        }
        Shape::Text(text) => {
            let style = Style {
                color: text.color,
                size: text.size * FINE as f64,
                anchor: text.anchor,
                upright: text.upright,
            };
            let ([x, y], above) = (text.at, ASCENT * text.size);
            let top = match text.upright {
                false => [x, y - above],
                true => [x - above, y],
            };
            backend.draw_text(&text.text, &style, at(top))
        }
        Shape::Image { .. } => Ok(()),
    };
    drawn.map_err(undrawable)
}

/// The style of a line.
struct Stroke {
    color: BackendColor,
    width: u32,
}

impl BackendStyle for Stroke {
    fn color(&self) -> BackendColor {
        self.color
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

/// Returns the SVG element of an image, at no higher resolution than it is shown in.
fn image_element(pixels: &Array3<u8>, area: Area) -> Result<String> {
    let ((x, y), (width, height)) = placed(area);
    let shown = png(&resample(pixels.view(), (width, height)))?;
    Ok(format!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         href=\"data:image/png;base64,{}\"/>\n",
        BASE64_STANDARD.encode(shown)
    ))
}

/// Returns the upper left corner and the size of an area, in device units.
fn placed(area: Area) -> ((i32, i32), (usize, usize)) {
    let (left, top) = at([area.left, area.top]);
    let (right, bottom) = at([area.right, area.bottom]);
    let size = |from: i32, to: i32| (to - from).max(1) as usize;
    ((left, top), (size(left, right), size(top, bottom)))
}

fn png(pixels: &Array3<u8>) -> Result<Vec<u8>> {
    let (height, width, _) = pixels.dim();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // About a third of the time of the default level, for files that are 6 % larger.
    encoder.set_deflate_compression(png::DeflateCompression::Level(1));
    let data = pixels.as_standard_layout();
    let data = data.as_slice().expect("in standard order");
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(data)?;
        writer.finish()
    });
    written.map_err(|source| FigureError::Drawing {
        source: Box::new(source),
    })?;
    Ok(bytes)
}

fn units(pixels: f64) -> i32 {
    (pixels * FINE as f64).round() as i32
}

fn at([x, y]: Point) -> (i32, i32) {
    (units(x), units(y))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn undrawable<E: std::error::Error + Send + Sync + 'static>(error: DrawingErrorKind<E>) -> Error {
    Error::from(FigureError::Drawing {
        source: Box::new(error),
    })
}
