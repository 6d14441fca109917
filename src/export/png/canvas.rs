//! Pixels: rectangles, lines, discs and text, and the PNG that they become.

use std::io::Write;

use super::super::ExportError;
use super::font::{self, SAMPLES, Text};

/// A colour, sRGB.
pub(super) type Rgb = [u8; 3];

pub(super) const BLACK: Rgb = [20, 20, 24];
pub(super) const GREY: Rgb = [104, 106, 112];

/// Which point of a text stands at its position, along the line; across it, the middle of the
/// capitals does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Centre,
    End,
}

/// Half of the height of capitals, as a share of the em, in DejaVu Sans.
const HALF_CAPITALS: f32 = 0.365;

/// A picture being drawn; what falls outside is not drawn.
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    /// `[height, width, 3]`.
    pixels: Vec<u8>,
}

impl Canvas {
    /// A white picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: vec![255; width * height * 3],
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
    pub fn fill(&mut self, x: i64, y: i64, width: usize, height: usize, colour: Rgb) {
        for row in y..y + height as i64 {
            for column in x..x + width as i64 {
                if let Some(pixel) = self.pixel(column, row) {
                    pixel.copy_from_slice(&colour);
                }
            }
        }
    }

    /// The outline of a rectangle, `thick` pixels, drawn around it.
    pub fn frame(
        &mut self,
        x: i64,
        y: i64,
        width: usize,
        height: usize,
        thick: usize,
        colour: Rgb,
    ) {
        let t = thick as i64;
        let (w, h) = (width as i64, height as i64);
        self.fill(x - t, y - t, width + 2 * thick, thick, colour);
        self.fill(x - t, y + h, width + 2 * thick, thick, colour);
        self.fill(x - t, y, thick, height, colour);
        self.fill(x + w, y, thick, height, colour);
    }

    /// A straight line with round ends.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), thick: f32, colour: Rgb) {
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

    /// A filled disc.
    pub fn disc(&mut self, centre: (f32, f32), radius: f32, colour: Rgb) {
        self.line(centre, centre, radius * 2.0, colour);
    }

    /// Text with a point of its line at `(x, y)`, turned counter-clockwise by `degrees`.
    pub fn text(
        &mut self,
        text: &Text,
        (x, y): (f32, f32),
        align: Align,
        degrees: f32,
        colour: Rgb,
    ) {
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

    /// Sets a line of text and draws it upright.
    pub fn write(
        &mut self,
        text: &str,
        at: (f32, f32),
        align: Align,
        (px, bold): (f32, bool),
        colour: Rgb,
    ) -> Result<(), ExportError> {
        let text = font::set(text, px, bold)?;
        self.text(&text, at, align, 0.0, colour);
        Ok(())
    }

    /// The picture as PNG, with text entries (keyword, text) that say what it is.
    pub fn encode(
        &self,
        entries: &[(&str, String)],
        out: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(out, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        for (keyword, text) in entries {
            encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(())
    }
}
