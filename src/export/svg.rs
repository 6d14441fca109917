//! One pattern as SVG: a text file that any browser shows, sharp at every size.

use std::io::Write;

use super::ExportError;
use super::figure::Figure;
use crate::capture::Capture;
use crate::paint::{Depth, Ground, LEVELS, Level, Palette, Ramp, Tint, round_step};
use crate::view::Picture;

/// Pixels around everything, and for title and note.
const MARGIN: usize = 24;
const HEADER: usize = 64;
/// Pixels of a letter of a label, across and down.
const LETTER: (usize, usize) = (7, 12);
/// Cells of a label, at most.
const LABEL: usize = 18;
/// Pixels of the legend with its numbers.
const LEGEND: usize = 44;
/// The side of the cells, at most in all and each.
const SIDE: usize = 900;
const CELL: (usize, usize) = (2, 40);

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
    let figure = Figure::new(capture, picture)?;
    let ramp = Ramp::new(Palette {
        depth: Depth::True,
        ..palette
    });
    let (ground, ink, dim) = match palette.ground {
        Ground::Light => ("#ffffff", "#1a1a1a", "#5a5f6a"),
        Ground::Dark => ("#14161c", "#e6e6e6", "#9aa0ac"),
    };
    let (rows, columns) = (figure.grid.rows, figure.grid.columns);
    let cell = (SIDE / rows.max(columns).max(1)).clamp(CELL.0, CELL.1);
    // One label for so many cells, so that they don't run into each other.
    let step = match figure.tiles.tile {
        1 => LETTER.1.div_ceil(cell),
        _ => round_step((3 * LETTER.1).div_ceil(cell)),
    };
    let room = |first: usize, count: usize| {
        let labels = (0..count).step_by(step);
        let widest = labels
            .map(|at| figure.label(first, at).width().min(LABEL))
            .max();
        widest.unwrap_or(0) * LETTER.0 + 10
    };
    let (first_row, first_column) = (figure.tiles.rows.start, figure.tiles.columns.start);
    let (left, top) = (
        MARGIN + room(first_row, rows),
        HEADER + room(first_column, columns),
    );
    let (across, down) = (columns * cell, rows * cell);
    let told = figure
        .title
        .chars()
        .count()
        .max(figure.note.chars().count())
        * 9;
    let width = (left + across).max(told + MARGIN).max(left + 24 * 10) + MARGIN;
    let height = top + down + LEGEND + MARGIN;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" font-size=\"{}\">",
        LETTER.1
    )?;
    writeln!(out, "<title>{}</title>", escaped(&figure.title))?;
    writeln!(
        out,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>"
    )?;
    writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"30\" font-size=\"18\" font-weight=\"bold\" fill=\"{ink}\">{}</text>",
        escaped(&figure.title)
    )?;
    writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"50\" fill=\"{dim}\">{}</text>",
        escaped(&figure.note)
    )?;
    for at in (0..rows).step_by(step) {
        let (x, y) = (left - 6, top + at * cell + cell / 2 + 4);
        let label = escaped(&figure.label(first_row, at).clip(LABEL));
        writeln!(
            out,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\" fill=\"{ink}\">{label}</text>"
        )?;
    }
    for at in (0..columns).step_by(step) {
        let (x, y) = (left + at * cell + cell / 2 + 4, top - 6);
        let label = escaped(&figure.label(first_column, at).clip(LABEL));
        writeln!(
            out,
            "<text transform=\"translate({x} {y}) rotate(-90)\" fill=\"{ink}\">{label}</text>"
        )?;
    }
    writeln!(out, "<g shape-rendering=\"crispEdges\">")?;
    for row in 0..rows {
        // Neighbours of one level are one rectangle.
        let mut column = 0;
        while column < columns {
            let level = ramp.level(figure.grid.get(row, column));
            let run = (column..columns)
                .take_while(|at| ramp.level(figure.grid.get(row, *at)) == level)
                .count();
            if let Some(colour) = colour(&ramp, level) {
                rectangle(
                    out,
                    (left + column * cell, top + row * cell),
                    (run * cell, cell),
                    &colour,
                )?;
            }
            column += run;
        }
    }
    let y = top + down + 16;
    for step in 0..LEVELS {
        if let Some(colour) = colour(&ramp, Level::Value(step)) {
            rectangle(out, (left + usize::from(step) * 8, y), (8, 12), &colour)?;
        }
    }
    let end = left + usize::from(LEVELS) * 8;
    if let Some(colour) = colour(&ramp, Level::Nan).filter(|_| figure.has_nan()) {
        rectangle(out, (end + 24, y), (12, 12), &colour)?;
    }
    writeln!(out, "</g>")?;
    let (low, high) = figure.scale.ends();
    let y = y + 10;
    writeln!(
        out,
        "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\" fill=\"{dim}\">{low}</text>",
        left - 6
    )?;
    writeln!(
        out,
        "<text x=\"{}\" y=\"{y}\" fill=\"{dim}\">{high}</text>",
        end + 6
    )?;
    if figure.has_nan() {
        writeln!(
            out,
            "<text x=\"{}\" y=\"{y}\" fill=\"{dim}\">NaN</text>",
            end + 42
        )?;
    }
    Ok(writeln!(out, "</svg>")?)
}

/// The colour of a level; none for masked cells.
fn colour(ramp: &Ramp, level: Level) -> Option<String> {
    match ramp.tint(level)? {
        Tint::Rgb([r, g, b]) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Tint::Ansi(_) | Tint::Indexed(_) => None,
    }
}

fn rectangle(
    out: &mut dyn Write,
    (x, y): (usize, usize),
    (width, height): (usize, usize),
    colour: &str,
) -> Result<(), ExportError> {
    Ok(writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>"
    )?)
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
