//! What is sent for cells: as few bytes as a slow link deserves.
//!
//! The cells of a frame are sent in the order of the screen or, where that is shorter, colour by
//! colour: to move to the next cell of a colour takes fewer bytes than to name colours anew. A
//! synchronized update shows them all at once, in whatever order they came.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Blank cells in a row that are worth a sequence of their own.
const BLANKS: usize = 12;

/// What a blank cell shows of its modifiers.
const OF_BLANKS: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

/// How a cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Style {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Style = Style {
    fg: Color::Reset,
    bg: Color::Reset,
    modifier: Modifier::empty(),
};

/// Cells of one row and one style, side by side.
struct Run<'a> {
    x: u16,
    y: u16,
    /// The column after its last cell.
    end: u16,
    style: Style,
    /// Whether only its ground is seen so far.
    blank: bool,
    cells: Vec<&'a str>,
}

/// Unchanged cells between changed ones that are sent again: to move over them takes as many bytes.
const GAP: u16 = 4;

/// Turns cells into what draws them.
#[derive(Default)]
pub(super) struct Encoder {
    /// What the terminal shows, row by row, as far as it is not blank.
    shown: Vec<Vec<Cell>>,
    /// Rows that have held a character of two cells. What becomes of its other half when one half is
    /// drawn over depends on the terminal, unless the row is drawn from left to right.
    wide: BTreeSet<u16>,
}

impl Encoder {
    /// The terminal is blank again.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
        self.wide.clear();
    }

    /// Appends what draws the cells to a terminal of so many columns whose style is plain, and leaves
    /// it plain. The cells come in the order of the screen, and without the second halves of wide ones.
    pub(super) fn encode<'a>(
        &mut self,
        cells: impl Iterator<Item = (u16, u16, &'a Cell)>,
        width: u16,
        out: &mut Vec<u8>,
    ) {
        let mut cells: Vec<(u16, u16, &Cell)> = cells.collect();
        let wide = cells.iter().filter(|(.., cell)| cell.symbol().width() > 1);
        self.wide.extend(wide.map(|&(_, y, _)| y));
        // Blanks differ where nobody sees it.
        cells.retain(|&(x, y, cell)| {
            let shown = self.shown(x, y);
            let same = is_blank(cell) && is_blank(shown) && cell.bg == shown.bg;
            !same || self.wide.contains(&y)
        });
        let mut runs = self.runs(&cells);
        let start = out.len();
        send(&runs, width, out);
        let by_row = out.len() - start;
        runs.sort_by_key(|run| {
            let Style { fg, bg, modifier } = run.style;
            let free = !self.wide.contains(&run.y);
            free.then(|| (modifier.bits(), rank(bg), rank(fg)))
        });
        send(&runs, width, out);
        if out.len() - start < 2 * by_row {
            out.drain(start..start + by_row);
        } else {
            out.truncate(start + by_row);
        }
        for (x, y, cell) in cells {
            let (x, y) = (usize::from(x), usize::from(y));
            if self.shown.len() <= y {
                self.shown.resize_with(y + 1, Vec::new);
            }
            if let Some(row) = self.shown.get_mut(y) {
                if row.len() <= x {
                    row.resize(x + 1, Cell::EMPTY);
                }
                if let Some(shown) = row.get_mut(x) {
                    shown.clone_from(cell);
                }
            }
        }
    }

    /// The cells as runs.
    fn runs<'a>(&'a self, cells: &[(u16, u16, &'a Cell)]) -> Vec<Run<'a>> {
        let mut runs: Vec<Run> = Vec::new();
        for &(x, y, cell) in cells {
            if let Some(run) = runs.last_mut().filter(|run| run.y == y && run.end <= x) {
                let sure = run.end == x || run.cells.iter().all(|symbol| is_sure(symbol));
                let before = self.gap(run.end..x, y).filter(|_| sure);
                if before.is_some_and(|before| run.takes(before, cell)) {
                    continue;
                }
            }
            let style = Style::of(cell);
            runs.push(Run {
                x,
                y,
                end: x + cell.symbol().width().max(1) as u16,
                // Of a blank cell only the ground is seen.
                style: match is_blank(cell) {
                    true => Style {
                        bg: style.bg,
                        ..PLAIN
                    },
                    false => style,
                },
                blank: is_blank(cell),
                cells: vec![cell.symbol()],
            });
        }
        runs
    }

    /// The cells that are shown in some columns, where these are few and their contents certain.
    fn gap(&self, columns: Range<u16>, y: u16) -> Option<impl Iterator<Item = &Cell> + Clone> {
        let few = columns.len() <= usize::from(GAP);
        let known = |x: u16| !self.wide.contains(&y) && is_sure(self.shown(x, y).symbol());
        (few && columns.clone().all(known)).then(|| columns.map(move |x| self.shown(x, y)))
    }

    fn shown(&self, x: u16, y: u16) -> &Cell {
        let row = self.shown.get(usize::from(y));
        let cell = row.and_then(|row| row.get(usize::from(x)));
        cell.unwrap_or(&Cell::EMPTY)
    }
}

/// Whether of a cell only its ground is seen.
fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(OF_BLANKS)
}

