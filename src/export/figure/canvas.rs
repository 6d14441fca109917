//! Pixels: rectangles, lines and text, and the PNG that they become.

use std::io::Write;

use super::font::{self, SAMPLES, Text};
use super::sheet::{Align, Cells, Rgb, Shape, Sheet};
use crate::export::ExportError;

/// Half of the height of capitals, as a share of the em, in DejaVu Sans.
const HALF_CAPITALS: f32 = 0.365;

/// Bytes of the compressed picture that are written at a time.
const PIECE: usize = 64 << 10;

/// A picture being drawn; what falls outside is not drawn.
struct Canvas {
    width: usize,
    height: usize,
    /// `[height, width, 3]`.
    pixels: Vec<u8>,
}

impl Canvas {
    /// A picture of one colour.
    fn new(width: usize, height: usize, ground: Rgb) -> Self {
        Self {
            width,
            height,
            pixels: ground.repeat(width * height),
        }
    }

    fn pixel(&mut self, x: i64, y: i64) -> Option<&mut [u8]> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        if x >= self.width || y >= self.height {
            return None;
        }
        let at = (y * self.width + x) * 3;
        self.pixels.get_mut(at..at + 3)
    }

    /// Mixes a colour into one pixel; `alpha` in 0..1.
    fn blend(&mut self, x: i64, y: i64, colour: Rgb, alpha: f32) {
        if alpha <= 0.0 {
            return;
        }
        if let Some(pixel) = self.pixel(x, y) {
            for (held, new) in pixel.iter_mut().zip(colour) {
                let (from, to) = (f32::from(*held), f32::from(new));
                *held = (from + (to - from) * alpha.min(1.0)).round() as u8;
            }
        }
    }

    /// A filled rectangle.
    fn fill(&mut self, x: i64, y: i64, width: usize, height: usize, colour: Rgb) {
        for row in y..y + height as i64 {
            for column in x..x + width as i64 {
                if let Some(pixel) = self.pixel(column, row) {
                    pixel.copy_from_slice(&colour);
                }
            }
        }
    }

    /// The outline of a rectangle, `thick` pixels, drawn around it.
    fn frame(&mut self, x: i64, y: i64, width: usize, height: usize, thick: usize, colour: Rgb) {
        let t = thick as i64;
        let (w, h) = (width as i64, height as i64);
        self.fill(x - t, y - t, width + 2 * thick, thick, colour);
        self.fill(x - t, y + h, width + 2 * thick, thick, colour);
        self.fill(x - t, y, thick, height, colour);
        self.fill(x + w, y, thick, height, colour);
    }

    /// A straight line with round ends.
    fn line(&mut self, from: (f32, f32), to: (f32, f32), thick: f32, colour: Rgb) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let squared = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
        let reach = thick / 2.0 + 1.0;
        let rows = (from.1.min(to.1) - reach) as i64..=(from.1.max(to.1) + reach) as i64;
        for y in rows {
            for x in (from.0.min(to.0) - reach) as i64..=(from.0.max(to.0) + reach) as i64 {
                let (px, py) = (x as f32 + 0.5 - from.0, y as f32 + 0.5 - from.1);
                let along = ((px * dx + py * dy) / squared).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                self.blend(x, y, colour, thick / 2.0 + 0.5 - distance);
            }
        }
    }

    /// Text with a point of its line at `(x, y)`, turned counter-clockwise by `degrees`.
    fn text(&mut self, text: &Text, (x, y): (f32, f32), align: Align, degrees: f32, colour: Rgb) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let start = match align {
            Align::Start => 0.0,
            Align::Centre => text.width / 2.0,
            Align::End => text.width,
        };
        let middle = text.px * HALF_CAPITALS;
        let to_picture = |u: f32, v: f32| {
            let (u, v) = (u - start, v - middle);
            (x + u * cos - v * sin, y - u * sin - v * cos)
        };
        let (left, right) = (-text.px * 0.5, text.width + text.px * 0.5);
        let (top, bottom) = (text.ascent, text.ascent - text.height);
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
            .map(|(u, v)| to_picture(u, v));
        let low = corners
            .iter()
            .fold((f32::MAX, f32::MAX), |l, c| (l.0.min(c.0), l.1.min(c.1)));
        let high = corners
            .iter()
            .fold((f32::MIN, f32::MIN), |h, c| (h.0.max(c.0), h.1.max(c.1)));
        let step = 1.0 / SAMPLES as f32;
        let full = 255.0 * (SAMPLES * SAMPLES) as f32;
        for py in low.1.floor() as i64..=high.1.ceil() as i64 {
            for px in low.0.floor() as i64..=high.0.ceil() as i64 {
                let mut sum = 0u32;
                for i in 0..SAMPLES * SAMPLES {
                    let dx = px as f32 + (0.5 + (i % SAMPLES) as f32) * step - x;
                    let dy = py as f32 + (0.5 + (i / SAMPLES) as f32) * step - y;
                    let u = start + dx * cos - dy * sin;
                    let v = middle - dx * sin - dy * cos;
                    sum += u32::from(text.sample(u, v));
                }
                self.blend(px, py, colour, sum as f32 / full);
            }
        }
    }

    /// The picture as PNG, with text entries (keyword, text) that say what it is.
    fn encode(&self, entries: &[(&str, String)], out: &mut dyn Write) -> Result<(), ExportError> {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(out, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        for (keyword, text) in entries {
            encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
        }
        let mut writer = encoder.write_header()?;
        // Row by row: as a whole, a filtered copy of all pixels would stand beside them.
        let mut rows = writer.stream_writer_with_size(PIECE)?;
        rows.write_all(&self.pixels)?;
        rows.finish()?;
        writer.finish()?;
        Ok(())
    }
}

