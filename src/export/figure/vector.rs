//! A sheet as SVG: a text file that any browser shows, sharp at every size.

use std::fmt::Write as _;
use std::io::Write;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::font::Face;
use super::sheet::{Align, Cells, Ink, Rgb, Shape, Sheet};
use crate::export::ExportError;

/// Rectangles of a grid at most; a finer one is an image with a pixel a cell, so that no viewer
/// chokes on it.
const RECTANGLES: usize = 40_000;

/// Draws a sheet as SVG.
///
/// # Errors
/// What `out` reports.
pub(in crate::export) fn svg(sheet: &Sheet, out: &mut dyn Write) -> Result<(), ExportError> {
    let (width, height, ground) = (number(sheet.width), number(sheet.height), hex(sheet.ground));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans, Verdana, sans-serif\">"
    )?;
    if let Some((_, title)) = sheet.entries.first() {
        writeln!(out, "<title>{}</title>", escaped(title))?;
    }
    let told = |keyword: &str| {
        let entry = sheet.entries.iter().find(|(key, _)| *key == keyword);
        entry.map_or("", |(_, text)| text.as_str())
    };
    let desc = format!("{} · {}", told("Description"), told("Source"));
    writeln!(
        out,
        "<desc>{}</desc>",
        escaped(desc.trim_matches([' ', '·']))
    )?;
    writeln!(
        out,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>"
    )?;
    for shape in &sheet.shapes {
        draw(shape, out)?;
    }
    Ok(writeln!(out, "</svg>")?)
}

fn draw(shape: &Shape, out: &mut dyn Write) -> Result<(), ExportError> {
    match shape {
        Shape::Fill { at, size, colour } => writeln!(out, "{}", rectangle(*at, *size, *colour))?,
        Shape::Frame {
            at: (x, y),
            size: (width, height),
            thick,
            colour,
        } => {
            // A stroke lies on both sides of its line.
            let [x, y] = [x - thick / 2.0, y - thick / 2.0].map(number);
            let [width, height] = [width + thick, height + thick].map(number);
            writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
                 stroke=\"{}\" stroke-width=\"{}\"/>",
                hex(*colour),
                number(*thick)
            )?;
        }
        Shape::Line {
            from,
            to,
            thick,
            colour,
        } => {
            let [x1, y1, x2, y2, thick] = [from.0, from.1, to.0, to.1, *thick].map(number);
            let colour = hex(*colour);
            writeln!(
                out,
                "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{colour}\" \
                 stroke-width=\"{thick}\" stroke-linecap=\"round\"/>"
            )?;
        }
        Shape::Cells(grid) => cells(grid, out)?,
        Shape::Text { text, at, ink } => letters(text, *at, *ink, out)?,
    }
    Ok(())
}

/// A grid: neighbours of one colour are one rectangle.
fn cells(grid: &Cells, out: &mut dyn Write) -> Result<(), ExportError> {
    let columns = grid.columns.max(1);
    let rows = || grid.colours.chunks(columns);
    let runs: usize = rows()
        .map(|row| {
            row.chunk_by(|a, b| a == b)
                .filter(|run| run[0].is_some())
                .count()
        })
        .sum();
    if runs > RECTANGLES {
        return image(grid, out);
    }
    writeln!(out, "<g shape-rendering=\"crispEdges\">")?;
    for (row, colours) in rows().enumerate() {
        let y = grid.at.1 + row as f32 * grid.side;
        let mut column = 0;
        for run in colours.chunk_by(|a, b| a == b) {
            if let Some(Some(colour)) = run.first() {
                let at = (grid.at.0 + column as f32 * grid.side, y);
                let size = (run.len() as f32 * grid.side, grid.side);
                writeln!(out, "{}", rectangle(at, size, *colour))?;
            }
            column += run.len();
        }
    }
    Ok(writeln!(out, "</g>")?)
}

/// A grid as an image inside of the text, a pixel a cell.
fn image(grid: &Cells, out: &mut dyn Write) -> Result<(), ExportError> {
    let columns = grid.columns.max(1);
    let rows = grid.colours.len() / columns;
    let pixel = |colour: &Option<Rgb>| match colour {
        Some([r, g, b]) => [*r, *g, *b, 255],
        None => [0; 4],
    };
    let pixels: Vec<u8> = grid.colours.iter().flat_map(pixel).collect();
    let mut bytes = Vec::new();
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut bytes, side(columns), side(rows));
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    let (width, height) = (columns as f32 * grid.side, rows as f32 * grid.side);
    let [x, y, width, height] = [grid.at.0, grid.at.1, width, height].map(number);
    Ok(writeln!(
        out,
        "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
         href=\"data:image/png;base64,{}\"/>",
        BASE64_STANDARD.encode(bytes)
    )?)
}

fn rectangle((x, y): (f32, f32), (width, height): (f32, f32), colour: Rgb) -> String {
    let [x, y, width, height] = [x, y, width, height].map(number);
    let colour = hex(colour);
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>")
}

fn letters(
    text: &str,
    (x, y): (f32, f32),
    ink: Ink,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut element = String::from("<text");
    // A line stands with its capitals' middle at its place, in SVG with their foot.
    let down = ink.size * 0.365;
    match ink.turn == 0.0 {
        true => {
            let _ = write!(element, " x=\"{}\" y=\"{}\"", number(x), number(y + down));
        }
        false => {
            let [x, y, turn, down] = [x, y, -ink.turn, down].map(number);
            let turned = format!("translate({x} {y}) rotate({turn})");
            let _ = write!(element, " transform=\"{turned}\" y=\"{down}\"");
        }
    }
    // Other fonts than the one that was measured keep to its width.
    let [size, length] = [ink.size, ink.width(text)?].map(number);
    let _ = write!(
        element,
        " font-size=\"{size}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\""
    );
    element.push_str(match ink.align {
        Align::Start => "",
        Align::Centre => " text-anchor=\"middle\"",
        Align::End => " text-anchor=\"end\"",
    });
    if matches!(ink.face, Face::Mono | Face::MonoBold) {
        // Blanks count in what is set letter by letter.
        element
            .push_str(" xml:space=\"preserve\" font-family=\"DejaVu Sans Mono, Menlo, monospace\"");
    }
    if matches!(ink.face, Face::Bold | Face::MonoBold) {
        element.push_str(" font-weight=\"bold\"");
    }
    Ok(writeln!(
        out,
        "{element} fill=\"{}\">{}</text>",
        hex(ink.colour),
        escaped(text)
    )?)
}

/// A number in hundredths at most.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

fn hex([r, g, b]: Rgb) -> String {
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
