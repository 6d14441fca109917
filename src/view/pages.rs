//! Texts over the screen in lines: as wide and in as many columns as the screen allows, scrolled, and
//! searched.

use super::about::Row;
use super::layout::Area;
use super::state::{Popup, State};
use super::update::shift;
use crate::capture::Label;
use crate::lens::is_folded;

/// Cells of a column at least, where there are several, and of the only one at most.
const COLUMN: u16 = 60;
const WIDEST: u16 = 96;

/// Cells between columns.
const GAP: u16 = 3;

/// Code points of a text that are shown.
const PAGES: usize = 16_000;

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The name of what follows.
    Heading,
    /// The name of a row.
    Name,
    /// The mark of a check that holds.
    Holds,
    /// The mark of one that does not.
    Fails,
    /// What the name stands for.
    Text,
}

/// A line of a text over the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLine {
    /// The row that it is of.
    pub row: usize,
    /// Its pieces, safe to show.
    pub pieces: Vec<(Ink, String)>,
}

/// A text over the screen, laid out.
#[derive(Clone, Debug)]
pub struct Page {
    /// What stands in its frame.
    pub title: &'static str,
    /// Its place, frame included.
    pub area: Area,
    /// Columns beside each other.
    pub columns: usize,
    /// Cells of a column.
    pub width: u16,
    /// Lines of a column.
    pub rows: usize,
    /// All lines.
    pub lines: Vec<PageLine>,
    /// The first that is shown.
    pub first: usize,
    /// The rows that hold what is sought, and the one that was gone to.
    pub hits: (Vec<usize>, Option<usize>),
}

/// What is sought in a text over the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub sought: String,
    /// The row that was gone to.
    at: Option<usize>,
    /// What to come back to when the line is left: scroll, text and row.
    before: Option<(usize, String, Option<usize>)>,
}

impl State {
    /// The text over the screen; `None` where there is none, or a list.
    pub fn page(&self) -> Option<Page> {
        let (title, rows, most) = match self.popup? {
            Popup::Help => ("keys and numbers", self.help_rows(), usize::MAX),
            Popup::Numbers => ("numbers", self.number_rows(), usize::MAX),
            Popup::Origin => ("trust and origin", self.origin_rows(), 1),
            Popup::Links => return None,
        };
        let (width, height) = (self.size.0.saturating_sub(4), self.size.1.saturating_sub(2));
        let room = width.saturating_sub(4);
        let most = usize::from((room + GAP) / (COLUMN + GAP)).clamp(1, most);
        let shown = usize::from(height.saturating_sub(2)).max(1);
        let laid = |columns: usize| {
            let gaps = GAP * (columns as u16 - 1);
            let width = (room.saturating_sub(gaps) / columns as u16).min(WIDEST);
            (columns, lines(&rows, width))
        };
        let fits = |(columns, lines): &(usize, Vec<PageLine>)| lines.len() <= columns * shown;
        let (columns, lines) = match (1..=most).map(laid).find(fits) {
            Some(found) => found,
            None => laid(most),
        };
        let widest = lines.iter().map(PageLine::width).max().unwrap_or(0) as u16;
        let column = widest.clamp(30.min(room), room);
        let all = columns as u16 * column + GAP * (columns as u16 - 1) + 4;
        let area_rows = lines.len().div_ceil(columns).clamp(1, shown);
        let area = Area {
            x: self.size.0.saturating_sub(all) / 2,
            y: self.size.1.saturating_sub(area_rows as u16 + 2) / 2,
            width: all.min(self.size.0),
            height: area_rows as u16 + 2,
        };
        let hits = match self.search.sought.is_empty() {
            true => Vec::new(),
            false => hits(&rows, &self.search.sought),
        };
        let at = self.search.at.filter(|row| hits.contains(row));
        Some(Page {
            title,
            area,
            columns,
            width: column,
            rows: area_rows,
            first: self
                .popup_scroll
                .min(lines.len().saturating_sub(columns * area_rows)),
            lines,
            hits: (hits, at),
        })
    }

    /// Scrolls the text over the screen, or chooses in the list.
    pub(super) fn step_popup(&mut self, by: isize) {
        let count = match self.page() {
            Some(page) => 1 + page.lines.len().saturating_sub(page.columns * page.rows),
            None => self.links().len(),
        };
        let from = self.popup_scroll.min(count.saturating_sub(1));
        self.popup_scroll = shift(from, by, count);
    }

    /// Lines that are seen of what lies over the screen.
    pub(super) fn page_of_popup(&self) -> usize {
        match self.page() {
            Some(page) => page.columns * page.rows,
            None => usize::from(self.size.1) / 2,
        }
    }

    /// Begins to search in the text over the screen.
    pub(super) fn begin_search(&mut self) {
        let Search { sought, at, .. } = std::mem::take(&mut self.search);
        self.search.before = Some((self.popup_scroll, sought, at));
    }

    /// Goes to the first row that holds a line, from where searching began.
    pub(super) fn search(&mut self, sought: &str) {
        if let Some((scroll, ..)) = &self.search.before {
            self.popup_scroll = *scroll;
        }
        sought.clone_into(&mut self.search.sought);
        self.search.at = None;
        let Some(page) = self.page() else { return };
        let from = page.lines.get(page.first).map_or(0, |line| line.row);
        let (hits, _) = &page.hits;
        let next = hits.iter().find(|row| **row >= from).or(hits.first());
        self.go_to_row(&page, next.copied());
    }

