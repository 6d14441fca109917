//! The Text screen: the text itself, coloured by attention. One token is chosen; the other end of
//! the readout is the strongest of the list beside it, or the one that was picked there.

use std::ops::Range;
use std::sync::Arc;

use super::action::Act;
use super::layout::Area;
use super::screen::Screen;
use super::scroll::follow;
use super::shade::Shade;
use super::state::{Direction, State};
use super::update::shift;
use super::wrap::Wrap;
use crate::capture::{Key, Query};

/// How the text is shown.
#[derive(Clone, Debug, Default)]
pub struct TextView {
    pub(super) shade: Shade,
    /// The text in lines; computed anew for other tokens or another width.
    wrap: Option<Arc<Wrap>>,
    /// The first visible line.
    pub(super) scroll: usize,
    /// The column that moves by line keep to.
    goal: Option<u16>,
    /// Whether the list beside the text has the focus.
    pub(super) listing: bool,
    /// Whether the other end stays when another head is shown.
    pub(super) pinned: bool,
}

impl State {
    /// The chosen token: the query whose weights are shown, or the key.
    pub fn chosen(&self) -> usize {
        match self.direction {
            Direction::Attends => self.cursor.query.0,
            Direction::Attended => self.cursor.key.0,
        }
    }

    /// The token at the other end of the readout.
    pub fn other_end(&self) -> usize {
        match self.direction {
            Direction::Attends => self.cursor.key.0,
            Direction::Attended => self.cursor.query.0,
        }
    }

    /// Chooses a token; the other end is the strongest again.
    pub(super) fn choose_token(&mut self, token: usize) {
        match self.direction {
            Direction::Attends => self.choose(Query(token), self.cursor.key),
            Direction::Attended => self.choose(self.cursor.query, Key(token)),
        }
        self.text.pinned = false;
        self.text.goal = None;
    }

    fn set_other_end(&mut self, token: usize) {
        match self.direction {
            Direction::Attends => self.cursor.key = Key(token),
            Direction::Attended => self.cursor.query = Query(token),
        }
    }

    /// Begins to show the text, at the two tokens of the cursor.
    pub(super) fn enter_text(&mut self) {
        self.text.pinned = self.weight().is_some();
        self.text.listing = false;
        self.text.goal = None;
    }

    /// Where the letters are.
    pub fn text_field(&self) -> Area {
        let inner = self.layout.text.inner();
        let left = inner.width.min(1);
        Area {
            x: inner.x + left,
            width: inner.width - left,
            height: inner.height - u16::from(self.has_text_legend()),
            ..inner
        }
    }

    /// Whether the last row below the text holds the legend.
    pub fn has_text_legend(&self) -> bool {
        self.layout.text.inner().height >= 4
    }

    /// The text in lines.
    pub fn wrap(&self) -> Option<&Wrap> {
        self.text.wrap.as_deref()
    }

    /// The visible lines.
    pub fn text_lines(&self) -> Range<usize> {
        let lines = self.wrap().map_or(0, Wrap::lines);
        let first = self.text.scroll.min(lines);
        first..(first + usize::from(self.text_field().height)).min(lines)
    }

    /// The tokens that have a letter in sight.
    pub(super) fn visible_tokens(&self) -> Range<usize> {
        let lines = self.text_lines();
        self.wrap().map_or(0..0, |wrap| wrap.tokens(lines))
    }

    /// Whether the list beside the text has the focus.
    pub(super) fn is_listing(&self) -> bool {
        self.screen == Screen::Text && self.text.listing
    }

    /// Gives the focus to the list, or back to the text.
    pub(super) fn turn_text(&mut self) {
        self.text.listing = !self.text.listing;
    }

    /// Goes one step, in the direction of an arrow.
    pub(super) fn go_text(&mut self, act: Act) {
        let by = match act {
            Act::Left | Act::Up => -1,
            _ => 1,
        };
        match act {
            Act::Left | Act::Right => self.choose_token(shift(self.chosen(), by, self.tokens())),
            _ => self.step_text(by),
        }
    }

