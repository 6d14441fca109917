//! Writing into a part of the screen: everything is clipped, nothing can miss the buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::fit::whole_numbers;
use super::theme::{Role, Theme};
use crate::view::Area;

/// A piece of a line.
pub type Span = (String, Style);

/// The buffer and the theme that all panels draw with.
pub struct Canvas<'a> {
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// The styles.
    pub theme: Theme,
}

impl Canvas<'_> {
    /// A span of a role.
    pub fn span(&self, text: impl Into<String>, role: Role) -> Span {
        (text.into(), self.theme.style(role))
    }

    /// Writes a text that is safe to show at a cell, in at most `width` cells; tells the cells used.
    /// A number that does not fit is left out whole.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let area = *self.buffer.area();
        if !area.contains((x, y).into()) {
            return 0;
        }
        #[cfg(test)]
        record(text);
        let width = usize::from(width.min(area.right() - x));
        // A number that is cut reads as another.
        let text = &text[..whole_numbers(text, width)];
        let (end, _) = self.buffer.set_stringn(x, y, text, width, style);
        end - x
    }

    /// Writes spans one after the other in at most `width` cells; tells the cells used.
    pub fn line(&mut self, x: u16, y: u16, width: u16, spans: &[Span]) -> u16 {
        let mut used = 0;
        for (text, style) in spans {
            used += self.text(x + used, y, width - used, text, *style);
        }
        used
    }

    /// Writes spans so that they end at the right end of `width` cells, if they fit.
    pub fn line_right(&mut self, x: u16, y: u16, width: u16, spans: &[Span]) -> u16 {
        let needed = measure(spans);
        if needed > width {
            return 0;
        }
        self.line(x + width - needed, y, needed, spans)
    }

    /// Sets one cell: a symbol one cell wide, its colours.
    pub fn cell(&mut self, x: u16, y: u16, symbol: &str, fg: Color, bg: Color) {
        let plain = !self.theme.has_colour();
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol);
            if !plain {
                cell.set_fg(fg).set_bg(bg);
            }
        }
    }

    /// Whether nothing is written at a cell, and it keeps the terminal's own ground.
    pub fn is_blank(&self, x: u16, y: u16) -> bool {
        let cell = self.buffer.cell((x, y));
        cell.is_some_and(|cell| cell.symbol() == " " && cell.bg == Color::Reset)
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Area) {
        let rect = rect(area).intersection(*self.buffer.area());
        for position in rect.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// Draws a frame with titles: left and right on top, right at the bottom.
    pub fn frame(&mut self, area: Area, focused: bool, titles: &Titles) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        let plain = !self.theme.has_colour();
        let role = if focused { Role::Accent } else { Role::Frame };
        let mut style = self.theme.style(role);
        if !plain {
            style = Style::new().fg(self.theme.colour(role));
        }
        let [tl, tr, bl, br, h, v] = match focused && plain {
            true => ["┏", "┓", "┗", "┛", "━", "┃"],
            false => ["╭", "╮", "╰", "╯", "─", "│"],
        };
        let (right, bottom) = (area.x + area.width - 1, area.y + area.height - 1);
        for x in area.x + 1..right {
            self.text(x, area.y, 1, h, style);
            self.text(x, bottom, 1, h, style);
        }
        for y in area.y + 1..bottom {
            self.text(area.x, y, 1, v, style);
            self.text(right, y, 1, v, style);
        }
        for (x, y, corner) in [
            (area.x, area.y, tl),
            (right, area.y, tr),
            (area.x, bottom, bl),
            (right, bottom, br),
        ] {
            self.text(x, y, 1, corner, style);
        }
        let room = area.width.saturating_sub(4);
        let mut left = titles.left.clone();
        let mut used = 0;
        if !left.is_empty() {
            left.insert(0, (" ".to_owned(), Style::new()));
            left.push((" ".to_owned(), Style::new()));
            used = self.line(area.x + 2, area.y, room, &left);
        }
        for (y, room, spans) in [
            (area.y, room.saturating_sub(used + 1), &titles.right),
            (bottom, room, &titles.bottom),
        ] {
            if spans.is_empty() {
                continue;
            }
            let mut spans = spans.clone();
            spans.insert(0, (" ".to_owned(), Style::new()));
            spans.push((" ".to_owned(), Style::new()));
            let end = area.x + 2 + area.width.saturating_sub(4);
            self.line_right(end - room, y, room, &spans);
        }
    }
}

/// The titles of a frame.
#[derive(Clone, Debug, Default)]
pub struct Titles {
    /// On top, left.
    pub left: Vec<Span>,
    /// On top, right; left out where it does not fit.
    pub right: Vec<Span>,
    /// At the bottom, right; left out where it does not fit.
    pub bottom: Vec<Span>,
}

/// What was written since [`written`] was asked last.
#[cfg(test)]
fn record(text: &str) {
    WRITTEN.with_borrow_mut(|written| written.push(text.to_owned()));
}

#[cfg(test)]
thread_local! {
    static WRITTEN: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// All texts that were written on this thread since this was asked last, as they were before they
/// were fitted.
#[cfg(test)]
pub fn written() -> Vec<String> {
    WRITTEN.take()
}

/// The first of some lines that fits `room` cells; the last where none does.
pub fn first_fitting(lines: impl IntoIterator<Item = Vec<Span>>, room: u16) -> Vec<Span> {
    let mut last = Vec::new();
    for line in lines {
        last = line;
        if measure(&last) <= room {
            break;
        }
    }
    last
}

/// Cells that spans take.
pub fn measure(spans: &[Span]) -> u16 {
    let cells: usize = spans
        .iter()
        .map(|(text, _)| ratatui::text::Span::raw(text.as_str()).width())
        .sum();
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// An area as the terminal library's rectangle.
pub fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}