    /// Goes to the next row that holds what is sought, or the one before, round and round.
    pub(super) fn next_in_page(&mut self, by: isize) {
        let Some(page) = self.page() else { return };
        let (hits, at) = &page.hits;
        let place = at.and_then(|at| hits.iter().position(|row| *row == at));
        let to = match place {
            Some(place) => (place as isize + by).rem_euclid(hits.len().max(1) as isize) as usize,
            None => 0,
        };
        let row = hits.get(to).copied();
        self.go_to_row(&page, row);
    }

    fn go_to_row(&mut self, page: &Page, row: Option<usize>) {
        self.search.at = row;
        let line = page.lines.iter().position(|line| Some(line.row) == row);
        let seen = page.first..page.first + page.columns * page.rows;
        if let Some(line) = line.filter(|line| !seen.contains(line)) {
            self.popup_scroll = line.saturating_sub(page.rows / 3);
        }
    }

    /// Stays where searching led to; an empty line seeks again what was sought before.
    pub(super) fn keep_search(&mut self) {
        let before = self.search.before.take();
        if let Some((_, sought, at)) = before.filter(|_| self.search.sought.is_empty()) {
            (self.search.sought, self.search.at) = (sought, at);
            self.next_in_page(1);
        }
    }

    /// Goes back to where searching began.
    pub(super) fn leave_search(&mut self) {
        if let Some((scroll, sought, at)) = self.search.before.take() {
            self.popup_scroll = scroll;
            (self.search.sought, self.search.at) = (sought, at);
        }
    }

    /// What was sought in the text over the screen, the place that was gone to, from 1, and places.
    pub fn searched(&self) -> Option<(&str, Option<usize>, usize)> {
        let (hits, at) = self.page()?.hits;
        let at = at.and_then(|at| hits.iter().position(|row| *row == at));
        let sought = self.search.sought.as_str();
        (!sought.is_empty()).then_some((sought, at.map(|at| at + 1), hits.len()))
    }
}

impl PageLine {
    /// Its cells.
    pub fn width(&self) -> usize {
        self.pieces
            .iter()
            .map(|(_, text)| Label::of_text(text).width())
            .sum()
    }
}

/// The rows whose name or text holds a line; case counts where it has an upper-case letter.
fn hits(rows: &[Row], sought: &str) -> Vec<usize> {
    let folded = is_folded(sought);
    let holds = |text: &str| match folded {
        true => text.to_lowercase().contains(sought),
        false => text.contains(sought),
    };
    let told = |row: &Row| match row {
        Row::Heading(name) => holds(name),
        Row::Entry(name, value) => holds(name) || holds(value),
        Row::Check(_, name, value) => holds(name) || holds(value),
    };
    let rows = rows.iter().enumerate();
    rows.filter(|(_, row)| told(row))
        .map(|(at, _)| at)
        .collect()
}

/// Rows as lines of at most `width` cells: names at the left, what they stand for beside them.
fn lines(rows: &[Row], width: u16) -> Vec<PageLine> {
    let name_width = |row: &Row| match row {
        Row::Entry(name, _) => Label::of_text(name).width(),
        Row::Check(_, name, _) => Label::of_text(name).width(),
        Row::Heading(_) => 0,
    };
    let names = rows.iter().map(name_width).max().unwrap_or(0) + 1;
    let names = names.min(usize::from(width) / 3);
    // A column of marks stands between names and texts where something was checked.
    let checked = rows.iter().any(|row| matches!(row, Row::Check(..)));
    let marks = if checked { 2 } else { 0 };
    let text = usize::from(width).saturating_sub(names + marks + 2).max(1);
    let mut lines: Vec<PageLine> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let mut push = |pieces: Vec<(Ink, String)>| lines.push(PageLine { row: at, pieces });
        let (name, mark, value) = match row {
            Row::Heading(heading) => {
                if at > 0 {
                    push(Vec::new());
                }
                push(vec![(Ink::Heading, (*heading).to_owned())]);
                continue;
            }
            Row::Entry(name, value) => (name.as_str(), (Ink::Text, " "), value),
            Row::Check(true, name, value) => (*name, (Ink::Holds, "✓"), value),
            Row::Check(false, name, value) => (*name, (Ink::Fails, "▲"), value),
        };
        let name = Label::of_text(name).clip(names);
        let pad = names.saturating_sub(Label::of_text(&name).width());
        let mut start = vec![(Ink::Text, " ".repeat(pad)), (Ink::Name, name)];
        if marks > 0 {
            start.push((Ink::Text, " ".to_owned()));
            start.push((mark.0, mark.1.to_owned()));
        }
        for part in wrap(value, text) {
            let blank = vec![(Ink::Text, " ".repeat(names + marks))];
            let mut line = std::mem::replace(&mut start, blank);
            line.push((Ink::Text, format!("  {}", part.trim_end())));
            push(line);
        }
    }
    lines
}

/// A text in lines of at most `width` cells, made safe, broken at spaces where there are any. A
/// text of many pages is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let end = text
        .char_indices()
        .nth(PAGES)
        .map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or(text);
    for word in text.split_inclusive([' ', '\n']) {
        let label = Label::of_text(word);
        if used > 0 && used + Label::of_text(word.trim_end()).width() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if label.width() <= width {
            line.push_str(label.text());
            used += label.width();
            continue;
        }
        // A word longer than a line, letter by letter.
        for c in word.chars() {
            let letter = Label::of_text(c.encode_utf8(&mut [0; 4]));
            if used + letter.width() > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(letter.text());
            used += letter.width();
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests;
