//! Pictures as lines of text, in the colours of a terminal or as glyphs alone.

use std::io::Write;

use super::atlas::{Atlas, Of, told};
use super::bar::Bar;
use super::heads::{Heads, KEYS, Panels, QUERIES};
use super::text::{Run, Text};
use crate::capture::{Capture, Head};
use crate::export::ExportError;
use crate::lens::{Grid, Tiles};
use crate::paint::{Level, Ramp, Tint};
use crate::token::Label;
use crate::view::Shown;

/// Cells of a label beside the rows, at most, and above the columns.
const ACROSS: usize = 18;
const DOWN: usize = 10;
/// Past so many columns a cell is one letter wide and not two.
const WIDE: usize = 60;
/// Cells of a line of notes, where they can be.
const NOTES: usize = 100;
/// Cells that heads beside each other keep to, and of a head that is a picture at most.
const HEADS: usize = 180;
const LARGEST: usize = 24;

/// Writes a pattern: a title, labels, cells, and a legend. Without colours values are glyphs and
/// there is no escape sequence in it; with them, cells are coloured spaces.
///
/// # Errors
/// What `out` reports.
pub(in crate::export) fn heads(
    capture: &Capture,
    heads: &Heads,
    ramp: Ramp,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let Panels {
        header,
        tiles,
        panels,
        bar,
    } = heads.letters();
    let mut pen = Pen::new(ramp, out);
    for line in header.lines(NOTES) {
        pen.line(&line)?;
    }
    pen.line(&format!("rows: {QUERIES} · columns: {KEYS}"))?;
    for panel in panels {
        pen.line("")?;
        pattern(&mut pen, capture, &tiles, &panel.grid)?;
    }
    legend(&mut pen, &bar)
}

/// The cells of a pattern with their labels.
fn pattern(
    pen: &mut Pen,
    capture: &Capture,
    tiles: &Tiles,
    grid: &Grid,
) -> Result<(), ExportError> {
    // What stands beside a row and above a column: the token, or the first position of several.
    let label = |first: usize, at: usize| {
        let position = (first + at) * tiles.tile;
        match capture.label(position) {
            Some(label) if tiles.tile == 1 => label.bare(),
            _ => Label::of_text(&position.to_string()),
        }
    };
    let (rows, columns) = (grid.rows, grid.columns);
    let wide = if columns <= WIDE { 2 } else { 1 };
    let widths = (0..rows).map(|at| label(tiles.rows.start, at).width().min(ACROSS));
    let gutter = widths.max().unwrap_or(0);
    let keys: Vec<Label> = (0..columns)
        .map(|at| label(tiles.columns.start, at))
        .collect();
    for line in key_lines(&keys, tiles, wide) {
        pen.line(format!("{:gutter$} {line}", "").trim_end())?;
    }
    for row in 0..rows {
        pen.text(&label(tiles.rows.start, row).pad_left(gutter));
        pen.text(" ");
        // What is masked at the end of a row needs no spaces.
        let end = (0..columns).rev().find(|at| grid.get(row, *at).is_some());
        for column in 0..end.map_or(0, |at| at + 1) {
            pen.cell(pen.ramp.level(grid.get(row, column)), wide);
        }
        pen.line("")?;
    }
    Ok(())
}

/// The labels of the keys, written downwards; every tenth position where cells are narrow or
/// stand for several keys.
fn key_lines(keys: &[Label], tiles: &Tiles, wide: usize) -> Vec<String> {
    if wide == 1 || tiles.tile > 1 {
        let marks = (0..keys.len()).step_by(10);
        let marks = marks.map(|at| {
            let position = (tiles.columns.start + at) * tiles.tile;
            (at * wide, position.to_string())
        });
        return vec![spread(marks)];
    }
    let labels: Vec<Vec<String>> = keys.iter().map(|label| label.columns(DOWN)).collect();
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

/// Words at their columns; one that would run into the one before is left out.
fn spread(words: impl Iterator<Item = (usize, String)>) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (at, word) in words {
        if used <= at {
            line.push_str(&" ".repeat(at - used));
            line.push_str(&word);
            line.push(' ');
            used = at + word.chars().count() + 1;
        }
    }
    line.trim_end().to_owned()
}

