//! One pattern as SVG: a text file that any browser shows, sharp at every size.

use std::io::Write;

use super::ExportError;
use super::plate::{Look, Pen, Plate};
use crate::capture::Capture;
use crate::paint::Palette;
use crate::view::Picture;

/// Draws a picture of a capture at the screen's levels, with its labels and a legend, on the
/// ground and in the map of a palette.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn svg(
    capture: &Capture,
    picture: &Picture,
    palette: Palette,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let plate = Plate::new(capture, picture, palette)?;
    let (width, height, ground) = (plate.width, plate.height, hex(plate.ground));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"monospace\">"
    )?;
    writeln!(out, "<title>{}</title>", escaped(&plate.figure.title))?;
    writeln!(
        out,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>"
    )?;
    let mut pen = Elements(out);
    plate.letters(&mut pen)?;
    writeln!(pen.0, "<g shape-rendering=\"crispEdges\">")?;
    plate.squares(&mut pen)?;
    writeln!(pen.0, "</g>")?;
    Ok(writeln!(pen.0, "</svg>")?)
}

/// Writes what is drawn as elements.
struct Elements<'a>(&'a mut dyn Write);

impl Pen for Elements<'_> {
    fn rectangle(
        &mut self,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
        colour: [u8; 3],
    ) -> Result<(), ExportError> {
        let colour = hex(colour);
        Ok(writeln!(
            self.0,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>"
        )?)
    }

    fn text(&mut self, text: &str, (x, y): (usize, usize), look: Look) -> Result<(), ExportError> {
        let (text, fill, size) = (escaped(text), hex(look.colour), look.size);
        // A line stands with its capitals' middle at its place, in SVG with their foot.
        let down = size.div_ceil(3);
        let place = match look.upright {
            true => format!("transform=\"translate({} {y}) rotate(-90)\"", x + down),
            false => format!("x=\"{x}\" y=\"{}\"", y + down),
        };
        let end = if look.ends {
            " text-anchor=\"end\""
        } else {
            ""
        };
        let bold = if look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        Ok(writeln!(
            self.0,
            "<text {place} font-size=\"{size}\"{end}{bold} fill=\"{fill}\">{text}</text>"
        )?)
    }
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A text that is safe to show, as XML takes it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