impl Style {
    fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }
}

impl<'a> Run<'a> {
    /// Takes a cell, and those before it that are shown already, if all look as the run does.
    fn takes(&mut self, before: impl Iterator<Item = &'a Cell> + Clone, cell: &'a Cell) -> bool {
        // What follows blanks on the same ground may say how they are drawn.
        let adopts = self.blank && !cell.modifier.intersects(OF_BLANKS);
        let style = match adopts && !is_blank(cell) && cell.bg == self.style.bg {
            true => Style::of(cell),
            false => self.style,
        };
        let blanks = !style.modifier.intersects(OF_BLANKS);
        let like = |cell: &Cell| {
            Style::of(cell) == style || is_blank(cell) && cell.bg == style.bg && blanks
        };
        let all = before.chain([cell]);
        if !all.clone().all(like) {
            return false;
        }
        self.style = style;
        self.blank &= all.clone().all(is_blank);
        for cell in all {
            self.cells.push(cell.symbol());
            self.end += cell.symbol().width().max(1) as u16;
        }
        true
    }
}

/// Sends the runs in their order.
fn send(runs: &[Run], width: u16, out: &mut Vec<u8>) {
    let mut style = PLAIN;
    let mut at = Cursor {
        width,
        ..Cursor::default()
    };
    for run in runs {
        restyle(style, run.style, out);
        style = run.style;
        let mut x = run.x;
        let mut cells = run.cells.as_slice();
        while let Some((&symbol, rest)) = cells.split_first() {
            let blanks = cells.iter().take_while(|symbol| **symbol == " ").count();
            if blanks >= BLANKS && style.bg == Color::Reset && !style.modifier.intersects(OF_BLANKS)
            {
                at.go(x, run.y, out);
                sequence(format_args!("{blanks}X"), out);
                x += blanks as u16;
                cells = cells.get(blanks..).unwrap_or_default();
                continue;
            }
            at.go(x, run.y, out);
            out.extend_from_slice(symbol.as_bytes());
            let width = symbol.width().max(1) as u16;
            at.wrote(symbol, width);
            x += width;
            cells = rest;
        }
    }
    restyle(style, PLAIN, out);
}

/// Where the terminal's cursor is, as far as that is known.
#[derive(Default)]
struct Cursor {
    at: Option<(u16, u16)>,
    /// Whether no terminal can be of another opinion.
    sure: bool,
    /// Columns of the screen. After the last one, terminals differ on where the cursor is.
    width: u16,
}

impl Cursor {
    /// Moves to a cell.
    fn go(&mut self, x: u16, y: u16, out: &mut Vec<u8>) {
        match self.at.replace((x, y)) {
            Some(at) if at == (x, y) => return,
            Some((from, row)) if self.sure && (row..=row + 1).contains(&y) => {
                // In raw mode a line feed goes straight down.
                out.extend((row..y).map(|_| b'\n'));
                match (x > from, x.abs_diff(from)) {
                    (_, 0) => {}
                    (true, 1) => sequence(format_args!("C"), out),
                    (true, columns) => sequence(format_args!("{columns}C"), out),
                    (false, columns @ 1..4) => out.extend((0..columns).map(|_| 0x08)),
                    (false, columns) => sequence(format_args!("{columns}D"), out),
                }
                return;
            }
            _ => {}
        }
        self.sure = true;
        sequence(format_args!("{};{}H", y + 1, x + 1), out);
    }