/// A letter of one or two cells in two.
fn pad(letter: &str) -> String {
    let width = Label::of_text(letter).width();
    format!("{letter}{}", " ".repeat(2_usize.saturating_sub(width)))
}

/// Writes all heads: pictures, or a table of numbers.
///
/// # Errors
/// What `out` reports.
pub(in crate::export) fn atlas(
    atlas: &Atlas,
    ramp: Ramp,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut pen = Pen::new(ramp, out);
    for line in atlas.header.lines(NOTES) {
        pen.line(&line)?;
    }
    let room = HEADS / atlas.heads.len().max(1);
    // A terminal cell is about twice as high as it is wide.
    let (width, height) = match atlas.shown {
        Shown::Picture => {
            let width = room.saturating_sub(1).clamp(4, LARGEST) / 2 * 2;
            (width, width / 2)
        }
        Shown::Number(_) => (6, 1),
    };
    let gutter = atlas.layers.iter().map(|layer| layer.to_string().len() + 1);
    let gutter = gutter.max().unwrap_or(0);
    let cells = atlas.cells(height);
    let names = atlas.heads.iter().enumerate();
    let names = names.map(|(at, Head(head))| (at * (width + 1), format!("H{head}")));
    pen.line("")?;
    pen.line(&format!("{:gutter$} {}", "", spread(names)))?;
    for (layer, heads) in atlas.layers.iter().zip(cells) {
        let name = format!("L{layer}");
        for row in 0..height {
            let name = if row == 0 { name.as_str() } else { "" };
            pen.text(&format!("{name:gutter$}"));
            for of in &heads {
                pen.text(" ");
                head_row(&mut pen, atlas, of, (row, height, width));
            }
            pen.line("")?;
        }
        if height > 1 {
            pen.line("")?;
        }
    }
    legend(&mut pen, &atlas.bar)
}

/// One row of letters of a head.
fn head_row(pen: &mut Pen, atlas: &Atlas, of: &Of, (row, height, width): (usize, usize, usize)) {
    let alone = |sign: &str| match row == height / 2 {
        true => format!("{sign:^width$}"),
        false => " ".repeat(width),
    };
    match of {
        Of::Nothing => pen.text(&alone("–")),
        Of::Filtered => pen.text(&alone("·")),
        Of::Number(value) if value.is_nan() => pen.text(&alone("–")),
        Of::Number(value) => {
            let level = pen.ramp.level(Some(atlas.share(*value)));
            pen.written(&alone(&told(*value)), level, "")
        }
        Of::Picture(grid) => {
            // Few values fill the rows that there are.
            let (rows, columns) = (grid.rows.max(1), grid.columns.max(1));
            for x in 0..width {
                let value = grid.get(row * rows / height, x * columns / width);
                pen.cell(pen.ramp.level(value), 1);
            }
            pen.reset()
        }
    }
}

/// Writes the text, each token on its colour; without colours its level stands below it.
///
/// # Errors
/// What `out` reports.
pub(in crate::export) fn text(
    text: &Text,
    ramp: Ramp,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut pen = Pen::new(ramp, out);
    for line in text.header.lines(NOTES) {
        pen.line(&line)?;
    }
    pen.line("")?;
    let colour = ramp.tint(Level::Value(0)).is_some();
    for line in &text.lines {
        for run in line {
            let level = ramp.level(text.value(run.token));
            let (blank, word) = split(run);
            if !colour {
                pen.text(&format!("{blank}{word}"));
                continue;
            }
            pen.text(&blank);
            let marks = match (text.is_chosen(run.token), text.is_other(run.token)) {
                (true, _) => ";1;7",
                (false, true) => ";1;4",
                _ => "",
            };
            pen.written(&word, level, marks);
        }
        pen.line("")?;
        if !colour {
            let below = |run: &Run| {
                let sign = match (text.is_chosen(run.token), ramp.level(text.value(run.token))) {
                    (true, _) => "^",
                    (_, level) => ramp.glyph(level),
                };
                format!(
                    "{}{}",
                    " ".repeat(run.blank),
                    sign.repeat(run.width - run.blank)
                )
            };
            let below: String = line.iter().map(below).collect();
            pen.line(below.trim_end())?;
        }
    }
    legend(&mut pen, &text.bar)?;
    let mark = if colour { "reversed" } else { "^" };
    pen.line(&format!("{mark}: {}", text.marked))?;
    if text.has_unseen() && colour {
        pen.line(text.unseen())?;
    }
    if let Some(other) = &text.other {
        pen.line(&match colour {
            true => format!("underlined: {other}"),
            false => other.clone(),
        })?;
    }
    Ok(())
}

