//! What the screen shows as PNG: its part, its levels, its labels.

use std::io::Write;

use super::super::plate::{Look, Pen, Plate};
use super::super::{ExportError, Style};
use super::canvas::{Align, Canvas};
use super::{entries_of, font};
use crate::capture::Capture;
use crate::paint::Palette;
use crate::view::Picture;

/// Pixels of a unit: letters stay sharp on fine displays.
const PIXELS: usize = 2;

/// Draws a picture of a capture at the screen's levels, with its labels and a legend, on the
/// ground and in the map of a palette.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn screen(
    capture: &Capture,
    picture: &Picture,
    palette: Palette,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let plate = Plate::new(capture, picture, palette)?;
    let (width, height) = (plate.width * PIXELS, plate.height * PIXELS);
    let mut canvas = Canvas::new(width, height);
    canvas.fill(0, 0, width, height, plate.ground);
    plate.letters(&mut canvas)?;
    plate.squares(&mut canvas)?;
    let style = Style {
        scale: picture.scale,
        map: palette.map,
    };
    canvas.encode(&entries_of(capture, &plate.figure.title, style)?, out)
}

impl Pen for Canvas {
    fn rectangle(
        &mut self,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
        colour: [u8; 3],
    ) -> Result<(), ExportError> {
        let (x, y) = ((x * PIXELS) as i64, (y * PIXELS) as i64);
        self.fill(x, y, width * PIXELS, height * PIXELS, colour);
        Ok(())
    }

    fn text(&mut self, text: &str, (x, y): (usize, usize), look: Look) -> Result<(), ExportError> {
        let text = font::set(text, (look.size * PIXELS) as f32, look.bold)?;
        let align = if look.ends { Align::End } else { Align::Start };
        let degrees = if look.upright { 90.0 } else { 0.0 };
        let at = ((x * PIXELS) as f32, (y * PIXELS) as f32);
        self.text(&text, at, align, degrees, look.colour);
        Ok(())
    }
}
