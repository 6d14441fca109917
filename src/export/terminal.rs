//! One pattern as lines of text, in the colours of a terminal or as glyphs alone.

use std::io::Write;

use super::ExportError;
use super::figure::Figure;
use crate::capture::Capture;
use crate::paint::{Level, Ramp, Tint};
use crate::view::Picture;

/// Cells of a label beside the rows, at most, and above the columns.
const ACROSS: usize = 18;
const DOWN: usize = 10;
/// Past so many columns a cell is one letter wide and not two.
const WIDE: usize = 60;

/// Writes a picture of a capture as text: a title, labels, cells, and a legend. Without colours
/// values are glyphs and there is no escape sequence in it; with them, cells are coloured spaces.
///
/// # Errors
/// A layer or head that the capture does not hold, before anything is written; what `out` reports.
pub fn terminal(
    capture: &Capture,
    picture: &Picture,
    ramp: Ramp,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let figure = Figure::new(capture, picture)?;
    let (rows, columns) = (figure.grid.rows, figure.grid.columns);
    let (first_row, first_column) = (figure.tiles.rows.start, figure.tiles.columns.start);
    let wide = if columns <= WIDE { 2 } else { 1 };
    let widest = (0..rows)
        .map(|at| figure.label(first_row, at).width().min(ACROSS))
        .max();
    let gutter = widest.unwrap_or(0);
    writeln!(out, "{}\n{}\n", figure.title, figure.note)?;
    for line in key_lines(&figure, first_column, columns, wide) {
        writeln!(out, "{}", format!("{:gutter$} {line}", "").trim_end())?;
    }
    for row in 0..rows {
        write!(out, "{} ", figure.label(first_row, row).pad_left(gutter))?;
        // What is masked at the end of a row needs no spaces.
        let end = (0..columns)
            .rev()
            .find(|at| figure.grid.get(row, *at).is_some());
        let mut last = None;
        for column in 0..end.map_or(0, |at| at + 1) {
            let level = ramp.level(figure.grid.get(row, column));
            cell(out, &ramp, level, wide, &mut last)?;
        }
        reset(out, &mut last)?;
        writeln!(out)?;
    }
    let (low, high) = figure.scale.ends();
    write!(out, "\n{:gutter$} {low} ", "")?;
    let mut last = None;
    for level in 0..ramp.levels() {
        cell(out, &ramp, Level::Value(level), 1, &mut last)?;
    }
    reset(out, &mut last)?;
    write!(out, " {high}")?;
    if figure.has_nan() {
        write!(out, "  ")?;
        cell(out, &ramp, Level::Nan, 1, &mut last)?;
        reset(out, &mut last)?;
        write!(out, " NaN")?;
    }
    Ok(writeln!(out)?)
}

/// The labels of the keys, written downwards; every tenth position where cells are narrow or
/// stand for several keys.
fn key_lines(figure: &Figure, first: usize, columns: usize, wide: usize) -> Vec<String> {
    if wide == 1 || figure.tiles.tile > 1 {
        let mut line = String::new();
        for at in (0..columns).step_by(10) {
            let position = ((first + at) * figure.tiles.tile).to_string();
            // One that would run into the next is left out.
            if line.len() <= at * wide {
                line.push_str(&" ".repeat(at * wide - line.len()));
                line.push_str(&position);
                line.push(' ');
            }
        }
        return vec![line];
    }
    let labels: Vec<Vec<String>> = (0..columns)
        .map(|at| figure.label(first, at).columns(DOWN))
        .collect();
    let height = labels.iter().map(Vec::len).max().unwrap_or(0);
    let line = |row: usize| {
        let letter = |letters: &Vec<String>| {
            // Labels end at the cells.
            let blank = height - letters.len();
            let letter = row.checked_sub(blank).and_then(|at| letters.get(at));
            letter.map_or_else(|| "  ".to_owned(), |letter| pad(letter))
        };
        labels.iter().map(letter).collect()
    };
    (0..height).map(line).collect()
}

/// A letter of one or two cells in two.
fn pad(letter: &str) -> String {
    let width = crate::token::Label::of_text(letter).width();
    format!("{letter}{}", " ".repeat(2_usize.saturating_sub(width)))
}

/// One cell; a colour is written where it changes.
fn cell(
    out: &mut dyn Write,
    ramp: &Ramp,
    level: Level,
    wide: usize,
    last: &mut Option<Tint>,
) -> Result<(), ExportError> {
    let Some(tint) = ramp.tint(level) else {
        reset(out, last)?;
        return Ok(write!(out, "{}", ramp.glyph(level).repeat(wide))?);
    };
    if *last != Some(tint) {
        match tint {
            Tint::Ansi(index @ 0..8) => write!(out, "\x1b[{}m", 40 + index)?,
            Tint::Ansi(index) => write!(out, "\x1b[{}m", 92 + index)?,
            Tint::Indexed(index) => write!(out, "\x1b[48;5;{index}m")?,
            Tint::Rgb([r, g, b]) => write!(out, "\x1b[48;2;{r};{g};{b}m")?,
        }
        *last = Some(tint);
    }
    let mark = if level == Level::Nan { "×" } else { " " };
    Ok(write!(out, "{}", mark.repeat(wide))?)
}

fn reset(out: &mut dyn Write, last: &mut Option<Tint>) -> Result<(), ExportError> {
    match last.take() {
        Some(_) => Ok(write!(out, "\x1b[0m")?),
        None => Ok(()),
    }
}