/// Pixels of a unit: letters stay sharp on fine displays.
const PIXELS: f32 = 2.0;
/// Pixels of a picture, at most.
const MOST: f32 = 80_000_000.0;

/// Draws a sheet as PNG.
///
/// # Errors
/// A sheet that is too large; what `out` reports.
pub(in crate::export) fn png(sheet: &Sheet, out: &mut dyn Write) -> Result<(), ExportError> {
    let (width, height) = (sheet.width * PIXELS, sheet.height * PIXELS);
    if width * height > MOST {
        return Err(ExportError::TooWide {
            width: width as usize,
            height: height as usize,
        });
    }
    let mut canvas = Canvas::new(width as usize, height as usize, sheet.ground);
    for shape in &sheet.shapes {
        canvas.draw(shape)?;
    }
    canvas.encode(&sheet.entries, out)
}

impl Canvas {
    fn draw(&mut self, shape: &Shape) -> Result<(), ExportError> {
        let pixels = |units: f32| (units * PIXELS).round();
        let place = |(x, y): (f32, f32)| (x * PIXELS, y * PIXELS);
        // A rectangle fills the pixels between its rounded edges.
        let edges = |(x, y): (f32, f32), (width, height): (f32, f32)| {
            let (left, top) = (pixels(x), pixels(y));
            let size = (pixels(x + width) - left, pixels(y + height) - top);
            (left as i64, top as i64, size.0 as usize, size.1 as usize)
        };
        match shape {
            Shape::Fill { at, size, colour } => {
                let (x, y, width, height) = edges(*at, *size);
                self.fill(x, y, width, height, *colour);
            }
            Shape::Frame {
                at,
                size,
                thick,
                colour,
            } => {
                let (x, y, width, height) = edges(*at, *size);
                let thick = pixels(*thick).max(1.0) as usize;
                self.frame(x, y, width, height, thick, *colour);
            }
            Shape::Line {
                from,
                to,
                thick,
                colour,
            } => self.line(place(*from), place(*to), thick * PIXELS, *colour),
            Shape::Cells(Cells {
                at,
                side,
                columns,
                colours,
            }) => {
                let rows = colours.chunks((*columns).max(1));
                for (row, colours) in rows.enumerate() {
                    for (column, colour) in colours.iter().enumerate() {
                        let Some(colour) = colour else { continue };
                        let corner = (at.0 + column as f32 * side, at.1 + row as f32 * side);
                        let (x, y, width, height) = edges(corner, (*side, *side));
                        self.fill(x, y, width, height, *colour);
                    }
                }
            }
            Shape::Text { text, at, ink } => {
                let text = font::set(text, ink.size * PIXELS, ink.face)?;
                self.text(&text, place(*at), ink.align, ink.turn, ink.colour);
            }
        }
        Ok(())
    }
}