    /// Goes `by` lines on, or entries where the list has the focus.
    pub(super) fn step_text(&mut self, by: isize) {
        let lines = self.wrap().map_or(0, Wrap::lines);
        if self.text.listing {
            self.entry = shift(self.entry, by, self.ranked().len());
            if let Some(entry) = self.ranked().get(self.entry).copied() {
                self.set_other_end(entry.position);
                self.text.pinned = true;
            }
        } else if by.unsigned_abs() >= lines.max(2) {
            let last = self.tokens().saturating_sub(1);
            self.choose_token(if by > 0 { last } else { 0 });
        } else {
            self.go_lines(by);
        }
    }

    /// Goes `by` lines on, to the token nearest to the column that the moves began at.
    fn go_lines(&mut self, by: isize) {
        let Some(wrap) = self.text.wrap.clone() else {
            return;
        };
        let (line, column) = wrap.place(self.chosen());
        let goal = self.text.goal.unwrap_or(column);
        let mut to = shift(line, by, wrap.lines());
        // Lines in the middle of a long token are passed over.
        let token = loop {
            let next = to.saturating_add_signed(by.signum());
            match wrap.at(to, goal) {
                None if next != to && next < wrap.lines() => to = next,
                found => break found,
            }
        };
        if let Some(token) = token.filter(|_| to != line) {
            self.choose_token(token);
            self.text.goal = Some(goal);
        }
    }

    /// Goes to the first or the last token of the line.
    pub(super) fn go_to_edge(&mut self, act: Act) {
        let Some(wrap) = self.text.wrap.clone() else {
            return;
        };
        let (line, _) = wrap.place(self.chosen());
        let column = if act == Act::LineStart { 0 } else { u16::MAX };
        if let Some(token) = wrap.at(line, column) {
            self.choose_token(token);
        }
    }

    /// Chooses the token at a cell of the screen, or the entry of the list.
    pub(super) fn click_text(&mut self, x: u16, y: u16) {
        let field = self.text_field();
        if self.layout.list.contains(x, y) {
            self.click_list(y);
        } else if field.contains(x, y)
            && let Some(wrap) = self.text.wrap.clone()
        {
            let line = self.text.scroll + usize::from(y - field.y);
            if let Some(token) = wrap.at(line, x - field.x).filter(|_| line < wrap.lines()) {
                self.choose_token(token);
            }
        }
    }

    /// Lines of a page, or entries where the list has the focus.
    pub(super) fn page_of_text(&self) -> usize {
        let area = match self.text.listing {
            true => self.layout.list.inner(),
            false => self.text_field(),
        };
        usize::from(area.height)
    }

    /// Chooses the token of the list's entry, so that attention can be followed from token to
    /// token; without the list's focus, shows the cell of both tokens in the heatmap.
    pub(super) fn open_in_text(&mut self) {
        if !self.text.listing {
            return self.go_to_map();
        }
        if let Some(entry) = self.ranked().get(self.entry).copied() {
            self.choose_token(entry.position);
        }
    }

    /// Brings what is visible of the text in line with cursor and size.
    pub(super) fn settle_text(&mut self) {
        if self.layout.list.is_empty() {
            self.text.listing = false;
        }
        self.settle_grid();
        let field = self.text_field();
        let Some(capture) = &self.capture else {
            self.text.wrap = None;
            return;
        };
        let held = self.text.wrap.as_ref();
        if !held.is_some_and(|wrap| wrap.is_of(&capture.tokens, field.width)) {
            let wrap = Wrap::new(Arc::clone(&capture.tokens), field.width);
            self.text.wrap = Some(Arc::new(wrap));
        }
        let Some(wrap) = &self.text.wrap else { return };
        let (line, _) = wrap.place(self.chosen());
        let rows = usize::from(field.height);
        self.text.scroll = follow(self.text.scroll, line, rows, wrap.lines());
    }

    /// Brings the other end in line with the list, once that is there.
    pub(super) fn settle_other_end(&mut self) {
        if self.screen != Screen::Text {
            return;
        }
        let other = self.other_end();
        if self.text.pinned {
            let at = self
                .ranked()
                .iter()
                .position(|entry| entry.position == other);
            self.entry = at.unwrap_or(self.entry);
        } else if let Some(strongest) = self.ranked().first().copied() {
            self.entry = 0;
            self.set_other_end(strongest.position);
        }
    }
}

#[cfg(test)]
mod tests;