    /// A cell was written. Where terminals may disagree on its width, only a move to a column and a
    /// row mends that.
    fn wrote(&mut self, symbol: &str, width: u16) {
        self.sure &= is_sure(symbol);
        let next = self.at.map(|(x, y)| (x + 1, y));
        self.at = next.filter(|&(x, _)| width == 1 && x < self.width);
    }
}

/// Whether all terminals take a symbol for one cell: ASCII, and the blocks that maps are made of.
fn is_sure(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let known = |c: char| matches!(c, ' '..='~' | '\u{2500}'..='\u{259f}');
    chars.next().is_some_and(known) && chars.next().is_none()
}

/// What turns modifiers on, and what turns them off; the first two share what turns them off.
const MODIFIERS: [(Modifier, &[u8], &[u8]); 9] = [
    (Modifier::BOLD, b"1", b"22"),
    (Modifier::DIM, b"2", b"22"),
    (Modifier::ITALIC, b"3", b"23"),
    (Modifier::UNDERLINED, b"4", b"24"),
    (Modifier::SLOW_BLINK, b"5", b"25"),
    (Modifier::RAPID_BLINK, b"6", b"25"),
    (Modifier::REVERSED, b"7", b"27"),
    (Modifier::HIDDEN, b"8", b"28"),
    (Modifier::CROSSED_OUT, b"9", b"29"),
];

/// Turns one style into another.
fn restyle(from: Style, to: Style, out: &mut Vec<u8>) {
    if from == to {
        return;
    }
    if to == PLAIN {
        return out.extend_from_slice(b"\x1b[m");
    }
    let mut codes: Vec<u8> = Vec::new();
    let mut code = |code: &[u8]| {
        if !codes.is_empty() {
            codes.push(b';');
        }
        codes.extend_from_slice(code);
    };
    let mut held = from.modifier;
    for (modifier, _, off) in MODIFIERS {
        if held.contains(modifier) && !to.modifier.contains(modifier) {
            code(off);
            for (other, _, same) in MODIFIERS {
                if same == off {
                    held.remove(other);
                }
            }
        }
    }
    for (modifier, on, _) in MODIFIERS {
        if to.modifier.contains(modifier) && !held.contains(modifier) {
            code(on);
        }
    }
    for (from, to, layer) in [(from.fg, to.fg, 3), (from.bg, to.bg, 4)] {
        if from != to {
            let mut named = Vec::new();
            colour(to, layer, &mut named);
            code(&named);
        }
    }
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(&codes);
    out.push(b'm');
}

/// The code of a colour: `layer` is 3 for what is drawn and 4 for what it is drawn on.
fn colour(colour: Color, layer: u8, out: &mut Vec<u8>) {
    match (colour, number(colour)) {
        (Color::Rgb(red, green, blue), _) => {
            put(format_args!("{layer}8;2;{red};{green};{blue}"), out);
        }
        (_, None) => put(format_args!("{layer}9"), out),
        (_, Some(number @ 0..8)) => put(format_args!("{layer}{number}"), out),
        (_, Some(number @ 8..16)) => put(format_args!("{}{}", layer + 6, number - 8), out),
        (_, Some(number)) => put(format_args!("{layer}8;5;{number}"), out),
    }
}

/// A colour's place in the palette of 256, if it has one.
fn number(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Reset | Color::Rgb(..) => return None,
        Color::Indexed(number) => number,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    })
}

/// A number that only this colour has, the default's first.
fn rank(colour: Color) -> u32 {
    match (colour, number(colour)) {
        (Color::Rgb(red, green, blue), _) => u32::from_be_bytes([2, red, green, blue]),
        (_, Some(number)) => u32::from_be_bytes([1, 0, 0, number]),
        (_, None) => 0,
    }
}

fn sequence(command: std::fmt::Arguments, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    put(command, out);
}

fn put(text: std::fmt::Arguments, out: &mut Vec<u8>) {
    // A vector takes whatever is written to it.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests;