/// The blanks before a token, and its letters.
fn split(run: &Run) -> (String, String) {
    let mut blank = String::new();
    let mut word = String::new();
    let mut used = 0;
    for letter in &run.letters {
        match used < run.blank {
            true => blank.push_str(&letter.text),
            false => word.push_str(&letter.text),
        }
        used += letter.width;
    }
    (blank, word)
}

/// The colours or glyphs from least to most, what they stand for below them.
fn legend(pen: &mut Pen, bar: &Bar) -> Result<(), ExportError> {
    let levels = usize::from(pen.ramp.levels()).max(1);
    let each = (48 / levels).max(1);
    let name = &bar.name;
    let gutter = Label::of_text(name).width() + 1;
    pen.line("")?;
    pen.text(&format!("{name} "));
    for level in 0..pen.ramp.levels() {
        pen.cell(Level::Value(level), each);
    }
    pen.reset();
    if bar.nan {
        pen.text("  ");
        pen.cell(Level::Nan, 1);
        pen.reset();
        pen.text(" NaN");
    }
    pen.line("")?;
    let ticks = bar.ticks.iter().map(|(value, text)| {
        let at = (value * (levels * each - 1) as f32).round() as usize;
        (gutter + at, text.clone())
    });
    pen.line(&spread(ticks))
}

/// Writes letters and cells; a colour is written where it changes. A line is written when it ends,
/// without the blanks at its end.
struct Pen<'a> {
    ramp: Ramp,
    out: &'a mut dyn Write,
    line: String,
    last: Option<Tint>,
}

impl<'a> Pen<'a> {
    fn new(ramp: Ramp, out: &'a mut dyn Write) -> Self {
        Self {
            ramp,
            out,
            line: String::new(),
            last: None,
        }
    }

    fn reset(&mut self) {
        if self.last.take().is_some() {
            self.line.push_str("\x1b[0m");
        }
    }

    /// Letters without a colour.
    fn text(&mut self, text: &str) {
        self.reset();
        self.line.push_str(text);
    }

    /// Letters without a colour, and the end of the line.
    fn line(&mut self, text: &str) -> Result<(), ExportError> {
        self.text(text);
        writeln!(self.out, "{}", self.line.trim_end_matches(' '))?;
        self.line.clear();
        Ok(())
    }

    /// One cell, `wide` letters.
    fn cell(&mut self, level: Level, wide: usize) {
        let Some(tint) = self.ramp.tint(level) else {
            self.reset();
            self.line.push_str(&self.ramp.glyph(level).repeat(wide));
            return;
        };
        if self.last != Some(tint) {
            self.line.push_str(&format!("\x1b[{}m", ground(tint)));
            self.last = Some(tint);
        }
        let mark = if level == Level::Nan { "×" } else { " " };
        self.line.push_str(&mark.repeat(wide));
    }

    /// Letters on the colour of a level, with more attributes, each after a `;`.
    fn written(&mut self, text: &str, level: Level, marks: &str) {
        self.reset();
        if text.is_empty() {
            return;
        }
        let sequence = match self.ramp.tint(level) {
            // Grey, where there are colours at all.
            None if self.ramp.tint(Level::Value(0)).is_some() => format!("90{marks}"),
            None => return self.line.push_str(text),
            Some(tint) => {
                let ink = if self.ramp.is_light(level) { 30 } else { 97 };
                format!("{ink};{}{marks}", ground(tint))
            }
        };
        self.line
            .push_str(&format!("\x1b[{sequence}m{text}\x1b[0m"));
    }
}

/// The attributes of a ground.
fn ground(tint: Tint) -> String {
    match tint {
        Tint::Ansi(index @ 0..8) => (40 + index).to_string(),
        Tint::Ansi(index) => (92 + index).to_string(),
        Tint::Indexed(index) => format!("48;5;{index}"),
        Tint::Rgb([r, g, b]) => format!("48;2;{r};{g};{b}"),
    }
}
